"""Pictures in and out: the one place where files become pixels, pixels become files, and sizes change.

How a file is opened is told in `engine.opening`, what its samples and colours mean in `engine.samples` and
`engine.colour`.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from engine import provenance, samples
from engine.colour import has_alpha, in_srgb, srgb_profile
from engine.errors import PathText, PictureError, TargetError
from engine.files import write_atomic
from engine.opening import explained, open_file, open_image
from engine.provenance import Record
from engine.recipe import Recipe

Picture = NDArray[np.uint8]
"""[H, W, 3] sRGB."""
Tensor = NDArray[np.float32]
"""[3, H, W]"""

SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", ".heic", ".heif", ".hif",
)  # fmt: skip
"""What `picture_files` looks for in folders; `load_picture` goes by the content."""
SAVE_FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
MAX_SIDE = 4096
"""Larger pictures are shrunk while loading: no model looks closer, and memory stays bounded."""


def load_picture(path: PathText, *, max_side: int = MAX_SIDE) -> Picture:
    """The picture in the file as sRGB, upright, its longest side at most `max_side`.

    Of animations the first frame; transparent parts on white. PictureError, with the reason, otherwise.
    """
    path = Path(path)
    with open_file(path) as file, explained(path):
        return _pixels(open_image(path, file), max_side)


def picture_size(path: PathText) -> tuple[int, int]:
    """Width and height as the file says, before any turning. PictureError, with the reason, otherwise."""
    path = Path(path)
    with open_file(path) as file, explained(path):
        return open_image(path, file).size


def decode_picture(data: bytes, name: str, *, max_side: int = MAX_SIDE) -> Picture:
    """`load_picture` for a file's bytes; `name` is what an error calls it."""
    path = Path(name)
    with explained(path):
        return _pixels(open_image(path, BytesIO(data)), max_side)


def resize(image: Picture, size: int | tuple[int, int]) -> Picture:
    """`image` at `size` (a square's side, or width and height), antialiased."""
    wanted = (size, size) if isinstance(size, int) else size
    if (image.shape[1], image.shape[0]) == wanted:
        return image
    return np.array(Image.fromarray(image).resize(wanted, Image.Resampling.LANCZOS))


def to_tensor(image: Picture, color_range: tuple[float, float] = (-1.0, 1.0)) -> Tensor:
    """uint8 [H, W, 3] to float32 [3, H, W] in `color_range`."""
    low, high = color_range
    scaled = image.astype(np.float32) * np.float32((high - low) / 255) + np.float32(low)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1))


def from_tensor(tensor: Tensor, color_range: tuple[float, float] = (-1.0, 1.0)) -> Picture:
    """float32 [3, H, W] in `color_range` to uint8 [H, W, 3]."""
    low, high = color_range
    scaled = (tensor - np.float32(low)) * np.float32(255 / (high - low))
    rounded = np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)
    return np.ascontiguousarray(rounded.transpose(1, 2, 0))


def picture_files(paths: Iterable[PathText] | PathText, *, recursive: bool = False) -> list[Path]:
    """The files among `paths`, and the picture files in the folders among them, in natural order, each once.

    Named files are taken as they are, so that `load_picture` can say what is wrong with them. In folders,
    hidden files, thumbnails and links that lead out of the folder are left alone.
    PictureError when a folder cannot be read.
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    found: dict[Path, Path] = {}
    for path in map(Path, given):
        for file in _pictures_in(path, recursive) if path.is_dir() else [path]:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def save_picture(
    path: PathText,
    image: Picture,
    *,
    recipe: Recipe | None = None,
    score: float | None = None,
    likeness: float | None = None,
    quality: int = 95,
    overwrite: bool = False,
) -> Path:
    """Writes PNG, JPEG, WebP or TIFF (by the suffix), atomically, with its recipe and its provenance.

    For what stays inside. What is for people is written by `engine.marks.marking`, with all marks.
    The same arguments give the same bytes; there is neither a time nor a name of person, machine or folder in
    them, and of the recipe's personas only their digests. quality: 1..100, for JPEG and WebP.
    TargetExistsError when the file exists and overwrite is False;
    TargetError when it cannot be written; RecipeError when the recipe is too large for a JPEG.
    """
    path = Path(path)
    record = Record(recipe, score, likeness=likeness)
    data = encode(image, kind_by_suffix(path), record, quality=quality)
    return write_atomic(path, data, overwrite=overwrite)


def kind_by_suffix(path: Path) -> str:
    """ "PNG", "JPEG", "WEBP" or "TIFF". TargetError for a name that ends in something else."""
    kind = SAVE_FORMATS.get(path.suffix.lower())
    if kind is None:
        known = ", ".join(sorted({suffix.lstrip(".") for suffix in SAVE_FORMATS}))
        raise TargetError(path, f"a picture's name must end in one of {known}", "suffix")
    return kind


def encode(image: Picture, kind: str, record: Record | None = None, *, quality: int = 95) -> bytes:
    """The bytes of a "PNG", "JPEG", "WEBP" or "TIFF" file."""
    buffer = BytesIO()
    options: dict[str, Any] = {"icc_profile": srgb_profile()}
    if kind in ("JPEG", "WEBP"):
        options["quality"] = max(1, min(100, quality))
    if kind == "JPEG":
        options |= {"subsampling": 0 if quality >= 90 else 2, "optimize": True}
    if kind == "TIFF":
        options["compression"] = "tiff_adobe_deflate"
    if record is not None:
        options |= provenance.save_options(kind, record)
    Image.fromarray(image).save(buffer, kind, **options)
    return buffer.getvalue()


def read_record(path: PathText) -> Record | None:
    """Recipe and score that `save_picture` put into the file; None when there are none.

    PictureError when the file is no picture, RecipeError when its recipe cannot be read by this version.
    """
    path = Path(path)
    with open_file(path) as file, explained(path):
        return provenance.find(open_image(path, file))


def read_recipe(path: PathText) -> Recipe | None:
    """The recipe that `save_picture` put into the file; None when there is none. Errors as `read_record`."""
    record = read_record(path)
    return record.recipe if record else None


def natural_key(path: Path) -> tuple[list[tuple[int, int, str]], str]:
    """Sorts 2.png before 10.png, and regardless of case."""
    parts = re.split(r"(\d+)", path.name.casefold())
    key = [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]
    return key, path.name


def _pixels(image: Image.Image, max_side: int) -> Picture:
    image.draft("RGB", (max_side, max_side))  # JPEG only: decodes at a half, quarter, eighth
    image = _upright(_shrunk(samples.load(image), max_side))
    return np.array(in_srgb(image), dtype=np.uint8)


def _shrunk(image: Image.Image, max_side: int) -> Image.Image:
    """The picture with a longest side of at most `max_side`."""
    longest = max(image.size)
    if longest <= max_side:
        return image
    info = dict(image.info)
    if image.mode in ("1", "P", "PA") or "transparency" in info:
        image = image.convert("RGBA" if has_alpha(image) else "RGB")
    width, height = (max(1, round(side * max_side / longest)) for side in image.size)
    image = image.resize((width, height), Image.Resampling.BOX)
    image.info = {key: value for key, value in info.items() if key != "transparency"}
    return image


def _upright(image: Image.Image) -> Image.Image:
    """Turned as its EXIF orientation says; an unreadable EXIF block says nothing."""
    try:
        turned = ImageOps.exif_transpose(image)
    except Exception:
        return image
    turned.info.setdefault("icc_profile", image.info.get("icc_profile"))
    return turned


def _pictures_in(folder: Path, recursive: bool) -> Iterator[Path]:
    root = folder.resolve()
    folders = [folder]
    while folders:
        here = folders.pop(0)
        try:
            entries = sorted(here.iterdir(), key=natural_key)
        except OSError as error:
            reason = (
                "permission denied" if error.errno in (errno.EACCES, errno.EPERM) else "it cannot be read"
            )
            code = "no-permission" if reason == "permission denied" else "unreadable"
            raise PictureError(here, reason, code) from error
        for path in entries:
            if _is_hidden(path.name) or (path.is_symlink() and not path.resolve().is_relative_to(root)):
                continue
            if path.is_dir():
                if recursive and not path.is_symlink():
                    folders.append(path)
            elif path.suffix.lower() in SUFFIXES and path.is_file():
                yield path


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "~", "@", "__MACOSX")) or name.casefold() in ("thumbs", "thumbnails")
