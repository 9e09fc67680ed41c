"""Export: a finished set of pictures in a folder, with a live example of what the files will be called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from studio.library.settings import ExportOptions
from studio.signals import follow
from studio.views.kit.button import Button
from studio.views.kit.card import Card
from studio.views.kit.choice import Choice, Segmented, Switch
from studio.views.kit.empty import Sign
from studio.views.kit.form import (
    FolderField,
    FormLine,
    add_lines,
    form_grid,
    offer_sizes,
    usual_folder,
    whole,
)
from studio.views.kit.layout import Line, column, row
from studio.views.kit.overlay import Overlay
from studio.views.kit.slider import SliderRow
from studio.views.kit.text import Elided, Label, caption, heading
from studio.views.kit.text_field import TextField
from studio.views.look import Look

FORMATS = ("png", "jpeg", "webp", "tiff")
SUFFIXES = {"png": "png", "jpeg": "jpg", "webp": "webp", "tiff": "tiff"}
SIZES = (0, 256, 512, 768, 1024, 1536, 2048)
LOSSY = ("jpeg", "webp")
SHEETS = ("png", "pdf", "both")
RECIPES = ("all", "nameless", "none")
"""What can be written: the selected pictures, everything that is shown, or new people who differ."""
MOST_NEW = 200


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
        self.ask_which([("", count)], options, style)

    def ask_which(self, sources: Sequence[tuple[str, int]], options: ExportOptions, style: str) -> None:
        """Opens with a choice of what to write: (source, number of pictures); a source is
        "selected", "shown" or "varied"."""
        self.form.fill(sources, options, style)
        self.open()

    @property
    def source(self) -> str:
        """What is to be written."""
        return self.form.source.value()

    @property
    def count(self) -> int:
        """How many pictures."""
        return self.form.count

    def _accept(self, folder: Path, options: ExportOptions) -> None:
        self.close_up()
        self.accepted.emit(folder, options)


class ExportForm(Card):
    """The card with the choices."""

    accepted = Signal(object, object)
    cancelled = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look, "panel", parent)
        self._look, self._style = look, ""
        self._knows_persons = False
        self._sources: dict[str, int] = {}
        self._options = ExportOptions()
        self.title = heading(look)
        self.source = Choice(look, "export.source")
        self.many = SliderRow(look, "export.many", low=1, high=MOST_NEW, default=16, show=whole, read=float)
        look.words.bind(self.many, "setToolTip", "export.many.tip")
        self.folder = FolderField(look)
        self.format = Segmented(look, [(name, f"export.format.{name}") for name in FORMATS])
        self.quality = SliderRow(look, "export.quality", low=1, high=100, default=95, show=whole, read=float)
        self.side = Choice(look, "export.size")
        self.template = TextField()
        self.example = Elided(look, size=12, role="muted")
        self.sheet = Switch(look, "export.sheet")
        self.sheet_format = Segmented(look, [(name, f"export.sheet.{name}") for name in SHEETS])
        self.sidecar = Switch(look, "export.sidecar")
        self.recipe = Segmented(look, [(how, f"export.recipe.{how}") for how in RECIPES])
        self.persona = Switch(look, "export.persona")
        self.privacy = caption(look, wrap=True)
        self.mark = caption(look, "export.mark", wrap=True)
        self.problem = Label(look, role="danger", wrap=True)
        self.export = Button(look, "export.go", kind="primary", icon="export", pressed=self._accept)
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        look = self._look
        form = form_grid(8)
        self.what = Label(look, "export.source", role="muted")
        form.addWidget(self.what, 0, 0)
        form.addLayout(column(row(self.source, None), self.many, gap=4), 0, 1)
        lines: tuple[FormLine, ...] = (
            ("export.folder", self.folder.line()),
            ("export.format", row(self.format, None)),
            ("", self.quality),
            ("export.size", row(self.side, None)),
            ("export.names", column(self.template, self.example, gap=4)),
            ("export.recipe", column(row(self.recipe, None), self.persona, self.privacy, gap=6)),
        )
        add_lines(form, look, lines)
        switches = column(row(self.sheet, None, self.sheet_format), self.sidecar, gap=8)
        sign = Sign(look, "info", 16, "muted")
        marked = row(sign, self.mark, gap=8)
        marked.setAlignment(sign, Qt.AlignmentFlag.AlignTop)
        marked.setStretch(1, 1)
        cancel = Button(look, "action.cancel", pressed=self.cancelled.emit)
        column(
            self.title,
            4,
            form,
            Line(look),
            switches,
            Line(look),
            marked,
            self.problem,
            row(None, cancel, self.export, gap=8),
            gap=10,
            margins=(28, 18, 28, 18),
            parent=self,
        )
        self.setFixedWidth(580)

    def _connect(self) -> None:
        words = self._look.words
        words.bind(self.template, "setAccessibleName", "export.names")
        words.bind(self.template, "setToolTip", "export.names.tip")
        follow(
            self.show_choices,
            self.folder.textChanged,
            self.template.textChanged,
            self.format.edited,
            self.side.edited,
            self.recipe.edited,
            self.persona.toggled,
            self.sheet.toggled,
            self.source.edited,
            self.many.edited,
        )
        words.language_changed.connect(self._retell)
        words.language_changed.connect(self.show_choices)
        follow(self._accept, self.template.returnPressed, self.folder.returnPressed)

    @property
    def count(self) -> int:
        """How many pictures are to be written."""
        if self.source.value() == "varied":
            return round(self.many.value())
        return self._sources.get(self.source.value(), 0)

    def fill(self, sources: Sequence[tuple[str, int]], options: ExportOptions, style: str) -> None:
        """Shows what there is to write, and the choices of last time."""
        self._sources, self._style, self._options = dict(sources), style, options
        self.source.clear()
        usual = str(usual_folder())
        self.folder.setText(shortened_home(options.folder or usual))
        self.format.set_value(options.format)
        self.quality.set_value(options.quality)
        self.template.setText(options.template)
        self.sheet.setChecked(options.contact_sheet)
        self.sidecar.setChecked(options.sidecar)
        self.sheet_format.set_value(options.sheet_format)
        self.recipe.set_value("all" if options.personas else options.recipes)
        self.persona.setChecked(False)  # chosen anew each time: a person leaves the machine
        self._retell()
        self.side.set_value(str(options.size))
        self.show_choices()

    def options(self) -> ExportOptions:
        """What was chosen."""
        chosen = self._options.with_recipes(self._recipes)
        return replace(
            chosen,
            format=self.format.value(),
            quality=round(self.quality.value()),
            size=int(self.side.value() or 0),
            template=self.template.text().strip(),
            contact_sheet=self.sheet.isChecked(),
            sidecar=self.sidecar.isChecked(),
            sheet_format=self.sheet_format.value(),
            folder=str(Path(self.folder.text().strip()).expanduser()) if self.folder.text().strip() else "",
        )

    @property
    def _recipes(self) -> str:
        """How much of the recipes travels along."""
        with_persona = self._knows_persons and self.persona.isChecked()
        return "with-personas" if self.recipe.value() == "all" and with_persona else self.recipe.value()

    def know_persons(self, known: bool) -> None:
        """Whether recipes may show a certain person."""
        self._knows_persons = known
        self.show_choices()

    def _retell(self, *_: object) -> None:
        words = self._look.words
        named = [
            (source, words(f"export.source.{source}", count=count))
            for source, count in self._sources.items()
            if source
        ]
        self.source.set_choices(named)
        for part in (self.source, self.what):
            part.setVisible(len(named) > 1)
        offer_sizes(self.side, self._look, SIZES)

    def show_choices(self, *_: object) -> None:
        """Shows what follows from the choices: fields that matter, the example, what is wrong."""
        words = self._look.words
        self.title.setText(words("export.title", count=self.count))
        self.many.setVisible(self.source.value() == "varied")
        self.quality.setVisible(self.format.value() in LOSSY)
        self.sheet_format.setEnabled(self.sheet.isChecked())
        self.persona.setVisible(self._knows_persons and self.recipe.value() == "all")
        self.privacy.setText(words(f"export.recipe.{self._recipes or 'all'}.tip"))
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


def shortened_home(folder: str) -> str:
    """A folder as people write it, with ~ for their own."""
    try:
        return str(Path("~") / Path(folder).relative_to(Path.home()))
    except ValueError:
        return folder
