"""From the stages' states to a model that the program opens: graphs compared with torch, D, and a card."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from engine.bundle import seal
from engine.files import atomic_folder
from engine.formats import card as cards
from trainer.base.latents import LatentSet
from trainer.base.samples import pictures
from trainer.model.directions import find_directions
from trainer.model.identity import IDENTITY
from trainer.model.latent_encoders import persona_of
from trainer.model.latent_gan import LatentDiscriminator, unit
from trainer.storage import export
from trainer.storage.export import ExportError
from trainer.storage.latent_graphs import LatentNetworks, store_in_half

RESOLUTION, PREVIEW = 256, 128
ANOTHER_DAY = 0.1
"""Deviation by which the face network's vectors of two pictures of one person differ: their median cosine is
0.66 then, and was 0.65 and 0.69 on 28 pictures of two people."""
MEASURED = 1_200
"""Pictures that directions and scores are measured on, at most."""


@dataclass(frozen=True)
class Said:
    """What a card says besides sizes and figures."""

    name: str
    data: dict[str, Any]
    licence: str
    attribution: tuple[str, ...]
    notes: str
    training: dict[str, Any]
    metrics: dict[str, Any]


def write_bundle(
    networks: LatentNetworks, discriminator: LatentDiscriminator, val: LatentSet, classes: tuple[str, ...],
    said: Said, folder: Path,
) -> Path:  # fmt: skip
    """Writes the bundle to `folder`, whole or not at all. Raises ExportError or TargetError."""
    with atomic_folder(folder) as partial:
        worst = _write_graphs(networks, partial)
        weights = {k: v.half().contiguous() for k, v in discriminator.state_dict().items()}
        save_file(weights, partial / "discriminator.safetensors")
        seal(partial, _card(networks, val, classes, said, worst))
    return folder


def _write_graphs(networks: LatentNetworks, folder: Path) -> dict[str, float]:
    """Writes the five graphs; returns the largest difference of each from torch."""
    rng = torch.Generator().manual_seed(0)
    graphs, config = networks.graphs(), networks.gan

    def random(*shape: int) -> Tensor:
        return torch.randn(export.INPUTS, *shape, generator=rng)

    look, persona = unit(random(config.look_size)), unit(random(config.persona_size))
    given = {"z": random(config.z_size), "style": torch.cat([look, persona], dim=1)}
    with torch.no_grad():
        w = graphs["mapping"](*given.values())
    image = {"image": random(3, RESOLUTION, RESOLUTION).clamp(-1, 1)}
    w[:, config.num_ws :] = 0.3 * random(*w.shape[1:])[:, config.num_ws :]
    inputs: dict[str, tuple[dict[str, Tensor], tuple[str, ...]]] = {
        "mapping": (given, ("w",)),
        "synthesis": ({"w": w}, ("image", "detail")),
        "preview": ({"w": w}, ("image",)),
        "style_encoder": (image, ("style",)),
        "content_encoder": (image, ("z", "detail")),
    }
    return {name: _write_one(graphs[name], folder / f"{name}.onnx", *inputs[name]) for name in inputs}


def _write_one(network: nn.Module, file: Path, inputs: dict[str, Tensor], outputs: tuple[str, ...]) -> float:
    export.write_graph(file, network, inputs, outputs, lambda: None)
    model = store_in_half(onnx.load(str(file)), network)
    onnx.checker.check_model(model)
    file.write_bytes(model.SerializeToString(deterministic=True))
    worst = export.difference_from_torch(file, network, inputs, lambda: None)
    if not worst <= export.TOLERANCE:
        raise ExportError(
            f"{file.name} differs from torch by {worst:.2g} once it is stored in half precision"
        )
    return worst


@torch.no_grad()
def _card(
    networks: LatentNetworks, val: LatentSet, classes: tuple[str, ...], said: Said, worst: dict[str, float]
) -> dict[str, Any]:
    config = networks.gan
    x = val.targets[:MEASURED, 0].float()
    style = torch.cat([networks.look(x), _personas(networks, val, x)], dim=1)
    z, _ = networks.content(x)
    mapping = networks.generator.mapping
    shown = torch.stack([torch.from_numpy(p) for p in pictures(networks.autoencoder, x)])
    shown = shown.permute(0, 3, 1, 2).float() / 127.5 - 1
    drawn = torch.randn(4096, config.z_size, generator=torch.Generator().manual_seed(1))
    centre = mapping.single(drawn, torch.zeros(len(drawn), config.style_size)).mean(dim=0)
    mirrored = networks.look(val.targets[: len(x), 1].float())
    look = style[:, : config.look_size]
    return {
        "format": cards.FORMAT,
        "name": said.name,
        "resolution": RESOLUTION,
        "preview_resolution": PREVIEW,
        "z_size": config.z_size,
        "style_size": config.style_size,
        "persona": _persona(networks, val),
        "w_size": config.w_size,
        "num_ws": config.num_ws + networks.detail_rows,
        "detail_rows": networks.detail_rows,
        "color_range": [-1, 1],
        "w_mean": [round(float(v), 7) for v in centre],
        "directions": find_directions(
            config.num_ws, mapping.single(z, style), shown, val.classes[: len(x)], classes
        ),
        "style_score": export.score_range(look, F.cosine_similarity(look, mirrored)),
        "network": {
            "kind": "latent",
            "autoencoder": networks.autoencoder.config.to_json(),
            "gan": config.to_json(),
            "face": networks.face.config.to_json(),
        },
        "data": said.data,
        "consent": None,
        "licence": said.licence,
        "attribution": list(said.attribution),
        "metrics": said.metrics | {"largest_difference_from_torch": worst},
        "training": said.training,
        "created": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "notes": said.notes,
    }


def _personas(
    networks: LatentNetworks, val: LatentSet, latents: Tensor, apart: float | Tensor = 0.0
) -> Tensor:
    """Of the first pictures of the set, seen as these latents; apart: what is added to who is shown."""
    identity = unit(val.identity[: len(latents)] - networks.face.centre)
    return persona_of(identity + apart, networks.persona(latents)[:, IDENTITY:])


@torch.no_grad()
def _persona(networks: LatentNetworks, val: LatentSet) -> dict[str, Any]:
    """From which cosine on two pictures show one person, and what a stranger and the person have."""
    own = _personas(networks, val, val.targets[:, 0].float())
    other = torch.randn(len(val), IDENTITY, generator=torch.Generator().manual_seed(2))
    seen = _personas(networks, val, val.views[:, 0].float(), ANOTHER_DAY * other)
    same = (own * seen).sum(dim=1)
    apart = (own @ own.T)[~torch.eye(len(own), dtype=torch.bool)]
    stranger, person = float(apart.quantile(0.5)), float(same.quantile(0.25))
    border = (float(apart.quantile(0.995)) + float(same.quantile(0.1))) / 2
    return {
        "size": networks.gan.persona_size,
        "identity": IDENTITY,
        "same": round(border, 4),
        "score": {"low": round(stranger, 4), "high": round(max(person, stranger + 0.01), 4)},
    }
