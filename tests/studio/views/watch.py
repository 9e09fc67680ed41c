"""Looks at a window for what must never be seen: raw keys and clipped words."""

from __future__ import annotations

import re

from PySide6.QtCore import QRect
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractButton, QLabel, QToolButton, QWidget

from studio.i18n import load_catalogue
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


def raw_words(window: QWidget) -> list[str]:
    """Keys and placeholders that were left as they are."""
    found = []
    for widget in [window, *window.findChildren(QWidget)]:
        for words in words_of(widget):
            is_key = KEY.search(words) and not words.endswith((".png", ".jpg", ".json"))
            if is_key or UNFILLED.search(words):
                found.append(f"{type(widget).__name__}: {words}")
    return [one for one in found if "{n:03}" not in one and "{style}" not in one]


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
