"""The whole evaluation of a bundle: figures for the report, pictures and curves for the page.

Samples for the comparison of distributions are made in the styles of training pictures and compared with
held-out ones (`quality`). Style agreement is the other way round: styles of held-out pictures, which no
network has seen (`heldout`). What the model promises of itself comes last (`promises`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from engine.bundle import Bundle
from engine.providers import Provider
from engine.style import Style
from trainer.data.prepared import PreparedSet
from trainer.evaluation import figures, probe, promises
from trainer.evaluation.bench import PLAIN, SHOWN, Bench
from trainer.evaluation.cache import Cache
from trainer.evaluation.features import FeatureNet
from trainer.evaluation.gallery import Gallery
from trainer.evaluation.heldout import find_styles, held_out_styles
from trainer.evaluation.ownstyles import own_styles
from trainer.evaluation.quality import make_styled, quality
from trainer.evaluation.real import RealPictures, Tell, silent
from trainer.evaluation.samples import Sampler
from trainer.evaluation.settings import Settings

FORMAT = 1
KIND = "evaluation"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What was found: plain values for JSON, and what the page shows besides."""

    report: dict[str, Any]
    gallery: Gallery


def evaluate(
    bundle: Bundle,
    data: PreparedSet,
    net: FeatureNet,
    *,
    styles: Sequence[Style] = (),
    settings: Settings | None = None,
    notes: Sequence[str] = (),
    problems: Sequence[str] = (),
    cache: Cache | None = None,
    provider: Provider | None = None,
    tell: Tell = silent,
) -> Evaluation:
    """Everything that is measured. The same arguments give the same figures.

    notes, problems: what is known of the pictures already, for the report. JudgingError, StyleError (a style
    of another model), BundleError, PictureError, DeviceError.
    """
    for style in styles:
        style.check_model(bundle)
    settings = settings or Settings()
    cache = cache or Cache(None, data.digest)
    real = RealPictures(data, bundle.card.resolution, net, cache, seed=settings.seed, tell=tell)
    sampler = Sampler(bundle, provider, seed=settings.seed)
    real.notes += notes
    real.problems += problems
    bench = Bench(sampler, real, net, cache, settings, tell)
    gallery = Gallery()
    found = _measured(bench, styles, gallery)
    _show(bench, gallery)
    return Evaluation(_report(bench, found), gallery)


def _measured(bench: Bench, styles: Sequence[Style], gallery: Gallery) -> dict[str, Any]:
    """All steps, in order."""
    found: dict[str, Any] = {"probe": _probe_figures(bench)}
    styled = make_styled(bench)
    found |= quality(bench, styled, gallery)
    held_out = find_styles(bench)
    found |= held_out_styles(bench, held_out, gallery)
    others = np.zeros((0, probe.SIZE), np.float32) if held_out is None else held_out.prototypes
    found["own_styles"] = own_styles(bench, styles, others, gallery)
    found["content"] = promises.content(bench, styled)
    found["preview"] = promises.preview(bench, styled)
    found["interpolation"] = promises.paths(bench, gallery)
    return {name: asdict(one) if hasattr(one, "__dataclass_fields__") else one for name, one in found.items()}


def _probe_figures(bench: Bench) -> dict[str, float] | None:
    count = len(bench.real.held_out)
    if count < 2:
        return None
    likeness = probe.likeness_of_halves(bench.probe, bench.held_cells, seed=bench.settings.seed)
    return {"other_half": likeness, "chance": 1 / count, "pictures": count}


def _show(bench: Bench, gallery: Gallery) -> None:
    """The grids: in the styles of training pictures, and without a style."""
    settings = bench.settings
    gallery.grid = list(bench.sampler.render(bench.shown_recipes(SHOWN, settings.shown)))
    plain = bench.sampler.recipes(PLAIN, settings.shown // 4, truncation=settings.truncation)
    gallery.plain = list(bench.sampler.render(plain))


def _report(bench: Bench, found: dict[str, Any]) -> dict[str, Any]:
    data, bundle = bench.real.data, bench.sampler.bundle
    sides = {split: Counter(one.label for one in data.of(split)) for split in ("train", "val")}
    return {
        "kind": KIND,
        "format": FORMAT,
        "created": datetime.now(UTC).date().isoformat(),
        "model": {
            "name": bundle.card.name,
            "id": bundle.id,
            "resolution": bundle.card.resolution,
            "preview_resolution": bundle.card.preview_resolution,
        },
        "data": {
            "title": data.title,
            "digest": data.digest,
            "train": len(bench.real.train),
            "held_out": len(bench.real.held_out),
            "classes": {
                name: {"train": sides["train"][name], "held_out": sides["val"][name]} for name in data.classes
            },
        },
        "settings": asdict(bench.settings),
        "eye": bench.net.name,
        "notes": [*bench.real.notes, *bench.notes],
        "problems": bench.real.problems,
        "figures": figures.plain(found),
    }
