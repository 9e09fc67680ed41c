from __future__ import annotations

import copy

import pytest
import torch
from torch.nn import functional as F

from engine.formats.network import NetworkConfig
from tests.trainer.small import NETWORK
from trainer.model.layers import freeze
from trainer.model.networks import Networks
from trainer.model.whitening import measure_prior, spread


@pytest.fixture(scope="module")
def networks() -> Networks:
    torch.manual_seed(3)
    return Networks.create(NETWORK)


def test_every_network_keeps_its_contract(networks: Networks) -> None:
    z, style, x = torch.randn(3, 8), torch.randn(3, 8), torch.randn(3, 3, 32, 32)
    w = networks.generator.mapping(z, style)

    assert w.shape == (3, NETWORK.num_ws, 16)
    assert networks.generator.synthesis(w).shape == (3, 3, 32, 32)
    assert networks.generator.synthesis.preview(w).shape == (3, 3, 16, 16)
    assert networks.discriminator(x, style).shape == (3,)
    assert networks.content_encoder(x).shape == (3, 8)
    assert torch.allclose(networks.style_encoder(x).norm(dim=1), torch.ones(3), atol=1e-4)


def test_every_row_of_w_reaches_the_picture(networks: Networks) -> None:
    w = networks.generator.mapping(torch.randn(1, 8), torch.randn(1, 8)).detach()
    before = networks.generator.synthesis(w)
    for row in range(NETWORK.num_ws):
        moved = w.clone()
        moved[:, row] += 1.0
        assert (networks.generator.synthesis(moved) - before).abs().max() > 1e-4


def test_the_preview_needs_only_the_first_rows_of_w(networks: Networks) -> None:
    w = networks.generator.mapping(torch.randn(1, 8), torch.randn(1, 8)).detach()
    moved = w.clone()
    moved[:, -2:] += 5.0

    assert torch.equal(networks.generator.synthesis.preview(w), networks.generator.synthesis.preview(moved))


def test_freezing_changes_no_picture(networks: Networks) -> None:
    frozen = freeze(copy.deepcopy(networks.generator))
    z, style = torch.randn(2, 8), torch.randn(2, 8)

    assert torch.allclose(frozen(z, style), networks.generator(z, style), atol=1e-5)


def test_the_style_of_a_mirrored_picture_is_close(networks: Networks) -> None:
    x = torch.randn(4, 3, 32, 32)
    cosine = (networks.style_encoder(x) * networks.style_encoder(x.flip(3))).sum(dim=1)

    assert cosine.min() > 0.7


def test_conditioning_is_ramped_in(networks: Networks) -> None:
    x, a, b = torch.randn(2, 3, 32, 32), torch.randn(2, 8), torch.randn(2, 8)

    assert torch.equal(networks.discriminator(x, a, 0.0), networks.discriminator(x, b, 0.0))
    assert not torch.equal(networks.discriminator(x, a, 1.0), networks.discriminator(x, b, 1.0))


@pytest.mark.parametrize(("resolution", "preview"), [(48, 16), (32, 64), (4, 4)])
def test_impossible_sizes_are_refused(resolution: int, preview: int) -> None:
    with pytest.raises(ValueError, match=r"resolution|preview"):
        NetworkConfig(resolution=resolution, preview_resolution=preview)


def test_without_a_style_the_prior_draws_one_for_each_z() -> None:
    torch.manual_seed(5)
    generator = Networks.create(NETWORK).generator
    z, none = torch.randn(512, 8), torch.zeros(512, 8)
    styles = F.normalize(torch.randn(400, 8) @ torch.diag(torch.linspace(0.2, 1.5, 8)) + 0.4, dim=1)

    measure_prior(generator, styles)
    drawn = generator.mapping.completed(z, none)

    assert torch.allclose(drawn.norm(dim=1), torch.ones(512), atol=1e-3)
    assert torch.equal(drawn, generator.mapping.completed(z, none))
    assert F.cosine_similarity(drawn.mean(dim=0), styles.mean(dim=0), dim=0) > 0.9
    assert torch.corrcoef(torch.stack([drawn.var(dim=0), styles.var(dim=0)]))[0, 1] > 0.9


def test_a_whole_style_leaves_nothing_to_the_prior() -> None:
    torch.manual_seed(6)
    generator = Networks.create(NETWORK).generator
    z, style = torch.randn(4, 8), F.normalize(torch.randn(4, 8), dim=1)
    before = generator.mapping(z, style)
    measure_prior(generator, F.normalize(torch.randn(100, 8), dim=1))

    assert torch.allclose(generator.mapping.completed(z, style), style, atol=1e-3)
    assert torch.allclose(generator.mapping(z, style), before, atol=1e-2)


def test_before_a_prior_is_measured_a_style_stays_as_it_is(networks: Networks) -> None:
    z, style = torch.randn(3, 8), 0.5 * F.normalize(torch.randn(3, 8), dim=1)

    for s in (style, torch.zeros(3, 8)):
        assert torch.equal(networks.generator.mapping.completed(z, s), s)


def test_weights_from_before_prior_and_heads_can_be_loaded(networks: Networks) -> None:
    other = Networks.create(NETWORK)
    for name, part in (("generator", "prior"), ("discriminator", "heads")):
        old = {k: v for k, v in networks.named()[name].state_dict().items() if part not in k}
        other.named()[name].load_state_dict(old)
        assert all(torch.equal(other.named()[name].state_dict()[k], v) for k, v in old.items())


def test_weights_that_lack_anything_else_are_refused(networks: Networks) -> None:
    old = networks.generator.state_dict()
    del old["mapping.direct.weight"]
    with pytest.raises(RuntimeError, match="direct"):
        Networks.create(NETWORK).generator.load_state_dict(old)


def test_noise_may_reach_further_than_codes() -> None:
    torch.manual_seed(0)
    networks = Networks.create(NETWORK)
    c, g = networks.content_encoder, networks.generator
    x, style = torch.rand(16, 3, 32, 32) * 2 - 1, torch.nn.functional.normalize(torch.randn(16, 8), dim=1)
    noise = torch.randn(16, NETWORK.z_size)
    w, code = g.mapping.single(noise, style), c(x)
    picture = g(code, style)
    spread(c, g, 2.0)
    torch.testing.assert_close(c(x), code / 2, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(g(c(x), style), picture, atol=1e-4, rtol=1e-3)
    assert g.mapping.single(noise, style).std(dim=0).mean() > 1.1 * w.std(dim=0).mean()
