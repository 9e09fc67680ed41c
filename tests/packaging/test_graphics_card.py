"""What is installed for graphics cards that nobody here has."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from graphics_card import INDEX, LIBRARIES, Card, choose, find_card

NEW, OLD = Card("NVIDIA RTX 4070", "581.29"), Card("NVIDIA GTX 1650", "566.03")


def test_windows_gets_cuda_and_is_told_how_large_it_is() -> None:
    found = choose("win32", NEW, {})
    assert found.arguments == ("--extra-index-url", INDEX, LIBRARIES)
    assert "NVIDIA RTX 4070" in found.sentence and "3 GB" in found.sentence


def test_closed_networks_name_their_own_index_or_none() -> None:
    assert (
        choose("win32", NEW, {"PERSONA_TORCH_INDEX": "https://mirror/cu"}).arguments[1] == "https://mirror/cu"
    )
    assert choose("win32", NEW, {"PERSONA_TORCH_INDEX": "none"}).arguments == ()


@pytest.mark.parametrize("system", ["win32", "linux"])
def test_an_old_driver_is_told_of_and_nothing_is_brought_for_it(system: str) -> None:
    found = choose(system, OLD, {})
    assert found.arguments == ()
    assert "driver 566.03, and CUDA 13 needs 580 or newer" in found.sentence


def test_elsewhere_nothing_is_added() -> None:
    assert choose("linux", NEW, {}).arguments == ()
    assert choose("darwin", NEW, {}) == choose("win32", None, {})


@pytest.mark.parametrize(
    ("code", "said", "card"),
    [
        (
            0,
            "NVIDIA GeForce RTX 4070, 581.29\nNVIDIA T4, 581.29\n",
            Card("NVIDIA GeForce RTX 4070", "581.29"),
        ),
        (9, "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", None),
        (0, "", None),
    ],
)
def test_the_driver_is_asked(code: int, said: str, card: Card | None) -> None:
    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, code, said, "")

    assert find_card(lambda program: f"/usr/bin/{program}", run) == card


def test_a_machine_without_a_driver_has_no_card() -> None:
    assert find_card(lambda program: None) is None
