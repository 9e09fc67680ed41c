"""Pickles: what the reader builds, and what it will not."""

from __future__ import annotations

import io
import os
import pickle
import random
import sys
import zipfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from trainer.foreign.files import MAGIC, read
from trainer.foreign.pickles import ForeignError, Machine, PickledRecord

# --- What it builds ---


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_numbers_texts_and_tensors(tmp_path: Path, protocol: int) -> None:
    x = torch.arange(24.0).reshape(2, 3, 4)
    told: dict[str, Any] = {
        "a": x.permute(2, 0, 1),
        "b": x[1, 1:],
        "p": torch.nn.Parameter(torch.ones(3)),
        "h": torch.tensor([0.5, 2.0]).half(),
        "n": [1, -(2**70), 2.5, None, True, "ü", b"\xff", (), (1,), (1, 2, 3, 4), {1, 2}],
        "s": np.float64(0.25),
    }
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(told, protocol))
    found = read(tmp_path / "a.pkl")
    assert found["n"] == told["n"] and found["s"] == 0.25
    for name in "abph":
        np.testing.assert_array_equal(found[name].array(), told[name].detach().float().numpy())


@pytest.mark.parametrize("new", [True, False])
def test_files_of_torch(tmp_path: Path, new: bool) -> None:
    layer = torch.nn.Linear(3, 2)
    told = {"g_ema": layer.state_dict(), "args": Namespace(size=8)}
    torch.save(told, tmp_path / "a.pt", _use_new_zipfile_serialization=new)
    found = read(tmp_path / "a.pt")
    np.testing.assert_array_equal(found["g_ema"]["weight"].array(), layer.weight.detach().numpy())
    assert found["args"] == PickledRecord("argparse.Namespace", {"size": 8})


# --- What it will not ---

NAMES = (
    "os.system", "posix.system", "nt.system", "subprocess.Popen", "subprocess.call",
    "subprocess.check_output", "builtins.eval", "builtins.exec", "builtins.getattr", "builtins.__import__",
    "builtins.open", "builtins.compile", "importlib.import_module", "runpy.run_path", "pty.spawn",
    "shutil.rmtree", "socket.socket", "webbrowser.open", "ctypes.CDLL", "evil_module.run",
)  # fmt: skip


def text(value: str) -> bytes:
    return b"X" + len(value.encode()).to_bytes(4, "little") + value.encode()


def named(full: str) -> bytes:
    module, name = full.rsplit(".", 1)
    return f"c{module}\n{name}\n".encode()


def call(full: str, argument: str) -> bytes:
    return b"\x80\x02" + named(full) + text(argument) + b"\x85R."


def forms(full: str, argument: str) -> dict[str, bytes]:
    """The five ways in which a pickle has a callable called."""
    module, name = full.rsplit(".", 1)
    inst = f"i{module}\n{name}\n.".encode()
    return {
        "reduce": call(full, argument),
        "stack-global": b"\x80\x04" + text(module) + text(name) + b"\x93" + text(argument) + b"\x85R.",
        "newobj": b"\x80\x02" + named(full) + text(argument) + b"\x85\x81.",
        "inst": b"\x80\x02(" + text(argument) + inst,
        "obj": b"\x80\x02(" + named(full) + text(argument) + b"o.",
    }


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", data)
    return file.getvalue()


def malicious(argument: str) -> dict[str, bytes]:
    """109 pickles that would have `argument` run, or reach for what no network needs."""
    found = {f"{full}-{form}": data for full in NAMES for form, data in forms(full, argument).items()}
    evil = call("os.system", argument)
    within = b"\x80\x03" + named("torch.storage._load_from_bytes") + b"B" + len(evil).to_bytes(4, "little")
    stream = pickle.dumps(MAGIC, 2) + pickle.dumps(1001, 2) + pickle.dumps({}, 2) + evil
    ordered = named("collections.OrderedDict")
    found |= {
        "extension": b"\x80\x02\x82\x01.",
        "persistent-name": b"\x80\x02Pos.system\n.",
        "built-name": b"\x80\x02" + ordered + b"}" + text("__call__") + named("os.system") + b"sb.",
        "keywords": b"\x80\x04" + ordered + b")}\x92.",
        "bytes-within": within + evil + b"\x85R.",
        "stream": stream,
        "zip": zipped(evil),
        "dotted": b"\x80\x04" + text("torch._utils") + text("_rebuild_tensor_v2.__globals__") + b"\x93.",
        "codec": b"\x80\x02" + named("_codecs.encode") + text(argument) + text("zip") + b"\x86R.",
    }
    return found


CASES = tuple(malicious(""))


@pytest.fixture
def marker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that is there once something ran."""
    file = tmp_path / "marker"
    (tmp_path / "evil_module.py").write_text(
        f"from pathlib import Path\nPath({str(file)!r}).touch()\ndef run(_): pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield file
    sys.modules.pop("evil_module", None)


def test_there_are_109() -> None:
    assert len(CASES) == 109


@pytest.mark.parametrize("case", CASES)
def test_none_is_run(case: str, tmp_path: Path, marker: Path) -> None:
    (tmp_path / "evil.pkl").write_bytes(malicious(f"touch '{marker}'")[case])
    loaded = set(sys.modules)
    with pytest.raises(ForeignError) as caught:
        read(tmp_path / "evil.pkl")
    assert not marker.exists()
    assert not {"evil_module", "pty", "webbrowser"} & (set(sys.modules) - loaded)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


@pytest.mark.skipif(os.name == "nt", reason="`touch`")
@pytest.mark.parametrize("case", ["os.system-reduce", "os.system-inst", "evil_module.run-stack-global"])
def test_python_itself_would_run_them(case: str, marker: Path) -> None:
    pickle.loads(malicious(f"touch '{marker}'")[case])  # noqa: S301
    assert marker.exists()


def test_a_tensor_stays_within_its_numbers(tmp_path: Path) -> None:
    storage = b"\x80\x02" + named("torch._utils._rebuild_tensor_v2") + b"(("
    storage += text("storage") + named("torch.FloatStorage") + text("0") + text("cpu") + b"K\x04tQ"
    for offset, size, stride in ((1, 4, 1), (0, 4, 2), (0, 200, 0), (5, 1, 1)):
        data = storage + bytes([*b"K", offset, *b"K", size, 0x85, *b"K", stride, 0x85, *b"\x89NtR."])
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("archive/data.pkl", data)
            archive.writestr("archive/data/0", bytes(16))
        (tmp_path / "a.pt").write_bytes(file.getvalue())
        with pytest.raises(ForeignError, match="damaged"):
            read(tmp_path / "a.pt")


def test_other_files(tmp_path: Path) -> None:
    file = tmp_path / "a.pkl"
    for data in (
        b"",
        b"hello",
        b"\x80\x04",
        b"\x80\x04N",
        b"\x80\x04)R.",
        b"\x80\x04\x94.",
        zipped(b"")[:60],
    ):
        file.write_bytes(data)
        with pytest.raises(ForeignError):
            read(file)
    with file.open("wb") as opened:
        opened.truncate(4 << 30)  # zeros, of which the disk keeps none
    with pytest.raises(ForeignError, match="neither a pickle"):
        read(file)
    with file.open("wb") as opened:
        opened.truncate(5 << 30)
    with pytest.raises(ForeignError, match="larger than 4 GB"):
        read(file)
    with pytest.raises(ForeignError, match="no such file"):
        read(tmp_path / "none.pkl")
    with pytest.raises(ForeignError, match="not a file"):
        read(tmp_path)


def test_random_damage_never_raises_anything_else() -> None:
    data, rng = pickle.dumps({"a": [1, 2.0, "x", (1, 2)], "b": {1}, "c": np.float64(1)}, 4), random.Random(0)
    for _ in range(3000):
        broken = bytearray(data[: rng.randrange(len(data))] if rng.random() < 0.3 else data)
        for _ in range(rng.randint(1, 3)):
            if broken:
                broken[rng.randrange(len(broken))] = rng.randrange(256)
        with suppress(ForeignError):
            Machine().run(io.BytesIO(broken))
