"""One page on what a machine has, for machines that are only pretended, and for this one."""

from __future__ import annotations

from typing import Any

import pytest

from studio.cli.doctor import advice
from tests.studio.cli.conftest import Persona

WELL = {"device": "Pretended", "reason": "", "cuda": "13.0"}


@pytest.mark.parametrize(
    ("known", "pictures", "changed", "says"),
    [
        (13000, "CUDA", {}, ["Nothing is missing."]),
        (12080, "CPU", {}, ["too old for CUDA 13: install version 580 or newer"]),
        (13000, "CPU", {}, ["ONNX Runtime does not use Card", "Move the folder .venv away"]),
        (13000, "CUDA", {"cuda": ""}, ["PyTorch was installed without CUDA", "Move the folder .venv away"]),
        (13000, "CUDA", {"reason": "Card is not used: it is held"}, ["Card is not used: it is held."]),
        (13000, "CUDA", {"error": "the trainer does not start"}, ["the trainer does not start. Run"]),
    ],
)
def test_what_helps(known: int, pictures: str, changed: dict[str, Any], says: list[str]) -> None:
    told = advice("Card", known, pictures, WELL | changed)
    assert len(told) == len(says)
    assert all(part in sentence for part, sentence in zip(says, told, strict=True))


def test_without_a_card_the_processor_does_everything() -> None:
    assert "the processor does everything" in advice("", 0, "CPU", WELL)[0]


def test_this_machine(persona: Persona) -> None:
    answer = persona("doctor", "--json").json
    assert answer["found"]["python"]
    assert answer["found"]["training"] != "not possible"
    assert answer["advice"]
    assert "training" in persona("doctor").stdout
