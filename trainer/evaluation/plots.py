"""The report's plots: small SVG drawings that are part of the page and take its colours."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.features import Floats

WIDTH, HEIGHT = 420, 230
LEFT, RIGHT, TOP, BOTTOM = 40, 8, 10, 30
BINS = 36
Points = NDArray[np.float64]
DrawnSeries = tuple[str, str, Floats]
"""Class of its colour ("made", "real" or "other"), name, values."""


def scatter(real: Points, made: Points, title: str) -> str:
    """Two clouds of points [n, 2] in one plane."""
    both = np.concatenate([real, made])
    low, high = np.percentile(both, 0.5, axis=0), np.percentile(both, 99.5, axis=0)
    span = np.maximum(high - low, 1e-9)

    def dots(points: Points, kind: str) -> str:
        places = np.clip((points - low) / span, 0, 1)
        return "".join(
            f'<circle class={kind} cx="{4 + x * (WIDTH - 8):.1f}" cy="{HEIGHT - 4 - y * (HEIGHT - 8):.1f}" '
            'r="2.6"/>'
            for x, y in places.tolist()
        )

    inside = dots(real, "real") + dots(made, "made")
    return _figure(title, inside, (("real", "real pictures"), ("made", "samples")))


def histograms(
    series: Sequence[DrawnSeries], title: str, *, low: float, high: float, marks: bool = False
) -> str:
    """Shares of the values by their size, one outline a series. marks: a line at each median."""
    edges = np.linspace(low, high, BINS + 1)
    shares = [
        np.histogram(np.clip(values, low, high), edges)[0] / max(1, len(values)) for _, _, values in series
    ]
    top = max(float(max(share.max() for share in shares)), 1e-9)
    inside = _axis(low, high)
    for (kind, _, values), share in zip(series, shares, strict=True):
        inside += f'<path class="{kind} area" d="{_steps(share / top)}"/>'
        if marks and len(values):
            x = _x((float(np.median(values)) - low) / (high - low))
            inside += f'<line class="{kind} mark" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{_y(0):.1f}"/>'
    return _figure(title, inside, [(kind, name) for kind, name, _ in series])


def bars(values: Sequence[tuple[str, str, float]], title: str) -> str:
    """Shares from 0 to 1, each (class of its colour, name, share), one below the other."""
    step = (HEIGHT - 10) / len(values)
    inside = ""
    for number, (kind, name, share) in enumerate(values):
        y = 5 + number * step
        width = max(1.0, min(1.0, share) * (WIDTH - 210))
        inside += (
            f'<text x="150" y="{y + step / 2 + 4:.1f}" text-anchor="end">{escape(name)}</text>'
            f'<rect class={kind} x="158" y="{y + 4:.1f}" width="{width:.1f}" height="{step - 8:.1f}"/>'
            f'<text x="{164 + width:.1f}" y="{y + step / 2 + 4:.1f}">{share:.0%}</text>'
        )
    return _figure(title, inside, ())


def pace(steps: Floats) -> str:
    """The steps of one path, as bars of their size: a jump stands out."""
    top = max(float(steps.max()), 1e-9)
    width = 100 / len(steps)
    drawn = "".join(
        f'<rect x="{number * width + 0.4:.2f}" y="{24 - 24 * step / top:.2f}" width="{width - 0.8:.2f}" '
        f'height="{24 * step / top:.2f}"/>'
        for number, step in enumerate(steps.tolist())
    )
    return f'<svg class=pace viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">{drawn}</svg>'


def _axis(low: float, high: float) -> str:
    y = _y(0)
    line = f'<line class=axis x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
    ticks = "".join(
        f'<text x="{_x(at):.1f}" y="{HEIGHT - 10}" text-anchor="middle">{low + at * (high - low):.2g}</text>'
        for at in (0, 0.25, 0.5, 0.75, 1)
    )
    return line + ticks


def _steps(heights: Points) -> str:
    """The outline of bars of heights 0..1."""
    points = [f"M{_x(0):.1f} {_y(0):.1f}"]
    for number, height in enumerate(heights.tolist()):
        points.append(f"V{_y(height):.1f}H{_x((number + 1) / len(heights)):.1f}")
    return "".join(points) + f"V{_y(0):.1f}Z"


def _x(at: float) -> float:
    return LEFT + at * (WIDTH - LEFT - RIGHT)


def _y(at: float) -> float:
    return HEIGHT - BOTTOM - at * (HEIGHT - TOP - BOTTOM)


def _figure(title: str, inside: str, legend: Sequence[tuple[str, str]]) -> str:
    keys = "".join(f'<span><b class="key {kind}"></b>{escape(name)}</span>' for kind, name in legend)
    return (
        f'<figure class=plot><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" aria-label="{escape(title)}">{inside}</svg><div class=legend>{keys}</div></figure>'
    )
