"""What a file of a network holds, told from what is in it, and made into a network of ours."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from trainer.foreign import checkpoints, files
from trainer.foreign.pickles import ForeignError, PickledRecord
from trainer.foreign.stylegan2 import StyleGan2, StyleGan2Config
from trainer.foreign.tensors import Tensor

Weights = dict[str, NDArray[np.float32]]
MAX_SIDE = 2048
IGNORED = ("resample_filter",)
"""Buffers that are the same in every network; another filter than that is refused."""


def load(path: Path) -> StyleGan2:
    """The network in a file. ForeignError, with half a sentence; OSError."""
    found = files.read(path)
    if isinstance(found, Mapping) and isinstance(found.get("G_ema"), PickledRecord):
        return _stylegan2(found["G_ema"])
    if isinstance(found, Mapping) and isinstance(found.get("g_ema"), Mapping):
        return _reimplemented(found)
    raise ForeignError(
        "it holds no network of a kind that is known here: those of StyleGAN2-ADA (PyTorch), and StyleGAN2 "
        "checkpoints with g_ema, are"
    )


def _stylegan2(record: PickledRecord) -> StyleGan2:
    try:
        told = _settings(record)
        if told.get("c_dim", 0):
            raise ForeignError("its network makes pictures of classes, which are not taken yet")
        weights = dict(_weights(record, "", set()))
        network = StyleGan2(_config(weights, told))
        return _filled(network, weights)
    except ForeignError:
        raise
    except (AttributeError, LookupError, ValueError, TypeError, RuntimeError):
        raise ForeignError("its weights are not those of a StyleGAN2 that is known here") from None


def _reimplemented(found: Mapping[Any, Any]) -> StyleGan2:
    """A checkpoint of the common reimplementation, whose weights have other names."""
    try:
        given = {
            str(name): value.array() for name, value in found["g_ema"].items() if isinstance(value, Tensor)
        }
        weights = checkpoints.renamed(given)
        average = found.get("latent_avg")
        first = weights["mapping.fc0.weight"]
        weights["mapping.w_avg"] = (
            average.array().reshape(-1) if isinstance(average, Tensor) else np.zeros(len(first), np.float32)
        )
        return _filled(StyleGan2(_config(weights, {})), weights)
    except ForeignError:
        raise
    except (AttributeError, LookupError, ValueError, TypeError, RuntimeError):
        raise ForeignError("its weights are not those of a StyleGAN2 that is known here") from None


def _settings(record: PickledRecord) -> dict[str, Any]:
    """What the network was made with, of the outer and the inner settings."""
    told: dict[str, Any] = {}
    for part in ("synthesis_kwargs", "mapping_kwargs"):
        inner = record.state.get("_init_kwargs", {}).get(part, {})
        told |= inner if isinstance(inner, dict) else {}
    return told | {key: value for key, value in record.state.items() if key in ("c_dim", "img_channels")}


def _weights(record: PickledRecord, prefix: str, seen: set[int]) -> list[tuple[str, NDArray[np.float32]]]:
    """Parameters and buffers by their full names, as torch would list them."""
    found = []
    seen.add(id(record))
    for part in ("_parameters", "_buffers"):
        for name, value in record.state.get(part, {}).items():
            if isinstance(value, Tensor):
                found.append((f"{prefix}{name}", value.array()))
    for name, inner in record.state.get("_modules", {}).items():
        if isinstance(inner, PickledRecord) and id(inner) not in seen:
            found += _weights(inner, f"{prefix}{name}.", seen)
    return found


def _config(weights: Weights, told: Mapping[str, Any]) -> StyleGan2Config:
    sides = sorted(
        int(m[1]) for name in weights if (m := re.fullmatch(r"synthesis\.b(\d+)\.conv1\.weight", name))
    )
    if not sides or sides != [4 << i for i in range(len(sides))] or not 8 <= sides[-1] <= MAX_SIDE:
        raise ValueError
    depth = sum(bool(re.fullmatch(r"mapping\.fc\d+\.weight", name)) for name in weights)
    clamp = told.get("conv_clamp")
    if clamp is not None and not (isinstance(clamp, int | float) and math.isfinite(clamp) and clamp > 0):
        raise ValueError
    first = weights["mapping.fc0.weight"]
    return StyleGan2Config(
        resolution=sides[-1],
        z_size=first.shape[1],
        w_size=first.shape[0],
        channels=tuple(weights[f"synthesis.b{side}.conv1.weight"].shape[0] for side in sides),
        mapping_layers=depth,
        clamp=clamp,
    )


@torch.no_grad()
def _filled(network: StyleGan2, weights: Weights) -> StyleGan2:
    """The network with all of its weights, each used once. ForeignError where they differ."""
    own = network.state_dict()
    given = {name: value for name, value in weights.items() if not name.endswith(IGNORED)}
    for name, value in weights.items():
        if name.endswith(IGNORED) and not np.allclose(value, _binomial(), atol=1e-6):
            raise ForeignError("its network blurs with a filter that is not known here")
    if odd := sorted(own.keys() ^ given.keys()):
        raise ForeignError(f"its network is of another layout ({odd[0]:.60})")
    for name, value in given.items():
        if own[name].shape != value.shape:
            raise ForeignError(f"its network is of another layout ({name:.60})")
    network.load_state_dict({name: torch.from_numpy(value) for name, value in given.items()})
    return network.requires_grad_(False).eval()


def _binomial() -> NDArray[np.float64]:
    row = np.array([1, 3, 3, 1]) / 8
    return np.outer(row, row)
