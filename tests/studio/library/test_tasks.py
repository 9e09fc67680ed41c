from __future__ import annotations

import pytest

from engine.errors import Cancelled
from studio.library.tasks import End, Inline, Outcome


def fail() -> None:
    raise ValueError("no")


def stop() -> None:
    raise Cancelled


def test_outcomes_are_values() -> None:
    assert Outcome.of(lambda: 3) == Outcome(End.DONE, 3)
    assert Outcome.of(stop).end is End.CANCELLED
    assert str(Outcome.of(fail).error) == "no"


def test_inline_work_calls_back() -> None:
    results: list[object] = []
    Inline().run(lambda: 3, results.append).cancel()
    Inline().run(fail, results.append, lambda error: results.append(str(error)))
    assert results == [3, "no"]
    with pytest.raises(ValueError, match="no"):
        Inline().run(fail)
