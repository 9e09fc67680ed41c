"""One run: its pictures so far, how good it is, how long it still takes, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.formats.consent import Consent, ConsentError
from engine.formats.run_state import RunSnapshot, RunState
from studio.commands.context import AppContext
from studio.commands.trouble import trouble_in
from studio.signals import follow
from studio.tokens import Type
from studio.views.kit.button import Button, IconButton
from studio.views.kit.choice import Segmented
from studio.views.kit.flow import clear
from studio.views.kit.layout import Line, Surface, column, row, scrolling
from studio.views.kit.progress import ProgressBar
from studio.views.kit.text import SEMIBOLD, Elided, Label, caption, title
from studio.views.look import Look
from studio.views.training import phrases
from studio.views.training.figures import MEASURES, best, errors, measure
from studio.views.training.parts import FactList, SignLine
from studio.views.training.permission import consent_facts
from studio.views.training.plot import Plot
from studio.views.training.samples import SampleView
from studio.views.training.scrubber import Scrubber

SIDE = 320
"""What the trainer says when it was asked to pause."""
WARNED = 3
"""Warnings that are shown, the latest."""


OFFERS: dict[str, tuple[str, ...]] = {
    "running": ("pause", "stop"),
    "starting": ("stop",),
    "pausing": ("go_on", "stop"),
    "stopping": (),
    "paused": ("go_on", "stop"),
    "waiting": ("withdraw",),
    "held": ("release", "withdraw"),
    "broken": ("resume",),
    "stopped": ("resume",),
    "failed": ("resume",),
    "done": ("use",),
}
"""What can be done with a run in each of its states."""
MAIN = ("go_on", "release", "resume", "use")
"""Buttons that stand out."""
ICONS = {
    "pause": "pause",
    "stop": "stop",
    "go_on": "play",
    "release": "play",
    "resume": "play",
    "use": "check",
}


class RunView(QWidget):
    """Shows one run, and acts on it."""

    opened = Signal(object)
    """QImage: wanted on the whole window."""
    again_wanted = Signal(object)
    """Path: the set to train on again."""

    def __init__(self, look: Look, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._context = look, context
        self._run: RunState | None = None
        self._state = ""
        self._follows = True
        self.name = Elided(look, size=Type.HEADING, weight=SEMIBOLD)
        self.standing = Label(look, role="muted", numbers=True)
        self.progress = ProgressBar(look)
        self.trouble = SignLine(look, "warning", "warning")
        self.buttons = {which: self._button(which) for which in dict.fromkeys(sum(OFFERS.values(), ()))}
        self.delete = IconButton(look, "trash", "training.delete", size=32, pressed=self._delete)
        self.samples = SampleView(look, context.reader)
        self.scrubber = Scrubber(look)
        self.snapshot = Elided(look, size=12, role="muted")
        self.latest = Button(look, "training.latest", kind="link", pressed=self._follow_latest)
        self.use = Button(look, "training.use_this", icon="check", pressed=self._use_snapshot)
        self.side = RunSide(look)
        self._arrange()
        self._connect()

    @property
    def run(self) -> RunState | None:
        """The run that is shown."""
        return self._run

    def _button(self, which: str) -> Button:
        kind = "primary" if which in MAIN else ""
        key = f"training.{which}"
        return Button(self._look, key, kind=kind, icon=ICONS.get(which, ""), pressed=lambda: self._act(which))

    def _arrange(self) -> None:
        head = Surface(self._look, "window", "bottom")
        words = column(self.name, self.standing, gap=2)
        line = row(gap=8)
        line.addLayout(words, 1)
        for button in (*self.buttons.values(), self.delete):
            line.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        column(line, self.progress, self.trouble, gap=10, margins=(20, 14, 16, 12), parent=head)
        self._foot = foot = Surface(self._look, "window", "top")
        under = row(self.snapshot, self.latest, self.use, gap=8)
        under.setStretch(0, 1)
        column(self.scrubber, under, gap=4, margins=(16, 8, 16, 10), parent=foot)
        left = column(self.samples, foot, gap=0)
        left.setStretch(0, 1)
        body = row(gap=0)
        body.addLayout(left, 1)
        body.addWidget(self.side)
        box = column(head, body, gap=0, parent=self)
        box.setStretch(1, 1)

    def _connect(self) -> None:
        training = self._context.training
        training.current_changed.connect(self._take_current)
        follow(self._reread, training.runs_changed, training.waiting_changed, training.held_changed)
        self.scrubber.moved.connect(self._scrub)
        self.samples.opened.connect(self.opened)
        self.side.again.clicked.connect(self._again)
        self.side.helpers.clicked.connect(lambda _: self._context.on_training.helpers.fetch())
        self._look.words.language_changed.connect(self._show)

    # ---- which run

    def show_run(self, run: RunState) -> None:
        """Shows a run; of another one than before, its latest grid."""
        if self._run is None or run.folder != self._run.folder:
            self._follows = True
            self.scrubber.set_number(-1)
        self._run = run
        self._show()

    def _take_current(self, current: RunState | None) -> None:
        if current is None:
            self._reread()
        elif self._run is not None and current.folder == self._run.folder:
            self.show_run(current)

    def _reread(self) -> None:
        if self._run is not None:
            self.show_run(self._context.training.run(self._run.folder) or self._run)

    # ---- what can be done

    def _act(self, which: str) -> None:
        run, commands, training = self._run, self._context.on_training, self._context.training
        if run is None:
            return
        request = next((one for one in training.waiting if one.run == run.folder), None)
        if which == "withdraw" and request is not None:
            commands.withdraw(request)
        elif which == "resume":
            commands.resume(run)
        elif which == "use":
            commands.use_run(run)
        elif which in ("pause", "stop", "go_on", "release"):
            getattr(commands, which)()
            if which == "stop":
                self.buttons["stop"].setEnabled(False)

    def _delete(self) -> None:
        if self._run is not None:
            self._context.on_training.delete(self._run)

    def _again(self) -> None:
        if self._run is not None and self._run.data is not None:
            self.again_wanted.emit(self._run.data)

    # ---- the scrubber

    @property
    def chosen(self) -> RunSnapshot | None:
        """The snapshot that is looked at."""
        snapshots = self._run.snapshots if self._run is not None else ()
        return snapshots[self.scrubber.number] if 0 <= self.scrubber.number < len(snapshots) else None

    def _scrub(self, number: int) -> None:
        run = self._run
        self._follows = run is not None and number == len(run.snapshots) - 1
        self._show_snapshot()

    def _follow_latest(self) -> None:
        self._follows = True
        self._show_way()

    def _use_snapshot(self) -> None:
        run, chosen = self._run, self.chosen
        if run is not None and chosen is not None:
            name = f"{run.name} {run.share(chosen.kimg):.0%}".replace("%", " %")
            self._context.on_training.use_snapshot(run, chosen, name)

    # ---- showing

    def _show(self) -> None:
        run, words = self._run, self._look.words
        if run is None:
            return
        state = phrases.state_of(run, self._context.training)
        if state != self._state:
            self.buttons["stop"].setEnabled(True)
        self._state = state
        self.name.set_text(run.name)
        self.standing.setText(phrases.standing(words, run, state))
        self.progress.setVisible(state not in ("waiting", "held", "failed", "done"))
        self.progress.set_part(None if state in ("starting", "stopping") else run.fraction)
        self._show_trouble(run, state)
        for which, button in self.buttons.items():
            button.setVisible(which in OFFERS.get(state, ()))
        self.buttons["use"].setEnabled(run.bundle is not None)
        self.delete.setVisible(state in ("broken", "stopped", "failed", "done", "held"))
        self._show_way()
        self.side.show_run(run, state)

    def _show_trouble(self, run: RunState, state: str) -> None:
        """Why it failed, or waits for something to be put right."""
        reason = run.reason
        told = reason is not None and (state == "failed" or (state == "paused" and reason.code != "asked"))
        self.trouble.setVisible(told)
        if told and reason is not None:
            trouble, say = trouble_in(reason), self._look.words.say
            advice = say(trouble.advice) if trouble.advice is not None else ""
            self.trouble.say(f"{say(trouble.what)} {advice}")
            self.trouble.setToolTip(trouble.detail)

    def _show_way(self) -> None:
        run = self._run
        if run is None:
            return
        shares = tuple(run.share(one.kimg) for one in run.snapshots)
        best = next((n for n, one in enumerate(run.snapshots) if one.best), -1)
        self.scrubber.show_way(shares, best, run.fraction)
        if self._follows and shares:
            self.scrubber.set_number(len(shares) - 1)
        self._show_snapshot()

    def _show_snapshot(self) -> None:
        run, chosen, words = self._run, self.chosen, self._look.words
        if run is None:
            return
        self._foot.setVisible(bool(run.snapshots))
        if chosen is None:
            waits = self._state in phrases.GOES_ON
            self.samples.show_nothing(words("training.samples.soon" if waits else "training.samples.none"))
            self.side.set_mark(None)
            return
        said = words(
            "training.snapshot.best" if chosen.best else "training.snapshot",
            number=self.scrubber.number + 1,
            count=len(run.snapshots),
            percent=f"{run.share(chosen.kimg):.0%}",
        )
        if (identity := chosen.values.get("identity")) is not None:
            said = words("training.snapshot.likeness", snapshot=said, cosine=f"{identity:.2f}")
        self.snapshot.set_text(said)
        self.scrubber.set_number(self.scrubber.number, said)
        self.samples.show_file(chosen.file, run.rows)
        self.latest.setVisible(not self._follows)
        self.use.setEnabled(chosen.folder is not None)
        words_key = "training.use_this.tip" if chosen.folder is not None else "training.use_this.gone"
        self.use.setToolTip(words(words_key))
        self.side.set_mark(run.share(chosen.kimg))


class RunSide(Surface):
    """Curves and facts."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look, "panel", "left", parent)
        self._look = look
        self._run: RunState | None = None
        self._goes_on = True
        self.which = Segmented(look, [(name, f"training.measure.{name}") for name in MEASURES])
        self.quality, self.learning = Plot(look), Plot(look)
        self.quality_hint = caption(look, wrap=True)
        self.facts, self.consent = FactList(look), FactList(look)
        self.again = Button(look, "training.again", icon="reset")
        self.helpers = Button(look, "training.helpers", icon="import")
        look.words.bind(self.helpers, "setToolTip", "training.helpers.tip")
        self._warnings = QVBoxLayout()
        self._warnings.setSpacing(6)
        self._warned: tuple[tuple[str, str], ...] = ()
        self._consent_title = title(look, "training.permission")
        self._arrange()
        self.which.set_value(MEASURES[0])
        self.which.edited.connect(self._show_quality)
        look.words.bind(self.quality, "setAccessibleName", "training.quality")
        look.words.bind(self.learning, "setAccessibleName", "training.errors")

    def _arrange(self) -> None:
        look, inside = self._look, QWidget()
        column(
            title(look, "training.quality"),
            self.which,
            self.quality,
            self.quality_hint,
            Line(look),
            title(look, "training.errors"),
            self.learning,
            caption(look, "training.errors.hint", wrap=True),
            Line(look),
            title(look, "training.facts"),
            self._warnings,
            self.helpers,
            self.facts,
            self.again,
            self._consent_title,
            self.consent,
            None,
            gap=10,
            margins=(16, 14, 16, 16),
            parent=inside,
        )
        column(scrolling(inside), gap=0, margins=(1, 0, 0, 0), parent=self)
        self.setFixedWidth(SIDE)

    def set_mark(self, share: float | None) -> None:
        """The place of the snapshot that is looked at."""
        self.quality.set_mark(share)
        self.learning.set_mark(share)

    def show_run(self, run: RunState, state: str) -> None:
        self._run, self._goes_on = run, state in (*phrases.GOES_ON, "waiting", "held")
        self._show_quality()
        words = self._look.words
        self.learning.show_curve(errors(words, run), words("training.errors.none"))
        self._show_warnings(run)
        self.facts.show_facts(self._facts(run))
        self.again.setVisible(run.data is not None and state not in phrases.GOES_ON)
        record = _record(run)
        self._consent_title.setVisible(record is not None)
        self.consent.setVisible(record is not None)
        if record is not None:
            self.consent.show_facts(consent_facts(self._look, record))

    def _show_quality(self) -> None:
        if self._run is not None:
            words, which = self._look.words, self.which.value()
            nothing = "training.quality.none" if self._goes_on else "training.quality.never"
            self.quality.show_curve(measure(words, self._run, which), words(nothing))
            self.quality_hint.setText(words(f"training.measure.{which}.hint"))

    def _show_warnings(self, run: RunState) -> None:
        told = [(phrases.warning(self._look.words, one), one.message) for one in run.warnings]
        warned = tuple(dict(told).items())[-WARNED:]  # of those with the same words, the latest
        self.helpers.setVisible(any(one.values.get("why") == "no-helper" for one in run.warnings))
        if warned == self._warned:
            return
        self._warned = warned
        clear(self._warnings)
        for words, detail in warned:
            line = SignLine(self._look, "warning", "warning")
            line.say(words)
            line.setToolTip(detail)
            self._warnings.addWidget(line)

    def _facts(self, run: RunState) -> list[tuple[str, str]]:
        words = self._look.words
        found = run.preflight
        needed = phrases.needs(words, found, "training.needs") if found is not None else ""
        return [
            (
                words("training.fact.pictures"),
                phrases.learns_from(words, run),
            ),
            (words("training.fact.start"), run.start_from),
            (words("training.fact.best"), best(words, run)),
            (words("training.fact.device"), run.device),
            (words("training.fact.needs"), needed),
            (words("training.fact.last"), phrases.when(words, run.last_time) if run.last_time else ""),
            (words("training.fact.disk"), phrases.size(run.bytes) if run.bytes else ""),
        ]


def _record(run: RunState) -> Consent | None:
    """The permission that travels with the run."""
    try:
        return Consent.from_json(run.consent) if run.consent is not None else None
    except ConsentError:
        return None
