"""Networks that grow: pictures stay what they were, only larger, until the new parts have learned."""

from __future__ import annotations

import pytest
import torch

from engine.formats.job_settings import JobError
from engine.formats.network import NetworkConfig
from trainer.model.growing import fill, resized_config
from trainer.model.layers import upsample
from trainer.model.networks import Networks

SMALL = NetworkConfig(128, 64, 16, 8, 32, 256, 16)


def grown(small: Networks, side: int) -> Networks:
    large = Networks.create(resized_config(small.config, side))
    fill(large, small)
    return large


def test_pictures_are_the_old_ones_enlarged() -> None:
    torch.manual_seed(0)
    small = Networks.create(SMALL)
    large = grown(small, 512)
    assert (large.config.resolution, large.config.preview_resolution) == (512, 256)
    z, s = torch.randn(1, 16), torch.nn.functional.normalize(torch.randn(1, 8), dim=1)
    with torch.no_grad():
        before, after = small.generator(z, s), large.generator(z, s)
    assert torch.allclose(upsample(upsample(before)), after, atol=1e-5)


def test_the_discriminator_keeps_what_is_behind_its_new_blocks() -> None:
    torch.manual_seed(0)
    small = Networks.create(SMALL)
    large = grown(small, 256)
    new, old = large.discriminator.state_dict(), small.discriminator.state_dict()
    assert torch.equal(new["blocks.1.conv0.weight"], old["blocks.0.conv0.weight"])
    assert torch.equal(new["dense.weight"], old["dense.weight"])
    assert torch.equal(new["heads.0.downs.1.weight"], old["heads.0.downs.0.weight"])
    assert large.discriminator(torch.randn(4, 3, 256, 256), torch.zeros(4, 8)).shape == (4,)


def test_encoders_see_large_pictures_at_the_side_they_know() -> None:
    torch.manual_seed(0)
    small = Networks.create(SMALL)
    large = grown(small, 256)
    x = torch.rand(2, 3, 256, 256) * 2 - 1
    half = torch.nn.functional.avg_pool2d(x, 2)
    assert torch.allclose(large.style_encoder(x), small.style_encoder(half), atol=1e-5)
    assert torch.allclose(large.content_encoder(x), small.content_encoder(half), atol=1e-5)


def test_the_same_side_is_copied_whole() -> None:
    small = Networks.create(SMALL)
    same = grown(small, 128)
    for name, network in same.named().items():
        theirs = small.named()[name].state_dict()
        assert all(torch.equal(value, theirs[key]) for key, value in network.state_dict().items())


def test_what_is_new_may_come_from_a_larger_model() -> None:
    small, large = Networks.create(SMALL), Networks.create(resized_config(SMALL, 256))
    joined = Networks.create(large.config)
    fill(joined, small, large)
    g, d = joined.generator.state_dict(), joined.discriminator.state_dict()
    top = "synthesis.blocks.6.layer1.conv.weight"
    assert torch.equal(g[top], large.generator.state_dict()[top])
    assert torch.equal(d["from_rgb.weight"], large.discriminator.state_dict()["from_rgb.weight"])
    assert torch.equal(d["dense.weight"], small.discriminator.state_dict()["dense.weight"])
    z, s = torch.randn(2, 16), torch.nn.functional.normalize(torch.randn(2, 8), dim=1)
    w = joined.generator.mapping(z, s)
    assert torch.allclose(joined.generator.synthesis.preview(w), small.generator(z, s), atol=1e-5)


def test_upper_blocks_of_other_sizes_are_refused() -> None:
    small = Networks.create(SMALL)
    with pytest.raises(JobError, match="larger side"):
        fill(Networks.create(resized_config(SMALL, 256)), small, small)


def test_a_smaller_model_shows_the_lower_part_of_the_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.model.growing.FIT_PICTURES", 1)  # D is not looked at
    monkeypatch.setattr("trainer.model.growing.FIT_STEPS", 1)
    torch.manual_seed(0)
    large = Networks.create(resized_config(SMALL, 256))
    small = Networks.create(resized_config(large.config, 128))
    assert small.config == SMALL
    fill(small, large)
    z, s = torch.randn(2, 16), torch.nn.functional.normalize(torch.randn(2, 8), dim=1)
    w = large.generator.mapping(z, s)
    assert torch.allclose(large.generator.synthesis.preview(w), small.generator(z, s), atol=1e-5)


def test_a_smaller_discriminator_judges_much_as_the_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.model.growing.FIT_PICTURES", 8)
    torch.manual_seed(0)
    large = Networks.create(resized_config(SMALL, 256))
    small, fresh = (Networks.create(SMALL) for _ in range(2))
    fill(small, large)
    fresh.discriminator.load_state_dict(small.discriminator.state_dict())
    torch.nn.init.normal_(fresh.discriminator.from_rgb.weight)
    z, s = torch.randn(12, 16), torch.zeros(12, 8)
    with torch.no_grad():
        pyramid = large.generator.synthesis.pyramid(large.generator.mapping(z, s))
        x = pyramid[256].clamp(-1, 1)
        wanted = large.discriminator(x, s)
        x = torch.nn.functional.avg_pool2d(x, 2)
        found = [(one.discriminator(x, s) - wanted).square().mean() for one in (small, fresh)]
    assert found[0] < 0.5 * found[1]


@pytest.mark.parametrize("side", [64, 192])
def test_sides_that_cannot_be_had_are_refused(side: int) -> None:
    with pytest.raises(JobError, match=str(side)):
        resized_config(SMALL, side)


def test_models_too_small_to_grow_are_refused() -> None:
    with pytest.raises(JobError, match="cannot grow"):
        resized_config(NetworkConfig(64, 32), 128)
