"""Named directions in w, found by measuring pictures and fitting what in w goes with each measurement.

For every measurement (light, warmth of colour, background, class, ...) a ridge regression over the encoded
pictures gives the direction in w along which it grows; one `scale` moves the measurement by one standard
deviation of the data. Linear directions in w: Shen et al., 2020.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Measure = Callable[[Tensor], Tensor]
PART = 32
"""Pictures that are measured at once."""

_LUMA = (0.299, 0.587, 0.114)


def _luma(x: Tensor) -> Tensor:
    weights = torch.tensor(_LUMA, device=x.device)[:, None, None]
    return ((x + 1) / 2 * weights).sum(dim=1)  # [N, H, W]


def _frame(x: Tensor) -> Tensor:
    """The upper corners of [N, 3, H, W], where the background of a portrait is: [N, 3, H / 3, H / 4]."""
    side = x.shape[-1]
    return torch.cat([x[..., : side // 3, : side // 8], x[..., : side // 3, -(side // 8) :]], dim=-1)


def _centre(x: Tensor) -> Tensor:
    side = x.shape[-1]
    return x[..., side // 4 : 3 * side // 4, side // 4 : 3 * side // 4]


def _saturation(x: Tensor) -> Tensor:
    return (x.amax(dim=1) - x.amin(dim=1)).mean(dim=(1, 2))


def _side_light(x: Tensor) -> Tensor:
    face = _luma(_centre(x))
    half = face.shape[-1] // 2
    return face[..., half:].mean(dim=(1, 2)) - face[..., :half].mean(dim=(1, 2))


def _detail(x: Tensor) -> Tensor:
    y = _luma(_centre(x))
    return y.diff(dim=1).abs().mean(dim=(1, 2)) + y.diff(dim=2).abs().mean(dim=(1, 2))


def _hair(x: Tensor) -> Tensor:
    """Light at the crown of the head."""
    side = x.shape[-1]
    return _luma(x[..., side // 16 : side // 6, 3 * side // 8 : 5 * side // 8]).mean(dim=(1, 2))


def _length(x: Tensor) -> Tensor:
    """How much the areas beside the chin look like the crown rather than the upper corners."""
    side = x.shape[-1]
    crown = x[..., side // 16 : side // 6, 3 * side // 8 : 5 * side // 8].mean(dim=(2, 3))
    chin = x[..., side // 2 : 3 * side // 4, :]
    sides = [chin[..., side // 8 : side // 4], chin[..., -side // 4 : -side // 8]]
    beside = torch.cat(sides, dim=-1).mean(dim=(2, 3))
    corner = _frame(x).mean(dim=(2, 3))
    return (beside - corner).norm(dim=1) - (beside - crown).norm(dim=1)


MEASURES: dict[str, tuple[str, str, Measure]] = {
    "light": ("Light on the face", "面部光线", lambda x: _luma(_centre(x)).mean(dim=(1, 2))),
    "warmth": ("Warmth of colour", "色彩冷暖", lambda x: (x[:, 0] - x[:, 2]).mean(dim=(1, 2))),
    "saturation": ("Saturation", "饱和度", _saturation),
    "contrast": ("Contrast", "对比度", lambda x: _luma(x).flatten(1).std(dim=1)),
    "background_light": ("Background brightness", "背景亮度", lambda x: _luma(_frame(x)).mean(dim=(1, 2))),
    "background_warmth": (
        "Background warmth",
        "背景冷暖",
        lambda x: (_frame(x)[:, 0] - _frame(x)[:, 2]).mean(dim=(1, 2)),
    ),
    "side_light": ("Side of the light", "光源方向", _side_light),
    "hair_light": ("Hair brightness", "发色深浅", _hair),
    "hair_length": ("Hair length", "头发长度", _length),
    "detail": ("Fine detail", "细节", _detail),
}


@torch.no_grad()
def find_directions(
    num_ws: int, w: Tensor, x: Tensor, labels: Tensor, classes: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Directions for a model card from encoded pictures: w [N, W], x [N, 3, R, R], classes [N].

    The pictures may lie in main memory; they are measured where w is.
    """
    wanted = {name: (en, zh, _measured(measure, x, w)) for name, (en, zh, measure) in MEASURES.items()}
    if len(classes) == 2:
        title = f"{classes[0]} to {classes[1]}"
        wanted["class"] = (title.capitalize(), f"{classes[0]} → {classes[1]}", labels.float().to(w.device))
    found = []
    for name, (en, zh, values) in wanted.items():
        vector = _gradient(w, values.to(w.dtype))
        if vector is None:
            continue
        found.append(
            {
                "name": name,
                "label": {"en": en, "zh": zh},
                "first": 0,
                "last": num_ws - 1,
                "vector": [round(float(v), 6) for v in vector],
                "scale": 1.0,
            }
        )
    return found


def _measured(measure: Measure, x: Tensor, w: Tensor) -> Tensor:
    """[N]"""
    return torch.cat([measure(part.to(w.device)) for part in x.split(PART)])


def _gradient(w: Tensor, values: Tensor, ridge: float = 0.1) -> Tensor | None:
    """What to add to w so that the fitted measurement grows by one standard deviation; None where it hardly
    varies.

    The pattern of the regression (covariance times weights) stays near the data, unlike the weights
    themselves.
    """
    if len(values) < 32 or float(values.std()) < 1e-4:
        return None
    y = ((values - values.mean()) / values.std()).double()
    centred = (w - w.mean(dim=0)).double()
    covariance = centred.T @ centred / len(y)
    eye = torch.eye(covariance.shape[0], device=w.device, dtype=covariance.dtype)
    weights = torch.linalg.solve(
        covariance + ridge * covariance.diagonal().mean() * eye, centred.T @ y / len(y)
    )
    pattern = covariance @ weights
    gain = float(pattern @ weights)
    return (pattern / gain).float() if gain > 1e-3 else None
