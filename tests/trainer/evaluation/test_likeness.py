"""Likeness: who counts as a person, and that the figures say what they claim."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.bundle import Bundle
from engine.faces import Aligned
from engine.images import Picture, save_picture
from tests import tiny
from tests.trainer.evaluation.scripted_extractor import ColourExtractor
from tests.trainer.evaluation.test_evaluate import write_listed
from trainer.data import PreparedSet
from trainer.evaluation import likeness as module
from trainer.evaluation.cache import Cache
from trainer.evaluation.context import EvaluationContext
from trainer.evaluation.likeness import EACH, Person, likeness, one_picture_people, people_in
from trainer.evaluation.readings import _likeness
from trainer.evaluation.real import RealPictures, silent
from trainer.evaluation.samples import BundleSampler
from trainer.evaluation.settings import EvaluationSettings


def embed(picture: Picture) -> np.ndarray:
    """Tells people by their colour."""
    row = picture.reshape(-1, 3).mean(axis=0) - 128
    return (row / max(np.linalg.norm(row), 1e-6)).astype(np.float32)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> EvaluationContext:
    bundle = Bundle.load(tiny.write_tiny_bundle(tmp_path_factory.mktemp("model"), persona=6))
    pictures = np.random.default_rng(0).integers(0, 256, (60, tiny.R, tiny.R, 3)).astype(np.uint8)
    data = PreparedSet.open(write_listed(tmp_path_factory.mktemp("s") / "set", pictures, 30, ["one", "two"]))
    net, settings = ColourExtractor(), EvaluationSettings(count=20)
    cache = Cache(None, data.digest)
    real = RealPictures(data, bundle.card.resolution, net, cache)
    return EvaluationContext(BundleSampler(bundle), real, net, cache, settings, silent)


def person(name: str, colour: tuple[int, int, int], others: int = 2) -> Person:
    pictures = [np.full((tiny.R, tiny.R, 3), colour, np.uint8) + np.uint8(n) for n in range(2 + others)]
    return Person(name, pictures[:2], pictures[2:])


RED, BLUE = person("red", (200, 40, 40)), person("blue", (40, 40, 200))


def test_pictures_that_show_the_person_are_found(
    context: EvaluationContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_pictures_of", lambda context, one, n: one.references * 3)
    found = likeness(context, [RED, BLUE], embed)
    assert found is not None
    assert found["cosine"] == pytest.approx(1, abs=1e-3) and found["nearest"] == 1.0
    assert found["real_cosine"] == pytest.approx(1, abs=1e-3) and found["real_nearest"] == 1.0
    assert found["strangers"] < 0.5 and found["real_spread"] > 0


def test_pictures_of_somebody_else_are_not(
    context: EvaluationContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        module, "_pictures_of", lambda context, one, n: (BLUE if one is RED else RED).references
    )
    found = likeness(context, [RED, BLUE], embed)
    assert (
        found is not None
        and found["nearest"] == 0.0
        and found["cosine"] == pytest.approx(found["strangers"], abs=1e-3)
    )


def test_new_pictures_come_from_the_model_and_differ_from_person_to_person(
    context: EvaluationContext,
) -> None:
    found = likeness(context, [RED, BLUE, person("green", (40, 200, 40), 0)], embed)
    assert found is not None and found["pictures"] == 3 * EACH
    assert [row.key for row in _likeness(found)] == ["cosine", "nearest", "spread"]
    assert likeness(context, [RED], embed) is None and list(_likeness(None)) == []


def test_a_second_network_judges_the_same_pictures(
    context: EvaluationContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_pictures_of", lambda context, one, n: one.references)
    found = likeness(context, [RED, BLUE], embed, lambda picture: -embed(picture[..., ::-1]))
    assert found is not None and found["second"]["nearest"] == 1.0
    assert found["second"]["strangers"] == pytest.approx(found["strangers"], abs=1e-3)
    assert [row.key for row in _likeness(found)] == ["cosine", "nearest", "second_nearest", "spread"]


def test_held_out_pictures_stand_for_people(context: EvaluationContext) -> None:
    people = one_picture_people(context, 10)
    assert len(people) == 10 and all(len(one.references) == 1 and not one.others for one in people)
    found = likeness(context, people, embed)
    assert found is not None and found["real_cosine"] is None and found["real_spread"] is None


def test_the_style_has_both_parts_at_unit_length(context: EvaluationContext) -> None:
    style = context.sampler.style_of(RED.references)
    assert np.linalg.norm(style[: tiny.S]) == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(style[tiny.S :]) == pytest.approx(1, abs=1e-5)
    use = context.sampler.use(style)
    assert (len(use.vector), len(use.persona)) == (tiny.S, 6)
    assert context.sampler.use(np.concatenate([style[: tiny.S], np.zeros(6)])).persona == ()


def test_people_are_folders_and_every_other_picture_judges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, count in (("anna", 5), ("bert", 2)):
        (tmp_path / name).mkdir()
        for n in range(count):
            save_picture(tmp_path / name / f"{n}.png", np.full((32, 32, 3), 10 * n, np.uint8))
    (tmp_path / "empty").mkdir()
    (tmp_path / "bert" / "damaged.png").write_bytes(b"x")

    def align(finder: object, path: Path, size: int) -> Aligned:
        from engine.images import load_picture

        return Aligned(load_picture(path), 1)

    monkeypatch.setattr(module, "align_file", align)
    people, problems = people_in(tmp_path, 32)
    assert [(one.name, len(one.references), len(one.others)) for one in people] == [
        ("anna", 3, 2),
        ("bert", 1, 1),
    ]
    assert len(problems) == 1 and "damaged.png" in problems[0]
