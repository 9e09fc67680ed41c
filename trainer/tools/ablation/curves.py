"""KID along the runs of a table as an SVG drawing: a thick line a variant, a thin one a run."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from html import escape

from trainer.tools.ablation.rows import AblationRow

FILE = "curves.svg"
WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 56, 24, 44, 40
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Of Okabe and Ito, told apart by colour-blind people too."""
TICKS = 5

Course = list[tuple[float, float]]
"""kimg of training and KID, in order."""


def curves(rows: Iterable[AblationRow], names: Sequence[str]) -> str:
    """An SVG drawing of all readings; empty where there is none."""
    runs = {name: [_line(row) for row in rows if row.variant == name] for name in names}
    points = [point for lines in runs.values() for line in lines for point in line]
    if not points:
        return ""
    start, end = min(x for x, _ in points), max(x for x, _ in points)
    top = _round(max(y for _, y in points))

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x = LEFT + (point[0] - start) / max(end - start, 1e-9) * (WIDTH - LEFT - RIGHT)
        return x, HEIGHT - BOTTOM - point[1] / max(top, 1e-9) * (HEIGHT - TOP - BOTTOM)

    drawn = [_axes(start, end, top)]
    for number, (name, lines) in enumerate(runs.items()):
        color = COLORS[number % len(COLORS)]
        drawn += [_path([place(point) for point in line], color, 1.0, 0.3) for line in lines]
        drawn.append(_path([place(point) for point in _mean(lines)], color, 3.0, 1.0))
        drawn.append(
            f'<text x="{LEFT + number * 190}" y="24" fill="{color}" font-weight="600">{escape(name)}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13" fill="#444">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>{"".join(drawn)}</svg>\n'
    )


def _round(top: float) -> float:
    """The next larger number that four equal parts of are easily read."""
    power = 10.0 ** math.floor(math.log10(max(top, 1e-9)))
    return next(
        (step * power for step in (1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 6.0, 8.0) if step * power >= top), 10 * power
    )


def _line(row: AblationRow) -> Course:
    """A run's readings; trouble can leave one without KID."""
    return [(one["kimg"], one["kid"]) for one in row.curve if one.get("kid") is not None]


def _mean(lines: Sequence[Course]) -> Course:
    """The mean of the runs at each place where all that got so far were read."""
    read: dict[float, list[float]] = {}
    for line in lines:
        for kimg, kid in line:
            read.setdefault(kimg, []).append(kid)
    return [(kimg, statistics.fmean(values)) for kimg, values in sorted(read.items())]


def _path(points: Course, color: str, width: float, opacity: float) -> str:
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<polyline points="{joined}" fill="none" stroke="{color}" stroke-width="{width}" '
        f'stroke-opacity="{opacity}" stroke-linejoin="round"/>'
    )


def _axes(start: float, end: float, top: float) -> str:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    drawn = [f'<text x="{LEFT}" y="{TOP - 4}" fill="#777">KID</text>']
    for number in range(TICKS):
        part = number / (TICKS - 1)
        x, y = LEFT + part * (right - LEFT), bottom - part * (bottom - TOP)
        kimg = start + part * (end - start)
        drawn.append(
            f'<line x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{part * top:.2f}</text>'
            f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{kimg:.1f}</text>'
        )
    drawn.append(f'<text x="{right}" y="{HEIGHT - 4}" text-anchor="end" fill="#777">kimg of training</text>')
    return "".join(drawn)
