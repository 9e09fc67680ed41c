"""The losses, each as its paper writes it.

Adversarial: minimax and non-saturating (Goodfellow et al., 2014), relativistic pairing
(Jolicoeur-Martineau, 2018; stabilised by R1 and R2 in Huang et al., 2024). Gradient penalties: R1 on real
and R2 on generated pictures (Mescheder et al., 2018). Style: contrastive InfoNCE (van den Oord et al.,
2018). Content: sliced Wasserstein distance to the normal distribution.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, softplus


def discriminator_loss(kind: str, real: Tensor, fake: Tensor) -> Tensor:
    """What D minimises, from its judgements [N] of real and generated pictures."""
    if kind == "relativistic":
        return softplus(fake - real).mean()
    return softplus(-real).mean() + softplus(fake).mean()


def generator_loss(kind: str, real: Tensor, fake: Tensor) -> Tensor:
    """What G minimises, from D's judgements [N]."""
    if kind == "relativistic":
        return softplus(real - fake).mean()
    if kind == "nonsaturating":
        return softplus(-fake).mean()
    return -softplus(fake).mean()  # minimax: log(1 - sigmoid(fake))


def gradient_penalty(judge: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Mean squared gradient norm of D at pictures x [N, 3, H, W]: R1 on real, R2 on generated ones."""
    x = x.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(judge(x).sum(), x, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3)).mean()


def feature_penalty(judge: Callable[[list[Tensor]], Tensor], maps: Sequence[Tensor]) -> Tensor:
    """The gradient penalty where D judges feature maps [N, C, H, W]: with regard to these."""
    free = [x.detach().requires_grad_(True) for x in maps]
    gradients = torch.autograd.grad(judge(free).sum(), free, create_graph=True)
    return torch.stack([g.square().sum(dim=(1, 2, 3)).mean() for g in gradients]).sum()


def contrastive_loss(a: Tensor, b: Tensor, temperature: float = 0.15) -> Tensor:
    """InfoNCE over unit vectors [N, S]: a[i] and b[i] belong together, all other pairs apart."""
    likeness = a @ b.T / temperature
    own = torch.arange(a.shape[0], device=a.device)
    return (cross_entropy(likeness, own) + cross_entropy(likeness.T, own)) / 2


def normality_loss(z: Tensor, projections: int = 64) -> Tensor:
    """Sliced Wasserstein-2 distance of the batch z [N, Z] from N(0, I), along random directions."""
    n = z.shape[0]
    axes = torch.randn(z.shape[1], projections, device=z.device)
    axes = axes * torch.rsqrt(axes.square().sum(dim=0, keepdim=True))
    levels = (torch.arange(n, device=z.device, dtype=torch.float32) + 0.5) / n
    normal = torch.erfinv(2 * levels - 1) * math.sqrt(2)
    with torch.autocast(z.device.type, enabled=False):
        found = (z.float() @ axes).sort(dim=0).values  # [N, P]
    return (found - normal[:, None]).square().mean()


def style_consistency(found: Tensor, wanted: Tensor) -> Tensor:
    """|E(G(z, s)) - s|: the mean absolute difference of unit vectors [N, S], brought to unit variance.

    So weight 1 is what StarGAN v2 means by it (Choi et al., 2020), whatever S is.
    """
    return (found - wanted).abs().mean() * math.sqrt(wanted.shape[1])
