"""The kinds of file that can hold a C2PA manifest, and the settings for making and reading them."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image

MIME = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
    "GIF": "image/gif",
    "MP4": "video/mp4",
    "AVIF": "image/avif",
    "HEIF": "image/heif",
}
"""What C2PA calls the kinds of file that can be signed or read."""
SETTINGS = {
    "builder": {"thumbnail": {"enabled": False}},
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
}
"""No thumbnails, which would be large; and nothing is ever fetched."""


@lru_cache(maxsize=1)
def context() -> Any:
    """The settings under which everything is signed and read."""
    import c2pa

    return c2pa.Context(c2pa.Settings.from_dict(SETTINGS))


def kind_of(path: Path) -> str | None:
    """The kind of a file as MIME has it, by its content; None for others."""
    with suppress(OSError), path.open("rb") as file:
        if file.read(12)[4:8] == b"ftyp" and path.suffix.lower() == ".mp4":
            return "MP4"
    with suppress(Exception), Image.open(path) as image:
        return image.format if image.format in MIME else None
    return None
