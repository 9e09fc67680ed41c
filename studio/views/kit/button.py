"""Buttons: with words, with an icon, and the two together."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QPushButton, QSizePolicy, QWidget

from studio import paint
from studio.tokens import RADIUS
from studio.views.look import Look


class Button(QPushButton):
    """A button with words. kind: "primary" (one per view), "plain", "link", "danger" or "" for the usual."""

    def __init__(
        self,
        look: Look,
        key: str = "",
        *,
        kind: str = "",
        icon: str = "",
        pressed: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look, self._icon_name, self._kind = look, icon, kind
        self.setProperty("kind", kind)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor if kind == "link" else Qt.CursorShape.ArrowCursor)
        self.setAutoDefault(False)
        if key:
            look.words.bind(self, "setText", key)
        if icon:
            self._tint()
            look.theme.changed.connect(self._tint)
        if pressed is not None:
            self.clicked.connect(lambda: pressed())

    def setText(self, text: str) -> None:
        # Qt leaves no way to say how far the icon and the words are apart.
        super().setText(f"\u2009{text}" if self._icon_name and text else text)
        self.setAccessibleName(text)

    def _tint(self) -> None:
        role = {"primary": "on_fill", "link": "accent", "danger": "danger"}.get(self._kind, "text")
        self.setIcon(self._look.icons.icon(self._icon_name, role))
        self.setIconSize(QSize(16, 16))


class IconButton(QAbstractButton):
    """A square button with an icon; its words are the accessible name, and the tooltip explains them."""

    def __init__(
        self,
        look: Look,
        icon: str,
        key: str,
        *,
        size: int = 28,
        icon_size: int = 18,
        role: str = "muted",
        shortcut: QKeySequence | str | None = None,
        pressed: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look, self._name, self._role, self._icon_size = look, icon, role, icon_size
        self._key, self._shortcut = key, shortcut
        self.setFixedSize(size, size)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        look.words.bind_text(self, "_say", lambda: look.words(self._key))
        if pressed is not None:
            self.clicked.connect(lambda: pressed())

    def set_icon(self, name: str, role: str | None = None) -> None:
        self._name = name
        self._role = role or self._role
        self.update()

    def set_key(self, key: str) -> None:
        """Other words, for a button that changes its meaning."""
        self._key = key
        self._say(self._look.words(key))

    def _say(self, words: str) -> None:
        say, tip = self._look.words, f"{self._key}.tip"
        if say.has(tip):
            words, shown = words.rstrip("…"), say("tip.explained", name=words.rstrip("…"), tip=say(tip))
        else:
            shown = words
        self.setAccessibleName(words)
        self.setToolTip(with_shortcut(shown, self._shortcut))

    def sizeHint(self) -> QSize:
        return self.size()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        rect = QRectF(self.rect())
        tokens = self._look.theme
        if self.isEnabled() and (self.isDown() or self.underMouse()):
            paint.fill(painter, rect, tokens.color("pressed" if self.isDown() else "hover"))
        elif self.isChecked():
            paint.fill(painter, rect, tokens.color("tint"))
        if self.hasFocus():
            paint.outline(painter, rect, tokens.color("accent"), RADIUS, 2)
        half = (self.width() - self._icon_size) / 2
        place = rect.adjusted(half, half, -half, -half)
        self._look.icons.paint(painter, place, self._name, self._shown_role())
        painter.end()

    def _shown_role(self) -> str:
        if not self.isEnabled():
            return "faint"
        if self.isChecked():
            return "accent"
        return "text" if self.underMouse() and self._role == "muted" else self._role


def with_shortcut(words: str, shortcut: QKeySequence | str | None) -> str:
    """Words for a tooltip, with the key in brackets."""
    if not shortcut:
        return words
    keys = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)
    return f"{words}  ({keys})" if keys else words


class ActionButton(Button):
    """A button that stands for an action: same words, same shortcut, same state."""

    def __init__(
        self, look: Look, action: QAction, *, kind: str = "", icon: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(look, kind=kind, icon=icon, pressed=action.trigger, parent=parent)
        self._action = action
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setText(self._action.iconText())
        self.setEnabled(self._action.isEnabled())
        self.setToolTip(with_shortcut(self._action.toolTip(), self._action.shortcut()))
