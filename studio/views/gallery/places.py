"""Beside the grid: the whole gallery, its boards, and the bin. Pictures can be dropped on them."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from studio.commands.pictures import PictureCommands
from studio.library.index import SEPARATOR
from studio.library.pictures import Board
from studio.signals import follow
from studio.state.binned import BinModel
from studio.state.gallery import GalleryModel
from studio.views.gallery.place import PlaceRow
from studio.views.kit.button import IconButton
from studio.views.kit.layout import Surface, column, row, scrolling
from studio.views.kit.text import caption, title
from studio.views.look import Look

ALL, BIN = "*", "bin"
"""What stands for the whole gallery, and for the bin, where a board's id would stand."""
WIDTH = 208


class GalleryPlaces(Surface):
    """Where to look: everything, a board, the bin."""

    chosen = Signal(str)
    """ALL, BIN or a board's id."""
    export_wanted = Signal(str)
    """A board's id."""

    def __init__(
        self,
        look: Look,
        model: GalleryModel,
        binned: BinModel,
        commands: PictureCommands,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(look, "panel", "right", parent)
        self._look, self._model, self._bin, self._commands = look, model, binned, commands
        self._place = ALL
        self.everything = PlaceRow(look, "gallery", key="places.all")
        self.bin = PlaceRow(look, "trash", key="places.bin")
        self.boards: dict[str, PlaceRow] = {}
        self.hint = caption(look, "places.boards.hint", wrap=True)
        self.add = IconButton(look, "plus", "gallery.board.new", pressed=self.new_board)
        self._list = QVBoxLayout()
        self._naming = False
        self._arrange()
        self._connect()
        self._build()

    def _arrange(self) -> None:
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(2)
        holder = QWidget()
        self.hint.setContentsMargins(10, 2, 8, 0)
        column(self._list, self.hint, None, gap=4, margins=(8, 0, 8, 0), parent=holder)
        top = column(self.everything, margins=(8, 12, 8, 0))
        head = row(title(self._look, "places.boards"), None, self.add, margins=(18, 10, 8, 0))
        foot = column(self.bin, margins=(8, 4, 8, 10))
        column(top, head, scrolling(holder), foot, gap=2, parent=self)
        self.setFixedWidth(WIDTH)
        self._look.words.bind(self, "setAccessibleName", "places.name")

    def _connect(self) -> None:
        model = self._model
        model.overview.boards_changed.connect(self._build)
        follow(self._count, model.overview.counts_changed, self._bin.count_changed)
        self.everything.chosen.connect(partial(self.chosen.emit, ALL))
        self.bin.chosen.connect(partial(self.chosen.emit, BIN))
        self.bin.pictures_dropped.connect(lambda ids: self._commands.delete(split_ids(ids)))
        self.bin.takes_pictures = True

    # ---- what is shown

    def show_place(self, which: str) -> None:
        """Marks the place that is looked at."""
        self._place = which
        self.everything.set_active(which == ALL)
        self.bin.set_active(which == BIN)
        for board, place in self.boards.items():
            place.set_active(board == which)

    def _build(self, *_: object) -> None:
        """Makes the rows follow the boards, keeping those that are still there."""
        boards = self._model.overview.boards
        for which in set(self.boards) - {board.id for board in boards}:
            gone = self.boards.pop(which)
            gone.hide()
            gone.deleteLater()
        while self._list.takeAt(0) is not None:
            pass
        fresh = [board.id for board in boards if board.id not in self.boards]
        for board in boards:
            self._list.addWidget(self._row_of(board))
        self.hint.setVisible(not boards)
        self.show_place(self._place)
        self._count()
        if self._naming and len(fresh) == 1:
            self._naming = False
            self.boards[fresh[0]].name.edit()

    def _row_of(self, board: Board) -> PlaceRow:
        place = self.boards.get(board.id)
        if place is None:
            place = self.boards[board.id] = self._make_row(board.id)
        place.set_name(board.name)
        return place

    def _make_row(self, which: str) -> PlaceRow:
        place = PlaceRow(self._look, "layers", board=which)
        place.takes_pictures = True
        place.chosen.connect(partial(self.chosen.emit, which))
        place.renamed.connect(lambda name: self._commands.rename_board(which, name))
        place.menu_wanted.connect(partial(self._show_menu, which))
        place.pictures_dropped.connect(lambda ids: self._commands.put_on_board(split_ids(ids), which))
        place.placed.connect(lambda moved, above: self._move(moved, which, above=above))
        place.stepped.connect(partial(self._step, which))
        place.delete_wanted.connect(lambda: self.delete_board(which))
        return place

    def _count(self, *_: object) -> None:
        self.everything.set_count(self._model.overview.total)
        self.bin.set_count(self._bin.count)
        for which, place in self.boards.items():
            place.set_count(self._model.overview.on_boards.get(which, 0))

    # ---- boards

    def new_board(self) -> None:
        """Makes a board and lets it be named at once."""
        self._naming = True
        self._commands.make_board(self._look.words("places.board.fresh"))

    def delete_board(self, which: str) -> None:
        """Takes a board away; its pictures stay, and undo brings it back."""
        if self._place == which:
            self.chosen.emit(ALL)
        self._commands.delete_board(which)

    def _move(self, moved: str, beside: str, *, above: bool) -> None:
        ids = [board.id for board in self._model.overview.boards if board.id != moved]
        at = ids.index(beside) + (0 if above else 1)
        self._commands.reorder_boards([*ids[:at], moved, *ids[at:]])

    def _step(self, which: str, way: int) -> None:
        """One place up or down in the list."""
        ids = [board.id for board in self._model.overview.boards]
        here = ids.index(which)
        if 0 <= here + way < len(ids):
            ids[here], ids[here + way] = ids[here + way], ids[here]
            self._commands.reorder_boards(ids)

    def _show_menu(self, which: str, at: QPoint) -> None:
        words, menu = self._look.words, QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(words("places.rename"), self.boards[which].name.edit)
        menu.addAction(words("places.export"), partial(self.export_wanted.emit, which))
        menu.addSeparator()
        menu.addAction(words("places.up"), partial(self._step, which, -1))
        menu.addAction(words("places.down"), partial(self._step, which, 1))
        menu.addSeparator()
        menu.addAction(words("places.delete"), partial(self.delete_board, which))
        menu.popup(at)


def split_ids(text: str) -> list[str]:
    """Ids of dragged pictures."""
    return [one for one in text.split(SEPARATOR) if one]
