"""What is to be trained, as the person chose it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """What is to be trained, as the person chose it."""

    name: str
    start_from: Path | None
    """The model to start from; None for none."""
    minutes: float = 0.0
    """How long at most; 0 for as long as the pictures need."""

    def arguments(self, consent: Path, side: int) -> list[str]:
        """Options of `trainer train`. side: of the pictures, which a model from scratch draws in too."""
        words = ["--consent", str(consent)]
        if self.start_from is not None:
            words += ["--from", str(self.start_from)]
        else:
            words += ["--resolution", str(side)]
        if self.minutes:
            words += ["--minutes", f"{self.minutes:g}"]
        return words


def free_model_name(wanted: str, taken: Iterable[str]) -> str:
    """The name, or with a number when there is such a model already."""
    names = {name.casefold() for name in taken}
    numbered = (f"{wanted} {number}" for number in range(2, 10_000))
    return next(name for name in (wanted, *numbered) if name.casefold() not in names)
