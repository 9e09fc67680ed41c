"""The marks: whether they are put in, the visible label, and who signs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog, QWidget

from engine.marks.label import CORNERS
from studio.commands.marks import MarkCommands
from studio.library.marks import MarkOptions
from studio.state.settings import SettingsState
from studio.views.kit.bind import ValueControl
from studio.views.kit.button import Button
from studio.views.kit.choice import Choice, Switch
from studio.views.kit.layout import column
from studio.views.look import Look
from studio.views.settings.parts import SettingSection, SmallPrint

PEM = "*.pem *.crt *.cer *.key"


class MarksSection(SettingSection):
    """What is put into everything that is written."""

    def __init__(self, look: Look, settings: SettingsState, commands: MarkCommands) -> None:
        super().__init__(look, "settings.marks")
        self._settings, self._commands = settings, commands
        self.on, self.label, self.corner = Switch(look), Switch(look), Choice(look)
        self.corner.offer(lambda: [(one, look.words(f"settings.marks.corner.{one}")) for one in CORNERS])
        self.choose = Button(look, "settings.marks.certificate.choose", pressed=self._choose)
        self.forget = Button(look, "settings.marks.certificate.own", pressed=self._forget)
        self.law, self.signer = SmallPrint(look, "settings.marks.law"), SmallPrint(look)
        self.add_line("settings.marks.on", self.on)
        self.add(self.law)
        self.add_line("settings.marks.label", self.label)
        self.add_line("settings.marks.corner", self.corner)
        buttons = QWidget()
        column(self.choose, self.forget, gap=6, parent=buttons)
        self.add_line("settings.marks.certificate", buttons)
        self.add(self.signer)
        for name in ("on", "label", "corner"):
            self._tie(name, getattr(self, name))
        settings.marks_changed.connect(self._show)
        look.words.language_changed.connect(lambda _: self._show(settings.marks))
        self._show(settings.marks)

    def _tie(self, name: str, control: ValueControl) -> None:
        def take(value: Any) -> None:
            self._settings.marks = replace(self._settings.marks, **{name: value})

        control.edited.connect(take)

    def _show(self, marks: MarkOptions) -> None:
        self.on.set_value(marks.on)
        self.label.set_value(marks.label)
        self.corner.set_value(marks.corner)
        self.corner.setEnabled(marks.on and marks.label)
        self.label.setEnabled(marks.on)
        self.forget.setVisible(bool(marks.certificate or marks.key))
        name = Path(marks.certificate).name
        words = self._look.words
        self.signer.setText(
            words("settings.marks.signer.own", name=name) if name else words("settings.marks.signer.here")
        )

    def _choose(self) -> None:
        """Asks for the certificate, then for its key."""
        names = []
        for key in ("settings.marks.certificate.file", "settings.marks.certificate.key"):
            name, _ = QFileDialog.getOpenFileName(self, self._look.words(key), "", f"PEM ({PEM})")
            if not name:
                return
            names.append(Path(name))
        self._commands.use_certificate(*names)

    def _forget(self) -> None:
        self._settings.marks = replace(self._settings.marks, certificate="", key="")
