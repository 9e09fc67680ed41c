"""Fixtures for fine-tuning in latents: all small, so that runs take seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trainer.run.latent import small
from trainer.run.latent import kind, pack, samples
from trainer.storage import export, latent_graphs


@pytest.fixture(scope="session", autouse=True)
def little() -> Iterator[None]:
    """A pack of few pictures, and graphs compared on few inputs."""
    patch = pytest.MonkeyPatch()
    patch.setattr(export, "INPUTS", 4)
    patch.setattr(latent_graphs, "COARSE", 64)
    patch.setattr(pack, "SIZE", 24)
    patch.setattr(samples, "COLUMNS", 2)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory, little: None) -> Path:
    return small.write_model(tmp_path_factory.mktemp("models") / "small")


@pytest.fixture(scope="session")
def person_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small.write_set(tmp_path_factory.mktemp("sets") / "person")


@pytest.fixture
def with_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Discs count as faces."""
    monkeypatch.setattr(kind, "shows_faces", lambda data, pictures, check: True)


@pytest.fixture(autouse=True)
def without_export(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exporting takes longer than all the rest of a small run, and is done once (`test_run.whole`)."""
    monkeypatch.setattr(kind, "write_latent_bundle", lambda *rest: rest[4])
