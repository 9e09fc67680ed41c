"""Steps of a fine-tune in latents, on random latents: what is kept, what moves, and what is asked for."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional as F

from engine.formats.job import Job
from engine.formats.network import NetworkConfig
from tests.trainer.base import small as base
from trainer.model.latent_gan import LatentDiscriminator
from trainer.run.latent import tiers
from trainer.run.latent.material import DOUBT, Material, who_is_who
from trainer.run.latent.networks import LatentModel, Readers
from trainer.run.latent.pack import draw_pack
from trainer.run.latent.phases import draw
from trainer.run.latent.state import LatentState
from trainer.run.step import advance

CPU = torch.device("cpu")
NETWORK = NetworkConfig(256, 128, 8, 256, 16, kind="latent")


def state_of(**changes: Any) -> LatentState:
    settings: dict[str, Any] = {
        "network": NETWORK,
        "batch": 8,
        "style_kimg": 0.0,
        "warm_kimg": 0.0,
        "adversarial_kimg": 1.0,
        "rate": 2e-3,
        "rate_ramp_kimg": 0.0,
        "ema_half_life_kimg": 0.002,
        "penalty_interval": 2,
        "adversarial_weight": 0.1,
        "gamma": 1.0,
    }
    networks = base.networks()
    torch.manual_seed(5)
    readers, d = Readers.of(networks, CPU), LatentDiscriminator(base.GAN)
    model = LatentModel(readers, networks.generator, d, networks.content)
    known = draw_pack(model, 32, 0)
    state = LatentState(Job.of("set", **(settings | changes)), model, CPU)
    state.learn_from(one_person(known))
    return state


def one_person(known: Any) -> Material:
    rng = torch.Generator().manual_seed(2)
    who = F.normalize(torch.randn(1, 1, 192, generator=rng), dim=2)
    x = torch.randn(6, 3, 4, 16, 16, generator=rng).half()
    looks = F.normalize(torch.randn(6, 3, 64, generator=rng), dim=2)
    everyone = (tuple(range(6)),) * 6
    return Material(x, looks, who.expand(6, 6, -1).clone(), everyone, who[0, 0], known)


def train(state: LatentState, steps: int) -> dict[str, float]:
    for _ in range(steps):
        values = advance(state, torch.arange(8) % 6, torch.zeros(8, dtype=torch.long))
    return {name: float(value) for name, value in values.items()}


@torch.no_grad()
def drift(state: LatentState) -> float:
    """How far the pictures of the pack are from what they were."""
    known = state.material.pack
    return float((state.average.g(known.z, known.style) - known.x.float()).square().mean())


def test_the_pack_keeps_what_the_model_knew() -> None:
    apart = {}
    for mixed in (0.0, 0.75):
        state = state_of(mixed=mixed)
        assert drift(state) < 1e-4
        values = train(state, 8)
        apart[mixed] = drift(state)
        assert ("kept" in values) == bool(mixed)
    assert apart[0.75] < 0.75 * apart[0.0]


def test_reconstruction_comes_first() -> None:
    state = state_of(warm_kimg=0.032, mixed=0.25)
    before = state.networks.d.head.weight.clone()
    first = train(state, 1)
    train(state, 3)
    assert torch.equal(before, state.networks.d.head.weight) and "generator" not in first
    again = train(state, 2)
    assert "generator" in again and {"lead", "margin", "variety", "kept", "augment_p"} <= set(again)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("loss", ["relativistic", "nonsaturating"])
def test_other_losses_and_precisions_learn(loss: str, precision: str) -> None:
    values = train(state_of(loss=loss, precision=precision, accumulation=2, mixed=0.5), 2)
    assert all(torch.isfinite(torch.tensor(value)) for value in values.values())


def test_parts_of_the_networks_can_stay() -> None:
    state = state_of(trains="modulation", frozen_blocks=2)
    networks = {"g": state.networks.g, "d": state.networks.d, "c": state.networks.c}
    before = {name: {k: v.clone() for k, v in one.state_dict().items()} for name, one in networks.items()}
    train(state, 2)
    moved = {
        f"{name}.{k}"
        for name, one in networks.items()
        for k, v in one.state_dict().items()
        if not torch.equal(v, before[name][k])
    }
    assert {"g.mapping.direct.weight", "g.synthesis.layers.0.conv.affine.weight", "d.head.weight"} <= moved
    assert not moved & {"g.synthesis.layers.0.conv.weight", "g.synthesis.const", "d.trunk.stem.weight"}
    assert not any(name.startswith(("c.", "d.trunk.blocks.0.")) for name in moved)


def test_a_share_of_the_batch_is_from_the_pack() -> None:
    state = state_of(mixed=0.5)
    one = draw(state, torch.arange(16) % 6)
    assert one.kept is not None and (len(one.batch.x), len(one.kept.x)) == (8, 8)
    assert draw(state_of(mixed=0.0), torch.arange(16) % 6).kept is None
    assert len(draw(state_of(mixed=1.0), torch.arange(16) % 6).batch.x) == 2


# --- Conditions ---


def test_a_person_is_read_from_other_pictures() -> None:
    known = state_of().material.pack
    marks = torch.zeros(3, 4, 192)
    marks[0, :, 0] = marks[1, :, 1] = marks[2, :, 2] = 1.0
    x, looks = torch.zeros(3, 3, 4, 16, 16).half(), torch.ones(3, 3, 64) / 8
    material = Material(x, looks, marks, ((0, 1), (0, 1), (2,)), None, known)
    torch.manual_seed(0)
    for _ in range(4):
        batch = material.draw(torch.tensor([0, 1, 2]), 0.0)
        persona = batch.style[:, 64:]
        assert persona[:, :3].argmax(dim=1).tolist() == [1, 0, 2]
        assert batch.persona_given.all()


def test_nobody_is_asked_for_where_nobody_is_shown() -> None:
    known = state_of().material.pack
    x, looks = torch.zeros(2, 3, 4, 16, 16).half(), torch.ones(2, 3, 64) / 8
    batch = Material(x, looks, torch.ones(2, 3, 192), ((), ()), None, known).draw(torch.arange(2), 0.0)
    assert not batch.persona_given.any() and not batch.style[:, 64:].any() and batch.look_given.all()


def test_one_person_is_told_from_several() -> None:
    rng = torch.Generator().manual_seed(0)
    centre = F.normalize(torch.randn(192, generator=rng), dim=0)
    alike = F.normalize(centre + 0.02 * torch.randn(60, 192, generator=rng), dim=1)
    stranger = F.normalize(torch.randn(1, 192, generator=rng), dim=1)
    people, person = who_is_who(torch.cat([alike, stranger]), 0.6)
    assert person is not None and float(person @ centre) > 0.98
    assert set(people[0]) == set(range(60)) and people[60] == (60,)
    people, person = who_is_who(F.normalize(torch.randn(6, 192, generator=rng), dim=1), 0.6)
    assert person is None and people == tuple((i,) for i in range(6))
    assert DOUBT < 0.1


# --- Lengths ---


@pytest.mark.parametrize(
    ("pictures", "low", "high"), [(2, 10, 10), (20, 12, 20), (99, 29, 30), (3000, 200, 300)]
)
def test_more_pictures_are_trained_longer(pictures: int, low: float, high: float) -> None:
    job = Job.of("d", **tiers.settings_for(pictures))
    assert low <= job.schedule.total_kimg <= high
    assert tiers.settings_for(pictures, faces=False)["mixed"] < job.data.mixed
    assert f"{pictures} pictures" in tiers.sentence(pictures, job)
