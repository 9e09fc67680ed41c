"""What a stage's G makes, for the eye, and how much of the person it shows, for the log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.base.encoders import Encoders
from trainer.base.latents import LatentSet
from trainer.helpers import find_helper
from trainer.model.autoencoder import Autoencoder
from trainer.model.identity import FaceNetwork
from trainer.model.latent_gan import unit

if TYPE_CHECKING:
    from trainer.base.gan import GanTraining

PEOPLE, EACH = 8, 7


class Sampler:
    """Draws the same held-out people each time: one row a person, the person first."""

    def __init__(self, model: Autoencoder, val: LatentSet, encoders: Encoders, folder: Path) -> None:
        self.model, self.val, self.encoders, self.folder = model, val, encoders, folder
        self.faces = FaceNetwork(find_helper("sface"), 2)

    @torch.no_grad()
    def __call__(self, training: GanTraining) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{training.kimg:08.1f}"
        rng = torch.Generator().manual_seed(1)
        people = self._people(rng)
        size = training.config.z_size
        drawn, rows = [], []
        for i in people:
            x = self.val.targets[i : i + 1, 0].float()
            style = torch.cat([self.encoders.look(x), self._who(i)], dim=1)
            mean, _ = training.average_c(x)
            z = torch.cat([mean, torch.randn(EACH - 1, size, generator=rng)])
            made = pictures(self.model, training.average_g(z, style.expand(EACH, -1)))
            real = pictures(self.model, x)
            drawn.append([real[0], *made])
            rows.append(np.concatenate([real[0], *made], axis=1))
        write(self.folder / f"{name}-people.png", np.concatenate(rows))
        z = torch.randn(48, size, generator=rng)
        nothing = torch.zeros(24, training.config.style_size)
        look = self.encoders.look(self.val.targets[:24, 0].float())
        given = torch.cat([look, torch.zeros(24, training.config.persona_size)], dim=1)
        made = pictures(self.model, training.average_g(z, torch.cat([nothing, given])))
        write(self.folder / f"{name}-anybody.png", grid(made, 8))
        with (self.folder / "likeness.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps({"kimg": training.kimg} | self._likeness(drawn)) + "\n")

    def _people(self, rng: torch.Generator) -> list[int]:
        """Held-out people, half of them photographs."""
        kinds = [torch.nonzero(self.val.classes == k).flatten() for k in self.val.classes.unique()]
        half = PEOPLE // len(kinds)
        rows = [kind[torch.randperm(len(kind), generator=rng)[:half]] for kind in kinds]
        found: list[int] = torch.cat(rows).tolist()
        return found

    def _who(self, i: int) -> Tensor:
        """Persona as the picture's other views show it: [1, P]."""
        views = self.val.views[i].float()
        identity = self.val.identity[i : i + 1].expand(len(views), -1)
        return unit(self.encoders.personas(identity, views).sum(dim=0, keepdim=True))

    def _likeness(self, drawn: list[list[NDArray[np.uint8]]]) -> dict[str, float]:
        """Cosine to the person, of the picture made again and of new ones; share nearest to the right one."""
        real = np.stack([self.faces.embed(row[0]) for row in drawn])
        again, cosines, right = [], [], []
        for i, row in enumerate(drawn):
            found = np.stack([self.faces.embed(picture) for picture in row[1:]]) @ real.T
            again.append(found[0, i])
            cosines += found[1:, i].tolist()
            right += (found[1:].argmax(axis=1) == i).tolist()
        strangers = (real @ real.T)[~np.eye(len(real), dtype=bool)].mean()
        return {
            "again": float(np.mean(again)),
            "new": float(np.mean(cosines)),
            "nearest": float(np.mean(right)),
            "strangers": float(strangers),
        }


@torch.no_grad()
def pictures(model: Autoencoder, latents: Tensor) -> list[NDArray[np.uint8]]:
    """Latents [N, C, H, W] -> pictures, each [16 H, 16 W, 3]."""
    found = []
    for part in latents.split(8):
        x = model.decoder(part.contiguous(memory_format=torch.channels_last))
        found += list(((x.clamp(-1, 1) + 1) * 127.5 + 0.5).to(torch.uint8).permute(0, 2, 3, 1).numpy())
    return found


def grid(tiles: list[NDArray[np.uint8]], columns: int) -> NDArray[np.uint8]:
    """Pictures of one size in rows."""
    rows = [np.concatenate(tiles[i : i + columns], axis=1) for i in range(0, len(tiles), columns)]
    return np.concatenate(rows)


def write(file: Path, picture: NDArray[np.uint8]) -> None:
    """A PNG."""
    cv2.imwrite(str(file), picture[..., ::-1])
