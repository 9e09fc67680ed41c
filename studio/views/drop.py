"""Files that are dropped on the window: what may come in, and the sign that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, QRectF, Qt, QUrl, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QWidget

from studio.theme import RADIUS_LARGE
from studio.views.kit import paint
from studio.views.kit.empty import Sign
from studio.views.kit.layout import column
from studio.views.kit.text import Text, heading
from studio.views.look import Look


@dataclass(frozen=True)
class Dropped:
    """What was dropped: files that may be used, and addresses that are refused."""

    paths: tuple[Path, ...]
    refused: tuple[str, ...]


def sort_urls(urls: Sequence[QUrl]) -> Dropped:
    """Only files on this machine come in.

    `QUrl.isLocalFile()` alone will not do: it is true for file://host/share, which would make the program
    talk to that host.
    """
    paths: list[Path] = []
    refused: list[str] = []
    for url in urls:
        path = url.toLocalFile()
        if url.scheme() == "file" and not url.host() and path and not path.startswith(("//", "\\\\")):
            paths.append(Path(path))
        else:
            refused.append(_shown(url))
    return Dropped(tuple(paths), tuple(refused))


def _shown(url: QUrl) -> str:
    """An address short enough to be shown."""
    if url.scheme() == "data":
        return "data:…"
    plain = QUrl(url)
    plain.setUserInfo("")
    plain.setQuery("")
    text = plain.toString()
    return text if len(text) <= 80 else text[:79] + "…"


class DropOverlay(QWidget):
    """Lies over the window while something is dragged across it."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        hint = Text(look, "drop.hint", role="muted", wrap=True)
        hint.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        hint.setFixedWidth(440)
        box = column(None, gap=12, margins=(48, 48, 48, 48), parent=self)
        for part in (Sign(look, "pictures", 56, "accent"), heading(look, "drop.title"), hint):
            box.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addStretch(1)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme = self._look.theme
        painter.fillRect(self.rect(), paint.faded(theme.color("window"), 0.92))
        pen = QPen(theme.color("accent"), 2)
        pen.setDashPattern([5, 4])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(
            QRectF(self.rect()).adjusted(20, 20, -20, -20), RADIUS_LARGE * 2, RADIUS_LARGE * 2
        )
        painter.end()


class DropTarget(QObject):
    """Makes a whole window accept files."""

    dropped = Signal(object)
    """Dropped."""

    def __init__(self, look: Look, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.overlay = DropOverlay(look, window)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDragEnterEvent | QDragMoveEvent) and event.type() in (
            QEvent.Type.DragEnter,
            QEvent.Type.DragMove,
        ):
            return self._enter(event)
        if isinstance(event, QDragLeaveEvent):
            self.overlay.hide()
        elif isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            return self._drop(event)
        return False

    def _enter(self, event: QDragMoveEvent) -> bool:
        # What comes from this window itself, such as kept pictures, is for other programs and for the cards.
        if not event.mimeData().hasUrls() or event.source() is not None:
            return False
        event.acceptProposedAction()
        if not self.overlay.isVisible():
            self.overlay.setGeometry(self._window.rect())
            self.overlay.show()
            self.overlay.raise_()
        return True

    def _drop(self, event: QDropEvent) -> bool:
        self.overlay.hide()
        if not event.mimeData().hasUrls():
            return False
        event.acceptProposedAction()
        self.take(event.mimeData())
        return True

    def take(self, mime: QMimeData) -> None:
        """What was dropped, or pasted."""
        self.dropped.emit(sort_urls(mime.urls()))
