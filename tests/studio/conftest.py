"""Fixtures for everything of the studio."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from tests.studio.patience import WAIT_MS


class PatientBot(QtBot):
    """pytest-qt's, which waits longer when nobody says for how long."""

    def waitUntil(self, callback: Callable[[], object], *, timeout: int = WAIT_MS) -> None:
        super().waitUntil(callback, timeout=timeout)


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> QtBot:
    return PatientBot(request)
