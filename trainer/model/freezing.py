"""Which weights a run moves: all of them, or fewer when there are few pictures to learn from.

A few dozen pictures say how a look differs, not what a face is: then the convolutions of G and C stay as
they came, and only the mapping, the modulation, the offsets and the colours of G move. D's layers at high
resolution know edges and textures that hold for any picture, and are kept when they would only learn the set
by heart (Mo et al., 2020).

A model that has just grown can learn its new blocks alone: pictures stay what they were, and gain detail.
"""

from __future__ import annotations

from torch import nn

from trainer.model.networks import Networks


def freeze_parts(networks: Networks, trains: str, frozen_blocks: int) -> None:
    """Switches gradients off where weights are to stay.

    trains: "all", "modulation" to keep the convolutions of G, and C, or "top" to keep all but what G has
    above its preview. frozen_blocks: how many of D's blocks stay, counted from the full resolution down, with
    its first layer.
    """
    if trains == "top":
        networks.content_encoder.requires_grad_(False)
        networks.generator.requires_grad_(False)
        above = networks.config.resolutions.index(networks.config.preview_resolution) + 1
        networks.generator.synthesis.blocks[above:].requires_grad_(True)
    if trains == "modulation":
        networks.content_encoder.requires_grad_(False)
        for name, weight in networks.generator.synthesis.named_parameters():
            shape = (".layer" in name and name.endswith("conv.weight")) or name.endswith("const")
            weight.requires_grad_(not shape)
    if frozen_blocks:
        networks.discriminator.from_rgb.requires_grad_(False)
        for block in list(networks.discriminator.blocks)[:frozen_blocks]:
            block.requires_grad_(False)


def moved(network: nn.Module) -> list[nn.Parameter]:
    """The weights that training moves."""
    return [weight for weight in network.parameters() if weight.requires_grad]
