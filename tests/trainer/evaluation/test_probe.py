"""The probe, trained on colours: it must find styles, not places, and nothing in noise."""

from __future__ import annotations

import numpy as np
import pytest

from engine.images import Picture
from tests.trainer.evaluation.scripted_extractor import ColourExtractor, blots
from trainer.evaluation.features import as_pictures
from trainer.evaluation.grades import KNOWN, PLAIN, random_grade
from trainer.evaluation.probe import Probe, likeness_of_halves, train_probe


@pytest.fixture(scope="module")
def probe() -> Probe:
    rng = np.random.default_rng(0)
    pictures = as_pictures(blots(60, 1))
    views = [[one, *(random_grade(rng)(one) for _ in range(2))] for one in pictures]
    return train_probe(np.stack([ColourExtractor().cells(one) for one in views]), steps=60)


def test_it_finds_the_other_half_of_pictures_it_never_saw(probe: Probe) -> None:
    cells = ColourExtractor().cells(as_pictures(blots(40, 2)))
    assert likeness_of_halves(probe, cells) > 0.5
    noise = np.random.default_rng(1).random(cells.shape).astype(np.float32)
    assert likeness_of_halves(probe, noise) < 0.3


def test_its_styles_are_unit_vectors_and_training_is_deterministic(probe: Probe) -> None:
    cells = ColourExtractor().cells(as_pictures(blots(10, 2)))
    np.testing.assert_allclose(np.linalg.norm(probe(cells), axis=1), 1, atol=1e-5)
    again = train_probe(cells[:, None], steps=2)
    np.testing.assert_array_equal(again(cells), train_probe(cells[:, None], steps=2)(cells))
    assert probe(cells[:0]).shape == (0, 64)


def test_what_lies_where_is_of_no_use_to_it(probe: Probe) -> None:
    pictures = as_pictures(blots(10, 2))
    turned: list[Picture] = [np.ascontiguousarray(one[::-1, ::-1]) for one in pictures]
    a, b = (probe(ColourExtractor().cells(one)) for one in (pictures, turned))
    assert (a * b).sum(axis=1).min() > 0.99


def test_grades_change_colours_and_the_plain_one_nothing() -> None:
    picture = as_pictures(blots(1, 3))[0]
    np.testing.assert_array_equal(PLAIN(picture), picture)
    graded = [grade(picture) for grade in KNOWN[1:]]
    assert min(np.abs(one.astype(int) - picture).mean() for one in graded) > 2
    grey = KNOWN[1](picture)
    assert (grey.max(axis=2) - grey.min(axis=2)).max() <= 1
