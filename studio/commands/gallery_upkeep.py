"""The gallery's index follows the files: at the start, when it is damaged, and when it missed something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.commands.error_messages import tell, tell_skipped
from studio.library.pictures import CaughtUp
from studio.library.tasks import IsCancelled, OnProgress
from studio.library.text import Text
from studio.signals import delayed

if TYPE_CHECKING:
    from studio.commands.context import AppContext


class GalleryUpkeep(QObject):
    """Reads the gallery's files in the background, once at a time."""

    ready = Signal()
    """The gallery is there, as far as it could be read."""
    caught_up = Signal()
    """The index agrees with the files."""

    def __init__(self, context: AppContext, patience_ms: int) -> None:
        """patience_ms: so long after the start the files are compared with the index."""
        super().__init__(context)
        self._context, self._files = context, context.library.gallery
        self._reading = False
        self._patience = delayed(self, patience_ms, self.read)
        context.gallery.failed.connect(self._mend)
        context.writer.idle.connect(self._catch_up)

    def start(self) -> None:
        """Shows what the index says, and compares it with the files later; at once where there is none."""
        if self._files.index.is_present():
            self._context.refresh_gallery(None)
            self._patience.start()
        else:
            self.read()

    def stop(self) -> None:
        """Begins nothing more by itself."""
        self._patience.stop()

    def read(self) -> None:
        """Brings the index up to date with the files, in the background."""
        if self._reading:
            return
        self._reading = True
        was_present = self._files.index.is_present()

        def work(progress: OnProgress, cancelled: IsCancelled) -> CaughtUp:
            return self._files.refresh(progress, cancelled)

        def done(found: CaughtUp) -> None:
            self._reading = False
            if found.added or found.removed or not was_present:
                self._context.refresh_gallery(None)
            what = Text("said.some_files_in_the_gallery")
            tell_skipped(self._context.notices, what, found.damaged)
            self.caught_up.emit()
            self.ready.emit()

        def fail(error: Exception) -> None:
            self._reading = False
            tell(self._context.notices, Text("said.the_gallery_could_not_be"), error)
            self.ready.emit()

        def stopped() -> None:
            self._reading = False
            self._context.refresh_gallery(None)

        self._context.background.start(Text("said.reading_the_gallery"), work, done, fail, stopped)

    def _mend(self, error: Exception) -> None:
        """The index cannot be asked: it is made anew."""
        if not self._reading:
            tell(self._context.notices, Text("said.the_gallerys_index_is_being"), error)
            self.read()

    def _catch_up(self) -> None:
        """Something was written that the index did not take in."""
        if self._files.is_behind and not self._reading:
            self._files.is_behind = False
            self.read()
