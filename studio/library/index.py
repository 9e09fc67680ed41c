"""The search index over the gallery: SQLite, thrown away and rebuilt whenever in doubt.

A picture's key is the microsecond it was made in, so newest-first is the order of the table itself.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import reduce
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.files import make_folder
from studio.library.conditions import sets_of
from studio.library.rows import EVERYTHING
from studio.library.rows import IndexDamaged as IndexDamaged
from studio.library.rows import PictureRow as PictureRow
from studio.library.rows import Query as Query
from studio.library.rows import Sort as Sort
from studio.library.tables import COLUMNS, connect, create, forget_row, put_row, row_of
from studio.library.tables import SEPARATOR as SEPARATOR

FEW, STRETCH, DENSE = 500, 4000, 2
"""So many keys are asked for one by one; so many as a stretch, if it holds at most so many times the rows."""
Keys = NDArray[np.int64]
SORT_COLUMNS = {
    Sort.CREATED: "key",
    Sort.NAME: "sort_name",
    Sort.RATING: "rating",
    Sort.SCORE: "score",
    Sort.LIKENESS: "likeness",
}


class Index:
    """The index file. Usable from any thread; every thread reads through a connection of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._write_lock = threading.RLock()
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._generation = 0
        self._written = 0
        self._orders: dict[Sort, tuple[tuple[int, int, int], Keys]] = {}

    # ---- asking

    def keys(self, query: Query = EVERYTHING) -> Keys:
        """Keys of all matching pictures, in order: the backbone of an endless list.

        Every condition gives a set of keys; the sets are cut with each other, then with the order (which is
        remembered until something is written): one plan, whatever is asked.
        """
        sets = [np.sort(self._keys(sql, values)) for sql, values in sets_of(query)]
        if not sets:
            found = self._order(query.sort)
        else:
            common = reduce(_common, sorted(sets, key=len))
            found = common if query.sort is Sort.CREATED else _common(self._order(query.sort), common)
        return found[::-1] if query.descending else found

    def rows(self, keys: Iterable[int]) -> list[PictureRow]:
        """Rows of these keys, in their order; unknown keys are left out."""
        found: dict[int, PictureRow] = {}
        keys = [int(key) for key in keys]
        for some in _chunks(keys, 500):
            marks = ",".join("?" * len(some))
            sql = f"SELECT {COLUMNS} FROM pictures WHERE key IN ({marks})"
            found |= {values[0]: row_of(values) for values in self._all(sql, some)}
        return [found[key] for key in keys if key in found]

    def ids(self, keys: Sequence[int] | Keys) -> dict[int, str]:
        """Key -> id, ascending by key."""
        wanted = np.sort(np.asarray(keys, np.int64))
        every = self._order(Sort.CREATED) if len(wanted) > STRETCH else wanted
        found: dict[int, str] = {}
        for start in range(0, len(wanted), STRETCH):
            some = wanted[start : start + STRETCH]
            low, high = np.searchsorted(every, [some[0], some[-1]])
            dense = len(some) > FEW and high - low <= DENSE * len(some)
            found |= self._ids_among(some) if dense else self._ids_of(some.tolist())
        return found

    def _ids_of(self, keys: list[int]) -> dict[int, str]:
        found: dict[int, str] = {}
        for some in _chunks(keys, FEW):
            marks = ",".join("?" * len(some))
            found |= dict(self._all(f"SELECT key, id FROM pictures WHERE key IN ({marks})", some))
        return found

    def _ids_among(self, keys: Keys) -> dict[int, str]:
        """The same by reading all rows between two ends: twice as fast where most of them are wanted."""
        # No path holds two slashes in a row.
        sql = "SELECT group_concat(key), group_concat(id, '//') FROM pictures WHERE key BETWEEN ? AND ?"
        numbers, names = self._all(sql, [int(keys[0]), int(keys[-1])])[0]
        if not numbers:
            return {}
        there = np.fromstring(numbers, dtype=np.int64, sep=",")
        found = dict(zip(there.tolist(), names.split("//"), strict=True))
        return (
            found if len(there) == len(keys) else {key: found[key] for key in _common(there, keys).tolist()}
        )

    def count(self, query: Query = EVERYTHING) -> int:
        """How many pictures match."""
        return len(self.keys(query))

    def find(self, ids: Iterable[str]) -> list[PictureRow]:
        """Rows by id, in the order of `ids`; unknown ones are left out."""
        ids = list(ids)
        found: dict[str, PictureRow] = {}
        for some in _chunks(ids, 500):
            marks = ",".join("?" * len(some))
            sql = f"SELECT {COLUMNS} FROM pictures WHERE id IN ({marks})"
            found |= {values[1]: row_of(values) for values in self._all(sql, some)}
        return [found[one] for one in ids if one in found]

    def with_recipes(self, digests: Iterable[str]) -> list[PictureRow]:
        """The pictures of these recipes (`Recipe.digest`), oldest first."""
        found: list[PictureRow] = []
        for some in _chunks(sorted(set(digests)), 500):
            marks = ",".join("?" * len(some))
            sql = f"SELECT {COLUMNS} FROM pictures WHERE recipe IN ({marks})"
            found += [row_of(values) for values in self._all(sql, some)]
        return sorted(found, key=lambda row: row.key)

    def on_boards(self) -> dict[str, int]:
        """Board id -> number of pictures on it; boards without a picture are left out."""
        return dict(self._all("SELECT word, count(*) FROM boards GROUP BY word", []))

    def total(self) -> int:
        """How many pictures there are."""
        count: int = self._all("SELECT count(*) FROM pictures", [])[0][0]
        return count

    def styles(self) -> list[tuple[str, int]]:
        """All style names with the number of pictures, most used first."""
        sql = "SELECT style, count(*) AS n FROM pictures WHERE style <> '' GROUP BY style"
        return self._all(f"{sql} ORDER BY n DESC, style", [])

    def stamps(self) -> dict[str, str]:
        """What each file looked like when it was read (id -> stamp), damaged files among them."""
        both = "SELECT id, stamp FROM pictures UNION ALL SELECT id, stamp FROM damaged"
        text = self._all(f"SELECT group_concat(id || char(30) || stamp, char(31)) FROM ({both})", [])[0][0]
        return dict(pair.split("\x1e") for pair in text.split(SEPARATOR)) if text else {}

    # ---- writing

    def put(self, rows: Iterable[PictureRow], stamps: Iterable[str] = ()) -> list[PictureRow]:
        """Adds or replaces rows (by id); returns them with the keys they got: a key in use is moved on."""
        given = iter(stamps)
        with self._writing() as connection:
            return [put_row(connection, row, next(given, "")) for row in rows]

    def put_damaged(self, damaged: Iterable[tuple[str, str, str]]) -> None:
        """Remembers files that cannot be read: (id, stamp, reason)."""
        with self._writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO damaged VALUES (?, ?, ?)", list(damaged))

    def remove(self, ids: Iterable[str]) -> None:
        """Forgets rows."""
        with self._writing() as connection:
            for one in ids:
                connection.execute("DELETE FROM damaged WHERE id = ?", [one])
                for (key,) in connection.execute("SELECT key FROM pictures WHERE id = ?", [one]).fetchall():
                    forget_row(connection, key)

    # ---- the file itself

    def is_sound(self) -> bool:
        """Whether the file is there, of this version, and in order throughout (reads all of it)."""
        if not self.path.exists():
            return False
        try:
            return self._all("PRAGMA quick_check(1)", []) == [("ok",)]
        except IndexDamaged:
            return False

    def is_present(self) -> bool:
        """Whether the file is there and of this version; costs next to nothing."""
        if not self.path.exists():
            return False
        try:
            self._connection()
        except IndexDamaged:
            return False
        return True

    def reset(self) -> None:
        """Throws the index away; an empty one takes its place."""
        with self._write_lock:
            self.close()
            for suffix in ("", "-wal", "-shm", "-journal"):
                with suppress(OSError):
                    self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
            with _as_damage():
                make_folder(self.path.parent)
                create(self.path)

    def close(self) -> None:
        """Closes the connections of all threads; the next call opens them again."""
        with self._write_lock:
            self._generation += 1
            for connection in self._open:
                connection.close()
            self._open.clear()

    def _connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        if getattr(self._local, "generation", None) != self._generation:
            with self._write_lock, _as_damage():
                self._local.connection = connect(self.path)
                self._local.generation = self._generation
                self._open.append(self._local.connection)
        connection: sqlite3.Connection = self._local.connection
        return connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; it counts when the block ends well."""
        with self._write_lock, _as_damage():
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            self._written += 1

    def _all(self, sql: str, values: Sequence[Any]) -> list[Any]:
        with _as_damage():
            return self._connection().execute(sql, values).fetchall()

    def _keys(self, sql: str, values: Sequence[Any]) -> Keys:
        """Integers as one text: five times faster than row by row."""
        text = self._all(f"SELECT group_concat(k) FROM ({sql})", values)[0][0]
        return np.fromstring(text or "", dtype=np.int64, sep=",")

    def _order(self, sort: Sort) -> Keys:
        """All keys, ascending by `sort`."""
        version = (self._written, self._generation, self._all("PRAGMA data_version", [])[0][0])
        known = self._orders.get(sort)
        if known is None or known[0] != version:
            column = SORT_COLUMNS[sort]
            sql = f"SELECT key AS k FROM pictures INDEXED BY by_{sort} ORDER BY {column}, key"
            known = self._orders[sort] = (version, self._keys(sql, []))
        return known[1]


# ---- connections


@contextmanager
def _as_damage() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise IndexDamaged(f"The search index cannot be used: {error}.") from error


def _common(keys: Keys, some: Keys) -> Keys:
    """The keys that are also in `some` (which is sorted), in their order."""
    if not len(some):
        return some
    places = np.minimum(np.searchsorted(some, keys), len(some) - 1)
    return keys[some[places] == keys]


def _chunks(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    source = iter(items)
    while some := list(islice(source, size)):
        yield some
