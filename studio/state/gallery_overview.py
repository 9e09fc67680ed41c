"""What is in the whole gallery, whatever is asked of it: boards, and how many pictures there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Signal

from studio.library.pictures import Board, Gallery
from studio.library.tasks import Runner


class GalleryOverview(QObject):
    """Boards and numbers of pictures. Reading them takes a while, so it is done elsewhere."""

    boards_changed = Signal()
    counts_changed = Signal()
    """`total` or `on_boards` changed."""

    def __init__(self, gallery: Gallery, runner: Runner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._gallery, self._runner = gallery, runner
        self._boards: tuple[Board, ...] = ()
        self._asked = self._taken = 0
        self._total = 0
        self._counted = False
        self._on_boards: dict[str, int] = {}

    @property
    def boards(self) -> tuple[Board, ...]:
        """The boards."""
        return self._boards

    @property
    def total(self) -> int:
        """How many pictures there are, whatever is asked."""
        return self._total

    @property
    def on_boards(self) -> Mapping[str, int]:
        """Board id -> how many pictures are on it; boards without a picture are left out."""
        return self._on_boards

    def refresh(self) -> None:
        """Reads boards and numbers anew."""
        gallery = self._gallery
        self._asked = turn = self._asked + 1

        def read() -> Callable[[], None]:
            boards, total, on_boards = (
                tuple(gallery.boards()),
                gallery.index.total(),
                gallery.index.on_boards(),
            )

            def take() -> None:
                if turn < self._taken:  # read before what is shown already: two threads read
                    return
                self._taken = turn
                self._take_counts(total, on_boards)
                self._take_boards(boards)

            return take

        self._runner.run(read, lambda take: take(), lambda error: None, priority=1)

    def _take_counts(self, total: int, on_boards: dict[str, int]) -> None:
        if (self._total, self._on_boards) != (total, on_boards) or not self._counted:
            self._counted = True
            self._total, self._on_boards = total, on_boards
            self.counts_changed.emit()

    def _take_boards(self, boards: tuple[Board, ...]) -> None:
        if self._boards != boards:
            self._boards = boards
            self.boards_changed.emit()
