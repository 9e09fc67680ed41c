from __future__ import annotations

from datetime import datetime

import pytest

from studio.library.index import Query, Sort
from studio.library.pictures import Board
from studio.library.query import parse


def micro(*day: int) -> int:
    return int(datetime(*day).astimezone().timestamp() * 1e6)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", Query()),
        ("  anna   beach ", Query(text="anna beach")),
        ("tag:beach anna", Query(text="anna", tag="beach")),
        ('tag:"two words"', Query(tag="two words")),
        ('"style:Anna B" x', Query(text="x", style="Anna B")),
        ("Rating:4 label:RED", Query(rating=4, label="red")),
        ("rating:>=9", Query(rating=5)),
        ("score:80%", Query(score=0.8)),
        ("score:0.5", Query(score=0.5)),
        ("look:0.8", Query(score=0.8)),
        ("likeness:0.6 look:>=70%", Query(score=0.7, likeness=0.6)),
        ("board:summer", Query(board="b7")),
        ("date:2026", Query(since=micro(2026, 1, 1), until=micro(2027, 1, 1))),
        ("date:2026-12", Query(since=micro(2026, 12, 1), until=micro(2027, 1, 1))),
        ("since:2026-02-28", Query(since=micro(2026, 2, 28))),
        ("until:2026-02-28", Query(until=micro(2026, 3, 1))),
        ("rating:many", Query(text="rating:many")),
        ("board:none", Query(text="board:none")),
        ("date:2026-99", Query(text="date:2026-99")),
        ("label:pink", Query(text="label:pink")),
        ("what:ever", Query(text="what:ever")),
    ],
)
def test_what_people_type(text: str, query: Query) -> None:
    assert parse(text, boards=[Board("b7", "Summer")]) == query


def test_it_narrows_what_is_shown() -> None:
    base = Query(board="b1", sort=Sort.SCORE)
    assert parse("rating:3", base) == Query(board="b1", rating=3, sort=Sort.SCORE)
