"""A table as text: means and spread by variant, what went wrong, and runs of one seed beside each other."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence

from trainer.tools.ablation.rows import AblationRow

FIGURES = ("kid", "coverage", "diversity", "copying", "style_agreement")
LEFT, WIDTH = 24, 18


def table(rows: Iterable[AblationRow], names: Sequence[str]) -> str:
    """All variants, and each but the first beside the first."""
    kept, against = list(rows), names[0]
    lines = [_line("", ["ended well", *FIGURES])]
    for name in names:
        own = [row for row in kept if row.variant == name]
        well = f"{sum(not row.ended for row in own)} of {len(own)}"
        lines.append(_line(name, [well, *(_spread(_values(own, figure)) for figure in FIGURES)]))
    lines += ["", *(_troubles(name, [row for row in kept if row.variant == name]) for name in names)]
    pairs = [told for name in names[1:] for told in _paired(kept, name, against)]
    return "\n".join([*lines, "", *pairs]).rstrip()


def line(row: AblationRow) -> str:
    """A row in one sentence."""
    told = ", ".join(f"{name} {row.values[name]:.4f}" for name in FIGURES if name in row.values)
    back = f" (went back {len(row.met)} times)" if row.met and not row.ended else ""
    return f"{row.variant}, seed {row.seed}: {row.ended or told}{back}"


def _line(name: str, cells: Sequence[str]) -> str:
    return f"{name:{LEFT}s}" + "".join(f"{cell:>{WIDTH}s}" for cell in cells)


def _values(rows: Sequence[AblationRow], figure: str) -> list[float]:
    return [row.values[figure] for row in rows if figure in row.values]


def _spread(values: Sequence[float]) -> str:
    """Mean and standard deviation."""
    if not values:
        return "-"
    around = f" +- {statistics.stdev(values):.4f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.4f}{around}"


def _troubles(name: str, rows: Sequence[AblationRow]) -> str:
    """How often runs of a variant met trouble, and which."""
    met = Counter(code for row in rows for code in row.met)
    told = ", ".join(f"{code} {count}" for code, count in sorted(met.items())) or "none"
    back = sum(len(row.met) - bool(row.ended) for row in rows)
    return f"{name:{LEFT}s}trouble: {told}; went back {back} times"


def _paired(rows: Sequence[AblationRow], name: str, against: str) -> list[str]:
    """KID of a variant beside that of another, seed by seed; nothing where no seed has both."""
    of = {(row.variant, row.seed): row for row in rows}
    seeds = sorted(seed for variant, seed in of if variant == name and (against, seed) in of)
    found = [(_at_the_end(of[name, seed]), _at_the_end(of[against, seed])) for seed in seeds]
    along = [(_along(of[name, seed]), _along(of[against, seed])) for seed in seeds]
    told = (("at the end", found), ("along the run", along))
    return [
        _compared(name, against, when, pairs) for when, pairs in told if any(None not in p for p in pairs)
    ]


def _at_the_end(row: AblationRow) -> float | None:
    return row.values.get("kid")


def _along(row: AblationRow) -> float | None:
    """The mean of all readings: how soon it gets good counts, and one reading's chance counts less."""
    read = [one["kid"] for one in row.curve if one.get("kid") is not None]
    return statistics.fmean(read) if read and not row.ended else None


def _compared(name: str, against: str, when: str, pairs: Sequence[tuple[float | None, float | None]]) -> str:
    both = [(a, b) for a, b in pairs if a is not None and b is not None]
    apart = [a - b for a, b in both]
    worse = sum(one > 0 for one in apart)
    ratio = statistics.fmean(a for a, _ in both) / max(1e-9, statistics.fmean(b for _, b in both))
    return (
        f"{name:{LEFT}s}KID {when} {ratio:.2f} times that of {against}; "
        f"worse in {worse} of {len(both)} pairs, by {_spread(apart)}{_likely(apart)}"
    )


def _likely(apart: Sequence[float]) -> str:
    """Paired t: how many standard errors the mean difference is from nothing."""
    if len(apart) < 3 or statistics.stdev(apart) == 0:
        return ""
    t = statistics.fmean(apart) / (statistics.stdev(apart) / math.sqrt(len(apart)))
    return f" (t = {t:.1f}, {len(apart) - 1} degrees of freedom)"
