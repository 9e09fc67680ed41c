"""Machines that nobody here has: each is told in one sentence what is in the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import suitable
from suitable import Machine, older_python, refusal

LINUX = Machine("linux", "x86_64", (3, 12), "/usr/bin/python3.12", glibc=(2, 39))
WINDOWS = Machine("win32", "AMD64", (3, 12), r"C:\Python312\python.exe", long_paths=False)
MAC = Machine("darwin", "arm64", (3, 12), "/opt/homebrew/bin/python3.12", macos=14)
ROOT = Path("C:/persona")


@pytest.mark.parametrize(
    "machine",
    [
        LINUX,
        replace(LINUX, glibc=(2, 34)),
        replace(LINUX, processor="aarch64"),
        WINDOWS,
        MAC,
        replace(MAC, python=(3, 14)),
        replace(MAC, python=(3, 11)),
    ],
)
def test_what_carries_the_program(machine: Machine) -> None:
    assert refusal(machine, ROOT) == ""


@pytest.mark.parametrize(
    ("machine", "reason"),
    [
        (replace(LINUX, python=(3, 15)), "Python 3.15 is newer than the packages know"),
        (replace(MAC, python=(4, 0)), "install Python 3.14 beside it"),
        (replace(WINDOWS, wide=False), "32-bit"),
        (replace(WINDOWS, processor="ARM64"), "built for ARM"),
        (replace(WINDOWS, executable=r"C:\Program Files\WindowsApps\Python\python.exe"), "Microsoft Store"),
        (replace(MAC, translated=True, processor="x86_64"), "Rosetta"),
        (replace(MAC, processor="x86_64"), "Intel processor"),
        (replace(MAC, macos=13), "macOS 14 or newer, and this is macOS 13"),
        (replace(LINUX, glibc=(2, 31)), "glibc 2.34 or newer, and here is 2.31"),
        (replace(LINUX, processor="aarch64", glibc=(2, 36)), "glibc 2.39"),
        (replace(LINUX, glibc=None), "GNU C library"),
        (replace(LINUX, processor="riscv64"), "riscv64"),
        (replace(LINUX, system="freebsd14"), "freebsd14"),
    ],
)
def test_what_does_not_is_told_in_one_sentence(machine: Machine, reason: str) -> None:
    told = refusal(machine, ROOT)
    assert reason in told and told.endswith(".") and "\n" not in told


def test_a_path_that_is_too_long_for_windows() -> None:
    deep = Path("C:/Users/somebody/Documents/projects/2026/spring campaign/tools/persona-studio")
    assert "characters too long" in refusal(WINDOWS, deep)
    assert refusal(replace(WINDOWS, long_paths=True), deep) == ""


def test_an_older_python_that_is_there_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"python3.12": "/usr/bin/python3.12", "python3.11": "/usr/bin/python3.11"}
    assert older_python(LINUX, there.get) == ["/usr/bin/python3.12"]
    assert older_python(LINUX, {}.get) is None
    monkeypatch.setattr(suitable, "_listed", lambda launcher: " -V:3.15 *\n -V:3.13\n")
    assert older_python(WINDOWS, {"py": "py.exe"}.get) == ["py.exe", "-3.13"]


def test_this_machine_carries_it() -> None:
    assert refusal(Machine.here(), Path(__file__).parents[2]) == ""
