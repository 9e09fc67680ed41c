"""Bundles as the trainer sees them: torch networks out of a bundle's weights, and where training left
them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from engine.bundle import Bundle
from engine.errors import PersonaError
from engine.files import file_digest
from engine.formats.network import NetworkConfig
from trainer.model.networks import Networks


class WeightsError(PersonaError):
    """Weights that do not fit; the message names the bundle and the reason."""

    code = "weights"


def network_config(bundle: Bundle) -> NetworkConfig:
    """The sizes on a bundle's card. Raises WeightsError where it was not made by this trainer."""
    sizes = bundle.card.raw["network"]
    if sizes.get("kind", NetworkConfig.kind) != NetworkConfig.kind:
        raise WeightsError(
            f"{bundle.path.name} has networks of another kind, which this cannot be done with yet"
        )
    try:
        return NetworkConfig(**sizes)
    except (TypeError, ValueError) as error:
        raise WeightsError(f"{bundle.path.name} does not describe its networks: {error}") from error


def load_networks(path: Path, *, without: Collection[str] = ()) -> Networks:
    """The four networks of a bundle, with weights but for `without`. Raises BundleError or WeightsError."""
    bundle = Bundle.load(path)
    networks = Networks.create(network_config(bundle))
    load_weights(networks, bundle, without=without)
    return networks


def load_weights(networks: Networks, bundle: Bundle, *, without: Collection[str] = ()) -> None:
    """Fills networks from a bundle's weight files, after comparing their digests. Raises WeightsError."""
    for name, network in networks.named().items():
        if name in without:
            continue
        file = f"{name}.safetensors"
        check_digest(bundle, file)
        try:
            tensors = {k: v.float() for k, v in load_file(bundle.path / file).items()}
            network.load_state_dict(tensors)
        except (OSError, RuntimeError, ValueError, SafetensorError) as error:
            raise WeightsError(f"{bundle.path.name}: {file} does not fit its networks: {error}") from error


def check_digest(bundle: Bundle, file: str) -> None:
    """Raises WeightsError where a weight file is missing, or not the one that the card knows."""
    entry = bundle.card.files.get(file)
    if entry is None or not (bundle.path / file).is_file():
        raise WeightsError(f"{bundle.path.name} has no {file}, which training needs")
    if file_digest(bundle.path / file) != entry.sha256:
        raise WeightsError(f"{bundle.path.name}: {file} is damaged: its digest does not match the card")


def weights_of(network: nn.Module, half: bool = False) -> dict[str, torch.Tensor]:
    """State of a network for a weight file, in half precision where that is enough."""
    kind = torch.float16 if half else torch.float32
    return {k: v.detach().to("cpu", kind).contiguous() for k, v in network.state_dict().items()}
