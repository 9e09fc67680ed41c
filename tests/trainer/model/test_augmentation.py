from __future__ import annotations

import torch

from trainer.model import augmentation


def pictures() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.rand(6, 3, 32, 32) * 2 - 1


def test_nothing_happens_at_probability_zero() -> None:
    x = pictures()
    assert augmentation.Augment(0.0)(x) is x


def test_augmentation_has_second_derivatives() -> None:
    x = pictures().requires_grad_(True)
    y = augmentation.Augment(1.0)(x)
    (first,) = torch.autograd.grad(y.square().sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.square().sum(), x)

    assert torch.isfinite(second).all()
    assert second.abs().max() > 0


def test_strength_follows_the_lead_of_d() -> None:
    policy = augmentation.Augment(0.1, target=0.6, kimg_to_full=1.0)
    behind, ahead = torch.tensor(0.0), torch.tensor(1.0)
    policy.adapt(ahead, pictures=100)
    assert policy.p > 0.1
    for _ in range(20):
        policy.adapt(behind, pictures=100)
    assert policy.p == 0.0
    for _ in range(50):
        policy.adapt(ahead, pictures=100)
    assert policy.p == policy.ceiling


def test_scattering_keeps_every_pixel() -> None:
    x = pictures()
    y = augmentation.scatter(x)

    assert not torch.equal(x, y)
    assert torch.equal(x.flatten(2).sort().values, y.flatten(2).sort().values)


def test_grades_change_the_colours_of_the_share_and_stay_in_range() -> None:
    x = pictures()
    assert torch.equal(augmentation.grade(x, 0.0), x)
    y = augmentation.grade(x, 1.0)
    assert y.abs().max() <= 1
    assert (y - x).abs().mean() > 0.02


def test_shifts_touch_only_the_chosen() -> None:
    x = pictures()
    chosen = torch.tensor([True, False, True, False, True, False]).reshape(6, 1, 1, 1)
    y = augmentation.translate(x, chosen)

    assert torch.equal(y[1::2], x[1::2])
    assert y.shape == x.shape


def test_shifts_are_those_that_were_drawn() -> None:
    x, pad = pictures(), int(pictures().shape[-1] * 0.125)
    side = x.shape[-1]
    torch.manual_seed(3)
    y = augmentation.translate(x, torch.ones(len(x), 1, 1, 1, dtype=torch.bool))
    torch.manual_seed(3)
    shifts = torch.randint(0, 2 * pad + 1, (len(x), 2)).tolist()
    padded = torch.nn.functional.pad(x, (pad, pad, pad, pad), mode="reflect")
    for i, (top, left) in enumerate(shifts):
        assert torch.equal(y[i], padded[i, :, top : top + side, left : left + side])


def test_blur_keeps_the_mean_and_takes_the_grain() -> None:
    x = pictures()
    y = augmentation.blur(x, 1.0)

    assert y.shape == x.shape
    assert torch.allclose(y.mean(), x.mean(), atol=0.02)
    assert y.diff(dim=3).abs().mean() < 0.5 * x.diff(dim=3).abs().mean()
    assert augmentation.blur(x, 0.0) is x
    flat = torch.full_like(x, 0.25)
    assert torch.allclose(augmentation.blur(flat, 2.0), flat, atol=1e-5)
