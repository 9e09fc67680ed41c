"""The gallery page: places, toolbar, grid and inspector, the bin, and the dark room over the whole window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMenu, QStackedWidget, QWidget

from studio.commands.pictures import PictureCommands
from studio.library.index import Query
from studio.signals import follow
from studio.state.binned import BinModel
from studio.state.gallery import GalleryModel
from studio.views.actions import Actions
from studio.views.gallery.bin import BinView
from studio.views.gallery.grid import PictureGrid
from studio.views.gallery.inspector import Inspector
from studio.views.gallery.larger import Larger
from studio.views.gallery.places import ALL, BIN, GalleryPlaces
from studio.views.gallery.toolbar import GalleryToolbar
from studio.views.gallery.viewer import Viewer
from studio.views.kit.button import Button
from studio.views.kit.empty import EmptyState
from studio.views.kit.layout import column, row
from studio.views.look import Look
from studio.workers.thumbnails import Thumbnails

LARGE = 1024
"""Side in pixels up to which a picture is read for the inspector and the viewer."""


class GalleryPage(QWidget):
    """Everything that was kept."""

    board_wanted = Signal(object)
    """Sequence[str]: ids of pictures for a new board, whose name is to be asked for."""

    def __init__(
        self,
        look: Look,
        model: GalleryModel,
        binned: BinModel,
        thumbnails: Thumbnails,
        commands: PictureCommands,
        actions: Actions,
        viewer: Viewer,
        recall: Callable[[str], object],
        parent: QWidget | None = None,
    ) -> None:
        """recall: opens a kept picture in the explorer."""
        super().__init__(parent)
        self._look, self.model, self._thumbnails, self._commands = look, model, thumbnails, commands
        self._actions, self._recall, self._binned = actions, recall, binned
        self.places = GalleryPlaces(look, model, binned, commands)
        self.bin = BinView(look, binned, commands)
        self.toolbar = GalleryToolbar(look, model, actions)
        self.grid = PictureGrid(look, model, margin=20)
        self.inspector = Inspector(look, actions)
        self._empty = EmptyState(
            look,
            "keep",
            "gallery.empty.title",
            "gallery.empty.hint",
            Button(look, "action.explore", icon="explore", pressed=actions["explore"].trigger),
        )
        self._nothing = EmptyState(
            look,
            "search",
            "gallery.nothing.title",
            "gallery.nothing.hint",
            Button(look, "gallery.nothing.clear", pressed=self.clear_query),
        )
        self._bare = EmptyState(look, "layers", "gallery.bare.title", "gallery.bare.hint")
        self.larger = Larger(look, self.grid, model, viewer, commands, self._with_image, recall, self)
        self._stack, self._rooms = QStackedWidget(), QStackedWidget()
        self._arrange()
        self._connect()
        self._choose_state()

    def _arrange(self) -> None:
        for widget in (self.grid, self._empty, self._nothing, self._bare):
            self._stack.addWidget(widget)
        looking = QWidget()
        row(column(self.toolbar, self._stack, gap=0), self.inspector, gap=0, parent=looking)
        for room in (looking, self.bin):
            self._rooms.addWidget(room)
        row(self.places, self._rooms, gap=0, parent=self)

    def _connect(self) -> None:
        model, commands = self.model, self._commands
        self.toolbar.size_changed.connect(self.grid.set_least)
        self.grid.opened.connect(self._recall)
        self.grid.current_changed.connect(lambda _: self._inspect())
        self.grid.menu_wanted.connect(self._show_menu)
        self.places.chosen.connect(self.show_place)
        model.overview.boards_changed.connect(self._leave_lost_board)
        model.query_changed.connect(self._mark_place)
        follow(self._binned.refresh, model.overview.counts_changed, commands.bin_emptied)
        model.selection_changed.connect(self._inspect)
        model.dataChanged.connect(self._follow)
        follow(self._choose_state, model.loaded, model.count_changed)
        model.modelReset.connect(self._inspect)
        inspector = self.inspector
        inspector.renamed.connect(lambda name: self._for_current(commands.rename, name))
        inspector.rated.connect(self.rate)
        inspector.labelled.connect(lambda label: commands.set_label(self.chosen(), label))
        inspector.noted.connect(lambda note: self._for_current_list(commands.set_note, note))
        inspector.tagged.connect(lambda tags: self._for_current_list(commands.set_tags, tags))

    # ---- where to look

    def show_place(self, which: str) -> None:
        """The whole gallery, a board or the bin (see `places`)."""
        self._rooms.setCurrentIndex(1 if which == BIN else 0)
        if which != BIN:
            self.model.query = replace(self.model.query, board="" if which == ALL else which)
        else:
            self._binned.refresh()
        self._mark_place()
        if self.isVisible():
            (self.bin.grid if self.in_bin else self.grid).setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def in_bin(self) -> bool:
        """Whether the bin is shown."""
        return self._rooms.currentIndex() == 1

    def _mark_place(self, *_: object) -> None:
        self.places.show_place(BIN if self.in_bin else self.model.query.board or ALL)

    def _leave_lost_board(self) -> None:
        """The board that was looked at is gone, by undo say."""
        board = self.model.query.board
        if board and board not in {one.id for one in self.model.overview.boards}:
            self.show_place(ALL)

    # ---- what is chosen

    def chosen(self) -> tuple[str, ...]:
        """Ids of the selected pictures, or of the one with the cursor."""
        current = self.grid.current_row()
        return self.model.selection or ((current.id,) if current else ())

    def rate(self, rating: int) -> None:
        if self.chosen():
            self._commands.rate(self.chosen(), rating)

    def label(self, label: str) -> None:
        """Gives a colour label, or takes it away where it is on already."""
        row = self.inspector.row
        if self.chosen():
            same = row is not None and row.label == label
            self._commands.set_label(self.chosen(), "" if same else label)

    def delete(self) -> None:
        if self.chosen():
            self._commands.delete(self.chosen())

    def recall(self) -> None:
        """Opens the picture with the cursor in the explorer."""
        current = self.grid.current_row()
        if current is not None:
            self._recall(current.id)

    def clear_query(self) -> None:
        """Takes search and filters away; board and order stay."""
        query = self.model.query
        self.model.query = Query(board=query.board, sort=query.sort, descending=query.descending)
        self.toolbar.show_query(self.model.query)

    def _for_current(self, command: Callable[..., object], value: object) -> None:
        if self.inspector.row is not None:
            command(self.inspector.row.id, value)

    def _for_current_list(self, command: Callable[..., object], value: object) -> None:
        if self.inspector.row is not None:
            command([self.inspector.row.id], value)

    def _follow(self, first: QModelIndex, last: QModelIndex, *_: object) -> None:
        """Pictures changed: the inspector looks only when its own is among them."""
        if self.inspector.row is None or first.row() <= self.grid.current <= last.row():
            self._inspect()

    def _inspect(self, *_: object) -> None:
        selected = self.model.selected_count
        shown = self.grid.current_row()
        if shown is None and selected:
            shown = self.model.row_at(self.model.row_of(self.model.some_selected(1)[0]))
        other = shown is not None and (self.inspector.row is None or shown.id != self.inspector.row.id)
        self.inspector.show_row(shown, selected)
        for which in ("recall", "delete", "export", "fullscreen", "style_from_selection"):
            self._actions[which].setEnabled(shown is not None or which == "fullscreen")
        self._actions["compare"].setEnabled(2 <= selected <= 4)
        if shown is not None and other:
            self._with_image(shown.id, self._inspect_image)

    def _inspect_image(self, which: str, image: QImage) -> None:
        if self.inspector.row is not None and self.inspector.row.id == which:
            self.inspector.show_image(image)

    def _with_image(self, which: str, do: Callable[[str, QImage], object]) -> None:
        """Calls `do` with the whole picture, now or once it was read."""
        path = self.model.path(which)

        def arrived(path: Path) -> None:
            image = self._thumbnails.get(path, LARGE)
            if image is not None:
                do(which, image)

        image = self._thumbnails.get(path, LARGE, arrived)
        if image is not None:
            do(which, image)

    def _choose_state(self, *_: object) -> None:
        if self.model.count:
            self._stack.setCurrentWidget(self.grid)
        else:
            query = self.model.query
            plain = query == Query(board=query.board, sort=query.sort, descending=query.descending)
            bare = self._bare if query.board else self._empty
            self._stack.setCurrentWidget(bare if plain else self._nothing)
        self._inspect()

    # ---- menu and keys

    def _show_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for which in ("recall", "fullscreen", "compare", "style_from_selection"):
            menu.addAction(self._actions[which])
        menu.addSeparator()
        menu.addMenu(self._board_menu(menu))
        rating = menu.addMenu(self._look.words("gallery.rating"))
        for number in range(6):
            rating.addAction(self._actions[f"rate_{number}"])
        menu.addSeparator()
        menu.addAction(self._actions["export"])
        menu.addAction(self._actions["delete"])
        menu.popup(at)

    def ask_board(self) -> None:
        """Offers the boards for the chosen pictures, at the picture with the cursor."""
        if self.chosen():
            corner = self.grid.cell(max(0, self.grid.current)).bottomLeft()
            self._board_menu(self).popup(self.grid.viewport().mapToGlobal(corner))

    def _board_menu(self, parent: QWidget) -> QMenu:
        """Every board, ticked where the picture with the cursor lies on it; a click puts on or takes off."""
        words, ids, shown = self._look.words, self.chosen(), self.inspector.row
        menu = QMenu(words("gallery.put_on_board"), parent)
        for board in self.model.overview.boards:
            action = menu.addAction(board.name.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(shown is not None and board.id in shown.boards)
            action.triggered.connect(partial(self._set_on_board, ids, board.id))
        menu.addSeparator()
        menu.addAction(words("gallery.board.new"), self.make_board)
        return menu

    def _set_on_board(self, ids: Sequence[str], board: str, on: bool) -> None:
        (self._commands.put_on_board if on else self._commands.take_off_board)(ids, board)

    def make_board(self) -> None:
        """A new board with the chosen pictures."""
        self.board_wanted.emit(self.chosen())
