"""What one would be asked when something does not work, ready to be copied."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import PySide6
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QPlainTextEdit

from studio.library.places import Places
from studio.signals import follow
from studio.state.explorer import Explorer
from studio.state.model import ModelState
from studio.views.kit.button import Button
from studio.views.kit.layout import row
from studio.views.look import Look
from studio.views.settings.about import version
from studio.views.settings.parts import SettingSection

PACKAGES = (
    "numpy",
    "onnxruntime-gpu",
    "onnxruntime",
    "Pillow",
    "pi-heif",
    "opencv-python-headless",
    "PySide6-Essentials",
)


class Diagnostics(SettingSection):
    """A page of plain text."""

    def __init__(
        self,
        look: Look,
        model: ModelState,
        explorer: Explorer,
        places: Places,
        timings: Callable[[], dict[str, str]],
    ) -> None:
        super().__init__(look, "settings.diagnostics")
        self._model, self._explorer, self._places, self._timings = model, explorer, places, timings
        self.text = QPlainTextEdit()
        self.text.setAcceptDrops(False)
        self.text.setReadOnly(True)
        self.text.setMinimumHeight(320)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        look.words.bind(self.text, "setAccessibleName", "settings.diagnostics")
        self.copy = Button(look, "diagnostics.copy", icon="copy", pressed=self._copy)
        self.body.addSpacing(8)
        self.add(self.text)
        self.body.addSpacing(12)
        self.body.addLayout(row(self.copy, None))
        follow(self._follow, model.status_changed, model.provider_changed, model.bundle_changed)
        look.words.language_changed.connect(self._follow)

    def _follow(self, *_: object) -> None:
        """What nobody sees is written down when it is looked at."""
        if self.isVisible():
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Looks everything up anew."""
        lines = report(self._model, self._explorer, self._places) | self._timings()
        self.text.setPlainText("\n".join(f"{name}: {value}" for name, value in lines.items()))

    def _copy(self) -> None:
        self.refresh()
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.copy.setText(self._look.words("diagnostics.copied"))
        QTimer.singleShot(2000, self.copy, lambda: self.copy.setText(self._look.words("diagnostics.copy")))


def report(model: ModelState, explorer: Explorer, places: Places) -> dict[str, str]:
    """Facts by name. Home folders are shortened, so that the text names nobody."""
    provider, bundle = model.provider, model.bundle
    screen = QGuiApplication.primaryScreen()
    found = {
        "Persona Studio": _version("persona-studio"),
        "System": platform.platform(),
        "Python": sys.version.split()[0],
        "Qt": PySide6.__version__,
        "Window system": QGuiApplication.platformName(),
        "Screen": f"{screen.size().width()} x {screen.size().height()} at {screen.devicePixelRatio():g}"
        if screen
        else "",
        **{name: _version(name) for name in PACKAGES if _version(name)},
        "Device": f"{provider.name} {provider.device}".strip() if provider else "not chosen yet",
        "Provider": provider.onnx_name if provider else "",
        "Threads": str(provider.threads) if provider else "",
        "Why not a better device": provider.reason if provider else "",
        "Model": f"{bundle.card.name}, {bundle.card.resolution} px, {bundle.id[:16]}" if bundle else "none",
        "Model state": f"{model.status} {model.error or ''}".strip(),
        "Library": _short(places.data),
        "Settings": _short(places.settings),
        "Cache": _short(places.cache),
        "Recipe": explorer.recipe.digest[:16] if explorer.recipe else "none",
    }
    return {name: value for name, value in found.items() if value}


def look_up_versions() -> None:
    """Reads the versions of what is installed, which takes a while, so that `report` need not."""
    version()
    for name in ("persona-studio", *PACKAGES):
        _version(name)


@lru_cache
def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _short(path: Path) -> str:
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except ValueError:
        return str(path)
