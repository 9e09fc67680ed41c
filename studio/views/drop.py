"""Files that are dropped on the window: what may come in, and the sign that says so.

From outside every drop is a copy (`kit.dropping`): nobody's pictures are ever taken away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QRect, QRectF, Qt, QUrl, Signal
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

from engine.images import SUFFIXES
from studio import paint
from studio.tokens import RADIUS_LARGE
from studio.views.kit.dropping import accept_drop
from studio.views.kit.empty import Sign
from studio.views.kit.flow import clear
from studio.views.kit.layout import column
from studio.views.kit.text import Label, heading
from studio.views.look import Look

PICTURE_FILTER = " ".join(f"*{suffix}" for suffix in SUFFIXES)
"""For dialogs that choose pictures."""


@dataclass(frozen=True)
class Zone:
    """A place to drop files on, and what becomes of them there."""

    id: str
    """Its words are "drop.<id>" and "drop.<id>.hint"."""
    icon: str
    values: tuple[tuple[str, str], ...] = ()
    """What goes into the braces of its words."""


STYLE = Zone("style", "pictures")


@dataclass(frozen=True)
class DroppedUrls:
    """What was dropped: files that may be used, and addresses that are refused."""

    paths: tuple[Path, ...]
    refused: tuple[str, ...]
    zone: str = STYLE.id
    """Where they were dropped."""


def sort_urls(urls: Sequence[QUrl]) -> DroppedUrls:
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
    return DroppedUrls(tuple(paths), tuple(refused))


def _shown(url: QUrl) -> str:
    """An address short enough to be shown."""
    if url.scheme() == "data":
        return "data:…"
    plain = QUrl(url)
    plain.setUserInfo("")
    plain.setQuery("")
    text = plain.toString()
    return text if len(text) <= 80 else text[:79] + "…"


class ZoneSign(QWidget):
    """One zone: a sign, what becomes of the files, and for which files it is meant."""

    def __init__(self, look: Look, zone: Zone, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self.zone, self._on = look, zone, False
        values = dict(zone.values)
        name = heading(look)
        hint = Label(look, role="muted", wrap=True)
        look.words.bind(name, "setText", f"drop.{zone.id}", **values)
        look.words.bind(hint, "setText", f"drop.{zone.id}.hint", **values)
        for label in (name, hint):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        name.setWordWrap(True)
        name.setFixedWidth(400)
        hint.setFixedWidth(400)
        box = column(None, gap=12, margins=(24, 24, 24, 24), parent=self)
        for part in (Sign(look, zone.icon, 48, "accent"), name, hint):
            box.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addStretch(1)

    def set_on(self, on: bool) -> None:
        """The pointer is over it."""
        if on != self._on:
            self._on = on
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, rect = self._look.theme, QRectF(self.rect()).adjusted(8, 8, -8, -8)
        if self._on:
            paint.fill(painter, rect, theme.color("tint"), RADIUS_LARGE * 2)
        pen = QPen(theme.color("accent" if self._on else "outline"), 2)
        pen.setDashPattern([5, 4])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect, RADIUS_LARGE * 2, RADIUS_LARGE * 2)
        painter.end()


class DropOverlay(QWidget):
    """Lies over the window while something is dragged across it."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self.signs: list[ZoneSign] = []
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._box = column(gap=0, margins=(8, 8, 8, 8), parent=self)
        self.hide()

    def open(self, place: QRect, zones: Sequence[Zone]) -> None:
        """Covers `place`; the zones lie one under the other."""
        if [sign.zone for sign in self.signs] != list(zones):
            clear(self._box)
            self.signs = [ZoneSign(self._look, zone) for zone in zones]
            for sign in self.signs:
                self._box.addWidget(sign, 1)
        self.setGeometry(place)
        self.show()
        self.raise_()

    def point_at(self, at: QPoint) -> str:
        """The zone at a point of the parent, which lights up; the first one when there is none."""
        here = self.mapFromParent(at)
        found = next((sign for sign in self.signs if sign.geometry().contains(here)), self.signs[0])
        for sign in self.signs:
            sign.set_on(sign is found)
        return found.zone.id

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), paint.faded(self._look.theme.color("window"), 0.92))
        painter.end()


class DropTarget(QObject):
    """Makes a whole window accept files."""

    dropped = Signal(object)
    """Dropped."""

    def __init__(
        self,
        look: Look,
        window: QWidget,
        zones: Callable[[], Sequence[Zone]] = lambda: (STYLE,),
        place: Callable[[], QRect] | None = None,
    ) -> None:
        """zones: what may become of files at the moment. place: what the sign covers; None for everything."""
        super().__init__(window)
        self._window, self._zones = window, zones
        self._place = place or window.rect
        self.overlay = DropOverlay(look, window)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def open(self) -> None:
        """Shows the sign."""
        self.overlay.open(self._place(), self._zones())

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
        accept_drop(event)
        if not self.overlay.isVisible():
            self.open()
        self.overlay.point_at(event.position().toPoint())
        return True

    def _drop(self, event: QDropEvent) -> bool:
        zone = self.overlay.point_at(event.position().toPoint()) if self.overlay.signs else STYLE.id
        self.overlay.hide()
        if not event.mimeData().hasUrls():
            return False
        accept_drop(event)
        self.take(event.mimeData(), zone)
        return True

    def take(self, mime: QMimeData, zone: str = STYLE.id) -> None:
        """What was dropped, or pasted."""
        self.dropped.emit(replace(sort_urls(mime.urls()), zone=zone))
