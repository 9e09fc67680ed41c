from __future__ import annotations

import pytest
import torch

from trainer.pictures import Pictures


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
