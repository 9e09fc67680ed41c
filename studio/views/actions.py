"""Everything that can be done by menu, key or palette, in one list.

Keys with a modifier work everywhere. Plain keys (K, Space, 1-5) belong to pages: menus show them, and the
window runs the action when nobody else wanted one (`Actions.run_key`); so typing and buttons keep theirs.
While something modal is shown, none of them come here (`studio.views.kit.modal`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence

from studio.views.look import Look


@dataclass(frozen=True)
class Spec:
    """One thing that can be done."""

    id: str
    """Also the key of its words: "action.<id>"; a longer explanation may lie at "action.<id>.tip"."""
    group: str
    """Which part of the shortcut overview and of the palette it stands in."""
    keys: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    """Keys without a modifier, for pages."""
    pages: tuple[str, ...] = ()
    """Pages on which plain keys count; empty for all."""
    icon: str = ""
    checkable: bool = False
    needs_model: bool = False
    """Whether it can only be done while a model is in use."""


SPECS = (
    Spec("explore", "go", ("Ctrl+1",), ("E",), icon="explore"),
    Spec("gallery", "go", ("Ctrl+2",), ("G",), icon="gallery"),
    Spec("training", "go", ("Ctrl+3",), ("T",), icon="training"),
    Spec("settings", "go", ("Ctrl+,",), icon="settings"),
    Spec("palette", "go", ("Ctrl+K", "Ctrl+Shift+P"), icon="command"),
    Spec("keep", "explore", (), ("K", "Return", "Enter"), ("explore",), icon="keep", needs_model=True),
    Spec("random", "explore", (), ("Space",), ("explore",), icon="random", needs_model=True),
    Spec("variations", "explore", (), ("V",), ("explore",), icon="ring", needs_model=True),
    Spec("keep_varied", "explore", ("Ctrl+Shift+K",), icon="gallery", needs_model=True),
    Spec("pin", "explore", (), ("P",), ("explore",), icon="pin", needs_model=True),
    Spec("path", "explore", (), ("W",), ("explore",), icon="path", checkable=True, needs_model=True),
    Spec("map", "explore", (), ("M",), ("explore",), icon="map", checkable=True, needs_model=True),
    Spec("lasso", "explore", (), ("L",), ("explore",), icon="lasso", checkable=True, needs_model=True),
    Spec("hold_forms", "explore", (), ("H",), ("explore",), icon="lock", needs_model=True),
    Spec("hold_details", "explore", (), ("J",), ("explore",), icon="lock", needs_model=True),
    Spec("large", "explore", (), ("Z",), ("explore",), icon="picture", checkable=True, needs_model=True),
    Spec("zoom_in", "explore", ("Ctrl++", "Ctrl+="), ("+", "="), ("explore",), icon="plus", needs_model=True),
    Spec("zoom_out", "explore", ("Ctrl+-",), ("-",), ("explore",), icon="minus", needs_model=True),
    Spec("back", "explore", ("Alt+Left",), icon="back"),
    Spec("forward", "explore", ("Alt+Right",)),
    Spec("reset_look", "explore", ("Ctrl+Shift+R",), icon="reset", needs_model=True),
    Spec("new_style", "styles", ("Ctrl+N",), icon="style"),
    Spec("new_style_folder", "styles", ("Ctrl+Shift+N",), icon="folder"),
    Spec("import_style", "styles", (), icon="import"),
    Spec("edit_style", "styles", ("F4",), icon="rename"),
    Spec("restyle", "styles", ("Ctrl+O",), icon="picture", needs_model=True),
    Spec("next_style", "styles", (), ("]",), ("explore",)),
    Spec("previous_style", "styles", (), ("[",), ("explore",)),
    Spec("no_style", "styles", ("Ctrl+0",)),
    Spec("undo", "edit", ("Ctrl+Z",), icon="undo"),
    Spec("redo", "edit", ("Ctrl+Shift+Z", "Ctrl+Y"), icon="redo"),
    Spec("copy", "edit", ("Ctrl+C",), icon="copy"),
    Spec("paste", "edit", ("Ctrl+V",)),
    Spec("find", "gallery", ("Ctrl+F",), icon="search"),
    Spec("select_all", "gallery", ("Ctrl+A",)),
    Spec("recall", "gallery", (), ("Return", "Enter"), ("gallery",), icon="explore"),
    Spec("fullscreen", "gallery", (), ("F",), ("gallery", "explore"), icon="fullscreen"),
    Spec("compare", "gallery", (), ("C",), ("gallery",), icon="compare"),
    Spec("board", "gallery", (), ("B",), ("gallery",), icon="layers"),
    Spec("new_board", "gallery", ("Ctrl+Shift+B",), icon="plus"),
    Spec("export", "gallery", ("Ctrl+E",), icon="export"),
    Spec("style_from_selection", "gallery", (), icon="style"),
    Spec("add_to_style", "gallery", (), icon="plus"),
    Spec("delete", "gallery", (), ("Delete", "Backspace"), ("gallery",), icon="trash"),
    Spec("bin", "gallery", icon="trash"),
    Spec("rate_1", "rate", (), ("1",), ("gallery",)),
    Spec("rate_2", "rate", (), ("2",), ("gallery",)),
    Spec("rate_3", "rate", (), ("3",), ("gallery",)),
    Spec("rate_4", "rate", (), ("4",), ("gallery",)),
    Spec("rate_5", "rate", (), ("5",), ("gallery",)),
    Spec("rate_0", "rate", (), ("0",), ("gallery",)),
    Spec("label_red", "rate", (), ("6",), ("gallery",)),
    Spec("label_yellow", "rate", (), ("7",), ("gallery",)),
    Spec("label_green", "rate", (), ("8",), ("gallery",)),
    Spec("label_blue", "rate", (), ("9",), ("gallery",)),
    Spec("open_model", "model", (), icon="import"),
    Spec("new_training", "model", ("Ctrl+Shift+T",), icon="training"),
    Spec("panels", "window", ("Ctrl+\\",), checkable=True),
    Spec("theme", "window", ("Ctrl+Shift+L",), icon="light"),
    Spec("language", "window", ()),
    Spec("full_window", "window", ("F11",)),
    Spec("shortcuts", "help", ("F1",), icon="keyboard"),
    Spec("welcome", "help", ()),
    Spec("diagnostics", "help", (), icon="device"),
    Spec("about", "help", ()),
    Spec("quit", "window", ("Ctrl+Q",)),
)


class Actions(QObject):
    """All actions by id."""

    def __init__(self, look: Look, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.specs = {spec.id: spec for spec in SPECS}
        self._actions = {spec.id: self._make(spec) for spec in SPECS}
        self._plain = {spec.id: {QKeySequence(key).toString() for key in spec.plain} for spec in SPECS}

    def __getitem__(self, which: str) -> QAction:
        return self._actions[which]

    def all(self) -> Iterable[tuple[Spec, QAction]]:
        """In the order of the list."""
        return ((spec, self._actions[spec.id]) for spec in SPECS)

    def connect_to(self, doers: dict[str, Callable[[], object]]) -> None:
        """Says what each action does."""
        for which, do in doers.items():
            self._actions[which].triggered.connect(lambda _=False, do=do: do())

    def run_key(self, event: QKeyEvent, page: str) -> bool:
        """Runs the action of a plain key on `page`. False when there is none."""
        if event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier):
            return False
        pressed = QKeySequence(event.key()).toString()
        for spec, action in self.all():
            meant = pressed in self._plain[spec.id] and (not spec.pages or page in spec.pages)
            if meant and action.isEnabled():
                action.trigger()
                return True
        return False

    def shortcuts(self, which: str) -> list[str]:
        """All keys of an action, as people write them."""
        spec = self.specs[which]
        native = QKeySequence.SequenceFormat.NativeText
        return [QKeySequence(key).toString(native) for key in (*spec.plain, *spec.keys)]

    def _make(self, spec: Spec) -> QAction:
        action = QAction(self)
        action.setObjectName(spec.id)
        action.setCheckable(spec.checkable)
        if spec.keys:
            action.setShortcuts([QKeySequence(key) for key in spec.keys])
            action.setShortcutContext(Qt.ShortcutContext.ApplicationShortcut)
        elif spec.plain:
            # Shown in menus; a widget context that no widget has, so it never takes the key from others.
            action.setShortcut(QKeySequence(spec.plain[0]))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        words = self._look.words
        words.bind(action, "setText", f"action.{spec.id}")
        words.bind_text(action, "setToolTip", lambda: self._tip(spec))
        return action

    def _tip(self, spec: Spec) -> str:
        words = self._look.words
        key = f"action.{spec.id}.tip"
        return words(key) if words.has(key) else words(f"action.{spec.id}")
