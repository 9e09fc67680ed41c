from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from engine.formats.style import Reference
from engine.images import encode
from studio.library.styles import StyleEntry
from studio.state.styles import StyleLibrary, StyleRole
from tests.studio.library.made import MODEL, picture, style


def reference(seed: int, fit: float = 0.9, outlier: bool = False) -> Reference:
    thumbnail = base64.b64encode(encode(picture(seed, 96), "JPEG")).decode()
    return Reference(f"{seed}.jpg", f"{seed:064x}", 1.0, fit, thumbnail, outlier)


def entry(name: str, **fields: object) -> StyleEntry:
    return StyleEntry(name.lower(), style(name, **fields), Path(f"{name}.style.json"))


def names(library: StyleLibrary) -> list[str]:
    return [library.items.index(row).data() for row in range(library.items.rowCount())]


def test_the_list_and_its_roles(qtbot: QtBot, qtmodeltester: ModelTester) -> None:
    library = StyleLibrary()
    qtmodeltester.check(library.items)
    library.set_entries(
        [entry("Anna", tags=("warm",), references=(reference(1, 0.5, True), reference(2))), entry("Bella")]
    )
    index = library.items.index(0)
    roles = (StyleRole.ID, StyleRole.TAGS, StyleRole.REFERENCES, StyleRole.OUTLIERS, StyleRole.USABLE)
    assert [index.data(role) for role in roles] == ["anna", ("warm",), 2, 1, True]
    image = index.data(Qt.ItemDataRole.DecorationRole)
    assert isinstance(image, QImage)
    assert image.width() == 96
    swatch = index.data(StyleRole.SWATCH)
    assert swatch
    assert all(len(colour) == 7 and colour.startswith("#") for colour in swatch)
    bare = library.items.index(1)
    assert bare.data(Qt.ItemDataRole.DecorationRole).isNull()
    assert bare.data(StyleRole.SWATCH) == ()
    assert library.items.row_of("bella") == 1
    assert library.items.row_of("nobody") == -1


def test_a_damaged_thumbnail_is_no_drama(qtbot: QtBot) -> None:
    library = StyleLibrary()
    broken = replace(reference(1), thumbnail=base64.b64encode(b"no picture").decode())
    library.set_entries([entry("Anna", references=(broken,))])
    assert library.items.index(0).data(Qt.ItemDataRole.DecorationRole).isNull()


def test_searching_names_and_tags(qtbot: QtBot) -> None:
    library = StyleLibrary()
    library.set_entries([entry("Anna", tags=("warm light",)), entry("Bella"), entry("张三")])
    for words, found in (("ann", ["Anna"]), ("LIGHT a", ["Anna"]), ("三", ["张三"]), ("", 3), ("zzz", [])):
        library.search = words
        assert (names(library) if isinstance(found, list) else len(names(library))) == found


def test_the_style_in_use(qtbot: QtBot) -> None:
    library, told = StyleLibrary(), []
    library.active_changed.connect(lambda active: told.append(active and active.name))
    library.set_entries([entry("Anna"), entry("Bella")])
    library.activate("anna")
    library.activate("anna")
    assert library.items.index(0).data(StyleRole.ACTIVE)
    library.set_entries([entry("Bella"), entry("Anna")])
    assert library.active_id == "anna"
    assert told == ["Anna"], "nothing changed about it"
    library.set_entries([entry("Bella"), replace(entry("Anna"), style=style("Anna B"))])
    library.set_entries([entry("Bella")])
    assert told == ["Anna", "Anna B", None]
    library.activate("nobody")
    assert library.active is None


def test_styles_of_another_model_say_so(qtbot: QtBot) -> None:
    library = StyleLibrary()
    library.set_entries(
        [entry("Anna"), replace(entry("Bella"), style=replace(style("Bella"), model="other"))]
    )
    library.set_model_id(MODEL)
    assert [library.items.index(row).data(StyleRole.USABLE) for row in range(2)] == [True, False]
