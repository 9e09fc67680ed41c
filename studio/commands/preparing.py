"""Setting up a training: from a folder of pictures to a request that can be queued.

Reading the pictures and measuring are done by the trainer in a process of its own; records and reports are
read on the reading threads. Nothing here waits.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.formats import preparation
from engine.formats.consent import Consent
from engine.formats.events import Event
from engine.formats.protocol import Preflight
from engine.formats.reason import Reason
from studio.commands.error_messages import tell
from studio.commands.helper_files import HelperFiles
from studio.commands.plan import Plan
from studio.commands.trainer_child import MakeProcess, OneChild, make_processes
from studio.commands.training import TrainingCommands
from studio.commands.trouble import trouble_of
from studio.library import datasets, jsonfile
from studio.library.consents import ConsentShelf
from studio.library.datasets import PreparedFolder
from studio.library.text import Text
from studio.library.training_queue import TrainingRequest
from studio.signals import delayed
from studio.state.notices import Act, Kind
from studio.state.preparation import Preparation, Setup, Stage, TrainingTrouble, TrialSteps
from studio.state.training import Training
from studio.workers.training_process import TrainingEnd

if TYPE_CHECKING:
    from studio.commands.context import AppContext

SIDE = 256
"""Pixels of the pictures while no model says how many it draws."""
REST_MS = 700
"""After so long without another decision the report is made anew."""


class PreparationCommands(QObject):
    """Acts on the training that is being set up. Each returns at once."""

    opened = Signal()
    """A folder was chosen: the room should show it."""
    consented = Signal(object)
    """Consent: the permission for the set was saved."""
    queued = Signal(object)
    """TrainingRequest: the training begins, or waits for its turn."""

    def __init__(
        self,
        context: AppContext,
        preparation: Preparation,
        training: Training,
        on_training: TrainingCommands,
        *,
        make_process: MakeProcess | None = None,
        options: Iterable[str] = (),
    ) -> None:
        """options: further ones for every training, such as a preset for tests."""
        super().__init__(context)
        self._context, self._preparation, self._training = context, preparation, training
        self._on_training = on_training
        self._child = OneChild(make_process or make_processes(context.places.data), self)
        self._options = tuple(options)
        self._file = context.places.setting_up
        self._consents = ConsentShelf(context.places.consents)
        self._refused: Reason | None = None
        self._rest = delayed(self, REST_MS, self._apply)

    @property
    def helpers(self) -> HelperFiles:
        """The files that a training judges and compares with."""
        return self._on_training.helpers

    # ---- the pictures

    def open(self, folder: Path) -> None:
        """Begins with a folder of pictures, or with a set that was prepared before."""
        self.close()
        prepared = datasets.is_prepared(folder)
        place = folder if prepared else datasets.place_for(folder, self._context.places.sets)
        model = self._context.model.bundle
        side = model.card.resolution if model is not None else SIDE
        self._preparation.set(Setup(Stage.READING, source=folder, folder=place, side=side))
        self._remember(folder)
        self.opened.emit()
        self.helpers.look()
        if prepared:
            self._read()
        else:
            self._prepare()

    def close(self) -> None:
        """Leaves it; what was read is remembered for the next time."""
        self._rest.stop()
        self._child.drop()
        if self._preparation.setup.stage is not Stage.NONE:
            self._remember(None)
        self._preparation.set(Setup())

    def recover(self) -> None:
        """After a start: the training that was being set up when the studio ended is offered again."""
        self._context.reader.run(lambda: _set_up_before(self._file), self._offer, lambda error: None)

    def _offer(self, source: Path | None) -> None:
        if source is None or self._preparation.setup.stage is not Stage.NONE:
            return
        self._context.notices.add(
            Kind.INFO,
            Text("said.training.setting_up", name=source.name),
            meaning=Text("said.training.setting_up.meaning"),
            acts=(
                Act(Text("said.training.set_up"), lambda: self.open(source)),
                Act(Text("said.forget_it"), lambda: self._remember(None)),
            ),
            asks=True,
            holds=lambda: self._preparation.setup.stage is Stage.NONE,
            until=(self._preparation.changed,),
        )

    def _remember(self, source: Path | None) -> None:
        """What is being set up, for the next start."""

        def write() -> None:
            if source is None:
                self._file.unlink(missing_ok=True)
            else:
                jsonfile.write_object(self._file, {"source": str(source.absolute())})

        self._context.writer.run(write, None, lambda error: None)

    def cancel(self) -> None:
        """Stops reading the pictures; back to the report there was, if there was one."""
        self._child.drop()
        setup = self._preparation.setup
        if setup.report is None:
            self.close()
        else:
            report = setup.report
            self._preparation.change(
                stage=Stage.READY, busy=False, whole=not report.aligned, labelled=report.labelled
            )

    def set_whole(self, whole: bool) -> None:
        """Keeps whole pictures, for anything but faces; or cuts out faces."""
        self._again(whole=whole)

    def set_labelled(self, labelled: bool) -> None:
        """Takes each subfolder as a style of its own."""
        self._again(labelled=labelled)

    def decide(self, decisions: Mapping[str, bool]) -> None:
        """Puts pictures back (True) or leaves them out (False); the report follows a moment later."""
        setup = self._preparation.setup
        if setup.report is None or setup.stage is not Stage.READY:
            return
        now = {item.id: item.kept for item in setup.report.items}
        deciding = {**setup.deciding, **{name: kept for name, kept in decisions.items() if name in now}}
        deciding = {name: kept for name, kept in deciding.items() if now[name] != kept}
        self._preparation.change(deciding=deciding, busy=bool(deciding))
        if deciding:
            self._rest.start()
        else:
            self._rest.stop()

    def _again(self, **changes: bool) -> None:
        if self._preparation.setup.source != Path():
            self._rest.stop()
            self._child.drop()
            self._preparation.change(**changes, stage=Stage.READING, deciding={}, busy=False)
            self._prepare()

    def _apply(self) -> None:
        """Writes the decisions down and makes the report anew."""
        setup = self._preparation.setup
        if self._child.busy:
            self._rest.start()  # the one before is still at work
            return
        decisions = dict(setup.deciding)
        self._context.reader.run(
            lambda: datasets.decide(setup.folder, decisions),
            lambda _: self._prepare(),
            self._fail_to_decide,
        )

    def _fail_to_decide(self, error: Exception) -> None:
        self._preparation.change(deciding={}, busy=False)
        tell(self._context.notices, Text("said.training.decision"), error)

    def _prepare(self) -> None:
        setup = self._preparation.setup
        if self._child.busy or setup.stage is Stage.NONE:
            return
        source = setup.report.source if setup.report is not None else setup.source
        words = ["dataset", "prepare", str(source), "--out", str(setup.folder), "--json"]
        words += ["--size", str(setup.side)]
        words += ["--no-align"] if setup.whole else []
        words += ["--labels", "subfolders"] if setup.labelled else []
        self._refused = None
        self._preparation.change(done=0, total=0, seconds_left=None, doing="", trouble=None)
        self._child.start(words, preparation.parse_event, self._take, self._end_preparing)

    def _take(self, stamped: tuple[float, Event]) -> None:
        match stamped[1]:
            case preparation.PicturesFound(pictures=pictures, remembered=remembered):
                self._preparation.change(done=0, total=pictures - remembered)
            case preparation.PicturesRead(done=done, total=total, seconds_left=seconds_left):
                self._preparation.change(done=done, total=total, seconds_left=seconds_left)
            case preparation.StageBegun(stage):
                self._preparation.change(doing=stage)
            case preparation.PreparationFailed(reason):
                self._refused = reason

    def _end_preparing(self, end: TrainingEnd) -> None:
        refused, setup = self._refused, self._preparation.setup
        if end.exit_code in (0, 10) and not end.crashed and not end.problem:
            self._read()
        elif refused is not None and refused.code == "none":
            self._read()  # nothing is kept, but there is a report that says why, and a way to put back
        else:
            self._fail(trouble_of(end, refused), setup)

    def _fail(self, trouble: TrainingTrouble, setup: Setup) -> None:
        if setup.report is None:
            self._preparation.change(stage=Stage.FAILED, trouble=trouble, busy=False)
        else:  # the report there was is still good
            self._preparation.change(stage=Stage.READY, trouble=trouble, busy=False, deciding={})

    # ---- the report, and permission

    def _read(self) -> None:
        folder = self._preparation.setup.folder

        def work() -> tuple[PreparedFolder, Consent | None]:
            report = datasets.read_report(folder)
            record = self._consents.find(report.digest)
            return report, record if record is not None and not record.problem() else None

        def take(found: tuple[PreparedFolder, Consent | None]) -> None:
            if folder == self._preparation.setup.folder:
                self._take_report(*found)

        def fail(error: Exception) -> None:
            trouble = TrainingTrouble(
                Text("said.training.report"),
                Text("said.training.report.advice"),
                str(error),
            )
            self._fail(trouble, self._preparation.setup)

        self._context.reader.run(work, take, fail)

    def _take_report(self, report: PreparedFolder, consent: Consent | None) -> None:
        before = self._preparation.setup
        now = {item.id: item.kept for item in report.items}
        later = {name: kept for name, kept in before.deciding.items() if name in now and now[name] != kept}
        same = before.report is not None and before.report.digest == report.digest
        self._preparation.change(
            stage=Stage.READY,
            report=report,
            whole=not report.aligned,
            labelled=report.labelled,
            deciding=later,
            busy=bool(later),
            trouble=None,
            consent=consent,
            measured=before.measured if same else TrialSteps(),
        )
        if later:
            self._rest.start()

    def propose_consent(self, done: Callable[[Consent, bool], object]) -> None:
        """Calls `done` with what to fill in, and whether the pictures changed since it was last given."""
        report = self._preparation.setup.report
        if report is not None:
            self._context.reader.run(
                lambda: self._consents.proposed(report.digest, report.sources, report.earlier),
                lambda found: done(*found),
            )

    def give_consent(self, record: Consent) -> None:
        """Keeps a permission for the set. Nothing is trained before."""

        def take(_: Path) -> None:
            report = self._preparation.setup.report
            if report is not None and report.digest == record.digest:
                self._preparation.change(consent=record)
                self.consented.emit(record)

        self._context.writer.run(
            lambda: self._consents.save(record),
            take,
            lambda error: tell(self._context.notices, Text("said.training.permission"), error),
        )

    # ---- how long it takes, and off it goes

    def measure(self, plan: Plan) -> None:
        """Has the trainer try a few steps; `Setup.measured` tells what it found."""
        setup = self._preparation.setup
        if setup.report is None or setup.consent is None:
            return
        if self._training.current is not None:
            self._preparation.change(measured=TrialSteps("later"))
            return
        self._child.drop()
        start = plan.start_from.name if plan.start_from is not None else ""
        tried = TrialSteps("measuring", what=plan.name, start=start, begun=time.time())
        self._preparation.change(measured=tried)
        scratch = self._context.places.cache / f"preflight-{secrets.token_hex(4)}"
        arguments = ("--name", plan.name, *self._arguments(plan))
        words = [*TrainingRequest(plan.name, setup.folder, scratch, arguments).command(), "--preflight"]

        def end(outcome: TrainingEnd) -> None:
            self._context.reader.run(lambda: shutil.rmtree(scratch, ignore_errors=True))
            if self._preparation.setup.measured.status == "measuring":
                failed = replace(tried, status="failed", trouble=trouble_of(outcome))
                self._preparation.change(measured=failed)

        self._child.start(words, None, self._take_measure, end)

    def _take_measure(self, stamped: tuple[float, object]) -> None:
        if isinstance(stamped[1], Preflight):
            tried = self._preparation.setup.measured
            self._preparation.change(measured=replace(tried, status="known", found=stamped[1]))

    def train(self, plan: Plan) -> None:
        """Queues the training; it begins when nothing else is under way."""
        setup = self._preparation.setup
        if setup.report is None or setup.consent is None or setup.busy:
            return
        self._child.drop()
        arguments = self._arguments(plan)
        request = self._on_training.start(setup.folder, plan.name, arguments)
        self._remember(None)
        self._preparation.set(Setup())
        self.queued.emit(request)

    def _arguments(self, plan: Plan) -> tuple[str, ...]:
        report = self._preparation.setup.report
        assert report is not None
        consent, side = self._consents.path(report.digest), self._preparation.setup.side
        return (*plan.arguments(consent, side), *self._options)

    def stop(self) -> bool:
        """The studio closes. True when the child ended in time."""
        self._rest.stop()
        return self._child.stop()


def _set_up_before(file: Path) -> Path | None:
    """The folder that was being set up, if it is still there."""
    try:
        source = (jsonfile.read_object(file) or {}).get("source")
    except (OSError, ValueError):
        return None
    return Path(source) if isinstance(source, str) and Path(source).is_dir() else None
