"""Compares the gallery with the style in use, as soon as somebody sorts or searches by match.

Every picture is looked at once for a model, in the background and bit by bit; what was seen is kept. A
comparison with another style is then one product of a matrix with a vector.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer

from engine.errors import PersonaError
from engine.style import Style
from studio.commands.fitting import Fitting
from studio.commands.rooms import Rooms
from studio.library.index import Sort
from studio.library.looks import LookFile, Matches, Vector
from studio.library.styles import StyleEntry
from studio.state.gallery import Comparison

if TYPE_CHECKING:
    from engine.style import StyleMaker

BIT = 24
"""Pictures that are looked at in a row."""
LAST = 8
"""Priority in the reading pool: behind what somebody looks at."""
REST_MS = 200
"""After a change, before it is followed."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Round:
    """One comparison of the whole gallery with one style."""

    turn: int
    entry: StyleEntry
    style: Style
    keys: dict[str, int]
    rest: list[str]
    """Pictures that were not looked at when it began."""

    def after(self, done: int) -> Comparison:
        """How far it is when so many of the rest were looked at."""
        left = max(0, len(self.rest) - done)
        return Comparison(self.entry, max(1, len(self.keys)) - left, max(1, len(self.keys)))


class Matching(QObject):
    """Watches the gallery's question, the style in use and the model."""

    def __init__(self, rooms: Rooms, fitting: Fitting, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rooms, self._fitting = rooms, fitting
        self._file = LookFile(rooms.places.cache / "looks.sqlite3")
        self._lock = threading.Lock()
        self._model, self._looks = "", dict[str, Vector]()
        self._turn = 0
        self._timer = QTimer(self, singleShot=True, interval=REST_MS)
        self._timer.timeout.connect(self._begin)
        gallery = rooms.gallery_model
        gallery.query_changed.connect(self._follow)
        gallery.counts_changed.connect(self._follow)
        rooms.styles.active_changed.connect(self._follow)
        rooms.styles.entries_changed.connect(self._follow)
        rooms.model.bundle_changed.connect(self._follow)

    def stop(self) -> None:
        """Begins nothing more."""
        self._turn += 1
        self._timer.stop()

    @property
    def entry(self) -> StyleEntry | None:
        """What pictures are compared with: the style in use, if the model in use understands it."""
        entry = self._rooms.styles.active
        return entry if entry is not None and self._rooms.styles.is_usable(entry) else None

    def _follow(self, *_: object) -> None:
        self._timer.start()

    def _begin(self) -> None:
        """Compares with what is known already, then looks at the rest."""
        self._turn += 1
        gallery, entry = self._rooms.gallery_model, self.entry
        if entry is None or self._rooms.model.bundle is None:
            gallery.set_matches(None)
            gallery.comparison = None
        elif gallery.query.sort is Sort.SCORE or gallery.query.score:
            if gallery.comparison is None or gallery.comparison.entry != entry:
                gallery.comparison = Comparison(entry)
            self._compare(self._turn, entry)

    def _compare(self, turn: int, entry: StyleEntry) -> None:
        """Shows what is known already, and goes on with what is not."""
        get, style = self._fitting.maker(), entry.style

        def work() -> tuple[Matches, dict[str, int], list[str]]:
            keys, maker = self._keys(), get()
            known = self._known(maker)
            return self._matches(maker, keys, style), keys, [one for one in keys if one not in known]

        def take(found: tuple[Matches, dict[str, int], list[str]]) -> None:
            matches, keys, rest = found
            if turn == self._turn:
                self._rooms.gallery_model.set_matches(matches)
                self._look(_Round(turn, entry, style, keys, rest), 0)

        self._rooms.reader.run(work, take, lambda error: self._give_up(turn, error), priority=LAST)

    def _look(self, round: _Round, done: int) -> None:
        """Looks at the next few of those that were not looked at yet."""
        ids, after = round.rest[done : done + BIT], done + BIT
        if round.turn != self._turn:
            return
        self._rooms.gallery_model.comparison = round.after(done)
        if not ids:
            return
        get = self._fitting.maker()
        shown = after >= len(round.rest) or (after // BIT).bit_count() == 1  # ever more rarely

        def work() -> Matches | None:
            maker = get()
            seen = [(one, _vector(maker, self._rooms.gallery.path(one))) for one in ids]
            with self._lock:
                if self._model == maker.bundle.id:
                    self._looks.update(seen)
            self._file.add(maker.bundle.id, seen)
            return self._matches(maker, round.keys, round.style) if shown else None

        def take(matches: Matches | None) -> None:
            if round.turn == self._turn:
                if matches is not None:
                    self._rooms.gallery_model.set_matches(matches)
                self._look(round, after)

        self._rooms.reader.run(work, take, lambda error: self._give_up(round.turn, error), priority=LAST)

    def _give_up(self, turn: int, error: Exception) -> None:
        """The gallery stays as far as it was compared."""
        log.error("Pictures could not be compared.", exc_info=error)
        gallery = self._rooms.gallery_model
        if turn == self._turn and gallery.comparison is not None:
            gallery.comparison = Comparison(gallery.comparison.entry, 1, 1)

    def _matches(self, maker: StyleMaker, keys: dict[str, int], style: Style) -> Matches:
        return Matches.of(self._known(maker), keys, style.vector, maker.bundle.card.style_score)

    def _known(self, maker: StyleMaker) -> dict[str, Vector]:
        """The vectors under the model in use."""
        with self._lock:
            if self._model != maker.bundle.id:
                self._model, self._looks = maker.bundle.id, self._file.load(maker.bundle.id)
            return dict(self._looks)

    def _keys(self) -> dict[str, int]:
        index = self._rooms.gallery.index
        return {one: key for key, one in index.ids(index.keys().tolist()).items()}


def _vector(maker: StyleMaker, path: Path) -> Vector:
    """A picture's style; empty where it cannot be read."""
    try:
        return maker.vector(maker.aligned(path, whole=True).image).astype(np.float32)
    except (PersonaError, OSError):
        return np.empty(0, np.float32)
