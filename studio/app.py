"""Builds the studio and opens its window. The only one who knows everybody."""

from __future__ import annotations

import argparse
import ctypes
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from studio.commands.context import AppContext
from studio.frame_budget.garbage import GarbageScheduler
from studio.library.places import Places
from studio.theme import load_fonts
from studio.workers.one_window import OneWindow, Wish, hand_over

if TYPE_CHECKING:
    from studio.views.look import Look
    from studio.views.window import Window

ELSEWHERE = "--screenshots DIR writes pictures of every view instead, and needs no screen."
APP_ID = "PersonaStudio.Studio"
SWITCH_S = 0.001
"""So long a thread may keep Python to itself while another wants it. The window asks for it a hundred times a
frame: with Python's own 5 ms, a thread that reads a gallery could hold a frame up for half a second."""


def run(argv: Sequence[str]) -> int:
    """Opens the studio, or hands over to the window that is open on the same library already.

    argv: what follows the command's name. Returns the exit code. PersonaError when that window is silent.
    """
    options = parse(argv)
    app, places = application(), Places.find()
    wish = Wish(tuple(options.files), options.model)
    place = OneWindow(places.data)
    if not place.take():
        hand_over(places.data, wish)
        return 0
    context = AppContext(places)
    window = open_window(context)
    settle(context)
    place.asked.connect(partial(fulfil, window))
    app.installEventFilter(OpenedFiles(lambda path: fulfil(window, Wish((path,))), context))
    QTimer.singleShot(0, window, partial(fulfil, window, wish))
    code = app.exec()
    context.stop()
    place.give_back()
    return code


def fulfil(window: Window, wish: Wish) -> None:
    """Somebody opened the studio, again perhaps: with files, with a model, or to see it."""
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.raise_()
    window.activateWindow()
    if wish.model is not None:
        window.context.on_models.use(wish.model)
    if wish.files:
        window.context.on_explorer.drop(wish.files)


def open_window(context: AppContext) -> Window:
    """The model loads while the window is built, and what else takes long is begun once that is seen."""
    context.start_model()
    from studio.views.window import Window

    window = Window(look_for(context), context)
    window.show()
    QTimer.singleShot(0, context, context.start)
    return window


def settle(context: AppContext) -> None:
    """All is built: the collector looks through what comes from now on, and at rest."""
    explorer = context.explorer
    GarbageScheduler(lambda: not explorer.moving, lambda: explorer.place, context).start()


def look_for(context: AppContext) -> Look:
    """Theme and language as the person wants them."""
    from studio.i18n import system_language
    from studio.views.look import make_look

    language = context.settings.language
    look = make_look(system_language() if language == "system" else language)
    look.theme.choose(context.settings.theme)  # type: ignore[arg-type]
    return look


def application() -> QApplication:
    """The one application object, with the studio's fonts."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    sys.setswitchinterval(SWITCH_S)
    if sys.platform == "win32":
        name_for_taskbar(ctypes.windll.shell32)
    app = QApplication([sys.argv[0]])
    app.setApplicationName("Persona Studio")
    app.setDesktopFileName("persona-studio")
    app.setStyle("Fusion")
    load_fonts()
    return app


def name_for_taskbar(shell: Any) -> None:
    """Windows groups windows by this name, and not by the Python that they run in. shell: its shell32."""
    shell.SetCurrentProcessExplicitAppUserModelID(APP_ID)


class OpenedFiles(QObject):
    """Files that macOS opens with the studio: it sends them as events, also while that runs."""

    def __init__(self, opened: Callable[[Path], object], parent: QObject) -> None:
        super().__init__(parent)
        self._opened = opened

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Takes such events, and nothing else."""
        if not isinstance(event, QFileOpenEvent) or not event.file():
            return False
        self._opened(Path(event.file()))
        return True


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The window's own options."""
    parser = argparse.ArgumentParser(
        prog="persona studio", description="Opens the studio's window.", epilog=ELSEWHERE
    )
    parser.add_argument("files", nargs="*", type=Path, help="pictures, folders, style or model files to open")
    parser.add_argument("--model", type=Path, help="model folder or .persona file to use")
    return parser.parse_args(list(argv))
