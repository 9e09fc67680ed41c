"""Files of networks: pickles, and torch's zips and streams, which are pickles with numbers beside them."""

from __future__ import annotations

import io
import mmap
import zipfile
from pathlib import Path
from typing import Any

from trainer.foreign.pickles import ForeignError, Machine, Name
from trainer.foreign.tensors import STORAGES, Storage

MAX_BYTES = 4 << 30
MAGIC = 0x1950A86A20F9469CFC6C
"""What torch's streams begin with, as a pickle."""
MAX_ENTRIES = 20_000


def read(path: Path) -> Any:
    """What a file of a network holds, of `pickles` types. ForeignError, with half a sentence; OSError."""
    if not path.is_file():
        raise ForeignError("there is no such file" if not path.exists() else "it is not a file")
    if not 2 < path.stat().st_size <= MAX_BYTES:
        raise ForeignError(f"it is empty, or larger than {MAX_BYTES >> 30} GB")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        start = mapped[:4]
    if start == b"PK\x03\x04":
        return _zip(path)
    if start[:1] != b"\x80":
        raise ForeignError("it is neither a pickle nor a file of torch")
    data = memoryview(path.read_bytes())
    found = _stream(data) if data[2:14].tobytes().find(MAGIC.to_bytes(10, "little")) >= 0 else None
    return found if found is not None else Machine(from_bytes=_within).run(io.BytesIO(data))


def _within(data: bytes) -> Any:
    """What torch packed into bytes within a pickle."""
    return _stream(memoryview(data))


def _stream(data: memoryview) -> Any:
    """Torch's older format: five pickles, the fourth of which is what was stored, then the numbers."""
    file, storages = io.BytesIO(data), dict[str, Storage]()

    def stored(reference: tuple[Any, ...]) -> Storage:
        key, storage = _storage(reference)
        return storages.setdefault(key, storage)

    if Machine().run(file) != MAGIC or Machine().run(file) != 1001:
        raise ForeignError("it is a file of torch of an unknown version")
    Machine().run(file)
    found = Machine(stored).run(file)
    keys = Machine().run(file)
    for key in keys if isinstance(keys, list) else []:
        if key not in storages:
            raise ForeignError("it is damaged")
        storage = storages[key]
        at = file.tell() + 8
        size = storage.count * _size(storage)
        if int.from_bytes(data[at - 8 : at], "little") != storage.count or at + size > len(data):
            raise ForeignError("it ends too early")
        storage.data = data[at : at + size]
        file.seek(at + size)
    return found


def _zip(path: Path) -> Any:
    """Torch's newer format: a zip, nothing in it packed, with a pickle and a file for each storage."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
            if len(entries) > MAX_ENTRIES or any(entry.compress_type for entry in entries.values()):
                raise ForeignError("it is a zip, but not one of torch")
            pickles = [name for name in entries if name.endswith("/data.pkl")]
            if len(pickles) != 1:
                raise ForeignError("it is a zip, but not one of torch")
            top, storages = pickles[0].removesuffix("data.pkl"), dict[str, Storage]()
            if f"{top}byteorder" in entries and archive.read(f"{top}byteorder") != b"little":
                raise ForeignError("its numbers are in an unusual order")

            def stored(reference: tuple[Any, ...]) -> Storage:
                key, storage = _storage(reference)
                if key not in storages:
                    storage.data = memoryview(archive.read(f"{top}data/{key}"))
                    storages[key] = storage
                return storages[key]

            return Machine(stored).run(io.BytesIO(archive.read(pickles[0])))
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError, UnicodeError):
        raise ForeignError("it is a damaged zip") from None


def _storage(reference: tuple[Any, ...]) -> tuple[str, Storage]:
    """("storage", type, key, place, numbers, ...) as torch writes it."""
    if len(reference) < 5 or reference[0] != "storage" or not isinstance(reference[1], Name):
        raise ForeignError("it refers to something else than numbers")
    kind, key, count = reference[1].full, reference[2], reference[4]
    if kind not in STORAGES or not isinstance(key, str) or type(count) is not int or count < 0:
        raise ForeignError("it refers to something else than numbers")
    return key, Storage(STORAGES[kind], count)


def _size(storage: Storage) -> int:
    return int(storage.dtype[-1])
