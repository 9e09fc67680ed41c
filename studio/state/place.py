"""A place on the explorer's map: everything that determines the picture there, as one value."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.chart import Chart
from engine.errors import RecipeError
from engine.latent import interpolate, plane_recipe
from engine.recipe import DirectionUse, LayerMix, Recipe, SeedUse, StyleUse

ANCHOR_RADIUS = 1.5
"""Map units around an opened picture within which the map turns from it into the ordinary one."""


@dataclass(frozen=True)
class Place:
    """Everything that determines the picture under the probe. This is what undo remembers."""

    model: str = ""
    map_seed: int = 1
    """Which of the endless maps, where there is no chart."""
    x: float = 0.0
    y: float = 0.0
    anchor: Recipe | None = None
    """The noise of a picture that was opened: it lies at (anchor_x, anchor_y), the map goes on around it."""
    styles: tuple[StyleUse, ...] = ()
    style_strength: float = 1.0
    """How much of the styles' look, 0..1."""
    truncation: float = 0.7
    directions: tuple[tuple[str, float], ...] = ()
    layers: tuple[LayerMix, ...] = ()
    anchor_x: float = 0.0
    anchor_y: float = 0.0
    chart: Chart | None = None
    """The model's people in order; None until it is known."""
    likeness: float = 1.0
    """How much of the styles' person, 0..1."""

    def recipe(self) -> Recipe | None:
        """The recipe at this place; None without a model."""
        return self.recipe_at(self.x, self.y)

    def recipe_at(self, x: float, y: float) -> Recipe | None:
        """The recipe of another point of the same map."""
        if not self.model:
            return None
        base = self._base()
        if self.anchor is None:
            return self._ground(base, x, y)
        noise = self.anchor
        start = replace(
            base,
            seeds=noise.seeds,
            content=noise.content,
            content_weight=noise.content_weight,
            offset=noise.offset,
        )
        t = _smooth(self.from_anchor(x, y) / ANCHOR_RADIUS)
        return start if t == 0 else interpolate(start, self._ground(base, x, y), t)

    def from_anchor(self, x: float, y: float) -> float:
        """Map units from a point to the opened picture; infinite without one."""
        if self.anchor is None:
            return math.inf
        if self.chart is not None:
            return self.chart.apart(x, y, self.anchor_x, self.anchor_y)
        return math.hypot(x - self.anchor_x, y - self.anchor_y)

    def opened(self, recipe: Recipe) -> Place:
        """The place at which `recipe` is what one sees: its own on the chart, or else a new one here."""
        chart = self.chart if self.chart is not None and self.chart.model == recipe.model else None
        plain = Place(
            model=recipe.model,
            map_seed=self.map_seed,
            styles=recipe.styles,
            style_strength=recipe.style_strength,
            truncation=recipe.truncation,
            directions=tuple((use.name, use.amount) for use in recipe.directions),
            layers=recipe.layers,
            chart=chart,
            likeness=recipe.likeness,
        )
        return plain._with_noise(_noise(recipe), self.x if chart else 0.0, self.y if chart else 0.0)

    def closer(self, recipe: Recipe) -> Place | None:
        """The same place with the offset of `recipe` for the opened photo; None if that photo is not open."""
        anchor = self.anchor
        if anchor is None or recipe.content is None or anchor.content != recipe.content:
            return None
        return replace(self, anchor=replace(anchor, offset=recipe.offset))

    def on_chart(self, chart: Chart) -> Place:
        """The same picture on the chart; the place itself when it is on one, or of another model."""
        recipe = self.recipe()
        if self.chart is not None or self.model != chart.model or recipe is None:
            return self
        place = replace(self, chart=chart)
        found = place._with_noise(_noise(recipe), self.x, self.y)
        was_on_it = (self.anchor_x, self.anchor_y) == (self.x, self.y) != (0.0, 0.0)
        return place if found.anchor is not None and self.anchor is not None and was_on_it else found

    def holding(self, first: int, last: int) -> Place:
        """The same picture, whose layers first..last of w will stay whatever one walks to.

        Layers that were held before are let go, also without a change: they are what one walks from.
        """
        recipe = self.recipe()
        if recipe is None:
            return self
        here = _noise(recipe)
        held = next((mix for mix in self.layers if is_held(mix)), None)
        mix = LayerMix(
            first,
            last,
            seeds=here.seeds,
            content=here.content,
            content_weight=here.content_weight,
            offset=here.offset,
        )
        rest = tuple(other for other in self.layers if not is_held(other))
        place = replace(self, layers=(*rest, mix))
        if held is None:
            return place
        if (held.first, held.last) == (first, last):
            return self
        before = Recipe(self.model, held.seeds, held.content, held.content_weight, offset=held.offset)
        return place._with_noise(before, self.x, self.y)

    def letting_go(self) -> Place:
        """Without held layers."""
        return replace(self, layers=tuple(mix for mix in self.layers if not is_held(mix)))

    def without_persons(self, digests: Collection[str]) -> Place:
        """The same place without the persons with `digests`; the place itself where none of them is."""

        def change(use: StyleUse) -> StyleUse:
            gone = use.persona and use.persona_digest in digests
            return replace(use, persona=()) if gone else use

        styles = tuple(map(change, self.styles))
        layers = tuple(replace(m, style=change(m.style)) if m.style else m for m in self.layers)
        if (styles, layers) == (self.styles, self.layers):
            return self
        return replace(self, styles=styles, layers=layers)

    @property
    def look_digest(self) -> str:
        """Names how the chart's people look here; "" where that is nothing to be remembered for long."""
        if self.chart is None or self.directions or self.layers:
            return ""
        return self._base().digest

    @property
    def held(self) -> LayerMix | None:
        """The layers that stay."""
        return next((mix for mix in self.layers if is_held(mix)), None)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the session file."""
        charted = self.chart is not None
        recipe = self.recipe() if charted else self.recipe_at(self.anchor_x, self.anchor_y)
        return {
            "map_seed": self.map_seed,
            "x": self.x,
            "y": self.y,
            "anchored": self.anchor is not None,
            "anchor": [self.anchor_x, self.anchor_y],
            "charted": charted,
            "recipe": recipe.to_dict() if recipe else None,
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Place:
        """Reads `to_dict` values. RecipeError when they are not a place.

        A place on a chart comes back as its picture; `on_chart` puts it where it was.
        """
        try:
            x, y, map_seed = float(value["x"]), float(value["y"]), int(value["map_seed"])
            recipe = Recipe.from_dict(value["recipe"]) if value["recipe"] is not None else None
            anchored, charted = bool(value["anchored"]), bool(value.get("charted"))
            at_x, at_y = (float(part) for part in value.get("anchor", (0.0, 0.0)))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise RecipeError(f"This is not a place: {error}.") from None
        if not (all(map(math.isfinite, (x, y, at_x, at_y))) and 0 <= map_seed < 1 << 62):
            raise RecipeError("This place is not on the map.")
        if recipe is None:
            return cls(map_seed=map_seed, x=x, y=y)
        opened = replace(cls(map_seed=map_seed).opened(recipe), x=x, y=y)
        if charted:
            return replace(opened, anchor_x=x, anchor_y=y)
        return replace(opened, anchor_x=at_x, anchor_y=at_y) if anchored else replace(opened, anchor=None)

    def _base(self) -> Recipe:
        """All but the noise."""
        return Recipe(
            model=self.model,
            seeds=(SeedUse(0),),
            styles=self.styles,
            style_strength=self.style_strength,
            truncation=self.truncation,
            directions=tuple(DirectionUse(name, amount) for name, amount in self.directions if amount),
            layers=self.layers,
            likeness=self.likeness,
        )

    def _ground(self, base: Recipe, x: float, y: float) -> Recipe:
        if self.chart is not None:
            return self.chart.recipe(base, x, y)
        return plane_recipe(base, x, y, self.map_seed)

    def _with_noise(self, noise: Recipe, x: float, y: float) -> Place:
        """Where `noise` is at home on the chart; as an anchor, unless it is just the one who lives there."""
        home = self.chart.cell_of(noise.seed) if self.chart is not None and noise.seed is not None else None
        if home is not None:
            x, y = float(home[0]), float(home[1])
            if noise.seeds == (SeedUse(noise.seed or 0),) and noise.content is None:
                return replace(self, x=x, y=y, anchor=None, anchor_x=0.0, anchor_y=0.0)
        return replace(self, x=x, y=y, anchor=noise, anchor_x=x, anchor_y=y)


def is_held(mix: LayerMix) -> bool:
    """Whether a layer mix is what `Place.holding` makes."""
    return mix.has_mix and mix.style is None and mix.amount == 1.0


def _noise(recipe: Recipe) -> Recipe:
    """The part of a recipe that z follows from."""
    return Recipe(recipe.model, recipe.seeds, recipe.content, recipe.content_weight, offset=recipe.offset)


def _smooth(t: float) -> float:
    """0 at 0, 1 from 1 on, flat at both ends."""
    t = min(1.0, max(0.0, t))
    return t * t * (3 - 2 * t)
