"""What the generator's thread needs of a loaded model, and who loads one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from engine.recipe import Recipe

if TYPE_CHECKING:
    from engine.bundle import Bundle
    from engine.images import Picture
    from engine.providers import Provider
    from engine.style import Scores


class Engine(Protocol):
    """What the thread needs of a loaded model; called from the thread only."""

    @property
    def bundle(self) -> Bundle:
        """The model."""
        ...

    @property
    def provider(self) -> Provider:
        """Where it runs."""
        ...

    @property
    def preview_s(self) -> float:
        """What a small picture took when it was tried; 0: it was not."""
        ...

    def render(self, recipe: Recipe) -> Picture:
        """The full picture."""
        ...

    def preview(self, recipe: Recipe) -> Picture:
        """The small one."""
        ...

    def low_resolution(self, recipe: Recipe) -> Picture | None:
        """The small one at half its side, which is quicker; None where the model has none."""
        ...

    def has_low_resolution(self) -> bool:
        """Whether there are low-resolution previews. It may take a second: call it from another thread."""
        ...

    def scores(self, recipe: Recipe, image: Picture) -> Scores:
        """How well a full picture matches the recipe's styles."""
        ...


Opener = Callable[[Path | None, str], Engine]
"""open(folder of the bundle or None for the default one, device) -> Engine; may take seconds."""


def open_engine(path: Path | None, device: str) -> Engine:
    """Loads a bundle on a device. BundleError, DeviceError."""
    from studio.workers.loaded_engine import LoadedEngine

    return LoadedEngine.open(path, device)
