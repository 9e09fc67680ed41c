"""The marks of a film beside those in its frames: an XMP packet in the file, and the signed manifest.

MP4    a box of the kind "uuid" at the end, as Adobe's XMP specification part 3 has it
WebP   a chunk "XMP ", and its bit in the chunk "VP8X", which every animation has
GIF    an application extension "XMP DataXMP" after the colour table, with its "magic trailer"
"""

from __future__ import annotations

from pathlib import Path

from engine.images import Picture
from engine.marks.marking import Marking
from engine.marks.signing import Claim, sign_stream
from engine.provenance import Record

XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
GIF_START = b"\x21\xff\x0bXMP DataXMP"
GIF_TRAILER = bytes((1, *range(255, -1, -1), 0))
MOST_GIF = 1 << 20
"""Bytes of a GIF in which its packet is looked for."""
WEBP_XMP = 0x04
"""The bit of VP8X that says there is a packet."""


def finish_film(draft: Path, kind: str, record: Record, first: Picture | None, marking: Marking) -> Path:
    """The draft ("mp4", "webp" or "gif"), or a file beside it, with all marks. OSError, SigningError.

    first: the first frame, whose number the film gets.
    """
    if not marking.on or first is None:
        return draft
    ADD[kind](draft, marking.packet(record, first))
    if marking.credentials is None:
        return draft
    signed = draft.with_name(f"signed.{kind}")
    with draft.open("rb") as source, signed.open("w+b") as target:
        sign_stream(source, target, kind.upper(), Claim(record.source), marking.credentials)
    return signed


def _add_to_mp4(path: Path, packet: bytes) -> None:
    size = 8 + len(XMP_BOX) + len(packet)
    with path.open("ab") as file:
        file.write(size.to_bytes(4, "big") + b"uuid" + XMP_BOX + packet)


def _add_to_webp(path: Path, packet: bytes) -> None:
    with path.open("r+b") as file:
        head = file.read(21)
        if head[:4] != b"RIFF" or head[12:16] != b"VP8X":
            return
        file.seek(20)
        file.write(bytes((head[20] | WEBP_XMP,)))
        file.seek(0, 2)
        file.write(b"XMP " + len(packet).to_bytes(4, "little") + packet + b"\0" * (len(packet) % 2))
        end = file.tell()
        file.seek(4)
        file.write((end - 8).to_bytes(4, "little"))


def _add_to_gif(path: Path, packet: bytes) -> None:
    data = path.read_bytes()
    colours = 3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0
    after = 13 + colours
    path.write_bytes(data[:after] + GIF_START + packet + GIF_TRAILER + data[after:])


ADD = {"mp4": _add_to_mp4, "webp": _add_to_webp, "gif": _add_to_gif}


def xmp_of_mp4(path: Path) -> str:
    """The XMP packet of an MP4 file; empty when it has none."""
    with path.open("rb") as file:
        end = file.seek(0, 2)
        at = 0
        while at + 8 <= end:
            file.seek(at)
            size, kind = int.from_bytes(file.read(4), "big"), file.read(4)
            if size == 1:
                size = int.from_bytes(file.read(8), "big")
            if kind == b"uuid" and file.read(16) == XMP_BOX:
                return file.read(min(size - 24, 1 << 20)).decode("utf-8", "replace")
            if size < 8:
                break
            at += size
    return ""


def xmp_of_gif(path: Path) -> str:
    """The XMP packet of a GIF file; empty when it has none."""
    with path.open("rb") as file:
        data = file.read(MOST_GIF)
    _, found, rest = data.partition(GIF_START)
    return rest[: max(0, rest.find(GIF_TRAILER[:4]))].decode("utf-8", "replace") if found else ""
