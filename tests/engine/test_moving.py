"""Windows is simulated: files that somebody has open cannot be renamed there."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import moving
from engine.errors import TargetError
from engine.files import atomic_folder, write_atomic
from engine.moving import ACCESS_DENIED, LOCK_VIOLATION, SHARING_VIOLATION, move

Held = Callable[[int, float], list[float]]


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    """held(winerror, seconds): renaming fails so long, by a clock of its own; gives the waits."""
    now, waits = [0.0], []

    def sleep(seconds: float) -> None:
        now[0] += seconds
        waits.append(seconds)

    monkeypatch.setattr(moving, "monotonic", lambda: now[0])
    monkeypatch.setattr(moving, "sleep", sleep)

    def hold(winerror: int, seconds: float) -> list[float]:
        for name in ("replace", "rename"):
            honest = getattr(Path, name)

            def tried(self: Path, target: Path, honest: Callable[[Path, Path], Path] = honest) -> Path:
                if now[0] < seconds:
                    error = PermissionError(errno.EACCES, "the process cannot access the file")
                    error.winerror = winerror  # type: ignore[attr-defined]
                    raise error
                return honest(self, target)

            monkeypatch.setattr(Path, name, tried)
        return waits

    return hold


@pytest.mark.parametrize("winerror", [ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION])
def test_whoever_lets_go_in_time_is_waited_for(tmp_path: Path, held: Held, winerror: int) -> None:
    waits = held(winerror, 1.5)
    (tmp_path / "a").write_text("old")
    write_atomic(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert 1.4 < sum(waits) < 1.6


def test_a_folder_is_waited_for_too(tmp_path: Path, held: Held) -> None:
    held(ACCESS_DENIED, 1.0)
    with atomic_folder(tmp_path / "set") as folder:
        (folder / "a").write_text("x")
    assert (tmp_path / "set" / "a").read_text() == "x"


def test_after_two_seconds_it_is_in_use(tmp_path: Path, held: Held) -> None:
    waits = held(SHARING_VIOLATION, 60.0)
    (tmp_path / "a").write_text("old")
    with pytest.raises(TargetError, match="another program has it open") as caught:
        write_atomic(tmp_path / "a", b"new")
    assert caught.value.code == "in-use"
    assert 1.9 < sum(waits) < 2.1
    assert [path.name for path in tmp_path.iterdir()] == ["a"], "nothing is left behind"
    assert (tmp_path / "a").read_text() == "old"


def test_what_may_not_be_written_is_not_waited_for(
    tmp_path: Path, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = held(ACCESS_DENIED, 60.0)
    monkeypatch.setattr(os, "access", lambda *_: False)
    (tmp_path / "a").write_text("old")
    with pytest.raises(TargetError, match="permission denied"):
        write_atomic(tmp_path / "a", b"new")
    assert waits == []


def test_other_errors_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        move(tmp_path / "none", tmp_path / "a")
