"""A runner that works when a test says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from studio.library.tasks import Inline, Ticket


class Later:
    """A `library.tasks.Runner`; what was cancelled is not carried out."""

    def __init__(self) -> None:
        self.waiting: list[_Waiting] = []

    def run(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
        *,
        priority: int = 0,
    ) -> Ticket:
        asked = _Waiting(lambda: Inline().run(work, done, failed))
        self.waiting.append(asked)
        return asked

    def catch_up(self) -> int:
        """Carries out what waits, but not what that asks for; how much was still wanted."""
        waiting, self.waiting = self.waiting, []
        return sum(asked.go_on() for asked in waiting)

    def go_on(self) -> None:
        """Carries out everything, what it asks for as well."""
        while self.waiting:
            self.waiting.pop(0).go_on()


class _Waiting:
    def __init__(self, carry_out: Callable[[], object]) -> None:
        self._carry_out: Callable[[], object] | None = carry_out

    def cancel(self) -> None:
        self._carry_out = None

    def go_on(self) -> bool:
        carry_out = self._carry_out
        if carry_out is not None:
            carry_out()
        return carry_out is not None
