"""The training room: runs at the left; setting one up, or looking at one, in the middle."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QWidget

from studio.commands.context import AppContext
from studio.library.text import Text
from studio.library.training_queue import TrainingRequest
from studio.signals import follow
from studio.state.notices import Kind
from studio.state.preparation import Stage
from studio.views.actions import Actions
from studio.views.kit.layout import row
from studio.views.look import Look
from studio.views.training.intro import Intro
from studio.views.training.run import RunView
from studio.views.training.runs import RunsPanel, run_of
from studio.views.training.setup import SetupView


class TrainingPage(QWidget):
    """Where models are made."""

    image_opened = Signal(object)
    """QImage: wanted on the whole window."""

    def __init__(
        self, look: Look, context: AppContext, actions: Actions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look, self._context, self._actions = look, context, actions
        training, preparation = context.training, context.preparation
        self.runs = RunsPanel(look, training, preparation, context.on_training, context.thumbnails)
        self.intro = Intro(look, self.choose_folder)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.intro)
        box = row(self.runs, self._stack, gap=0, parent=self)
        box.setStretch(1, 1)
        self._connect()

    # What is not seen at first is built when it is first wanted.

    @cached_property
    def setup(self) -> SetupView:
        """The training that is being set up."""
        context = self._context
        view = SetupView(
            self._look,
            context.preparation,
            context.on_preparation,
            context.model,
            context.training,
            context.thumbnails,
        )
        view.closed.connect(self.show_home)
        view.choose_wanted.connect(self.choose_folder)
        self._stack.addWidget(view)
        return view

    @cached_property
    def run(self) -> RunView:
        """One run."""
        view = RunView(self._look, self._context)
        view.opened.connect(self.image_opened)
        view.again_wanted.connect(self._context.on_preparation.open)
        self._stack.addWidget(view)
        return view

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """What the page consists of so far, each to be given to `Theme.add_part`."""
        built = {"setup", "run"} & set(vars(self))
        return self.runs, self.intro, *(getattr(self, which) for which in sorted(built))

    def _connect(self) -> None:
        context = self._context
        self.runs.new_wanted.connect(self.choose_folder)
        self.runs.chosen.connect(self.show_run)
        follow(self.show_setup, self.runs.setup_chosen, context.on_preparation.opened)
        context.on_preparation.queued.connect(self._show_queued)
        context.preparation.changed.connect(self._leave_setup)
        context.training.runs_changed.connect(self._leave_gone)
        follow(self._show_panel, context.training.runs_changed, context.training.waiting_changed)
        self._show_panel()

    @property
    def shown(self) -> str:
        """ "intro", "setup" or "run"."""
        page = self._stack.currentWidget()
        if page is self.intro:
            return "intro"
        return "setup" if isinstance(page, SetupView) else "run"

    def choose_folder(self) -> None:
        """Asks for a folder of pictures."""
        folder = QFileDialog.getExistingDirectory(self, self._look.words("training.choose"))
        if folder:
            self._context.on_preparation.open(Path(folder))

    def take(self, paths: tuple[Path, ...]) -> bool:
        """A folder was dropped here: it is set up. False when there is none among these."""
        folder = next((path for path in paths if path.is_dir()), None)
        if folder is not None:
            self._context.on_preparation.open(folder)
        elif paths:
            self._context.notices.add(
                Kind.INFO,
                Text("said.training.takes_folder"),
                advice=Text("said.training.takes_folder.advice"),
            )
        return folder is not None

    # ---- what is in the middle

    def show_home(self) -> None:
        """The run under way or the latest one; without any, what training is."""
        training = self._context.training
        run = training.current or next(iter(training.runs), None)
        if run is not None:
            self.show_run(run.folder)
        else:
            self._show(self.intro)

    def show_setup(self) -> None:
        """The training that is being set up."""
        if self._context.preparation.setup.stage is not Stage.NONE:
            self._show(self.setup)

    def show_run(self, folder: Path) -> None:
        """One run."""
        training = self._context.training
        request = next((one for one in training.waiting if one.run == folder), None)
        run = training.run(folder) or (run_of(request, training) if request is not None else None)
        if run is not None:
            self.run.show_run(run)
            self._show(self.run, folder)

    def focus(self) -> None:
        """The keys go to whatever is in the middle."""
        if self.shown == "setup":
            self.setup.focus()
            return
        run = self.run.run if self.shown == "run" else None
        card = self.runs.cards.get(run.folder) if run is not None else None
        target = self.intro.choose if self.shown == "intro" else card or self.runs.new
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show(self, page: QWidget, folder: Path | None = None) -> None:
        self._look.theme.add_part(page)
        self._stack.setCurrentWidget(page)
        self.runs.mark(folder)
        self._show_panel()
        if isinstance(page, SetupView):
            page.focus()

    def _show_panel(self) -> None:
        """The runs are there as soon as there is one."""
        training = self._context.training
        there = bool(training.runs or training.current or training.waiting)
        self.runs.setVisible(there or self.shown == "setup")

    def _show_queued(self, request: TrainingRequest) -> None:
        self.show_run(request.run)
        self.focus()  # and not to whatever lies where the button was: that would be Stop

    def _leave_setup(self) -> None:
        if self.shown == "setup" and self._context.preparation.setup.stage is Stage.NONE:
            self.show_home()

    def _leave_gone(self) -> None:
        """The run that was looked at was deleted, or the first ones were read."""
        run = self.run.run if self.shown == "run" else None
        gone = run is not None and self._context.training.run(run.folder) is None
        waits = run is not None and self._context.training.is_waiting(run.folder)
        if (gone and not waits) or (self.shown == "intro" and self._context.training.runs):
            self.show_home()
