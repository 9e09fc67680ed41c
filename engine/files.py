"""Writing that survives a crash: a temporary file in the same folder, flushed, synced, renamed.

Temporary names start with `.persona-tmp-` and carry the writer's machine and process, so that leftovers of a
killed process can be told from work in progress and swept.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import platform
import re
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from engine.errors import PathText, TargetError, TargetExistsError
from engine.moving import move

Data = bytes | Callable[[BinaryIO], object]
"""Bytes, or a function that writes them into the file it is given."""

TEMPORARY = re.compile(r"\.persona-tmp-([0-9a-f]{8})-(\d{1,10})-[0-9a-f]{8}\Z")
"""machine, process id, random"""
ABANDONED_S = 24 * 3600
"""A temporary file of another machine, or of a process id in use again, is swept when it is this old."""


def write_atomic(
    path: PathText,
    data: bytes | Callable[[BinaryIO], object],
    *,
    overwrite: bool = True,
    private: bool = False,
) -> Path:
    """Puts `data` at `path`, whole or not at all. private: nobody but the owner may ever read it (0600).

    TargetExistsError when something is there and overwrite is False; TargetError when it cannot be written.
    """
    path = Path(path)
    if not overwrite and os.path.lexists(path):
        raise TargetExistsError(path)
    _sweep_once(path.parent)
    temporary = path.parent / _temporary_name()
    try:
        with _as_target_error(path):
            (_write_private if private else _write_synced)(temporary, data)
            _move(temporary, path, overwrite)
            _sync_folder(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return path


@contextmanager
def atomic_folder(path: PathText, *, overwrite: bool = False) -> Iterator[Path]:
    """A new folder to fill; it appears at `path` when the block ends well, and not at all otherwise.

    overwrite: it takes the place of a folder that is there, which stays until the new one is on the disk.
    TargetExistsError when something is there and overwrite is False; TargetError when it cannot be written.
    What the block raises comes out as it is.
    """
    path = Path(path)
    if not overwrite and os.path.lexists(path):
        raise TargetExistsError(path)
    make_folder(path.parent)
    _sweep_once(path.parent)
    temporary = path.parent / _temporary_name()
    try:
        with _as_target_error(path):
            temporary.mkdir()
        yield temporary
        with _as_target_error(path):
            _sync_tree(temporary)
            _move_folder(temporary, path, overwrite)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def make_folder(path: PathText) -> Path:
    """The folder `path`, made with its parents when missing. TargetError when that is impossible."""
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise TargetError(path, "it is a file, not a folder", "not-a-folder") from None
    except OSError as error:
        raise target_error(path, error) from error
    return path


def file_digest(path: Path) -> str:
    """sha256 hex of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sweep(folder: PathText) -> int:
    """Removes temporary files and folders that killed processes left in `folder`; returns how many."""
    swept = 0
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            match = TEMPORARY.match(entry.name)
            if match and _is_abandoned(entry, match[1], int(match[2])):
                swept += _remove(Path(entry.path))
    return swept


def target_error(path: PathText, error: OSError) -> TargetError:
    """The TargetError that says what `error` means for someone who wanted to write to `path`."""
    code, reason = _REASONS.get(error.errno or 0, ("failed", error.strerror or str(error)))
    return TargetError(path, reason, code)


def free_name(path: PathText) -> Path:
    """`path`, or the first of "name (2).ext", "name (3).ext" ... that does not exist."""
    path = Path(path)
    candidate, n = path, 1
    while os.path.lexists(candidate):
        n += 1
        candidate = path.with_name(f"{path.stem} ({n}){path.suffix}")
    return candidate


_REASONS = {
    errno.ENOSPC: ("no-space", "there is no space left on the disk"),
    errno.EDQUOT: ("no-space", "the disk quota is used up"),
    errno.EFBIG: ("file-too-large", "the file would be too large"),
    errno.EROFS: ("read-only", "the disk is read-only"),
    errno.EACCES: ("no-permission", "permission denied"),
    errno.EPERM: ("no-permission", "permission denied"),
    errno.ENOENT: ("no-parent", "its folder does not exist"),
    errno.ENOTDIR: ("part-not-a-folder", "part of its path is a file, not a folder"),
    errno.EISDIR: ("is-folder", "it is a folder"),
    errno.ENOTEMPTY: ("exists", "it exists already"),
    errno.ENAMETOOLONG: ("name-too-long", "the name is too long"),
    errno.EBUSY: ("in-use", "another program has it open"),
    errno.EINVAL: ("bad-name", "the name is not allowed there"),
    errno.EILSEQ: ("bad-name", "the name is not allowed there"),
}


@contextmanager
def _as_target_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise target_error(path, error) from error


@lru_cache(maxsize=1)
def _machine() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _temporary_name() -> str:
    return f".persona-tmp-{_machine()}-{os.getpid()}-{secrets.token_hex(4)}"


@lru_cache(maxsize=256)
def _sweep_once(folder: Path) -> None:
    """Leftovers are looked for once per folder and process: a folder can be large."""
    sweep(folder)


def _is_abandoned(entry: os.DirEntry[str], machine: str, pid: int) -> bool:
    if machine == _machine() and not _is_running(pid):
        return True
    try:
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > ABANDONED_S
    except OSError:
        return False


def _is_running(pid: int) -> bool:
    if sys.platform == "win32":
        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
        if handle:
            kernel.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _remove(path: Path) -> bool:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)
    return not os.path.lexists(path)


def _write_synced(path: Path, data: Data) -> None:
    with path.open("xb") as file:
        _fill(file, data)


def _write_private(path: Path, data: Data) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as file:
        _fill(file, data)


def _fill(file: BinaryIO, data: Data) -> None:
    if callable(data):
        data(file)
    else:
        file.write(data)
    file.flush()
    os.fsync(file.fileno())


def _move(source: Path, target: Path, overwrite: bool) -> None:
    """Renames; without `overwrite` a file that appeared meanwhile is left alone."""
    if overwrite:
        move(source, target)
    elif sys.platform == "win32":
        move(source, target, replace=False)  # refuses to replace
    else:
        try:
            os.link(source, target)
        except FileExistsError:
            raise TargetExistsError(target) from None
        except OSError:  # a file system without hard links
            if os.path.lexists(target):
                raise TargetExistsError(target) from None
            move(source, target)


def _move_folder(source: Path, target: Path, overwrite: bool) -> None:
    """Renames; with `overwrite` a folder that is there is moved aside first, and deleted at the end."""
    if not os.path.lexists(target):
        move(source, target, replace=False)
        _sync_folder(target.parent)
        return
    if not overwrite:
        raise TargetExistsError(target)
    aside = target.parent / _temporary_name()
    move(target, aside, replace=False)
    try:
        move(source, target, replace=False)
    except OSError:
        move(aside, target, replace=False)
        raise
    _sync_folder(target.parent)
    _remove(aside)


def _sync_tree(folder: Path) -> None:
    for root, _, names in os.walk(folder):
        for name in names:
            with (Path(root) / name).open("rb+") as file:
                os.fsync(file.fileno())
        _sync_folder(Path(root))


def _sync_folder(folder: Path) -> None:
    """Makes a rename durable; not every system lets a folder be opened."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
