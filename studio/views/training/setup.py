"""Setting up a training in three steps: pictures, permission, time. Each can be gone back to."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QStackedWidget, QWidget

from studio import paint
from studio.commands.preparing import PreparationCommands
from studio.signals import follow
from studio.state.model import ModelState
from studio.state.preparation import Preparation, Setup, Stage
from studio.state.training import Training
from studio.theme import font
from studio.views.kit.button import Button, IconButton
from studio.views.kit.empty import EmptyState
from studio.views.kit.layout import Surface, column, row
from studio.views.kit.progress import ProgressBar
from studio.views.kit.text import MEDIUM, Elided, Label, muted
from studio.views.look import Look
from studio.views.training import phrases
from studio.views.training.permission import PermissionStep
from studio.views.training.pictures import PicturesStep
from studio.views.training.time import TimeStep
from studio.workers.thumbnails import Thumbnails

STEPS = ("pictures", "permission", "time")


class StepButton(QAbstractButton):
    """The number and the name of a step."""

    def __init__(self, look: Look, number: int, which: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._number = look, number
        self.done = False
        self.setCheckable(True)
        self.setFont(font(12, MEDIUM))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        look.words.bind_text(self, "_say", lambda: look.words(f"training.step.{which}"))

    def _say(self, words: str) -> None:
        self.setText(words)
        self.setAccessibleName(words)
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(self.font()).horizontalAdvance(self.text()) + 44, 32)

    def nextCheckState(self) -> None:
        """Only the step that is shown decides."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, rect = self._look.theme, QRectF(self.rect())
        if self.isEnabled() and self.underMouse() and not self.isChecked():
            paint.fill(painter, rect, theme.color("hover"))
        if self.hasFocus():
            paint.outline(painter, rect, theme.color("accent"), width=2)
        dot = QRectF(8, rect.center().y() - 10, 20, 20)
        on = self.isChecked()
        paint.fill(painter, dot, theme.color("fill" if on else "success" if self.done else "pressed"), 10)
        if self.done and not on:
            self._look.icons.paint(painter, dot.adjusted(4, 4, -4, -4), "check", "panel")
        else:
            painter.setFont(font(11, MEDIUM))
            painter.setPen(theme.color("on_fill" if on else "muted"))
            painter.drawText(dot, Qt.AlignmentFlag.AlignCenter, str(self._number))
        painter.setFont(self.font())
        painter.setPen(theme.color("text" if on else "muted" if self.isEnabled() else "faint"))
        painter.drawText(rect.adjusted(36, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text())
        painter.end()


class ReadingView(QWidget):
    """The pictures are being read: how far, how long still, and a way out."""

    def __init__(self, look: Look, commands: PreparationCommands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.line = ProgressBar(look)
        self.line.setFixedWidth(400)
        self.title = Label(look, size=15, weight=MEDIUM)
        self.detail = muted(look, wrap=False)
        self.cancel = Button(look, "action.cancel", pressed=commands.cancel)
        middle = Qt.AlignmentFlag.AlignHCenter
        box = column(None, gap=12, margins=(24, 24, 24, 24), parent=self)
        for part in (self.title, self.line, self.detail, self.cancel):
            box.addWidget(part, 0, middle)
        box.addStretch(2)

    def show_setup(self, setup: Setup) -> None:
        words = self._look.words
        known = setup.total > 0 and not setup.doing
        self.line.set_part(setup.done / setup.total if known else None)
        self.title.setText(words(f"training.reading.{setup.doing}" if setup.doing else "training.reading"))
        detail = words("training.reading.count", done=setup.done, total=setup.total) if known else ""
        if known and setup.seconds_left is not None:
            left = phrases.duration(words, setup.seconds_left)
            detail = words("training.reading.left", count=detail, left=left)
        self.detail.setText(detail)
        self.line.setAccessibleName(f"{self.title.text()} {detail}")


class SetupView(QWidget):
    """The frame around the steps."""

    closed = Signal()
    choose_wanted = Signal()

    def __init__(
        self,
        look: Look,
        preparation: Preparation,
        commands: PreparationCommands,
        model: ModelState,
        training: Training,
        thumbnails: Thumbnails,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look, self._preparation, self._commands = look, preparation, commands
        self._training = training
        self._step = "pictures"
        self.pictures = PicturesStep(look, commands, thumbnails)
        self.permission = PermissionStep(look, commands)
        self.time = TimeStep(look, commands, model, training)
        self.reading = ReadingView(look, commands)
        self.choose = Button(look, "training.choose", kind="primary", icon="folder")
        self.failed = EmptyState(
            look, "warning", "training.failed.title", "training.failed.hint", self.choose
        )
        self.title = Elided(look, size=15, weight=MEDIUM)
        self.steps = {which: StepButton(look, n + 1, which) for n, which in enumerate(STEPS)}
        self.close_button = IconButton(look, "close", "training.close", pressed=self._close)
        self.back = Button(look, "training.back", pressed=lambda: self.go(-1))
        self.next = Button(look, kind="primary", pressed=self._forward)
        self.hint = Label(look, role="muted", size=12)
        self._stack = QStackedWidget()
        self._arrange()
        self._connect()
        self._show()

    def _arrange(self) -> None:
        for page in (self.pictures, self.permission, self.time, self.reading, self.failed):
            self._stack.addWidget(page)
        head = Surface(self._look, "window", "bottom")
        top = row(self.title, *self.steps.values(), self.close_button, gap=4, parent=head)
        top.setContentsMargins(20, 10, 12, 10)
        top.setStretch(0, 1)
        self._foot = Surface(self._look, "window", "top")
        row(self.back, None, self.hint, self.next, gap=12, margins=(20, 12, 20, 12), parent=self._foot)
        box = column(head, self._stack, self._foot, gap=0, parent=self)
        box.setStretch(1, 1)

    def _connect(self) -> None:
        follow(self._show, self._preparation.changed, self._look.words.language_changed)
        self.choose.clicked.connect(lambda _: self.choose_wanted.emit())
        self._commands.consented.connect(lambda _: self.show_step("time"))
        ready = self.permission.ready_changed, self.time.ready_changed
        follow(self._say_next, *ready, self._training.current_changed)
        for which, button in self.steps.items():
            button.clicked.connect(lambda _=False, which=which: self.show_step(which))

    # ---- which step

    @property
    def step(self) -> str:
        """The step that is shown."""
        return self._step

    def show_step(self, which: str) -> None:
        """Shows a step, if those before it are done."""
        if which != "pictures" and not self._can_leave_pictures():
            return
        if which == "time" and self._preparation.setup.consent is None:
            which = "permission"
        self._step = which
        self._show()
        if which == "time":
            self.time.measure()

    def go(self, way: int) -> None:
        """The step after or before."""
        self.show_step(STEPS[min(2, max(0, STEPS.index(self._step) + way))])

    def _forward(self) -> None:
        if self._step == "permission" and (self._preparation.setup.consent is None or self.permission.asking):
            self.permission.give()
        elif self._step == "time":
            self._commands.train(self.time.plan)
        else:
            self.go(1)

    def _close(self) -> None:
        self._commands.close()
        self.closed.emit()

    def _can_leave_pictures(self) -> bool:
        setup = self._preparation.setup
        return setup.stage is Stage.READY and not setup.busy and setup.usable > 1

    # ---- showing

    def _show(self) -> None:
        setup = self._preparation.setup
        if setup.stage is Stage.NONE:
            self._step = "pictures"
            self.permission.forget()
        if setup.consent is None and self._step == "time":
            self._step = "permission"
        self.title.set_text(setup.report.title if setup.report is not None else setup.source.name)
        self.pictures.show_setup(setup)
        self.permission.show_setup(setup)
        self.time.show_setup(setup)
        self.reading.show_setup(setup)
        self._show_failure(setup)
        self._turn_to(self._page(setup))
        for which, button in self.steps.items():
            button.setChecked(which == self._step)
            button.done = STEPS.index(which) < STEPS.index(self._step)
            button.setEnabled(setup.stage is Stage.READY)
            button.update()
        self._foot.setVisible(setup.stage is Stage.READY)
        self._say_next()

    def _turn_to(self, page: QWidget) -> None:
        """Another page: the keys go to what is done there first."""
        if page is not self._stack.currentWidget():
            self._stack.setCurrentWidget(page)
            self.focus()

    def focus(self) -> None:
        """The keys go to the page that is shown."""
        first: dict[QWidget, QWidget] = {
            self.pictures: self.pictures.grid,
            self.permission: self.permission.first,
            self.time: self.time.name,
            self.reading: self.reading.cancel,
            self.failed: self.choose,
        }
        page = self._stack.currentWidget()
        target = first.get(page, self.close_button) if page is not None else self.close_button
        if self.isVisible():
            target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _page(self, setup: Setup) -> QWidget:
        if setup.stage is Stage.READING:
            return self.reading
        if setup.stage is Stage.FAILED:
            return self.failed
        return {"pictures": self.pictures, "permission": self.permission, "time": self.time}[self._step]

    def _show_failure(self, setup: Setup) -> None:
        words, trouble = self._look.words, setup.trouble
        if setup.stage is Stage.FAILED and trouble is not None:
            self.failed.title.setText(words.say(trouble.what))
            self.failed.hint.setText(words.say(trouble.advice) if trouble.advice is not None else "")
            self.failed.set_detail("")

    def _say_next(self) -> None:
        words, setup = self._look.words, self._preparation.setup
        problem, hint, key = "", "", "training.next"
        if self._step == "pictures":
            if setup.busy:
                problem = words("training.busy")
            elif setup.usable < 2:
                problem = words("training.nothing_left")
            hint = words("training.pictures.hint")
        elif self._step == "permission":
            problem = self.permission.problem
            key = "training.give" if self.permission.asking else "training.next"
        else:
            problem = self.time.problem
            key = "training.enqueue" if self._training.current is not None else "training.start"
        self.next.setText(words(key))
        self.next.setEnabled(not problem)
        self.hint.setText(problem or hint)
        self.back.setVisible(self._step != "pictures")
