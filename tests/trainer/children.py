"""The trainer in child processes that start at once: a server that has loaded everything forks them."""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from engine.formats import protocol

_method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
context = multiprocessing.get_context(_method)
context.set_forkserver_preload(["trainer.cli.training", "torch._dynamo", "onnxruntime"])

Prepare = Callable[[], None]
"""Changes something in the child before it begins; a function of a module."""


class Child:
    """One `python -m trainer ...`: commands go in, events and the log come out."""

    def __init__(
        self, arguments: Sequence[str], folder: Path, prepare: Prepare | None = None, **environment: str
    ) -> None:
        """folder: where its output goes."""
        folder.mkdir(parents=True, exist_ok=True)
        self.out, self.log, inlet = folder / "stdout", folder / "stderr", folder / "stdin"
        os.mkfifo(inlet)
        self._inlet = os.open(inlet, os.O_RDWR)
        files = [str(inlet), str(self.out), str(self.log)]
        given = {"OMP_NUM_THREADS": "1", **environment}
        given_all = (list(arguments), files, prepare, given)
        self.process = context.Process(target=_run, args=given_all, daemon=True)
        self.process.start()

    def say(self, command: str) -> None:
        os.write(self._inlet, protocol.command_line(command).encode())

    def close_input(self) -> None:
        if self._inlet >= 0:
            os.close(self._inlet)
            self._inlet = -1

    def wait(self, seconds: float = 100.0) -> int:
        """Its exit code; negative for a signal."""
        self.process.join(seconds)
        assert self.process.exitcode is not None, "the child does not end: " + self.log.read_text()
        self.close_input()
        return self.process.exitcode

    def signal(self, number: int) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def events(self) -> list[protocol.Event]:
        """What it has told so far; every line must be an event."""
        lines = self.out.read_text(encoding="utf-8").splitlines() if self.out.exists() else []
        return [protocol.parse_event(line)[1] for line in lines]

    def wait_for(self, kind: type[protocol.Event], count: int = 1, seconds: float = 100.0) -> protocol.Event:
        """Waits for the so-manieth event of a kind."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = list(self._told(kind))
            if len(found) >= count:
                return found[count - 1]
            assert self.process.is_alive() or len(list(self._told(kind))) >= count, self.log.read_text()
            time.sleep(0.01)
        raise AssertionError(f"no {kind.name} came: {self.log.read_text()}")

    def _told(self, kind: type[protocol.Event]) -> Iterator[protocol.Event]:
        """Whole lines only: the last may still be on its way."""
        text = self.out.read_text(encoding="utf-8") if self.out.exists() else ""
        for line in text.splitlines(keepends=True):
            if line.endswith("\n") and isinstance(event := protocol.parse_event(line)[1], kind):
                yield event


def resume(run: Path, folder: Path, prepare: Prepare | None = None, **environment: str) -> Child:
    """A child that goes on with a run; its output goes to `folder`."""
    return Child(["train", "-", "--out", str(run), "--resume"], folder, prepare, **environment)


def together(run: Path, folder: Path, prepare: Prepare | None = None, count: int = 2) -> list[Child]:
    """Children that train as torchrun would start them; the first leads."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    shared = {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    return [
        resume(run, folder / str(rank), prepare, RANK=str(rank), LOCAL_RANK=str(rank), **shared)
        for rank in range(count)
    ]


def _run(arguments: list[str], files: list[str], prepare: Prepare | None, given: dict[str, str]) -> None:
    import torch

    from trainer.cli import main
    from trainer.run import half_precision

    os.environ.update(given)
    inlet, out, log = files
    os.dup2(os.open(inlet, os.O_RDONLY | os.O_NONBLOCK), 0)  # its other end may be closed already
    os.set_blocking(0, True)
    for number, path in ((1, out), (2, log)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
    torch.set_num_threads(1)
    half_precision.pays_on_cpu = lambda: False  # type: ignore[assignment]
    if prepare is not None:
        prepare()
    sys.exit(main(arguments))
