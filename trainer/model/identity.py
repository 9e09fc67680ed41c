"""SFace: who is shown, as 128 numbers. The teacher of the persona encoder, and a judge of likeness.

The network (Apache-2.0) comes out of an ordinary package archive; see `helpers.py`. It never ships with a
model.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.providers import runtime

Floats = NDArray[np.float32]
CUT = (0.1025, 0.8975, 0.105, 0.90)
"""Left, right, top and bottom of the template, as shares of a picture aligned by this project."""
SIDE = 112


class FaceNetwork:
    """Embeds aligned square pictures."""

    def __init__(self, file: Path, threads: int = 0) -> None:
        onnxruntime = runtime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = threads, 3
        self._session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        self._name = self._session.get_inputs()[0].name

    def embed(self, picture: NDArray[np.uint8]) -> Floats:
        """An aligned picture [R, R, 3] -> a vector of unit length [128]."""
        side = len(picture)
        left, right, top, bottom = (round(share * side) for share in CUT)
        face = cv2.resize(picture[top:bottom, left:right], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        row = self._session.run(None, {self._name: face.astype(np.float32).transpose(2, 0, 1)[None]})[0][0]
        found: Floats = (row / np.linalg.norm(row)).astype(np.float32)
        return found

    def embed_both(self, picture: NDArray[np.uint8]) -> Floats:
        """The mean of a picture and its mirror image, at unit length: steadier than either."""
        total = self.embed(picture) + self.embed(np.ascontiguousarray(picture[:, ::-1]))
        found: Floats = total / np.linalg.norm(total)
        return found
