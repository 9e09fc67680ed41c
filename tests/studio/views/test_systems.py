"""What other systems want of a program: roles in menus, names for the taskbar, files that come as events."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtGui import QAction, QFileOpenEvent
from PySide6.QtWidgets import QMenuBar
from pytestqt.qtbot import QtBot

from studio.app import APP_ID, OpenedFiles, name_for_taskbar
from studio.views import menus
from studio.views.actions import Actions
from studio.views.look import make_look


def test_macos_finds_its_actions_in_chinese_too_and_takes_no_others(qtbot: QtBot) -> None:
    look, bar = make_look("zh_CN"), QMenuBar()
    qtbot.addWidget(bar)
    actions = Actions(look, bar)
    menus.fill(bar, look, actions)
    listed = {which for _, ids in menus.MENUS for which in ids if which != "-"}
    roles = {which: actions[which].menuRole() for which in listed}
    assert roles.pop("quit") == QAction.MenuRole.QuitRole
    assert roles.pop("about") == QAction.MenuRole.AboutRole
    assert roles.pop("settings") == QAction.MenuRole.PreferencesRole
    assert set(roles.values()) == {QAction.MenuRole.NoRole}


def test_files_that_macos_opens_arrive(qtbot: QtBot, tmp_path: Path) -> None:
    opened: list[Path] = []
    target = QObject()
    target.installEventFilter(OpenedFiles(opened.append, target))
    QCoreApplication.sendEvent(target, QFileOpenEvent(str(tmp_path / "a.persona")))
    QCoreApplication.sendEvent(target, QEvent(QEvent.Type.User))
    assert opened == [tmp_path / "a.persona"]


def test_windows_is_told_the_program_s_own_name() -> None:
    class Shell:
        named = ""

        def SetCurrentProcessExplicitAppUserModelID(self, name: str) -> None:
            self.named = name

    shell = Shell()
    name_for_taskbar(shell)
    assert shell.named == APP_ID
