"""Reads the sources on several threads: digest, pixels, faces, crops, measures; crops and thumbnails stored.

Decoding, resizing, face finding and writing all happen outside Python's lock, so threads use every core and
share one process' memory. Pictures that take much memory wait for each other.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

from engine.errors import Cancelled, PictureError
from engine.faces import FaceFinder
from trainer.data import duplicates, expressions
from trainer.data.crops import Crop, Cut, Finder, cut_crops, dimensions
from trainer.data.decide import crop_id
from trainer.data.find import Source
from trainer.data.journal import CropRecord, Journal, JournalEntry
from trainer.data.judge import Limits, judge
from trainer.data.overrides import Overrides
from trainer.data.prepared import file_digest
from trainer.data.store import Store

T = TypeVar("T")
R = TypeVar("R")

LARGE = 30_000_000
"""pixels; of pictures beyond this one is decoded at a time"""
LASTING = ("damaged", "not-a-picture", "too-large")
"""Problems that stay until the file changes; others (permission, say) are looked at again in the next run."""
PROGRESS_S = 0.25


@dataclass(frozen=True)
class ReadingState:
    """How far the reading has come."""

    done: int
    total: int
    crops: int
    problems: int
    seconds_left: float | None


class Reader:
    """Reads sources into journal entries, for one prepared folder."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        cut: Cut,
        limits: Limits,
        overrides: Overrides,
        new_finder: Callable[[], Finder] = FaceFinder,
        threads: int = 0,
    ) -> None:
        self._store = store
        self._journal = journal
        self._cut = cut
        self._limits = limits
        self._overrides = overrides
        self._new_finder = new_finder
        self._threads = threads or max(1, min(8, os.cpu_count() or 1))
        self._local = threading.local()
        self._large = threading.Lock()

    def read(
        self,
        sources: Sequence[Source],
        tell: Callable[[ReadingState], None],
        trouble: Callable[[JournalEntry], None],
        cancelled: Callable[[], bool],
    ) -> None:
        """Read these sources into the journal. TargetError when the target cannot be written; Cancelled."""
        watch = _Watch(len(sources), tell)
        for entry in self._in_threads(self._entry, sources, cancelled):
            self._journal.add(entry)
            if entry.problem:
                trouble(entry)
            watch.step(entry)
        watch.end()

    def rewrite(self, wanted: Sequence[tuple[Source, CropRecord]], cancelled: Callable[[], bool]) -> set[str]:
        """Cut and store crops that are not on disk; returns the file names that could not be had any more."""
        by_source: dict[Source, list[CropRecord]] = {}
        for source, record in wanted:
            by_source.setdefault(source, []).append(record)
        lost = self._in_threads(lambda item: self._rewrite(*item), by_source.items(), cancelled)
        return {name for names in lost for name in names}

    def _in_threads(
        self, work: Callable[[T], R], items: Iterable[T], cancelled: Callable[[], bool]
    ) -> Iterator[R]:
        """Results as they come; on an error or interruption the rest is dropped and the threads end first."""
        left = iter(items)
        waiting: set[Future[R]] = set()
        with ThreadPoolExecutor(self._threads, "read") as pool:
            try:
                while True:
                    if cancelled():
                        raise Cancelled
                    for item in islice(left, 2 * self._threads - len(waiting)):
                        waiting.add(pool.submit(work, item))
                    if not waiting:
                        return
                    done, waiting = wait(waiting, timeout=PROGRESS_S, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield future.result()
            finally:
                for future in waiting:
                    future.cancel()

    def _entry(self, source: Source) -> JournalEntry:
        blank = JournalEntry(source.name, source.size, source.mtime_ns, "", self._cut.key)
        try:
            sha256 = file_digest(source.path)
            known = self._journal.find_digest(sha256)
            if known is not None and all(self._store.has(crop.thumbnail) for crop in known.crops):
                return known.of(source)
            crops = self._crops(source.path)
        except PictureError as error:
            return replace(blank, problem=error.reason, code=error.code, values=error.values)
        except OSError as error:
            return replace(blank, problem=f"it cannot be read ({error.strerror or error})", code="unreadable")
        records = tuple(self._store_crop(source, sha256, crop) for crop in crops)
        return replace(blank, sha256=sha256, crops=records)

    def _crops(self, path: Path) -> list[Crop]:
        width, height = dimensions(path)
        with self._large if width * height > LARGE else nullcontext():
            return cut_crops(path, self._cut, self._finder(), self._limits)

    def _finder(self) -> Finder | None:
        if not self._cut.align:
            return None
        if not hasattr(self._local, "finder"):
            self._local.finder = self._new_finder()
        finder: Finder = self._local.finder
        return finder

    def _store_crop(self, source: Source, sha256: str, crop: Crop) -> CropRecord:
        file, thumbnail = self._store.names(source.name, sha256, self._cut.key, crop.face)
        self._store.write_thumbnail(thumbnail, crop.image)
        if self._is_wanted(source, crop):
            self._store.write_crop(file, crop.image)
        return CropRecord(
            crop.face,
            file,
            thumbnail,
            crop.measures,
            duplicates.encode(crop.tiny),
            tuple(duplicates.encode(tiny) for tiny in crop.trims),
            expressions.encode(expressions.detail(crop.image)) if crop.face >= 0 else "",
        )

    def _is_wanted(self, source: Source, crop: Crop) -> bool:
        """Whether the crop will probably be kept; if not, and it is kept after all, it is cut again."""
        decision = self._overrides.decision(crop_id(source.name, crop.face), source.name)
        if decision is not None:
            return decision
        return (crop.face >= 0 or not self._cut.align) and judge(crop.measures, self._limits) is None

    def _rewrite(self, source: Source, records: Sequence[CropRecord]) -> list[str]:
        try:
            crops = {crop.face: crop for crop in self._crops(source.path)}
        except (PictureError, OSError):
            crops = {}
        for record in records:
            if record.face in crops:
                self._store.write_crop(record.file, crops[record.face].image)
                self._store.write_thumbnail(record.thumbnail, crops[record.face].image)
        return [record.file for record in records if record.face not in crops]


class _Watch:
    """Counts, and tells a few times a second."""

    def __init__(self, total: int, tell: Callable[[ReadingState], None]) -> None:
        self._tell = tell
        self._state = ReadingState(0, total, 0, 0, None)
        self._start = self._told = time.monotonic()

    def step(self, entry: JournalEntry) -> None:
        old, now = self._state, time.monotonic()
        done = old.done + 1
        left = (now - self._start) / done * (old.total - done) if now - self._start > 2 else None
        problems = old.problems + bool(entry.problem)
        self._state = ReadingState(done, old.total, old.crops + len(entry.crops), problems, left)
        if now - self._told >= PROGRESS_S:
            self._told = now
            self._tell(self._state)

    def end(self) -> None:
        if self._state.total:
            self._tell(self._state)
