"""How a model in latents is fine-tuned, by the number of pictures and by what they show.

Twenty pictures of a person are learned in a quarter of an hour on two cores. More pictures say more, so they
are shown longer, and less of what the model knew is needed to keep it from learning them by heart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from engine.formats.job import Job

SETTINGS: dict[str, Any] = {
    "batch": 32,
    "trains": "all",
    "rate": 1e-3,
    "warm_rate": 2e-3,
    "kept": 0.5,
    "swaps": 0.25,
    "gamma": 1.0,
    "penalty_interval": 4,
    "adversarial_weight": 0.1,
    "style_weight": 0.3,
    "persona_weight": 0.5,
    "diversity_weight": 0.5,
    "diversity_floor": 0.5,
    "augment": 0.3,
    "augment_target": 0.6,
    "style_kimg": 0.0,
    "patience": 0,
}
"""What all have in common."""
WARM_SHARE = 0.25
"""Of the length that goes into reconstruction first."""
SNAPSHOTS = 6
"""Each is judged by some hundred pictures, which takes as long as a thousand steps' pictures."""


@dataclass(frozen=True)
class LatentTier:
    """Settings for sets up to a size."""

    below: int
    """Pictures from which the next one holds."""
    kimg: tuple[float, float]
    """Length at its ends."""
    mixed: float
    frozen_blocks: int
    words: str
    """What is done; continues "20 pictures: "."""


FEWEST = 8
TIERS = (
    LatentTier(100, (10.0, 30.0), 0.5, 1, "half of what is shown is what the model knew, so that it stays"),
    LatentTier(500, (30.0, 80.0), 0.4, 0, "four tenths of what is shown is what the model knew"),
    LatentTier(5000, (80.0, 300.0), 0.25, 0, "a quarter of what is shown is what the model knew"),
)
WHOLE_MIXED = 0.15
"""Share of the pack where the set shows whole pictures: then little of what a model of faces knew is
wanted."""


FEW_PEOPLE = 100
"""Pictures below which a set is taken to be about somebody: without a style, nothing is learned from it."""


def tier_for(pictures: int) -> LatentTier:
    """The tier of a set with so many training pictures."""
    return next((tier for tier in TIERS if pictures < tier.below), TIERS[-1])


def length_for(pictures: int) -> float:
    """kimg for a number of pictures: evenly between the ends of its tier on a logarithmic scale."""
    tier = tier_for(pictures)
    place = TIERS.index(tier)
    low = TIERS[place - 1].below if place else FEWEST
    share = math.log(max(pictures, 1) / low) / math.log(tier.below / low)
    return round(tier.kimg[0] + min(1.0, max(0.0, share)) * (tier.kimg[1] - tier.kimg[0]), 1)


def settings_for(pictures: int, faces: bool = True) -> dict[str, Any]:
    """Settings of a fine-tune on so many training pictures, as changes of a job. faces: whether the set shows
    faces, rather than whole pictures."""
    tier, length = tier_for(pictures), length_for(pictures)
    warm = round(WARM_SHARE * length, 2)
    every = max(0.5, round((length - warm) / SNAPSHOTS, 2))
    return SETTINGS | {
        "mixed": tier.mixed if faces else WHOLE_MIXED,
        "style_dropout": 0.0 if faces and pictures < FEW_PEOPLE else 0.1,
        "frozen_blocks": tier.frozen_blocks,
        "warm_kimg": warm,
        "adversarial_kimg": round(length - warm, 2),
        "augment_kimg": length,
        "condition_ramp_kimg": round(min(2.0, length / 10), 2),
        "rate_ramp_kimg": round(min(0.5, length / 20), 2),
        "ema_half_life_kimg": round(min(4.0, length / 10), 2),
        "snapshot_kimg": every,
        "checkpoint_kimg": every,
        "sample_kimg": every,
    }


def sentence(pictures: int, job: Job) -> str:
    """What will be done, in words; tells also what the user changed about it."""
    tier = tier_for(pictures)
    words = tier.words
    if job.data.mixed != tier.mixed:
        words = f"{job.data.mixed:.0%} of what is shown is what the model knew"
    if job.optimisation.trains == "modulation":
        words += ", and only mapping and modulation move, as asked"
    few = "; more would be better" if pictures < FEWEST else ""
    return f"{pictures} pictures{few}: {words}; {job.schedule.total_kimg:g} thousand pictures are shown"
