"""Look and persona of kept pictures, so that all of them can be compared with any style at once.

They are kept in a file of the cache, for all models: it may be deleted at any time, and is then made anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.files import make_folder
from engine.style import Style
from studio.library.index import Index, Keys, PictureRow, Query, Sort

Vector = NDArray[np.float32]
VERSION = 3
TABLE = """CREATE TABLE IF NOT EXISTS looks (
    model TEXT, id TEXT, file TEXT, vector BLOB, persona BLOB, PRIMARY KEY (model, id)
)"""
NOBODY = np.empty(0, np.float32)
MANY = 1000
"""So many rows less, and the file is made smaller."""


@dataclass(frozen=True, eq=False)
class PictureLook:
    """What was seen in one picture."""

    file: str
    """What the picture's file looked like from outside (`library.stamps.file_part`)."""
    vector: Vector
    """The look: [L], unit length; empty where it has none."""
    persona: Vector = field(default_factory=lambda: NOBODY)
    """Who is shown: [P], unit length; empty where it was not asked for."""

    def tells(self, persona: bool) -> bool:
        """Whether it says all that can be known, with the persona if that is wanted."""
        return not persona or len(self.persona) > 0 or len(self.vector) == 0


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
                sql = "SELECT id, file, vector, persona FROM looks WHERE model = ?"
                found = file.execute(sql, [model]).fetchall()
        except (sqlite3.Error, OSError):
            return {}
        return {
            one: PictureLook(stamp, *(np.frombuffer(part, np.float32) for part in parts))
            for one, stamp, *parts in found
        }

    def add(self, model: str, looks: Iterable[tuple[str, PictureLook]]) -> None:
        """Remembers looks; where that cannot be done they are made anew another time."""
        rows = [(model, one, look.file, _bytes(look.vector), _bytes(look.persona)) for one, look in looks]
        try:
            with closing(self._open()) as file, file:
                file.executemany("INSERT OR REPLACE INTO looks VALUES (?, ?, ?, ?, ?)", rows)
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

    def forget_persons(self) -> None:
        """Forgets who is shown in every picture; how they look stays. OSError."""
        if self.path.exists():
            try:
                with closing(self._open()) as file:
                    with file:
                        file.execute("UPDATE looks SET persona = x''")
                    file.execute("VACUUM")  # what was there is not in the file any more
            except sqlite3.Error:
                self.path.unlink(missing_ok=True)

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


def fresh(
    looks: Mapping[str, PictureLook], files: Mapping[str, str], *, persona: bool = False
) -> dict[str, PictureLook]:
    """Those that are still what was looked at. files: id -> what each file is like now.

    persona: only those that say who is shown.
    """
    return {one: look for one, look in looks.items() if files.get(one) == look.file and look.tells(persona)}


def asks_to_compare(query: Query, style: Style) -> bool:
    """Whether a question cannot be answered without comparing pictures with a style."""
    by_look = query.sort is Sort.SCORE or query.score > 0
    by_likeness = query.sort is Sort.LIKENESS or query.likeness > 0
    return by_look or (by_likeness and bool(style.persona))


@dataclass(frozen=True)
class Wanted:
    """What pictures are compared with: one part of a style."""

    vector: tuple[float, ...]
    span: tuple[float, float]
    """The cosines of no match and of a full one."""

    def scores(self, vectors: Sequence[Vector]) -> NDArray[np.float64]:
        """0..1 for each of some vectors of unit length; -1 for an empty one."""
        found = np.full(len(vectors), -1.0)
        there = [n for n, vector in enumerate(vectors) if len(vector)]
        if there:
            wanted = np.asarray(self.vector, np.float64)
            cosines = np.stack([vectors[n] for n in there]) @ (
                wanted / max(float(np.linalg.norm(wanted)), 1e-12)
            )
            found[there] = np.clip((cosines - self.span[0]) / (self.span[1] - self.span[0]), 0.0, 1.0)
        return found


@dataclass(frozen=True, eq=False)
class Matches:
    """How well pictures match one style: those that were compared so far."""

    keys: Keys
    """Ascending."""
    scores: NDArray[np.float64]
    """How well the look fits, 0..1 each."""
    likenesses: NDArray[np.float64] | None = None
    """How much it is the person, 0..1 each; None where the style shows no certain person."""

    @classmethod
    def of(
        cls,
        looks: Mapping[str, PictureLook],
        keys: dict[str, int],
        look: Wanted,
        persona: Wanted | None = None,
    ) -> Matches:
        """looks: see `fresh`. keys: id -> key. persona: for a style of a person."""
        known = sorted(
            ((keys[one], seen) for one, seen in looks.items() if one in keys and len(seen.vector)),
            key=lambda pair: pair[0],
        )
        numbers = np.array([key for key, _ in known], np.int64)
        scores = look.scores([seen.vector for _, seen in known])
        if persona is None:
            return cls(numbers, scores)
        return cls(numbers, scores, persona.scores([seen.persona for _, seen in known]))

    def find(self, index: Index, query: Query) -> Keys:
        """Like `Index.keys`, by these scores: what was not compared yet comes last, and matches nothing.

        Without a person in the style, likeness is what was recorded with each picture.
        """
        own = {Sort.SCORE: self.scores} | (
            {} if self.likenesses is None else {Sort.LIKENESS: self.likenesses}
        )
        least = {Sort.SCORE: query.score, Sort.LIKENESS: query.likeness}
        if query.sort not in own and not any(least[sort] for sort in own):
            return index.keys(query)
        plain = replace(query, score=0.0, sort=Sort.CREATED if query.sort in own else query.sort)
        if Sort.LIKENESS in own:
            plain = replace(plain, likeness=0.0)
        found = index.keys(plain)
        for sort, values in own.items():
            if least[sort]:
                found = found[self._at(found, values) >= least[sort]]
        if query.sort in own:
            by = self._at(found, own[query.sort])
            found = found[np.argsort(-by if query.descending else by, kind="stable")]
        return found

    def rescored(self, rows: Iterable[PictureRow]) -> list[PictureRow]:
        """The same rows with these scores."""
        rows = list(rows)
        keys = np.array([row.key for row in rows], np.int64)
        told = [
            replace(row, score=n) for row, n in zip(rows, _told(self._at(keys, self.scores)), strict=True)
        ]
        if self.likenesses is None:
            return told
        likenesses = _told(self._at(keys, self.likenesses))
        return [replace(row, likeness=n) for row, n in zip(told, likenesses, strict=True)]

    def _at(self, keys: Keys, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The values of any keys; -1 where one was not compared."""
        if not len(self.keys) or not len(keys):
            return np.full(len(keys), -1.0)
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[places] == keys, values[places], -1.0)


def _told(values: NDArray[np.float64]) -> list[float | None]:
    return [float(value) if value >= 0 else None for value in values]


def _bytes(vector: Vector) -> bytes:
    return vector.astype(np.float32).tobytes()
