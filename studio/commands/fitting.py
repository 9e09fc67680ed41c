"""Makes starters and styles of other models fit for the model in use: one at a time, when there is time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.errors import PersonaError
from engine.style import Style
from studio.library.fitting import FittedStyles
from studio.library.places import bundled_fits_folder
from studio.library.styles import StyleEntry
from studio.signals import delayed

if TYPE_CHECKING:
    from engine.bundle import Bundle
    from engine.providers import Provider
    from engine.style_maker import StyleMaker
    from studio.commands.context import AppContext

CALM_MS = 300
"""So long after a model came the first style is made: the first picture comes before."""
LAST = 10
"""Priority in the reading pool: behind whatever someone looks at."""


class NoModelError(PersonaError):
    """Nothing can be made before a model is loaded."""

    def __str__(self) -> str:
        return "There is no model yet; wait until one is loaded, or choose one in the settings."


class Fitting(QObject):
    """Watches the library and the model. Styles become usable one by one (`StyleLibrary.add_fitted`)."""

    done = Signal()
    """Every style is fit for the model in use, or cannot be."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._context = context
        self.cache = FittedStyles(context.places.fitted, bundled_fits_folder())
        self._maker: StyleMaker | None = None
        self._lock = threading.Lock()
        self._looked_up: set[tuple[str, Style]] = set()
        """What was looked for in the cache."""
        self._refused: set[tuple[str, Style]] = set()
        self._wanted: dict[str, Callable[[], object]] = {}
        self._busy = self._stopped = False
        self._timer = delayed(self, 0, self._next)
        context.model.bundle_changed.connect(lambda _: self._look(CALM_MS))
        context.styles.entries_changed.connect(self._look)

    def hurry(self, id: str, then: Callable[[], object]) -> bool:
        """Someone waits for this style: `then` is called once it is fit. False when it cannot be made fit."""
        entry = next((entry for entry in self._context.styles.unfit if entry.id == id), None)
        if entry is None or self._key(entry) in self._refused:
            return False
        self._wanted = {id: then}
        self._look()
        return True

    def maker(self) -> Callable[[], StyleMaker]:
        """What gives, off the Qt thread, the maker of styles for the model and device in use now.

        It raises NoModelError when there is no model.
        """
        bundle, provider = self._context.model.bundle, self._context.model.provider

        def get() -> StyleMaker:
            if bundle is None:
                raise NoModelError
            return self._maker_for(bundle, provider)

        return get

    def _maker_for(self, bundle: Bundle, provider: Provider | None) -> StyleMaker:
        from engine.style_maker import StyleMaker

        with self._lock:
            maker = self._maker
            if maker is None or maker.bundle is not bundle or maker.network.wanted != provider:
                maker = self._maker = StyleMaker(bundle, provider)
            return maker

    def tidy(self) -> None:
        """Forgets what was made longest ago; waits for the disk."""
        self.cache.prune()

    def stop(self) -> bool:
        """Begins nothing more; True, for nothing has to be waited for."""
        self._stopped = True
        self._timer.stop()
        return True

    def _look(self, after_ms: int = 0) -> None:
        if not self._stopped and not self._busy and not self._timer.isActive():
            self._timer.start(after_ms)

    def _next(self) -> None:
        """Begins with the next style, unless one is being made."""
        if self._busy or self._context.model.bundle is None:
            return
        if new := [one for one in self._context.styles.unfit if self._key(one) not in self._looked_up]:
            self._look_up(new)
            return
        entry = self._choose()
        if entry is None:
            self.done.emit()
            return
        if self._context.explorer.moving and entry.id not in self._wanted:
            self._timer.start(CALM_MS)  # the hand has the processor to itself
            return
        self._busy = True
        maker = self.maker()
        self._context.reader.run(
            lambda: self.cache.make(entry.style, maker()),
            lambda fitted: self._take([(entry, fitted)]),
            lambda error: self._refuse(entry),
            priority=0 if entry.id in self._wanted else LAST,
        )

    def _look_up(self, entries: list[StyleEntry]) -> None:
        """What was made before, or came made, is there in one go."""
        self._busy = True
        self._looked_up |= {self._key(entry) for entry in entries}
        model, cache = self._context.model.model_id, self.cache

        def find() -> list[tuple[StyleEntry, Style]]:
            found = ((entry, cache.known(entry.style, model)) for entry in entries)
            return [(entry, fitted) for entry, fitted in found if fitted is not None]

        self._context.reader.run(find, self._take)

    def _choose(self) -> StyleEntry | None:
        unfit = [entry for entry in self._context.styles.unfit if self._key(entry) not in self._refused]
        return min(unfit, key=lambda entry: entry.id not in self._wanted, default=None)

    def _take(self, made: list[tuple[StyleEntry, Style]]) -> None:
        self._busy = False
        self._context.styles.add_fitted((entry.style, fitted) for entry, fitted in made)
        for entry, _ in made:
            then = self._wanted.pop(entry.id, None)
            if then is not None and self._context.styles.entry(entry.id) is not None:
                then()
        self._look()

    def _refuse(self, entry: StyleEntry) -> None:
        """It has no picture that could be read: it stays what it is, a style of another model."""
        self._busy = False
        self._refused.add(self._key(entry))
        self._wanted.pop(entry.id, None)
        self._look()

    def _key(self, entry: StyleEntry) -> tuple[str, Style]:
        return self._context.model.model_id, entry.style
