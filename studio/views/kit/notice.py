"""Notices: what happened, what it means, what can be done. They lie over the window and stop nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from studio import paint
from studio.signals import delayed, repeated
from studio.state.notices import Kind
from studio.tokens import RADIUS_LARGE, Type
from studio.views.kit.button import Button, IconButton
from studio.views.kit.free_place import controls, free_place
from studio.views.kit.layout import column, row
from studio.views.kit.lines import Lines, wrapped
from studio.views.kit.modal import ModalStack
from studio.views.kit.progress import ProgressBar
from studio.views.kit.text import MEDIUM, Label
from studio.views.look import Look

WIDTH = 400
STAY_MS = 7000
MOST = 4
"""More notices than this push the oldest out."""


ROLES = {Kind.INFO: "accent", Kind.SUCCESS: "success", Kind.WARNING: "warning", Kind.ERROR: "danger"}


@dataclass(frozen=True)
class Action:
    """A way out that a notice offers."""

    words: str
    do: Callable[[], object]


@dataclass(frozen=True)
class Message:
    """What a notice says, already in the user's language."""

    title: str
    meaning: str = ""
    details: Sequence[str] = ()
    """One line each, such as file names with reasons."""
    actions: Sequence[Action] = ()
    kind: Kind = Kind.INFO
    stays: bool = False
    """Until closed by hand; warnings with details and errors always stay."""
    asks: bool = False
    """It waits for an answer: it stays, and nothing pushes it out."""


class NoticeCard(QWidget):
    """One notice."""

    closed = Signal()

    def __init__(self, look: Look, message: Message, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self.message = look, message
        self.setFixedWidth(WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Minimum)
        self.setAccessibleName(" ".join(filter(None, (message.title, message.meaning))))
        self.title = wrapped(look, message.title, MEDIUM)
        self._arrange()
        self._timer = delayed(self, STAY_MS, self.close_up)
        if not self._stays():
            self._timer.start()

    def close_up(self) -> None:
        """Goes away."""
        self._timer.stop()
        self.closed.emit()

    def _stays(self) -> bool:
        message = self.message
        return message.stays or message.asks or message.kind is Kind.ERROR or bool(message.details)

    def _arrange(self) -> None:
        close = IconButton(self._look, "close", "notice.close", size=24, icon_size=14, pressed=self.close_up)
        head = row(self.title, close, gap=8)
        head.setAlignment(close, Qt.AlignmentFlag.AlignTop)
        box = column(head, gap=4, margins=(44, 12, 12, 12), parent=self)
        if self.message.meaning:
            box.addWidget(wrapped(self._look, self.message.meaning, role="muted"))
        if self.message.details:
            box.addWidget(Lines(self._look, self.message.details))
        self._add_extra(box)
        if self.message.actions:
            box.addSpacing(4)
            box.addLayout(row(*(self._button(action) for action in self.message.actions), None, gap=8))

    def _add_extra(self, box: QVBoxLayout) -> None:
        """For notices that show more."""

    def _button(self, action: Action) -> Button:
        button = Button(self._look, kind="", parent=self)
        button.setText(action.words)
        button.clicked.connect(lambda: self._act(action))
        return button

    def _act(self, action: Action) -> None:
        self.close_up()
        action.do()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        if not self._stays():
            self._timer.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        rect, theme = QRectF(self.rect()), self._look.theme
        paint.fill(painter, rect, theme.color("raised" if theme.tokens.is_dark else "panel"), RADIUS_LARGE)
        paint.outline(painter, rect, theme.color("outline"), RADIUS_LARGE)
        icon = QRectF(14, 14, 20, 20)
        self._look.icons.paint(painter, icon, self.message.kind.value, ROLES[self.message.kind])
        painter.end()


class Working(NoticeCard):
    """A notice of something under way, with its progress and a way to stop it."""

    cancelled = Signal()

    def __init__(self, look: Look, title: str, parent: QWidget | None = None) -> None:
        self.progress = ProgressBar(look)
        self.count = Label(look, size=Type.CAPTION, role="muted", numbers=True)
        self._cancel = Button(look, "action.cancel", pressed=self._stop)
        super().__init__(look, Message(title, stays=True), parent)

    def show_progress(self, done: int, total: int) -> None:
        """`total` 0: nobody knows yet how much there is."""
        self.progress.set_part(done / total if total else None)
        self.count.setText(self._look.words("progress.count", done=done, total=total) if total else "")

    def _stop(self) -> None:
        self._cancel.setEnabled(False)
        self.cancelled.emit()

    def _add_extra(self, box: QVBoxLayout) -> None:
        box.addWidget(self.progress)
        box.addLayout(row(self.count, None, self._cancel))


AGAIN_MS = 400
"""So often a place is looked for anew: another page may be shown, or a button where none was."""
MOVED = (
    QEvent.Type.Resize,
    QEvent.Type.Move,
    QEvent.Type.Show,
    QEvent.Type.Hide,
    QEvent.Type.LayoutRequest,
)


class NoticeStack(QWidget):
    """The notices in the lower right corner of a window, newest below."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self._box = column(gap=8, parent=self)
        self._margin, self._bottom = 16, 16
        self._clear: QWidget | None = None
        parent.installEventFilter(self)
        self._again = repeated(self, AGAIN_MS, self._place_again)
        ModalStack.of(parent).changed.connect(self._rise)
        self.hide()

    @property
    def notices(self) -> list[NoticeCard]:
        """Those that are to be seen."""
        items = (self._box.itemAt(i) for i in range(self._box.count()))
        return [w for item in items if item and isinstance(w := item.widget(), NoticeCard)]

    def set_bottom(self, pixels: int) -> None:
        """Height of whatever lies under the notices, such as the status bar."""
        self._bottom = pixels + 16
        self._place()

    def keep_clear_of(self, widget: QWidget) -> None:
        """Where they would cover this one, such as a bar of tools, they stand above it."""
        self._clear = widget
        widget.installEventFilter(self)
        self._place()

    def _rise(self) -> None:
        """A message lies over what came after it, too."""
        self.raise_()
        self._place()

    def say(self, message: Message) -> NoticeCard:
        """Shows a message."""
        return self.add(NoticeCard(self._look, message, self))

    def work(self, title: str) -> Working:
        """Shows that something is under way."""
        working = Working(self._look, title, self)
        self.add(working)
        return working

    def add(self, notice: NoticeCard) -> NoticeCard:
        old = [n for n in self.notices if not (n.message.asks or isinstance(n, Working))]
        for surplus in old[: max(0, len(old) - MOST + 1)]:
            surplus.close_up()
        notice.closed.connect(lambda: self._drop(notice))
        self._box.addWidget(notice)
        self.show()
        self.raise_()
        self._place()
        return notice

    def clear(self) -> None:
        """Takes all of them away."""
        for notice in self.notices:
            notice.close_up()

    def _drop(self, notice: NoticeCard) -> None:
        self._box.removeWidget(notice)
        notice.hide()
        notice.deleteLater()
        self.setVisible(self._box.count() > 0)
        self._place()

    def _place_again(self) -> None:
        if not self.underMouse():  # it does not run away from the hand
            self._place()

    def _place(self) -> None:
        """In the lower right corner, or as near to it as nothing is covered that one may want to press."""
        host = self.parentWidget()
        if host is None or not self.notices:
            return
        height = sum(
            n.heightForWidth(WIDTH) if n.hasHeightForWidth() else n.sizeHint().height() for n in self.notices
        )
        height += 8 * max(0, len(self.notices) - 1)
        area = host.rect().adjusted(self._margin, self._margin, -self._margin, -self._bottom)
        taken = controls(host, self)
        if self._clear is not None and self._clear.isVisible():
            taken.append(QRect(self._clear.mapTo(host, QPoint()), self._clear.size()))
        self.setGeometry(free_place(area, QSize(WIDTH, height), taken))

    def showEvent(self, event: QShowEvent) -> None:
        self._again.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._again.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in MOVED and watched in (self.parentWidget(), self._clear):
            self._place()
        return False
