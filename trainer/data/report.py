"""What was kept, what was left out and why, how varied the set is: as plain values and as a few lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.formats.jsonio import parse
from engine.formats.prepared_set import REPORT
from trainer.data import decide
from trainer.data.decide import JudgedCrop
from trainer.data.errors import DataError
from trainer.data.find import FoundPictures, Problem
from trainer.data.prepared import PreparedSet
from trainer.data.variety import variety, warnings

FORMAT = 1
LIMIT = 512 << 20

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
) -> dict[str, Any]:
    """The report as plain values. card: the set's index."""
    kept = [item for item in items if item.kept]
    spread = variety(
        decide.prints(kept), [item.record.measures for item in kept], [item.cluster for item in kept]
    )
    sides = Counter(item.split for item in kept)
    cautions = warnings(spread, [item.label for item in kept], sides["val"])
    return {
        "format": FORMAT,
        **{
            key: card[key]
            for key in ("title", "source_folder", "created", "size", "aligned", "fit", "digest")
        },
        "counts": {
            "files": len(found.sources),
            "others": found.others,
            "crops": len(items),
            "kept": len(kept),
            "train": sides["train"],
            "val": sides["val"],
            "dropped": decide.dropped_counts(items),
            "problems": len(problems),
        },
        "classes": _classes(kept),
        "variety": None if spread is None else spread.to_json(),
        "warnings": [asdict(caution) for caution in cautions],
        "kept": [_kept(item) for item in kept],
        "dropped": [_dropped(item) for item in items if not item.kept],
        "problems": [_problem(one) for one in problems],
        "unknown_decisions": list(unknown_decisions),
    }


def load(folder: Path) -> dict[str, Any]:
    """The report of a prepared folder; of a listed one, what its list says. DataError when there is none."""
    path = folder / REPORT
    try:
        card = parse(path.read_bytes(), LIMIT)
    except FileNotFoundError:
        return _listed(PreparedSet.open(folder))
    except (OSError, ValueError) as error:
        raise DataError(path, f"the report cannot be read ({error})", "report-damaged") from error
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        reason = "the report was written by another version; prepare the folder again"
        raise DataError(path, reason, "report-format")
    return card


def plain(card: Mapping[str, Any]) -> str:
    """The report in a few lines of text."""
    counts = card["counts"]
    sides = f"{counts['train']} to train on, {counts['val']} held back"
    lines = [f"{card['title']}: {counts['kept']} pictures, {sides}.", f"Digest: {card['digest']}"]
    classes = card.get("classes") or {}
    if len(classes) > 1:
        lines += [f"  {label}: {one['train']} + {one['val']}" for label, one in classes.items()]
    if counts.get("dropped"):
        lines.append("Left out:")
        lines += [f"  {number} x {REASONS.get(code, code)}" for code, number in counts["dropped"].items()]
    for problem in card.get("problems", ()):
        lines.append(f"Unusable: {problem['file']}: {problem['reason']}.")
    if card.get("variety"):
        effective = card["variety"]["effective"]
        lines.append(f"As varied as {effective:.0f} wholly different pictures.")
    lines += [f"Note: {caution['text']}" for caution in card.get("warnings", ())]
    return "\n".join(lines) + "\n"


def _problem(problem: Problem) -> dict[str, Any]:
    reason = problem.reason
    return {
        "file": problem.name,
        "reason": reason.message,
        "code": reason.code,
        "values": dict(reason.values),
    }


def _kept(item: JudgedCrop) -> dict[str, Any]:
    return {
        "id": item.id,
        "source": item.entry.name,
        "label": item.label,
        "split": item.split,
        "cluster": item.cluster,
        "file": item.record.file,
        "thumbnail": item.record.thumbnail,
        "decided": item.decided,
        "measures": item.record.measures.to_json(),
    }


def _dropped(item: JudgedCrop) -> dict[str, Any]:
    assert item.verdict is not None
    return {
        "id": item.id,
        "source": item.entry.name,
        "label": item.label,
        "code": item.verdict.code,
        "reason": item.verdict.reason,
        "like": item.like,
        "thumbnail": item.record.thumbnail,
        "decided": item.decided,
        "measures": item.record.measures.to_json(),
    }


def _classes(kept: Iterable[JudgedCrop]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for item in kept:
        counts.setdefault(item.label, {"train": 0, "val": 0})[item.split] += 1
    return dict(sorted(counts.items()))


def _listed(found: PreparedSet) -> dict[str, Any]:
    """What can be said of a set that came with a list of its own."""
    classes: dict[str, dict[str, int]] = {}
    for picture in found.pictures:
        classes.setdefault(picture.label, {"train": 0, "val": 0})[picture.split] += 1
    sides = Counter(picture.split for picture in found.pictures)
    return {
        "format": FORMAT,
        "title": found.title,
        "digest": found.digest,
        "counts": {
            "kept": len(found.pictures),
            "train": sides["train"],
            "val": sides["val"],
            "dropped": {},
            "problems": 0,
        },
        "classes": dict(sorted(classes.items())),
        "variety": None,
        "warnings": [],
    }
