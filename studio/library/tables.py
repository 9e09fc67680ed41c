"""The tables of the index: how they are made, and how rows get in and out."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from studio.library.rows import IndexDamaged, PictureRow

SCHEMA = 2
BUSY_S = 5.0
"""How long to wait for another process."""
SEPARATOR = "\x1f"
TABLES = """
CREATE TABLE pictures (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, sort_name TEXT NOT NULL,
    rating INTEGER NOT NULL, label TEXT NOT NULL, tags TEXT NOT NULL, note TEXT NOT NULL,
    boards TEXT NOT NULL, score REAL NOT NULL, style TEXT NOT NULL, model TEXT NOT NULL, seed INTEGER,
    recipe TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, stamp TEXT NOT NULL,
    likeness REAL NOT NULL DEFAULT -1
);
CREATE INDEX by_created ON pictures (key, rating, label, style, score);
CREATE INDEX by_name ON pictures (sort_name, key);
CREATE INDEX by_rating ON pictures (rating, key, label, style, score);
CREATE INDEX by_score ON pictures (score, key, rating, label, style);
CREATE INDEX by_likeness ON pictures (likeness, key, rating, label, style);
CREATE INDEX by_style ON pictures (style, key, rating, label, score);
CREATE TABLE tags (word TEXT NOT NULL, key INTEGER NOT NULL, PRIMARY KEY (word, key)) WITHOUT ROWID;
CREATE TABLE boards (word TEXT NOT NULL, key INTEGER NOT NULL, PRIMARY KEY (word, key)) WITHOUT ROWID;
CREATE TABLE damaged (id TEXT PRIMARY KEY, stamp TEXT NOT NULL, reason TEXT NOT NULL);
CREATE VIRTUAL TABLE words USING fts5 (
    name, tags, style, note, date, seed, prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 2'
);
"""
UPGRADES = {
    1: """
    ALTER TABLE pictures ADD COLUMN likeness REAL NOT NULL DEFAULT -1;
    CREATE INDEX by_likeness ON pictures (likeness, key, rating, label, style);
    """,
}
"""What makes the next version of an index of each earlier one."""
COLUMNS = (
    "key, id, name, rating, label, tags, note, boards, score, likeness, style, model, seed, recipe, "
    "width, height"
)
NO_SCORE = -1.0


def connect(path: Path) -> sqlite3.Connection:
    """A connection to an index, brought to this version if it is of an earlier one; else IndexDamaged."""
    if not path.exists():
        raise IndexDamaged(f"The search index {path} is missing.")
    connection = open_file(path)
    try:
        upgrade(connection)
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error:
        connection.close()
        raise
    if version != SCHEMA:
        connection.close()
        raise IndexDamaged(f"The search index {path} is of another version.")
    return connection


def upgrade(connection: sqlite3.Connection) -> None:
    """Brings an index of an earlier version to this one, a version at a time, each whole or not at all."""
    while (version := connection.execute("PRAGMA user_version").fetchone()[0]) in UPGRADES:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if (
                connection.execute("PRAGMA user_version").fetchone()[0] == version
            ):  # no other process was first
                for statement in filter(str.strip, UPGRADES[version].split(";")):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version + 1}")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def open_file(path: Path) -> sqlite3.Connection:
    """A connection to whatever file that is."""
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -65536")
    return connection


def create(path: Path) -> None:
    """Makes an empty index."""
    connection = open_file(path)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(f"BEGIN;{TABLES} PRAGMA user_version = {SCHEMA}; COMMIT;")
    finally:
        connection.close()


def row_of(values: Sequence[Any]) -> PictureRow:
    """The row that `COLUMNS` were read of."""
    key, one, name, rating, label, tags, note, boards, score, likeness, *rest = values
    style, model, seed, recipe, width, height = rest
    return PictureRow(
        id=one,
        key=key,
        name=name,
        rating=rating,
        label=label,
        tags=_split(tags),
        note=note,
        boards=_split(boards),
        score=None if score == NO_SCORE else score,
        likeness=None if likeness == NO_SCORE else likeness,
        style=style,
        model=model,
        seed=seed,
        recipe=recipe,
        width=width,
        height=height,
    )


def put_row(connection: sqlite3.Connection, row: PictureRow, stamp: str) -> PictureRow:
    """Writes a row in the place of the one with its id; returned is the row with the key that it got."""
    old = connection.execute("SELECT key FROM pictures WHERE id = ?", [row.id]).fetchone()
    if old:
        forget_row(connection, old[0])
    key = row.key
    while connection.execute("SELECT 1 FROM pictures WHERE key = ?", [key]).fetchone():
        key += 1
    connection.execute(
        f"INSERT INTO pictures ({COLUMNS}, sort_name, stamp) VALUES ({','.join('?' * 18)})",
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
            NO_SCORE if row.likeness is None else row.likeness,
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
        [key, *(spaced(text) for text in _searchable(row))],
    )
    return row if key == row.key else replace(row, key=key)


def forget_row(connection: sqlite3.Connection, key: int) -> None:
    """Takes a row out, with its words."""
    values = connection.execute("SELECT tags, boards FROM pictures WHERE key = ?", [key]).fetchone()
    for table, words in zip(("tags", "boards"), values, strict=True):
        connection.executemany(
            f"DELETE FROM {table} WHERE word = ? AND key = ?", [(word, key) for word in _split(words)]
        )
    connection.execute("DELETE FROM words WHERE rowid = ?", [key])
    connection.execute("DELETE FROM pictures WHERE key = ?", [key])


def _searchable(row: PictureRow) -> tuple[str, ...]:
    date = row.created.astimezone().strftime("%Y-%m-%d")
    return row.name, " ".join(row.tags), row.style, row.note, date, "" if row.seed is None else str(row.seed)


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(SEPARATOR)) if text else ()


def _natural(name: str) -> str:
    """A key that sorts "b2" before "B10"."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(12), unicodedata.normalize("NFKC", name).casefold())


def spaced(text: str) -> str:
    """`text` with every CJK character a word of its own, since those languages do not put spaces."""
    return _CJK.sub(r" \g<0> ", unicodedata.normalize("NFKC", text))


_CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fa1f]")
