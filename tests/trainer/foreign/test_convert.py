"""From a file to a model that everything opens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.bundle import Bundle
from engine.exchange import verify_bundle
from engine.providers import CPU
from engine.recipe import Recipe, StyleUse
from engine.renderer import Renderer
from engine.style_maker import StyleMaker
from tests.trainer.foreign import pickled
from trainer.foreign import fitting
from trainer.foreign.convert import NetworkFileError, convert
from trainer.foreign.layouts import load
from trainer.storage import export
from trainer.storage.bundles import WeightsError, load_networks


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pickled.write(tmp_path_factory.mktemp("theirs") / "network.pkl", pickled.network())


@pytest.fixture(scope="module")
def model(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    told: list[tuple[int, int]] = []
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(export, "INPUTS", 4)
        folder = tmp_path_factory.mktemp("models") / "theirs"
        made = convert(source, folder, "Theirs", "CC BY-NC 4.0", progress=lambda *part: told.append(part))
    assert told[-1] == (fitting.PICTURES, fitting.PICTURES)
    return made


def test_it_is_a_sound_model(model: Path) -> None:
    assert verify_bundle(model) == []
    card = Bundle.load(model).card
    assert (card.name, card.licence) == ("Theirs", "CC BY-NC 4.0")
    assert (card.resolution, card.preview_resolution, card.num_ws) == (32, 16, 8)
    assert len(card.directions) > 5 and "roughly" in card.notes


def test_pictures_are_the_networks_own(model: Path, source: Path) -> None:
    network, renderer = load(source), Renderer(Bundle.load(model), CPU)
    z = np.random.default_rng(3).standard_normal((2, 8)).astype(np.float32)
    w = renderer.network.mapping(z, np.zeros((2, 8), np.float32))
    wanted = network.mapping(torch.from_numpy(z))[:, None].expand(-1, 8, -1)
    np.testing.assert_allclose(w, wanted.numpy(), atol=1e-4)
    pictures = network.synthesis.pictures(wanted)
    np.testing.assert_allclose(renderer.network.synthesis(w), pictures[-1].numpy(), atol=1e-3)
    np.testing.assert_allclose(renderer.network.preview(w), pictures[-2].numpy(), atol=1e-3)


def test_a_style_changes_the_fine_rows_alone_and_can_be_read_back(model: Path) -> None:
    renderer = Renderer(Bundle.load(model), CPU)
    z = np.random.default_rng(4).standard_normal((32, 8)).astype(np.float32)
    looks = np.random.default_rng(5).standard_normal((32, 8)).astype(np.float32)
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    plain, styled = (renderer.network.mapping(z, s) for s in (0 * looks, looks))
    coarse = fitting.coarse_rows(32)
    np.testing.assert_array_equal(plain[:, :coarse], styled[:, :coarse])
    assert np.abs(plain[:, coarse:] - styled[:, coarse:]).mean() > 0.1
    other = renderer.network.mapping(z[::-1].copy(), looks)
    np.testing.assert_allclose(styled[:, coarse:], other[:, coarse:], atol=1e-4)
    maker = StyleMaker(renderer.bundle, network=renderer.network)
    recipe = Recipe.from_seed(renderer.bundle.id, 1, styles=(StyleUse("a", tuple(looks[0].tolist())),))
    look, persona = maker.codes(renderer.render(recipe))
    assert len(persona) == 0 and np.linalg.norm(look) == pytest.approx(1, abs=1e-3)


def test_its_readers_know_its_samples(source: Path) -> None:
    fitted = fitting.fit(load(source), lambda: None, lambda done, total: None, count=200)
    own = (fitted.looks * fitted.seen).sum(dim=1).mean()
    strangers = (fitted.looks * fitted.seen.roll(1, 0)).sum(dim=1).mean()
    assert own > 0.5 > strangers + 0.3


def test_training_says_why_it_does_not_begin_there(model: Path) -> None:
    with pytest.raises(WeightsError, match="networks of another kind"):
        load_networks(model)


def test_a_file_that_is_no_network_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(b"\x80\x04cos\nsystem\nX\x01\0\0\0a\x85R.")
    with pytest.raises(NetworkFileError, match=r"a\.pkl: it wants os\.system, which no network needs\."):
        convert(tmp_path / "a.pkl", tmp_path / "out", "a", "MIT")
    assert [path.name for path in tmp_path.iterdir()] == ["a.pkl"]


def test_what_is_asked_for_in_between_ends_it(source: Path, tmp_path: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(source, tmp_path / "out", "a", "MIT", check=stop)
    assert not list(tmp_path.iterdir())
