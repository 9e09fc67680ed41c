"""Whatever depth and order a picture's samples have, as 8 bits in one of Pillow's ordinary modes.

Pillow reads greys of 16 bits and of more as they are, and of colours in 16 bits the higher byte. What the
numbers mean is written elsewhere in the file: how many of the bits are used, whether 0 is white, which value
is transparent.
"""

from __future__ import annotations

import sys
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin, TiffImagePlugin

from engine import native_output

Values = NDArray[Any]

BITS, PHOTOMETRIC, HIGHEST, EXTRA, SAMPLE_FORMAT = 258, 262, 281, 338, 339
"""TIFF's tags."""
MIN_IS_WHITE, SIGNED, FLOAT = 0, 2, 3
DEPTHS = (8, 10, 12)
"""Bits that scanners, cameras and microscopes use of 16, without saying so."""
GREY_ALPHA_16 = (16, 16)
SWAPPED = {"I;16BS": "I;16S", "I;32BS": "I;32S", "F;32BF": "F;32F"}
"""Unpackers for numbers with their highest byte first, and for the same with it last."""

# Layouts of TIFF that Pillow's own unpackers can take, and that its table lacks: (byte order, photometric,
# sample format, fill order, bits, extra samples) -> (mode, unpacker). Two samples of 16 bits are four bytes.
for _order in (TiffImagePlugin.II, TiffImagePlugin.MM):
    for _white in (0, 1):
        TiffImagePlugin.OPEN_INFO.setdefault((_order, _white, (1,), 1, (12,), ()), ("I;16", "I;12"))
        for _extra in (0, 2):
            key = (_order, _white, (1,), 1, GREY_ALPHA_16, (_extra,))
            TiffImagePlugin.OPEN_INFO.setdefault(key, ("RGBA", "RGBA"))
    TiffImagePlugin.OPEN_INFO.setdefault((_order, 0, (1,), 1, (8, 8), (2,)), ("LA", "LA"))
TiffImagePlugin.OPEN_INFO.setdefault((TiffImagePlugin.MM, 0, (1,), 1, (16,), ()), ("I;16B", "I;16B"))


def load(image: Image.Image) -> Image.Image:
    """The opened picture with its pixels, 8 bits, 0 black; transparency as alpha, or in `info` as before."""
    deep = _unpacker(image) in ("RGB;16B", "RGB;16L", "RGB;16N")
    shift = {"L;2": 85, "L;4": 17}.get(_unpacker(image), 1)
    file = image.fp  # type: ignore[attr-defined]
    _decode(image)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return _from_tiff(image, file, deep)
    if deep and "transparency" in image.info:
        return _keyed(image, file)
    if image.mode == "L" and isinstance(image.info.get("transparency"), int):
        image.info["transparency"] *= (
            shift  # Pillow spreads such greys over 8 bits, but not the transparent one
        )
    return _scaled(image, 65535) if image.mode.startswith(("I", "F")) else image


def _decode(image: Image.Image) -> None:
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        image.tile = [_in_native_order(tile) for tile in image.tile]
        with native_output.caught():
            image.load()
    else:
        image.load()


def _in_native_order(tile: Any) -> Any:
    """libtiff gives the bytes in this machine's order, which Pillow knows of some layouts only."""
    unpacker = (
        SWAPPED.get(tile.args[0]) if tile.codec_name == "libtiff" and sys.byteorder == "little" else None
    )
    return tile._replace(args=(unpacker, *tile.args[1:])) if unpacker else tile


def _unpacker(image: Image.Image) -> str:
    """Pillow's name of the way in which samples lie in the file."""
    tiles = getattr(image, "tile", None)
    args = tiles[0].args if tiles else ""
    return args if isinstance(args, str) else str(args[0]) if args else ""


def _from_tiff(image: TiffImagePlugin.TiffImageFile, file: BinaryIO, deep: bool) -> Image.Image:
    tags = image.tag_v2
    white = tags.get(PHOTOMETRIC, MIN_IS_WHITE) == MIN_IS_WHITE
    if tags.get(BITS) == GREY_ALPHA_16 and image.mode == "RGBA":
        return _grey_alpha(image, white)
    if image.mode == "LA" and white:
        return _with_alpha(image, 255 - np.asarray(image)[:, :, 0], np.asarray(image)[:, :, 1])
    if image.mode.startswith(("I", "F")):
        return _scaled(image, _full_scale(image, np.asarray(image)), white=white)
    if deep and image.mode == "RGB":
        return _brightened(image, file)
    return image


def _full_scale(image: TiffImagePlugin.TiffImageFile, values: Values) -> float:
    """The whole number that stands for white, or for black where the least is white."""
    tags, bits = image.tag_v2, int(image.tag_v2.get(BITS, (16,))[0])
    if image.mode == "F" or bits > 16:
        return 65535.0
    highest = int(values.max(initial=0))
    if tags.get(SAMPLE_FORMAT, (1,))[0] == SIGNED:
        return float(2 ** (bits - 1) - 1)
    return float(2 ** _depth(highest, bits, tags.get(HIGHEST)) - 1)


def _depth(highest: int, bits: int, declared: Any) -> int:
    """How many of `bits` are in use. declared: the highest value that the file speaks of, if it does."""
    declared = max(declared, default=0) if isinstance(declared, tuple) else declared
    if isinstance(declared, int) and highest <= declared < 2**bits and declared > 1:
        return declared.bit_length()
    if bits < 16:
        return bits
    used = next((depth for depth in DEPTHS if highest < 2**depth), bits)
    return (
        14 if 3 << 12 <= highest < 1 << 14 else used
    )  # a dark picture in 16 bits may stay below, but not so closely


def _scaled(image: Image.Image, full: float, *, white: bool = False) -> Image.Image:
    """Greys of 16 or 32 bits or floating, in 8. full: what stands for the other end, unless there is more."""
    values = np.asarray(image)
    highest = float(np.nanmax(values, initial=0.0))
    if image.mode == "F":
        full = next((top for top in (1.0, 255.0, 65535.0) if highest <= top), highest)
    full = max(full, highest)
    scaled = np.empty(values.shape, np.uint8)
    for row in range(0, len(values), 256):  # by rows: a large picture as floats would not fit
        block = np.nan_to_num(values[row : row + 256].astype(np.float32)) * np.float32(255 / full)
        scaled[row : row + 256] = np.rint(np.clip(block, 0, 255))
    key = image.info.get("transparency")
    alpha = np.where(values == key, 0, 255).astype(np.uint8) if isinstance(key, int) else None
    return _with_alpha(image, 255 - scaled if white else scaled, alpha)


def _with_alpha(image: Image.Image, colours: Values, alpha: Values | None) -> Image.Image:
    """The samples as a picture with what was said about `image`; colours: [H, W] or [H, W, 3]."""
    made = Image.fromarray(np.ascontiguousarray(colours))
    if alpha is not None:
        made.putalpha(Image.fromarray(np.ascontiguousarray(alpha)))
    made.info = {key: value for key, value in image.info.items() if key != "transparency"}
    return made


def _grey_alpha(image: TiffImagePlugin.TiffImageFile, white: bool) -> Image.Image:
    """Grey and alpha of 16 bits, read as four bytes: of each the higher one counts."""
    little = image.tag_v2.prefix == TiffImagePlugin.II or image.info.get("compression") != "raw"
    pixels = np.asarray(image)[:, :, 1::2] if little else np.asarray(image)[:, :, 0::2]
    opaque = 2 not in image.tag_v2.get(EXTRA, ())
    grey = 255 - pixels[:, :, 0] if white else pixels[:, :, 0]
    return _with_alpha(image, grey, None if opaque else pixels[:, :, 1])


def _keyed(image: Image.Image, file: BinaryIO) -> Image.Image:
    """Colours of 16 bits of which one is transparent: that one alone, not all that look like it in 8 bits."""
    values = _deep(image, file)
    key = np.array(image.info["transparency"], np.uint16)
    alpha = np.where((values == key).all(axis=2), 0, 255).astype(np.uint8)
    return _with_alpha(image, np.asarray(image), alpha)


def _brightened(image: TiffImagePlugin.TiffImageFile, file: BinaryIO) -> Image.Image:
    """Colours in 16 bits of which only some are in use, spread over 8; others as they are."""
    highest = max(high for _, high in image.getextrema()) * 256 + 255  # type: ignore[misc]
    depth = _depth(highest, 16, image.tag_v2.get(HIGHEST))
    if depth >= 16:
        return image
    return _with_alpha(image, (_deep(image, file) >> (depth - 8)).clip(0, 255).astype(np.uint8), None)


def _deep(image: Image.Image, file: BinaryIO) -> NDArray[np.uint16]:
    """All 16 bits of colours of which Pillow has read the higher byte: it is asked again for the lower."""
    file.seek(0)
    plugin = PngImagePlugin.PngImageFile if image.format == "PNG" else TiffImagePlugin.TiffImageFile
    lower = plugin(file)
    lower.tile = [tile._replace(args=_other_byte(tile.args)) for tile in lower.tile]
    _decode(lower)
    return np.asarray(image).astype(np.uint16) << 8 | np.asarray(lower)


def _other_byte(args: Any) -> Any:
    swapped = {
        "RGB;16B": "RGB;16L",
        "RGB;16L": "RGB;16B",
        "RGB;16N": "RGB;16B",
    }  # N: as on this machine, little
    if isinstance(args, str):
        return swapped[args]
    return (swapped[args[0]], *args[1:])
