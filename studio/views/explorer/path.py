"""The path through the pins: play it, scrub it, set its pace, write it as a movie."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from studio.library.sets import EASINGS
from studio.signals import delayed
from studio.state.explorer import Explorer
from studio.state.player import Player
from studio.views.explorer.canvas import Canvas
from studio.views.explorer.pinstrip import PinStrip
from studio.views.explorer.tools import FloatingBar
from studio.views.kit.button import Button, IconButton
from studio.views.kit.choice import Choice
from studio.views.kit.layout import column, row
from studio.views.kit.slider import STEPS, Track
from studio.views.kit.text import Label
from studio.views.look import Look
from studio.views.recipe_thumbs import RecipeThumbs

LEGS = (0.5, 1.0, 1.5, 2.0, 3.0, 5.0)
"""Seconds from pin to pin that are offered."""
REST_MS = 250
"""So long after the last touch the path is at rest."""


class PathBar(FloatingBar):
    """Lies over the tools while a path is at work."""

    export_wanted = Signal()
    closed = Signal()
    rested = Signal(object)
    """Recipe: the path came to a stop there."""

    def __init__(
        self,
        look: Look,
        canvas: Canvas,
        below: FloatingBar,
        player: Player,
        explorer: Explorer,
        thumbs: RecipeThumbs,
    ) -> None:
        super().__init__(look, canvas, below)
        self._player = player
        self.pins = PinStrip(look, explorer, thumbs)
        self.play = IconButton(look, "play", "path.play", size=32, pressed=self.toggle)
        self.track = Track(look)
        self.time = Label(look, role="muted", numbers=True, size=12)
        self.leg = Choice(look, "path.leg")
        self.easing = Choice(look, "path.easing")
        self.loop = IconButton(look, "loop", "path.loop", size=32)
        self.loop.setCheckable(True)
        self.export = Button(look, "path.export", icon="export", pressed=self.export_wanted.emit)
        self.hint = Label(look, "path.hint", role="muted")
        self._rest = delayed(self, REST_MS, self._tell_rest)
        self._arrange()
        self._connect()
        self.hide()

    def _arrange(self) -> None:
        close = IconButton(self._look, "close", "action.close", pressed=self.closed.emit)
        self._controls = QWidget()
        self.track.setMinimumWidth(140)
        row(self.play, self.track, self.time, gap=8, parent=self._controls)
        self._pace = QWidget()
        row(self.leg, self.easing, self.loop, self.export, gap=8, parent=self._pace)
        upper = row(self.pins, self.hint, self._controls, close, gap=12)
        column(upper, row(None, self._pace), gap=8, margins=(10, 8, 8, 8), parent=self)

    def _connect(self) -> None:
        words, player = self._look.words, self._player
        words.bind(self.track, "setAccessibleName", "path.position")
        words.bind(self.leg, "setToolTip", "path.leg")
        words.bind(self.easing, "setToolTip", "path.easing")
        words.language_changed.connect(self._tell)
        self.track.valueChanged.connect(self._scrub)
        self.leg.edited.connect(lambda value: player.set_pace(leg_s=value))
        self.easing.edited.connect(lambda value: player.set_pace(easing=value))
        self.loop.toggled.connect(lambda on: player.set_pace(closed=on))
        self.pins.gone_to.connect(self._go_to)
        player.path_changed.connect(self._tell)
        player.position_changed.connect(self._show_position)
        player.playing_changed.connect(self._show_playing)
        self._tell()

    def fit(self, width: int) -> None:
        """In a narrow window the small pictures are left out (the pins are on the map too), then the pace."""
        spare = (self.pins, self.easing, self.loop)
        for part, wanted in zip(spare, (bool(self._player.places), True, True), strict=True):
            part.setVisible(wanted)
        for part in spare:
            if self.sizeHint().width() > width:
                part.setVisible(False)

    def set_open(self, shown: bool) -> None:
        """Shows or hides the bar; hidden, nothing plays."""
        if not shown:
            self._player.pause()
        self.setVisible(shown)
        if shown:
            self.raise_()
            self._tell()

    def toggle(self) -> None:
        """Plays or pauses."""
        if self._player.playing:
            self._player.pause()
        else:
            self._player.play()

    def _go_to(self, pin: int) -> None:
        """To a pin of the path."""
        pace, places = self._player.pace, len(self._player.places)
        legs = places if pace.closed else places - 1
        self._player.pause()
        if legs > 0:
            self._player.seek(pin / legs)
            self._rest.start()

    def _scrub(self, value: int) -> None:
        self._player.pause()
        self._player.seek(value / STEPS)
        self._rest.start()

    def _tell_rest(self) -> None:
        if self._player.recipe is not None and not self._player.playing:
            self.rested.emit(self._player.recipe)

    def _tell(self, *_: object) -> None:
        words, player = self._look.words, self._player
        self.leg.set_choices([(s, words("path.leg.s", seconds=f"{s:g}")) for s in LEGS])
        self.easing.set_choices([(name, words(f"path.easing.{name}")) for name in EASINGS])
        self.leg.set_value(player.pace.leg_s)
        self.easing.set_value(player.pace.easing)
        self.loop.setChecked(player.pace.closed)
        for part in (self._controls, self._pace):
            part.setVisible(player.can_play)
        self.hint.setVisible(not player.can_play)
        self._show_position(player.position)
        self.place()

    def _show_position(self, position: float) -> None:
        self.track.blockSignals(True)
        self.track.setValue(round(STEPS * position))
        self.track.blockSignals(False)
        self.track.update()
        seconds = self._player.seconds
        self.time.setText(
            self._look.words("path.time", now=f"{position * seconds:.1f}", all=f"{seconds:.1f}")
        )
        self.time.setMinimumWidth(max(self.time.minimumWidth(), self.time.sizeHint().width()))

    def _show_playing(self, playing: bool) -> None:
        self.play.set_icon("pause" if playing else "play")
        self.play.set_key("path.pause" if playing else "path.play")
        if not playing:
            self._rest.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)
