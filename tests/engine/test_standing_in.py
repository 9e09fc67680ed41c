"""A graphics card that fails, on which nobody insisted: the processor stands in for it, for a while."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine import network as networks
from engine.bundle import Bundle
from engine.errors import DeviceError
from engine.network import Network
from engine.providers import CPU, CUDA, Provider, choose, open_session
from engine.recipe import Recipe
from engine.renderer import Renderer
from engine.standing_in import FIRST_WAIT_S

CARD = replace(CUDA, device="Pretended", threads=2, automatic=True)
LOST = "CUDA failure 999: unknown error ; GPU=0"
FULL = "Failed to allocate memory for requested buffer of size 4194304"


class Machine:
    """A graphics card that does what the processor does until something happens to it."""

    def __init__(self) -> None:
        self.trouble, self.session_trouble, self.now = "", "", 0.0
        self.opened: list[str] = []

    def open(self, provider: Provider, graph: Any) -> Any:
        self.opened.append(provider.name)
        real = open_session(replace(CPU, threads=1), graph)
        if provider.name == "CPU":
            return real
        if self.session_trouble:
            raise DeviceError(f"CUDA cannot run a graph: {self.session_trouble}.", "session")

        def run(*given: Any) -> Any:
            if self.trouble:
                raise RuntimeError(self.trouble)
            return real.run(*given)

        return SimpleNamespace(run=run, get_outputs=real.get_outputs)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(networks, "open_session", machine.open)
    return machine


@pytest.fixture
def renderer(tiny_bundle: Path, machine: Machine) -> Renderer:
    bundle = Bundle.load(tiny_bundle)
    return Renderer(bundle, network=Network(bundle, CARD, clock=lambda: machine.now))


@pytest.mark.parametrize(("words", "code"), [(LOST, "stopped"), (FULL, "memory")])
def test_a_card_that_fails_gives_the_same_picture(
    machine: Machine, renderer: Renderer, words: str, code: str
) -> None:
    recipe = Recipe.from_seed(renderer.bundle.id, 3)
    before = renderer.render(recipe)
    machine.trouble = words
    assert np.array_equal(renderer.render(recipe), before)
    assert renderer.provider.name == "CPU"
    assert [one.code for one in renderer.provider.reasons] == [code]


def test_a_card_without_room_for_a_session_is_stood_in_for(machine: Machine, renderer: Renderer) -> None:
    machine.session_trouble = FULL
    assert renderer.preview(Recipe.from_seed(renderer.bundle.id, 3)).any()
    assert [one.code for one in renderer.provider.reasons] == ["memory"]


def test_low_resolution_is_stood_in_for_too(
    machine: Machine, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "cut_in_half", lambda graph, side: graph)
    machine.session_trouble = FULL
    assert renderer.has_low_resolution()
    assert renderer.provider.name == "CPU"


def test_the_card_is_tried_again_later_and_less_often_each_time(machine: Machine, renderer: Renderer) -> None:
    recipe = Recipe.from_seed(renderer.bundle.id, 3)
    machine.trouble = LOST
    renderer.preview(recipe)
    machine.now = FIRST_WAIT_S
    renderer.preview(recipe)
    assert renderer.provider.name == "CPU"
    tried = machine.opened.count("CUDA")
    machine.now = 2 * FIRST_WAIT_S
    renderer.preview(recipe)
    assert machine.opened.count("CUDA") == tried
    machine.trouble, machine.now = "", 3 * FIRST_WAIT_S
    renderer.preview(recipe)
    assert renderer.provider is CARD


def test_a_card_that_was_asked_for_by_name_fails_aloud(tiny_bundle: Path, machine: Machine) -> None:
    renderer = Renderer(Bundle.load(tiny_bundle), replace(CARD, automatic=False))
    machine.trouble = LOST
    with pytest.raises(DeviceError, match="CUDA failed"):
        renderer.render(Recipe.from_seed(renderer.bundle.id, 3))


def test_a_processor_that_fails_does_so_aloud(
    tiny_bundle: Path, machine: Machine, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(provider: Provider, graph: Any) -> Any:
        raise DeviceError(f"{provider.name} cannot run a graph.", "session")

    monkeypatch.setattr(networks, "open_session", fail)
    with pytest.raises(DeviceError, match="CPU cannot run"):
        renderer.render(Recipe.from_seed(renderer.bundle.id, 3))


def test_only_what_is_chosen_automatically_may_be_stood_in_for() -> None:
    assert not choose("cpu").automatic
