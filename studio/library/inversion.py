"""Photos brought closer: the trainer inverts them, in a process of its own that loads torch.

What G makes of a photo by C alone has its pose, its hair and its light; inverted, it has the person's face
and expression, too. That takes some seconds for each, so a quick picture can be shown before.
"""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.bundle import Bundle
from engine.errors import Cancelled, PersonaError
from engine.formats.protocol import Failed, Inverted, Inverting, ProtocolError, parse_event
from engine.formats.reason import Reason
from engine.images import Picture, save_picture
from studio.library.processes import start_trainer

PARTS = 100
"""Steps in which progress is told."""
LOOK_S = 0.1
"""How soon it is noticed that nobody waits any more."""
NEEDED = ("generator.safetensors", "style_encoder.safetensors", "content_encoder.safetensors")


def can_invert(bundle: Bundle) -> bool:
    """Whether a model came with the weights that inversion needs, and was made by this trainer."""
    if not bundle.card.raw.get("network"):
        return False
    return all(name in bundle.card.files and (bundle.path / name).is_file() for name in NEEDED)


def invert(
    bundle: Bundle,
    faces: Sequence[Picture],
    progress: Callable[[int, int], object],
    cancelled: Callable[[], bool],
) -> Iterator[str]:
    """The offset (`Recipe.offset`) of each aligned face, as it is found. Waits for a child of the trainer.

    faces: uint8 [R, R, 3]. progress(done, total). PersonaError when it cannot be done, Cancelled.
    """
    found, reason = 0, Reason("", "the trainer ended")
    with tempfile.TemporaryDirectory(prefix="persona-faces-") as home:
        files = [Path(home, f"{number}.png") for number in range(len(faces))]
        for file, face in zip(files, faces, strict=True):
            save_picture(file, face)
        words = ["invert", str(bundle.path), *map(str, files)]
        with start_trainer(words) as child, _killed_when(cancelled, child):
            assert child.stdout is not None
            for line in child.stdout:
                with suppress(ProtocolError):
                    _, event = parse_event(line)
                    if isinstance(event, Inverting):
                        progress(round(PARTS * event.part), PARTS)
                    elif isinstance(event, Inverted):
                        found += 1
                        yield event.offset
                    elif isinstance(event, Failed):
                        reason = event.reason
    if cancelled():
        raise Cancelled
    if found < len(faces):
        message = f"The photo could not be followed more closely: {reason.message.rstrip('.')}."
        raise PersonaError(message, reason.code, **reason.values)


@contextmanager
def _killed_when(cancelled: Callable[[], bool], child: subprocess.Popen[str]) -> Iterator[None]:
    """Ends the child as soon as somebody wants that, and at the end in any case."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_S):
            if cancelled():
                child.kill()

    watcher = threading.Thread(target=watch, name="inversion", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        child.kill()
