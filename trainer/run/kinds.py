"""The kinds of networks that a run can train, and which of them a job or a model has."""

from __future__ import annotations

from engine.bundle import Bundle
from engine.formats.job import Job
from engine.formats.network import NetworkConfig
from trainer.run.kind import NetworkKind
from trainer.run.latent.kind import LATENTS
from trainer.run.pixels.kind import PIXELS
from trainer.storage.bundles import WeightsError

KINDS: dict[str, NetworkKind] = {"pixels": PIXELS, "latent": LATENTS}
"""By the name on jobs and cards."""


def kind_of(job: Job) -> NetworkKind:
    """The kind that a job trains."""
    return KINDS[job.network.kind]


def kind_of_model(bundle: Bundle) -> NetworkKind:
    """The kind of a model's networks. Raises WeightsError where this version does not know it."""
    name = bundle.card.raw["network"].get("kind", NetworkConfig.kind)
    if name not in KINDS:
        raise WeightsError(f"{bundle.path.name} has networks of a kind that this version does not know")
    return KINDS[name]
