"""Training models: one run at a time in a child process, the others queue. Closing the studio hurts none.

What is under way and what waits is also kept in a file, so a studio that was killed offers it again; a run
that was broken off, by whomever, goes on with `resume` from its last checkpoint.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.bundle import CARD
from engine.files import free_name
from engine.formats.job import flat
from engine.formats.names import safe_name
from engine.formats.prepared_set import pictures_in
from engine.formats.protocol import Event, Started
from engine.formats.run_folder import JOB
from engine.formats.run_state import RunSnapshot, RunState, with_job
from engine.persona import SUBJECTS
from studio.commands.error_messages import tell
from studio.commands.helper_files import HelperFiles
from studio.commands.models import ModelCommands
from studio.commands.trainer_child import Errands, MakeProcess, make_processes
from studio.commands.trouble import trouble_of
from studio.library import jsonfile
from studio.library.runs import list_runs
from studio.library.text import Text
from studio.library.training_queue import QueueFile, TrainingRequest
from studio.state.notices import Act, Kind
from studio.state.training import Training
from studio.workers.training_process import TrainingEnd, TrainingProcess

if TYPE_CHECKING:
    from studio.commands.context import AppContext

LEAVE_MS = 15_000
"""How long the trainer may take for its last checkpoint when the studio closes."""
STYLE_PICTURES = 500
"""Pictures up to which what was learned is taken for one style."""


class TrainingCommands(QObject):
    """Acts on training runs. Each returns at once."""

    started = Signal(object)
    """Path of the run that begins."""

    def __init__(
        self,
        context: AppContext,
        training: Training,
        models: ModelCommands,
        *,
        make_process: MakeProcess | None = None,
    ) -> None:
        super().__init__(context)
        self._context = context
        self._training = training
        self._models = models
        self._make_process = make_process or make_processes(context.places.data)
        self._process: TrainingProcess | None = None
        self._request: TrainingRequest | None = None
        self._errands = Errands(context.jobs, self._make_process, self)
        self.helpers = HelperFiles(context, self._errands)
        self._folders: set[Path] = set()
        self._queue_file = QueueFile(context.places.queue)
        self._leaving = False
        training.waiting_changed.connect(self._remember)

    # ---- what there is

    def refresh(self, then: Callable[[], object] | None = None) -> None:
        """Reads anew which runs there are."""

        def take(runs: list[RunState]) -> None:
            self._training.set_runs(runs)
            if then is not None:
                then()

        self._context.reader.run(
            lambda: list_runs(self._context.places.runs),
            take,
            lambda error: tell(self._context.notices, Text("said.the_training_runs_could_not"), error),
        )

    def recover(self) -> None:
        """After a start: what was under way or waited when the studio ended is offered again."""
        if self._leaving:
            return
        self._context.reader.run(self._left_over, self._offer)

    def _left_over(self) -> tuple[list[RunState], tuple[TrainingRequest, ...]]:
        runs = list_runs(self._context.places.runs)
        done = {run.folder for run in runs if not run.can_go_on}
        wanted = [request for request in self._queue_file.load() if request.run not in done]
        return runs, tuple(request.going_on() for request in wanted)

    def _offer(self, found: tuple[list[RunState], tuple[TrainingRequest, ...]]) -> None:
        runs, wanted = found
        self._training.set_runs(runs)
        if not wanted or self._training.waiting or self._training.current is not None:
            return
        self._training.set_held(True)
        self._training.set_waiting(wanted)
        self._context.notices.add(
            Kind.INFO,
            Text("said.training.left_over", name=wanted[0].name),
            meaning=Text("said.training.left_over.meaning"),
            acts=(Act(Text("said.training.go_on"), self.release),),
            asks=True,
            holds=lambda: self._training.held,
            until=(self._training.held_changed,),
        )

    def release(self) -> None:
        """Lets the queue go on that was held after a start."""
        self._training.set_held(False)
        self._next()

    # ---- the queue

    def start(self, data: Path, name: str, arguments: Sequence[str] = ()) -> TrainingRequest:
        """Trains on a folder, now or after the runs that wait. arguments: options of `trainer train`."""
        stamp = f"{datetime.now():%Y%m%d-%H%M%S}"
        folder = free_name(self._context.places.runs / safe_name(f"{name} {stamp}", fallback=stamp))
        while folder in self._folders:
            folder = folder.with_name(folder.name + "+")
        self._folders.add(folder)
        request = TrainingRequest(name, data, folder, ("--name", name, *arguments))
        self._queue(request)
        return request

    def resume(self, run: RunState) -> None:
        """Goes on with a run that was stopped or broken off, from its last checkpoint."""
        if self._training.is_waiting(run.folder):
            self.release()
            return
        self._context.reader.run(
            lambda: _request_of(run.folder),
            self._queue,
            lambda error: tell(self._context.notices, Text("said.the_run_n_cannot_go", n=run.name), error),
        )

    def withdraw(self, request: TrainingRequest) -> None:
        """Takes a run out of the queue."""
        self._training.set_waiting([one for one in self._training.waiting if one != request])
        if not self._training.waiting:
            self._training.set_held(False)

    def move(self, request: TrainingRequest, place: int) -> None:
        """Puts a run that waits at another place of the queue; 0 is the next to begin."""
        waiting = list(self._training.waiting)
        if request not in waiting:
            return
        waiting.remove(request)
        waiting.insert(max(0, place), request)
        if tuple(waiting) != self._training.waiting:
            self._training.set_waiting(waiting)

    # ---- the run under way

    def pause(self) -> None:
        """Halts the run under way; it keeps its memory."""
        self._send("pause")
        self._training.set_asked("pause")

    def go_on(self) -> None:
        """Ends the pause."""
        self._send("resume")
        self._training.set_asked("")

    def checkpoint(self) -> None:
        """Saves the run under way now."""
        self._send("checkpoint")

    def preview(self) -> None:
        """Asks for a sample grid now."""
        self._send("preview")

    def stop(self) -> None:
        """Ends the run under way, with a checkpoint."""
        self._send("stop")
        self._training.set_asked("stop")

    # ---- what came of it

    def use_model(self, bundle: Path) -> None:
        """Puts a run's model into the library, unless it is there already, and to use."""
        entries = self._context.model.entries

        def work() -> Path | None:
            digest = _digest_of(bundle)
            return next((entry.path for entry in entries if _digest_of(entry.path) == digest), None)

        def take(known: Path | None) -> None:
            if known is not None:
                self._models.use(known)
            else:
                self._models.import_file(bundle)

        what = Text("said.the_model_name_could_not", name=bundle.parent.name)
        self._context.reader.run(work, take, lambda error: tell(self._context.notices, what, error))

    def use_run(self, run: RunState) -> None:
        """A run's model, in use, and the style of the person it learned, where there is none yet."""
        if run.bundle is None:
            return
        self.use_model(run.bundle)
        subject = str((run.consent or {}).get("subject", ""))
        if run.data is None or subject not in SUBJECTS:
            return
        if any(entry.name == run.name for entry in self._context.styles.entries):
            return
        data, name = run.data, run.name

        def make(files: list[Path]) -> None:
            if 0 < len(files) <= STYLE_PICTURES:
                self._context.on_styles.make(files, name=name, whole=True, subject=subject)

        self._context.reader.run(lambda: pictures_in(data), make)

    def use_snapshot(self, run: RunState, snapshot: RunSnapshot, name: str) -> None:
        """Makes a model of a snapshot, and puts it to use. It takes a moment, in a child of its own."""
        out = self._context.places.cache / f"snapshot-{secrets.token_hex(4)}" / "model"
        words = ["bundle", str(run.folder), "--snapshot", str(snapshot.step), "--out", str(out)]

        def tidy() -> None:
            self._context.reader.run(lambda: shutil.rmtree(out.parent, ignore_errors=True))

        def done(end: TrainingEnd) -> None:
            if end.ok:
                self._models.import_file(out).finished.connect(lambda _: tidy())
                return
            tidy()
            if not end.stopped:
                self._tell_trouble(Text("said.training.no_snapshot", name=run.name), end)

        self._errands.run(Text("said.training.snapshot", name=name), [*words, "--name", name], done)

    def delete(self, run: RunState) -> None:
        """Moves a run to the bin, with all its checkpoints; a model made of it stays."""
        runs, trash = self._context.places.runs, self._context.library.trash
        if self._training.current is not None and self._training.current.folder == run.folder:
            return

        def do() -> Callable[[], object]:
            slot = trash.put("runs", runs, [[run.folder]], [run.name])
            return lambda: trash.restore(slot)

        for request in self._training.waiting:
            if request.run == run.folder:
                self.withdraw(request)
        self._context.written(
            Text("said.training.delete"), do, self.refresh, Text("said.training.not_deleted")
        )

    # ---- the child

    def leave(self) -> bool:
        """The studio closes: the trainer makes a checkpoint and ends. True when it did so in time.

        What was under way or waited is offered again at the next start.
        """
        self._leaving = True
        errands_ended = self._errands.stop()
        if self._process is None:
            return errands_ended
        self._process.leave()
        return self._process.wait(LEAVE_MS) and errands_ended

    def _send(self, command: str) -> None:
        if self._process is not None and self._process.running:
            self._process.send(command)

    def _queue(self, request: TrainingRequest) -> None:
        self._training.set_waiting([*self._training.waiting, request])
        self._next()

    def _next(self) -> None:
        waiting = self._training.waiting
        if self._training.current is not None or not waiting or self._training.held or self._leaving:
            return
        self._request = request = waiting[0]
        known = self._training.run(request.run) if request.resume else None
        state = known or RunState(request.run, data=request.data)
        self._process = self._make_process(request.command())
        self._training.set_current(
            replace(state, name=request.name, status="running", reason=None, seconds_left=None)
        )
        self._training.set_waiting(waiting[1:])
        self._process.event_received.connect(self._take)
        self._process.finished.connect(lambda end: self._finish(request, end))
        self._process.start()
        self.started.emit(request.run)

    def _take(self, stamped: tuple[float, Event]) -> None:
        self._training.take(stamped)
        if isinstance(stamped[1], Started) and self._training.current is not None:
            begun = self._training.current
            self._context.reader.run(lambda: with_job(begun), self._take_job)

    def _take_job(self, begun: RunState) -> None:
        """What the trainer wrote down about the run that has begun."""
        current = self._training.current
        if current is not None and current.folder == begun.folder:
            known = replace(current, data=begun.data, start_from=begun.start_from, consent=begun.consent)
            self._training.set_current(known)

    def _finish(self, request: TrainingRequest, end: TrainingEnd) -> None:
        run = self._training.current
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        if self._leaving:
            return
        self._request = None
        self._remember()
        self._context.reader.run(
            lambda: list_runs(self._context.places.runs),
            lambda runs: self._show_end(request, end, run, runs),
            lambda error: self._show_end(request, end, run, self._training.runs),
        )

    def _show_end(
        self, request: TrainingRequest, end: TrainingEnd, run: RunState | None, runs: Sequence[RunState]
    ) -> None:
        self._training.set_runs(runs)
        self._training.set_current(None)
        self._tell(request, end, run)
        self._next()

    def _remember(self) -> None:
        """Writes down what is under way and what waits."""
        if self._leaving:
            return
        wanted = [*((self._request,) if self._request is not None else ()), *self._training.waiting]
        self._context.writer.run(
            lambda: self._queue_file.save(wanted),
            None,
            lambda error: tell(self._context.notices, Text("said.training.queue"), error),
        )

    # ---- telling

    def _tell(self, request: TrainingRequest, end: TrainingEnd, run: RunState | None) -> None:
        notices, name = self._context.notices, request.name
        if run is not None and run.bundle is not None:
            use = Act(Text("said.use_this_model"), lambda: self.use_run(run))
            notices.add(Kind.SUCCESS, Text("said.the_model_name_is_trained", name=name), acts=(use,))
        elif end.ok or end.stopped:
            notices.add(
                Kind.INFO,
                Text("said.the_training_of_name_was", name=name),
                meaning=Text("said.it_can_go_on_from"),
            )
        else:
            self._tell_trouble(Text("said.the_training_of_name_ended", name=name), end)

    def _tell_trouble(self, what: Text, end: TrainingEnd) -> None:
        trouble = trouble_of(end)
        self._context.notices.add(
            Kind.ERROR,
            what,
            meaning=trouble.what,
            advice=trouble.advice,
            details=(trouble.detail,) if trouble.detail else (),
        )


def _digest_of(bundle: Path) -> str:
    """What a model's card calls itself; ValueError or OSError when it cannot be read."""
    card = jsonfile.read_object(bundle / CARD)
    if card is None:
        raise ValueError("the model is not there any more")
    return str(card.get("digest", ""))


def _request_of(folder: Path) -> TrainingRequest:
    """What goes on with the run in a folder; ValueError or OSError when its job cannot be read."""
    job = flat(jsonfile.read_object(folder / JOB) or {})
    if "data" not in job:
        raise ValueError("it does not say which pictures it learns from")
    return TrainingRequest(str(job.get("name", folder.name)), Path(str(job["data"])), folder, resume=True)
