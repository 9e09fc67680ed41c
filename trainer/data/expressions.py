"""Whether two portraits that look the same are one picture, or one person with two expressions.

Pictures of one sitting share hair, light and ground, which is most of a print; what differs is a mouth or a
brow. So two portraits are laid over each other (by an affine map that maximises their correlation:
Evangelidis and Psarakis 2008), brought to one brightness and contrast, and compared patch by patch: the worst
patch counts.

The limit was set on two people with 20 pictures each, 16 of them expressions, and 60 portraits: of the 70
pairs of one person that prints take for the same, one is (both times a resting face); saved again as JPEG 10
or 40, shrunk to 70 pixels, mirrored, blurred, brightened or moved, 99 % of the portraits are found again.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Picture, resize

SIDE = 40
"""Of the grey picture that is compared, in pixels."""
MOST = 0.195
"""The worst patch's difference that one picture may have from itself, in standard deviations of its greys."""
LEAST_CONTRAST = 8.0
"""Standard deviation of a picture without any, in grey levels."""
MARGIN, PATCH, BLUR = SIDE // 8, 2, SIDE / 32
STEPS = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 25, 1e-3)

Detail = NDArray[np.uint8]
"""[40, 40], grey."""


def detail(image: Picture) -> Detail:
    """What is compared of a portrait, uint8 RGB [N, N, 3]."""
    return cv2.cvtColor(resize(image, SIDE), cv2.COLOR_RGB2GRAY)  # type: ignore[no-any-return]


def encode(grey: Detail) -> str:
    """As text for the journal."""
    return base64.b64encode(grey.tobytes()).decode("ascii")


def decode(text: str) -> Detail:
    """From text; ValueError when it is none."""
    raw = base64.b64decode(text, validate=True)
    if len(raw) != SIDE * SIDE:
        raise ValueError(f"a portrait's detail has {SIDE * SIDE} bytes, not {len(raw)}")
    return np.frombuffer(raw, np.uint8).reshape(SIDE, SIDE)


def is_one_picture(one: Detail, other: Detail) -> bool:
    """Whether nothing in one portrait differs from the other, which may be its mirror image."""
    mirrored = np.ascontiguousarray(other[:, ::-1])
    return any(worst_patch(one, laid) <= MOST for look in (other, mirrored) for laid in _laid_over(one, look))


def worst_patch(one: NDArray[np.floating] | Detail, other: NDArray[np.floating] | Detail) -> float:
    """The largest difference of a patch, in standard deviations, brightness and contrast apart."""
    rest = cv2.blur(_standardised(one) - _standardised(other), (PATCH, PATCH))
    return float(np.abs(rest).max())


def _standardised(grey: NDArray[np.floating] | Detail) -> NDArray[np.float32]:
    """Without its margin, smoothed, at one brightness and contrast."""
    inner = slice(MARGIN, -MARGIN)
    light = cv2.GaussianBlur(np.asarray(grey, np.float32), (0, 0), BLUR)[inner, inner]
    return np.asarray((light - light.mean()) / max(LEAST_CONTRAST, float(light.std())), np.float32)


def _laid_over(one: Detail, other: Detail) -> Iterator[NDArray[np.floating] | Detail]:
    """The other as it is, and moved so that it fits best."""
    yield other
    move = np.eye(2, 3, dtype=np.float32)
    try:
        _, move = cv2.findTransformECC(one, other, move, cv2.MOTION_AFFINE, STEPS, None, 5)  # type: ignore
    except cv2.error:  # it fits nowhere
        return
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    yield cv2.warpAffine(other, move, (SIDE, SIDE), flags=how, borderMode=cv2.BORDER_REPLICATE)
