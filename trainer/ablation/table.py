"""A table as text: means and spread by variant, what went wrong, and runs of one seed beside each other."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence

from trainer.ablation.rows import Row

FIGURES = ("kid", "coverage", "diversity", "copying", "style_agreement")
LEFT, WIDTH = 24, 18


def table(rows: Iterable[Row], names: Sequence[str]) -> str:
    """All variants, and each but the first beside the first."""
    kept, against = list(rows), names[0]
    lines = [_line("", ["ended well", *FIGURES])]
    for name in names:
        own = [row for row in kept if row.variant == name]
        well = f"{sum(not row.ended for row in own)} of {len(own)}"
        lines.append(_line(name, [well, *(_spread(_values(own, figure)) for figure in FIGURES)]))
    lines += ["", *(_troubles(name, [row for row in kept if row.variant == name]) for name in names)]
    pairs = [_paired(kept, name, against) for name in names[1:]]
    return "\n".join([*lines, "", *(pair for pair in pairs if pair)]).rstrip()


def line(row: Row) -> str:
    """A row in one sentence."""
    told = ", ".join(f"{name} {row.values[name]:.4f}" for name in FIGURES if name in row.values)
    back = f" (went back {len(row.met)} times)" if row.met and not row.ended else ""
    return f"{row.variant}, seed {row.seed}: {row.ended or told}{back}"


def _line(name: str, cells: Sequence[str]) -> str:
    return f"{name:{LEFT}s}" + "".join(f"{cell:>{WIDTH}s}" for cell in cells)


def _values(rows: Sequence[Row], figure: str) -> list[float]:
    return [row.values[figure] for row in rows if figure in row.values]


def _spread(values: Sequence[float]) -> str:
    """Mean and standard deviation."""
    if not values:
        return "-"
    around = f" +- {statistics.stdev(values):.4f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.4f}{around}"


def _troubles(name: str, rows: Sequence[Row]) -> str:
    """How often runs of a variant met trouble, and which."""
    met = Counter(code for row in rows for code in row.met)
    told = ", ".join(f"{code} {count}" for code, count in sorted(met.items())) or "none"
    back = sum(len(row.met) - bool(row.ended) for row in rows)
    return f"{name:{LEFT}s}trouble: {told}; went back {back} times"


def _paired(rows: Sequence[Row], name: str, against: str) -> str:
    """KID of a variant beside that of another, seed by seed; empty where no seed has both."""
    kid = {(row.variant, row.seed): row.values["kid"] for row in rows if "kid" in row.values}
    seeds = sorted(seed for variant, seed in kid if variant == name and (against, seed) in kid)
    if not seeds:
        return ""
    apart = [kid[name, seed] - kid[against, seed] for seed in seeds]
    worse = sum(one > 0 for one in apart)
    ratio = statistics.fmean(kid[name, seed] for seed in seeds) / max(
        1e-9, statistics.fmean(kid[against, seed] for seed in seeds)
    )
    return (
        f"{name:{LEFT}s}KID {ratio:.2f} times that of {against}; worse in {worse} of {len(seeds)} pairs, "
        f"by {_spread(apart)}{_likely(apart)}"
    )


def _likely(apart: Sequence[float]) -> str:
    """Paired t: how many standard errors the mean difference is from nothing."""
    if len(apart) < 3 or statistics.stdev(apart) == 0:
        return ""
    t = statistics.fmean(apart) / (statistics.stdev(apart) / math.sqrt(len(apart)))
    return f" (t = {t:.1f}, {len(apart) - 1} degrees of freedom)"
