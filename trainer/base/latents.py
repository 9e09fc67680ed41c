"""The second stage: every picture of the set as latents, made once, with what is known of who and how.

A folder of plain arrays, mapped into memory by the stages that follow: `targets` and `views` as `views.py`
makes them, `identity` (SFace, unit length), `look` (of the model before, from which the new look encoder
learns) and `classes`. Half precision: 8 kB a picture.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.bundle import Bundle
from engine.images import to_tensor
from engine.network import Network
from trainer.base.crops import Bytes, decoded
from trainer.data.prepared import PreparedSet
from trainer.model.autoencoder import Autoencoder
from trainer.model.identity import FaceNetwork
from trainer.model.views import targets, view

VIEWS = 3
BATCH = 12
NAMES = ("targets", "views", "identity", "look", "classes")


@dataclass(frozen=True)
class LatentSet:
    """One split of the set."""

    targets: Tensor
    """float16 [N, 3, C, 16, 16]: the picture, mirrored, graded."""
    views: Tensor
    """float16 [N, V, C, 16, 16]: the same person otherwise."""
    identity: Tensor
    """[N, 128], unit length."""
    look: Tensor
    """[N, 3, 64] of the targets, unit length."""
    classes: Tensor
    """int64 [N]."""

    @staticmethod
    def load(folder: Path, split: str) -> LatentSet:
        parts = [torch.from_numpy(np.load(folder / f"{split}-{name}.npy")) for name in NAMES]
        return LatentSet(*parts)

    def __len__(self) -> int:
        return len(self.targets)


def make(
    model: Autoencoder,
    sets: list[PreparedSet],
    split: str,
    before: Bundle,
    faces: FaceNetwork,
    folder: Path,
    cache: Path,
) -> Iterator[str]:
    """Writes one split to `folder`; yields how far it is."""
    pictures, classes = pictures_of(sets, split, cache)
    network = Network(before)
    n, shape = len(pictures), (model.config.latent_channels, 16, 16)
    store: dict[str, NDArray[Any]] = {
        "targets": np.zeros((n, 3, *shape), np.float16),
        "views": np.zeros((n, VIEWS, *shape), np.float16),
        "identity": np.zeros((n, 128), np.float32),
        "look": np.zeros((n, 3, before.card.style_size), np.float32),
        "classes": np.asarray(classes, np.int64),
    }

    def read(i: int) -> None:
        rng = np.random.default_rng((7, i, len(split)))
        shown = targets(pictures[i], rng)
        seen = [view(pictures[i], pictures[int(rng.integers(n))], rng) for _ in range(VIEWS)]
        found = encode(model, np.stack(shown + seen))
        store["targets"][i], store["views"][i] = found[:3], found[3:]
        store["identity"][i] = faces.embed_both(pictures[i])
        store["look"][i] = network.style(np.stack([to_tensor(x, before.card.color_range) for x in shown]))

    for done, _ in enumerate(_side_by_side(read, n)):
        if done % 100 == 0:
            yield f"{split}: {done} of {n}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in store.items():
        np.save(folder / f"{split}-{name}.npy", array)
    (folder / f"{split}.json").write_text(json.dumps({"pictures": n}), encoding="utf-8")


def _side_by_side(work: Callable[[int], None], count: int) -> Iterator[None]:
    """Does the work on numbers from 0 on, one thread a picture: faster than one picture on all of them."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(threads) as pool:
            yield from pool.map(work, range(count))
    finally:
        torch.set_num_threads(threads)


@torch.no_grad()
def encode(model: Autoencoder, pictures: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Pictures [N, R, R, 3] -> latents [N, C, R/16, R/16]."""
    x = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
    found: NDArray[np.float16] = model.encoder(x.contiguous(memory_format=torch.channels_last)).half().numpy()
    return found


def pictures_of(sets: list[PreparedSet], split: str, cache: Path) -> tuple[list[Bytes], list[int]]:
    """The pictures of a split at 256 px; of the later sets those only that no earlier one holds."""
    pictures: list[Bytes] = []
    classes: list[int] = []
    known: set[str] = set()
    names = sets[0].classes
    for data in sets:
        for label in data.classes:
            rows = [p for p in data.pictures if p.split == split and p.label == label]
            stored = decoded(data, split, [label], 256, cache)
            for row, picture in zip(rows, stored, strict=True):
                stem = Path(row.file).stem
                if stem not in known:
                    known.add(stem)
                    pictures.append(picture)
                    classes.append(names.index(label))
    return pictures, classes
