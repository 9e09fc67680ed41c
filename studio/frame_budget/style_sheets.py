"""Applies the style sheet to one part of the window after the other.

A sheet on the whole application makes Qt look at every widget again, seen or not, in one go of most of a
second. So each page and each overlay has it by itself, large ones piece by piece. When it changes, those
that are seen change one after the other while the areas they lie in hold still, which are then drawn anew;
hidden ones change when they are next shown.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator

import shiboken6
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from studio.signals import repeated

PAUSE_MS = 8
"""Between one go and the next, for whatever else wants to be done."""
GO_S = 0.004
"""So long the sheet is applied in one go."""
DONE = object()
NOTHING: Iterator[object] = iter(())


class StyleSheetScheduler(QObject):
    """Keeps the style sheet of every part up to date."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sheet = ""
        self._parts: list[tuple[QWidget, QWidget]] = []
        """What has the sheet, and the area it lies in."""
        self._held: list[QWidget] = []
        """Areas that draw nothing until all parts have the new sheet."""
        self._first: Callable[[], object] | None = None
        self._steps: Iterator[object] = iter(())
        self._soon = repeated(self, PAUSE_MS, self._apply_next)

    def add(self, part: QWidget, area: QWidget | None = None) -> None:
        """Applies the sheet to a part, now and whenever the sheet changes, as long as it lives.

        area: holds still meanwhile, for it is drawn as one; the part itself when left out.
        """
        self._parts = [pair for pair in self._parts if all(map(shiboken6.isValid, pair))]
        if any(one is part for one, _ in self._parts):
            return
        self._parts.append((part, area or part))
        part.setStyleSheet(self._sheet)
        part.installEventFilter(self)

    def change(self, sheet: str, first: Callable[[], object] = lambda: None) -> None:
        """Another sheet: soon on what is seen, and on the rest when it is shown. `first` comes before."""
        self._sheet = sheet
        late = self._late()
        if late:
            self._first = first
            self._hold(area for part, area in self._seen() if part in late)
        else:
            first()

    def hold(self, steps: Iterator[object] = NOTHING) -> None:
        """Much changes in all parts, step by step: they are drawn anew one after the other when that is done.

        Where nothing is seen, all steps are taken at once. Steps of before that are left are dropped.
        """
        self._steps = steps
        self._hold(area for _, area in self._seen())
        if not self._held:
            deque(steps, maxlen=0)

    @property
    def is_changing(self) -> bool:
        """Whether something that is seen still has the sheet before."""
        return self._soon.isActive()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget):
            self._apply(watched)
        return False

    def _hold(self, areas: Iterable[QWidget]) -> None:
        for area in areas:
            if area not in self._held and area.updatesEnabled():
                area.setUpdatesEnabled(False)
                self._held.append(area)
            self._soon.start()

    def _seen(self) -> list[tuple[QWidget, QWidget]]:
        return [pair for pair in self._parts if all(map(shiboken6.isValid, pair)) and pair[0].isVisible()]

    def _late(self) -> list[QWidget]:
        """What is seen in the sheet before."""
        return [part for part, _ in self._seen() if part.styleSheet() != self._sheet]

    def _apply(self, part: QWidget) -> None:
        if part.styleSheet() != self._sheet:
            part.setStyleSheet(self._sheet)

    def _apply_next(self) -> None:
        self._held = [part for part in self._held if shiboken6.isValid(part)]
        if not self._held:
            self._steps = NOTHING  # the window is gone
        if self._first is not None:
            first, self._first = self._first, None
            first()
        elif next(self._steps, DONE) is not DONE:
            return
        elif late := self._late():
            until = time.monotonic() + GO_S
            while late and time.monotonic() < until:
                self._apply(late.pop(0))
        elif self._held:
            self._held.pop(0).setUpdatesEnabled(True)
        else:
            self._soon.stop()
