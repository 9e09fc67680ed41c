"""StyleGAN2-ADA's files: rebuilt, and compared with what its own program makes of the same weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.trainer.foreign import pickled
from trainer.foreign.layouts import load
from trainer.foreign.pickles import ForeignError

# By the reference implementation (PyTorch, commit d72cc7d, in 32 bits, noise as stored) with the weights of
# `pickled.weights` and z drawn by PCG64(1): w of both, and every 13th pixel of every 13th row.
W = [
    [-0.0082511, 1.0278337, -0.4127461, 2.5997596, 5.4687934, 1.8465502, -0.1545055, -0.274185],
    [0.2102622, 1.2685494, -0.2628884, 1.9126412, 3.0315068, 0.7739015, -0.3794901, -0.6987051],
]
IMAGE = [
    [-1.4688047, 0.0952231, -0.9208143, 0.8852736, 0.6092412, 0.4143815, 0.3056063, -1.5018992, 0.5360776,
     0.676939, 0.5056917, 1.3867708, -0.8346684, 1.8030248, 0.9500753, -1.0287423, 1.7418653, 0.6505209,
     -0.2922263, 0.2071006, 0.488391, 1.8792233, 1.3685372, 1.5509665, 0.2464473, 1.1118956, 0.8471067],
    [-1.0127528, 0.5539169, -0.524285, 0.1372085, 0.9748797, 0.5012976, 0.792121, -0.1771401, 1.3229597,
     0.3369506, 0.3983759, 0.8721697, -0.2280968, 1.522787, 1.1500878, -0.8203765, 1.2454717, 0.4889485,
     0.266077, 0.9316191, 1.1284702, 1.7032158, 1.54087, 2.634382, 0.6945174, 1.0262558, 0.8766258],
]  # fmt: skip


def test_it_makes_what_the_reference_makes(tmp_path: Path) -> None:
    network = load(pickled.write(tmp_path / "a.pkl", pickled.network()))
    assert network.config == pickled.CONFIG
    z = torch.from_numpy(np.random.Generator(np.random.PCG64(1)).standard_normal((2, 8)).astype(np.float32))
    w = network.mapping(z)
    np.testing.assert_allclose(w.numpy(), W, atol=2e-5)
    image = network.synthesis(w[:, None].expand(-1, network.config.num_ws, -1))
    assert image.shape == (2, 3, 32, 32)
    np.testing.assert_allclose(image[:, :, ::13, ::13].flatten(1).numpy(), IMAGE, atol=1e-4)


@pytest.mark.parametrize("protocol", [2, 5])
def test_other_protocols_give_the_same_weights(tmp_path: Path, protocol: int) -> None:
    network = load(pickled.write(tmp_path / "a.pkl", pickled.network(), protocol))
    for name, value in pickled.weights().items():
        torch.testing.assert_close(network.state_dict()[name], value)


def without(name: str) -> dict[str, torch.Tensor]:
    return {key: value for key, value in pickled.weights().items() if key != name}


def changed(name: str, value: torch.Tensor) -> dict[str, torch.Tensor]:
    return pickled.weights() | {name: value}


@pytest.mark.parametrize(
    ("given", "settings", "reason"),
    [
        (None, {"c_dim": 10}, "pictures of classes"),
        (without("synthesis.b8.torgb.bias"), {}, r"another layout \(synthesis\.b8\.torgb\.bias\)"),
        (changed("synthesis.b8.torgb.bias", torch.zeros(4)), {}, "another layout"),
        (changed("synthesis.b8.extra.weight", torch.zeros(4)), {}, "another layout"),
        (changed("synthesis.b4.resample_filter", torch.ones(4, 4)), {}, "filter that is not known"),
        (changed("mapping.w_avg", torch.full((8,), float("nan"))), {}, "not those of a StyleGAN2"),
        ({"synthesis.b1.conv1.weight": torch.zeros(3, 3, 3, 3)}, {}, "not those of a StyleGAN2"),
        ({"layer.weight": torch.zeros(3)}, {}, "not those of a StyleGAN2"),
        (None, {"_modules": [1]}, "not those of a StyleGAN2"),
        (None, {"_init_kwargs": {"synthesis_kwargs": {"conv_clamp": "x"}}}, "not those of a StyleGAN2"),
    ],
)
def test_other_networks(tmp_path: Path, given: Any, settings: dict[str, Any], reason: str) -> None:
    generator = pickled.network(given)
    generator.state.update(settings)
    with pytest.raises(ForeignError, match=reason):
        load(pickled.write(tmp_path / "a.pkl", generator))


@pytest.mark.parametrize("held", [None, 5, {"weight": 1}])
def test_no_network(tmp_path: Path, held: Any) -> None:
    with pytest.raises(ForeignError, match="no network of a kind that is known"):
        load(pickled.write(tmp_path / "a.pkl", held))


def test_a_truncated_file(tmp_path: Path) -> None:
    data = pickled.write(tmp_path / "a.pkl", pickled.network()).read_bytes()
    for part in (0.1, 0.5, 0.9, 0.999):
        (tmp_path / "b.pkl").write_bytes(data[: int(part * len(data))])
        with pytest.raises(ForeignError, match="damaged"):
            load(tmp_path / "b.pkl")
