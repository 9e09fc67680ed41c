"""One row of the places beside the gallery: a name, a number, and a target for dragged pictures."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from studio import paint
from studio.views.gallery.grid import PICTURES_MIME
from studio.views.kit.drop_row import DropRow
from studio.views.kit.empty import Sign
from studio.views.kit.layout import row
from studio.views.kit.name_field import NameField
from studio.views.kit.text import Label
from studio.views.look import Look

BOARD_MIME = "application/x-persona-board"
HEIGHT = 34


class PlaceRow(DropRow):
    """A place to look at. A board can also be renamed, dragged to another place in the list, and deleted."""

    chosen = Signal()
    renamed = Signal(str)
    menu_wanted = Signal(QPoint)
    """Global position."""
    pictures_dropped = Signal(str)
    """Ids, joined by the index's separator."""
    placed = Signal(str, bool)
    """Id of a board that was dropped here; True: above this one."""
    stepped = Signal(int)
    """-1 or 1: one place up or down is wanted."""
    delete_wanted = Signal()

    def __init__(
        self, look: Look, icon: str, *, key: str = "", board: str = "", parent: QWidget | None = None
    ) -> None:
        """key: of a fixed name. board: the board's id, for a row that is one."""
        super().__init__(look, parent)
        self._board = board
        self.active = False
        self.takes_pictures = False
        self._pressed: QPointF | None = None
        self.sign = Sign(look, icon, 18, "muted")
        self.name = NameField(look)
        self.number = Label(look, size=12, role="muted", numbers=True)
        row(self.sign, self.name, self.number, gap=8, margins=(8, 0, 10, 0), parent=self)
        self._set_up()
        if key:
            look.words.bind(self, "set_name", key)

    def _set_up(self) -> None:
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.name.renamed.connect(self.renamed)

    def set_name(self, name: str) -> None:
        self.name.set_name(name)
        self.setAccessibleName(name)

    def set_count(self, count: int) -> None:
        self.number.setText(f"{count:,}".replace(",", "\u2009") if count else "")
        self.setAccessibleDescription(self._look.words("gallery.count", count=count))

    def set_active(self, active: bool) -> None:
        self.active = active
        self.sign.set_role("accent" if active else "muted")
        self.update()

    # ---- by hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or not self._board:
            return
        if (event.position() - self._pressed).manhattanLength() >= QApplication.startDragDistance():
            self._pressed = None
            self._drag()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is not None and self.rect().contains(event.position().toPoint()):
            self.chosen.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._board:
            self.name.edit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._board:
            self.menu_wanted.emit(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, by = event.key(), event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
        elif not self._board:
            super().keyPressEvent(event)
        elif key == Qt.Key.Key_F2:
            self.name.edit()
        elif key == Qt.Key.Key_Delete:
            self.delete_wanted.emit()
        elif by and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.stepped.emit(-1 if key == Qt.Key.Key_Up else 1)
        elif key == Qt.Key.Key_Menu:
            self.menu_wanted.emit(self.mapToGlobal(QPoint(16, HEIGHT)))
        else:
            super().keyPressEvent(event)

    def _drag(self) -> None:
        mime = QMimeData()
        mime.setData(BOARD_MIME, self._board.encode())
        drag = QDrag(self)
        drag.setMimeData(mime)
        drag.setPixmap(self.grab())
        drag.setHotSpot(QPoint(20, HEIGHT // 2))
        drag.exec(Qt.DropAction.MoveAction)

    def take_drop(self, event: QDropEvent, meaning: str) -> None:
        if meaning == "pictures":
            self.pictures_dropped.emit(_text(event, PICTURES_MIME))
        else:
            self.placed.emit(_text(event, BOARD_MIME), meaning == "above")

    def drop_meaning(self, event: QDropEvent) -> str:
        """What dropping here would do: "pictures", "above", "below", or nothing."""
        mime = event.mimeData()
        if self.takes_pictures and mime.hasFormat(PICTURES_MIME):
            return "pictures"
        if self._board and mime.hasFormat(BOARD_MIME) and _text(event, BOARD_MIME) != self._board:
            return "above" if event.position().y() < self.height() / 2 else "below"
        return ""

    # ---- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, rect = self._look.theme, QRectF(self.rect())
        if self.active:
            paint.fill(painter, rect, theme.color("tint"))
        elif self.underMouse():
            paint.fill(painter, rect, theme.color("hover"))
        if self.hasFocus():
            paint.outline(painter, rect, theme.color("accent"), width=2)
        self.paint_drop(painter, 6)
        painter.end()


def _text(event: QDropEvent, kind: str) -> str:
    return bytes(event.mimeData().data(kind).data()).decode(errors="replace")
