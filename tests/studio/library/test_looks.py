"""Comparing kept pictures with any style."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.library.index import Index, Query, Row, Sort
from studio.library.looks import LookFile, Matches, Vector

RED, BLUE = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
LOOKS: dict[str, Vector] = {"a": RED, "b": BLUE, "c": (RED + BLUE) / np.float32(np.sqrt(2))}
KEYS = {"a": 1, "b": 2, "c": 3, "d": 4}


@pytest.fixture
def index(tmp_path: Path) -> Index:
    index = Index(tmp_path / "index.sqlite3")
    index.reset()
    index.put(Row(one, key, one, score=0.5) for one, key in KEYS.items())
    return index


def test_vectors_are_kept_for_each_model(tmp_path: Path) -> None:
    file = LookFile(tmp_path / "cache" / "looks.sqlite3")
    assert file.load("m") == {}
    file.add("m", [("a", RED), ("none", np.empty(0, np.float32))])
    file.add("n", [("a", BLUE)])
    found = LookFile(file.path).load("m")
    assert np.array_equal(found["a"], RED) and len(found["none"]) == 0
    assert np.array_equal(file.load("n")["a"], BLUE)


def test_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    file = LookFile(tmp_path / "looks.sqlite3")
    file.path.write_bytes(b"no database, but long enough to be read as one" * 40)
    assert file.load("m") == {}
    file.add("m", [("a", RED)])
    file.add("m", [("a", RED)])
    assert list(file.load("m")) == ["a"]


def test_sorting_and_searching_by_match_follow_the_style(index: Index) -> None:
    red = Matches.of(LOOKS, KEYS, (2.0, 0.0), (0.0, 1.0))
    by_match = Query(sort=Sort.SCORE)
    assert red.find(index, by_match).tolist() == [1, 3, 2, 4], "what was not compared comes last"
    blue = Matches.of(LOOKS, KEYS, (0.0, 1.0), (0.0, 1.0))
    assert blue.find(index, by_match).tolist() == [2, 3, 1, 4]
    assert blue.find(index, Query(score=0.7)).tolist() == [3, 2], "newest first"
    assert blue.find(index, Query(text="a", sort=Sort.SCORE)).tolist() == [1]
    assert [row.score for row in red.rescored(index.rows([1, 3, 4]))] == [
        1.0,
        pytest.approx(0.707, abs=1e-3),
        None,
    ]


def test_nothing_compared_yet(index: Index) -> None:
    none = Matches.of({}, KEYS, (1.0, 0.0), (0.0, 1.0))
    assert len(none.find(index, Query(score=0.1))) == 0
    assert len(none.find(index, Query(sort=Sort.SCORE))) == 4
    assert none.find(index, Query()).tolist() == index.keys(Query()).tolist()
