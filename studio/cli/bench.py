"""Measure how fast pictures and styles are made on this machine, or how the window feels: about a minute."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

from engine.errors import PersonaError
from engine.tools.bench import measure
from studio.cli.arguments import add_model, number, whole
from studio.cli.lookup import find_model
from studio.cli.output import Output, pairs
from studio.library.processes import environment

NAMES = {
    "provider": "runs on",
    "provider_reason": "because",
    "device": "device",
    "threads": "threads",
    "model": "model",
    "resolution": "resolution (px)",
    "preview_resolution": "preview resolution (px)",
    "runs": "runs, of which the median",
    "preview_ms": "preview (ms)",
    "full_ms": "full picture (ms)",
    "batch8_ms_per_image": "in batches of 8 (ms a picture)",
    "torch_same_network_ms": "the same in PyTorch (ms)",
    "style_10_refs_s": "a style from 10 pictures (s)",
    "moves": "movements dragged",
    "moves_per_s": "movements a second",
    "pictures_shown": "pictures shown",
    "move_to_preview_ms": "movement to preview (ms)",
    "move_to_preview_p95_ms": "... at the 95th percentile (ms)",
    "map_move_to_preview_p95_ms": "... and on the map (ms)",
    "load_average": "load of the machine meanwhile",
    "rest_to_full_ms": "rest to full picture (ms)",
    "longest_block_ms": "longest standstill (ms)",
    "longest_work_ms": "... of which the window itself computed (ms)",
    "blocks_over_50_ms": "standstills over 50 ms",
    "operations_ms": "standstill while one does something (ms)",
    "longest_operation_ms": "... the longest of them (ms)",
    "operations_over_50_ms": "... over 50 ms",
    "exported": "pictures exported",
    "writers": "threads that write",
    "making_s": "making them (s)",
    "writing_s": "writing them (s)",
    "export_s": "both at once, as an export does (s)",
    "writing_over_making": "writing, as part of making",
    "export_over_making": "the export, as part of making",
    "pictures": "pictures in the gallery",
    "gallery_open_ms": "gallery opened, first rows drawn (ms)",
    "gallery_filled_ms": "... with every picture in sight (ms)",
    "search_ms": "search (ms)",
    "search_worst_ms": "... the slowest of all questions (ms)",
    "search_worst_for": "... which is",
    "search_shown_ms": "search, until the list shows it (ms)",
    "sort_worst_ms": "the slowest order (ms)",
    "scroll_frame_ms": "a frame while scrolling (ms of processor)",
    "scroll_frame_p95_ms": "... at the 95th percentile (ms of processor)",
    "scroll_longest_block_ms": "longest standstill while scrolling (ms)",
    "scroll_blocks_over_50_ms": "... standstills over 50 ms",
    "scroll_longest_own_block_ms": "the longest, less the wait for a processor (ms)",
    "scroll_own_blocks_over_50_ms": "... standstills over 50 ms",
    "select_all_ms": "select everything (ms)",
    "select_all_longest_own_block_ms": "... longest standstill, less the wait for a processor (ms)",
    "index_rebuild_s": "index made anew from the files (s)",
    "index_check_s": "files compared with the index (s)",
    "rss_mb": "memory (MB)",
    "rss_growth_mb": "... grown by (MB)",
    "soak_minutes": "used on for (minutes)",
    "soak_rounds": "works done meanwhile",
    "soak_rss_mb": "memory after that (MB)",
    "soak_growth_mb": "... grown by, once caches were full (MB)",
    "soak_growth_mb_per_hour": "... which is an hour (MB)",
    "soak_longest_block_ms": "longest standstill meanwhile (ms)",
    "soak_longest_work_ms": "... of which the window itself computed (ms)",
    "soak_blocks": "standstills over 50 ms meanwhile",
    "start_to_first_picture_s": "start to first picture (s)",
    "peak_rss_mb": "peak memory (MB)",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `persona bench`."""
    parser.add_argument(
        "--studio",
        action="store_true",
        help="measure the window instead, without a screen: start, drag, rest, and all else one can do",
    )
    parser.add_argument(
        "--soak",
        type=number(0.01, 24 * 60),
        metavar="MINUTES",
        help="with --studio: go on using it for so long, and say how memory grew",
    )
    parser.add_argument(
        "--gallery",
        type=whole(1, 10_000_000),
        nargs="?",
        const=100_000,
        metavar="N",
        help="measure a gallery of N made-up pictures instead (default: 100000): open, scroll, search",
    )
    parser.add_argument(
        "--export",
        type=whole(1, 1_000_000),
        nargs="?",
        const=1000,
        metavar="N",
        help="measure an export of N pictures instead (default: 1000): making, writing, both at once",
    )
    add_model(parser)


def run(args: Namespace, out: Output) -> int:
    """Carries out `persona bench`."""
    path = find_model(args.model)
    if args.gallery:
        out.note(f"measuring: a gallery of {args.gallery} pictures, which are made up first")
        out.data |= _figures_of("studio.tools.gallery_bench", "--pictures", str(args.gallery))
    elif args.export:
        from engine.tools.export_bench import measure_export

        out.data |= measure_export(
            path, args.device, args.export, lambda what: out.note(f"measuring: {what}")
        )
    elif args.studio or args.soak:
        out.note("measuring: the window")
        out.data |= measure_studio(path, *(["--soak", str(args.soak)] if args.soak else []))
    else:
        out.data |= measure(path, args.device, progress=lambda what: out.note(f"measuring: {what}"))
    return out.finish(pairs((NAMES.get(key, key), _short(value)) for key, value in out.data.items()))


def measure_studio(model: Path, *options: str) -> dict[str, Any]:
    """The figures of `studio.tools.window_bench`, which needs a process of its own. PersonaError."""
    return _figures_of(
        "studio.tools.window_bench", "--model", str(model.resolve()), "--started", str(time.time()), *options
    )


def _figures_of(module: str, *options: str) -> dict[str, Any]:
    """What a module measures in a child process. PersonaError."""
    done = subprocess.run(
        [sys.executable, "-m", module, *options],
        capture_output=True,
        encoding="utf-8",
        env=environment(os.environ, "studio"),
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise PersonaError(f"The window could not be measured: {said}")
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _short(value: object) -> object:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short(one)}" for key, one in value.items())
    return f"{value:.4g}" if isinstance(value, float) else value
