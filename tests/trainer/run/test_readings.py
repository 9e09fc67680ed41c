"""What steps measure is read late, in order, and never by a step itself."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tests.trainer.run.test_step import DrawnFeatures, state_of
from trainer.model.augmentation import Augment
from trainer.process.world import World
from trainer.run.guard import Guard
from trainer.run.pixels.state import PixelState
from trainer.run.readings import MOST_WAITING, Reading, Readings
from trainer.run.step import advance


def value(number: float) -> torch.Tensor:
    return torch.tensor(number)


def test_values_are_read_in_the_order_of_the_steps() -> None:
    readings = Readings(World())
    readings.add(4, {"generator": value(0.5), "lead": value(1.0)})
    readings.add(5, {"generator": value(0.25)})

    assert readings.take() == [Reading(4, {"generator": 0.5, "lead": 1.0}), Reading(5, {"generator": 0.25})]
    assert readings.take() == []


def test_they_are_read_after_so_many_steps_in_any_case() -> None:
    readings = Readings(World())
    for step in range(MOST_WAITING):
        assert not readings.full
        readings.add(step, {"lead": value(0.0)})
    assert readings.full

    readings.forget()
    assert readings.take() == []


def test_the_guard_names_the_step_that_showed_trouble_first() -> None:
    found = [Reading(step, {"generator": math.nan if step > 6 else 1.0}) for step in range(5, 10)]
    trouble = Guard().watch_all(found)

    assert trouble is not None
    assert (trouble.code, trouble.step) == ("nan", 7)


class NothingIsRead(TorchDispatchMode):
    """Fails where a number is read back that was neither drawn on the CPU nor counted there by Adam."""

    def __init__(self, state: PixelState) -> None:
        super().__init__()
        self._state, self._drawn = state, list[torch.Tensor]()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten._local_scalar_dense.default:
            counted = [s["step"] for one in self._state.optimizers.values() for s in one.state.values()]
            known = {one.data_ptr() for one in (*self._drawn, *counted)}
            assert args[0].data_ptr() in known, "a step reads a number back"
        result = func(*args, **(kwargs or {}))
        if func is torch.ops.aten.rand.default:
            self._drawn.append(result)
        return result


@pytest.mark.parametrize("changes", [{}, {"style_kimg": 1.0}, {"warm_kimg": 1.0}])
def test_no_step_reads_a_number_back(changes: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Augment, "_is_off", lambda self: False)  # as on a graphics card
    state = state_of(DrawnFeatures(), augment=0.3, **changes)
    x, labels = torch.randn(4, 3, 32, 32).clamp(-1, 1), torch.zeros(4, dtype=torch.long)
    advance(state, x, labels)
    with NothingIsRead(state):
        for _ in range(4):
            advance(state, x, labels)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a graphics card")
def test_no_step_waits_for_the_graphics_card() -> None:
    state = state_of(DrawnFeatures(), device="cuda", augment=0.3)
    x = torch.randn(4, 3, 32, 32, device="cuda").clamp(-1, 1)
    labels = torch.zeros(4, dtype=torch.long, device="cuda")
    advance(state, x, labels)
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(5):
            advance(state, x, labels)
    finally:
        torch.cuda.set_sync_debug_mode("default")
