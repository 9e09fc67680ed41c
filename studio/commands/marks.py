"""The marks of pictures: putting them in where no file is written, reading them back, and who signs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from engine.errors import Cancelled, PersonaError
from engine.images import picture_files
from studio.commands.error_messages import said, shortened, tell
from studio.library.inspecting import Known, known_of
from studio.library.marks import own_certificate
from studio.library.tasks import IsCancelled, OnProgress
from studio.library.text import Text
from studio.state.notices import Kind
from studio.state.pixels import from_image, to_image

if TYPE_CHECKING:
    from engine.marks.inspection import Inspection
    from studio.commands.context import AppContext

MOST = 50
"""Files that are inspected at a time."""
Seen = list[tuple["Inspection", Known]]


class MarkCommands(QObject):
    """Each returns at once."""

    inspected = Signal(object)
    """Seen: what the files say."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._context = context

    def marked(self, image: QImage, then: Callable[[QImage], object]) -> None:
        """Hands on the image with its marks: for the clipboard, where there is no file to put others into."""
        self._context.reader.run(
            lambda: to_image(self._context.marks().marking.pixels(from_image(image), from_file=True)),
            then,
            lambda error: tell(self._context.notices, Text("said.the_picture_could_not_be_copied"), error),
        )

    def use_certificate(self, certificate: Path, key: Path) -> None:
        """Signs with the person's own certificate from now on, once it has proved to be of use."""

        def take(_: object) -> None:
            settings = self._context.settings
            settings.marks = replace(settings.marks, certificate=str(certificate), key=str(key))

        self._context.reader.run(
            lambda: own_certificate(certificate, key),
            take,
            lambda error: tell(self._context.notices, Text("said.the_certificate_is_no_use"), error),
        )

    def inspect(self, paths: Sequence[Path]) -> None:
        """Reads what files say about how they were made; `inspected` tells."""
        skipped: list[Text] = []

        def work(progress: OnProgress, cancelled: IsCancelled) -> Seen:
            from engine.marks.inspection import inspect  # loads OpenCV

            files = picture_files(paths)[:MOST]
            cards = self._context.library.models.cards()
            styles = [entry.style for entry in self._context.library.styles.entries()[0]]
            seen: Seen = []
            for done, path in enumerate(files, 1):
                if cancelled():
                    raise Cancelled
                try:
                    found = inspect(path)
                    seen.append((found, known_of(found.recipe, cards, styles)))
                except PersonaError as error:
                    skipped.append(said(error))
                progress(done, len(files))
            return seen

        def done(seen: Seen) -> None:
            if skipped:
                self._context.notices.add(
                    Kind.WARNING, Text("said.some_files_cannot_be_read"), details=shortened(tuple(skipped))
                )
            if seen:
                self.inspected.emit(seen)

        self._context.background.start(
            Text("said.inspecting"),
            work,
            done,
            lambda error: tell(self._context.notices, Text("said.some_files_cannot_be_read"), error),
        )
