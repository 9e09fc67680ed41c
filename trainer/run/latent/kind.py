"""Networks in latents as a run sees them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from engine.bundle import Bundle
from engine.faces import FaceFinder
from engine.formats.job import Job
from engine.formats.job_settings import JobError
from engine.formats.network import NetworkConfig
from engine.formats.reason import Reason
from trainer.data.prepared import PreparedSet
from trainer.model.autoencoder import AutoencoderConfig
from trainer.model.ema import update_average
from trainer.model.identity import FaceConfig
from trainer.model.latent_gan import LatentDiscriminator, LatentGanConfig
from trainer.process.control import Check, Stopped
from trainer.process.device import Device
from trainer.process.world import World
from trainer.run.kind import Drawn, NetworkKind
from trainer.run.latent import pack, tiers
from trainer.run.latent.card import measured_again
from trainer.run.latent.likeness import MOST, PersonLikeness
from trainer.run.latent.material import VIEWS, Material, read_material
from trainer.run.latent.networks import LatentModel, Readers
from trainer.run.latent.phases import LatentAdversarial, LatentWarm
from trainer.run.latent.samples import ROWS, latent_grid
from trainer.run.latent.state import LatentState
from trainer.run.model_card import described
from trainer.run.pictures import Pictures
from trainer.run.state import TrainState
from trainer.storage.bundles import WeightsError
from trainer.storage.latent_bundle import (
    KIND,
    read_discriminator,
    read_latent_bundle,
    write_latent_bundle,
)
from trainer.storage.latent_graphs import LatentNetworks
from trainer.storage.snapshots import SavedSnapshot

if TYPE_CHECKING:
    from trainer.run.context import RunContext

MOST_TARGETS = 3
"""Latents of each picture that are kept: as it is, mirrored, and graded."""
LOOKED_AT = 32
"""Pictures of a set whose list does not say what they show that are searched for faces."""
FACES = 0.5
"""Share of these with a face from which on a set is one of faces."""


class Latents(NetworkKind):
    """G, D and C of `trainer.model.latent_gan`, fine-tuned from a model."""

    phases = (LatentWarm(), LatentAdversarial())
    stepping = 0.8

    # --- Before a run ---

    def network(self, bundle: Bundle, resolution: int) -> NetworkConfig:
        card = bundle.card
        if resolution not in (0, card.resolution):
            message = f"{bundle.path.name} makes pictures of {card.resolution} px and is trained at that side"
            raise JobError(message, "other-sizes")
        sizes = card.raw["network"]
        try:
            parts = {name: sizes[name] for name in ("autoencoder", "gan", "face")}
        except KeyError as error:
            raise WeightsError(f"{bundle.path.name} does not describe its networks: {error}") from error
        return NetworkConfig(
            card.resolution,
            card.preview_resolution,
            card.z_size,
            card.style_size,
            card.w_size,
            kind=KIND,
            parts=parts | {"model": bundle.id},
        )

    def settings_for(self, data: PreparedSet) -> dict[str, Any]:
        return tiers.settings_for(len(data.of("train")), bool(data.card.get("aligned", True)))

    def sentence(self, pictures: int, job: Job) -> str:
        return tiers.sentence(pictures, job)

    def check(self, job: Job) -> None:
        if not job.schedule.start_from:
            raise JobError("a model in latents is trained from another one: say with --from from which")
        if job.schedule.upper_from:
            raise JobError("a model in latents does not grow: upper_from must be left out")
        if job.optimisation.trains == "top":
            raise JobError("trains cannot be top for a model in latents: it is all or modulation")

    def blank(self, job: Job, device: Device, world: World) -> LatentState:
        torch.manual_seed(job.optimisation.seed)
        networks, gan = _networks(job), _gan(job)
        model = LatentModel(
            Readers.of(networks, device.torch),
            networks.generator.to(device.torch),
            LatentDiscriminator(gan).to(device.torch),
            networks.content.to(device.torch),
        )
        state = LatentState(job, model, device.torch, world)
        state.learn_from(_any_material(gan, job.optimisation.batch, device.torch))
        return state

    def trial(self, state: TrainState, count: int) -> tuple[Tensor, Tensor]:
        rows = torch.arange(count, device=state.device)
        return rows, torch.zeros_like(rows)

    def model_mb(self, state: TrainState) -> float:
        """Two bytes a weight; what paints is in two graphs."""
        assert isinstance(state, LatentState)
        whole, d = state.average.whole(), state.networks.d
        count = sum(p.numel() for network in (whole, d) for p in network.parameters())
        twice = sum(p.numel() for p in (*whole.generator.parameters(), *whole.autoencoder.parameters()))
        return 2 * (count + twice) / 2**20

    def material_mb(self, job: Job, pictures: int) -> float:
        gan = _gan(job)
        latent, views = 2 * gan.latent_channels * gan.cells**2, MOST_TARGETS + VIEWS
        each = MOST_TARGETS * (latent + 4 * gan.look_size) + views * 4 * gan.persona_size
        known = latent + 4 * (gan.style_size + 2 * gan.z_size)
        return (pictures * each + pack.SIZE * known) / 2**20

    # --- In a run ---

    def begin(self, context: RunContext, train: bool) -> tuple[LatentState, list[Reason]]:
        job, device, world = context.job, context.device.torch, context.world
        self.check(job)
        model = self._model(job, device)
        stopped, told = False, list[Reason]()
        try:
            known = pack.draw_pack(model, pack.SIZE, job.optimisation.seed, context.control.check)
            state = LatentState(job, model, device, world)
            if train:
                told = self._learn(state, context, known)
            else:
                state.material = _nothing(known)
        except Stopped:
            stopped = True
        if world.agree(stopped):
            raise Stopped
        return state, told

    def turn(self, context: RunContext, first: int, count: int) -> tuple[Tensor, Tensor]:
        return context.pictures.turn(first, count)

    def drawn(self, context: RunContext, check: Check) -> Drawn:
        state = context.state
        assert isinstance(state, LatentState)
        grid, tested = latent_grid(state, _references(context.pictures), check)
        if state.likeness is None:
            return Drawn(grid, ROWS)
        return Drawn(grid, ROWS, state.likeness.measure(tested), state.likeness.by)

    # --- After it ---

    def mix_in(self, state: TrainState, model: Path, share: float) -> None:
        assert isinstance(state, LatentState)
        other = Bundle.load(model)
        sizes = self.network(other, 0).parts
        if sizes["gan"] != state.job.network.parts["gan"]:
            raise JobError(f"{model} has networks of other sizes and cannot be mixed in", "other-sizes")
        theirs = read_latent_bundle(other).generator.synthesis.to(state.device)
        update_average(state.average.g.synthesis, theirs, 1.0 - share)

    def export(
        self, context: RunContext, folder: Path, kept: SavedSnapshot | None, factor: float = 1.0
    ) -> Path:
        state = context.state
        assert isinstance(state, LatentState)
        if factor != 1.0:
            raise JobError("the spread of a model in latents cannot be changed: it must be 1")
        card, check = Bundle.load(context.job.schedule.start_from).card.raw, context.control.check
        return write_latent_bundle(
            state.average.whole(),
            state.networks.d,
            measured_again(state, card, check),
            described(context.job, context.folder, context.data, context.digest, state, kept),
            folder,
            True,
            check,
        )

    # --- Parts ---

    def _model(self, job: Job, device: torch.device) -> LatentModel:
        """The model that training starts from, on the device."""
        bundle = Bundle.load(job.schedule.start_from)
        if bundle.id != job.network.parts.get("model"):
            message = f"{bundle.path.name} is not the model that this run began with; put it back"
            raise WeightsError(message)
        d = read_discriminator(bundle, _gan(job))
        networks = read_latent_bundle(bundle)
        return LatentModel(
            Readers.of(networks, device),
            networks.generator.to(device),
            d.to(device),
            networks.content.to(device),
        )

    def _learn(self, state: LatentState, context: RunContext, known: pack.Pack) -> list[Reason]:
        """Reads the set; says what is not learned from it, and why."""
        pictures, check = context.pictures, context.control.check
        faces = shows_faces(context.data, pictures, check)
        person = Bundle.load(context.job.schedule.start_from).card.persona
        same = 1.0 if person is None else person.same
        seed, readers = context.job.optimisation.seed, state.networks.readers
        state.learn_from(read_material(pictures.train, readers, known, faces, same, seed, check))
        if state.material.person is not None:
            state.likeness = PersonLikeness(readers.face, _references(pictures))
            return []
        if faces:
            message = "the pictures show several people, so the style of the set is their look alone"
            return [Reason("several-people", message)]
        return [Reason("no-faces", "the pictures show no faces, so what is learned is their look alone")]


def shows_faces(data: PreparedSet, pictures: Pictures, check: Check) -> bool:
    """Whether a set is one of aligned faces: its card says so, or faces are found in it."""
    if "aligned" in data.card:
        return bool(data.card["aligned"])
    finder, looked_at = FaceFinder(), pictures.train[:LOOKED_AT].permute(0, 2, 3, 1).cpu().numpy()
    found = 0
    for picture in looked_at:
        check()
        found += finder.best(picture) is not None
    return found >= FACES * len(looked_at)


def _references(pictures: Pictures) -> Tensor:
    """Pictures of the set that samples are compared with, in -1..1: held-out ones first."""
    return pictures.examples(MOST)


def _gan(job: Job) -> LatentGanConfig:
    return LatentGanConfig.from_json(job.network.parts["gan"])


def _networks(job: Job) -> LatentNetworks:
    """Untrained networks of the job's sizes."""
    parts = job.network.parts
    face = FaceConfig.from_json(parts["face"])
    return LatentNetworks(AutoencoderConfig.from_json(parts["autoencoder"]), _gan(job), face)


def _any_material(gan: LatentGanConfig, count: int, device: torch.device) -> Material:
    """What steps can be timed on."""
    side = (count, 3, gan.latent_channels, gan.cells, gan.cells)
    looks, personas = torch.randn(count, 3, gan.look_size), torch.randn(count, 3, gan.persona_size)
    x, z = torch.randn(side).half().to(device), torch.randn(count, gan.z_size, device=device)
    style = torch.randn(count, gan.style_size, device=device)
    known = pack.Pack(x[:, 0], style, z, z)
    people = tuple((i,) for i in range(count))
    return Material(x, looks.to(device), personas.to(device), people, None, known)


def _nothing(known: pack.Pack) -> Material:
    """No picture at all, but the pack."""
    return Material(known.x[:0, None], known.style[:0, None], known.style[:0, None], (), None, known)


LATENTS = Latents()
