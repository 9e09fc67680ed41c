"""The explorer: where on the endless map one stands, in which style, and the recipe that follows from it."""

from __future__ import annotations

import math
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from engine.chart import Chart
from engine.recipe import LayerMix, Recipe, StyleUse
from engine.style import Scores
from studio.state.place import Place
from studio.state.properties import Field

MIN_ZOOM, MAX_ZOOM = 0.05, 64.0
MAP_SEEDS = 1 << 31


@dataclass(frozen=True)
class Pin:
    """A place that is remembered on the map."""

    id: int
    place: Place
    name: str = ""


class Explorer(QObject):
    """Where one stands. What changes the picture changes `recipe` too."""

    x = Field[float]()
    """Position on the map, in map units: neighbouring people are one unit apart."""
    y = Field[float]()
    """Position on the map, in map units; down is larger."""
    map_seed = Field[int]()
    """Which of the many maps."""
    truncation = Field[float](lambda value: min(1.2, max(0.0, value)))
    """0..1.2; smaller is nearer to the style's average picture."""
    style_strength = Field[float](lambda value: min(1.0, max(0.0, value)))
    """0 without the styles' look ... 1 the whole look."""
    likeness = Field[float](lambda value: min(1.0, max(0.0, value)))
    """0 without the styles' person ... 1 the whole likeness."""
    styles = Field[tuple[StyleUse, ...]]()
    """The styles in use, with weights."""
    layers = Field[tuple[LayerMix, ...]]()
    """Layers taken from elsewhere."""

    recipe_changed = Signal(object)
    """Recipe | None, on every move."""
    place_changed = Signal(object)
    """Place, on every move."""
    settled = Signal(object)
    """Place: the hand rests after a move; history takes a step."""
    zoom_changed = Signal(float)
    truncation_changed = Signal(float)
    style_strength_changed = Signal(float)
    likeness_changed = Signal(float)
    styles_changed = Signal(object)
    """tuple[StyleUse, ...]."""
    directions_changed = Signal(object)
    """dict name -> amount."""
    layers_changed = Signal(object)
    """tuple[LayerMix, ...]."""
    moving_changed = Signal(bool)
    image_changed = Signal(object)
    """QImage | None: the picture under the probe, preview or full."""
    scores_changed = Signal(object)
    """Scores: how well the picture under the probe matches its styles."""
    pins_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._place = Place()
        self._recipe: Recipe | None = None
        self._zoom = 1.0
        self._moves = 0
        self._at_begin: Place | None = None
        self._image: QImage | None = None
        self._is_full = False
        self._shown: Recipe | None = None
        self._scores = Scores()
        self._pins: tuple[Pin, ...] = ()
        self._next_pin = 1
        self._forgotten: frozenset[str] = frozenset()

    # ---- where one stands

    @property
    def place(self) -> Place:
        """Everything that determines the picture, as one value."""
        return self._place

    @property
    def recipe(self) -> Recipe | None:
        """What is under the probe; None before a model is loaded."""
        return self._recipe

    @property
    def shows_person(self) -> bool:
        """Whether a style in use says who is shown."""
        return any(use.persona and use.weight for use in self._place.styles)

    @property
    def directions(self) -> dict[str, float]:
        """How far to go along named directions."""
        return dict(self._place.directions)

    @property
    def zoom(self) -> float:
        """How close one looks; does not change the picture under the probe."""
        return self._zoom

    @zoom.setter
    def zoom(self, value: float) -> None:
        value = min(MAX_ZOOM, max(MIN_ZOOM, value))
        if value != self._zoom:
            self._zoom = value
            self.zoom_changed.emit(value)

    @property
    def fields(self) -> Place:
        """What the fields of a place are read from."""
        return self._place

    def set_field(self, name: str, value: Any) -> None:
        """The same place with another field: a whole move outside a drag."""
        self._go(replace(self._place, **{name: value}))

    # ---- moving

    @property
    def moving(self) -> bool:
        """Whether something is being dragged: previews now, the full picture when it rests."""
        return self._moves > 0

    def begin_move(self) -> None:
        """A drag (of the canvas or a slider) begins; may be nested."""
        self._moves += 1
        if self._moves == 1:
            self._at_begin = self._place
            self.moving_changed.emit(True)

    def end_move(self) -> None:
        """The drag ends: the full picture is asked for, and history takes a step."""
        if self._moves == 0:
            return
        self._moves -= 1
        if self._moves == 0:
            self.moving_changed.emit(False)
            if self._place != self._at_begin:
                self.settled.emit(self._place)

    def move_to(self, x: float, y: float) -> None:
        """Goes to a point of the map. Outside a drag this is a whole move."""
        if math.isfinite(x) and math.isfinite(y):
            self._go(replace(self._place, x=float(x), y=float(y)))

    def move_by(self, dx: float, dy: float) -> None:
        """Goes on by map units."""
        self.move_to(self._place.x + dx, self._place.y + dy)

    def shuffle(self, map_seed: int | None = None) -> None:
        """Somewhere else: another person of the chart or, without one, another map at its origin."""
        seed = secrets.randbelow(MAP_SEEDS) if map_seed is None else map_seed
        x, y, chart = 0.0, 0.0, self._place.chart
        if chart is not None:
            x, y = float(seed % chart.columns), float(seed // chart.columns % chart.rows)
            seed = self._place.map_seed
        self._go(replace(self._place, map_seed=seed, x=x, y=y, anchor=None, anchor_x=0.0, anchor_y=0.0))

    def open(self, recipe: Recipe) -> None:
        """Continues from a recipe: it lies where one stands, and the map goes on around it."""
        self._go(self._place.opened(recipe))

    def go(self, place: Place) -> None:
        """To any place, as a step."""
        self._go(place)

    def set_model(self, model_id: str) -> None:
        """The model in use. An opened picture and styles of another model are let go."""
        if model_id == self._place.model:
            return
        fresh = Place(model_id, self._place.map_seed, self._place.x, self._place.y)
        self._go(replace(fresh, truncation=self._place.truncation), quietly=True)

    def take_chart(self, chart: Chart) -> None:
        """The model's chart is known: everything that is remembered moves onto it, no picture changes."""
        if chart.model == self._place.model:
            self._go(self._place.on_chart(chart), quietly=True)
            self.set_pins(self._pins)

    def set_styles(
        self,
        styles: Sequence[StyleUse],
        strength: float | None = None,
        likeness: float | None = None,
        *,
        quietly: bool = False,
    ) -> None:
        """The styles in use, with weights; strength of their look and likeness stay where they are None.

        quietly: no step in history.
        """
        strength = self._place.style_strength if strength is None else min(1.0, max(0.0, strength))
        likeness = self._place.likeness if likeness is None else min(1.0, max(0.0, likeness))
        place = replace(self._place, styles=tuple(styles), style_strength=strength, likeness=likeness)
        self._go(place, quietly=quietly)

    def set_direction(self, name: str, amount: float) -> None:
        """How far to go along a named direction; 0 not at all."""
        directions = dict(self._place.directions) | {name: amount}
        self._go(replace(self._place, directions=tuple((n, a) for n, a in directions.items() if a)))

    def clear_directions(self) -> None:
        """Back from all directions."""
        self._go(replace(self._place, directions=()))

    def hold_layers(self, first: int, last: int) -> None:
        """Layers first..last of w stay as they are, wherever one goes; the picture here stays the same."""
        self._go(self._place.holding(first, last))

    def let_go(self) -> None:
        """No layer stays any more."""
        self._go(self._place.letting_go())

    def recipe_at(self, x: float, y: float) -> Recipe | None:
        """What another point of the map would show, all else being equal."""
        return self._place.recipe_at(x, y)

    def restore(self, place: Place) -> None:
        """Goes somewhere without a step in history (undo, the last session)."""
        self._go(place, quietly=True)

    def forget_persons(self, digests: Collection[str]) -> None:
        """Persons who are not to be shown any more, wherever one goes."""
        self._forgotten = self._forgotten | set(digests)
        self.set_pins(self._pins)
        self._go(self._place, quietly=True)

    # ---- what one sees

    @property
    def image(self) -> QImage | None:
        """The picture under the probe."""
        return self._image

    @property
    def is_full(self) -> bool:
        """Whether `image` is the full picture rather than a preview."""
        return self._is_full

    def is_sharp(self, recipe: Recipe) -> bool:
        """Whether the full picture of a recipe is shown."""
        return self._is_full and self._shown == recipe

    @property
    def is_current(self) -> bool:
        """Whether `image` shows the present recipe rather than one from a moment ago."""
        return self._shown is not None and self._shown == self._recipe

    @property
    def scores(self) -> Scores:
        """How well the picture under the probe matches its styles, once known."""
        return self._scores

    def show(self, recipe: Recipe, image: QImage, *, full: bool) -> None:
        """A picture has come for a recipe."""
        if self._recipe is None or recipe.model != self._recipe.model:
            return
        if recipe != self._shown:
            self._set_scores(Scores())
        self._shown, self._image, self._is_full = recipe, image, full
        self.image_changed.emit(image)

    def show_scores(self, recipe: Recipe, scores: Scores) -> None:
        """It has come how well the picture of a recipe matches."""
        if recipe == self._shown:
            self._set_scores(scores)

    # ---- pins

    @property
    def pins(self) -> tuple[Pin, ...]:
        """The remembered places."""
        return self._pins

    def add_pin(self, name: str = "") -> Pin:
        """Remembers where one stands."""
        pin = Pin(self._next_pin, self._place, name)
        self._next_pin += 1
        self.set_pins((*self._pins, pin))
        return pin

    def remove_pin(self, id: int) -> None:
        """Forgets a place."""
        self.set_pins([pin for pin in self._pins if pin.id != id])

    def go_to_pin(self, id: int) -> None:
        """Goes back to a remembered place."""
        for pin in self._pins:
            if pin.id == id:
                self._go(pin.place)

    def set_pins(self, pins: Sequence[Pin]) -> None:
        """Takes in remembered places."""
        chart = self._place.chart
        if chart is not None:
            pins = [replace(pin, place=pin.place.on_chart(chart)) for pin in pins]
        self._pins = tuple(replace(p, place=p.place.without_persons(self._forgotten)) for p in pins)
        self._next_pin = max((self._next_pin, *(pin.id + 1 for pin in self._pins)))
        self.pins_changed.emit()

    # ---- inside

    def _go(self, place: Place, *, quietly: bool = False) -> None:
        before, place = self._place, place.without_persons(self._forgotten)
        if place == before:
            return
        recipe = place.recipe()
        self._place = place
        self._tell_parts(before, place)
        if recipe != self._recipe:
            self._recipe = recipe
            if recipe is None or (self._shown is not None and self._shown.model != recipe.model):
                self._let_go_of_image()
            self.recipe_changed.emit(recipe)
        self.place_changed.emit(place)
        if not self.moving and not quietly:
            self.settled.emit(place)

    def _tell_parts(self, before: Place, after: Place) -> None:
        for name in ("truncation", "style_strength", "likeness", "styles", "layers"):
            if getattr(before, name) != getattr(after, name):
                getattr(self, f"{name}_changed").emit(getattr(after, name))
        if before.directions != after.directions:
            self.directions_changed.emit(dict(after.directions))

    def _let_go_of_image(self) -> None:
        self._shown = self._image = None
        self._is_full = False
        self._set_scores(Scores())
        self.image_changed.emit(None)

    def _set_scores(self, scores: Scores) -> None:
        if scores != self._scores:
            self._scores = scores
            self.scores_changed.emit(scores)
