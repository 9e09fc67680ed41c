"""What the program is built with, and on what terms."""

from __future__ import annotations

from importlib import metadata

from pytestqt.qtbot import QtBot

from studio.state.model import ModelState
from studio.views.look import Look
from studio.views.settings.about import PARTS, About


def test_what_travels_inside_opencv_is_named_with_its_licence() -> None:
    terms = dict(PARTS)
    assert terms["FFmpeg, inside OpenCV"].startswith("LGPL-2.1")
    assert terms["libvpx, which writes movies, inside OpenCV"] == "BSD-3-Clause"


def test_the_licence_text_of_ffmpeg_lies_beside_it() -> None:
    lists = [
        file
        for file in metadata.files("opencv-python-headless") or ()
        if file.name == "LICENSE-3RD-PARTY.txt"
    ]
    assert lists
    text = lists[0].read_text("utf-8")
    assert "FFmpeg is redistributed" in text
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in text


def test_about_shows_all_parts(qtbot: QtBot, look: Look) -> None:
    about = About(look, ModelState())
    qtbot.addWidget(about)
    assert "FFmpeg, inside OpenCV — LGPL-2.1-or-later" in about.parts.text()
    assert any("LGPL" in label.text() for label in about.findChildren(type(about.parts)))
