"""Only warm steps are timed, and no more of them than the answer is worth."""

from __future__ import annotations

import pytest

from trainer.planning.pace import Stepper, pace


class Device:
    """Steps with times of their own; its clock goes on when it is waited for."""

    def __init__(self, plain: float, penalised: float, cold: list[float], interval: int = 16) -> None:
        self.plain, self.penalised, self.interval = plain, penalised, interval
        self.cold = {0: list(cold), 1: list(cold)}
        self.now = self.asked = 0.0
        self.taken: list[int] = []

    def take(self, number: int) -> None:
        self.taken.append(number)
        kind = min(number % self.interval, 1)
        first = self.cold[kind].pop(0) if self.cold[kind] else 0.0
        self.asked += first or (self.plain if kind else self.penalised)

    def wait(self) -> None:
        self.now, self.asked = self.now + self.asked, 0.0

    def pace(self, steps: int = 2) -> float:
        return pace(Stepper(self.take, self.wait, clock=lambda: self.now), self.interval, steps)


def test_a_cold_first_step_is_not_the_pace() -> None:
    device = Device(plain=0.05, penalised=0.2, cold=[2.1])
    assert device.pace() == pytest.approx((15 * 0.05 + 0.2) / 16)


def test_compiling_takes_several_steps_and_none_of_them_counts() -> None:
    device = Device(plain=0.05, penalised=0.2, cold=[90.0, 40.0, 0.3])
    assert device.pace() == pytest.approx((15 * 0.05 + 0.2) / 16)


def test_of_slow_steps_few_are_taken() -> None:
    device = Device(plain=30.0, penalised=50.0, cold=[31.0])
    assert device.pace() == pytest.approx(30.0 + 20.0 / 16)
    assert device.taken == [1, 1, 0, 0]


def test_of_steps_in_between_some_are_taken() -> None:
    device = Device(plain=0.5, penalised=1.0, cold=[])
    assert device.pace(steps=3) == pytest.approx(0.5 + 0.5 / 16)
    assert device.taken[-3:] == [1, 2, 3]


def test_penalties_in_every_step() -> None:
    device = Device(plain=9.0, penalised=0.2, cold=[], interval=1)
    assert device.pace() == pytest.approx(0.2)


def test_steps_are_taken_as_long_as_another_process_needs_them() -> None:
    device = Device(plain=0.5, penalised=0.5, cold=[])
    pace(Stepper(device.take, device.wait, lambda flag: True, lambda: device.now), 16)
    assert device.taken == [1] * 5 + [0] * 5
