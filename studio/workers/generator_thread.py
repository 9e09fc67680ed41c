"""The one thread that owns the generator.

Live requests (the picture under the probe) have one waiting slot: a newer one replaces it, stale answers are
dropped. Everything else (saves, exports, tiles of the map) waits in a queue and is never dropped unless its
asker cancels it; while live requests keep coming, small pictures of the queue are made in the gaps between
them (`frame_budget.latency`), and the queue gets its turn once a second even without a gap.
"""

from __future__ import annotations

import contextlib
import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.errors import PersonaError, RecipeError
from engine.recipe import Recipe
from engine.style import Scores
from studio.frame_budget.latency import LatencyEstimator
from studio.frame_budget.thread_priority import PICTURES, lower_thread_priority
from studio.workers.engine import Engine, Opener, open_engine
from studio.workers.invoker import MainThreadInvoker
from studio.workers.render import BULK, SAVE, Render

if TYPE_CHECKING:
    from engine.bundle import Bundle
    from engine.images import Picture
    from engine.providers import Provider

TURN_S = 1.0
"""While live requests keep coming without a gap, the queue gets a turn this often."""
GRACE_S = 0.1
"""So long after a live picture another one is expected: no full picture of the queue is begun before it."""


@dataclass(frozen=True)
class Answer:
    """A rendered picture and what was asked."""

    request: int
    recipe: Recipe
    image: Picture
    full: bool
    milliseconds: float
    """What rendering took."""


@dataclass(frozen=True)
class Loaded:
    """A model that is ready."""

    path: Path
    bundle: Bundle
    provider: Provider
    seconds: float
    """What loading took."""


@dataclass(frozen=True)
class _Live:
    request: int
    recipe: Recipe
    full: bool


class GeneratorThread(QObject):
    """Loads models and renders, off the Qt thread. Signals arrive on the thread this object lives in."""

    loading = Signal()
    ready = Signal(object)
    """Loaded."""
    failed = Signal(object)
    """Exception: a model could not be loaded; the one before stays in use."""
    moved = Signal(object)
    """Provider: pictures are made somewhere else from now on."""
    answered = Signal(object)
    """Answer to a live request; always newer than the one before."""
    scored = Signal(int, object)
    """request, style match 0..1 of its full picture (float | None)."""
    render_failed = Signal(int, object)
    """request, Exception."""
    queue_changed = Signal(int)
    """How many queued renders wait."""

    def __init__(
        self,
        opener: Opener | None = None,
        parent: QObject | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """opener: loads models; None for the real one."""
        super().__init__(parent)
        self._open, self._clock = opener or open_engine, clock
        self._invoker = MainThreadInvoker(self)
        self._condition = threading.Condition()
        self._numbers = count(1)
        self._stopping = False
        self._to_load: tuple[Path | None, str] | None = None
        self._live: _Live | None = None
        self._to_score: tuple[int, Recipe, Picture] | None = None
        self._queue: list[Render] = []
        self._newest = 0
        self._last_turn = 0.0
        self._last_live = 0.0
        self._latency = LatencyEstimator()
        self.grace_s = GRACE_S
        self._engine: Engine | None = None
        self._low_resolution_of: Engine | None = None
        """The engine that low-resolution previews were last tried with."""
        self._has_low_resolution = False
        """Whether it has some."""
        self._asking: threading.Thread | None = None
        self._provider: Provider | None = None
        """Where pictures were made when that was told last."""
        self._engines: dict[str, Engine] = {}
        self._mail: Answer | None = None
        self._thread = threading.Thread(target=self._work, name="generator", daemon=True)

    # ---- asking, from the Qt thread (render and render_many from any)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self, timeout: float = 1.0) -> bool:
        """Ends the thread after the picture at hand, cancels the rest. True when it ended in time."""
        with self._condition:
            self._stopping = True
            waiting, self._queue = self._queue, []
            self._condition.notify_all()
        for render in waiting:
            render.cancel()
        end = time.monotonic() + timeout
        threads = [one for one in (self._thread, self._asking) if one is not None and one.is_alive()]
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        self._invoker.close()
        return not any(thread.is_alive() for thread in threads)

    def load(self, path: Path | None, device: str = "auto") -> None:
        """Loads a model (None: the default one); `loading`, then `ready` or `failed` follow."""
        with self._condition:
            self._to_load = (path, device)
            self._live = self._to_score = None
            self._condition.notify_all()
        self.loading.emit()

    def request_preview(self, recipe: Recipe) -> int:
        """Asks for a live preview; replaces the live request that waits. Returns its number."""
        return self._request(recipe, full=False)

    def request_full(self, recipe: Recipe) -> int:
        """Asks for the live full picture; replaces the live request that waits. Returns its number."""
        return self._request(recipe, full=True)

    def render(
        self,
        recipe: Recipe,
        *,
        preview: bool = False,
        priority: int = SAVE,
        scores: bool = False,
        done: Callable[[Render, Picture], object] | None = None,
        failed: Callable[[Render, Exception], object] | None = None,
    ) -> Render:
        """Queues a render; from any thread. `done` and `failed` are called on the Qt thread.

        scores: whether it is wanted too how well the picture matches its styles (`Render.scores`).
        """
        with self._condition:
            render = Render(recipe, preview, priority, next(self._numbers), done, failed, scores)
            if self._stopping:
                render.cancel()
                return render
            if not self._queue:
                self._last_turn = self._clock()
            heapq.heappush(self._queue, render)
            self._condition.notify_all()
        self._tell_queue()
        return render

    def render_many(
        self,
        recipes: Iterable[Recipe],
        *,
        preview: bool = False,
        priority: int = BULK,
        scores: bool = False,
        ahead: int = 2,
    ) -> Generator[tuple[Picture, Scores], None, None]:
        """Pictures and scores in the order of `recipes`, for a thread that may wait; a few are made ahead.

        When the caller stops in between, what is ahead is cancelled.
        """
        pending: deque[Render] = deque()
        source = iter(recipes)
        try:
            while True:
                while len(pending) <= ahead and (recipe := next(source, None)) is not None:
                    pending.append(self.render(recipe, preview=preview, priority=priority, scores=scores))
                if not pending:
                    return
                render = pending.popleft()
                yield render.result(), render.scores
        finally:
            for render in pending:
                render.cancel()

    @property
    def waiting(self) -> int:
        """How many queued renders wait."""
        with self._condition:
            return len(self._queue)

    def _request(self, recipe: Recipe, full: bool) -> int:
        with self._condition:
            self._newest = next(self._numbers)
            self._live = _Live(self._newest, recipe, full)
            self._to_score = None
            self._latency.requested(self._clock())
            self._condition.notify_all()
            return self._newest

    # ---- working, on the thread

    def _work(self) -> None:
        lower_thread_priority(PICTURES)
        while (step := self._next()) is not None:
            step()
            self._tell_provider()
        self._engine = self._low_resolution_of = None
        self._engines.clear()

    def _next(self) -> Callable[[], None] | None:
        """The next thing to do; waits for it. None at the end."""
        with self._condition:
            while not self._stopping:
                if patience := self._patience():
                    self._condition.wait(patience)
                    continue
                if step := self._choose():
                    return step
                self._condition.wait(self.grace_s / 4 if self._queue else None)
        return None

    def _patience(self) -> float:
        """How long to wait because the hand moves and its next request is worth more than the last."""
        if self._to_load is not None or self._live is None or self._live.full:
            return 0.0
        return self._latency.patience(self._clock())

    def _choose(self) -> Callable[[], None] | None:
        """Loading first, then live requests, but the queue must not starve; scores come last."""
        if self._to_load is not None:
            target, self._to_load = self._to_load, None
            return lambda: self._load(*target)
        if self._engine is not self._low_resolution_of and self._latency.is_slow and self._engine is not None:
            self._ask_for_low_resolution(self._engine)
        now = self._clock()
        is_turn = bool(self._queue) and now - self._last_turn >= TURN_S
        if self._live is not None and self._engine is not None and not is_turn:
            live, self._live = self._live, None
            return lambda: self._answer(live)
        if self._queue and self._engines:
            is_calm = now - self._last_live >= self.grace_s
            if is_turn or is_calm or (self._queue[0].preview and self._latency.has_room(now)):
                render = heapq.heappop(self._queue)
                self._last_turn = now
                return lambda: self._render(render)
        if self._to_score is not None:
            to_score, self._to_score = self._to_score, None
            return lambda: self._score(*to_score)
        return None

    def _load(self, path: Path | None, device: str) -> None:
        start = self._clock()
        try:
            engine = self._open(path, device)
            loaded = Loaded(engine.bundle.path, engine.bundle, engine.provider, self._clock() - start)
        except Exception as error:
            self._invoker.invoke(lambda error=error: self.failed.emit(error))  # type: ignore[misc]
            return
        self._engine = engine
        with self._condition:
            self._latency = LatencyEstimator(engine.preview_s)
            if self._live is not None and self._live.recipe.model != engine.bundle.id:
                self._live = None  # asked of the model before
            needed = {render.recipe.model for render in self._queue} | {engine.bundle.id}
        self._provider = engine.provider
        self._engines[engine.bundle.id] = engine
        self._engines = {one: known for one, known in self._engines.items() if one in needed}
        self._invoker.invoke(lambda: self.ready.emit(loaded))

    def _answer(self, live: _Live) -> None:
        engine = self._engine
        assert engine is not None
        start = self._clock()
        try:
            _check_model(live.recipe, engine)
            image, low_resolution = self._picture(engine, live)
        except Exception as error:
            self._invoker.invoke(lambda error=error: self.render_failed.emit(live.request, error))  # type: ignore[misc]
            return
        seconds = self._clock() - start
        if not live.full:
            self._latency.took(seconds, low_resolution=low_resolution)
        self._last_live = 0.0 if live.full else self._clock()
        with self._condition:
            is_newest = live.request == self._newest
            if live.full and not is_newest:
                return  # the hand moves again; a preview is on its way
            self._mail = Answer(live.request, live.recipe, image, live.full, 1000 * seconds)
            if live.full and is_newest and live.recipe.styles:
                self._to_score = (live.request, live.recipe, image)
        self._invoker.invoke(self._deliver)

    def _picture(self, engine: Engine, live: _Live) -> tuple[Picture, bool]:
        """What was asked for, and whether it has half the side because the hand would not wait."""
        if live.full:
            return engine.render(live.recipe), False
        hurried = self._has_low_resolution and engine is self._low_resolution_of and self._latency.is_hurried
        low_resolution = engine.low_resolution(live.recipe) if hurried else None
        return (engine.preview(live.recipe), False) if low_resolution is None else (low_resolution, True)

    def _deliver(self) -> None:
        """On the Qt thread: of several answers that wait for it, the last."""
        with self._condition:
            answer, self._mail = self._mail, None
        if answer is not None:
            self.answered.emit(answer)

    def _ask_for_low_resolution(self, engine: Engine) -> None:
        """Beside the pictures, for the hand is moving; until they are there, it gets previews."""
        self._low_resolution_of, self._has_low_resolution = engine, False

        def find_out() -> None:
            with contextlib.suppress(Exception):  # without them, previews go on
                can = engine.has_low_resolution()
                with self._condition:
                    self._has_low_resolution = can and engine is self._low_resolution_of

        self._asking = threading.Thread(target=find_out, name="low-resolution", daemon=True)
        self._asking.start()

    def _render(self, render: Render) -> None:
        start = self._clock()
        done = render.carry_out(self._engines.get(render.recipe.model), self._invoker)
        if done and render.preview:
            self._latency.took(self._clock() - start)
        self._tell_queue()

    def _score(self, request: int, recipe: Recipe, image: Picture) -> None:
        assert self._engine is not None
        try:
            scores = self._engine.scores(recipe, image)
        except PersonaError:
            scores = Scores()
        self._invoker.invoke(lambda: self.scored.emit(request, scores))

    def _tell_provider(self) -> None:
        """Where the graphics card has failed, or is back."""
        if self._engine is not None and self._engine.provider is not self._provider:
            self._provider = provider = self._engine.provider
            self._invoker.invoke(lambda: self.moved.emit(provider))

    def _tell_queue(self) -> None:
        self._invoker.invoke(lambda: self.queue_changed.emit(self.waiting))


def _check_model(recipe: Recipe, engine: Engine) -> None:
    if recipe.model != engine.bundle.id:
        raise RecipeError("The recipe is for another model than the one in use.", "other-model")
