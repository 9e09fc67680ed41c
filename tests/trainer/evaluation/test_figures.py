"""The figures, on numbers whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trainer.evaluation import agreement, classes, faithful, figures
from trainer.evaluation.features import Features
from trainer.evaluation.kid import kernel, kid, squared_discrepancy
from trainer.evaluation.neighbours import copying, distances, manifold, nearest, reach
from trainer.evaluation.spread import diversity, spread

Floats = NDArray[np.float32]


def cloud(count: int, seed: int, size: int = 16, *, at: float = 0.0, wide: float = 1.0) -> Floats:
    return (np.random.default_rng(seed).standard_normal((count, size)) * wide + at).astype(np.float32)


def features(pooled: Floats) -> Features:
    return Features(pooled, pooled.astype(np.float16))


# --- KID ---


def test_the_unbiased_discrepancy_is_the_sum_over_different_pairs() -> None:
    x, y = cloud(5, 1, 3), cloud(4, 2, 3, at=0.5)
    k = lambda a, b: (float(a @ b) / 3 + 1) ** 3  # noqa: E731
    xx = np.mean([k(x[i], x[j]) for i in range(5) for j in range(5) if i != j])
    yy = np.mean([k(y[i], y[j]) for i in range(4) for j in range(4) if i != j])
    xy = np.mean([k(a, b) for a in x for b in y])
    assert squared_discrepancy(x, y) == pytest.approx(xx + yy - 2 * xy, rel=1e-4)
    assert kernel(x, y).shape == (5, 4)


def test_kid_of_one_distribution_is_zero_on_average_however_small_the_samples() -> None:
    values = [squared_discrepancy(cloud(8, 2 * n), cloud(8, 2 * n + 1)) for n in range(400)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(400)
    assert min(values) < 0, "an estimate without bias falls on both sides"


def test_kid_tells_distributions_apart_and_grows_with_the_distance() -> None:
    real = cloud(300, 1)
    near, far = kid(cloud(300, 2, at=0.3), real).mean, kid(cloud(300, 2, at=0.6), real).mean
    assert abs(kid(cloud(300, 2), real).mean) < 0.1 * near
    assert 0 < near < far
    assert kid(np.repeat(cloud(1, 2), 300, axis=0), real).mean > near, "a collapsed generator"


# --- Neighbours ---


def test_samples_of_the_same_distribution_cover_it_at_density_one() -> None:
    found = manifold(cloud(600, 1, 4), cloud(600, 2, 4))
    assert found.density == pytest.approx(1, abs=0.15)
    assert found.coverage > 0.93
    assert found.precision > 0.9 and found.recall > 0.9


def test_a_collapsed_generator_has_precision_but_no_coverage() -> None:
    real = cloud(600, 1, 4)
    one = np.zeros((600, 4), np.float32)
    found = manifold(real, one)
    assert found.precision == 1
    assert found.density > 1
    assert found.coverage < 0.1
    assert found.recall < 0.01


def test_samples_elsewhere_have_nothing_in_common_with_real_ones() -> None:
    found = manifold(cloud(100, 1), cloud(100, 2, at=50))
    assert (found.precision, found.recall, found.density, found.coverage) == (0, 0, 0, 0)


def test_more_samples_do_not_make_coverage_look_better() -> None:
    real, other = features(cloud(100, 1, 8)), features(cloud(2000, 2, 8))
    narrow = features(cloud(2000, 3, 8, wide=0.15))
    found = figures.distribution(narrow, real, other)
    few = figures.distribution(narrow[np.arange(100)], real, other)
    assert found.manifold.coverage == pytest.approx(few.manifold.coverage, abs=0.1)
    assert found.manifold.coverage < 0.8 * found.real_manifold.coverage


def test_neighbours_in_blocks_are_those_of_the_whole() -> None:
    x, pool = cloud(700, 1, 5), cloud(1100, 2, 5)
    exact = np.sqrt(((x[:, None].astype(np.float64) - pool) ** 2).sum(axis=2))
    found, where = nearest(x, pool)
    np.testing.assert_allclose(found, exact.min(axis=1), atol=1e-3)
    np.testing.assert_array_equal(where, exact.argmin(axis=1))
    own = np.sort(distances(x, x), axis=1)
    np.testing.assert_allclose(reach(x, 3), own[:, 3], atol=1e-3)
    np.testing.assert_allclose(nearest(x, x, itself=True)[0], own[:, 1], atol=1e-3)


# --- Copying ---


def test_copying_is_one_for_new_pictures_and_falls_with_every_copy() -> None:
    train, held_out, new = cloud(400, 1), cloud(200, 2), cloud(200, 3)
    assert copying(new, train, held_out).ratio == pytest.approx(1, abs=0.05)
    copies = copying(train[:200] + 0.01, train, held_out)
    assert copies.ratio < 0.05
    assert copies.near == 1
    np.testing.assert_array_equal(copies.nearest, np.arange(200))
    half = copying(np.concatenate([train[:20], new[:180]]), train, held_out)
    assert half.ratio > 0.95, "the median does not see a few copies,"
    assert half.near > 0.09, "but their share does"


def test_a_mirrored_copy_is_a_copy() -> None:
    train, held_out, new = cloud(300, 1), cloud(100, 2), cloud(100, 3)
    found = copying(new, train, held_out, mirrored=train[:100], held_out_mirrored=cloud(100, 4))
    assert found.ratio < 0.01


def test_without_held_out_pictures_training_pictures_are_compared_with_each_other() -> None:
    train = cloud(300, 1)
    found = copying(cloud(100, 3), train, None)
    assert len(found.held_out) == 300
    assert found.held_out.min() > 0
    assert found.ratio == pytest.approx(1, abs=0.05)


# --- Diversity ---


def test_spread_is_the_mean_squared_distance_of_different_rows() -> None:
    x = cloud(6, 1, 4).astype(np.float16)
    pairs = [
        float(((x[i].astype(float) - x[j].astype(float)) ** 2).sum())
        for i in range(6)
        for j in range(6)
        if i != j
    ]
    assert spread(x) == pytest.approx(np.mean(pairs), rel=1e-3)


def test_diversity_is_one_for_samples_as_different_as_real_pictures() -> None:
    real = [cloud(16, n).astype(np.float16) for n in range(20)]
    same = [cloud(16, 100 + n).astype(np.float16) for n in range(20)]
    alike = [cloud(16, 100 + n, wide=0.5).astype(np.float16) for n in range(20)]
    assert diversity(same, real, real[0]).ratio == pytest.approx(1, abs=0.08)
    assert diversity(alike, real, real[0]).ratio == pytest.approx(0.25, abs=0.03)
    assert diversity(same, real, real[0]).real_ratio == pytest.approx(1, abs=0.15)


# --- Style agreement ---


def test_agreement_of_perfect_of_blind_and_of_shuffled_pictures() -> None:
    prototypes = np.eye(10, 16, dtype=np.float32)
    wanted = np.arange(4000) % 10
    noise = np.random.default_rng(1).standard_normal((4000, 16)).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    perfect = agreement.match(prototypes[wanted], wanted, prototypes)
    blind = agreement.match(noise, wanted, prototypes)
    given = agreement.random_styles(4000, 10)
    shuffled = agreement.match(prototypes[given], wanted, prototypes)
    found = agreement.agreement(perfect, perfect, shuffled, 5)
    assert (found.top1, found.closer, found.own_cosine, found.other_cosine) == (1, 1, 1, 0)
    assert found.chance == 0.1
    assert found.shuffled_top1 == pytest.approx(0.1, abs=0.02)
    assert blind.top1 == pytest.approx(0.1, abs=0.02)
    assert blind.closer == pytest.approx(0.5, abs=0.02)


def test_groups_take_references_and_others_from_different_pictures() -> None:
    seen = np.repeat(np.eye(3, 8, dtype=np.float32), 20, axis=0) + cloud(60, 1, 8, wide=0.05)
    seen /= np.linalg.norm(seen, axis=1, keepdims=True)
    groups = agreement.find_groups(seen, np.zeros(60, np.int64))
    assert len(groups) >= 2
    used = np.concatenate([np.concatenate([one.references, one.others]) for one in groups])
    assert len(used) == len(set(used.tolist()))
    assert all(len(one.references) == agreement.REFERENCES for one in groups)
    assert agreement.find_groups(seen[:5], np.zeros(5, np.int64)) == []


# --- Classes and promises ---


def test_a_classifier_tells_classes_apart_though_one_is_rare() -> None:
    x = np.concatenate([cloud(300, 1), cloud(20, 2, at=2)])
    labels = np.repeat([0, 1], [300, 20])
    found = classes.fit(x, labels, 2)(np.concatenate([cloud(50, 3), cloud(50, 4, at=2)]))
    wanted = np.repeat([0, 1], 50)
    assert classes.confusion(found, wanted, 2).diagonal().min() > 0.9
    assert classes.shares(found, 3).tolist() == pytest.approx([0.5, 0.5, 0], abs=0.1)
    assert classes.confusion(found[:50], wanted[:50], 2)[1].tolist() == [0, 0]


def test_content_that_is_found_again_and_content_that_is_not() -> None:
    z = cloud(50, 1)
    exact = faithful.content_agreement(z, z)
    assert (exact.error, exact.cosine) == (0, pytest.approx(1))
    assert exact.unrelated == pytest.approx(2 / np.sqrt(np.pi), abs=0.06)
    lost = faithful.content_agreement(cloud(50, 2), z)
    assert lost.error == pytest.approx(lost.unrelated, rel=0.1)


def test_a_jump_stands_out_of_its_path() -> None:
    even = np.arange(9, dtype=np.float16)[:, None]
    jump = np.array([0, 1, 2, 3, 8, 9, 10, 11, 12], np.float16)[:, None]
    assert faithful.smoothness([even]).jump == pytest.approx(1)
    assert faithful.smoothness([jump]).jump == pytest.approx(5)


def test_a_preview_is_judged_against_the_picture_shrunk() -> None:
    rng = np.random.default_rng(1)
    full = [rng.integers(0, 256, (32, 32, 3), np.uint8) for _ in range(4)]
    from engine.images import resize

    right = faithful.preview_agreement(full, [resize(one, 16) for one in full])
    assert right.error == 0
    assert right.unrelated > 20
    wrong = faithful.preview_agreement(full, [resize(one, 16) for one in full[1:] + full[:1]])
    assert wrong.error == pytest.approx(right.unrelated, rel=0.2)
