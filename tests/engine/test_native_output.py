from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.native_output import caught


def test_lines_of_native_libraries_go_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    with caught():
        os.write(2, b"ZIPDecode: Decoding error at scanline 0.\ntempfile.tif: Using code not yet in table.\n")
        os.write(2, b"3 of 12 pictures\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "3 of 12 pictures\nafter\n"


def test_from_many_threads(capfd: pytest.CaptureFixture[str]) -> None:
    start = threading.Barrier(8)

    def work(number: int) -> None:
        start.wait()
        for _ in range(50):
            with caught():
                os.write(2, b"LZWDecode: Not enough data.\n")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_without_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_: int) -> int:
        raise OSError("bad file descriptor")

    monkeypatch.setattr(os, "dup", closed)
    with caught():
        pass
