"""What actions do that depends on the page at hand, or needs several parts of the window."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from studio.i18n import LANGUAGES
from studio.views.gallery.viewer import Shown
from studio.views.kit.slider import SliderRow

if TYPE_CHECKING:
    from studio.views.window import Window

SET_SIZES = (4, 9, 16, 25)
"""How many different people are offered at once."""


class Deeds:
    """The deeds of one window."""

    def __init__(self, window: Window) -> None:
        self._window, self._context, self._look = window, window.context, window.look

    def view_large(self) -> None:
        """The picture at hand on the whole window."""
        if self._window.page == "gallery":
            self._window.gallery.larger.view()
        elif self._context.explorer.image is not None:
            self._window.viewer.open([Shown("", self._context.explorer.image)])

    def copy_picture(self) -> None:
        """The picture at hand goes to the clipboard."""
        window, explorer = self._window, self._context.explorer
        image = window.gallery.inspector.picture.image if window.page == "gallery" else explorer.image
        if image is not None and not image.isNull():
            self._context.on_marks.marked(image, QGuiApplication.clipboard().setImage)

    def step_style(self, way: int) -> None:
        """The style after or before the one in use; before the first there is none."""
        styles = self._context.styles
        usable = [None, *(entry.id for entry in styles.entries if styles.is_usable(entry))]
        here = usable.index(styles.active_id) if styles.active_id in usable else 0
        self._context.on_styles.use(usable[(here + way) % len(usable)])

    def show_variations(self) -> None:
        """Opens the sheet of variations for the picture under the probe."""
        context = self._context
        recipe = context.explorer.recipe
        if recipe is None:
            return
        usable = [e for e in context.styles.entries if context.styles.is_usable(e)]
        looks = [
            (self._look.words("styles.none"), ()),
            *((e.title(self._look.words.language), (e.style.use(),)) for e in usable),
        ]
        self._window.variations.ask(recipe, looks, context.player.places)

    def hold(self, which: str) -> None:
        """Holds something while walking on, or lets it go again."""
        on = self._context.on_explorer
        on.hold("" if on.held == which else which)

    def ask_how_many(self) -> None:
        """Offers to keep a set of people who differ as much as possible."""
        menu = QMenu(self._window.explorer.canvas)
        for count in SET_SIZES:
            words = self._look.words("varied.count", count=count)
            menu.addAction(words, partial(self._context.on_pictures.keep_varied, count))
        tools = self._window.explorer.tools
        menu.popup(tools.mapToGlobal(tools.rect().topLeft()) - QPoint(0, menu.sizeHint().height() + 8))

    def search(self) -> None:
        """Goes to where something can be looked for."""
        if self._window.page == "settings":
            self._window.settings.search.setFocus()
            return
        self._window.show_page("gallery")
        self._window.gallery.toolbar.search.setFocus()

    def select_all(self) -> None:
        """Chooses all that the page shows."""
        if self._window.page == "gallery":
            self._context.gallery.select_all()
        elif self._window.page == "explore":
            self._window.explorer.canvas.choose_all()

    def edit_style(self) -> None:
        """Opens the style in use."""
        if self._context.styles.active_id is not None:
            self._window.style_editor.show_style(self._context.styles.active_id)

    def toggle_theme(self) -> None:
        self._context.settings.theme = "light" if self._look.theme.tokens.is_dark else "dark"

    def toggle_language(self) -> None:
        codes = list(LANGUAGES)
        here = codes.index(self._look.words.language)
        self._context.settings.language = codes[(here + 1) % len(codes)]

    def toggle_full_window(self) -> None:
        if self._window.isFullScreen():
            self._window.showNormal()
        else:
            self._window.showFullScreen()

    def show_slider(self, slider: SliderRow) -> None:
        """Goes to a slider beside the canvas."""
        self._window.show_page("explore")
        self._window.acts["panels"].setChecked(False)
        self._window.explorer.set_panels(True)
        self._window.explorer.controls.show_slider(slider)

    def show_bin(self) -> None:
        """The pictures that were deleted."""
        self._window.show_page("gallery")
        self._window.gallery.show_place("bin")

    def choose_training(self) -> None:
        """Asks for a folder of pictures to train on."""
        self._window.show_page("training")
        self._window.training.choose_folder()
