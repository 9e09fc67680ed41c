"""Questions to the index, as SQL."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any

from studio.library.rows import Query
from studio.library.tables import spaced


def sets_of(query: Query) -> list[tuple[str, list[Any]]]:
    """For every kind of condition, the SQL of the set of keys that meets it, and its values."""
    sets: list[tuple[str, list[Any]]] = []
    if match := match_of(query.text):
        sets.append(("SELECT rowid AS k FROM words WHERE words MATCH ?", [match]))
    if query.tag:
        sets.append(("SELECT key AS k FROM tags WHERE word = ?", [query.tag]))
    if query.board:
        sets.append(("SELECT key AS k FROM boards WHERE word = ?", [query.board]))
    facts = _facts(query)
    if facts:
        where = " AND ".join(condition for condition, _ in facts)
        sets.append((f"SELECT key AS k FROM pictures WHERE {where}", [value for _, value in facts]))
    return sets


def _facts(query: Query) -> list[tuple[str, Any]]:
    conditions = [
        ("rating >= ?", query.rating, query.rating > 0),
        ("label = ?", query.label, query.label is not None),
        ("style = ?", query.style, bool(query.style)),
        ("score >= ?", query.score, query.score > 0),
        ("likeness >= ?", query.likeness, query.likeness > 0),
        ("key >= ?", query.since, query.since > 0),
        ("key < ?", query.until, query.until > 0),
    ]
    return [(sql, value) for sql, value, wanted in conditions if wanted]


@lru_cache(maxsize=64)
def match_of(text: str) -> str:
    """An FTS5 expression: every word of `text` must begin some word (or run of CJK characters)."""
    words = unicodedata.normalize("NFKC", text).replace('"', " ").split()
    phrases = [spaced(word).strip() for word in words]
    return " ".join(f'"{phrase}"*' for phrase in phrases if any(c.isalnum() for c in phrase))
