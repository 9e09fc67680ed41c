"""The window: rail, pages, status line, and what may lie over them. It shows state and passes wishes on."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from operator import attrgetter

from PySide6.QtCore import QByteArray, QPoint, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QFocusEvent, QGuiApplication, QIcon, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QMenuBar, QStackedWidget, QWidget

from engine.formats.run_state import RunState
from studio.commands.context import AppContext
from studio.frame_budget.prebuild import IdlePrebuilder
from studio.i18n import LANGUAGES, system_language
from studio.library.styles import StyleEntry
from studio.library.text import Text
from studio.library.trash import Slot
from studio.signals import follow
from studio.views import menus
from studio.views.actions import Actions
from studio.views.availability import Availability
from studio.views.explorer.page import ExplorerPage
from studio.views.explorer.variations import Variations
from studio.views.exporting import Exporting
from studio.views.first_place import first_place, keep_inside, least_size
from studio.views.gallery.page import GalleryPage
from studio.views.gallery.viewer import Shown, Viewer
from studio.views.inspect import InspectSheet
from studio.views.intake import Intake
from studio.views.kit.layout import column, prepare, row
from studio.views.kit.modal import ModalStack
from studio.views.kit.name_question import NameQuestion
from studio.views.kit.notice import NoticeStack
from studio.views.kit.question import Question, Reply
from studio.views.kit.slider import SliderRow
from studio.views.look import Look
from studio.views.notices import NoticePresenter
from studio.views.palette import Palette
from studio.views.persons import PersonQuestions
from studio.views.rail import Rail
from studio.views.settings.diagnostics import look_up_versions
from studio.views.settings.page import SettingsPage, section_makers
from studio.views.shortcuts import ShortcutSheet
from studio.views.status import HEIGHT, StatusLine
from studio.views.styles.editor import StyleEditor
from studio.views.training.page import TrainingPage
from studio.views.wiring import connect_actions, palette_entries

SET_SIZES = (4, 9, 16, 25)
"""How many different people are offered at once."""
PAGES = ("explore", "gallery", "training", "settings")


class Window(QMainWindow):
    """The studio."""

    def __init__(self, look: Look, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look, self.context = look, context
        self._page = "explore"
        self.acts = Actions(look, self)
        self.modals = ModalStack.of(self)
        self._make_parts()
        self._arrange()
        self.intake, self.exporting = Intake(self), Exporting(self)
        self.persons = PersonQuestions(look, context, self, self.ask)
        self._make_overlays()
        self._connect()
        connect_actions(self)
        self.availability = Availability(look, self.acts, context, self)
        self._restore()

    # ---- building

    def _make_parts(self) -> None:
        look, context = self.look, self.context
        self.viewer = Viewer(look, self)
        self.explorer = ExplorerPage(look, context, self.acts)
        self.gallery = GalleryPage(
            look,
            context.gallery,
            context.binned,
            context.thumbnails,
            context.on_pictures,
            self.acts,
            self.viewer,
            self.recall,
        )
        self.rail = Rail(look, self.acts, ("explore", "gallery", "training"), ("settings",))
        self.status = StatusLine(look, context.model, context.explorer, context.jobs)
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
        free = self.screen().availableGeometry()
        self.setMinimumSize(least_size(free))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setGeometry(first_place(free))
        self._first_size = self.size()

    def _make_overlays(self) -> None:
        look = self.look
        self.notices = NoticeStack(look, self)
        self.notices.set_bottom(HEIGHT)
        self.notices.keep_clear_of(self.explorer.tools)
        self.presenter = NoticePresenter(
            look, self.context.notices, self.context.jobs, self.context.undo_stack, self.notices
        )

        parts = (self.menuBar(), self.rail, self.status, self.viewer, self.intake.drop.overlay, self.notices)
        self.explorer.add_to_theme()
        for part in parts:
            look.theme.add_part(part)

    def _add_page(self, page: QWidget) -> QWidget:
        for part in _parts(page):
            self.look.theme.add_part(part)
        if self.pages.indexOf(page) < 0:
            self.pages.addWidget(page)
        return page

    def _prebuild(self) -> Iterator[None]:
        """The pages and overlays that nobody has opened yet."""
        self.context.reader.run(look_up_versions)
        for path in ("settings", "training", "training" + ".setup", "training" + ".run"):
            attrgetter(path)(self)
            yield
        while self.settings.fill_next():
            yield
        for page in (self.training, self.settings):
            for part in _parts(page):
                self.look.theme.add_part(part)
                yield
            self._add_page(page)
            prepare(page, self.pages.size())
            yield
        for overlay in ("style_editor", "palette_", "variations", "shortcuts", "question"):
            getattr(self, overlay)
            yield
        if self.context.model.knows_persons:
            attrgetter("who")(self.persons)
            yield
        while self.shortcuts.fill_next():
            yield

    # What is not seen at the start is built when it is first asked for.

    @cached_property
    def settings(self) -> SettingsPage:
        """The settings page."""
        context = self.context
        makers = section_makers(
            self.look,
            context.settings,
            context.model,
            context.explorer,
            context.on_models,
            context.on_marks,
            context.places,
        )
        page = SettingsPage(self.look, makers, self.acts, self.pages)
        page.hide()
        return page

    @cached_property
    def inspector(self) -> InspectSheet:
        """What files say about how they were made."""
        return InspectSheet(self.look, self)

    @cached_property
    def training(self) -> TrainingPage:
        """The training page."""
        page = TrainingPage(self.look, self.context, self.acts, self.pages)
        page.hide()
        page.image_opened.connect(lambda image: self.viewer.open([Shown("", image)]))
        page.show_home()
        return page

    @cached_property
    def palette_(self) -> Palette:
        """The command palette."""
        return Palette(self.look, partial(palette_entries, self), self)

    @cached_property
    def question(self) -> Question:
        """What needs an answer is asked here."""
        return Question(self.look, self)

    def ask(self, title: Text, text: Text, *choices: Reply, names: Sequence[str | Text] = ()) -> None:
        """Puts a question to the person at the window (see `Question.ask`)."""
        self.question.ask(title, text, *choices, names=names)

    @cached_property
    def name_question(self) -> NameQuestion:
        """What something is to be called is asked here."""
        return NameQuestion(self.look, self)

    def _ask_for_board(self, ids: Sequence[str]) -> None:
        self.name_question.ask(
            Text("gallery.board.name"), "", lambda name: self.context.on_pictures.make_board(name, ids)
        )

    def _ask_for_style_name(self, entry: StyleEntry) -> None:
        self.name_question.ask(
            Text("styles.name.ask"),
            entry.name,
            lambda name: self.context.on_styles.rename(entry.id, name) if name != entry.name else None,
        )

    @cached_property
    def shortcuts(self) -> ShortcutSheet:
        """The overview of keys."""
        return ShortcutSheet(self.look, self.acts, self)

    @cached_property
    def variations(self) -> Variations:
        """Relatives of a picture, and people across styles."""
        sheet, context = Variations(self.look, self.explorer.full_thumbs, self), self.context
        sheet.opened.connect(context.on_explorer.open_recipe)
        sheet.kept.connect(context.on_pictures.keep_recipes)
        return sheet

    @cached_property
    def style_editor(self) -> StyleEditor:
        """A style with its references."""
        context = self.context
        editor = StyleEditor(
            self.look, context.styles, context.model, context.on_styles, self.explorer.full_thumbs, self
        )
        editor.chosen.connect(self.use_style)
        editor.look_wanted.connect(self.persons.ask_to_keep_look)
        editor.person_wanted.connect(self.persons.ask_who)
        return editor

    def _connect(self) -> None:
        context = self.context
        self.explorer.styles.edit_wanted.connect(lambda which: self.style_editor.show_style(which))
        self.explorer.styles.look_wanted.connect(self.persons.ask_to_keep_look)
        self.explorer.styles.person_wanted.connect(self.persons.ask_who)
        self.explorer.styles.export_asked.connect(self.persons.ask_to_export)
        self.status.asked.connect(lambda: self.show_settings("diagnostics"))
        self.viewer.turned.connect(self.gallery.larger.turn)
        self.gallery.bin.empty_wanted.connect(self._ask_to_empty_bin)
        self.gallery.bin.set_days(context.settings.keep_days)
        context.settings.keep_days_changed.connect(self.gallery.bin.set_days)
        self.gallery.board_wanted.connect(self._ask_for_board)
        context.on_styles.name_wanted.connect(self._ask_for_style_name)
        self.gallery.places.export_wanted.connect(self.exporting.ask_board)
        self.viewer.rated.connect(self._rate)
        self.viewer.closed.connect(self._focus_page)
        context.settings.theme_changed.connect(self.look.theme.choose)
        context.settings.language_changed.connect(self._set_language)
        context.model.bundle_changed.connect(
            lambda _: self.gallery.toolbar.know_persons(context.model.knows_persons)
        )
        follow(self._badge, context.gallery.count_changed, context.gallery.loaded)
        context.training.current_changed.connect(self._badge_training)
        context.on_preparation.opened.connect(lambda: self.show_page("training"))
        context.on_marks.inspected.connect(lambda seen: self.inspector.show_all(seen))
        self._connect_welcome()
        self.prebuilder = IdlePrebuilder(self._prebuild(), lambda: not context.explorer.moving, self)
        context.live_picture.first_came.connect(self.prebuilder.start)
        context.explorer.recipe_changed.connect(self.prebuilder.postpone)
        self.look.words.language_changed.connect(self._show_hint)
        self._badge()

    def _connect_welcome(self) -> None:
        welcome, context = self.explorer.welcome, self.context
        welcome.finished.connect(lambda: setattr(context.settings, "welcome_done", True))
        welcome.samples_wanted.connect(self.intake.use_samples)
        context.on_styles.made.connect(lambda _: welcome.tick("style"))
        self.explorer.canvas.dragged.connect(lambda: welcome.tick("walk"))
        self.explorer.path.export_wanted.connect(self.exporting.ask_movie)
        self.explorer.chosen.export_wanted.connect(self.exporting.ask_recipes)
        context.on_pictures.kept.connect(lambda _: welcome.tick("keep"))

    # ---- pages

    @property
    def page(self) -> str:
        """The id of the page that is shown."""
        return self._page

    def show_page(self, which: str) -> None:
        self._page = which
        self.pages.setCurrentWidget(self._widget(which))
        self.rail.show_page(which)
        self._show_hint()
        self._focus_page()
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

    def show_slider(self, slider: SliderRow) -> None:
        """Goes to a slider beside the canvas."""
        self.show_page("explore")
        self.acts["panels"].setChecked(False)
        self.explorer.set_panels(True)
        self.explorer.controls.show_slider(slider)

    def _ask_to_empty_bin(self, slots: list[Slot]) -> None:
        """Nothing brings it back, so it is asked first."""
        delete = partial(self.context.on_pictures.empty_bin, slots)
        self.ask(
            Text("said.empty_the_bin"),
            Text("said.nothing_brings_them_back"),
            Reply("said.delete_for_good", delete, "danger"),
        )

    def show_bin(self) -> None:
        """The pictures that were deleted."""
        self.show_page("gallery")
        self.gallery.show_place("bin")

    def recall(self, which: str) -> None:
        """Goes on from a kept picture."""
        self.context.on_explorer.open_picture(which)
        self.show_page("explore")

    def view_large(self) -> None:
        """The picture at hand on the whole window."""
        if self.page == "gallery":
            self.gallery.larger.view()
        elif self.context.explorer.image is not None:
            self.viewer.open([Shown("", self.context.explorer.image)])

    def _rate(self, picture: str, stars: int) -> None:
        if picture:
            self.context.on_pictures.rate([picture], stars)

    def copy_picture(self) -> None:
        """The picture at hand goes to the clipboard."""
        image = (
            self.gallery.inspector.picture.image if self.page == "gallery" else self.context.explorer.image
        )
        if image is not None and not image.isNull():
            self.context.on_marks.marked(image, QGuiApplication.clipboard().setImage)

    def step_style(self, way: int) -> None:
        """The style after or before the one in use; before the first there is none."""
        usable = [None, *(e.id for e in self.context.styles.entries if self.context.styles.is_usable(e))]
        here = usable.index(self.context.styles.active_id) if self.context.styles.active_id in usable else 0
        self.context.on_styles.use(usable[(here + way) % len(usable)])

    def show_variations(self) -> None:
        """Opens the sheet of variations for the picture under the probe."""
        context = self.context
        recipe = context.explorer.recipe
        if recipe is None:
            return
        usable = [e for e in context.styles.entries if context.styles.is_usable(e)]
        looks = [
            (self.look.words("styles.none"), ()),
            *((e.title(self.look.words.language), (e.style.use(),)) for e in usable),
        ]
        self.variations.ask(recipe, looks, context.player.places)

    def hold(self, which: str) -> None:
        """Holds something while walking on, or lets it go again."""
        on = self.context.on_explorer
        on.hold("" if on.held == which else which)

    def ask_how_many(self) -> None:
        """Offers to keep a set of people who differ as much as possible."""
        menu = QMenu(self.explorer.canvas)
        for count in SET_SIZES:
            words = self.look.words("varied.count", count=count)
            menu.addAction(words, partial(self.context.on_pictures.keep_varied, count))
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

    def search(self) -> None:
        """Goes to where something can be looked for."""
        if self.page == "settings":
            self.settings.search.setFocus()
            return
        self.show_page("gallery")
        self.gallery.toolbar.search.setFocus()

    def select_all(self) -> None:
        """Chooses all that the page shows."""
        if self.page == "gallery":
            self.context.gallery.select_all()
        elif self.page == "explore":
            self.explorer.canvas.choose_all()

    def edit_style(self) -> None:
        """Opens the style in use."""
        if self.context.styles.active_id is not None:
            self.style_editor.show_style(self.context.styles.active_id)

    # ---- theme, language, state

    def toggle_theme(self) -> None:
        self.context.settings.theme = "light" if self.look.theme.tokens.is_dark else "dark"

    def toggle_language(self) -> None:
        codes = list(LANGUAGES)
        self.context.settings.language = codes[(codes.index(self.look.words.language) + 1) % len(codes)]

    def _set_language(self, language: str) -> None:
        words = self.look.words
        self.look.theme.hold(words.steps_to(system_language() if language == "system" else language))

    def _show_hint(self, *_: object) -> None:
        self.status.set_hint(self.look.words(f"hint.{self._page}"))

    def toggle_full_window(self) -> None:
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def _badge(self, *_: object) -> None:
        count = self.context.gallery.count
        self.rail.buttons["gallery"].set_badge(
            "" if not count else str(count) if count < 1000 else f"{count // 1000}k"
        )

    def _badge_training(self, run: RunState | None) -> None:
        self.rail.buttons["training"].set_badge(f"{run.fraction:.0%}" if run is not None else "")

    def use_style(self, which: str) -> None:
        self.context.on_styles.use(which)
        self.show_page("explore")

    # ---- keys, opening, closing

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._focus_page()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.acts.run_key(event, self.page):
            super().keyPressEvent(event)

    def _restore(self) -> None:
        """As it was left the last time."""
        session = self.context.session.window
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
        self.gallery.toolbar.set_size(self.context.settings.thumbnail_size)
        self.gallery.grid.set_least(self.context.settings.thumbnail_size)
        self.gallery.toolbar.size_changed.connect(
            lambda side: setattr(self.context.settings, "thumbnail_size", side)
        )
        if not self.context.settings.welcome_done:
            self.start_welcome()

    def remember(self) -> None:
        """Leaves a note for the next start."""
        geometry = base64.b64encode(self.saveGeometry().data()).decode()
        self.context.session.window = {
            "geometry": geometry,
            "page": self.page,
            "panels_hidden": self.acts["panels"].isChecked(),
        }

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous() and self.size() == self._first_size:  # else somebody chose another
            QTimer.singleShot(0, self, lambda: keep_inside(self))

    def closeEvent(self, event: QCloseEvent) -> None:
        self.remember()
        self.prebuilder.stop()
        super().closeEvent(event)


def _parts(page: QWidget) -> Sequence[QWidget]:
    """What has the style sheet one by one."""
    parts: Sequence[QWidget] = getattr(page, "parts", (page,))
    return parts
