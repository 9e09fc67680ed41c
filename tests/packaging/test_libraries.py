"""The system libraries for Qt: names, sentences, and the loader's word."""

from __future__ import annotations

import sys
from pathlib import Path

import libraries
import pytest


def test_packages_are_named_once_and_sorted() -> None:
    missing = ["libgthread-2.0.so.0", "libglib-2.0.so.0", "libEGL.so.1", "libunheard.so.3"]
    assert libraries.packages_for(missing) == ["libegl1", "libglib2.0-0"]


def test_debian_users_are_given_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries.shutil, "which", lambda name: "/usr/bin/apt-get")
    assert libraries.explain(["libEGL.so.1"]).endswith("sudo apt-get install libegl1")


@pytest.mark.parametrize(
    ("program", "line"),
    [
        ("dnf", "sudo dnf install libglvnd-egl libxcb xcb-util-cursor"),
        ("pacman", "sudo pacman -S --needed libglvnd libxcb xcb-util-cursor"),
    ],
)
def test_fedora_and_arch_have_their_own_names(
    monkeypatch: pytest.MonkeyPatch, program: str, line: str
) -> None:
    monkeypatch.setattr(libraries.shutil, "which", lambda name: name if name == program else None)
    missing = ["libEGL.so.1", "libxcb-cursor.so.0", "libxcb-shm.so.0", "libxcb-xkb.so.1"]
    assert libraries.explain(missing).endswith(line)
    every = libraries.DEBIAN_PACKAGES.keys() | libraries.WAYLAND_PACKAGES.keys()
    assert all(known.keys() == every for _, _, known in libraries.MANAGERS)


def test_others_are_given_the_names_of_the_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries.shutil, "which", lambda name: None)
    assert "libEGL.so.1" in libraries.explain(["libEGL.so.1"])


def test_without_apt_nothing_can_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries.shutil, "which", lambda name: None)
    assert libraries.apt_prefix() is None


@pytest.mark.skipif(sys.platform == "win32", reason="/bin/false is asked")
def test_a_python_that_cannot_be_asked_is_no_reason_to_stop() -> None:
    assert libraries.find_missing(Path("/bin/false")) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the loader of Linux is asked")
def test_the_loader_tells_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        libraries, "DEBIAN_PACKAGES", {"libc.so.6": "libc6", "libnowhere.so.7": "libnowhere7"}
    )
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert libraries.probe() == ["libnowhere.so.7"]
