"""How work is handed to someone else: the shapes that state, workers and commands agree on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from engine.errors import Cancelled

T = TypeVar("T")

OnProgress = Callable[[int, int], None]
"""progress(done, total); total 0 while it is unknown."""
IsCancelled = Callable[[], bool]


class Ticket(Protocol):
    """Work that was handed over."""

    def cancel(self) -> None:
        """Drops it if it has not begun; its callbacks are not called any more."""
        ...


class Runner(Protocol):
    """Somebody who carries out work elsewhere and calls back on the thread that asked."""

    def run(
        self,
        work: Callable[[], T],
        done: Callable[[T], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
        *,
        priority: int = 0,
    ) -> Ticket:
        """Carries out `work`; then `done(result)` or `failed(error)`. Smaller priority comes first."""
        ...


class End(StrEnum):
    """How a piece of work ended."""

    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """The end of a piece of work, as a value."""

    end: End
    value: T | None = None
    error: Exception | None = None

    @classmethod
    def of(cls, work: Callable[[], T]) -> Outcome[T]:
        """Carries out `work` here and now."""
        try:
            return cls(End.DONE, work())
        except Cancelled:
            return cls(End.CANCELLED)
        except Exception as error:
            return cls(End.FAILED, error=error)


class DoneTicket:
    """A ticket for work that is over already."""

    def cancel(self) -> None:
        """Nothing is left to cancel."""


class Inline:
    """A Runner that works here and now: for the command line and for tests."""

    def run(
        self,
        work: Callable[[], T],
        done: Callable[[T], Any] | None = None,
        failed: Callable[[Exception], Any] | None = None,
        *,
        priority: int = 0,
    ) -> Ticket:
        """Carries out `work` before it returns. Without `failed`, errors go to the caller."""
        try:
            result = work()
        except Exception as error:
            if failed is None:
                raise
            failed(error)
        else:
            if done is not None:
                done(result)
        return DoneTicket()
