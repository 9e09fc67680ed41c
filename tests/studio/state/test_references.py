"""Pictures of references: there when they are there, read elsewhere, told of once."""

from __future__ import annotations

import base64
from dataclasses import replace

import numpy as np
from pytestqt.qtbot import QtBot

from engine.images import encode
from studio.library.tasks import Inline
from studio.state.references import SIDE, ReferencePictures
from tests.studio.later import Later
from tests.studio.state.test_styles import entry, reference


def test_asking_does_not_read(qtbot: QtBot) -> None:
    runner = Later()
    pictures = ReferencePictures(runner)
    one = reference(1)
    assert pictures.image(one).isNull()
    assert pictures.image(one).isNull()
    assert len(runner.waiting) == 1
    with qtbot.waitSignal(pictures.came):
        runner.go_on()
    assert pictures.image(one).width() == 96
    assert not runner.waiting


def test_one_word_of_many(qtbot: QtBot) -> None:
    runner, told = Later(), []
    pictures = ReferencePictures(runner)
    pictures.came.connect(lambda: told.append(1))
    anna = entry("Anna", references=tuple(map(reference, range(6))))
    for one in anna.style.references:
        pictures.image(one)
    assert pictures.colours(anna) == ()
    runner.go_on()
    qtbot.waitUntil(lambda: bool(told))
    assert told == [1]
    assert pictures.colours(anna)


def test_a_reference_that_only_changed_its_weight_is_not_read_again(qtbot: QtBot) -> None:
    runner = Later()
    pictures = ReferencePictures(runner)
    pictures.image(reference(1))
    runner.go_on()
    assert not pictures.image(replace(reference(1), weight=0.2, fit=0.1)).isNull()


def test_large_ones_are_kept_small_and_damaged_ones_are_not_read_again(qtbot: QtBot) -> None:

    pictures = ReferencePictures(Inline())
    large = base64.b64encode(encode(np.zeros((256, 256, 3), np.uint8), "PNG")).decode()
    assert pictures.image(replace(reference(1), thumbnail=large)).width() == SIDE
    runner = Later()
    pictures = ReferencePictures(runner)
    broken = replace(reference(1), thumbnail=base64.b64encode(b"no picture").decode())
    pictures.image(broken)
    runner.go_on()
    assert pictures.image(broken).isNull()
    assert not runner.waiting
