from __future__ import annotations

from typing import Any

import pytest

from engine.bundle import ModelCard
from studio.i18n import Words
from studio.views.settings.card import _training, card_text

CONSENT = {"given_by": "Ada", "given_on": "2026-01-02", "subject": "licensed"}
FIGURES = [
    {
        "of": "all samples",
        "key": "coverage",
        "name": "Coverage",
        "value": 0.284,
        "real": 0.97,
        "control": None,
    },
    {"of": "all samples", "key": "kid", "name": "KID", "value": 0.1335, "real": -0.0002, "control": None},
    {"of": "photo", "key": "kid", "name": "KID", "value": 0.9, "real": None, "control": None},
]
EVALUATION = {"samples": 5000, "data": {"held_out": 488}, "figures": FIGURES}


def card(**raw: Any) -> ModelCard:
    blank = dict.fromkeys(("resolution", "preview_resolution", "z_size", "style_size", "w_size", "num_ws"), 8)
    fields = {"name": "m", "licence": "CC BY 4.0", "attribution": ("Someone",), "raw": raw}
    made: ModelCard = object.__new__(ModelCard)
    for name, value in (blank | fields).items():
        object.__setattr__(made, name, value)
    return made


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_card_says_who_agreed_and_how_good_the_model_is(language: str) -> None:
    text = card_text(Words(language), card(consent=CONSENT, metrics={"evaluation": EVALUATION}))

    for part in ("CC BY 4.0", "Someone", "Ada", "2026-01-02", "28%", "0.134", "488"):
        assert part in text
    assert "0.9" not in text.replace("0.97", "")
    assert "models." not in text


@pytest.mark.parametrize("metrics", [None, {}, {"evaluation": {}}, {"evaluation": {"figures": 3}}])
def test_a_card_without_figures_says_the_rest(metrics: Any) -> None:
    text = card_text(Words("en"), card(metrics=metrics, consent=None))

    assert text.splitlines() == ["Licence: CC BY 4.0", "With thanks: Someone"]


def test_how_much_a_model_has_seen_is_told() -> None:
    said = list(_training(Words("en"), {"kimg": 1250.5}))
    assert said == ["Trained on 1,250,500 pictures shown to it, the same ones again and again."]
    assert list(_training(Words("en"), {"kimg": "many"})) == list(_training(Words("en"), None)) == []
