"""A model in latents on disk: what the engine opens, and what training reads back from it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from engine import graph_part
from engine.bundle import Bundle
from engine.recipe import Recipe, StyleUse
from engine.renderer import Renderer
from engine.style_maker import StyleMaker
from tests.trainer.base import small
from trainer.base.bundle import write_bundle
from trainer.model.latent_gan import LatentDiscriminator
from trainer.storage import export
from trainer.storage import latent_graphs as graphs
from trainer.storage.export import Described
from trainer.storage.latent_graphs import LatentNetworks, read_networks

SAID = Described("small", {"title": "t"}, licence="MIT", attribution=("a",), training={"kimg": 1})


@pytest.fixture(scope="module")
def made() -> LatentNetworks:
    return small.networks()


@pytest.fixture(scope="module")
def bundle(made: LatentNetworks, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundle]:
    folder = tmp_path_factory.mktemp("out") / "small"
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(export, "INPUTS", 4)
    monkeypatch.setattr(graphs, "COARSE", 64)
    d = LatentDiscriminator(small.GAN)
    written = write_bundle(made, d, small.latents(48), ("painterly", "photo"), SAID, folder)
    yield Bundle.load(written)
    monkeypatch.undo()


def test_the_engine_renders_it_with_look_and_person(bundle: Bundle) -> None:
    assert (bundle.card.look_size, bundle.card.persona_size) == (64, 192)
    persona = tuple(np.eye(192)[0].tolist())
    use = StyleUse("a", tuple(np.eye(64)[0].tolist()), persona=persona)
    generator = Renderer(bundle)
    recipe = Recipe.from_seed(bundle.id, 1, styles=(use,))
    picture = generator.render(recipe)
    assert picture.shape == (256, 256, 3) and generator.preview(recipe).shape == (128, 128, 3)
    look, who = StyleMaker(bundle, network=generator.network).codes(picture)
    assert np.linalg.norm(look) == pytest.approx(1, abs=1e-3)
    assert np.linalg.norm(who) == pytest.approx(1, abs=1e-3)


def test_a_photo_comes_back_as_the_autoencoder_gives_it(bundle: Bundle, made: LatentNetworks) -> None:
    rng = np.random.default_rng(0)
    photo = rng.integers(0, 256, (16, 16, 3)).repeat(16, 0).repeat(16, 1).astype(np.uint8)
    renderer = Renderer(bundle)
    look, _ = StyleMaker(bundle, network=renderer.network).codes(photo)
    own = StyleUse("own", tuple(look.tolist()))
    plain = Recipe(bundle.id, content=renderer.content(photo), styles=(own,), truncation=1.0)
    followed = renderer.render(replace(plain, offset=renderer.offset(photo))).astype(float)
    image = torch.from_numpy(photo).permute(2, 0, 1)[None].float() / 127.5 - 1
    with torch.no_grad():
        given = (made.autoencoder(image)[0].clamp(-1, 1) + 1) * 127.5
    wanted = given.permute(1, 2, 0).numpy()
    assert np.abs(followed - wanted).mean() < 1.0
    assert np.abs(renderer.render(plain).astype(float) - wanted).mean() > 5.0


def test_training_reads_the_networks_out_of_the_graphs(made: LatentNetworks, bundle: Bundle) -> None:
    again = read_networks(bundle.path, small.AUTOENCODER, small.GAN, small.FACE).eval()
    rng = torch.Generator().manual_seed(3)
    inputs = {
        "mapping": (torch.randn(2, 8, generator=rng), torch.randn(2, 256, generator=rng)),
        "synthesis": (torch.randn(2, 7 + 32, 32, generator=rng),),
        "style_encoder": (torch.rand(2, 3, 256, 256, generator=rng),),
        "content_encoder": (torch.rand(2, 3, 256, 256, generator=rng),),
    }
    stored, found = made.graphs(), again.graphs()
    with torch.no_grad():
        for name, given in inputs.items():
            torch.testing.assert_close(found[name](*given), stored[name](*given), atol=1e-4, rtol=1e-3)


def test_previews_lie_within_synthesis(bundle: Bundle, made: LatentNetworks) -> None:
    assert bundle.card.preview_graph == "synthesis" and not (bundle.path / "preview.onnx").exists()
    network = Renderer(bundle).network
    w = torch.randn(2, 7 + 32, 32, generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        picture, detail, preview = made.graphs()["synthesis"](w)
    for found, wanted in (
        (network.synthesis(w.numpy()), picture),
        (network.made_detail(w.numpy()), detail),
        (network.preview(w.numpy()), preview),
    ):
        torch.testing.assert_close(torch.from_numpy(found), wanted, atol=1e-3, rtol=0)


def test_training_reads_bundles_whose_previews_have_a_graph_of_their_own(
    bundle: Bundle, tmp_path: Path
) -> None:
    for name in ("mapping", "style_encoder", "content_encoder"):
        shutil.copy(bundle.path / f"{name}.onnx", tmp_path)
    whole = (bundle.path / "synthesis.onnx").read_bytes()
    for name, outputs in (("synthesis", ("image", "detail")), ("preview", ("preview",))):
        model = onnx.load_from_string(graph_part.part(whole, outputs))
        model.metadata_props.extend(onnx.load_from_string(whole).metadata_props)
        onnx.save(model, str(tmp_path / f"{name}.onnx"))
    old = read_networks(tmp_path, small.AUTOENCODER, small.GAN, small.FACE).state_dict()
    new = read_networks(bundle.path, small.AUTOENCODER, small.GAN, small.FACE).state_dict()
    for name, value in new.items():
        torch.testing.assert_close(old[name], value)
    (tmp_path / "preview.onnx").unlink()
    with pytest.raises(OSError, match="preview"):
        read_networks(tmp_path, small.AUTOENCODER, small.GAN, small.FACE)


def test_large_weights_take_half_the_place(bundle: Bundle, made: LatentNetworks) -> None:
    weights = sum(value.numel() for value in made.generator.mapping.parameters())
    assert (bundle.path / "mapping.onnx").stat().st_size < 2.5 * weights


def test_a_graph_of_other_networks_is_refused(bundle: Bundle) -> None:
    with pytest.raises(ValueError, match="weight"):
        read_networks(bundle.path, small.AUTOENCODER, replace(small.GAN, w_size=64), small.FACE)
