"""Shows what the studio has to tell: notices, and jobs with their progress."""

from __future__ import annotations

from functools import partial

import shiboken6
from PySide6.QtCore import QObject, QTimer

from studio.commands.undo import UndoStack, UndoStep
from studio.library.text import Text
from studio.state.jobs import BackgroundJob, Jobs
from studio.state.notices import Kind, Notice, Notices
from studio.views.kit.notice import Action, Message, NoticeCard, NoticeStack, Working
from studio.views.look import Look

PATIENCE_MS = 350
"""Work that is over sooner is not worth a notice."""


DELETED = {
    "said.training.delete": Text("said.training.in_bin"),
    "said.delete_picture": Text("said.the_picture_is_in_the"),
    "said.delete_n_pictures": Text("said.n_pictures_are_in_the"),
    "said.delete_style": Text("said.the_style_is_in_the"),
    "said.delete_n_styles": Text("said.n_styles_are_in_the"),
    "said.delete_board": Text("said.the_board_is_gone_its"),
}
"""Steps that are told, with a way back: title -> what happened."""


class NoticePresenter(QObject):
    """Puts notices and jobs into the stack, in the user's words."""

    def __init__(
        self, look: Look, notices: Notices, jobs: Jobs, undo_stack: UndoStack, stack: NoticeStack
    ) -> None:
        super().__init__(stack)
        self._look, self._notices, self._jobs = look, notices, jobs
        self._undo_stack, self._stack = undo_stack, stack
        self._known: set[int] = set()
        self._undo: NoticeCard | None = None
        self._shown: dict[int, NoticeCard] = {}
        notices.dismissed.connect(self._take_away)
        notices.added.connect(self._tell)
        undo_stack.changed.connect(self._after_step)
        jobs.rowsInserted.connect(self._wait_for_jobs)
        for notice in reversed(notices.notices):
            self._tell(notice)
        self._wait_for_jobs()

    def _tell(self, notice: Notice) -> None:
        shown = self._stack.say(self._message(notice))
        self._shown[notice.id] = shown
        shown.closed.connect(lambda: self._forget(notice.id))

    def _forget(self, which: int) -> None:
        self._shown.pop(which, None)
        self._notices.dismiss(which)

    def _take_away(self, which: int) -> None:
        """What it says is no longer so."""
        shown = self._shown.pop(which, None)
        if shown is not None:
            shown.close_up()

    def _after_step(self, step: UndoStep, kind: str) -> None:
        """What was deleted can be brought back for as long as nothing else was done."""
        if self._undo is not None:
            self._undo.close_up()
        happened = DELETED.get(step.title.key)
        if happened is None or kind == "undo":
            return
        words = self._look.words
        told = Text(happened.key, **dict(step.title.values))
        undo = Action(words("action.undo"), self._undo_stack.undo)
        self._undo = self._stack.say(Message(words.say(told), actions=[undo], kind=Kind.INFO))
        self._undo.closed.connect(self._forget_undo)

    def _forget_undo(self) -> None:
        self._undo = None

    def _message(self, notice: Notice) -> Message:
        words = self._look.words
        more = (words.say(text) for text in (notice.meaning, notice.advice) if text is not None)
        return Message(
            title=words.say(notice.what),
            meaning=" ".join(more),
            details=[line if isinstance(line, str) else words.say(line) for line in notice.details],
            actions=[Action(words.say(act.label), act.do) for act in notice.acts],
            kind=notice.kind,
            asks=notice.asks,
        )

    def _wait_for_jobs(self) -> None:
        for job in self._jobs.running:
            if id(job) not in self._known:
                self._known.add(id(job))
                QTimer.singleShot(PATIENCE_MS, self, partial(self._show_job, job))

    def _show_job(self, job: BackgroundJob) -> None:
        if not shiboken6.isValid(job) or not job.running:
            return
        working = self._stack.work(self._look.words.say(job.title))
        working.show_progress(job.done, job.total)
        job.progress_changed.connect(working.show_progress)
        job.finished.connect(lambda _: self._end(job, working))
        working.cancelled.connect(job.cancel)

    def _end(self, job: BackgroundJob, working: Working) -> None:
        self._known.discard(id(job))
        working.close_up()
