"""A free detector: everything that a picture or film says about how it was made, whoever wrote it.

Marks are read, not believed: metadata can be written and taken out by anybody, a signature that holds says
that the file is as its signer left it, and the watermark says that a picture came from this program.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine import provenance
from engine.errors import PathText, PersonaError, PictureError
from engine.images import Picture, load_picture
from engine.marks import aigc
from engine.marks.aigc import AigcRecord
from engine.marks.certificate import missing_reason
from engine.marks.containers import kind_of
from engine.marks.detection import Detection, detect
from engine.marks.films import xmp_of_gif, xmp_of_mp4
from engine.marks.manifest import Manifest, read_manifest
from engine.marks.marking import AIGC, C2PA, IPTC, WATERMARK
from engine.opening import explained, open_file, open_image
from engine.provenance import Record
from engine.recipe import Recipe

MADE = (
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "algorithmicMedia",
    "compositeSynthetic",
)
"""IPTC's digital source types (read 2026-11-30) in which a machine's pictures went."""
MOST_PACKET = 1 << 20
"""Characters of an XMP packet that are looked through."""


@dataclass(frozen=True)
class Inspection:
    """What one file says."""

    path: Path
    size: tuple[int, int]
    """Width and height in pixels."""
    watermark: Detection
    source: str = ""
    """IPTC digital source type in the XMP packet, as it stands there."""
    aigc: AigcRecord | None = None
    manifest: Manifest | None = None
    unreadable_manifest: str = ""
    """Why no manifest could be looked for; empty when it could."""
    record: Record | None = None
    """Recipe and scores, for pictures of this program."""
    recipe_problem: str = ""
    """Why its recipe cannot be read."""

    @property
    def marks(self) -> tuple[str, ...]:
        """The marks that say a machine made it."""
        signed = self.manifest.source if self.manifest is not None else ""
        found = {
            IPTC: is_made(self.source),
            AIGC: self.aigc is not None,
            C2PA: is_made(signed),
            WATERMARK: self.watermark.found,
        }
        return tuple(name for name, is_there in found.items() if is_there)

    @property
    def recipe(self) -> Recipe | None:
        """How it was made, where the file tells."""
        return self.record.recipe if self.record is not None else None

    @property
    def is_generated(self) -> bool:
        """Whether anything in it says that a machine made it."""
        return bool(self.marks) or self.recipe is not None

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        recipe = self.recipe
        return {
            "path": str(self.path),
            "width": self.size[0],
            "height": self.size[1],
            "generated": self.is_generated,
            "marks": list(self.marks),
            "digital_source_type": self.source or None,
            "aigc": _aigc_values(self.aigc),
            "c2pa": _manifest_values(self.manifest),
            "c2pa_unreadable": self.unreadable_manifest or None,
            "watermark": {
                "found": self.watermark.found,
                "score": round(self.watermark.score, 2),
                "size": round(self.watermark.size, 3),
            },
            "recipe": recipe.to_dict() if recipe is not None else None,
            "recipe_problem": self.recipe_problem or None,
            "styles": [use.name for use in recipe.styles] if recipe is not None else [],
            "model": recipe.model if recipe is not None else None,
        }


def inspect(path: PathText) -> Inspection:
    """Reads a picture or an MP4 film, of films the first frame. PictureError."""
    path = Path(path)
    if kind_of(path) == "MP4":
        picture, packet = _first_frame(path), xmp_of_mp4(path)
        record, problem = None, ""
    else:
        picture = load_picture(path)
        packet, record, problem = _read(path)
    packet = packet[:MOST_PACKET]
    return Inspection(
        path,
        (picture.shape[1], picture.shape[0]),
        detect(picture),
        _value(packet, "DigitalSourceType"),
        aigc.read(_value(packet, "AIGC")),
        read_manifest(path),
        missing_reason(),
        record,
        problem,
    )


def is_made(source: str) -> bool:
    """Whether a digital source type says that a machine made it, or part of it."""
    return source.rstrip("/").rpartition("/")[2] in MADE


def _read(path: Path) -> tuple[str, Record | None, str]:
    """The XMP packet, the record of this program, and what is wrong with that."""
    with open_file(path) as file, explained(path):
        image = open_image(path, file)
        packet = provenance.packet_of(image)
        if image.format == "GIF":
            packet = xmp_of_gif(path)
        try:
            return packet, provenance.find(image), ""
        except PersonaError as error:
            return packet, None, str(error)


def _value(packet: str, name: str) -> str:
    """What a property says, however it is spelled: as an attribute, an element or a resource."""
    found = re.search(
        rf"""[\s<][\w-]+:{name}\s*=\s*(?:"(?P<a>[^"]*)"|'(?P<b>[^']*)')"""
        rf"""|<[\w-]+:{name}[^>]*?rdf:resource\s*=\s*"(?P<c>[^"]*)\""""
        rf"""|<[\w-]+:{name}\s*>(?P<d>[^<]*)<""",
        packet,
    )
    return html.unescape(next(filter(None, found.groups()), "")).strip() if found else ""


def _first_frame(path: Path) -> Picture:
    import cv2

    film = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        read, frame = film.read()
    finally:
        film.release()
    if not read:
        raise PictureError(path, "no frame of the film can be read", "film")
    return np.ascontiguousarray(frame[..., ::-1])  # OpenCV thinks in B G R


def _aigc_values(record: AigcRecord | None) -> dict[str, Any] | None:
    if record is None:
        return None
    return {
        "label": record.label,
        "meaning": record.meaning or None,
        "producer": record.producer,
        "produce_id": record.produce_id,
        "propagator": record.propagator,
        "propagate_id": record.propagate_id,
    }


def _manifest_values(manifest: Manifest | None) -> dict[str, Any] | None:
    if manifest is None:
        return None
    return {
        "holds": manifest.holds,
        "state": manifest.state,
        "signer": manifest.signer,
        "issuer": manifest.issuer,
        "self_made": manifest.self_made,
        "made_by": manifest.made_by,
        "digital_source_type": manifest.source or None,
        "ingredients": list(manifest.ingredients),
        "problems": list(manifest.problems),
    }
