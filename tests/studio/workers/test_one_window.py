"""One window per library: files are handed to it, whatever happened before, and by its own user only."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QDir
from PySide6.QtNetwork import QLocalSocket
from pytestqt.qtbot import QtBot

from engine.errors import PersonaError
from studio.workers.one_window import ADDRESS, LONGEST, OneWindow, Wish, hand_over, read_address

CHILD = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from studio.workers.one_window import OneWindow
app = QCoreApplication([])
window = OneWindow(Path(sys.argv[1]))
print(window.take(), flush=True)
time.sleep(60)
"""
GIVE = """
import sys
from pathlib import Path
from studio.workers.one_window import Wish, hand_over
hand_over(Path(sys.argv[1]), Wish(tuple(map(Path, sys.argv[2:]))), 20.0)
"""


@pytest.fixture
def window(tmp_path: Path, qtbot: QtBot) -> Iterator[OneWindow]:
    made = OneWindow(tmp_path)
    assert made.take()
    yield made
    made.give_back()


@pytest.fixture
def wishes(window: OneWindow) -> list[Wish]:
    asked: list[Wish] = []
    window.asked.connect(asked.append)
    return asked


def socket_file(name: str) -> Path:
    return Path(QDir.tempPath()) / name


def say(qtbot: QtBot, library: Path, line: bytes) -> bytes:
    """What the window answers to a line."""
    known = read_address(library / ADDRESS)
    assert known is not None
    caller, heard = QLocalSocket(), bytearray()
    caller.readyRead.connect(lambda: heard.extend(caller.readAll().data()))
    caller.connectToServer(known[0])
    caller.write(line)
    qtbot.waitUntil(lambda: caller.state() is QLocalSocket.LocalSocketState.UnconnectedState)
    return bytes(heard)


def test_files_of_a_second_start_come_to_the_window(
    qtbot: QtBot, window: OneWindow, wishes: list[Wish], tmp_path: Path
) -> None:
    names = [tmp_path / "a b.png", tmp_path / "中.png", Path("here.png")]
    child = subprocess.Popen([sys.executable, "-c", GIVE, tmp_path, *names], cwd=tmp_path)
    qtbot.waitUntil(lambda: bool(wishes), timeout=20_000)
    assert wishes == [Wish((names[0], names[1], tmp_path / "here.png"))]
    qtbot.waitUntil(lambda: child.poll() is not None)  # the answer needs this loop
    assert child.returncode == 0


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names there are Unicode")
def test_names_that_are_no_unicode_travel_too() -> None:
    wish = Wish((Path(os.fsdecode(b"/a/\xff.png")),), Path("/m"))
    assert Wish.of(wish.to_json("t"), "t") == wish


def test_a_library_has_one_window(window: OneWindow, tmp_path: Path) -> None:
    other = OneWindow(tmp_path)
    assert not other.take()
    other.give_back()  # what it never had
    assert read_address(tmp_path / ADDRESS) is not None
    window.give_back()
    assert other.take()
    other.give_back()


def test_after_a_crash_the_next_one_opens(qtbot: QtBot, tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", CHILD, tmp_path], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline().strip() == "True"
    with child.stdout:
        before = read_address(tmp_path / ADDRESS)
        again = OneWindow(tmp_path)
        assert before is not None and not again.take()
        child.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
        child.wait()
    assert again.take()
    now = read_address(tmp_path / ADDRESS)
    assert now is not None and now != before
    assert not socket_file(before[0]).exists(), "the socket that the crash left"
    again.give_back()


def test_a_window_that_does_not_answer_is_told_of(window: OneWindow, tmp_path: Path) -> None:
    window._server.close()
    with pytest.raises(PersonaError, match="does not answer"):
        hand_over(tmp_path, Wish(), 0.3)


def test_a_window_that_is_just_opening_is_waited_for(qtbot: QtBot, tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", GIVE, tmp_path, "/a"])
    qtbot.wait(500)
    asked: list[Wish] = []
    window = OneWindow(tmp_path)
    window.asked.connect(asked.append)
    assert window.take()
    qtbot.waitUntil(lambda: bool(asked), timeout=20_000)
    qtbot.waitUntil(lambda: child.poll() is not None)  # the answer needs this loop
    assert child.returncode == 0
    window.give_back()


LINES = {
    "another token": lambda token: Wish((Path("a"),)).to_json(token[::-1]),
    "no token": lambda token: b'{"files": [], "model": null}\n',
    "no JSON": lambda token: b"files\n",
    "a list": lambda token: b"[]\n",
    "numbers": lambda token: json.dumps({"token": token, "files": [1], "model": None}).encode() + b"\n",
    "no list": lambda token: json.dumps({"token": token, "files": 5, "model": None}).encode() + b"\n",
    "nested": lambda token: b"[" * 100_000 + b"\n",
    "endless": lambda token: b"x" * (LONGEST + 10),
}


@pytest.mark.parametrize("which", LINES)
def test_what_is_no_wish_is_refused(
    qtbot: QtBot, window: OneWindow, wishes: list[Wish], tmp_path: Path, which: str
) -> None:
    assert say(qtbot, tmp_path, LINES[which](window._token)) == b""
    assert wishes == []


def test_another_user_is_refused(
    qtbot: QtBot, window: OneWindow, wishes: list[Wish], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Wish((Path("a"),)).to_json(window._token)
    with monkeypatch.context() as other:
        other.setattr("studio.workers.one_window.os.getuid", lambda: 4321, raising=False)
        if sys.platform == "linux":
            assert say(qtbot, tmp_path, line) == b"" and wishes == []
    assert say(qtbot, tmp_path, line) == b"taken\n" and len(wishes) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are another matter there")
def test_nobody_else_can_read_the_address(window: OneWindow, tmp_path: Path) -> None:
    assert (tmp_path / ADDRESS).stat().st_mode & 0o077 == 0
    known = read_address(tmp_path / ADDRESS)
    assert known is not None and socket_file(known[0]).stat().st_mode & 0o077 == 0


def test_who_says_nothing_is_hung_up_on(
    qtbot: QtBot, window: OneWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.workers.one_window.SILENCE_MS", 30)
    assert say(qtbot, tmp_path, b"{") == b""
