"""A style, opened: what it is called, what it does to people, and every picture it is made from."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QLineEdit, QVBoxLayout, QWidget

from studio.commands.styles import StyleCommands
from studio.library.styles import StyleEntry
from studio.signals import delayed, follow
from studio.state.model import ModelState
from studio.state.styles import StyleLibrary
from studio.views.drop import PICTURE_FILTER
from studio.views.gallery.inspector import split_tags
from studio.views.kit.button import Button, IconButton
from studio.views.kit.card import Card
from studio.views.kit.dropping import accept_drop
from studio.views.kit.layout import column, row, scrolling
from studio.views.kit.overlay import Overlay
from studio.views.kit.slider import SliderRow
from studio.views.kit.text import Label, caption, title
from studio.views.kit.text_field import TextField
from studio.views.look import Look
from studio.views.recipe_thumbs import RecipeThumbs
from studio.views.styles.collage import Collage
from studio.views.styles.dragged import pictures_over
from studio.views.styles.people import People, people_in, shown_in
from studio.views.styles.reference import SIDE, ReferenceLine

WIDTH, SIDES = 760, 44
"""Of the card; of its margins together."""
NEW_AT_ONCE = 3
"""Lines for references that are made in one go: more would hold the window up."""
PAUSE_MS = 10
"""Before more of them are made, to draw what is there."""
GAP = 12


class StyleEditor(Overlay):
    """Everything about one style; each change is a step that can be undone, and is seen at once."""

    chosen = Signal(str)
    """Id of a style that is to be used."""
    look_wanted = Signal(str)
    """Id of a style of which only the look is to stay."""
    person_wanted = Signal(str)
    """Id of a style of which somebody wants to say who it shows."""

    def __init__(
        self,
        look: Look,
        library: StyleLibrary,
        model: ModelState,
        commands: StyleCommands,
        thumbs: RecipeThumbs,
        parent: QWidget,
    ) -> None:
        self._library, self._model, self._commands = library, model, commands
        self._id = ""
        self.lines: dict[str, ReferenceLine] = {}
        self.collage = Collage(look, library.pictures, 64)
        self.name, self.tags = TextField(), TextField()
        self.people = People(look, thumbs, WIDTH - SIDES)
        self.strength = SliderRow(look, "editor.strength", default=1.0, tip="editor.strength.tip")
        self.likeness = SliderRow(look, "editor.likeness", default=1.0, tip="editor.likeness.tip")
        self.shown = Label(look, role="muted")
        self.keep_look = Button(look, "styles.keep_look", kind="link", pressed=self._keep_look)
        self.say_who = Button(look, "styles.say_who", kind="link", pressed=self._say_who)
        self.count = Label(look, role="muted", numbers=True)
        self.odd = Button(look, "editor.odd", kind="link", pressed=self._leave_out_odd)
        self.add = Button(look, "editor.add", icon="plus", pressed=self._choose)
        self.use = Button(look, "styles.use", kind="primary", pressed=self._use)
        self._list = QVBoxLayout()
        card = Card(look)
        self._arrange(look, card)
        super().__init__(look, card, parent)
        self._more = delayed(self, PAUSE_MS, self._show_more)
        self.setAcceptDrops(True)
        self._connect(look)

    def _arrange(self, look: Look, card: Card) -> None:
        close = IconButton(look, "close", "action.close", pressed=lambda: self.close_up())
        self._list.setContentsMargins(0, 0, 12, 0)
        self._list.setSpacing(GAP)
        inside = QWidget()
        inside.setLayout(self._list)
        self._area = scrolling(inside)
        self._area.setMinimumHeight(180)
        head = row(self.collage, column(self.name, self.tags, gap=8), close, gap=16)
        head.setAlignment(close, Qt.AlignmentFlag.AlignTop)
        self.person = QWidget()
        row(self.shown, None, self.say_who, self.keep_look, gap=12, parent=self.person)
        pictures = row(title(look, "editor.pictures"), self.count, None, self.odd, gap=8)
        foot = row(self.add, caption(look, "editor.hint"), None, self.use, gap=12)
        box = column(
            head,
            self.person,
            self.people,
            self.strength,
            self.likeness,
            pictures,
            self._area,
            foot,
            gap=16,
            margins=(24, 20, 20, 20),
            parent=card,
        )
        box.setStretchFactor(self._area, 1)
        card.setFixedWidth(WIDTH)

    def _connect(self, look: Look) -> None:
        for field, key in ((self.name, "styles.name"), (self.tags, "editor.tags")):
            look.words.bind(field, "setAccessibleName", key)
            look.words.bind(field, "setPlaceholderText", key)
        look.words.bind(self.add, "setToolTip", "editor.add.tip")
        look.words.bind(self.odd, "setToolTip", "editor.odd.tip")
        self.name.editingFinished.connect(self._rename)
        self.tags.editingFinished.connect(self._tag)
        self.strength.settled.connect(lambda value: self._commands.set_strength(self._id, round(value, 2)))
        self.likeness.settled.connect(lambda value: self._commands.set_likeness(self._id, round(value, 2)))
        follow(self._follow, self._library.entries_changed, look.words.language_changed)

    # ---- showing

    @property
    def entry(self) -> StyleEntry | None:
        """The style that is shown."""
        return self._library.entry(self._id)

    @property
    def is_whole(self) -> bool:
        """Whether all references have their lines."""
        return not self._more.isActive()

    def show_style(self, id: str) -> None:
        """Opens with a style of the library."""
        if self._library.entry(id) is None:
            return
        self._id = id
        for field in (self.name, self.tags):
            field.setModified(False)
        self._follow(anew=True)
        self._area.verticalScrollBar().setValue(0)
        self.open()

    def _follow(self, *_: object, anew: bool = False) -> None:
        """Shows the style as it is now; closes when it is gone."""
        if not (anew or self.isVisible()):
            return
        entry = self.entry
        if entry is None:
            self.close_up()
            return
        language = self._look.words.language
        self.collage.set_style(entry.style)
        self._write(self.name, entry.title(language))
        self._write(self.tags, ", ".join(entry.tags(language)))
        self.people.show_recipes(people_in(entry, self._model.model_id))
        self.strength.set_value(entry.style.strength)
        self._show_person(entry)
        references = entry.style.references
        self.count.setText(str(len(references)))
        self.odd.setVisible(0 < len(entry.style.outliers) < len(references))
        self._show_references(entry, new=0 if anew else NEW_AT_ONCE)

    def _show_person(self, entry: StyleEntry) -> None:
        """Who is shown, and what can be done about it, where the model knows of persons."""
        style, is_open = entry.style, self._commands.persons.is_open(entry)
        words = shown_in(self._look, style) if self._model.knows_persons else ""
        self.shown.setText(words)
        self.person.setVisible(bool(words) or is_open)
        self.say_who.setVisible(is_open)
        self.keep_look.setVisible(bool(style.persona))
        self.likeness.setVisible(self._model.knows_persons and bool(style.persona))
        self.likeness.set_value(style.likeness)

    def _write(self, field: QLineEdit, text: str) -> None:
        if not (field.hasFocus() and field.isModified()):
            field.setText(text)

    def _show_references(self, entry: StyleEntry, new: int = NEW_AT_ONCE) -> None:
        """One line for each; lines of those that are gone are used again, and so many new ones made.

        The others have their room, and follow bit by bit.
        """
        self._more.stop()
        wanted = {reference.digest: reference for reference in entry.style.references}
        spare = [self.lines.pop(digest) for digest in set(self.lines) - set(wanted)]
        missing = [digest for digest in wanted if digest not in self.lines]
        for digest in missing[: len(spare) + new]:
            self.lines[digest] = spare.pop() if spare else self._line()
        for line in spare:
            line.hide()
            line.deleteLater()
        while self._list.takeAt(0) is not None:
            pass
        for digest, reference in wanted.items():
            if digest in self.lines:
                self.lines[digest].show_reference(reference)
                self._list.addWidget(self.lines[digest])
                self.lines[digest].show()
        left = len(wanted) - len(self.lines)
        if left:
            self._list.addSpacing(left * (SIDE + GAP) - GAP)
            self._more.start()
        self._list.addStretch(1)

    def _show_more(self) -> None:
        entry = self.entry
        if entry is not None and self.isVisible():
            self._show_references(entry)

    def _line(self) -> ReferenceLine:
        references = self._commands.references
        line = ReferenceLine(self._look, self._library.pictures)
        line.weighed.connect(lambda one, weight: references.weigh(self._id, {one: weight}))
        line.left_out.connect(lambda one: references.remove(self._id, [one]))
        return line

    # ---- changing

    def _rename(self) -> None:
        if self.name.isModified():
            self.name.setModified(False)
            self._commands.rename(self._id, self.name.text())

    def _tag(self) -> None:
        if self.tags.isModified():
            self.tags.setModified(False)
            self._commands.set_tags(self._id, split_tags(self.tags.text()))

    def _leave_out_odd(self) -> None:
        entry = self.entry
        if entry is not None:
            odd = [reference.digest for reference in entry.style.outliers]
            self._commands.references.remove(self._id, odd)

    def _choose(self) -> None:
        words = self._look.words
        names, _ = QFileDialog.getOpenFileNames(
            self, words("editor.add"), "", f"{words('files.pictures')} ({PICTURE_FILTER})"
        )
        if names:
            self._commands.references.add(self._id, [Path(name) for name in names])

    def _keep_look(self) -> None:
        self.close_up()
        self.look_wanted.emit(self._id)

    def _say_who(self) -> None:
        self.close_up()
        self.person_wanted.emit(self._id)

    def _use(self) -> None:
        self.close_up()
        self.chosen.emit(self._id)

    # ---- dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.dragMoveEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if pictures_over(event) is not None:
            accept_drop(event)

    def dropEvent(self, event: QDropEvent) -> None:
        pictures = pictures_over(event)
        if pictures is not None:
            accept_drop(event)
            self._commands.references.add(self._id, pictures.paths, whole=True if pictures.own else None)
