"""The window: rail, pages, status line, and what may lie over them. It shows state and passes wishes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from operator import attrgetter

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QFocusEvent, QIcon, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QMenuBar, QStackedWidget, QWidget

from engine.formats.run_state import RunState
from studio.commands.context import AppContext
from studio.frame_budget.prebuild import IdlePrebuilder
from studio.i18n import system_language
from studio.library.styles import StyleEntry
from studio.library.text import Text
from studio.library.trash import Slot
from studio.signals import follow
from studio.views import menus
from studio.views.actions import Actions
from studio.views.availability import Availability
from studio.views.deeds import Deeds
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
from studio.views.window_memory import remember, restore
from studio.views.wiring import connect_actions, palette_entries


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
        self.deeds = Deeds(self)
        connect_actions(self)
        self.availability = Availability(look, self.acts, context, self)
        restore(self)

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
        remember(self)

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
        delete = partial(self.context.on_pictures.empty_bin, slots)
        self.ask(
            Text("said.empty_the_bin"),
            Text("said.nothing_brings_them_back"),
            Reply("said.delete_for_good", delete, "danger"),
        )

    def recall(self, which: str) -> None:
        """Goes on from a kept picture."""
        self.context.on_explorer.open_picture(which)
        self.show_page("explore")

    def _rate(self, picture: str, stars: int) -> None:
        if picture:
            self.context.on_pictures.rate([picture], stars)

    def start_welcome(self) -> None:
        self.show_page("explore")
        self.explorer.welcome.start()

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

    # ---- theme, language, state

    def _set_language(self, language: str) -> None:
        words = self.look.words
        self.look.theme.hold(words.steps_to(system_language() if language == "system" else language))

    def _show_hint(self, *_: object) -> None:
        self.status.set_hint(self.look.words(f"hint.{self._page}"))

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

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous() and self.size() == self._first_size:  # else somebody chose another
            QTimer.singleShot(0, self, lambda: keep_inside(self))

    def closeEvent(self, event: QCloseEvent) -> None:
        remember(self)
        self.prebuilder.stop()
        super().closeEvent(event)


def _parts(page: QWidget) -> Sequence[QWidget]:
    """What has the style sheet one by one."""
    parts: Sequence[QWidget] = getattr(page, "parts", (page,))
    return parts
