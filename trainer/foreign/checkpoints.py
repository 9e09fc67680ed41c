"""Names of weights in checkpoints (.pt) of the common reimplementation of StyleGAN2 in PyTorch.

It scales the weights of convolutions when they are used, where StyleGAN2-ADA stores them as they are; its
filters hold the factor of doubling.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_PARTS = {
    "conv.weight": "weight",
    "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias",
    "noise.weight": "noise_strength",
    "activate.bias": "bias",
    "bias": "bias",
    "conv.blur.kernel": "resample_filter",
    "upsample.kernel": "resample_filter",
}
FACTOR = 4.0
"""By which filters after doubling are scaled."""


def renamed(given: Mapping[str, Array]) -> dict[str, Array]:
    """The weights by the names, and in the shapes, of StyleGAN2-ADA. KeyError or ValueError for others."""
    return dict(_renamed(name, array) for name, array in given.items())


def _renamed(name: str, array: Array) -> tuple[str, Array]:
    if name == "input.input":
        return "synthesis.b4.const", array[0]
    if match := re.fullmatch(r"style\.(\d+)\.(weight|bias)", name):
        return f"mapping.fc{int(match[1]) - 1}.{match[2]}", array
    if match := re.fullmatch(r"noises\.noise_(\d+)", name):
        return f"{_layer(int(match[1]))}.noise_const", array[0, 0]
    if match := re.fullmatch(r"(conv1|to_rgb1|(convs|to_rgbs)\.(\d+))\.(.+)", name):
        place, part = _place(match[1], match[2], int(match[3] or 0)), _PARTS[match[4]]
        return f"{place}.{part}", _shaped(part, array)
    raise KeyError(name)


def _place(whole: str, several: str | None, number: int) -> str:
    if several == "to_rgbs":
        return f"synthesis.b{8 << number}.torgb"
    if several == "convs":
        return _layer(number + 1)
    return _layer(0) if whole == "conv1" else "synthesis.b4.torgb"


def _layer(number: int) -> str:
    """The place of a convolution: one at 4 px, then two at each side."""
    if number > 64:
        raise ValueError
    side, conv = 4 << (number + 1) // 2, 0 if number % 2 else 1
    return f"synthesis.b{side}.conv{conv}"


def _shaped(part: str, array: Array) -> Array:
    if part == "weight":
        weight = array[0]  # [O, I, K, K]
        return weight / math.sqrt(weight[0].size) if weight.shape[-1] > 1 else weight
    if part == "resample_filter":
        return array / FACTOR
    if part == "noise_strength":
        return array.reshape(())
    return array.reshape(array.size) if part == "bias" else array
