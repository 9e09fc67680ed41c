"""The graphs of a model in latents, and the networks read back out of them.

A bundle holds every weight once where it can: the graphs keep the names of the torch networks, and training
takes them from there. Large weights are stored in half precision and cast when a graph is opened; those of
the face network, which nothing trains, in eight bits with a scale for every channel (cosine to the original
vectors: 0.9995).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from trainer.model.autoencoder import Autoencoder, AutoencoderConfig, Decoder, Encoder
from trainer.model.identity import IDENTITY, FaceConfig, FaceEmbedder
from trainer.model.latent_encoders import LookNetwork, PersonaNetwork, persona_of
from trainer.model.latent_gan import LatentContent, LatentGanConfig, LatentGenerator
from trainer.model.layers import Conv, Linear, ModulatedConv, freeze

SMALL = 256
"""Numbers up to which a weight stays in full precision: it costs nothing, and scales everything."""
FACE = "face."
"""What the names of the face network's weights begin with."""
COARSE = 16_384
"""Numbers from which a weight of the face network takes eight bits."""


class LatentNetworks(nn.Module):
    """All that makes a picture, and all that reads one."""

    def __init__(
        self, autoencoder: AutoencoderConfig, gan: LatentGanConfig, face: FaceConfig | None = None
    ) -> None:
        """face: sizes of the face network; SFace's where none is given."""
        super().__init__()
        self.gan = gan
        self.autoencoder = Autoencoder(autoencoder)
        self.generator = LatentGenerator(gan)
        self.content = LatentContent(gan)
        self.persona, self.look = PersonaNetwork(gan.latent_channels), LookNetwork(gan.latent_channels)
        self.face = FaceEmbedder(face or FaceConfig()).requires_grad_(False)

    def personas(self, pictures: Tensor, latents: Tensor) -> Tensor:
        """Aligned pictures [N, 3, R, R] in -1..1 and their latents -> persona [N, P], unit length."""
        return persona_of(self.face(pictures), self.persona(latents)[:, IDENTITY:])

    def graphs(self) -> dict[str, nn.Module]:
        """The four graphs by name, frozen, with weights as they are after storing."""
        networks = copy.deepcopy(self).cpu()
        freeze(networks)
        _rounded(networks)
        a, g = networks.autoencoder, networks.generator
        reader = _Reader(a.encoder)
        return {
            "mapping": _Mapper(g.mapping, self.detail_rows),
            "synthesis": _Painter(g.synthesis, a.decoder, self.gan),
            "style_encoder": _StyleReader(reader, networks.look, networks.persona, networks.face),
            "content_encoder": _ContentReader(reader, networks.content, self.gan.w_size),
        }

    @property
    def detail_rows(self) -> int:
        """Rows of w that latents fill."""
        return self.gan.latent_channels * self.gan.cells**2 // self.gan.w_size


class _Mapper(nn.Module):
    """z [N, Z], s [N, S] -> w [N, L + D, W]; the last D rows are a photo's own latents, none here."""

    def __init__(self, mapping: nn.Module, detail_rows: int) -> None:
        super().__init__()
        self.mapping, self.detail_rows = mapping, detail_rows

    def forward(self, z: Tensor, style: Tensor) -> Tensor:
        w = self.mapping(z, style)
        return torch.cat([w, w.new_zeros(w.shape[0], self.detail_rows, w.shape[2])], dim=1)


class _Painter(nn.Module):
    """w [N, L + D, W] -> picture, G's latents [N, D, W], and preview.

    G makes latents of the first rows; the last ones are added to them: what a photo has beyond its z and s.
    """

    def __init__(self, synthesis: nn.Module, decoder: Decoder, gan: LatentGanConfig) -> None:
        super().__init__()
        self.synthesis, self.decoder = synthesis, decoder
        self.layers, self.shape = gan.num_ws, (gan.latent_channels, gan.cells, gan.cells)

    def forward(self, w: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        made = self.synthesis(w[:, : self.layers])
        detail = w[:, self.layers :]
        latents = made + detail.reshape(-1, *self.shape)
        picture, preview = self.decoder.both(latents)
        return picture, made.reshape(-1, *detail.shape[1:]), preview


class _Reader(nn.Module):
    """Picture -> latents. The normalisation is written out: exporters would fold it into the weights."""

    mean: Tensor
    scale: Tensor

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.layers = encoder.layers
        norm = encoder.norm
        assert norm.running_mean is not None and norm.running_var is not None
        self.register_buffer("mean", norm.running_mean[:, None, None].clone())
        self.register_buffer("scale", torch.rsqrt(norm.running_var + norm.eps)[:, None, None])

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = (self.layers(x) - self.mean) * self.scale
        return out


class _StyleReader(nn.Module):
    """Picture -> look, then persona: [N, S]."""

    def __init__(
        self, reader: _Reader, look: LookNetwork, persona: PersonaNetwork, face: FaceEmbedder
    ) -> None:
        super().__init__()
        self.reader, self.look, self.persona, self.face = reader, look, persona, face

    def forward(self, x: Tensor) -> Tensor:
        latents = self.reader(x)
        persona = persona_of(self.face(x), self.persona(latents)[:, IDENTITY:])
        return torch.cat([self.look(latents), persona], dim=1)


class _ContentReader(nn.Module):
    """Picture -> z [N, Z], and all that its latents hold, as rows of w: [N, D, W]."""

    def __init__(self, reader: _Reader, content: LatentContent, w_size: int) -> None:
        super().__init__()
        self.reader, self.content, self.w_size = reader, content, w_size

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        latents = self.reader(x)
        mean, _ = self.content(latents)
        rows = math.prod(latents.shape[1:]) // self.w_size
        return mean, latents.reshape(-1, rows, self.w_size)


def store_in_half(model: onnx.ModelProto, network: nn.Module) -> onnx.ModelProto:
    """The same model with its large weights in half precision or eight bits, each cast back before its use.

    network: what the model was exported from. Equal weights are kept once; what stands for which is noted.
    """
    helper.set_model_props(model, _equal_weights(model, network))
    kept, casts = [], []
    for value in model.graph.initializer:
        array = numpy_helper.to_array(value)
        if array.dtype != np.float32 or array.size <= SMALL:
            kept.append(value)
            continue
        if _is_coarse(value.name, array.size):
            kept += _in_eight_bits(value.name, array)
            cast = helper.make_node(
                "Cast", [f"{value.name}.int8"], [f"{value.name}.cast"], to=TensorProto.FLOAT
            )
            scaled = helper.make_node("Mul", [f"{value.name}.cast", f"{value.name}.scale"], [value.name])
            casts += [cast, scaled]
            continue
        kept.append(numpy_helper.from_array(array.astype(np.float16), f"{value.name}.half"))
        casts.append(helper.make_node("Cast", [f"{value.name}.half"], [value.name], to=TensorProto.FLOAT))
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*casts, *nodes])
    return model


def _is_coarse(name: str, size: int) -> bool:
    return name.startswith(FACE) and size >= COARSE


def _in_eight_bits(name: str, array: NDArray[np.float32]) -> list[TensorProto]:
    scale = _scale(torch.from_numpy(array.copy())).numpy()
    steps = np.round(array / scale).astype(np.int8)
    return [numpy_helper.from_array(steps, f"{name}.int8"), numpy_helper.from_array(scale, f"{name}.scale")]


def _scale(weight: Tensor) -> Tensor:
    """What one step of eight bits is worth in each channel: [C, 1, ...]."""
    return weight.abs().amax(dim=tuple(range(1, weight.ndim)), keepdim=True).clamp(min=1e-12) / 127


def _equal_weights(model: onnx.ModelProto, network: nn.Module) -> dict[str, str]:
    """Weights that the exporter left out or keeps in another shape -> the one to take for each."""
    known = {value.name: numpy_helper.to_array(value) for value in model.graph.initializer}
    missing = {name: value.numpy() for name, value in network.named_parameters() if name not in known}
    return {
        name: next(
            (other for other, array in known.items() if np.array_equal(array.ravel(), value.ravel())), ""
        )
        for name, value in missing.items()
    }


def read_networks(
    folder: Path, autoencoder: AutoencoderConfig, gan: LatentGanConfig, face: FaceConfig | None = None
) -> LatentNetworks:
    """The networks of a bundle's graphs, as they can be trained on. ValueError where they do not fit."""
    networks = LatentNetworks(autoencoder, gan, face)
    graphs = {name: _weights(folder / f"{name}.onnx") for name in _SOURCES}
    sources = dict(_SOURCES)
    if "decoder.to_preview.weight" not in graphs["synthesis"]:
        graphs["preview"], sources["preview"] = _weights(folder / "preview.onnx"), _PREVIEW
    for name, parts in sources.items():
        for prefix, path in parts.items():
            _fill(networks.get_submodule(path), _below(graphs[name], prefix))
    _fill_norm(networks.autoencoder.encoder, _below(graphs["style_encoder"], "reader."))
    return networks


_SOURCES = {
    "mapping": {"mapping.": "generator.mapping"},
    "synthesis": {"synthesis.": "generator.synthesis", "decoder.": "autoencoder.decoder"},
    "style_encoder": {
        "reader.layers.": "autoencoder.encoder.layers",
        "look.": "look",
        "persona.": "persona",
        FACE: "face",
    },
    "content_encoder": {"content.": "content"},
}
"""Graph -> prefix of its weights' names -> the network they belong to."""
_PREVIEW = {"decoder.to_preview.": "autoencoder.decoder.to_preview"}
"""In older bundles, whose previews have a graph of their own."""


def _weights(file: Path) -> dict[str, NDArray[np.float32]]:
    model = onnx.load(str(file))
    found = {}
    for value in model.graph.initializer:
        array = numpy_helper.to_array(value)
        if array.dtype in (np.float16, np.float32, np.int8):
            found[value.name.removesuffix(".half").removesuffix(".int8")] = array.astype(np.float32)
    for name in [name for name in found if name.endswith(".scale") and name[:-6] in found]:
        found[name[:-6]] *= found.pop(name)
    for entry in model.metadata_props:
        if entry.value in found:
            found[entry.key] = found[entry.value]
    return found


def _below(weights: Mapping[str, NDArray[np.float32]], prefix: str) -> dict[str, NDArray[np.float32]]:
    return {name[len(prefix) :]: array for name, array in weights.items() if name.startswith(prefix)}


@torch.no_grad()
def _fill(network: nn.Module, weights: Mapping[str, NDArray[np.float32]]) -> None:
    """Gives a network its weights, with their gains taken out again."""
    gains = {
        f"{name}.weight" if name else "weight": layer.gain
        for name, layer in network.named_modules()
        if isinstance(layer, Linear | Conv | ModulatedConv)
    }
    for name, value in network.named_parameters():
        if name not in weights:
            if name.startswith("to_preview."):
                continue
            raise ValueError(f"a weight is missing: {name}")
        array = torch.from_numpy(weights[name].copy())
        if array.numel() != value.numel():
            raise ValueError(f"the weight {name} has {array.numel()} numbers, not {value.numel()}")
        value.copy_(array.reshape(value.shape) / gains.get(name, 1.0))


@torch.no_grad()
def _fill_norm(encoder: Encoder, weights: Mapping[str, NDArray[np.float32]]) -> None:
    norm = encoder.norm
    assert norm.running_mean is not None and norm.running_var is not None
    norm.running_mean.copy_(torch.from_numpy(weights["mean"].reshape(-1)))
    scale = torch.from_numpy(weights["scale"].reshape(-1))
    norm.running_var.copy_(scale.pow(-2) - norm.eps)


@torch.no_grad()
def _rounded(networks: nn.Module) -> None:
    """Weights as half precision keeps them, so that torch and graph agree to the last bit but rounding."""
    for name, value in networks.named_parameters():
        if _is_coarse(name, value.numel()):
            scale = _scale(value)
            value.copy_(torch.round(value / scale) * scale)
        elif value.numel() > SMALL:
            value.copy_(value.half().float())
    for layer in networks.modules():
        if isinstance(layer, ModulatedConv) and layer.demodulate:
            power = layer.weight.square().sum(dim=(2, 3))
            layer.power = power.half().float() if power.numel() > SMALL else power
