"""Networks for pictures of another side out of trained ones.

Larger: G gets blocks that add nothing at first, so its pictures are the old ones, enlarged; D gets blocks in
front of those that it has, and its heads one more halving. The new parts are learned, or taken from another
model of that side; what was known stays. After progressive growing (Karras et al., 2018), without the fading
in: skip outputs make it needless.

Smaller: G stops below its uppermost blocks, and D begins behind its first ones, with a layer fitted to say
what those said. A step on half the side costs a quarter.

E and C see pictures at the side that they know.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.formats.job_settings import JobError
from engine.formats.network import NetworkConfig
from trainer.model.discriminator import Discriminator
from trainer.model.encoders import ContentEncoder
from trainer.model.layers import activate
from trainer.model.networks import Networks

WeightsByName = dict[str, Tensor]

FIT_PICTURES, FIT_STEPS, FIT_BATCH, FIT_RATE = 32, 150, 4, 0.02
"""What the first layer of a smaller D is fitted on and by: samples of the larger model, steps of Adam."""


def resized_config(config: NetworkConfig, resolution: int) -> NetworkConfig:
    """The sizes for pictures of `resolution` pixels, with a preview of half of that.

    Raises JobError where the side is not a power of two, or C does not see pictures at its full side, before
    or after.
    """
    if resolution == config.resolution:
        return config
    if resolution < ContentEncoder.SIDE:
        raise JobError(f"a model of {config.resolution} px cannot be trained at {resolution} px")
    if config.resolution < ContentEncoder.SIDE:
        raise JobError(f"a model of {config.resolution} px cannot grow: it takes {ContentEncoder.SIDE} px")
    try:
        return replace(config, resolution=resolution, preview_resolution=resolution // 2)
    except ValueError as error:
        raise JobError(str(error)) from error


def fill(networks: Networks, known: Networks, upper: Networks | None = None) -> None:
    """Gives networks what those of another side have learned; equal sides are copied whole.

    upper: where they are larger, what they have besides is taken from these, of their own sizes. Raises
    JobError for other sizes.
    """
    more = len(networks.config.resolutions) - len(known.config.resolutions)
    if upper is not None and (more <= 0 or upper.config != networks.config):
        raise JobError("upper blocks can only be taken from a model of the larger side, for one that grows")
    with torch.no_grad():
        for name, network in networks.named().items():
            theirs: WeightsByName = dict(known.named()[name].state_dict())
            if name == "discriminator" and more:
                theirs = {_moved(key, more): v for key, v in theirs.items() if "from_rgb" not in key}
            own = network.state_dict() if upper is None else upper.named()[name].state_dict()
            network.load_state_dict({key: theirs.get(key, value) for key, value in own.items()})
        if upper is None and more > 0:
            for block in list(networks.generator.synthesis.blocks)[-more:]:
                block.to_rgb.conv.weight.zero_()  # type: ignore[union-attr, operator]
    if more < 0:
        _fit_first_layer(networks.discriminator, known, -more)


def _fit_first_layer(d: Discriminator, large: Networks, fewer: int) -> None:
    """Lets D say of small pictures what the larger D says of large ones behind its first `fewer` blocks."""
    rng = torch.Generator().manual_seed(0)
    z = torch.randn(FIT_PICTURES, large.config.z_size, generator=rng)
    pictures, wanted = [], []
    with torch.no_grad():
        for part in z.split(FIT_BATCH):
            style = torch.zeros(len(part), large.config.style_size)
            pyramid = large.generator.synthesis.pyramid(large.generator.mapping(part, style))
            h = activate(large.discriminator.from_rgb(pyramid[large.config.resolution].clamp(-1, 1)))
            for block in list(large.discriminator.blocks)[:fewer]:
                h = block(h)
            pictures.append(F.avg_pool2d(pyramid[large.config.resolution].clamp(-1, 1), 2**fewer))
            wanted.append(h)
    optimizer = torch.optim.Adam(d.from_rgb.parameters(), lr=FIT_RATE)
    for step in range(FIT_STEPS):
        x, target = pictures[step % len(pictures)], wanted[step % len(pictures)]
        optimizer.zero_grad()
        loss = (activate(d.from_rgb(x)) - target).square().mean()
        loss.backward()
        optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def _moved(key: str, more: int) -> str:
    """Where a weight of D lies behind `more` new blocks; "blocks.-1..." and the like are left behind."""
    parts = key.split(".")
    for before in ("blocks", "downs"):
        if before in parts:
            at = parts.index(before) + 1
            parts[at] = str(int(parts[at]) + more)
    return ".".join(parts)
