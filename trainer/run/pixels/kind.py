"""The pixel networks as a run sees them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from engine.bundle import Bundle
from engine.formats.job import Job
from engine.formats.job_settings import JobError
from engine.formats.network import NetworkConfig
from engine.formats.reason import Reason
from trainer.data.prepared import PreparedSet
from trainer.model.ema import update_average
from trainer.model.growing import fill, resized_config
from trainer.model.networks import Networks
from trainer.model.whitening import spread
from trainer.process.control import Check
from trainer.process.device import Device
from trainer.process.world import World
from trainer.run.kind import Drawn, NetworkKind
from trainer.run.model_card import described
from trainer.run.pictures import WHITEN_PICTURES
from trainer.run.pixels import tiers
from trainer.run.pixels.adversarial import Adversarial
from trainer.run.pixels.state import PixelState
from trainer.run.pixels.styles import Styles
from trainer.run.pixels.warm import Warm
from trainer.run.samples import COLUMNS, ROWS, sample_grid
from trainer.run.state import TrainState
from trainer.storage.bundles import load_networks, network_config
from trainer.storage.export import export_bundle
from trainer.storage.snapshots import SavedSnapshot

if TYPE_CHECKING:
    from trainer.run.context import RunContext

CARD_PICTURES = 1024


class Pixels(NetworkKind):
    """G, D, E and C of `trainer.model.networks`.

    1. *Styles*: E learns by contrast, then holds still for the rest of the run, so that E and G cannot agree
       on a private code and s means the same from the first picture to the last.
    2. *Warm*: the pictures are reconstructed, x = G(C(x), E(x)), at a low resolution first; C's output is
       kept near normal, so that at the end noise can take its place.
    3. *Adversarial*: G meets D on random z and on swapped pairs, the content of one picture in the style of
       another, with style and content consistency, and some reconstruction to hold on to what it knows.
    """

    phases = (Styles(), Warm(), Adversarial())

    def network(self, bundle: Bundle, resolution: int) -> NetworkConfig:
        config = network_config(bundle)
        return resized_config(config, resolution) if resolution else config

    def settings_for(self, data: PreparedSet) -> dict[str, Any]:
        return tiers.settings_for(len(data.of("train")))

    def sentence(self, pictures: int, job: Job) -> str:
        return tiers.sentence(pictures, job)

    def blank(self, job: Job, device: Device, world: World) -> PixelState:
        perceptual, _ = device.perceptual(job)
        state = PixelState(job, Networks.create(job.network), 1, device.torch, perceptual, world)
        state.whitened = True
        return state

    def trial(self, state: TrainState, count: int) -> tuple[Tensor, Tensor]:
        side, device = state.job.network.resolution, state.device
        return torch.rand(count, 3, side, side, device=device) * 2 - 1, torch.zeros(
            count, dtype=torch.long, device=device
        )

    def model_mb(self, state: TrainState) -> float:
        """Weights, D's in half precision, and the graphs; the synthesis is in two of them."""
        size = {name: _bytes(network) for name, network in state.average.named().items()}
        rest = size["style_encoder"] + size["content_encoder"]
        return (3 * size["generator"] + 2 * rest + size["discriminator"] / 2) / 2**20

    def begin(self, context: RunContext, train: bool) -> tuple[PixelState, list[Reason]]:
        job = context.job
        perceptual, warning = context.device.perceptual(job) if train else (None, None)
        torch.manual_seed(job.optimisation.seed)
        networks = Networks.create(job.network)
        if job.schedule.start_from:
            upper = load_networks(Path(job.schedule.upper_from)) if job.schedule.upper_from else None
            fill(networks, load_networks(Path(job.schedule.start_from)), upper)
        classes, device = len(context.data.classes), context.device.torch
        state = PixelState(job, networks, classes, device, perceptual, context.world)
        # A bundle's C is white already, and its prior measured. A warm start moves it, and only a large set
        # says what white is.
        few = len(context.pictures.train) < WHITEN_PICTURES
        ready = bool(networks.generator.mapping.prior_root.any()) or few
        state.whitened = bool(job.schedule.start_from) and ready and (few or not job.schedule.warm_kimg)
        return state, [] if warning is None else [warning]

    def turn(self, context: RunContext, first: int, count: int) -> tuple[Tensor, Tensor]:
        return context.pictures.batch(first, count)

    def drawn(self, context: RunContext, check: Check) -> Drawn:
        grid = sample_grid(context.state, context.pictures.examples(COLUMNS), check=check)
        return Drawn(grid, ROWS)

    def mix_in(self, state: TrainState, model: Path, share: float) -> None:
        other = load_networks(model)
        if other.config != state.job.network:
            raise JobError(f"{model} has networks of other sizes and cannot be mixed in", "other-sizes")
        assert isinstance(state, PixelState)
        update_average(state.average.generator.synthesis, other.generator.synthesis, 1.0 - share)

    def export(
        self, context: RunContext, folder: Path, kept: SavedSnapshot | None, factor: float = 1.0
    ) -> Path:
        state, pictures = context.state, context.pictures
        assert isinstance(state, PixelState)
        if len(pictures.train) >= WHITEN_PICTURES:
            state.whiten_average(context.white_batches())
        if factor != 1.0:
            spread(state.average.content_encoder, state.average.generator, factor)
        state.measure_centre()
        return export_bundle(
            state.average,
            folder,
            described(context.job, context.folder, context.data, context.digest, state, kept),
            pictures.held_out(CARD_PICTURES),
            pictures.val_labels[:CARD_PICTURES].to(context.device.torch),
            tuple(context.data.classes),
            context.control.check,
        )


def _bytes(network: nn.Module) -> int:
    return sum(t.numel() * t.element_size() for t in network.state_dict().values())


PIXELS = Pixels()
