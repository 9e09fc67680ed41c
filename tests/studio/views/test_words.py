"""The catalogues, and everything in the code that must be in them."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtGui import QFontMetrics, QRawFont
from PySide6.QtWidgets import QApplication, QLabel

from studio import theme
from studio.i18n import LANGUAGES, Words
from studio.library.catalogue import CatalogueEntry, load_catalogue, plural_form
from studio.library.text import Text, as_it_came

ROOT = Path(__file__).parents[3]
FILES = ("StudioInter", "StudioHan")


def texts(entry: CatalogueEntry) -> list[str]:
    return [entry] if isinstance(entry, str) else list(entry.values())


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_all_languages_have_the_same_keys() -> None:
    english = load_catalogue("en").keys()
    for language in LANGUAGES:
        assert load_catalogue(language).keys() == english


def test_placeholders_are_equal() -> None:
    english, chinese = load_catalogue("en"), load_catalogue("zh_CN")
    for key, entry in english.items():
        names = set.union(*(fields(text) for text in texts(entry)))
        for text in texts(chinese[key]):
            assert fields(text) == names, key


def test_every_plural_form_is_there() -> None:
    for language, forms in (("en", {"one", "other"}), ("zh_CN", {"other"})):
        for key, entry in load_catalogue(language).items():
            if isinstance(entry, dict):
                assert entry.keys() == forms, key
    assert [plural_form("en", n) for n in (0, 1, 2)] == ["other", "one", "other"]


def test_nothing_is_left_untranslated() -> None:
    english, chinese = load_catalogue("en"), load_catalogue("zh_CN")
    same = {key for key, entry in english.items() if entry == chinese[key]}
    assert same <= {key for key in same if key.startswith(("export.format.", "settings.device."))}


def keys() -> Iterator[tuple[str, str]]:
    """(where, key) of every `Text("...")` in the studio."""
    for path in sorted((ROOT / "studio").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Text":
                if node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value:
                    yield f"{path.name}:{node.lineno}", node.args[0].value


def test_every_text_of_the_studio_has_words() -> None:
    catalogue = load_catalogue("en")
    assert {key: where for where, key in keys() if key not in catalogue} == {}


def test_every_key_in_the_code_exists() -> None:
    catalogue = load_catalogue("en")
    areas = {key.split(".")[0] for key in catalogue}
    for path in sorted((ROOT / "studio" / "views").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            area, dot, rest = node.value.partition(".")
            if dot and area in areas and rest.replace(".", "").replace("_", "").isalnum() and rest[-1] != ".":
                assert node.value in catalogue, f"{path.name}: {node.value}"


def test_words_follow_the_language_and_their_widgets(qapp: QApplication) -> None:
    words, label = Words("en"), QLabel()
    words.bind(label, "setText", "gallery.count", count=1)
    assert label.text() == "1 picture"
    words.set_language("zh_CN")
    assert label.text() == "1 张图片"
    label.deleteLater()
    del label
    words.set_language("en")


def test_words_change_bit_by_bit(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.i18n.BUNCH", 2)
    words, labels, told = Words("en"), [QLabel() for _ in range(5)], list[str]()
    words.language_changed.connect(told.append)
    for label in labels:
        words.bind(label, "setText", "gallery.sort.name")
    steps = words.steps_to("zh_CN")
    next(steps)
    assert words("gallery.sort.name") == "名称"
    next(steps)
    assert [label.text() for label in labels] == ["名称"] * 2 + ["Name"] * 3
    assert told == []
    for _ in words.steps_to("zh_CN"):  # the first ones are given up
        pass
    assert [label.text() for label in labels] == ["名称"] * 5
    assert told == ["zh_CN"]
    assert list(words.steps_to("zh_CN")) == []
    shiboken6.delete(labels.pop())
    words.set_language("en")
    assert {label.text() for label in labels} == {"Name"}


def test_words_let_go_of_widgets_that_are_gone(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.i18n.ROOM", 4)
    words, stays = Words("en"), QLabel()
    words.bind(stays, "setText", "action.keep")
    for _ in range(40):
        label = QLabel()
        words.bind(label, "setText", "action.keep")
        shiboken6.delete(label)
    assert len(words._bindings) < 12
    words.set_language("zh_CN")
    assert stays.text() == words("action.keep")


def test_texts_are_put_into_the_language_in_use(qapp: QApplication) -> None:
    words = Words("zh_CN")
    assert words.say(Text("said.nothing_selected")) == "没有选中任何图片。"
    assert words.say(Text("said.export_exists", folder="{x}")) == "{x} 中已有同名文件。"
    assert words.say(as_it_came("Nobody wrote this.")) == "Nobody wrote this."


@pytest.mark.parametrize("weight", ["Regular", "SemiBold"])
def test_the_bundled_fonts_draw_every_character(qapp: QApplication, weight: str) -> None:
    assert set(theme.FAMILIES) <= set(theme.load_fonts())
    fonts = [QRawFont(str(ROOT / "resources" / "fonts" / f"{name}-{weight}.otf"), 13.0) for name in FILES]
    for language in LANGUAGES:
        used = set("".join(text for entry in load_catalogue(language).values() for text in texts(entry)))
        assert {c for c in used if not any(font.supportsCharacter(ord(c)) for font in fonts)} == set()


def test_the_studio_type_is_used(qapp: QApplication) -> None:
    assert theme.font().families() == theme.FAMILIES
    assert QFontMetrics(theme.font(13)).height() < 24
