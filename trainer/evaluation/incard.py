"""The figures of an evaluation in the model's own card, so that they travel with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine import verification
from engine.bundle import Bundle, seal
from engine.errors import BundleError
from engine.exchange import export_bundle
from trainer.evaluation.readings import Found, rows

KEY = "evaluation"
"""Under `metrics`."""


def summary(report: Found) -> dict[str, Any]:
    """What the card keeps of a report: the figures beside those of real pictures, and what they were
    measured on. Figures of single styles are left out: they are about the style.
    """
    styles = set(report["figures"]["own_styles"])
    data = report["data"]
    return {
        "created": report["created"],
        "samples": report["settings"]["count"],
        "seed": report["settings"]["seed"],
        "eye": report["eye"],
        "data": {name: data[name] for name in ("title", "digest", "train", "held_out")},
        "figures": [
            {
                "of": row.of,
                "key": row.key,
                "name": row.name,
                "value": row.value,
                "real": row.real,
                "control": row.control,
            }
            for row in rows(report)
            if row.of not in styles
        ],
        "notes": list(report["notes"]),
    }


def put_into_card(bundle: Bundle, path: Path, report: Found) -> Path:
    """Writes the summary into the card of the model at `path`, a folder or a .persona file.

    bundle: the model, opened from there. Its id stays, since that is about the graphs. Everything in it is
    checked before it is sealed anew: BundleError when it is damaged; TargetError.
    """
    problems = verification.problems(bundle)
    if problems:
        raise BundleError(path, f"the figures were not put into its card, because {problems[0].reason}")
    metrics = bundle.card.raw["metrics"] | {KEY: summary(report)}
    card = seal(bundle.path, bundle.card.raw | {"metrics": metrics})
    if path == bundle.path:
        return card
    return export_bundle(Bundle.load(bundle.path), path, overwrite=True)
