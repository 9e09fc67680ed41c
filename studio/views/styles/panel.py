"""The style library as a panel: the cards, a way to make a new one, and the mixer."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFileDialog, QMenu, QSizePolicy, QVBoxLayout, QWidget

from studio import paint
from studio.commands.styles import StyleCommands
from studio.library.styles import StyleEntry
from studio.library.trash import Slot
from studio.state.explorer import Explorer
from studio.state.styles import StyleLibrary, StyleRole
from studio.tokens import RADIUS_LARGE
from studio.views.actions import Actions
from studio.views.kit.button import IconButton
from studio.views.kit.choice import SearchField
from studio.views.kit.empty import Sign
from studio.views.kit.layout import Surface, column, row, scrolling
from studio.views.kit.text import caption, title
from studio.views.look import Look
from studio.views.styles.card import StyleCard
from studio.views.styles.dragged import DraggedPictures
from studio.views.styles.mixer import Mixer

MANY = 6
"""From so many styles on there is a search field."""
AT_ONCE, AT_FIRST = 2, 8
"""New cards that are made in one go; the others follow, so that the window never stands still. The second
number is for the start: before the first picture is there, nobody has a hand on anything."""
PAUSE_MS, MOVING_MS = 10, 200
"""Between one go and the next, for the first ones to be seen; the second number while the hand moves."""
MOST_BINNED = 20
"""Deleted styles that are offered."""


class StylePanel(Surface):
    """The library of styles."""

    edit_wanted = Signal(str)
    """Id of a style that is to be opened."""
    look_wanted = Signal(str)
    """Id of a style of which only the look is to stay."""
    person_wanted = Signal(str)
    """Id of a style of which somebody wants to say who it shows."""
    export_asked = Signal(str, str)
    """Id of a style that shows a person, and the file that it is to be written to."""

    def __init__(
        self,
        look: Look,
        library: StyleLibrary,
        explorer: Explorer,
        commands: StyleCommands,
        actions: Actions,
        guest: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """guest: stands above the drop hint, such as the first steps."""
        super().__init__(look, "panel", "right", parent)
        self._guest = guest
        self._look, self._library, self._explorer, self._commands = look, library, explorer, commands
        self._actions = actions
        self.cards: dict[str, StyleCard] = {}
        self.none = StyleCard(look, library.pictures, None)
        self.search = SearchField(look, "styles.search")
        self.drop = DropHint(look)
        self.mixer = Mixer(look, library.pictures)
        self._mixing: tuple[str, str] | None = None
        self._list = QVBoxLayout()
        self._laid: list[StyleCard] = []
        self._has_theme = False
        self._more = QTimer(self, singleShot=True)
        self._arrange()
        self._connect()
        self._build()

    def _arrange(self) -> None:
        add = IconButton(self._look, "plus", "action.new_style", pressed=self._show_add_menu)
        self._add = add
        self._list.setContentsMargins(8, 4, 8, 8)
        self._list.setSpacing(2)
        holder = QWidget()
        holder.setLayout(self._list)
        self._title = title(self._look, "styles.title")
        head = row(self._title, None, add, margins=(16, 8, 8, 0))
        searching = row(self.search, margins=(16, 0, 16, 4))
        guests = (self._guest,) if self._guest is not None else ()
        foot = column(*guests, self.drop, gap=12, margins=(12, 8, 12, 12))
        self._area = scrolling(holder)
        column(head, searching, self._area, foot, self.mixer, gap=4, parent=self)
        self.setMinimumWidth(248)

    def _connect(self) -> None:
        library = self._library
        self._more.timeout.connect(self._go_on)
        library.entries_changed.connect(self._build)
        library.active_changed.connect(self._mark)
        library.items.modelReset.connect(self._build)
        library.items.dataChanged.connect(self._mark)
        self.search.textChanged.connect(partial(setattr, library, "search"))
        self.none.chosen.connect(lambda: self._use(None))
        self.none.stepped.connect(lambda way: self._step(None, way))
        self.drop.clicked.connect(self._actions["new_style"].trigger)
        self.mixer.share_changed.connect(self._show_mix)
        self.mixer.accepted.connect(self._save_mix)
        self.mixer.cancelled.connect(self._cancel_mix)

    def add_to_theme(self) -> None:
        """Puts the style sheet on its pieces, and from now on on new cards."""
        self._has_theme = True
        guests = (self._guest,) if self._guest is not None else ()
        bar = self._area.verticalScrollBar()
        for piece in (self._title, self._add, self.search, bar, *guests, self.drop, self.mixer, *self._laid):
            self._look.theme.add_part(piece, self)

    # ---- cards

    def _go_on(self) -> None:
        """Makes more cards, unless the hand needs the processor."""
        if self._explorer.moving:
            self._more.start(MOVING_MS)
        else:
            self._build()

    def _build(self, *_: object) -> None:
        """Makes the cards follow the library, keeping those that are still there."""
        shown = self._library.items.shown
        for which in set(self.cards) - {entry.id for entry in shown}:
            card = self.cards.pop(which)
            card.hide()
            card.deleteLater()
        new = [entry.id for entry in shown if entry.id not in self.cards]
        several = AT_FIRST if self._explorer.image is None else AT_ONCE
        later = set(new[0 if self._more.isActive() else several :])  # one change is told several times
        self._lay([self.none, *(self._card(entry) for entry in shown if entry.id not in later)])
        if later:
            self._more.start(PAUSE_MS)
        self.search.setVisible(len(self._library.entries) >= MANY or bool(self._library.search))
        self._mark()

    def _lay(self, cards: list[StyleCard]) -> None:
        """Puts the cards one under the other, unless they lie so already."""
        if cards == self._laid:
            return
        pairs = zip(cards, self._laid, strict=False)
        same = next(
            (n for n, (new, old) in enumerate(pairs) if new is not old), min(len(cards), len(self._laid))
        )
        while self._list.takeAt(same) is not None:
            pass
        for card in cards[same:]:
            self._list.addWidget(card)
            if self._has_theme:
                self._look.theme.add_part(card, self)
        self._list.addStretch(1)
        self._laid = cards

    def _card(self, entry: StyleEntry) -> StyleCard:
        card = self.cards.get(entry.id)
        if card is not None:
            card.set_entry(entry)
            return card
        which = entry.id
        card = StyleCard(self._look, self._library.pictures, entry)
        self._connect_card(card, which)
        self.cards[which] = card
        return card

    def _connect_card(self, card: StyleCard, which: str) -> None:
        commands, references = self._commands, self._commands.references
        card.chosen.connect(lambda: self._use(which))
        card.renamed.connect(lambda name: commands.rename(which, name))
        card.edit_wanted.connect(lambda: self.edit_wanted.emit(which))
        card.delete_wanted.connect(lambda: commands.delete([which]))
        card.menu_wanted.connect(lambda at: self._show_menu(which, at))
        card.weighed.connect(lambda digest, weight: references.weigh(which, {digest: weight}))
        card.left_out.connect(lambda digest: references.remove(which, [digest]))
        card.given.connect(lambda pictures: self._give(which, pictures))
        card.mixed.connect(lambda other: self.begin_mix(which, other))
        card.placed.connect(lambda other, above: self._place(other, which, above=above))
        card.stepped.connect(lambda way: self._step(which, way))
        card.moved.connect(lambda way: self._move(which, way))

    def _mark(self, *_: object) -> None:
        active = self._library.active
        items = self._library.items
        self.none.set_state(active=active is None and self._mixing is None, usable=True)
        for which, card in self.cards.items():
            index = items.index(items.row_of(which), 0)
            card.set_state(
                active=active is not None and active.id == which,
                usable=bool(items.data(index, StyleRole.USABLE)),
                colors=tuple(items.data(index, StyleRole.SWATCH) or ()),
                persons=self._library.knows_persons,
            )

    def _use(self, which: str | None) -> None:
        if self._mixing:
            self._close_mixer()
        self._commands.use(which)

    def _place(self, moved: str, beside: str, *, above: bool) -> None:
        ids = [entry.id for entry in self._library.entries if entry.id != moved]
        at = ids.index(beside) + (0 if above else 1)
        self._commands.reorder([*ids[:at], moved, *ids[at:]])

    def _move(self, which: str, way: int) -> None:
        """One place up or down."""
        ids = [entry.id for entry in self._library.entries]
        at = ids.index(which)
        if 0 <= at + way < len(ids):
            self._place(which, ids[at + way], above=way < 0)

    def _step(self, which: str | None, way: int) -> None:
        """The focus goes to the card above or below."""
        cards = self._laid
        here = cards.index(self.none if which is None else self.cards[which])
        there = cards[min(len(cards) - 1, max(0, here + way))]
        there.setFocus(Qt.FocusReason.TabFocusReason)
        self._area.ensureWidgetVisible(there, 0, 8)

    def _give(self, which: str, pictures: DraggedPictures) -> None:
        """Pictures were dropped on a style: they become references of it."""
        whole = True if pictures.own else None
        self._commands.references.add(which, pictures.paths, whole=whole)

    # ---- menus

    def _show_add_menu(self) -> None:
        """First it is looked up what lies in the bin."""
        self._commands.binned(self._open_add_menu)

    def _open_add_menu(self, slots: list[Slot]) -> None:
        menu = QMenu(self._add)
        for which in ("new_style", "new_style_folder", "import_style"):
            menu.addAction(self._actions[which])
        binned = [(slot, place, name) for slot in slots for place, name in enumerate(slot.names)]
        if binned:
            menu.addSeparator()
            back = menu.addMenu(self._look.words("styles.binned"))
            for slot, place, name in binned[:MOST_BINNED]:
                bring = partial(self._commands.restore, slot, [place])
                back.addAction(name.replace("&", "&&"), bring)
        menu.popup(self._add.mapToGlobal(QPoint(0, self._add.height() + 4)))

    def _show_menu(self, which: str, at: QPoint) -> None:
        entry = self._library.entry(which)
        if entry is None:
            return
        words, menu = self._look.words, QMenu(self.cards[which])
        language = words.language
        menu.addAction(words("styles.use"), lambda: self._use(which))
        menu.addAction(words("styles.edit"), lambda: self.edit_wanted.emit(which))
        menu.addSeparator()
        menu.addAction(words("styles.rename"), self.cards[which].name.edit)
        menu.addAction(
            words("styles.duplicate"),
            lambda: self._commands.duplicate(which, name=entry.title(language)),
        )
        others = [other for other in self._library.entries if other.id != which]
        mixing = menu.addMenu(words("styles.mix_with"))
        mixing.setEnabled(bool(others))
        for other in others:
            mixing.addAction(
                other.title(language).replace("&", "&&"), partial(self.begin_mix, which, other.id)
            )
        menu.addAction(words("styles.export"), lambda: self._export(entry))
        menu.addSeparator()
        self._add_person(menu, entry)
        menu.addAction(words("styles.delete"), lambda: self._commands.delete([which]))
        menu.popup(at)

    def _add_person(self, menu: QMenu, entry: StyleEntry) -> None:
        """What can be done about who is shown, if anything."""
        words, which = self._look.words, entry.id
        if entry.style.persona:
            menu.addAction(words("styles.keep_look"), lambda: self.look_wanted.emit(which))
        elif self._commands.persons.is_open(entry):
            menu.addAction(words("styles.say_who"), lambda: self.person_wanted.emit(which))

    def _export(self, entry: StyleEntry) -> None:
        words = self._look.words
        name, _ = QFileDialog.getSaveFileName(
            self, words("styles.export"), f"{entry.id}.json", words("files.style") + " (*.json)"
        )
        if name and entry.style.persona:
            self.export_asked.emit(entry.id, name)
        elif name:
            self._commands.export_file(entry.id, Path(name), overwrite=True)

    # ---- mixing

    def begin_mix(self, first: str, second: str) -> None:
        """Opens the mixer for two styles; the canvas shows the mix from now on."""
        a, b = self._library.entry(first), self._library.entry(second)
        if a is None or b is None:
            return
        self._mixing = (first, second)
        self._before = self._explorer.place.styles
        self.drop.hide()
        self.mixer.open(a, b)
        self._mark()

    def _show_mix(self, share: float) -> None:
        if self._mixing is None:
            return
        a, b = (self._library.entry(which) for which in self._mixing)
        if a is not None and b is not None:
            uses = [a.style.use(1 - share), b.style.use(share)]
            self._explorer.set_styles([use for use in uses if use.weight > 0])

    def _save_mix(self, name: str) -> None:
        if self._mixing is None:
            return
        share = self.mixer.value()
        first, second = self._mixing
        self._close_mixer()
        self._commands.mix({first: 1 - share, second: share}, name=name)

    def _cancel_mix(self) -> None:
        if self._mixing is not None:
            self._explorer.set_styles(self._before)
        self._close_mixer()

    def _close_mixer(self) -> None:
        self._mixing = None
        self.mixer.hide()
        self.drop.show()
        self._mark()


class DropHint(QWidget):
    """Says that pictures can be dropped anywhere; a click chooses files instead."""

    clicked = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        hint = caption(look, "styles.drop", wrap=True)
        hint.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        row(Sign(look, "pictures", 24, "muted"), hint, gap=12, margins=(14, 12, 12, 12), parent=self)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        look.words.bind(self, "setAccessibleName", "action.new_style")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, rect = self._look.theme, QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.underMouse():
            paint.fill(painter, rect, theme.color("hover"), RADIUS_LARGE)
        pen = QPen(theme.color("accent" if self.hasFocus() else "outline"), 1.25)
        pen.setDashPattern([4, 4])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect, RADIUS_LARGE, RADIUS_LARGE)
        painter.end()
