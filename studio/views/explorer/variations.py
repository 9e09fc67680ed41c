"""Variations of the picture under the probe: its relatives in a ring around it, or people in every style.

A sheet over the window. A click chooses, a double click goes on from a picture, a button keeps the chosen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from engine.recipe import Recipe, StyleUse
from studio import paint
from studio.library.sets import matrix, neighbours
from studio.signals import follow
from studio.theme import font
from studio.views.kit.button import Button, IconButton
from studio.views.kit.card import Card
from studio.views.kit.choice import Segmented
from studio.views.kit.layout import column, row
from studio.views.kit.overlay import Overlay
from studio.views.kit.slider import SliderRow
from studio.views.kit.text import heading, muted
from studio.views.look import Look
from studio.views.pictures import Tiles
from studio.views.recipe_thumbs import RecipeThumbs

RELATIVES = 12
"""How many lie in the ring."""
PEOPLE, MOST_PEOPLE, STYLES = 3, 4, 6
"""Rows of the table of people and styles, with pins at most so many; and at most so many columns."""
USUAL_DISTANCE = 0.4
WIDTH, HEIGHT = 860, 520
GAP, HEAD = 12.0, 24.0
INNER, OUTER = 224.0, 120.0
"""Sides of the picture in the middle of the ring, and of those in it."""


WAYS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


@dataclass(frozen=True)
class Sheet:
    """What is laid out: rows of recipes, with words over the columns."""

    rows: tuple[tuple[Recipe, ...], ...] = ()
    heads: tuple[str, ...] = ()
    ring: bool = False
    """The first in the middle, all others in a ring around it."""

    @property
    def recipes(self) -> tuple[Recipe, ...]:
        """All of them, row by row."""
        return tuple(recipe for line in self.rows for recipe in line)

    @property
    def columns(self) -> int:
        return max((len(line) for line in self.rows), default=1)


def relatives(recipe: Recipe, distance: float, turn: int) -> Sheet:
    """The picture itself and others like it, all equally far from it; the further, the less alike."""
    return Sheet(((recipe, *neighbours(recipe, RELATIVES, distance, turn)),), ring=True)


def across_styles(
    recipe: Recipe,
    looks: Sequence[tuple[str, Sequence[StyleUse]]],
    turn: int,
    pinned: Sequence[Recipe] = (),
) -> Sheet:
    """The same people down, styles across: this one, those who are pinned, and relatives to fill up."""
    people = list(dict.fromkeys((recipe, *pinned)))[:MOST_PEOPLE]
    people += neighbours(recipe, max(0, PEOPLE - len(people)), 0.8, turn)
    rows = matrix(people, [uses for _, uses in looks])
    return Sheet(tuple(map(tuple, rows)), tuple(name for name, _ in looks))


class SheetView(QWidget):
    """The pictures of a sheet."""

    chosen_changed = Signal()
    opened = Signal(object)
    """Recipe that was double-clicked."""

    def __init__(self, look: Look, thumbs: RecipeThumbs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._thumbs, self._tiles = look, thumbs, Tiles()
        self._sheet = Sheet()
        self._chosen: set[Recipe] = set()
        self._cursor, self._hover = 0, -1
        self.setFixedSize(WIDTH, HEIGHT)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        look.words.bind(self, "setAccessibleName", "variations.title")
        thumbs.arrived.connect(self.update)

    @property
    def chosen(self) -> tuple[Recipe, ...]:
        """In the order in which they lie."""
        return tuple(recipe for recipe in self._sheet.recipes if recipe in self._chosen)

    def show_sheet(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._chosen.clear()
        self._cursor = 0
        self.chosen_changed.emit()
        self.update()

    def cell(self, number: int) -> QRectF:
        """Where a picture lies."""
        if self._sheet.ring:
            return in_ring(number, len(self._sheet.recipes) - 1)
        columns, lines = self._sheet.columns, max(1, len(self._sheet.rows))
        head = HEAD if self._sheet.heads else 0.0
        side = min((WIDTH - GAP * (columns - 1)) / columns, (HEIGHT - head - GAP * (lines - 1)) / lines)
        left = (WIDTH - columns * side - GAP * (columns - 1)) / 2
        line, col = divmod(number, columns)
        return QRectF(left + col * (side + GAP), head + line * (side + GAP), side, side).adjusted(
            4, 4, -4, -4
        )

    def _at(self, at: QPointF) -> int:
        return next((n for n in range(len(self._sheet.recipes)) if self.cell(n).contains(at)), -1)

    def _toggle(self, number: int) -> None:
        if 0 <= number < len(self._sheet.recipes):
            self._cursor = number
            self._chosen ^= {self._sheet.recipes[number]}
            self.chosen_changed.emit()
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._toggle(self._at(event.position()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        number = self._at(event.position())
        if number >= 0:
            self.opened.emit(self._sheet.recipes[number])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = self._at(event.position())
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self._sheet.recipes) - 1
        if event.key() in WAYS:
            self._cursor = self._towards(*WAYS[Qt.Key(event.key())])
            self.update()
        elif event.key() == Qt.Key.Key_Space:
            self._toggle(self._cursor)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and last >= 0:
            self.opened.emit(self._sheet.recipes[self._cursor])
        else:
            super().keyPressEvent(event)

    def _towards(self, dx: int, dy: int) -> int:
        """The picture that lies next in a direction; the present one at the edge."""
        here = self.cell(self._cursor).center()
        ahead = []
        for number in range(len(self._sheet.recipes)):
            way = self.cell(number).center() - here
            along, aside = way.x() * dx + way.y() * dy, abs(way.x() * dy) + abs(way.y() * dx)
            if along > 1.0:
                ahead.append((along + 2.0 * aside, number))
        return min(ahead, default=(0.0, self._cursor))[1]

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        self._paint_heads(painter)
        for number, recipe in enumerate(self._sheet.recipes):
            self._paint_one(painter, number, recipe)
        painter.end()

    def _paint_heads(self, painter: QPainter) -> None:
        painter.setFont(font(12))
        painter.setPen(self._look.theme.color("muted"))
        for number, words in enumerate(self._sheet.heads):
            cell = self.cell(number)
            room = QRectF(cell.left(), 0, cell.width(), HEAD - 4)
            shown = QFontMetrics(painter.font()).elidedText(
                words, Qt.TextElideMode.ElideRight, round(room.width())
            )
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, shown)

    def _paint_one(self, painter: QPainter, number: int, recipe: Recipe) -> None:
        theme, cell = self._look.theme, self.cell(number)
        image = self._thumbs.get(recipe)
        if image is None:
            paint.fill(painter, cell, theme.color("raised"), 8)
        else:
            made = self._tiles.get(image, cell.width(), self.devicePixelRatioF(), 8)
            painter.drawPixmap(cell.topLeft(), made)
        grown = cell.adjusted(-4, -4, 4, 4)
        if recipe in self._chosen:
            paint.outline(painter, grown, theme.color("accent"), 12, 2.5)
        elif number == self._hover or (number == self._cursor and self.hasFocus()):
            paint.outline(painter, grown, theme.color("faint"), 12, 1.5)


def in_ring(number: int, around: int) -> QRectF:
    """The place of the picture in the middle (0), or of one of so many around it."""
    side, x, y = INNER, WIDTH / 2, HEIGHT / 2
    if number > 0:
        angle = _angles(around)[number - 1]
        side = OUTER
        x += math.cos(angle) * (WIDTH - OUTER) / 2
        y += math.sin(angle) * (HEIGHT - OUTER) / 2
    return QRectF(x - side / 2, y - side / 2, side, side).adjusted(4, 4, -4, -4)


@lru_cache(maxsize=4)
def _angles(count: int) -> tuple[float, ...]:
    """Angles of `count` points on the ring, equally far from each other along it, from the top on."""
    t = np.linspace(-math.pi / 2, 1.5 * math.pi, 721)
    steps = np.hypot(np.diff(np.cos(t)) * (WIDTH - OUTER), np.diff(np.sin(t)) * (HEIGHT - OUTER))
    way = np.concatenate(([0.0], np.cumsum(steps)))
    return tuple(np.interp((np.arange(count) + 0.5) / count * way[-1], way, t).tolist())


class Variations(Overlay):
    """The sheet with its controls."""

    opened = Signal(object)
    """Recipe to go on from."""
    kept = Signal(object)
    """list[Recipe] to keep."""

    def __init__(self, look: Look, thumbs: RecipeThumbs, parent: QWidget) -> None:
        card = Card(look)
        super().__init__(look, card, parent)
        self._recipe: Recipe | None = None
        self._looks: list[tuple[str, Sequence[StyleUse]]] = []
        self._pinned: list[Recipe] = []
        self._turn = 0
        self.view = SheetView(look, thumbs)
        kinds = [("relatives", "variations.relatives"), ("styles", "variations.styles")]
        self.kind = Segmented(look, kinds)
        self.kind.set_value("relatives")
        self.distance = SliderRow(look, "variations.distance", default=USUAL_DISTANCE)
        self.others = Button(look, "variations.others", icon="random", pressed=self._others)
        self.keep = Button(look, kind="primary", icon="keep", pressed=self._keep)
        self._arrange(card)
        self._connect()

    def _arrange(self, card: Card) -> None:
        close = IconButton(self._look, "close", "action.close", pressed=self.close_up)
        self.distance.setFixedWidth(240)
        head = row(heading(self._look, "variations.title"), 8, self.kind, None, self.distance, close, gap=12)
        foot = row(muted(self._look, "variations.hint", wrap=False), None, self.others, self.keep, gap=8)
        column(head, self.view, foot, gap=16, margins=(28, 20, 28, 24), parent=card)

    def _connect(self) -> None:
        follow(self._lay_out, self.kind.edited, self.distance.settled)
        self.view.chosen_changed.connect(self._count)
        self.view.opened.connect(self._go_on)
        self._look.words.language_changed.connect(self._count)

    def ask(
        self,
        recipe: Recipe,
        looks: Sequence[tuple[str, Sequence[StyleUse]]],
        pinned: Sequence[Recipe] = (),
    ) -> None:
        """Opens for a picture. looks: (name, styles) for the columns of the table. pinned: for its rows."""
        self._recipe, self._looks, self._pinned = recipe, list(looks)[:STYLES], list(pinned)
        self._lay_out()
        self.open()
        self.view.setFocus()

    def _lay_out(self, *_: object) -> None:
        if self._recipe is None:
            return
        by_style = self.kind.value() == "styles"
        self.distance.setVisible(not by_style)
        if by_style:
            sheet = across_styles(self._recipe, self._looks, self._turn, self._pinned)
        else:
            sheet = relatives(self._recipe, self.distance.value(), self._turn)
        self.view.show_sheet(sheet)

    def _others(self) -> None:
        self._turn += 1
        self._lay_out()

    def _count(self, *_: object) -> None:
        count = len(self.view.chosen)
        self.keep.setText(self._look.words("variations.keep", count=count))
        self.keep.setEnabled(count > 0)

    def _keep(self) -> None:
        self.kept.emit(list(self.view.chosen))
        self.close_up()

    def _go_on(self, recipe: Recipe) -> None:
        self.close_up()
        self.opened.emit(recipe)
