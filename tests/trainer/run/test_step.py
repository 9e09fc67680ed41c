from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.trainer.small import NETWORK, small_job
from trainer.model.discriminator import Discriminator
from trainer.model.networks import Networks
from trainer.run.pixels.state import PixelState
from trainer.run.step import advance


class DrawnFeatures(nn.Module):
    """A stand-in for the pretrained network: averages over places, in as many channels as it has."""

    def features(self, x: Tensor) -> list[Tensor]:
        found = []
        for channels, factor in Discriminator.FEATURES:
            y = F.avg_pool2d(x, factor).repeat(1, channels // 3 + 1, 1, 1)[:, :channels]
            found.append(y * torch.rsqrt(y.square().sum(dim=1, keepdim=True) + 1e-6))
        return found

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        return (x - target).abs().mean()


def state_of(perceptual: nn.Module | None, device: str = "cpu", **changes: Any) -> PixelState:
    torch.manual_seed(1)
    settings = {"style_kimg": 0.0, "warm_kimg": 0.0, "adversarial_kimg": 1.0} | changes
    job = small_job(Path("set"), **settings)
    state = PixelState(job, Networks.create(NETWORK), 2, torch.device(device), perceptual)
    state.whiten(iter([torch.randn(32, 3, 32, 32).clamp(-1, 1).to(device)]))
    return state


def weights(module: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in module.parameters()])


def steps(state: PixelState, count: int) -> list[dict[str, float]]:
    x, labels = torch.randn(4, 3, 32, 32).clamp(-1, 1), torch.zeros(4, dtype=torch.long)
    told = [advance(state, x, labels) for _ in range(count)]
    return [{name: float(value) for name, value in values.items()} for values in told]


def test_where_features_can_be_had_the_trunk_judges_every_nth_step_only() -> None:
    state = state_of(DrawnFeatures(), pixel_interval=2)
    d = state.networks.discriminator
    moved = []
    for _ in range(4):
        before = weights(d.blocks), weights(d.heads)
        steps(state, 1)
        moved.append(
            (not torch.equal(before[0], weights(d.blocks)), not torch.equal(before[1], weights(d.heads)))
        )

    assert moved == [(True, True), (False, True), (True, True), (False, True)]


def test_every_step_against_features_tells_loss_and_lead() -> None:
    for values in steps(state_of(DrawnFeatures(), pixel_interval=3, accumulation=2), 3):
        assert {"generator", "discriminator", "lead", "variety"} <= set(values)


def test_without_features_the_trunk_judges_alone() -> None:
    state = state_of(None, pixel_interval=2)
    d = state.networks.discriminator
    before = weights(d.heads)
    values = steps(state, 2)

    assert torch.equal(before, weights(d.heads))
    assert all("lead" in one for one in values)


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_features_can_be_left_out(weight: float) -> None:
    state = state_of(DrawnFeatures(), feature_weight=weight)

    assert (state.critic.features is None) == (weight == 0.0)


def test_whitening_measures_the_prior() -> None:
    state = state_of(None)

    for networks in (state.networks, state.average):
        assert networks.generator.mapping.prior_root.any()


def test_before_shipping_codes_are_white_again_and_pictures_stay() -> None:
    state = state_of(None)
    average, x = state.average, torch.randn(64, 3, 32, 32).clamp(-1, 1)
    with torch.no_grad():
        average.content_encoder.out.bias += 3.0
        style = average.style_encoder(x)
        before = average.generator(average.content_encoder(x), style)
        assert state.whiten_average(iter(x.split(16))) > 1.0
        z = average.content_encoder(x)

        assert z.mean(dim=0).abs().max() < 1e-3
        assert torch.allclose(average.generator(z, style), before, atol=1e-3)
