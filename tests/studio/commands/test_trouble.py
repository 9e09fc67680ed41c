"""The trainer's reasons, put into the studio's words."""

from __future__ import annotations

import pytest

from engine.formats.protocol import Failed
from studio.commands.trouble import trouble_in, trouble_of
from studio.workers.training_process import TrainingEnd
from trainer.consent import Consent, ConsentError


def end(log: str = "", **changes: object) -> TrainingEnd:
    values = {"exit_code": 2, "crashed": False, "stopped": False, "log": log, "last_event": None}
    return TrainingEnd(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("Traceback ...\nModuleNotFoundError: No module named 'torch'", "Training needs PyTorch"),
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB", "not enough memory"),
        ("trainer: does not fit: it needs 9,000 MB of memory, and 4,000 MB can be had", "not enough memory"),
        ("trainer: does not fit: not enough memory even for the smallest parts", "not enough memory"),
        ("trainer: does not fit: it needs 900 MB of disk, and 20 MB are free", "disk is full"),
        ("trainer: /runs/a: No space left on device; the last checkpoint is kept", "disk is full"),
        ("trainer: Cannot use /sets/a: there is no such folder.", "not there any more"),
        (
            "trainer: a.webp is gone: the set changed since this run began; put it back",
            "pictures have changed",
        ),
        ("trainer: /runs/a is being trained by process 7; wait for it", "under way already"),
        ("trainer: At least 2 training pictures are needed to judge by, not 1.", "too few pictures"),
        ("trainer: the weights of the snapshot at step 8 were given up to save disk", "only the pictures"),
        ("trainer: something nobody foresaw", "could not go on"),
    ],
)
def test_reasons_are_recognised(log: str, said: str) -> None:
    trouble = trouble_of(end(log))
    assert said in str(trouble.what)
    assert trouble.advice is not None
    assert trouble.detail == log.splitlines()[-1].removeprefix("trainer: "), "the trainer's own words stay"


def test_a_consent_that_does_not_fit_is_recognised() -> None:
    record = Consent("self", "mine", "Ada", "2026-01-01", ("train",), True, 3, "a" * 64)
    with pytest.raises(ConsentError) as refused:
        record.check("b" * 64)
    assert "permission does not fit" in str(trouble_of(end(f"trainer: {refused.value}")).what)


def test_how_a_child_ended_counts_where_it_said_nothing() -> None:
    assert "from outside" in str(trouble_of(end(crashed=True)).what)
    assert "could not be started" in str(trouble_of(end(problem="execve: no such program")).what)
    failed = Failed("there is not enough memory to go on; the last checkpoint is kept")
    assert "not enough memory" in str(trouble_of(end(last_event=failed)).what)
    assert str(trouble_of(end(), "gone", "no-folder").what) == "This folder is not there any more."
    assert str(trouble_in("who knows").what) == "The training cannot go on."
