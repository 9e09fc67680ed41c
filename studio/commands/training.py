"""Training models: one run at a time in a child process, the others queue. Closing the studio hurts none.

A run that was broken off, by whomever, goes on with `resume` from its last checkpoint.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject

from engine.files import free_name, safe_name
from studio.commands.models import ModelCommands
from studio.commands.rooms import Rooms
from studio.commands.told import tell
from studio.library.runs import RunState, list_runs, read_run
from studio.library.text import Text
from studio.state.notices import Act, Kind
from studio.state.training import Training, TrainingRequest
from studio.workers.training_process import TrainingEnd, TrainingProcess

LEAVE_MS = 15_000
"""How long the trainer may take for its last checkpoint when the studio closes."""

MakeProcess = Callable[[Sequence[str]], TrainingProcess]


class TrainingCommands(QObject):
    """Acts on training runs. Each returns at once."""

    def __init__(
        self,
        rooms: Rooms,
        training: Training,
        models: ModelCommands,
        parent: QObject | None = None,
        *,
        make_process: MakeProcess = TrainingProcess,
    ) -> None:
        super().__init__(parent)
        self._rooms = rooms
        self._training = training
        self._models = models
        self._make_process = make_process
        self._process: TrainingProcess | None = None
        self._folders: set[Path] = set()

    def refresh(self) -> None:
        """Reads anew which runs there are."""
        self._rooms.reader.run(
            lambda: list_runs(self._rooms.places.runs),
            self._training.set_runs,
            lambda error: tell(self._rooms.notices, Text("The training runs could not be listed."), error),
        )

    def start(
        self, data: Path, name: str, arguments: Sequence[str] = (), *, by: object = None
    ) -> TrainingRequest:
        """Trains on a folder, now or after the runs that wait. arguments: options of `trainer train`."""
        stamp = f"{datetime.now():%Y%m%d-%H%M%S}"
        folder = free_name(self._rooms.places.runs / safe_name(f"{name} {stamp}", fallback=stamp))
        while folder in self._folders:
            folder = folder.with_name(folder.name + "+")
        self._folders.add(folder)
        request = TrainingRequest(name, data, folder, ("--name", name, *arguments))
        self._queue(request)
        return request

    def resume(self, run: RunState, *, by: object = None) -> None:
        """Goes on with a run that was stopped or broken off, from its last checkpoint."""
        self._rooms.reader.run(
            lambda: _request_of(run.folder),
            self._queue,
            lambda error: tell(self._rooms.notices, Text("The run “{n}” cannot go on.", n=run.name), error),
        )

    def withdraw(self, request: TrainingRequest, *, by: object = None) -> None:
        """Takes a run out of the queue."""
        self._training.set_waiting([one for one in self._training.waiting if one != request])

    def pause(self) -> None:
        """Halts the run under way; it keeps its memory."""
        self._send("pause")

    def go_on(self) -> None:
        """Ends the pause."""
        self._send("resume")

    def checkpoint(self) -> None:
        """Saves the run under way now."""
        self._send("checkpoint")

    def preview(self) -> None:
        """Asks for a sample grid now."""
        self._send("preview")

    def stop(self) -> None:
        """Ends the run under way, with a checkpoint."""
        self._send("stop")

    def use_model(self, bundle: Path, *, by: object = None) -> None:
        """Puts a run's model, or one of its snapshots, into the library and to use."""
        self._models.import_file(bundle, by=by)

    def leave(self) -> bool:
        """The studio closes: the trainer makes a checkpoint and ends. True when it did so in time."""
        self._training.set_waiting(())
        if self._process is None:
            return True
        self._process.leave()
        return self._process.wait(LEAVE_MS)

    def _send(self, command: str) -> None:
        if self._process is not None and self._process.running:
            self._process.send(command)

    def _queue(self, request: TrainingRequest) -> None:
        self._training.set_waiting([*self._training.waiting, request])
        self._next()

    def _next(self) -> None:
        waiting = self._training.waiting
        if self._process is not None or not waiting:
            return
        request = waiting[0]
        self._training.set_waiting(waiting[1:])
        state = read_run(request.run) if request.resume else RunState(request.run)
        self._training.set_current(replace(state, name=request.name, status="running"))
        self._process = self._make_process(request.command())
        self._process.event_received.connect(self._training.take)
        self._process.finished.connect(lambda end: self._finish(request, end))
        self._process.start()

    def _finish(self, request: TrainingRequest, end: TrainingEnd) -> None:
        run = self._training.current
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        self._training.set_current(None)
        self._tell(request, end, run)
        self.refresh()
        self._next()

    def _tell(self, request: TrainingRequest, end: TrainingEnd, run: RunState | None) -> None:
        notices, name = self._rooms.notices, request.name
        bundle = run.bundle if run is not None else None
        if bundle is not None:
            use = Act(Text("Use this model"), lambda: self.use_model(bundle))
            notices.add(Kind.SUCCESS, Text("The model “{name}” is trained.", name=name), acts=(use,))
        elif end.ok or end.stopped:
            notices.add(
                Kind.INFO,
                Text("The training of “{name}” was stopped.", name=name),
                meaning=Text("It can go on from its last checkpoint."),
            )
        else:
            reason = end.problem or (run.message if run is not None else "") or _last_line(end.log)
            notices.add(
                Kind.ERROR,
                Text("The training of “{name}” ended early.", name=name),
                meaning=Text("What was saved stays; it can go on from its last checkpoint."),
                advice=Text("Read what the trainer said, put it right, and go on with the run."),
                details=(reason,) if reason else (),
            )


def _last_line(log: str) -> str:
    return next((line for line in reversed(log.splitlines()) if line.strip()), "")


def _request_of(folder: Path) -> TrainingRequest:
    """What goes on with the run in a folder; ValueError or OSError when its job cannot be read."""
    job = json.loads((folder / "job.json").read_text("utf-8"))
    name = folder.name
    with suppress(KeyError):
        name = str(job["name"])
    return TrainingRequest(name, Path(str(job["data"])), folder, resume=True)
