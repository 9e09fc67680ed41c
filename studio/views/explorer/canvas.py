"""The canvas: close up a walk with the picture in the middle, far out the map of everybody.

Walking: drag anywhere to walk, click a small picture to go there, turn the wheel for smaller or larger steps.
Turning it further out shows the map; there the picture hangs at its place. Drag the picture to see what lies
under it, drag the map to look elsewhere, click somebody to go there, double-click or zoom in to walk on from
there. Dragging with Shift draws a lasso, on both.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from engine.recipe import Recipe
from studio import paint
from studio.library.tasks import Runner
from studio.signals import follow
from studio.state.explorer import Explorer
from studio.views.explorer.frames import Frames
from studio.views.explorer.geometry import GridPoint, inside
from studio.views.explorer.hand import Hand
from studio.views.explorer.lens import Lens
from studio.views.explorer.outlook import Outlook
from studio.views.explorer.scene import Scene, Sight
from studio.views.explorer.selection import Selection
from studio.views.explorer.soft_walk import SoftWalk
from studio.views.explorer.tiles import TileField
from studio.views.look import Look
from studio.views.scores import BETWEEN, score_words

KEYS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}


class Canvas(QWidget):
    """The explorer's walk and map."""

    opened = Signal()
    """The large picture was double-clicked."""
    keep_wanted = Signal(object)
    """Recipe of a thumbnail that is to be kept."""
    menu_wanted = Signal(QPoint, object)
    """Global position, GridPoint | None: what lies there."""
    pin_pressed = Signal(int, QPoint)
    """Id of a pin that was right-clicked, global position."""
    dragged = Signal()
    """A drag by hand has ended."""
    lasso_changed = Signal(bool)
    """Whether the next drag draws a lasso."""

    def __init__(
        self,
        look: Look,
        explorer: Explorer,
        field: TileField,
        parent: QWidget | None = None,
        *,
        runner: Runner | None = None,
    ) -> None:
        """runner: who does what takes longer than a frame may; None: here and now."""
        super().__init__(parent)
        self._look, self._explorer, self._field = look, explorer, field
        self.outlook = Outlook(explorer, self)
        self.selection = Selection(self)
        self._lens = Lens(look, lambda: self.frames.take_lens(), runner)
        self._scene = Scene(look, field, self._lens)
        self.frames = Frames(self, explorer, self.outlook, self._scene, self._lens, field, self._ask)
        self._walk = SoftWalk(explorer, self)
        self._hand = Hand(self, explorer)
        self._hover: GridPoint | None = None
        self._way = self._lasso = False
        self._by_key = False
        """Whether focus came by key: then it is shown."""
        self._set_up()
        self._connect()

    def _set_up(self) -> None:
        self.setMinimumSize(320, 320)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self._look.words.bind(self, "setAccessibleName", "canvas.name")
        self._look.words.bind(self, "setAccessibleDescription", "canvas.description")

    def _connect(self) -> None:
        explorer = self._explorer
        follow(self._follow, explorer.place_changed, explorer.moving_changed)
        explorer.image_changed.connect(self._show_image)
        explorer.scores_changed.connect(self.frames.draw_lens)
        explorer.pins_changed.connect(self.frames.draw)
        self.outlook.changed.connect(self._ask_for_tiles)
        self.outlook.turned.connect(self._resize_lens)
        self.selection.changed.connect(self.frames.renew)
        self._field.changed.connect(self.frames.take_tiles)
        self._look.words.language_changed.connect(self.frames.draw)
        self.destroyed.connect(self._lens.stop)

    # ---- what is seen

    @property
    def calm(self) -> bool:
        """No animations."""
        return self.outlook.calm

    @calm.setter
    def calm(self, calm: bool) -> None:
        self.outlook.calm = calm

    @property
    def large(self) -> bool:
        """Whether the picture fills the canvas."""
        return self.outlook.large

    def set_large(self, large: bool) -> None:
        self.outlook.large = large
        self._resize_lens()
        self._follow()

    @property
    def behind(self) -> bool:
        """Whether the next frame goes on with what the last one had no time for."""
        return self._scene.behind

    def refresh(self) -> None:
        """Asks anew for what is in view."""
        self._follow()

    def _follow(self, *_: object) -> None:
        before = self.outlook.view
        if self._hand.press is None:
            self.outlook.keep_probe_in_view()
        if self.outlook.is_map and self.outlook.view == before and not self.large:
            self.frames.draw_lens_soon()
            self._ask()
        elif self._explorer.moving:
            self.frames.draw_soon()
        else:
            self._ask()
            self.frames.renew_next()  # after the panels, which also follow

    def _ask_for_tiles(self) -> None:
        self.frames.renew()
        self._ask()

    def _ask(self) -> None:
        if not self.isVisible():
            return
        outlook, explorer = self.outlook, self._explorer
        view = outlook.view
        points = () if self.large else view.points(outlook.hidden)
        side = view.tile * self.devicePixelRatioF()
        self._field.show(explorer.place, points, moving=explorer.moving or outlook.flying, side=side)

    def _show_image(self, image: QImage | None) -> None:
        side = round(self.outlook.lens.width() * self.devicePixelRatioF())
        self._lens.show(image, side, full=self._explorer.is_full, calm=self.calm)
        self.frames.take_lens()

    def _resize_lens(self, *_: object) -> None:
        self._show_image(self._explorer.image)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.outlook.resize()
        self._resize_lens()
        self._ask_for_tiles()

    def showEvent(self, event: QEvent) -> None:  # type: ignore[override]
        self.outlook.look()

    def hideEvent(self, event: QEvent) -> None:  # type: ignore[override]
        self.stop()
        self._field.stop()

    # ---- by hand

    def flash(self) -> None:
        """Says: this one is kept."""
        self._lens.flash()
        self.frames.take_lens()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton:
            self.keep_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton:
            self.stop()
            self._hand.take(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._hand.press is None:
            self._point_at(event.position())
        else:
            self._hand.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._hand.let_go(event)

    def stop(self) -> None:
        """Whatever moves by itself stands still."""
        self._walk.stop()
        self.outlook.stop()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        at = QPointF(event.pos())
        pin = self.outlook.pin_at(at)
        if pin is not None:
            self.pin_pressed.emit(pin.id, event.globalPos())
        else:
            self.menu_wanted.emit(event.globalPos(), self.outlook.point_at(at))

    def keep_at(self, at: QPointF) -> None:
        """Wishes that what is shown there is kept."""
        point = self.outlook.point_at(at)
        recipe = self._explorer.recipe_at(point.x, point.y) if point else None
        if recipe is not None:
            self.keep_wanted.emit(recipe)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.outlook.lens.contains(event.position()):
            self.opened.emit()
        elif self.outlook.is_map and event.button() == Qt.MouseButton.LeftButton:
            self.glide_to(*self.outlook.dive(event.position()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        turns = event.angleDelta().y() / 120.0
        if turns:
            self.zoom_by(1.2**turns, event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QNativeGestureEvent)
            and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture
        ):
            self.zoom_by(1.0 + event.value(), event.position())
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = KEYS.get(Qt.Key(event.key()))
        others = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        if event.key() == Qt.Key.Key_Escape and (self.selection.points or self._lasso):
            self.set_lasso(False)
            self.clear_chosen()
        elif way is None or event.modifiers() & others:
            super().keyPressEvent(event)
        else:
            self._step(way, 0.25 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0)

    def _step(self, way: tuple[float, float], part: float) -> None:
        """By key: to the next thumbnail, or a part of the way."""
        step = self.outlook.view.step * part
        x, y = self._walk.goal
        self.glide_to(x + way[0] * step, y + way[1] * step)

    def focusInEvent(self, event: QFocusEvent) -> None:
        keys = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self._show_focus(event.reason() in keys)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._show_focus(False)

    def _show_focus(self, by_key: bool) -> None:
        if by_key != self._by_key:
            self._by_key = by_key
            self.frames.draw()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Larger: smaller steps from picture to picture. Zooming into somebody on the map goes there."""
        found = self.outlook.zoom_by(factor, at)
        if found is not None:
            self.glide_to(*found)

    def glide_to(self, x: float, y: float) -> None:
        """Walks there softly, on a chart the shorter way round."""
        self._walk.start(x, y, self.calm)

    def _point_at(self, at: QPointF) -> None:
        hover = self.outlook.point_at(at)
        self._hover_over(hover)
        self.show_cursor(at)

    def _hover_over(self, point: GridPoint | None) -> None:
        before, self._hover = self._hover, point
        if point != before:
            self.frames.draw_points((before, point))

    def show_cursor(self, at: QPointF | None = None) -> None:
        """The cursor for what a press would do there."""
        if self._lasso:
            self.setCursor(Qt.CursorShape.CrossCursor)
        elif at is not None and self._hover and not self.outlook.is_held(at):
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.setCursor(Qt.CursorShape.OpenHandCursor)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover_over(None)

    # ---- choosing

    def chosen_recipes(self) -> list[Recipe]:
        """What the chosen thumbnails show, in the look of this moment."""
        found = (self._explorer.recipe_at(point.x, point.y) for point in self.selection.points)
        return [recipe for recipe in found if recipe is not None]

    @property
    def lasso(self) -> bool:
        """Whether the next drag draws a lasso."""
        return self._lasso

    def set_lasso(self, on: bool) -> None:
        """The next drag draws a lasso."""
        if on != self._lasso:
            self._lasso = on
            self.show_cursor()
            self.lasso_changed.emit(on)

    def choose_all(self) -> None:
        """Everything in view."""
        if not self.large:
            self.selection.choose(self.outlook.view.points(self.outlook.hidden, margin=0.0))

    def choose_inside(self, trail: Sequence[tuple[float, float]]) -> None:
        """Everything whose middle lies inside a line, in pixels."""
        view = self.outlook.view
        points = () if self.large else view.points(self.outlook.hidden)
        self.selection.choose(p for p in points if inside(trail, *view.to_pixels(p.x, p.y)))

    def clear_chosen(self) -> None:
        """Nothing."""
        self.selection.choose(())

    # ---- drawing

    def show_way(self, shown: bool) -> None:
        """Joins the pins to a path, or not."""
        self._way = shown
        self.frames.draw()

    def paintEvent(self, event: QPaintEvent) -> None:
        began = time.monotonic()
        painter = paint.smooth(QPainter(self))
        sight = self._sight()
        if self.large:
            painter.fillRect(event.rect(), self._look.theme.color("canvas"))
            self._scene.paint_lens(painter, sight)
        else:
            self._scene.paint(painter, sight, event.region(), self.devicePixelRatioF())
        painter.end()
        if event.rect() == self.rect():
            self.frames.measure(time.monotonic() - began)
        if self._scene.behind and not self.large:
            QTimer.singleShot(0, self, self.frames.draw)

    def _sight(self) -> Sight:
        press, outlook = self._hand.press, self.outlook
        return Sight(
            view=outlook.view,
            lens=outlook.lens,
            probe=outlook.probe,
            hidden=outlook.hidden,
            on_map=0.0 if self.large else outlook.on_map,
            hover=self._hover if press is None else None,
            chosen=frozenset(self.selection.points),
            lasso=tuple(press.trail) if press is not None else (),
            pins=tuple((px, py) for _, px, py in outlook.pins()),
            way=self._way,
            lit=self._explorer.moving or self._by_key,
            zooming=outlook.zooming,
            calm=self.calm or outlook.is_map,
            match=self._match(),
        )

    def _match(self) -> str:
        if self._explorer.moving or (self.outlook.on_map and not self.large):
            return ""
        return BETWEEN.join(score_words(self._look, *self._explorer.scores))
