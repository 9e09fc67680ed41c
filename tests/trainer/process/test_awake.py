"""The computer stays awake while it trains, on systems that are only pretended."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from trainer.process.awake import ES_CONTINUOUS, ES_SYSTEM_REQUIRED, holder, kept_awake


def everything(program: str) -> str:
    return f"/usr/bin/{program}"


class Child:
    """A holder that was started."""

    def __init__(self, command: list[str], **_: Any) -> None:
        self.command, self.ended = command, False
        children.append(self)

    def terminate(self) -> None:
        self.ended = True

    def wait(self, timeout: float | None = None) -> None:
        if timeout is not None:
            raise subprocess.TimeoutExpired(self.command, timeout)
        assert self.ended


children: list[Child] = []


@pytest.mark.parametrize(("system", "program"), [("darwin", "caffeinate"), ("linux", "systemd-inhibit")])
def test_a_program_holds_it_and_is_let_go(system: str, program: str) -> None:
    children.clear()
    with kept_awake(system, everything, Child) as awake:
        assert awake
        assert children[0].command[0] == f"/usr/bin/{program}"
        assert not children[0].ended
    assert children[0].ended


@pytest.mark.parametrize("system", ["darwin", "linux"])
def test_the_holder_ends_with_the_training_however_that_ends(system: str) -> None:
    assert "4711" in " ".join(holder(system, 4711, everything))


def test_windows_is_asked_and_told_when_it_is_over() -> None:
    class Kernel:
        said: list[int] = []

        def SetThreadExecutionState(self, state: int) -> int:
            self.said.append(state)
            return ES_CONTINUOUS

    kernel = Kernel()
    with kept_awake("win32", kernel=kernel) as awake:
        assert awake
        assert kernel.said == [ES_CONTINUOUS | ES_SYSTEM_REQUIRED]
    assert kernel.said[-1] == ES_CONTINUOUS


def test_where_nothing_can_hold_it_training_goes_on() -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise OSError("no")

    with kept_awake("linux", lambda program: None) as awake:
        assert not awake
    with kept_awake("darwin", everything, fails) as awake:
        assert not awake


def test_a_holder_that_ends_at_once_holds_nothing() -> None:
    class Ended(Child):
        def wait(self, timeout: float | None = None) -> None:
            pass

    with kept_awake("linux", everything, Ended) as awake:
        assert not awake
