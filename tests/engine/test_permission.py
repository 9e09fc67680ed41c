from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from engine.formats.consent import ConsentError
from engine.permission import check_use
from engine.recipe import Recipe, StyleUse

TODAY = date(2026, 11, 30)
RECIPE = Recipe.from_seed("m" * 8, 1)
STYLED = Recipe("m" * 8, RECIPE.seeds, styles=(StyleUse("Anna", (1.0, 0.0)),))


def cards(consent: dict[str, Any] | None) -> Any:
    return {"m" * 8: SimpleNamespace(name="Model", raw={"consent": consent})}


def styles(consent: dict[str, Any] | None) -> Any:
    return [SimpleNamespace(name="Anna", consent=consent)]


def test_what_is_permitted_goes_on() -> None:
    record = {"uses": ["train", "commercial"], "expires": "2026-11-30"}
    check_use("commercial", [STYLED], cards(record), styles(record), TODAY)
    check_use("", [STYLED], cards({"uses": []}), styles(None), TODAY)
    check_use("commercial", [STYLED], {}, [], TODAY)


@pytest.mark.parametrize(
    ("licence", "refused"),
    [
        ("CC BY-NC 4.0", True),
        ("CC BY-NC-SA", True),
        ("Nvidia Source Code License: non-commercial", True),
        ("For noncommercial use", True),
        ("CC BY 4.0", False),
        ("MIT, by Sync Inc.", False),
        ("", False),
    ],
)
def test_a_models_licence_that_is_not_for_business(licence: str, refused: bool) -> None:
    given = {RECIPE.model: SimpleNamespace(name="Model", raw={"consent": None, "licence": licence})}
    check_use("publish", [RECIPE], given, [], TODAY)  # type: ignore[arg-type]
    if not refused:
        check_use("commercial", [RECIPE], given, [], TODAY)  # type: ignore[arg-type]
        return
    with pytest.raises(ConsentError, match="licence of the model “Model”") as caught:
        check_use("commercial", iter([RECIPE]), given, [], TODAY)  # type: ignore[arg-type]
    assert caught.value.values == {"name": "Model", "licence": licence}


def test_what_has_expired_stops() -> None:
    with pytest.raises(ConsentError, match=r"model “Model” expired on 2026-11-29; nothing was written\."):
        check_use("", [RECIPE], cards({"expires": "2026-11-29"}), [], TODAY)


@pytest.mark.parametrize("consent", [
    {"uses": ["generate"]},
    {"mixed": [{"name": "A", "consent": {"uses": ["generate"]}}]},
])  # fmt: skip
def test_a_use_that_is_not_permitted_stops(consent: dict[str, Any]) -> None:
    with pytest.raises(ConsentError, match="“Anna” does not permit the use “commercial”, only generate"):
        check_use("commercial", [STYLED], cards(None), styles(consent), TODAY)
