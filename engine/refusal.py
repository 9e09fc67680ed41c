"""Why a file that is a picture cannot be used: too large, of a kind that is not read here, or damaged.

A sound file that the decoders have no code for is not called damaged: there is no fault to be found in it.
"""

from __future__ import annotations

import os
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Literal

from PIL import Image, TiffImagePlugin

from engine.errors import PictureError

FileKind = Literal["", "PNG", "JPEG", "WebP", "TIFF", "GIF", "AVIF", "HEIC"]
MAX_PIXELS = 80_000_000
"""Below Pillow's own warning, so that one rule decides."""

OPTIONAL_CODECS = ("webp", "zstd", "lzma")
"""Compressions in TIFF that Pillow knows by name and its libtiff may be built without."""
COMPRESSIONS = {
    50001: "WebP",
    50000: "Zstandard",
    34925: "LZMA",
    34712: "JPEG 2000",
    50002: "JPEG XL",
    34887: "LERC",
    34661: "JBIG",
}
PHOTOMETRICS = {
    0: "grey",
    1: "grey",
    2: "RGB",
    3: "palette",
    5: "CMYK",
    6: "YCbCr",
    8: "Lab",
    32803: "raw sensor",
}
"""What TIFF's tag 262 says about the samples."""
FRAMES = (0xC0, 0xC1, 0xC2, 0xC9, 0xCA)
"""Start-of-frame markers of JPEG that are read here: baseline, extended, progressive, arithmetic coding."""
OTHER_FRAMES = (0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF)
UNSUPPORTED = ("unsupported", "not supported", "not implemented", "no codec", "mismatch", "alpha plane")
"""Words of decoders about what they have no code for."""


def check_size(path: Path, width: int, height: int) -> None:
    """PictureError when a picture of that size is not decoded at all."""
    if width * height > MAX_PIXELS:
        reason = f"it has {width} x {height} pixels, more than {MAX_PIXELS // 10**6} million"
        raise PictureError(path, reason, "too-many-pixels", w=width, h=height, n=MAX_PIXELS // 10**6)


def check_compression(path: Path, image: Image.Image) -> None:
    """PictureError when a TIFF is compressed in a way that this build of libtiff cannot undo."""
    name = image.info.get("compression")
    if image.format == "TIFF" and name in OPTIONAL_CODECS and not _has_codec(name):
        raise _unsupported_compression(path, image.tag_v2[259])  # type: ignore[attr-defined]


def of_kind(path: Path, file: BinaryIO, kind: FileKind) -> PictureError:
    """What to say of a file that begins like a `kind`, and that no reader takes."""
    look = {"TIFF": _of_tiff, "JPEG": _of_jpeg, "AVIF": _of_iso, "HEIC": _of_iso}.get(kind)
    try:
        found = look(path, file) if look else None
    except PictureError as error:
        return error
    except Exception:
        found = None
    if found is not None:
        return found
    return PictureError(path, f"the file is damaged; it starts like {kind}", "damaged-start", kind=kind)


def of_decoder(path: Path, error: Exception) -> PictureError:
    """What to say of a file whose header was read and whose decoder then raised `error`."""
    if any(word in str(error).lower() for word in UNSUPPORTED):
        return PictureError(path, "it is a kind of picture that cannot be read here", "unsupported")
    return PictureError(path, "the file is damaged or incomplete", "damaged")


@lru_cache
def _has_codec(name: str) -> bool:
    try:
        Image.new("RGB", (8, 8)).save(BytesIO(), "TIFF", compression=name)
    except (OSError, ValueError, RuntimeError):
        return False
    return True


def _unsupported_compression(path: Path, number: int) -> PictureError:
    name = COMPRESSIONS.get(number, f"TIFF's number {number}")
    reason = f"its compression ({name}) cannot be read here"
    return PictureError(path, reason, "unsupported-compression", name=name)


def _unsupported_samples(path: Path, what: str) -> PictureError:
    reason = f"its way of storing colours ({what}) cannot be read here"
    return PictureError(path, reason, "unsupported-samples", what=what)


def _of_tiff(path: Path, file: BinaryIO) -> PictureError | None:
    tags = _tiff_tags(file)
    if tags is None or not _is_whole(tags, file):
        return None
    check_size(path, tags[256], tags[257])
    compression = tags.get(259, 1)
    if compression not in TiffImagePlugin.COMPRESSION_INFO:
        return _unsupported_compression(path, compression)
    return _unsupported_samples(path, _tiff_samples(tags))


def _tiff_tags(file: BinaryIO) -> Any:
    """The tags of a TIFF's first picture; None when they cannot be read."""
    file.seek(0)
    start = file.read(8)
    if b"\x2b" in start[2:4]:  # BigTIFF
        start += file.read(8)
    tags = TiffImagePlugin.ImageFileDirectory_v2(start)
    file.seek(tags.next)
    tags.load(file)
    return tags if isinstance(tags.get(256), int) and isinstance(tags.get(257), int) else None


def _is_whole(tags: Any, file: BinaryIO) -> bool:
    """Whether all strips, or tiles, that the tags name lie inside the file."""
    offsets, counts = tags.get(273) or tags.get(324), tags.get(279) or tags.get(325)
    if not offsets or not counts or len(offsets) != len(counts):
        return False
    end = file.seek(0, os.SEEK_END)
    return all(at + size <= end for at, size in zip(offsets, counts, strict=True))


def _tiff_samples(tags: Any) -> str:
    """ "CMYK + alpha, 8 bits" """
    colours = PHOTOMETRICS.get(tags.get(262, 0), "unusual colours")
    alpha = " + alpha" if any(extra in (1, 2) for extra in tags.get(338, ())) else ""
    bits = tags.get(258, (1,))
    kind = {2: " with sign", 3: " floating"}.get(max(tags.get(339, (1,))), "")
    return f"{colours}{alpha}, {max(bits)} bits{kind}"


def _of_jpeg(path: Path, file: BinaryIO) -> PictureError | None:
    file.seek(2)
    while True:
        mark = file.read(2)
        if len(mark) < 2 or mark[0] != 0xFF:
            return None
        size = int.from_bytes(file.read(2), "big")
        if mark[1] in FRAMES or mark[1] in OTHER_FRAMES:
            break
        file.seek(size - 2, 1)
    bits, height, width, channels = file.read(1)[0], file.read(2), file.read(2), file.read(1)[0]
    check_size(path, int.from_bytes(width, "big"), int.from_bytes(height, "big"))
    if mark[1] in OTHER_FRAMES or (bits != 8 and bits in range(2, 17)) or channels == 2:
        return _unsupported_samples(path, f"{channels} channels, {bits} bits")
    return None


def _of_iso(path: Path, file: BinaryIO) -> PictureError | None:
    """About AVIF and HEIC, which are boxes in boxes."""
    check_size(path, *_iso_size(file))
    if not _boxes_fit(file) or "truncated" in _avif_says(file):
        return None
    return PictureError(path, "it is a kind of picture that cannot be read here", "unsupported")


def _iso_size(file: BinaryIO) -> tuple[int, int]:
    """The largest width and height of all pictures in the file, by their boxes "ispe" (ISO/IEC 23008-12)."""
    file.seek(0)
    head = file.read(1 << 18)
    sizes = [(0, 0)]
    at = head.find(b"ispe")
    while at >= 0:
        sizes.append(
            (int.from_bytes(head[at + 8 : at + 12], "big"), int.from_bytes(head[at + 12 : at + 16], "big"))
        )
        at = head.find(b"ispe", at + 4)
    return max(sizes, key=lambda size: size[0] * size[1])


def _boxes_fit(file: BinaryIO) -> bool:
    """Whether the outermost boxes fill the file exactly, with a description of the pictures among them."""
    end, at, names = file.seek(0, os.SEEK_END), 0, set()
    while at < end:
        file.seek(at)
        size, name = int.from_bytes(file.read(4), "big"), file.read(4)
        if size == 1:
            size = int.from_bytes(file.read(8), "big")
        elif size == 0:
            size = end - at
        if size < 8:
            return False
        names.add(name)
        at += size
    return at == end and bool(names & {b"meta", b"moov"})


def _avif_says(file: BinaryIO) -> str:
    """What the AVIF decoder says about the file, in small letters."""
    file.seek(0)
    try:
        Image.OPEN["AVIF"][0](file, "")
    except Exception as error:
        return str(error).lower()
    return ""
