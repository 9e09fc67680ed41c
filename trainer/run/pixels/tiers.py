"""How a model is fine-tuned, by the number of pictures: what moves, for how long, how strongly augmented.

Few pictures say how a look differs from what the model knows, many also what there is to see. So the fewer
there are, the less is moved, the shorter it is trained, and the more D's view of them is varied.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from engine.formats.job import Job

FEW, SOME, MANY, MOST = 20, 100, 500, 2000


@dataclass(frozen=True)
class Tier:
    """Settings for one range of set sizes."""

    name: str
    pictures: tuple[int, int]
    """The range, fewest and most."""
    kimg: tuple[float, float]
    """Length of the whole fine-tune at the ends of the range."""
    settings: dict[str, Any]
    """Settings of the job."""
    words: str
    """What is done, for the user; continues "60 pictures: "."""

    def length(self, pictures: int) -> float:
        """kimg for a number of pictures: evenly between the ends on a logarithmic scale."""
        low, high = self.pictures
        share = math.log(max(pictures, 1) / low) / math.log(high / low)
        return round(self.kimg[0] + min(1.0, max(0.0, share)) * (self.kimg[1] - self.kimg[0]), 1)


TIERS = (
    Tier(
        "few",
        (FEW, SOME),
        (5.0, 30.0),
        {"trains": "modulation", "frozen_blocks": 3, "augment": 0.4, "augment_kimg": 10.0},
        "the look is learned and the shapes stay as they are (only mapping and modulation move)",
    ),
    Tier(
        "some",
        (SOME, MANY),
        (20.0, 60.0),
        {"trains": "all", "frozen_blocks": 2, "augment": 0.3, "augment_kimg": 20.0},
        "all of the generator is trained, the discriminator keeps its eye for fine detail",
    ),
    Tier(
        "many",
        (MANY, MOST),
        (60.0, 150.0),
        {"trains": "all", "frozen_blocks": 0, "augment": 0.1, "augment_kimg": 40.0},
        "everything is trained",
    ),
)
WARM_SHARE, WARM_MOST = 0.1, 6.0
"""Of the length that goes into reconstruction first, and how much at most."""
SNAPSHOTS = 16
"""How many a fine-tune of full length makes."""


def tier_for(pictures: int) -> Tier:
    """The tier of a set with so many training pictures."""
    return next((tier for tier in TIERS if pictures < tier.pictures[1]), TIERS[-1])


def settings_for(pictures: int) -> dict[str, Any]:
    """Settings of a fine-tune on so many training pictures, as changes of a job."""
    tier = tier_for(pictures)
    length = tier.length(pictures)
    warm = 0.0 if tier.settings["trains"] == "modulation" else min(WARM_MOST, WARM_SHARE * length)
    every = max(0.5, round(length / SNAPSHOTS, 1))
    return tier.settings | {
        "style_kimg": 0.0,
        "warm_kimg": round(warm, 2),
        "adversarial_kimg": round(length - warm, 2),
        "condition_ramp_kimg": round(min(5.0, length / 6), 2),
        "rate_ramp_kimg": round(min(0.5, length / 20), 2),
        "ema_half_life_kimg": round(min(2.0, length / 10), 2),
        "snapshot_kimg": every,
        "checkpoint_kimg": every,
        "sample_kimg": every,
        "patience": 5,
    }


def sentence(pictures: int, job: Job) -> str:
    """What will be done, in words; tells also what the user changed about it."""
    tier = tier_for(pictures)
    trains, frozen = job.optimisation.trains, job.optimisation.frozen_blocks
    if (trains, frozen) == (tier.settings["trains"], tier.settings["frozen_blocks"]):
        words = tier.words
    else:
        moved = "mapping and modulation move" if trains == "modulation" else "all of the generator moves"
        words = f"{moved}, {frozen} blocks of the discriminator stay, as asked"
    few = "; more would be better" if pictures < FEW else ""
    return f"{pictures} pictures{few}: {words}; up to {job.schedule.total_kimg:g} thousand pictures are shown"
