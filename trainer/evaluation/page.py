"""The report as one HTML page that needs nothing else; the template is `trainer/pages/evaluation.html`."""

from __future__ import annotations

import numpy as np

from engine.images import Picture, encode
from trainer.evaluation import plots
from trainer.evaluation.gallery import ReportPictures
from trainer.evaluation.plots import DrawnPlot, DrawnSeries
from trainer.evaluation.readings import Found, rows
from trainer.pages.render import render, webp

QUALITY = 88
"""Of the pictures on the page."""


def page(report: Found, gallery: ReportPictures) -> str:
    """The page for a report and what there is to see."""
    return render(
        "evaluation.html",
        title=f"{report['model']['name']}, judged",
        report=report,
        gallery=gallery,
        address=_address,
        paces=[plots.pace(steps) for steps in gallery.steps],
        plots=_plots(report["figures"], gallery),
        classes=report["figures"]["class_shares"],
        rows=rows(report),
    )


def _address(picture: Picture) -> str:
    return webp(encode(picture, "WEBP", quality=QUALITY))


def _plots(figures: Found, gallery: ReportPictures) -> list[DrawnPlot]:
    """What could be measured, drawn."""
    drawn = []
    if gallery.planes is not None:
        drawn.append(plots.scatter(*gallery.planes, "The plane in which real pictures differ most"))
    if gallery.distances is not None:
        made, real = gallery.distances
        series: list[DrawnSeries] = [("real", "held-out pictures", real), ("made", "samples", made)]
        high = max(float(np.percentile(np.concatenate([made, real]), 99.5)), 1e-6)
        title = "Distance to the nearest training picture"
        drawn.append(plots.histograms(series, title, low=0.0, high=high, marks=True))
    agreement = figures["agreement"]
    if agreement:
        drawn.append(plots.bars(_retrieval(agreement), f"The style found among {agreement['styles']}"))
    if gallery.cosines is not None:
        own, other, real = gallery.cosines
        series = [
            ("real", "real pictures, own style", real),
            ("made", "samples, own style", own),
            ("other", "samples, other styles", other),
        ]
        low = min(-0.2, float(min(one.min() for one in gallery.cosines)))
        drawn.append(plots.histograms(series, "Cosine with a style, by the probe", low=low, high=1.0))
    return drawn


def _retrieval(found: Found) -> list[tuple[str, str, float]]:
    return [
        ("real", "real pictures", found["real_top1"]),
        ("made", "samples", found["top1"]),
        ("other", "shuffled control", found["shuffled_top1"]),
        ("other", "chance", found["chance"]),
    ]
