"""What the card of a fine-tuned model says that is measured on pictures."""

from __future__ import annotations

from typing import Any

import torch

from trainer.model.directions import find_directions
from trainer.process.control import Check
from trainer.run.latent.state import LatentState
from trainer.storage.latent_bundle import Measured

PICTURES, BATCH = 192, 8
"""Of the pack, which shows all that the model knew, that directions are measured on."""


@torch.no_grad()
def measured_again(state: LatentState, card: dict[str, Any], check: Check) -> Measured:
    """Directions anew, by what G now makes; what the encoders measure is as on the `card` of the model that
    training began with: they have not moved. check: called between parts; what it raises ends it."""
    known, model = state.material.pack, state.average
    ws, pictures = [], []
    for first in range(0, min(PICTURES, len(known.z)), BATCH):
        check()
        z, style = known.z[first : first + BATCH], known.style[first : first + BATCH]
        ws.append(model.g.mapping.single(z, style))
        pictures.append(model.readers.paint(model.g(z, style)).cpu())
    w, x = torch.cat(ws), torch.cat(pictures)
    labels = torch.zeros(len(w), dtype=torch.long, device=w.device)
    found = find_directions(model.g.config.num_ws, w, x, labels, ())
    names = {one["name"] for one in found}
    found += [one for one in card["directions"] if one["name"] not in names]
    return Measured(card["persona"], card["style_score"], found)
