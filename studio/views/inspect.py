"""What a picture says about how it was made: a sheet over the window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from studio.library.inspecting import Known, facts
from studio.views.kit.button import Button
from studio.views.kit.card import Card
from studio.views.kit.flow import clear
from studio.views.kit.layout import Line, column, row, scrolling
from studio.views.kit.lines import wrapped
from studio.views.kit.overlay import Overlay
from studio.views.kit.text import MEDIUM, Label, heading
from studio.views.look import Look

if TYPE_CHECKING:
    from engine.marks.inspection import Inspection

WIDTH, HEIGHT = 620, 420
NAMES = 150
"""Width of the names of facts, in pixels."""


class InspectSheet(Overlay):
    """The facts of one picture below those of another."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        card = Card(look, "panel")
        inner = QWidget()
        self.list = QVBoxLayout(inner)
        self.list.setContentsMargins(0, 0, 12, 0)
        self.list.setSpacing(8)
        area = scrolling(inner)
        area.setFixedHeight(HEIGHT)
        area.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        note = Label(look, "inspect.note", size=12, role="muted", wrap=True)
        close = Button(look, "action.close", kind="primary", pressed=self.close_up)
        column(
            heading(look, "inspect.title"),
            area,
            note,
            row(None, close),
            gap=12,
            margins=(28, 24, 28, 20),
            parent=card,
        )
        card.setFixedWidth(WIDTH)
        super().__init__(look, card, parent)

    def show_all(self, seen: Sequence[tuple[Inspection, Known]]) -> None:
        """Opens with these."""
        clear(self.list)
        for n, (found, known) in enumerate(seen):
            if n:
                self.list.addWidget(Line(self._look))
            self.list.addWidget(_Facts(self._look, found, known))
        self.list.addStretch(1)
        self.open()


class _Facts(QWidget):
    """One picture's."""

    def __init__(self, look: Look, found: Inspection, known: Known) -> None:
        super().__init__()
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnMinimumWidth(0, NAMES)
        grid.setColumnStretch(1, 1)
        for line, (name, said) in enumerate(facts(found, known)):
            grid.addWidget(wrapped(look, look.words.say(name), role="muted"), line, 0)
            value = wrapped(look, look.words.say(said), MEDIUM if line == 0 else None)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(value, line, 1)
        size = f"{found.path.name}   {found.size[0]} x {found.size[1]}"
        column(wrapped(look, size, MEDIUM), grid, gap=8, parent=self)
