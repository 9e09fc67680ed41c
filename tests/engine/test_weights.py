from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import weights
from tests.tiny import safetensors


def file(tmp_path: Path, header: dict[str, Any] | str, data: bytes = b"") -> Path:
    text = (header if isinstance(header, str) else json.dumps(header)).encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def entry(dtype: str, shape: list[int], start: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def test_reads_a_proper_file(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(safetensors({"a.weight": np.ones((2, 3), np.float32), "b": np.zeros(1, np.float32)}))
    found = weights.check(path)
    assert [(tensor.name, tensor.shape) for tensor in found] == [("a.weight", (2, 3)), ("b", (1,))]


def test_takes_metadata_and_other_numbers(tmp_path: Path) -> None:
    header = {"__metadata__": {"a": "b"}, "i": entry("I64", [1], 0, 8), "h": entry("BF16", [2], 8, 12)}
    assert len(weights.check(file(tmp_path, header, bytes(12)))) == 2


@pytest.mark.parametrize(
    ("header", "data", "reason"),
    [
        ({"../../x": entry("F32", [1], 0, 4)}, 4, "name"),
        ({"a/b": entry("F32", [1], 0, 4)}, 4, "name"),
        ('{"a": 1, "a": 2}', 0, "twice"),
        ("[]", 0, "not a safetensors"),
        ("nonsense", 0, "not JSON"),
        ({"a": entry("F32", [2], 0, 4)}, 4, "malformed"),
        ({"a": entry("F99", [1], 0, 4)}, 4, "malformed"),
        ({"a": entry("F32", [-1], 0, -4)}, 4, "malformed"),
        ({"a": [1]}, 4, "malformed"),
        ({"a": entry("F32", [1], 4, 8)}, 8, "gaps"),
        ({"a": entry("F32", [1], 0, 4), "b": entry("F32", [1], 0, 4)}, 4, "overlaps"),
        ({"a": entry("F32", [1], 0, 4)}, 5, "another length"),
        ({"a": entry("F32", [1], 0, 4)}, 3, "another length"),
    ],
)
def test_refuses(tmp_path: Path, header: dict[str, Any] | str, data: int, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        weights.check(file(tmp_path, header, bytes(data)))


@pytest.mark.parametrize("data", [b"", b"1234567", b"\xff" * 20])
def test_refuses_other_files(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(data)
    with pytest.raises(ValueError, match="not a safetensors"):
        weights.check(path)


@pytest.mark.parametrize(("dtype", "data"), [("F32", "<f4"), ("F16", "<f2"), ("F64", "<f8")])
def test_finds_nan(tmp_path: Path, dtype: str, data: str) -> None:
    numbers = np.array([1, np.nan], data)
    header = {"a": entry(dtype, [2], 0, numbers.nbytes)}
    path = file(tmp_path, header, numbers.tobytes())
    assert weights.check(path, values=False)
    with pytest.raises(ValueError, match="not finite"):
        weights.check(path)


def test_finds_infinity_in_bfloat16(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not finite"):
        weights.check(file(tmp_path, {"a": entry("BF16", [1], 0, 2)}, b"\x80\x7f"))
