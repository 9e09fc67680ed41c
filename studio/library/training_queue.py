"""What is to be trained, in a file: a studio that was killed still knows what was under way and waited."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.formats.run_folder import JOB
from studio.library import jsonfile

FORMAT = 1


@dataclass(frozen=True)
class TrainingRequest:
    """A run that somebody wants."""

    name: str
    data: Path
    """Folder of pictures, or a prepared set."""
    run: Path
    """Folder of the run; made by the trainer."""
    arguments: tuple[str, ...] = ()
    """Further options of `python -m trainer train`."""
    resume: bool = False

    def command(self) -> list[str]:
        """What follows `python -m trainer`."""
        words = ["train", str(self.data), "--out", str(self.run), "--stdin-is-life", *self.arguments]
        return [*words, "--resume"] if self.resume else words

    def going_on(self) -> TrainingRequest:
        """The same after it was broken off: from its last checkpoint where the run got that far."""
        return replace(self, resume=self.resume or (self.run / JOB).is_file())

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "name": self.name,
            "data": str(self.data),
            "run": str(self.run),
            "arguments": list(self.arguments),
            "resume": self.resume,
        }

    @classmethod
    def from_json(cls, card: dict[str, Any]) -> TrainingRequest:
        """From plain values. ValueError."""
        try:
            arguments = tuple(str(one) for one in card["arguments"])
            return cls(
                str(card["name"]), Path(card["data"]), Path(card["run"]), arguments, bool(card["resume"])
            )
        except (KeyError, TypeError) as error:
            raise ValueError("it is not a training request") from error


class QueueFile:
    """The file of requests: the one under way first, then those that wait."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> tuple[TrainingRequest, ...]:
        """What was wanted; what cannot be read is left out."""
        with suppress(OSError, ValueError):
            card = jsonfile.read_object(self.path) or {}
            requests = []
            for one in card.get("requests", ()) if card.get("format") == FORMAT else ():
                with suppress(ValueError, AttributeError):
                    requests.append(TrainingRequest.from_json(one))
            return tuple(requests)
        return ()

    def save(self, requests: Iterable[TrainingRequest]) -> None:
        """Writes it; nothing wanted is no file. TargetError."""
        wanted = [request.to_json() for request in requests]
        if wanted:
            jsonfile.write_object(self.path, {"format": FORMAT, "requests": wanted})
        else:
            self.path.unlink(missing_ok=True)
