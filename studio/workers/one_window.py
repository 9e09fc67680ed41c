"""One window per library: whoever opens the studio again hands its files to the window that is there.

A lock in the library's folder says which process has the window; the system gives it back when that process
is gone, however it went. Beside it, for its owner only, lies the window's address: a local socket's name,
made up anew each time, and a token. Who does not know the token, or is another user, is refused.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import struct
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from engine.errors import PersonaError
from engine.files import make_folder
from engine.formats import jsonio
from studio.signals import delayed

LOCK, ADDRESS = "window.lock", "window.json"
LONGEST = 1 << 20
"""Bytes of a wish; longer ones are refused."""
SILENCE_MS = 5000
"""Who connects and says nothing for so long is hung up on."""
PATIENCE_S = 10.0
"""So long a window may take to answer: it may only just be opening."""
TAKEN = b"taken\n"


@dataclass(frozen=True)
class Wish:
    """What somebody wants who opens the studio."""

    files: tuple[Path, ...] = ()
    model: Path | None = None

    def absolute(self) -> Wish:
        """The same for a process in another folder."""
        return Wish(
            tuple(path.absolute() for path in self.files), self.model.absolute() if self.model else None
        )

    def to_json(self, token: str) -> bytes:
        """One line. Names that are no Unicode travel along."""
        model = str(self.model) if self.model else None
        value = {"token": token, "files": [str(path) for path in self.files], "model": model}
        return json.dumps(value).encode("ascii") + b"\n"

    @classmethod
    def of(cls, line: bytes, token: str) -> Wish | None:
        """None when it is none, or not from somebody who knows the token."""
        try:
            value = json.loads(line)
            files, model = value["files"], value["model"]
            if not secrets.compare_digest(str(value["token"]).encode(), token.encode()):
                return None
            if not all(isinstance(one, str) for one in files) or not isinstance(model, str | None):
                return None
            return cls(tuple(map(Path, files)), Path(model) if model else None)
        except (ValueError, KeyError, TypeError, RecursionError):
            return None


class OneWindow(QObject):
    """The right to have the window of a library."""

    asked = Signal(object)
    """Wish of somebody who opened the studio again."""

    def __init__(self, library: Path, parent: QObject | None = None) -> None:
        """library: its folder (`Places.data`), made if missing. TargetError."""
        super().__init__(parent)
        make_folder(library)
        self._address = library / ADDRESS
        self._lock = QLockFile(str(library / LOCK))
        self._lock.setStaleLockTime(0)  # however long it lasts; a process that is gone has none
        self._token = secrets.token_hex(16)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._welcome)

    def take(self) -> bool:
        """Takes the right to it; False: a window is open. Where nothing can be locked, anybody has it."""
        if self._lock.tryLock(0):
            self._listen()
            return True
        return self._lock.error() is not QLockFile.LockError.LockFailedError

    def give_back(self) -> None:
        """The window is closed."""
        self._server.close()
        if self._lock.isLocked():
            with suppress(OSError):
                self._address.unlink(missing_ok=True)
            self._lock.unlock()

    def _listen(self) -> None:
        known = read_address(self._address)
        if known is not None:
            QLocalServer.removeServer(known[0])  # what a crash left
        name = _socket_name()
        if self._server.listen(name):
            with suppress(OSError):
                self._address.unlink(missing_ok=True)
                handle = os.open(self._address, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump({"name": name, "token": self._token}, file)

    def _welcome(self) -> None:
        while (caller := self._server.nextPendingConnection()) is not None:
            caller.disconnected.connect(caller.deleteLater)
            if not is_same_person(caller.socketDescriptor()):
                caller.abort()
                continue
            delayed(caller, SILENCE_MS, lambda caller=caller: caller.abort()).start()
            caller.readyRead.connect(partial(self._read, caller))
            self._read(caller)

    def _read(self, caller: QLocalSocket) -> None:
        if not caller.canReadLine():
            if caller.bytesAvailable() > LONGEST:
                caller.abort()
            return
        wish = Wish.of(bytes(caller.readLine(LONGEST).data()), self._token)
        if wish is None:
            caller.abort()
            return
        caller.write(TAKEN)
        caller.disconnectFromServer()
        self.asked.emit(wish)


def hand_over(library: Path, wish: Wish, patience_s: float = PATIENCE_S) -> None:
    """Hands a wish to the window that is open on a library. PersonaError when it does not answer."""
    until = time.monotonic() + patience_s
    while not _hand_over_once(library, wish, until):
        if time.monotonic() >= until:
            raise PersonaError(
                f"The studio is open already on {library}, and its window does not answer; close it first.",
                "window-silent",
            )
        time.sleep(0.1)


def _hand_over_once(library: Path, wish: Wish, until: float) -> bool:
    known = read_address(library / ADDRESS)
    if known is None:
        return False
    name, token = known
    there = QLocalSocket()
    there.connectToServer(name)
    try:
        if not there.waitForConnected(_milliseconds(until)):
            return False
        there.write(wish.absolute().to_json(token))
        while not there.canReadLine():
            if not there.waitForReadyRead(_milliseconds(until)):
                return False
        return there.readLine(LONGEST).data() == TAKEN
    finally:
        there.abort()


def _milliseconds(until: float) -> int:
    return max(1, round(1000 * (until - time.monotonic())))


def read_address(path: Path) -> tuple[str, str] | None:
    """Name of the socket and token, as far as they can be read."""
    try:
        value = jsonio.read_object(path) or {}
    except (OSError, ValueError):
        return None
    name, token = value.get("name"), value.get("token")
    return (name, token) if isinstance(name, str) and isinstance(token, str) else None


def _socket_name() -> str:
    """A new name: on Unix a path in the user's own folder for such things, where it is short enough."""
    name = f"persona-studio-{secrets.token_hex(8)}"
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    whole = f"{folder}/{name}"
    fits = Path(folder).is_absolute() and sys.platform != "win32" and len(os.fsencode(whole)) < 100
    return whole if fits else name


def is_same_person(descriptor: int) -> bool:
    """Whether who is at the other end of a socket runs for the same user; True where nobody can tell."""
    if sys.platform != "linux":
        return True
    with socket.socket(fileno=os.dup(descriptor)) as twin:
        _, user, _ = struct.unpack("3i", twin.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return bool(user == os.getuid())
