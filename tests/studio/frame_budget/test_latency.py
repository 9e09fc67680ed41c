from __future__ import annotations

import pytest

from studio.frame_budget.latency import ENOUGH, LATE, LONGEST, QUICK, LatencyEstimator


def moving(interval: float, duration: float) -> LatencyEstimator:
    """A hand that asked twenty times, last at 1.0."""
    latency = LatencyEstimator()
    for n in range(20):
        latency.requested(1.0 - (19 - n) * interval)
        latency.took(duration)
    return latency


def test_a_quick_device_works_between_two_movements() -> None:
    assert moving(0.016, 0.004).has_room(1.005)
    assert not moving(0.016, 0.004).has_room(1.015)


def test_a_slow_one_does_not_while_the_hand_moves() -> None:
    assert not moving(0.016, 0.014).has_room(1.014)
    assert not moving(0.016, 0.030).has_room(1.030)


def test_a_hand_that_holds_still_leaves_room() -> None:
    assert moving(0.016, 0.014).has_room(1.08)


def test_before_anything_was_asked_there_is_room() -> None:
    assert LatencyEstimator().has_room(5.0)


def test_slow_is_told_after_a_few_previews() -> None:
    latency = LatencyEstimator()
    for _ in range(ENOUGH - 1):
        latency.took(0.05)
    assert not latency.is_slow
    latency.took(0.05)
    assert latency.is_slow
    assert not moving(0.016, QUICK / 2).is_slow


def test_low_resolution_says_nothing_of_previews() -> None:
    latency = moving(0.016, 0.03)
    for _ in range(100):
        latency.took(0.004, low_resolution=True)
    assert latency.is_slow


def test_only_a_moving_hand_is_hurried() -> None:
    latency = moving(0.016, 0.03)
    assert latency.is_hurried
    latency.requested(1.0 + 2 * LONGEST)
    assert not latency.is_hurried


def test_a_fresh_request_is_answered_at_once() -> None:
    assert moving(0.016, 0.018).patience(1.0005) == 0


def test_an_old_one_waits_for_the_next() -> None:
    latency = moving(0.016, 0.018)
    assert latency.patience(1.008) == pytest.approx(LATE * 0.016 - 0.008, abs=0.002)
    assert latency.patience(1.0 + 2 * LATE * 0.016) == 0, "but not for ever: the hand holds still"


def test_a_single_request_waits_for_nothing() -> None:
    latency = LatencyEstimator()
    latency.requested(1.0)
    assert latency.patience(1.008) == 0
    latency.requested(1.0 + 2 * LONGEST)
    assert latency.patience(1.01 + 2 * LONGEST) == 0
