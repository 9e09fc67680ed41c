"""Second step: permission. Who agreed to what, in the words of people; nothing is trained before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QStackedWidget, QWidget

from engine.formats.consent import SUBJECTS, USES, Consent
from studio.commands.preparing import PreparationCommands
from studio.state.preparation import Setup
from studio.views.kit.button import Button
from studio.views.kit.card import Card
from studio.views.kit.choice import Switch
from studio.views.kit.layout import column, row, scrolling
from studio.views.kit.text import Label, caption, heading, muted, title
from studio.views.kit.text_field import TextField
from studio.views.look import Look
from studio.views.training import phrases
from studio.views.training.parts import FactList, Options, OptionWords, SignLine

WIDTH = 640


class PermissionStep(QWidget):
    """The permission on record, or the questions."""

    ready_changed = Signal()
    """Whether one can go on may have changed."""

    def __init__(self, look: Look, commands: PreparationCommands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._commands = look, commands
        self._digest = ""
        self.record = ConsentOnRecord(look, self._change)
        self.form = ConsentForm(look)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.form)
        self._stack.addWidget(self.record)
        column(self._stack, parent=self)
        self.form.changed.connect(self.ready_changed)
        commands.consented.connect(self._show_record)

    @property
    def asking(self) -> bool:
        """Whether the questions are shown."""
        return self._stack.currentWidget() is self.form

    @property
    def first(self) -> QWidget:
        """What the keys go to."""
        if not self.asking:
            return self.record.change
        return self.form.subject.button(self.form.subject.value or SUBJECTS[0])

    @property
    def problem(self) -> str:
        """What is still missing, in words; empty when the permission can be given or is there."""
        problem = self.form.consent().problem() if self.asking else ""
        return self._look.words(f"training.consent.missing.{problem}") if problem else ""

    def give(self) -> None:
        """The answers are given for good."""
        if self.asking and not self.problem:
            self._commands.give_consent(self.form.consent())

    def show_setup(self, setup: Setup) -> None:
        report = setup.report
        if report is None:
            return
        if report.digest != self._digest:
            self._digest = report.digest
            if setup.consent is not None:
                self._show_record(setup.consent)
            else:
                self._ask()
        self.ready_changed.emit()

    def _show_record(self, record: Consent) -> None:
        self.record.show_record(record)
        self._stack.setCurrentWidget(self.record)
        self.ready_changed.emit()

    def forget(self) -> None:
        """Another set comes next, or the same one anew."""
        self._digest = ""

    def _ask(self) -> None:
        self._stack.setCurrentWidget(self.form)
        self.form.setEnabled(False)  # until it is known what to propose
        self._commands.propose_consent(self._propose)

    def _propose(self, record: Consent, changed: bool) -> None:
        self.form.fill(record, changed)
        self.form.setEnabled(True)
        if self.isVisible():
            self.first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _change(self) -> None:
        """Another permission for the same pictures; the one on record holds until it is given."""
        record = self.record.shown
        self._stack.setCurrentWidget(self.form)
        self.form.fill(replace(record, adult=False))
        self.ready_changed.emit()


class ConsentOnRecord(QWidget):
    """The permission on record."""

    def __init__(self, look: Look, change: object, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.shown = Consent()
        self.facts = FactList(look)
        self.change = Button(look, "training.consent.change", pressed=change)  # type: ignore[arg-type]
        done = SignLine(look, "success", "success", "training.consent.done")
        card = Card(look, "panel")
        column(
            heading(look, "training.consent.record"),
            done,
            self.facts,
            row(None, self.change),
            gap=16,
            margins=(28, 24, 28, 24),
            parent=card,
        )
        card.setFixedWidth(WIDTH)
        middle = Qt.AlignmentFlag.AlignHCenter
        box = column(None, gap=0, margins=(24, 24, 24, 24), parent=self)
        box.addWidget(card, 0, middle)
        box.addStretch(2)
        look.words.language_changed.connect(lambda _: self.show_record(self.shown))

    def show_record(self, record: Consent) -> None:
        self.shown = record
        self.facts.show_facts(consent_facts(self._look, record))


class ConsentForm(QWidget):
    """The questions."""

    changed = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._record = Consent()
        self.anew = SignLine(look, "info", "accent", "training.consent.anew")
        self.subject = Options(look, columns=2)
        self.basis, self.given_by = TextField(), TextField()
        self.given_on, self.expires = TextField(), TextField()
        self.uses = {use: Switch(look, f"training.use.{use}") for use in USES}
        self.adult = Switch(look, "training.consent.adult")
        self.uses["train"].setEnabled(False)
        self._arrange()
        self._connect()
        self._name_options()

    def _arrange(self) -> None:
        look = self._look
        self.anew.hide()
        self.given_on.setMaximumWidth(160)
        self.expires.setMaximumWidth(160)
        lines = QGridLayout()
        lines.setHorizontalSpacing(16)
        lines.setVerticalSpacing(10)
        lines.setColumnStretch(1, 1)
        fields = (
            ("basis", self.basis),
            ("given_by", self.given_by),
            ("given_on", self.given_on),
            ("expires", self.expires),
        )
        for number, (name, field) in enumerate(fields):
            lines.addWidget(Label(look, f"training.consent.{name}", role="muted"), number, 0)
            lines.addWidget(field, number, 1)
            look.words.bind(field, "setAccessibleName", f"training.consent.{name}")
        for name, field in (("given_on", self.given_on), ("expires", self.expires)):
            look.words.bind(field, "setPlaceholderText", f"training.consent.{name}.example")
        look.words.bind(self.given_by, "setPlaceholderText", "training.consent.given_by.example")
        uses = QGridLayout()
        uses.setVerticalSpacing(8)
        uses.setHorizontalSpacing(24)
        uses.setColumnStretch(2, 1)
        for number, switch in enumerate(self.uses.values()):
            uses.addWidget(switch, *divmod(number, 2))
        inside = QWidget()
        column(
            heading(look, "training.consent.title"),
            muted(look, "training.consent.hint"),
            self.anew,
            title(look, "training.consent.subject"),
            self.subject,
            4,
            lines,
            4,
            title(look, "training.consent.uses"),
            uses,
            4,
            title(look, "training.consent.confirm"),
            self.adult,
            caption(look, "training.consent.kept", wrap=True),
            None,
            gap=10,
            margins=(0, 20, 0, 20),
            parent=inside,
        )
        inside.setFixedWidth(WIDTH)
        holder = QWidget()
        row(None, inside, None, parent=holder)
        column(scrolling(holder), gap=0, parent=self)

    def _connect(self) -> None:
        for field in (self.basis, self.given_by, self.given_on, self.expires):
            field.textChanged.connect(lambda _: self.changed.emit())
        for switch in (*self.uses.values(), self.adult):
            switch.toggled.connect(lambda _: self.changed.emit())
        self.subject.chosen.connect(self._follow_subject)
        self._look.words.language_changed.connect(self._name_options)

    def fill(self, record: Consent, changed: bool = False) -> None:
        """Proposes answers. changed: the pictures are not those of the last time."""
        self._record = record
        self.anew.setVisible(changed)
        self.subject.choose(record.subject)
        self.basis.setText(record.basis)
        self.given_by.setText(record.given_by)
        self.given_on.setText(record.given_on or date.today().isoformat())
        self.expires.setText(record.expires or "")
        for use, switch in self.uses.items():
            switch.setChecked(use in record.uses or use == "train")
        self.adult.setChecked(record.adult)
        self._show_example()
        self.changed.emit()

    def consent(self) -> Consent:
        """The answers as they stand."""
        return replace(
            self._record,
            subject=self.subject.value,
            basis=self.basis.text().strip(),
            given_by=self.given_by.text().strip(),
            given_on=self.given_on.text().strip(),
            expires=self.expires.text().strip() or None,
            uses=tuple(use for use, switch in self.uses.items() if switch.isChecked()),
            adult=self.adult.isChecked(),
        )

    def _follow_subject(self, subject: str) -> None:
        if subject == "self" and not self.basis.text():
            self.basis.setText(self._look.words("training.consent.basis.self"))
        self._show_example()
        self.changed.emit()

    def _show_example(self) -> None:
        which = self.subject.value or "consenting-person"
        self.basis.setPlaceholderText(self._look.words(f"training.consent.basis.example.{which}"))

    def _name_options(self, *_: object) -> None:
        words = self._look.words
        options = [
            OptionWords(one, words(f"training.subject.{one}"), words(f"training.subject.{one}.hint"))
            for one in SUBJECTS
        ]
        self.subject.set_options(options)
        self._show_example()


def consent_facts(look: Look, record: Consent) -> list[tuple[str, str]]:
    """A record as names and values."""
    words = look.words
    until = phrases.day(words, record.expires) if record.expires else words("training.consent.endless")
    subject = words(f"training.subject.{record.subject}") if record.subject in SUBJECTS else record.subject
    uses = [words(f"training.use.{use}") for use in record.uses if use in USES]
    return [
        (words("training.fact.subject"), subject),
        (words("training.fact.files"), str(record.files)),
        (words("training.fact.basis"), record.basis),
        (words("training.fact.given"), f"{record.given_by}, {phrases.day(words, record.given_on)}"),
        (words("training.fact.until"), until),
        (words("training.fact.uses"), words("list.comma").join(uses)),
    ]
