from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.formats import protocol
from engine.images import save_picture
from engine.recipe import pack_offset, unpack_offset
from tests.trainer.small import NETWORK
from trainer.cli import invert, main
from trainer.model.inversion import Inverter
from trainer.model.networks import Networks


@pytest.fixture
def networks() -> Networks:
    torch.manual_seed(0)
    return Networks.create(NETWORK)


def picture() -> torch.Tensor:
    """[3, 32, 32]: a disc on a ground."""
    y, x = torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij")
    disc = ((x - 16) ** 2 + (y - 12) ** 2 < 60).float()
    return torch.stack([disc, disc * 0.5, 1 - disc]) * 1.6 - 0.8


def test_an_offset_brings_the_picture_closer(networks: Networks) -> None:
    inverter = Inverter(networks, torch.device("cpu"))
    parts: list[float] = []
    found = inverter.invert(picture(), 30, parts.append)
    assert found.offset.shape == (inverter.layers, NETWORK.w_size) == (7, 16)
    assert found.after < 0.8 * found.before
    assert parts[-1] == 1.0 and len(parts) == 30


def test_it_is_repeatable_and_small(networks: Networks) -> None:
    inverter = Inverter(networks, torch.device("cpu"))
    first, again = (inverter.invert(picture(), 10).offset for _ in range(2))
    torch.testing.assert_close(first, again, rtol=0, atol=0)
    assert first.square().mean() < 1


def test_the_command_tells_what_it_finds(
    networks: Networks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("trainer.storage.bundles.load_networks", lambda path, without: networks)
    monkeypatch.setattr(invert, "NICE", 0)
    files = [
        save_picture(tmp_path / f"{n}.png", np.full((side, side, 3), 90 + n, np.uint8))
        for n, side in enumerate((32, 64))
    ]
    assert main(["invert", "model", *map(str, files), "--steps", "2", "--threads", "1"]) == 0
    events = [protocol.parse_event(line)[1] for line in capsys.readouterr().out.splitlines()]
    inverted = [event for event in events if isinstance(event, protocol.Inverted)]
    assert [one.picture for one in inverted] == [0, 1]
    assert all(pack_offset(unpack_offset(one.offset)) == one.offset for one in inverted)
    parts = [event.part for event in events if isinstance(event, protocol.Inverting)]
    assert parts == [0.25, 0.5, 0.75, 1.0]


def test_a_model_that_is_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["invert", str(tmp_path / "none"), "x.png"]) == 2
    assert "none" in capsys.readouterr().err
