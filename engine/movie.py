"""Moving pictures: frames in, one MP4, WebP or GIF file out, or a folder of PNG frames.

MP4 is H.264 where an encoder is at hand (`engine.h264`). Elsewhere it is written by OpenCV, which the engine
needs anyway: its wheels carry an LGPL build of FFmpeg with libvpx, so nothing has to be installed and no GPL
encoder comes along. The codec is VP9 then, which browsers and players of today know and some social networks
do not; where that build lacks it, MPEG-4 Part 2. WebP and GIF are Pillow's.
Whatever the kind, nothing appears under the final name before it is whole, with its marks.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine import h264
from engine.errors import Cancelled, PathText, TargetError, TargetExistsError
from engine.files import atomic_folder, target_error, write_atomic
from engine.images import Picture, resize
from engine.marks.films import finish_film
from engine.marks.marking import Marking
from engine.provenance import Record
from engine.recipe import Recipe

KINDS = ("mp4", "webp", "gif", "frames")
SUFFIXES = {"mp4": ".mp4", "webp": ".webp", "gif": ".gif", "frames": ""}
CODECS = ("vp09", "mp4v")
"""The first that can be had is used."""
RATES = (1.0, 60.0)
"""Frames a second."""
MAX_SIDE = 2048
PALETTE_SIDE = 48

SHAPES = {"1080x1920": (1080, 1920), "1080x1350": (1080, 1350), "1080x1080": (1080, 1080)}
"""Width and height of what social networks show, by name: stories and reels, posts, squares."""
DIM = 0.55
"""How bright the ground around a picture is that does not fill its frame."""

Frame = tuple[Picture, Recipe | None]
"""uint8 [H, W, 3], all of one size, and what it was made from."""


def write_movie(
    frames: Iterable[Frame],
    path: PathText,
    *,
    kind: str,
    fps: float = 25.0,
    size: int | None = None,
    shape: str = "",
    quality: int = 85,
    embed_recipe: bool = True,
    marking: Marking | None = None,
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Path:
    """Writes the frames as they come and returns `path`: a file, or a folder for "frames".

    size: side in pixels, None for that of the frames. shape: a name of `SHAPES` instead, the picture on
    a ground. quality: 1..100, WebP. GIF and WebP repeat for ever.
    embed_recipe: PNG frames carry their recipes. marking: which marks it gets; None for all that need no key.
    progress(frames done). TargetExistsError when something is
    there and overwrite is False; TargetError when it cannot be written; Cancelled leaves nothing behind,
    and neither does any other error.
    """
    path = Path(path)
    _check(kind, fps, size, shape)
    if not overwrite and path.exists():
        raise TargetExistsError(path)
    marking = marking or Marking()
    source = _watched(frames, size, SHAPES.get(shape), progress, cancelled)
    if kind == "frames":
        return _write_frames(source, path, embed_recipe, marking)
    _write_film(source, path, kind, fps, quality, marking, overwrite)
    marking.left_out([path])
    return path


def mp4_codec() -> str:
    """What an MP4 holds that is written here: "h264", or "vp9" where no encoder for that is at hand."""
    return "h264" if h264.encoder() is not None else "vp9"


def on_ground(picture: Picture, shape: tuple[int, int]) -> Picture:
    """A picture [H, W, 3] whole in the middle of a frame of another shape (width, height), on itself, blurred
    and dimmed."""
    width, height = shape
    image = Image.fromarray(picture)
    tall = height / width
    across = min(image.width, round(image.height / tall))
    down = min(image.height, round(image.width * tall))
    left, top = (image.width - across) // 2, (image.height - down) // 2
    middle = image.crop((left, top, left + across, top + down))
    ground = middle.resize((12, max(1, round(12 * tall))), Image.Resampling.BOX)
    ground = ground.resize(shape, Image.Resampling.BICUBIC)
    scale = min(width / image.width, height / image.height)
    whole = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    ground = ground.point([round(DIM * value) for value in range(256)] * 3)
    ground.paste(whole, ((width - whole.width) // 2, (height - whole.height) // 2))
    return np.asarray(ground)


def _check(kind: str, fps: float, size: int | None, shape: str) -> None:
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}")
    if shape and shape not in SHAPES:
        raise ValueError(f"unknown shape {shape!r}")
    if not RATES[0] <= fps <= RATES[1]:
        raise ValueError(f"fps must be {RATES[0]:g} to {RATES[1]:g}, not {fps}")
    if size is not None and not 16 <= size <= MAX_SIDE:
        raise ValueError(f"size must be 16 to {MAX_SIDE}, not {size}")


def _watched(
    frames: Iterable[Frame],
    size: int | None,
    shape: tuple[int, int] | None,
    progress: Callable[[int], None] | None,
    cancelled: Callable[[], bool] | None,
) -> Iterator[Frame]:
    """The frames at their size; Cancelled between two of them."""
    for done, (picture, recipe) in enumerate(frames, 1):
        if cancelled and cancelled():
            raise Cancelled
        if shape is not None:
            picture = on_ground(picture, shape)
        yield (resize(picture, size) if size and shape is None else picture), recipe
        if progress:
            progress(done)


def _write_frames(frames: Iterator[Frame], path: Path, embed_recipe: bool, marking: Marking) -> Path:
    with atomic_folder(path) as folder:
        for number, (picture, recipe) in enumerate(frames, 1):
            record = Record(recipe if embed_recipe else None, photo=_has_photo(recipe))
            (folder / f"frame-{number:04}.png").write_bytes(marking.picture(picture, "PNG", record))
    marking.left_out(sorted(path.iterdir()))
    return path


def _write_film(
    frames: Iterator[Frame],
    path: Path,
    kind: str,
    fps: float,
    quality: int,
    marking: Marking,
    overwrite: bool,
) -> None:
    """Encoded elsewhere, because FFmpeg wants a name and signing the whole file; then put in its place."""
    with tempfile.TemporaryDirectory(prefix="persona-movie-") as folder:
        draft, told = Path(folder) / f"movie.{kind}", _Told()
        try:
            if kind == "mp4":
                _encode_mp4(told.marked(frames, marking), draft, path, fps)
            else:
                _encode_animation(told.marked(frames, marking), draft, kind, fps, quality)
            finished = finish_film(draft, kind, told.record, told.first, marking)
        except OSError as error:
            raise target_error(path, error) from error
        with finished.open("rb") as source:
            write_atomic(path, partial(shutil.copyfileobj, source), overwrite=overwrite)


class _Told:
    """Marks frames as they pass, and remembers what is to be said about the whole film."""

    def __init__(self) -> None:
        self.first: Picture | None = None
        self._photo = False

    @property
    def record(self) -> Record:
        """What the film carries."""
        return Record(photo=self._photo)

    def marked(self, frames: Iterable[Frame], marking: Marking) -> Iterator[Picture]:
        """The frames' pixels with their marks."""
        for picture, recipe in frames:
            self._photo = self._photo or _has_photo(recipe)
            pixels = marking.pixels(picture)
            if self.first is None:
                self.first = pixels
            yield pixels


def _has_photo(recipe: Recipe | None) -> bool:
    return recipe is not None and recipe.content is not None


def _encode_animation(frames: Iterator[Picture], draft: Path, kind: str, fps: float, quality: int) -> None:
    images = (_image(picture, kind) for picture in frames)
    first = next(images, None)
    if first is None:
        raise ValueError("a movie needs a frame")
    options: dict[str, Any] = {"duration": round(1000 / fps), "loop": 0}
    options |= {"quality": quality, "method": 3} if kind == "webp" else {"disposal": 1, "optimize": False}
    first.save(draft, kind.upper(), save_all=True, append_images=images, **options)


def _image(picture: Picture, kind: str) -> Image.Image:
    image = Image.fromarray(picture)
    if kind == "webp":
        return image
    # The best 256 colours of a small copy are nearly those of the frame, and found twenty times sooner.
    palette = Image.fromarray(resize(picture, PALETTE_SIDE)).quantize(256, Image.Quantize.MEDIANCUT)
    return image.quantize(256, palette=palette)


def _encode_mp4(frames: Iterator[Picture], draft: Path, path: Path, fps: float) -> None:
    program = h264.encoder()
    if program is not None:
        h264.encode(program, map(_even, frames), draft, path, fps)
    else:
        _encode_by_opencv(frames, draft, path, fps)


def _encode_by_opencv(frames: Iterator[Picture], draft: Path, path: Path, fps: float) -> None:
    writer: Any = None
    try:
        for picture in frames:
            even = _even(picture)
            if writer is None:
                writer = _open_writer(draft, path, fps, even.shape[1], even.shape[0])
            writer.write(np.ascontiguousarray(even[..., ::-1]))  # OpenCV thinks in B G R
    finally:
        if writer is not None:
            writer.release()
    if writer is None:
        raise ValueError("a movie needs a frame")
    if not draft.is_file() or not draft.stat().st_size:
        raise TargetError(path, "the encoder wrote nothing", "movie")


def _open_writer(draft: Path, path: Path, fps: float, width: int, height: int) -> Any:
    import cv2

    for codec in CODECS:
        writer = cv2.VideoWriter(
            str(draft), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), fps, (width, height)
        )
        if writer.isOpened():
            return writer
    raise TargetError(path, "no encoder for MP4 is at hand; WebP and GIF always work", "movie")


def _even(picture: Picture) -> Picture:
    """Video halves the colours' resolution, so both sides must be even; a last odd line is left out."""
    return picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
