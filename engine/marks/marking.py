"""The one way from pixels to a written picture, with every mark that is wanted.

On by default: the watermark in the pixels; IPTC source type and AIGC record in the metadata; a signed
manifest where there is a key; a visible label where one is asked for. What is left out is left out on request
only, and noted (`left_out`). The same picture gives the same bytes, but for the manifest, whose numbers C2PA
wants to be random.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from engine.errors import PathText
from engine.files import file_digest, make_folder, write_atomic
from engine.images import Picture, encode, kind_by_suffix
from engine.marks import aigc, signing
from engine.marks.certificate import Credentials
from engine.marks.label import DrawnLabel, draw
from engine.marks.signing import Claim
from engine.provenance import Record, xmp
from engine.recipe import Recipe

IPTC, AIGC, WATERMARK, C2PA, LABEL = "iptc", "aigc", "watermark", "c2pa", "label"


@dataclass(frozen=True)
class Marking:
    """Which marks are put into what is written."""

    on: bool = True
    """False leaves all out; only the recipe is written, where that is wanted."""
    credentials: Credentials | None = None
    """Who signs; None: nothing is signed."""
    label: DrawnLabel | None = None
    producer: str = ""
    """Who is named as producer in the AIGC record; empty for this program."""
    log: Path | None = None
    """Where it is noted what was written without marks."""

    @property
    def names(self) -> tuple[str, ...]:
        """The marks that a picture gets, for the records beside it."""
        if not self.on:
            return ()
        signed = (C2PA,) if self.credentials is not None else ()
        return (IPTC, AIGC, WATERMARK, *signed, *((LABEL,) if self.label else ()))

    @property
    def unlabelled(self) -> Marking:
        """The same, without the visible label."""
        return replace(self, label=None)

    def picture(
        self,
        image: Picture,
        kind: str,
        record: Record | None = None,
        *,
        quality: int = 95,
        from_file: bool = False,
        parent: Path | None = None,
        inputs: tuple[Path, ...] = (),
    ) -> bytes:
        """The bytes of a "PNG", "JPEG", "WEBP" or "TIFF" file.

        from_file: the pixels were read from one, and may carry the watermark already. parent: a file signed
        by others that this is a version of. inputs: files that went in. SigningError, RecipeError.
        """
        image = self.pixels(image, from_file=from_file)
        record = self.told(record or Record(), image)
        data = encode(image, kind, record, quality=quality)
        if not self.on or self.credentials is None:
            return data
        return signing.sign(data, kind, Claim(record.source, parent, inputs), self.credentials)

    def pixels(self, image: Picture, *, from_file: bool = False) -> Picture:
        """The picture with label and watermark; one that carries the watermark already gets no second one."""
        if not self.on:
            return image
        from engine.marks.detection import is_marked_here  # OpenCV takes long to load
        from engine.marks.watermark import embed

        if self.label is not None:
            image = draw(image, self.label)
        return image if from_file and is_marked_here(image) else embed(image)

    def told(self, record: Record, image: Picture) -> Record:
        """The record with what it says about the picture's origin."""
        if not self.on:
            return replace(record, marked=False, aigc="")
        return replace(record, marked=True, aigc=aigc.text_for(aigc.number_of(image), self.producer))

    def packet(self, record: Record, image: Picture) -> bytes:
        """The XMP packet of a film that begins with `image`."""
        return xmp(self.told(record, image)).encode()

    def left_out(self, files: Iterable[Path]) -> None:
        """Notes files that were written without marks; nothing to note where marks are on.

        China's measures ask for such notes to be kept for six months. They are kept until somebody deletes
        them. A note that cannot be written does not undo the file.
        """
        if self.on or self.log is None:
            return
        with suppress(OSError):
            make_folder(self.log.parent)
            with self.log.open("a", encoding="utf-8") as notes:
                notes.writelines(_note(path) for path in files if path.is_file())


def save_marked(
    path: PathText,
    image: Picture,
    marking: Marking,
    *,
    recipe: Recipe | None = None,
    score: float | None = None,
    likeness: float | None = None,
    quality: int = 95,
    overwrite: bool = False,
    inputs: tuple[Path, ...] = (),
) -> Path:
    """`engine.images.save_picture` with marks: errors as there, and SigningError."""
    path = Path(path)
    record = Record(recipe, score, likeness=likeness)
    data = marking.picture(image, kind_by_suffix(path), record, quality=quality, inputs=inputs)
    write_atomic(path, data, overwrite=overwrite)
    marking.left_out([path])
    return path


def _note(path: Path) -> str:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    told = {"time": now, "file": path.name, "sha256": file_digest(path), "marks": []}
    return json.dumps(told, ensure_ascii=False) + "\n"
