from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.views.drop import DroppedUrls, DropTarget, sort_urls
from studio.views.look import Look


def test_takes_files_of_this_machine() -> None:
    dropped = sort_urls([QUrl.fromLocalFile("/pictures/Änne 图片.png"), QUrl("file:///b.png")])
    assert [path.as_posix() for path in dropped.paths] == ["/pictures/Änne 图片.png", "/b.png"]
    assert dropped.refused == ()


@pytest.mark.parametrize(
    "address",
    [
        "file://server/share/a.png",
        "file:////server/share/a.png",
        "http://example.org/a.png",
        "https://example.org/a.png",
        "ftp://example.org/a.png",
        "data:image/png;base64,AAAA",
        "qrc:/a.png",
        "a.png",
        "file:",
    ],
)
def test_refuses_everything_else(address: str) -> None:
    dropped = sort_urls([QUrl(address)])
    assert dropped.paths == ()
    assert len(dropped.refused) == 1


def test_shows_no_passwords_and_no_endless_addresses() -> None:
    refused = sort_urls(
        [QUrl("https://me:secret@example.org/a?token=1"), QUrl("data:text/plain," + "a" * 9999)]
    )
    assert "secret" not in refused.refused[0]
    assert "token" not in refused.refused[0]
    assert all(len(text) <= 80 for text in refused.refused)


def test_a_window_shows_the_sign_while_files_hover(qtbot: QtBot, look: Look) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(400, 300)
    window.show()
    target = DropTarget(look, window)
    taken: list[DroppedUrls] = []
    target.dropped.connect(taken.append)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/a.png")])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier

    enter = QDragEnterEvent(QPoint(50, 50), Qt.DropAction.CopyAction, mime, buttons, keys)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    assert target.overlay.isVisible()

    drop = QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, mime, buttons, keys)
    QApplication.sendEvent(window, drop)
    assert not target.overlay.isVisible()
    assert [path.name for path in taken[0].paths] == ["a.png"]


COPY, MOVE, NONE = Qt.DropAction.CopyAction, Qt.DropAction.MoveAction, Qt.DropAction.IgnoreAction


@pytest.mark.parametrize(("offered", "told"), [(COPY, COPY), (MOVE | COPY, COPY), (MOVE, NONE)])
def test_what_comes_from_outside_is_never_moved(
    qtbot: QtBot, look: Look, offered: Qt.DropAction, told: Qt.DropAction
) -> None:
    """With Shift a move is proposed, and a file manager deletes what was moved."""
    window = QWidget()
    qtbot.addWidget(window)
    target, taken = DropTarget(look, window), []
    target.dropped.connect(taken.append)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/a.png")])
    how = offered, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
    enter, drop = QDragEnterEvent(QPoint(50, 50), *how), QDropEvent(QPointF(50, 50), *how)
    assert drop.proposedAction() is (MOVE if offered != COPY else COPY)
    for event in (enter, drop):
        QApplication.sendEvent(window, event)
        assert event.isAccepted()
    assert drop.dropAction() is told
    assert len(taken) == 1
