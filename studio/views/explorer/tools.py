"""What floats over the canvas: bars of tools that find their own place at its lower edge."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, sqrt

from PySide6.QtCore import QEvent, QObject, QRect, QRectF
from PySide6.QtGui import QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QWidget

from studio import paint
from studio.signals import follow
from studio.views.actions import Actions
from studio.views.explorer.canvas import Canvas
from studio.views.kit.button import ActionButton, IconButton
from studio.views.kit.layout import Line, row
from studio.views.look import Look

EDGE = 16
GAP = 10
"""Between bars that lie over each other."""
RADIUS = 12


class FloatingBar(QWidget):
    """A bar in the middle of the canvas's lower edge, or above another bar."""

    def __init__(self, look: Look, canvas: Canvas, below: FloatingBar | None = None) -> None:
        super().__init__(canvas)
        self._look, self._canvas, self._below = look, canvas, below
        canvas.frames.covers.append(self.cover)
        canvas.installEventFilter(self)
        if below is not None:
            below.installEventFilter(self)
        look.words.language_changed.connect(self.place)

    def place(self, *_: object) -> None:
        """To where it belongs, as large as it needs to be."""
        self.fit(self._canvas.width() - 2 * EDGE)
        self.adjustSize()
        self.move((self._canvas.width() - self.width()) // 2, self._floor() - self.height())

    def cover(self) -> QRegion:
        """What it hides of the canvas: itself without its round corners, while it is shown."""
        return _rounded(self.geometry()) if self.isVisible() else QRegion()

    def _floor(self) -> int:
        """Where its lower edge belongs; a bar below that is hidden leaves its place."""
        below = self._below
        if below is None:
            return self._canvas.height() - EDGE
        return below.y() - GAP if not below.isHidden() else below._floor()

    def fit(self, width: int) -> None:
        """Makes do with `width`; for those who can."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide):
            if watched in (self._canvas, self._below):
                self.place()
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Show):
            self.place()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        rect, theme = QRectF(self.rect()), self._look.theme
        paint.fill(painter, rect, theme.color("panel"), RADIUS)
        paint.outline(painter, rect, theme.color("outline"), RADIUS)
        painter.end()


@lru_cache(maxsize=32)
def _rounded(rect: QRect) -> QRegion:
    """All pixels that lie wholly inside a bar."""
    region = QRegion(rect.adjusted(0, RADIUS, 0, -RADIUS))
    for line in range(RADIUS):
        cut = ceil(RADIUS - sqrt(RADIUS**2 - (RADIUS - line) ** 2)) + 1
        for y in (rect.top() + line, rect.bottom() - line):
            region += QRect(rect.left() + cut, y, rect.width() - 2 * cut, 1)
    return region


class CanvasTools(FloatingBar):
    """A new place, keep, pins and paths, the lasso, the map, smaller and larger steps."""

    def __init__(self, look: Look, actions: Actions, canvas: Canvas) -> None:
        super().__init__(look, canvas)
        self.keep = ActionButton(look, actions["keep"], kind="primary", icon="keep")
        self.random = ActionButton(look, actions["random"], kind="plain", icon="random")
        names = ("undo", "redo", "variations", "pin", "path", "lasso", "map", "large", "zoom_out", "zoom_in")
        self.buttons = {which: self._tool(actions, which) for which in names}
        tools = self.buttons
        self._gaps = [_Gap(look) for _ in range(3)]
        row(
            *(tools["undo"], tools["redo"], self._gaps[0]),
            *(self.random, self.keep, self._gaps[1]),
            *(tools["variations"], tools["pin"], tools["path"], tools["lasso"], self._gaps[2]),
            *(tools["map"], tools["large"], tools["zoom_out"], tools["zoom_in"]),
            gap=4,
            margins=(8, 6, 8, 6),
            parent=self,
        )

    def fit(self, width: int) -> None:
        """In a narrow window, what the wheel and the menus do as well is left out, piece by piece."""
        tools = self.buttons
        spare: tuple[tuple[QWidget, ...], ...] = (
            (tools["zoom_out"], tools["zoom_in"]),
            (tools["large"],),
            (tools["undo"], tools["redo"], self._gaps[0]),
            (tools["lasso"],),
        )
        for widget in (one for group in spare for one in group):
            widget.setVisible(True)
        for group in spare:
            if self.sizeHint().width() <= width:
                break
            for widget in group:
                widget.setVisible(False)

    def _tool(self, actions: Actions, which: str) -> IconButton:
        action, spec = actions[which], actions.specs[which]
        keys = (*spec.plain, *spec.keys)
        button = IconButton(
            self._look,
            spec.icon,
            f"action.{which}",
            size=32,
            shortcut=keys[0] if keys else None,
            pressed=action.trigger,
        )
        button.setEnabled(action.isEnabled())
        button.setCheckable(spec.checkable)

        def show() -> None:
            button.setEnabled(action.isEnabled())
            button.setChecked(action.isChecked())

        follow(show, action.changed, button.clicked)
        return button


class _Gap(Line):
    def __init__(self, look: Look) -> None:
        super().__init__(look, upright=True)
        self.setFixedSize(9, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(4, 0, 1, self.height(), self._look.theme.color("outline"))
        painter.end()
