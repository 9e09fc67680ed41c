"""The theme in use: fonts, palette and the style sheet. `Theme` tells every view when they change."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from studio.frame_budget.style_sheets import StyleSheetScheduler
from studio.tokens import ALL, DARK, LIGHT, Tokens, Type

ThemeChoice = Literal["system", "light", "dark"]
CHOICES: tuple[ThemeChoice, ...] = ("system", "light", "dark")
SCHEMES: dict[ThemeChoice, Qt.ColorScheme] = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}

LATIN = "Studio Inter"
HAN = "Studio Han"
FAMILIES = [LATIN, HAN]


class Theme(QObject):
    """The colours in use, and the wish behind them."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choice: ThemeChoice = "system"
        self._tokens = DARK
        self._sheets = StyleSheetScheduler(self)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)

    @property
    def tokens(self) -> Tokens:
        return self._tokens

    @property
    def choice(self) -> ThemeChoice:
        return self._choice

    def choose(self, choice: ThemeChoice) -> None:
        """Takes "light" or "dark", or follows the system. Qt follows, with title bars and its own dialogs."""
        self._choice = choice
        QGuiApplication.styleHints().setColorScheme(SCHEMES[choice])
        self._use(_system_tokens() if choice == "system" else ALL[choice])

    def add_part(self, part: QWidget, area: QWidget | None = None) -> None:
        """Gives a part of a window the style sheet, and what is in it, now and whenever the theme changes.

        area: what is drawn anew when all in it have the sheet; the part itself when left out.
        """
        self._sheets.add(part, area)

    def hold(self, steps: Iterator[object]) -> None:
        """All words change, step by step: what is seen is drawn anew after that, part by part."""
        self._sheets.hold(steps)

    @property
    def is_changing(self) -> bool:
        """Whether something that is seen still has the colours before."""
        return self._sheets.is_changing

    def toggle(self) -> None:
        """The other of light and dark."""
        self.choose("light" if self._tokens.is_dark else "dark")

    def color(self, role: str) -> QColor:
        return self._tokens.color(role)

    def _follow_system(self) -> None:
        if self._choice == "system" and self._tokens is not _system_tokens():
            self._use(_system_tokens())

    def _use(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._sheets.change(style_sheet(tokens), partial(apply_palette, tokens))
        self.changed.emit()


def font(size: int = Type.BODY, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The studio's type at `size` logical pixels, a font of its own for each who asks."""
    made = QFont()
    made.setFamilies(FAMILIES)
    made.setPixelSize(size)
    made.setWeight(weight)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return made


def number_font(size: int = Type.BODY, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """`font` with figures of equal width, for values that change."""
    made = font(size, weight)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def load_fonts(folder: Path | None = None) -> list[str]:
    """Registers the bundled fonts. Gives back the family names that were found."""
    folder = folder or Path(str(files("resources"))) / "fonts"
    families: set[str] = set()
    for path in sorted(folder.glob("*.otf")):
        number = QFontDatabase.addApplicationFont(str(path))
        families.update(QFontDatabase.applicationFontFamilies(number))
    return sorted(families)


def apply_palette(tokens: Tokens) -> None:
    """Gives the application the palette and the type of `tokens`; its parts have the style sheet."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return
    # The type makes Qt look at every widget again, unless nothing changed.
    if app.font().families() != FAMILIES:
        app.setFont(font())
    app.setPalette(palette(tokens))
    QToolTip.setPalette(palette(tokens))


def palette(tokens: Tokens) -> QPalette:
    """A QPalette for what the style sheet does not reach."""
    made = QPalette()
    roles = {
        QPalette.ColorRole.Window: tokens.window,
        QPalette.ColorRole.WindowText: tokens.text,
        QPalette.ColorRole.Base: tokens.raised,
        QPalette.ColorRole.AlternateBase: tokens.panel,
        QPalette.ColorRole.Text: tokens.text,
        QPalette.ColorRole.Button: tokens.raised,
        QPalette.ColorRole.ButtonText: tokens.text,
        QPalette.ColorRole.BrightText: tokens.on_fill,
        QPalette.ColorRole.Highlight: tokens.fill,
        QPalette.ColorRole.HighlightedText: tokens.on_fill,
        QPalette.ColorRole.ToolTipBase: tokens.raised,
        QPalette.ColorRole.ToolTipText: tokens.text,
        QPalette.ColorRole.PlaceholderText: tokens.faint,
        QPalette.ColorRole.Link: tokens.accent,
        QPalette.ColorRole.Accent: tokens.accent,
    }
    for role, value in roles.items():
        made.setColor(role, QColor(value))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens.faint))
    return made


def style_sheet(tokens: Tokens) -> str:
    """The style sheet: `resources`' rules with the colours of `tokens` put in."""
    sheet = RULES
    for role in Tokens.__dataclass_fields__:
        value: str = getattr(tokens, role)
        sheet = sheet.replace(f"@{role};", f"{value};")
    return sheet


def _system_tokens() -> Tokens:
    scheme = QGuiApplication.styleHints().colorScheme()
    return LIGHT if scheme == Qt.ColorScheme.Light else DARK


RULES = """
QWidget { color: @text; }
QMainWindow, QDialog { background: @window; }
QToolTip {
    background: @raised; color: @text; border: 1px solid @outline; padding: 4px 8px;
}
QAbstractScrollArea { background: transparent; border: none; }
QLabel { background: transparent; }
QLabel[role="muted"] { color: @muted; }
QLabel[role="faint"] { color: @faint; }
QLabel[role="danger"] { color: @danger; }
QLabel[role="warning"] { color: @warning; }
QLabel[role="accent"] { color: @accent; }
QLabel:disabled { color: @faint; }

QMenuBar { background: @window; border: none; padding: 0 8px; spacing: 0; }
QMenuBar::item { background: transparent; padding: 6px 10px; border-radius: 4px; color: @muted; }
QMenuBar::item:selected { background: @hover; color: @text; }
QMenu { background: @panel; border: 1px solid @outline; padding: 4px 0; }
QMenu::item { background: transparent; padding: 6px 32px 6px 16px; margin: 0 4px; border-radius: 4px; }
QMenu::item:selected { background: @hover; }
QMenu::item:disabled { color: @faint; }
QMenu::separator { height: 1px; background: @line; margin: 4px 0; }

QPushButton {
    background: @raised; color: @text; border: 1px solid @outline; border-radius: 6px;
    padding: 5px 14px; min-height: 20px;
}
QPushButton:hover { background: @hover; }
QPushButton:pressed { background: @pressed; }
QPushButton:focus { border: 1px solid @accent; outline: none; }
QPushButton:disabled { color: @faint; border-color: @line; }
QPushButton[kind="primary"] { background: @fill; color: @on_fill; border-color: @fill; }
QPushButton[kind="primary"]:hover { background: @fill_hover; border-color: @fill_hover; }
QPushButton[kind="primary"]:pressed { background: @fill; }
QPushButton[kind="primary"]:focus { border-color: @text; }
QPushButton[kind="primary"]:disabled { background: @raised; color: @faint; border-color: @line; }
QPushButton[kind="plain"] { background: transparent; border-color: transparent; padding: 5px 8px; }
QPushButton[kind="plain"]:hover { background: @hover; }
QPushButton[kind="plain"]:focus { border-color: @accent; }
QPushButton[kind="link"] {
    background: transparent; border: 1px solid transparent; color: @accent;
    padding: 2px 4px; min-height: 18px;
}
QPushButton[kind="link"]:hover { background: @hover; }
QPushButton[kind="link"]:focus { border-color: @accent; }
QPushButton[kind="danger"] { color: @danger; }

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox {
    background: @raised; border: 1px solid @outline; border-radius: 6px; padding: 5px 8px; min-height: 20px;
    selection-background-color: @fill; selection-color: @on_fill;
}
QLineEdit:hover, QPlainTextEdit:hover, QSpinBox:hover { border-color: @faint; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus { border-color: @accent; }
QLineEdit:disabled, QSpinBox:disabled { color: @faint; border-color: @line; }
QLineEdit[kind="number"] {
    padding: 0 0 0 4px; min-height: 18px; background: transparent; border-color: transparent;
}
QLineEdit[kind="number"]:hover { border-color: @outline; }
QLineEdit[kind="number"]:focus { border-color: @accent; }
QLineEdit[kind="small"] { padding: 0 4px; min-height: 20px; }
QLineEdit[kind="bare"], QLineEdit[kind="bare"]:focus {
    background: transparent; border: none; padding: 8px 4px;
}

QComboBox QAbstractItemView { background: @panel; border: 1px solid @outline; padding: 4px; outline: none; }
QComboBox QAbstractItemView::item { min-height: 28px; padding: 0 8px; border-radius: 4px; }
QComboBox QAbstractItemView::item:selected { background: @hover; color: @text; }

QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: @pressed; border-radius: 3px; margin: 3px; }
QScrollBar::handle:hover { background: @faint; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QSplitter::handle { background: @line; }
QListView, QListWidget { background: transparent; border: none; outline: none; }
QStatusBar { background: @window; border-top: 1px solid @line; }
QStatusBar::item { border: none; }
"""
