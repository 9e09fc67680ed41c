"""The report's plots: what lies where in small drawings. `trainer/pages/plots.html` draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.features import Floats

WIDTH, HEIGHT = 420, 230
LEFT, RIGHT, TOP, BOTTOM = 40, 8, 10, 30
BINS = 36
PACE_WIDTH, PACE_HEIGHT = 100, 24
Points = NDArray[np.float64]
DrawnSeries = tuple[str, str, Floats]
"""Class of its colour ("made", "real" or "other"), name, values."""


@dataclass(frozen=True)
class DrawnLine:
    """A line between two points."""

    kind: str
    """Classes in the style sheet, for this and all that is drawn."""
    x1: float
    x2: float
    y1: float
    y2: float


@dataclass(frozen=True)
class DrawnArea:
    """An area inside an outline, which is an SVG path."""

    kind: str
    outline: str


@dataclass(frozen=True)
class DrawnDot:
    """One point."""

    kind: str
    x: float
    y: float


@dataclass(frozen=True)
class DrawnBar:
    """A rectangle."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class DrawnText:
    """Words at a point; anchor: which end of them lies there, as SVG names it."""

    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True)
class DrawnPlot:
    """One drawing with its title, and the colours and names of its series."""

    title: str
    legend: Sequence[tuple[str, str]] = ()
    lines: Sequence[DrawnLine] = ()
    areas: Sequence[DrawnArea] = ()
    dots: Sequence[DrawnDot] = ()
    bars: Sequence[DrawnBar] = ()
    words: Sequence[DrawnText] = ()
    width: int = WIDTH
    height: int = HEIGHT


def scatter(real: Points, made: Points, title: str) -> DrawnPlot:
    """Two clouds of points [n, 2] in one plane."""
    both = np.concatenate([real, made])
    low, high = np.percentile(both, 0.5, axis=0), np.percentile(both, 99.5, axis=0)
    span = np.maximum(high - low, 1e-9)

    def dots(points: Points, kind: str) -> list[DrawnDot]:
        places = np.clip((points - low) / span, 0, 1).tolist()
        return [DrawnDot(kind, 4 + x * (WIDTH - 8), HEIGHT - 4 - y * (HEIGHT - 8)) for x, y in places]

    legend = (("real", "real pictures"), ("made", "samples"))
    return DrawnPlot(title, legend, dots=[*dots(real, "real"), *dots(made, "made")])


def histograms(
    series: Sequence[DrawnSeries], title: str, *, low: float, high: float, marks: bool = False
) -> DrawnPlot:
    """Shares of the values by their size, one outline a series. marks: a line at each median."""
    edges = np.linspace(low, high, BINS + 1)
    shares = [
        np.histogram(np.clip(values, low, high), edges)[0] / max(1, len(values)) for _, _, values in series
    ]
    top = max(float(max(share.max() for share in shares)), 1e-9)
    areas = [
        DrawnArea(kind, _outline(share / top)) for (kind, _, _), share in zip(series, shares, strict=True)
    ]
    lines = [DrawnLine("axis", LEFT, WIDTH - RIGHT, _y(0), _y(0))]
    for kind, _, values in series:
        if marks and len(values):
            x = _x((float(np.median(values)) - low) / (high - low))
            lines.append(DrawnLine(f"{kind} mark", x, x, TOP, _y(0)))
    legend = [(kind, name) for kind, name, _ in series]
    return DrawnPlot(title, legend, lines, areas, words=_ticks(low, high))


def bars(values: Sequence[tuple[str, str, float]], title: str) -> DrawnPlot:
    """Shares from 0 to 1, each (class of its colour, name, share), one below the other."""
    step = (HEIGHT - 10) / len(values)
    drawn, words = [], []
    for number, (kind, name, share) in enumerate(values):
        y = 5 + number * step
        width = max(1.0, min(1.0, share) * (WIDTH - 210))
        drawn.append(DrawnBar(kind, 158, y + 4, width, step - 8))
        words.append(DrawnText(150, y + step / 2 + 4, name, "end"))
        words.append(DrawnText(164 + width, y + step / 2 + 4, f"{share:.0%}"))
    return DrawnPlot(title, bars=drawn, words=words)


def pace(steps: Floats) -> list[DrawnBar]:
    """The steps of one path, as bars of their size: a jump stands out."""
    width = PACE_WIDTH / len(steps)
    heights = (PACE_HEIGHT * steps / max(float(steps.max()), 1e-9)).tolist()
    return [
        DrawnBar("", number * width + 0.4, PACE_HEIGHT - height, width - 0.8, height)
        for number, height in enumerate(heights)
    ]


def _ticks(low: float, high: float) -> list[DrawnText]:
    """Numbers below an axis that goes from `low` to `high`."""
    return [
        DrawnText(_x(at), HEIGHT - 10, f"{low + at * (high - low):.2g}", "middle")
        for at in (0, 0.25, 0.5, 0.75, 1)
    ]


def _outline(heights: Points) -> str:
    """The outline of bars of heights 0..1."""
    points = [f"M{_x(0):.1f} {_y(0):.1f}"]
    for number, height in enumerate(heights.tolist()):
        points.append(f"V{_y(height):.1f}H{_x((number + 1) / len(heights)):.1f}")
    return "".join(points) + f"V{_y(0):.1f}Z"


def _x(at: float) -> float:
    return LEFT + at * (WIDTH - LEFT - RIGHT)


def _y(at: float) -> float:
    return HEIGHT - BOTTOM - at * (HEIGHT - TOP - BOTTOM)
