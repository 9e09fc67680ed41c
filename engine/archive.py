"""Folders as single files: zip archives that are written the same way every time and read with suspicion."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from engine.formats.names import check_name, check_unique

MAX_ENTRIES = 1000
MAX_BYTES = 8 << 30
MAX_RATIO = 200
"""How much larger than its packed form an entry may be, from a megabyte on."""
_CHUNK = 1 << 20


def pack(folder: Path, names: Iterable[str], file: BinaryIO) -> None:
    """Writes the named files of `folder` into a zip: sorted, uncompressed, without times or owners."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(names):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            entry.file_size = (folder / name).stat().st_size
            with (folder / name).open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target, _CHUNK)


def unpack(path: Path, folder: Path, choose: Callable[[Mapping[str, int]], Iterable[str]] = list) -> None:
    """Unpacks files of the zip `path` into the empty `folder`. ValueError, with a clause, if it looks wrong.

    choose: is given the size of each file before any is unpacked, and says which ones to unpack; what it
    raises comes out as it is.
    """
    with _opened(path) as (archive, entries):
        for name in choose({name: entry.file_size for name, entry in entries.items()}):
            _extract(archive, entries[name], folder / name)


def read(path: Path, name: str, limit: int) -> bytes:
    """One file of the zip `path`. ValueError, with a clause, when it is missing, too large or looks wrong."""
    with _opened(path) as (archive, entries):
        if name not in entries:
            raise ValueError(f"there is no {name} in it")
        if entries[name].file_size > limit:
            raise ValueError(f"its {name} is absurdly large")
        return archive.read(entries[name])


@contextmanager
def _opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]]:
    """The archive and its files by relative name, after all checks."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not _is_finder_extra(entry.filename)]
            _check(entries)
            entries = [entry for entry in entries if not entry.is_dir()]
            top = _top_folder([entry.filename for entry in entries])
            yield archive, {entry.filename.removeprefix(top): entry for entry in entries}
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        UnicodeError,
    ) as error:
        raise ValueError(f"the archive is damaged ({str(error).rstrip('.')})") from None


def _is_finder_extra(name: str) -> bool:
    """What macOS adds to every archive; it is left out."""
    return name.startswith("__MACOSX/") or name.rsplit("/")[-1] == ".DS_Store"


def _check(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise ValueError(f"the archive holds more than {MAX_ENTRIES} files")
    if sum(entry.file_size for entry in entries) > MAX_BYTES:
        raise ValueError(f"the archive unpacks to more than {MAX_BYTES >> 30} GB")
    check_unique(entry.filename.rstrip("/") for entry in entries)
    for entry in entries:
        check_name(entry.orig_filename.rstrip("/") if entry.is_dir() else entry.orig_filename)
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise ValueError(f"it holds a link or device, {entry.filename!r:.80}")
        if entry.flag_bits & 1:
            raise ValueError("the archive is encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError("the archive is packed in an unusual way")
        if entry.file_size > _CHUNK and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
            raise ValueError(f"{entry.filename!r:.80} unpacks to an absurd size")


def _top_folder(names: list[str]) -> str:
    """The one folder around everything, with its slash, or "": people zip folders as often as contents."""
    tops = {name.split("/")[0] for name in names}
    return f"{tops.pop()}/" if len(tops) == 1 and all("/" in name for name in names) else ""


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    left = entry.file_size
    with archive.open(entry) as source, target.open("xb") as file:
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise ValueError(f"{entry.filename!r:.80} is larger than the archive says")
            file.write(chunk)
