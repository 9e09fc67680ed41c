"""What was made from a set of pictures, wherever it lies: prepared sets, runs, checkpoints, models, styles.

Everything that is made from a set carries the set's digest in its JSON file. So the places that were noted
down when things were made, the user's data folder and any folder named are searched for that digest.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.errors import PersonaError
from engine.files import make_folder, target_error, write_atomic
from engine.formats import jsonio
from engine.formats.consent import FOLDER as CONSENTS
from engine.formats.job import flat
from engine.formats.prepared_set import INDEX
from engine.formats.run_folder import JOB
from trainer.data.store import OWN, PICTURES, THUMBNAILS

REGISTER = "derived.jsonl"
"""In the user's data folder: what was made, where."""
LARGEST = 128 << 20
"""bytes of a JSON file that is looked into"""
HEADER = 16 << 20
"""bytes of a safetensors file's header that are looked into"""
MARKERS = {INDEX: "prepared set", JOB: "training run", "model.json": "model"}
"""A folder with such a file is one thing, listed and deleted as a whole; a run if anything in it is found."""
PASSED_OVER = {".git", ".venv", "node_modules", "__pycache__"}


@dataclass(frozen=True)
class Derived:
    """One thing that was made from a set."""

    kind: str
    """"prepared set", "training run", "model", "checkpoint", "consent record" or "file"."""
    path: Path
    files: int
    bytes: int

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"kind": self.kind, "path": str(self.path), "files": self.files, "bytes": self.bytes}


def register(digest: str, kind: str, path: Path, home: Path) -> None:
    """Note down that something was made from a set, so that it is found wherever it lies.

    Errors are ignored: what was made can be found by searching, too.
    """
    line = {"digest": digest, "kind": kind, "path": str(path.resolve()), "when": _now()}
    with suppress(OSError, PersonaError):
        make_folder(home)
        with (home / REGISTER).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def registered(home: Path) -> list[dict[str, str]]:
    """What was noted down; damaged lines are skipped."""
    found = []
    with suppress(OSError), (home / REGISTER).open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            with suppress(ValueError):
                card = json.loads(line)
                if isinstance(card, dict) and all(
                    isinstance(card.get(key), str) for key in ("digest", "path")
                ):
                    found.append(card)
    return found


def known_digests(home: Path, prefix: str) -> list[str]:
    """Digests that begin so, among what was noted down and the consent records."""
    names = [path.stem for path in (home / CONSENTS).glob("*.json")]
    digests = {*names, *(card["digest"] for card in registered(home))}
    return sorted(digest for digest in digests if digest.startswith(prefix))


def find_derived(digest: str, roots: Iterable[Path], home: Path) -> list[Derived]:
    """Everything made from a set: under the roots, in the data folder, and where it was noted down."""
    noted = [Path(card["path"]) for card in registered(home) if card["digest"] == digest]
    search = _Search(digest)
    for place in (*roots, home, *noted):
        search.enter(place)
    search.follow_jobs()
    return sorted(search.found.values(), key=lambda one: (list(_ORDER).index(one.kind), str(one.path)))


def delete(one: Derived) -> None:
    """Remove one derived thing. TargetError when that is impossible.

    Of a prepared folder only what the program put there goes, so files that lie beside it stay.
    """
    try:
        if one.kind == "prepared set":
            _delete_prepared(one.path)
        elif one.path.is_dir() and not one.path.is_symlink():
            shutil.rmtree(one.path)
        else:
            one.path.unlink(missing_ok=True)
    except OSError as error:
        raise target_error(Path(error.filename or one.path), error) from error


def unregister(digest: str, gone: Iterable[Path], home: Path) -> None:
    """Strike deleted things off the register."""
    paths = {str(path.resolve()) for path in gone}
    cards = registered(home)
    kept = [card for card in cards if card["digest"] != digest or card["path"] not in paths]
    if len(kept) < len(cards):
        text = "".join(json.dumps(card, ensure_ascii=False) + "\n" for card in kept)
        write_atomic(home / REGISTER, text.encode())


_ORDER = ("prepared set", "training run", "checkpoint", "model", "file", "consent record")


class _Search:
    """Collects what carries a digest."""

    def __init__(self, digest: str) -> None:
        self._text = digest.encode()
        self._jobs: list[Path] = []
        self._seen: set[str] = set()
        self.found: dict[str, Derived] = {}

    def enter(self, place: Path) -> None:
        """Look at a folder with all below it, or at one file."""
        if place.is_dir():
            self._folder(Path(os.path.realpath(place)))
        elif place.is_file():
            self._file(place)

    def follow_jobs(self) -> None:
        """Runs whose job names a prepared folder that was found are derived, too."""
        sets = [one.path for one in self.found.values() if one.kind == "prepared set"]
        for job in self._jobs:
            with suppress(OSError, ValueError):
                data = flat(jsonio.read_object(job) or {}).get("data")
                if isinstance(data, str) and Path(os.path.realpath(data)) in sets and job.parent.is_dir():
                    self._add("training run", job.parent)

    def _folder(self, folder: Path) -> None:
        if str(folder) in self._seen:
            return
        self._seen.add(str(folder))
        for marker, kind in MARKERS.items():
            if self._holds(folder / marker):
                self._add(kind, folder)
                return
        known = len(self.found)
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.is_symlink() or entry.name in PASSED_OVER:
                    continue
                if entry.is_dir():
                    self._folder(Path(entry.path))
                elif entry.is_file():
                    self._file(Path(entry.path))
        if _is_job(folder / JOB):
            self._jobs.append(folder / JOB)
            if len(self.found) > known:
                self._add("training run", folder)

    def _file(self, path: Path) -> None:
        suffix = path.suffix.lower()
        if suffix in (".json", ".jsonl") and path.name != REGISTER and self._holds(path):
            self._add_with_companions(path)
        elif suffix in (".persona", ".zip") and self._holds_zipped(path):
            self._add("model", path)
        elif suffix == ".safetensors" and self._holds_header(path):
            self._add("checkpoint", path)

    def _holds(self, path: Path) -> bool:
        with suppress(OSError):
            return path.is_file() and path.stat().st_size <= LARGEST and self._text in path.read_bytes()
        return False

    def _holds_zipped(self, path: Path) -> bool:
        try:
            with zipfile.ZipFile(path) as bundle:
                cards = [one for one in bundle.infolist() if one.filename.rsplit("/", 1)[-1] == "model.json"]
                return any(one.file_size <= LARGEST and self._text in bundle.read(one) for one in cards)
        except (OSError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile):  # no bundle of ours
            return False

    def _holds_header(self, path: Path) -> bool:
        with suppress(OSError), path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            return length <= HEADER and self._text in file.read(length)
        return False

    def _add_with_companions(self, path: Path) -> None:
        """A JSON file, and the weights of the same name beside it: together they are a checkpoint."""
        weights = path.with_suffix(".safetensors")
        if path.parent.name == CONSENTS:
            self._add("consent record", path)
        elif weights.is_file():
            self._add("checkpoint", path)
            self._add("checkpoint", weights)
        else:
            self._add("file", path)

    def _add(self, kind: str, path: Path) -> None:
        if any(Path(known) in path.parents for known in self.found):
            return
        for inside in [known for known in self.found if path in Path(known).parents]:
            del self.found[inside]
        files, size = _weight(path)
        self.found[str(path)] = Derived(kind, path, files, size)


def _is_job(path: Path) -> bool:
    """Whether this is a job of the trainer's, and not some other program's."""
    try:
        card = jsonio.read_object(path) or {}
    except (OSError, ValueError):
        return False
    return {"format", "data", "network"} <= card.keys()


def _weight(path: Path) -> tuple[int, int]:
    """How many files, and bytes, a file or folder has."""
    files = size = 0
    for one in _files(path):
        with suppress(OSError):
            size += one.lstat().st_size
            files += 1
    return files, size


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        for root, _, names in os.walk(path):
            yield from (Path(root) / name for name in names)
    else:
        yield path


def _delete_prepared(folder: Path) -> None:
    for name in (PICTURES, THUMBNAILS):
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
    for name in OWN:
        (folder / name).unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
