"""Line icons drawn from `resources/icons`, tinted by the theme and sharp at every scale."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from studio.theme import Theme

FOLDER = Path(str(files("resources"))) / "icons"


class Icons:
    """Icons in the colours of a theme, by name and by colour role."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme

    def paint(self, painter: QPainter, rect: QRectF, name: str, role: str = "text") -> None:
        """Draws the icon into `rect`, sharp at the scale of what is painted on."""
        scale, color = painter.device().devicePixelRatio(), self._theme.color(role)
        painter.drawPixmap(rect.topLeft(), _drawn(name, color.rgba(), round(rect.width()), scale))

    def icon(self, name: str, role: str = "text", size: int = 16) -> QIcon:
        """For Qt's own buttons and menus."""
        made = QIcon()
        for mode, tint in ((QIcon.Mode.Normal, role), (QIcon.Mode.Disabled, "faint")):
            for scale in _scales():
                made.addPixmap(self.pixmap(name, tint, size, scale), mode)
        return made

    def pixmap(self, name: str, role: str, size: int, scale: float) -> QPixmap:
        """The icon at `size` logical pixels for a screen of `scale`."""
        return _drawn(name, self._theme.color(role).rgba(), size, scale)


def tinted(name: str, color: QColor, size: int, scale: float) -> QPixmap:
    """An icon in any colour."""
    pixmap = QPixmap(round(size * scale), round(size * scale))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _renderer(name, color.name()).render(painter, QRectF(pixmap.rect()))
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap


def _scales() -> set[float]:
    """What the screens need, and plain pixels."""
    return {1.0, QGuiApplication.instance().devicePixelRatio()}  # type: ignore[union-attr]


@lru_cache(maxsize=1024)
def _drawn(name: str, color: int, size: int, scale: float) -> QPixmap:
    """Drawn once: the same few icons are painted over and over, and wanted again with every theme."""
    return tinted(name, QColor.fromRgba(color), size, scale)


@lru_cache(maxsize=512)
def _renderer(name: str, color: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_source(name).replace("currentColor", color).encode()))


@lru_cache(maxsize=128)
def _source(name: str) -> str:
    return (FOLDER / f"{name}.svg").read_text("utf-8")
