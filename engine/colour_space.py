"""Colour spaces in which pictures are given, by their numbers, and the way from there to sRGB.

The numbers are those of ITU-T H.273: how samples become light (transfer), and which red, green, blue and
white are meant (primaries). Light above paper white is bent down to it, as there is no room for it in sRGB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Chromaticities = tuple[float, float, float, float, float, float, float, float]
"""x and y of white, red, green and blue."""

D65 = (0.3127, 0.3290)
SRGB: Chromaticities = (*D65, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060)
BT2020: Chromaticities = (*D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046)
PRIMARIES: dict[int, Chromaticities] = {
    1: SRGB,
    4: (0.310, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    9: BT2020,
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}
"""H.273, table 2."""
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
PAPER_NITS = 203.0
"""What white paper has in pictures of high dynamic range (ITU-R BT.2408); it becomes 1."""
HLG_PEAK_NITS = 1000.0
KNEE = 0.8
"""Light above it is bent towards 1."""
USUAL_GAMMA, NEAR = 1 / 2.2, 0.01
"""What programs write for sRGB into gAMA, and how closely."""
SAME = 0.01
"""Primaries that change no channel by more are those of sRGB, said with few digits."""


@dataclass(frozen=True)
class ColourSpace:
    """How a picture's samples are meant."""

    decode: Callable[[Floats], Floats]
    """Samples, 0 to 1, to light; 1 is white."""
    primaries: Chromaticities = SRGB
    bright: bool = False
    """Whether there is light above white."""
    hlg: bool = False
    """Whether `decode` gives light as it was in the scene, not on a display."""
    narrow: bool = False
    """Whether black is 16 and white 235."""

    def to_srgb(self, pixels: Bytes) -> Bytes:
        """[H, W, 3] in this space to [H, W, 3] sRGB."""
        light = self._light()
        matrix = _to_srgb_primaries(self.primaries)
        if matrix is None and not self.bright:
            return _encode(light)[pixels]
        converted = np.empty_like(pixels)
        for row in range(0, len(pixels), 64):  # by rows: a large picture as floats would not fit
            block = light[pixels[row : row + 64]]
            block = _as_displayed(block) if self.hlg else block
            block = block if matrix is None else np.maximum(block @ matrix.T, 0)
            converted[row : row + 64] = _encode(_bent(block) if self.bright else block)
        return converted

    def _light(self) -> Floats:
        """Of each of the 256 values."""
        codes = np.arange(256, dtype=np.float32)
        samples = (codes - 16) / 219 if self.narrow else codes / 255
        return self.decode(np.clip(samples, 0, 1).astype(np.float32)).astype(np.float32)


def of_gamma(file_gamma: float, primaries: Chromaticities) -> ColourSpace | None:
    """The space of a PNG whose gAMA says `file_gamma`: samples are light to that power. None for sRGB."""
    usual = abs(file_gamma - USUAL_GAMMA) < NEAR
    if usual and _to_srgb_primaries(primaries) is None:
        return None
    return ColourSpace(_srgb if usual else _power(1 / file_gamma), primaries)


def of_code_points(primaries: int, transfer: int, *, narrow: bool = False) -> ColourSpace | None:
    """The space with these numbers of H.273; None when one is not known, or left open."""
    decode, where = TRANSFERS.get(transfer), PRIMARIES.get(primaries)
    if decode is None or where is None:
        return None
    return ColourSpace(decode, where, bright=transfer in (PQ, HLG), hlg=transfer == HLG, narrow=narrow)


def is_plausible(points: Chromaticities) -> bool:
    """Whether the points span colours at all."""
    if any(not 0 <= value <= 2 for value in points) or any(y < 0.001 for y in points[1::2]):
        return False
    return abs(float(np.linalg.det(_columns(points)))) > 1e-4


def _power(gamma: float) -> Callable[[Floats], Floats]:
    return lambda samples: samples ** np.float32(gamma)


def _srgb(samples: Floats) -> Floats:
    """IEC 61966-2-1"""
    return np.where(samples <= 0.04045, samples / 12.92, ((samples + 0.055) / 1.055) ** 2.4)


def _bt709(samples: Floats) -> Floats:
    """ITU-R BT.709, item 1.2, backwards"""
    return np.where(samples < 0.081, samples / 4.5, ((samples + 0.099) / 1.099) ** (1 / 0.45))


def _pq(samples: Floats) -> Floats:
    """SMPTE ST 2084, in units of paper white"""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    root = samples.astype(np.float64) ** (1 / m2)
    nits = 10_000 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)
    return (nits / PAPER_NITS).astype(np.float32)


def _hlg(samples: Floats) -> Floats:
    """ITU-R BT.2100, table 5, backwards: light of the scene, at most 1"""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(samples <= 0.5, samples**2 / 3, (np.exp((samples - c) / a) + b) / 12)


def _as_displayed(scene: Floats) -> Floats:
    """BT.2100's system gamma for a display of 1,000 nits, in units of paper white."""
    luminance = scene @ np.array([0.2627, 0.6780, 0.0593], np.float32)
    return scene * luminance[..., None] ** np.float32(0.2) * np.float32(HLG_PEAK_NITS / PAPER_NITS)


PQ, HLG = 16, 18
TRANSFERS: dict[int, Callable[[Floats], Floats]] = {
    **dict.fromkeys((1, 6, 14, 15), _bt709),
    4: _power(2.2),
    5: _power(2.8),
    8: _power(1.0),
    13: _srgb,
    PQ: _pq,
    17: lambda samples: (samples**2.6 * 52.37 / 48).astype(np.float32),
    HLG: _hlg,
}
"""H.273, table 3."""


def _bent(light: Floats) -> Floats:
    """Light of any strength, at most 1; hue stays, as the strongest channel takes the others along."""
    peak = light.max(axis=-1, keepdims=True)
    above = np.maximum(peak - KNEE, 0)
    limited = np.minimum(peak, KNEE) + (1 - KNEE) * (1 - np.exp(-above / (1 - KNEE)))
    return light * (limited / np.maximum(peak, 1e-6))


@lru_cache(maxsize=1)
def _encoding() -> Bytes:
    """sRGB in 8 bits of 65,536 steps of light."""
    light = np.linspace(0, 1, 65536)
    coded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(coded * 255).astype(np.uint8)


def _encode(light: Floats) -> Bytes:
    return _encoding()[(np.clip(light, 0, 1) * 65535 + 0.5).astype(np.uint16)]


def _columns(points: Chromaticities) -> NDArray[np.float64]:
    """X, Y, Z of red, green and blue, each with Y = 1. [3, 3]"""
    return np.array(
        [[x / y, 1.0, (1 - x - y) / y] for x, y in zip(points[2::2], points[3::2], strict=True)]
    ).T


def _white(points: Chromaticities) -> NDArray[np.float64]:
    x, y = points[:2]
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _to_xyz(points: Chromaticities) -> NDArray[np.float64]:
    """The matrix from RGB to XYZ, for this white as it is."""
    columns = _columns(points)
    return columns * np.linalg.solve(columns, _white(points))


@lru_cache(maxsize=16)
def _to_srgb_primaries(points: Chromaticities) -> Floats | None:
    """The matrix from light in these primaries to light in sRGB's, white to white; None for sRGB's own."""
    here, there = BRADFORD @ _white(points), BRADFORD @ _white(SRGB)
    adapted = np.linalg.inv(BRADFORD) @ np.diag(there / here) @ BRADFORD
    matrix = np.linalg.inv(_to_xyz(SRGB)) @ adapted @ _to_xyz(points)
    return None if np.abs(matrix - np.eye(3)).max() < SAME else matrix.astype(np.float32)
