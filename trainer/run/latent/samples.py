"""The sample grid of a fine-tune in latents: references, what their style gives, and what the model knew."""

from __future__ import annotations

import torch
from PIL import Image
from torch import Tensor

from trainer.process.control import Check
from trainer.run.latent.state import LatentState
from trainer.run.samples import tile

COLUMNS = 8
TRUNCATION = 0.8
ROWS = ("pictures", "style", "again", "known")
"""What the rows of a grid show, from the top; the studio has words for each."""


@torch.no_grad()
def latent_grid(state: LatentState, references: Tensor, check: Check) -> tuple[Image.Image, Tensor]:
    """A grid, and the test pictures in it [8, 3, R, R], in -1..1.

    references: pictures of the set [N, 3, R, R] in -1..1. Rows: eight of them; eight test pictures in the
    style of the set, at the same z every time; the references made again from their own content in that
    style; and eight pictures of the pack, which should stay. check: called before each row; what it raises
    ends the work.
    """
    model, material = state.average, state.material
    x = references[torch.arange(COLUMNS) % len(references)]
    rng = torch.Generator().manual_seed(2024)
    z = TRUNCATION * torch.randn(COLUMNS, model.z_size, generator=rng).to(x.device)
    style = material.style.expand(COLUMNS, -1)
    known, rows = material.pack, [x]
    for codes, styles in ((z, style), (None, style), (known.z[:COLUMNS], known.style[:COLUMNS])):
        check()
        codes = model.content_encoder(x) if codes is None else codes
        rows.append(model.generator(codes, styles))
    return tile(torch.stack(rows)), rows[1]
