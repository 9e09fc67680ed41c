"""Children of the trainer beside the one that trains: one that prepares or measures, and short errands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject

from engine.formats.protocol import parse_event
from studio.library.tasks import End, Outcome
from studio.library.text import Text
from studio.state.jobs import Jobs
from studio.workers.training_process import Parse, TrainingEnd, TrainingProcess

LEAVE_MS = 4000
"""How long a child may take to end when the studio closes."""

Take = Callable[[tuple[float, Any]], object]
"""What is done with (time, event)."""
OnEnd = Callable[[TrainingEnd], object]


class MakeProcess(Protocol):
    """Makes a child of the trainer; with `parse`, one that tells other events."""

    def __call__(self, arguments: Sequence[str], parse: Parse = ..., /) -> TrainingProcess: ...


def make_processes(home: Path) -> MakeProcess:
    """Makes children that keep what they keep in the folder `home`."""

    def make(arguments: Sequence[str], parse: Parse = parse_event, /) -> TrainingProcess:
        return TrainingProcess(arguments, home=home, parse=parse)

    return make


class OneChild(QObject):
    """One child at a time: the next begins when the one before is gone, since both may use one folder."""

    def __init__(self, make_process: MakeProcess, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._make_process = make_process
        self._process: TrainingProcess | None = None
        self._leaving: TrainingProcess | None = None
        self._next: Callable[[], object] | None = None

    @property
    def busy(self) -> bool:
        """Whether one is at work that somebody waits for."""
        return self._process is not None

    def start(self, words: Sequence[str], parse: Parse | None, take: Take, ended: OnEnd) -> None:
        """Begins, now or when the one before is gone. words: what follows `python -m trainer`."""
        if self._leaving is not None:
            self._next = lambda: self.start(words, parse, take, ended)
            return
        process = self._make_process(words, parse) if parse is not None else self._make_process(words)
        self._process = process
        process.event_received.connect(lambda stamped: self._process is process and take(stamped))
        process.finished.connect(lambda outcome: self._finish(process, ended, outcome))
        process.start()

    def drop(self) -> None:
        """Nobody waits for it any more: it is asked to end."""
        self._next = None
        if self._process is not None:
            self._leaving, self._process = self._process, None
            self._leaving.terminate()

    def stop(self) -> bool:
        """For the very end of the program. True when it ended in time."""
        self.drop()
        return self._leaving is None or self._leaving.wait(LEAVE_MS)

    def _finish(self, process: TrainingProcess, ended: OnEnd, outcome: TrainingEnd) -> None:
        process.deleteLater()
        if self._process is process:
            self._process = None
            ended(outcome)
        elif self._leaving is process:
            self._leaving = None
            following, self._next = self._next, None
            if following is not None:
                following()


class Errands(QObject):
    """Short work for children of their own; each shows up as a job."""

    def __init__(self, jobs: Jobs, make_process: MakeProcess, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs, self._make_process = jobs, make_process
        self._processes: set[TrainingProcess] = set()

    def run(self, title: Text, words: Sequence[str], done: OnEnd) -> None:
        """Begins; `done` is called when it has ended, however it ended."""
        process = self._make_process(words)
        job = self._jobs.add(title, process.kill)
        self._processes.add(process)

        def finish(end: TrainingEnd) -> None:
            self._processes.discard(process)
            process.deleteLater()
            job.finish(Outcome(End.DONE if end.ok else End.CANCELLED))
            done(end)

        process.finished.connect(finish)
        process.start()

    def ask(self, words: Sequence[str], done: OnEnd) -> None:
        """A question that is answered at once, so that no job shows up."""
        process = self._make_process(words)
        self._processes.add(process)

        def finish(end: TrainingEnd) -> None:
            self._processes.discard(process)
            process.deleteLater()
            done(end)

        process.finished.connect(finish)
        process.start()

    def stop(self) -> bool:
        """For the very end of the program: ends them. True when they ended in time."""
        processes = tuple(self._processes)
        for process in processes:
            process.kill()
        ended = [process.wait(LEAVE_MS) for process in processes]
        return all(ended)
