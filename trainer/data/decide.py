"""What becomes of each crop: kept or left out, in which group, on which side of the split. No pixels here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trainer.data import duplicates, expressions
from trainer.data.duplicates import LikePair
from trainer.data.find import Source
from trainer.data.journal import CropRecord, JournalEntry
from trainer.data.judge import Limits, Verdict, judge, quality
from trainer.data.overrides import Overrides
from trainer.data.split import Member, split

COMPARED = 8
"""With so many of the most similar pictures that stay, a face is compared closely."""


@dataclass(frozen=True)
class JudgedCrop:
    """One crop and what becomes of it."""

    id: str
    """What the user is shown and decides by: the file's name, and `#2` for its second face."""
    entry: JournalEntry
    record: CropRecord
    label: str
    verdict: Verdict | None = None
    """Why it is left out; None: it is kept."""
    like: str = ""
    """The kept crop that shows the same, where that is why."""
    decided: bool = False
    """The user said so."""
    cluster: int = -1
    split: str = ""

    @property
    def kept(self) -> bool:
        """Whether it belongs to the set."""
        return self.verdict is None

    @property
    def key(self) -> str:
        """Names its content."""
        return content_key(self.entry.sha256, self.record.face)


def content_key(source_sha256: str, face: int) -> str:
    """Names one crop by content: the source's digest and which face of it."""
    return f"{source_sha256}:{face}"


def crop_id(name: str, face: int) -> str:
    """How the user calls a crop."""
    return name if face < 1 else f"{name}#{face + 1}"


def judged(
    read: Iterable[tuple[Source, JournalEntry]], limits: Limits, aligned: bool, overrides: Overrides
) -> list[JudgedCrop]:
    """All crops, each judged by itself; the user's decisions go before the judgement."""
    return [
        _judged(source, entry, record, limits, aligned, overrides)
        for source, entry in read
        for record in entry.crops
    ]


def without_duplicates(items: Sequence[JudgedCrop]) -> list[JudgedCrop]:
    """Leaves out what is shown twice, keeping the better one, and numbers the groups of what looks alike.

    A picture the user put back stays. Groups are numbered over the kept pictures; pictures cut from one file
    are one group, and so are pictures that are alike through one that was left out.
    """
    found = list(items)
    _drop_copies(found)
    rows = [row for row, item in enumerate(found) if item.kept]
    pairs = _alike([found[row] for row in rows])
    nearest_first = sorted((pair for pair in pairs if pair.same), key=lambda pair: pair.difference)
    same = [(rows[pair.first], rows[pair.second]) for pair in nearest_first]
    _drop_alike(found, same)
    links = [(pair.first, pair.second) for pair in pairs]
    groups = duplicates.clusters(len(rows), [*links, *_one_source([found[row] for row in rows])])
    for row, group in zip(rows, _renumbered([found[row].kept for row in rows], groups), strict=True):
        found[row] = replace(found[row], cluster=group)
    return found


def held_back(items: Sequence[JudgedCrop], share: float, before: Mapping[str, str]) -> list[JudgedCrop]:
    """Gives each kept crop its side of the split. before: sides by `JudgedCrop.key` in an earlier set."""
    members = [Member(item.key, item.label, item.cluster) for item in items if item.kept]
    sides = iter(split(members, share=share, before=before))
    return [replace(item, split=next(sides)) if item.kept else item for item in items]


def prints(items: Sequence[JudgedCrop]) -> NDArray[np.uint8]:
    """The prints of some crops: uint8 [N, 17, 17, 3]."""
    if not items:
        return np.empty((0, duplicates.SIDE, duplicates.SIDE, 3), np.uint8)
    return np.stack([duplicates.decode(item.record.tiny) for item in items])


def dropped_counts(items: Iterable[JudgedCrop]) -> dict[str, int]:
    """How many crops were left out for each reason, the commonest first."""
    return dict(Counter(item.verdict.code for item in items if item.verdict).most_common())


def _judged(
    source: Source,
    entry: JournalEntry,
    record: CropRecord,
    limits: Limits,
    aligned: bool,
    overrides: Overrides,
) -> JudgedCrop:
    item = JudgedCrop(crop_id(source.name, record.face), entry, record, source.label)
    decision = overrides.decision(item.id, source.name)
    if decision is not None:
        verdict = None if decision else Verdict("left-out", "you left it out")
        return replace(item, verdict=verdict, decided=True)
    if aligned and record.face < 0:
        return replace(item, verdict=Verdict("no-face", "no face was found in it"))
    return replace(item, verdict=judge(record.measures, limits))


def _drop_copies(items: list[JudgedCrop]) -> None:
    """Of files with the same content only the first stays."""
    first: dict[str, JudgedCrop] = {}
    for item in items:
        if item.kept and item.decided:
            first.setdefault(item.key, item)
    for row, item in enumerate(items):
        if not item.kept:
            continue
        known = first.setdefault(item.key, item)
        if known is not item and not item.decided:
            verdict = Verdict("duplicate", f"it is the same file as {known.entry.name}")
            items[row] = replace(item, verdict=verdict, like=known.id)


def _drop_alike(items: list[JudgedCrop], same: Sequence[tuple[int, int]]) -> None:
    """Of pictures that show the same the best stays; what is only like a dropped one stays, too.

    same: pairs of rows, the most alike first.
    """
    partners: dict[int, list[int]] = {}
    for first, second in same:
        partners.setdefault(first, []).append(second)
        partners.setdefault(second, []).append(first)
    order = sorted(
        partners, key=lambda row: (not items[row].decided, -quality(items[row].record.measures), row)
    )
    stay: set[int] = set()
    for row in order:
        item = items[row]
        staying = [other for other in partners[row] if other in stay][:COMPARED]
        better = next((other for other in staying if _is_one_picture(item, items[other])), None)
        if better is None or item.decided:
            stay.add(row)
        else:
            verdict = Verdict("near-duplicate", f"it shows the same as {items[better].id}")
            items[row] = replace(item, verdict=verdict, like=items[better].id)


def _is_one_picture(item: JudgedCrop, other: JudgedCrop) -> bool:
    """Whether two crops that look the same are one picture; of faces, another expression is another one."""
    details = item.record.detail, other.record.detail
    return not all(details) or expressions.is_one_picture(*map(expressions.decode, details))


def _alike(items: Sequence[JudgedCrop]) -> list[LikePair]:
    trims = {len(item.record.trims) for item in items}
    views = []
    if len(trims) == 1:
        looks = [[duplicates.decode(text) for text in item.record.trims] for item in items]
        views = [np.stack(view) for view in zip(*looks, strict=True)]
    return duplicates.alike_pairs(prints(items), views)


def _one_source(items: Sequence[JudgedCrop]) -> list[tuple[int, int]]:
    first: dict[str, int] = {}
    return [(first.setdefault(item.entry.sha256, row), row) for row, item in enumerate(items)]


def _renumbered(kept: Sequence[bool], groups: Sequence[int]) -> list[int]:
    numbers: dict[int, int] = {}
    return [
        numbers.setdefault(group, len(numbers)) if is_kept else -1
        for is_kept, group in zip(kept, groups, strict=True)
    ]
