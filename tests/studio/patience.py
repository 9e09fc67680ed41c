"""How long tests wait for something that will surely come: a busy machine takes its time."""

from __future__ import annotations

WAIT_MS = 20_000
WAIT_S = WAIT_MS / 1000
