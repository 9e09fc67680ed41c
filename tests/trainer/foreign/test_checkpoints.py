"""Checkpoints of the common reimplementation, compared with what its own program makes of their weights."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from trainer.foreign.layouts import load
from trainer.foreign.pickles import ForeignError

WIDTHS = {4: 16, 8: 16, 16: 16, 32: 8}
# By that program (commit bef283a, on the processor, noise as stored) with the weights of `checkpoint` and z
# drawn by PCG64(1): w of both, and every 13th pixel of every 13th row.
W = [
    [-0.3069701, 0.9012228, -0.1906567, -0.0943768, -0.0215879, -0.1770189, 1.3297709, 0.7376023],
    [-0.1317125, 1.0346196, 1.0452439, 2.3135374, 2.0047636, -0.0393705, 0.6532329, -0.1969016],
]
IMAGE = [
    [0.3342023, -1.7469146, 0.2335489, 0.8507752, -0.9275165, -0.555446, -2.529803, 0.3315225, -4.693204,
     -0.6035579, 2.8081574, 1.85365, 0.848603, 3.2118473, 2.922264, 0.3539983, 1.3747889, 1.4023914,
     0.7726497, -5.0231414, -3.3618944, 2.7858214, -7.3564844, -1.757743, 0.0079357, -2.2296183, -6.613359],
    [-1.1035646, -5.130941, -4.1240196, -3.3037686, -6.5377474, -4.615049, -4.0426664, -3.3046217, -6.594799,
     0.8660909, -1.425642, -0.2009757, -1.3473132, 0.8817387, 1.0999489, 0.2454106, 1.1728277, 3.9275436,
     0.7426059, 4.654551, 1.0651711, 7.224327, 5.008725, 5.411189, 4.4187994, -2.4589238, 0.9225561],
]  # fmt: skip


def shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of a network of 32 px."""
    found: dict[str, tuple[int, ...]] = {"input.input": (1, 16, 4, 4), "noises.noise_0": (1, 1, 4, 4)}
    for i in (1, 2):
        found |= {f"style.{i}.weight": (8, 8), f"style.{i}.bias": (8,)}

    def convolution(place: str, size: int, to: int, kernel: int) -> None:
        found[f"{place}.conv.weight"] = (1, to, size, kernel, kernel)
        found[f"{place}.conv.modulation.weight"] = (size, 8)
        found[f"{place}.conv.modulation.bias"] = (size,)
        if kernel == 3:
            found.update({f"{place}.noise.weight": (1,), f"{place}.activate.bias": (to,)})
        else:
            found[f"{place}.bias"] = (1, 3, 1, 1)

    convolution("conv1", 16, 16, 3)
    convolution("to_rgb1", 16, 3, 1)
    for i, side in enumerate((8, 16, 32)):
        convolution(f"convs.{2 * i}", WIDTHS[side // 2], WIDTHS[side], 3)
        convolution(f"convs.{2 * i + 1}", WIDTHS[side], WIDTHS[side], 3)
        convolution(f"to_rgbs.{i}", WIDTHS[side], 3, 1)
        for noise in (2 * i + 1, 2 * i + 2):
            found[f"noises.noise_{noise}"] = (1, 1, side, side)
    return found


def checkpoint() -> dict[str, Tensor]:
    """Numbers for every weight, drawn by its name, and the filters."""
    found = {}
    for name, shape in shapes().items():
        drawn = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode()))).standard_normal(shape)
        small = name.endswith(("bias", "noise.weight"))
        scale = 100 if re.match(r"style\.\d+\.weight", name) else 0.5 if small else 1
        found[name] = torch.from_numpy(np.asarray(drawn, np.float32)) * scale
        if "modulation.bias" in name:
            found[name] += 1
    row = torch.tensor([1.0, 3.0, 3.0, 1.0])
    for i in range(3):
        for name in (f"convs.{2 * i}.conv.blur.kernel", f"to_rgbs.{i}.upsample.kernel"):
            found[name] = torch.outer(row, row) / 16
    return found


@pytest.mark.parametrize("new", [True, False])
def test_it_makes_what_their_program_makes(tmp_path: Path, new: bool) -> None:
    told = {"g_ema": checkpoint(), "args": None, "latent_avg": torch.ones(8)}
    torch.save(told, tmp_path / "a.pt", _use_new_zipfile_serialization=new)
    network = load(tmp_path / "a.pt")
    z = torch.from_numpy(np.random.Generator(np.random.PCG64(1)).standard_normal((2, 8)).astype(np.float32))
    w = network.mapping(z)
    np.testing.assert_allclose(w.numpy(), W, atol=2e-5)
    image = network.synthesis(w[:, None].expand(-1, network.config.num_ws, -1))
    np.testing.assert_allclose(image[:, :, ::13, ::13].flatten(1).numpy(), IMAGE, atol=1e-4)
    assert network.mapping.w_avg.tolist() == [1.0] * 8


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"convs.0.conv.blur.kernel": torch.ones(4, 4)}, "filter that is not known"),
        ({"convs.9.noise.weight": torch.ones(1)}, "another layout"),
        ({"convs.99.noise.weight": torch.ones(1)}, "not those of a StyleGAN2"),
        ({"conv1.noise.weight": torch.ones(2)}, "not those of a StyleGAN2"),
        ({"to_rgb1.conv.weight": torch.ones(3)}, "not those of a StyleGAN2"),
        ({"attention.weight": torch.ones(1)}, "not those of a StyleGAN2"),
    ],
)
def test_other_checkpoints(tmp_path: Path, change: dict[str, Tensor], reason: str) -> None:
    torch.save({"g_ema": checkpoint() | change}, tmp_path / "a.pt")
    with pytest.raises(ForeignError, match=reason):
        load(tmp_path / "a.pt")
