"""The figures of a report as a table for people: each beside the same figure of real pictures, with what it
means in plain words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

Found = Mapping[str, Any]

KID = "Lower is better; 0 means that, as a whole, samples cannot be told from real pictures."
COVERAGE = (
    "Higher is better: the share of real pictures that have a sample like them. When it is low, whole kinds "
    "of pictures are missing."
)
DENSITY = (
    "About 1 is good: how thickly real pictures lie around the samples. Low means samples that look like no "
    "real picture; far above 1, samples that keep to the most ordinary ones."
)
PRECISION = "Higher is better: the share of samples that lie among the real pictures."
RECALL = "Higher is better: the share of real pictures that lie among the samples."
COPYING = (
    "1 means as far from the training pictures as new real pictures are; below 0.9 samples come too near to "
    "them. Above 1 is no merit: unreal pictures are far from everything."
)
NEAR = (
    "Samples nearer to a training picture than 99 % of new real pictures are; more than a few percent means "
    "copies."
)
CLASS = "Higher is better: a picture in the style of a photo should be a photo, and so on."
DIVERSITY = (
    "About 1 is good: how much pictures in one style differ, against real pictures near that style; below "
    "0.8 they look too much alike."
)
TOP1 = (
    "Higher is better: how often a probe, trained apart from the model, finds the style that was asked for "
    "among all {styles}. The control, with styles handed out at random, must be near {chance:.0%}."
)
LIKE = "The styles are groups that the probe itself finds alike, which makes it easy for real pictures. "
CLOSER = (
    "Higher is better: how often a picture is nearer to the style that was asked for than to another one; "
    "50 % by chance."
)
OWN_COSINE = "Higher is better, but only against the next line: likeness to the style that was asked for."
OTHER_COSINE = "Should be clearly lower than the line above: likeness to the other styles."
GRADE = "The same with colour grades put on pictures, which have surely nothing to do with who is shown."
CONTENT = (
    "Lower is better: how far the content encoder is from the noise that a picture was made of, whose spread "
    "is 1. The control is what unrelated pictures give."
)
PREVIEW = (
    "Lower is better, of 255: how the preview differs from the full picture shrunk. Beside it, how two ways "
    "of shrinking differ; the control is another picture."
)
JUMP = (
    "1 would be equal steps from one picture to another, 3 or more a visible jump. Real pictures have no "
    "such paths."
)
MATCH = "Higher is better: the match score that the studio shows, by the model's own style encoder."
LIKENESS = (
    "Higher is better: how much new pictures are like the person whose style they are in, by a face network. "
    "The control is what strangers have."
)
NEAREST = "Higher is better: how often the own person is the nearest of eight; 12.5 % by chance."
DIFFER = (
    "How much new pictures of one person differ, of 255; far below that of real pictures they all show the "
    "same moment."
)
STYLE_COSINE = (
    "Likeness to the style's references, by the probe; beside it, that of the references themselves."
)


@dataclass(frozen=True)
class ReadingRow:
    """One figure."""

    of: str
    """What was measured: all samples, a class, a style."""
    key: str
    name: str
    value: float
    real: float | None
    """The same figure of real pictures; None where there is none."""
    control: float | None
    reading: str
    percent: bool = False
    digits: int = 2
    more: str = ""
    """Said behind the value: a deviation."""

    def shown(self, value: float | None) -> str:
        """As people read it."""
        if value is None:
            return "–"
        return f"{value:.0%}" if self.percent else f"{value:.{self.digits}f}"


def rows(report: Found) -> list[ReadingRow]:
    """All figures that were measured, in the order in which they are read."""
    figures: Found = report["figures"]
    return [
        *_distribution("all samples", figures["together"]),
        *(row for name, one in figures["classes"].items() for row in _distribution(str(name), one)),
        *_distribution("samples without a style", figures["no_style"]),
        *_class_shares(figures["class_shares"]),
        *_diversity(figures["diversity"]),
        *_likeness(figures.get("likeness")),
        *_agreement("held-out styles", figures["agreement"], LIKE + TOP1),
        *_agreement("colour grades", figures["grades"], GRADE + " " + TOP1),
        *(row for name, one in figures["own_styles"].items() for row in _own_style(str(name), one)),
        *_promises(figures),
    ]


def lines(found: Sequence[ReadingRow]) -> list[str]:
    """The table for a terminal, without the readings."""
    cells = [("", "samples", "real pictures", "control")]
    for of, group in groupby(found, key=lambda row: row.of):
        cells.append((of, "", "", ""))
        cells += [
            (f"  {row.name}", row.shown(row.value), row.shown(row.real), row.shown(row.control))
            for row in group
        ]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    return [
        "  ".join((row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:]))).rstrip() for row in cells
    ]


def _distribution(of: str, found: Found) -> Iterator[ReadingRow]:
    kid, real_kid = found["kid"], found["real_kid"]
    yield ReadingRow(
        of, "kid", "KID", kid["mean"], real_kid["mean"], None, KID, digits=4, more=f"± {kid['std']:.4f}"
    )
    made, real = found["manifold"], found["real_manifold"]
    yield ReadingRow(
        of, "coverage", "Coverage", made["coverage"], real["coverage"], None, COVERAGE, percent=True
    )
    yield ReadingRow(of, "density", "Density", made["density"], real["density"], None, DENSITY)
    yield ReadingRow(
        of, "precision", "Precision", made["precision"], real["precision"], None, PRECISION, percent=True
    )
    yield ReadingRow(of, "recall", "Recall", made["recall"], real["recall"], None, RECALL, percent=True)
    copying = found.get("copying")
    if copying:
        yield ReadingRow(of, "copying", "Copying", copying["ratio"], 1.0, None, COPYING)
    if copying and "near" in copying:
        yield ReadingRow(of, "near_copies", "Near copies", copying["near"], 0.01, None, NEAR, percent=True)


def _class_shares(found: Found | None) -> Iterator[ReadingRow]:
    if found:
        right, real, chance = found["right"], found["held_out_right"], found["chance"]
        name = "In the class asked for"
        yield ReadingRow("classes", "class", name, right, real, chance, CLASS, percent=True)
        for at, one in enumerate(found["classes"]):  # a class that is never met hides in the mean
            right, real = found["generated"][at][at], found["held_out"][at][at]
            yield ReadingRow(f"class {one}", "class", name, right, real, chance, CLASS, percent=True)


def _diversity(found: Found | None) -> Iterator[ReadingRow]:
    if found:
        ratio, real = found["ratio"], found["real_ratio"]
        yield ReadingRow("held-out styles", "diversity", "Diversity in a style", ratio, real, None, DIVERSITY)


def _agreement(of: str, found: Found | None, top1: str) -> Iterator[ReadingRow]:
    if not found:
        return
    reading = top1.format(styles=found["styles"], chance=found["chance"])
    yield ReadingRow(
        of, "top1", "Style found", found["top1"], found["real_top1"], found["shuffled_top1"], reading, True
    )
    yield ReadingRow(
        of, "closer", "Nearer to the own style", found["closer"], found["real_closer"],
        found["shuffled_closer"], CLOSER, percent=True,
    )  # fmt: skip
    own, other = found["own_cosine"], found["other_cosine"]
    yield ReadingRow(of, "own_cosine", "Cosine, own style", own, found["real_own_cosine"], None, OWN_COSINE)
    yield ReadingRow(
        of, "other_cosine", "Cosine, others", other, found["real_other_cosine"], None, OTHER_COSINE
    )


def _likeness(found: Found | None) -> Iterator[ReadingRow]:
    if not found:
        return
    of = f"likeness, {found['people']} people"
    yield ReadingRow(
        of,
        "cosine",
        "Cosine to the person",
        found["cosine"],
        found["real_cosine"],
        found["strangers"],
        LIKENESS,
    )
    yield ReadingRow(
        of,
        "nearest",
        "Own person nearest",
        found["nearest"],
        found["real_nearest"],
        1 / 8,
        NEAREST,
        percent=True,
    )
    if second := found.get("second"):
        yield ReadingRow(
            of,
            "second_nearest",
            "Own person nearest, second network",
            second["nearest"],
            second["real_nearest"],
            1 / 8,
            NEAREST,
            percent=True,
        )
    yield ReadingRow(of, "spread", "How they differ", found["spread"], found["real_spread"], None, DIFFER)


def _own_style(name: str, found: Found) -> Iterator[ReadingRow]:
    yield ReadingRow(name, "match", "Match", found["match"], None, None, MATCH, percent=True)
    if "cosine" in found:
        real = found["references_cosine"]
        yield ReadingRow(name, "cosine", "Cosine, references", found["cosine"], real, None, STYLE_COSINE)
    if "closer" in found:
        yield ReadingRow(
            name, "closer", "Nearer to the own style", found["closer"], None, 0.5, CLOSER, percent=True
        )
    if "diversity" in found:
        yield ReadingRow(name, "diversity", "Diversity", found["diversity"], 1.0, None, DIVERSITY)
    yield ReadingRow(name, "copying", "Copying", found["copying"], 1.0, None, COPYING)


def _promises(figures: Found) -> Iterator[ReadingRow]:
    of = "the model's promises"
    content, preview, paths = figures["content"], figures["preview"], figures["interpolation"]
    yield ReadingRow(
        of, "content", "Content |C(G(z, s)) - z|", content["error"], None, content["unrelated"], CONTENT
    )
    yield ReadingRow(
        of, "preview", "Preview", preview["error"], preview["shrunk_otherwise"], preview["unrelated"], PREVIEW
    )
    yield ReadingRow(of, "jump", "Largest step of a path", paths["jump"], None, None, JUMP)
