"""The settings page: a list of sections at the left, a search field above, and the sections themselves."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QScrollArea, QSizePolicy, QWidget

from studio import paint
from studio.commands.marks import MarkCommands
from studio.commands.models import ModelCommands
from studio.library.places import Places
from studio.state.explorer import Explorer
from studio.state.model import ModelState
from studio.state.settings import SettingsState
from studio.theme import font
from studio.views.actions import Actions
from studio.views.kit.button import Button
from studio.views.kit.choice import SearchField
from studio.views.kit.empty import EmptyState
from studio.views.kit.layout import Surface, column, row, scrolling
from studio.views.kit.text import heading
from studio.views.look import Look
from studio.views.settings.about import About
from studio.views.settings.diagnostics import Diagnostics
from studio.views.settings.marks import MarksSection
from studio.views.settings.models import Models
from studio.views.settings.parts import SettingSection
from studio.views.settings.preferences import AppearanceSection, DeviceSection, WorkSection

WIDTH = 680
PAUSE_MS = 10
"""Between one section and the next, to draw what is there."""


class _Entry(QAbstractButton):
    """A section's name in the list at the left."""

    def __init__(self, look: Look, key: str) -> None:
        super().__init__()
        self._look = look
        self.setCheckable(True)
        self.setFont(font())
        self.setFixedHeight(32)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.words.bind(self, "setText", key)

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(self.font()).horizontalAdvance(self.text()) + 24, 32)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, rect = self._look.theme, QRectF(self.rect())
        if self.isChecked() or self.underMouse():
            paint.fill(painter, rect, theme.color("tint" if self.isChecked() else "hover"))
        if self.hasFocus():
            paint.outline(painter, rect, theme.color("accent"), width=2)
        role = "text" if self.isChecked() else "muted"
        painter.setPen(theme.color(role if self.isEnabled() else "faint"))
        painter.drawText(rect.adjusted(12, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, self.text())
        painter.end()


SETTINGS: dict[str, tuple[str, ...]] = {
    "appearance": ("settings.theme", "settings.language", "settings.motion"),
    "work": ("settings.whole", "settings.keep_days"),
    "marks": (
        "settings.marks.on",
        "settings.marks.label",
        "settings.marks.corner",
        "settings.marks.certificate",
    ),
    "device": ("settings.device.choice",),
    "models": (),
    "diagnostics": (),
    "about": (),
}
"""The lines of each section, for those who look for one before the page is built."""


def section_makers(
    look: Look,
    settings: SettingsState,
    model: ModelState,
    explorer: Explorer,
    commands: ModelCommands,
    marks: MarkCommands,
    places: Places,
    timings: Callable[[], dict[str, str]] = dict,
) -> dict[str, Callable[[], SettingSection]]:
    """What makes the sections, by id, in their order."""
    return {
        "appearance": lambda: AppearanceSection(look, settings),
        "work": lambda: WorkSection(look, settings),
        "marks": lambda: MarksSection(look, settings, marks),
        "device": lambda: DeviceSection(look, settings, commands.set_device),
        "models": lambda: Models(look, model, commands),
        "diagnostics": lambda: Diagnostics(look, model, explorer, places, timings),
        "about": lambda: About(look, model),
    }


class SettingsPage(QWidget):
    """Everything that is set once and then left alone.

    Its sections are made one at a time, for all at once take long: before anybody comes, or while one looks.
    """

    def __init__(
        self,
        look: Look,
        makers: dict[str, Callable[[], SettingSection]],
        actions: Actions,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look, self._actions = look, actions
        self._to_make = dict(makers)
        self._made: SettingSection | None = None
        self._wanted = ""
        self.search = SearchField(look, "settings.search")
        self.sections: dict[str, SettingSection] = {}
        self._entries = {which: _Entry(look, f"settings.{which}") for which in makers}
        clear = Button(look, "settings.nothing.clear", pressed=self.search.clear)
        self.nothing = EmptyState(look, "search", "settings.nothing", "settings.nothing.hint", clear)
        self.nothing.hide()
        self._box = column(self.nothing, None, gap=0)
        self._area = self._make_area()
        self._side = side = Surface(look, "panel", "right")
        column(
            heading(look, "settings.title"),
            4,
            self.search,
            4,
            *self._entries.values(),
            None,
            gap=4,
            margins=(16, 20, 16, 16),
            parent=side,
        )
        side.setFixedWidth(248)
        row(side, self._area, gap=0, parent=self)
        self._connect()

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """What the page consists of, each to be given to `Theme.add_part`; sections were already."""
        return self._side, self._area.verticalScrollBar(), self.nothing

    @property
    def is_whole(self) -> bool:
        """Whether all sections are there."""
        return not self._to_make

    def fill_next(self) -> bool:
        """Makes one more section, or shows it; False when all are there."""
        if self.is_whole:
            return False
        which = next(iter(self._to_make))
        if self._made is None:
            self._made = section = self._to_make[which]()
            section.setParent(self)
            section.resize(WIDTH, section.height())
            self._look.theme.add_part(section)
            section.sizeHint()  # its words are measured
            return True
        section, self._made = self._made, None
        del self._to_make[which]
        self._box.insertWidget(len(self.sections), section)
        section.show()
        self.sections[which] = section
        if self.search.text():
            self._search(self.search.text())
        return True

    def _go_on(self) -> None:
        """What is missing follows while one looks."""
        if not self.isVisible():
            return
        if self.fill_next():
            QTimer.singleShot(PAUSE_MS, self, self._go_on)
        elif self._wanted:
            self.show_section(self._wanted)

    def _make_area(self) -> QScrollArea:
        inside = QWidget()
        inside.setMaximumWidth(WIDTH)
        inside.setLayout(self._box)
        holder = QWidget()
        inside.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        box = row(inside, None, margins=(40, 24, 40, 24), parent=holder)
        box.setStretch(0, WIDTH)
        return scrolling(holder)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._search)
        for which, entry in self._entries.items():
            entry.clicked.connect(lambda _=False, which=which: self.show_section(which))
        self._area.verticalScrollBar().valueChanged.connect(self._mark)
        self._mark()

    def show_section(self, which: str) -> None:
        """Scrolls to a section, as soon as all are there."""
        self.search.clear()
        self._mark_entry(which)
        self._wanted = "" if self.is_whole else which
        if self._wanted:
            return
        section = self.sections[which]
        if isinstance(section, Diagnostics):
            section.refresh()
        self._area.verticalScrollBar().setValue(section.y())
        self._mark_entry(which)

    def _search(self, wanted: str) -> None:
        wanted = wanted.strip()
        if wanted:
            self._wanted = ""  # whoever searches goes nowhere else
        found = not self.is_whole
        for which, section in self.sections.items():
            named = wanted.casefold() in section.title.text().casefold()
            answers = section.search("" if named else wanted)
            section.setVisible(answers)
            self._entries[which].setEnabled(answers)
            found = found or answers
        self.nothing.setVisible(not found)

    def _mark(self, *_: object) -> None:
        top = self._area.verticalScrollBar().value() + 80
        shown = [which for which, section in self.sections.items() if section.y() <= top]
        self._mark_entry(shown[-1] if shown else "appearance")

    def _mark_entry(self, which: str) -> None:
        for name, entry in self._entries.items():
            entry.setChecked(name == which)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(PAUSE_MS, self, self._go_on)
