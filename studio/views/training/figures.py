"""What was measured along a run, as curves with a designer's names."""

from __future__ import annotations

from engine.formats.run_state import Point, RunState
from studio.i18n import Words
from studio.views.training.plot import Curve, Series

MEASURES = ("likeness", "variety", "style", "own")
KEYS = {"likeness": "kid", "variety": "diversity", "style": "style_agreement", "own": "copying"}
LEVELS = {"variety": 1.0, "style": 0.5, "own": 0.9}
"""What to compare with: the real pictures, chance, and where copying begins."""
ERRORS = (("picture", "reconstruction", "accent"), ("style", "style_consistency", "warning"))


def measure(words: Words, run: RunState, which: str) -> Curve:
    """The curve of one of MEASURES."""
    key = KEYS[which]
    series = Series(words(f"training.measure.{which}.name"), _values(run, run.metrics, key))
    level = LEVELS.get(which)
    if which == "likeness":
        real = [point.values["real_kid"] for point in run.metrics if "real_kid" in point.values]
        return Curve((series,), real[-1] if real else None, show=lambda value: f"{1000 * value:.0f}")
    return Curve((series,), level, show=lambda value: f"{value:.0%}")


def best(words: Words, run: RunState) -> str:
    """What the best snapshot came to, in one line."""
    values = run.best.values if run.best is not None else {}
    told = [
        f"{words(f'training.measure.{name}')} {values[KEYS[name]]:.0%}"
        for name in MEASURES[1:]
        if KEYS[name] in values
    ]
    return " · ".join(told)


def errors(words: Words, run: RunState) -> Curve:
    """How much is left of the first errors in redrawing pictures and in their style."""
    found = []
    for name, key, role in ERRORS:
        points = _values(run, run.losses, key)
        start = next((value for _, value in points if value > 0), 0.0)
        if start:
            left = tuple((share, value / start) for share, value in points)
            found.append(Series(words(f"training.errors.{name}"), left, role))
    return Curve(tuple(found), show=lambda value: f"{value:.0%}", floor=0.0)


def _values(run: RunState, points: tuple[Point, ...], key: str) -> tuple[tuple[float, float], ...]:
    return tuple((run.share(point.kimg), point.values[key]) for point in points if key in point.values)
