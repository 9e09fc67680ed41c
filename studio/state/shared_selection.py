"""Two lists of the same pictures, in different orders, in which the same ones are selected."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject

from studio.state.gallery import GalleryModel

MOST = 1000
"""More selected pictures than this are marked in the list only where they were selected."""


class SharedSelection(QObject):
    """What is selected in one list is selected in the other."""

    def __init__(self, one: GalleryModel, other: GalleryModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._passing = False
        for giver, taker in ((one, other), (other, one)):
            giver.selection_changed.connect(partial(self._pass_on, giver, taker))

    def _pass_on(self, giver: GalleryModel, taker: GalleryModel) -> None:
        if self._passing:
            return
        self._passing = True
        try:
            taker.select(giver.some_selected(MOST) if giver.selected_count <= MOST else ())
        finally:
            self._passing = False
