"""Asks how a path is to be written as a movie. Nothing is written here."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from engine.movie import KINDS, SHAPES, mp4_codec
from studio.library.movies import RATE_CHOICES, MovieOptions
from studio.signals import follow
from studio.views.kit.button import Button
from studio.views.kit.card import Card
from studio.views.kit.choice import Choice, Segmented, Switch
from studio.views.kit.form import (
    FolderField,
    FormLine,
    add_lines,
    form_grid,
    usual_folder,
    whole,
)
from studio.views.kit.layout import Line, column, row
from studio.views.kit.overlay import Overlay
from studio.views.kit.slider import SliderRow
from studio.views.kit.text import Elided, caption, heading
from studio.views.kit.text_field import TextField
from studio.views.look import Look

SIZES = (0, 256, 512, 768, 1024)
ABOUT_WIDTH = 340
"""Pixels that the words on a format have at least: a sheet that was laid out does not grow by itself."""


class MovieSheet(Overlay):
    """The sheet over the window; `accepted` says how."""

    accepted = Signal(object)
    """MovieOptions."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        self.form = MovieForm(look)
        super().__init__(look, self.form, parent)
        self.form.cancelled.connect(self.close_up)
        self.form.accepted.connect(self._accept)

    def ask(self, seconds: float, options: MovieOptions, looped: float = 0.0) -> None:
        """Opens for a path of so many seconds, with what was chosen last time; see `MovieForm.fill`."""
        self.form.fill(seconds, options, looped)
        self.open()

    def _accept(self, options: MovieOptions) -> None:
        self.close_up()
        self.accepted.emit(options)


class MovieForm(Card):
    """The card with the choices."""

    accepted = Signal(object)
    cancelled = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look, "panel", parent)
        self._look, self._seconds, self._options = look, 0.0, MovieOptions()
        self._looped = 0.0
        self._codec = mp4_codec()
        self.kind = Segmented(look, [(kind, self._key(f"movie.kind.{kind}")) for kind in KINDS])
        self.about = caption(look, wrap=True)
        self.fps = Choice(look, "movie.fps")
        self.side = Choice(look, "export.size")
        self.quality = SliderRow(look, "export.quality", low=1, high=100, default=85, show=whole, read=float)
        self.folder = FolderField(look)
        self.name = TextField()
        self.recipe = Switch(look, "export.recipe")
        self.loop = Switch(look, "movie.loop")
        self.sum = Elided(look, size=12, role="muted")
        self.export = Button(look, "export.go", kind="primary", icon="export", pressed=self._accept)
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        look = self._look
        form = form_grid(12)
        lines: tuple[FormLine, ...] = (
            ("export.format", column(row(self.kind, None), self.about, gap=6)),
            ("movie.fps", row(self.fps, None)),
            ("export.size", row(self.side, None)),
            ("", self.quality),
            ("export.folder", self.folder.line()),
            ("movie.name", column(self.name, self.sum, gap=4)),
            ("", self.loop),
            ("", self.recipe),
        )
        add_lines(form, look, lines)
        cancel = Button(look, "action.cancel", pressed=self.cancelled.emit)
        foot = row(None, cancel, self.export, gap=8)
        parts = (heading(look, "movie.title"), 4, form, Line(look), foot)
        column(*parts, gap=16, margins=(28, 24, 28, 24), parent=self)
        self.setFixedWidth(540)

    def _connect(self) -> None:
        words = self._look.words
        words.bind(self.name, "setAccessibleName", "movie.name")
        follow(
            self._show,
            self.kind.edited,
            self.fps.edited,
            self.side.edited,
            self.folder.textChanged,
            self.name.textChanged,
            self.loop.toggled,
        )
        words.language_changed.connect(self._retell)
        self.side.edited.connect(self._loop_for)
        for field in (self.folder, self.name):
            field.returnPressed.connect(self._accept)

    def fill(self, seconds: float, options: MovieOptions, looped: float = 0.0) -> None:
        """Shows the choices of last time. looped: seconds of the way that leads back to its beginning."""
        self._seconds, self._looped, self._options = seconds, looped or seconds, options
        self.kind.set_value(options.kind)
        self.quality.set_value(options.quality)
        self.folder.setText(options.folder or str(usual_folder()))
        self.name.setText(options.name)
        self.recipe.setChecked(options.embed_recipe)
        self.loop.setChecked(options.loop)
        self._retell()
        self.fps.set_value(str(options.fps))
        self.side.set_value(options.shape or str(options.size))
        self._show()

    def _loop_for(self, side: object) -> None:
        """What social networks show, they show again and again."""
        if side in SHAPES:
            self.loop.setChecked(True)

    def _key(self, key: str) -> str:
        """MP4 is called by what is in it."""
        return f"{key}.{self._codec}" if key.endswith(".mp4") else key

    def options(self) -> MovieOptions:
        """What was chosen."""
        shape = str(self.side.value()) if self.side.value() in SHAPES else ""
        return replace(
            self._options,
            kind=self.kind.value() or "mp4",
            fps=int(self.fps.value() or 25),
            size=0 if shape else int(self.side.value() or 0),
            shape=shape,
            loop=self.loop.isChecked(),
            quality=round(self.quality.value()),
            embed_recipe=self.recipe.isChecked(),
            folder=self.folder.text().strip(),
            name=self.name.text().strip() or "path",
        )

    def _retell(self, *_: object) -> None:
        words = self._look.words
        self.fps.set_choices([(str(rate), words("movie.fps.n", n=rate)) for rate in RATE_CHOICES])
        own = [(str(size), words("export.size.px", size=size)) for size in SIZES if size]
        shapes = [(shape, words(f"movie.shape.{shape}")) for shape in SHAPES]
        self.side.set_choices([("0", words("export.size.same")), *shapes, *own])

    def _show(self, *_: object) -> None:
        words, options = self._look.words, self.options()
        self.about.setText(words(self._key(f"movie.about.{options.kind}")))
        self.about.setMinimumHeight(self.about.heightForWidth(ABOUT_WIDTH))
        self.quality.setVisible(options.kind == "webp")
        self.recipe.setVisible(options.kind == "frames")
        seconds = self._looped if options.loop else self._seconds
        frames = options.frames(seconds)
        self.sum.set_text(
            words("movie.sum", name=options.target().name, count=frames, seconds=f"{seconds:.1f}")
        )
        self.export.setEnabled(bool(options.folder))
        self.updateGeometry()

    def _accept(self) -> None:
        if self.export.isEnabled():
            self.accepted.emit(self.options())
