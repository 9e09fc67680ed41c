"""A gallery of made-up pictures, as large as one likes, to measure how the studio copes with it.

It lies on disk like any other; only that many pictures share the same few files' bytes (hard links), so that
100,000 of them need next to no room.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from engine.files import make_folder
from engine.images import Picture, encode, resize
from engine.provenance import Record
from engine.recipe import Recipe, StyleUse
from studio.library import jsonfile
from studio.library.index import PictureRow
from studio.library.pictures import Board
from studio.library.sidecar import FORMAT, LABELS, said_of

MODEL = "specimen"
MASTERS = 48
"""Different pictures."""
SIDE = 256
FIRST = 1_767_225_600_000_000
"""Microseconds since 1970 of the first picture: 2026-01-01."""
APART = 240_000_000
"""Microseconds from one picture to the next."""
NAMES = ("Anna", "Bruno", "Chen", "Dalia", "Émile", "Fatou", "娜娜", "Hiro", "Inés", "Jonas")
STYLES = ("Daylight", "Amber light", "Linocut", "夏日", "Charcoal", "Neon", "Porcelain", "Film 35")
WORDS = ("beach", "studio", "cover", "series", "winter", "portrait", "海边", "draft", "final", "client")
BOARDS = tuple(Board(f"board{n:02}", name) for n, name in enumerate(("Spring", "Campaign", "秋季", "Ideas")))


@dataclass(frozen=True)
class _Master:
    """One file that many pictures share."""

    path: Path
    size: int


def make_specimen(folder: Path, count: int) -> list[Board]:
    """Fills `folder` as a gallery of `count` pictures; returns its boards. TargetError, OSError."""
    make_folder(folder)
    masters = _make_masters(folder / ".masters")
    folders: set[Path] = set()
    for n in range(count):
        row, master = specimen_row(n), masters[n % len(masters)]
        path = folder / row.id
        if path.parent not in folders:
            make_folder(path.parent)
            folders.add(path.parent)
        _link(master.path, path)
        beside = json.dumps(said_of(row, master.size), ensure_ascii=False)
        path.with_name(path.name + ".json").write_text(beside, encoding="utf-8")
    _write_boards(folder, BOARDS)
    return list(BOARDS)


def specimen_row(n: int) -> PictureRow:
    """The n-th picture: always the same one, and unlike its neighbours."""
    mixed = (n * 2_654_435_761) & 0xFFFFFFFF
    style, score = STYLES[mixed % len(STYLES)], (mixed % 997) / 997
    tags = tuple(dict.fromkeys(WORDS[(mixed >> at) % len(WORDS)] for at in (4, 9) if mixed >> (at + 15) & 1))
    key = FIRST + n * APART
    name = f"{NAMES[(mixed >> 3) % len(NAMES)]} {n}"
    return PictureRow(
        id=f"{2026 + n // 120_000}-{1 + n // 10_000 % 12:02}/{name.replace(' ', '-')}.png",
        key=key,
        name=name,
        rating=max(0, mixed % 11 - 5),
        label=LABELS[mixed % 17] if mixed % 17 < len(LABELS) else "",
        tags=tags,
        note=f"for the {WORDS[(mixed >> 13) % len(WORDS)]}" if mixed % 5 == 0 else "",
        boards=(BOARDS[mixed % len(BOARDS)].id,) if mixed % 23 == 0 else (),
        score=score,
        style=style,
        model=MODEL,
        seed=mixed,
        recipe=_recipe(n % MASTERS).digest,
        width=SIDE,
        height=SIDE,
    )


def specimen_picture(seed: int, side: int = SIDE) -> Picture:
    """Soft colours, as compressible as a portrait: [side, side, 3]."""
    rng = np.random.Generator(np.random.PCG64(seed))
    soft = resize(rng.integers(0, 256, (6, 6, 3), np.uint8), side).astype(np.int16)
    grain = rng.integers(-6, 7, (side, side, 1), np.int16)
    return np.clip(soft + grain, 0, 255).astype(np.uint8)


@lru_cache(maxsize=MASTERS)
def _recipe(n: int) -> Recipe:
    return Recipe.from_seed(MODEL, n, styles=(StyleUse(STYLES[n % len(STYLES)], (1.0, 0.0)),))


def _make_masters(folder: Path) -> list[_Master]:
    """The different pictures, in a hidden folder that the gallery does not look into."""
    make_folder(folder)
    masters = []
    for n in range(MASTERS):
        path = folder / f"{n}.png"
        path.write_bytes(encode(specimen_picture(n), "PNG", Record(_recipe(n), 0.5)))
        masters.append(_Master(path, path.stat().st_size))
    return masters


def _link(source: Path, target: Path) -> None:
    """The same file under another name; a copy where the disk knows no links, or not so many."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _write_boards(folder: Path, boards: Sequence[Board]) -> None:
    listed = [{"id": board.id, "name": board.name} for board in boards]
    jsonfile.write_object(folder / "boards.json", {"format": FORMAT, "boards": listed})
