"""What can be done with the people inside the lasso: keep all, keep the most varied, export."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QMenu

from studio.views.explorer.canvas import Canvas
from studio.views.explorer.tools import FloatingBar
from studio.views.kit.button import Button, IconButton
from studio.views.kit.layout import row
from studio.views.kit.text import Label
from studio.views.look import Look

SIZES = (4, 9, 16, 25, 36)
"""How many of the most varied are offered."""


class ChosenBar(FloatingBar):
    """Shown while something is chosen."""

    keep_wanted = Signal(object)
    """list[Recipe]"""
    varied_wanted = Signal(object, int)
    """list[Recipe], how many of them."""
    export_wanted = Signal(object)
    """list[Recipe]"""

    def __init__(self, look: Look, canvas: Canvas, below: FloatingBar) -> None:
        super().__init__(look, canvas, below)
        self.count = Label(look)
        self.keep = Button(look, "chosen.keep", kind="primary", icon="keep", pressed=self._keep)
        self.varied = Button(look, "chosen.varied", pressed=self._ask_varied)
        self.export = Button(look, "action.export", icon="export", pressed=self._export)
        close = IconButton(look, "close", "chosen.clear", shortcut="Esc", pressed=canvas.clear_chosen)
        row(
            *(8, self.count, 8, self.keep, self.varied, self.export, close),
            gap=8,
            margins=(8, 6, 8, 6),
            parent=self,
        )
        canvas.selection.changed.connect(self._say)
        look.words.language_changed.connect(lambda _: self._say(len(canvas.selection.points)))
        self.hide()

    def _say(self, count: int) -> None:
        self.count.setText(self._look.words("chosen.count", count=count))
        self.varied.setEnabled(count > SIZES[0])
        self.setVisible(count > 0)
        if count:
            self.raise_()
            self.place()

    def _keep(self) -> None:
        self.keep_wanted.emit(self._canvas.chosen_recipes())
        self._canvas.clear_chosen()

    def _export(self) -> None:
        self.export_wanted.emit(self._canvas.chosen_recipes())

    def _ask_varied(self) -> None:
        recipes = self._canvas.chosen_recipes()
        menu = QMenu(self)
        for size in (size for size in SIZES if size < len(recipes)):
            words = self._look.words("varied.count", count=size)
            menu.addAction(words, partial(self.varied_wanted.emit, recipes, size))
        above = QPoint(0, -menu.sizeHint().height() - 4)
        menu.popup(self.varied.mapToGlobal(above))
