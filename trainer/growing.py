"""Networks for larger pictures out of trained ones for smaller pictures.

G gets blocks that add nothing at first, so its pictures are the old ones, enlarged; D gets blocks in front of
those that it has, and its heads one more halving. E and C see large pictures at the side that they know. The
new parts are learned; what was known stays. After progressive growing (Karras et al., 2018), without the
fading in: skip outputs make it needless.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from trainer.job import JobError
from trainer.networks import ContentEncoder, NetworkConfig, Networks

State = dict[str, Tensor]


def grown_config(config: NetworkConfig, resolution: int) -> NetworkConfig:
    """The sizes for pictures of `resolution` pixels, with a preview of half of that.

    Raises JobError where pictures would become smaller, the side is not a power of two, or C does not see
    pictures at its full side yet.
    """
    if resolution < config.resolution:
        raise JobError(f"a model of {config.resolution} px cannot be trained at {resolution} px")
    if resolution == config.resolution:
        return config
    if config.resolution < ContentEncoder.SIDE:
        raise JobError(f"a model of {config.resolution} px cannot grow: it takes {ContentEncoder.SIDE} px")
    try:
        return replace(config, resolution=resolution, preview_resolution=resolution // 2)
    except ValueError as error:
        raise JobError(str(error)) from error


@torch.no_grad()
def fill_grown(networks: Networks, small: Networks) -> None:
    """Gives networks for large pictures what `small` ones have learned; equal sides are copied whole."""
    old = len(small.config.resolutions)
    more = len(networks.config.resolutions) - old
    for name, network in networks.named().items():
        known: State = dict(small.named()[name].state_dict())
        if name == "discriminator" and more:
            known = {_moved(key, more): value for key, value in known.items() if "from_rgb" not in key}
        network.load_state_dict(network.state_dict() | known)
    for block in list(networks.generator.synthesis.blocks)[old:]:
        block.to_rgb.conv.weight.zero_()  # type: ignore[union-attr, operator]


def _moved(key: str, more: int) -> str:
    """Where a weight of D lies behind `more` new blocks."""
    parts = key.split(".")
    for before in ("blocks", "downs"):
        if before in parts:
            at = parts.index(before) + 1
            parts[at] = str(int(parts[at]) + more)
    return ".".join(parts)
