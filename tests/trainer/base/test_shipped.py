"""The state that comes with the program: what the base model's training goes on from."""

from __future__ import annotations

import json
from importlib import resources

import numpy as np
import torch

from engine.images import load_picture, picture_files, resize
from trainer.base.autoencode import load_average
from trainer.base.command import shipped
from trainer.base.encoders import load_encoders
from trainer.base.gan import load_averages
from trainer.base.samples import pictures
from trainer.base.state import card_of
from trainer.model.autoencoder import AutoencoderConfig
from trainer.model.latent_gan import unit


def test_the_autoencoder_gives_pictures_back() -> None:
    file = shipped("autoencoder")
    assert file is not None and int(card_of(file)["step"]) > 0
    model = load_average(file, AutoencoderConfig.from_json(json.loads(card_of(file)["config"])))
    samples = picture_files([str(resources.files("resources") / "samples" / "daylight")])[:3]
    shown = np.stack([resize(_square(load_picture(path)), 256) for path in samples])
    x = torch.from_numpy(shown).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.no_grad():
        again = np.stack(pictures(model, model.encoder(x)))
    error = np.square(shown.astype(float) - again).mean()
    assert 10 * np.log10(255**2 / error) > 20


def test_the_encoders_read_look_and_person_in_its_latents() -> None:
    file, autoencoder = shipped("encoders"), shipped("autoencoder")
    assert file is not None and autoencoder is not None and card_of(file)["finished"]
    channels = json.loads(card_of(autoencoder)["config"])["latent_channels"]
    readers = load_encoders(file, channels)
    x = torch.randn(2, channels, 16, 16)
    for found in (readers.look(x), readers.personas(torch.randn(2, 128), x)):
        assert torch.allclose(found.norm(dim=1), torch.ones(2), atol=1e-4)


def test_g_makes_latents_that_differ_from_person_to_person_and_from_z_to_z() -> None:
    file = shipped("gan")
    assert file is not None
    g, _ = load_averages(file)
    rng = torch.Generator().manual_seed(0)
    z, who = (torch.randn(2, n, generator=rng) for n in (g.config.z_size, g.config.persona_size))
    style = torch.cat([torch.zeros(2, g.config.look_size), unit(who)], dim=1)
    with torch.no_grad():
        one, another, elsewhere = g(z[:1], style[:1]), g(z[:1], style[1:]), g(z[1:], style[:1])
    assert one.shape[1:] == (g.config.latent_channels, g.config.cells, g.config.cells)
    assert (one - another).abs().mean() > 0.1 and (one - elsewhere).abs().mean() > 0.1


def _square(picture: np.ndarray) -> np.ndarray:
    side = min(picture.shape[:2])
    return picture[:side, :side]
