"""The bin: deleted pictures, with a way back and a way out for good."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QMenu, QStackedWidget, QWidget

from studio.commands.pictures import PictureCommands
from studio.library.trash import Slot
from studio.signals import follow
from studio.state.binned import BinModel, Binned
from studio.views.gallery.grid import PictureGrid
from studio.views.kit.button import Button
from studio.views.kit.empty import EmptyState
from studio.views.kit.layout import Surface, column, row
from studio.views.kit.text import Label, heading, muted
from studio.views.look import Look


class BinView(QWidget):
    """Everything that was deleted and can still be brought back."""

    empty_wanted = Signal(object)
    """list[Slot]: to be deleted for good, once the person has said so."""

    def __init__(
        self, look: Look, model: BinModel, commands: PictureCommands, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look, self.model, self._commands = look, model, commands
        self._days = 0
        self.title = heading(look, "places.bin")
        self.count = Label(look, role="muted", numbers=True)
        self.hint = muted(look, wrap=False)
        self.back = Button(look, "bin.back", kind="primary", icon="undo", pressed=self.put_back)
        self.empty = Button(look, "bin.empty", kind="danger", icon="trash", pressed=self._ask_to_empty)
        self.grid = PictureGrid(look, model, margin=20)
        look.words.bind(self.grid, "setAccessibleName", "places.bin")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.grid)
        self._stack.addWidget(EmptyState(look, "trash", "bin.nothing.title", "bin.nothing.hint"))
        self._arrange()
        self._connect()
        self._tell()

    def _arrange(self) -> None:
        head = Surface(self._look, "window", "bottom")
        first = row(self.title, self.count, None, self.empty, self.back, gap=12)
        column(first, self.hint, gap=12, margins=(20, 16, 20, 14), parent=head)
        column(head, self._stack, gap=0, parent=self)

    def _connect(self) -> None:
        model = self.model
        follow(self._tell, model.loaded, model.selection_changed)
        self.grid.opened.connect(self.put_back)
        self.grid.menu_wanted.connect(self._show_menu)
        self._look.words.language_changed.connect(self._tell)

    def set_days(self, days: int) -> None:
        """After how many days the bin may forget; 0 never."""
        self._days = days
        self._tell()

    def put_back(self) -> None:
        """Brings back the selected pictures; all of them when none is selected."""
        chosen = self.model.chosen()
        if chosen:
            self._commands.restore_many(by_slot(chosen))

    def _ask_to_empty(self) -> None:
        slots = {one.slot.id: one.slot for one in self.model.everything}
        if slots:
            self.empty_wanted.emit(list(slots.values()))

    def _tell(self, *_: object) -> None:
        words, count, selected = self._look.words, self.model.count, self.model.selected_count
        self._stack.setCurrentIndex(0 if count else 1)
        key = "gallery.count.chosen" if selected else "gallery.count"
        self.count.setText(words(key, count=count, chosen=selected))
        self.hint.setText(words("bin.days", count=self._days) if self._days else words("bin.forever"))
        self.back.setText(words("bin.back" if selected else "bin.back.all"))
        for button in (self.back, self.empty):
            button.setEnabled(count > 0)

    def _show_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self._look.words("bin.back"), self.put_back)
        menu.popup(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.put_back()
        else:
            super().keyPressEvent(event)


def by_slot(chosen: Sequence[Binned]) -> list[tuple[Slot, list[int]]]:
    """The chosen pictures, each slot with those of its items that are meant."""
    slots = {one.slot.id: one.slot for one in chosen}
    items: defaultdict[str, list[int]] = defaultdict(list)
    for one in chosen:
        items[one.slot.id].append(one.place)
    return [(slots[which], places) for which, places in items.items()]
