"""Names of files: made so that every system takes them, and checked where they come from outside."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_FORBIDDEN = '/\\:*?"<>|'
_RESERVED = re.compile(
    r"(con|prn|aux|nul|clock\$|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])\s*(\..*)?\Z", re.IGNORECASE
)


def safe_name(text: str, *, fallback: str = "unnamed", limit: int = 100) -> str:
    """`text` as a file name (without folder) that every system accepts: never empty, reserved or hidden.

    limit: longest result, in characters and, as UTF-8, in twice as many bytes. A suffix of up to 10
    characters survives the cut.
    """
    text = "".join(
        "-" if c in _FORBIDDEN else c for c in unicodedata.normalize("NFC", text) if _is_visible(c)
    )
    text = " ".join(text.split()).lstrip(". ").rstrip(". ")
    stem, suffix = _split_suffix(text)
    while stem and (len(stem + suffix) > limit or len((stem + suffix).encode()) > 2 * limit):
        stem = stem[:-1]
    text = (stem.rstrip(". ") + suffix) if stem else fallback
    if _RESERVED.match(text):
        text = "_" + text
    return text


def check_name(name: str) -> None:
    """Raises ValueError unless `name` is a plain relative path, with `/`, that every system accepts."""
    parts = name.split("/")
    if not name or len(name) > 300 or re.search(r"[\\:\x00-\x1f]", name) or name.startswith("/"):
        raise ValueError(f"it holds a file with the name {name!r:.80}")
    for part in parts:
        if part in ("", ".", "..") or safe_name(part, limit=200) != part:
            raise ValueError(f"it holds a file with the name {name!r:.80}")


def check_unique(names: Iterable[str]) -> None:
    """Raises ValueError when two names are the same file on a system that ignores case or composition."""
    seen: set[str] = set()
    for name in names:
        folded = unicodedata.normalize("NFC", name).casefold()
        if folded in seen:
            raise ValueError(f"it holds {name!r:.80} twice")
        seen.add(folded)


def _is_visible(c: str) -> bool:
    """False for control, format (bidirectional marks among them), surrogate and unassigned characters."""
    return c.isspace() or unicodedata.category(c)[0] != "C"


def _split_suffix(name: str) -> tuple[str, str]:
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if stem and len(suffix) <= 10 else (name, "")
