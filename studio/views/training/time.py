"""Third step: a name, the model to start from, and an honest choice of how long. Then it begins."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from studio.commands.plan import Plan, free_model_name
from studio.commands.preparing import PreparationCommands
from studio.signals import repeated
from studio.state.model import ModelState
from studio.state.preparation import Setup
from studio.state.training import Training
from studio.views.kit.button import Button
from studio.views.kit.card import Card
from studio.views.kit.choice import Choice
from studio.views.kit.layout import column, row, scrolling
from studio.views.kit.progress import ProgressBar
from studio.views.kit.text import Label, caption, heading, muted, title
from studio.views.kit.text_field import TextField
from studio.views.look import Look
from studio.views.training import phrases
from studio.views.training.helpers import HelperOffer
from studio.views.training.parts import Options, OptionWords, SignLine

WIDTH = 600
SCRATCH = "scratch"
WHOLE = "0"
MINUTES = (5, 15, 60, 180, 480)
"""Shorter times that are offered where they are less than the whole."""


class TimeStep(QWidget):
    """What it is called, what it starts from, how long it may take."""

    ready_changed = Signal()

    def __init__(
        self,
        look: Look,
        commands: PreparationCommands,
        model: ModelState,
        training: Training,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look, self._commands, self._model, self._training = look, commands, model, training
        self._setup = Setup()
        self.name = TextField()
        self.start_from = Choice(look, "training.start_from")
        self.start_hint = caption(look, wrap=True)
        self.length = Options(look)
        self.verdict = TimeVerdict(look, self.measure)
        self.helpers = HelperOffer(look, commands.helpers)
        commands.helpers.changed.connect(self.ready_changed)
        self._arrange()
        self.name.textChanged.connect(lambda _: self.ready_changed.emit())
        self.start_from.edited.connect(self._restart)
        self.length.chosen.connect(self._show_length)
        model.entries_changed.connect(self._fill_models)
        look.words.language_changed.connect(self._retell)
        self._fill_models()

    def _arrange(self) -> None:
        look = self._look
        self._look.words.bind(self.name, "setAccessibleName", "training.name")
        self.name.setMaxLength(80)
        lines = QGridLayout()
        lines.setHorizontalSpacing(16)
        lines.setVerticalSpacing(10)
        lines.setColumnStretch(1, 1)
        lines.addWidget(Label(look, "training.name", role="muted"), 0, 0)
        lines.addWidget(self.name, 0, 1)
        lines.addWidget(Label(look, "training.start_from", role="muted"), 1, 0)
        lines.addLayout(row(self.start_from, None), 1, 1)
        lines.addWidget(self.start_hint, 2, 1)
        inside = QWidget()
        column(
            heading(look, "training.time.title"),
            muted(look, "training.time.hint"),
            4,
            lines,
            4,
            self.verdict,
            self.helpers,
            title(look, "training.length"),
            self.length,
            None,
            gap=10,
            margins=(0, 20, 0, 20),
            parent=inside,
        )
        inside.setFixedWidth(WIDTH)
        holder = QWidget()
        row(None, inside, None, parent=holder)
        column(scrolling(holder), gap=0, parent=self)

    @property
    def plan(self) -> Plan:
        """As it was chosen."""
        start = self.start_from.value()
        return Plan(
            " ".join(self.name.text().split()),
            None if start == SCRATCH else Path(start),
            float(self.length.value or WHOLE),
        )

    @property
    def problem(self) -> str:
        """What is still missing, in words."""
        words, name = self._look.words, self.plan.name
        if not name:
            return words("training.name.missing")
        if free_model_name(name, self._names()) != name:
            return words("training.name.taken", name=name)
        if self._commands.helpers.status == "fetching":
            return words("training.helpers.fetching")
        found = self._setup.measured.found
        if found is not None and not found.fits:
            return words("training.fits.not.short")
        return words("training.measuring.short") if self._setup.measured.status == "measuring" else ""

    def show_setup(self, setup: Setup) -> None:
        """Shows what is known about the run."""
        before, self._setup = self._setup, setup
        if setup.report is not None and (before.report is None or setup.source != before.source):
            self.name.setText(free_model_name(setup.report.title, self._names()))
            self.length.choose(WHOLE)
            if self._model.bundle is not None:
                self.start_from.set_value(str(self._model.bundle.path))
        self._retell()

    def measure(self) -> None:
        """Tries a few steps, unless it is known already."""
        if self._setup.consent is not None and self._setup.measured.status in ("none", "failed", "later"):
            self._commands.measure(self.plan_of_whole())

    def plan_of_whole(self) -> Plan:
        """The plan without a limit: what is measured."""
        return Plan(self.plan.name or "model", self.plan.start_from)

    def _restart(self) -> None:
        """Another model to start from: everything is measured anew."""
        self._commands.measure(self.plan_of_whole())
        self._retell()

    def _names(self) -> list[str]:
        models = [entry.name for entry in self._model.entries]
        return [*models, *(request.name for request in self._training.waiting)]

    def _fill_models(self, *_: object) -> None:
        words = self._look.words
        choices = [(str(entry.path), entry.name) for entry in self._model.entries]
        self.start_from.set_choices([*choices, (SCRATCH, words("training.start_from.scratch"))])
        self._retell()

    def _retell(self) -> None:
        words = self._look.words
        scratch = self.start_from.value() == SCRATCH
        self.start_hint.setText(words(f"training.start_from.{'scratch' if scratch else 'model'}.hint"))
        self.verdict.show_setup(self._setup)
        self.length.set_options(self._lengths())
        if not self.length.value:
            self.length.choose(WHOLE)
        self.ready_changed.emit()

    def _show_length(self) -> None:
        self.ready_changed.emit()

    def _lengths(self) -> list[OptionWords]:
        words, found = self._look.words, self._setup.measured.found
        whole = found.seconds if found is not None else 0.0
        hint = words("training.length.whole.hint")
        name = words("training.length.whole")
        if whole:
            name = words("training.length.whole.known", time=phrases.duration(words, whole))
        options = [OptionWords(WHOLE, name, hint)]
        for minutes in MINUTES:
            share = minutes * 60 / whole if whole else 0.0
            if 0.0 < share < 0.9:
                level = "short" if share < 0.3 else "half" if share < 0.7 else "most"
                options.append(
                    OptionWords(
                        str(minutes),
                        words("training.length.limit", time=phrases.duration(words, minutes * 60)),
                        words(f"training.length.{level}", percent=f"{max(share, 0.01):.0%}"),
                    )
                )
        return options


class TimeVerdict(Card):
    """Whether it fits, and what it takes; or that this is being found out."""

    def __init__(self, look: Look, again: object, parent: QWidget | None = None) -> None:
        super().__init__(look, "panel", parent)
        self._look = look
        self.line = SignLine(look, "info", "accent")
        self.advice = caption(look, wrap=True)
        self.progress = ProgressBar(look)
        self.again = Button(look, "training.measure.again", pressed=lambda: QTimer.singleShot(0, again))  # type: ignore[call-overload]
        box = row(gap=12, margins=(16, 14, 16, 14), parent=self)
        box.addLayout(column(self.line, self.advice, self.progress, gap=6), 1)
        box.addWidget(self.again)
        self.progress.set_part(None)
        self._setup = Setup()
        self._clock = repeated(self, 1000, lambda: self.show_setup(self._setup))

    def show_setup(self, setup: Setup) -> None:
        self._setup = setup
        self._tell(setup)
        if setup.measured.status != "measuring":
            self._clock.stop()
        elif not self._clock.isActive():
            self._clock.start()

    def _tell(self, setup: Setup) -> None:
        words, measured = self._look.words, setup.measured
        advice = ""
        icon, role, text = "info", "accent", words("training.measure.none")
        if measured.status == "measuring":
            text = phrases.trying(words, measured, time.time())
        elif measured.status == "later":
            text = words("training.measure.later")
        elif measured.found is not None:
            icon, role = ("success", "success") if measured.found.fits else ("warning", "warning")
            text = phrases.needs(words, measured.found)
            advice = "" if measured.found.fits else words("training.fits.not.advice")
        elif measured.trouble is not None:
            icon, role, text = "warning", "warning", words.say(measured.trouble.what)
            advice = words.say(measured.trouble.advice) if measured.trouble.advice else ""
        self.line.sign.set_icon(icon, role)
        self.line.say(text)
        self.advice.setText(advice)
        self.advice.setVisible(bool(advice))
        self.progress.setVisible(measured.status == "measuring")
        self.again.setVisible(measured.status in ("failed", "later"))
        detail = measured.trouble.detail if measured.trouble is not None else ""
        self.setToolTip(detail)
