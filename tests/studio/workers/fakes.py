"""Scripted stand-ins for what is slow or needs a model."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from engine.errors import BundleError
from engine.images import Picture
from engine.recipe import Recipe
from engine.style import Scores
from tests.studio.clock import Clock

MODEL = "m" * 64
OTHER = "n" * 64


def bundle(model: str = MODEL, path: str = "/models/fake") -> Any:
    card = SimpleNamespace(resolution=32, preview_resolution=16, style_size=4, directions=(), persona=None)
    return SimpleNamespace(id=model, name="fake", path=Path(path), card=card)


def provider(name: str = "CPU") -> Any:
    return SimpleNamespace(name=name, reason="because", threads=1)


@dataclass
class FakeEngine:
    """Renders a flat picture whose colour tells the seed; remembers what was asked, and can be held up."""

    bundle: Any = field(default_factory=bundle)
    provider: Any = field(default_factory=provider)
    seconds: float = 0.0
    """What a picture takes: by `clock` where there is one, else in truth."""
    clock: Clock | None = None
    preview_s: float = 0.0
    low_resolutions: bool = False
    asked: list[tuple[str, int | None]] = field(default_factory=list)
    fail_on: set[int | None] = field(default_factory=set)
    gate: threading.Event = field(default_factory=threading.Event)
    entered: threading.Event = field(default_factory=threading.Event)
    threads: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.gate.set()

    def render(self, recipe: Recipe) -> Picture:
        return self._make("full", recipe, self.bundle.card.resolution)

    def preview(self, recipe: Recipe) -> Picture:
        return self._make("preview", recipe, self.bundle.card.preview_resolution)

    def low_resolution(self, recipe: Recipe) -> Picture | None:
        side = self.bundle.card.preview_resolution // 2
        return self._make("low resolution", recipe, side) if self.low_resolutions else None

    def has_low_resolution(self) -> bool:
        self.asked.append(("has low resolution", None))
        return self.low_resolutions

    def scores(self, recipe: Recipe, image: Picture) -> Scores:
        self.asked.append(("score", recipe.seed))
        person = any(use.persona for use in recipe.styles)
        return Scores(0.5, 0.25 if person else None) if recipe.styles else Scores()

    def _make(self, what: str, recipe: Recipe, side: int) -> Picture:
        self.threads.add(threading.get_ident())
        self.asked.append((what, recipe.seed))
        self.entered.set()
        self.gate.wait(10)
        if self.seconds and what != "low resolution":
            (time.sleep if self.clock is None else self.clock.advance)(self.seconds)
        if recipe.seed in self.fail_on:
            raise BundleError("/models/fake", "it broke")
        return np.full((side, side, 3), (recipe.seed or 0) % 256, np.uint8)


def opener(engines: dict[str, FakeEngine] | FakeEngine) -> Callable[[Path | None, str], FakeEngine]:
    """Opens the engine of that folder name, or the only one. A missing one fails as a bundle does."""

    def open_one(path: Path | None, device: str) -> FakeEngine:
        if isinstance(engines, FakeEngine):
            return engines
        name = path.name if path else ""
        if name not in engines:
            raise BundleError(path or "default", "it is not there")
        return engines[name]

    return open_one


def recipe(seed: int, model: str = MODEL, **fields: Any) -> Recipe:
    return Recipe.from_seed(model, seed, **fields)
