"""A virtual environment with pip in it, also from a Python that cannot make one by itself.

Debian splits ensurepip off into python3-venv. The ways round, in this order: install that package where this
user may; let a pip that is on the machine install itself into the environment; unpack the pip that Debian
keeps in python3-pip-whl, which needs no rights.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from environment import Layout, SetupError
from libraries import apt_prefix

DEBIAN_WHEELS = Path("/usr/share/python-wheels")
"""Where python3-pip-whl keeps pip."""


class Call(Protocol):
    """Runs a program; raises SetupError with the given words if it fails."""

    def __call__(self, command: Sequence[str], failure: str, cwd: Path | None = None) -> str: ...


Say = Callable[[str], None]


def make_environment(layout: Layout, call: Call, say: Say) -> None:
    """Fill the (almost empty) folder ``layout.venv``; raises SetupError if nothing helps."""
    try:
        call([base_python(), "-m", "venv", str(layout.venv)], "The environment could not be made")
        return
    except SetupError as error:
        if _has_ensurepip(call):
            raise
        first_failure = error
    say("This Python comes without ensurepip; getting pip another way.")
    if _with_debian_venv(layout, call):
        return
    call(
        [base_python(), "-m", "venv", "--without-pip", str(layout.venv)], "The environment could not be made"
    )
    if not any(_succeeds(way) for way in _pip_ways(layout, call)):
        raise SetupError(
            "This Python comes without ensurepip and no pip was found to start from; install it "
            f"(on Debian and Ubuntu: sudo apt-get install {venv_package()}) and start again."
        ) from first_failure


def base_python() -> str:
    """The Python to build on: never that of an environment, which may be the one being replaced."""
    return getattr(sys, "_base_executable", None) or sys.executable


def venv_package() -> str:
    """Debian's name for the missing part of this Python."""
    return f"python3.{sys.version_info.minor}-venv"


def _has_ensurepip(call: Call) -> bool:
    """Whether the failure must have had another reason."""
    code = "import ensurepip; ensurepip.version()"
    return _succeeds(lambda: call([base_python(), "-c", code], "no ensurepip"))


def _with_debian_venv(layout: Layout, call: Call) -> bool:
    """Install python3-venv, if this is Debian's own Python and this user may; True if that did it."""
    prefix = apt_prefix()
    if prefix is None or not base_python().startswith("/usr/bin/"):
        return False

    def install_and_make() -> None:
        apt_install(prefix, [venv_package()], call)
        call([base_python(), "-m", "venv", str(layout.venv)], "The environment could not be made")

    return _succeeds(install_and_make)


def apt_install(prefix: Sequence[str], packages: Sequence[str], call: Call) -> None:
    """Install Debian packages, with fresh package lists if the present ones do not do."""
    options = ["-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]
    install = [*prefix, "apt-get", "install", *options, *packages]
    try:
        call(install, "apt-get install failed")
    except SetupError:
        call([*prefix, "apt-get", "update"], "apt-get update failed")
        call(install, f"apt-get could not install {' '.join(packages)}")


def _pip_ways(layout: Layout, call: Call) -> Iterator[Callable[[], object]]:
    """What may put pip into an environment that has none, cheapest first."""
    into = ["--python", str(layout.python), "install", "--no-input", "--disable-pip-version-check", "pip"]
    for pip in _pips_on_this_machine():
        yield lambda pip=pip: call([*pip, *into], "this pip cannot do it")  # type: ignore[misc]
    for wheel in sorted(DEBIAN_WHEELS.glob("pip-*.whl"), reverse=True):
        yield lambda wheel=wheel: _from_wheel(layout, wheel, call)  # type: ignore[misc]
    if shutil.which("apt-get") and shutil.which("dpkg-deb"):
        yield lambda: _from_debian_archive(layout, call)


def _pips_on_this_machine() -> list[list[str]]:
    names = ["pip3", "pip", *(f"pip3.{minor}" for minor in range(11, 16))]
    found = [path for path in map(shutil.which, names) if path]
    return [[base_python(), "-m", "pip"], *([path] for path in dict.fromkeys(found))]


def _from_wheel(layout: Layout, wheel: Path, call: Call) -> None:
    """Run pip out of its own wheel and let it install that wheel."""
    runner = [str(layout.python), f"{wheel}/pip"]
    install = ["install", "--no-input", "--disable-pip-version-check", "--no-index", str(wheel)]
    call([*runner, *install], "pip did not install from Debian's wheel")


def _from_debian_archive(layout: Layout, call: Call) -> None:
    """Download and unpack Debian's pip wheel into a temporary folder; needs no rights, only package lists."""
    with tempfile.TemporaryDirectory(prefix="persona-pip-") as name:
        folder = Path(name)
        try:
            call(["apt-get", "download", "python3-pip-whl"], "no package lists", folder)
        except SetupError:
            lists = _own_lists(folder)
            call(["apt-get", *lists, "update"], "apt-get update failed", folder)
            call(["apt-get", *lists, "download", "python3-pip-whl"], "apt-get download failed", folder)
        for archive in folder.glob("python3-pip-whl*.deb"):
            call(["dpkg-deb", "-x", str(archive), str(folder)], "the package cannot be unpacked")
        for wheel in (folder / "usr/share/python-wheels").glob("pip-*.whl"):
            _from_wheel(layout, wheel, call)
            return
    raise SetupError("Debian's pip wheel could not be had.")


def _own_lists(folder: Path) -> list[str]:
    """Options that keep apt-get's package lists in a folder of ours."""
    state, cache = folder / "state", folder / "cache"
    (state / "lists" / "partial").mkdir(parents=True)
    (cache / "archives" / "partial").mkdir(parents=True)
    return [
        "-o",
        f"Dir::State::Lists={state / 'lists'}",
        "-o",
        f"Dir::Cache={cache}",
        "-o",
        "Debug::NoLocking=1",
    ]


def _succeeds(step: Callable[[], object]) -> bool:
    try:
        step()
    except SetupError:
        return False
    return True
