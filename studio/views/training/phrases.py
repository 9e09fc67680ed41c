"""Figures of a training in a designer's words: how long, how large, where it stands. No technical words."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QLocale

from engine.formats.protocol import Preflight
from engine.formats.reason import Reason
from engine.formats.run_state import RunState
from engine.formats.set_report import SetCaution
from studio.i18n import Words
from studio.state.preparation import TrialSteps
from studio.state.training import Training

MB = 1_000_000


def duration(words: Words, seconds: float) -> str:
    """ "40 seconds", "9 minutes", "2 hours": as exact as an estimate deserves."""
    if seconds < 55:
        return words("training.time.seconds", count=max(5, 5 * round(seconds / 5)))
    if seconds < 5400:
        return words("training.time.minutes", count=max(1, round(seconds / 60)))
    if seconds < 36 * 3600:
        hours = round(seconds / 1800) / 2
        whole = int(hours) if hours == int(hours) else hours
        return words("training.time.hours", count=whole)
    return words("training.time.days", count=round(seconds / 86400))


def size(number: float) -> str:
    """Bytes as MB or GB."""
    if number >= 950 * MB:
        return f"{number / 1000 / MB:.1f} GB"
    return f"{max(1, round(number / MB))} MB"


def when(words: Words, seconds: float) -> str:
    """The day and hour of an event."""
    locale = QLocale(words.language)
    moment = datetime.fromtimestamp(seconds)
    return locale.toString(moment, QLocale.FormatType.ShortFormat)  # type: ignore[call-overload,no-any-return]


def day(words: Words, iso: str) -> str:
    """A date as the person writes it; what is no date stays as it is."""
    try:
        date = datetime.fromisoformat(iso).date()
    except ValueError:
        return iso
    return QLocale(words.language).toString(date, QLocale.FormatType.LongFormat)  # type: ignore[call-overload,no-any-return]


GOES_ON = ("running", "starting", "pausing", "paused", "stopping")
"""States of a run under way."""


def state_of(run: RunState, training: Training) -> str:
    """ "waiting", "held", "starting", "running", "pausing", "paused", "stopping", "broken", "stopped",
    "failed" or "done"."""
    current = training.current
    if current is not None and current.folder == run.folder:
        if training.asked == "stop":
            return "stopping"
        if run.status == "paused":
            return "paused"
        if training.asked == "pause":
            return "pausing"
        return "running" if run.total_kimg else "starting"
    if training.is_waiting(run.folder):
        return "held" if training.held else "waiting"
    return "broken" if run.status in ("new", "running", "paused") else run.status


def standing(words: Words, run: RunState, state: str, *, short: bool = False) -> str:
    """Where a run stands, in one line."""
    percent = f"{run.fraction:.0%}"
    if state == "running" and run.seconds_left is not None:
        left = duration(words, run.seconds_left)
        key = "training.state.running.short" if short else "training.state.running.left"
        return words(key, percent=percent, left=left)
    return words(f"training.state.{state}", percent=percent)


def learns_from(words: Words, run: RunState) -> str:
    """How many pictures a run learns from, and how many of the set are held back; empty when nobody knows."""
    pictures = words("styles.pictures", count=run.pictures) if run.pictures else ""
    if not pictures or not run.held_back:
        return pictures
    whole = run.pictures + run.held_back
    return words("training.fact.held_back", count=run.held_back, pictures=pictures, whole=whole)


def needs(words: Words, found: Preflight, key: str = "") -> str:
    """What a training needs: "It fits: about 9 minutes, 400 MB of memory, 120 MB on the disk."."""
    if not found.fits and not found.memory_mb:
        return words("training.fits.not.memory")
    return words(
        key or ("training.fits" if found.fits else "training.fits.not"),
        time=duration(words, found.seconds),
        memory=size(found.memory_mb * MB),
        disk=size(found.disk_mb * MB),
    )


def trying(words: Words, tried: TrialSteps, now: float) -> str:
    """What is tried, and for how long already."""
    if not tried.what:
        return words("training.measuring")
    start = words("training.measuring.from", model=tried.start) if tried.start else ""
    seconds = max(0, int(now - tried.begun))
    return words("training.measuring.what", name=tried.what, start=start, count=seconds)


def caution(words: Words, found: SetCaution) -> str:
    """What a caution means for the model."""
    key = f"training.caution.{found.code}"
    if not words.has(key) or (found.code == "few-in-class" and not found.label):
        return words("training.caution.other")
    return words(key, number=round(found.value), percent=f"{found.value:.0%}", label=found.label)


def warning(words: Words, reason: Reason) -> str:
    """What a warning of the trainer means for the person; one that nobody here knows, as it came."""
    key = f"training.warning.{reason.code}"
    return words(key, **reason.values) if words.has(key) else reason.message


def reason(words: Words, code: str) -> str:
    """Why a picture is left out, in a word or two."""
    key = f"training.reason.{code}"
    return words(key) if words.has(key) else words("training.reason.other")
