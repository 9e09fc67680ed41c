"""Cuts the studio's two type families out of Inter and Noto Sans CJK SC.

Needs fonttools, and the font files of Debian's fonts-inter, fonts-noto-cjk and fonts-noto-cjk-extra:

    python resources/fonts/build.py INTER_FOLDER NOTO_REGULAR.ttc NOTO_MEDIUM.ttc

The families get names of their own, so that a different Inter or Noto on the same machine is never mixed in.
"""

# mypy: ignore-errors

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

HERE = Path(__file__).parent
LATIN = "Studio Inter"
HAN = "Studio Han"

LATIN_RANGES = [
    (0x20, 0x17F),  # basic Latin to Latin Extended-A
    (0x18F, 0x18F),
    (0x1A0, 0x1A1),
    (0x1AF, 0x1B0),
    (0x218, 0x21B),
    (0x259, 0x259),
    (0x2B0, 0x2FF),  # modifiers
    (0x300, 0x36F),  # combining marks
    (0x370, 0x3FF),  # Greek
    (0x400, 0x4FF),  # Cyrillic
    (0x1E00, 0x1EFF),  # Vietnamese and more
    (0x2000, 0x206F),  # punctuation
    (0x2070, 0x209F),
    (0x20A0, 0x20BF),  # currency
    (0x2100, 0x214F),
    (0x2190, 0x21FF),  # arrows
    (0x2200, 0x22FF),  # maths
    (0x2300, 0x23FF),  # key caps
    (0x25A0, 0x27BF),  # shapes and ticks
]
HAN_RANGES = [
    (0x20, 0x7E),
    (0xA0, 0xFF),
    (0x2010, 0x2027),
    (0x2030, 0x205E),
    (0x2190, 0x2193),
    (0x2460, 0x2473),
    (0x3000, 0x303F),  # CJK punctuation
    (0xFF00, 0xFFEF),  # full-width forms
]


def characters(ranges: Iterable[tuple[int, int]]) -> set[int]:
    """All code points of the ranges, ends included."""
    return {code for first, last in ranges for code in range(first, last + 1)}


def gb2312() -> set[int]:
    """The 6,763 hanzi of GB 2312, levels 1 and 2, and its symbols."""
    codes = set()
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                codes.add(ord(bytes([row, cell]).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return {c for c in codes if c >= 0x4E00 or 0x3000 <= c < 0x3040}


def used() -> set[int]:
    """Every character of the Chinese catalogue."""
    catalogue = HERE.parent / "translations" / "zh_CN.json"
    if not catalogue.exists():
        return set()
    return {ord(c) for c in json.dumps(json.loads(catalogue.read_text("utf-8")), ensure_ascii=False)}


def cut(font: TTFont, codes: set[int], features: list[str]) -> None:
    """Keeps only `codes` and `features`."""
    options = subset.Options()
    options.layout_features = features
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 13, 14]
    options.name_languages = [0x409]
    options.hinting = False
    options.desubroutinize = False
    options.notdef_outline = True
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=codes)
    cutter.subset(font)


def rename(font: TTFont, family: str, weight_name: str, weight: int) -> None:
    """Gives the font a family of its own."""
    names = font["name"]
    names.names = [n for n in names.names if n.platformID == 3 and n.nameID in {0, 5, 7, 8, 13, 14}]
    plain = "Regular"
    written = {
        1: family if weight == 400 else f"{family} {weight_name}",
        2: plain,
        3: f"{family} {weight_name} subset",
        4: f"{family} {weight_name}",
        6: f"{family.replace(' ', '')}-{weight_name}",
        16: family,
        17: weight_name,
    }
    for number, text in written.items():
        names.setName(text, number, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight
    font["OS/2"].fsSelection = (font["OS/2"].fsSelection & ~0b100001) | 0b1000000
    font["head"].macStyle = 0
    if "CFF " in font:
        cff = font["CFF "].cff
        cff.fontNames[0] = written[6]
        cff.topDictIndex[0].FamilyName = family
        cff.topDictIndex[0].FullName = written[4]


def save(font: TTFont, name: str) -> None:
    """Writes it beside this file."""
    target = HERE / name
    font.save(target)
    sys.stdout.write(f"{name}: {target.stat().st_size / 1e6:.2f} MB\n")


def latin(folder: Path) -> None:
    """Studio Inter, three weights."""
    features = ["kern", "mark", "mkmk", "ccmp", "calt", "case", "tnum", "zero", "ss03", "cv11", "locl"]
    for name, weight in (("Regular", 400), ("Medium", 500), ("SemiBold", 600)):
        font = TTFont(folder / f"Inter-{name}.otf")
        cut(font, characters(LATIN_RANGES), features)
        rename(font, LATIN, name, weight)
        save(font, f"StudioInter-{name}.otf")


def han(regular: Path, medium: Path) -> None:
    """Studio Han, two weights."""
    codes = characters(HAN_RANGES) | gb2312() | used()
    for path, name, weight in ((regular, "Regular", 400), (medium, "SemiBold", 600)):
        font = next(
            f for f in TTCollection(path).fonts if f["name"].getDebugName(1).startswith("Noto Sans CJK SC")
        )
        cut(font, codes, ["kern", "palt", "locl"])
        rename(font, HAN, name, weight)
        save(font, f"StudioHan-{name}.otf")


if __name__ == "__main__":
    latin(Path(sys.argv[1]))
    han(Path(sys.argv[2]), Path(sys.argv[3]))
