"""The search index over the gallery: SQLite, thrown away and rebuilt whenever in doubt.

A picture's key is the microsecond it was made in, so newest-first is the order of the table itself.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache, reduce
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import PersonaError
from engine.files import make_folder

SCHEMA = 1
BUSY_S = 5.0
"""How long to wait for another process."""
FEW, STRETCH, DENSE = 500, 4000, 2
"""So many keys are asked for one by one; so many as a stretch, if it holds at most so many times the rows."""
Keys = NDArray[np.int64]
SEPARATOR = "\x1f"


class IndexDamaged(PersonaError):
    """The index cannot be read or written; it has to be rebuilt."""


@dataclass(frozen=True)
class Row:
    """What is known about one picture."""

    id: str
    """Path inside the gallery, with forward slashes."""
    key: int
    """Microseconds since 1970 (UTC) when it was made; unique."""
    name: str
    rating: int = 0
    """0 (none) to 5."""
    label: str = ""
    """A colour's name, or empty."""
    tags: tuple[str, ...] = ()
    note: str = ""
    boards: tuple[str, ...] = ()
    """Ids of boards."""
    score: float | None = None
    """Style match 0..1."""
    style: str = ""
    """Names of its styles."""
    model: str = ""
    seed: int | None = None
    recipe: str = ""
    """Digest of the recipe; empty when there is none."""
    width: int = 0
    height: int = 0

    @property
    def created(self) -> datetime:
        """When it was made, UTC."""
        return datetime.fromtimestamp(self.key / 1e6, UTC)


class Sort(StrEnum):
    """What to sort by."""

    CREATED = "created"
    NAME = "name"
    RATING = "rating"
    SCORE = "score"


@dataclass(frozen=True)
class Query:
    """Which pictures, in which order."""

    text: str = ""
    """Words; each must begin a word of the name, tags, style, note, date or seed."""
    rating: int = 0
    """At least."""
    label: str | None = None
    tag: str = ""
    style: str = ""
    board: str = ""
    """A board's id."""
    score: float = 0.0
    """At least."""
    since: int = 0
    """Microseconds since 1970."""
    until: int = 0
    """Microseconds since 1970, not included; 0 for no end."""
    sort: Sort = Sort.CREATED
    descending: bool = True


@dataclass(frozen=True)
class Page:
    """A stretch of a query's answer."""

    rows: tuple[Row, ...]
    after: tuple[Any, int] | None
    """Where the next page begins; None at the end."""


TABLES = """
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
CREATE INDEX by_recipe ON pictures (recipe) WHERE recipe <> '';
CREATE TABLE tags (word TEXT NOT NULL, key INTEGER NOT NULL, PRIMARY KEY (word, key)) WITHOUT ROWID;
CREATE TABLE boards (word TEXT NOT NULL, key INTEGER NOT NULL, PRIMARY KEY (word, key)) WITHOUT ROWID;
CREATE TABLE damaged (id TEXT PRIMARY KEY, stamp TEXT NOT NULL, reason TEXT NOT NULL);
CREATE VIRTUAL TABLE words USING fts5 (
    name, tags, style, note, date, seed, prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 2'
);
"""
COLUMNS = "key, id, name, rating, label, tags, note, boards, score, style, model, seed, recipe, width, height"
SORT_COLUMNS = {
    Sort.CREATED: "key",
    Sort.NAME: "sort_name",
    Sort.RATING: "rating",
    Sort.SCORE: "score",
}
NO_SCORE = -1.0


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

    def keys(self, query: Query = Query()) -> Keys:
        """Keys of all matching pictures, in order: the backbone of an endless list.

        Every condition gives a set of keys; the sets are cut with each other, then with the order (which is
        remembered until something is written): one plan, whatever is asked.
        """
        sets = [np.sort(self._keys(sql, values)) for sql, values in _sets(query)]
        if not sets:
            found = self._order(query.sort)
        else:
            common = reduce(_common, sorted(sets, key=len))
            found = common if query.sort is Sort.CREATED else _common(self._order(query.sort), common)
        return found[::-1] if query.descending else found

    def rows(self, keys: Iterable[int]) -> list[Row]:
        """Rows of these keys, in their order; unknown keys are left out."""
        found: dict[int, Row] = {}
        keys = [int(key) for key in keys]
        for some in _chunks(keys, 500):
            marks = ",".join("?" * len(some))
            sql = f"SELECT {COLUMNS} FROM pictures WHERE key IN ({marks})"
            found |= {values[0]: _row(values) for values in self._all(sql, some)}
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

    def page(self, query: Query = Query(), after: tuple[Any, int] | None = None, limit: int = 200) -> Page:
        """Up to `limit` matching rows following `after`."""
        where, values = _conditions(query)
        column, way = SORT_COLUMNS[query.sort], "DESC" if query.descending else "ASC"
        if after is not None:
            sign = "<" if query.descending else ">"
            where += f"{' AND' if where else ' WHERE'} ({column}, key) {sign} (?, ?)"
            values += after
        order = f"{column} {way}, key {way}"
        sql = f"SELECT {COLUMNS}, {column} FROM pictures{where} ORDER BY {order} LIMIT {limit}"
        found = self._all(sql, values)
        end = (found[-1][-1], found[-1][0]) if len(found) == limit else None
        return Page(tuple(_row(values[:-1]) for values in found), end)

    def count(self, query: Query = Query()) -> int:
        """How many pictures match."""
        return len(self.keys(query))

    def find(self, ids: Iterable[str]) -> list[Row]:
        """Rows by id, in the order of `ids`; unknown ones are left out."""
        ids = list(ids)
        found: dict[str, Row] = {}
        for some in _chunks(ids, 500):
            marks = ",".join("?" * len(some))
            sql = f"SELECT {COLUMNS} FROM pictures WHERE id IN ({marks})"
            found |= {values[1]: _row(values) for values in self._all(sql, some)}
        return [found[one] for one in ids if one in found]

    def find_recipe(self, digest: str) -> list[Row]:
        """Pictures of this very recipe."""
        return [
            _row(values)
            for values in self._all(f"SELECT {COLUMNS} FROM pictures WHERE recipe = ?", [digest])
            if digest
        ]

    def tags(self) -> list[tuple[str, int]]:
        """All tags with the number of pictures, most used first."""
        return self._all("SELECT word, count(*) AS n FROM tags GROUP BY word ORDER BY n DESC, word", [])

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

    def put(self, rows: Iterable[Row], stamps: Iterable[str] = ()) -> list[Row]:
        """Adds or replaces rows (by id); returns them with the keys they got: a key in use is moved on."""
        given = iter(stamps)
        with self._writing() as connection:
            return [_put(connection, row, next(given, "")) for row in rows]

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
                    _forget(connection, key)

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
                _create(self.path)

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
                self._local.connection = _connect(self.path)
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


def _connect(path: Path) -> sqlite3.Connection:
    """A connection to an index of this version; IndexDamaged for any other file."""
    if not path.exists():
        raise IndexDamaged(f"The search index {path} is missing.")
    connection = _open(path)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error:
        connection.close()
        raise
    if version != SCHEMA:
        connection.close()
        raise IndexDamaged(f"The search index {path} is of another version.")
    return connection


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -65536")
    return connection


def _create(path: Path) -> None:
    connection = _open(path)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(f"BEGIN;{TABLES} PRAGMA user_version = {SCHEMA}; COMMIT;")
    finally:
        connection.close()


# ---- rows


def _row(values: Sequence[Any]) -> Row:
    key, one, name, rating, label, tags, note, boards, score, style, model, seed, recipe, width, height = (
        values
    )
    return Row(
        id=one,
        key=key,
        name=name,
        rating=rating,
        label=label,
        tags=_split(tags),
        note=note,
        boards=_split(boards),
        score=None if score == NO_SCORE else score,
        style=style,
        model=model,
        seed=seed,
        recipe=recipe,
        width=width,
        height=height,
    )


def _put(connection: sqlite3.Connection, row: Row, stamp: str) -> Row:
    old = connection.execute("SELECT key FROM pictures WHERE id = ?", [row.id]).fetchone()
    if old:
        _forget(connection, old[0])
    key = row.key
    while connection.execute("SELECT 1 FROM pictures WHERE key = ?", [key]).fetchone():
        key += 1
    connection.execute(
        f"INSERT INTO pictures ({COLUMNS}, sort_name, stamp) VALUES ({','.join('?' * 17)})",
        [
            key,
            row.id,
            row.name,
            row.rating,
            row.label,
            SEPARATOR.join(row.tags),
            row.note,
            SEPARATOR.join(row.boards),
            NO_SCORE if row.score is None else row.score,
            row.style,
            row.model,
            row.seed,
            row.recipe,
            row.width,
            row.height,
            _natural(row.name),
            stamp,
        ],
    )
    connection.executemany("INSERT OR IGNORE INTO tags VALUES (?, ?)", [(tag, key) for tag in row.tags])
    connection.executemany("INSERT OR IGNORE INTO boards VALUES (?, ?)", [(one, key) for one in row.boards])
    connection.execute(
        "INSERT INTO words (rowid, name, tags, style, note, date, seed) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [key, *(_spaced(text) for text in _searchable(row))],
    )
    return row if key == row.key else replace(row, key=key)


def _forget(connection: sqlite3.Connection, key: int) -> None:
    values = connection.execute("SELECT tags, boards FROM pictures WHERE key = ?", [key]).fetchone()
    for table, words in zip(("tags", "boards"), values, strict=True):
        connection.executemany(
            f"DELETE FROM {table} WHERE word = ? AND key = ?", [(word, key) for word in _split(words)]
        )
    connection.execute("DELETE FROM words WHERE rowid = ?", [key])
    connection.execute("DELETE FROM pictures WHERE key = ?", [key])


def _searchable(row: Row) -> tuple[str, ...]:
    date = row.created.astimezone().strftime("%Y-%m-%d")
    return row.name, " ".join(row.tags), row.style, row.note, date, "" if row.seed is None else str(row.seed)


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(SEPARATOR)) if text else ()


def _natural(name: str) -> str:
    """A key that sorts "b2" before "B10"."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(12), unicodedata.normalize("NFKC", name).casefold())


# ---- questions


def _sets(query: Query) -> list[tuple[str, list[Any]]]:
    """For every kind of condition, the SQL of the set of keys that meets it, and its values."""
    sets: list[tuple[str, list[Any]]] = []
    if match := _match(query.text):
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
        ("key >= ?", query.since, query.since > 0),
        ("key < ?", query.until, query.until > 0),
    ]
    return [(sql, value) for sql, value, wanted in conditions if wanted]


def _conditions(query: Query) -> tuple[str, list[Any]]:
    """The WHERE clause of a query, and its values."""
    sets = _sets(replace(query, rating=0, label=None, style="", score=0.0, since=0, until=0))
    facts = _facts(query)
    conditions = [f"key IN ({sql})" for sql, _ in sets] + [condition for condition, _ in facts]
    values = [value for _, some in sets for value in some] + [value for _, value in facts]
    return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), values


def _common(keys: Keys, some: Keys) -> Keys:
    """The keys that are also in `some` (which is sorted), in their order."""
    if not len(some):
        return some
    places = np.minimum(np.searchsorted(some, keys), len(some) - 1)
    return keys[some[places] == keys]


@lru_cache(maxsize=64)
def _match(text: str) -> str:
    """An FTS5 expression: every word of `text` must begin some word (or run of CJK characters)."""
    words = unicodedata.normalize("NFKC", text).replace('"', " ").split()
    phrases = [_spaced(word).strip() for word in words]
    return " ".join(f'"{phrase}"*' for phrase in phrases if any(c.isalnum() for c in phrase))


def _spaced(text: str) -> str:
    """`text` with every CJK character a word of its own, since those languages do not put spaces."""
    return _CJK.sub(r" \g<0> ", unicodedata.normalize("NFKC", text))


_CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fa1f]")


def _chunks(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    source = iter(items)
    while some := list(islice(source, size)):
        yield some
