"""The state that comes with the program: what the base model's training goes on from."""

from __future__ import annotations

import json
from importlib import resources

import numpy as np
import torch

from engine.images import load_picture, picture_files, resize
from trainer.base.autoencode import load_average
from trainer.base.command import shipped
from trainer.base.samples import pictures
from trainer.base.state import card_of
from trainer.model.autoencoder import AutoencoderConfig


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


def _square(picture: np.ndarray) -> np.ndarray:
    side = min(picture.shape[:2])
    return picture[:side, :side]
