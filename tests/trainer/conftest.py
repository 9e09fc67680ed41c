"""Fixtures for the trainer's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.trainer.small import write_set
from trainer.run.pixels import kind as pixel_kind


@pytest.fixture(scope="session")
def small_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small listed set."""
    return write_set(tmp_path_factory.mktemp("sets") / "discs")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small networks are fastest, and repeatable, on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def without_export(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exporting takes longer than all the rest of a small run, and has tests of its own."""
    monkeypatch.setattr(pixel_kind, "export_bundle", lambda networks, folder, *rest: folder)


@pytest.fixture(autouse=True)
def processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """One without bf16, whatever this one has."""
    monkeypatch.setattr("trainer.run.half_precision.pays_on_cpu", lambda: False)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's data folder with nothing in it, for the test and the children that it starts."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("PERSONA_HOME", str(folder))
    return folder
