"""Beside the grid: the picture with the cursor, large, and what is known and said about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QLocale, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QImage, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QSizePolicy, QWidget

from studio import paint
from studio.library.index import PictureRow
from studio.tokens import RADIUS_LARGE
from studio.views.actions import Actions
from studio.views.gallery.labels import Labels
from studio.views.kit.button import ActionButton
from studio.views.kit.choice import Stars
from studio.views.kit.layout import Surface, column, row, scrolling
from studio.views.kit.text import Elided, caption, muted
from studio.views.kit.text_field import TextField
from studio.views.look import Look
from studio.views.pictures import enlarge

WIDTH = 288


class Inspector(Surface):
    """What is known about one picture, or how many are chosen."""

    renamed = Signal(str)
    rated = Signal(int)
    labelled = Signal(str)
    noted = Signal(str)
    tagged = Signal(object)
    """tuple[str, ...]"""

    def __init__(self, look: Look, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(look, "panel", "left", parent)
        self._look = look
        self.row: PictureRow | None = None
        self.picture = Large(look)
        self.name = TextField()
        self.stars = Stars(look)
        self.labels = Labels(look)
        self.facts = Facts(look)
        self.tags = TextField()
        self.note = NoteField()
        self.recall = ActionButton(look, actions["recall"], icon="explore")
        self.nothing = muted(look, "inspector.nothing")
        self._arrange()
        self._connect()
        self.show_row(None, 0)

    def _arrange(self) -> None:
        words = self._look.words
        words.bind(self.name, "setAccessibleName", "inspector.name")
        words.bind(self.tags, "setPlaceholderText", "inspector.tags")
        words.bind(self.tags, "setAccessibleName", "inspector.tags")
        words.bind(self.note, "setPlaceholderText", "inspector.note")
        words.bind(self.note, "setAccessibleName", "inspector.note")
        self.note.setFixedHeight(72)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._parts = QWidget()
        column(
            self.picture,
            self.name,
            row(self.stars, None, self.labels),
            self.recall,
            self.facts,
            self.tags,
            self.note,
            None,
            gap=12,
            margins=(16, 16, 16, 16),
            parent=self._parts,
        )
        self._area = scrolling(self._parts)
        column(self._area, self.nothing, gap=0, parent=self)
        self.setFixedWidth(WIDTH)

    def _connect(self) -> None:
        self.name.editingFinished.connect(
            lambda: self._tell(self.name, self.renamed, self.name.text().strip())
        )
        self.tags.editingFinished.connect(
            lambda: self._tell(self.tags, self.tagged, split_tags(self.tags.text()))
        )
        self.note.finished.connect(self.noted)
        self.stars.rated.connect(self.rated)
        self.labels.chosen.connect(self.labelled)
        self._look.words.language_changed.connect(self._tell_facts)

    def _tell(self, field: QLineEdit, signal: object, value: object) -> None:
        if field.isModified():
            field.setModified(False)
            signal.emit(value)  # type: ignore[attr-defined]

    def show_row(self, row: PictureRow | None, chosen: int, image: QImage | None = None) -> None:
        """Shows what is known about a picture. chosen: how many pictures are selected."""
        self._area.setVisible(row is not None)
        self.nothing.setVisible(row is None)
        if row is None:
            self.row = None
            return
        other = self.row is None or self.row.id != row.id
        self.row = row
        if other or not self.name.hasFocus():
            self.name.setText(row.name)
        if other or not self.tags.hasFocus():
            self.tags.setText(", ".join(row.tags))
        if other or not self.note.hasFocus():
            self.note.set_text(row.note)
        self.stars.set_rating(row.rating)
        self.labels.set_label(row.label)
        self._tell_facts()

    def _tell_facts(self, *_: object) -> None:
        if self.row is not None:
            self.facts.show_facts(facts(self._look, self.row))

    def show_image(self, image: QImage) -> None:
        self.picture.show_image(image)


class Large(QWidget):
    """A picture as wide as the panel."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._image = QImage()
        self._pixmap = QPixmap()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        look.words.bind(self, "setAccessibleName", "inspector.picture")

    @property
    def image(self) -> QImage:
        """What is shown."""
        return self._image

    def show_image(self, image: QImage) -> None:
        self._image = image
        self._prepare()

    def _prepare(self) -> None:
        side = round(self.width() * self.devicePixelRatioF())
        self._pixmap = (
            QPixmap.fromImage(enlarge(self._image, side)) if not self._image.isNull() else QPixmap()
        )
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return width

    def sizeHint(self) -> QSize:
        return QSize(WIDTH - 32, WIDTH - 32)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != event.oldSize().width():
            self._prepare()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        rect = QRectF(self.rect())
        if self._pixmap.isNull():
            paint.fill(painter, rect, self._look.theme.color("raised"), RADIUS_LARGE)
        else:
            paint.picture(painter, rect, self._pixmap, RADIUS_LARGE)
        painter.end()


class NoteField(QPlainTextEdit):
    """A note that is told when the field is left."""

    finished = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self.setAcceptDrops(False)
        self._before = ""

    def set_text(self, text: str) -> None:
        self._before = text
        self.setPlainText(text)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self.toPlainText() != self._before:
            self._before = self.toPlainText()
            self.finished.emit(self._before)


class Facts(QWidget):
    """Names and values, one under the other."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._lines: list[tuple[QWidget, Callable[[str], None], Callable[[str], None]]] = []
        self._box = column(gap=6, parent=self)

    def show_facts(self, facts: list[tuple[str, str]]) -> None:
        while len(self._lines) < len(facts):
            self._lines.append(self._line())
        for number, (holder, set_name, set_value) in enumerate(self._lines):
            holder.setVisible(number < len(facts))
            if number < len(facts):
                set_name(facts[number][0])
                set_value(facts[number][1])

    def _line(self) -> tuple[QWidget, Callable[[str], None], Callable[[str], None]]:
        holder = QWidget()
        name, value = caption(self._look), Elided(self._look, size=12)
        name.setFixedWidth(76)
        row(name, value, gap=8, parent=holder)
        self._box.addWidget(holder)
        return holder, name.setText, value.set_text


def facts(look: Look, row: PictureRow) -> list[tuple[str, str]]:
    """What is known about a picture, as names and values; unknown things are left out."""
    words = look.words
    made = datetime.fromtimestamp(row.key / 1e6)
    locale = QLocale(words.language)
    day = locale.toString(made, QLocale.FormatType.ShortFormat)  # type: ignore[call-overload]
    pairs = [
        ("fact.style", row.style or words("styles.none")),
        ("fact.match", f"{row.score:.0%}" if row.score is not None else ""),
        ("fact.likeness", f"{row.likeness:.0%}" if row.likeness is not None else ""),
        ("fact.seed", str(row.seed) if row.seed is not None else ""),
        ("fact.size", f"{row.width} × {row.height}" if row.width else ""),
        ("fact.made", day),
        ("fact.file", Path(row.id).name),
    ]
    return [(words(key), value) for key, value in pairs if value]


def split_tags(text: str) -> tuple[str, ...]:
    """Tags from what was typed: separated by commas, Chinese ones too, each once."""
    parts = text.replace("，", ",").replace("、", ",").split(",")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
