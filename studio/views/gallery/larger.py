"""From the grid to the viewer: one picture after the other, or two to four side by side."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QImage, QKeyEvent

from studio.commands.pictures import PictureCommands
from studio.library.index import PictureRow
from studio.state.gallery import GalleryModel
from studio.views.gallery.grid import PictureGrid
from studio.views.gallery.viewer import Shown, Viewer
from studio.views.look import Look
from studio.views.scores import BETWEEN, score_words

WithImage = Callable[[str, Callable[[str, QImage], object]], object]
LABEL_KEYS = {
    Qt.Key.Key_6: "red",
    Qt.Key.Key_7: "yellow",
    Qt.Key.Key_8: "green",
    Qt.Key.Key_9: "blue",
}


class Larger(QObject):
    """Shows kept pictures in the viewer, and lets them be judged there."""

    def __init__(
        self,
        look: Look,
        grid: PictureGrid,
        model: GalleryModel,
        viewer: Viewer,
        commands: PictureCommands,
        with_image: WithImage,
        recall: Callable[[str], object],
        parent: QObject | None = None,
    ) -> None:
        """with_image: hands over the whole picture once it was read. recall: goes on from a picture."""
        super().__init__(parent)
        self._look = look
        self._grid, self._model, self._viewer, self._commands = grid, model, viewer, commands
        self._with_image, self._recall = with_image, recall
        viewer.on_key = self._key
        viewer.picked.connect(self.view_row)
        model.dataChanged.connect(self._follow)
        model.count_changed.connect(self._after_deleting)

    def view(self) -> None:
        """The picture with the cursor."""
        self.view_row(max(0, self._grid.current))

    def turn(self, way: int) -> None:
        """The picture before or after."""
        self.view_row(self._grid.current + way)

    def view_row(self, number: int) -> None:
        """Any picture of the list."""
        if not 0 <= number < self._model.count:
            return
        self._grid.go(number)
        row = self._model.row_at(number)
        if row is None:
            return
        shown = self._shown(row)
        if self._viewer.isVisible():
            self._viewer.replace(shown)
        else:
            self._viewer.open([shown], self._model)
        self._viewer.show_place(number, self._model.count)
        self._with_image(row.id, self._sharpen)

    def compare(self) -> None:
        """Two to four selected pictures side by side."""
        rows = [self._model.known_row(which) for which in self._model.selection[:4]]
        shown = [self._shown(row) for row in rows if row is not None]
        if len(shown) > 1:
            self._viewer.open(shown)
            for entry in shown:
                self._with_image(entry.id, self._sharpen)

    def _shown(self, row: PictureRow) -> Shown:
        caption = BETWEEN.join([row.name, *score_words(self._look, row.score, row.likeness)])
        image = self._model.image_at(self._model.row_of(row.id))
        return Shown(row.id, image or QImage(), caption, row.rating, row.label)

    def _sharpen(self, which: str, image: QImage) -> None:
        for shown in self._viewer.shown:
            if shown.id == which:
                shown.image, shown.side = image, 0
        self._viewer.update()

    # ---- judging

    def _key(self, event: QKeyEvent) -> bool:
        """Keys that the viewer leaves to the gallery."""
        chosen = self._viewer.chosen
        if chosen is None or not chosen.id:
            return False
        key = Qt.Key(event.key())
        if key in LABEL_KEYS:
            label = LABEL_KEYS[key]
            self._commands.set_label([chosen.id], "" if chosen.label == label else label)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._commands.delete([chosen.id])
            self._viewer.take_out(chosen.id)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._viewer.close_up()
            self._recall(chosen.id)
        else:
            return False
        return True

    def _follow(self, *_: object) -> None:
        """Ratings and labels that were changed, here or by undo, are shown."""
        for shown in self._viewer.shown:
            row = self._model.known_row(shown.id)
            if row is not None and (shown.rating, shown.label) != (row.rating, row.label):
                shown.rating, shown.label = row.rating, row.label
                self._viewer.update()

    def _after_deleting(self, count: int) -> None:
        """The picture that was looked at is gone: the one that took its place is shown."""
        if self._viewer.isVisible() and not self._viewer.shown:
            if count:
                self.view_row(min(max(0, self._grid.current), count - 1))
            else:
                self._viewer.close_up()
