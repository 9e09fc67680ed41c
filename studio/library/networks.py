"""Networks from elsewhere made into models: the trainer does it, in a process of its own that loads torch."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from engine.bundle import Bundle
from engine.errors import PersonaError
from engine.exchange import import_bundle
from engine.formats.protocol import Converting, Failed, ProtocolError, parse_event
from engine.formats.reason import Reason
from studio.library.processes import start_trainer

SUFFIXES = (".pkl", ".pt", ".pth")


class NetworkError(PersonaError):
    """A network that could not be made into a model; the message names the file and the reason."""

    exit_code = 5
    code = "network-file"


def is_network(path: Path) -> bool:
    """Whether a file is called like a network, not like a model."""
    return path.suffix.lower() in SUFFIXES


def import_network(
    source: Path, target: Path, name: str, licence: str, progress: Callable[[int, int], object]
) -> Bundle:
    """Makes a model of the network in a file and puts it into the folder `target`, whole or not at all.

    Nothing that the file names is run. progress: pictures drawn, of how many. NetworkError, BundleError,
    TargetExistsError.
    """
    with tempfile.TemporaryDirectory(prefix="persona-network-") as home:
        folder = Path(home, "model")
        words = ["convert", str(source), "--out", str(folder), "--name", name, "--licence", licence]
        reason = _run(words, progress)
        if not folder.is_dir():
            raise NetworkError(reason.message, reason.code, **reason.values)
        return import_bundle(folder, target)


def _run(words: list[str], progress: Callable[[int, int], object]) -> Reason:
    """Waits for a child of the trainer; returns why it failed, or what to say when it told nothing."""
    reason = Reason("network-file", "The network was not taken in: the process that did it broke down.")
    with start_trainer(words) as child:
        assert child.stdout is not None
        try:
            for line in child.stdout:
                with suppress(ProtocolError):
                    _, event = parse_event(line)
                    if isinstance(event, Converting):
                        progress(event.done, event.total)
                    elif isinstance(event, Failed):
                        reason = event.reason
        except BaseException:
            child.kill()
            raise
    return reason
