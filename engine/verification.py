"""Everything that can be checked about a bundle: every file, every weight, and what it makes of them."""

from __future__ import annotations

from collections.abc import Callable

from engine import trial, weights
from engine.bundle import Bundle, check_file, graph_files, unlisted
from engine.errors import BundleError
from engine.formats.card import FileEntry

WEIGHTS = {
    "pixels": ("content_encoder", "discriminator", "generator", "style_encoder"),
    "latent": ("discriminator",),
}
"""What training needs besides the graphs, by the kind of networks; of latents, the graphs hold the rest."""


def problems(bundle: Bundle, progress: Callable[[float], None] | None = None) -> list[BundleError]:
    """What is wrong with the bundle; empty when all is well. progress: 0..1, by bytes."""
    entries = list(bundle.card.files.values())
    total, done = sum(entry.bytes for entry in entries) or 1, 0
    kind = bundle.card.raw["network"].get("kind", "pixels")
    wanted = [f"{part}.safetensors" for part in WEIGHTS.get(kind, ())]
    found = [_missing(bundle, name) for name in wanted if name not in bundle.card.files]
    damaged = set()
    for entry in entries:
        if error := _file_problem(bundle, entry):
            found.append(error)
            damaged.add(entry.name)
        done += entry.bytes
        if progress:
            progress(done / total)
    found += [BundleError(bundle.path, f"{name} is not on its card", "extra") for name in unlisted_in(bundle)]
    if not damaged & set(graph_files(bundle.card)):
        found += [error for error in [trial.problem(bundle)] if error]
    return found


def unlisted_in(bundle: Bundle) -> list[str]:
    """Files in the bundle's folder that its card does not know."""
    return unlisted(bundle.path, bundle.card)


def _missing(bundle: Bundle, name: str) -> BundleError:
    return BundleError(bundle.path, f"its card does not list {name}", "card")


def _file_problem(bundle: Bundle, entry: FileEntry) -> BundleError | None:
    try:
        check_file(bundle.path, entry)
        if entry.name.endswith(".safetensors"):
            weights.check(bundle.path / entry.name)
    except BundleError as error:
        return error
    except ValueError as error:
        return BundleError(bundle.path, f"{entry.name} {error}", "weights")
    return None
