"""What sheets that write files have in common: labelled lines, a folder to choose, sizes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QGridLayout, QLayout, QWidget

from studio.views.kit.button import Button
from studio.views.kit.choice import Choice
from studio.views.kit.layout import row
from studio.views.kit.text import Label
from studio.views.kit.text_field import TextField
from studio.views.look import Look

FormLine = tuple[str, QWidget | QLayout]
"""Key of the label (empty for none), and what is chosen there."""


def add_lines(form: QGridLayout, look: Look, lines: Sequence[FormLine]) -> None:
    """Adds lines below those that are there: labels on the left."""
    first = form.rowCount() if form.count() else 0
    for number, (key, part) in enumerate(lines, start=first):
        if key:
            form.addWidget(Label(look, key, role="muted"), number, 0)
        if isinstance(part, QWidget):
            form.addWidget(part, number, 1)
        else:
            form.addLayout(part, number, 1)


def form_grid(gap: int) -> QGridLayout:
    """Labels and fields in two columns, `gap` pixels between lines."""
    form = QGridLayout()
    form.setHorizontalSpacing(16)
    form.setVerticalSpacing(gap)
    form.setColumnStretch(1, 1)
    return form


def offer_sizes(choice: Choice, look: Look, sizes: Sequence[int]) -> None:
    """The model's own size (0), then sides in pixels."""
    words = look.words
    named = [(str(size), words("export.size.px", size=size)) for size in sizes if size]
    choice.set_choices([("0", words("export.size.same")), *named])


def usual_folder() -> Path:
    """Where finished things go until somebody says otherwise."""
    return Path.home() / "Pictures" / "Persona Studio"


class FolderField(TextField):
    """A folder, typed or looked for."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.browse = Button(look, "export.browse", icon="folder", pressed=self._browse)
        look.words.bind(self, "setAccessibleName", "export.folder")

    def line(self) -> QLayout:
        """The field with its button."""
        return row(self, self.browse)

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self._look.words("export.folder"), self.text())
        if folder:
            self.setText(folder)


def whole(value: float) -> str:
    """A slider's value as people read it."""
    return f"{value:.0f}"
