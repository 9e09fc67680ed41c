"""Messages to the person: what happened, what it means, what to do. They never block anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from itertools import count
from typing import Any

from PySide6.QtCore import QAbstractListModel, QObject, Qt, Signal, SignalInstance

from studio.library.text import Text
from studio.state.items import ROOT, AnyIndex

KEPT = 200
"""How many notices are remembered."""


class Kind(StrEnum):
    """How serious it is."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Act:
    """A button on a notice."""

    label: Text
    do: Callable[[], object]


@dataclass(frozen=True)
class Notice:
    """One message."""

    id: int
    kind: Kind
    what: Text
    """What happened."""
    meaning: Text | None = None
    advice: Text | None = None
    """What to do."""
    details: tuple[str | Text, ...] = ()
    """Sentences about single files."""
    acts: tuple[Act, ...] = ()
    error: Exception | None = None
    asks: bool = False
    """Whether it waits for an answer: it stays until there is one."""


class NoticeRole(IntEnum):
    """What a row of the list of notices knows."""

    NOTICE = Qt.ItemDataRole.UserRole + 1


class Notices(QAbstractListModel):
    """What was told, newest first."""

    added = Signal(object)
    """Notice."""
    dismissed = Signal(int)
    """Id."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._notices: list[Notice] = []
        self._ids = count(1)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """All that are remembered, newest first."""
        return tuple(self._notices)

    def add(
        self,
        kind: Kind,
        what: Text,
        *,
        meaning: Text | None = None,
        advice: Text | None = None,
        details: tuple[str | Text, ...] = (),
        acts: tuple[Act, ...] = (),
        error: Exception | None = None,
        asks: bool = False,
        holds: Callable[[], bool] | None = None,
        until: Sequence[SignalInstance] = (),
    ) -> Notice:
        """Tells something.

        holds: whether what it says is still so; asked whenever one of `until` is emitted, and when it is not,
        the notice goes away.
        """
        notice = Notice(next(self._ids), kind, what, meaning, advice, details, acts, error, asks)
        self.beginInsertRows(ROOT, 0, 0)
        self._notices.insert(0, notice)
        self.endInsertRows()
        self._forget_old()
        self.added.emit(notice)
        if holds is not None:
            self._watch(notice.id, holds, until)
        return notice

    def _watch(self, which: int, holds: Callable[[], bool], until: Sequence[SignalInstance]) -> None:
        def look(*_: object) -> None:
            if all(known.id != which for known in self._notices) or not holds():
                for signal in until:
                    signal.disconnect(look)
                self.dismiss(which)

        for signal in until:
            signal.connect(look)

    def dismiss(self, notice: int) -> None:
        """The person has read it."""
        for row, known in enumerate(self._notices):
            if known.id == notice:
                self.beginRemoveRows(ROOT, row, row)
                del self._notices[row]
                self.endRemoveRows()
                self.dismissed.emit(notice)
                return

    def rowCount(self, parent: AnyIndex = ROOT) -> int:
        return 0 if parent.isValid() else len(self._notices)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or not 0 <= index.row() < len(self._notices):
            return None
        notice = self._notices[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return str(notice.what)
        return notice if role == NoticeRole.NOTICE else None

    def _forget_old(self) -> None:
        while len(self._notices) > KEPT:
            self.dismiss(self._notices[-1].id)
