"""The quick judgement, on pictures about which everything is known."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from tests.trainer.evaluation.scripted_extractor import ColourExtractor, blots
from trainer.evaluation import quick
from trainer.evaluation.errors import JudgingError
from trainer.evaluation.quick import QuickJudge


@pytest.fixture(scope="module", autouse=True)
def few_steps() -> Iterator[None]:
    """A probe for colours is soon trained."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quick, "PROBE_STEPS", 30)
        patch.setattr(quick, "PROBE_PICTURES", 60)
        yield


@pytest.fixture(scope="module")
def judge(few_steps: None) -> QuickJudge:
    return QuickJudge(blots(160, 1), blots(60, 2), net=ColourExtractor())


def test_other_pictures_of_the_same_kind_are_as_good_as_real_ones(judge: QuickJudge) -> None:
    found = judge.judge(blots(80, 3))
    assert abs(found["kid"]) < 0.05
    assert found["coverage"] > 0.85 * found["real_coverage"]
    assert found["density"] == pytest.approx(1, abs=0.25)
    assert found["diversity"] == pytest.approx(1, abs=0.2)
    assert found["copying"] == pytest.approx(1, abs=0.12)
    assert math.isnan(found["style_agreement"])


def test_the_same_pictures_give_the_same_figures(judge: QuickJudge) -> None:
    again = QuickJudge(blots(160, 1), blots(60, 2), net=ColourExtractor())
    references = np.arange(40) % 10
    assert again.judge(blots(40, 3), references=references) == judge.judge(
        blots(40, 3), references=references
    )


def test_a_collapsed_generator_covers_nothing(judge: QuickJudge) -> None:
    found = judge.judge(np.repeat(blots(1, 3), 80, axis=0))
    assert found["kid"] > 0.3
    assert found["coverage"] < 0.2
    assert found["diversity"] < 0.01


def test_copies_of_training_pictures_are_found_even_mirrored(judge: QuickJudge) -> None:
    copied = judge.judge(blots(160, 1)[:80])
    assert abs(copied["kid"]) < 0.05, "they look perfect otherwise"
    assert copied["copying"] < 0.1
    assert judge.judge(blots(160, 1)[:80, :, :, ::-1])["copying"] < 0.1


def test_another_kind_of_picture_is_far_away(judge: QuickJudge) -> None:
    found = judge.judge(blots(60, 3) // 3)
    assert found["kid"] > 0.2
    assert found["coverage"] < 0.2


def test_styles_agree_with_their_own_references_and_shuffled_ones_by_chance(judge: QuickJudge) -> None:
    references = np.repeat(np.arange(20), 4)
    grounds = judge.references[references].mean(axis=(2, 3))
    made = np.concatenate([blots(1, n, ground=ground) for n, ground in enumerate(grounds)])
    assert judge.judge(made, references=references)["style_agreement"] > 0.85
    shuffled = np.random.default_rng(1).permutation(references)
    assert judge.judge(made, references=shuffled)["style_agreement"] == pytest.approx(0.5, abs=0.12)


def test_diversity_is_measured_at_a_fixed_style(judge: QuickJudge) -> None:
    references = np.repeat(np.arange(10), 4)
    one_picture_a_style = judge.references[references]
    assert judge.judge(one_picture_a_style, references=references)["diversity"] == pytest.approx(0, abs=1e-6)
    assert judge.judge(one_picture_a_style)["diversity"] > 0.5


def test_a_set_that_holds_nothing_back() -> None:
    judge = QuickJudge(blots(24, 1), np.empty((0, 3, 32, 32), np.uint8), net=ColourExtractor())
    found = judge.judge(blots(20, 3), references=np.arange(20))
    assert len(judge.references) == 24
    assert math.isfinite(found["kid"])
    assert 0.5 < found["copying"] < 2
    assert math.isnan(found["diversity"])


def test_too_few_pictures_and_references_that_are_none(judge: QuickJudge) -> None:
    with pytest.raises(JudgingError, match="At least 2 pictures are needed to judge by, not 1"):
        judge.judge(blots(1, 3))
    with pytest.raises(JudgingError, match="At least 2 training pictures"):
        QuickJudge(blots(1, 1), blots(5, 2), net=ColourExtractor())
    with pytest.raises(JudgingError, match="a reference from 0 to 59"):
        judge.judge(blots(4, 3), references=np.array([0, 1, 2, 60]))
