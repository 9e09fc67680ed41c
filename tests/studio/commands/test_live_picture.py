"""The picture under the probe follows the hand, and is whole when it rests."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication

from studio.commands.context import AppContext
from tests.studio.commands.conftest import troubles
from tests.studio.workers.checks import Until
from tests.studio.workers.fakes import FakeEngine


def test_previews_while_the_hand_moves_the_full_picture_at_rest(
    context: AppContext, engine: FakeEngine, until: Until, qapp: QCoreApplication
) -> None:
    context.live_picture._resting.setInterval(60_000)  # however slow the machine, this hand never rests
    engine.asked.clear()
    context.explorer.begin_move()
    for _ in range(20):
        context.explorer.move_by(0.01, 0)
        qapp.processEvents()
    assert "full" not in [what for what, _ in engine.asked]
    context.explorer.end_move()
    until(lambda: context.explorer.is_full and context.explorer.is_current)
    assert [what for what, _ in engine.asked].count("full") == 1


def test_holding_still_is_rest_too(context: AppContext, until: Until) -> None:
    context.explorer.begin_move()
    context.explorer.move_by(0.5, 0)
    until(lambda: context.explorer.is_full and context.explorer.is_current)
    assert context.explorer.moving
    context.explorer.end_move()


def test_the_score_follows(context: AppContext, until: Until) -> None:
    context.on_styles.use("Starter")
    until(lambda: context.explorer.scores.look == 0.5)


def test_a_picture_that_cannot_be_made_is_told(context: AppContext, engine: FakeEngine, until: Until) -> None:
    context.explorer.move_to(9, 9)
    assert context.explorer.recipe is not None
    until(lambda: context.explorer.is_current)
    context.explorer.move_to(10, 9)
    engine.fail_on = {context.explorer.recipe.seed}
    context.explorer.move_to(11, 9)
    engine.fail_on = {context.explorer.recipe.seed}
    until(lambda: "The picture could not be made." in troubles(context))
    engine.fail_on = set()
    context.explorer.move_to(12, 9)
    until(lambda: context.explorer.is_current)


@pytest.mark.parametrize("stop", ["at the end", "on the way", "by hand"])
def test_a_path_that_was_played_leaves_a_sharp_picture(context: AppContext, until: Until, stop: str) -> None:
    explorer, player = context.explorer, context.player
    for x in (1.0, 4.0):
        explorer.move_to(x, 2.0)
        context.on_explorer.pin()
    until(lambda: explorer.is_full and explorer.is_current)
    player.set_pace(leg_s=0.3)
    blurred: list[bool] = []
    explorer.image_changed.connect(lambda _: blurred.append(not explorer.is_full))
    if stop == "by hand":
        player.seek(0.4)
    else:
        player.play()
    until(lambda: any(blurred))
    if stop == "on the way":
        player.pause()
    until(lambda: not player.playing)
    recipe = player.recipe
    assert recipe is not None
    until(lambda: explorer.is_sharp(recipe))
