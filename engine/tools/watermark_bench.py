"""How well the invisible watermark is found again, how often it is found where there is none, and its cost.

    python -m engine.tools.watermark_bench PICTURES... [--side 256] [--count 200] [--unmarked 10000]

PICTURES are files or folders. Marked: `count` of them at random are brought to a square of each side, marked,
and changed in each way of CHANGES; "detected" is the share with a score of at least THRESHOLD. Unmarked: cuts
of 60 to 100 % of the pictures' sides, some mirrored, brought back to the side, until there are `unmarked` of
them (a tenth of that at 1024). Scores are a maximum over N positions and sizes of what behaves like normal
deviations; N is fitted to the median of all unmarked scores, and the probability of a score of THRESHOLD or
more without a mark, N Q(THRESHOLD), follows. Beside it stand how many of the unmarked came so far, and where
the same N foretells that their highest percent begins.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine.images import Picture, load_picture, picture_files, resize
from engine.marks.detection import THRESHOLD, detect
from engine.marks.watermark import embed

Change = Callable[[Picture, np.random.Generator], Picture]


@dataclass(frozen=True)
class Changed:
    """What became of the mark under one change."""

    name: str
    detected: float
    scores: tuple[float, ...]


@dataclass(frozen=True)
class Report:
    """All figures of one size of picture."""

    side: int
    psnr: tuple[float, ...]
    """dB, of each marked picture."""
    embed_ms: float
    detect_ms: float
    changed: tuple[Changed, ...]
    unmarked: tuple[float, ...]
    """Scores of unmarked pictures."""


def measure(
    pictures: Sequence[Path],
    side: int,
    count: int,
    unmarked: int,
    tell: Callable[[str], object] = lambda _: 0,
) -> Report:
    """The figures at one size. PictureError."""
    rng = np.random.default_rng(side)
    psnr, embedding, detecting = [], [], []
    scores: dict[str, list[float]] = {name: [] for name in CHANGES}
    for done, picture in enumerate(_squares(pictures, side, count, rng), 1):
        marked, seconds = _timed(partial(embed, picture))
        embedding.append(seconds)
        psnr.append(_psnr(picture, marked))
        for name, change in CHANGES.items():
            found, seconds = _timed(partial(detect, change(marked, rng)))
            scores[name].append(found.score)
            if name == "as written":
                detecting.append(seconds)
        tell(f"{side} px: {done} of {count} marked")
    none = []
    for done, picture in enumerate(_cuts(pictures, side, unmarked, rng), 1):
        none.append(detect(picture).score)
        if not done % 50:
            tell(f"{side} px: {done} of {unmarked} unmarked")
    changed = [Changed(name, _share(found), tuple(found)) for name, found in scores.items()]
    ms = [1000 * statistics.median(times) for times in (embedding, detecting)]
    return Report(side, tuple(psnr), ms[0], ms[1], tuple(changed), tuple(none))


def false_alarms(scores: Sequence[float], at: float = THRESHOLD) -> float:
    """How probable a score of `at` or more is without a mark, from unmarked scores."""
    return min(1.0, trials(scores) * _tail(at))


def trials(scores: Sequence[float], quantile: float = 0.5) -> float:
    """N such that the maximum of N normal deviations has the scores' median: 1 - (1 - Q(median))^N = 1/2."""
    middle = float(np.quantile(scores, quantile))
    return math.log(quantile) / math.log1p(-_tail(middle))


def lines_of(report: Report) -> Iterator[str]:
    """The figures for people."""
    yield f"{report.side} x {report.side} pixels, {len(report.psnr)} marked"
    yield (
        f"  PSNR {min(report.psnr):.1f} dB at least, {statistics.median(report.psnr):.1f} in the middle; "
        f"marking {report.embed_ms:.0f} ms, looking {report.detect_ms:.0f} ms (medians)"
    )
    for one in report.changed:
        low, middle = np.quantile(one.scores, (0.05, 0.5))
        yield f"  {one.name:<28} {100 * one.detected:5.1f} %   score {middle:4.1f}, 5 % below {low:4.1f}"
    if report.unmarked:
        count = trials(report.unmarked)
        high = float(np.quantile(report.unmarked, 0.99))
        reached = sum(score >= THRESHOLD for score in report.unmarked)
        yield (
            f"  unmarked: {len(report.unmarked)}, highest {max(report.unmarked):.2f}, {reached} at or above "
            f"{THRESHOLD}; N = {count:.3g}"
        )
        yield (
            f"  false alarms a picture: {false_alarms(report.unmarked):.1e}; the highest percent begins at "
            f"{high:.2f}, foretold {_foretold(count, 0.99):.2f}"
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the whole table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--side", type=int, action="append", help="256, 512 and 1024 when none is given")
    parser.add_argument("--count", type=int, default=200, help="pictures to mark")
    parser.add_argument("--unmarked", type=int, default=10_000, help="pictures without a mark")
    args = parser.parse_args(argv)
    files = picture_files(args.pictures, recursive=True)
    for side in args.side or (256, 512, 1024):
        unmarked = args.unmarked if side < 1024 else args.unmarked // 10
        report = measure(files, side, args.count, unmarked, lambda text: _say(f"{text}\r", sys.stderr))
        _say("\n".join(lines_of(report)) + "\n", sys.stdout)
    return 0


def _say(text: str, stream: object) -> None:
    print(text, end="", file=stream, flush=True)  # type: ignore[call-overload]


# ---- what becomes of pictures


def _jpeg(picture: Picture, rng: np.random.Generator, quality: int) -> Picture:
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
    return np.array(Image.open(buffer).convert("RGB"))


def _scaled(picture: Picture, rng: np.random.Generator, factor: float) -> Picture:
    height, width = picture.shape[:2]
    size = round(width * factor), round(height * factor)
    return np.array(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))


def _cut(picture: Picture, rng: np.random.Generator, area: float) -> Picture:
    """A cut-out with so much of the area, anywhere."""
    height, width = picture.shape[:2]
    tall, wide = (int(n * math.sqrt(area)) for n in (height, width))
    top, left = rng.integers(0, height - tall + 1), rng.integers(0, width - wide + 1)
    return picture[top : top + tall, left : left + wide]


def _screenshot(picture: Picture, rng: np.random.Generator) -> Picture:
    """Shown at 70 to 140 % on a screen with other colours and another gamma, and saved without loss."""
    shown = _scaled(picture, rng, rng.uniform(0.7, 1.4)).astype(np.float64)
    shifted = np.clip(shown * rng.uniform(0.9, 1.1, 3) + rng.uniform(-8, 8, 3), 0, 255)
    return np.rint(255 * (shifted / 255) ** rng.uniform(0.85, 1.15)).astype(np.uint8)


def _on_a_page(picture: Picture, rng: np.random.Generator) -> Picture:
    """A screenshot with a light page around it, a quarter of the picture's side at each edge."""
    shown = _screenshot(picture, rng)
    rim = max(shown.shape[:2]) // 4
    return np.pad(shown, ((rim, rim), (rim, rim), (0, 0)), constant_values=244)


CHANGES: dict[str, Change] = {
    "as written": lambda picture, rng: picture,
    "JPEG, quality 60": partial(_jpeg, quality=60),
    "50 % of the side": partial(_scaled, factor=0.5),
    "75 % of the side": partial(_scaled, factor=0.75),
    "150 % of the side": partial(_scaled, factor=1.5),
    "200 % of the side": partial(_scaled, factor=2.0),
    "a quarter cut away": partial(_cut, area=0.75),
    "cut to a quarter": partial(_cut, area=0.25),
    "screenshot": _screenshot,
    "screenshot, on a page": _on_a_page,
    "screenshot, then JPEG 60": lambda picture, rng: _jpeg(_screenshot(picture, rng), rng, 60),
    "cut to 75 %, then JPEG 60": lambda picture, rng: _jpeg(_cut(picture, rng, 0.75), rng, 60),
    "50 %, then JPEG 60": lambda picture, rng: _jpeg(_scaled(picture, rng, 0.5), rng, 60),
}


def _squares(files: Sequence[Path], side: int, count: int, rng: np.random.Generator) -> Iterator[Picture]:
    for number in rng.permutation(len(files))[:count]:
        yield resize(load_picture(files[number]), side)


def _cuts(files: Sequence[Path], side: int, count: int, rng: np.random.Generator) -> Iterator[Picture]:
    for number in range(count):
        whole = load_picture(files[number % len(files)])
        cut = _cut(whole, rng, rng.uniform(0.6, 1.0) ** 2)
        yield resize(np.ascontiguousarray(cut[:, :: rng.choice((1, -1))]), side)


def _psnr(a: Picture, b: Picture) -> float:
    difference = a.astype(np.float64) - b
    return float(10 * np.log10(255**2 / np.mean(difference**2)))


def _share(scores: Sequence[float]) -> float:
    return sum(score >= THRESHOLD for score in scores) / max(1, len(scores))


def _tail(deviations: float) -> float:
    """Q: the share of a normal distribution beyond so many deviations."""
    return 0.5 * math.erfc(deviations / math.sqrt(2))


def _foretold(count: float, quantile: float) -> float:
    """The quantile of the maximum of `count` normal deviations."""
    wanted = -math.expm1(math.log(quantile) / count)
    return statistics.NormalDist().inv_cdf(1 - wanted)


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    begun = time.perf_counter()
    result = work()
    return result, time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
