"""Bundles of models in latents: graphs compared with torch, D and a card; and the networks read back."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as serialize
from torch import Tensor, nn

from engine.bundle import Bundle, seal
from engine.files import atomic_folder
from engine.formats import card as cards
from trainer.model.autoencoder import FACTOR, AutoencoderConfig
from trainer.model.identity import FaceConfig
from trainer.model.latent_gan import LatentDiscriminator, LatentGanConfig, unit
from trainer.process.control import Check
from trainer.storage import export
from trainer.storage.bundles import WeightsError, check_digest, weights_of
from trainer.storage.export import Described, ExportError
from trainer.storage.latent_graphs import LatentNetworks, read_networks, store_in_half

DISCRIMINATOR = "discriminator.safetensors"
KIND = "latent"


@dataclass(frozen=True)
class Measured:
    """What a card says that was measured on pictures."""

    persona: dict[str, Any]
    """Size, and from which cosines on two pictures show one person."""
    style_score: dict[str, float]
    directions: list[dict[str, Any]]


# --- Writing ---


def write_latent_bundle(
    networks: LatentNetworks,
    discriminator: LatentDiscriminator,
    measured: Measured,
    said: Described,
    folder: Path,
    overwrite: bool = False,
    check: Check = lambda: None,
) -> Path:
    """Writes the bundle to `folder`, whole or not at all. check: called between the parts of the work; what
    it raises ends it. Raises ExportError or TargetError."""
    with atomic_folder(folder, overwrite=overwrite) as partial:
        worst = _write_graphs(networks, partial, check)
        (partial / DISCRIMINATOR).write_bytes(serialize(weights_of(discriminator, half=True)))
        seal(partial, _card(networks, measured, said, worst))
    return folder


def _write_graphs(networks: LatentNetworks, folder: Path, check: Check) -> dict[str, float]:
    """Writes the four graphs; returns the largest difference of each from torch."""
    rng = torch.Generator().manual_seed(0)
    graphs, config = networks.graphs(), networks.gan
    side = config.cells * FACTOR

    def random(*shape: int) -> Tensor:
        return torch.randn(export.INPUTS, *shape, generator=rng)

    look, persona = unit(random(config.look_size)), unit(random(config.persona_size))
    given = {"z": random(config.z_size), "style": torch.cat([look, persona], dim=1)}
    with torch.no_grad():
        w = graphs["mapping"](*given.values())
    image = {"image": random(3, side, side).clamp(-1, 1)}
    w[:, config.num_ws :] = 0.3 * random(*w.shape[1:])[:, config.num_ws :]
    inputs: dict[str, tuple[dict[str, Tensor], tuple[str, ...]]] = {
        "mapping": (given, ("w",)),
        "synthesis": ({"w": w}, ("image", "detail", "preview")),
        "style_encoder": (image, ("style",)),
        "content_encoder": (image, ("z", "detail")),
    }
    return {name: _write_one(graphs[name], folder / f"{name}.onnx", *inputs[name], check) for name in inputs}


def _write_one(
    network: nn.Module, file: Path, inputs: dict[str, Tensor], outputs: tuple[str, ...], check: Check
) -> float:
    export.write_graph(file, network, inputs, outputs, check)
    model = store_in_half(onnx.load(str(file)), network)
    onnx.checker.check_model(model)
    file.write_bytes(model.SerializeToString(deterministic=True))
    worst = export.difference_from_torch(file, network, inputs, check)
    if not worst <= export.TOLERANCE:
        raise ExportError(
            f"{file.name} differs from torch by {worst:.2g} once it is stored in half precision"
        )
    return worst


@torch.no_grad()
def _card(
    networks: LatentNetworks, measured: Measured, said: Described, worst: dict[str, float]
) -> dict[str, Any]:
    config, mapping = networks.gan, networks.generator.mapping
    side = config.cells * FACTOR
    drawn = torch.randn(4096, config.z_size, generator=torch.Generator().manual_seed(1))
    nothing = torch.zeros(len(drawn), config.style_size)
    device = next(mapping.parameters()).device
    centre = mapping.single(drawn.to(device), nothing.to(device)).mean(dim=0)
    return {
        "format": cards.FORMAT,
        "name": said.name,
        "resolution": side,
        "preview_resolution": side // 2,
        "preview_graph": cards.SYNTHESIS,
        "z_size": config.z_size,
        "style_size": config.style_size,
        "persona": measured.persona,
        "w_size": config.w_size,
        "num_ws": config.num_ws + networks.detail_rows,
        "detail_rows": networks.detail_rows,
        "color_range": [-1, 1],
        "w_mean": [round(float(v), 7) for v in centre],
        "directions": measured.directions,
        "style_score": measured.style_score,
        "network": {
            "kind": KIND,
            "autoencoder": networks.autoencoder.config.to_json(),
            "gan": config.to_json(),
            "face": networks.face.config.to_json(),
        },
        "data": said.data,
        "consent": said.consent,
        "licence": said.licence,
        "attribution": list(said.attribution),
        "metrics": said.metrics | {"largest_difference_from_torch": worst},
        "training": said.training,
        "created": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "notes": said.notes,
    }


# --- Reading ---


def read_latent_bundle(bundle: Bundle) -> LatentNetworks:
    """All networks of a model but D, frozen. Raises WeightsError."""
    try:
        sizes = bundle.card.raw["network"]
        autoencoder, gan = (
            AutoencoderConfig.from_json(sizes["autoencoder"]),
            LatentGanConfig.from_json(sizes["gan"]),
        )
        networks = read_networks(bundle.path, autoencoder, gan, FaceConfig.from_json(sizes["face"]))
    except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
        raise WeightsError(f"{bundle.path.name} cannot be trained on: {error}") from error
    networks.requires_grad_(False).eval()
    return networks


def read_discriminator(bundle: Bundle, config: LatentGanConfig) -> LatentDiscriminator:
    """D of a model. Raises WeightsError where the bundle lacks it, or it does not fit."""
    check_digest(bundle, DISCRIMINATOR)
    d = LatentDiscriminator(config)
    try:
        d.load_state_dict({k: v.float() for k, v in load_file(bundle.path / DISCRIMINATOR).items()})
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        message = f"{bundle.path.name}: {DISCRIMINATOR} does not fit its networks: {error}"
        raise WeightsError(message) from error
    return d
