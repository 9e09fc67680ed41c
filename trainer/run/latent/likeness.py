"""How much a run's pictures show the person of the set, by the face network that the model carries."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from trainer.model.identity import FaceConfig, FaceEmbedder
from trainer.run.latent.networks import BATCH

MOST = 24
"""Pictures of the person that are compared with."""


class PersonLikeness:
    """Compares pictures with the person's own ones."""

    def __init__(self, face: FaceEmbedder, references: Tensor) -> None:
        """references: pictures of the person [N, 3, R, R] in -1..1."""
        self.face = face
        rows = self._read(references[:MOST])
        self.centre = F.normalize(rows.mean(dim=0), dim=0)
        self.real = self._among(rows)

    @property
    def by(self) -> str:
        """Which network says so, as events tell it."""
        return "sface" if self.face.config == FaceConfig() else "face"

    def measure(self, pictures: Tensor) -> dict[str, float]:
        """The mean cosine of pictures [N, 3, R, R] to the person; and that of the person's own ones."""
        found = {"identity": round(float((self._read(pictures) @ self.centre).mean()), 4)}
        return found if self.real is None else found | {"real_identity": round(self.real, 4)}

    @torch.no_grad()
    def _read(self, pictures: Tensor) -> Tensor:
        return torch.cat([self.face.embed(part) for part in pictures.split(BATCH)])

    def _among(self, rows: Tensor) -> float | None:
        """The mean cosine of each picture to all others together; None for a single one."""
        if len(rows) < 2:
            return None
        others = F.normalize(rows.sum(dim=0, keepdim=True) - rows, dim=1)
        return float((rows * others).sum(dim=1).mean())
