"""The report as one HTML page that needs nothing else; the template is `trainer/pages/set.html`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from engine.formats.prepared_set import REPORT
from engine.formats.set_report import DroppedCrop, KeptCrop, SetReport
from trainer.data.report import REASONS
from trainer.pages.render import render, webp

MOST_SHOWN = 1000
"""Pictures on the page in each part; the JSON file has all of them."""
BINS = 24

Crop = TypeVar("Crop", KeptCrop, DroppedCrop)


@dataclass(frozen=True)
class PageGroup(Generic[Crop]):
    """Pictures that are kept, or left out, together."""

    title: str
    count: int
    shown: Sequence[Crop]


@dataclass(frozen=True)
class Histogram:
    """How often values occur, each share of the commonest 0..1; with what the ends mean."""

    name: str
    shares: Sequence[float]
    left: str
    right: str


def page(report: SetReport, folder: Path) -> str:
    """The page for a report. folder: the prepared folder, from which the thumbnails are read."""

    def thumbnail(name: str) -> str:
        try:
            return webp((folder / name).read_bytes())
        except OSError:
            return ""

    return render(
        "set.html",
        title=report.title,
        report=report,
        charts=_charts(report.kept),
        kept=_groups(report.kept, lambda one: one.label),
        dropped=_groups(_by_reason(report.dropped), lambda one: REASONS.get(one.code, one.code)),
        thumbnail=thumbnail,
        report_file=REPORT,
    )


def _groups(crops: Sequence[Crop], title_of: Callable[[Crop], str]) -> list[PageGroup[Crop]]:
    """By title, in the order in which titles are first met; `MOST_SHOWN` pictures in all."""
    found: dict[str, list[Crop]] = {}
    for one in crops:
        found.setdefault(title_of(one), []).append(one)
    groups, room = [], MOST_SHOWN
    for title, members in found.items():
        groups.append(PageGroup(title, len(members), members[:room]))
        room -= len(members[:room])
    return groups


def _by_reason(dropped: Sequence[DroppedCrop]) -> list[DroppedCrop]:
    """In the order of `REASONS`."""
    order = list(REASONS)
    return sorted(dropped, key=lambda one: order.index(one.code) if one.code in order else len(order))


def _charts(kept: Sequence[KeptCrop]) -> list[Histogram]:
    measures = [one.measures for one in kept]
    yaws = [one["yaw"] for one in measures if "yaw" in one]
    charts = [
        Histogram("Brightness", _shares([one["light"] for one in measures], 0.0, 1.0), "dark", "bright"),
        Histogram("Sharpness", _shares([one["sharpness"] for one in measures], 0.0, 2.0), "soft", "sharp"),
    ]
    if yaws:
        charts.append(Histogram("Facing", _shares(yaws, -45.0, 45.0), "left", "right"))
    return charts


def _shares(values: Sequence[float], low: float, high: float) -> list[float]:
    """How many values lie in each of `BINS` equal ranges, as shares of the fullest."""
    counts = [0] * BINS
    for value in values:
        at = int((value - low) / (high - low) * BINS)
        counts[min(BINS - 1, max(0, at))] += 1
    top = max(counts) or 1
    return [count / top for count in counts]
