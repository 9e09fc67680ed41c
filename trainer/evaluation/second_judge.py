"""dlib's face network, as a second judge of likeness: nothing was trained against it.

It needs `dlib-bin` (Boost licence) beside this program, and two files of public domain (CC0) that
`python -m trainer helpers --all` fetches.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from engine.images import Picture
from trainer.evaluation.features import Floats
from trainer.helpers import HelperError, find_helper

FACE = (0.27, 0.73, 0.34, 0.80)
"""Left, right, top and bottom of the face in a picture aligned by this project."""
SIDE, PADDING = 150, 0.25
"""Of what the network expects: pixels, and share of the face around it."""


class SecondJudge:
    """Who is shown, by another network. HelperError where it cannot be had."""

    def __init__(self) -> None:
        try:
            self._dlib: Any = importlib.import_module("dlib")
        except ImportError:
            message = "the second face network needs dlib (python -m pip install dlib-bin)"
            raise HelperError(message, "no-helper", name="dlib") from None
        self._eyes = self._dlib.shape_predictor(str(find_helper("dlib-eyes")))
        self._network = self._dlib.face_recognition_model_v1(str(find_helper("dlib-face")))

    def __call__(self, picture: Picture) -> Floats:
        """An aligned picture [R, R, 3] -> a vector of unit length [128]."""
        picture = np.ascontiguousarray(picture)
        left, right, top, bottom = (round(share * len(picture)) for share in FACE)
        eyes = self._eyes(picture, self._dlib.rectangle(left, top, right, bottom))
        chip = self._dlib.get_face_chip(picture, eyes, SIDE, PADDING)
        row = np.asarray(self._network.compute_face_descriptor(chip), np.float32)
        found: Floats = row / np.linalg.norm(row)
        return found
