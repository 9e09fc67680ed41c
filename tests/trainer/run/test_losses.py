from __future__ import annotations

import math

import pytest
import torch

from engine.formats.job_settings import LOSSES
from trainer.run import losses


@pytest.mark.parametrize("kind", LOSSES)
def test_d_wants_real_above_fake_and_g_the_reverse(kind: str) -> None:
    low, high = torch.full((4,), -2.0), torch.full((4,), 2.0)

    assert losses.discriminator_loss(kind, high, low) < losses.discriminator_loss(kind, low, high)
    assert losses.generator_loss(kind, low, high) < losses.generator_loss(kind, high, low)


def test_relativistic_losses_mirror_each_other() -> None:
    real, fake = torch.randn(8), torch.randn(8)

    d = losses.discriminator_loss("relativistic", real, fake)
    g = losses.generator_loss("relativistic", fake, real)
    assert math.isclose(float(d), float(g), rel_tol=1e-6)


def test_the_gradient_penalty_of_a_linear_judge_is_its_squared_slope() -> None:
    slope = torch.randn(3, 4, 4)
    penalty = losses.gradient_penalty(lambda x: (x * slope).sum(dim=(1, 2, 3)), torch.randn(5, 3, 4, 4))

    assert math.isclose(float(penalty), float(slope.square().sum()), rel_tol=1e-5)


def test_contrast_is_small_only_for_matching_views() -> None:
    a = torch.eye(8)

    assert losses.contrastive_loss(a, a) < 0.05
    assert losses.contrastive_loss(a, a.roll(1, dims=0)) > 3


def test_normal_codes_cost_less_than_shifted_or_narrow_ones() -> None:
    torch.manual_seed(0)
    z = torch.randn(256, 16)

    assert losses.normality_loss(z) < 0.05
    assert losses.normality_loss(z + 2) > 1
    assert losses.normality_loss(z * 0.1) > 0.5


def test_style_consistency_is_zero_for_equal_styles() -> None:
    s = torch.randn(4, 8)

    assert losses.style_consistency(s, s) == 0
    assert losses.style_consistency(s + 1, s) == pytest.approx(8**0.5, rel=1e-5)
