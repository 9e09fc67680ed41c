from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine import latent
from engine import renderer as renderers
from engine.bundle import Bundle
from engine.errors import BundleError, Cancelled, DeviceError, RecipeError
from engine.images import from_tensor
from engine.network import Floats, Network
from engine.providers import choose
from engine.recipe import DirectionUse, LayerMix, Recipe, SeedUse, StyleUse, pack_offset
from engine.renderer import Renderer
from tests import tiny

STYLE = StyleUse("warm", (0.5, 0.5, -0.5, 0.5))


@pytest.fixture(scope="module")
def bundle(tiny_bundle: Path) -> Bundle:
    return Bundle.load(tiny_bundle)


@pytest.fixture(scope="module")
def renderer(bundle: Bundle) -> Renderer:
    return Renderer(bundle, choose("cpu"))


@pytest.fixture
def recipe(bundle: Bundle) -> Recipe:
    return Recipe.from_seed(bundle.id, 5)


def test_renders(renderer: Renderer, recipe: Recipe) -> None:
    picture, small = renderer.render(recipe), renderer.preview(recipe)
    assert picture.shape == (tiny.R, tiny.R, 3) and small.shape == (tiny.P, tiny.P, 3)
    assert picture.dtype == small.dtype == np.uint8
    assert picture.std() > 10
    shrunk = picture.reshape(tiny.P, 2, tiny.P, 2, 3).mean(axis=(1, 3))
    assert np.abs(shrunk - small).mean() < 1


def test_the_same_recipe_gives_the_same_bytes(bundle: Bundle, renderer: Renderer, recipe: Recipe) -> None:
    again = Renderer(bundle, choose("cpu"))
    np.testing.assert_array_equal(renderer.render(recipe), again.render(Recipe.from_json(recipe.to_json())))


@pytest.mark.parametrize("preview", [False, True])
def test_a_batch_gives_the_bytes_of_single_pictures(
    renderer: Renderer, recipe: Recipe, preview: bool
) -> None:
    recipes = [replace(recipe, seeds=(SeedUse(seed),)) for seed in range(19)]
    alone = [(renderer.preview if preview else renderer.render)(one) for one in recipes]
    done: list[int] = []
    together = list(renderer.render_batch(recipes, preview=preview, progress=done.append))
    assert done == list(range(1, 20))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))
    assert len({picture.tobytes() for picture in together}) == 19


class Unsteady(Network):
    """A device whose numbers depend on the batch size, as cuDNN's may."""

    def synthesis(self, w: Floats) -> Floats:
        return super().synthesis(w) + np.float32(0.1 * (len(w) > 1))


def test_an_unsteady_device_renders_one_by_one(bundle: Bundle, recipe: Recipe) -> None:
    renderer = Renderer(bundle, network=Unsteady(bundle, choose("cpu")))
    recipes = [replace(recipe, seeds=(SeedUse(seed),)) for seed in range(10)]
    together = list(renderer.render_batch(recipes))
    assert all(np.array_equal(renderer.render(a), b) for a, b in zip(recipes, together, strict=True))


def test_a_batch_can_be_stopped(renderer: Renderer, recipe: Recipe) -> None:
    seen: list[int] = []
    batch = renderer.render_batch([recipe] * 100, progress=seen.append, cancelled=lambda: len(seen) >= 5)
    with pytest.raises(Cancelled):
        list(batch)
    assert 5 <= len(seen) < 20


def test_a_batch_is_lazy(renderer: Renderer, recipe: Recipe) -> None:
    endless = (replace(recipe, seeds=(SeedUse(seed),)) for seed in range(10**9))
    assert next(renderer.render_batch(endless)).shape == (tiny.R, tiny.R, 3)


class TestW:
    def test_truncation_goes_to_the_centre(self, renderer: Renderer, recipe: Recipe) -> None:
        styled = replace(recipe, styles=(STYLE,))
        for one in (recipe, styled):
            centre = renderer.centre(latent.style(one, tiny.S))
            w = [renderer.w(replace(one, truncation=value)) for value in (0.0, 0.5, 1.0)]
            np.testing.assert_allclose(w[0], centre, atol=1e-6)
            np.testing.assert_allclose(w[1], (w[0] + w[2]) / 2, atol=1e-6)
        none = np.zeros(tiny.S, np.float32)
        assert np.abs(renderer.centre(none) - renderer.centre(latent.style(styled, tiny.S))).max() > 0.01

    def test_centre_is_a_mean_over_noise(self, renderer: Renderer) -> None:
        style = np.zeros(tiny.S, np.float32)
        z = np.random.Generator(np.random.PCG64(renderers.CENTRE_SEED)).standard_normal((256, tiny.Z))
        ws = [renderer.network.mapping(row[None].astype(np.float32), style[None])[0] for row in z]
        np.testing.assert_allclose(renderer.centre(style), np.mean(ws, axis=0), atol=1e-5)

    def test_style_strength(self, renderer: Renderer, recipe: Recipe) -> None:
        styled = replace(recipe, styles=(STYLE,))
        none = replace(styled, style_strength=0.0)
        np.testing.assert_array_equal(renderer.w(none), renderer.w(recipe))
        assert np.abs(renderer.w(styled) - renderer.w(recipe)).max() > 0.01

    def test_layers_come_from_elsewhere(self, renderer: Renderer, recipe: Recipe) -> None:
        other = replace(recipe, seeds=(SeedUse(99),))
        mixed = renderer.w(replace(recipe, layers=(LayerMix(1, 2, 99),)))
        w, v = renderer.w(recipe), renderer.w(other)
        np.testing.assert_array_equal(mixed[[0, 3]], w[[0, 3]])
        np.testing.assert_allclose(mixed[1:3], v[1:3], atol=1e-6)
        half = renderer.w(replace(recipe, layers=(LayerMix(1, 2, 99, amount=0.5),)))
        np.testing.assert_allclose(half[1:3], (w[1:3] + v[1:3]) / 2, atol=1e-6)
        styled = renderer.w(replace(recipe, layers=(LayerMix(0, 3, None, STYLE),)))
        np.testing.assert_allclose(styled, renderer.w(replace(recipe, styles=(STYLE,))), atol=1e-6)

    def test_layers_come_from_a_mix(self, renderer: Renderer, recipe: Recipe) -> None:
        photo = tuple(np.linspace(-1.0, 1.0, tiny.Z).tolist())
        noise = {"seeds": (SeedUse(99, 0.6), SeedUse(7, 0.8)), "content": photo, "content_weight": 0.5}
        mixed = renderer.w(replace(recipe, layers=(LayerMix(0, 0, **noise),)))
        np.testing.assert_allclose(mixed[0], renderer.w(replace(recipe, **noise))[0], atol=1e-6)
        np.testing.assert_array_equal(mixed[1:], renderer.w(recipe)[1:])

    def test_a_photos_offset_is_added_to_the_first_layers(self, bundle: Bundle, renderer: Renderer) -> None:
        rows = np.linspace(-1, 1, 2 * tiny.W).reshape(2, tiny.W).astype(np.float16)
        plain = Recipe(bundle.id, content=(0.5,) * tiny.Z, truncation=1.0)
        near = replace(plain, offset=pack_offset(rows))
        np.testing.assert_allclose(renderer.w(near)[:2] - renderer.w(plain)[:2], rows, atol=1e-6)
        np.testing.assert_array_equal(renderer.w(near)[2:], renderer.w(plain)[2:])
        half = replace(near, truncation=0.5)
        centre = renderer.centre(np.zeros(tiny.S, np.float32))
        np.testing.assert_allclose(renderer.w(half), (renderer.w(near) + centre) / 2, atol=1e-5)
        held = LayerMix(0, 0, content=near.content, offset=near.offset)
        walked = renderer.w(Recipe.from_seed(bundle.id, 5, truncation=1.0, layers=(held,)))
        np.testing.assert_allclose(walked[0], renderer.w(near)[0], atol=1e-6)

    def test_directions_are_added(self, bundle: Bundle, renderer: Renderer, recipe: Recipe) -> None:
        smile = bundle.direction("smile")
        assert smile
        moved = renderer.w(replace(recipe, directions=(DirectionUse("smile", -2.0),)))
        step = moved - renderer.w(recipe)
        np.testing.assert_allclose(step[:2], np.tile(np.array(smile.vector) * -1.0, (2, 1)), atol=1e-5)
        assert not step[2:].any()

    def test_is_remembered_and_cannot_be_spoilt(self, renderer: Renderer, recipe: Recipe) -> None:
        w = renderer.w(recipe)
        assert renderer.w(Recipe.from_json(recipe.to_json())) is w
        with pytest.raises(ValueError, match="read-only"):
            w[0] = 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"model": "other"}, "another model"),
        ({"layers": (LayerMix(0, tiny.L, 1),)}, "does not have"),
        ({"directions": (DirectionUse("frown", 1.0),)}, "'frown'"),
        ({"styles": (StyleUse("s", (1.0,)),)}, "works with 4"),
        ({"content": (1.0,)}, "works with 8"),
    ],
)
def test_refuses_recipes_that_do_not_fit(
    renderer: Renderer, recipe: Recipe, change: dict[str, object], reason: str
) -> None:
    with pytest.raises(RecipeError, match=reason):
        renderer.render(replace(recipe, **change))  # type: ignore[arg-type]


def test_a_photo_enters_the_latent_space(renderer: Renderer, recipe: Recipe) -> None:
    content = renderer.content(renderer.render(recipe))
    assert len(content) == tiny.Z
    assert renderer.content(np.zeros((100, 100, 3), np.uint8)) != content
    assert renderer.render(replace(recipe, seeds=(), content=content)).shape == (tiny.R, tiny.R, 3)


def test_many_threads_may_render(renderer: Renderer, recipe: Recipe) -> None:
    recipes = [replace(recipe, seeds=(SeedUse(seed),), styles=(STYLE,)) for seed in range(1000, 1006)]
    found: dict[int, bytes] = {}

    def work(n: int) -> None:
        found[n] = b"".join(renderer.render(one).tobytes() for one in recipes)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found.values())) == 1 and len(found) == 4


def test_numbers_that_are_none_are_an_error(bundle: Bundle) -> None:
    network = Network(bundle, choose("cpu"))
    with pytest.raises(BundleError, match="not finite"):
        network.synthesis(np.full((1, tiny.L, tiny.W), np.nan, np.float32))
    with pytest.raises(DeviceError, match="CPU failed in synthesis"):
        network.synthesis(np.zeros((1, 2, 3), np.float32))


def test_a_bundle_that_vanished_is_an_error(own_tiny_bundle: Path) -> None:
    bundle = Bundle.load(own_tiny_bundle)
    (own_tiny_bundle / "mapping.onnx").unlink()
    with pytest.raises(BundleError, match=r"mapping\.onnx is missing"):
        Renderer(bundle, choose("cpu")).warm()


def test_warming_up(bundle: Bundle) -> None:
    renderer = Renderer(bundle, choose("cpu"))
    renderer.warm()
    assert set(renderer.network._sessions) == {"mapping", "preview", "synthesis"}


def test_colour_range() -> None:
    tensor = np.array([0.0, 0.5, 1.0, 2.0], np.float32).reshape(1, 1, 4).repeat(3, axis=0)
    assert from_tensor(tensor, (0.0, 1.0))[0, :, 0].tolist() == [0, 128, 255, 255]
