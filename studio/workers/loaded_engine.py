"""A loaded model as the generator's thread uses it; imported there, for what it imports takes long."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from engine import providers
from engine.bundle import Bundle, default_bundle_path
from engine.errors import PersonaError
from engine.images import Picture
from engine.providers import Provider
from engine.recipe import Recipe
from engine.renderer import Renderer
from engine.style import Scores
from engine.style_maker import StyleMaker

FEW = 2
"""On so few processors low-resolution previews are likely wanted: they are prepared while the rest loads."""
TRIALS = 2
"""Previews that are timed."""


class LoadedEngine:
    """Generator and style encoder of one bundle on one provider."""

    def __init__(self, bundle: Bundle, provider: Provider) -> None:
        self.bundle = bundle
        self.preview_s = 0.0
        self._renderer = Renderer(bundle, provider)
        self._maker: StyleMaker | None = None

    @classmethod
    def open(cls, path: Path | None, device: str) -> LoadedEngine:
        """Loads the bundle, opens what a first preview needs and tries how fast it is.

        BundleError, DeviceError.
        """
        bundle = Bundle.load(path or default_bundle_path())
        engine = cls(bundle, providers.choose(device))
        if engine.provider.name == providers.CPU.name and engine.provider.threads <= FEW:
            threading.Thread(target=engine.has_low_resolution, name="low-resolution", daemon=True).start()
        engine._try_previews()
        return engine

    @property
    def provider(self) -> Provider:
        """Where pictures are made now: on the processor where the graphics card has failed."""
        return self._renderer.provider

    def _try_previews(self) -> None:
        """The first run of a graph takes several times as long; of the others the least disturbed counts."""
        took = []
        for seed in range(1 + TRIALS):
            began = time.perf_counter()
            self.preview(Recipe.from_seed(self.bundle.id, seed))
            took.append(time.perf_counter() - began)
        self.preview_s = min(took[1:])

    def render(self, recipe: Recipe) -> Picture:
        """The full picture."""
        return self._renderer.render(recipe)

    def preview(self, recipe: Recipe) -> Picture:
        """The small one."""
        return self._renderer.preview(recipe)

    def low_resolution(self, recipe: Recipe) -> Picture | None:
        """The small one at half its side; None where the model has none."""
        return self._renderer.low_resolution(recipe)

    def has_low_resolution(self) -> bool:
        """Whether there are low-resolution previews; takes up to a second the first time. From any thread."""
        try:
            return self._renderer.has_low_resolution()
        except PersonaError:  # the model is good enough without
            return False

    def scores(self, recipe: Recipe, image: Picture) -> Scores:
        """How well a full picture matches the recipe's styles."""
        if not recipe.styles:
            return Scores()
        if self._maker is None:
            self._maker = StyleMaker(self.bundle, network=self._renderer.network)
        return self._maker.scores(recipe.styles, image)
