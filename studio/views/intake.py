"""What comes into the window from outside: dropped, pasted and chosen files, and styles made from them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu

from studio.library.text import Text
from studio.state.notices import Kind
from studio.views.drop import PICTURE_FILTER, STYLE, DroppedUrls, DropTarget, Zone
from studio.views.status import HEIGHT

if TYPE_CHECKING:
    from studio.views.window import Window

TRAIN = Zone("train", "training")
INSPECT = Zone("inspect", "eye")


class Intake(QObject):
    """Takes in files for one window, and tells its drop target what may be dropped where."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window, self.look, self.context = window, window.look, window.context
        self.drop = DropTarget(self.look, window, self._drop_zones, self._drop_place)
        self.drop.dropped.connect(self.take)

    def take(self, dropped: DroppedUrls) -> None:
        """Files were dropped on the window."""
        if dropped.refused:
            self.context.notices.add(
                Kind.WARNING,
                Text("said.refused"),
                meaning=Text("said.refused.meaning"),
                advice=Text("said.refused.advice"),
                details=dropped.refused,
            )
        if dropped.zone == TRAIN.id:
            self.window.training.take(dropped.paths)
        elif dropped.zone == INSPECT.id:
            self.context.on_marks.inspect(dropped.paths)
        elif dropped.paths and dropped.zone.startswith("photo"):
            self.context.model.when_settled(lambda: self.context.on_photos.restyle(dropped.paths))
        elif dropped.paths:
            self.context.on_explorer.drop(dropped.paths)

    def _drop_zones(self) -> tuple[Zone, ...]:
        """On the canvas, pictures become a style or are put into the one in use."""
        if self.window.page == "training":
            return (TRAIN,)
        if self.window.page != "explore" or self.context.model.bundle is None:
            return STYLE, INSPECT
        active = self.context.styles.active
        if active is None:
            return STYLE, Zone("photo.plain", "picture"), INSPECT
        name = active.title(self.look.words.language)
        return STYLE, Zone("photo", "picture", (("name", name),)), INSPECT

    def _drop_place(self) -> QRect:
        """The window but for the styles, onto which pictures may be dropped too."""
        panel = self.window.explorer.styles
        if self.window.page != "explore" or not panel.isVisible():
            return self.window.rect()
        at = panel.mapTo(self.window, panel.rect().topRight())
        return self.window.rect().adjusted(at.x() + 1, at.y(), 0, -HEIGHT)

    def paste(self) -> None:
        """Files from the clipboard come in as if they were dropped."""
        mime = QGuiApplication.clipboard().mimeData()
        if mime is not None and mime.hasUrls():
            self.drop.take(mime)
        else:
            self.context.notices.add(
                Kind.INFO,
                Text("said.there_are_no_picture_files"),
                advice=Text("said.copy_pictures_in_your_file"),
            )

    def choose_photo(self) -> None:
        """Asks for photos to put into the style in use."""
        words = self.look.words
        names, _ = QFileDialog.getOpenFileNames(
            self.window, words("action.restyle"), "", f"{words('files.pictures')} ({PICTURE_FILTER})"
        )
        if names:
            self.window.show_page("explore")
            self.context.on_photos.restyle([Path(name) for name in names])

    def use_samples(self, folders: Sequence[Path]) -> None:
        """Makes a style from each folder of sample pictures."""
        words = self.look.words
        for folder in folders:
            key = f"sample.{folder.name}"
            name = words(key) if words.has(key) else folder.name
            self.context.on_styles.make([folder], name=name, subject="synthetic")

    def choose_pictures(self) -> None:
        words = self.look.words
        names, _ = QFileDialog.getOpenFileNames(
            self.window, words("action.new_style"), "", f"{words('files.pictures')} ({PICTURE_FILTER})"
        )
        if names:
            self.context.on_styles.make([Path(name) for name in names])

    def choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self.window, self.look.words("action.new_style_folder"))
        if folder:
            self.context.on_styles.make([Path(folder)])

    def choose_style_file(self) -> None:
        words = self.look.words
        name, _ = QFileDialog.getOpenFileName(
            self.window, words("action.import_style"), "", f"{words('files.style')} (*.json)"
        )
        if name:
            self.context.on_styles.import_file(Path(name))

    def choose_model(self) -> None:
        words = self.look.words
        name, _ = QFileDialog.getOpenFileName(
            self.window, words("action.open_model"), "", f"{words('files.model')} (*.persona)"
        )
        if name:
            self.context.on_models.import_file(Path(name))

    def style_from_selection(self) -> None:
        if self.window.gallery.chosen():
            self.context.on_styles.make_from_gallery(self.window.gallery.chosen())
            self.window.show_page("explore")

    def ask_which_style(self) -> None:
        """Offers the styles that the selected pictures may be added to."""
        ids, menu, language = (
            self.window.gallery.chosen(),
            QMenu(self.window.gallery),
            self.look.words.language,
        )
        for entry in self.context.styles.entries:
            add = partial(self.context.on_styles.references.add_from_gallery, entry.id, ids)
            menu.addAction(entry.title(language).replace("&", "&&"), add)
        menu.setEnabled(bool(ids) and not menu.isEmpty())
        menu.popup(QCursor.pos())
