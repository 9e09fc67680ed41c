"""The mathematics of z, s and w: seeds, mixing, truncation, interpolation and the endless map.

z is drawn from N(0, I), and every mix of z is scaled to keep that variance: pictures from between two seeds
are as good as those of either. Mixes are recipes, never bare vectors, so that each can be saved.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import RecipeError
from engine.recipe import DirectionUse, LayerMix, Recipe, SeedUse, StyleUse, pack_offset, unpack_offset

Vector = NDArray[np.float32]
Array64 = NDArray[np.float64]


class Photo(NamedTuple):
    """A photo as a source of z, and of the offset that goes with it."""

    content: tuple[float, ...]
    offset: str


Axis = int | Photo
"""An independent source of z: a seed, or a photo."""

NEGLIGIBLE = 1e-6


def z_from_seed(seed: int, size: int) -> Vector:
    """z ~ N(0, I) of a seed: [size], the same on every platform."""
    return _normal(seed, size).astype(np.float32)


def mix(zs: Sequence[ArrayLike], weights: Sequence[float]) -> Vector:
    """sum_i a_i z_i / sqrt(sum_i a_i^2): of variance 1 when the z_i are independent and of variance 1. [Z]"""
    a = np.asarray(weights, np.float64)
    length = math.sqrt(float(a @ a))
    if length < NEGLIGIBLE:
        raise RecipeError("The recipe's seeds have no weight.")
    total = sum(w * np.asarray(z, np.float64) for w, z in zip(a / length, zs, strict=True))
    return np.asarray(total, np.float32)


def truncate(w: ArrayLike, centre: ArrayLike, truncation: float) -> Vector:
    """centre + truncation (w - centre): nearer to the centre below 1 (psi in the papers). [L, W]"""
    w, centre = np.asarray(w, np.float64), np.asarray(centre, np.float64)
    return np.asarray(centre + truncation * (w - centre), np.float32)


def z(recipe: Recipe | LayerMix, size: int) -> Vector:
    """The z of a recipe, or of a layer mix that brings one: [size].

    RecipeError when its content is of another size, or nothing has weight.
    """
    if recipe.content is not None and len(recipe.content) != size:
        raise RecipeError(
            f"The recipe's photo has {len(recipe.content)} numbers, and this model works with {size}."
        )
    axes = _axes(recipe)
    return mix([_along(axis, size) for axis in axes], list(axes.values()))


def offset(recipe: Recipe | LayerMix, w_size: int, num_ws: int) -> Vector | None:
    """What the recipe's photo adds to the first layers of w, by its share in z: [K, W]; None for nothing.

    RecipeError when it is of another size than the model's w.
    """
    if not recipe.offset:
        return None
    values = unpack_offset(recipe.offset)
    if values.size % w_size or values.size > w_size * num_ws:
        raise RecipeError("The recipe's photo was made for a model with another w.")
    length = math.hypot(*_axes(recipe).values())
    if length < NEGLIGIBLE:
        raise RecipeError("The recipe's seeds have no weight.")
    share = recipe.content_weight / length
    return np.asarray(share * values.reshape(-1, w_size), np.float32)


def style(recipe: Recipe, look_size: int, persona_size: int = 0) -> Vector:
    """The recipe's s: [look size + persona size]; zeros for what its styles do not have."""
    return joined_style(recipe.styles, look_size, persona_size, recipe.style_strength, recipe.likeness)


def joined_style(
    styles: Sequence[StyleUse],
    look_size: int,
    persona_size: int,
    strength: float = 1.0,
    likeness: float = 1.0,
) -> Vector:
    """Look and persona of several styles, each of the length that its strength says: [look + persona size].

    RecipeError when a style is of another size.
    """
    look = blend_styles(styles, look_size, strength)
    return np.concatenate([look, blend_personas(styles, persona_size, likeness)])


def blend_styles(styles: Iterable[StyleUse], size: int, strength: float = 1.0) -> Vector:
    """The normalised weighted mean of unit style vectors, times `strength`: [size]; zeros for none.

    RecipeError when a style is of another size.
    """
    total = np.zeros(size, np.float64)
    for use in styles:
        if len(use.vector) != size:
            raise RecipeError(
                f"The style {use.name!r} has {len(use.vector)} numbers, and this model works with {size}."
            )
        total += use.weight * unit(use.vector)
    return np.asarray(unit(total) * strength, np.float32)


def blend_personas(styles: Iterable[StyleUse], size: int, likeness: float = 1.0) -> Vector:
    """The normalised weighted mean of the personas, times `likeness`: [size]; zeros for none.

    A model without personas (size 0) shows the look alone. RecipeError when a persona is of another size.
    """
    total = np.zeros(size, np.float64)
    for use in styles:
        if not use.persona or not size:
            continue
        if len(use.persona) != size:
            raise RecipeError(
                f"The persona of {use.name!r} has {len(use.persona)} numbers; this model works with {size}."
            )
        total += use.weight * unit(use.persona)
    return np.asarray(unit(total) * likeness, np.float32)


def unit(vector: ArrayLike) -> Array64:
    """The vector at length 1; zeros when it has (almost) no length."""
    array = np.asarray(vector, np.float64)
    length = float(np.linalg.norm(array))
    return array / length if length > NEGLIGIBLE else np.zeros_like(array)


def interpolate(a: Recipe, b: Recipe, t: float) -> Recipe:
    """The recipe at t (0: a, 1: b) on the way between them; t is clipped to 0..1.

    Noise and style turn at constant speed (slerp); truncation, strength and directions change linearly;
    layers taken from elsewhere fade out and in. RecipeError for recipes of different models.
    """
    if a.model != b.model:
        raise RecipeError("The two recipes belong to different models.")
    if not t > 0 or a == b:
        return a
    if t >= 1:
        return b
    return replace(
        _with_noise(a, _between_axes(_axes(a), _axes(b), t)),
        styles=_between_styles(a, b, t),
        style_strength=(1 - t) * _strength(a) + t * _strength(b),
        likeness=_between_likeness(a, b, t),
        truncation=(1 - t) * a.truncation + t * b.truncation,
        layers=_between_layers(a.layers, b.layers, t),
        directions=_between_directions(a.directions, b.directions, t),
    )


def vary(recipe: Recipe, seed: int, amount: float) -> Recipe:
    """The same recipe with its noise moved towards that of `seed`: 0 not at all, 1 all the way."""
    return interpolate(recipe, replace(recipe, seeds=(SeedUse(seed),), content=None, offset=""), amount)


def plane_recipe(base: Recipe, x: float, y: float, map_seed: int) -> Recipe:
    """`base` with the noise found at (x, y) of the endless map `map_seed`.

    Every lattice point has a seed of its own; in between, the four corners are mixed with smooth weights, so
    the picture changes without a jump or a kink (C1), at full variance everywhere. All else, a photo's
    content among it, stays as in `base`. RecipeError beyond 2^40.
    """
    return lattice_recipe(base, x, y, lambda i, j: lattice_seed(map_seed, i, j))


def lattice_recipe(base: Recipe, x: float, y: float, seed_at: Callable[[int, int], int]) -> Recipe:
    """`plane_recipe` on any lattice: seed_at(i, j) says who lives where. RecipeError beyond 2^40."""
    if not (abs(x) <= 2.0**40 and abs(y) <= 2.0**40):
        raise RecipeError("That place is off the map.")
    i, j = math.floor(x), math.floor(y)
    u, v = _smooth(x - i), _smooth(y - j)
    corners = {
        seed_at(i, j): (1 - u) * (1 - v),
        seed_at(i + 1, j): u * (1 - v),
        seed_at(i, j + 1): (1 - u) * v,
        seed_at(i + 1, j + 1): u * v,
    }
    length = math.sqrt(sum(weight * weight for weight in corners.values()))
    seeds = tuple(SeedUse(seed, weight / length) for seed, weight in corners.items() if weight > NEGLIGIBLE)
    return replace(base, seeds=seeds)


def lattice_seed(map_seed: int, i: int, j: int) -> int:
    """The seed of the lattice point (i, j): 32 bits, by integer arithmetic alone (SplitMix64's finaliser)."""
    state = 0
    for part in (map_seed, i, j):
        state = (state ^ (part & _MASK)) + 0x9E3779B97F4A7C15 & _MASK
        state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ state >> 27) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state >> 32


_MASK = (1 << 64) - 1


def _smooth(t: float) -> float:
    """3 t^2 - 2 t^3: flat at both ends, so that neighbouring cells join without a kink."""
    return t * t * (3 - 2 * t)


def _normal(seed: int, size: int) -> Array64:
    return np.random.Generator(np.random.PCG64(seed)).standard_normal(size)


def _along(axis: Axis, size: int) -> Array64:
    return np.asarray(axis.content, np.float64) if isinstance(axis, Photo) else _normal(axis, size)


def _axes(recipe: Recipe | LayerMix) -> dict[Axis, float]:
    """Weights by source: uses of one seed are not independent, so they are added first."""
    axes: dict[Axis, float] = {}
    for use in recipe.seeds:
        axes[use.seed] = axes.get(use.seed, 0.0) + use.weight
    if recipe.content is not None:
        axes[Photo(recipe.content, recipe.offset)] = recipe.content_weight
    return axes


def _between_axes(a: dict[Axis, float], b: dict[Axis, float], t: float) -> dict[Axis, float]:
    """Slerp between two mixes, taking different sources as perpendicular (as in expectation they are)."""
    la, lb = math.hypot(*a.values()), math.hypot(*b.values())
    if min(la, lb) < NEGLIGIBLE:
        raise RecipeError("The recipe's seeds have no weight.")
    cosine = sum(weight * b.get(axis, 0.0) for axis, weight in a.items()) / (la * lb)
    p, q = _slerp_weights(cosine, t)
    mixed = {axis: p * a.get(axis, 0.0) / la + q * b.get(axis, 0.0) / lb for axis in [*a, *b]}
    return {axis: weight for axis, weight in mixed.items() if abs(weight) > NEGLIGIBLE}


def _slerp_weights(cosine: float, t: float) -> tuple[float, float]:
    """Weights of two unit vectors at t of the way between them."""
    omega = math.acos(min(1.0, max(-1.0, cosine)))
    if math.sin(omega) < NEGLIGIBLE:
        return 1 - t, t
    return math.sin((1 - t) * omega) / math.sin(omega), math.sin(t * omega) / math.sin(omega)


def _with_noise(recipe: Recipe, axes: dict[Axis, float]) -> Recipe:
    """The recipe with these sources of z. Several photos become one: their weighted sum."""
    seeds = tuple(SeedUse(axis, weight) for axis, weight in axes.items() if isinstance(axis, int))
    photos = [(axis, weight) for axis, weight in axes.items() if isinstance(axis, Photo)]
    if not photos:
        return replace(recipe, seeds=seeds, content=None, content_weight=1.0, offset="")
    if len({len(axis.content) for axis, _ in photos}) > 1:
        raise RecipeError("The two recipes belong to different models.")
    weight = math.hypot(*(weight for _, weight in photos))
    if len(photos) == 1:
        (content, offset), weight = photos[0]
    else:
        shares = [share / weight for _, share in photos]
        total = sum(share * np.asarray(axis.content) for (axis, _), share in zip(photos, shares, strict=True))
        content = tuple(np.asarray(total).tolist())
        offset = _mixed_offset([axis.offset for axis, _ in photos], shares)
    return replace(recipe, seeds=seeds, content=content, content_weight=weight, offset=offset)


def _mixed_offset(offsets: Sequence[str], shares: Sequence[float]) -> str:
    """The weighted sum of offsets that may reach to different layers."""
    rows = [share * unpack_offset(one) for one, share in zip(offsets, shares, strict=True) if one]
    total = np.zeros(max((len(row) for row in rows), default=0))
    for row in rows:
        total[: len(row)] += row
    return pack_offset(total) if rows else ""


def _strength(recipe: Recipe) -> float:
    return recipe.style_strength if recipe.styles else 0.0


def _between_likeness(a: Recipe, b: Recipe, t: float) -> float:
    """A person fades in from nobody, and out to nobody; where there is none at all, nothing changes."""
    if not (_has_person(a) or _has_person(b)):
        return a.likeness
    return (1 - t) * a.likeness * _has_person(a) + t * b.likeness * _has_person(b)


def _has_person(recipe: Recipe) -> bool:
    return any(use.persona_digest for use in recipe.styles)


def _between_styles(a: Recipe, b: Recipe, t: float) -> tuple[StyleUse, ...]:
    if not _strength(a) or not _strength(b):
        return b.styles if not _strength(a) else a.styles
    sa, sb = _mean_style(a.styles), _mean_style(b.styles)
    la, lb = float(np.linalg.norm(sa)), float(np.linalg.norm(sb))
    if min(la, lb) < NEGLIGIBLE:
        return b.styles if la < lb else a.styles
    p, q = _slerp_weights(float(sa @ sb) / (la * lb), t)
    shares: dict[StyleUse, float] = {}
    for styles, share in ((a.styles, p / la), (b.styles, q / lb)):
        for use in styles:
            key = replace(use, weight=1.0)
            shares[key] = shares.get(key, 0.0) + share * use.weight
    return tuple(replace(use, weight=weight) for use, weight in shares.items())


def _mean_style(styles: tuple[StyleUse, ...]) -> Array64:
    total: Array64 = sum((use.weight * unit(use.vector) for use in styles), np.zeros(len(styles[0].vector)))
    return total


def _between_layers(a: tuple[LayerMix, ...], b: tuple[LayerMix, ...], t: float) -> tuple[LayerMix, ...]:
    """Those of a fade out, then those of b fade in over them; what both have stays."""
    if a == b:
        return a
    fading = [replace(layer, amount=layer.amount * (1 - t)) for layer in a]
    return (*fading, *(replace(layer, amount=layer.amount * t) for layer in b))


def _between_directions(
    a: tuple[DirectionUse, ...], b: tuple[DirectionUse, ...], t: float
) -> tuple[DirectionUse, ...]:
    amounts: dict[str, float] = {}
    for uses, share in ((a, 1 - t), (b, t)):
        for use in uses:
            amounts[use.name] = amounts.get(use.name, 0.0) + share * use.amount
    return tuple(DirectionUse(name, amount) for name, amount in amounts.items())
