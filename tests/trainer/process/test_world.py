"""Two processes train as one would with their batches together, and decide everything together."""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.formats import protocol
from tests.trainer import children, small
from trainer.process.control import Control
from trainer.process.device import Device
from trainer.process.world import World
from trainer.run import losses
from trainer.run.loop import Run
from trainer.run.pixels import kind as pixel_kind
from trainer.run.pixels.state import PixelState
from trainer.storage import checkpoint


def skip_export() -> None:
    pixel_kind.export_bundle = lambda networks, folder, *rest: folder  # type: ignore[assignment]


def curve(events: list[protocol.Event], name: str) -> list[float]:
    return [e.values[name] for e in events if isinstance(e, protocol.Losses) and name in e.values]


def test_two_processes_learn_what_one_with_the_same_total_batch_learns(
    small_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths = {"style_kimg": 0.064, "warm_kimg": 0.16, "adversarial_kimg": 0.032, "checkpoint_kimg": 1.0}
    monkeypatch.setattr(pixel_kind, "export_bundle", lambda networks, folder, *rest: folder)
    one = small.small_job(small_set, batch=8, style_batch=8, **lengths)
    (tmp_path / "one").mkdir()
    alone = list(Run(one, tmp_path / "one", Device.choose("cpu"), Control()).events())

    run = small.write_job(small.small_job(small_set, batch=4, style_batch=4, **lengths), tmp_path / "two")
    both = children.together(run, tmp_path / "out", skip_export)
    assert [child.wait() for child in both] == [0, 0], both[0].log.read_text()
    shared = both[0].events()
    assert both[1].events() == []
    assert isinstance(shared[-1], protocol.Done)
    assert shared[-1].kimg == alone[-1].kimg == 0.256  # type: ignore[attr-defined]
    for name in ("style_contrast", "reconstruction", "discriminator"):
        wanted, found = (sum(c) / len(c) for c in (curve(alone, name), curve(shared, name)))
        assert found == pytest.approx(wanted, rel=0.15), name
    assert len(curve(shared, "reconstruction")) == len(curve(alone, "reconstruction"))


def scarce_in_the_second() -> None:
    """The second process runs out of memory in the middle of a step that the first finishes."""
    skip_export()
    descend = PixelState.descend

    def fail(self: PixelState, name: str, *rest: Any) -> Any:
        if os.environ["RANK"] == "1" and self.step == 9 and self.job.optimisation.accumulation == 1:
            raise MemoryError
        return descend(self, name, *rest)

    PixelState.descend = fail  # type: ignore[method-assign]


def test_one_without_memory_takes_the_others_along_and_a_stop_stops_all(
    small_set: Path, tmp_path: Path
) -> None:
    run = small.write_job(small.small_job(small_set, adversarial_kimg=50.0), tmp_path / "run")
    both = children.together(run, tmp_path / "out", scarce_in_the_second)
    warned = both[0].wait_for(protocol.Warned)
    assert isinstance(warned, protocol.Warned)
    assert warned.reason.code == "memory"
    both[0].wait_for(protocol.Progress, 14)
    both[1].signal(15)
    assert [child.wait() for child in both] == [0, 0], both[0].log.read_text()
    end = both[0].events()[-1]
    assert isinstance(end, protocol.Done)
    assert end.reason.code == "stopped"
    assert checkpoint.newest_kimg(run / "checkpoints") == end.kimg


def _style_loss(rank: int, port: int, out: str) -> None:
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    world = World.join("cpu")
    net, x = _inputs()
    half = x[:, rank * 4 : rank * 4 + 4]
    a, b = (torch.nn.functional.normalize(net(part), dim=1) for part in half)
    losses.contrastive_loss(world.gather(a), world.gather(b)).backward()
    world.average_gradients(net.parameters())
    assert world.any(rank == 1, False) == (True, False)
    assert world.share(b"what the first knows" if world.leads else None) == b"what the first knows"
    Path(out, f"{rank}.json").write_text(json.dumps(net.weight.grad.tolist()), encoding="utf-8")
    world.leave()


def _inputs() -> tuple[torch.nn.Linear, torch.Tensor]:
    torch.manual_seed(3)
    return torch.nn.Linear(6, 5), torch.randn(2, 8, 6)


def test_the_contrast_sees_the_pictures_of_all_processes(tmp_path: Path) -> None:
    """Its gradient is that of one process with the whole batch, to the last digits."""
    net, x = _inputs()
    a, b = (torch.nn.functional.normalize(net(part), dim=1) for part in x)
    losses.contrastive_loss(a, b).backward()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    context: multiprocessing.context.BaseContext = children.context
    both = [context.Process(target=_style_loss, args=(rank, port, str(tmp_path))) for rank in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    for rank in range(2):
        found = torch.tensor(json.loads((tmp_path / f"{rank}.json").read_text(encoding="utf-8")))
        assert torch.allclose(found, net.weight.grad, atol=1e-6)
