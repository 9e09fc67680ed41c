"""Moving pictures: frames in, one MP4, WebP or GIF file out, or a folder of PNG frames.

MP4 is written by OpenCV, which the engine needs anyway: its wheels carry an LGPL build of FFmpeg with
libvpx, so nothing has to be installed and no GPL encoder comes along. The codec is VP9, which browsers,
phones and players of today know; where that build lacks it, MPEG-4 Part 2. WebP and GIF are Pillow's.
Whatever the kind, nothing appears under the final name before it is whole.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from engine.errors import Cancelled, PathText, TargetError, TargetExistsError
from engine.files import atomic_folder, write_atomic
from engine.images import Picture, encode, resize
from engine.provenance import Record, xmp
from engine.recipe import Recipe

KINDS = ("mp4", "webp", "gif", "frames")
SUFFIXES = {"mp4": ".mp4", "webp": ".webp", "gif": ".gif", "frames": ""}
CODECS = ("vp09", "mp4v")
"""The first that can be had is used."""
RATES = (1.0, 60.0)
"""Frames a second."""
MAX_SIDE = 2048
PALETTE_SIDE = 48

Frame = tuple[Picture, Recipe | None]
"""uint8 [H, W, 3], all of one size, and what it was made from."""


def write_movie(
    frames: Iterable[Frame],
    path: PathText,
    *,
    kind: str,
    fps: float = 25.0,
    size: int | None = None,
    quality: int = 85,
    embed_recipe: bool = True,
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Path:
    """Writes the frames as they come and returns `path`: a file, or a folder for "frames".

    size: side in pixels, None for that of the frames. quality: 1..100, WebP. GIF and WebP repeat for ever.
    embed_recipe: PNG frames carry their recipes. progress(frames done). TargetExistsError when something is
    there and overwrite is False; TargetError when it cannot be written; Cancelled leaves nothing behind,
    and neither does any other error.
    """
    path = Path(path)
    _check(kind, fps, size)
    if not overwrite and path.exists():
        raise TargetExistsError(path)
    source = _watched(frames, size, progress, cancelled)
    if kind == "frames":
        return _write_frames(source, path, embed_recipe)
    if kind == "mp4":
        return _write_mp4(source, path, fps, overwrite)
    return _write_animation(source, path, kind, fps, quality, overwrite)


def _check(kind: str, fps: float, size: int | None) -> None:
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}")
    if not RATES[0] <= fps <= RATES[1]:
        raise ValueError(f"fps must be {RATES[0]:g} to {RATES[1]:g}, not {fps}")
    if size is not None and not 16 <= size <= MAX_SIDE:
        raise ValueError(f"size must be 16 to {MAX_SIDE}, not {size}")


def _watched(
    frames: Iterable[Frame],
    size: int | None,
    progress: Callable[[int], None] | None,
    cancelled: Callable[[], bool] | None,
) -> Iterator[Frame]:
    """The frames at their size; Cancelled between two of them."""
    for done, (picture, recipe) in enumerate(frames, 1):
        if cancelled and cancelled():
            raise Cancelled
        yield (resize(picture, size) if size else picture), recipe
        if progress:
            progress(done)


def _write_frames(frames: Iterator[Frame], path: Path, embed_recipe: bool) -> Path:
    with atomic_folder(path) as folder:
        for number, (picture, recipe) in enumerate(frames, 1):
            record = Record(recipe if embed_recipe else None)
            (folder / f"frame-{number:04}.png").write_bytes(encode(picture, "PNG", record))
    return path


def _write_animation(
    frames: Iterator[Frame], path: Path, kind: str, fps: float, quality: int, overwrite: bool
) -> Path:
    images = (_image(picture, kind) for picture, _ in frames)
    first = next(images, None)
    if first is None:
        raise ValueError("a movie needs a frame")
    options: dict[str, Any] = {"duration": round(1000 / fps), "loop": 0}
    if kind == "webp":
        options |= {"quality": quality, "method": 3, "xmp": xmp(Record()).encode()}
    else:
        options |= {"disposal": 1, "optimize": False}

    def write(file: BinaryIO) -> None:
        first.save(file, kind.upper(), save_all=True, append_images=images, **options)

    return write_atomic(path, write, overwrite=overwrite)


def _image(picture: Picture, kind: str) -> Image.Image:
    image = Image.fromarray(picture)
    if kind == "webp":
        return image
    # The best 256 colours of a small copy are nearly those of the frame, and found twenty times sooner.
    palette = Image.fromarray(resize(picture, PALETTE_SIDE)).quantize(256, Image.Quantize.MEDIANCUT)
    return image.quantize(256, palette=palette)


def _write_mp4(frames: Iterator[Frame], path: Path, fps: float, overwrite: bool) -> Path:
    """FFmpeg wants a name, and to go back in the file: it writes elsewhere, and the whole file is copied."""
    with tempfile.TemporaryDirectory(prefix="persona-movie-") as folder:
        draft = Path(folder) / "movie.mp4"
        _encode_mp4(frames, draft, path, fps)
        with draft.open("rb") as source:
            return write_atomic(path, partial(shutil.copyfileobj, source), overwrite=overwrite)


def _encode_mp4(frames: Iterator[Frame], draft: Path, path: Path, fps: float) -> None:
    writer: Any = None
    try:
        for picture, _ in frames:
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
