"""Fixtures for all tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.tiny import write_tiny_bundle


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny model bundle; for reading only (see `own_tiny_bundle`)."""
    return write_tiny_bundle(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def persona_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny model bundle that knows of persons; for reading only."""
    return write_tiny_bundle(tmp_path_factory.mktemp("models") / "persona", persona=6)


@pytest.fixture
def own_tiny_bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A copy of the tiny bundle that the test may change."""
    return Path(shutil.copytree(tiny_bundle, tmp_path / "own-tiny"))
