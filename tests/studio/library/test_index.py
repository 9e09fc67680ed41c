from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from studio.library import tables
from studio.library.index import Index, IndexDamaged, PictureRow, Query, Sort

DAY = 86_400_000_000
TABLES_1 = """
CREATE TABLE pictures (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, sort_name TEXT NOT NULL,
    rating INTEGER NOT NULL, label TEXT NOT NULL, tags TEXT NOT NULL, note TEXT NOT NULL,
    boards TEXT NOT NULL, score REAL NOT NULL, style TEXT NOT NULL, model TEXT NOT NULL, seed INTEGER,
    recipe TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, stamp TEXT NOT NULL
);
CREATE INDEX by_created ON pictures (key, rating, label, style, score);
CREATE INDEX by_name ON pictures (sort_name, key);
CREATE INDEX by_rating ON pictures (rating, key, label, style, score);
CREATE INDEX by_score ON pictures (score, key, rating, label, style);
CREATE INDEX by_style ON pictures (style, key, rating, label, score);
CREATE TABLE tags (word TEXT NOT NULL, key INTEGER NOT NULL, PRIMARY KEY (word, key)) WITHOUT ROWID;
CREATE TABLE boards (word TEXT NOT NULL, key INTEGER NOT NULL, PRIMARY KEY (word, key)) WITHOUT ROWID;
CREATE TABLE damaged (id TEXT PRIMARY KEY, stamp TEXT NOT NULL, reason TEXT NOT NULL);
CREATE VIRTUAL TABLE words USING fts5 (
    name, tags, style, note, date, seed, prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 2'
);
"""
"""How an index was made before likeness was told apart from look."""
START = 1_790_000_000_000_000


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    index = Index(tmp_path / "cache" / "index.sqlite3")
    index.reset()
    yield index
    index.close()


def row(n: int, name: str = "", **fields: object) -> PictureRow:
    return replace(PictureRow(f"a/{n}.png", START + n, name or f"picture {n}"), **fields)  # type: ignore[arg-type]


def names(index: Index, **query: object) -> list[str]:
    found = Query(**query)  # type: ignore[arg-type]
    listed = [row.name for row in index.rows(index.keys(found))]
    assert index.count(found) == len(listed)
    return listed


def test_rows_come_back_as_they_were(index: Index) -> None:
    rows = [
        row(1, tags=("beach", "two words"), boards=("b1", "b2"), note="quiet", label="red", rating=4),
        row(2, score=0.25, likeness=0.125, style="Anna", model="m", seed=2**63 - 1, recipe="d", width=64),
    ]
    assert index.put(rows) == rows
    assert index.rows([START + 2, START + 1, 5]) == rows[::-1]
    assert index.find(["a/2.png", "x", "a/1.png"]) == rows[::-1]


@pytest.mark.parametrize("apart", [1, 2, 40])
def test_the_ids_of_many_keys(index: Index, monkeypatch: pytest.MonkeyPatch, apart: int) -> None:
    monkeypatch.setattr("studio.library.index.FEW", 3)
    monkeypatch.setattr("studio.library.index.STRETCH", 8)
    index.put([row(n) for n in range(100)])
    wanted = [START + n for n in range(0, 120, apart)]
    random.Random(1).shuffle(wanted)
    assert index.ids(wanted) == {START + n: f"a/{n}.png" for n in range(0, 100, apart)}
    assert index.ids([]) == {}
    assert index.ids([START - 1]) == {}


def test_a_row_replaces_the_one_before(index: Index) -> None:
    index.put([row(1, "old", tags=("x",), boards=("b",))])
    index.put([row(1, "new")])
    assert names(index) == ["new"]
    assert names(index, text="old") == []
    assert names(index, tag="x") == []
    assert names(index, board="b") == []


def test_a_key_in_use_is_moved_on(index: Index) -> None:
    first, second = index.put([row(1), replace(row(1), id="b/1.png")])
    assert second.key == first.key + 1
    assert len(index.keys()) == 2


def test_removed_rows_are_gone(index: Index) -> None:
    index.put([row(1, "anna", tags=("x",)), row(2, "anna")])
    index.remove(["a/1.png", "unknown"])
    assert names(index, text="anna") == ["anna"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("anna", {1, 2}),
        ("ANN", {1, 2}),
        ("anna beach", {1}),
        ("beach anna", {1}),
        ("nna", set()),
        ("bea", {1, 3}),
        ("ruhig", {3}),
        ("é", {4}),
        ("eclair", {4}),
        ("48", {1}),
        ("张", {5}),
        ("三", {5}),
        ("张三", {5}),
        ("三张", set()),
        ("海滩", {5}),
        ("2026-09", {1, 2, 3, 4, 5}),
        ('"', {1, 2, 3, 4, 5}),
        ('an"na', set()),
        ("anna OR bella", set()),
        ("anna* -beach (", {1}),
        ("name:anna", set()),
        ("10.5", {4}),
    ],
)
def test_searching_words(index: Index, text: str, found: set[int]) -> None:
    index.put(
        [
            row(1, "Anna 1", tags=("beach",), seed=4821),
            row(2, "Anna 2"),
            row(3, "Bella", note="am beach, ruhig"),
            row(4, "Éclair 10.5"),
            row(5, "张三在海滩"),
        ]
    )
    assert {r.key - START for r in index.rows(index.keys(Query(text=text)))} == found


def test_filters_and_orders_agree_with_plain_python(index: Index) -> None:
    rng = random.Random(3)
    rows = [
        row(
            n,
            f"{rng.choice('abc')}{rng.randrange(30)}",
            rating=rng.randrange(6),
            label=rng.choice(["", "red"]),
            tags=tuple(rng.sample(["t", "u"], rng.randrange(3))),
            boards=("b",) if rng.random() < 0.3 else (),
            score=None if rng.random() < 0.2 else round(rng.random(), 2),
            likeness=None if rng.random() < 0.5 else round(rng.random(), 2),
            style=rng.choice(["", "Anna", "Bella"]),
        )
        for n in range(300)
    ]
    index.put(rows)
    for _ in range(60):
        query = Query(
            text=rng.choice(["", "a", "b1"]),
            rating=rng.choice([0, 0, 3]),
            label=rng.choice([None, None, "", "red"]),
            tag=rng.choice(["", "t"]),
            style=rng.choice(["", "Anna"]),
            board=rng.choice(["", "b"]),
            score=rng.choice([0.0, 0.5]),
            likeness=rng.choice([0.0, 0.4]),
            since=rng.choice([0, START + 50]),
            until=rng.choice([0, START + 250]),
            sort=rng.choice(list(Sort)),
            descending=rng.random() < 0.5,
        )
        wanted = [r.key for r in plainly(rows, query)]
        assert index.keys(query).tolist() == wanted, query


def plainly(rows: list[PictureRow], query: Query) -> list[PictureRow]:
    def matches(r: PictureRow) -> bool:
        words = [r.name, *r.tags, *r.style.split()]
        return (
            (not query.text or any(word.lower().startswith(query.text) for word in words))
            and r.rating >= query.rating
            and query.label in (None, r.label)
            and query.tag in ("", *r.tags)
            and query.style in ("", r.style)
            and query.board in ("", *r.boards)
            and (not query.score or (r.score is not None and r.score >= query.score))
            and (not query.likeness or (r.likeness is not None and r.likeness >= query.likeness))
            and r.key >= query.since
            and (not query.until or r.key < query.until)
        )

    def order(r: PictureRow) -> tuple[object, int]:
        by = {
            Sort.CREATED: 0,
            Sort.NAME: (r.name[0], int(r.name[1:])),
            Sort.RATING: r.rating,
            Sort.SCORE: -1 if r.score is None else r.score,
            Sort.LIKENESS: -1 if r.likeness is None else r.likeness,
        }
        return by[query.sort], r.key

    return sorted(filter(matches, rows), key=order, reverse=query.descending)  # type: ignore[arg-type]


def test_styles_are_counted(index: Index) -> None:
    index.put([row(1, tags=("a", "b"), style="S"), row(2, tags=("b",), style="S"), row(3)])
    assert index.styles() == [("S", 2)]


def test_every_thread_may_ask_while_one_writes(index: Index) -> None:
    errors: list[Exception] = []

    def ask() -> None:
        try:
            for _ in range(50):
                keys = index.keys(Query(text="picture"))
                assert len(index.rows(keys)) == len(keys)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(100):
        index.put([row(n)])
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(index.keys()) == 100


def test_an_order_is_not_remembered_past_a_change_elsewhere(index: Index) -> None:
    index.put([row(1)])
    assert len(index.keys()) == 1
    other = Index(index.path)
    other.put([row(2)])
    other.close()
    assert len(index.keys()) == 2


def test_a_sound_index_says_so(index: Index) -> None:
    assert index.is_sound()
    assert index.is_present()
    assert not Index(index.path.with_name("missing")).is_sound()


@pytest.mark.parametrize("damage", ["empty", "text", "old", "torn"])
def test_a_damaged_index_says_so(index: Index, damage: str) -> None:
    index.put([row(n) for n in range(200)])
    index.close()
    if damage == "empty":
        index.path.write_bytes(b"")
    elif damage == "text":
        index.path.write_text("this is no database at all, just text" * 100)
    elif damage == "torn":
        content = bytearray(index.path.read_bytes())
        content[len(content) // 2 :] = b"\xaa" * (len(content) - len(content) // 2)
        index.path.write_bytes(content)
    else:
        connection = sqlite3.connect(index.path)
        connection.execute("PRAGMA user_version = 99")
        connection.close()
    assert not index.is_sound()
    if damage in ("text", "old", "empty"):
        with pytest.raises(IndexDamaged):
            index.keys()
    index.reset()
    assert index.is_sound()
    assert len(index.keys()) == 0


def old_index(path: Path) -> Index:
    """An index of version 1 with two pictures."""
    path.parent.mkdir(parents=True)
    values = [
        (START + n, f"a/{n}.png", f"n{n}", f"n{n}", 0, "", "", "", "", n / 2, "Anna", "m", n, "", 8, 8, "s")
        for n in (1, 2)
    ]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(f"BEGIN;{TABLES_1} PRAGMA user_version = 1; COMMIT;")
        connection.executemany(f"INSERT INTO pictures VALUES ({','.join('?' * 17)})", values)
    return Index(path)


def test_an_index_from_before_likeness_goes_on(tmp_path: Path) -> None:
    index = old_index(tmp_path / "cache" / "index.sqlite3")
    assert index.is_present()
    assert [(one.score, one.likeness, one.seed) for one in index.rows(index.keys())] == [
        (1.0, None, 2),
        (0.5, None, 1),
    ]
    index.put([row(3, "n3", likeness=0.75)])
    assert names(index, likeness=0.5) == ["n3"]
    assert names(index, sort=Sort.LIKENESS) == ["n3", "n2", "n1"]
    index.close()
    assert Index(index.path).is_sound()


def test_an_upgrade_that_fails_leaves_the_index_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = old_index(tmp_path / "cache" / "index.sqlite3")
    upgrade = f"{tables.UPGRADES[1]}; CREATE INDEX by_likeness ON nothing (key)"
    with monkeypatch.context() as broken:
        broken.setitem(tables.UPGRADES, 1, upgrade)
        assert not index.is_present(), "it would be built anew"
    assert index.is_present() and len(index.keys()) == 2
    index.close()
