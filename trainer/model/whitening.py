"""From reconstruction to noise: C's outputs are made white, so that z drawn from N(0, I) falls where
pictures lie.

The whitening is folded into the layer that writes z and the layers that read it; no picture changes.
"""

from __future__ import annotations

import torch
from torch import Tensor

from trainer.model.encoders import ContentEncoder
from trainer.model.generator import Generator
from trainer.model.layers import Linear


@torch.no_grad()
def whiten(c: ContentEncoder, g: Generator, codes: list[Tensor]) -> float:
    """Gives z = C(x) mean 0 and covariance 1 over pictures, of which `codes` are the z [N, Z] as they are.

    Returns how far z was from that: the largest of |mean| and |covariance - 1|.
    """
    z = torch.cat(codes).double()
    mean, covariance = z.mean(dim=0), torch.cov(z.T)
    identity = torch.eye(len(mean), device=z.device, dtype=z.dtype)
    before = max(float(mean.abs().max()), float((covariance - identity).abs().max()))
    share = min(0.5, len(mean) / (10 * len(z)))  # small sets: lean towards equal variances
    covariance = (1 - share) * covariance + share * covariance.diagonal().mean() * identity
    root = torch.linalg.cholesky(covariance + 1e-6 * identity)
    fold_whitening(c.out, (g.mapping.direct, g.mapping.hidden), mean, root)
    return before


@torch.no_grad()
def fold_whitening(out: Linear, readers: tuple[Linear, ...], mean: Tensor, root: Tensor) -> None:
    """z' = root^-1 (z - mean) in the writer, and z = root z' + mean in its readers."""
    size = len(mean)
    weight, bias = out.weight.double(), out.bias.double()
    out.weight.copy_(torch.linalg.solve_triangular(root, weight, upper=False))
    out.bias.copy_(torch.linalg.solve_triangular(root, (bias - mean)[:, None], upper=False)[:, 0])
    for reader in readers:
        part = reader.weight[:, :size].double()
        reader.bias.add_((part @ mean * reader.gain).to(reader.bias.dtype))
        reader.weight[:, :size].copy_(part @ root)


@torch.no_grad()
def spread(c: ContentEncoder, g: Generator, factor: float) -> None:
    """Lets noise reach `factor` times as far as codes do, for more variety; pictures of codes stay the same.

    Training draws pictures towards each other: of what tells the codes of pictures apart, samples show less.
    """
    size = g.config.z_size
    identity = torch.eye(size, device=c.out.weight.device, dtype=torch.float64)
    readers = (g.mapping.direct, g.mapping.hidden)
    fold_whitening(c.out, readers, identity.new_zeros(size), factor * identity)


@torch.no_grad()
def measure_centre(g: Generator, draws: int = 4096) -> Tensor:
    """Mean of w over noise without a style, kept in the generator: [W]."""
    rng = torch.Generator().manual_seed(0)
    z = torch.randn(draws, g.config.z_size, generator=rng).to(g.w_mean.device)
    g.w_mean.copy_(g.mapping.single(z, z.new_zeros(draws, g.config.style_size)).mean(dim=0))
    return g.w_mean


@torch.no_grad()
def measure_prior(g: Generator, styles: Tensor) -> None:
    """Gives G the mean and covariance of the set's `styles` [N, S], for pictures made without a style.

    z is projected onto S fixed, perpendicular axes first, so that every style takes a share of all of z.
    """
    s = styles.double()
    mean, covariance = s.mean(dim=0), torch.cov(s.T)
    values, axes = torch.linalg.eigh(covariance)
    root = axes * values.clamp(min=0.0).sqrt()  # [S, S]
    rng = torch.Generator().manual_seed(0)
    turned = torch.linalg.qr(torch.randn(g.config.z_size, g.config.z_size, generator=rng).double())[0]
    size = min(g.config.z_size, len(mean))
    projection = turned[:size].to(root.device)  # [S, Z]
    g.mapping.prior_mean.copy_(mean)
    g.mapping.prior_root.copy_(root[:, -size:] @ projection)
