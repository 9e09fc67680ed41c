"""One style in the library: its face, name and colours. The one in use opens and shows its references."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QEnterEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QApplication, QLineEdit, QSizePolicy, QStackedLayout, QWidget

from engine.style import Reference
from studio.library.styles import StyleEntry
from studio.theme import RADIUS_LARGE
from studio.views.kit import paint
from studio.views.kit.button import IconButton
from studio.views.kit.layout import column, row
from studio.views.kit.slider import SliderRow
from studio.views.kit.text import MEDIUM, Elided, caption
from studio.views.look import Look
from studio.views.styles.collage import Collage, References, Swatches

MIME = "application/x-persona-style"


class NameField(QWidget):
    """A name that turns into a field when it is to be changed."""

    renamed = Signal(str)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = Elided(look, weight=MEDIUM)
        self.field = QLineEdit()
        self.field.setFixedHeight(24)
        self.field.setProperty("kind", "small")
        look.words.bind(self.field, "setAccessibleName", "styles.name")
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self.label)
        self._stack.addWidget(self.field)
        self.setFixedHeight(24)
        self.field.editingFinished.connect(self._finish)

    def set_name(self, name: str) -> None:
        self.label.set_text(name)

    def edit(self) -> None:
        """Begins to change the name."""
        self.field.setText(self.label.text())
        self._stack.setCurrentWidget(self.field)
        self.field.selectAll()
        self.field.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.field.setText(self.label.text())
            self._finish()
            return
        super().keyPressEvent(event)

    def _finish(self) -> None:
        if self._stack.currentWidget() is not self.field:
            return
        self._stack.setCurrentWidget(self.label)
        name = self.field.text().strip()
        if name and name != self.label.text():
            self.renamed.emit(name)


class ReferenceRow(QWidget):
    """One reference: what it is called, how well it fits, how much it counts."""

    weighed = Signal(str, float)
    """Digest, weight 0..1."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.digest = ""
        self.name = Elided(look, size=12, mode=Qt.TextElideMode.ElideMiddle)
        self.fit = caption(look)
        self.weight = SliderRow(look, "styles.weight", default=1.0, tip="styles.weight.tip")
        column(row(self.name, self.fit, gap=8), self.weight, gap=4, parent=self)
        self.weight.settled.connect(lambda value: self.weighed.emit(self.digest, round(value, 2)))
        self.hide()

    def show_reference(self, reference: Reference | None) -> None:
        """None: no reference is looked at."""
        self.setVisible(reference is not None)
        if reference is None:
            self.digest = ""
            return
        words = self._look.words
        self.digest = reference.digest
        self.name.set_text(reference.name)
        key = "styles.fit.odd" if reference.outlier else "styles.fit"
        self.fit.setText(words(key, fit=f"{max(0.0, reference.fit):.0%}"))
        self.weight.set_value(min(1.0, reference.weight))


class StyleCard(QWidget):
    """A card that can be chosen, dragged onto another and dropped upon."""

    chosen = Signal()
    menu_wanted = Signal(QPoint)
    """Global position."""
    renamed = Signal(str)
    mixed = Signal(str)
    """Id of the style that was dropped on this one."""
    weighed = Signal(str, float)
    """Digest of a reference, its weight."""
    placed = Signal(str, bool)
    """Id of a style that was dropped at the edge; True: above this one."""

    def __init__(self, look: Look, entry: StyleEntry | None, parent: QWidget | None = None) -> None:
        """entry None: the card for no style at all."""
        super().__init__(parent)
        self._look, self.entry = look, entry
        self.active = False
        self._usable = True
        self._drop = ""
        self._pressed: QPointF | None = None
        self.collage = Collage(look, 52)
        self.name = NameField(look)
        self.meta = caption(look)
        self.swatches = Swatches(look)
        self.references = References(look)
        self.reference = ReferenceRow(look)
        self.more = IconButton(look, "more", "styles.more", size=24, pressed=self._show_menu)
        self._arrange()
        self._set_up()

    def _arrange(self) -> None:
        below = row(self.meta, None, self.swatches, gap=8)
        words = column(None, row(self.name, self.more, gap=4), below, None, gap=2)
        head = row(self.collage, words, gap=12)
        self.references.hide()
        column(head, self.references, self.reference, gap=10, margins=(10, 8, 8, 8), parent=self)
        if self.entry is None:
            self.more.hide()
            self.swatches.hide()

    def _set_up(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setAcceptDrops(self.entry is not None)
        self.name.renamed.connect(self.renamed)
        self.references.picked.connect(self._look_into)
        self.reference.weighed.connect(self.weighed)
        self.more.setVisible(False)
        self._look.words.language_changed.connect(self.show_entry)
        self.show_entry()

    def show_entry(self, *_: object) -> None:
        """Writes what the entry says."""
        words, entry = self._look.words, self.entry
        if entry is None:
            self.name.set_name(words("styles.none"))
            self.meta.setText(words("styles.none.meta"))
            self.collage.set_style(None, "sparkle")
        else:
            self.name.set_name(entry.name)
            self.meta.setText(self._meta(entry))
            self.collage.set_style(entry.style, "mix" if not entry.style.references else "style")
            self.references.set_references(entry.style.references)
            self._look_into(self.reference.digest)
        self.setAccessibleName(self.name.label.text())
        self.setAccessibleDescription(self.meta.text())

    def set_entry(self, entry: StyleEntry) -> None:
        self.entry = entry
        self.show_entry()

    def set_state(self, *, active: bool, usable: bool, colors: tuple[str, ...] = ()) -> None:
        """Whether it is in use, whether the model can use it, and its colours."""
        self.active, self._usable = active, usable
        self.swatches.set_colors(colors)
        self.references.setVisible(active and bool(self.entry and self.entry.style.references))
        if not active:
            self._look_into("")
        self.collage.set_faded(not usable)
        self.meta.setText(self._meta(self.entry) if self.entry else self._look.words("styles.none.meta"))
        self.updateGeometry()
        self.update()

    def _look_into(self, digest: str) -> None:
        """Shows what is known about one reference."""
        references = self.entry.style.references if self.entry else ()
        found = next((one for one in references if one.digest == digest), None)
        self.references.pick(digest if found else "")
        self.reference.show_reference(found)

    def _meta(self, entry: StyleEntry) -> str:
        words, count = self._look.words, len(entry.style.references)
        if not self._usable:
            return words("styles.other_model")
        if not count:
            return words("styles.mixed")
        odd = len(entry.style.outliers)
        text = words("styles.pictures", count=count)
        return f"{text} · {words('styles.odd', count=odd)}" if odd else text

    def _show_menu(self) -> None:
        self.menu_wanted.emit(self.more.mapToGlobal(QPoint(0, self.more.height() + 4)))

    # ---- by hand

    def enterEvent(self, event: QEnterEvent) -> None:
        self.more.setVisible(self.entry is not None)

    def leaveEvent(self, event: QEvent) -> None:
        self.more.setVisible(False)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or self.entry is None:
            return
        if (event.position() - self._pressed).manhattanLength() >= QApplication.startDragDistance():
            self._pressed = None
            self._drag()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is not None and self.rect().contains(event.position().toPoint()):
            self.chosen.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.entry is not None and self.name.geometry().contains(event.position().toPoint()):
            self.name.edit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.entry is not None:
            self.menu_wanted.emit(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
        elif event.key() == Qt.Key.Key_F2 and self.entry is not None:
            self.name.edit()
        elif event.key() == Qt.Key.Key_Menu and self.entry is not None:
            self._show_menu()
        else:
            super().keyPressEvent(event)

    def _drag(self) -> None:
        assert self.entry is not None
        mime = QMimeData()
        mime.setData(MIME, self.entry.id.encode())
        drag = QDrag(self)
        drag.setMimeData(mime)
        drag.setPixmap(self.collage.grab())
        drag.setHotSpot(QPoint(26, 26))
        drag.exec(Qt.DropAction.MoveAction)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._dragged(event) is not None:
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if self._dragged(event) is not None:
            self._drop = self._zone(event.position())
            self.update()
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drop = ""
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        which, zone, self._drop = self._dragged(event), self._zone(event.position()), ""
        self.update()
        if which is None:
            return
        event.acceptProposedAction()
        if zone == "mix":
            self.mixed.emit(which)
        else:
            self.placed.emit(which, zone == "above")

    def _dragged(self, event: QDropEvent) -> str | None:
        if not event.mimeData().hasFormat(MIME) or self.entry is None:
            return None
        which = bytes(event.mimeData().data(MIME).data()).decode()
        return which if which != self.entry.id else None

    def _zone(self, at: QPointF) -> str:
        edge = min(14.0, self.height() * 0.22)
        if at.y() < edge:
            return "above"
        return "below" if at.y() > self.height() - edge else "mix"

    # ---- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, rect = self._look.theme, QRectF(self.rect())
        if self.active:
            paint.fill(painter, rect, theme.color("tint"), RADIUS_LARGE)
        elif self.underMouse() and self.isEnabled():
            paint.fill(painter, rect, theme.color("hover"), RADIUS_LARGE)
        if self._drop == "mix":
            paint.outline(painter, rect, theme.color("accent"), RADIUS_LARGE, 2)
        elif self._drop:
            y = 0.0 if self._drop == "above" else rect.height() - 2
            paint.fill(painter, QRectF(8, y, rect.width() - 16, 2), theme.color("accent"), 1)
        if self.hasFocus():
            paint.outline(painter, rect, theme.color("accent"), RADIUS_LARGE, 2)
        painter.end()
