"""Strict JSON for files that come from outside: capped, finite, without duplicate keys."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.formats.regular import read_regular

LIMIT = 64_000_000
"""Largest file that is read when nobody says otherwise, in bytes."""
MOST_DIGITS = 300
"""Of a whole number: so that it also fits a float."""
HALF_LETTER = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
"""What half of a letter may look like: JSON can spell them, and nothing can write them down again."""


def parse(text: str | bytes, limit: int) -> Any:
    """The value in `text`; ValueError with a short reason when it is not acceptable JSON.

    limit: largest accepted size in characters (bytes for bytes).
    """
    if len(text) > limit:
        raise ValueError(f"it is larger than {limit} bytes")
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_number,
        )
        if HALF_LETTER.search(text) and not all(map(is_text, _texts(value))):
            raise ValueError("it holds half a letter (a lone surrogate)")
        return value
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def read_object(path: Path, limit: int = LIMIT) -> dict[str, Any] | None:
    """The JSON object in the file; None when there is no file. ValueError with a short reason, OSError."""
    try:
        content = read_regular(path, limit + 1)
    except FileNotFoundError:
        return None
    value = parse(content, limit)
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")
    return value


def canonical(value: Any) -> str:
    """Compact JSON with sorted keys; the same value always gives the same text. ValueError on NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def is_text(text: str) -> bool:
    """Whether it can be written down: half a letter (a lone surrogate) cannot."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("it names a key twice")
    return found


def _texts(value: Any) -> Iterator[str]:
    """All texts in a value, the names of keys among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _integer(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError("it holds an absurdly large number")
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("it holds an absurdly large number")
    return number


def _refuse_constant(name: str) -> float:
    raise ValueError(f"it holds {name}, which is not a number")
