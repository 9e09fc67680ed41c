"""What samples, judges and snapshots know of a model's networks, whatever these are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import Tensor, nn


class PictureNetworks(Protocol):
    """G and the encoders, from and to pictures."""

    @property
    def z_size(self) -> int: ...

    @property
    def generator(self) -> Callable[[Tensor, Tensor], Tensor]:
        """z [N, Z], style [N, S] -> pictures [N, 3, R, R] in about -1..1."""

    @property
    def style_encoder(self) -> Callable[[Tensor], Tensor]:
        """Pictures [N, 3, R, R] -> style [N, S]."""

    @property
    def content_encoder(self) -> Callable[[Tensor], Tensor]:
        """Pictures [N, 3, R, R] -> z [N, Z]."""

    def named(self) -> dict[str, nn.Module]:
        """The networks that training moves, by name."""
