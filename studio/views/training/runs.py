"""The runs at the left: the one under way, those that wait, and those of before."""

from __future__ import annotations

from pathlib import Path

import shiboken6
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QSizePolicy, QVBoxLayout, QWidget

from engine.formats.run_state import RunState
from studio import paint
from studio.commands.training import TrainingCommands
from studio.library.training_queue import TrainingRequest
from studio.signals import follow
from studio.state.preparation import Preparation, Stage
from studio.state.training import Training
from studio.theme import font, number_font
from studio.views.kit.button import Button
from studio.views.kit.flow import clear
from studio.views.kit.layout import Surface, column, scrolling
from studio.views.kit.text import MEDIUM, caption, heading
from studio.views.look import Look
from studio.views.pictures import tile
from studio.views.training import phrases
from studio.workers.thumbnails import Thumbnails

HEIGHT = 64
GAP = 2
PICTURE = 44
MARKS = {
    "running": ("play", "accent"),
    "starting": ("play", "accent"),
    "paused": ("pause", "warning"),
    "pausing": ("pause", "accent"),
    "stopping": ("stop", "accent"),
    "waiting": ("history", "muted"),
    "held": ("history", "warning"),
    "broken": ("warning", "warning"),
    "stopped": ("stop", "muted"),
    "failed": ("error", "danger"),
    "done": ("success", "success"),
}
"""The sign of each state and its colour."""


class RunCard(QAbstractButton):
    """One run: its latest pictures, its name, where it stands."""

    menu_wanted = Signal(object)
    """QPoint, global."""
    stepped = Signal(int)
    """To the run below (1) or above (-1)."""
    moved = Signal(int)
    """One that waits is to come so many places later (sooner below 0)."""
    withdrawn = Signal()
    """One that waits is not wanted any more."""
    let_go = Signal()
    """`is_held` no longer."""

    def __init__(
        self, look: Look, training: Training, thumbnails: Thumbnails, run: RunState, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._look, self._training, self._thumbnails = look, training, thumbnails
        self._pixmap = QPixmap()
        self._shown: Path | None = None
        self._line = ""
        self._state = "new"
        self._grip: QPoint | None = None
        self._home: QPoint | None = None
        self.run = run
        self.setCheckable(True)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.show_run(run)

    def sizeHint(self) -> QSize:
        return QSize(220, HEIGHT)

    def nextCheckState(self) -> None:
        """Only the page decides which one is shown."""

    def show_run(self, run: RunState) -> None:
        """It stands otherwise now."""
        self.run = run
        words = self._look.words
        self._state = phrases.state_of(run, self._training)
        self._line = phrases.standing(words, run, self._state, short=True)
        if self._state in ("done", "stopped", "failed", "broken") and run.bytes:
            self._line = f"{self._line} · {phrases.size(run.bytes)}"
        self.setText(run.name)
        hint = words("training.waiting.tip") if self._waits else ""
        self.setToolTip(f"{run.name}\n{self._line}\n{hint}".rstrip())
        self.setAccessibleDescription(hint)
        self.setAccessibleName(f"{run.name}, {self._line}")
        best = run.best or (run.snapshots[-1] if run.snapshots else None)
        if best is not None and best.file != self._shown:
            self._shown = best.file
            self._fetch(best.file)
        self.update()

    def _fetch(self, file: Path) -> None:
        if not shiboken6.isValid(self):  # the list was built anew meanwhile
            return
        image = self._thumbnails.get(file, 512, self._fetch)
        if image is not None and not image.isNull():
            self._pixmap = tile(_corner(image), PICTURE, self.devicePixelRatioF(), 6)
            self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_wanted.emit(event.globalPos())

    @property
    def is_held(self) -> bool:
        """Whether the mouse holds it, to drag or to click."""
        return self._grip is not None or self.isDown()

    @property
    def _waits(self) -> bool:
        return self._state in ("waiting", "held")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._waits and event.button() == Qt.MouseButton.LeftButton:
            self._grip = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if self._grip is None:
            return
        way = event.position().toPoint().y() - self._grip.y()
        if self._home is None and abs(way) >= QApplication.startDragDistance():
            self._home = self.pos()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.raise_()
        if self._home is not None:
            self.setDown(False)
            self.move(self._home.x(), self.y() + way)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        home, self._grip, self._home = self._home, None, None
        if home is None:
            super().mouseReleaseEvent(event)
        else:
            self._lay_down(home)
        if shiboken6.isValid(self):
            self.let_go.emit()

    def _lay_down(self, home: QPoint) -> None:
        """A drag is over."""
        self.unsetCursor()
        places = round((self.y() - home.y()) / (HEIGHT + GAP))
        self.move(home)
        if places:
            self.moved.emit(places)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing that cannot be seen is held."""
        super().hideEvent(event)
        self._grip = self._home = None
        self.unsetCursor()
        self.let_go.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
        if way and self._waits and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.moved.emit(way)
        elif way:
            self.stepped.emit(way)
        elif self._waits and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.withdrawn.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, rect = self._look.theme, QRectF(self.rect())
        if self._home is not None:
            paint.fill(painter, rect, theme.color("raised"), 8)
        elif self.isChecked() or self.underMouse():
            paint.fill(painter, rect, theme.color("tint" if self.isChecked() else "hover"), 8)
        if self.hasFocus():
            paint.outline(painter, rect, theme.color("accent"), 8, 2)
        self._paint_picture(painter)
        words = rect.adjusted(PICTURE + 20, 12, -34, -12)
        painter.setFont(font(13, MEDIUM))
        painter.setPen(theme.color("text"))
        name = painter.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, round(words.width())
        )
        painter.drawText(words, Qt.AlignmentFlag.AlignTop, name)
        painter.setFont(number_font(11))
        painter.setPen(theme.color("muted"))
        width = round(rect.right() - words.left() - 8)
        line = painter.fontMetrics().elidedText(self._line, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QPointF(words.left(), words.bottom() - 2), line)
        icon, role = MARKS[self._state]
        self._look.icons.paint(painter, QRectF(rect.right() - 26, 12, 16, 16), icon, role)
        if self._state in ("running", "pausing", "paused", "stopping"):
            bar = QRectF(words.left(), rect.bottom() - 6, rect.right() - 10 - words.left(), 3)
            paint.fill(painter, bar, theme.color("pressed"), 1.5)
            bar.setWidth(bar.width() * self.run.fraction)
            paint.fill(painter, bar, theme.color("fill"), 1.5)
        painter.end()

    def _paint_picture(self, painter: QPainter) -> None:
        place = QRectF(10, (self.height() - PICTURE) / 2, PICTURE, PICTURE)
        if not self._pixmap.isNull():
            painter.drawPixmap(place.topLeft(), self._pixmap)
        else:
            paint.fill(painter, place, self._look.theme.color("raised"), 6)
            self._look.icons.paint(painter, place.adjusted(12, 12, -12, -12), "training", "faint")


class RunsPanel(Surface):
    """All runs, and the way to a new one."""

    chosen = Signal(object)
    """Path of a run."""
    setup_chosen = Signal()
    new_wanted = Signal()

    def __init__(
        self,
        look: Look,
        training: Training,
        preparation: Preparation,
        commands: TrainingCommands,
        thumbnails: Thumbnails,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(look, "panel", "right", parent)
        self._look, self._training, self._preparation = look, training, preparation
        self._commands, self._thumbnails = commands, thumbnails
        self._here: Path | None = None
        self._is_behind = False
        """The runs changed while one of them was held."""
        self.cards: dict[Path, RunCard] = {}
        self.new = Button(look, "training.new", icon="plus", pressed=self.new_wanted.emit)
        self.setup = Button(look, icon="folder", pressed=self.setup_chosen.emit)
        self._box = QVBoxLayout()
        self._box.setSpacing(GAP)
        self._arrange()
        self._connect()
        self._build()

    def _arrange(self) -> None:
        inside = QWidget()
        column(self._box, None, gap=0, margins=(8, 0, 8, 12), parent=inside)
        head = column(heading(self._look, "training.title"), self.new, self.setup, gap=10)
        head.setContentsMargins(16, 18, 16, 10)
        box = column(head, gap=0, margins=(0, 0, 1, 0), parent=self)
        box.addWidget(scrolling(inside), 1)
        self.setFixedWidth(256)

    def _connect(self) -> None:
        training = self._training
        changes = training.runs_changed, training.waiting_changed, training.held_changed
        follow(self._build, *changes, self._look.words.language_changed)
        training.current_changed.connect(self._follow)
        self._preparation.changed.connect(self._show_setup)
        self._show_setup()

    def mark(self, folder: Path | None) -> None:
        """Shows which run is looked at; None for none."""
        self._here = folder
        for path, card in self.cards.items():
            card.setChecked(path == folder)

    def _show_setup(self) -> None:
        setup = self._preparation.setup
        self.setup.setVisible(setup.stage is not Stage.NONE)
        self.setup.setText(self._look.words("training.setup", name=setup.source.name))

    def _follow(self, current: RunState | None) -> None:
        card = self.cards.get(current.folder) if current is not None else None
        if current is not None and card is not None and self._is_in_place(current.folder):
            card.show_run(current)
        else:
            self._build()

    def _is_in_place(self, folder: Path) -> bool:
        return next(iter(self.cards), None) == folder

    def _build(self) -> None:
        """Shows the runs anew: at once, or as soon as none of them is held."""
        self._is_behind = any(card.is_held for card in self.cards.values())
        if self._is_behind:
            return
        clear(self._box)
        self.cards = {}
        training = self._training
        current = training.current
        waiting = [run_of(request, training) for request in training.waiting]
        taken = {run.folder for run in waiting} | ({current.folder} if current is not None else set())
        earlier = [run for run in training.runs if run.folder not in taken]
        self._add_group("training.group.now", [current] if current is not None else [])
        self._add_group("training.group.waiting", waiting)
        self._add_group("training.group.earlier", earlier)
        self.mark(self._here)

    def _catch_up(self) -> None:
        if self._is_behind:
            self._build()

    def _add_group(self, key: str, runs: list[RunState]) -> None:
        if not runs:
            return
        label = caption(self._look, key)
        label.setContentsMargins(8, 10, 8, 4)
        self._box.addWidget(label)
        for run in runs:
            card = RunCard(self._look, self._training, self._thumbnails, run, self)
            card.clicked.connect(lambda _=False, folder=run.folder: self.chosen.emit(folder))
            card.stepped.connect(lambda way, folder=run.folder: self._step(folder, way))
            card.menu_wanted.connect(lambda at, folder=run.folder: self._show_menu(folder, at))
            card.moved.connect(lambda places, folder=run.folder: self._move(folder, places))
            card.let_go.connect(self._catch_up, Qt.ConnectionType.QueuedConnection)
            card.withdrawn.connect(lambda folder=run.folder: self._withdraw(folder))
            self.cards[run.folder] = card
            self._box.addWidget(card)

    def _step(self, folder: Path, way: int) -> None:
        cards = list(self.cards)
        beside = cards.index(folder) + way
        if 0 <= beside < len(cards):
            self.cards[cards[beside]].setFocus(Qt.FocusReason.TabFocusReason)

    def _request(self, folder: Path) -> TrainingRequest | None:
        return next((one for one in self._training.waiting if one.run == folder), None)

    def _move(self, folder: Path, places: int) -> None:
        """One that waits changes places with others; the focus goes with it."""
        request = self._request(folder)
        if request is None:
            return
        place = self._training.waiting.index(request) + places
        self._commands.move(request, place)
        _focus(self.cards[folder])

    def _withdraw(self, folder: Path) -> None:
        """One that waits is taken out; the focus goes to what follows."""
        request = self._request(folder)
        if request is None:
            return
        place = list(self.cards).index(folder)
        self._commands.withdraw(request)
        rest = list(self.cards.values())
        _focus(rest[min(place, len(rest) - 1)] if rest else self.new)

    def _show_menu(self, folder: Path, at: QPoint) -> None:
        run = self.cards[folder].run
        words, commands, menu = self._look.words, self._commands, QMenu(self)
        state = phrases.state_of(run, self._training)
        request = self._request(folder)
        if request is not None:
            self._offer_places(menu, folder, self._training.waiting.index(request))
            menu.addAction(words("training.withdraw"), lambda: self._withdraw(folder))
        if state in ("broken", "stopped", "failed"):
            menu.addAction(words("training.resume"), lambda: commands.resume(run))
        if run.bundle is not None:
            menu.addAction(words("training.use"), lambda: commands.use_run(run))
        if state not in (*phrases.GOES_ON, "waiting"):
            menu.addSeparator()
            menu.addAction(words("training.delete"), lambda: commands.delete(run))
        if not menu.isEmpty():
            menu.popup(at)

    def _offer_places(self, menu: QMenu, folder: Path, place: int) -> None:
        """Sooner and later, where there is another place."""
        words = self._look.words
        if place > 0:
            menu.addAction(words("training.sooner"), lambda: self._move(folder, -1))
        if place < len(self._training.waiting) - 1:
            menu.addAction(words("training.later"), lambda: self._move(folder, 1))


def run_of(request: TrainingRequest, training: Training) -> RunState:
    """The run that a request will be, or goes on with."""
    known = training.run(request.run)
    return known if known is not None else RunState(request.run, request.name, data=request.data)


def _focus(widget: QWidget) -> None:
    """At once, though a layout shows what is new in it only later."""
    widget.show()
    widget.setFocus(Qt.FocusReason.OtherFocusReason)


def _corner(image: QImage) -> QImage:
    """A few faces out of a grid of many: small pictures of all of them show none."""
    side = max(1, min(image.width(), image.height()) // 4)
    top = min(image.height() - side, image.height() // 4)
    return image.copy(0, top, side, side)
