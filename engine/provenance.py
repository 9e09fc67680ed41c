"""What a saved picture says about itself: that a machine made it, and the recipe to make it again.

    PNG                 iTXt "persona" (recipe JSON), iTXt "AIGC" (see `engine.marks.aigc`) and XMP
    JPEG, WebP, TIFF    XMP alone, recipe and AIGC record inside

The XMP packet names the IPTC digital source type, which platforms read to label generated pictures. Nothing
in it tells who or where: no name, path or time, and no persona, unless that was asked for. The manifest of
`engine.marks.signing` says the same again, and binds it to the file.
"""

from __future__ import annotations

import base64
import html
import math
import re
import zlib
from dataclasses import dataclass
from typing import Any

from PIL import Image, PngImagePlugin, TiffImagePlugin

from engine.errors import RecipeError
from engine.recipe import MAX_JSON, Recipe, without_personas

GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""A real photo went in."""
PNG_KEY = "persona"
AIGC_KEY = "AIGC"
XMP_KEY = "XML:com.adobe.xmp"
XMP_TAG = 700
"""TIFF tag of the XMP packet."""
NAMESPACE = "urn:persona-studio:1"
AIGC_NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/1.0/"
PLAIN_LIMIT = 30_000
"""Longer recipes are compressed in the XMP packet."""
JPEG_LIMIT = 65_500
"""A JPEG's XMP packet is one segment, of 64 kB."""


@dataclass(frozen=True)
class Record:
    """What a picture carries."""

    recipe: Recipe | None = None
    score: float | None = None
    """Style match, 0..1."""
    photo: bool = False
    """Whether a real photo went in, for a record that does not tell the recipe."""
    likeness: float | None = None
    """How much of the style's person it shows, 0..1."""
    personas: bool = False
    """Whether the recipe's personas are written, too: they are biometric templates."""
    marked: bool = True
    """Whether it says that a machine made it."""
    aigc: str = ""
    """The text of the AIGC record, if one is written."""

    @property
    def told(self) -> str | None:
        """The recipe's text as it is written."""
        if self.recipe is None:
            return None
        return (self.recipe if self.personas else without_personas(self.recipe)).to_json()

    @property
    def source(self) -> str:
        """The IPTC digital source type."""
        composite = self.photo or (self.recipe is not None and self.recipe.content is not None)
        return COMPOSITE if composite else GENERATED


def save_options(kind: str, record: Record) -> dict[str, Any]:
    """Arguments for Pillow's save() that put the record into a PNG, JPEG, WebP or TIFF file."""
    packet = xmp(record)
    if kind == "PNG":
        chunks = PngImagePlugin.PngInfo()
        if record.told is not None:
            chunks.add_itxt(PNG_KEY, record.told)
        if record.marked and record.aigc:
            chunks.add_itxt(AIGC_KEY, record.aigc)
        chunks.add_itxt(XMP_KEY, packet)
        return {"pnginfo": chunks}
    if kind == "TIFF":
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[XMP_TAG] = packet.encode()
        tags.tagtype[XMP_TAG] = 1
        return {"tiffinfo": tags}
    if kind == "JPEG" and len(packet.encode()) > JPEG_LIMIT:
        raise RecipeError("The recipe is too large for a JPEG file; save the picture as PNG.", "too-large")
    return {"xmp": packet.encode()}


def find(image: Image.Image) -> Record | None:
    """The record in an opened picture; None when it has none. RecipeError when its recipe cannot be read."""
    packet = packet_of(image)
    text = image.info.get(PNG_KEY) if image.format == "PNG" else None
    recipe = Recipe.from_json(str(text)) if text else _recipe(packet)
    score, likeness = _score(packet, "score"), _score(packet, "likeness")
    photo = COMPOSITE in packet
    if recipe is None and score is None and likeness is None and not photo:
        return None
    return Record(recipe, score, photo, likeness)


def xmp(record: Record) -> str:
    """The XMP packet."""
    lines = _marks(record) if record.marked else []
    if record.score is not None:
        lines.append(f"<persona:score>{record.score:.4f}</persona:score>")
    if record.likeness is not None:
        lines.append(f"<persona:likeness>{record.likeness:.4f}</persona:likeness>")
    if record.told is not None:
        lines.append(_recipe_element(record.told))
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about=""'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f' xmlns:TC260="{AIGC_NAMESPACE}"'
        f' xmlns:persona="{NAMESPACE}">'
        "<xmp:CreatorTool>Persona Studio</xmp:CreatorTool>"
        f"{''.join(lines)}"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    )


def _marks(record: Record) -> list[str]:
    lines = [f"<Iptc4xmpExt:DigitalSourceType>{record.source}</Iptc4xmpExt:DigitalSourceType>"]
    if record.aigc:
        lines.append(f"<TC260:AIGC>{html.escape(record.aigc, quote=False)}</TC260:AIGC>")
    return lines


def _recipe_element(text: str) -> str:
    if len(text) <= PLAIN_LIMIT:
        return f"<persona:recipe>{html.escape(text, quote=False)}</persona:recipe>"
    packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    return f"<persona:recipeZ>{packed}</persona:recipeZ>"


def packet_of(image: Image.Image) -> str:
    """The XMP packet of an opened picture; empty when it has none."""
    found: Any = image.info.get(XMP_KEY) or image.info.get("xmp") or b""
    if image.format == "TIFF" and not found:
        found = image.tag_v2.get(XMP_TAG, b"")  # type: ignore[attr-defined]
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)


def _element(packet: str, name: str) -> str | None:
    """The text of our own element. No XML parser: the packet comes from outside, and is ours or of no use."""
    match = re.search(rf"<persona:{name}>([^<]*)</persona:{name}>", packet)
    return html.unescape(match[1]) if match else None


def _recipe(packet: str) -> Recipe | None:
    text = _element(packet, "recipe")
    packed = _element(packet, "recipeZ")
    if text is None and packed is not None:
        try:
            unpacker = zlib.decompressobj()
            text = unpacker.decompress(base64.b64decode(packed, validate=True), MAX_JSON + 1).decode()
        except (ValueError, zlib.error):
            raise RecipeError("The recipe cannot be read: it is damaged.", "damaged") from None
    return Recipe.from_json(text) if text is not None else None


def _score(packet: str, name: str) -> float | None:
    try:
        score = float(_element(packet, name) or "nan")
    except ValueError:
        return None
    return score if math.isfinite(score) else None
