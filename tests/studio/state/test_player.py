from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.recipe import Recipe
from studio.library.settings import SettingsFile
from studio.library.tasks import Inline
from studio.state.player import Pace, Player, keep_pace
from studio.state.settings import SettingsState
from tests.studio.library.made import recipe

PLACES = [recipe(1), recipe(2), recipe(3)]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def player(qtbot: QtBot, clock: Clock) -> Player:
    player = Player(clock=clock)
    player.set_places(PLACES)
    return player


def frames(player: Player) -> list[Recipe]:
    seen: list[Recipe] = []
    player.frame_wanted.connect(seen.append)
    return seen


def test_there_is_no_path_without_two_places(qtbot: QtBot) -> None:
    player = Player()
    assert (player.can_play, player.recipe, player.seconds) == (False, None, 0.0)
    player.play()
    player.seek(0.5)
    assert not player.playing
    player.set_places(PLACES[:1])
    assert not player.can_play


def test_it_keeps_the_pace_whatever_frames_come(player: Player, clock: Clock) -> None:
    seen = frames(player)
    player.play()
    assert player.playing and seen == [PLACES[0]]
    clock.now = 1.5
    player._tick()
    assert player.position == pytest.approx(0.5)
    assert seen[-1] == PLACES[1]
    clock.now = 99.0
    player._tick()
    assert (player.position, player.playing) == (1.0, False)
    assert seen[-1] == PLACES[2]
    player.play()
    assert player.position == 0.0, "from the start again"
    player.pause()


def test_a_closed_path_goes_round(player: Player, clock: Clock) -> None:
    player.set_pace(closed=True, leg_s=1.0)
    assert player.seconds == 3.0
    player.play()
    clock.now = 3.5
    player._tick()
    assert player.position == pytest.approx(0.5 / 3)
    assert player.playing
    clock.now = 5.75
    player._tick()
    number, following, part = player.leg
    assert (number, following) == (2, 0)
    assert 0.5 < part < 1.0
    player.pause()


def test_seeking_shows_and_stays_on_the_path(player: Player) -> None:
    seen = frames(player)
    for position in (0.5, -1.0, 7.0):
        player.seek(position)
    assert seen == [PLACES[1], PLACES[0], PLACES[2]]
    player.set_pace(easing="steps")
    player.seek(0.49)
    assert player.recipe == PLACES[0]


def test_losing_its_places_stops_it(player: Player) -> None:
    player.play()
    player.set_places(PLACES[:1])
    assert not player.playing


def test_a_pace_that_makes_no_sense_is_refused(player: Player) -> None:
    with pytest.raises(ValueError, match="easing"):
        player.set_pace(easing="wild")
    assert Pace(leg_s=0).leg_s > 0


def test_the_pace_is_kept_over_a_restart(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "settings.json")
    first = Player()
    keep_pace(first, SettingsState(file, Inline()))
    first.set_pace(easing="steps", leg_s=2.0, closed=True)
    again = Player()
    keep_pace(again, SettingsState(file, Inline()))
    assert again.pace == Pace(2.0, "steps", closed=True)
