"""Export: a finished set of pictures in a folder, with a live example of what the files will be called."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QGridLayout, QLayout, QLineEdit, QWidget

from studio.library.settings import ExportOptions
from studio.views.kit.button import Button
from studio.views.kit.choice import Choice, Segmented, Switch
from studio.views.kit.layout import Line, column, row
from studio.views.kit.overlay import Card, Overlay
from studio.views.kit.slider import SliderRow
from studio.views.kit.text import Elided, Text, caption, heading
from studio.views.look import Look

FORMATS = ("png", "jpeg", "webp", "tiff")
SUFFIXES = {"png": "png", "jpeg": "jpg", "webp": "webp", "tiff": "tiff"}
SIZES = (0, 256, 512, 768, 1024, 1536, 2048)
LOSSY = ("jpeg", "webp")


class ExportSheet(Overlay):
    """Asks how; `accepted` says so. Nothing is written here."""

    accepted = Signal(object, object)
    """Path of the folder, ExportOptions."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        self.form = ExportForm(look)
        super().__init__(look, self.form, parent)
        self.form.cancelled.connect(self.close_up)
        self.form.accepted.connect(self._accept)

    def ask(self, count: int, options: ExportOptions, style: str) -> None:
        """Opens for `count` pictures, with what was chosen last time."""
        self.form.fill(count, options, style)
        self.open()

    def _accept(self, folder: Path, options: ExportOptions) -> None:
        self.close_up()
        self.accepted.emit(folder, options)


class ExportForm(Card):
    """The card with the choices."""

    accepted = Signal(object, object)
    cancelled = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look, "panel", parent)
        self._look, self._count, self._style = look, 0, ""
        self._options = ExportOptions()
        self.title = heading(look)
        self.folder = QLineEdit()
        self.browse = Button(look, "export.browse", icon="folder", pressed=self._browse)
        self.format = Segmented(look, [(name, f"export.format.{name}") for name in FORMATS])
        self.quality = SliderRow(look, "export.quality", low=1, high=100, default=95, show=_whole, read=float)
        self.side = Choice(look, "export.size")
        self.template = QLineEdit()
        self.example = Elided(look, size=12, role="muted")
        self.sheet = Switch(look, "export.sheet")
        self.sidecar = Switch(look, "export.sidecar")
        self.recipe = Switch(look, "export.recipe")
        self.problem = Text(look, role="danger", wrap=True)
        self.export = Button(look, "export.go", kind="primary", icon="export", pressed=self._accept)
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        look = self._look
        form = QGridLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(12)
        form.setColumnStretch(1, 1)
        lines: tuple[tuple[str, QWidget | QLayout], ...] = (
            ("export.folder", row(self.folder, self.browse)),
            ("export.format", row(self.format, None)),
            ("", self.quality),
            ("export.size", row(self.side, None)),
            ("export.names", column(self.template, self.example, gap=4)),
        )
        for number, (key, part) in enumerate(lines):
            if key:
                form.addWidget(Text(look, key, role="muted"), number, 0)
            if isinstance(part, QWidget):
                form.addWidget(part, number, 1)
            else:
                form.addLayout(part, number, 1)
        privacy = caption(look, "export.recipe.tip", wrap=True)
        privacy.setContentsMargins(48, 0, 0, 0)
        switches = column(self.sheet, self.sidecar, self.recipe, privacy, gap=8)
        cancel = Button(look, "action.cancel", pressed=self.cancelled.emit)
        column(
            self.title,
            4,
            form,
            Line(look),
            switches,
            self.problem,
            row(None, cancel, self.export, gap=8),
            gap=16,
            margins=(28, 24, 28, 24),
            parent=self,
        )
        self.setFixedWidth(560)

    def _connect(self) -> None:
        words = self._look.words
        words.bind(self.folder, "setAccessibleName", "export.folder")
        words.bind(self.template, "setAccessibleName", "export.names")
        words.bind(self.template, "setToolTip", "export.names.tip")
        for signal in (
            self.folder.textChanged,
            self.template.textChanged,
            self.format.chosen,
            self.side.picked,
        ):
            signal.connect(self._show)
        words.language_changed.connect(self._retell)
        self.template.returnPressed.connect(self._accept)
        self.folder.returnPressed.connect(self._accept)

    def fill(self, count: int, options: ExportOptions, style: str) -> None:
        """Shows the choices of last time."""
        self._count, self._style, self._options = count, style, options
        self.folder.setText(options.folder or str(Path.home() / "Pictures" / "Persona Studio"))
        self.format.set_value(options.format)
        self.quality.set_value(options.quality)
        self.template.setText(options.template)
        self.sheet.setChecked(options.contact_sheet)
        self.sidecar.setChecked(options.sidecar)
        self.recipe.setChecked(options.embed_recipe)
        self._retell()
        self.side.set_value(str(options.size))
        self._show()

    def options(self) -> ExportOptions:
        """What was chosen."""
        return replace(
            self._options,
            format=self.format.value(),
            quality=round(self.quality.value()),
            size=int(self.side.value() or 0),
            template=self.template.text().strip(),
            contact_sheet=self.sheet.isChecked(),
            sidecar=self.sidecar.isChecked(),
            embed_recipe=self.recipe.isChecked(),
            folder=self.folder.text().strip(),
        )

    def _retell(self, *_: object) -> None:
        words = self._look.words
        self.title.setText(words("export.title", count=self._count))
        sizes = [(str(size), words("export.size.px", size=size)) for size in SIZES[1:]]
        self.side.set_choices([("0", words("export.size.same")), *sizes])

    def _show(self, *_: object) -> None:
        words = self._look.words
        self.quality.setVisible(self.format.value() in LOSSY)
        names = example(self.template.text().strip(), self._style or words("styles.none"))
        suffix = SUFFIXES.get(self.format.value(), "png")
        self.example.set_text(words("export.example", name=f"{names}.{suffix}") if names else "")
        problem = "" if names else words("export.names.wrong")
        if not self.folder.text().strip():
            problem = words("export.folder.missing")
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.export.setEnabled(not problem)
        self.updateGeometry()

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self._look.words("export.folder"), self.folder.text())
        if folder:
            self.folder.setText(folder)

    def _accept(self) -> None:
        if self.export.isEnabled():
            options = self.options()
            self.accepted.emit(Path(options.folder).expanduser(), options)


def example(template: str, style: str) -> str:
    """What the first file would be called, without suffix; empty when the template makes no sense."""
    values = {"n": 1, "seed": 482913, "style": style, "date": date.today().isoformat(), "name": "482913"}
    try:
        return template.format(**values).strip()
    except (KeyError, ValueError, IndexError, AttributeError, TypeError):
        return ""


def _whole(value: float) -> str:
    return f"{value:.0f}"
