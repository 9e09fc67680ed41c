"""Marks in the window: what is copied, what is inspected, and what the settings say."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.images import save_picture
from engine.marks.certificate import FILE, own_credentials
from engine.marks.detection import detect
from engine.marks.watermark import embed
from studio.state.pixels import from_image, to_image
from studio.views.drop import DroppedUrls
from studio.views.settings.marks import MarksSection
from studio.views.window import Window
from tests.engine.marks.test_watermark import drawn
from tests.studio.library.test_starters import shipped
from tests.studio.views.test_styles import wait, window

__all__ = ["shipped", "window"]


def words(window: Window) -> str:
    return " ".join(label.text().replace("\u200b", "") for label in window.inspector.findChildren(QLabel))


def test_dropped_pictures_are_inspected(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    save_picture(tmp_path / "marked.jpg", embed(drawn(256)))
    (tmp_path / "bad.png").write_bytes(b"no picture")
    paths = (tmp_path / "marked.jpg", tmp_path / "bad.png")
    window.intake.take(DroppedUrls(paths, (), "inspect"))
    wait(qtbot, lambda: window.inspector.isVisible())
    assert "marked.jpg" in words(window) and "found (score" in words(window)
    assert any("bad.png" in str(one) for notice in window.context.notices.notices for one in notice.details)
    window.inspector.close_up()


def test_what_is_copied_is_marked(qtbot: QtBot, window: Window) -> None:
    copied: list[QImage] = []
    window.context.on_marks.marked(to_image(drawn(128)), copied.append)
    wait(qtbot, lambda: copied)
    assert detect(from_image(copied[0])).found


def test_the_settings_leave_marks_out_and_say_what_the_law_says(
    qtbot: QtBot, window: Window, tmp_path: Path
) -> None:
    context = window.context
    section = MarksSection(window.look, context.settings, context.on_marks)
    assert context.marks().marking.credentials is not None and "Article 50(2)" in section.law.text()
    section.label.edited.emit(True)
    assert context.marks().marking.label is not None and section.corner.isEnabled()
    section.on.edited.emit(False)
    assert not context.marks().marking.on and not section.corner.isEnabled()
    section.deleteLater()


def test_a_certificate_is_tried_before_it_is_used(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    context = window.context
    own_credentials(tmp_path)
    context.on_marks.use_certificate(tmp_path / FILE, tmp_path / FILE)
    wait(qtbot, lambda: context.settings.marks.certificate == str(tmp_path / FILE))
    (tmp_path / "none.pem").write_text("none")
    context.on_marks.use_certificate(tmp_path / "none.pem", tmp_path / FILE)
    wait(qtbot, lambda: any("certificate" in str(one.what) for one in context.notices.notices))
    assert context.settings.marks.certificate == str(tmp_path / FILE)
