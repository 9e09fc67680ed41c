"""The line at the foot of the window: the device, always; the model; what is being done."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from studio import paint
from studio.commands.error_messages import said
from studio.library.text import reason_text
from studio.signals import follow
from studio.state.explorer import Explorer
from studio.state.jobs import Jobs
from studio.state.model import ModelState
from studio.theme import font
from studio.views.kit.layout import Surface, row
from studio.views.kit.text import caption
from studio.views.look import Look

HEIGHT = 28


class Chip(QAbstractButton):
    """An icon and a few words that can be clicked."""

    def __init__(self, look: Look, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._icon, self._role = look, icon, "muted"
        self.setFont(font(11))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFixedHeight(22)

    def say(self, words: str, tip: str = "", role: str = "muted") -> None:
        self._role = role
        self.setText(words)
        self.setToolTip(tip)
        self.setAccessibleName(words)
        self.setAccessibleDescription(tip)
        self.setFixedWidth(self.sizeHint().width())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(self.font()).horizontalAdvance(self.text()) + 36, 22)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, rect = self._look.theme, QRectF(self.rect())
        if self.underMouse():
            paint.fill(painter, rect, theme.color("hover"), 4)
        if self.hasFocus():
            paint.outline(painter, rect, theme.color("accent"), 4, 1.5)
        self._look.icons.paint(painter, QRectF(8, 4, 14, 14), self._icon, self._role)
        painter.setFont(self.font())
        painter.setPen(theme.color("text" if self.underMouse() else "muted"))
        painter.drawText(rect.adjusted(28, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text())
        painter.end()


def reason(look: Look, model: ModelState) -> str:
    """Why there is no model, in the user's words."""
    return look.words.say(said(model.error)) if model.error is not None else ""


class StatusLine(Surface):
    """Device, model, work."""

    asked = Signal()
    """The device or the model was clicked: more is wanted."""

    def __init__(
        self, look: Look, model: ModelState, explorer: Explorer, jobs: Jobs, parent: QWidget | None = None
    ) -> None:
        super().__init__(look, "window", "top", parent)
        self._look, self._model, self._explorer, self._jobs = look, model, explorer, jobs
        self.device = Chip(look, "device")
        self.model = Chip(look, "sparkle")
        self.state = caption(look)
        self.hint = caption(look, role="faint")
        row(self.device, self.model, self.state, None, self.hint, gap=8, margins=(8, 3, 16, 2), parent=self)
        self.setFixedHeight(HEIGHT)
        self._connect()
        self._say()

    def _connect(self) -> None:
        model, explorer = self._model, self._explorer
        follow(
            self._say,
            model.status_changed,
            model.provider_changed,
            model.bundle_changed,
            self._jobs.running_changed,
            self._look.words.language_changed,
        )
        for signal in (explorer.moving_changed, explorer.image_changed):
            signal.connect(self._say_state)  # on every picture of a drag: nothing else may change then
        follow(self.asked, self.device.clicked, self.model.clicked)

    def set_hint(self, words: str) -> None:
        """What the keys do on this page."""
        self.hint.setText(words)

    def _say(self, *_: object) -> None:
        words, model = self._look.words, self._model
        provider = model.provider
        if provider is not None:
            reasons = (words.say(reason_text(one, "unused")) for one in provider.reasons)
            tip = " ".join(reasons) or words("status.device.best")
            name = " · ".join(filter(None, (provider.name, provider.device)))
            self.device.say(words("status.device", name=name), tip)
        else:
            self.device.say(words("status.device.looking"), words("status.device.looking.tip"))
        self._say_model()
        self._say_state()

    def _say_state(self, *_: object) -> None:
        words = self._doing()
        if words != self.state.text():
            self.state.setText(words)
        self._make_room()

    def _make_room(self) -> None:
        """At once: what is being done changes faster than a layout follows by itself."""
        layout = self.layout()
        if layout is not None:
            layout.activate()

    def _say_model(self) -> None:
        words, model = self._look.words, self._model
        bundle = model.bundle
        if bundle is not None:
            name = words("status.model", name=bundle.card.name, side=bundle.card.resolution)
            self.model.say(name, "\n".join((bundle.card.licence, *bundle.card.attribution)), "accent")
        elif model.status == "failed":
            self.model.say(words("status.model.none"), reason(self._look, model), "danger")
        else:
            self.model.say(words("status.model.loading"))

    def _doing(self) -> str:
        words, explorer = self._look.words, self._explorer
        count = len(self._jobs.running)
        if count:
            return words("status.jobs", count=count)
        if self._model.status == "loading":
            return words("status.loading")
        if explorer.image is None:
            return ""
        if explorer.moving:
            return words("status.moving")
        return words("status.full" if explorer.is_full else "status.rendering")
