"""The gallery measured: a real window on a made-up library, in a child process."""

from __future__ import annotations

import json
from io import StringIO

from studio.cli.output import Output
from studio.cli.start import COMMANDS, _run_here


def test_figures() -> None:
    said, log = StringIO(), StringIO()
    bench = next(command for command in COMMANDS if command.name == "bench")
    assert _run_here(bench, ["--gallery", "300", "--json"], Output(said, log, as_json=True, quiet=True)) == 0
    figures = json.loads(said.getvalue())
    assert figures["pictures"] == 300
    assert 0 < figures["search_ms"] <= figures["search_worst_ms"]
    assert 0 < figures["gallery_open_ms"] <= figures["gallery_filled_ms"]
    assert 0 < figures["scroll_frame_ms"] <= figures["scroll_frame_p95_ms"]
