"""Whether a graphics card can train, tried and not only asked: and if not, why, in one sentence."""

from __future__ import annotations

import warnings

import torch

from engine.formats.reason import Reason

_SIGNS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("no nvidia driver",), "no-driver", "no NVIDIA driver was found"),
    (
        ("driver on your system is too old", "driver version is insufficient"),
        "driver-old",
        "the NVIDIA driver is too old for this PyTorch; install a newer one",
    ),
    (
        ("no kernel image", "not compatible with the current pytorch"),
        "card-unsupported",
        "this PyTorch does not support the graphics card",
    ),
    (
        ("busy or unavailable", "exclusive"),
        "card-held",
        "another program has the graphics card for itself",
    ),
    (
        ("out of memory", "alloc_failed", "not_initialized"),
        "card-full",
        "other programs take all the memory of the graphics card",
    ),
)
"""What CUDA says, in lower case, and what that means."""


def why_not(card: torch.device) -> Reason | None:
    """Why a card cannot train, as the second half of a sentence; None where a small sum came out right."""
    if torch.version.cuda is None and torch.version.hip is None:
        return Reason("torch-cpu", "the PyTorch that is installed was built without CUDA")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters is raised as well
            torch.cuda.init()
        if (card.index or 0) >= torch.cuda.device_count():
            return Reason("no-such-card", f"there is no graphics card {card.index or 0}")
        right = float(_sum(card)) == 64.0
    except Exception as error:  # of several families
        return explained(error)
    return None if right else Reason("card-wrong", "the graphics card calculates wrongly")


def explained(error: BaseException) -> Reason:
    """What an error of CUDA means."""
    text = str(error)
    for signs, code, message in _SIGNS:
        if any(sign in text.lower() for sign in signs):
            return Reason(code, message)
    first = next(iter(text.strip().splitlines()), type(error).__name__).strip().rstrip(".")
    return Reason("card-failed", f"CUDA does not work here ({first:.200})", {"said": f"{first:.200}"})


def _sum(card: torch.device) -> torch.Tensor:
    """64, by a product of matrices, for which cuBLAS has to begin."""
    ones = torch.ones(8, 8, device=card)
    return (ones @ ones).sum() / 8
