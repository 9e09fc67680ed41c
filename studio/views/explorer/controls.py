"""The sliders beside the canvas: look and likeness of the style, truncation, the model's directions."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.bundle import Bundle, Direction
from studio.commands.explorer import HOLDS, ExplorerCommands
from studio.signals import follow
from studio.state.explorer import Explorer
from studio.state.model import ModelState
from studio.views.kit.bind import bind
from studio.views.kit.button import IconButton
from studio.views.kit.choice import Segmented
from studio.views.kit.flow import clear
from studio.views.kit.layout import column, row
from studio.views.kit.slider import SliderRow
from studio.views.kit.text import title
from studio.views.look import Look

MOST_TRUNCATION = 1.2
USUAL_TRUNCATION = 0.7
REACH = 3.0
"""Furthest along a direction, in its own scale."""


def steer(slider: SliderRow, explorer: Explorer, property: str) -> None:
    """Ties a slider to a property of the explorer, both ways; a gesture is one move."""
    slider.track.sliderPressed.connect(explorer.begin_move)
    bind(explorer, property, slider)
    slider.track.sliderReleased.connect(explorer.end_move)


class Section(QWidget):
    """A titled part of a side panel."""

    def __init__(
        self, look: Look, key: str, *, tools: tuple[QWidget, ...] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(8)
        column(row(title(look, key), None, *tools), self.body, gap=8, margins=(16, 12, 16, 12), parent=self)


class LookSection(Section):
    """How much of the style's look and person, and truncation, which people read as variety.

    Likeness is there where the model knows of persons.
    """

    def __init__(
        self, look: Look, explorer: Explorer, model: ModelState, parent: QWidget | None = None
    ) -> None:
        reset = IconButton(look, "reset", "action.reset_look", size=24, icon_size=15)
        super().__init__(look, "controls.look", tools=(reset,), parent=parent)
        self._explorer, self._model = explorer, model
        self.strength = SliderRow(look, "controls.strength", default=1.0, tip="controls.strength.tip")
        self.likeness = SliderRow(look, "controls.likeness", default=1.0, tip="controls.likeness.tip")
        self.truncation = SliderRow(
            look,
            "controls.truncation",
            high=MOST_TRUNCATION,
            default=USUAL_TRUNCATION,
            tip="controls.truncation.tip",
        )
        for slider in (self.strength, self.likeness, self.truncation):
            self.body.addWidget(slider)
        steer(self.strength, explorer, "style_strength")
        steer(self.likeness, explorer, "likeness")
        steer(self.truncation, explorer, "truncation")
        follow(self._know_styles, explorer.styles_changed, model.bundle_changed)
        reset.clicked.connect(self.reset)
        self._know_styles()

    def reset(self) -> None:
        """The usual values, as one move."""
        explorer = self._explorer
        explorer.begin_move()
        explorer.style_strength, explorer.likeness, explorer.truncation = 1.0, 1.0, USUAL_TRUNCATION
        explorer.clear_directions()
        explorer.end_move()

    def _know_styles(self, *_: object) -> None:
        self.strength.setEnabled(bool(self._explorer.place.styles))
        self.likeness.setVisible(self._model.knows_persons)
        self.likeness.setEnabled(self._explorer.shows_person)


class HoldSection(Section):
    """What stays as it is while one walks on."""

    def __init__(
        self, look: Look, explorer: Explorer, commands: ExplorerCommands, parent: QWidget | None = None
    ) -> None:
        super().__init__(look, "controls.hold", parent=parent)
        self._commands = commands
        choices = [("", "controls.hold.none"), *((which, f"controls.hold.{which}") for which in HOLDS)]
        self.choice = Segmented(look, choices)
        look.words.bind(self.choice, "setAccessibleName", "controls.hold")
        look.words.bind(self.choice, "setToolTip", "controls.hold.tip")
        self.body.addWidget(self.choice)
        self.choice.edited.connect(commands.hold)
        explorer.layers_changed.connect(self._show)
        self._show()

    def _show(self, *_: object) -> None:
        self.choice.set_value(self._commands.held)


class DirectionsSection(Section):
    """One slider for each named direction of the model; hidden when it has none."""

    def __init__(
        self, look: Look, explorer: Explorer, model: ModelState, parent: QWidget | None = None
    ) -> None:
        super().__init__(look, "controls.directions", parent=parent)
        self._look, self._explorer, self._model = look, explorer, model
        self._sliders: dict[str, SliderRow] = {}
        model.bundle_changed.connect(self._build)
        explorer.directions_changed.connect(self._show)
        look.words.language_changed.connect(self._name)
        self._build(model.bundle)

    def _build(self, bundle: Bundle | None) -> None:
        clear(self.body)
        directions = bundle.card.directions if bundle else ()
        self._sliders = {direction.name: self._slider(direction) for direction in directions}
        self.setVisible(bool(directions))
        self._name()
        self._show()

    def _slider(self, direction: Direction) -> SliderRow:
        slider = SliderRow(
            self._look,
            low=-REACH,
            high=REACH,
            origin=0.0,
            show=lambda value: f"{value:+.1f}" if abs(value) >= 0.05 else "0",
            read=float,
        )
        slider.track.sliderPressed.connect(self._explorer.begin_move)
        slider.edited.connect(lambda value: self._explorer.set_direction(direction.name, _snap(value)))
        slider.track.sliderReleased.connect(self._explorer.end_move)
        self.body.addWidget(slider)
        return slider

    def _name(self, *_: object) -> None:
        bundle = self._model.bundle
        for direction in bundle.card.directions if bundle else ():
            self._sliders[direction.name].set_name(direction.title(self._look.words.language))

    def _show(self, *_: object) -> None:
        amounts = dict(self._explorer.place.directions)
        for name, slider in self._sliders.items():
            slider.set_value(amounts.get(name, 0.0))


def _snap(value: float) -> float:
    """Near the middle is the middle."""
    return 0.0 if abs(value) < 0.06 else value
