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

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from engine.errors import RecipeError
from engine.recipe import Recipe
from studio.commands.charts import Charts
from studio.commands.error_messages import shortened, tell
from studio.commands.explorer import ExplorerCommands
from studio.commands.exports import ExportCommands
from studio.commands.matching import Matching
from studio.commands.models import ModelCommands
from studio.commands.paths import PathCommands
from studio.commands.photos import PhotoCommands
from studio.commands.pictures import PictureCommands
from studio.commands.preparing import PreparationCommands
from studio.commands.rooms import Background, Rooms
from studio.commands.session import Session
from studio.commands.styles import StyleCommands
from studio.commands.training import TrainingCommands
from studio.commands.undo import UndoStack
from studio.library.exports import ExportJournal
from studio.library.maps import MapCache
from studio.library.models import ModelShelf
from studio.library.pictures import CaughtUp, Damage, Gallery
from studio.library.places import Places, bundled_styles_folder, resources_folder
from studio.library.session import SessionFile
from studio.library.settings import SettingsFile
from studio.library.styles import StyleEntry, StyleShelf
from studio.library.tasks import IsCancelled, Progress
from studio.library.text import Text
from studio.library.trash import Bin
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
from studio.state.styles import StyleLibrary
from studio.state.training import Training
from studio.workers.generator_thread import Answer, GeneratorThread, Opener
from studio.workers.map_tiles import MapTiles
from studio.workers.pool import Pool
from studio.workers.thumbnails import Thumbnails

if TYPE_CHECKING:
    from engine.bundle import Bundle

REST_MS = 160
"""After so long without a move the full picture is made, even while the hand still holds on."""
PATIENCE_MS = 1500
"""So long after the start the gallery's files are compared with its index: the first picture comes before."""


class AppContext(QObject):
    """Everything but the window."""

    first_picture = Signal()
    """The first picture of this start is there."""
    gallery_ready = Signal()
    """The gallery's index is up to date with the files."""
    styles_ready = Signal()
    """The styles were read for the first time."""

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
        self._is_started = False
        self._make_library(starters)
        self._make_workers(opener)
        self._make_state()
        self._make_commands()
        self._wire()

    def start(self) -> None:
        """Begins to load everything in the background; returns at once."""
        self.start_model()
        self.writer.run(self._prepare, self._take_prepared, self._fail_to_prepare)
        self.on_models.refresh()
        self._tell_about_settings()

    def start_model(self) -> None:
        """Begins to load the model alone, for what is built meanwhile; `start` does the rest."""
        if not self._is_started:
            self._is_started = True
            self.generator.start()
            self.on_models.load()

    def stop(self) -> bool:
        """Saves the session and ends all threads; True when all of them ended in time."""
        self._resting.stop()
        self._patience.stop()
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
            self.background.stop(2.0),
            self.generator.stop(1.0),
            self.thumbnails.stop(1.0),
            self.reader.stop(1.0),
            self.writer.stop(10.0, finish=True),
        ]
        self.rooms.gallery.close()
        return all(ended)

    @property
    def window_session(self) -> dict[str, Any]:
        """What the window wants remembered (geometry, panels); set it at will, it is saved by itself."""
        return self.session.window

    @window_session.setter
    def window_session(self, value: dict[str, Any]) -> None:
        self.session.window = value

    # ---- building

    def _make_library(self, starters: Path | None) -> None:
        places = self.places
        self.trash = Bin(places.bin)
        self._gallery = Gallery(places.gallery, places.index, self.trash)
        self._styles = StyleShelf(places.styles, self.trash, starters or bundled_styles_folder())
        self._models = ModelShelf(places.models)
        self._maps = MapCache(places.cache / "maps", resources_folder() / "maps")

    def _make_workers(self, opener: Opener | None) -> None:
        self.generator = GeneratorThread(opener, self)
        self.reader = Pool("reader", 2, self)
        self.writer = Pool("writer", 1, self)
        self.thumbnails = Thumbnails(self.places.thumbnails, to_image, 2, self)
        self.map_tiles = MapTiles(
            self._maps, self.reader, self.writer, self, is_moving=lambda: self.explorer.moving
        )

    def _make_state(self) -> None:
        self.settings = SettingsState(SettingsFile(self.places.settings), self.writer, self)
        self.model = ModelState(self)
        self.styles = StyleLibrary(self, runner=self.reader)
        self.explorer = Explorer(self)
        self.history = History(self)
        self.player = Player(self)
        keep_pace(self.player, self.settings)
        self.gallery = GalleryModel(self._gallery, self.reader, self.thumbnails, self)
        self.binned = BinModel(self.trash, self.reader, self.thumbnails, self)
        self.jobs = Jobs(self)
        self.notices = Notices(self)
        self.training = Training(self)
        self.preparation = Preparation(self)
        self.undo_stack = UndoStack(self)

    def _make_commands(self) -> None:
        self.background = Background(self.jobs, self)
        self.rooms = Rooms(
            places=self.places,
            trash=self.trash,
            gallery=self._gallery,
            style_shelf=self._styles,
            model_shelf=self._models,
            settings=self.settings,
            model=self.model,
            styles=self.styles,
            explorer=self.explorer,
            history=self.history,
            gallery_model=self.gallery,
            jobs=self.jobs,
            notices=self.notices,
            undo_stack=self.undo_stack,
            generator=self.generator,
            thumbnails=self.thumbnails,
            reader=self.reader,
            writer=self.writer,
            background=self.background,
        )
        self.on_models = ModelCommands(self.rooms, self)
        self.on_pictures = PictureCommands(self.rooms, self)
        self.on_exports = ExportCommands(self.rooms, ExportJournal(self.places.exports), self)
        self.on_styles = StyleCommands(self.rooms, self)
        self.matching = Matching(self.rooms, self.on_styles.fitting, self)
        self.on_training = TrainingCommands(self.rooms, self.training, self.on_models, self)
        self.on_preparation = PreparationCommands(
            self.rooms, self.preparation, self.training, self.on_training, self
        )
        self.on_explorer = ExplorerCommands(self.rooms, self.on_styles, self.on_models, self)
        self.on_paths = PathCommands(self.rooms, self.on_pictures, self)
        self.charts = Charts(self.rooms, self._maps, self)
        self.on_photos = PhotoCommands(
            self.rooms, self.on_styles.fitting, self.on_explorer, self.on_pictures, self
        )
        self.session = Session(self.rooms, SessionFile(self.places.session), self)

    # ---- wiring

    def _wire(self) -> None:
        self._has_picture = False
        self._rebuilding = False
        self._style_in_use: str | None = None
        self._last_full: tuple[int, Recipe] | None = None
        self._awaited: Recipe | None = None
        """Whose full picture was asked for and has not come."""
        self._resting = QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.setInterval(REST_MS)
        self._resting.timeout.connect(self._ask_full)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self.read_gallery)
        self._recovery = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._recovery.timeout.connect(self.on_training.recover)
        self.model.bundle_changed.connect(self._use_bundle)
        self.explorer.recipe_changed.connect(self._ask_preview)
        self.explorer.moving_changed.connect(self._follow_hand)
        self.explorer.styles_changed.connect(self._show_style_in_use)
        self.styles.active_changed.connect(self._use_style)
        self.styles.entries_changed.connect(self._show_style_in_use)
        self.explorer.pins_changed.connect(self._lay_path)
        self.player.frame_wanted.connect(self.generator.request_preview)
        self.generator.answered.connect(self._show_answer)
        self.generator.scored.connect(self._show_score)
        self.generator.render_failed.connect(self._tell_render_failed)
        self.gallery.failed.connect(self._mend_gallery)
        self.settings.save_failed.connect(
            lambda error: tell(self.notices, Text("The settings could not be saved."), error)
        )
        self.thumbnails.damaged.connect(self._tell_damaged)
        self.writer.idle.connect(self._look_after_gallery)
        self.on_pictures.bin_emptied.connect(self.matching.tidy_soon)

    def _use_bundle(self, bundle: Bundle) -> None:
        in_use = self.styles.active_id
        self.styles.set_model_id(bundle.id)
        self.explorer.set_model(bundle.id)
        if in_use is not None and not self.explorer.styles:
            self.on_styles.use_again(in_use)
        self.session.resume(bundle.id)
        if self.history.current is None or self.history.current.place != self.explorer.place:
            self.history.add(self.explorer.place)
        if self.explorer.recipe is not None:
            self._ask_preview(self.explorer.recipe)  # of a new model, or on another device

    # ---- the live picture

    def _ask_preview(self, recipe: Recipe | None) -> None:
        """A move: the small picture at once, the full one when the hand rests."""
        if recipe is not None:
            self._awaited = None  # a newer request takes its place
            self.generator.request_preview(recipe)
            self._resting.start()

    def _follow_hand(self, moving: bool) -> None:
        if not moving:
            self._ask_full()

    def _ask_full(self) -> None:
        recipe = self.explorer.recipe
        if recipe is None or recipe == self._awaited or (self.explorer.is_full and self.explorer.is_current):
            return
        self._resting.stop()
        self._awaited = recipe
        self._last_full = (self.generator.request_full(recipe), recipe)

    def _show_answer(self, answer: Answer) -> None:
        if answer.full or answer.recipe != self._awaited:
            self._awaited = None
        self.explorer.show(answer.recipe, to_image(answer.image), full=answer.full)
        if not answer.full and not self.explorer.moving and answer.recipe == self.explorer.recipe:
            self._ask_full()
        if not self._has_picture:
            self._has_picture = True
            self.first_picture.emit()

    def _show_score(self, request: int, score: float | None) -> None:
        if self._last_full is not None and self._last_full[0] == request:
            self.explorer.show_score(self._last_full[1], score)

    def _tell_render_failed(self, request: int, error: Exception) -> None:
        self._awaited = None
        if not (isinstance(error, RecipeError) and error.code == "other-model"):  # a switch is under way
            tell(self.notices, Text("The picture could not be made."), error)

    def _lay_path(self) -> None:
        """The path leads through the pins."""
        recipes = (pin.place.recipe() for pin in self.explorer.pins)
        self.player.set_places([recipe for recipe in recipes if recipe is not None])

    # ---- the style in use: the explorer knows it, the library shows it

    def _show_style_in_use(self, *_: object) -> None:
        entry = self.on_styles.entry_of(self.explorer.styles)
        self.styles.activate(entry.id if entry is not None else None)

    def _use_style(self, active: StyleEntry | None) -> None:
        """Someone chose a style in the library, or the one in use was changed on disk."""
        active_id = active.id if active else None
        was, self._style_in_use = self._style_in_use, active_id
        shown = self.on_styles.entry_of(self.explorer.styles)
        if (shown.id if shown else None) == active_id:
            return
        if active is not None and was == active_id:
            if self.styles.is_usable(active):  # else it is being made fit for the model in use
                self.explorer.set_styles([active.style.use()], quietly=True)  # the step is the change itself
        else:
            self.on_styles.use(active_id)

    # ---- the library

    def _prepare(self) -> tuple[list[Damage], list[StyleEntry], list[Damage]]:
        """On the writing lane, first of all: folders, what a crash left, the styles."""
        self.places.make()
        self.trash.recover()
        unusable = self._styles.add_starters()
        entries, damaged = self._styles.entries()
        return unusable, entries, damaged

    def _take_prepared(self, prepared: tuple[list[Damage], list[StyleEntry], list[Damage]]) -> None:
        unusable, entries, damaged = prepared
        self.styles.set_entries(entries)
        self._tell_skipped(Text("Some style files cannot be used."), (*unusable, *damaged))
        self.styles_ready.emit()
        if self._gallery.index.is_present():
            self.gallery.refresh()
            self._patience.start()
        else:
            self.read_gallery()
        self.writer.run(self._tidy, None, lambda error: None)
        self.on_exports.look_for_unfinished()
        self._recovery.start()

    def _fail_to_prepare(self, error: Exception) -> None:
        tell(self.notices, Text("The library's folders cannot be used."), error)
        self.styles_ready.emit()
        self.read_gallery()

    def read_gallery(self) -> None:
        """Brings the gallery's index up to date with the files, in the background."""
        if self._rebuilding:
            return
        self._rebuilding = True
        is_present = self._gallery.index.is_present()

        def work(progress: Progress, cancelled: IsCancelled) -> CaughtUp:
            return self._gallery.refresh(progress, cancelled)

        def done(found: CaughtUp) -> None:
            self._rebuilding = False
            if found.added or found.removed or not is_present:
                self.gallery.refresh()
            self._tell_skipped(Text("Some files in the gallery cannot be used."), found.damaged)
            self.matching.tidy_soon()
            self.gallery_ready.emit()

        def fail(error: Exception) -> None:
            self._rebuilding = False
            tell(self.notices, Text("The gallery could not be read completely."), error)
            self.gallery_ready.emit()

        def stopped() -> None:
            self._rebuilding = False
            self.gallery.refresh()

        self.background.start(Text("Reading the gallery"), work, done, fail, stopped)

    def _mend_gallery(self, error: Exception) -> None:
        """The index cannot be asked: it is made anew, once at a time."""
        if not self._rebuilding:
            tell(self.notices, Text("The gallery's index is being made anew."), error)
            self.read_gallery()

    def _look_after_gallery(self) -> None:
        """Something was written that the index did not take in."""
        if self._gallery.is_behind and not self._rebuilding:
            self._gallery.is_behind = False
            self.read_gallery()

    def _tidy(self) -> None:
        """What may be forgotten by now."""
        if self.settings.keep_days:
            self.trash.empty(self.settings.keep_days)
        self.thumbnails.prune()
        self.on_styles.fitting.tidy()
        self._maps.prune()

    # ---- telling

    def _tell_about_settings(self) -> None:
        if self.settings.note is not None:
            self.notices.add(Kind.WARNING, self.settings.note)

    def _tell_skipped(self, what: Text, damaged: tuple[Damage, ...]) -> None:
        if damaged:
            self.notices.add(
                Kind.WARNING,
                what,
                meaning=Text("They were skipped and left as they are."),
                advice=Text("Open them in another program, or move them elsewhere."),
                details=shortened(tuple(map(str, damaged))),
            )

    def _tell_damaged(self, path: Path, error: Exception) -> None:
        self.notices.add(
            Kind.WARNING,
            Text("{name} cannot be shown.", name=path.name),
            meaning=Text("The file was left as it is."),
            details=(str(error),),
            error=error,
        )
