"""From a recipe to a picture.

The same recipe gives the same bytes, alone or in a batch. w is calculated for each recipe by itself.
Pictures go through the network eight at a time, which keeps all cores busy, but only where that changes no
bit: kernels are chosen by shape, not by values, so the first batch is compared with single runs, and a device
whose numbers differ (cuDNN may choose by batch size) renders one by one from then on.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine import images, latent
from engine.bundle import Bundle
from engine.errors import Cancelled, RecipeError
from engine.images import Picture
from engine.network import Network
from engine.providers import Provider
from engine.recipe import LayerMix, Recipe, pack_offset

Floats = NDArray[np.float32]
Value = TypeVar("Value")

BATCH = 8
"""Pictures in one run of the network; up to 512 px, fewer above."""
CENTRE_SAMPLES = 256
"""How many z a style's centre is the mean of."""
CENTRE_SEED = 20_240_229
"""Seed of those z: the same for every style and model."""


class Renderer:
    """Renders recipes with one bundle on one provider. Thread-safe."""

    def __init__(
        self, bundle: Bundle, provider: Provider | None = None, *, network: Network | None = None
    ) -> None:
        """provider None: `providers.choose()`. network: one to share, instead of a new one."""
        self.bundle = bundle
        self.network = network or Network(bundle, provider)
        self._ws: _Cache[Floats] = _Cache(512)
        self._centres: _Cache[Floats] = _Cache(64)
        self._steady: dict[bool, bool] = {}
        """preview -> whether a batch gives the same numbers as single runs; missing: not known yet."""

    @property
    def provider(self) -> Provider:
        """Where pictures are made now."""
        return self.network.provider

    def render(self, recipe: Recipe) -> Picture:
        """uint8 [R, R, 3]. RecipeError when the recipe does not fit the model."""
        return self._pictures([self.w(recipe)], preview=False)[0]

    def preview(self, recipe: Recipe) -> Picture:
        """uint8 [P, P, 3]: the same picture, smaller and far cheaper."""
        return self._pictures([self.w(recipe)], preview=True)[0]

    def low_resolution(self, recipe: Recipe) -> Picture | None:
        """uint8 [P / 2, P / 2, 3]: softer, and quicker still; None where the model has no such picture."""
        found = self.network.low_resolution(self.w(recipe)[None])
        return None if found is None else images.from_tensor(found[0], self._range)

    def has_low_resolution(self) -> bool:
        """Whether the model has low-resolution previews; the first time takes a second. From any thread."""
        return self.network.has_low_resolution()

    def render_batch(
        self,
        recipes: Iterable[Recipe],
        preview: bool = False,
        progress: Callable[[int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Iterator[Picture]:
        """Pictures in the order of `recipes`, byte for byte those of `render` or `preview`.

        progress(done) after each picture; when cancelled() says yes, Cancelled is raised.
        """
        waiting, done = iter(recipes), 0
        while chunk := list(islice(waiting, self._batch_size)):
            if cancelled and cancelled():
                raise Cancelled
            for picture in self._pictures([self.w(recipe) for recipe in chunk], preview):
                done += 1
                if progress:
                    progress(done)
                yield picture

    def w(self, recipe: Recipe) -> Floats:
        """[L, W]: the recipe's place in w, read-only."""
        return self._ws.get(recipe, lambda: self._w(recipe))

    def centre(self, style: Floats) -> Floats:
        """[L, W]: the mean of mapping(z, style) over a fixed set of z; style [S], zeros for none."""
        return self._centres.get(style.tobytes(), lambda: self._centre(style))

    def content(self, image: Picture) -> tuple[float, ...]:
        """[Z]: where an aligned picture lies in the latent space, for `Recipe.content`."""
        tensor = images.to_tensor(images.resize(image, self.bundle.card.resolution), self._range)
        return tuple(self.network.content(tensor[None])[0].astype(float).tolist())

    def offset(self, image: Picture) -> str:
        """What an aligned picture has beyond its z and its look, for `Recipe.offset`: the person, too.

        Empty where the model cannot say: inversion has to find it there.
        """
        card = self.bundle.card
        if not card.detail_rows:
            return ""
        tensor = images.to_tensor(images.resize(image, card.resolution), self._range)[None]
        style = self.network.style(tensor)
        style[:, card.look_size :] = 0
        w = self.network.mapping(self.network.content(tensor), style)
        offset = np.zeros_like(w[0])
        offset[card.num_layers :] = (self.network.detail(tensor) - self.network.made_detail(w))[0]
        return pack_offset(offset)

    def warm(self) -> None:
        """Opens what rendering needs and renders once, so that the first picture does not wait."""
        self.network.open("mapping", "preview", "synthesis")
        recipe = Recipe.from_seed(self.bundle.id, 0)
        self.preview(recipe)
        self.render(recipe)

    @property
    def _range(self) -> tuple[float, float]:
        return self.bundle.card.color_range

    @property
    def _batch_size(self) -> int:
        return max(1, min(BATCH, BATCH * 512**2 // self.bundle.card.resolution**2))

    def _pictures(self, ws: Sequence[Floats], preview: bool) -> list[Picture]:
        """The pictures at places [L, W] in w; only full batches run as one."""
        run = self.network.preview if preview else self.network.synthesis
        batched = len(ws) > 1 and len(ws) == self._batch_size and self._steady.get(preview, True)
        found = run(np.stack(ws)) if batched else None
        if found is not None and preview not in self._steady:
            self._steady[preview] = all(
                np.array_equal(found[i], run(ws[i][None])[0]) for i in (0, len(ws) // 2, len(ws) - 1)
            )
            found = found if self._steady[preview] else None
        rows = found if found is not None else (run(w[None])[0] for w in ws)
        return [images.from_tensor(row, self._range) for row in rows]

    def _w(self, recipe: Recipe) -> Floats:
        card = self.bundle.card
        self._check(recipe)
        z = latent.z(recipe, card.z_size)
        style = latent.style(recipe, card.look_size, card.persona_size)
        w = self._truncated(z, style, recipe.truncation, recipe).copy()
        for layer in recipe.layers:
            rows = slice(layer.first, layer.last + 1)
            other = self._other(layer, recipe, z, style)
            w[rows] += np.float32(layer.amount) * (other[rows] - w[rows])
        for use in recipe.directions:
            direction = self.bundle.direction(use.name)
            assert direction is not None
            step = np.asarray(direction.vector) * (use.amount * direction.scale)
            w[direction.first : direction.last + 1] += step.astype(np.float32)
        w.flags.writeable = False
        return w

    def _check(self, recipe: Recipe) -> None:
        if recipe.model != self.bundle.id:
            raise RecipeError(
                "The recipe belongs to another model than the one that is loaded.", "other-model"
            )
        for layer in recipe.layers:
            if layer.last >= self.bundle.card.num_ws:
                raise RecipeError(f"The recipe mixes layer {layer.last}, which this model does not have.")
        for use in recipe.directions:
            if self.bundle.direction(use.name) is None:
                raise RecipeError(f"This model has no direction called {use.name!r}.")

    def _other(self, layer: LayerMix, recipe: Recipe, z: Floats, style: Floats) -> Floats:
        """The truncated w that a layer mix takes its layers from."""
        card = self.bundle.card
        photo: Recipe | LayerMix | None = recipe if layer.seed is None else None
        if layer.seed is not None:
            z = latent.z_from_seed(layer.seed, card.z_size)
        elif layer.has_mix:
            z, photo = latent.z(layer, card.z_size), layer
        if layer.style is not None:
            sizes = card.look_size, card.persona_size
            style = latent.joined_style([layer.style], *sizes, recipe.style_strength, recipe.likeness)
        return self._truncated(z, style, recipe.truncation, photo)

    def _truncated(
        self, z: Floats, style: Floats, truncation: float, photo: Recipe | LayerMix | None = None
    ) -> Floats:
        """photo: whose offset is added."""
        w = self.network.mapping(z[None], style[None])[0]
        offset = latent.offset(photo, *w.shape[::-1]) if photo is not None else None
        if offset is not None:
            w = w.copy()
            w[: len(offset)] += offset
        return w if truncation == 1.0 else latent.truncate(w, self.centre(style), truncation)

    def _centre(self, style: Floats) -> Floats:
        z = np.random.Generator(np.random.PCG64(CENTRE_SEED)).standard_normal(
            (CENTRE_SAMPLES, self.bundle.card.z_size)
        )
        styles = np.repeat(style[None], CENTRE_SAMPLES, axis=0)
        w = self.network.mapping(z.astype(np.float32), styles)
        return w.mean(axis=0, dtype=np.float64).astype(np.float32)


class _Cache(Generic[Value]):
    """Keeps the values used last. Two threads may calculate the same value; it is the same."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Value] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        value = make()
        with self._lock:
            self._kept[key] = value
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return value
