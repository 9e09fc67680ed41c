"""The pictures that are judged: rendered from recipes through the bundle's graphs, so that what is judged is
what ships.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from engine import latent
from engine.bundle import Bundle
from engine.images import Picture, resize, to_tensor
from engine.providers import Provider
from engine.recipe import Recipe, SeedUse, StyleUse
from engine.renderer import Renderer
from engine.style import Style
from trainer.evaluation.features import Floats, in_chunks

POOL = 1_000_000
"""Seeds apart between pools: the pictures of two pools never share their z."""
BATCH = 8


class BundleSampler:
    """Makes recipes, and pictures of them. Pool p of seed s has the seeds from (1000 s + p) POOL on."""

    def __init__(self, bundle: Bundle, provider: Provider | None = None, *, seed: int = 0) -> None:
        self.bundle = bundle
        self.renderer = Renderer(bundle, provider)
        self._seed = seed

    def recipes(
        self, pool: int, count: int, styles: Floats | None = None, *, truncation: float = 1.0
    ) -> list[Recipe]:
        """`count` pictures of different z, the k-th in style k (beginning again after the last); None: no
        style.
        """
        first = (1000 * self._seed + pool) * POOL
        uses = [()] if styles is None else [(self.use(style),) for style in styles]
        return [
            Recipe(
                self.bundle.id,
                seeds=(SeedUse(first + number),),
                styles=uses[number % len(uses)],
                truncation=truncation,
            )
            for number in range(count)
        ]

    def use(self, style: Floats, name: str = "reference") -> StyleUse:
        """s [S], look and persona behind each other, as part of a recipe."""
        look, persona = np.split(style.astype(float), [self.bundle.card.look_size])
        return StyleUse(name, tuple(look.tolist()), persona=tuple(persona.tolist()) if persona.any() else ())

    def render(self, recipes: Iterable[Recipe]) -> Iterator[Picture]:
        """[R, R, 3] each."""
        return self.renderer.render_batch(recipes)

    def previews(self, recipes: Iterable[Recipe]) -> Iterator[Picture]:
        """[P, P, 3] each."""
        return self.renderer.render_batch(recipes, preview=True)

    def z(self, recipe: Recipe) -> Floats:
        """[Z]"""
        return latent.z(recipe, self.bundle.card.z_size)

    def styles(self, pictures: Iterable[Picture]) -> Floats:
        """E of each picture, look and persona each of unit length: [N, S]."""
        return self._encoded(pictures, self.renderer.network.style, self.bundle.card.style_size)

    def contents(self, pictures: Iterable[Picture]) -> Floats:
        """C of each picture: [N, Z]."""
        return self._encoded(pictures, self.renderer.network.content, self.bundle.card.z_size)

    def style_of(self, references: Sequence[Picture]) -> Floats:
        """One style from several references, as the product makes it: the directions of their means. [S]"""
        parts = np.split(self.styles(references).mean(axis=0), [self.bundle.card.look_size])
        return np.concatenate([latent.unit(part) for part in parts]).astype(np.float32)

    def joined(self, style: Style) -> Floats:
        """A style's s at its own strengths: [S]."""
        card = self.bundle.card
        sizes = card.look_size, card.persona_size
        return latent.joined_style([style.use()], *sizes, style.strength, style.likeness)

    def _encoded(self, pictures: Iterable[Picture], encode: object, size: int) -> Floats:
        assert callable(encode)
        card = self.bundle.card
        found = [np.zeros((0, size), np.float32)]
        for chunk in in_chunks(pictures, BATCH):
            tensors = [to_tensor(resize(one, card.resolution), card.color_range) for one in chunk]
            found.append(encode(np.stack(tensors)))
        return np.concatenate(found)
