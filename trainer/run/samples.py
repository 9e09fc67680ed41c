"""The sample grid of a run: the same seeds and the same pictures every time, from the averaged networks."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from trainer.process.control import Check
from trainer.run.state import TrainState

COLUMNS = 12
ROWS = ("pictures", "again", *["person"] * 3, "next-style", *["stranger"] * 2)
"""What the rows of a grid show, from the top; the studio has words for each."""


@torch.no_grad()
def sample_grid(
    state: TrainState, pictures: Tensor, truncation: float = 0.8, check: Check = lambda: None
) -> Image.Image:
    """A grid from pictures x [<= 12, 3, R, R] in -1..1.

    Rows: x; its reconstruction G(C(x), E(x)); three random people in the style of each x (one person a
    row); the content of x in the style of its neighbour; two rows of random people without a style.
    check: called before each row; what it raises ends the work.
    """
    x = pictures[:COLUMNS]
    n = x.shape[0]
    average = state.average
    g, e, c = average.generator, average.style_encoder, average.content_encoder
    rng = torch.Generator().manual_seed(2024)
    size = state.job.network.z_size

    def noise(count: int) -> Tensor:
        return torch.randn(count, size, generator=rng).to(x.device).expand(n, -1) * truncation

    style, content = e(x), c(x)
    people = [(noise(1), style) for _ in range(3)]
    strangers = [(noise(n), torch.zeros_like(style)) for _ in range(2)]
    rows = [x]
    for z, s in [(content, style), *people, (content, style.roll(1, dims=0)), *strangers]:
        check()
        rows.append(g(z, s))
    return tile(torch.stack(rows))


def tile(rows: Tensor) -> Image.Image:
    """[rows, columns, 3, H, W] in -1..1 -> one picture."""
    r, n, c, h, w = rows.shape
    pixels = ((rows.float().clamp(-1, 1) + 1) * 127.5).round().byte().cpu()
    array = pixels.permute(0, 3, 1, 4, 2).reshape(r * h, n * w, c).numpy()
    return Image.fromarray(np.ascontiguousarray(array))
