"""Is a large export bound by making the pictures, or by writing them? Measured within one run.

Three times the same set: made but not written, written but not made, and both at once as an export does it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from engine.bundle import Bundle
from engine.errors import PathText
from engine.export import WRITERS, ExportItem, export_set
from engine.images import Picture
from engine.providers import choose
from engine.recipe import Recipe
from engine.renderer import Renderer

BATCH = 8
PICTURES = 1000


def measure_export(
    bundle_path: PathText,
    provider_preference: str = "auto",
    count: int = PICTURES,
    progress: Callable[[str], object] | None = None,
) -> dict[str, Any]:
    """Seconds for `count` pictures at full resolution as PNG with their recipes, and the ratios.

    export_over_making: near 1 when writing hides behind making. BundleError and the like.
    """
    tell = progress or (lambda _: None)
    bundle = Bundle.load(bundle_path)
    provider = choose(provider_preference)
    renderer = Renderer(bundle, provider)
    recipes = [Recipe.from_seed(bundle.id, seed) for seed in range(count)]
    list(_made(renderer, recipes[:BATCH]))  # the first batch also readies the graphs
    tell("making")
    making, pictures = _timed(lambda: list(_made(renderer, recipes)))
    with tempfile.TemporaryDirectory(prefix="persona-bench-") as folder:
        tell("writing")
        ready = [ExportItem(*pair) for pair in zip(pictures, recipes, strict=True)]
        writing, _ = _timed(lambda: export_set(ready, Path(folder) / "written", template="{n:05}"))
        tell("both")
        stream = _made(renderer, recipes)
        fresh = [ExportItem(partial(next, stream), recipe) for recipe in recipes]
        both, _ = _timed(lambda: export_set(fresh, Path(folder) / "both", template="{n:05}"))
    return {
        "provider": provider.name,
        "threads": provider.threads,
        "model": bundle.name,
        "resolution": bundle.card.resolution,
        "exported": count,
        "writers": WRITERS,
        "making_s": round(making, 6),
        "writing_s": round(writing, 6),
        "export_s": round(both, 6),
        "writing_over_making": round(writing / making, 3),
        "export_over_making": round(both / making, 3),
    }


def _made(renderer: Renderer, recipes: list[Recipe]) -> Iterator[Picture]:
    """The pictures, made in batches."""
    for first in range(0, len(recipes), BATCH):
        yield from renderer.render_batch(recipes[first : first + BATCH])


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result
