"""The application context: library, state, workers and commands of one studio, wired together. No widgets.

    context = AppContext(Places.find())
    context.start()              # loads styles, gallery and the model in the background; returns at once
    window = Window(look, context)
    ...
    context.stop()               # saves the session, ends all threads

Views read state (`context.explorer`, `.styles`, `.gallery`, `.model`, `.jobs`, `.settings`, ...) and act by
commands (`context.on_pictures`, `.on_styles`, `.on_explorer`, ...).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from studio.commands.background import Background
from studio.commands.charts import Charts
from studio.commands.error_messages import tell, tell_skipped
from studio.commands.explorer import ExplorerCommands
from studio.commands.exports import ExportCommands
from studio.commands.gallery_upkeep import GalleryUpkeep
from studio.commands.live_picture import LivePicture
from studio.commands.marks import MarkCommands
from studio.commands.matching import Matching
from studio.commands.models import ModelCommands
from studio.commands.paths import PathCommands
from studio.commands.photos import PhotoCommands
from studio.commands.pictures import PictureCommands
from studio.commands.preparing import PreparationCommands
from studio.commands.session import Session
from studio.commands.style_in_use import StyleInUse
from studio.commands.styles import StyleCommands
from studio.commands.training import TrainingCommands
from studio.commands.undo import UndoStack, UndoStep
from studio.i18n import system_language
from studio.library.exports import ExportJournal
from studio.library.library import Library
from studio.library.marks import Marks, marks_for
from studio.library.pictures import Damage
from studio.library.places import Places
from studio.library.session import SessionFile
from studio.library.settings import SettingsFile
from studio.library.styles import StyleEntry
from studio.library.text import Text
from studio.signals import delayed, follow
from studio.state.binned import BinModel
from studio.state.explorer import Explorer
from studio.state.gallery import GalleryModel
from studio.state.history import History
from studio.state.jobs import Jobs
from studio.state.model import ModelState
from studio.state.notices import Kind, Notices
from studio.state.pixels import to_image
from studio.state.player import Player, keep_pace
from studio.state.preparation import Preparation
from studio.state.settings import SettingsState
from studio.state.shared_selection import SharedSelection
from studio.state.styles import StyleLibrary
from studio.state.training import Training
from studio.workers.engine import Opener
from studio.workers.generator_thread import GeneratorThread
from studio.workers.map_tiles import MapTiles
from studio.workers.pool import ThreadPool
from studio.workers.thumbnails import Thumbnails

if TYPE_CHECKING:
    from engine.bundle import Bundle

PATIENCE_MS = 1500
"""So long after the start what can wait is begun: the first picture comes before."""


class AppContext(QObject):
    """Everything but the window."""

    def __init__(
        self,
        places: Places,
        parent: QObject | None = None,
        *,
        opener: Opener | None = None,
        starters: Path | None = None,
    ) -> None:
        """opener: loads models; None for the real one. starters: folder of starter styles; None: ours."""
        super().__init__(parent)
        self.places = places
        self.library = Library.at(places, starters, lambda: self.marks().marking)
        self._is_started = False
        self._make_workers(opener)
        self._make_state()
        self._make_commands()
        self._wire()

    def start(self) -> None:
        """Begins to load everything in the background; returns at once."""
        self.start_model()
        self.writer.run(self._prepare, self._take_prepared, self._fail_to_prepare)
        self.on_models.refresh()
        if self.settings.note is not None:
            self.notices.add(Kind.WARNING, self.settings.note)

    def start_model(self) -> None:
        """Begins to load the model alone, for what is built meanwhile; `start` does the rest."""
        if not self._is_started:
            self._is_started = True
            self.generator.start()
            self.on_models.load()

    def stop(self, patience_s: float = 1.0) -> bool:
        """Saves the session and ends all threads; True when each of them ended in about that time."""
        self.live_picture.stop()
        self.gallery_upkeep.stop()
        self._recovery.stop()
        self.session.stop()
        self.charts.stop()
        self.matching.stop()
        self.player.pause()
        self.map_tiles.flush()
        ended = [
            self.on_styles.fitting.stop(),
            self.on_preparation.stop(),
            self.on_training.leave(),
            self.background.stop(2 * patience_s),
            self.generator.stop(patience_s),
            self.thumbnails.stop(patience_s),
            self.reader.stop(patience_s),
            self.writer.stop(10 * patience_s, finish=True),
        ]
        self.library.gallery.close()
        return all(ended)

    # ---- what commands share

    def marks(self) -> Marks:
        """Which marks go into what is written now. Waits for the disk, so not on the Qt thread."""
        language = self.settings.language
        return marks_for(
            self.settings.marks, self.places, system_language() if language == "system" else language
        )

    def refresh_gallery(self, ids: tuple[str, ...] | None = ()) -> None:
        """Pictures were added, changed or removed; None for any."""
        self.gallery.refresh(ids)
        self.latest.refresh(ids)

    def refresh_styles(self, then: Callable[[], object] | None = None) -> None:
        """Reads the styles on disk anew."""

        def take(found: tuple[list[Any], list[Any]]) -> None:
            self.styles.set_entries(found[0])
            if then is not None:
                then()

        self.writer.run(
            self.library.styles.entries,
            take,
            lambda error: tell(self.notices, Text("said.the_styles_could_not_be"), error),
        )

    def written(
        self,
        title: Text,
        do: Callable[[], Callable[[], object]],
        shown: Callable[[], object],
        failed: Text,
    ) -> UndoStep:
        """Carries out something short that is written, in the lane, as a step that can be undone.

        do: does it and returns what undoes it; both are called in the lane. shown: shows the result, on the
        Qt thread, after each of them. failed: what is told when it fails; the step is forgotten then.
        """
        undo: list[Callable[[], object]] = []

        def forward() -> None:
            undo.append(do())

        def backward() -> None:
            if undo:
                undo.pop()()

        def hand_over(work: Callable[[], None]) -> None:
            self.writer.run(work, lambda _: shown(), fail)

        def fail(error: Exception) -> None:
            self.undo_stack.drop(step)
            tell(self.notices, failed, error)
            shown()

        step = UndoStep(title, lambda: hand_over(backward), lambda: hand_over(forward))
        hand_over(forward)
        self.undo_stack.push(step)
        return step

    # ---- building

    def _make_workers(self, opener: Opener | None) -> None:
        self.generator = GeneratorThread(opener, self)
        self.reader = ThreadPool("reader", 2, self)
        self.writer = ThreadPool("writer", 1, self)
        """The lane: everything short that is written, in order."""
        self.thumbnails = Thumbnails(self.places.thumbnails, to_image, 2, self)
        self.map_tiles = MapTiles(
            self.library.maps, self.reader, self.writer, self, is_moving=lambda: self.explorer.moving
        )

    def _make_state(self) -> None:
        self.settings = SettingsState(SettingsFile(self.places.settings), self.writer, self)
        self.model = ModelState(self)
        self.styles = StyleLibrary(self, runner=self.reader)
        self.explorer = Explorer(self)
        self.history = History(self)
        self.player = Player(self)
        keep_pace(self.player, self.settings)
        self.gallery = GalleryModel(self.library.gallery, self.reader, self.thumbnails, self)
        self.latest = GalleryModel(self.library.gallery, self.reader, self.thumbnails, self)
        """All of it, newest first, whatever the gallery is asked for."""
        SharedSelection(self.gallery, self.latest, self)
        self.binned = BinModel(self.library.trash, self.reader, self.thumbnails, self)
        self.jobs = Jobs(self)
        self.notices = Notices(self)
        self.training = Training(self)
        self.preparation = Preparation(self)

    def _make_commands(self) -> None:
        self.undo_stack = UndoStack(self)
        self.background = Background(self.jobs, self)
        self.on_models = ModelCommands(self)
        self.on_pictures = PictureCommands(self)
        self.on_marks = MarkCommands(self)
        self.on_exports = ExportCommands(self, ExportJournal(self.places.exports))
        self.on_styles = StyleCommands(self)
        self.matching = Matching(self, self.on_styles.fitting)
        self.on_training = TrainingCommands(self, self.training, self.on_models)
        self.on_preparation = PreparationCommands(self, self.preparation, self.training, self.on_training)
        self.on_explorer = ExplorerCommands(self, self.on_styles, self.on_models)
        self.on_paths = PathCommands(self, self.on_pictures)
        self.charts = Charts(self, self.library.maps)
        self.on_photos = PhotoCommands(self, self.on_styles.fitting, self.on_explorer, self.on_pictures)
        self.session = Session(self, SessionFile(self.places.session))

    def _wire(self) -> None:
        self._recovery = delayed(self, PATIENCE_MS, self._recover)
        self.model.bundle_changed.connect(self._use_bundle)
        self.live_picture = LivePicture(self)
        self.style_in_use = StyleInUse(self)
        self.gallery_upkeep = GalleryUpkeep(self, PATIENCE_MS)
        follow(self.matching.tidy_soon, self.gallery_upkeep.caught_up, self.on_pictures.bin_emptied)
        self.settings.save_failed.connect(
            lambda error: tell(self.notices, Text("said.the_settings_could_not_be"), error)
        )
        self.thumbnails.damaged.connect(self._tell_damaged)

    def _use_bundle(self, bundle: Bundle) -> None:
        in_use = self.styles.active_id
        self.styles.set_model_id(bundle.id, knows_persons=self.model.knows_persons)
        self.explorer.set_model(bundle.id)
        if in_use is not None and not self.explorer.styles:
            self.on_styles.use_again(in_use)
        self.session.resume(bundle.id)
        if self.history.current is None or self.history.current.place != self.explorer.place:
            self.history.add(self.explorer.place)
        self.live_picture.renew()

    # ---- starting

    def _prepare(self) -> tuple[list[Damage], list[StyleEntry], list[Damage]]:
        """On the writing lane, first of all: folders, what a crash left, the styles."""
        self.places.make()
        self.library.trash.recover()
        unusable = self.library.styles.add_starters()
        entries, damaged = self.library.styles.entries()
        return unusable, entries, damaged

    def _take_prepared(self, prepared: tuple[list[Damage], list[StyleEntry], list[Damage]]) -> None:
        unusable, entries, damaged = prepared
        self.styles.set_entries(entries)
        tell_skipped(self.notices, Text("said.some_style_files_cannot_be"), (*unusable, *damaged))
        self.gallery_upkeep.start()
        self.writer.run(self._tidy, None, lambda error: None)
        self.on_exports.look_for_unfinished()
        self._recovery.start()

    def _recover(self) -> None:
        """What was under way when the studio ended."""
        self.on_training.recover()
        self.on_preparation.recover()

    def _fail_to_prepare(self, error: Exception) -> None:
        tell(self.notices, Text("said.the_librarys_folders_cannot_be"), error)
        self.gallery_upkeep.read()

    def _tidy(self) -> None:
        """What may be forgotten by now."""
        if self.settings.keep_days:
            self.library.trash.empty(self.settings.keep_days)
        self.thumbnails.prune()
        self.on_styles.fitting.tidy()
        self.library.maps.prune()

    def _tell_damaged(self, path: Path, error: Exception) -> None:
        self.notices.add(
            Kind.WARNING,
            Text("said.name_cannot_be_shown", name=path.name),
            meaning=Text("said.the_file_was_left_as"),
            details=(str(error),),
            error=error,
        )
