"""What was found out about each source picture, so that a second run reads only what changed.

One JSON line a picture, appended as soon as its crops are on disk: a killed run loses at most the pictures
it was working on. Lines that were cut short are skipped. At the end of a run the journal is written anew,
without what is no longer there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from engine.errors import TargetError
from engine.files import target_error, write_atomic
from engine.formats.reason import Reason, Value
from trainer.data import expressions
from trainer.data.duplicates import decode
from trainer.data.find import Source
from trainer.data.judge import Measures

FILE = "sources.jsonl"


@dataclass(frozen=True)
class CropRecord:
    """One crop as remembered: measured, and stored under these names once it was kept."""

    face: int
    """See `crops.Crop`."""
    file: str
    """Where the crop is, or will be when it is kept; relative to the prepared folder."""
    thumbnail: str
    measures: Measures
    tiny: str
    """Its print, as text."""
    trims: tuple[str, ...] = ()
    detail: str = ""
    """What `expressions` compares of a face, as text; empty for a whole picture."""

    def prints(self) -> list[np.ndarray]:
        """The print and those of the trimmed crop."""
        return [decode(text) for text in (self.tiny, *self.trims)]


@dataclass(frozen=True)
class JournalEntry:
    """What is remembered of one source picture."""

    name: str
    size: int
    mtime_ns: int
    sha256: str
    cut: str
    """`Cut.key` of the settings it was cut with."""
    crops: tuple[CropRecord, ...] = ()
    problem: str = ""
    """Why it could not be read, as the end of a sentence; empty if it could."""
    code: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    """What the problem's sentence is filled with."""

    def of(self, source: Source) -> JournalEntry:
        """The same findings for another file with the same content."""
        return replace(self, name=source.name, size=source.size, mtime_ns=source.mtime_ns)

    @property
    def reason(self) -> Reason:
        """Why it could not be read."""
        return Reason(self.code, self.problem, self.values)

    def to_line(self) -> str:
        """One JSON line, with its line break."""
        card = {
            **{key: value for key, value in self.__dict__.items() if key != "crops"},
            "crops": [{**crop.__dict__, "measures": crop.measures.to_json()} for crop in self.crops],
        }
        return json.dumps(card, ensure_ascii=False, separators=(",", ":")) + "\n"

    @classmethod
    def from_line(cls, line: str) -> JournalEntry:
        """ValueError, KeyError or TypeError when the line is not an entry of this version."""
        card: dict[str, Any] = json.loads(line)
        crops = tuple(_crop(one) for one in card.pop("crops"))
        return cls(crops=crops, **card)


class Journal:
    """The remembered entries of one prepared folder; new ones are appended as they come."""

    def __init__(self, folder: Path, cut: str) -> None:
        self._path = folder / FILE
        self._cut = cut
        self._by_name: dict[str, JournalEntry] = {}
        self._by_digest: dict[str, JournalEntry] = {}
        self._file: IO[str] | None = None
        for entry in _read(self._path):
            if entry.cut == cut:
                self._remember(entry)

    def find(self, source: Source) -> JournalEntry | None:
        """The entry of a source that has not changed since."""
        entry = self._by_name.get(source.name)
        same = entry is not None and (entry.size, entry.mtime_ns) == (source.size, source.mtime_ns)
        return entry if same else None

    def find_digest(self, sha256: str) -> JournalEntry | None:
        """The entry of a file with this content, whatever its name."""
        return self._by_digest.get(sha256)

    def add(self, entry: JournalEntry) -> None:
        """Remember an entry, on disk too. TargetError when it cannot be written."""
        self._remember(entry)
        try:
            if self._file is None:
                self._file = self._open()
            self._file.write(entry.to_line())
            self._file.flush()
        except OSError as error:
            raise target_error(self._path, error) from error

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError:  # the disk is full: `add` has said so
                pass
            self._file = None

    def rewrite(self, names: Iterable[str]) -> None:
        """Forget everything but the entries of these sources, and write the file anew."""
        self.close()
        kept = {name: self._by_name[name] for name in names if name in self._by_name}
        write_atomic(self._path, "".join(entry.to_line() for entry in kept.values()).encode())
        self._by_name = kept

    def _remember(self, entry: JournalEntry) -> None:
        self._by_name[entry.name] = entry
        if not entry.problem:
            self._by_digest.setdefault(entry.sha256, entry)

    def _open(self) -> IO[str]:
        file = self._path.open("a+", encoding="utf-8", newline="\n")
        if file.tell() and not _ends_with_line_break(self._path):
            file.write("\n")
        return file


def _crop(card: dict[str, Any]) -> CropRecord:
    measures = Measures.from_json(card.pop("measures"))
    record = CropRecord(measures=measures, trims=tuple(card.pop("trims", ())), **card)
    record.prints()
    if record.face >= 0:
        expressions.decode(record.detail)  # an earlier version had none: such a picture is read again
    return record


def _read(path: Path) -> Iterable[JournalEntry]:
    if not path.is_file():
        return
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    yield JournalEntry.from_line(line)
                except (ValueError, KeyError, TypeError, AttributeError):
                    continue
    except OSError as error:
        raise TargetError(path, f"it cannot be read ({error.strerror or error})") from error


def _ends_with_line_break(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"
