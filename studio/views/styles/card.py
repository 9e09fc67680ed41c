"""One style in the library: its face, name, tags and colours. The one in use opens and shows its references.

By key: Enter uses it, F2 renames it, Alt+Enter edits it, Alt+Up and Alt+Down move it, Delete deletes it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDropEvent,
    QEnterEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from studio import paint
from studio.library.styles import StyleEntry
from studio.signals import delayed
from studio.state.references import ReferencePictures
from studio.tokens import RADIUS_LARGE, Type
from studio.views.kit.button import Button, IconButton
from studio.views.kit.drop_row import DropRow
from studio.views.kit.layout import column, row
from studio.views.kit.name_field import NameField
from studio.views.kit.text import Elided
from studio.views.look import Look
from studio.views.styles.collage import Collage, References, Swatches
from studio.views.styles.dragged import drag_style, pictures_over, style_over
from studio.views.styles.people import shown_in
from studio.views.styles.reference import ReferenceLine

OPENS_MS = 15
"""After another style was chosen: what shows that comes first."""


class StyleCard(DropRow):
    """A card that can be chosen, dragged onto another and dropped upon."""

    chosen = Signal()
    menu_wanted = Signal(QPoint)
    """Global position."""
    renamed = Signal(str)
    edit_wanted = Signal()
    delete_wanted = Signal()
    mixed = Signal(str)
    """Id of the style that was dropped on this one."""
    weighed = Signal(str, float)
    """Digest of a reference, its weight."""
    left_out = Signal(str)
    """Digest of a reference."""
    given = Signal(object)
    """Pictures that were dropped here."""
    placed = Signal(str, bool)
    """Id of a style that was dropped at the edge; True: above this one."""
    stepped = Signal(int)
    """The card after (1) or before (-1) this one is wanted."""
    moved = Signal(int)
    """This one is to go down (1) or up (-1)."""

    def __init__(
        self,
        look: Look,
        pictures: ReferencePictures,
        entry: StyleEntry | None,
        parent: QWidget | None = None,
    ) -> None:
        """entry None: the card for no style at all."""
        super().__init__(look, parent)
        self._pictures, self.entry = pictures, entry
        self._is_opened = False
        self._state: tuple[object, ...] = ()
        self.active = False
        self._usable, self._persons = True, False
        self._pressed: QPointF | None = None
        self._opening = delayed(self, OPENS_MS, self._open)
        self.collage = Collage(look, pictures, 52)
        self.name = NameField(look)
        self.meta = Elided(look, size=Type.CAPTION, role="muted")
        self.swatches = Swatches(look)
        self._arrange()
        self._set_up()

    def _arrange(self) -> None:
        below = row(self.meta, self.swatches, gap=8)
        self._top = row(self.name, gap=4)
        words = column(None, self._top, below, None, gap=2)
        head = row(self.collage, words, gap=12)
        self._parts = column(head, gap=8, margins=(10, 8, 8, 8), parent=self)
        if self.entry is None:
            self.swatches.hide()

    def _set_up(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setAcceptDrops(self.entry is not None)
        self.name.renamed.connect(self.renamed)
        self._look.words.language_changed.connect(self.show_entry)
        self.show_entry()

    # What only the one in use or under the mouse shows is built when it is first wanted.

    @cached_property
    def more(self) -> IconButton:
        """Opens the menu."""
        made = IconButton(self._look, "more", "styles.more", size=24, pressed=self._show_menu)
        made.hide()
        self._top.addWidget(made)
        return made

    @cached_property
    def references(self) -> References:
        """The style's references."""
        made = References(self._look, self._pictures)
        made.picked.connect(self._look_into)
        made.hide()
        self._parts.insertWidget(1, made)
        return made

    @cached_property
    def reference(self) -> ReferenceLine:
        """What is known about one of them."""
        made = ReferenceLine(self._look, self._pictures, picture=False)
        made.weighed.connect(self.weighed)
        made.left_out.connect(self.left_out)
        made.hide()
        self._parts.insertWidget(2, made)
        return made

    @cached_property
    def edit(self) -> Button:
        """Opens the editor."""
        made = Button(self._look, "styles.edit", kind="link", pressed=self.edit_wanted.emit)
        self._parts.addLayout(row(made, None))
        return made

    def _open(self) -> None:
        """Shows the references, or hides them: after all else that another style means at once."""
        opened = self.active and bool(self.entry and self.entry.style.references)
        if not self.active:
            self._look_into("")
        if opened and not self._is_opened:
            self.references.set_references(self.entry.style.references if self.entry else ())
            self.reference.digest = ""
        self._is_opened = self._is_opened or opened
        if self._is_opened:
            self.references.setVisible(opened)
            self.edit.setVisible(opened)

    def show_entry(self, *_: object) -> None:
        """Writes what the entry says."""
        words, entry = self._look.words, self.entry
        if entry is None:
            self.name.set_name(words("styles.none"))
            self.collage.set_style(None, "sparkle")
        else:
            self.name.set_name(entry.title(words.language))
            self.collage.set_style(entry.style, "mix" if not entry.style.references else "style")
            if self._is_opened:
                self.references.set_references(entry.style.references)
                self._look_into(self.reference.digest)
        self._show_meta()

    def _show_meta(self) -> None:
        meta = self._meta(self.entry) if self.entry else self._look.words("styles.none.meta")
        self.meta.set_text(meta)
        self.setAccessibleName(self.name.label.text())
        self.setAccessibleDescription(meta)

    def set_entry(self, entry: StyleEntry) -> None:
        """Another entry, or the same in a new state."""
        if entry != self.entry:
            self.entry = entry
            self.show_entry()

    def set_state(
        self, *, active: bool, usable: bool, colors: tuple[str, ...] = (), persons: bool = False
    ) -> None:
        """Whether it is in use, whether the model can use it and knows of persons, and its colours."""
        opened = active and bool(self.entry and self.entry.style.references)
        state = (active, usable, colors, opened, persons)
        if state == self._state:
            return
        self._state = state
        self.active, self._usable, self._persons = active, usable, persons
        self.swatches.set_colors(colors)
        self._opening.start()
        self.collage.set_faded(not usable)
        self._show_meta()
        self.updateGeometry()
        self.update()

    def _look_into(self, digest: str) -> None:
        """Shows what is known about one reference."""
        if not self._is_opened:
            return
        references = self.entry.style.references if self.entry else ()
        found = next((one for one in references if one.digest == digest), None)
        self.references.pick(digest if found else "")
        self.reference.setVisible(found is not None)
        self.reference.digest = ""
        if found is not None:
            self.reference.show_reference(found)

    def _meta(self, entry: StyleEntry) -> str:
        words, count = self._look.words, len(entry.style.references)
        if not self._usable:
            return words("styles.fitting" if count else "styles.other_model")
        made_of = words("styles.pictures", count=count) if count else words("styles.mixed")
        odd = len(entry.style.outliers)
        shown = shown_in(self._look, entry.style) if self._persons else ""
        parts = [shown, *entry.tags(words.language), words("styles.odd", count=odd) if odd else ""]
        return " · ".join(part for part in parts if part) or made_of

    def _show_menu(self) -> None:
        self.menu_wanted.emit(self.more.mapToGlobal(QPoint(0, self.more.height() + 4)))

    # ---- by hand

    def enterEvent(self, event: QEnterEvent) -> None:
        if self.entry is not None:
            self.more.show()

    def leaveEvent(self, event: QEvent) -> None:
        if self.entry is not None:
            self.more.hide()

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
        do = self._by_key(Qt.Key(event.key()), bool(event.modifiers() & Qt.KeyboardModifier.AltModifier))
        if do is None:
            super().keyPressEvent(event)
        else:
            do()

    def _by_key(self, key: Qt.Key, alt: bool) -> Callable[[], object] | None:
        """What a key does."""
        ways = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        enters = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if key in ways and not alt:
            return lambda: self.stepped.emit(ways[key])
        if key in (*enters, Qt.Key.Key_Space) and not alt:
            return self.chosen.emit
        if self.entry is None:
            return None
        if key in ways:
            return lambda: self.moved.emit(ways[key])
        if key in enters:
            return self.edit_wanted.emit
        return {
            Qt.Key.Key_F2: self.name.edit,
            Qt.Key.Key_Menu: self._show_menu,
            Qt.Key.Key_Delete: self.delete_wanted.emit,
        }.get(key)

    def _drag(self) -> None:
        assert self.entry is not None
        drag_style(self.entry.id, self, self.collage).exec(Qt.DropAction.MoveAction)

    def take_drop(self, event: QDropEvent, meaning: str) -> None:
        which = style_over(event)
        if which is None:
            self.given.emit(pictures_over(event))
        elif meaning == "on":
            self.mixed.emit(which)
        else:
            self.placed.emit(which, meaning == "above")

    def drop_meaning(self, event: QDropEvent) -> str:
        """Another style, or pictures: "on" the card; a style at its edge goes "above" or "below"."""
        if self.entry is None:
            return ""
        which = style_over(event)
        if which is None:
            return "on" if pictures_over(event) is not None else ""
        if which == self.entry.id:
            return ""
        edge, y = min(14.0, self.height() * 0.22), event.position().y()
        if edge <= y <= self.height() - edge:
            return "on"
        return "above" if y < edge else "below"

    # ---- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, rect = self._look.theme, QRectF(self.rect())
        if self.active:
            paint.fill(painter, rect, theme.color("tint"), RADIUS_LARGE)
        elif self.underMouse() and self.isEnabled():
            paint.fill(painter, rect, theme.color("hover"), RADIUS_LARGE)
        self.paint_drop(painter, 8, RADIUS_LARGE)
        if self.hasFocus():
            paint.outline(painter, rect, theme.color("accent"), RADIUS_LARGE, 2)
        painter.end()
