"""First step: the pictures. What is kept, what is left out and why, and how varied the set is."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from studio import paint
from studio.commands.preparing import PreparationCommands
from studio.library.datasets import PreparedFolder, SetItem
from studio.library.text import reason_text
from studio.state.preparation import Setup
from studio.tokens import Type
from studio.views.kit.button import Button
from studio.views.kit.choice import Segmented, Switch
from studio.views.kit.empty import EmptyState
from studio.views.kit.flow import clear
from studio.views.kit.layout import Line, Surface, column, row, scrolling
from studio.views.kit.text import MEDIUM, Label, caption, muted, title
from studio.views.look import Look
from studio.views.training import phrases
from studio.views.training.grid import DataGrid
from studio.views.training.parts import Pills, SignLine
from studio.workers.thumbnails import Thumbnails

WIDTH = 280
KEPT, OUT = "kept", "out"
LISTED = 40


class PicturesStep(QWidget):
    """Thumbnails at the left, what they come to at the right."""

    def __init__(
        self,
        look: Look,
        commands: PreparationCommands,
        thumbnails: Thumbnails,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look, self._commands = look, commands
        self._setup = Setup()
        self.pills = Pills(look)
        self.grid = DataGrid(look, thumbnails)
        self.all = Button(look, kind="link", pressed=self._turn_all)
        self.summary = Summary(look, commands)
        self.nothing = EmptyState(look, "check", "training.none_out.title", "training.none_out.hint")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.grid)
        self._stack.addWidget(self.nothing)
        head = row(self.pills, self.all, gap=12, margins=(20, 12, 12, 8))
        head.setStretch(0, 1)
        left = column(head, self._stack, gap=0)
        left.setStretch(1, 1)
        box = row(left, self.summary, gap=0, parent=self)
        box.setStretch(0, 1)
        self.pills.chosen.connect(lambda _: self.show_setup(self._setup))
        self.grid.turned.connect(lambda which, kept: commands.decide({which: kept}))

    def show_setup(self, setup: Setup) -> None:
        """Shows the report, and what was decided since."""
        other = setup.source != self._setup.source
        self._setup = setup
        report = setup.report
        if report is None:
            return
        self.pills.set_choices(self._choices(report, setup))
        if other:
            self.pills.choose(KEPT if report.kept else OUT)
            self.grid.verticalScrollBar().setValue(0)
        items = self._items(report)
        self.grid.show_items(items, setup)
        self._stack.setCurrentWidget(self.grid if items else self.nothing)
        out = self.pills.value != KEPT
        self.all.setText(self._look.words("training.all_back" if out else "training.all_out"))
        self.all.setVisible(bool(items) and out)
        self.summary.show_setup(setup)

    def _choices(self, report: PreparedFolder, setup: Setup) -> list[tuple[str, str]]:
        words, usable = self._look.words, setup.usable
        out = len(report.items) - usable
        choices = [
            (KEPT, words("training.pill.kept", count=usable)),
            (OUT, words("training.pill.out", count=out)),
        ]
        reasons = report.reasons if len(report.reasons) > 1 else {}
        return choices + [
            (code, f"{phrases.reason(words, code)} · {count}") for code, count in reasons.items()
        ]

    def _items(self, report: PreparedFolder) -> tuple[SetItem, ...]:
        which = self.pills.value
        if which == KEPT:
            return report.kept
        return tuple(item for item in report.left_out if which in (OUT, item.code))

    def _turn_all(self) -> None:
        self._commands.decide({item.id: True for item in self.grid.items})


class VarietyMeter(QWidget):
    """How varied the set is: the pictures, and how much of them counts."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._share = look, 0.0
        self.setFixedHeight(8)

    def set_share(self, share: float) -> None:
        self._share = min(1.0, max(0.0, share))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, rect = self._look.theme, QRectF(self.rect())
        paint.fill(painter, rect, theme.color("pressed"), 4)
        role = "success" if self._share >= 0.5 else "warning"
        rect.setWidth(max(8.0, rect.width() * self._share))
        paint.fill(painter, rect, theme.color(role), 4)
        painter.end()


class Summary(Surface):
    """Figures, cautions, and how the pictures are taken."""

    def __init__(self, look: Look, commands: PreparationCommands, parent: QWidget | None = None) -> None:
        super().__init__(look, "panel", "left", parent)
        self._look, self._commands = look, commands
        self.count = Label(look, size=Type.DISPLAY, weight=MEDIUM, numbers=True)
        self.of = muted(look)
        self.variety = VarietyMeter(look)
        self.varied = caption(look, wrap=True)
        self._told: tuple[str, ...] = ()
        self.cautions = QVBoxLayout()
        self.cautions.setSpacing(8)
        self.kind = Segmented(look, [("faces", "training.kind.faces"), ("whole", "training.kind.whole")])
        self.kind_hint = caption(look, wrap=True)
        self.labelled = Switch(look, "training.labelled")
        self.whole = Button(look, "training.keep_whole", pressed=lambda: commands.set_whole(True))
        self.problems = caption(look, wrap=True)
        self._arrange()
        look.words.bind(self.kind, "setAccessibleName", "training.kind")
        look.words.bind(self.labelled, "setToolTip", "training.labelled.tip")
        self.kind.edited.connect(lambda kind: commands.set_whole(kind == "whole"))
        self.labelled.clicked.connect(commands.set_labelled)

    def _arrange(self) -> None:
        inside = QWidget()
        column(
            column(self.count, self.of, gap=0),
            column(self.variety, self.varied, gap=6),
            self.cautions,
            Line(self._look),
            title(self._look, "training.kind"),
            self.kind,
            self.kind_hint,
            self.whole,
            self.labelled,
            self.problems,
            None,
            gap=12,
            margins=(20, 16, 20, 16),
            parent=inside,
        )
        column(scrolling(inside), gap=0, margins=(1, 0, 0, 0), parent=self)
        self.setFixedWidth(WIDTH)

    def show_setup(self, setup: Setup) -> None:
        report, words = setup.report, self._look.words
        if report is None:
            return
        usable = setup.usable
        self.count.setText(f"{usable:,}".replace(",", "\u2009"))
        self.of.setText(words("training.of", count=usable, total=len(report.items)))
        self._show_variety(report)
        self._show_cautions(report)
        self.kind.set_value("whole" if setup.whole else "faces")
        self.kind_hint.setText(words(f"training.kind.{'whole' if setup.whole else 'faces'}.hint"))
        faceless = report.reasons.get("no-face", 0)
        self.whole.setVisible(not setup.whole and faceless * 2 > len(report.items))
        self.labelled.setChecked(setup.labelled)
        self.labelled.setVisible(report.folders > 1)
        self._show_problems(report)

    def _show_variety(self, report: PreparedFolder) -> None:
        share = (report.effective or 0.0) / max(1, len(report.kept))
        self.variety.setVisible(report.effective is not None)
        self.variety.set_share(share)
        level = "high" if share >= 0.8 else "middle" if share >= 0.5 else "low"
        text = self._look.words(f"training.variety.{level}", count=round(report.effective or 0))
        self.varied.setText(text if report.effective is not None else "")
        self.varied.setVisible(report.effective is not None)

    def _show_cautions(self, report: PreparedFolder) -> None:
        told = tuple(phrases.caution(self._look.words, found) for found in report.cautions)
        if told == self._told:
            return
        self._told = told
        clear(self.cautions)
        for words in told:
            line = SignLine(self._look, "warning", "warning")
            line.say(words)
            self.cautions.addWidget(line)

    def _show_problems(self, report: PreparedFolder) -> None:
        words, count = self._look.words, len(report.problems)
        self.problems.setVisible(bool(count))
        self.problems.setText(words("training.problems", count=count) if count else "")
        problems = report.problems[:LISTED]
        named = [f"{name}: {words.say(reason_text(reason, 'picture'))}" for name, reason in problems]
        self.problems.setToolTip("\n".join(named))
        self.problems.setAccessibleDescription("; ".join(named))
