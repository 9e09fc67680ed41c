"""Digits are decided on, not left to chance, and memory keeps its layout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from engine.formats.job import Job
from engine.formats.job_settings import JobError
from tests.trainer.run.test_step import DrawnFeatures, state_of
from trainer.model.ema import update_average
from trainer.run import half_precision, speed
from trainer.run.step import advance
from trainer.storage import checkpoint

CARD = torch.device("cuda", 0)
MEASURED = half_precision.pays_on_cpu.__wrapped__
"""Without what is remembered."""


@pytest.fixture
def flags() -> Iterator[None]:
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    yield
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before


@pytest.mark.usefixtures("flags")
@pytest.mark.parametrize(("precision", "coarser"), [("fp32", False), ("bf16", True)])
def test_fp32_is_fp32(precision: str, coarser: bool) -> None:
    torch.backends.cudnn.allow_tf32 = not coarser
    torch.backends.cuda.matmul.allow_tf32 = True
    speed.settle_digits(precision)
    assert [torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32] == [coarser, False]


@pytest.mark.parametrize(("fixed", "resumed"), [(("precision",), False), ((), True)])
def test_bf16_is_refused_where_the_card_lacks_it(
    monkeypatch: pytest.MonkeyPatch, fixed: tuple[str, ...], resumed: bool
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    job = Job.of("set", precision="bf16")
    with pytest.raises(JobError, match="this graphics card does not have it"):
        speed.fit_precision(job, CARD, fixed, resumed)
    changed, told = speed.fit_precision(job, CARD, (), False)
    assert changed.optimisation.precision == "fp32"
    assert "fp32" in told
    assert speed.fit_precision(job, torch.device("cpu"), (), False) == (job, "")


def test_moments_keep_the_layout_of_their_weights_over_a_resume(tmp_path: Path) -> None:
    def begun() -> torch.optim.Adam:
        state = state_of(DrawnFeatures(), channels_last=True)
        speed.arrange(state)
        states.append(state)
        return state.optimizers["generator"]

    states: list[object] = []
    before = begun()
    x, labels = torch.randn(4, 3, 32, 32).clamp(-1, 1), torch.zeros(4, dtype=torch.long)
    advance(states[0], x, labels)  # type: ignore[arg-type]
    checkpoint.save(states[0], tmp_path, {})  # type: ignore[arg-type]
    after = begun()
    assert checkpoint.restore_newest(states[1], tmp_path) is not None  # type: ignore[arg-type]
    pairs = [
        (new, old)
        for new, old in zip(after.param_groups[0]["params"], before.param_groups[0]["params"], strict=True)
        if old in before.state
    ]
    assert any(not new.is_contiguous() for new, _ in pairs)
    for new, old in pairs:
        assert after.state[new]["exp_avg"].stride() == new.stride()
        assert torch.equal(after.state[new]["exp_avg"], before.state[old]["exp_avg"])


def test_averages_move_all_weights_at_once_and_copy_buffers() -> None:
    old, new = nn.BatchNorm1d(3), nn.BatchNorm1d(3)
    with torch.no_grad():
        new.weight.fill_(3.0)
        new.running_mean.fill_(7.0)  # type: ignore[union-attr]
    update_average(old, new, 0.75)
    assert old.weight.tolist() == [1.5] * 3
    assert old.running_mean.tolist() == [7.0] * 3  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="another network"):
        update_average(old, nn.Linear(2, 2, bias=False), 0.5)


def test_a_processor_tries_bf16_where_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    processor = torch.device("cpu")
    assert not any(speed.can(option, processor, 1e6) for option in speed.OPTIONS)
    monkeypatch.setattr("trainer.run.half_precision.pays_on_cpu", lambda: True)
    assert [option for option in speed.OPTIONS if speed.can(option, processor, 1e6)] == [
        {"precision": "bf16"}
    ]


def test_whether_bf16_pays_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    paces = {torch.bfloat16: 0.5, torch.float32: 1.0}
    monkeypatch.setattr(half_precision, "_seconds", lambda x, weight: paces[x.dtype])
    assert MEASURED()
    paces[torch.bfloat16] = 0.9
    assert not MEASURED()
    monkeypatch.undo()
    x = torch.randn(1, 4, 4, 4)
    assert half_precision._seconds(x, torch.randn(4, 4, 3, 3)) > 0
