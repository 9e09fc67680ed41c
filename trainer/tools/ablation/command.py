"""Makes the rows of a table, several at a time, in processes of their own."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from threading import Thread

import torch

from engine.files import write_atomic
from trainer.tools.ablation import recipe, tune
from trainer.tools.ablation.curves import FILE, curves
from trainer.tools.ablation.recipe import DrawnPictures
from trainer.tools.ablation.rows import AblationRow, Rows
from trainer.tools.ablation.table import line
from trainer.tools.ablation.tune import Tuned


@dataclass(frozen=True)
class Workers:
    """The processes that make rows."""

    jobs: int = 1
    """Runs at a time."""
    threads: int = 0
    """CPU threads of each; 0 for a fair share."""

    @contextmanager
    def pool(self) -> Iterator[Executor]:
        """Processes of their own; what is not begun is dropped when one fails."""
        threads = self.threads or max(1, torch.get_num_threads() // self.jobs)
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(self.jobs, context, _begin_worker, (threads,))
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


def compare_recipes(
    drawn: DrawnPictures, out: Path, seeds: int, workers: Workers
) -> tuple[Rows, Sequence[str]]:
    """A row for every variant of the recipe and every seed, on the drawn set; those in `out` are kept.

    Returns the rows and the names of the variants. Raises HelperError, CheckpointError, ValueError, OSError.
    """
    rows, names = Rows(out, {"table": "recipe"} | asdict(drawn)), tuple(recipe.VARIANTS)
    wanted = _wanted(rows, names, seeds)
    with workers.pool() as pool:
        if wanted:
            pool.submit(recipe.make_start, drawn, out).result()
        _collect(rows, pool, [partial(recipe.run, drawn, *one, out) for one in wanted])
    return rows, names


def compare_tunes(
    tuned: Tuned, out: Path, seeds: int, workers: Workers, device: str = "auto"
) -> tuple[Rows, Sequence[str]]:
    """The same for ways to fine-tune a model. Raises WeightsError and DataError besides."""
    used = {side: len(tuned.cut.of(side)) for side in ("train", "val")}
    say(f"{used['train']} pictures to train on, {used['val']} to judge by")
    rows = Rows(out, {"table": "tune"} | asdict(tuned))
    wanted = _wanted(rows, tune.VARIANTS, seeds)
    with workers.pool() as pool:
        _collect(rows, pool, [partial(tune.run, tuned, *one, out, device) for one in wanted])
    return rows, tune.VARIANTS


def save_curves(rows: Rows, names: Sequence[str], out: Path) -> None:
    """The figures along the runs, as a drawing in `out`."""
    write_atomic(out / FILE, curves(rows, names).encode())


def say(text: str) -> None:
    """Tells people, on standard error."""
    sys.stderr.write(f"trainer: {text}\n")


def _wanted(rows: Rows, names: Sequence[str], seeds: int) -> list[tuple[str, int]]:
    """Variant and seed of the rows that are still to be made."""
    return [(name, seed) for seed in range(seeds) for name in names if not rows.has(name, seed)]


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
        say(line(row))
