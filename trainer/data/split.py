"""Holds pictures back for validation so that nothing like them is trained on.

Whole clusters move together: pictures that look alike and pictures cut from one source. A picture that was on
one side stays there when the folder grows, so a training that goes on never meets what it is judged by.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SHARE = 0.1
"""of the pictures are held back"""
FEWEST = 8
"""with fewer pictures than this nothing is held back: each is needed for training"""
LARGEST_CLUSTER = 0.5
"""a cluster that holds more than this share of what is to be held back stays in training, when it can"""


@dataclass(frozen=True)
class Member:
    """What the split needs to know of one picture."""

    key: str
    """Names the picture's content, so that the same pictures are split alike in every folder."""
    label: str
    cluster: int


def split(
    members: Sequence[Member], *, share: float = SHARE, before: Mapping[str, str] | None = None
) -> list[str]:
    """ "train" or "val" for each member.

    before: the side of each key in an earlier split. A cluster with a picture that was trained on stays in
    training; otherwise one with a picture that was held back stays held back. Beyond that, clusters are drawn
    by their content, label by label, until each label has its share.
    """
    if len(members) < FEWEST:
        return ["train"] * len(members)
    drawn = _Draw(members, before or {})
    by_label: dict[str, list[int]] = defaultdict(list)
    for cluster, rows in drawn.rows.items():
        by_label[_main_label(members, rows)].append(cluster)
    for _, clusters in sorted(by_label.items()):
        drawn.fill(clusters, share)
    if not drawn.held:
        drawn.fill(list(drawn.rows), share)
    return ["val" if member.cluster in drawn.held else "train" for member in members]


class _Draw:
    def __init__(self, members: Sequence[Member], before: Mapping[str, str]) -> None:
        self.rows: dict[int, list[int]] = defaultdict(list)
        for row, member in enumerate(members):
            self.rows[member.cluster].append(row)
        self.held: set[int] = set()
        self.trained: set[int] = set()
        self.order: dict[int, str] = {}
        for cluster, rows in self.rows.items():
            sides = {before.get(members[row].key) for row in rows}
            if "train" in sides:
                self.trained.add(cluster)
            elif "val" in sides:
                self.held.add(cluster)
            first = min(members[row].key for row in rows)
            self.order[cluster] = hashlib.sha256(f"hold back {first}".encode()).hexdigest()

    def fill(self, clusters: Sequence[int], share: float) -> None:
        """Hold back clusters, in an order given by their content, up to `share` of the pictures."""
        total = sum(len(self.rows[cluster]) for cluster in clusters)
        wanted = round(total * share)
        count = sum(len(self.rows[cluster]) for cluster in clusters if cluster in self.held)
        free = [cluster for cluster in clusters if cluster not in self.held | self.trained]
        if len(clusters) < 2:
            return
        for cluster in sorted(free, key=self.order.__getitem__):
            size = len(self.rows[cluster])
            fits = size == 1 or size <= max(1.0, LARGEST_CLUSTER * wanted)
            if fits and count + size <= wanted:
                self.held.add(cluster)
                count += size


def _main_label(members: Sequence[Member], rows: Sequence[int]) -> str:
    counts = Counter(members[row].label for row in rows)
    return min(counts, key=lambda label: (-counts[label], label))
