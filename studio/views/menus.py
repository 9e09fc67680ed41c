"""The menu bar: every action has a place in it."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QMenuBar

from studio.views.actions import Actions
from studio.views.look import Look

MENUS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "file",
        (
            "new_style",
            "new_style_folder",
            "import_style",
            "restyle",
            "-",
            "open_model",
            "new_training",
            "-",
            "export",
            "-",
            "quit",
        ),
    ),
    (
        "edit",
        (
            "undo",
            "redo",
            "-",
            "copy",
            "paste",
            "select_all",
            "delete",
            "-",
            "find",
            "palette",
            "-",
            "settings",
        ),
    ),
    (
        "picture",
        (
            "keep",
            "keep_varied",
            "variations",
            "random",
            "pin",
            "path",
            "lasso",
            "-",
            "hold_forms",
            "hold_details",
            "-",
            "back",
            "forward",
            "-",
            "reset_look",
            "edit_style",
            "no_style",
            "previous_style",
            "next_style",
            "-",
            "recall",
            "compare",
            "style_from_selection",
            "board",
            "new_board",
            "add_to_style",
            "-",
            "rate_1",
            "rate_2",
            "rate_3",
            "rate_4",
            "rate_5",
            "rate_0",
            "-",
            "label_red",
            "label_yellow",
            "label_green",
            "label_blue",
        ),
    ),
    (
        "view",
        (
            "explore",
            "gallery",
            "bin",
            "training",
            "-",
            "map",
            "large",
            "zoom_in",
            "zoom_out",
            "-",
            "panels",
            "fullscreen",
            "full_window",
            "-",
            "theme",
            "language",
        ),
    ),
    ("help", ("shortcuts", "welcome", "-", "diagnostics", "about")),
)


ROLES = {
    "quit": QAction.MenuRole.QuitRole,
    "about": QAction.MenuRole.AboutRole,
    "settings": QAction.MenuRole.PreferencesRole,
}
"""Where macOS wants actions to be, in whatever language. None of the others is to go there: by itself Qt
looks for English words in their texts."""


def fill(bar: QMenuBar, look: Look, actions: Actions) -> None:
    """Builds the menus."""
    for name, ids in MENUS:
        menu = QMenu(bar)
        look.words.bind(menu, "setTitle", f"menu.{name}")
        for which in ids:
            if which == "-":
                menu.addSeparator()
            else:
                actions[which].setMenuRole(ROLES.get(which, QAction.MenuRole.NoRole))
                menu.addAction(actions[which])
        bar.addMenu(menu)
