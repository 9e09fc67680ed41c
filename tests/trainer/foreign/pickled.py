"""Networks in files as others write them: made here, with the names that those files have."""

from __future__ import annotations

import pickle
import sys
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from trainer.foreign.stylegan2 import StyleGan2, StyleGan2Config

CONFIG = StyleGan2Config(32, 8, 8, (16, 16, 16, 8), mapping_layers=2, clamp=1)
SETTINGS = {"mapping_kwargs": {"num_layers": 2}, "synthesis_kwargs": {"conv_clamp": 1, "channel_max": 16}}


def weights(config: StyleGan2Config = CONFIG) -> dict[str, torch.Tensor]:
    """Numbers for every weight, drawn by its name, so that another program can draw the same."""
    found = {}
    for name, value in StyleGan2(config).state_dict().items():
        drawn = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode()))).standard_normal(
            tuple(value.shape)
        )
        scale = 100 if "mapping.fc" in name else 0.5 if value.ndim < 2 else 1
        found[name] = torch.from_numpy(np.asarray(drawn, np.float32)) * scale
        if name.endswith("affine.bias"):
            found[name] += 1
    return found


class Persistent:
    """An object that is pickled as StyleGAN2-ADA pickles its modules: with its source code."""

    def __init__(self, class_name: str, state: dict[str, Any]) -> None:
        self.class_name, self.state = class_name, state

    def __reduce__(self) -> Any:
        meta = {
            "type": "class",
            "version": 6,
            "module_src": "raise SystemExit",
            "class_name": self.class_name,
        }
        return sys.modules["torch_utils.persistence"]._reconstruct_persistent_obj, (
            {**meta, "state": self.state},
        )


def network(given: Mapping[str, torch.Tensor] | None = None, **settings: Any) -> Persistent:
    """The generator as a tree of modules."""
    state: dict[str, Any] = {"_init_kwargs": SETTINGS, "c_dim": 0, "img_channels": 3} | settings
    root = {"_parameters": OrderedDict(), "_buffers": OrderedDict(), "_modules": OrderedDict(), **state}
    for name, value in (given or weights()).items():
        at = root
        *path, last = name.split(".")
        for part in path:
            new: dict[str, Any] = {key: OrderedDict() for key in ("_parameters", "_buffers", "_modules")}
            at = at["_modules"].setdefault(part, Persistent("Part", new)).state
        if last in ("w_avg", "noise_const"):
            at["_buffers"][last] = value
        else:
            at["_parameters"][last] = torch.nn.Parameter(value)
    return Persistent("Generator", root)


@contextmanager
def their_modules() -> Iterator[None]:
    """Modules of theirs, for as long as it takes to write: a pickle only names what can be found."""
    theirs = {name: ModuleType(name) for name in ("torch_utils", "torch_utils.persistence")}

    def _reconstruct_persistent_obj(meta: Any) -> None:
        raise AssertionError("this is for writing")

    _reconstruct_persistent_obj.__module__ = "torch_utils.persistence"
    _reconstruct_persistent_obj.__qualname__ = "_reconstruct_persistent_obj"
    vars(theirs["torch_utils.persistence"])["_reconstruct_persistent_obj"] = _reconstruct_persistent_obj
    sys.modules.update(theirs)
    try:
        yield
    finally:
        for name in theirs:
            del sys.modules[name]


def write(path: Path, generator: Any, protocol: int = 4) -> Path:
    """The file."""
    with their_modules():
        path.write_bytes(pickle.dumps({"G": None, "D": None, "G_ema": generator}, protocol))
    return path
