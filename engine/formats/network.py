"""The sizes of a model's networks, as a job asks for them and a model's card tells them."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

KINDS = ("pixels", "latent")


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the networks; enough to rebuild them from a bundle's card."""

    resolution: int = 128
    """Side of the square picture in pixels; a power of two of at least 16."""
    preview_resolution: int = 64
    """Side of the preview: the skip output at this resolution."""
    z_size: int = 128
    style_size: int = 64
    w_size: int = 256
    channel_base: int = 4096
    """A layer at resolution r has min(channel_base / r, channel_max) channels."""
    channel_max: int = 192
    kind: str = "pixels"
    """What G makes: see `KINDS`."""
    parts: dict[str, Any] = field(default_factory=dict, hash=False)
    """Sizes of what networks of another kind consist of, as on the model's card."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"the kind of networks must be one of {', '.join(KINDS)}, not {self.kind!r:.60}")
        for side in (self.resolution, self.preview_resolution):
            if side < 8 or side & (side - 1):
                raise ValueError(f"a resolution must be a power of two of at least 8, not {side}")
        if self.preview_resolution > self.resolution:
            raise ValueError("the preview cannot be larger than the picture")

    def channels(self, resolution: int) -> int:
        """Channels of a layer at `resolution` pixels."""
        return max(8, min(self.channel_base // resolution, self.channel_max))

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Block resolutions from 4 px to the full picture."""
        return tuple(2**i for i in range(2, int(math.log2(self.resolution)) + 1))

    @property
    def num_ws(self) -> int:
        """Rows of w: one for each modulated convolution and one for the last colour layer."""
        return 2 * len(self.resolutions)

    def to_json(self) -> dict[str, Any]:
        """As plain values; networks that make pixels say no more than they always did."""
        said = asdict(self)
        if self.kind == KINDS[0]:
            del said["kind"], said["parts"]
        return said
