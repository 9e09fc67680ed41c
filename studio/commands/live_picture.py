"""The picture under the probe: small while the hand moves, full when it rests.

A move asks for a preview at once, which replaces the one that waits (`workers.generator_thread`). The full
picture is asked for when the hand lets go, holds still for a moment, or when the last preview came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.errors import RecipeError
from engine.recipe import Recipe
from engine.style import Scores
from studio.commands.error_messages import tell
from studio.library.text import Text
from studio.signals import delayed
from studio.state.pixels import to_image
from studio.workers.generator_thread import Answer

if TYPE_CHECKING:
    from studio.commands.context import AppContext

REST_MS = 160
"""After so long without a move the full picture is made, even while the hand still holds on."""


class LivePicture(QObject):
    """Asks the generator for what the explorer shows, and shows its answers."""

    first_came = Signal()
    """The first picture of this start is there."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._explorer, self._generator = context.explorer, context.generator
        self._player = context.player
        self._notices = context.notices
        self._has_picture = False
        self._last_full: tuple[int, Recipe] | None = None
        self._awaited: Recipe | None = None
        """Whose full picture was asked for and has not come."""
        self._on_path: Recipe | None = None
        """The frame of a path that is shown, until one moves on from it."""
        self._resting = delayed(self, REST_MS, self._ask_full)
        self._explorer.recipe_changed.connect(self._ask_preview)
        self._explorer.moving_changed.connect(self._follow_hand)
        self._player.frame_wanted.connect(self._ask_frame)
        self._player.playing_changed.connect(lambda _: self._resting.start())
        self._generator.answered.connect(self._show_answer)
        self._generator.scored.connect(self._show_scores)
        self._generator.render_failed.connect(self._tell_failed)

    def renew(self) -> None:
        """Asks again for the present place: of a new model, or on another device."""
        self._ask_preview(self._explorer.recipe)

    def stop(self) -> None:
        """Asks for nothing more by itself."""
        self._resting.stop()

    def _ask_preview(self, recipe: Recipe | None) -> None:
        """A move: the small picture at once, the full one when the hand rests."""
        self._on_path = None
        if recipe is not None:
            self._awaited = None  # a newer request takes its place
            self._generator.request_preview(recipe)
            self._resting.start()

    def _ask_frame(self, recipe: Recipe) -> None:
        """A path goes on: small pictures for as long as it is played, the full one when it stops."""
        self._ask_preview(recipe)
        self._on_path = recipe

    def _follow_hand(self, moving: bool) -> None:
        if not moving:
            self._ask_full()

    def _ask_full(self) -> None:
        recipe = self._on_path or self._explorer.recipe
        if recipe is None or self._player.playing:
            return
        if recipe == self._awaited or self._explorer.is_sharp(recipe):
            return
        self._resting.stop()
        self._awaited = recipe
        self._last_full = (self._generator.request_full(recipe), recipe)

    def _show_answer(self, answer: Answer) -> None:
        if answer.full or answer.recipe != self._awaited:
            self._awaited = None
        self._explorer.show(answer.recipe, to_image(answer.image), full=answer.full)
        if not answer.full and not self._explorer.moving and answer.recipe == self._explorer.recipe:
            self._ask_full()
        if not self._has_picture:
            self._has_picture = True
            self.first_came.emit()

    def _show_scores(self, request: int, scores: Scores) -> None:
        if self._last_full is not None and self._last_full[0] == request:
            self._explorer.show_scores(self._last_full[1], scores)

    def _tell_failed(self, request: int, error: Exception) -> None:
        self._awaited = None
        if not (isinstance(error, RecipeError) and error.code == "other-model"):  # a switch is under way
            tell(self._notices, Text("said.the_picture_could_not_be"), error)
