"""Texts are keys until they are shown."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import PictureError, TargetError
from engine.formats.reason import Reason
from studio.library.catalogue import load_catalogue
from studio.library.text import Text, as_it_came, error_text, reason_text


class Chinese:
    """Words of another language."""

    def has(self, key: str, /) -> bool:
        return key in load_catalogue("zh_CN")

    def __call__(self, key: str, /, **values: Any) -> str:
        entry = load_catalogue("zh_CN")[key]
        assert isinstance(entry, str)
        return entry.format_map(values)


def test_words_come_last() -> None:
    text = Text("said.export_exists", folder="out")
    assert str(text) == "Some of the files are already in out."
    assert text.format(Chinese()) == "out 中已有同名文件。"
    assert str(Text("said.export_exists", folder="{evil}")) == "Some of the files are already in {evil}."


def test_texts_may_hold_texts() -> None:
    inner = Text("reason.picture.empty")
    assert str(Text("said.name_reason", name="a.png", reason=inner)) == "a.png: the file is empty."


def test_texts_are_values() -> None:
    assert Text("a", b=1) == Text("a", b=1) != Text("a", b=2)
    assert len({Text("a", b=1), Text("a", b=1)}) == 1


def test_what_came_from_elsewhere_is_shown_as_it_came() -> None:
    assert str(as_it_came("Nothing {to} fill.")) == "Nothing {to} fill."
    assert as_it_came("x").format(Chinese()) == "x"
    newer = Reason("flux", "the flux is off", {"n": 3})
    assert reason_text(newer, "picture").format(Chinese()) == "the flux is off"


def test_errors_are_worded_by_their_codes() -> None:
    error = PictureError("a.png", "the file is larger than 512 MB", "too-large", n=512)
    assert str(error_text(error)) == "the file is larger than 512 MB"
    assert error_text(error).format(Chinese()) == "文件超过 512 MB"
    assert error_text(TargetError("out", "why not", "strange")).format(Chinese()) == "why not"
    assert str(error_text(OSError("disk on fire"))) == "disk on fire"


def test_what_came_without_its_values_is_shown_as_it_came() -> None:
    older = PictureError("a.png", "the file is larger than 512 MB", "too-large")
    assert error_text(older).format(Chinese()) == "the file is larger than 512 MB"
    with pytest.raises(KeyError):
        str(Text("said.export_exists"))
