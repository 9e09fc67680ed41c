"""The style vectors of kept pictures, so that all of them can be compared with any style at once.

They are kept in a file of the cache, for all models: it may be deleted at any time, and is then made anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.files import make_folder
from studio.library.index import Index, Keys, PictureRow, Query, Sort

Vector = NDArray[np.float32]
VERSION = 2
TABLE = """CREATE TABLE IF NOT EXISTS looks (
    model TEXT, id TEXT, file TEXT, vector BLOB, PRIMARY KEY (model, id)
)"""
MANY = 1000
"""So many rows less, and the file is made smaller."""


@dataclass(frozen=True, eq=False)
class PictureLook:
    """What was seen in one picture."""

    file: str
    """What the picture's file looked like from outside (`library.stamps.file_part`)."""
    vector: Vector
    """[S], unit length; empty where it has none."""


class LookFile:
    """The file. Every call waits for the disk; a file that cannot be used counts as empty.

    model: the id of a bundle, which is a digest of its graphs, so that no two encoders share it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self, model: str) -> dict[str, PictureLook]:
        """Id of a picture -> what was seen in it under a model."""
        try:
            with closing(self._open()) as file:
                sql = "SELECT id, file, vector FROM looks WHERE model = ?"
                found = file.execute(sql, [model]).fetchall()
        except (sqlite3.Error, OSError):
            return {}
        return {one: PictureLook(stamp, np.frombuffer(vector, np.float32)) for one, stamp, vector in found}

    def add(self, model: str, looks: Iterable[tuple[str, PictureLook]]) -> None:
        """Remembers looks; where that cannot be done they are made anew another time."""
        rows = [(model, one, look.file, look.vector.astype(np.float32).tobytes()) for one, look in looks]
        try:
            with closing(self._open()) as file, file:
                file.executemany("INSERT OR REPLACE INTO looks VALUES (?, ?, ?, ?)", rows)
        except sqlite3.DatabaseError:
            self.path.unlink(missing_ok=True)
        except OSError:
            return

    def prune(self, models: Collection[str], pictures: Collection[str]) -> int:
        """Forgets what was seen under other models, and in other pictures; returns how much."""
        if not self.path.exists():
            return 0
        try:
            with closing(self._open()) as file:
                every = file.execute("SELECT model, id FROM looks").fetchall()
                gone = [one for one in every if one[0] not in models or one[1] not in pictures]
                with file:
                    file.executemany("DELETE FROM looks WHERE model = ? AND id = ?", gone)
                if len(gone) >= MANY:
                    file.execute("VACUUM")
                return len(gone)
        except (sqlite3.Error, OSError):
            return 0

    def _open(self) -> sqlite3.Connection:
        make_folder(self.path.parent)
        file = sqlite3.connect(self.path, timeout=5.0)
        try:
            if file.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                file.executescript(f"DROP TABLE IF EXISTS looks; PRAGMA user_version = {VERSION};")
            file.execute(TABLE)
        except BaseException:
            file.close()
            raise
        return file


def fresh(looks: Mapping[str, PictureLook], files: Mapping[str, str]) -> dict[str, Vector]:
    """Id -> vector of those that are still what was looked at. files: id -> what each file is like now."""
    return {one: look.vector for one, look in looks.items() if files.get(one) == look.file}


@dataclass(frozen=True, eq=False)
class Matches:
    """How well pictures match one style: those that were compared so far."""

    keys: Keys
    """Ascending."""
    scores: NDArray[np.float64]
    """0..1 each."""

    @classmethod
    def of(
        cls,
        looks: Mapping[str, Vector],
        keys: dict[str, int],
        style: Sequence[float],
        span: tuple[float, float],
    ) -> Matches:
        """looks: see `fresh`. keys: id -> key. span: the cosines of no match and of a full one."""
        known = [(keys[one], vector) for one, vector in looks.items() if one in keys and len(vector)]
        if not known:
            return cls(np.empty(0, np.int64), np.empty(0))
        order = np.argsort([key for key, _ in known])
        vectors = np.stack([known[n][1] for n in order])  # [N, S]
        wanted = np.asarray(style, np.float64)
        cosines = vectors @ (wanted / max(float(np.linalg.norm(wanted)), 1e-12))
        scores = np.clip((cosines - span[0]) / (span[1] - span[0]), 0.0, 1.0)
        return cls(np.array([known[n][0] for n in order], np.int64), scores)

    def find(self, index: Index, query: Query) -> Keys:
        """Like `Index.keys`, by these scores: what was not compared yet comes last, and matches nothing."""
        if query.sort is not Sort.SCORE and not query.score:
            return index.keys(query)
        plain = replace(query, score=0.0, sort=Sort.CREATED if query.sort is Sort.SCORE else query.sort)
        found = index.keys(plain)
        scores = self._scores(found)
        if query.score:
            enough = scores >= query.score
            found, scores = found[enough], scores[enough]
        if query.sort is Sort.SCORE:
            found = found[np.argsort(-scores if query.descending else scores, kind="stable")]
        return found

    def rescored(self, rows: Iterable[PictureRow]) -> list[PictureRow]:
        """The same rows with these scores."""
        rows = list(rows)
        scores = self._scores(np.array([row.key for row in rows], np.int64))
        told = [float(score) if score >= 0 else None for score in scores]
        return [replace(row, score=score) for row, score in zip(rows, told, strict=True)]

    def _scores(self, keys: Keys) -> NDArray[np.float64]:
        """Of any keys; -1 where one was not compared."""
        if not len(self.keys) or not len(keys):
            return np.full(len(keys), -1.0)
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[places] == keys, self.scores[places], -1.0)
