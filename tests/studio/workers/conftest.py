"""Fixtures of these tests."""

from __future__ import annotations

from tests.studio.library.conftest import no_waiting_for_the_disk
from tests.studio.workers.checks import nothing_is_left_behind, until

__all__ = ["no_waiting_for_the_disk", "nothing_is_left_behind", "until"]
