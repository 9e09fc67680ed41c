"""One picture of a bundle's generator in PyTorch, for comparison with what ships."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import torch

from trainer.model.layers import freeze
from trainer.storage.bundles import load_networks


def time_picture(bundle: Path, threads: int = 0, runs: int = 20) -> dict[str, float]:
    """The median milliseconds of one full picture, and the CPU threads that made it.

    threads: 0 leaves the choice to torch. Raises BundleError or WeightsError.
    """
    if threads:
        torch.set_num_threads(threads)
    generator = load_networks(bundle).generator
    freeze(generator)
    w = torch.zeros(1, generator.config.num_ws, generator.config.w_size) + generator.w_mean
    with torch.inference_mode():
        for _ in range(3):
            generator.synthesis(w)
        times = []
        for _ in range(max(1, runs)):
            start = time.perf_counter()
            generator.synthesis(w)
            times.append((time.perf_counter() - start) * 1000)
    return {"torch_same_network_ms": statistics.median(times), "threads": torch.get_num_threads()}
