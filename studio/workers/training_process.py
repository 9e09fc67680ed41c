"""The trainer, as a child process: commands on stdin, events on stdout, its log on stderr (JSON lines).

Closing its stdin means "checkpoint and leave", so a window that crashes leaves no orphan.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

from engine.formats import protocol
from studio.frame_budget.thread_priority import TRAINING, lower_process_priority
from studio.signals import delayed

LOG_LINES = 200
KILL_MS = 3000
"""How long a child that was asked to end may take before it is ended."""

Parse = Callable[[str], tuple[float, object]]
"""Time and event of one line of its output; ValueError for anything else."""


@dataclass(frozen=True)
class TrainingEnd:
    """How the child ended."""

    exit_code: int
    crashed: bool
    stopped: bool
    """Whether we asked it to."""
    log: str
    """The last lines of stderr."""
    last_event: object
    """The last thing it said; None when it said nothing."""
    problem: str = ""
    """Why it could not be started."""

    @property
    def ok(self) -> bool:
        """Whether it ended as it should."""
        return self.exit_code == 0 and not self.crashed and not self.problem


class TrainingProcess(QObject):
    """One run of `python -m trainer ...`. Never waits; what happens comes as signals."""

    started = Signal()
    event_received = Signal(object)
    """(seconds since 1970, engine.formats.protocol.Event or whatever `parse` gives)."""
    log_received = Signal(str)
    """One line of stderr, or of stdout that is no event."""
    finished = Signal(object)
    """TrainingEnd."""

    def __init__(
        self,
        arguments: Sequence[str],
        parent: QObject | None = None,
        *,
        program: Sequence[str] = (sys.executable, "-m", "trainer"),
        folder: Path | None = None,
        home: Path | None = None,
        parse: Parse = protocol.parse_event,
    ) -> None:
        """arguments: what follows `python -m trainer`. folder: where it runs; None here.

        home: the person's data folder, for what the trainer keeps there; None for the usual one. parse: reads
        a line of its output.
        """
        super().__init__(parent)
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._rest = {QProcess.ProcessChannel.StandardOutput: b"", QProcess.ProcessChannel.StandardError: b""}
        self._last: object = None
        self._parse = parse
        self._stopped = False
        self._ended = False
        self._process = QProcess(self)
        self._process.setProgram(program[0])
        self._process.setArguments([*program[1:], *arguments])
        self._process.setProcessEnvironment(_environment(home))
        if folder is not None:
            self._process.setWorkingDirectory(str(folder))
        self._process.started.connect(lambda: lower_process_priority(self.pid, TRAINING))
        self._process.started.connect(self.started)
        self._process.readyReadStandardOutput.connect(self._read_events)
        self._process.readyReadStandardError.connect(self._read_log)
        self._process.errorOccurred.connect(self._fail)
        self._process.finished.connect(self._finish)
        self._patience = delayed(self, KILL_MS, self._process.kill)

    @property
    def running(self) -> bool:
        """Whether the child lives."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    @property
    def pid(self) -> int:
        """The child's process id; 0 while there is none."""
        return int(self._process.processId())

    def start(self) -> None:
        """Starts the child."""
        self._process.start()

    def send(self, command: str) -> None:
        """Sends one of `engine.formats.protocol.COMMANDS`."""
        self._stopped |= command == "stop"
        self._process.write(protocol.command_line(command).encode())

    def leave(self) -> None:
        """Closes its stdin: it makes a checkpoint and ends."""
        self._stopped = True
        self._process.closeWriteChannel()

    def kill(self) -> None:
        """Ends it at once; the last checkpoint stays."""
        self._stopped = True
        self._process.kill()

    def terminate(self) -> None:
        """Asks it to end, which what has no commands understands; ends it when it does not obey."""
        self._stopped = True
        self._process.terminate()
        self._patience.start()

    def wait(self, milliseconds: int) -> bool:
        """Waits for the end, at most so long: for the very end of the program. True when it ended."""
        return not self.running or self._process.waitForFinished(milliseconds)

    def _read_events(self) -> None:
        for line in self._lines(QProcess.ProcessChannel.StandardOutput):
            try:
                stamped = self._parse(line)
            except ValueError:
                self._note(line)
                continue
            self._last = stamped[1]
            self.event_received.emit(stamped)

    def _read_log(self) -> None:
        for line in self._lines(QProcess.ProcessChannel.StandardError):
            self._note(line)

    def _note(self, line: str) -> None:
        self._log.append(line)
        self.log_received.emit(line)

    def _lines(self, channel: QProcess.ProcessChannel, *, all_of_it: bool = False) -> list[str]:
        """The whole lines that have come, or also what is left at the end."""
        self._process.setReadChannel(channel)
        content = self._rest[channel] + self._process.readAll().data()
        *whole, rest = content.split(b"\n")
        if all_of_it and rest:
            whole, rest = [*whole, rest], b""
        self._rest[channel] = rest
        return [line.decode(errors="replace").rstrip("\r") for line in whole if line.strip()]

    def _fail(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end(-1, crashed=False, problem=self._process.errorString())

    def _finish(self, exit_code: int, status: QProcess.ExitStatus) -> None:
        self._read_events()
        self._read_log()
        for line in self._lines(QProcess.ProcessChannel.StandardError, all_of_it=True):
            self._note(line)
        self._end(exit_code, crashed=status == QProcess.ExitStatus.CrashExit)

    def _end(self, exit_code: int, *, crashed: bool, problem: str = "") -> None:
        if not self._ended:
            self._ended = True
            self._patience.stop()
            log = "\n".join(self._log)
            self.finished.emit(TrainingEnd(exit_code, crashed, self._stopped, log, self._last, problem))


def _environment(home: Path | None) -> QProcessEnvironment:
    environment = QProcessEnvironment.systemEnvironment()
    if home is not None:
        environment.insert("PERSONA_HOME", str(home))
    environment.insert(protocol.ENDS_WITH_STDIN, "1")
    environment.insert("PYTHONUNBUFFERED", "1")
    environment.insert("PYTHONIOENCODING", "utf-8")
    return environment
