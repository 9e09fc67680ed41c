from __future__ import annotations

import stat
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from engine import archive


def packed(tmp_path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name, data in entries:
            file.writestr(name, data)
    return path


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "b").write_bytes(b"2")
    (tmp_path / "sub" / "a").write_bytes(b"1" * 5000)
    first, second = BytesIO(), BytesIO()
    archive.pack(tmp_path, ["b", "sub/a"], first)
    archive.pack(tmp_path, ["sub/a", "b"], second)
    assert first.getvalue() == second.getvalue()
    (tmp_path / "x.zip").write_bytes(first.getvalue())
    (tmp_path / "out").mkdir()
    archive.unpack(tmp_path / "x.zip", tmp_path / "out")
    assert (tmp_path / "out" / "sub" / "a").read_bytes() == b"1" * 5000
    assert archive.read(tmp_path / "x.zip", "b", 10) == b"2"
    with pytest.raises(ValueError, match="no c in it"):
        archive.read(tmp_path / "x.zip", "c", 10)
    with pytest.raises(ValueError, match="absurdly large"):
        archive.read(tmp_path / "x.zip", "sub/a", 10)


def test_a_folder_around_everything_is_left_out(tmp_path: Path) -> None:
    path = packed(tmp_path, ("top/", b""), ("top/a", b"1"), ("top/b/c", b"2"), ("__MACOSX/._a", b""))
    (tmp_path / "out").mkdir()
    archive.unpack(path, tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").rglob("*")) == ["a", "b", "c"]


def link() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("link")
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../../x",
        "/etc/x",
        "C:/x",
        "a\\b",
        "a//b",
        "./a",
        "a/./b",
        "con",
        "a/NUL.txt",
        "x.",
        " x",
        ".x",
        "a\nb",
    ],
)
def test_refuses_names(tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(ValueError, match="with the name"):
        archive.unpack(packed(tmp_path, ("a.txt", b""), (name, b"")), out)
    assert list(out.iterdir()) == []


def test_refuses_links_twins_and_bombs(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(ValueError, match="link or device"):
        archive.unpack(packed(tmp_path, (link(), b"/etc/passwd")), out)
    with pytest.raises(ValueError, match="twice"):
        archive.unpack(packed(tmp_path, ("A.txt", b""), ("a.TXT", b"")), out)
    with pytest.raises(ValueError, match="twice"):
        archive.unpack(packed(tmp_path, ("\u00e9", b""), ("e\u0301", b"")), out)
    with pytest.raises(ValueError, match="more than 1000"):
        archive.unpack(packed(tmp_path, *((f"{n}", b"") for n in range(1001))), out)
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zeros", bytes(3 << 20))
    with pytest.raises(ValueError, match="absurd size"):
        archive.unpack(bomb, out)
    assert list(out.iterdir()) == []


def test_refuses_damage(tmp_path: Path) -> None:
    path = packed(tmp_path, ("a", b"hello world"))
    data = bytearray(path.read_bytes())
    data[data.index(b"hello")] ^= 1
    path.write_bytes(data)
    (tmp_path / "out").mkdir()
    with pytest.raises(ValueError, match="damaged"):
        archive.unpack(path, tmp_path / "out")
    path.write_bytes(b"PK nonsense")
    with pytest.raises(ValueError, match="damaged"):
        archive.unpack(path, tmp_path / "out")
