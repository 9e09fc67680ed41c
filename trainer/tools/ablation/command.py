"""`python -m trainer ablate`: makes the rows of a table, several at a time, and prints it."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from threading import Thread
from typing import Any

import torch

from engine.errors import PersonaError
from engine.files import write_atomic
from trainer.helpers import HelperError
from trainer.planning.job_builder import setting
from trainer.storage.bundles import WeightsError
from trainer.storage.checkpoint import CheckpointError
from trainer.tools.ablation import recipe, tune
from trainer.tools.ablation.curves import FILE, curves
from trainer.tools.ablation.recipe import Drawn
from trainer.tools.ablation.rows import AblationRow, Rows
from trainer.tools.ablation.table import line, table
from trainer.tools.ablation.tune import Tuned

REFUSED = (HelperError, PersonaError, WeightsError, CheckpointError, BrokenExecutor, ValueError, OSError)


def run(args: argparse.Namespace) -> int:
    """0, or 2 when a model, a set or a helper is missing."""
    try:
        table_of = _tune if args.model else _recipe
        rows, names = table_of(args, dict(setting(text) for text in args.set))
        write_atomic(args.out / FILE, curves(rows, names).encode())
    except REFUSED as error:
        _tell(str(error))
        return 2
    sys.stdout.write((rows.text() if args.json else table(rows, names)) + "\n")
    return 0


def _recipe(args: argparse.Namespace, changes: dict[str, Any]) -> tuple[Rows, Sequence[str]]:
    given = _given(args, side="resolution", kimg="kimg", styles="styles", each="each")
    drawn = Drawn(changes=changes, **given)
    rows, names = Rows(args.out, {"table": "recipe"} | asdict(drawn)), tuple(recipe.VARIANTS)
    wanted = _wanted(rows, names, args.seeds or 5)
    with _workers(args) as pool:
        if wanted:
            pool.submit(recipe.make_start, drawn, args.out).result()
        _collect(rows, pool, [partial(recipe.run, drawn, *one, args.out) for one in wanted])
    return rows, names


def _tune(args: argparse.Namespace, changes: dict[str, Any]) -> tuple[Rows, Sequence[str]]:
    if args.data is None:
        raise ValueError("--from needs --data: the set to fine-tune on")
    options = ("kimg", "word", "look", "train", "held_out", "resolution")
    given = _given(args, **{name: name for name in options})
    tuned = Tuned(str(args.model), str(args.data), changes=changes, **given)
    used = {side: len(tuned.cut.of(side)) for side in ("train", "val")}
    _tell(f"{used['train']} pictures to train on, {used['val']} to judge by")
    rows = Rows(args.out, {"table": "tune"} | asdict(tuned))
    wanted = _wanted(rows, tune.VARIANTS, args.seeds or 1)
    with _workers(args) as pool:
        _collect(rows, pool, [partial(tune.run, tuned, *one, args.out, args.device) for one in wanted])
    return rows, tune.VARIANTS


def _given(args: argparse.Namespace, **options: str) -> dict[str, Any]:
    """Values of options by the names of settings, where they are given."""
    found = {name: getattr(args, option) for name, option in options.items()}
    return {name: value for name, value in found.items() if value is not None}


def _wanted(rows: Rows, names: Sequence[str], seeds: int) -> list[tuple[str, int]]:
    """Variant and seed of the rows that are still to be made."""
    return [(name, seed) for seed in range(seeds) for name in names if not rows.has(name, seed)]


@contextmanager
def _workers(args: argparse.Namespace) -> Iterator[Executor]:
    """Processes of their own; what is not begun is dropped when one fails."""
    threads = args.threads or max(1, torch.get_num_threads() // args.jobs)
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(args.jobs, context, _begin_worker, (threads,))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _begin_worker(threads: int) -> None:
    torch.set_num_threads(threads)
    Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    """A pool whose process was killed would train on, for nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _timed(work: Callable[[], AblationRow]) -> AblationRow:
    began = time.monotonic()
    row = work()
    return replace(row, seconds=round(time.monotonic() - began, 1))


def _collect(rows: Rows, pool: Executor, work: Sequence[Callable[[], AblationRow]]) -> None:
    """Keeps the rows as they come."""
    for done in as_completed([pool.submit(_timed, one) for one in work]):
        row = done.result()
        rows.add(row)
        _tell(line(row))


def _tell(text: str) -> None:
    sys.stderr.write(f"trainer: {text}\n")
