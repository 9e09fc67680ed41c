"""The steps of a set-up, in their order: environment, packages, system libraries.

Each step says in one line what it does (on stderr: stdout belongs to persona) and may be repeated: what is
there already is kept, what is half there is taken away first.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

import graphics_card
import libraries
import pip_bootstrap
import suitable
from environment import (
    Layout,
    SetupError,
    Stamp,
    current_stamp,
    is_ready,
    read_stamp,
    unfinished,
    wanted_stamp,
    write_stamp,
)

PACKAGES = ("engine", "resources", "studio", "trainer")
"""Folders with our own modules."""
FULL = ("[Errno 28]", "[Errno 122]", "[WinError 112]", "No space left on device")
"""What programs say of a full disk or quota; the numbers are the same in any language."""
MODULES = ("numpy", "PySide6.QtCore", "onnxruntime", "torch")
"""What is imported once after installing, in the order in which others need it."""


def set_up(layout: Layout, *, dev: bool, verbose: bool) -> None:
    """Make ``.venv`` complete; returns at once when another start has done so meanwhile."""
    with exclusive(layout) as lock:
        if is_ready(layout, dev=dev):
            return
        if reason := suitable.refusal(suitable.Machine.here(), layout.root):
            raise SetupError(reason)
        steps = Steps(layout, dev=dev, verbose=verbose, lock=lock)
        steps.run()


def say(text: str) -> None:
    """One line of progress."""
    print(text, file=sys.stderr, flush=True)


class Steps:
    """One set-up."""

    def __init__(self, layout: Layout, *, dev: bool, verbose: bool, lock: IO[bytes]) -> None:
        self._layout = layout
        self._verbose = verbose
        self._lock = lock
        self._before = read_stamp(layout)
        # Tools that are there stay there: an app start must not take them away from the next check.
        self._dev = dev or bool(self._before and self._before.dev)

    def run(self) -> None:
        """Do what is left to do."""
        started = time.monotonic()
        if self._packages_are_complete():
            stamp = replace(current_stamp(self._layout, dev=self._dev), libraries_missing=True)
        else:
            self._provide_environment()
            stamp = current_stamp(self._layout, dev=self._dev)
            write_stamp(self._layout, unfinished(stamp))
            self._install_packages()
            self._try_packages()
            self._compile()
            self._provide_helpers()
        missing = self._provide_libraries()
        write_stamp(self._layout, replace(stamp, libraries_missing=missing))
        if not missing:
            say(f"Ready after {time.monotonic() - started:.0f} s.")

    def _packages_are_complete(self) -> bool:
        """Whether the last set-up lacked nothing but system libraries."""
        if self._before is None or not self._before.libraries_missing:
            return False
        if not (self._layout.python.exists() and self._layout.persona.exists()):
            return False
        found = replace(self._before, libraries_missing=False)
        return found == wanted_stamp(self._layout, found, dev=self._dev)

    # ---- the environment ----

    def _provide_environment(self) -> None:
        reason = why_rebuild(self._layout, self._before)
        if reason is None:
            drop_broken_packages(self._layout)
            return
        if not self._layout.venv.exists():
            check_disk(self._layout.root)
            say(f"Making .venv with Python {sys.version.split()[0]}.")
        else:
            say(f"Making .venv anew: {reason}.")
            remove_environment(self._layout)
            check_disk(self._layout.root)
        self._layout.venv.mkdir()
        self._mark_unfinished()
        pip_bootstrap.make_environment(self._layout, self._call, say)

    def _mark_unfinished(self) -> None:
        """Say in the empty folder whose it is, so that an interrupted start may remove it later."""
        stamp = Stamp(str(self._layout.root), "", "", self._dev, finished=False)
        write_stamp(self._layout, stamp)

    # ---- the packages ----

    def _install_packages(self) -> None:
        say("Installing the Python packages; the first time this takes some minutes.")
        target = ".[dev]" if self._dev else "."
        constraints = self._layout.constraints.relative_to(self._layout.root)
        command = [str(self._layout.python), "-m", "pip", "install", "--no-input"]
        command += ["--disable-pip-version-check", "-c", str(constraints), "-e", target]
        choice = graphics_card.choose(sys.platform, graphics_card.find_card())
        if choice.sentence:
            say(choice.sentence)
        command += choice.arguments
        self._call(command, "The Python packages could not be installed")

    def _try_packages(self) -> None:
        """Import what does the work, so that what is missing is named now, not by a window that stays away.

        Qt's libraries are looked for later, where they can be installed.
        """
        for module in MODULES:
            command = [str(self._layout.python), "-I", "-c", f"import {module}"]
            try:
                self._call(command, f"{module} was installed, but does not start")
            except SetupError as error:
                if self._layout.windows and "DLL load failed" in str(error):
                    raise SetupError(
                        f"{module} lacks a library of Windows: install Microsoft's Visual C++ "
                        "Redistributable (x64, the newest) and start again."
                    ) from None
                if module.startswith("PySide6") and not self._layout.windows:
                    continue
                raise

    def _compile(self) -> None:
        """Compile our own modules, as pip does with others, so that the first window need not wait for it."""
        with contextlib.suppress(
            SetupError
        ):  # a folder that cannot be written to; Python does it at each start
            self._call([str(self._layout.python), "-m", "compileall", "-q", *PACKAGES], "Not compiled")

    def _provide_helpers(self) -> None:
        """Fetch the small files that trainings judge and compare with; everything works without them."""
        if self._dev:
            return  # tests bring their own
        say("Fetching the helper files for training (30 MB).")
        try:
            self._call([str(self._layout.python), "-m", "trainer", "helpers"], "They could not be fetched")
        except SetupError:
            say("The helper files could not be fetched; the training room of the studio offers them again.")

    # ---- the system's libraries ----

    def _provide_libraries(self) -> bool:
        """Look for what Qt needs and install it where that is allowed; True if something is still missing."""
        missing = libraries.find_missing(self._layout.python)
        if missing and self._may_install(libraries.packages_for(missing)):
            missing = libraries.find_missing(self._layout.python)
        if missing:
            say(libraries.explain(missing))
        return bool(missing)

    def _may_install(self, packages: Sequence[str]) -> bool:
        """Install Debian packages; False if this user may not, or it went wrong (which is said)."""
        prefix = libraries.apt_prefix()
        if prefix is None or not packages:
            return False
        say(f"Installing {len(packages)} system libraries that Qt needs: {' '.join(packages)}.")
        try:
            pip_bootstrap.apt_install(prefix, packages, self._call)
        except SetupError as error:
            say(str(error))
            return False
        return True

    # ---- running other programs ----

    def _call(self, command: Sequence[str], failure: str, cwd: Path | None = None) -> str:
        """Run a program into the log; raises SetupError(failure and the last lines) if it fails.

        Its output is returned, and shown while it comes with --verbose. The lock is handed on, so that a
        program that outlives a killed start keeps the next start waiting.
        """
        with self._layout.log.open("a", encoding="utf-8", errors="replace") as log:
            log.write(f"$ {' '.join(command)}\n")
            try:
                lines = self._follow(command, log, cwd)
            except OSError as error:
                raise SetupError(f"{failure}: {command[0]} does not start ({error.strerror}).") from error
            except ProgramFailed as error:
                raise SetupError(describe_failure(failure, error.lines, self._layout)) from None
        return "".join(lines)

    def _follow(self, command: Sequence[str], log: IO[str], cwd: Path | None) -> list[str]:
        lines: list[str] = []
        handed_on = () if self._layout.windows else (self._lock.fileno(),)
        with subprocess.Popen(
            command,
            cwd=cwd or self._layout.root,
            env=clean_environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            pass_fds=handed_on,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                log.write(line)
                if self._verbose:
                    say("  " + line.rstrip())
        if process.returncode:
            raise ProgramFailed(lines)
        return lines


class ProgramFailed(Exception):
    """A program ended with an exit code other than 0."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.lines = lines


def describe_failure(failure: str, lines: Sequence[str], layout: Layout) -> str:
    """One sentence on what went wrong, the last lines that were said, and where the rest is."""
    text = "".join(lines)
    if any(sign in text for sign in FULL):
        needed = suitable.expected_gb(sys.platform)
        return f"{failure}: the disk is full. Make room (about {needed:g} GB) and start again."
    tail = [line.rstrip() for line in lines if line.strip()][-12:]
    told = "".join(f"\n    {line}" for line in tail)
    return f"{failure}. The last lines, of which the rest is in {layout.log.relative_to(layout.root)}:{told}"


def clean_environment(environ: os._Environ[str] | dict[str, str]) -> dict[str, str]:
    """The environment for pip: the machine's own proxies and settings, less what would install elsewhere."""
    elsewhere = ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "VIRTUAL_ENV")
    kept = {name: value for name, value in environ.items() if name not in elsewhere}
    return kept | {"PIP_USER": "0", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


# ---- looking at what is there ----


def why_rebuild(layout: Layout, stamp: Stamp | None) -> str | None:
    """Why the environment on disk cannot be used, in a few words; None if it can."""
    if not layout.venv.exists():
        return "there is none"
    if stamp is not None and stamp.root != str(layout.root):
        return "it was made for another folder"
    if not layout.python.exists():
        return "its Python is gone"
    if not (layout.venv / "pyvenv.cfg").is_file():
        return "it is incomplete"
    if not _answers(layout):
        replaced = stamp is not None and stamp.finished
        return "the Python below it was removed or replaced" if replaced else "it is incomplete"
    if stamp is None and not _was_made_here(layout):
        return "it was made for another folder"
    return None


def _answers(layout: Layout) -> bool:
    """Whether the environment's Python starts, is new enough and has pip."""
    code = "import sys, pip; sys.exit(sys.version_info < (3, 11) or sys.prefix == sys.base_prefix)"
    try:
        return subprocess.run([str(layout.python), "-I", "-c", code], capture_output=True).returncode == 0
    except OSError:
        return False


def _was_made_here(layout: Layout) -> bool:
    """Whether pyvenv.cfg (which names its place since Python 3.11) names this one."""
    text = (layout.venv / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
    command = re.search(r"^command *= *(.+)$", text, re.MULTILINE)
    return command is None or command[1].rstrip().endswith(str(layout.venv))


def remove_environment(layout: Layout) -> None:
    """Take ``.venv`` away, unless it does not look like an environment: then it is somebody's."""
    venv = layout.venv
    ours = layout.stamp.is_file() or (venv / "pyvenv.cfg").is_file()
    if venv.is_symlink() or not venv.is_dir() or (not ours and any(venv.iterdir())):
        raise SetupError(f"{venv} is in the way and is no virtual environment; move it away and start again.")
    try:
        shutil.rmtree(venv)
    except OSError as error:
        raise SetupError(f"{venv} cannot be removed ({error.strerror}); close what uses it.") from error


def drop_broken_packages(layout: Layout) -> list[str]:
    """Remove the records of packages that a killed pip left half installed, so that pip installs them again.

    Returns their names. A package is whole when every file of its RECORD is there in its recorded size.
    """
    broken = []
    for site in _site_packages(layout):
        for leftover in site.glob("~*"):
            shutil.rmtree(leftover, ignore_errors=True)
        for info in sorted(site.glob("*.dist-info")):
            if not _is_whole(info):
                broken.append(info.name.removesuffix(".dist-info"))
                shutil.rmtree(info)
    return broken


def _site_packages(layout: Layout) -> list[Path]:
    if layout.windows:
        return [layout.venv / "Lib" / "site-packages"]
    return sorted((layout.venv / "lib").glob("python3.*/site-packages"))


def _is_whole(info: Path) -> bool:
    import csv

    try:
        with (info / "RECORD").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        return all(len(row) == 3 and _has_size(info.parent / row[0], row[2]) for row in rows)
    except (OSError, ValueError, csv.Error):
        return False


def _has_size(path: Path, size: str) -> bool:
    """Whether the file is there as recorded; sizes are not recorded of byte code, which may come and go."""
    return not size or path.stat().st_size == int(size)


def check_disk(folder: Path) -> None:
    """Refuse to start what cannot be finished, and warn of what may not be."""
    free, expected = shutil.disk_usage(folder).free / 1e9, suitable.expected_gb(sys.platform)
    if free < suitable.LEAST_GB:
        raise SetupError(f"{folder} has {free:.1f} GB left, and the set-up needs about {expected:g} GB.")
    if free < expected:
        say(f"{folder} has {free:.1f} GB left; with CUDA the packages take up to {expected:g} GB.")


# ---- one at a time ----


@contextmanager
def exclusive(layout: Layout) -> Iterator[IO[bytes]]:
    """Hold the set-up lock; waits, and says so, while another start holds it."""
    try:
        file = layout.lock.open("ab")
    except OSError as error:
        raise SetupError(f"{layout.root} cannot be written to ({error.strerror}).") from error
    with file:
        told = False
        while not _try_lock(file):
            if not told:
                say("Another start is setting up; waiting for it.")
                told = True
            time.sleep(0.2)
        yield file


def _try_lock(file: IO[bytes]) -> bool:
    """Take the lock if it is free. The system gives it back when the last holder ends, however it ends."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
