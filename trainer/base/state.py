"""The state of a stage on disk: one file with everything that going on needs, replaced atomically."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from safetensors.torch import save as serialize
from torch import Tensor, nn

from engine.files import write_atomic


def save_state(
    file: Path,
    modules: Mapping[str, nn.Module],
    optimizers: Mapping[str, torch.optim.Optimizer],
    card: dict[str, str],
) -> None:
    """Weights as `module/name`, moments as `optimizer/index/name`, and what the card says."""
    tensors: dict[str, Tensor] = {}
    for name, module in modules.items():
        tensors |= {f"{name}/{k}": v.contiguous() for k, v in module.state_dict().items()}
    for name, optimizer in optimizers.items():
        for index, state in optimizer.state_dict()["state"].items():
            moments = {k: torch.as_tensor(v).contiguous() for k, v in state.items()}
            tensors |= {f"{name}/{index}/{k}": v for k, v in moments.items()}
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(file, serialize(tensors, card), overwrite=True)


def restore_state(
    file: Path, modules: Mapping[str, nn.Module], optimizers: Mapping[str, torch.optim.Optimizer]
) -> None:
    """Puts back what `save_state` or `shorten` wrote.

    A network that is not there begins as its average; an optimizer of other parameters, or of none, afresh.
    """
    tensors = load_file(file)
    for name, module in modules.items():
        stood_for = next((a for a in (f"average_{name}", "average") if part(tensors, f"{a}/")), name)
        module.load_state_dict(part(tensors, f"{name}/") or part(tensors, f"{stood_for}/"))
    for name, optimizer in optimizers.items():
        states: dict[int, dict[str, Tensor]] = {}
        for key, value in part(tensors, f"{name}/").items():
            index, entry = key.split("/")
            states.setdefault(int(index), {})[entry] = value
        known = optimizer.state_dict()
        if states and len(states) == sum(len(group["params"]) for group in known["param_groups"]):
            optimizer.load_state_dict(known | {"state": states})


def shorten(file: Path, short: Path) -> None:
    """Writes of a state what going on cannot do without: averages and adversaries, in half precision."""
    tensors = load_file(file)
    averaged = {name.split("/")[0].removeprefix("average_") for name in tensors if name.startswith("average")}
    online = averaged - {"average"} | ({"model"} if "average" in averaged else set())
    left_out = (*(f"{name}/" for name in online), "optimizer/", "adversary/", "maker/", "judge/")
    kept = {
        k: v.half() if v.is_floating_point() else v for k, v in tensors.items() if not k.startswith(left_out)
    }
    short.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(short, serialize(kept, card_of(file)), overwrite=True)


def part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors below a name, without it."""
    return {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}


def card_of(file: Path) -> dict[str, str]:
    """What the card of a state says; empty where there is no state yet."""
    if not file.exists():
        return {}
    with safe_open(file, "pt") as opened:
        return opened.metadata() or {}
