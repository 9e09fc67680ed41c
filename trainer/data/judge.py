"""Measures a crop and says whether a model would learn from it or be spoiled by it.

Measuring looks at pixels once and is remembered; judging compares the measures with limits and costs nothing,
so limits can change without reading the pictures again.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

import cv2
import numpy as np

from engine.faces import Face
from engine.images import Picture, resize

JUDGED_AT = 256
"""pixels; larger crops are judged at this size, so that the limits mean the same for every size"""
SHARP = 0.072
"""edge slope of a typical sharp portrait; sharpness 1.0"""
CENTRE = 0.7
"""side of the middle part by which a face crop's sharpness and light are judged"""
NOSE_REACH = 0.55
"""how far a nose stands out, in eye distances: turns its offset into an angle"""


@dataclass(frozen=True)
class Measures:
    """What was measured on one crop."""

    side: float
    """Side of the cut-out square in the source's own pixels."""
    enlarged: float
    """Stored size / side: above 1, pixels were made up."""
    sharpness: float
    """1.0: as sharp as a typical good portrait; about 0.4: visibly blurred."""
    light: float
    """Mean brightness, 0..1."""
    darkest: float
    """Brightness below which 10 % of the pixels lie, 0..1."""
    brightest: float
    """Brightness above which 10 % of the pixels lie, 0..1."""
    span: float
    """Between the darkest and the brightest hundredth, 0..1."""
    outside: float
    """Share of the square that lies beyond the picture's edge, 0..1."""
    aspect: float
    """Longer by shorter side of the source."""
    yaw: float | None = None
    """Degrees the face is turned to the side, by its landmarks; positive towards the picture's right."""
    score: float | None = None
    """The face finder's certainty, 0..1."""

    @classmethod
    def from_json(cls, card: dict[str, Any]) -> Measures:
        """The measures from a journal entry; TypeError when it is not one."""
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in card.items() if key in known})

    def to_json(self) -> dict[str, Any]:
        """The measures, rounded to what they are worth."""
        return {key: round(value, 4) for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Limits:
    """What a training picture may be. The defaults lose fewer than one in a thousand of the portraits."""

    enlarged: float = 1.5
    sharpness: float = 0.4
    darkest_face: float = 0.16
    """A face whose bright parts stay below this is too dark."""
    brightest_face: float = 0.85
    """A face whose dark parts stay above this is washed out."""
    span: float = 0.06
    outside: float = 0.35
    yaw: float = 34.0
    """Degrees; beyond it the portraits that the base model learned from had been sorted out."""
    aspect: float = 3.0


LIMITS = Limits()


@dataclass(frozen=True)
class Verdict:
    """Why a crop is left out: a stable key, and the reason as the end of a sentence."""

    code: str
    reason: str


def measure(
    crop: Picture,
    *,
    side: float,
    outside: float = 0.0,
    aspect: float = 1.0,
    face: Face | None = None,
) -> Measures:
    """Everything about one crop. crop: uint8 [S, S, 3]; side: of its square in the source's pixels."""
    grey = _grey(crop if crop.shape[0] <= JUDGED_AT else resize(crop, JUDGED_AT))  # [S, S]
    part = _middle(grey) if face is not None else grey
    low, dark, bright, high = np.percentile(part, (1, 10, 90, 99))
    return Measures(
        side=side,
        enlarged=crop.shape[0] / side,
        sharpness=edge_slope(part) / SHARP,
        light=float(grey.mean()) / 255,
        darkest=float(dark) / 255,
        brightest=float(bright) / 255,
        span=float(high - low) / 255,
        outside=outside,
        aspect=aspect,
        yaw=None if face is None else yaw(face),
        score=None if face is None else face.score,
    )


def judge(measures: Measures, limits: Limits = LIMITS) -> Verdict | None:
    """Why the crop should be left out, or None."""
    m, is_face = measures, measures.yaw is not None
    if m.enlarged > limits.enlarged:
        what, code = ("the face is", "face-small") if is_face else ("the picture is", "picture-small")
        return Verdict(code, f"{what} too small ({m.side:.0f} pixels wide)")
    if not is_face and m.aspect > limits.aspect:
        return Verdict("long", f"the picture is too long for a square ({m.aspect:.1f} : 1)")
    if is_face and m.brightest < limits.darkest_face:
        return Verdict("dark", "the face is too dark")
    if is_face and m.darkest > limits.brightest_face:
        return Verdict("bright", "the face is washed out")
    if m.span < limits.span:
        return Verdict("flat", "it is a plain area with nothing on it")
    if m.sharpness < limits.sharpness:
        return Verdict("blurred", f"it is blurred (sharpness {m.sharpness:.2f})")
    if m.yaw is not None and abs(m.yaw) > limits.yaw:
        return Verdict("turned", f"the face is turned away ({abs(m.yaw):.0f} degrees)")
    if is_face and m.outside > limits.outside:
        return Verdict("cut-off", "the face is cut off by the picture's edge")
    return None


def quality(measures: Measures) -> float:
    """Which of several pictures of the same to keep: the one with more real detail."""
    m = measures
    detail = min(m.sharpness, 1.5) / max(m.enlarged, 1.0)
    return detail * (1 - m.outside) * (1 - abs(m.yaw or 0.0) / 180)


def edge_slope(grey: np.ndarray) -> float:
    """The curvature of the strongest edges by the range of greys: high where anything is in focus.

    Smoothed first (sigma 1.3), so that noise is not taken for sharpness. grey: float32 [H, W], 0..255.
    """
    curved = np.abs(cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 1.3), cv2.CV_32F))
    low, high = np.percentile(grey, (1, 99))
    return float(np.percentile(curved, 99) / max(high - low, 8.0))


def yaw(face: Face) -> float:
    """Degrees a face is turned to the side: how far the nose lies off the middle between eyes and mouth."""
    left_eye, right_eye, nose, left_mouth, right_mouth = np.asarray(face.points, np.float64)
    eyes, mouth = (left_eye + right_eye) / 2, (left_mouth + right_mouth) / 2
    across = right_eye - left_eye
    distance = float(np.linalg.norm(across))
    if distance < 1e-6:
        return 90.0
    down = mouth - eyes
    length = float(down @ down)
    at = float((nose - eyes) @ down) / length if length > 1e-6 else 0.0
    off = float((nose - (eyes + at * down)) @ across) / distance**2
    return math.degrees(math.atan(off / NOSE_REACH))


def _grey(image: Picture) -> np.ndarray:
    return cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY).astype(np.float32)


def _middle(grey: np.ndarray) -> np.ndarray:
    edge = round(grey.shape[0] * (1 - CENTRE) / 2)
    return grey[edge : grey.shape[0] - edge, edge : grey.shape[1] - edge]
