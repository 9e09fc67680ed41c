from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.formats.jsonio import read_object
from engine.formats.regular import NotRegularError, open_regular, read_regular
from engine.formats.style import StyleError, StyleFile


def test_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    with open_regular(tmp_path / "a") as file:
        assert file.read() == b"12345"
    assert read_regular(tmp_path / "a", 3) == b"123"
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "b")
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_what_never_ends(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(NotRegularError):
            open_regular(path)
        with pytest.raises(OSError, match="not a file"):
            read_object(path)
        with pytest.raises(StyleError, match="it is not a file"):
            StyleFile.load(path)
