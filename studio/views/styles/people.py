"""The same few people in a style, so that one sees what it does; and who it shows, in words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from engine.recipe import Recipe
from engine.style import Style
from studio import paint
from studio.library.styles import StyleEntry
from studio.views.look import Look
from studio.views.pictures import tile
from studio.views.recipe_thumbs import RecipeThumbs

SEEDS = (2, 11, 5, 23, 8, 17)
"""People who differ: the same in every style."""
GAP = 8.0


def people_in(entry: StyleEntry, model_id: str, seeds: Sequence[int] = SEEDS) -> tuple[Recipe, ...]:
    """The people in a style, at its own strength; none when it is a style of another model."""
    if entry.style.model != model_id:
        return ()
    style = entry.style
    told = {"styles": (style.use(),), "style_strength": style.strength, "likeness": style.likeness}
    return tuple(Recipe.from_seed(model_id, seed, **told) for seed in seeds)


def shown_in(look: Look, style: Style) -> str:
    """Who a style shows, in words; empty where nobody has said it yet."""
    words, pictures = look.words, len(style.references)
    if style.persona and style.people > 1 and not any(one.other_person for one in style.references):
        return words("styles.persons.mixed", count=style.people)
    if style.persona:
        return words("styles.persons.one", count=sum(not one.other_person for one in style.references) or 1)
    if style.people:
        return words("styles.persons.several", count=style.people)
    if pictures and (style.may_show_person or all(one.whole for one in style.references)):
        return words("styles.persons.nobody")
    return ""


class People(QWidget):
    """A row of portraits, as large as fit into the width."""

    def __init__(self, look: Look, thumbs: RecipeThumbs, width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._thumbs = look, thumbs
        self._recipes: tuple[Recipe, ...] = ()
        self._side = (width - GAP * (len(SEEDS) - 1)) / len(SEEDS)
        self.setFixedSize(width, round(self._side))
        look.words.bind(self, "setAccessibleName", "editor.people")
        look.words.bind(self, "setToolTip", "editor.people")
        thumbs.arrived.connect(self.update)

    def show_recipes(self, recipes: tuple[Recipe, ...]) -> None:
        self._recipes = recipes
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        side = self._side
        for number in range(len(SEEDS)):
            cell = QRectF(number * (side + GAP), 0, side, side)
            recipe = self._recipes[number] if number < len(self._recipes) else None
            image = self._thumbs.get(recipe)
            if image is None:
                paint.fill(painter, cell, self._look.theme.color("raised"), 8)
            else:
                painter.drawPixmap(cell.topLeft(), tile(image, side, self.devicePixelRatioF(), 8))
        painter.end()
