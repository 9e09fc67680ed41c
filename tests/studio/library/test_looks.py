"""Comparing kept pictures with any style."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from studio.library.index import Index, PictureRow, Query, Sort
from studio.library.looks import LookFile, Matches, PictureLook, Vector, Wanted, asks_to_compare, fresh
from tests.studio.library.made import style

RED, BLUE = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
BOTH: Vector = (RED + BLUE) / np.float32(np.sqrt(2))
LOOKS = {"a": PictureLook("", RED, BLUE), "b": PictureLook("", BLUE, RED), "c": PictureLook("", BOTH, BOTH)}
KEYS = {"a": 1, "b": 2, "c": 3, "d": 4}


@pytest.fixture
def index(tmp_path: Path) -> Index:
    index = Index(tmp_path / "index.sqlite3")
    index.reset()
    index.put(PictureRow(one, key, one, score=0.5, likeness=key / 10) for one, key in KEYS.items())
    return index


def test_looks_are_kept_for_each_model(tmp_path: Path) -> None:
    file = LookFile(tmp_path / "cache" / "looks.sqlite3")
    assert file.load("m") == {}
    file.add("m", [("a", PictureLook("1-2", RED)), ("none", PictureLook("3-4", np.empty(0, np.float32)))])
    file.add("n", [("a", PictureLook("1-2", BLUE))])
    found = LookFile(file.path).load("m")
    assert np.array_equal(found["a"].vector, RED) and len(found["none"].vector) == 0
    assert (found["a"].file, found["none"].file) == ("1-2", "3-4")
    assert np.array_equal(file.load("n")["a"].vector, BLUE)


def test_what_was_seen_in_another_file_does_not_count(tmp_path: Path) -> None:
    file = LookFile(tmp_path / "looks.sqlite3")
    file.add(
        "m",
        [("a", PictureLook("1-2", RED)), ("b", PictureLook("1-2", BLUE)), ("c", PictureLook("1-2", BLUE))],
    )
    now = {"a": "1-2", "b": "9-2"}
    assert list(fresh(file.load("m"), now)) == ["a"], "one was changed, one is gone"
    file.add("m", [("b", PictureLook("9-2", RED))])
    assert np.array_equal(fresh(file.load("m"), now)["b"].vector, RED)


def test_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    file = LookFile(tmp_path / "looks.sqlite3")
    file.path.write_bytes(b"no database, but long enough to be read as one" * 40)
    assert file.load("m") == {}
    assert file.prune({"m"}, {"a"}) == 0
    file.add("m", [("a", PictureLook("", RED))])
    file.add("m", [("a", PictureLook("", RED))])
    assert list(file.load("m")) == ["a"]


def test_a_file_of_an_earlier_version_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "looks.sqlite3"
    with closing(sqlite3.connect(path)) as old, old:
        old.execute("CREATE TABLE looks (model TEXT, id TEXT, vector BLOB, PRIMARY KEY (model, id))")
        old.execute("INSERT INTO looks VALUES ('m', 'a', x'00000000')")
    file = LookFile(path)
    assert file.load("m") == {}
    file.add("m", [("a", PictureLook("1-2", RED))])
    assert list(file.load("m")) == ["a"]


def test_what_is_gone_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.library.looks.MANY", 100)
    file = LookFile(tmp_path / "looks.sqlite3")
    assert file.prune({"m"}, {"a"}) == 0 and not file.path.exists()
    for model in ("m", "n", "o"):
        file.add(model, [(f"{n}", PictureLook("", np.ones(64, np.float32))) for n in range(200)])
    size = file.path.stat().st_size
    assert file.prune({"m", "n"}, {f"{n}" for n in range(10)}) == 580
    assert sorted(file.load("m"), key=int) == sorted(file.load("n"), key=int) == [f"{n}" for n in range(10)]
    assert file.load("o") == {}
    assert file.path.stat().st_size < size / 5
    assert file.prune({"m", "n"}, {f"{n}" for n in range(10)}) == 0


def test_sorting_and_searching_by_match_follow_the_style(index: Index) -> None:
    red = Matches.of(LOOKS, KEYS, Wanted((2.0, 0.0), (0.0, 1.0)))
    by_match = Query(sort=Sort.SCORE)
    assert red.find(index, by_match).tolist() == [1, 3, 2, 4], "what was not compared comes last"
    blue = Matches.of(LOOKS, KEYS, Wanted((0.0, 1.0), (0.0, 1.0)))
    assert blue.find(index, by_match).tolist() == [2, 3, 1, 4]
    assert blue.find(index, Query(score=0.7)).tolist() == [3, 2], "newest first"
    assert blue.find(index, Query(text="a", sort=Sort.SCORE)).tolist() == [1]
    assert [row.score for row in red.rescored(index.rows([1, 3, 4]))] == [
        1.0,
        pytest.approx(0.707, abs=1e-3),
        None,
    ]


def test_nothing_compared_yet(index: Index) -> None:
    none = Matches.of({}, KEYS, Wanted((1.0, 0.0), (0.0, 1.0)))
    assert len(none.find(index, Query(score=0.1))) == 0
    assert len(none.find(index, Query(sort=Sort.SCORE))) == 4
    assert none.find(index, Query()).tolist() == index.keys(Query()).tolist()


def test_look_and_likeness_are_compared_each_for_itself(index: Index) -> None:
    look, anna = Wanted((1.0, 0.0), (0.0, 1.0)), Wanted((1.0, 0.0), (0.0, 0.5))
    found = Matches.of(LOOKS, KEYS, look, anna)
    assert found.find(index, Query(sort=Sort.SCORE)).tolist() == [1, 3, 2, 4]
    assert found.find(index, Query(sort=Sort.LIKENESS)).tolist() == [3, 2, 1, 4]
    assert found.find(index, Query(likeness=0.6)).tolist() == [3, 2]
    assert found.find(index, Query(likeness=0.6, score=0.6)).tolist() == [3]
    told = [(row.score, row.likeness) for row in found.rescored(index.rows([1, 2, 4]))]
    assert told == [(1.0, 0.0), (0.0, 1.0), (None, None)]


def test_without_a_person_likeness_is_what_was_recorded(index: Index) -> None:
    found = Matches.of(LOOKS, KEYS, Wanted((1.0, 0.0), (0.0, 1.0)))
    assert found.find(index, Query(sort=Sort.LIKENESS)).tolist() == [4, 3, 2, 1]
    assert found.find(index, Query(score=0.5, likeness=0.2)).tolist() == [3]
    assert [row.likeness for row in found.rescored(index.rows([1, 2]))] == [0.1, 0.2]


def test_what_has_to_be_compared() -> None:
    anna, beach = style("Anna", persona=(1.0, 0.0)), style("Beach")
    assert not asks_to_compare(Query(), anna)
    assert asks_to_compare(Query(sort=Sort.SCORE), beach) and asks_to_compare(Query(score=0.5), beach)
    for query in (Query(sort=Sort.LIKENESS), Query(likeness=0.5)):
        assert asks_to_compare(query, anna) and not asks_to_compare(query, beach)


def test_who_is_shown_counts_only_where_it_was_looked_for_and_is_forgotten_for_good(tmp_path: Path) -> None:
    file, now = LookFile(tmp_path / "looks.sqlite3"), {"a": "1", "b": "1", "none": "1"}
    file.forget_persons()
    assert not file.path.exists()
    empty = np.empty(0, np.float32)
    secret = np.array([0.123, 0.456], np.float32)
    seen = PictureLook("1", RED, secret), PictureLook("1", BLUE), PictureLook("1", empty)
    file.add("m", zip(now, seen, strict=True))
    assert list(fresh(file.load("m"), now)) == ["a", "b", "none"]
    assert list(fresh(file.load("m"), now, persona=True)) == ["a", "none"], (
        "a picture without a look has none"
    )
    assert np.array_equal(file.load("m")["a"].persona, secret) and secret.tobytes() in file.path.read_bytes()
    file.forget_persons()
    assert list(fresh(file.load("m"), now, persona=True)) == ["none"]
    assert np.array_equal(file.load("m")["a"].vector, RED)
    assert secret.tobytes() not in file.path.read_bytes()
