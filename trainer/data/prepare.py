"""`dataset prepare`: from a folder of pictures to a training set with its report."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.faces import FaceFinder
from engine.formats import preparation
from engine.formats.prepared_set import INDEX, PAGE, REPORT
from engine.formats.set_report import SetReport
from trainer.data import decide, page, report
from trainer.data.crops import Cut, Finder
from trainer.data.decide import JudgedCrop
from trainer.data.errors import DataError
from trainer.data.find import FoundPictures, Problem, Source, walk
from trainer.data.journal import Journal, JournalEntry
from trainer.data.judge import LIMITS, Limits, Verdict
from trainer.data.listeners import Listener
from trainer.data.overrides import Overrides
from trainer.data.prepared import FORMAT, PreparedSet, file_digest, set_digest
from trainer.data.reading import LASTING, Reader, ReadingState
from trainer.data.split import SHARE
from trainer.data.store import Store, check_folders

MOST_DIGESTS = 1000
"""earlier digests of a set that its index remembers"""


@dataclass(frozen=True)
class PreparationSettings:
    """How a set is prepared."""

    cut: Cut = field(default_factory=Cut)
    limits: Limits = LIMITS
    subfolder_labels: bool = False
    """The top subfolders name the styles."""
    share: float = SHARE
    """Of the pictures held back for judging."""
    threads: int = 0
    """0: as many as there are cores, at most 8."""


def prepare(
    folder: Path,
    out: Path,
    settings: PreparationSettings | None = None,
    *,
    tell: Listener = lambda event: None,
    cancelled: Callable[[], bool] = lambda: False,
    new_finder: Callable[[], Finder] = FaceFinder,
) -> PreparedSet:
    """Prepare the pictures in `folder` as a training set in `out`, going on where an earlier run stopped.

    Reads only pictures that are new or have changed. DataError when there is nothing to prepare or nothing is
    left; TargetError when `out` cannot be written; Cancelled. What was read until then is remembered.
    """
    started = time.monotonic()
    work = _Preparation(folder, out, settings or PreparationSettings(), tell, cancelled, new_finder)
    try:
        found = work.find()
        read, count = work.read(found)
        tell(preparation.StageBegun("compare"))
        items = work.write_crops(read, work.decide(read))
        tell(preparation.StageBegun("write"))
        card = work.write_index(items)
        summary = work.write_report(card, items, found)
        work.clear(items, found)
    finally:
        work.close()
    if not card["pictures"]:
        raise DataError(
            folder, f"none of its {len(found.sources)} pictures is fit to train on; see {out / PAGE}", "none"
        )
    tell(_done(out, card, summary, count, time.monotonic() - started))
    return PreparedSet.open(out)


class _Preparation:
    """The steps of one preparation."""

    def __init__(
        self,
        folder: Path,
        out: Path,
        settings: PreparationSettings,
        tell: Listener,
        cancelled: Callable[[], bool],
        new_finder: Callable[[], Finder],
    ) -> None:
        check_folders(folder, out)
        self.folder, self.out, self.settings = folder, out, settings
        self.tell, self.cancelled = tell, cancelled
        self.store = Store(out)
        self.store.make()
        self.overrides = Overrides.load(out)
        self.before = _old_index(out)
        self.journal = Journal(out, settings.cut.key)
        self.reader = Reader(
            self.store,
            self.journal,
            settings.cut,
            settings.limits,
            self.overrides,
            new_finder,
            settings.threads,
        )

    def find(self) -> FoundPictures:
        """Walk the folder."""
        found = walk(self.folder, exclude=[self.out], subfolder_labels=self.settings.subfolder_labels)
        if not found.sources:
            raise DataError(self.folder, "there are no pictures in it", "no-pictures")
        return found

    def read(self, found: FoundPictures) -> tuple[list[tuple[Source, JournalEntry]], int]:
        """What is known of every source, and how many had to be read for it."""
        new = [source for source in found.sources if not self._is_known(source)]
        self.tell(
            preparation.PicturesFound(
                str(self.folder), str(self.out), len(found.sources), len(found.sources) - len(new)
            )
        )
        for problem in found.problems:
            self.tell(preparation.PictureRefused(problem.name, problem.reason))
        self.reader.read(new, self._tell_state, self._tell_trouble, self.cancelled)
        entries = [(source, self.journal.find(source)) for source in found.sources]
        return [(source, entry) for source, entry in entries if entry is not None], len(new)

    def decide(self, read: Sequence[tuple[Source, JournalEntry]]) -> list[JudgedCrop]:
        """What becomes of every crop."""
        settings = self.settings
        items = decide.judged(read, settings.limits, settings.cut.align, self.overrides)
        items = decide.without_duplicates(items)
        return decide.held_back(items, settings.share, _sides(self.before))

    def write_crops(
        self, read: Sequence[tuple[Source, JournalEntry]], items: list[JudgedCrop]
    ) -> list[JudgedCrop]:
        """See to it that every kept crop is on disk, whole; what cannot be had any more is left out."""
        sources = {source.name: source for source, _ in read}
        known = {entry["file"]: entry["sha256"] for entry in self.before.get("pictures", ())}
        missing = [
            (sources[item.entry.name], item.record)
            for item in items
            if item.kept and not self._is_whole(item.record.file, known)
        ]
        lost = self.reader.rewrite(missing, self.cancelled)
        gone = Verdict("gone", "its file can no longer be read")
        return [
            replace(item, verdict=gone, split="", cluster=-1)
            if item.kept and item.record.file in lost
            else item
            for item in items
        ]

    def write_index(self, items: Sequence[JudgedCrop]) -> dict[str, Any]:
        """Write `set.json`: from here on the folder holds the new set."""
        kept = [item for item in items if item.kept]
        digest = set_digest(item.entry.sha256 for item in kept)
        cut = self.settings.cut
        card = {
            "format": FORMAT,
            "title": self.folder.resolve().name,
            "source_folder": str(self.folder.resolve()),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "size": cut.size,
            "aligned": cut.align,
            "fit": cut.fit,
            "labels": "subfolders" if self.settings.subfolder_labels else None,
            "classes": sorted({item.label for item in kept}),
            "digest": digest,
            "earlier_digests": _earlier(self.before, digest),
            "pictures": [self._index_entry(item) for item in kept],
        }
        if card | {"created": ""} != self.before | {"created": ""}:
            self.store.write_json(INDEX, card)
        return card

    def write_report(
        self, card: dict[str, Any], items: Sequence[JudgedCrop], found: FoundPictures
    ) -> SetReport:
        """Write the report, for programs and for reading."""
        problems = [*found.problems, *self._problems(found)]
        unknown = self.overrides.unknown(name for item in items for name in (item.id, item.entry.name))
        summary = report.summary(card, items, problems, found, unknown)
        self.tell(preparation.StageBegun("report"))
        self.store.write_text(REPORT, summary.to_text())
        self.store.write_text(PAGE, page.page(summary, self.out))
        return summary

    def clear(self, items: Sequence[JudgedCrop], found: FoundPictures) -> None:
        """Remove what belongs to no source any more."""
        kept = {item.record.file for item in items if item.kept}
        self.store.clear([*kept, *(item.record.thumbnail for item in items)])
        self.journal.rewrite(source.name for source in found.sources)

    def close(self) -> None:
        """Let go of the files."""
        self.journal.close()

    def _is_known(self, source: Source) -> bool:
        entry = self.journal.find(source)
        if entry is None or (entry.problem and entry.code not in LASTING):
            return False
        return all(self.store.has(crop.thumbnail) for crop in entry.crops)

    def _is_whole(self, file: str, known: Mapping[str, str]) -> bool:
        if not self.store.has(file):
            return False
        return file not in known or file_digest(self.out / file) == known[file]

    def _index_entry(self, item: JudgedCrop) -> dict[str, Any]:
        return {
            "file": item.record.file,
            "label": item.label,
            "split": item.split,
            "cluster": item.cluster,
            "id": item.id,
            "source": item.entry.name,
            "source_sha256": item.entry.sha256,
            "face": item.record.face,
            "sha256": file_digest(self.out / item.record.file),
        }

    def _problems(self, found: FoundPictures) -> list[Problem]:
        entries = [self.journal.find(source) for source in found.sources]
        return [Problem(entry.name, entry.reason) for entry in entries if entry and entry.problem]

    def _tell_state(self, state: ReadingState) -> None:
        self.tell(
            preparation.PicturesRead(state.done, state.total, state.crops, state.problems, state.seconds_left)
        )

    def _tell_trouble(self, entry: JournalEntry) -> None:
        self.tell(preparation.PictureRefused(entry.name, entry.reason))


def _old_index(out: Path) -> dict[str, Any]:
    """The index of the set that is there already; empty when there is none or it is damaged."""
    try:
        return PreparedSet.open(out).card if (out / INDEX).is_file() else {}
    except DataError:
        return {}


def _sides(index: Mapping[str, Any]) -> dict[str, str]:
    return {
        decide.content_key(entry["source_sha256"], entry.get("face", -1)): entry["split"]
        for entry in index.get("pictures", ())
    }


def _earlier(before: Mapping[str, Any], digest: str) -> list[str]:
    """Digests that this folder had before, so that what was made then is found when a set is forgotten."""
    known = [*before.get("earlier_digests", ()), *([before["digest"]] if before else ())]
    return list(dict.fromkeys(one for one in known if one != digest))[-MOST_DIGESTS:]


def _done(
    out: Path, card: Mapping[str, Any], summary: SetReport, read: int, seconds: float
) -> preparation.SetReady:
    counts = summary.counts
    return preparation.SetReady(
        out=str(out),
        digest=card["digest"],
        pictures=counts.kept,
        train=counts.train,
        val=counts.val,
        dropped=counts.dropped,
        problems=counts.problems,
        read=read,
        seconds=round(seconds, 2),
        report=str(out / REPORT),
        page=str(out / PAGE),
    )
