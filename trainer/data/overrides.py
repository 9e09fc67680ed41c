"""What the user decided against the judgement: pictures put back, and pictures left out.

A small JSON file in the prepared folder, so that the studio, the command line and a text editor can all
change it. It names crops as the report does (`holiday/a b.jpg`, or `holiday/a b.jpg#2` for its second face);
the name of a file stands for all its crops.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.files import write_atomic
from engine.formats.jsonio import parse
from engine.formats.prepared_set import DECISIONS
from trainer.data.errors import DataError

LIMIT = 64 << 20


@dataclass(frozen=True)
class Overrides:
    """Names to keep whatever the judgement, and names to leave out."""

    keep: frozenset[str] = frozenset()
    leave_out: frozenset[str] = frozenset()

    @classmethod
    def load(cls, folder: Path) -> Overrides:
        """The decisions in a prepared folder; none when there is no file; DataError when it is damaged."""
        path = folder / DECISIONS
        try:
            card = parse(path.read_bytes(), LIMIT)
            return cls(_names(card, "keep"), _names(card, "leave_out"))
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise DataError(path, f"it cannot be read ({error.strerror or error})", "decisions") from error
        except ValueError as error:
            raise DataError(path, f"{error}; correct or delete it", "decisions") from error

    def save(self, folder: Path) -> None:
        """Write them into a prepared folder."""
        card = {"format": 1, "keep": sorted(self.keep), "leave_out": sorted(self.leave_out)}
        text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
        write_atomic(folder / DECISIONS, text.encode())

    def changed(
        self, *, put_back: Iterable[str] = (), leave_out: Iterable[str] = (), forget: Iterable[str] = ()
    ) -> Overrides:
        """These decisions with newer ones on top. forget: names to be judged as usual again."""
        back, out = frozenset(put_back), frozenset(leave_out)
        gone = frozenset(forget)
        return Overrides((self.keep - out - gone) | (back - out), (self.leave_out - back - gone) | out)

    def decision(self, crop: str, file: str) -> bool | None:
        """True: keep this crop; False: leave it out; None: nothing was decided.

        A decision on the crop goes before one on its file.
        """
        for name in (crop, file):
            if name in self.leave_out:
                return False
            if name in self.keep:
                return True
        return None

    def unknown(self, names: Iterable[str]) -> list[str]:
        """Names in the decisions that are not among `names`."""
        return sorted((self.keep | self.leave_out) - set(names))


def _names(card: object, key: str) -> frozenset[str]:
    if not isinstance(card, dict) or card.get("format") != 1:
        raise ValueError("it is not a list of decisions (format 1)")
    names = card.get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{key} is not a list of names")
    return frozenset(names)
