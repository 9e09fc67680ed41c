"""The pictures of a run: decoded once, kept on the training device where they fit, shown in a fixed order."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.errors import PersonaError
from engine.formats.job_settings import JobError
from trainer.data.prepared import DecodedPictures, PreparedSet, file_digest
from trainer.process.control import Check

Indices = NDArray[np.int64]
WHITEN_PICTURES = 2048
"""Pictures that tell what white is."""
MOST_ORDERS = 3
DEVICE_SHARE = 0.25
"""Of a graphics card's free memory that the pictures may take; beyond it they stay in main memory."""


@dataclass
class Pictures:
    """The decoded set, and the order in which it is shown."""

    train: Tensor
    """uint8 [N, 3, R, R]"""
    labels: Tensor
    val: Tensor
    val_labels: Tensor
    seed: int
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    """Where batches go to."""
    unread: dict[str, str] = field(default_factory=dict)
    """Why a picture was left out, by its file."""
    balance: float = 0.0
    """How far classes are shown equally often (`Job.balance`)."""
    _orders: dict[int, Indices] = field(default_factory=dict, repr=False)
    """The last few epochs."""

    @staticmethod
    def load(
        data: PreparedSet,
        resolution: int,
        seed: int,
        device: torch.device,
        check: Check = lambda: None,
        balance: float = 0.0,
    ) -> Pictures:
        """Decodes both splits at `resolution`; leaves out what cannot be read.

        Raises JobError where there is nothing to train on, DataError where nothing can be read.
        """
        unread: dict[str, str] = {}

        def leave_out(error: PersonaError) -> None:
            place = Path(getattr(error, "path", data.folder / "?"))
            unread[place.relative_to(data.folder).as_posix()] = str(error)

        def decode(split: str) -> DecodedPictures:
            return data.load(split, resolution, on_problem=leave_out, progress=lambda done, total: check())

        train, val = decode("train"), decode("val")
        if len(train.images) < 2:
            count = len(train.images)
            message = f"{data.folder.name} has {count} training pictures; at least 2 are needed"
            raise JobError(message, "too-few", count=count)
        if len(val.images) == 0:
            val = train
        mixed = np.random.default_rng(0).permutation(len(val.images))  # classes lie in blocks on disk
        home = home_of(train.images.nbytes + val.images.nbytes, device)
        return Pictures(
            torch.from_numpy(train.images).to(home),
            torch.from_numpy(train.labels).to(home),
            torch.from_numpy(val.images[mixed]).to(home),
            torch.from_numpy(val.labels[mixed]).to(home),
            seed,
            device,
            unread,
            balance,
        )

    def batch(self, first: int, count: int) -> tuple[Tensor, Tensor]:
        """Pictures `first` to `first + count` of the endless shuffled sequence, in -1..1, and their
        classes."""
        chosen, labels = self.turn(first, count)
        return to_signed(self.train[chosen.to(self.train.device)].to(self.device)), labels

    def turn(self, first: int, count: int) -> tuple[Tensor, Tensor]:
        """The same as numbers of pictures [N], with their classes."""
        chosen = torch.from_numpy(np.array([self._position(k) for k in range(first, first + count)]))
        return chosen.to(self.device), self.labels[chosen.to(self.labels.device)].to(self.device)

    def shown(self, first: int, count: int, split: str = "train") -> Tensor:
        """Pictures `first` to `first + count` of a split as they lie, in -1..1, on the training device."""
        kept = self.train if split == "train" else self.val
        return to_signed(kept[first : first + count].to(self.device))

    def held_out(self, count: int) -> Tensor:
        """The first pictures of the held-out ones, in -1..1, in main memory: many are too much for a card."""
        return to_signed(self.val[:count].cpu())

    @property
    def held_back(self) -> int:
        """How many the model is judged by and not trained on."""
        return len(self.val) if len(self.val) < len(self.train) else 0

    def examples(self, count: int) -> Tensor:
        """Pictures for a grid, in -1..1: held-out ones first, then those trained on: [<= count, 3, R, R]."""
        held_out = self.shown(0, count, "val")
        if len(held_out) == count or len(self.val) >= len(self.train):  # there, nothing is held out
            return held_out
        return torch.cat([held_out, self.shown(0, count - len(held_out))])

    def _position(self, k: int) -> int:
        epoch, place = divmod(k, len(self.train))
        if epoch not in self._orders:
            while len(self._orders) > MOST_ORDERS:
                del self._orders[next(iter(self._orders))]
            self._orders[epoch] = order(self.labels.cpu().numpy(), self.seed, epoch, self.balance)
        return int(self._orders[epoch][place])


def order(labels: Indices, seed: int, epoch: int, balance: float = 0.0) -> Indices:
    """The pictures with class numbers [N] in the order in which an epoch shows them: positions [N].

    A class of n pictures gets a share of the epoch in proportion to n ** (1 - balance). Where that is less
    than n, the next epoch goes on with those that are left; where it is more, it begins anew.
    """
    count = len(labels)
    random = np.random.default_rng([seed, epoch, count])
    if not balance:
        return random.permutation(count)
    classes, sizes = np.unique(labels, return_counts=True)
    wanted = np.cumsum(sizes ** (1.0 - balance))
    shares = np.diff(np.round(wanted / wanted[-1] * count).astype(int), prepend=0)
    shown = [
        _endless(np.flatnonzero(labels == number), [seed, int(number)], epoch * share, share)
        for number, share in zip(classes, shares, strict=True)
    ]
    return random.permutation(np.concatenate(shown))


def _endless(members: Indices, seed: list[int], first: int, count: int) -> Indices:
    """Members `first` to `first + count` of all of them over and over, shuffled anew every time."""
    begun, past = first // len(members), -(-(first + count) // len(members))
    rounds = [np.random.default_rng([*seed, n]).permutation(members) for n in range(begun, past)]
    return np.concatenate([members[:0], *rounds])[first - begun * len(members) :][:count]


def to_signed(x: Tensor) -> Tensor:
    """uint8 -> float32 in -1..1."""
    return x.float() / 127.5 - 1.0


def source_digests(data: PreparedSet) -> dict[str, str]:
    """sha256 of what each picture was made from, by its file; empty where that is gone."""
    found = {}
    for picture in data.pictures:
        digest = picture.source_sha256
        if not digest:
            with suppress(OSError):
                digest = file_digest(data.path(picture))
        found[picture.file] = digest
    return found


def home_of(size: float, device: torch.device) -> torch.device:
    """Where `size` bytes of pictures are kept: on a graphics card only where they take little of it."""
    if device.type != "cuda":
        return device
    free, _ = torch.cuda.mem_get_info(device)
    return device if size <= DEVICE_SHARE * free else torch.device("cpu")
