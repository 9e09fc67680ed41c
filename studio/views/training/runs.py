"""The runs at the left: the one under way, those that wait, and those of before."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from engine.formats.run_state import RunState
from studio.commands.training import TrainingCommands
from studio.library.training_queue import TrainingRequest
from studio.signals import follow
from studio.state.preparation import Preparation, Stage
from studio.state.training import Training
from studio.views.kit.button import Button
from studio.views.kit.flow import clear
from studio.views.kit.layout import Surface, column, scrolling
from studio.views.kit.text import caption, heading
from studio.views.look import Look
from studio.views.training import phrases
from studio.views.training.run_card import GAP, RunCard
from studio.workers.thumbnails import Thumbnails


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
