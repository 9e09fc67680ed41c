from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from engine import latent
from engine.errors import RecipeError
from engine.latent import interpolate, lattice_seed, plane_recipe
from engine.recipe import DirectionUse, LayerMix, Recipe, SeedUse, StyleUse, pack_offset

Z = 512
A = Recipe.from_seed("m", 1, truncation=0.5)
B = Recipe.from_seed("m", 2, truncation=0.9)


def test_z_is_the_same_on_every_platform() -> None:
    z = latent.z_from_seed(1, 3)
    assert z.dtype == np.float32
    np.testing.assert_array_equal(
        z, np.array([0.345584192064786, 0.8216181435011584, 0.33043707618338714], np.float32)
    )


def test_an_offset_fades_with_its_photo() -> None:
    rows = np.arange(6, dtype=np.float32).reshape(3, 2)
    photo = Recipe("m", content=(0.0,) * Z, offset=pack_offset(rows))
    np.testing.assert_array_equal(latent.offset(photo, 2, 4), rows)
    assert latent.offset(A, 2, 4) is None
    shares = [interpolate(photo, Recipe.from_seed("m", 2), t) for t in (0.25, 0.5, 0.75)]
    found = [latent.offset(one, 2, 4) for one in shares]
    lengths = [float(np.linalg.norm(one)) for one in found if one is not None]
    assert len(lengths) == 3 and lengths == sorted(lengths, reverse=True)
    assert interpolate(photo, A, 1.0).offset == ""


def test_two_photos_become_one_with_both_offsets() -> None:
    a = Recipe("m", content=(1.0,) * 4, offset=pack_offset(np.ones((1, 2))))
    b = Recipe("m", content=(-1.0, 1.0, -1.0, 1.0), offset=pack_offset(np.ones((2, 2))))
    half = interpolate(a, b, 0.5)
    assert half.content is not None
    found = latent.offset(half, 2, 2)
    assert found is not None
    np.testing.assert_allclose(found, [[math.sqrt(2)] * 2, [math.sqrt(0.5)] * 2], atol=1e-2)
    plain = interpolate(a, replace(b, offset=""), 0.5)
    np.testing.assert_allclose(latent.offset(plain, 2, 2), [[math.sqrt(0.5)] * 2], atol=1e-2)


@pytest.mark.parametrize("rows", [np.ones(3), np.ones((5, 2))])
def test_an_offset_must_fit_the_model(rows: np.ndarray) -> None:
    with pytest.raises(RecipeError, match="another w"):
        latent.offset(Recipe("m", content=(0.0,), offset=pack_offset(rows)), 2, 4)


def test_mixing_keeps_the_variance() -> None:
    for weights in ([1, 1], [0.9, 0.1], [3, -1, 2]):
        zs = [latent.z_from_seed(seed, 20_000) for seed in range(len(weights))]
        assert latent.mix(zs, weights).std() == pytest.approx(1, abs=0.02)


def test_the_same_seed_twice_is_that_seed() -> None:
    twice = replace(A, seeds=(SeedUse(1, 0.4), SeedUse(1, 0.6)))
    np.testing.assert_allclose(latent.z(twice, Z), latent.z(A, Z), atol=1e-6)


def test_seeds_without_weight_are_refused() -> None:
    with pytest.raises(RecipeError, match="no weight"):
        latent.z(replace(A, seeds=(SeedUse(1, 1.0), SeedUse(1, -1.0))), Z)


def test_content_is_one_more_member() -> None:
    photo = tuple(latent.z_from_seed(77, Z).tolist())
    alone = Recipe("m", content=photo)
    np.testing.assert_array_equal(latent.z(alone, Z), np.array(photo, np.float32))
    both = replace(A, content=photo, content_weight=2.0)
    expected = latent.mix([latent.z_from_seed(1, Z), photo], [1.0, 2.0])
    np.testing.assert_allclose(latent.z(both, Z), expected, atol=1e-6)
    with pytest.raises(RecipeError, match="works with 8"):
        latent.z(alone, 8)


def test_style_is_a_normalised_mean_of_directions() -> None:
    styles = (StyleUse("a", (2.0, 0.0), 1.0), StyleUse("b", (0.0, 0.5), 1.0))
    s = latent.style(replace(A, styles=styles, style_strength=0.5), 2)
    np.testing.assert_allclose(s, [0.5 * math.sqrt(0.5)] * 2, rtol=1e-6)
    assert not latent.style(A, 2).any()
    opposite = (styles[0], StyleUse("c", (-1.0, 0.0)))
    assert not latent.style(replace(A, styles=opposite), 2).any()
    with pytest.raises(RecipeError, match="'a'"):
        latent.style(replace(A, styles=styles), 3)


def slerp(a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
    """Spherical interpolation as in the textbook: directions at constant speed, lengths linearly."""
    la, lb = np.linalg.norm(a), np.linalg.norm(b)
    angle = math.acos(float(a @ b) / (la * lb))
    way = (math.sin((1 - t) * angle) * a / la + math.sin(t * angle) * b / lb) / math.sin(angle)
    return way * ((1 - t) * la + t * lb)


def test_truncation() -> None:
    w, centre = np.array([[1, 2]], np.float32), np.array([[0, 1]], np.float32)
    np.testing.assert_allclose(latent.truncate(w, centre, 0.5), [[0.5, 1.5]])


class TestInterpolate:
    def test_ends_are_the_recipes_themselves(self) -> None:
        assert interpolate(A, B, 0) is A and interpolate(A, B, 1) is B
        assert interpolate(A, B, -1) is A and interpolate(A, B, 2) is B

    def test_turns_evenly_and_keeps_the_variance(self) -> None:
        zs = [latent.z(interpolate(A, B, t), 20_000) for t in np.linspace(0, 1, 9)]
        steps = [float(np.linalg.norm(q - p)) for p, q in pairwise(zs)]
        assert max(steps) / min(steps) < 1.01
        assert all(z.std() == pytest.approx(1, abs=0.02) for z in zs)

    def test_a_shared_seed_stays(self) -> None:
        a = replace(A, seeds=(SeedUse(1, 3.0), SeedUse(2, 1.0)))
        middle = interpolate(a, A, 0.5)
        assert {use.seed for use in middle.seeds} == {1, 2}
        z, za, zb = (latent.z(recipe, Z) for recipe in (middle, a, A))
        expected = slerp(za, zb, 0.5)
        assert float(np.abs(z - expected).mean()) < 0.02

    def test_photos(self) -> None:
        p, q = (tuple(latent.z_from_seed(seed, Z).tolist()) for seed in (5, 6))
        a, b = Recipe("m", content=p), Recipe("m", content=q)
        mixed = interpolate(a, b, 0.5)
        assert not mixed.seeds
        expected = latent.mix([p, q], [1, 1])
        np.testing.assert_allclose(latent.z(mixed, Z), expected, atol=1e-5)
        towards_seed = interpolate(a, B, 0.25)
        assert towards_seed.content == p and [use.seed for use in towards_seed.seeds] == [2]

    def test_styles_turn_and_strengths_follow(self) -> None:
        east, north = StyleUse("e", (1.0, 0.0)), StyleUse("n", (0.0, 1.0), 5.0)
        a = replace(A, styles=(east,), style_strength=0.4)
        b = replace(B, styles=(north,), style_strength=0.8)
        s = latent.style(interpolate(a, b, 0.5), 2)
        np.testing.assert_allclose(s, 0.6 * np.array([1, 1]) / math.sqrt(2), rtol=1e-6)
        fading = latent.style(interpolate(a, B, 0.75), 2)
        np.testing.assert_allclose(fading, [0.1, 0], atol=1e-7)

    def test_the_rest_is_linear(self) -> None:
        a = replace(A, directions=(DirectionUse("smile", 2.0),))
        b = replace(B, directions=(DirectionUse("light", 1.0), DirectionUse("smile", 1.0)))
        middle = interpolate(a, b, 0.5)
        assert middle.truncation == pytest.approx(0.7)
        assert middle.directions == (DirectionUse("smile", 1.5), DirectionUse("light", 0.5))

    def test_layers_fade(self) -> None:
        a, b = replace(A, layers=(LayerMix(0, 1, 5),)), replace(B, layers=(LayerMix(2, 3, 6),))
        assert interpolate(a, b, 0.25).layers == (
            LayerMix(0, 1, 5, amount=0.75),
            LayerMix(2, 3, 6, amount=0.25),
        )
        assert interpolate(a, replace(B, layers=a.layers), 0.3).layers == a.layers

    def test_models_must_agree(self) -> None:
        with pytest.raises(RecipeError, match="different models"):
            interpolate(A, replace(B, model="other"), 0.5)

    def test_vary_stays_near(self) -> None:
        near = latent.z(latent.vary(A, 99, 0.1), Z)
        far = latent.z(latent.vary(A, 99, 0.9), Z)
        z = latent.z(A, Z)
        assert np.linalg.norm(near - z) < 0.3 * np.linalg.norm(far - z)
        assert latent.vary(A, 99, 0.0) == A


class TestPlane:
    def test_lattice_points_are_plain_seeds(self) -> None:
        recipe = plane_recipe(A, -3, 5, 42)
        assert recipe == replace(A, seeds=(SeedUse(lattice_seed(42, -3, 5), 1.0),))

    def test_seeds_are_the_same_on_every_platform(self) -> None:
        assert [lattice_seed(0, 0, 0), lattice_seed(42, -3, 5), lattice_seed(42, 5, -3)] == [
            595752380,
            2857278948,
            598504653,
        ]

    def test_seeds_differ(self) -> None:
        seeds = {lattice_seed(m, i, j) for m in range(3) for i in range(-20, 20) for j in range(-20, 20)}
        assert len(seeds) == 3 * 1600

    def test_is_smooth(self) -> None:
        """No jump and no kink, across cell borders too: second differences vanish with the step."""
        for h in (1e-2, 1e-3):
            for x, y, dx, dy in ((0, 0.3, 1, 0), (0.4, 1, 0, 1), (2, 2, 1, 1), (0.5, 0.5, 1, -1)):
                p, q, r = (
                    latent.z(plane_recipe(A, x + k * h * dx, y + k * h * dy, 7), 4000) for k in (-1, 0, 1)
                )
                assert np.linalg.norm(q - p) / 4000**0.5 < 6 * h
                assert np.linalg.norm(r - 2 * q.astype(float) + p) / 4000**0.5 < 60 * h * h + 1e-6

    def test_keeps_the_variance_everywhere(self) -> None:
        rng = np.random.default_rng(0)
        for x, y in rng.uniform(-1e6, 1e6, (20, 2)):
            assert latent.z(plane_recipe(A, x, y, 1), 5000).std() == pytest.approx(1, abs=0.05)

    def test_photo_and_style_stay(self) -> None:
        base = replace(A, content=(1.0,) * 4, styles=(StyleUse("s", (1.0,)),))
        moved = plane_recipe(base, 0.5, 0.5, 1)
        assert (moved.content, moved.styles, len(moved.seeds)) == (base.content, base.styles, 4)

    @pytest.mark.parametrize("x", [math.nan, math.inf, 1e20])
    def test_off_the_map(self, x: float) -> None:
        with pytest.raises(RecipeError, match="off the map"):
            plane_recipe(A, x, 0, 1)
