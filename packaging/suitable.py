"""Whether this machine and this Python can carry the program at all, asked before anything is downloaded.

The packages come as wheels; where there is none for a machine, pip fails late and in riddles. Everything
that is known of the machine is a `Machine`, so that tests can stand in for any.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from start import NEWEST

OLDEST_MACOS = 14
GLIBC = {"x86_64": (2, 34), "aarch64": (2, 39)}
"""The oldest C library that Qt's wheels work with."""
LEAST_GB = 2.5
"""Disk that the smallest complete environment takes."""
EXPECTED_GB = {"linux": 9.0}
"""Where it takes more as a rule: on Linux PyTorch brings CUDA along, unless an index without it is set."""
LONGEST_MEMBER = len(r"\.venv\Lib\site-packages") + 172
"""Characters of the longest path that a package puts below the checkout: one of torch's licences."""
MOST_PATH = 259
"""Characters of a path on Windows where long ones are not switched on."""


@dataclass(frozen=True)
class Machine:
    """What matters of a machine, and of the Python that set-up runs in."""

    system: str
    """`sys.platform`."""
    processor: str
    """As `platform.machine()` names it."""
    python: tuple[int, int]
    executable: str = ""
    wide: bool = True
    """Whether Python is a 64-bit program."""
    macos: int = 0
    """Major version."""
    translated: bool = False
    """macOS: an Intel program on Apple silicon (Rosetta)."""
    glibc: tuple[int, int] | None = None
    """Linux: version of the C library; None for another one, such as musl."""
    long_paths: bool = True
    """Windows: whether paths may be longer than 259 characters."""

    @classmethod
    def here(cls) -> Machine:
        """This one."""
        return cls(
            system=sys.platform,
            processor=platform.machine(),
            python=sys.version_info[:2],
            executable=os.path.realpath(sys.executable),
            wide=sys.maxsize > 2**32,
            macos=int(platform.mac_ver()[0].partition(".")[0] or 0),
            translated=sys.platform == "darwin" and _is_translated(),
            glibc=_glibc(),
            long_paths=_has_long_paths(),
        )


def refusal(machine: Machine, root: Path) -> str:
    """One sentence that says why the program cannot be set up in `root`, and what helps; empty if it can."""
    return _python(machine) or _SYSTEMS.get(machine.system, _other)(machine, root)


def expected_gb(system: str) -> float:
    """Disk that the set-up takes as a rule, in GB."""
    return EXPECTED_GB.get(system, LEAST_GB)


def older_python(machine: Machine, which: Callable[[str], str | None] = shutil.which) -> list[str] | None:
    """The command that starts a Python which is there and not too new; None if there is none."""
    for minor in range(NEWEST[1], 10, -1):
        if found := which(f"python3.{minor}"):
            return [found]
    if machine.system == "win32" and (launcher := which("py")):
        listed = _listed(launcher)
        for minor in range(NEWEST[1], 10, -1):
            if f"3.{minor}" in listed:
                return [launcher, f"-3.{minor}"]
    return None


def is_too_new(machine: Machine) -> bool:
    """Whether the packages have no wheels for this Python yet."""
    return machine.python > NEWEST


# ---- what there is no way around ----


def _python(machine: Machine) -> str:
    if is_too_new(machine):
        return (
            f"Python {_dotted(machine.python)} is newer than the packages know; install "
            f"Python {_dotted(NEWEST)} beside it (python.org) and start again."
        )
    if not machine.wide:
        return "this Python is a 32-bit program; install the 64-bit one from python.org and start again."
    return ""


def _windows(machine: Machine, root: Path) -> str:
    if machine.processor.upper() in ("ARM64", "AARCH64"):
        return (
            "this Python is built for ARM, which PyTorch has no package for; install the Windows "
            "installer (64-bit) of Python from python.org, which Windows on ARM runs as well."
        )
    if (
        "windowsapps" in machine.executable.lower()
        or "pythonsoftwarefoundation" in machine.executable.lower()
    ):
        return (
            "this Python is from the Microsoft Store, whose sandbox would put your library out of sight; "
            "install Python from python.org and start again."
        )
    longest = len(str(root)) + LONGEST_MEMBER
    if longest > MOST_PATH and not machine.long_paths:
        return (
            f"the path of this folder is {longest - MOST_PATH} characters too long for the packages on "
            f"Windows; move it, to C:\\persona for instance, and start again."
        )
    return ""


def _macos(machine: Machine, root: Path) -> str:
    if machine.translated:
        return (
            "this Python is built for Intel and runs under Rosetta, and PyTorch has no package for that; "
            "install the macOS installer (universal2) of Python from python.org and start again."
        )
    if machine.processor != "arm64":
        return "this Mac has an Intel processor, which PyTorch has no packages for any more."
    if machine.macos < OLDEST_MACOS:
        return f"the packages need macOS {OLDEST_MACOS} or newer, and this is macOS {machine.macos}."
    return ""


def _linux(machine: Machine, root: Path) -> str:
    wanted = GLIBC.get(machine.processor)
    if wanted is None:
        return f"the packages are built for {' and '.join(GLIBC)}, and this machine is {machine.processor}."
    if machine.glibc is None:
        return "the packages need the GNU C library, and this system (Alpine, for instance) has another one."
    if machine.glibc < wanted:
        return (
            f"Qt's package for {machine.processor} needs the C library glibc {_dotted(wanted)} or newer, and "
            f"here is {_dotted(machine.glibc)}; a newer release of this system has it."
        )
    return ""


def _other(machine: Machine, root: Path) -> str:
    return f"there are no packages for this system ({machine.system})."


_SYSTEMS = {"win32": _windows, "darwin": _macos, "linux": _linux}


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


# ---- asking the machine ----


def _is_translated() -> bool:
    command = ["sysctl", "-in", "sysctl.proc_translated"]
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip() == "1"
    except OSError:
        return False


def _glibc() -> tuple[int, int] | None:
    name, version = platform.libc_ver()
    try:
        major, minor = version.split(".")[:2]
        return (int(major), int(minor)) if name == "glibc" else None
    except ValueError:
        return None


def _has_long_paths() -> bool:
    if sys.platform == "win32":
        import winreg

        try:
            place = r"SYSTEM\CurrentControlSet\Control\FileSystem"
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:
                return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
        except OSError:
            return False
    return True


def _listed(launcher: str) -> str:
    """What the Windows launcher says that is there."""
    try:
        return subprocess.run([launcher, "--list"], capture_output=True, text=True).stdout
    except OSError:
        return ""
