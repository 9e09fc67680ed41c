"""Finding faces (YuNet, through OpenCV) and cutting them out the way the training pictures were cut.

The cut is a similarity transform from the middle of the eyes E, the middle of the mouth M and the line
between the eyes (FFHQ's, Karras et al. 2019): a square around E + 0.1 (M - E), with side
max(4 |eyes|, 3.6 |M - E|).

YuNet's points are most exact when the head is upright and its cut about 384 px wide: it then reports nine
tenths of a turn, at other sizes less. So a face is cut out, looked at again at that size, also mirrored, and
cut anew; two such looks settle it.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import NoFaceError, PathText
from engine.images import Picture, load_picture, resize

Points = NDArray[np.float64]
"""[5, 2]"""
Affine = NDArray[np.float64]
"""[2, 3]: source pixel to target pixel"""

Shrink = Callable[[Picture, tuple[int, int]], Picture]

DETECTOR = "face_detection_yunet_2023mar.onnx"
SIDES = (480, 1280, 320)
"""Longest sides to look at, in this order."""
LOOK_AGAIN = 384
"""Side of the cut in which the points are refined."""
TURNS = (90, 270, 180, 40, 320)
"""Degrees to turn a picture by when no upright face was found."""
MAX_FACES = 12
"""Most faces that are looked at closely in one picture."""
MIN_SCORE = 0.6
CERTAIN = 0.92
"""Upright faces score more than this, faces taken the wrong way round seldom."""
MIN_FACE = 16
"""Smallest face, in pixels of the picture."""


@dataclass(frozen=True)
class Face:
    """One face in a picture, in its pixels."""

    box: tuple[float, float, float, float]
    """left, top, width, height"""
    points: tuple[tuple[float, float], ...]
    """[5, 2]: eye on the left of an upright head, other eye, nose, mouth corner on the left, other corner."""
    score: float
    """0..1"""

    @property
    def angle(self) -> float:
        """Degrees that the head is turned clockwise in the picture."""
        _, across = _square(np.asarray(self.points))
        return math.degrees(math.atan2(across[1], across[0]))

    @property
    def side(self) -> float:
        """Side of the square that `align` cuts out, in pixels of the picture."""
        _, across = _square(np.asarray(self.points))
        return float(np.hypot(*across))


@dataclass(frozen=True, eq=False)
class Aligned:
    """A picture made ready for a model."""

    image: Picture
    """[size, size, 3]"""
    faces: int
    """How many were found; the foremost was used."""

    @property
    def whole(self) -> bool:
        """No face was found, and the whole picture was used."""
        return self.faces == 0


class FaceFinder:
    """Finds faces. The network is loaded on first use; threads wait for each other."""

    def __init__(self) -> None:
        self._detector: Any = None
        self._lock = threading.Lock()

    def find(self, image: Picture) -> list[Face]:
        """All faces, the one to use first: large and central before small and marginal.

        Small, large, cut-off, tilted and overturned faces are looked for only when there are no others.
        """
        for candidates in self._looks(image):
            foremost = sorted(candidates, key=lambda face: -_prominence(face, image))[:MAX_FACES]
            faces = [self._settled(image, face) for face in foremost]
            found = [face for face in faces if face is not None]
            if found:
                return sorted(found, key=lambda face: -_prominence(face, image))
        return []

    def best(self, image: Picture) -> Face | None:
        """The face to use, or None."""
        faces = self.find(image)
        return faces[0] if faces else None

    def _looks(self, image: Picture) -> Iterator[list[Face]]:
        """What is seen at first glance, then under more and more trouble."""
        longest = max(image.shape[:2])
        yield self._at(image, min(SIDES[0], max(longest, SIDES[2])))
        if longest > SIDES[0]:
            yield self._at(image, min(SIDES[1], longest))
        yield self._at(image, SIDES[2])
        margin = longest // 3
        framed = cv2.copyMakeBorder(image, *(margin,) * 4, cv2.BORDER_REPLICATE)
        yield [_moved(face, lambda p: p - margin) for face in self._at(framed, SIDES[2])]
        for degrees in TURNS:
            turned, back = _turned(image, degrees)
            yield [_moved(face, lambda p, m=back: _apply(m, p)) for face in self._at(turned, SIDES[0])]

    def _at(self, image: Picture, longest: int) -> list[Face]:
        """Faces seen when the picture's longest side is scaled to `longest`."""
        factor = longest / max(image.shape[:2])
        size = tuple(max(8, round(side * factor)) for side in image.shape[1::-1])
        scaled = _quick_resize(image, (size[0], size[1]))
        step = np.array([image.shape[1] / size[0], image.shape[0] / size[1]])
        return [_moved(face, lambda p: (p + 0.5) * step - 0.5) for face in self._detect(scaled)]

    def _detect(self, image: Picture) -> list[Face]:
        with self._lock:
            if self._detector is None:
                self._detector = _load_detector()
            self._detector.setInputSize((image.shape[1], image.shape[0]))
            _, rows = self._detector.detect(np.ascontiguousarray(image[:, :, ::-1]))
        return [_face(row) for row in ([] if rows is None else rows)]

    def _settled(self, image: Picture, face: Face) -> Face | None:
        """The face with refined points; None when nobody is there at a second look."""
        if min(face.box[2:]) < MIN_FACE:
            return None
        righted = self._righted(image, face)
        matrix = _matrix(righted, LOOK_AGAIN)
        points = self._look_again(_warp(image, matrix, LOOK_AGAIN, _quick_resize))
        if points is None:
            return None
        inverse = cv2.invertAffineTransform(matrix)
        return Face(face.box, _tuples(_apply(inverse, points)), face.score)

    def _righted(self, image: Picture, face: Face) -> Face:
        """The face as it is seen best at a second look, in four quarter turns if the upright one is doubtful.

        YuNet can take a chin for a forehead.
        """
        matrix = _matrix(face, LOOK_AGAIN)
        inverse = cv2.invertAffineTransform(matrix)
        cut = _warp(image, matrix, LOOK_AGAIN, _quick_resize)
        seen: list[Face] = []
        for quarter in range(4):
            for found in self._central(np.rot90(cut, quarter)):
                seen.append(_moved(found, lambda p, q=quarter: _apply(inverse, _quarter_back(p, q))))
            if seen and max(found.score for found in seen) >= CERTAIN:
                break
        best = max(seen, key=lambda found: found.score, default=face)
        return Face(face.box, best.points, face.score)

    def _look_again(self, cut: Picture) -> Points | None:
        """The middle face's points in an aligned cut, as the mean of what is seen straight and mirrored."""
        straight, mirrored = self._middle(cut), self._middle(cut[:, ::-1])
        if straight is None or mirrored is None:
            return straight if mirrored is None else _mirrored(mirrored, len(cut))
        return (straight + _mirrored(mirrored, len(cut))) / 2

    def _middle(self, cut: Picture) -> Points | None:
        """The points of the face nearest to the middle of a cut."""
        faces = self._central(cut)
        return np.asarray(faces[0].points) if faces else None

    def _central(self, cut: Picture) -> list[Face]:
        """Faces of the right size about the middle of a cut, nearest first; others have cuts of their own."""
        half = len(cut) / 2

        def distance(face: Face) -> float:
            return float(np.hypot(*(np.mean(face.points, axis=0) - half)))

        faces = [face for face in self._detect(cut) if face.box[2] > half / 2 and distance(face) < half / 2]
        return sorted(faces, key=distance)


def align(image: Picture, face: Face, size: int) -> Picture:
    """[size, size, 3]: the face upright and centred as in the training pictures; edges are reflected."""
    return _warp(image, _matrix(face, size), size)


def align_whole(image: Picture, size: int) -> Picture:
    """[size, size, 3]: a picture without a face, all of it: made square by reflected borders.

    Of pictures longer than 2 : 1 the middle is used.
    """
    height, width = image.shape[:2]
    short = min(height, width)
    image = _middle_of(_middle_of(image, 0, 2 * short), 1, 2 * short)
    height, width = image.shape[:2]
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    square = cv2.copyMakeBorder(
        image, top, side - height - top, left, side - width - left, cv2.BORDER_REFLECT
    )
    return resize(np.asarray(square, np.uint8), size)


def align_file(finder: FaceFinder, path: PathText, size: int, *, whole: bool = False) -> Aligned:
    """The foremost face of a picture file, aligned. PictureError.

    whole: a picture without a face is used whole; otherwise NoFaceError.
    """
    image = load_picture(path)
    faces = finder.find(image)
    if faces:
        return Aligned(align(image, faces[0], size), len(faces))
    if not whole:
        raise NoFaceError(path)
    return Aligned(align_whole(image, size), 0)


def _middle_of(image: Picture, axis: int, length: int) -> Picture:
    start = max(0, (image.shape[axis] - length) // 2)
    return image[start : start + length] if axis == 0 else image[:, start : start + length]


def _load_detector() -> Any:
    log = cv2.utils.logging
    log.setLogLevel(log.LOG_LEVEL_ERROR)  # OpenCV 5 remarks each time that it ignores a default setting
    model = (resources.files("resources") / "faces" / DETECTOR).read_bytes()
    empty = np.zeros(0, np.uint8)
    return cv2.FaceDetectorYN.create(
        "onnx", np.frombuffer(model, np.uint8), empty, (320, 320), MIN_SCORE, 0.3, 100
    )


def _face(row: NDArray[np.float32]) -> Face:
    """A row of YuNet's: box, the person's right eye (left in the picture), left eye, nose, mouth, score."""
    left, top, width, height = (float(value) for value in row[:4])
    return Face((left, top, width, height), _tuples(row[4:14].reshape(5, 2)), float(row[14]))


def _tuples(points: NDArray[Any]) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in points)


def _moved(face: Face, move: Any) -> Face:
    """The face with all its places moved by a function of [N, 2]."""
    left, top, width, height = face.box
    corners = np.array([[left, top], [left + width, top], [left, top + height], [left + width, top + height]])
    corners = move(corners)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    box = (float(left), float(top), float(right - left), float(bottom - top))
    return Face(box, _tuples(move(np.asarray(face.points))), face.score)


def _mirrored(points: Points, width: int) -> Points:
    flipped = points * [-1, 1] + [width - 1, 0]
    return flipped[[1, 0, 2, 4, 3]]


def _quarter_back(points: Points, quarters: int) -> Points:
    """Places in the cut after np.rot90(cut, quarters), in the cut."""
    for _ in range(quarters):
        points = np.stack([LOOK_AGAIN - 1 - points[:, 1], points[:, 0]], axis=1)
    return points


def _prominence(face: Face, image: Picture) -> float:
    """Area, less towards the edges of the picture."""
    left, top, width, height = face.box
    middle = np.array([left + width / 2, top + height / 2]) / image.shape[1::-1]
    return width * height * (1 - 0.7 * float(np.abs(middle - 0.5).max()) * 2)


def _square(points: Points) -> tuple[Points, Points]:
    """Centre of the cut, and the vector along its upper edge."""
    eyes, mouth = points[:2].mean(axis=0), points[3:5].mean(axis=0)
    between, down = points[1] - points[0], mouth - eyes
    across = between + [down[1], -down[0]]
    across = across / max(1e-6, float(np.hypot(*across)))
    side = max(4.0 * float(np.hypot(*between)), 3.6 * float(np.hypot(*down)), 1.0)
    return eyes + 0.1 * down, across * side


def _matrix(face: Face, size: int) -> Affine:
    """Picture pixel to pixel of the cut."""
    centre, across = _square(np.asarray(face.points))
    side = float(np.hypot(*across))
    cos, sin = across / side * (size / side)
    turn = np.array([[cos, sin], [-sin, cos]])
    shift = np.array([(size - 1) / 2] * 2) - turn @ centre
    return np.hstack([turn, shift[:, None]])


def _warp(image: Picture, matrix: Affine, size: int, shrink: Shrink = resize) -> Picture:
    """The square `size` that `matrix` maps the picture to. What gets smaller is antialiased first."""
    scale = float(np.hypot(*matrix[0, :2]))
    if scale < 0.9:
        image, matrix = _shrunk_part(image, matrix, size, scale, shrink)
    warped = cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(warped, np.uint8)


def _shrunk_part(
    image: Picture, matrix: Affine, size: int, scale: float, shrink: Shrink
) -> tuple[Picture, Affine]:
    """The part of the picture that the cut needs, at the cut's scale, and the matrix from there."""
    corners = np.array([[0.0, 0.0], [size, 0.0], [0.0, size], [size, size]])
    needed = _apply(cv2.invertAffineTransform(matrix), corners)
    margin = 8 / scale
    left, top = np.clip(np.floor(needed.min(axis=0) - margin), 0, None).astype(int)
    right, bottom = np.clip(np.ceil(needed.max(axis=0) + margin), 1, image.shape[1::-1]).astype(int)
    left, top = min(left, right - 1), min(top, bottom - 1)
    part = image[top:bottom, left:right]
    width, height = (max(1, round(side * scale)) for side in part.shape[1::-1])
    grow = np.array([part.shape[1] / width, part.shape[0] / height])
    back = np.hstack([np.diag(grow), (0.5 * grow - 0.5 + [left, top])[:, None]])
    full = np.vstack([matrix, [0, 0, 1]]) @ np.vstack([back, [0, 0, 1]])
    return shrink(np.ascontiguousarray(part), (width, height)), full[:2]


def _quick_resize(image: Picture, size: tuple[int, int]) -> Picture:
    """For looking only: several times faster than the resize whose pixels a model sees."""
    method = cv2.INTER_AREA if size[0] < image.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=method), np.uint8)


def _turned(image: Picture, degrees: int) -> tuple[Picture, Affine]:
    """The picture turned counter-clockwise on a larger canvas, and the way back."""
    height, width = image.shape[:2]
    middle = ((width - 1) / 2, (height - 1) / 2)
    matrix = np.asarray(cv2.getRotationMatrix2D(middle, degrees, 1.0), np.float64)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    wide, high = round(height * sin + width * cos), round(height * cos + width * sin)
    matrix[:, 2] += [(wide - 1) / 2 - middle[0], (high - 1) / 2 - middle[1]]
    turned = cv2.warpAffine(
        image, matrix, (wide, high), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(turned, np.uint8), cv2.invertAffineTransform(matrix)


def _apply(matrix: Affine, points: Points) -> Points:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2])
