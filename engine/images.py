"""Pictures in and out: the one place where files become pixels, pixels become files, and sizes change.

A file is opened by its content, not by its name, and only as one of `FORMATS`; what it says about its size is
read before any of its pixels.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from engine import provenance
from engine.errors import PathText, PictureError, RecipeError, TargetError
from engine.files import write_atomic
from engine.provenance import Record
from engine.recipe import Recipe

Picture = NDArray[np.uint8]
"""[H, W, 3] sRGB."""
Tensor = NDArray[np.float32]
"""[3, H, W]"""

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF")
"""What Pillow reads by itself; HEIC, in which telephones keep photos, is read by its plugin."""
SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", ".heic", ".heif", ".hif",
)  # fmt: skip
"""What `picture_files` looks for in folders; `load_picture` goes by the content."""
SIGNS = {
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"RIFF": "WebP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"GIF8": "GIF",
}
"""What the bytes of a file begin with."""
BRANDS = {b"avif": "AVIF", b"avis": "AVIF"} | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"), "HEIC"
)
"""What says so in bytes 8 to 12 of an ISO media file (ISO/IEC 23008-12), after "ftyp"."""
SAVE_FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
MAX_PIXELS = 80_000_000
"""Below Pillow's own warning, so that one rule decides."""
MAX_BYTES = 512 << 20
MAX_SIDE = 4096
"""Larger pictures are shrunk while loading: no model looks closer, and memory stays bounded."""
MATTE = 255
"""What transparent parts are laid on: white, as paper and web pages are."""

# These two are about every use of Pillow in the process, and set before there are threads: a warning is no
# place to decide about a bomb, and what Pillow says about sloppy files is not for the user's terminal.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.simplefilter("error", Image.DecompressionBombWarning)


def load_picture(path: PathText, *, max_side: int = MAX_SIDE) -> Picture:
    """The picture in the file as sRGB, upright, its longest side at most `max_side`.

    Of animations the first frame; transparent parts on white. PictureError, with the reason, otherwise.
    """
    path = Path(path)
    with _opened(path) as file, _explained(path):
        return _pixels(_open(path, file), max_side)


def picture_size(path: PathText) -> tuple[int, int]:
    """Width and height as the file says, before any turning. PictureError, with the reason, otherwise."""
    path = Path(path)
    with _opened(path) as file, _explained(path):
        return _open(path, file).size


def decode_picture(data: bytes, name: str, *, max_side: int = MAX_SIDE) -> Picture:
    """`load_picture` for a file's bytes; `name` is what an error calls it."""
    path = Path(name)
    with _explained(path):
        return _pixels(_open(path, BytesIO(data)), max_side)


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

    The same arguments give the same bytes; there is neither a time nor a name of person, machine or folder in
    them, and of the recipe's personas only their digests. quality: 1..100, for JPEG and WebP.
    TargetExistsError when the file exists and overwrite is False;
    TargetError when it cannot be written; RecipeError when the recipe is too large for a JPEG.
    """
    path = Path(path)
    kind = SAVE_FORMATS.get(path.suffix.lower())
    if kind is None:
        known = ", ".join(sorted({suffix.lstrip(".") for suffix in SAVE_FORMATS}))
        raise TargetError(path, f"a picture's name must end in one of {known}", "suffix")
    data = encode(image, kind, Record(recipe, score, likeness=likeness), quality=quality)
    return write_atomic(path, data, overwrite=overwrite)


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
    with _opened(path) as file, _explained(path):
        return provenance.find(_open(path, file))


def read_recipe(path: PathText) -> Recipe | None:
    """The recipe that `save_picture` put into the file; None when there is none. Errors as `read_record`."""
    record = read_record(path)
    return record.recipe if record else None


@lru_cache(maxsize=1)
def srgb_profile() -> bytes:
    """The sRGB profile that saved pictures carry: always the same bytes."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data[24:36] = bytes((7, 208, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0))  # made on 2000-01-01, not just now
    return bytes(data)


def natural_key(path: Path) -> tuple[list[tuple[int, int, str]], str]:
    """Sorts 2.png before 10.png, and regardless of case."""
    parts = re.split(r"(\d+)", path.name.casefold())
    key = [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]
    return key, path.name


class _opened:  # noqa: N801 - reads as a verb, like open
    """The file at a path, after making sure that it is a file of reasonable size."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> BinaryIO:
        try:
            found = self._path.stat()
            if stat.S_ISDIR(found.st_mode):
                raise PictureError(self._path, "it is a folder", "is-folder")
            if not stat.S_ISREG(found.st_mode):
                raise PictureError(self._path, "it is not a file", "not-a-file")
            if found.st_size == 0:
                raise PictureError(self._path, "the file is empty", "empty")
            if found.st_size > MAX_BYTES:
                reason = f"the file is larger than {MAX_BYTES >> 20} MB"
                raise PictureError(self._path, reason, "too-large", n=MAX_BYTES >> 20)
            self._file = self._path.open("rb")
        except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
            raise _unreadable(self._path, error) from error
        return self._file

    def __exit__(self, *_: object) -> None:
        self._file.close()


class _explained:  # noqa: N801
    """Turns whatever a decoder raises on a bad file into one PictureError."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if isinstance(error, Image.DecompressionBombWarning | Image.DecompressionBombError):
            reason, millions = f"it has more than {MAX_PIXELS // 10**6} million pixels", MAX_PIXELS // 10**6
            raise PictureError(self._path, reason, "pixel-limit", n=millions) from None
        if isinstance(error, MemoryError):
            raise PictureError(self._path, "there is not enough memory for it", "memory") from error
        if isinstance(error, Exception) and not isinstance(error, PictureError | RecipeError):
            raise PictureError(self._path, "the file is damaged or incomplete", "damaged") from error


def _unreadable(path: Path, error: Exception) -> PictureError:
    reasons = {
        errno.ENOENT: ("missing", "the file does not exist"),
        errno.ENOTDIR: ("missing", "the file does not exist"),
        errno.EACCES: ("no-permission", "permission denied"),
        errno.EPERM: ("no-permission", "permission denied"),
        errno.ELOOP: ("broken-link", "it is a link that leads nowhere"),
    }
    number = error.errno if isinstance(error, OSError) else None
    code, reason = reasons.get(number or 0, ("unreadable", "the file cannot be read"))
    return PictureError(path, reason, code)


def _open(path: Path, file: BinaryIO) -> Image.Image:
    """The picture with its header read, its pixels not."""
    kind = _sign(file)
    try:
        # AVIF first: its files, too, may begin like HEIC, and say further on what they are.
        image = Image.open(file, formats=(*FORMATS, "HEIF") if kind == "HEIC" and _reads_heic() else FORMATS)
    except (UnidentifiedImageError, ValueError):  # ValueError: libheif cannot make sense of it
        raise _no_picture(path, kind) from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        reason = f"it has {width} x {height} pixels, more than {MAX_PIXELS // 10**6} million"
        raise PictureError(path, reason, "too-many-pixels", w=width, h=height, n=MAX_PIXELS // 10**6)
    return image


@lru_cache(maxsize=1)
def _reads_heic() -> bool:
    """Whether the plugin is there; it is loaded for the first such file, since that takes its time."""
    try:
        from pi_heif import register_heif_opener
    except ImportError:
        return False
    register_heif_opener(thumbnails=False)
    return True


def _pixels(image: Image.Image, max_side: int) -> Picture:
    image.draft("RGB", (max_side, max_side))  # JPEG only: decodes at a half, quarter, eighth
    image.load()
    image = _upright(_shrunk(_eight_bits(image), max_side))
    return np.array(_srgb(image), dtype=np.uint8)


def _sign(file: BinaryIO) -> str:
    """The kind of picture that a file begins like; "" for none."""
    start = file.read(12)
    file.seek(0)
    if start[4:8] == b"ftyp":
        return BRANDS.get(start[8:12], "")
    return next((name for sign, name in SIGNS.items() if start.startswith(sign)), "")


def _no_picture(path: Path, kind: str) -> PictureError:
    """What a file is that no reader takes. kind: what it starts like, or nothing."""
    if kind == "HEIC" and not _reads_heic():
        reason = "it is a HEIC picture, and pi-heif, which reads those, is not installed"
        return PictureError(path, reason, "no-heic")
    if kind:
        return PictureError(path, f"the file is damaged; it starts like {kind}", "damaged-start", kind=kind)
    reason = "it is not a PNG, JPEG, WebP, TIFF, BMP, GIF, AVIF or HEIC picture"
    return PictureError(path, reason, "not-a-picture")


def _shrunk(image: Image.Image, max_side: int) -> Image.Image:
    """The picture with a longest side of at most `max_side`."""
    longest = max(image.size)
    if longest <= max_side:
        return image
    info = dict(image.info)
    if image.mode in ("1", "P", "PA") or "transparency" in info:
        image = image.convert("RGBA" if _has_alpha(image) else "RGB")
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


def _srgb(image: Image.Image) -> Image.Image:
    """Any mode to RGB: colours converted by the embedded profile, transparent parts on white."""
    profile = image.info.get("icc_profile")
    if image.mode in ("P", "PA", "1", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA" if _has_alpha(image) else "RGB")
    if image.mode not in ("RGBA", "LA"):
        return _in_srgb(image, profile)
    matte = Image.new("RGB", image.size, (MATTE,) * 3)
    matte.paste(_in_srgb(image.convert(image.mode[:-1]), profile), mask=image.getchannel("A"))
    return matte


def _has_alpha(image: Image.Image) -> bool:
    return "A" in image.mode or "a" in image.mode or "transparency" in image.info


def _eight_bits(image: Image.Image) -> Image.Image:
    """16-bit, 32-bit and float greys scaled to 8 bits; Pillow's own conversion clips them."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image)
    highest = float(np.nanmax(values, initial=0.0))
    if image.mode == "F":
        full = next((top for top in (1.0, 255.0, 65535.0) if highest <= top), highest)
    else:
        full = max(65535.0, highest)
    scaled = np.empty(values.shape, np.uint8)
    for row in range(0, len(values), 256):  # by rows: a large picture as floats would not fit
        block = np.nan_to_num(values[row : row + 256].astype(np.float32)) * np.float32(255 / full)
        scaled[row : row + 256] = np.rint(np.clip(block, 0, 255))
    grey = Image.fromarray(scaled)
    grey.info = {key: value for key, value in image.info.items() if key != "transparency"}
    return grey


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """To RGB without alpha, by its colour profile if that is readable and fits."""
    if profile and profile != srgb_profile() and image.mode in ("L", "RGB", "CMYK", "LAB"):
        try:
            return _through_profile(image, ImageCms.ImageCmsProfile(BytesIO(profile)))
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass
    if image.mode == "LAB":
        return _through_profile(image, ImageCms.createProfile("LAB"))
    return image.convert("RGB")


def _through_profile(image: Image.Image, profile: Any) -> Image.Image:
    target = ImageCms.ImageCmsProfile(BytesIO(srgb_profile()))
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
    converted = ImageCms.profileToProfile(image, profile, target, intent, outputMode="RGB", flags=flags)
    assert converted is not None
    return converted


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
