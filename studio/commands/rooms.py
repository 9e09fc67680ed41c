"""What commands work with: the library, the state and the workers of one studio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject

from studio.commands.error_messages import tell
from studio.commands.undo import UndoStack, UndoStep
from studio.library.models import ModelShelf
from studio.library.pictures import Gallery
from studio.library.places import Places
from studio.library.styles import StyleShelf
from studio.library.tasks import End, IsCancelled, Outcome, Progress
from studio.library.text import Text
from studio.library.trash import Bin
from studio.state.explorer import Explorer
from studio.state.gallery import GalleryModel
from studio.state.history import History
from studio.state.jobs import Job, Jobs
from studio.state.model import ModelState
from studio.state.notices import Notices
from studio.state.settings import SettingsState
from studio.state.styles import StyleLibrary
from studio.workers.generator_thread import GeneratorThread
from studio.workers.pool import LongWork, Pool
from studio.workers.thumbnails import Thumbnails


class Background(QObject):
    """Long work that shows up as jobs."""

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._works: set[LongWork] = set()

    def start(
        self,
        title: Text,
        work: Callable[[Progress, IsCancelled], object],
        done: Callable[[Any], object],
        failed: Callable[[Exception], object],
        cancelled: Callable[[], object] | None = None,
    ) -> Job:
        """Begins; `done`, `failed` or `cancelled` is called on the Qt thread before the job ends."""
        long_work = LongWork(work, title.source, self)
        job = self._jobs.add(title, long_work.cancel)
        self._works.add(long_work)

        def end(outcome: Outcome[Any]) -> None:
            self._works.discard(long_work)
            if outcome.end is End.DONE:
                done(outcome.value)
            elif outcome.error is not None:
                failed(outcome.error)
            elif cancelled is not None:
                cancelled()
            job.finish(outcome)
            long_work.deleteLater()

        long_work.progress_changed.connect(job.advance)
        long_work.finished.connect(end)
        long_work.start()
        return job

    def stop(self, timeout: float) -> bool:
        """Asks everything to stop and waits a while. True when all ended in time."""
        for work in self._works:
            work.cancel()
            work.close()
        ended = [work.wait(timeout) is not None for work in self._works]
        return all(ended)


@dataclass(frozen=True, eq=False)
class Rooms:
    """Everybody a command may need."""

    places: Places
    trash: Bin
    gallery: Gallery
    style_shelf: StyleShelf
    model_shelf: ModelShelf

    settings: SettingsState
    model: ModelState
    styles: StyleLibrary
    explorer: Explorer
    history: History
    gallery_model: GalleryModel
    jobs: Jobs
    notices: Notices
    undo_stack: UndoStack

    generator: GeneratorThread
    thumbnails: Thumbnails
    reader: Pool
    writer: Pool
    """The lane: everything short that is written, in order."""
    background: Background

    def refresh_gallery(self, ids: tuple[str, ...] | None = ()) -> None:
        """Pictures were added, changed or removed; None for any."""
        self.gallery_model.refresh(ids)

    def refresh_styles(self, then: Callable[[], object] | None = None) -> None:
        """Reads the styles on disk anew."""

        def take(found: tuple[list[Any], list[Any]]) -> None:
            self.styles.set_entries(found[0])
            if then is not None:
                then()

        self.writer.run(
            self.style_shelf.entries,
            take,
            lambda error: tell(self.notices, Text("The styles could not be read."), error),
        )

    def written(
        self,
        title: Text,
        do: Callable[[], Callable[[], object]],
        shown: Callable[[], object],
        failed: Text,
    ) -> UndoStep:
        """Carries out something short that is written, in the lane, as a step that can be undone.

        do: does it and returns what undoes it; both are called in the lane. shown: shows the result, on the
        Qt thread, after each of them. failed: what is told when it fails; the step is forgotten then.
        """
        undo: list[Callable[[], object]] = []

        def forward() -> None:
            undo.append(do())

        def backward() -> None:
            if undo:
                undo.pop()()

        def hand_over(work: Callable[[], None]) -> None:
            self.writer.run(work, lambda _: shown(), fail)

        def fail(error: Exception) -> None:
            self.undo_stack.drop(step)
            tell(self.notices, failed, error)
            shown()

        step = UndoStep(title, lambda: hand_over(backward), lambda: hand_over(forward))
        hand_over(forward)
        self.undo_stack.push(step)
        return step
