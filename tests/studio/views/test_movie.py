"""The sheet that asks how a path is written: formats are called what they are; social sizes are offered."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from engine.movie import SHAPES
from studio.library.movies import MovieOptions
from studio.views.explorer.movie import MovieForm
from studio.views.look import Look
from tests.studio.views.watch import raw_words


@pytest.mark.parametrize("codec", ["h264", "vp9"])
def test_mp4_is_called_what_is_in_it(
    qtbot: QtBot, look: Look, codec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.views.explorer.movie.mp4_codec", lambda: codec)
    form = MovieForm(look)
    qtbot.addWidget(form)
    form.fill(3.0, MovieOptions("mp4", folder="out"), 4.5)
    label = form.kind._group.buttons()[0].text()
    assert label == {"h264": "MP4 (H.264)", "vp9": "MP4 (VP9)"}[codec]
    assert ("every player and social network" in form.about.text()) == (codec == "h264")
    assert raw_words(form) == []
    assert "3.0 s" in form.sum.text()
    form.loop.setChecked(True)
    assert "4.5 s" in form.sum.text()


@pytest.mark.parametrize("shape", SHAPES)
def test_what_social_networks_show_can_be_chosen(qtbot: QtBot, look: Look, shape: str) -> None:
    form = MovieForm(look)
    qtbot.addWidget(form)
    form.fill(3.0, MovieOptions(folder="out"))
    form.side.set_value(shape)
    form.side.edited.emit(shape)
    assert form.options().loop, "it is shown again and again there"
    assert (form.options().shape, form.options().size) == (shape, 0)
    form.fill(3.0, form.options())
    assert form.side.value() == shape
    form.side.set_value("512")
    assert (form.options().shape, form.options().size) == ("", 512)
