"""The window: rail, pages, status line, and what may lie over them. It shows state and passes wishes on."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from operator import attrgetter
from pathlib import Path

from PySide6.QtCore import QByteArray, QPoint, QRect, Qt
from PySide6.QtGui import QCloseEvent, QCursor, QFocusEvent, QGuiApplication, QIcon, QKeyEvent
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMenu, QMenuBar, QStackedWidget, QWidget

from engine.errors import TargetExistsError
from engine.recipe import Recipe
from studio.commands.desk import Desk
from studio.i18n import LANGUAGES, system_language
from studio.library.movies import MovieOptions
from studio.library.runs import RunState
from studio.library.settings import ExportOptions
from studio.library.tasks import End, Outcome
from studio.library.text import Text
from studio.library.trash import Slot
from studio.state.notices import Act, Kind
from studio.views import menus
from studio.views.actions import Actions
from studio.views.ahead import Ahead
from studio.views.drop import PICTURE_FILTER, STYLE, Dropped, DropTarget, Zone
from studio.views.explorer.movie import MovieSheet
from studio.views.explorer.page import ExplorerPage
from studio.views.explorer.variations import Variations
from studio.views.export import ExportSheet
from studio.views.gallery.page import GalleryPage
from studio.views.gallery.viewer import Shown, Viewer
from studio.views.kit.layout import column, row
from studio.views.kit.notice import NoticeStack
from studio.views.look import Look
from studio.views.notices import NoticePresenter
from studio.views.palette import Entry, Palette
from studio.views.rail import Rail
from studio.views.settings.diagnostics import look_up_versions
from studio.views.settings.page import SettingsPage
from studio.views.shortcuts import ShortcutSheet
from studio.views.status import HEIGHT, StatusLine
from studio.views.styles.editor import StyleEditor
from studio.views.training.page import TrainingPage

TRAIN = Zone("train", "training")
SET_SIZES = (4, 9, 16, 25)
"""How many different people are offered at once."""
PAGES = ("explore", "gallery", "training", "settings")


class Window(QMainWindow):
    """The studio."""

    def __init__(self, look: Look, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look, self.desk = look, desk
        self._page = "explore"
        self._to_export: list[Recipe] = []
        self.acts = Actions(look, self)
        self._make_parts()
        self._arrange()
        self._make_overlays()
        self._connect()
        self._connect_actions()
        self._restore()

    # ---- building

    def _make_parts(self) -> None:
        look, desk = self.look, self.desk
        self.viewer = Viewer(look, self)
        self.explorer = ExplorerPage(look, desk, self.acts)
        self.gallery = GalleryPage(
            look,
            desk.gallery,
            desk.binned,
            desk.thumbnails,
            desk.on_pictures,
            self.acts,
            self.viewer,
            self.recall,
        )
        self.rail = Rail(look, self.acts, ("explore", "gallery", "training"), ("settings",))
        self.status = StatusLine(look, desk.model, desk.explorer, desk.jobs)
        self.pages = QStackedWidget()

    def _arrange(self) -> None:
        self.pages.addWidget(self.explorer)
        self._add_page(self.gallery)
        middle = QWidget()
        upper = row(self.rail, self.pages, gap=0)
        upper.setStretch(1, 1)
        column(upper, self.status, gap=0, parent=middle)
        self.setCentralWidget(middle)
        bar = QMenuBar(self)
        menus.fill(bar, self.look, self.acts)
        self.setMenuBar(bar)
        self.setWindowTitle("Persona Studio")
        self.setWindowIcon(QIcon(self.look.icons.pixmap("persona", "text", 256, 1.0)))
        self.setMinimumSize(1040, 680)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.resize(1440, 900)

    def _make_overlays(self) -> None:
        look = self.look
        self.drop = DropTarget(look, self, self._drop_zones, self._drop_place)
        self.notices = NoticeStack(look, self)
        self.notices.set_bottom(HEIGHT)
        self.presenter = NoticePresenter(
            look, self.desk.notices, self.desk.jobs, self.desk.steps, self.notices
        )

        parts = (self.menuBar(), self.rail, self.status, self.viewer, self.drop.overlay, self.notices)
        for part in (*self.explorer.parts, *parts):
            look.theme.dress(part)

    def _add_page(self, page: QWidget) -> QWidget:
        self.look.theme.dress(page)
        if self.pages.indexOf(page) < 0:
            self.pages.addWidget(page)
        return page

    def _build_ahead(self) -> Iterator[None]:
        """The pages that nobody has opened yet."""
        self.desk.reader.run(look_up_versions)
        for part in (("training",), ("training", "setup"), ("training", "run"), ("settings",)):
            attrgetter(".".join(part))(self)
            yield
        for page in (self.training, self.settings):
            self.look.theme.dress(page)
            yield
            self._add_page(page)
            yield

    # What is not seen at the start is built when it is first asked for.

    @cached_property
    def settings(self) -> SettingsPage:
        """The settings page."""
        desk = self.desk
        page = SettingsPage(
            self.look, desk.settings, desk.model, desk.explorer, desk.on_models, desk.places, self.acts
        )
        page.setParent(self.pages)
        page.hide()
        return page

    @cached_property
    def training(self) -> TrainingPage:
        """The training page."""
        page = TrainingPage(self.look, self.desk, self.acts, self.pages)
        page.hide()
        page.image_opened.connect(lambda image: self.viewer.open([Shown("", image)]))
        page.show_home()
        return page

    @cached_property
    def palette_(self) -> Palette:
        """The command palette."""
        return Palette(self.look, self._palette_entries, self)

    @cached_property
    def shortcuts(self) -> ShortcutSheet:
        """The overview of keys."""
        return ShortcutSheet(self.look, self.acts, self)

    @cached_property
    def variations(self) -> Variations:
        """Relatives of a picture, and people across styles."""
        sheet, desk = Variations(self.look, self.explorer.full_thumbs, self), self.desk
        sheet.opened.connect(lambda recipe: desk.on_explorer.open_recipe(recipe, by=self))
        sheet.kept.connect(lambda recipes: desk.on_pictures.keep_recipes(recipes, by=self))
        return sheet

    @cached_property
    def style_editor(self) -> StyleEditor:
        """A style with its references."""
        desk = self.desk
        editor = StyleEditor(
            self.look, desk.styles, desk.model, desk.on_styles, self.explorer.full_thumbs, self
        )
        editor.chosen.connect(self._use_style)
        return editor

    @cached_property
    def export(self) -> ExportSheet:
        """The export sheet."""
        sheet = ExportSheet(self.look, self)
        sheet.accepted.connect(self._export_to)
        return sheet

    def _connect(self) -> None:
        desk = self.desk
        self.drop.dropped.connect(self.take)
        self.explorer.styles.edit_wanted.connect(lambda which: self.style_editor.show_style(which))
        self.status.asked.connect(lambda: self.show_settings("diagnostics"))
        self.viewer.turned.connect(self.gallery.larger.turn)
        self.gallery.bin.empty_wanted.connect(self._ask_to_empty_bin)
        self.gallery.bin.set_days(desk.settings.keep_days)
        self.gallery.places.export_wanted.connect(self.export_board)
        self.viewer.rated.connect(self._rate)
        self.viewer.closed.connect(self._focus_page)
        desk.settings.theme_changed.connect(self.look.theme.choose)
        desk.settings.language_changed.connect(self._set_language)
        desk.steps.can_undo_changed.connect(self._follow_steps)
        desk.steps.can_redo_changed.connect(self._follow_steps)
        desk.steps.changed.connect(self._follow_steps)
        desk.model.status_changed.connect(self._follow_model)
        desk.styles.active_changed.connect(self._follow_model)
        desk.gallery.count_changed.connect(self._badge)
        desk.gallery.loaded.connect(self._badge)
        desk.training.current_changed.connect(self._badge_training)
        self._connect_welcome()
        self.ahead = Ahead(self._build_ahead(), lambda: not desk.explorer.moving, self)
        desk.first_picture.connect(self.ahead.start)
        desk.explorer.recipe_changed.connect(self.ahead.put_off)
        self.look.words.language_changed.connect(self._follow_steps)
        self._follow_steps()
        self._follow_model()
        self._badge()

    def _connect_welcome(self) -> None:
        welcome, desk = self.explorer.welcome, self.desk
        welcome.finished.connect(lambda: setattr(desk.settings, "welcome_done", True))
        welcome.samples_wanted.connect(self.use_samples)
        desk.on_styles.made.connect(lambda _: welcome.tick("style"))
        self.explorer.canvas.dragged.connect(lambda: welcome.tick("walk"))
        self.explorer.path.export_wanted.connect(self.ask_movie)
        self.explorer.chosen.export_wanted.connect(self.ask_export_recipes)
        desk.on_pictures.kept.connect(lambda _: welcome.tick("keep"))

    def _connect_actions(self) -> None:
        desk, canvas, gallery = self.desk, self.explorer.canvas, self.gallery
        rates = {f"rate_{n}": partial(gallery.rate, n) for n in range(6)}
        labels = {
            f"label_{name}": partial(gallery.label, name) for name in ("red", "yellow", "green", "blue")
        }
        self.acts.connect_to(
            {
                "explore": partial(self.show_page, "explore"),
                "gallery": partial(self.show_page, "gallery"),
                "training": partial(self.show_page, "training"),
                "new_training": self.choose_training,
                "settings": partial(self.show_settings, "appearance"),
                "palette": lambda: self.palette_.open(),
                "keep": lambda: desk.on_pictures.keep(by=self),
                "random": lambda: desk.on_explorer.shuffle(by=self),
                "keep_varied": self.ask_how_many,
                "variations": self.show_variations,
                "pin": lambda: desk.on_explorer.pin(by=self),
                "map": canvas.outlook.toggle_map,
                "path": lambda: self.explorer.show_path(self.acts["path"].isChecked()),
                "hold_forms": partial(self._hold, "forms"),
                "hold_details": partial(self._hold, "details"),
                "lasso": lambda: canvas.set_lasso(self.acts["lasso"].isChecked()),
                "copy": self.copy_picture,
                "next_style": partial(self.step_style, 1),
                "previous_style": partial(self.step_style, -1),
                "large": lambda: canvas.set_large(self.acts["large"].isChecked()),
                "zoom_in": partial(canvas.zoom_by, 1.4),
                "zoom_out": partial(canvas.zoom_by, 1 / 1.4),
                "back": lambda: desk.on_explorer.back(by=self),
                "forward": lambda: desk.on_explorer.forward(by=self),
                "reset_look": self.explorer.controls.look_section.reset,
                "new_style": self.choose_pictures,
                "new_style_folder": self.choose_folder,
                "import_style": self.choose_style_file,
                "edit_style": self.edit_style,
                "restyle": self.choose_photo,
                "paste": self.paste,
                "add_to_style": self.ask_which_style,
                "no_style": lambda: desk.on_styles.use(None, by=self),
                "undo": lambda: desk.steps.undo(by=self),
                "redo": lambda: desk.steps.redo(by=self),
                "find": self._find,
                "select_all": self._select_all,
                "recall": gallery.recall,
                "fullscreen": self.view_large,
                "compare": gallery.larger.compare,
                "board": gallery.ask_board,
                "new_board": gallery.places.new_board,
                "bin": self.show_bin,
                "export": self.ask_export,
                "style_from_selection": self._style_from_selection,
                "delete": gallery.delete,
                "open_model": self.choose_model,
                "panels": lambda: self.explorer.set_panels(not self.acts["panels"].isChecked()),
                "theme": self._toggle_theme,
                "language": self._toggle_language,
                "full_window": self._toggle_full_window,
                "shortcuts": lambda: self.shortcuts.open(),
                "welcome": self.start_welcome,
                "diagnostics": partial(self.show_settings, "diagnostics"),
                "about": partial(self.show_settings, "about"),
                "quit": self.close,
                **rates,
                **labels,
            }
        )

    # ---- pages

    @property
    def page(self) -> str:
        """The id of the page that is shown."""
        return self._page

    def show_page(self, which: str) -> None:
        self._page = which
        self.pages.setCurrentWidget(self._widget(which))
        self.rail.show_page(which)
        self.status.set_hint(self.look.words(f"hint.{which}"))
        self._focus_page()
        self._follow_model()
        self.remember()

    def _widget(self, which: str) -> QWidget:
        if which in ("settings", "training"):
            return self._add_page(getattr(self, which))
        return self.gallery if which == "gallery" else self.explorer

    def show_settings(self, section: str) -> None:
        self.show_page("settings")
        page = self.settings
        page.layout().activate()  # type: ignore[union-attr]
        page.show_section(section)

    def _ask_to_empty_bin(self, slots: list[Slot]) -> None:
        """Nothing brings it back, so it is asked first."""
        self.desk.notices.add(
            Kind.WARNING,
            Text("Delete everything in the bin for good?"),
            meaning=Text("Nothing can bring these pictures back afterwards."),
            acts=(Act(Text("Delete for good"), partial(self.desk.on_pictures.empty_bin, slots)),),
        )

    def show_bin(self) -> None:
        """The pictures that were deleted."""
        self.show_page("gallery")
        self.gallery.show_place("bin")

    def recall(self, which: str) -> None:
        """Goes on from a kept picture."""
        self.desk.on_explorer.open_picture(which, by=self)
        self.show_page("explore")

    def view_large(self) -> None:
        """The picture at hand on the whole window."""
        if self.page == "gallery":
            self.gallery.larger.view()
        elif self.desk.explorer.image is not None:
            self.viewer.open([Shown("", self.desk.explorer.image)])

    def _rate(self, picture: str, stars: int) -> None:
        if picture:
            self.desk.on_pictures.rate([picture], stars, by=self)

    def copy_picture(self) -> None:
        """The picture at hand goes to the clipboard."""
        image = self.gallery.inspector.picture.image if self.page == "gallery" else self.desk.explorer.image
        if image is not None and not image.isNull():
            QGuiApplication.clipboard().setImage(image)

    def step_style(self, way: int) -> None:
        """The style after or before the one in use; before the first there is none."""
        usable = [None, *(e.id for e in self.desk.styles.entries if self.desk.styles.is_usable(e))]
        here = usable.index(self.desk.styles.active_id) if self.desk.styles.active_id in usable else 0
        self.desk.on_styles.use(usable[(here + way) % len(usable)], by=self)

    def show_variations(self) -> None:
        """Opens the sheet of variations for the picture under the probe."""
        desk = self.desk
        recipe = desk.explorer.recipe
        if recipe is None:
            return
        usable = [e for e in desk.styles.entries if desk.styles.is_usable(e)]
        looks = [
            (self.look.words("styles.none"), ()),
            *((e.title(self.look.words.language), (e.style.use(),)) for e in usable),
        ]
        self.variations.ask(recipe, looks, desk.player.places)

    def _hold(self, which: str) -> None:
        """Holds something while walking on, or lets it go again."""
        on = self.desk.on_explorer
        on.hold("" if on.held == which else which, by=self)

    # ---- paths and sets of the map

    @cached_property
    def movie(self) -> MovieSheet:
        """Asks how a path is to be written."""
        sheet = MovieSheet(self.look, self)
        sheet.accepted.connect(self._export_movie)
        return sheet

    @cached_property
    def export_map(self) -> ExportSheet:
        """Asks how people of the map are to be written."""
        sheet = ExportSheet(self.look, self)
        sheet.accepted.connect(partial(self._export_recipes, None, conflict="ask"))
        return sheet

    def ask_export_recipes(self, recipes: Sequence[Recipe]) -> None:
        """Asks how pictures that are still to be made are to be written."""
        self._to_export = list(recipes)
        styles = recipes[0].styles if recipes else ()
        self.export_map.ask(len(recipes), self.desk.settings.export, styles[0].name if styles else "")

    def _export_recipes(
        self, recipes: list[Recipe] | None, folder: Path, options: ExportOptions, conflict: str
    ) -> None:
        recipes = self._to_export if recipes is None else recipes
        self.desk.settings.export = options
        job = self.desk.on_exports.export_recipes(recipes, folder, options, conflict=conflict)
        again = partial(self._export_recipes, recipes, folder, options)
        job.finished.connect(lambda outcome: self._after_export(outcome, folder, again))

    def ask_movie(self) -> None:
        """Asks how the path through the pins is to be written."""
        if self.desk.player.can_play:
            self.desk.player.pause()
            self.movie.ask(self.desk.player.seconds, self.desk.settings.movie)

    def _export_movie(self, options: MovieOptions, conflict: str = "ask") -> None:
        player = self.desk.player
        self.desk.settings.movie = options
        job = self.desk.on_paths.export_path(player.places, player.pace, options, conflict)
        again = partial(self._export_movie, options)
        job.finished.connect(lambda outcome: self._after_export(outcome, options.target().parent, again))

    def ask_how_many(self) -> None:
        """Offers to keep a set of people who differ as much as possible."""
        menu = QMenu(self.explorer.canvas)
        for count in SET_SIZES:
            words = self.look.words("varied.count", count=count)
            menu.addAction(words, partial(self.desk.on_pictures.keep_varied, count, by=self))
        tools = self.explorer.tools
        menu.popup(tools.mapToGlobal(tools.rect().topLeft()) - QPoint(0, menu.sizeHint().height() + 8))

    def start_welcome(self) -> None:
        self.show_page("explore")
        self.explorer.welcome.start()

    def choose_training(self) -> None:
        """Asks for a folder of pictures to train on."""
        self.show_page("training")
        self.training.choose_folder()

    def _focus_page(self) -> None:
        page = self._widget(self.page)
        if self.page == "training":
            self.training.focus()
            return
        first = (
            self.explorer.canvas
            if page is self.explorer
            else self.gallery.grid
            if page is self.gallery
            else self.settings.search
        )
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _find(self) -> None:
        if self.page == "settings":
            self.settings.search.setFocus()
            return
        self.show_page("gallery")
        self.gallery.toolbar.search.setFocus()

    def _select_all(self) -> None:
        if self.page == "gallery":
            self.desk.gallery.select_all()
        elif self.page == "explore":
            self.explorer.canvas.choose_all()

    # ---- files

    def take(self, dropped: Dropped) -> None:
        """Files were dropped on the window."""
        if dropped.refused:
            self.desk.notices.add(
                Kind.WARNING,
                Text("Only files from this computer can be dropped here."),
                meaning=Text("Nothing was fetched from the network."),
                advice=Text("Save the picture to a folder first, then drop the file."),
                details=dropped.refused,
            )
        if dropped.zone == TRAIN.id:
            self.training.take(dropped.paths)
        elif dropped.paths and dropped.zone.startswith("photo"):
            self.desk.on_photos.restyle(dropped.paths, by=self)
        elif dropped.paths:
            self.desk.on_explorer.drop(dropped.paths, by=self)

    def _drop_zones(self) -> tuple[Zone, ...]:
        """On the canvas, pictures become a style or are put into the one in use."""
        if self.page == "training":
            return (TRAIN,)
        if self.page != "explore" or self.desk.model.bundle is None:
            return (STYLE,)
        active = self.desk.styles.active
        if active is None:
            return STYLE, Zone("photo.plain", "picture")
        return STYLE, Zone("photo", "picture", (("name", active.title(self.look.words.language)),))

    def _drop_place(self) -> QRect:
        """The window but for the styles, onto which pictures may be dropped too."""
        panel = self.explorer.styles
        if self.page != "explore" or not panel.isVisible():
            return self.rect()
        at = panel.mapTo(self, panel.rect().topRight())
        return self.rect().adjusted(at.x() + 1, at.y(), 0, -HEIGHT)

    def paste(self) -> None:
        """Files from the clipboard come in as if they were dropped."""
        mime = QGuiApplication.clipboard().mimeData()
        if mime is not None and mime.hasUrls():
            self.drop.take(mime)
        else:
            self.desk.notices.add(
                Kind.INFO,
                Text("There are no picture files on the clipboard."),
                advice=Text("Copy pictures in your file manager, or drop them on the window."),
            )

    def choose_photo(self) -> None:
        """Asks for photos to put into the style in use."""
        words = self.look.words
        names, _ = QFileDialog.getOpenFileNames(
            self, words("action.restyle"), "", f"{words('files.pictures')} ({PICTURE_FILTER})"
        )
        if names:
            self.show_page("explore")
            self.desk.on_photos.restyle([Path(name) for name in names], by=self)

    def edit_style(self) -> None:
        """Opens the style in use."""
        if self.desk.styles.active_id is not None:
            self.style_editor.show_style(self.desk.styles.active_id)

    def use_samples(self, folders: Sequence[Path]) -> None:
        """Makes a style from each folder of sample pictures."""
        words = self.look.words
        for folder in folders:
            key = f"sample.{folder.name}"
            name = words(key) if words.has(key) else folder.name
            self.desk.on_styles.make([folder], name=name, by=self)

    def choose_pictures(self) -> None:
        words = self.look.words
        names, _ = QFileDialog.getOpenFileNames(
            self, words("action.new_style"), "", f"{words('files.pictures')} ({PICTURE_FILTER})"
        )
        if names:
            self.desk.on_styles.make([Path(name) for name in names], by=self)

    def choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.look.words("action.new_style_folder"))
        if folder:
            self.desk.on_styles.make([Path(folder)], by=self)

    def choose_style_file(self) -> None:
        words = self.look.words
        name, _ = QFileDialog.getOpenFileName(
            self, words("action.import_style"), "", f"{words('files.style')} (*.json)"
        )
        if name:
            self.desk.on_styles.import_file(Path(name), by=self)

    def choose_model(self) -> None:
        words = self.look.words
        name, _ = QFileDialog.getOpenFileName(
            self, words("action.open_model"), "", f"{words('files.model')} (*.persona)"
        )
        if name:
            self.desk.on_models.import_file(Path(name), by=self)

    def _style_from_selection(self) -> None:
        if self.gallery.chosen():
            self.desk.on_styles.make_from_gallery(self.gallery.chosen(), by=self)
            self.show_page("explore")

    def ask_which_style(self) -> None:
        """Offers the styles that the selected pictures may be added to."""
        ids, menu, language = self.gallery.chosen(), QMenu(self.gallery), self.look.words.language
        for entry in self.desk.styles.entries:
            add = partial(self.desk.on_styles.references.add_from_gallery, entry.id, ids, by=self)
            menu.addAction(entry.title(language).replace("&", "&&"), add)
        menu.setEnabled(bool(ids) and not menu.isEmpty())
        menu.popup(QCursor.pos())

    # ---- export

    def export_board(self, which: str) -> None:
        """Opens a board, and asks how all of it is to be written."""
        self.gallery.show_place(which)
        self.ask_export("shown", self.desk.gallery.on_boards.get(which, 0))

    def ask_export(self, first: str = "selected", shown: int | None = None) -> None:
        """Asks which pictures are to be written, and how. first: the source that is offered first."""
        model = self.desk.gallery
        counts = {
            "selected": len(self.gallery.chosen()),
            "shown": model.count if shown is None else shown,
            "varied": 16 if self.desk.explorer.recipe is not None else 0,
        }
        sources = [(source, count) for source, count in counts.items() if count]
        if not sources:
            self.desk.notices.add(
                Kind.INFO,
                Text("There is nothing to export yet."),
                advice=Text("Keep pictures while exploring; they are collected in the gallery."),
            )
            return
        sources.sort(key=lambda source: source[0] != first)
        row = self.gallery.grid.current_row()
        self.export.ask_which(sources, self.desk.settings.export, row.style if row else "")

    def _export_to(self, folder: Path, options: ExportOptions) -> None:
        self.desk.settings.export = options
        source, exports = self.export.source, self.desk.on_exports
        if source == "varied":
            exports.export_varied(self.export.count, folder, options)
        elif source == "shown":
            exports.list_ids(self.desk.gallery.query, lambda ids: self._export(ids, folder, options, "ask"))
        else:
            self._export(self.gallery.chosen(), folder, options, "ask")

    def _export(self, ids: tuple[str, ...], folder: Path, options: ExportOptions, conflict: str) -> None:
        job = self.desk.on_exports.export(ids, folder, options, conflict=conflict)
        again = partial(self._export, ids, folder, options)
        job.finished.connect(lambda outcome: self._after_export(outcome, folder, again))

    def _after_export(self, outcome: Outcome[object], folder: Path, again: partial[None]) -> None:
        if outcome.end is End.FAILED and isinstance(outcome.error, TargetExistsError):
            self.desk.notices.add(
                Kind.WARNING,
                Text("Some of the files are already in {folder}.", folder=folder.name),
                meaning=Text("Nothing was written yet."),
                acts=(
                    Act(Text("Write the missing ones"), partial(again, "continue")),
                    Act(Text("Keep both"), partial(again, "rename")),
                    Act(Text("Replace"), partial(again, "overwrite")),
                ),
            )

    # ---- theme, language, state

    def _toggle_theme(self) -> None:
        self.desk.settings.theme = "light" if self.look.theme.tokens.is_dark else "dark"

    def _toggle_language(self) -> None:
        codes = list(LANGUAGES)
        self.desk.settings.language = codes[(codes.index(self.look.words.language) + 1) % len(codes)]

    def _set_language(self, language: str) -> None:
        self.look.theme.hold()
        self.look.words.set_language(system_language() if language == "system" else language)
        self.status.set_hint(self.look.words(f"hint.{self.page}"))

    def _toggle_full_window(self) -> None:
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def _follow_steps(self, *_: object) -> None:
        steps, words = self.desk.steps, self.look.words
        for which, possible, title in (
            ("undo", steps.can_undo, steps.undo_title),
            ("redo", steps.can_redo, steps.redo_title),
        ):
            action = self.acts[which]
            action.setEnabled(possible)
            name = words(f"action.{which}")
            action.setText(f"{name}: {words.say(title)}" if title is not None else name)

    def _follow_model(self, *_: object) -> None:
        ready = self.desk.model.bundle is not None
        for which in (
            "keep",
            "keep_varied",
            "variations",
            "random",
            "pin",
            "map",
            "lasso",
            "path",
            "hold_forms",
            "hold_details",
            "large",
            "zoom_in",
            "zoom_out",
            "reset_look",
            "restyle",
        ):
            self.acts[which].setEnabled(ready)
        self.acts["edit_style"].setEnabled(self.desk.styles.active is not None)

    def _badge(self, *_: object) -> None:
        count = self.desk.gallery.count
        self.rail.buttons["gallery"].set_badge(
            "" if not count else str(count) if count < 1000 else f"{count // 1000}k"
        )

    def _badge_training(self, run: RunState | None) -> None:
        self.rail.buttons["training"].set_badge(f"{run.fraction:.0%}" if run is not None else "")

    # ---- the palette

    def _palette_entries(self) -> list[Entry]:
        words = self.look.words
        entries = [
            Entry(
                action.text(),
                words(f"group.{spec.group}"),
                action.trigger,
                "  ".join(self.acts.shortcuts(spec.id)[:1]),
                spec.icon,
                spec.id.replace("_", " "),
            )
            for spec, action in self.acts.all()
            if action.isEnabled() and spec.id != "palette"
        ]
        styles = [
            Entry(
                words("palette.style", name=entry.title(words.language)),
                words("group.styles"),
                partial(self._use_style, entry.id),
                icon="style",
            )
            for entry in self.desk.styles.entries
        ]
        return entries + styles

    def _use_style(self, which: str) -> None:
        self.desk.on_styles.use(which, by=self)
        self.show_page("explore")

    # ---- keys, opening, closing

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._focus_page()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.acts.run_key(event, self.page):
            super().keyPressEvent(event)

    def _restore(self) -> None:
        """As it was left the last time."""
        session = self.desk.window_session
        try:
            geometry = base64.b64decode(str(session.get("geometry", "")))
        except ValueError:
            geometry = b""
        if geometry:
            self.restoreGeometry(QByteArray(geometry))
        if session.get("panels_hidden") is True:
            self.acts["panels"].setChecked(True)
            self.explorer.set_panels(False)
        page = session.get("page")
        self.show_page(page if page in PAGES[:3] else "explore")
        self.gallery.toolbar.set_size(self.desk.settings.thumbnail_size)
        self.gallery.grid.set_least(self.desk.settings.thumbnail_size)
        self.gallery.toolbar.size_changed.connect(
            lambda side: setattr(self.desk.settings, "thumbnail_size", side)
        )
        if not self.desk.settings.welcome_done:
            self.start_welcome()

    def remember(self) -> None:
        """Leaves a note for the next start."""
        geometry = base64.b64encode(self.saveGeometry().data()).decode()
        self.desk.window_session = {
            "geometry": geometry,
            "page": self.page,
            "panels_hidden": self.acts["panels"].isChecked(),
        }

    def closeEvent(self, event: QCloseEvent) -> None:
        self.remember()
        self.ahead.stop()
        super().closeEvent(event)
