"""The stages of the base model: each learns, stops in order, and goes on to the last bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tests.trainer.base import small
from trainer.base import autoencode, encoders, gan, polish
from trainer.base.crops import Pool, attention, draw
from trainer.base.state import shorten
from trainer.model import views
from trainer.model.latent_encoders import LookNetwork, PersonaNetwork
from trainer.run.latent import adversary
from trainer.run.latent.contest import Draw
from trainer.run.latent.previews import Previews


class Features(nn.Module):
    """Stands for the pretrained network: maps of its shapes."""

    def features(self, x: torch.Tensor) -> list[torch.Tensor]:
        pooled = [torch.nn.functional.avg_pool2d(x, f) for f in (2, 4, 8, 16)]
        return [
            torch.nn.functional.normalize(p.repeat(1, -(-c // 3), 1, 1)[:, :c], dim=1)
            for p, c in zip(pooled, (16, 24, 40, 112), strict=True)
        ]


POOL = [Pool(np.random.default_rng(0).integers(0, 256, (3, 256, 256, 3)).astype(np.uint8), 1.0)]
JOB = autoencode.AutoencoderJob(crop=64, batch=2, steps=12, adversary_from=1, adversary_ramp=2)


def autoencoder() -> autoencode.AutoencoderTraining:
    return autoencode.AutoencoderTraining(JOB, small.AUTOENCODER, Features())  # type: ignore[arg-type]


def readers() -> encoders.Encoders:
    return encoders.Encoders(PersonaNetwork(4), LookNetwork(4), torch.zeros(128))


def trained_gan(seed: int = 0) -> gan.GanTraining:
    torch.manual_seed(1)
    data = small.latents()
    job = gan.GanJob(batch=6, warm_kimg=0.012, total_kimg=0.05, seed=seed)
    return gan.GanTraining(job, small.GAN, data, readers())


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def test_the_autoencoder_goes_on_to_the_last_bit(tmp_path: Path) -> None:
    first = autoencoder()
    for _ in range(4):
        first.advance(POOL)
    first.save(tmp_path / "state.safetensors")
    second = autoencoder()
    second.restore(tmp_path / "state.safetensors")
    for _ in range(3):
        assert same(first.advance(POOL), second.advance(POOL))


def test_a_short_state_holds_what_going_on_needs(tmp_path: Path) -> None:
    first = autoencoder()
    for _ in range(3):
        first.advance(POOL)
    first.save(tmp_path / "state.safetensors")
    shorten(tmp_path / "state.safetensors", tmp_path / "short.safetensors")
    assert (tmp_path / "short.safetensors").stat().st_size < (
        tmp_path / "state.safetensors"
    ).stat().st_size / 5
    second = autoencoder()
    second.restore(tmp_path / "short.safetensors")
    assert second.step == 3
    kept, online = first.average.state_dict(), second.model.state_dict()
    assert all(torch.allclose(online[k].float(), v.float(), atol=1e-2) for k, v in kept.items())
    second.advance(POOL)

    gan_first = trained_gan()
    gan_first.advance()
    gan_first.save(tmp_path / "gan.safetensors")
    shorten(tmp_path / "gan.safetensors", tmp_path / "gan-short.safetensors")
    gan_second = trained_gan()
    gan_second.restore(tmp_path / "gan-short.safetensors")
    kept_bias = gan_first.average_g.synthesis.bias
    assert torch.allclose(gan_second.g.synthesis.bias, kept_bias, atol=1e-2)


def test_it_stops_when_asked_and_keeps_what_it_has(tmp_path: Path) -> None:
    training, asked = autoencoder(), iter([False, False, True])
    rows = list(autoencode.run(training, POOL, tmp_path / "state.safetensors", lambda: next(asked)))
    assert training.step == 2 and rows == [] and (tmp_path / "state.safetensors").exists()


def test_the_autoencoder_learns_to_give_a_picture_back() -> None:
    training = autoencode.AutoencoderTraining(
        replace(JOB, steps=60, adversary_from=10**6, scaled=0.0),
        small.AUTOENCODER,
        Features(),  # type: ignore[arg-type]
    )
    flat = [Pool(np.full((1, 256, 256, 3), 200, np.uint8), 1.0)]
    losses = [float(training.advance(flat)["l1"].detach()) for _ in range(60)]
    assert np.mean(losses[-5:]) < 0.5 * losses[0]


def test_the_encoders_learn_and_judge() -> None:
    training = encoders.EncoderTraining(encoders.EncoderJob(steps=24, batch=12), small.latents())
    values = [float(training.advance()["contrast"].detach()) for _ in range(24)]
    assert np.mean(values[-5:]) < 0.9 * np.mean(values[:5])
    assert set(training.judge(small.latents(8, 5))) == {
        "identity",
        "identity_of_views",
        "found_again",
        "look",
    }


def test_the_polish_moves_the_decoder_alone_and_sees_what_g_makes() -> None:
    networks, data = small.networks(), small.latents(6)
    pictures = [np.full((256, 256, 3), 40 * i, np.uint8) for i in range(6)]
    made = polish.GeneratedCrops(data, pictures, networks.generator, networks.content, readers())
    z, (x, counts) = made(4, 64, np.random.default_rng(0))
    assert z.shape == (4, 4, 4, 4) and x.shape == (4, 3, 64, 64) and counts.shape == (4, 1, 64, 64)
    training = autoencode.AutoencoderTraining(
        replace(JOB, batch=4, frozen_encoder=True),
        small.AUTOENCODER,
        Features(),  # type: ignore[arg-type]
    )
    training.generated = made
    before = {k: v.clone() for k, v in training.model.state_dict().items()}
    training.advance(POOL)
    after = training.model.state_dict()
    assert all(torch.equal(before[k], after[k]) == k.startswith("encoder") for k in before if "weight" in k)


def test_encoders_come_back_frozen(tmp_path: Path) -> None:
    training = encoders.EncoderTraining(encoders.EncoderJob(steps=2, batch=6), small.latents())
    training.save(tmp_path / "e.safetensors")
    found = encoders.load_encoders(tmp_path / "e.safetensors", 4)
    x = torch.randn(3, 4, 16, 16)
    for vector in (found.persona(x), found.look(x), found.personas(torch.randn(3, 128), x)):
        assert torch.allclose(vector.norm(dim=1), torch.ones(3), atol=1e-5)
    assert not any(value.requires_grad for value in found.persona.parameters())
    assert torch.equal(found.centre, training.centre)


def test_the_gan_goes_through_both_parts_and_on_to_the_last_bit(tmp_path: Path) -> None:
    first = trained_gan()
    kinds = [set(first.advance()) for _ in range(4)]
    assert "generator" not in kinds[0] and "generator" in kinds[3]
    first.save(tmp_path / "state.safetensors")
    second = trained_gan()
    second.restore(tmp_path / "state.safetensors")
    for _ in range(2):
        assert same(first.advance(), second.advance())


def painted(features: bool = False) -> Previews:
    """Previews that are latents themselves, and tell who is shown by their first numbers."""
    return Previews(
        lambda x: x[:, :3].repeat_interleave(2, 2).repeat_interleave(2, 3),
        lambda x: x[:, :, ::2, ::2].flatten(1)[:, :128],
        Features().features if features else None,
    )


def test_the_face_network_holds_g_to_who_is_asked_for() -> None:
    job = gan.GanJob(batch=8, warm_kimg=0, drop_both=0.0, drop_persona=0.0)
    training = gan.GanTraining(job, small.GAN, small.latents(), readers(), painted())
    assert 0 < float(training.advance()["face"].detach()) < 2
    asked = training.draw(8)
    right = torch.zeros(8, 4, 16, 16)
    right.flatten(1)[:, :128] = asked.style[:, 64:192]
    seen, wrong = (training.contest._seen(x, asked, Draw(asked))[0]["face"] for x in (right, -right))
    assert abs(float(seen)) < 1e-4 and float(wrong) > 1.9
    nobody = replace(asked, persona_given=torch.zeros(8, dtype=torch.bool))
    assert training.contest._seen(right, nobody, Draw(nobody))[0] == {}


def test_heads_on_pretrained_features_learn_and_are_kept(tmp_path: Path) -> None:
    job = gan.GanJob(batch=8, warm_kimg=0, drop_both=0.0, drop_persona=0.0)
    shared = readers()
    first, second = (
        gan.GanTraining(job, small.GAN, small.latents(), shared, painted(features=True)) for _ in range(2)
    )
    assert first.heads is not None
    before = first.heads.heads[0][0].weight.clone()
    values = first.advance()
    assert {"doubted", "perceptual", "feature_lead"} <= set(values)
    assert not torch.equal(before, first.heads.heads[0][0].weight)
    first.save(tmp_path / "state.safetensors")
    second.restore(tmp_path / "state.safetensors")
    assert same(first.advance(), second.advance())


def test_people_between_two_have_a_persona_of_unit_length() -> None:
    training = trained_gan()
    training.contest.weights = replace(training.job, swapped=0.0, between=1.0)
    batch = training.draw(16)
    mixed = training.contest._swapped(batch)
    given = mixed.persona_given
    assert torch.equal(given, batch.persona_given)
    assert torch.allclose(mixed.style[given, 64:].norm(dim=1), torch.ones(int(given.sum())), atol=1e-4)
    assert not mixed.style[~given, 64:].any() and not torch.equal(mixed.style, batch.style)


def test_what_is_not_given_is_zero_and_not_asked_for() -> None:
    training = trained_gan()
    training.job = replace(training.job, drop_both=1.0)
    batch = training.draw(8)
    assert not batch.style.any() and not batch.look_given.any() and not batch.persona_given.any()
    training.job = replace(training.job, drop_both=0.0, drop_persona=1.0, drop_look=0.0)
    batch = training.draw(8)
    assert batch.look_given.all() and not batch.persona_given.any()
    assert torch.allclose(batch.style[:, :64].norm(dim=1), torch.ones(8), atol=1e-4)


def test_a_person_is_never_read_from_the_picture_itself() -> None:
    training = trained_gan()
    training.job = replace(training.job, drop_both=0.0, drop_persona=0.0, drop_look=0.0)
    n = len(training.data)
    marks = torch.zeros(n, 6, 192)
    marks[:, :, 0] = marks[:, :, 128] = 1.0
    marks[:, 0, 128], marks[:, 0, 129] = 0.0, 1.0  # the picture as it is
    training.codes = gan.Codes(training.codes.look, marks)
    gan_kinds, gan.KINDS = gan.KINDS, (1.0, 0.0, 0.0)
    try:
        batch = training.draw(32)
    finally:
        gan.KINDS = gan_kinds
    assert batch.style[:, 64 + 129].abs().max() < 0.2 and batch.style[:, 64 + 128].min() > 0.5
    assert 0.5 < batch.style[:, 64].min() < 0.75 < batch.style[:, 64].max()


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_what_the_adversary_sees(p: float) -> None:
    torch.manual_seed(0)
    x = torch.randn(6, 4, 16, 16)
    seen = adversary.shown(x, p)
    assert seen.shape == x.shape and torch.equal(seen, x) == (p == 0.0)


def test_crops_and_views_have_the_right_shape() -> None:
    rng = np.random.default_rng(0)
    large = [Pool(np.zeros((1, 512, 512, 3), np.uint8), 1.0)]
    for pool in (POOL, large):
        x, counts = draw(pool, 3, 96, rng)
        assert counts.shape == (3, 1, 96, 96) and float(counts.min()) > 0.5
        assert x.shape == (3, 3, 96, 96) and float(x.min()) >= -1 and float(x.max()) <= 1
    much = attention(256)
    assert much[122, 97] > 3 > 1 > much[10, 10] and 0.9 < much.mean() < 1.2
    picture = POOL[0].pictures[0]
    for _ in range(4):
        seen = views.view(picture, picture, rng)
        assert seen.shape == picture.shape and seen.dtype == np.uint8
    assert np.array_equal(views.targets(picture, rng)[1], picture[:, ::-1])
