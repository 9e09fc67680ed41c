"""A folder of pictures on its way to a training set: the report on it, and what the person decides.

The trainer prepares the folder in a process of its own and writes `report.json` and `set.json` beside the
pictures; what the person puts back or leaves out goes into `overrides.json`, which the next run obeys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.formats.names import safe_name
from engine.formats.prepared_set import DECISIONS, INDEX, REPORT
from engine.formats.reason import Reason
from engine.formats.set_report import LIMIT, DroppedCrop, KeptCrop, OtherFormat, SetCaution, SetReport
from studio.library import jsonfile

# ---- the report


@dataclass(frozen=True)
class SetItem:
    """One picture (or one face of it), and what became of it."""

    id: str
    """What it is called, and decided by: the file's name, and `#2` for its second face."""
    kept: bool
    thumbnail: Path
    code: str = ""
    """Why it is left out ("blurred", "near-duplicate", ...); empty when it is kept."""
    like: str = ""
    """The kept one that shows the same, where that is why."""
    decided: bool = False
    """The person said so."""

    @property
    def name(self) -> str:
        """Its name without folders."""
        return self.id.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class PreparedFolder:
    """A prepared folder: what was kept, what was left out and why, how varied it is."""

    folder: Path
    title: str
    source: Path
    digest: str
    aligned: bool
    """Faces were looked for and aligned; otherwise the pictures are kept whole."""
    labelled: bool
    """Each subfolder is a style of its own."""
    items: tuple[SetItem, ...]
    problems: tuple[tuple[str, Reason], ...]
    """Files that cannot be read, and why."""
    cautions: tuple[SetCaution, ...]
    effective: float | None
    """So many wholly different pictures would be as varied."""
    sources: int
    """Different files that the kept pictures come from."""
    earlier: tuple[str, ...] = ()
    """Digests of earlier states of the set, oldest first."""

    @property
    def kept(self) -> tuple[SetItem, ...]:
        """What is trained on."""
        return tuple(item for item in self.items if item.kept)

    @property
    def left_out(self) -> tuple[SetItem, ...]:
        """What is not."""
        return tuple(item for item in self.items if not item.kept)

    @property
    def reasons(self) -> dict[str, int]:
        """How many were left out for each reason, the commonest first."""
        codes = [item.code for item in self.left_out]
        return {code: codes.count(code) for code in sorted(set(codes), key=lambda c: (-codes.count(c), c))}

    @property
    def folders(self) -> int:
        """How many subfolders the pictures lie in."""
        return len({item.id.split("/", 1)[0] for item in self.items if "/" in item.id})


def read_report(folder: Path) -> PreparedFolder:
    """The report of a prepared folder. ValueError or OSError with a short reason."""
    try:
        found, index = SetReport.load(folder), jsonfile.read_object(folder / INDEX, LIMIT) or {}
        if found is not None:
            return _report(folder, found, index)
    except OtherFormat:
        pass
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("the report is damaged; prepare the folder again") from error
    raise ValueError("the folder has no report; prepare it again")


def _report(folder: Path, found: SetReport, index: Mapping[str, Any]) -> PreparedFolder:
    return PreparedFolder(
        folder=folder,
        title=found.title,
        source=Path(found.source_folder),
        digest=found.digest,
        aligned=found.aligned,
        labelled=index.get("labels") is not None,
        items=(
            *(_kept(folder, one) for one in found.kept),
            *(_dropped(folder, one) for one in found.dropped),
        ),
        problems=tuple((one.file, Reason(one.code, one.reason, one.values)) for one in found.problems),
        cautions=found.warnings,
        effective=None if found.variety is None else found.variety.effective,
        sources=len({str(one["source_sha256"]) for one in index.get("pictures", [])}),
        earlier=tuple(str(one) for one in index.get("earlier_digests", ())),
    )


def _kept(folder: Path, one: KeptCrop) -> SetItem:
    return SetItem(one.id, True, folder / one.file, decided=one.decided)


def _dropped(folder: Path, one: DroppedCrop) -> SetItem:
    return SetItem(one.id, False, folder / one.thumbnail, one.code, one.like, one.decided)


# ---- what the person decides


def decide(folder: Path, decisions: Mapping[str, bool]) -> None:
    """Notes what is put back (True) and left out (False), for the next preparation. ValueError, OSError,
    TargetError.
    """
    card = jsonfile.read_object(folder / DECISIONS) or {"format": 1}
    keep, out = set(card.get("keep", ())), set(card.get("leave_out", ()))
    back = {name for name, kept in decisions.items() if kept}
    gone = decisions.keys() - back
    jsonfile.write_object(
        folder / DECISIONS,
        {**card, "keep": sorted((keep - gone) | back), "leave_out": sorted((out - back) | gone)},
    )


def place_for(folder: Path, sets: Path) -> Path:
    """Where the set made from a folder lies: the same every time, so that only what changed is read again."""
    digest = hashlib.sha256(str(folder.absolute()).encode(errors="surrogateescape")).hexdigest()
    return sets / f"{safe_name(folder.name, fallback='pictures', limit=60)}-{digest[:8]}"


def is_prepared(folder: Path) -> bool:
    """Whether this is a prepared set already."""
    return (folder / INDEX).is_file() and (folder / REPORT).is_file()
