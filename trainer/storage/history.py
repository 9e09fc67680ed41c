"""How a model came about, for its card: settings, losses along the way, and the pieces of training before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.bundle import Bundle
from engine.errors import BundleError
from engine.formats import protocol
from engine.formats.job import Job
from engine.formats.run_folder import EVENTS

ROWS = 40
"""Rows of the log on a card; each is the mean of what was told over its stretch."""
PRIVATE = ("data", "start_from", "upper_from", "about", "consent", "name", "network")
"""Settings that the card has elsewhere, or that name places on somebody's disk."""


def settings(job: Job) -> dict[str, Any]:
    """Every setting that is not a new job's own."""
    usual = Job.of(job.data.folder).flat()
    return {k: v for k, v in job.flat().items() if k not in PRIVATE and v != usual[k]}


def log(run: Path, until_step: int) -> list[dict[str, float]]:
    """Losses of a run up to a step, condensed to ROWS rows of kimg and values; [] where nothing was kept."""
    try:
        events = [event for _, event in protocol.read_events(run / EVENTS)]
    except OSError:
        return []
    told = {e.step: e for e in events if isinstance(e, protocol.Losses) and e.step <= until_step}
    losses = [told[step] for step in sorted(told)]
    stride = -(-len(losses) // ROWS) or 1
    return [_row(losses[i : i + stride]) for i in range(0, len(losses), stride)]


def before(start_from: str) -> list[dict[str, Any]]:
    """The pieces of training that a bundle went through, oldest first; [] for none."""
    if not start_from:
        return []
    try:
        card = Bundle.load(start_from).card.raw
    except BundleError:
        return []
    training = card.get("training")
    if not isinstance(training, dict):
        return []
    earlier = training.get("before", [])
    own = {k: v for k, v in training.items() if k != "before"}
    return [*(earlier if isinstance(earlier, list) else []), {"name": card.get("name", "")} | own]


def _row(losses: list[protocol.Losses]) -> dict[str, float]:
    names = sorted({name for one in losses for name in one.values})
    row = {"kimg": round(losses[-1].kimg, 3)}
    for name in names:
        values = [one.values[name] for one in losses if name in one.values]
        row[name] = round(sum(values) / len(values), 4)
    return row
