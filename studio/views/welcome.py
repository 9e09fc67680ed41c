"""The first minute: three steps on the sample pictures, each ticked off by doing it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from studio import paint
from studio.tokens import RADIUS_LARGE, Type
from studio.views.kit.button import Button, IconButton
from studio.views.kit.layout import column, row
from studio.views.kit.text import MEDIUM, Label
from studio.views.look import Look

STEPS = ("style", "walk", "keep")


def sample_sets() -> list[Path]:
    """The folders of pictures that come with the program, each of one look; empty when there are none."""
    folder = Path(str(files("resources"))) / "samples"
    return sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []


class Tick(QWidget):
    """A number that turns into a tick."""

    def __init__(self, look: Look, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._number, self.state = look, number, "later"
        self.setFixedSize(24, 24)

    def set_state(self, state: str) -> None:
        """ "later", "now" or "done"."""
        self.state = state
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, rect = self._look.theme, QRectF(self.rect())
        paint.fill(painter, rect, theme.color("pressed" if self.state == "later" else "fill"), 12)
        if self.state == "done":
            self._look.icons.paint(painter, rect.adjusted(5, 5, -5, -5), "check", "on_fill")
        else:
            painter.setPen(theme.color("muted" if self.state == "later" else "on_fill"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, str(self._number))
        painter.end()


class Step(QWidget):
    """One step: what to do, and why."""

    def __init__(self, look: Look, number: int, which: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tick = Tick(look, number)
        self.name = Label(look, f"welcome.{which}", weight=MEDIUM, wrap=True)
        self.hint = Label(look, f"welcome.{which}.hint", size=12, role="muted", wrap=True)
        self._extra: list[QWidget] = []
        self._words = column(self.name, self.hint, gap=4)
        box = row(self.tick, self._words, gap=12, parent=self)
        box.setAlignment(self.tick, Qt.AlignmentFlag.AlignTop)
        box.setStretch(1, 1)

    def set_state(self, state: str) -> None:
        self.tick.set_state(state)
        self.hint.setVisible(state == "now")
        for part in self._extra:
            part.setVisible(state == "now")

    def add(self, part: QWidget) -> None:
        """Something to press while it is this step's turn."""
        self._extra.append(part)
        self._words.addSpacing(4)
        self._words.addWidget(part, 0, Qt.AlignmentFlag.AlignLeft)


class Welcome(QWidget):
    """A card among the styles; it is there until it is done with."""

    finished = Signal()
    samples_wanted = Signal(object)
    """list[Path]: folders."""

    def __init__(
        self,
        look: Look,
        samples: Callable[[], Sequence[Path]] = sample_sets,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look, self._samples = look, samples
        self._done: set[str] = set()
        self.steps = {which: Step(look, number + 1, which) for number, which in enumerate(STEPS)}
        self.close_button = IconButton(
            look, "close", "welcome.skip", size=24, icon_size=14, pressed=self.finish
        )
        self.try_button = Button(look, "welcome.samples", kind="primary", pressed=self._try)
        self.end_button = Button(look, "welcome.end", kind="primary", pressed=self.finish)
        self._arrange()
        self.hide()

    def _arrange(self) -> None:
        if self._samples():
            self.steps["style"].add(self.try_button)
        head = Label(self._look, "welcome.title", size=Type.TITLE, weight=MEDIUM)
        column(
            row(head, None, self.close_button),
            *self.steps.values(),
            row(None, self.end_button),
            gap=14,
            margins=(16, 12, 12, 16),
            parent=self,
        )

    def start(self) -> None:
        """Begins with the first step."""
        self._done.clear()
        self._show()
        self.show()

    def tick(self, which: str) -> None:
        """Something was done by hand; steps before it count as done too."""
        if not self.isVisible() or which in self._done:
            return
        self._done.update(STEPS[: STEPS.index(which) + 1])
        self._show()

    def finish(self) -> None:
        self.hide()
        self.finished.emit()

    def _try(self) -> None:
        self.samples_wanted.emit(list(self._samples()))

    def _show(self) -> None:
        left = [which for which in STEPS if which not in self._done]
        for which, step in self.steps.items():
            step.set_state("done" if which in self._done else "now" if left and left[0] == which else "later")
        self.end_button.setVisible(not left)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        rect, theme = QRectF(self.rect()), self._look.theme
        paint.fill(painter, rect, theme.color("raised"), RADIUS_LARGE)
        painter.end()
