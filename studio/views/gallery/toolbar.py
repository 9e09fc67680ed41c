"""Above the grid: search, order, filters, the size of the pictures, and what to do with the chosen ones."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from studio.library.index import Query, Sort
from studio.library.looks import asks_to_compare
from studio.library.query import parse, spelled
from studio.signals import follow
from studio.state.gallery import GalleryModel
from studio.views.actions import Actions
from studio.views.gallery.labels import Labels
from studio.views.kit.button import ActionButton, IconButton
from studio.views.kit.choice import Choice, SearchField
from studio.views.kit.layout import Surface, column, row
from studio.views.kit.slider import STEPS, Track
from studio.views.kit.text import Elided, Label, heading
from studio.views.look import Look

SORTS = (Sort.CREATED, Sort.SCORE, Sort.LIKENESS, Sort.RATING, Sort.NAME)
SMALLEST, LARGEST = 96, 384
ROOM_FOR_LABELS, ROOM_FOR_SIZE = 640, 540
"""Widths from which on the label dots and the count, and the slider for the pictures' size, are shown."""


class GalleryToolbar(Surface):
    """Shapes the query."""

    size_changed = Signal(int)
    """Least side of a picture in the grid."""

    def __init__(
        self, look: Look, model: GalleryModel, actions: Actions, parent: QWidget | None = None
    ) -> None:
        super().__init__(look, "window", "bottom", parent)
        self._look, self._model = look, model
        self._knows_persons = False
        self.title = heading(look)
        self.count = Label(look, role="muted", numbers=True)
        self.match = Elided(look, role="muted")
        self.search = SearchField(look, "gallery.search")
        self.sort = Choice(look, "gallery.sort")
        self.order = IconButton(look, "sort", "gallery.order", size=32)
        self.rating = Choice(look, "gallery.filter.rating")
        self.labels = Labels(look)
        self.zoom = Track(look)
        self.compare = ActionButton(look, actions["compare"], icon="compare")
        self.export = ActionButton(look, actions["export"], kind="primary", icon="export")
        self._typing = QTimer(self, singleShot=True, interval=120)
        self._arrange()
        self._connect()
        self._fill()
        self.show_query(model.query)

    def _arrange(self) -> None:
        self.zoom.setFixedWidth(112)
        self.search.setMinimumWidth(120)
        self.search.setMaximumWidth(320)
        self._look.words.bind(self.search, "setToolTip", "gallery.search.tip")
        self._look.words.bind(self.labels, "setAccessibleName", "gallery.filter.label")
        self._look.words.bind(self.zoom, "setAccessibleName", "gallery.size")
        self._look.words.bind(self.zoom, "setToolTip", "gallery.size")
        first = row(self.title, self.count, self.match, self.compare, self.export, gap=12)
        second = row(self.search, self.rating, self.labels, 4, self.sort, self.order, None, self.zoom, gap=8)
        second.setStretch(0, 100)
        column(first, second, gap=12, margins=(20, 16, 20, 12), parent=self)

    def _connect(self) -> None:
        self._typing.timeout.connect(self._ask)
        self.search.textChanged.connect(lambda: self._typing.start())
        follow(self._ask, self.sort.edited, self.labels.chosen, self.rating.edited)
        self.order.clicked.connect(self._turn)
        self.zoom.valueChanged.connect(lambda value: self.size_changed.emit(_side(value)))
        follow(self._count, self._model.count_changed, self._model.selection_changed, self._model.loaded)
        follow(self._name, self._model.overview.boards_changed, self._model.query_changed)
        follow(self._tell_match, self._model.query_changed, self._model.comparison_changed)
        self._model.query_changed.connect(self._show_order)
        self._look.words.language_changed.connect(self._fill)

    def resizeEvent(self, event: QResizeEvent) -> None:
        # In a small window the search comes first: labels can be typed, and pinching the size can wait.
        self.labels.setVisible(event.size().width() >= ROOM_FOR_LABELS)
        self.zoom.setVisible(event.size().width() >= ROOM_FOR_SIZE)
        self.count.setVisible(event.size().width() >= ROOM_FOR_LABELS)

    def set_size(self, side: int) -> None:
        """Shows the size in use."""
        self.zoom.setValue(round(STEPS * (side - SMALLEST) / (LARGEST - SMALLEST)))

    def show_query(self, query: Query) -> None:
        """Shows the query in use."""
        self.search.setText(spelled(query))
        self._show_order(query)
        self.rating.set_value(str(query.rating))
        self.labels.set_label(query.label or "")

    def know_persons(self, known: bool) -> None:
        """Whether the model in use knows of persons, so that pictures can be sorted by likeness."""
        if known != self._knows_persons:
            self._knows_persons = known
            tip = "gallery.search.tip.persons" if known else "gallery.search.tip"
            self._look.words.bind(self.search, "setToolTip", tip)
            self._offer_sorts(self._model.query.sort)

    def _offer_sorts(self, asked: Sort) -> None:
        """By likeness where there can be one, or where that is asked for already."""
        offered = [one for one in SORTS if one is not Sort.LIKENESS or self._knows_persons or one is asked]
        self.sort.set_choices([(one.value, self._look.words(f"gallery.sort.{one.value}")) for one in offered])

    def _fill(self, *_: object) -> None:
        words = self._look.words
        self._offer_sorts(self._model.query.sort)
        ratings = [(str(n), words("gallery.filter.stars", count=n)) for n in range(1, 6)]
        self.rating.set_choices([("0", words("gallery.filter.any")), *ratings])
        self._name()
        self._count()
        self._tell_match()
        self._show_order(self._model.query)

    def _show_order(self, query: Query) -> None:
        """The order as it is asked for: after a restart too. Filters may have been typed instead."""
        self._offer_sorts(query.sort)
        self.sort.set_value(query.sort.value)
        self.order.set_icon("down" if query.descending else "up")

    def _name(self, *_: object) -> None:
        """The title says where one is: in the gallery, or on a board."""
        boards = {board.id: board.name for board in self._model.overview.boards}
        self.title.setText(boards.get(self._model.query.board) or self._look.words("gallery.title"))

    def _tell_match(self, *_: object) -> None:
        """Which style the order by match means, and that it still changes."""
        query, found, words = self._model.query, self._model.comparison, self._look.words
        if query.sort not in (Sort.SCORE, Sort.LIKENESS) and not (query.score or query.likeness):
            self.match.set_text("")
        elif found is None or not asks_to_compare(query, found.entry.style):
            self.match.set_text(words("gallery.match.own"))
        else:
            which = "beginning" if not found.total else "comparing" if found.is_under_way else "with"
            style = found.entry.title(words.language)
            text = words(f"gallery.match.{which}", style=style, done=found.done, total=found.total)
            self.match.set_text(text)

    def _turn(self) -> None:
        query = self._model.query
        self._model.query = replace(query, descending=not query.descending)

    def _ask(self, *_: object) -> None:
        self._typing.stop()
        before = self._model.query
        asked = Query(
            rating=int(self.rating.value() or 0),
            label=self.labels.label or None,
            board=before.board,
            sort=Sort(self.sort.value() or Sort.CREATED),
            descending=before.descending,
        )
        self._model.query = parse(self.search.text(), asked, self._model.overview.boards)

    def _count(self, *_: object) -> None:
        chosen, count, hidden = (
            self._model.selected_count,
            self._model.count,
            self._model.hidden_selected_count,
        )
        key = "gallery.count.hidden" if hidden else "gallery.count.chosen" if chosen else "gallery.count"
        self.count.setText(self._look.words(key, count=count, chosen=chosen, hidden=hidden))


def _side(value: int) -> int:
    return round(SMALLEST + (LARGEST - SMALLEST) * value / STEPS)
