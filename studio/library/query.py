"""What people type into the gallery's search box, as a query.

anna beach                words that begin some word of name, tags, style, note, date or seed
tag:beach style:anna      exactly this tag, this style; "tag:two words" in quotes
rating:4  label:red       at least four stars; this colour
look:0.8 likeness:0.6     such a match with look and person at least (also 80 or 80%); score: is look:
since:2026-11 until:2026-11-24   made in that time, both ends included; date:2026-11 means both
board:name
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from studio.library.index import Query
from studio.library.pictures import Board
from studio.library.rows import EVERYTHING
from studio.library.sidecar import LABELS

KEYS = "tag|style|board|label|rating|score|look|likeness|since|until|date"
TERM = re.compile(
    rf'"(?P<key>{KEYS}):(?P<quoted>[^"]*)"|(?P<key2>{KEYS}):(?:"(?P<value2>[^"]*)"|(?P<value3>\S+))',
    re.IGNORECASE,
)


def parse(text: str, base: Query = EVERYTHING, boards: Sequence[Board] = ()) -> Query:
    """`base` narrowed down by what was typed. Terms that make no sense are searched for as words."""
    query = base

    def take(match: re.Match[str]) -> str:
        nonlocal query
        key = (match["key"] or match["key2"]).lower()
        value = next(one for one in (match["quoted"], match["value2"], match["value3"]) if one is not None)
        narrowed = _narrowed(query, key, value.strip(), boards)
        if narrowed is None:
            return match[0]
        query = narrowed
        return " "

    words = TERM.sub(take, text)
    return replace(query, text=" ".join(words.split()))


def spelled(query: Query) -> str:
    """What to type for a query: `parse` makes the same of it, but for rating, label, board and order."""
    terms = [
        f"tag:{_quoted(query.tag)}" if query.tag else "",
        f"style:{_quoted(query.style)}" if query.style else "",
        f"look:{query.score:.0%}" if query.score else "",
        f"likeness:{query.likeness:.0%}" if query.likeness else "",
        f"since:{_day(query.since)}" if query.since else "",
        f"until:{_day(query.until - 1)}" if query.until else "",
        query.text,
    ]
    return " ".join(term for term in terms if term)


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value


def _day(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6).date().isoformat()


def _narrowed(query: Query, key: str, value: str, boards: Sequence[Board]) -> Query | None:
    try:
        match key:
            case "tag":
                return replace(query, tag=value)
            case "style":
                return replace(query, style=value)
            case "board":
                same = (board.id for board in boards if board.name.casefold() == value.casefold())
                return replace(query, board=next(same))
            case "label":
                return replace(query, label=value.lower()) if value.lower() in LABELS[1:] else None
            case "rating":
                return replace(query, rating=max(0, min(5, int(value.lstrip(">=")))))
            case "likeness":
                return replace(query, likeness=_fraction(value.lstrip(">=")))
            case "score" | "look":
                return replace(query, score=_fraction(value.lstrip(">=")))
            case "since":
                return replace(query, since=_span(value)[0])
            case "until":
                return replace(query, until=_span(value)[1])
            case _:
                since, until = _span(value)
                return replace(query, since=since, until=until)
    except (ValueError, StopIteration):
        return None


def _fraction(text: str) -> float:
    number = float(text.rstrip("%"))
    return number / 100 if text.endswith("%") or number > 1 else number


def _span(text: str) -> tuple[int, int]:
    """First microsecond of a year, month or day (local time), and the one after its last. ValueError."""
    parts = [int(part) for part in text.split("-")]
    first = date(*(parts + [1, 1])[:3])
    if len(parts) == 1:
        after = date(first.year + 1, 1, 1)
    elif len(parts) == 2:
        after = (first + timedelta(days=31)).replace(day=1)
    else:
        after = first + timedelta(days=1)
    return _microseconds(first), _microseconds(after)


def _microseconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day).astimezone().timestamp() * 1_000_000)
