"""What a hand does on the canvas: it clicks, drags what lies under it, or draws a lasso."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent

from studio.state.explorer import Explorer

if TYPE_CHECKING:
    from studio.views.explorer.canvas import Canvas

CLICK = 4.0
"""Pixels up to which a press is a click."""


class Grip(Enum):
    """What a press of the mouse holds."""

    WALK = "walk"
    """The ground, which moves under the probe."""
    PAN = "pan"
    """The map, which moves with what is on it."""
    PROBE = "probe"
    """The probe on the map."""
    LASSO = "lasso"


@dataclass
class MousePress:
    """The left button, from when it is pressed until it is released. Places are in pixels."""

    grip: Grip
    at: QPointF
    last: QPointF
    off: QPointF
    """From the mouse to the probe."""
    dragging: bool = False
    trail: list[tuple[float, float]] = field(default_factory=list)


class Hand:
    """The left button on one canvas."""

    def __init__(self, canvas: Canvas, explorer: Explorer) -> None:
        self._canvas, self._explorer = canvas, explorer
        self.press: MousePress | None = None

    def take(self, event: QMouseEvent) -> None:
        """The button is pressed."""
        at = event.position()
        self.press = MousePress(self._grip(event), at, at, self._canvas.outlook.probe - at)

    def _grip(self, event: QMouseEvent) -> Grip:
        canvas = self._canvas
        if canvas.lasso or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            return Grip.LASSO
        if not canvas.outlook.is_map or canvas.large:
            return Grip.WALK
        return Grip.PROBE if canvas.outlook.is_held(event.position()) else Grip.PAN

    def move(self, event: QMouseEvent) -> None:
        """The mouse moves while the button is pressed."""
        press = self.press
        if press is None:
            return
        if not press.dragging and (event.position() - press.at).manhattanLength() >= CLICK:
            self._begin_drag(press)
        if press.dragging:
            way, press.last = event.position() - press.last, event.position()
            self._drag(press, way)

    def _begin_drag(self, press: MousePress) -> None:
        press.dragging = True
        if press.grip is Grip.LASSO:
            press.trail.append((press.at.x(), press.at.y()))
            return
        self._canvas.setCursor(Qt.CursorShape.ClosedHandCursor)
        if press.grip is not Grip.PAN:
            self._explorer.begin_move()

    def _drag(self, press: MousePress, way: QPointF) -> None:
        view = self._canvas.outlook.view
        if press.grip is Grip.WALK:
            self._explorer.move_by(-way.x() / view.scale, -way.y() / view.scale)
        elif press.grip is Grip.PROBE:
            at = press.last + press.off
            self._explorer.move_to(*view.to_map(at.x(), at.y()))
        elif press.grip is Grip.PAN:
            self._canvas.outlook.pan(way)
        elif (press.last - QPointF(*press.trail[-1])).manhattanLength() >= CLICK:
            press.trail.append((press.last.x(), press.last.y()))
            self._canvas.frames.draw()

    def let_go(self, event: QMouseEvent) -> None:
        """The button is released."""
        press, canvas = self.press, self._canvas
        if press is None:
            return
        self.press = None
        canvas.show_cursor()
        if not press.dragging:
            self._click(event, press)
        elif press.grip is Grip.LASSO:
            canvas.set_lasso(False)
            canvas.choose_inside(press.trail)
        elif press.grip is not Grip.PAN:
            self._explorer.end_move()
            canvas.dragged.emit()

    def _click(self, event: QMouseEvent, press: MousePress) -> None:
        canvas, at = self._canvas, event.position()
        pin, point = canvas.outlook.pin_at(at), canvas.outlook.point_at(at)
        if press.grip is Grip.LASSO:
            canvas.selection.toggle(point)
        elif pin is not None:
            self._explorer.go_to_pin(pin.id)
        elif point is not None and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            canvas.keep_at(at)
        elif point is not None:
            canvas.glide_to(point.x, point.y)
