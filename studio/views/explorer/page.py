"""The explorer page: styles at the left, the map in the middle, controls and what was kept at the right."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QStackedWidget, QWidget

from engine.images import Picture
from engine.recipe import Recipe
from studio.commands.context import AppContext
from studio.frame_budget.staged_drawing import StagedDrawing
from studio.library.tasks import Ticket
from studio.views.actions import Actions
from studio.views.explorer.canvas import Canvas
from studio.views.explorer.chosen import ChosenBar
from studio.views.explorer.controls import DirectionsSection, HoldSection, LookSection
from studio.views.explorer.geometry import GridPoint
from studio.views.explorer.history import HistoryStrip
from studio.views.explorer.kept import KeptStrip
from studio.views.explorer.path import PathBar
from studio.views.explorer.tiles import TileField
from studio.views.explorer.tools import CanvasTools
from studio.views.kit.button import Button
from studio.views.kit.empty import EmptyState
from studio.views.kit.layout import Line, Surface, column, row, scrolling
from studio.views.kit.slider import SliderRow
from studio.views.look import Look
from studio.views.recipe_thumbs import RecipeThumbs
from studio.views.status import reason
from studio.views.styles.panel import StylePanel
from studio.views.welcome import Welcome
from studio.workers.generator_thread import GeneratorThread
from studio.workers.render import TILE


def renderer(generator: GeneratorThread) -> Callable[..., Ticket]:
    """Thumbnails from the generator thread, behind everything a person waits for."""

    def render(
        recipe: Recipe,
        preview: bool,
        done: Callable[[Picture], object],
        failed: Callable[[Exception], object],
    ) -> Ticket:
        return generator.render(
            recipe,
            preview=preview,
            priority=TILE,
            done=lambda _, picture: done(picture),
            failed=lambda _, error: failed(error),
        )

    return render


class ExplorerPage(QWidget):
    """Where pictures are found."""

    def __init__(
        self, look: Look, context: AppContext, actions: Actions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look, self._context, self._actions = look, context, actions
        render = renderer(context.generator)
        self.field = TileField(render, self, store=context.map_tiles)
        self.thumbs = RecipeThumbs(render, self)
        self.full_thumbs = RecipeThumbs(render, self, preview=False)
        self.welcome = Welcome(look)
        self.styles = StylePanel(
            look, context.styles, context.explorer, context.on_styles, actions, self.welcome
        )
        self.canvas = Canvas(look, context.explorer, self.field, runner=context.reader)
        self.tools = CanvasTools(look, actions, self.canvas)
        self.path = PathBar(look, self.canvas, self.tools, context.player, context.explorer, self.thumbs)
        self.chosen = ChosenBar(look, self.canvas, self.path)
        self.history = HistoryStrip(look, context.history, self.thumbs, context.on_explorer.go)
        self.controls = Controls(look, context, actions)
        self.missing = NoModel(look, context, actions)
        self._middle = QStackedWidget()
        self._arrange()
        grounds = {
            self.canvas: "canvas",
            self.history: "window",
            self.styles: "panel",
            self.controls: "panel",
        }
        self._staged = StagedDrawing(look.theme, grounds, self)
        self._connect()

    def add_to_theme(self) -> None:
        """Puts the style sheet on what is there, piece by piece."""
        self.styles.add_to_theme()
        self.controls.add_to_theme()
        self._look.theme.add_part(self._middle)

    def _arrange(self) -> None:
        walking = QWidget()
        column(self.canvas, self.history, gap=0, parent=walking).setStretch(0, 1)
        self._middle.addWidget(walking)
        self._middle.addWidget(self.missing)
        self.styles.setFixedWidth(272)
        self.controls.setFixedWidth(288)
        box = row(self.styles, self._middle, self.controls, gap=0, parent=self)
        box.setStretch(1, 1)
        for first, second in (
            (self.styles, self.canvas),
            (self.canvas, self.controls),
        ):
            self.setTabOrder(first, second)

    def _connect(self) -> None:
        context = self._context
        context.model.status_changed.connect(self._choose_state)
        context.model.bundle_changed.connect(self._forget_tiles)
        context.on_pictures.keeping.connect(lambda _: self.canvas.flash())
        self.canvas.keep_wanted.connect(context.on_pictures.keep_recipe)
        self.canvas.menu_wanted.connect(self._show_menu)
        self.canvas.pin_pressed.connect(self._show_pin_menu)
        self.canvas.opened.connect(self._actions["fullscreen"].trigger)
        self.canvas.outlook.turned.connect(self._actions["map"].setChecked)
        self.canvas.lasso_changed.connect(self._actions["lasso"].setChecked)
        self._connect_sets()
        context.explorer.image_changed.connect(self._remember)
        context.settings.reduce_motion_changed.connect(self._set_calm)
        self._set_calm(context.settings.reduce_motion)
        self._choose_state()

    def _connect_sets(self) -> None:
        context, path, chosen = self._context, self.path, self.chosen
        chosen.keep_wanted.connect(context.on_pictures.keep_recipes)
        chosen.varied_wanted.connect(context.on_paths.keep_varied)
        path.pins.ordered.connect(context.on_explorer.order_pins)
        path.pins.removed.connect(context.on_explorer.unpin)
        path.closed.connect(lambda: self.show_path(False))
        path.rested.connect(self._go_on_from_path)
        context.player.position_changed.connect(self._follow_path)

    def show_path(self, shown: bool) -> None:
        """Shows the path through the pins and what can be done with it, or hides both."""
        self.path.set_open(shown)
        self.canvas.show_way(shown)
        self._actions["path"].setChecked(shown)

    def _follow_path(self, *_: object) -> None:
        """On the map, the picture travels along the path."""
        if self._context.player.can_play and self.canvas.outlook.is_map:
            self.canvas.outlook.travel(*self._context.player.leg)

    def _go_on_from_path(self, recipe: Recipe) -> None:
        """Where the path stopped, one stands."""
        self._context.on_explorer.open_recipe(recipe)
        self.canvas.outlook.arrive()

    def _show_menu(self, at: QPoint, point: GridPoint | None) -> None:
        menu, words, explorer = QMenu(self.canvas), self._look.words, self._context.explorer
        if point is not None:
            recipe = explorer.recipe_at(point.x, point.y)
            menu.addAction(words("canvas.go_there"), lambda: self.canvas.glide_to(point.x, point.y))
            menu.addAction(words("canvas.keep_this"), lambda: self.canvas.keep_wanted.emit(recipe))
            menu.addSeparator()
        for which in (
            "keep",
            "keep_varied",
            "variations",
            "copy",
            "-",
            "random",
            "pin",
            "path",
            "lasso",
            "-",
            "map",
            "large",
            "fullscreen",
        ):
            if which == "-":
                menu.addSeparator()
            else:
                menu.addAction(self._actions[which])
        menu.popup(at)

    def _show_pin_menu(self, pin: int, at: QPoint) -> None:
        menu, words, explorer = QMenu(self.canvas), self._look.words, self._context.explorer
        menu.addAction(words("canvas.go_there"), lambda: explorer.go_to_pin(pin))
        menu.addAction(words("canvas.unpin"), lambda: self._context.on_explorer.unpin(pin))
        if len(explorer.pins) > 1:
            menu.addAction(words("canvas.unpin_all"), self._context.on_explorer.unpin_all)
        menu.popup(at)

    def set_panels(self, shown: bool) -> None:
        """Shows or hides what is beside the canvas."""
        self.styles.setVisible(shown)
        self.controls.setVisible(shown)

    def _choose_state(self, *_: object) -> None:
        model = self._context.model
        self._middle.setCurrentIndex(1 if model.status == "failed" and model.bundle is None else 0)
        self.tools.setVisible(model.bundle is not None)

    def _forget_tiles(self, *_: object) -> None:
        self.field.forget()
        self.canvas.refresh()
        self._choose_state()

    def _set_calm(self, calm: bool) -> None:
        self.canvas.calm = calm

    def _remember(self, *_: object) -> None:
        """The picture at rest will stand in the history."""
        explorer = self._context.explorer
        if explorer.image is not None and explorer.recipe is not None and explorer.is_full:
            self.thumbs.put(explorer.recipe, explorer.image)

    def showEvent(self, event: QShowEvent) -> None:
        if not event.spontaneous():
            self._staged.lower()  # the canvas comes first

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.canvas.keyPressEvent(event)
        else:
            super().keyPressEvent(event)


class Controls(Surface):
    """Sliders above, what was kept below."""

    def __init__(
        self, look: Look, context: AppContext, actions: Actions, parent: QWidget | None = None
    ) -> None:
        super().__init__(look, "panel", "left", parent)
        self._look = look
        self.look_section = LookSection(look, context.explorer, context.model)
        self.hold_section = HoldSection(look, context.explorer, context.on_explorer)
        self.directions = DirectionsSection(look, context.explorer, context.model)
        self.kept = KeptStrip(look, context, actions)
        sliders = QWidget()
        column(self.look_section, self.hold_section, self.directions, None, gap=0, parent=sliders)
        area = self._area = scrolling(sliders)
        box = column(area, Line(look), self.kept, gap=0, parent=self)
        box.setStretch(0, 3)
        box.setStretch(2, 2)

    def show_slider(self, slider: SliderRow) -> None:
        """Scrolls to a slider and gives it the keys."""
        self._area.ensureWidgetVisible(slider)
        slider.track.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def add_to_theme(self) -> None:
        """Puts the style sheet on its pieces."""
        bar = self._area.verticalScrollBar()
        for piece in (self.look_section, self.hold_section, self.directions, self.kept, bar):
            self._look.theme.add_part(piece, self)


class NoModel(QWidget):
    """Stands in the place of the canvas when no model could be loaded."""

    def __init__(self, look: Look, context: AppContext, actions: Actions) -> None:
        super().__init__()
        self._look, self._model = look, context.model
        again = Button(look, "nomodel.again", pressed=lambda: context.on_models.use(None))
        other = Button(
            look, "nomodel.other", kind="primary", icon="import", pressed=actions["open_model"].trigger
        )
        self._empty = EmptyState(look, "warning", "nomodel.title", "nomodel.hint", again, other)
        column(self._empty, gap=0, parent=self)
        context.model.status_changed.connect(self._say)
        self._say()

    def _say(self, *_: object) -> None:
        self._empty.set_detail(reason(self._look, self._model))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._look.theme.color("canvas"))
        painter.end()
