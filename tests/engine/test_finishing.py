"""Finishing, with weights of chance in the file's own format: what is checked does not depend on them."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine import finishing
from engine.errors import BundleError, Cancelled
from engine.finishing import CONVS, HALF_FLOATS, WIDTH, Finisher, graph_of, load_finisher, passes


def weights() -> bytes:
    rng = np.random.default_rng(0)
    parts = [np.full(3, 0.45, "<f4").tobytes()]
    for conv in CONVS:
        fan_in = conv.channels * conv.kernel**2
        scale = 0.002 if conv.name == "first" else 1.0
        weight = rng.normal(0, scale * fan_in**-0.5, WIDTH * fan_in).astype("<f2")
        bias = np.full(WIDTH, 0.4 if conv.name == "spread" else 0.1, "<f4")
        parts += [struct.pack("<I", HALF_FLOATS), weight.tobytes(), bias.tobytes()]
    return b"".join(parts)


@pytest.fixture(scope="module")
def data() -> bytes:
    return weights()


@pytest.fixture(scope="module")
def finisher(data: bytes) -> Finisher:
    return Finisher(graph_of(data).SerializeToString(), threads=1)


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (70, 90, 3), dtype=np.uint8)


def test_tiles_leave_no_seams(
    finisher: Finisher, picture: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = finisher.enlarge(picture, (360, 280))
    assert whole.std() > 5
    monkeypatch.setattr(finishing, "TILE", 32)
    tiled = finisher.enlarge(picture, (360, 280))
    assert np.abs(whole.astype(int) - tiled).max() <= 1  # sums in another order
    monkeypatch.setattr(finishing, "MARGIN", 0)
    assert np.abs(whole.astype(int) - finisher.enlarge(picture, (360, 280))).max() > 1


def test_every_tile_is_told_and_any_size_is_met(
    finisher: Finisher, picture: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finishing, "TILE", 64)
    told: list[tuple[int, int]] = []
    made = finisher.enlarge(picture, (300, 233), progress=lambda *step: told.append(step))
    assert made.shape == (233, 300, 3)
    assert told == [(n, 4) for n in range(1, 5)]


def test_a_stop_comes_between_two_tiles(
    finisher: Finisher, picture: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finishing, "TILE", 32)
    told: list[int] = []
    with pytest.raises(Cancelled):
        finisher.enlarge(
            picture, (360, 280), progress=lambda done, _: told.append(done), cancelled=lambda: len(told) == 2
        )
    assert told == [1, 2]


@pytest.mark.parametrize(
    ("longest", "wanted", "count"),
    [
        (256, 300, 0),
        (256, 384, 1),
        (256, 1024, 1),
        (256, 2048, 2),
        (256, 4096, 2),
        (256, 4097, 0),
        (512, 256, 0),
    ],
)
def test_how_often(longest: int, wanted: int, count: int) -> None:
    assert passes(longest, wanted) == count


def test_what_is_not_worth_it_is_a_plain_filter(finisher: Finisher, picture: np.ndarray) -> None:
    assert finisher.enlarge(picture, (99, 77)).shape == (77, 99, 3)


def test_weights_are_checked(data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERSONA_HELPERS", str(tmp_path))
    path = tmp_path / "spanx4_ch48.bin"
    with pytest.raises(BundleError, match=r"spanx4_ch48\.bin: it is not there; .*helpers span-x4"):
        load_finisher()
    path.write_bytes(data[:-1])
    with pytest.raises(BundleError, match="it is damaged"):
        load_finisher()
    monkeypatch.setattr(finishing, "SHA256", hashlib.sha256(data).hexdigest())
    path.write_bytes(data)
    assert load_finisher(threads=1).enlarge(np.zeros((8, 8, 3), np.uint8), (32, 32)).shape == (32, 32, 3)


@pytest.mark.parametrize("change", [lambda d: d[:100], lambda d: d[:-4], lambda d: d + b"more"])
def test_weights_of_another_length(data: bytes, change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(ValueError, match="bytes are there, not 854788"):
        graph_of(change(data))


def test_weights_kept_otherwise(data: bytes) -> None:
    with pytest.raises(ValueError, match="first is not kept in 16 bits"):
        graph_of(data[:12] + bytes(4) + data[16:])
