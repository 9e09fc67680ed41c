"""A model from elsewhere, tried in a process of its own: with limits on time and on memory.

Graphs of a few kilobytes can ask for hours and for all memory there is; what happens to the process that
tries them then happens to nobody else. `python -m engine.trial FOLDER` is that process; it says one object.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np

from engine.bundle import Bundle
from engine.errors import BundleError, PersonaError
from engine.formats import jsonio
from engine.providers import choose, runtime
from engine.recipe import Recipe, StyleUse
from engine.renderer import Renderer
from engine.style_maker import StyleMaker

SECONDS = 60.0
"""For pictures of `SIDE` pixels; more for larger ones. The model that ships takes a few."""
MEGABYTES = 1500
"""Beyond what the process has when it begins; more for larger pictures and weights."""
SIDE = 512
MAX_ANSWER = 100_000


def problem(bundle: Bundle) -> BundleError | None:
    """What is wrong with what the model's graphs do; None when they make pictures."""
    seconds, megabytes = limits(bundle)
    command = [sys.executable, "-P", "-m", "engine.trial", os.fspath(bundle.path), str(megabytes)]
    try:
        done = subprocess.run(
            command,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired:
        reason = f"its pictures take longer than {seconds:.0f} seconds"
        return BundleError(bundle.path, reason, "too-slow", n=round(seconds))
    return _heard(bundle, done, megabytes)


def limits(bundle: Bundle) -> tuple[float, int]:
    """Seconds and megabytes that trying it may take."""
    factor = max(1.0, (bundle.card.resolution / SIDE) ** 2)
    weights = sum(entry.bytes for entry in bundle.card.files.values()) >> 20
    return SECONDS * factor, round(MEGABYTES * factor) + 2 * weights


def _heard(bundle: Bundle, done: subprocess.CompletedProcess[bytes], megabytes: int) -> BundleError | None:
    try:
        said = jsonio.parse(done.stdout, MAX_ANSWER)
        if said["reason"] is None:
            return None
        reason, code = str(said["reason"]), str(said["code"])
    except (ValueError, TypeError, KeyError):
        reason, code = "the process that tried it broke down", "broke-down"
    if code == "memory":
        reason = f"its pictures take more than {megabytes} MB of memory"
        return BundleError(bundle.path, reason, "too-much-memory", n=megabytes)
    return BundleError(bundle.path, reason, code)


def _environment() -> dict[str, str]:
    """This process's, with this package where the child finds it."""
    paths = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"}


def _main(folder: str, megabytes: int) -> None:
    runtime()  # what it takes for itself does not count
    _limit_memory(megabytes)
    try:
        found = picture_problems(Bundle.load(folder))
        reason, code = (found[0].reason, found[0].code) if found else (None, "")
    except MemoryError:
        reason, code = "", "memory"
    if reason and any(word in reason.lower() for word in ("alloc", "memory")):
        code = "memory"
    sys.stdout.write(json.dumps({"reason": reason, "code": code}))


def picture_problems(bundle: Bundle) -> list[BundleError]:
    """Renders with and without a style, and encodes what came out: black output is no success."""
    card = bundle.card
    renderer = Renderer(bundle, choose("cpu"))
    persona = tuple(np.eye(card.persona_size)[0].tolist()) if card.persona else ()
    style = StyleUse("check", tuple(np.eye(card.look_size)[0].tolist()), persona=persona)
    recipes = [
        Recipe.from_seed(bundle.id, 1),
        Recipe.from_seed(bundle.id, 2),
        Recipe.from_seed(bundle.id, 1, styles=(style,)),
    ]
    try:
        pictures = [renderer.render(recipe) for recipe in recipes]
        small = renderer.preview(recipes[0])
        if min(picture.std() for picture in (*pictures, small)) < 1.0:
            return [BundleError(bundle.path, "its pictures are of a single colour", "picture")]
        if np.array_equal(pictures[0], pictures[1]):
            return [BundleError(bundle.path, "it makes the same picture from every seed", "picture")]
        codes = StyleMaker(bundle, network=renderer.network).codes(pictures[0])
        lengths = [float(np.linalg.norm(part)) for part in codes if len(part)]
        if max(abs(length - 1) for length in lengths) > 1e-2:
            return [BundleError(bundle.path, "its style encoder does not give unit vectors", "picture")]
        renderer.content(pictures[0])
    except BundleError as error:
        return [error]
    except PersonaError as error:
        return [BundleError(bundle.path, f"it does not render ({str(error).rstrip('.')})", "picture")]
    return []


def _limit_memory(megabytes: int) -> None:
    """Where the system can: not on Windows, where only the time is limited."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        limit = now + (megabytes << 20)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
