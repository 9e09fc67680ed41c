"""Everything that can be checked about a bundle: every file, every weight, and one picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine import weights
from engine.bundle import GRAPHS, Bundle, check_file, unlisted
from engine.errors import BundleError, PersonaError
from engine.formats.card import FileEntry
from engine.generator import Generator
from engine.providers import choose
from engine.recipe import Recipe, StyleUse
from engine.style import StyleMaker

WEIGHTS = tuple(
    f"{part}.safetensors" for part in ("content_encoder", "discriminator", "generator", "style_encoder")
)


def problems(bundle: Bundle, progress: Callable[[float], None] | None = None) -> list[BundleError]:
    """What is wrong with the bundle; empty when all is well. progress: 0..1, by bytes."""
    entries = list(bundle.card.files.values())
    total, done = sum(entry.bytes for entry in entries) or 1, 0
    found = [error for name in WEIGHTS if name not in bundle.card.files for error in [_missing(bundle, name)]]
    damaged = set()
    for entry in entries:
        if error := _file_problem(bundle, entry):
            found.append(error)
            damaged.add(entry.name)
        done += entry.bytes
        if progress:
            progress(done / total)
    found += [BundleError(bundle.path, f"{name} is not on its card", "extra") for name in unlisted_in(bundle)]
    if not damaged & set(GRAPHS):
        from engine import trial  # it is a program, too, which imports this module

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


def picture_problems(bundle: Bundle) -> list[BundleError]:
    """Renders with and without a style, and encodes what came out: black output is no success."""
    card = bundle.card
    generator = Generator(bundle, choose("cpu"))
    persona = tuple(np.eye(card.persona_size)[0].tolist()) if card.persona else ()
    style = StyleUse("check", tuple(np.eye(card.look_size)[0].tolist()), persona=persona)
    recipes = [
        Recipe.from_seed(bundle.id, 1),
        Recipe.from_seed(bundle.id, 2),
        Recipe.from_seed(bundle.id, 1, styles=(style,)),
    ]
    try:
        pictures = [generator.render(recipe) for recipe in recipes]
        small = generator.preview(recipes[0])
        if min(picture.std() for picture in (*pictures, small)) < 1.0:
            return [BundleError(bundle.path, "its pictures are of a single colour", "picture")]
        if np.array_equal(pictures[0], pictures[1]):
            return [BundleError(bundle.path, "it makes the same picture from every seed", "picture")]
        codes = StyleMaker(bundle, network=generator.network).codes(pictures[0])
        lengths = [float(np.linalg.norm(part)) for part in codes if len(part)]
        if max(abs(length - 1) for length in lengths) > 1e-2:
            return [BundleError(bundle.path, "its style encoder does not give unit vectors", "picture")]
        generator.content(pictures[0])
    except BundleError as error:
        return [error]
    except PersonaError as error:
        return [BundleError(bundle.path, f"it does not render ({str(error).rstrip('.')})", "picture")]
    return []
