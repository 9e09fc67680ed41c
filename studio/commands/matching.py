"""Compares the gallery with the style in use, as soon as somebody sorts or searches by look or likeness.

Every picture is looked at once for a model, in the background and bit by bit; what was seen is kept as long
as model and picture are. A comparison with another style is then one product of a matrix with a vector. Who
is shown is read only for a style that shows somebody.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from engine.errors import PersonaError
from engine.style import Style
from studio.commands.fitting import Fitting
from studio.library.looks import NOBODY, LookFile, Matches, PictureLook, Wanted, asks_to_compare, fresh
from studio.library.stamps import file_part
from studio.library.styles import StyleEntry
from studio.signals import delayed, follow
from studio.state.gallery_rows import Comparison

if TYPE_CHECKING:
    from engine.style_maker import StyleMaker
    from studio.commands.context import AppContext

BIT = 24
"""Pictures that are looked at in a row."""
LAST = 8
"""Priority in the reading pool: behind what somebody looks at."""
REST_MS = 200
"""After a change, before it is followed."""
IDLE_MS = 20_000
"""So long after pictures may have gone, what was seen in them is forgotten."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Pictures:
    """All that are compared."""

    keys: dict[str, int]
    """Id -> key."""
    files: dict[str, str]
    """Id -> what its file looks like from outside."""


@dataclass(frozen=True, eq=False)
class _Round:
    """One comparison of the whole gallery with one style."""

    turn: int
    entry: StyleEntry
    style: Style
    pictures: _Pictures
    rest: list[str]
    """Pictures that were not looked at when it began."""

    def after(self, done: int) -> Comparison:
        """How far it is when so many of the rest were looked at."""
        left = max(0, len(self.rest) - done)
        total = max(1, len(self.pictures.keys))
        return Comparison(self.entry, total - left, total)


class Matching(QObject):
    """Watches the gallery's question, the style in use and the model."""

    def __init__(self, context: AppContext, fitting: Fitting) -> None:
        super().__init__(context)
        self._context, self._fitting = context, fitting
        self._file = LookFile(context.places.cache / "looks.sqlite3")
        self._lock = threading.Lock()
        self._model, self._looks = "", dict[str, PictureLook]()
        self._turn = 0
        self._timer = delayed(self, REST_MS, self._begin)
        self._idle = delayed(self, IDLE_MS, self._tidy)
        gallery = context.gallery
        follow(
            self._follow,
            gallery.query_changed,
            gallery.overview.counts_changed,
            context.styles.active_changed,
            context.styles.entries_changed,
            context.model.bundle_changed,
        )

    def stop(self) -> None:
        """Begins nothing more."""
        self._turn += 1
        self._timer.stop()
        self._idle.stop()

    def tidy_soon(self) -> None:
        """Pictures may be gone for good: what was seen in them is forgotten when nothing else is to do."""
        self._idle.start()

    @property
    def entry(self) -> StyleEntry | None:
        """What pictures are compared with: the style in use, if the model in use understands it."""
        entry = self._context.styles.active
        return entry if entry is not None and self._context.styles.is_usable(entry) else None

    def _follow(self, *_: object) -> None:
        self._timer.start()

    def _begin(self) -> None:
        """Compares with what is known already, then looks at the rest."""
        self._turn += 1
        gallery, entry = self._context.gallery, self.entry
        if entry is None or self._context.model.bundle is None:
            gallery.set_matches(None)
            gallery.comparison = None
        elif asks_to_compare(gallery.query, entry.style):
            if gallery.comparison is None or gallery.comparison.entry != entry:
                gallery.comparison = Comparison(entry)
            self._compare(self._turn, entry)

    def _compare(self, turn: int, entry: StyleEntry) -> None:
        """Shows what is known already, and goes on with what is not."""
        get, style = self._fitting.maker(), entry.style

        def work() -> tuple[Matches, _Pictures, list[str]]:
            pictures, maker = self._pictures(), get()
            known = fresh(self._known(maker), pictures.files, persona=bool(style.persona))
            rest = [one for one in pictures.keys if one not in known]
            return _matches(maker, known, pictures.keys, style), pictures, rest

        def take(found: tuple[Matches, _Pictures, list[str]]) -> None:
            matches, pictures, rest = found
            if turn == self._turn:
                self._context.gallery.set_matches(matches)
                self._look(_Round(turn, entry, style, pictures, rest), 0)

        self._context.reader.run(work, take, lambda error: self._give_up(turn, error), priority=LAST)

    def _look(self, round: _Round, done: int) -> None:
        """Looks at the next few of those that were not looked at yet."""
        ids, after = round.rest[done : done + BIT], done + BIT
        if round.turn != self._turn:
            return
        self._context.gallery.comparison = round.after(done)
        if not ids:
            return
        get = self._fitting.maker()
        shown = after >= len(round.rest) or (after // BIT).bit_count() == 1  # ever more rarely

        def work() -> Matches | None:
            maker = get()
            person, files = bool(round.style.persona), round.pictures.files
            seen = [(one, self._see(maker, one, files.get(one, ""), person)) for one in ids]
            with self._lock:
                if self._model == maker.bundle.id:
                    self._looks.update(seen)
            self._file.add(maker.bundle.id, seen)
            if not shown:
                return None
            known = fresh(self._known(maker), files, persona=person)
            return _matches(maker, known, round.pictures.keys, round.style)

        def take(matches: Matches | None) -> None:
            if round.turn == self._turn:
                if matches is not None:
                    self._context.gallery.set_matches(matches)
                self._look(round, after)

        self._context.reader.run(work, take, lambda error: self._give_up(round.turn, error), priority=LAST)

    def _give_up(self, turn: int, error: Exception) -> None:
        """The gallery stays as far as it was compared."""
        log.error("Pictures could not be compared.", exc_info=error)
        gallery = self._context.gallery
        if turn == self._turn and gallery.comparison is not None:
            gallery.comparison = Comparison(gallery.comparison.entry, 1, 1)

    def _see(self, maker: StyleMaker, id: str, file: str, person: bool) -> PictureLook:
        """What is in a picture; empty where it cannot be read."""
        try:
            image = maker.aligned(self._context.library.gallery.path(id), whole=True).image
            look, persona = maker.codes(image)
        except (PersonaError, OSError):
            return PictureLook(file, NOBODY)
        return PictureLook(file, look.astype(np.float32), persona.astype(np.float32) if person else NOBODY)

    def forget_persons(self) -> None:
        """Forgets who is shown in every picture that was compared. Waits for the disk; OSError."""
        self._file.forget_persons()
        with self._lock:
            self._looks = {one: replace(look, persona=NOBODY) for one, look in self._looks.items()}

    def _known(self, maker: StyleMaker) -> dict[str, PictureLook]:
        """What was seen under the model in use."""
        with self._lock:
            if self._model != maker.bundle.id:
                self._model, self._looks = maker.bundle.id, self._file.load(maker.bundle.id)
            return dict(self._looks)

    def _pictures(self) -> _Pictures:
        index = self._context.library.gallery.index
        keys = {one: key for key, one in index.ids(index.keys()).items()}
        return _Pictures(keys, {one: file_part(stamp) for one, stamp in index.stamps().items()})

    # ---- forgetting

    def _tidy(self) -> None:
        context, bundle = self._context, self._context.model.bundle
        if context.jobs.running or context.reader.pending:
            self._idle.start()
        elif bundle is not None and not context.library.gallery.is_behind:
            context.reader.run(lambda: self._forget(bundle.id), None, _let_be, priority=LAST)

    def _forget(self, model: str) -> None:
        """Keeps what was seen in the pictures of gallery and bin under models that can be chosen."""
        context = self._context
        slots = context.library.trash.slots("pictures")
        pictures = {
            *context.library.gallery.index.stamps(),
            *(item[-1] for slot in slots for item in slot.items),
        }
        self._file.prune({model, *context.library.models.ids()}, pictures)
        with self._lock:
            self._looks = {one: look for one, look in self._looks.items() if one in pictures}


def _matches(maker: StyleMaker, looks: dict[str, PictureLook], keys: dict[str, int], style: Style) -> Matches:
    card = maker.bundle.card
    persona = Wanted(style.persona, card.persona.score) if card.persona and style.persona else None
    return Matches.of(looks, keys, Wanted(style.vector, card.style_score), persona)


def _let_be(error: Exception) -> None:
    log.info("What was seen in pictures could not be tidied: %s", error)
