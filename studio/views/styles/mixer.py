"""Two styles and a slider between them; the canvas shows the mix while it is being found."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.library.styles import StyleEntry
from studio.state.references import ReferencePictures
from studio.views.kit.button import Button
from studio.views.kit.layout import Surface, column, row
from studio.views.kit.slider import Track
from studio.views.kit.text import caption, title
from studio.views.kit.text_field import TextField
from studio.views.look import Look
from studio.views.styles.collage import Collage


class Mixer(Surface):
    """Shown below the cards while two styles are being mixed."""

    share_changed = Signal(float)
    """Share of the second style, 0..1."""
    accepted = Signal(str)
    """The name of the new style; empty for one made of both names."""
    cancelled = Signal()

    def __init__(self, look: Look, pictures: ReferencePictures, parent: QWidget | None = None) -> None:
        super().__init__(look, "panel", "top", parent)
        self._look = look
        self.first, self.second = Collage(look, pictures, 36), Collage(look, pictures, 36)
        self.slider = Track(look, 0.5)
        self.share = caption(look)
        self.name = TextField()
        self.save = Button(look, "mixer.save", kind="primary", pressed=self._accept)
        cancel = Button(look, "action.cancel", pressed=self.cancelled.emit)
        look.words.bind(self.name, "setPlaceholderText", "mixer.name")
        look.words.bind(self.name, "setAccessibleName", "mixer.name")
        look.words.bind(self.slider, "setAccessibleName", "mixer.slider")
        column(
            row(title(look, "mixer.title"), None, self.share),
            row(self.first, self.slider, self.second, gap=8),
            self.name,
            row(None, cancel, self.save),
            gap=10,
            margins=(16, 12, 16, 12),
            parent=self,
        )
        self.slider.valueChanged.connect(self._tell)
        self.slider.reset.connect(lambda: self.slider.setValue(500))
        self.name.returnPressed.connect(self._accept)
        self.hide()

    def open(self, first: StyleEntry, second: StyleEntry) -> None:
        """Begins with half and half."""
        self.first.set_style(first.style)
        self.second.set_style(second.style)
        language = self._look.words.language
        self.first.setToolTip(first.title(language))
        self.second.setToolTip(second.title(language))
        self.name.clear()
        self.slider.setValue(500)
        self.show()
        self._tell()
        self.slider.setFocus()

    def value(self) -> float:
        """Share of the second style."""
        return self.slider.sliderPosition() / 1000

    def _tell(self, *_: object) -> None:
        part = self.value()
        self.share.setText(f"{1 - part:.0%} : {part:.0%}")
        self.share_changed.emit(part)

    def _accept(self) -> None:
        self.accepted.emit(self.name.text().strip())
