from __future__ import annotations

import numpy as np
import pytest
import torch

from trainer.run.pictures import Pictures, order


def pictures(train: int, val: int) -> Pictures:
    def grey(count: int, first: int) -> torch.Tensor:
        levels = torch.arange(first, first + count, dtype=torch.uint8)
        return levels[:, None, None, None].expand(count, 3, 4, 4).contiguous()

    none = torch.zeros(0, dtype=torch.long)
    return Pictures(grey(train, 0), none, grey(val, 100), none, seed=0)


@pytest.mark.parametrize(
    ("train", "val", "shown"),
    [(30, 20, 12), (30, 3, 12), (5, 3, 8), (8, 8, 8)],
    ids=["many", "filled", "few", "nothing held out"],
)
def test_a_grid_is_filled_with_pictures_of_the_set(train: int, val: int, shown: int) -> None:
    x = pictures(train, val).examples(12)
    levels = ((x[:, 0, 0, 0] + 1) * 127.5).round().int().tolist()

    held_out = min(val, 12)
    assert len(levels) == shown
    assert levels[:held_out] == list(range(100, 100 + held_out))
    assert levels[held_out:] == list(range(shown - held_out))


@pytest.mark.parametrize(
    ("balance", "shares"),
    [(0.0, (80, 19, 1)), (1.0, (33, 34, 33)), (0.5, (63, 30, 7))],
    ids=["as they are", "equally", "between"],
)
def test_classes_are_shown_as_often_as_was_asked_for(balance: float, shares: tuple[int, ...]) -> None:
    labels = np.repeat([0, 1, 2], [80, 19, 1])
    epochs = [order(labels, 7, epoch, balance) for epoch in range(12)]
    assert [tuple(np.bincount(labels[epoch])) for epoch in epochs] == [shares] * 12
    assert not np.array_equal(epochs[0], epochs[1])
    assert np.array_equal(order(labels, 7, 3, balance), epochs[3]), "whoever resumes sees the same"
    for number, size in enumerate((80, 19, 1)):
        members = labels == number
        often = np.bincount(np.concatenate(epochs), minlength=100)[members]
        assert often.max() - often.min() <= 1, "within a class all are shown equally often"
        assert often.sum() == 12 * shares[number]
        assert len(often) == size


def test_a_set_of_one_class_needs_no_balance() -> None:
    assert sorted(order(np.zeros(9, np.int64), 0, 5, 1.0)) == list(range(9))
