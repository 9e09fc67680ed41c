"""From trained networks to a model bundle: ONNX graphs compared with torch, weights, card.

The graphs hold standard operators only. The export fails when any graph's output differs from torch's by
more than 1e-3 on 64 random inputs.
"""

from __future__ import annotations

import copy
import datetime
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from safetensors.torch import save as serialize
from torch import Tensor, nn

from engine.bundle import seal
from engine.errors import PersonaError
from engine.files import atomic_folder
from engine.formats import card as cards
from engine.formats.network import NetworkConfig
from engine.providers import runtime
from trainer.model.augmentation import crop, flip
from trainer.model.directions import find_directions
from trainer.model.generator import Generator
from trainer.model.layers import freeze
from trainer.model.networks import Networks
from trainer.process.control import Check
from trainer.storage.bundles import weights_of

TOLERANCE = 1e-3
INPUTS = 64
PART = 16
"""Pictures that are encoded at once."""
OPSET = 17


class ExportError(PersonaError):
    """An export that failed, with the graph and the reason."""

    code = "export"


@dataclass(frozen=True)
class Described:
    """What a card says besides sizes and figures."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    consent: dict[str, Any] | None = None
    licence: str = ""
    attribution: tuple[str, ...] = ()
    notes: str = ""
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)


class _Preview(nn.Module):
    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.synthesis = generator.synthesis

    def forward(self, w: Tensor) -> Tensor:
        return self.synthesis.preview(w)


def export_bundle(
    networks: Networks,
    folder: Path,
    described: Described,
    pictures: Tensor,
    labels: Tensor,
    classes: tuple[str, ...],
    check: Check = lambda: None,
) -> Path:
    """Writes a bundle to `folder`, replacing one that is there only when the new one is complete.

    pictures: x [N, 3, R, R] in -1..1 that the card's directions and match-score range are measured on, with
    class numbers [N]; they may lie in main memory. check: called between the parts of the work; what it
    raises ends it.
    Raises ExportError, TargetError or OSError.
    """
    with atomic_folder(folder, overwrite=True) as place:
        worst = _write_graphs(networks, place, check)
        for name, network in networks.named().items():
            check()
            weights = serialize(weights_of(network, half=name == "discriminator"))
            (place / f"{name}.safetensors").write_bytes(weights)
        seal(place, _card(networks, described, worst, pictures, labels, classes, check))
    return folder


def _write_graphs(networks: Networks, folder: Path, check: Check) -> dict[str, float]:
    """Writes the five graphs; returns the largest absolute difference from torch of each."""
    config = networks.config
    generator = freeze(copy.deepcopy(networks.generator).cpu())
    assert isinstance(generator, Generator)
    encoders = {
        k: freeze(copy.deepcopy(networks.named()[f"{k}_encoder"]).cpu()) for k in ("style", "content")
    }
    rng = torch.Generator().manual_seed(0)

    def random(*shape: int) -> Tensor:
        return torch.randn(INPUTS, *shape, generator=rng)

    style = nn.functional.normalize(random(config.style_size), dim=1)
    z = random(config.z_size)
    with torch.no_grad():
        w = generator.mapping(z, style)
        images = random(3, config.resolution, config.resolution).clamp(-1, 1)
    jobs: dict[str, tuple[nn.Module, dict[str, Tensor], tuple[str, ...]]] = {
        "mapping": (generator.mapping, {"z": z, "style": style}, ("w",)),
        "synthesis": (generator.synthesis, {"w": w}, ("image",)),
        "preview": (_Preview(generator), {"w": w}, ("image",)),
        "style_encoder": (encoders["style"], {"image": images}, ("style",)),
        "content_encoder": (encoders["content"], {"image": images}, ("z",)),
    }
    return {name: write_graph(folder / f"{name}.onnx", *job, check) for name, job in jobs.items()}


def write_graph(
    path: Path, network: nn.Module, inputs: dict[str, Tensor], outputs: Sequence[str], check: Check
) -> float:
    """Writes a frozen network as a graph; returns the largest difference from torch.

    inputs: by name, rows of equal number, to trace and to compare with. outputs: names of what it gives, one
    tensor or a tuple of them. Raises ExportError.
    """
    check()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer's remarks on shapes that are constant by design
        torch.onnx.export(
            network,
            tuple(x[:2] for x in inputs.values()),
            str(path),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes={name: {0: "N"} for name in (*inputs, *outputs)},
            opset_version=OPSET,
            dynamo=False,
        )
    model = onnx.load(str(path))
    with torch.no_grad():
        given = _several(network(*(x[:2] for x in inputs.values())))
    for value, tensor in zip(model.graph.output, given, strict=True):
        _state_shape(value, tuple(tensor.shape[1:]))
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))
    difference = difference_from_torch(path, network, inputs, check)
    if not difference <= TOLERANCE:
        raise ExportError(f"{path.name} differs from torch by {difference:.2g}, more than {TOLERANCE}")
    return difference


def _state_shape(value: onnx.ValueInfoProto, shape: tuple[int, ...]) -> None:
    """Writes an output's shape out, [N, *shape]: the tracer loses sight of it behind a resize."""
    del value.type.tensor_type.shape.dim[:]
    for size in ("N", *shape):
        dim = value.type.tensor_type.shape.dim.add()
        if isinstance(size, str):
            dim.dim_param = size
        else:
            dim.dim_value = size


def difference_from_torch(path: Path, network: nn.Module, inputs: dict[str, Tensor], check: Check) -> float:
    """Largest absolute difference between ONNX Runtime and torch over all inputs, in batches of 8."""
    session = runtime().InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for i in range(0, len(next(iter(inputs.values()))), 8):
        check()
        part = {name: x[i : i + 8] for name, x in inputs.items()}
        found = session.run(None, {name: x.numpy() for name, x in part.items()})
        with torch.no_grad():
            wanted = _several(network(*part.values()))
        for one, other in zip(found, wanted, strict=True):
            difference = np.abs(one - other.numpy())
            worst = max(worst, float(difference.max()) if np.isfinite(difference).all() else float("inf"))
    return worst


def _several(given: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return given if isinstance(given, tuple) else (given,)


def _card(
    networks: Networks,
    described: Described,
    worst: dict[str, float],
    pictures: Tensor,
    labels: Tensor,
    classes: tuple[str, ...],
    check: Check,
) -> dict[str, Any]:
    config: NetworkConfig = networks.config
    style, w, cosines = _encode(networks, pictures, check)
    check()
    return {
        "format": cards.FORMAT,
        "name": described.name,
        "resolution": config.resolution,
        "preview_resolution": config.preview_resolution,
        "z_size": config.z_size,
        "style_size": config.style_size,
        "w_size": config.w_size,
        "num_ws": config.num_ws,
        "color_range": [-1, 1],
        "w_mean": [round(float(v), 7) for v in networks.generator.w_mean],
        "directions": find_directions(config.num_ws, w, pictures, labels, classes),
        "style_score": score_range(style, cosines),
        "network": config.to_json(),
        "data": described.data,
        "consent": described.consent,
        "licence": described.licence,
        "attribution": list(described.attribution),
        "metrics": described.metrics | {"largest_difference_from_torch": worst},
        "training": described.training,
        "created": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "notes": described.notes,
    }


@torch.no_grad()
def _encode(networks: Networks, pictures: Tensor, check: Check) -> tuple[Tensor, Tensor, Tensor]:
    """Styles [N, S], w [N, W] of the pictures, and the cosine of each style to that of another view of it
    [N]."""
    torch.manual_seed(0)
    styles, ws, cosines = [], [], []
    device = networks.generator.w_mean.device
    for x in (part.to(device) for part in pictures.split(PART)):
        check()
        style = networks.style_encoder(x)
        styles.append(style)
        ws.append(networks.generator.mapping.single(networks.content_encoder(x), style))
        cosines.append((style * networks.style_encoder(flip(crop(x)))).sum(dim=1).clamp(-1, 1))
    return torch.cat(styles), torch.cat(ws), torch.cat(cosines)


def score_range(style: Tensor, same: Tensor) -> dict[str, float]:
    """Match score 0 at the median cosine of unrelated pictures, 1 at that of two views of one picture."""
    n = len(style)
    apart = (style @ style.T)[~torch.eye(n, dtype=torch.bool, device=style.device)]
    low = float(apart.median()) if n > 1 else 0.0
    high = min(1.0, float(same.median()))
    return {"low": round(low, 4), "high": round(max(high, low + 0.01), 4)}
