"""The gallery page: toolbar, grid and inspector, and the dark room over the whole window."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QInputDialog, QMenu, QStackedWidget, QWidget

from studio.commands.pictures import PictureCommands
from studio.library.index import Query, Row
from studio.state.gallery import GalleryModel
from studio.views.actions import Actions
from studio.views.gallery.grid import PictureGrid
from studio.views.gallery.inspector import Inspector
from studio.views.gallery.toolbar import GalleryToolbar
from studio.views.gallery.viewer import Shown, Viewer
from studio.views.kit.button import Button
from studio.views.kit.empty import EmptyState
from studio.views.kit.layout import column, row
from studio.views.look import Look
from studio.workers.thumbnails import Thumbnails

LARGE = 1024
"""Side in pixels up to which a picture is read for the inspector and the viewer."""


class GalleryPage(QWidget):
    """Everything that was kept."""

    def __init__(
        self,
        look: Look,
        model: GalleryModel,
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
        self._actions, self._viewer, self._recall = actions, viewer, recall
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
        self._stack = QStackedWidget()
        self._arrange()
        self._connect()
        self._choose_state()

    def _arrange(self) -> None:
        for widget in (self.grid, self._empty, self._nothing):
            self._stack.addWidget(widget)
        row(column(self.toolbar, self._stack, gap=0), self.inspector, gap=0, parent=self)

    def _connect(self) -> None:
        model, commands = self.model, self._commands
        self.toolbar.size_changed.connect(self.grid.set_least)
        self.grid.opened.connect(self._recall)
        self.grid.current_changed.connect(lambda _: self._inspect())
        self.grid.menu_wanted.connect(self._show_menu)
        model.selection_changed.connect(self._inspect)
        model.dataChanged.connect(self._follow)
        model.loaded.connect(self._choose_state)
        model.count_changed.connect(self._choose_state)
        model.modelReset.connect(self._inspect)
        inspector = self.inspector
        inspector.renamed.connect(lambda name: self._for_current(commands.rename, name))
        inspector.rated.connect(self.rate)
        inspector.labelled.connect(lambda label: commands.set_label(self.chosen(), label, by=self))
        inspector.noted.connect(lambda note: self._for_current_list(commands.set_note, note))
        inspector.tagged.connect(lambda tags: self._for_current_list(commands.set_tags, tags))

    # ---- what is chosen

    def chosen(self) -> tuple[str, ...]:
        """Ids of the selected pictures, or of the one with the cursor."""
        current = self.grid.current_row()
        return self.model.selection or ((current.id,) if current else ())

    def rate(self, rating: int) -> None:
        if self.chosen():
            self._commands.rate(self.chosen(), rating, by=self)

    def label(self, label: str) -> None:
        """Gives a colour label, or takes it away where it is on already."""
        row = self.inspector.row
        if self.chosen():
            same = row is not None and row.label == label
            self._commands.set_label(self.chosen(), "" if same else label, by=self)

    def delete(self) -> None:
        if self.chosen():
            self._commands.delete(self.chosen(), by=self)

    def recall(self) -> None:
        """Opens the picture with the cursor in the explorer."""
        current = self.grid.current_row()
        if current is not None:
            self._recall(current.id)

    def clear_query(self) -> None:
        self.model.query = Query(sort=self.model.query.sort, descending=self.model.query.descending)
        self.toolbar.show_query(self.model.query)

    def _for_current(self, command: Callable[..., object], value: object) -> None:
        if self.inspector.row is not None:
            command(self.inspector.row.id, value, by=self)

    def _for_current_list(self, command: Callable[..., object], value: object) -> None:
        if self.inspector.row is not None:
            command([self.inspector.row.id], value, by=self)

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
            plain = not (query.text or query.rating or query.board or query.style or query.label or query.tag)
            self._stack.setCurrentWidget(self._empty if plain else self._nothing)
        self._inspect()

    # ---- larger

    def view(self) -> None:
        """The chosen picture on the whole window."""
        number = max(0, self.grid.current)
        if number < self.model.rowCount():
            self._view_number(number)

    def compare(self) -> None:
        """Two to four pictures side by side."""
        rows = [self.model.row_at(self.model.row_of(which)) for which in self.model.selection[:4]]
        shown = [self._shown(r, self._small(r)) for r in rows if r is not None]
        self._viewer.open(shown)
        for entry in shown:
            self._with_image(entry.id, partial(self._sharpen))

    def turn(self, way: int) -> None:
        """The picture before or after, in the viewer."""
        number = self.grid.current + way
        if 0 <= number < self.model.rowCount():
            self._view_number(number)

    def _view_number(self, number: int) -> None:
        self.grid.go(number)
        row = self.model.row_at(number)
        if row is None:
            return
        shown = self._shown(row, self._small(row))
        if self._viewer.isVisible():
            self._viewer.replace(shown)
        else:
            self._viewer.open([shown])
        self._with_image(row.id, self._sharpen)

    def _sharpen(self, which: str, image: QImage) -> None:
        for shown in self._viewer.shown:
            if shown.id == which:
                shown.image, shown.side = image, 0
        self._viewer.update()

    def _small(self, row: Row) -> QImage:
        index = self.model.index(self.model.row_of(row.id), 0)
        image = self.model.data(index, Qt.ItemDataRole.DecorationRole)
        return image if isinstance(image, QImage) else QImage()

    def _shown(self, row: Row, image: QImage) -> Shown:
        match = f"  ·  {row.score:.0%}" if row.score is not None else ""
        return Shown(row.id, image, f"{row.name}{match}", row.rating)

    # ---- menu and keys

    def _show_menu(self, at: QPoint) -> None:
        words, menu, ids = self._look.words, QMenu(self), self.chosen()
        for which in ("recall", "fullscreen", "compare", "style_from_selection"):
            menu.addAction(self._actions[which])
        menu.addSeparator()
        boards = menu.addMenu(words("gallery.put_on_board"))
        for board in self.model.boards:
            boards.addAction(
                board.name.replace("&", "&&"), partial(self._commands.put_on_board, ids, board.id, by=self)
            )
        boards.addSeparator()
        boards.addAction(words("gallery.board.new"), self.make_board)
        rating = menu.addMenu(words("gallery.rating"))
        for number in range(6):
            rating.addAction(self._actions[f"rate_{number}"])
        menu.addSeparator()
        menu.addAction(self._actions["export"])
        menu.addAction(self._actions["delete"])
        menu.popup(at)

    def make_board(self) -> None:
        """A new board with the chosen pictures."""
        words = self._look.words
        name, ok = QInputDialog.getText(self, words("gallery.board.new"), words("gallery.board.name"))
        if ok and name.strip():
            self._commands.make_board(name.strip(), self.chosen(), by=self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._actions.run_key(event, "gallery"):
            super().keyPressEvent(event)
