from __future__ import annotations

import copy

import pytest
import torch

from tests.trainer.small import NETWORK
from trainer.networks import NetworkConfig, Networks, freeze


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
