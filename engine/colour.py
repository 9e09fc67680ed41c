"""Any mode and colour space to sRGB.

What a file says about its colours is believed in the order of PNG's specification: cICP, then a profile,
then sRGB, then gAMA with cHRM. Files that say nothing are sRGB.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from engine.colour_space import SRGB, ColourSpace, is_plausible, of_code_points, of_gamma

MATTE = 255
"""What transparent parts are laid on: white, as paper and web pages are."""
GAMMAS = (0.05, 20.0)
"""Beyond, it is not a gamma but an accident."""


def in_srgb(image: Image.Image) -> Image.Image:
    """Any mode of 8 bits to RGB: colours by what `image.info` says about them, transparent parts on white."""
    info = image.info
    if image.mode in ("P", "PA", "1", "La", "RGBa") or "transparency" in info:
        image = image.convert("RGBA" if has_alpha(image) else "RGB")
    if image.mode not in ("RGBA", "LA"):
        return _opaque(image, info)
    matte = Image.new("RGB", image.size, (MATTE,) * 3)
    matte.paste(_opaque(image.convert(image.mode[:-1]), info), mask=image.getchannel("A"))
    return matte


def has_alpha(image: Image.Image) -> bool:
    """Whether parts of the picture may be transparent."""
    return "A" in image.mode or "a" in image.mode or "transparency" in image.info


@lru_cache(maxsize=1)
def srgb_profile() -> bytes:
    """The sRGB profile that saved pictures carry: always the same bytes."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data[24:36] = bytes((7, 208, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0))  # made on 2000-01-01, not just now
    return bytes(data)


def _opaque(image: Image.Image, info: dict[Any, Any]) -> Image.Image:
    """To RGB without alpha, by what is said about its colours if that is readable and fits."""
    if space := _by_code_points(info.get("cicp")):
        return _from_space(image, space)
    profile = info.get("icc_profile")
    if profile and profile != srgb_profile() and image.mode in ("L", "RGB", "CMYK", "LAB"):
        try:
            return _through_profile(image, ImageCms.ImageCmsProfile(BytesIO(profile)))
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass
    if image.mode == "LAB":
        return _through_profile(image, ImageCms.createProfile("LAB"))
    if not profile and "srgb" not in info and (space := _by_gamma(info)):
        return _from_space(image, space)
    return image.convert("RGB")


def _by_code_points(chunk: bytes | None) -> ColourSpace | None:
    """What a PNG's chunk cICP means; None when it is missing, or not about RGB."""
    if chunk is None or len(chunk) != 4 or chunk[2] != 0 or chunk[3] > 1:
        return None
    return of_code_points(chunk[0], chunk[1], narrow=chunk[3] == 0)


def _by_gamma(info: dict[Any, Any]) -> ColourSpace | None:
    """What a PNG's chunks gAMA and cHRM mean; None when that is sRGB, or nothing."""
    gamma, points = info.get("gamma"), info.get("chromaticity")
    if not isinstance(gamma, float) or not GAMMAS[0] <= gamma <= GAMMAS[1]:
        return None
    primaries = points if points and is_plausible(points) else SRGB
    return of_gamma(gamma, primaries)


def _from_space(image: Image.Image, space: ColourSpace) -> Image.Image:
    return Image.fromarray(space.to_srgb(np.asarray(image.convert("RGB"))))


def _through_profile(image: Image.Image, profile: Any) -> Image.Image:
    target = ImageCms.ImageCmsProfile(BytesIO(srgb_profile()))
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
    converted = ImageCms.profileToProfile(image, profile, target, intent, outputMode="RGB", flags=flags)
    assert converted is not None
    return converted
