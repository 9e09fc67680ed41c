"""A picture's file, opened: by its content, not by its name, and only as one of `FORMATS`.

What it says about its size is read before any of its pixels.
"""

from __future__ import annotations

import errno
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from engine import png_chunks, refusal
from engine.errors import PictureError, RecipeError
from engine.formats.regular import NotRegularError, open_regular
from engine.refusal import MAX_PIXELS, FileKind

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF")
"""What Pillow reads by itself; HEIC, in which telephones keep photos, is read by its plugin."""
SIGNS: dict[bytes, FileKind] = {
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"RIFF": "WebP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"GIF8": "GIF",
}
"""What the bytes of a file begin with."""
BRANDS: dict[bytes, FileKind] = {
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"), "HEIC"),
}
"""What says so in bytes 8 to 12 of an ISO media file (ISO/IEC 23008-12), after "ftyp"."""
MAX_BYTES = 512 << 20

# These two are about every use of Pillow in the process, and set before there are threads: a warning is no
# place to decide about a bomb, and what Pillow says about sloppy files is not for the user's terminal.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.simplefilter("error", Image.DecompressionBombWarning)


def open_file(path: Path) -> BinaryIO:
    """The file, open for reading, of a reasonable size. PictureError, with the reason."""
    try:
        file = open_regular(path)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise _unreadable(path, error) from error
    size = os.fstat(file.fileno()).st_size
    if 0 < size <= MAX_BYTES:
        return file
    file.close()
    if size == 0:
        raise PictureError(path, "the file is empty", "empty")
    reason = f"the file is larger than {MAX_BYTES >> 20} MB"
    raise PictureError(path, reason, "too-large", n=MAX_BYTES >> 20)


def open_image(path: Path, file: BinaryIO) -> Image.Image:
    """The picture with its header read, its pixels not; `info["cicp"]` holds a PNG's chunk of that name.

    PictureError when no reader takes it, or when it is too large.
    """
    kind = _sign(file)
    try:
        # AVIF first: its files, too, may begin like HEIC, and say further on what they are.
        image = Image.open(file, formats=(*FORMATS, "HEIF") if kind == "HEIC" and reads_heic() else FORMATS)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError, MemoryError):
        raise
    except Exception:  # libheif raises ValueError, Pillow whatever its own code runs into
        raise _no_picture(path, file, kind) from None
    refusal.check_size(path, *image.size)
    refusal.check_compression(path, image)
    if image.format == "PNG" and (cicp := png_chunks.find(file, b"cICP")):
        image.info["cicp"] = cicp
    return image


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns whatever a decoder raises on a bad file into one PictureError."""
    try:
        yield
    except (PictureError, RecipeError):
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        reason, millions = f"it has more than {MAX_PIXELS // 10**6} million pixels", MAX_PIXELS // 10**6
        raise PictureError(path, reason, "pixel-limit", n=millions) from None
    except MemoryError as error:
        raise PictureError(path, "there is not enough memory for it", "memory") from error
    except Exception as error:
        raise refusal.of_decoder(path, error) from error


@lru_cache(maxsize=1)
def reads_heic() -> bool:
    """Whether the plugin is there; it is loaded for the first such file, since that takes its time."""
    try:
        from pi_heif import register_heif_opener
    except ImportError:
        return False
    register_heif_opener(thumbnails=False)
    return True


def _unreadable(path: Path, error: Exception) -> PictureError:
    reasons = {
        errno.ENOENT: ("missing", "the file does not exist"),
        errno.ENOTDIR: ("missing", "the file does not exist"),
        errno.EACCES: ("no-permission", "permission denied"),
        errno.EPERM: ("no-permission", "permission denied"),
        errno.ELOOP: ("broken-link", "it is a link that leads nowhere"),
        errno.EISDIR: ("is-folder", "it is a folder"),
    }
    if isinstance(error, NotRegularError):
        return PictureError(path, "it is not a file", "not-a-file")
    number = error.errno if isinstance(error, OSError) else None
    code, reason = reasons.get(number or 0, ("unreadable", "the file cannot be read"))
    return PictureError(path, reason, code)


def _sign(file: BinaryIO) -> FileKind:
    """The kind of picture that a file begins like; "" for none."""
    start = file.read(12)
    file.seek(0)
    if start[4:8] == b"ftyp":
        return BRANDS.get(start[8:12], "")
    return next((name for sign, name in SIGNS.items() if start.startswith(sign)), "")


def _no_picture(path: Path, file: BinaryIO, kind: FileKind) -> PictureError:
    """What a file is that no reader takes. kind: what it starts like, or nothing."""
    if kind == "HEIC" and not reads_heic():
        reason = "it is a HEIC picture, and pi-heif, which reads those, is not installed"
        return PictureError(path, reason, "no-heic")
    if kind:
        return refusal.of_kind(path, file, kind)
    reason = "it is not a PNG, JPEG, WebP, TIFF, BMP, GIF, AVIF or HEIC picture"
    return PictureError(path, reason, "not-a-picture")
