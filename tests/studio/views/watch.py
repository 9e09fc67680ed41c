"""Looks at a window for what must never be seen: raw keys, clipped words, controls without a name."""

from __future__ import annotations

import re
from functools import cache

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenuBar,
    QPlainTextEdit,
    QScrollArea,
    QScrollBar,
    QToolButton,
    QWidget,
)

from studio.library.catalogue import load_catalogue
from studio.views.kit.text import Elided

AREAS = {key.split(".")[0] for key in load_catalogue("en")}
KEY = re.compile(rf"\b({'|'.join(sorted(AREAS))})\.[a-z_]+(\.[a-z_]+)*\b")
UNFILLED = re.compile(r"\{[a-z_]+\}")


def words_of(widget: QWidget) -> list[str]:
    """Everything a widget says."""
    said = [widget.toolTip(), widget.accessibleName(), widget.accessibleDescription()]
    if isinstance(widget, QLabel | QAbstractButton):
        said.append(widget.text())
    return [words for words in said if words]


@cache
def is_raw(words: str) -> bool:
    """Whether they are a key, or hold a placeholder."""
    is_key = KEY.search(words) and not words.endswith((".png", ".jpg", ".json"))
    return bool(is_key or UNFILLED.search(words))


def raw_words(window: QWidget) -> list[str]:
    """Keys and placeholders that were left as they are."""
    found = []
    for widget in [window, *window.findChildren(QWidget)]:
        for words in words_of(widget):
            if is_raw(words):
                found.append(f"{type(widget).__name__}: {words}")
    return [one for one in found if "{n:03}" not in one and "{style}" not in one]


CONTROLS = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit)


def controls(window: QWidget) -> list[QWidget]:
    """Everything in sight that a hand or a key can work."""
    return [widget for widget in window.findChildren(QWidget) if widget.isVisible() and _is_control(widget)]


def _is_control(widget: QWidget) -> bool:
    if isinstance(widget, QScrollBar | QMenuBar | QScrollArea | QToolButton):
        return False  # Qt's own: they are named by their place
    if isinstance(widget.parent(), QAbstractSpinBox | QComboBox):
        return False  # the parts of a control
    by_key = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.focusProxy() is None
    return by_key or isinstance(widget, CONTROLS)


def nameless(window: QWidget) -> list[str]:
    """Controls that a screen reader could not name, and icons that say nothing when one points at them."""
    found = []
    for control in controls(window):
        text = control.text() if isinstance(control, QAbstractButton) else ""
        if not (control.accessibleName() or text):
            found.append(f"{_place(control)} has no name")
        if isinstance(control, QAbstractButton) and not text.strip() and not control.toolTip():
            found.append(f"{_place(control)} has no tooltip")
    return found


def unreachable(window: QWidget) -> list[str]:
    """Buttons and fields that no key leads to."""
    return [
        f"{_place(control)} {control.accessibleName()}"
        for control in controls(window)
        if isinstance(control, CONTROLS)
        and control.isEnabled()
        and not control.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not _has_a_key(control)
    ]


def _has_a_key(control: QWidget) -> bool:
    """One of several choices, which arrow keys change, or closed by Escape."""
    if isinstance(control, QAbstractButton) and control.group() is not None and control.group().exclusive():
        return True
    return type(control).__name__ == "CloseButton"


def without_focus(window: QWidget, looked_at: set[QWidget]) -> list[str]:
    """Controls that look the same with the focus as without; lists show their cursor instead.

    looked_at: those that need not be looked at again; the others are added.
    """
    found = []
    for control in set(controls(window)) - looked_at:
        looked_at.add(control)
        if isinstance(control, QAbstractScrollArea) or type(control).__name__ == "Viewer":
            continue
        if control.isEnabled() and control.focusPolicy() & Qt.FocusPolicy.TabFocus:
            control.clearFocus()
            before = control.grab().toImage()
            control.setFocus(Qt.FocusReason.TabFocusReason)
            if control.hasFocus() and control.grab().toImage() == before:
                found.append(_place(control))
    return found


def _place(widget: QWidget) -> str:
    names = []
    at: QWidget | None = widget
    while at is not None and not at.isWindow():
        names.append(type(at).__name__)
        at = at.parentWidget()
    return " in ".join(name for name in names[:4] if name != "QWidget")


def clipped(window: QWidget) -> list[str]:
    """Labels and buttons whose words do not fit into the place they got."""
    found = []
    for label in window.findChildren(QLabel):
        if label.isVisible() and label.text() and not _fits(label):
            found.append(f"{label.text()!r} in {label.width()} x {label.height()}")
    for button in window.findChildren(QAbstractButton):
        if isinstance(button, QToolButton):  # an icon inside a field; its words are the tooltip
            continue
        if button.isVisible() and button.text() and button.width() < _needed(button):
            found.append(f"button {button.text()!r} in {button.width()}")
    return found


def _fits(label: QLabel) -> bool:
    metrics = QFontMetrics(label.font())
    if label.wordWrap():
        needed = label.heightForWidth(label.width())
        return label.height() >= needed - 1
    text = metrics.boundingRect(QRect(0, 0, 10_000, 10_000), 0, label.text())
    return label.width() >= text.width() - 1 and label.height() >= metrics.height() - 2


def _needed(button: QAbstractButton) -> int:
    lines = button.text().split("\n")
    return max(QFontMetrics(button.font()).horizontalAdvance(line) for line in lines) - 1


def shortened(window: QWidget) -> list[str]:
    """Names that end in dots for want of room."""
    found = []
    for label in window.findChildren(Elided):
        if label.isVisible() and QFontMetrics(label.font()).horizontalAdvance(label.text()) > label.width():
            found.append(label.text())
    return found
