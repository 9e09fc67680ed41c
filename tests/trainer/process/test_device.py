"""Which device trains, on machines that are only pretended."""

from __future__ import annotations

import pytest
import torch

from engine.formats.job_settings import JobError
from engine.formats.reason import Reason
from trainer.process import cards, device
from trainer.process.device import Device

OLD = "The NVIDIA driver on your system is too old (found version 11040). Please update your GPU driver"
UNSUPPORTED = "CUDA error: no kernel image is available for execution on the device"
HELD = "CUDA error: CUDA-capable device(s) is/are busy or unavailable"
FULL = "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine with two NVIDIA cards that work."""
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "init", lambda: None)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", lambda index: None)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"Pretended {index}")
    monkeypatch.setattr(cards, "_sum", lambda card: torch.tensor(64.0))
    monkeypatch.setattr(device, "cuda_driver", lambda: (None, "Pretended"))
    return monkeypatch


def fail(card: pytest.MonkeyPatch, words: str) -> None:
    def raises(*_: object) -> None:
        raise RuntimeError(words)

    card.setattr(cards, "_sum", raises)


def test_a_card_that_works_is_taken(card: pytest.MonkeyPatch) -> None:
    found = Device.choose("auto")
    assert (found.torch, found.label, found.reason) == (torch.device("cuda", 0), "Pretended 0", None)
    assert Device.choose("cuda:1").label == "Pretended 1"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (OLD, "driver-old", "the NVIDIA driver is too old"),
        (UNSUPPORTED, "card-unsupported", "does not support the graphics card"),
        (HELD, "card-held", "another program has the graphics card for itself"),
        (FULL, "card-full", "other programs take all the memory"),
        ("CUDA error: something new\nof two lines", "card-failed", "CUDA error: something new)"),
    ],
)
def test_a_card_that_does_not_work_is_told_of_in_a_sentence(
    card: pytest.MonkeyPatch, words: str, code: str, says: str
) -> None:
    fail(card, words)
    found = Device.choose("auto")
    assert found.torch.type == "cpu"
    assert found.reason is not None
    assert found.reason.code == code
    assert says in found.reason.message
    with pytest.raises(JobError, match="CUDA was asked for, but") as raised:
        Device.choose("cuda")
    assert raised.value.code == "no-cuda"


def test_a_driver_that_is_too_old_at_the_beginning(card: pytest.MonkeyPatch) -> None:
    def init() -> None:
        raise RuntimeError(OLD)

    card.setattr(torch.cuda, "init", init)
    reason = Device.choose("auto").reason
    assert reason is not None and reason.code == "driver-old"


def test_a_card_that_calculates_wrongly_is_left_alone(card: pytest.MonkeyPatch) -> None:
    card.setattr(cards, "_sum", lambda card: torch.tensor(63.0))
    reason = Device.choose("auto").reason
    assert reason is not None and reason.code == "card-wrong"


def test_a_torch_without_cuda_beside_a_card_is_told_of(card: pytest.MonkeyPatch) -> None:
    card.setattr(torch.version, "cuda", None)
    card.setattr(torch.version, "hip", None)
    reason = Device.choose("auto").reason
    assert reason is not None and reason.code == "torch-cpu"


def test_a_machine_without_a_card_has_nothing_to_tell(card: pytest.MonkeyPatch) -> None:
    fail(card, "Found no NVIDIA driver on your system.")
    card.setattr(device, "cuda_driver", lambda: (Reason("no-driver", "no NVIDIA driver was found"), ""))
    assert Device.choose("auto").reason is None
    with pytest.raises(JobError, match="no NVIDIA driver was found"):
        Device.choose("cuda")


def test_a_card_that_is_not_there_and_a_word_that_is_none(card: pytest.MonkeyPatch) -> None:
    with pytest.raises(JobError, match="there is no graphics card 7"):
        Device.choose("cuda:7")
    with pytest.raises(JobError, match="must be auto, cpu, cuda or cuda:N"):
        Device.choose("cuda:x")
