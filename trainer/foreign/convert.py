"""From a network of somebody else's to a model: read, rebuilt, what it lacks fitted, written, compared."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.bundle import seal
from engine.errors import FileError
from engine.files import atomic_folder
from engine.formats import card as cards
from trainer.foreign import fitting
from trainer.foreign.fitting import Fitted, Painter
from trainer.foreign.layouts import load
from trainer.foreign.pickles import ForeignError
from trainer.foreign.stylegan2 import StyleGan2
from trainer.model.directions import find_directions
from trainer.model.layers import freeze
from trainer.process.control import Check
from trainer.storage import export

KIND = "stylegan2"
PREVIEW = 256
"""Side of previews, at most."""
COMPARED = 96
"""Side up to which the graphs are compared with torch on all inputs; on fewer for larger pictures."""
NOTES = (
    "Brought in from elsewhere. Its network came without readers of pictures; those here were fitted to its "
    "own samples and see colours and rough forms: photos come back only roughly. "
    "A style sets the fine layers."
)


class NetworkFileError(FileError):
    """A file that is no network, or none that can be taken."""

    exit_code = 5
    code = "network-file"
    _opening = "Cannot use the network"


def convert(
    source: Path,
    folder: Path,
    name: str,
    licence: str,
    check: Check = lambda: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Path:
    """Makes a model in `folder`, whole or not at all, of the network in a file.

    licence: the network's own, as whoever brings it in says. progress: pictures drawn, of how many. Raises
    NetworkFileError, ExportError or TargetError.
    """
    try:
        network = load(source)
    except ForeignError as error:
        raise NetworkFileError(source, str(error)) from None
    except OSError as error:
        raise NetworkFileError(source, f"it cannot be read ({error.strerror})") from error
    except MemoryError as error:
        raise NetworkFileError(source, "there is not enough memory for it") from error
    preview = min(PREVIEW, network.config.resolution // 2)
    fitted = fitting.fit(network, check, progress)
    with atomic_folder(folder) as place:
        worst = _write_graphs(network, fitted, preview, place, check)
        seal(place, _card(network, fitted, preview, name, licence, worst))
    return folder


def _write_graphs(
    network: StyleGan2, fitted: Fitted, preview: int, folder: Path, check: Check
) -> dict[str, float]:
    """Writes the four graphs; returns the largest difference of each from torch."""
    config, rng = network.config, torch.Generator().manual_seed(1)
    rows = max(2, min(export.INPUTS, export.INPUTS * COMPARED**2 // config.resolution**2))

    def random(*shape: int) -> Tensor:
        return torch.randn(rows, *shape, generator=rng)

    looks = torch.nn.functional.normalize(random(fitted.looks.shape[1]), dim=1)
    given = {"z": random(config.z_size), "style": looks}
    with torch.no_grad():
        w = fitted.mapper(*given.values())
    image = {"image": random(3, config.resolution, config.resolution).clamp(-1, 1)}
    jobs: dict[str, tuple[torch.nn.Module, dict[str, Tensor], tuple[str, ...]]] = {
        "mapping": (fitted.mapper, given, ("w",)),
        "synthesis": (Painter(network, preview), {"w": w}, ("image", "preview")),
        "style_encoder": (fitted.style, image, ("style",)),
        "content_encoder": (fitted.content, image, ("z",)),
    }
    return {
        graph: export.write_graph(folder / f"{graph}.onnx", freeze(module), inputs, outputs, check)
        for graph, (module, inputs, outputs) in jobs.items()
    }


def _card(
    network: StyleGan2, fitted: Fitted, preview: int, name: str, licence: str, worst: dict[str, float]
) -> dict[str, Any]:
    config = network.config
    labels = torch.zeros(len(fitted.w), dtype=torch.long)
    same = (fitted.looks * fitted.seen).sum(dim=1)
    return {
        "format": cards.FORMAT,
        "name": name,
        "resolution": config.resolution,
        "preview_resolution": preview,
        "preview_graph": cards.SYNTHESIS,
        "z_size": config.z_size,
        "style_size": fitted.looks.shape[1],
        "w_size": config.w_size,
        "num_ws": config.num_ws,
        "color_range": [-1, 1],
        "w_mean": [round(float(v), 7) for v in fitted.mapper.centre],
        "directions": find_directions(config.num_ws, fitted.w, fitted.pictures, labels, ()),
        "style_score": export.score_range(fitted.seen, same),
        "network": {"kind": KIND} | asdict(config),
        "data": {"title": "", "pictures": 0, "classes": [], "licence": ""},
        "consent": None,
        "licence": licence,
        "attribution": [],
        "metrics": {"largest_difference_from_torch": worst},
        "training": {},
        "created": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "notes": NOTES,
    }
