"""A picture that waits in the generator's queue."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING

from engine.errors import Cancelled, RecipeError
from engine.recipe import Recipe
from engine.style import Scores
from studio.workers.engine import Engine
from studio.workers.invoker import MainThreadInvoker

if TYPE_CHECKING:
    from engine.images import Picture

TILE, SAVE, BULK = 0, 1, 2
"""Priorities of queued renders: what is on screen, what someone waits for, what takes long anyway."""


class Render:
    """A queued render."""

    def __init__(
        self,
        recipe: Recipe,
        preview: bool,
        priority: int,
        number: int,
        done: Callable[[Render, Picture], object] | None = None,
        failed: Callable[[Render, Exception], object] | None = None,
        scores: bool = False,
    ) -> None:
        self.recipe = recipe
        self.preview = preview
        self.scores = Scores()
        """How well the picture matches its styles, once it is rendered, where that was asked for."""
        self._wants_scores = scores
        self._order = (priority, number)
        self._done = done
        self._failed = failed
        self._future: Future[Picture] = Future()

    def __lt__(self, other: Render) -> bool:
        return self._order < other._order

    def cancel(self) -> None:
        """Drops it if it has not begun; nobody is called back any more."""
        self._done = self._failed = None
        self._future.cancel()

    def result(self, timeout: float | None = None) -> Picture:
        """Waits for the picture; for threads other than Qt's. Cancelled, PersonaError, TimeoutError."""
        try:
            return self._future.result(timeout)
        except CancelledError:
            raise Cancelled from None

    def carry_out(self, engine: Engine | None, invoker: MainThreadInvoker) -> bool:
        """On the generator's thread. Whether there is a picture now."""
        if not self._future.set_running_or_notify_cancel():
            return False
        try:
            if engine is None:
                raise RecipeError("The model that this recipe is for is not loaded.", "other-model")
            picture = (engine.preview if self.preview else engine.render)(self.recipe)
            if self._wants_scores:
                self.scores = engine.scores(self.recipe, picture)
        except Exception as error:
            self._future.set_exception(error)
            invoker.invoke(lambda error=error: self._failed and self._failed(self, error))  # type: ignore[misc]
            return False
        self._future.set_result(picture)
        invoker.invoke(lambda: self._done and self._done(self, picture))
        return True
