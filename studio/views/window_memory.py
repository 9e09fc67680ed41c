"""What the window keeps from one start to the next: its place, its page, whether its panels are hidden."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray

if TYPE_CHECKING:
    from studio.views.window import Window


PAGES = ("explore", "gallery", "training")
"""Those that the window opens with, if it was left with them."""


def restore(window: Window) -> None:
    """The window as it was left the last time."""
    session = window.context.session.window
    try:
        geometry = base64.b64decode(str(session.get("geometry", "")))
    except ValueError:
        geometry = b""
    if geometry:
        window.restoreGeometry(QByteArray(geometry))
    if session.get("panels_hidden") is True:
        window.acts["panels"].setChecked(True)
        window.explorer.set_panels(False)
    page = session.get("page")
    window.show_page(page if page in PAGES else "explore")
    window.gallery.toolbar.set_size(window.context.settings.thumbnail_size)
    window.gallery.grid.set_least(window.context.settings.thumbnail_size)
    window.gallery.toolbar.size_changed.connect(
        lambda side: setattr(window.context.settings, "thumbnail_size", side)
    )
    if not window.context.settings.welcome_done:
        window.start_welcome()


def remember(window: Window) -> None:
    """Leaves a note of the window for the next start."""
    geometry = base64.b64encode(window.saveGeometry().data()).decode()
    window.context.session.window = {
        "geometry": geometry,
        "page": window.page,
        "panels_hidden": window.acts["panels"].isChecked(),
    }
