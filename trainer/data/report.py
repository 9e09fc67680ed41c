"""The report on a set, made and read: what was kept, what was left out and why, how varied it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.formats.prepared_set import REPORT
from engine.formats.set_report import DroppedCrop, KeptCrop, OtherFormat, SetCounts, SetReport, UnusableFile
from trainer.data import decide
from trainer.data.decide import JudgedCrop
from trainer.data.errors import DataError
from trainer.data.find import FoundPictures, Problem
from trainer.data.prepared import PreparedSet
from trainer.data.variety import variety, warnings

REASONS = {
    "no-face": "No face found",
    "face-small": "Face too small",
    "picture-small": "Picture too small",
    "long": "Too long for a square",
    "flat": "Nothing to see",
    "dark": "Too dark",
    "bright": "Washed out",
    "blurred": "Blurred",
    "turned": "Turned away",
    "cut-off": "Cut off by the edge",
    "duplicate": "The same file again",
    "near-duplicate": "The same picture again",
    "left-out": "Left out by you",
    "gone": "File no longer readable",
}


def summary(
    card: Mapping[str, Any],
    items: Sequence[JudgedCrop],
    problems: Sequence[Problem],
    found: FoundPictures,
    unknown_decisions: Sequence[str] = (),
) -> SetReport:
    """The report on a set. card: its index."""
    kept = [item for item in items if item.kept]
    sides = Counter(item.split for item in kept)
    spread = variety(
        decide.prints(kept), [item.record.measures for item in kept], [item.cluster for item in kept]
    )
    return SetReport(
        title=card["title"],
        source_folder=card["source_folder"],
        created=card["created"],
        size=card["size"],
        aligned=card["aligned"],
        fit=card["fit"],
        digest=card["digest"],
        counts=SetCounts(
            files=len(found.sources),
            others=found.others,
            crops=len(items),
            kept=len(kept),
            train=sides["train"],
            val=sides["val"],
            dropped=decide.dropped_counts(items),
            problems=len(problems),
        ),
        classes=_classes((item.label, item.split) for item in kept),
        variety=spread,
        warnings=tuple(warnings(spread, [item.label for item in kept], sides["val"])),
        kept=tuple(map(_kept, kept)),
        dropped=tuple(_dropped(item) for item in items if not item.kept),
        problems=tuple(map(_problem, problems)),
        unknown_decisions=tuple(unknown_decisions),
    )


def load(folder: Path) -> SetReport:
    """The report of a prepared folder; of a listed one, what its list says. DataError when there is none."""
    path = folder / REPORT
    try:
        report = SetReport.load(folder)
    except OtherFormat as error:
        raise DataError(path, f"{error}; prepare the folder again", "report-format") from error
    except (OSError, ValueError) as error:
        raise DataError(path, f"the report cannot be read ({error})", "report-damaged") from error
    return report or _listed(PreparedSet.open(folder))


def plain(report: SetReport) -> str:
    """The report in a few lines of text."""
    counts = report.counts
    sides = f"{counts.train} to train on, {counts.val} held back"
    lines = [f"{report.title}: {counts.kept} pictures, {sides}.", f"Digest: {report.digest}"]
    if len(report.classes) > 1:
        lines += [f"  {label}: {one['train']} + {one['val']}" for label, one in report.classes.items()]
    if counts.dropped:
        lines.append("Left out:")
        lines += [f"  {number} x {REASONS.get(code, code)}" for code, number in counts.dropped.items()]
    lines += [f"Unusable: {problem.file}: {problem.reason}." for problem in report.problems]
    if report.variety is not None:
        lines.append(f"As varied as {report.variety.effective:.0f} wholly different pictures.")
    lines += [f"Note: {caution.text}" for caution in report.warnings]
    return "\n".join(lines) + "\n"


def _problem(problem: Problem) -> UnusableFile:
    reason = problem.reason
    return UnusableFile(problem.name, reason.message, reason.code, dict(reason.values))


def _kept(item: JudgedCrop) -> KeptCrop:
    return KeptCrop(
        id=item.id,
        source=item.entry.name,
        label=item.label,
        split=item.split,
        cluster=item.cluster,
        file=item.record.file,
        thumbnail=item.record.thumbnail,
        decided=item.decided,
        measures=item.record.measures.to_json(),
    )


def _dropped(item: JudgedCrop) -> DroppedCrop:
    assert item.verdict is not None
    return DroppedCrop(
        id=item.id,
        source=item.entry.name,
        label=item.label,
        code=item.verdict.code,
        reason=item.verdict.reason,
        like=item.like,
        thumbnail=item.record.thumbnail,
        decided=item.decided,
        measures=item.record.measures.to_json(),
    )


def _classes(pictures: Iterable[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """Pictures (label, split) counted by style and side."""
    counts: dict[str, dict[str, int]] = {}
    for label, split in pictures:
        counts.setdefault(label, {"train": 0, "val": 0})[split] += 1
    return dict(sorted(counts.items()))


def _listed(found: PreparedSet) -> SetReport:
    """What can be said of a set that came with a list of its own."""
    sides = Counter(picture.split for picture in found.pictures)
    return SetReport(
        title=found.title,
        digest=found.digest,
        counts=SetCounts(len(found.pictures), sides["train"], sides["val"]),
        classes=_classes((picture.label, picture.split) for picture in found.pictures),
    )
