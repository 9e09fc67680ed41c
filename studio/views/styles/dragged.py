"""What may be dragged onto a style: another style, pictures kept here, pictures from outside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint
from PySide6.QtGui import QDrag, QDropEvent
from PySide6.QtWidgets import QWidget

from studio.views.drop import sort_urls

MIME = "application/x-persona-style"


@dataclass(frozen=True)
class DraggedPictures:
    """Pictures that lie over a style."""

    paths: tuple[Path, ...]
    own: bool
    """They come from this window, so they hold what the program made."""


def style_over(event: QDropEvent) -> str | None:
    """Id of the style that is dragged."""
    if not event.mimeData().hasFormat(MIME):
        return None
    return bytes(event.mimeData().data(MIME).data()).decode()


def pictures_over(event: QDropEvent) -> DraggedPictures | None:
    """The pictures that are dragged; only files of this machine."""
    if not event.mimeData().hasUrls():
        return None
    paths = sort_urls(event.mimeData().urls()).paths
    return DraggedPictures(paths, event.source() is not None) if paths else None


def drag_style(id: str, source: QWidget, picture: QWidget) -> QDrag:
    """A drag of a style, with its face under the pointer; `exec` begins it."""
    mime = QMimeData()
    mime.setData(MIME, id.encode())
    drag = QDrag(source)
    drag.setMimeData(mime)
    drag.setPixmap(picture.grab())
    drag.setHotSpot(QPoint(picture.width() // 2, picture.height() // 2))
    return drag
