"""A model on disk: a folder with a card (model.json), its graphs and the weights they came from.

`Bundle.load` checks what it is going to use, and is quick; `engine.verification` checks everything.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from engine import graphs
from engine.errors import BundleError, PathText
from engine.files import file_digest, write_atomic
from engine.formats.card import (
    CARD,
    FORMAT,
    MAX_CARD,
    PREVIEW,
    SYNTHESIS,
    Direction,
    FileEntry,
    ModelCard,
    canonical,
    card_digest,
    parse,
)

__all__ = [
    "CARD",
    "FORMAT",
    "Bundle",
    "Direction",
    "ModelCard",
    "bundled_models",
    "default_bundle_path",
    "graph_files",
    "seal",
]

GRAPHS = ("content_encoder.onnx", "mapping.onnx", "preview.onnx", "style_encoder.onnx", "synthesis.onnx")
"""Of a model whose previews have a graph of their own."""
SYSTEM_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}


@dataclass(frozen=True, eq=False)
class Bundle:
    """A bundle whose card and graphs were checked."""

    path: Path
    card: ModelCard
    id: str
    """Model id, written into recipes and styles: it stays equal when only the card's words change."""

    @classmethod
    def load(cls, path: PathText) -> Bundle:
        """Checks the card, and the graphs' digests, operators and shapes. BundleError otherwise."""
        path = Path(path)
        card = read_card(path)
        for name in graph_files(card):
            if name not in card.files:
                raise BundleError(path, f"its card does not list {name}", "card")
            _check_graph(path, card, card.files[name])
        return cls(path, card, model_id(card))

    @property
    def name(self) -> str:
        """The name on the card."""
        return self.card.name

    def graph(self, name: str) -> Path:
        """Path of "mapping", "synthesis", "preview", "style_encoder" or "content_encoder".

        That of "preview" is synthesis's where the card has previews within it.
        """
        return self.path / f"{self.card.preview_graph if name == PREVIEW else name}.onnx"

    def output(self, graph: str, output: str) -> graphs.Shape:
        """The shape that the card promises of a graph's output; N is None."""
        return ends(self.card, self.graph(graph).name)[1][output]

    def outputs(self, graph: str) -> tuple[str, ...] | None:
        """The outputs to cut the graph's file down to; None where it holds that graph alone."""
        if self.card.preview_graph == PREVIEW or graph not in (PREVIEW, SYNTHESIS):
            return None
        if graph == PREVIEW:
            return (PREVIEW,)
        return tuple(name for name in ends(self.card, self.graph(graph).name)[1] if name != PREVIEW)

    def direction(self, name: str) -> Direction | None:
        """The direction of that name."""
        return next((direction for direction in self.card.directions if direction.name == name), None)


def graph_files(card: ModelCard) -> tuple[str, ...]:
    """Names of the model's graphs, sorted."""
    return GRAPHS if card.preview_graph == PREVIEW else tuple(n for n in GRAPHS if n != f"{PREVIEW}.onnx")


def model_id(card: ModelCard) -> str:
    """sha256 hex over the graphs' names and digests."""
    lines = (f"{name}:{card.files[name].sha256}\n" for name in graph_files(card))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def bundled_models() -> list[Path]:
    """Folders of the models that came with the program, the default one first."""
    folder = _models_folder()
    found = sorted(card.parent for card in folder.glob(f"*/{CARD}")) if folder else []
    default = _default_name(folder) if folder else ""
    return sorted(found, key=lambda path: path.name != default)


def default_bundle_path() -> Path:
    """Folder of the default model. BundleError when the program came without one."""
    models = bundled_models()
    if not models:
        raise BundleError("(default)", "no model came with this program; import one or train one", "none")
    return models[0]


def seal(folder: Path, card: dict[str, Any]) -> Path:
    """Writes model.json for a folder whose other files are in place: lists them, adds digests.

    card: all other fields; "files" and "digest" are replaced. Returns the path of model.json.
    """
    names = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / CARD)
    card = {key: value for key, value in card.items() if key != "digest"}
    card["files"] = {
        path.relative_to(folder).as_posix(): {"sha256": file_digest(path), "bytes": path.stat().st_size}
        for path in names
    }
    card["digest"] = card_digest(card)
    data = canonical(card).encode()
    parse(data)
    return write_atomic(folder / CARD, data)


def check_file(path: Path, entry: FileEntry, *, digest: bool = True) -> None:
    """Raises BundleError unless the listed file is there: a plain file inside `path`, with its digest."""
    file = path / entry.name
    try:
        for part in (file, *file.parents):
            if part == path:
                break
            if stat.S_ISLNK(part.lstat().st_mode):
                raise BundleError(path, f"{entry.name} is a link", "link")
        found = file.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise BundleError(path, f"{entry.name} is not a file", "link")
        if found.st_size != entry.bytes or (digest and file_digest(file) != entry.sha256):
            raise BundleError(path, f"{entry.name} was changed or damaged", "digest", file=entry.name)
    except FileNotFoundError:
        raise BundleError(path, f"{entry.name} is missing", "missing-file", file=entry.name) from None
    except OSError as error:
        reason = str(error.strerror)
        message = f"{entry.name} cannot be read ({reason})"
        raise BundleError(path, message, "unreadable", file=entry.name, cause=reason) from error


def unlisted(path: Path, card: ModelCard) -> list[str]:
    """Names of files in the folder that the card does not know, without what systems leave behind."""
    found = (Path(root) / name for root, _, names in os.walk(path) for name in names)
    names = sorted(file.relative_to(path).as_posix() for file in found if file.name not in SYSTEM_LITTER)
    return [name for name in names if name != CARD and name not in card.files]


def read_card(path: Path) -> ModelCard:
    try:
        if not path.exists():
            raise BundleError(path, "there is nothing at that place", "missing")
        if not path.is_dir():
            raise BundleError(path, "it is a file, not a model folder; import it first", "not-a-folder")
        card = path / CARD
        if not stat.S_ISREG(card.lstat().st_mode):
            raise BundleError(path, f"{CARD} is a link or a folder", "link")
        with card.open("rb") as file:
            return parse(file.read(MAX_CARD + 1))
    except FileNotFoundError:
        raise BundleError(
            path, f"it is not a model folder, there is no {CARD} in it", "no-card", file=CARD
        ) from None
    except OSError as error:
        reason = str(error.strerror)
        message = f"{CARD} cannot be read ({reason})"
        raise BundleError(path, message, "unreadable", file=CARD, cause=reason) from error
    except ValueError as error:
        raise BundleError(path, str(error), getattr(error, "code", "card")) from None


def _check_graph(path: Path, card: ModelCard, entry: FileEntry) -> None:
    """One reading serves the digest and the look inside."""
    if entry.bytes > graphs.MAX_BYTES:
        raise BundleError(path, f"{entry.name} is absurdly large", "graph")
    check_file(path, entry, digest=False)
    try:
        data = (path / entry.name).read_bytes()
        if hashlib.sha256(data).hexdigest() != entry.sha256:
            raise BundleError(path, f"{entry.name} was changed or damaged", "digest", file=entry.name)
        graphs.check(data, *ends(card, entry.name))
    except OSError as error:
        reason = str(error.strerror)
        message = f"{entry.name} cannot be read ({reason})"
        raise BundleError(path, message, "unreadable", file=entry.name, cause=reason) from error
    except ValueError as error:
        code = getattr(error, "code", "graph")
        raise BundleError(path, f"{entry.name} {error}", code, file=entry.name) from None


def ends(card: ModelCard, name: str) -> tuple[dict[str, graphs.Shape], dict[str, graphs.Shape]]:
    """Inputs and outputs that the card promises for a graph; N is None."""
    full: graphs.Shape = (None, 3, card.resolution, card.resolution)
    small: graphs.Shape = (None, 3, card.preview_resolution, card.preview_resolution)
    z: graphs.Shape = (None, card.z_size)
    style: graphs.Shape = (None, card.style_size)
    w: graphs.Shape = (None, card.num_ws, card.w_size)
    detail: dict[str, graphs.Shape] = (
        {"detail": (None, card.detail_rows, card.w_size)} if card.detail_rows else {}
    )
    within: dict[str, graphs.Shape] = {PREVIEW: small} if card.preview_graph == SYNTHESIS else {}
    return {
        "mapping.onnx": ({"z": z, "style": style}, {"w": w}),
        "synthesis.onnx": ({"w": w}, {"image": full} | detail | within),
        "preview.onnx": ({"w": w}, {"image": small}),
        "style_encoder.onnx": ({"image": full}, {"style": style}),
        "content_encoder.onnx": ({"image": full}, {"z": z} | detail),
    }[name]


def _models_folder() -> Path | None:
    try:
        folder = Path(str(resources.files("resources"))) / "models"
    except ModuleNotFoundError:
        return None
    return folder if folder.is_dir() else None


def _default_name(folder: Path) -> str:
    try:
        return (folder / "default.txt").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
