from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from engine import files
from engine.errors import TargetError, TargetExistsError
from engine.files import atomic_folder, free_name, make_folder, sweep, write_atomic
from engine.formats.names import safe_name


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_writes_whole_files(tmp_path: Path) -> None:
    path = tmp_path / "ein Name 名.bin"
    assert write_atomic(path, b"abc") == path
    write_atomic(path, lambda file: file.write(b"defg"))
    assert path.read_bytes() == b"defg"
    assert names(tmp_path) == [path.name]


def test_keeps_what_is_there_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_atomic(path, b"old")
    with pytest.raises(TargetExistsError):
        write_atomic(path, b"new", overwrite=False)
    assert path.read_bytes() == b"old"


def test_keeps_what_appears_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "a"

    def write(file: BinaryIO) -> None:
        path.write_bytes(b"first")
        file.write(b"second")

    with pytest.raises(TargetExistsError):
        write_atomic(path, write, overwrite=False)
    assert path.read_bytes() == b"first" and names(tmp_path) == ["a"]


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def full(file: BinaryIO) -> None:
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(TargetError, match="no space left on the disk") as caught:
        write_atomic(path, full)
    assert caught.value.code == "no-space"
    assert path.read_bytes() == b"old" and names(tmp_path) == ["a"]


def test_names_the_reason(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="folder does not exist"):
        write_atomic(tmp_path / "none" / "a", b"")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(TargetError, match="not a folder"):
        write_atomic(tmp_path / "file" / "a", b"")
    with pytest.raises(TargetError, match="it is a file"):
        make_folder(tmp_path / "file")
    (tmp_path / "folder").mkdir()
    with pytest.raises(TargetError):
        write_atomic(tmp_path / "folder", b"")
    with pytest.raises(TargetError, match="too long"):
        write_atomic(tmp_path / ("x" * 300), b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_a_target_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(path: Path, data: Any) -> None:
        with Path("/dev/full").open("wb") as file:
            file.write(data)

    monkeypatch.setattr(files, "_write_synced", write)
    with pytest.raises(TargetError, match="no space left"):
        write_atomic(tmp_path / "a", b"x")


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def fail_halfway() -> None:
        with atomic_folder(tmp_path / "x" / "a") as folder:
            (folder / "half").write_bytes(b"")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert names(tmp_path / "x") == []
    with atomic_folder(tmp_path / "x" / "a") as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "whole").write_bytes(b"1")
    assert (tmp_path / "x" / "a" / "sub" / "whole").read_bytes() == b"1"
    with pytest.raises(TargetExistsError), atomic_folder(tmp_path / "x" / "a"):
        pass


def test_a_folder_takes_the_place_of_another_only_when_it_is_whole(tmp_path: Path) -> None:
    place = tmp_path / "a"
    place.mkdir()
    (place / "old").write_bytes(b"")

    def write(fails: bool) -> None:
        with atomic_folder(place, overwrite=True) as folder:
            (folder / "new").write_bytes(b"")
            if fails:
                raise RuntimeError

    with pytest.raises(RuntimeError):
        write(fails=True)
    assert names(place) == ["old"]
    write(fails=False)
    assert (names(place), names(tmp_path)) == (["new"], ["a"])


def test_the_old_folder_stays_where_the_new_one_cannot_be_put(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, rename = tmp_path / "a", Path.rename
    place.mkdir()
    (place / "old").write_bytes(b"")

    def refuse(source: Path, target: Path) -> Path:
        if target == place and (source / "new").exists():
            raise OSError(errno.EACCES, "Permission denied")
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(TargetError), atomic_folder(place, overwrite=True) as folder:
        (folder / "new").write_bytes(b"")
    assert (names(place), names(tmp_path)) == (["old"], ["a"])


def test_sweeps_what_killed_processes_left(tmp_path: Path) -> None:
    child = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True
    )
    dead = tmp_path / f".persona-tmp-{files._machine()}-{int(child.stdout)}-0123abcd"
    dead.write_bytes(b"half")
    dead_folder = tmp_path / f".persona-tmp-{files._machine()}-{int(child.stdout)}-0123abce"
    dead_folder.mkdir()
    mine = tmp_path / f".persona-tmp-{files._machine()}-{os.getpid()}-0123abcd"
    mine.write_bytes(b"busy")
    theirs = tmp_path / ".persona-tmp-ffffffff-1-0123abcd"
    theirs.write_bytes(b"another machine's")
    old = tmp_path / ".persona-tmp-ffffffff-2-0123abcd"
    old.write_bytes(b"another machine's, forgotten")
    os.utime(old, (time.time() - 90_000,) * 2)
    other = tmp_path / ".persona-tmp-notes.txt"
    other.write_bytes(b"somebody's")
    assert sweep(tmp_path) == 3
    assert sorted(tmp_path.iterdir()) == sorted([mine, theirs, other])
    assert sweep(tmp_path / "none") == 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_kill_leaves_no_half_file(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from engine.files import write_atomic\n"
        "def slow(file):\n"
        "    file.write(b'x' * 100000); file.flush()\n"
        "    os.kill(os.getpid(), 9)\n"
        "write_atomic(sys.argv[1], slow)\n"
    )
    root = Path(__file__).parents[2]
    target = tmp_path / "a.png"
    child = subprocess.run([sys.executable, "-c", code, str(target)], cwd=root)
    assert child.returncode == -9 and not target.exists() and len(names(tmp_path)) == 1
    assert sweep(tmp_path) == 1 and names(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Nana 01", "Nana 01"),
        ("娜娜", "娜娜"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ('a/b\\c:d*e?f"g<h>i|j', "a-b-c-d-e-f-g-h-i-j"),
        ("CON", "_CON"),
        ("con.png", "_con.png"),
        ("AUX .png", "_AUX.png"),
        ("CONIN$", "_CONIN$"),
        ("lpt\u00b9", "_lpt\u00b9"),
        ("console", "console"),
        (".hidden", "hidden"),
        ("trailing. . ", "trailing"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("tab\tnew\nline\x00", "tab new line"),
        ("e\u0301", "\u00e9"),
        ("", "unnamed"),
        ("...", "unnamed"),
        ("\ud800x", "x"),
    ],
)
def test_safe_names(text: str, name: str) -> None:
    assert safe_name(text) == name
    assert safe_name(name) == name


def test_safe_names_are_short_and_keep_their_suffix() -> None:
    long = safe_name("x" * 300 + ".png")
    assert len(long) == 100 and long.endswith("x.png")
    wide = safe_name("娜" * 300 + ".png")
    assert len(wide.encode()) <= 200 and wide.endswith("娜.png")


def test_free_names(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    assert free_name(path) == path
    path.touch()
    (tmp_path / "a (2).png").touch()
    assert free_name(path).name == "a (3).png"
