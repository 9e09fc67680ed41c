"""What is modal: while it is shown, the keys of its window are its own, whatever has the focus.

`ModalStack` is the one place that knows. The focus does not stay outside the uppermost modal; what still
comes to the window, for nobody had the focus, goes to it; and no shortcut of the window is run meanwhile.
"""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QWidget

KEYS = (QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride)


class Modal(QWidget):
    """A widget that owns the keys of the window it lies in for as long as it is shown."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        # A press on what takes no focus ends here: it would go on to the window otherwise.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.modals = ModalStack.of(parent)

    def passes(self, event: QKeyEvent) -> bool:
        """Whether a key is for the window all the same, such as the one that undoes what was done here."""
        return False

    def take_focus(self) -> None:
        """The focus comes back to where it was last in here."""
        (self.focusWidget() or self).setFocus(Qt.FocusReason.OtherFocusReason)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(not self.passes(event))
            return True
        done = super().event(event)
        if event.type() in KEYS:
            event.accept()  # every key ends here: the window behind must not answer it
            return True
        return done

    def showEvent(self, event: QShowEvent) -> None:
        if not event.spontaneous():  # otherwise the window was put away, and came back
            self.modals.push(self)

    def hideEvent(self, event: QHideEvent) -> None:
        if not event.spontaneous():
            self.modals.take_out(self)


class ModalStack(QObject):
    """The modals of a window that are shown, the uppermost last."""

    changed = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._shown: list[Modal] = []
        window.installEventFilter(self)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._keep_focus)

    @classmethod
    def of(cls, window: QWidget) -> ModalStack:
        """The stack of a window, made when it is first asked for."""
        found = window.findChild(cls, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return found or cls(window)

    @property
    def top(self) -> Modal | None:
        """Whose the keys are now; None: the window's own."""
        return next((one for one in reversed(self._shown) if shiboken6.isValid(one)), None)

    def push(self, modal: Modal) -> None:
        """A modal is shown, over the others."""
        self.take_out(modal)
        self._shown.append(modal)
        self.changed.emit()

    def take_out(self, modal: Modal) -> None:
        """A modal is gone."""
        if modal in self._shown:
            self._shown.remove(modal)
            self.changed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        top = self.top
        if top is None or event.type() not in KEYS or not isinstance(event, QKeyEvent):
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(not top.passes(event))
        else:
            QCoreApplication.sendEvent(top.focusWidget() or top, event)
        return True

    def _keep_focus(self, before: QWidget | None, now: QWidget | None) -> None:
        top = self.top if shiboken6.isValid(self._window) else None
        if top is None or not self._window.isActiveWindow():
            return
        if now is None or (now.window() is self._window.window() and not _is_in(now, top)):
            top.take_focus()


def _is_in(widget: QWidget, modal: Modal) -> bool:
    return widget is modal or modal.isAncestorOf(widget)
