from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine import providers
from engine.errors import DeviceError
from engine.formats.reason import Reason
from engine.providers import CPU, CUDA, Provider, choose, open_session


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Answers about this machine are remembered; tests pretend other machines."""
    providers._why_not.cache_clear()
    yield
    providers._why_not.cache_clear()


NO_DRIVER = Reason("no-driver", "no NVIDIA driver was found")


def pretend(monkeypatch: pytest.MonkeyPatch, why_not_cuda: Reason | None, device: str = "") -> None:
    monkeypatch.setattr(providers, "cuda_driver", lambda: (why_not_cuda, device))
    monkeypatch.setattr(providers, "_AUTOMATIC", {"linux": (CUDA,), "win32": (CUDA,), "darwin": (CUDA,)})


def test_auto_says_why_it_is_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, NO_DRIVER)
    provider = choose("auto", threads=3)
    assert (provider.name, provider.onnx_name, provider.threads) == ("CPU", "CPUExecutionProvider", 3)
    assert provider.reason == "CUDA was not used because no NVIDIA driver was found."
    assert [(one.code, one.values) for one in provider.reasons] == [("no-driver", {"name": "CUDA"})]
    assert str(provider) == "CPU (3 threads)"


def test_a_named_device_or_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, NO_DRIVER)
    assert choose("cpu").reason == ""
    with pytest.raises(DeviceError, match="CUDA was asked for, but no NVIDIA driver was found"):
        choose("cuda")
    with pytest.raises(DeviceError, match="built without CoreML"):
        choose("coreml")
    with pytest.raises(DeviceError, match="choose one of auto, cpu"):
        choose("tpu")


def test_a_silent_fall_back_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver is there, but ONNX Runtime cannot use it: here it has no card, elsewhere no libraries."""
    pretend(monkeypatch, None, "NVIDIA Pretended")

    def fall_back(*_: object) -> None:
        raise DeviceError("CUDA cannot be used: ONNX Runtime fell back to the CPU.", "fallback")

    monkeypatch.setattr(providers, "open_session", fall_back)
    monkeypatch.setattr(providers.runtime(), "get_available_providers", lambda: ["CUDAExecutionProvider"])
    provider = choose("auto")
    assert provider.name == "CPU"
    assert provider.reason.startswith("CUDA was not used because the libraries that CUDA needs are missing")


def test_a_working_card_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, None, "NVIDIA Pretended")
    monkeypatch.setattr(providers, "_why_not", lambda _: None)
    provider = choose("auto")
    assert (provider.name, provider.device, provider.reason) == ("CUDA", "NVIDIA Pretended", "")
    assert dict(provider.options)["cudnn_conv_algo_search"] == "HEURISTIC"
    assert str(provider) == "CUDA (NVIDIA Pretended)"


def test_the_fall_back_of_a_session_is_an_error(tiny_bundle: Path, capfd: pytest.CaptureFixture[str]) -> None:
    if (
        "CUDAExecutionProvider" in providers.runtime().get_available_providers()
        and not providers.cuda_driver()[0]
    ):
        pytest.skip("this machine has a card")
    with pytest.raises(DeviceError) as caught:
        open_session(CUDA, tiny_bundle / "mapping.onnx")
    assert caught.value.code in ("fallback", "session")
    assert capfd.readouterr() == ("", "")


def test_the_probe_runs_here() -> None:
    session = open_session(CPU, providers._PROBE)
    assert session.run(None, {"x": np.ones((1, 1, 2, 2), np.float32)})[0].sum() == 8


def test_a_bad_graph_is_a_quiet_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.onnx").write_bytes(b"nonsense")
    with pytest.raises(DeviceError, match=r"cannot run .*a\.onnx"):
        open_session(CPU, tmp_path / "a.onnx")
    assert capfd.readouterr() == ("", "")


def test_threads_are_cores() -> None:
    assert 1 <= providers.physical_cores() <= providers.MAX_THREADS
    assert choose("cpu").threads == providers.physical_cores()


def test_a_provider_is_a_value() -> None:
    assert choose("cpu") == choose("cpu") and len({choose("cpu"), choose("cpu")}) == 1
    assert Provider("CPU", "CPUExecutionProvider") == CPU
