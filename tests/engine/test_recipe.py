from __future__ import annotations

import json
import math
import random
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest

from engine.errors import RecipeError
from engine.recipe import (
    MAX_SEED,
    DirectionUse,
    LayerMix,
    Recipe,
    SeedUse,
    StyleUse,
    pack_offset,
    unpack_offset,
)

STYLE = StyleUse("Nana 娜娜", (0.1, -0.7, 1 / 3))
FULL = Recipe(
    model="m1",
    seeds=(SeedUse(7, 0.25), SeedUse(MAX_SEED, -1e-9)),
    content=(0.1, 1e-300, -2.5),
    content_weight=0.5,
    styles=(STYLE, StyleUse("other", (1, 2, 3), 2)),
    style_strength=0.3,
    truncation=1.2,
    layers=(
        LayerMix(0, 3, 9, STYLE, 0.5),
        LayerMix(2, 2),
        LayerMix(1, 1, seeds=(SeedUse(3, 0.6), SeedUse(4, -0.8)), content=(0.5, -1.0), content_weight=2),
    ),
    directions=(DirectionUse("smile", -1.5),),
)


OFFSET = pack_offset(np.linspace(-1, 1, 12).reshape(3, 4))


def test_an_offset_travels_as_text() -> None:
    recipe = Recipe("m", content=(0.5,), offset=OFFSET)
    assert Recipe.from_json(recipe.to_json()) == recipe
    np.testing.assert_allclose(unpack_offset(OFFSET), np.linspace(-1, 1, 12), atol=1e-3)
    mixed = Recipe.from_seed("m", 1, layers=[LayerMix(0, 1, content=(0.5,), offset=OFFSET)])
    assert Recipe.from_json(mixed.to_json()) == mixed


def test_recipes_without_an_offset_are_written_as_they_always_were() -> None:
    plain = Recipe("m", content=(0.5,), layers=(LayerMix(0, 1, content=(0.5,)),))
    assert "offset" not in plain.to_json()
    assert plain.digest != replace(plain, offset=OFFSET).digest


@pytest.mark.parametrize("bad", ["?", "YQ==", None, 3, "A" * (1 << 19), pack_offset([np.inf])])
def test_offsets_that_are_none(bad: object) -> None:
    with pytest.raises(RecipeError, match="offset"):
        Recipe("m", content=(0.5,), offset=bad)  # type: ignore[arg-type]


def test_an_offset_needs_its_photo() -> None:
    with pytest.raises(RecipeError, match="no photo"):
        Recipe.from_seed("m", 1, offset=OFFSET)


def test_json_round_trip_is_exact() -> None:
    assert Recipe.from_json(FULL.to_json()) == FULL
    assert Recipe.from_json(FULL.to_json()).to_json() == FULL.to_json()
    assert Recipe.from_dict(json.loads(json.dumps(FULL.to_dict()))) == FULL


def test_every_float_survives() -> None:
    rng = random.Random(0)
    content = tuple(rng.gauss(0, 1) * 10 ** rng.randint(-12, 5) for _ in range(500))
    recipe = Recipe("m", content=content)
    assert Recipe.from_json(recipe.to_json()).content == content


def test_is_a_value() -> None:
    assert len({FULL, Recipe.from_json(FULL.to_json())}) == 1
    assert FULL.digest == Recipe.from_json(FULL.to_json()).digest != replace(FULL, truncation=0.5).digest
    with pytest.raises(FrozenInstanceError):
        FULL.truncation = 0.1  # type: ignore[misc]


def test_equal_recipes_have_equal_text() -> None:
    assert (
        Recipe.from_seed("m", 1, truncation=-0.0).to_json()
        == Recipe.from_seed("m", 1, truncation=0).to_json()
    )


def test_takes_lists_and_numpy_numbers() -> None:
    seeds: Any = [SeedUse(np.int64(3), np.float32(0.5))]  # type: ignore[arg-type]
    recipe = Recipe("m", seeds=seeds, content=np.zeros(2))  # type: ignore[arg-type]
    assert recipe.seeds == (SeedUse(3, 0.5),) and recipe.content == (0.0, 0.0)
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_seed_to_show_is_the_heaviest() -> None:
    assert FULL.seed == 7
    assert Recipe("m", content=(1.0,)).seed is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", ""),
        ("seeds", [{"seed": -1, "weight": 1}]),
        ("seeds", [{"seed": 1.5, "weight": 1}]),
        ("seeds", [{"seed": True, "weight": 1}]),
        ("seeds", [{"seed": MAX_SEED + 1, "weight": 1}]),
        ("seeds", [{"seed": 1, "weight": "1"}]),
        ("seeds", [{"seed": 1, "weight": 1e9}]),
        ("seeds", [{"weight": 1}]),
        ("seeds", [{"seed": 1, "weigth": 1}]),
        ("seeds", [5]),
        ("seeds", {"seed": 1}),
        ("seeds", [{"seed": 1}] * 257),
        ("content", []),
        ("content", "abc"),
        ("content", [1e300]),
        ("styles", [{"name": "", "vector": [1.0]}]),
        ("styles", [{"name": "a", "vector": [1.0]}, {"name": "b", "vector": [1.0, 2.0]}]),
        ("styles", [{"name": "\ud800", "vector": [1.0]}]),
        ("style_strength", 1.1),
        ("truncation", -0.1),
        ("truncation", 1.3),
        ("truncation", None),
        ("layers", [{"first": 3, "last": 2}]),
        ("layers", [{"first": 0, "last": 5000}]),
        ("layers", [{"first": 0, "last": 1, "amount": 2}]),
        ("layers", [{"first": 0, "last": 1, "seed": 1, "seeds": [{"seed": 2}]}]),
        ("layers", [{"first": 0, "last": 1, "seeds": [3]}]),
        ("layers", [{"first": 0, "last": 1, "seeds": 3}]),
        ("layers", [{"first": 0, "last": 1, "style": {"name": "x"}}]),
        ("directions", [{"name": "smile"}]),
        ("unknown", 1),
        ("format", 2),
        ("format", "1"),
    ],
)
def test_refuses_with_one_sentence(field: str, value: Any) -> None:
    plain = {"format": 1, "model": "m", "seeds": [{"seed": 1}]}
    with pytest.raises(RecipeError) as caught:
        Recipe.from_dict(plain | {field: value})
    text = str(caught.value)
    assert text.endswith(".") and "\n" not in text and len(text) < 200


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_refuses_what_is_no_number(bad: float) -> None:
    for make in (
        lambda: SeedUse(1, bad),
        lambda: Recipe.from_seed("m", 1, truncation=bad),
        lambda: Recipe("m", content=(bad,)),
        lambda: DirectionUse("smile", bad),
    ):
        with pytest.raises(RecipeError):
            make()


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"model": "m"}', "x" * 1_000_001, "[" * 10_000])
def test_refuses_other_text(text: str) -> None:
    with pytest.raises(RecipeError):
        Recipe.from_json(text)


def test_needs_something_to_start_from() -> None:
    with pytest.raises(RecipeError, match="neither a seed nor a photo"):
        Recipe("m")
