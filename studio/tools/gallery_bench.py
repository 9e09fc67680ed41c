"""How the gallery copes with very many pictures: what `persona bench --gallery` starts as a child process.

It makes a throw-away library of made-up pictures, opens the studio on it without a screen, scrolls, searches
and chooses as anyone would, and prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEventLoop

from engine.errors import PersonaError
from studio.app import application, look_for, settle
from studio.commands.context import AppContext
from studio.frame_budget import STANDSTILL_MS
from studio.library.index import Query, Sort
from studio.library.pictures import Gallery
from studio.library.places import Places
from studio.library.query import parse
from studio.library.trash import Bin
from studio.tools.specimen import BOARDS, make_specimen
from studio.tools.watchdog import Watchdog
from studio.tools.window_bench import load_average, memory_mb, tick_until, wait_for
from studio.views.window import Window

PICTURES = 100_000
ROUNDS = 5
HZ = 60
SCROLL_S = 4.0
FLING = 90
"""Pixels from one frame to the next, of a fast hand on a touchpad."""
JUMPS = 24
PATIENCE_S = 300.0

QUESTIONS = (
    "anna",
    "a",
    "娜娜",
    "beach draft",
    "for the winter",
    "2026-03",
    "tag:beach",
    'style:"Amber light"',
    "rating:4",
    "label:red",
    "score:80%",
    "date:2026-02",
    "board:Campaign",
    "rating:3 style:Neon portrait",
)
"""What is typed: name, tag, style, note, date, rating, label, match score, board, and several at once."""


def search_milliseconds(gallery: Gallery) -> dict[str, float]:
    """Question -> median time until all matching keys and the first rows are there."""
    return {text: _median(partial(_ask, gallery, text)) for text in QUESTIONS}


def sort_milliseconds(gallery: Gallery) -> dict[str, float]:
    """The same for every order of the whole gallery."""
    return {sort.value: _median(partial(_answer, gallery, Query(sort=sort))) for sort in Sort}


def _ask(gallery: Gallery, text: str) -> None:
    _answer(gallery, parse(text, Query(), BOARDS))


def _answer(gallery: Gallery, query: Query) -> None:
    gallery.index.rows(gallery.index.keys(query)[:100])


def _median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - begun))
    return round(statistics.median(times), 2)


class GallerySession:
    """One person at the gallery, with a stopwatch."""

    def __init__(self, home: Path) -> None:
        begun = time.perf_counter()
        self.context = AppContext(Places.under(home))
        self.context.settings.welcome_done = True
        self.window = Window(look_for(self.context), self.context)
        self.window.show_page("gallery")
        self.window.show()
        settle(self.context)
        self.grid = self.window.gallery.grid
        self.context.start()
        wait_for(lambda: self.context.gallery.count > 0, PATIENCE_S)
        wait_for(lambda: self.context.gallery.row_at(0) is not None)
        self.window.gallery.repaint()
        self.open_ms = _since(begun)
        wait_for(lambda: self.context.thumbnails.pending == 0)
        self.filled_ms = _since(begun)
        wait_for(lambda: self.context.explorer.is_full and not self.context.jobs.running, PATIENCE_S)

    def scroll(self) -> tuple[list[float], Watchdog]:
        """Flings through the list, then jumps about in it as a dragged scrollbar does.

        The Qt thread's own processor time from frame to frame of the fling, milliseconds, ascending; and who
        watched for standstills, which other programs' work adds to.
        """
        spent = [time.thread_time()]
        bar = self.grid.verticalScrollBar()
        frames = iter(range(round(SCROLL_S * HZ)))
        places = iter([bar.maximum() * n // JUMPS for n in range(JUMPS + 1)])

        def fling() -> bool:
            if next(frames, None) is None:
                return True
            bar.setValue(bar.value() + FLING)
            spent.append(time.thread_time())
            return False

        def jump() -> bool:
            place = next(places, None)
            if place is not None:
                bar.setValue(place)
            return place is None

        watchdog = Watchdog(STANDSTILL_MS)
        watchdog.start()
        tick_until(fling, 1000 // HZ)
        tick_until(jump, 80)
        watchdog.stop()
        return sorted(1000 * (b - a) for a, b in pairwise(spent)), watchdog

    def ask(self, text: str) -> float:
        """From a question to the list that answers it, in the window; milliseconds."""
        model, heard = self.context.gallery, []
        model.loaded.connect(lambda: heard.append(1))
        begun = time.perf_counter()
        model.query = parse(text, replace(model.query, text=""), model.overview.boards)
        wait_for(lambda: bool(heard))
        return _since(begun)

    def choose_all(self) -> tuple[float, Watchdog]:
        """Select everything, draw that it is (milliseconds), and let it go again; and who watched."""
        model, watchdog = self.context.gallery, Watchdog(STANDSTILL_MS)
        watchdog.start()
        begun = time.perf_counter()
        model.select_all()
        wait_for(lambda: model.selected_count == model.count, PATIENCE_S)
        self.grid.viewport().repaint()
        elapsed = _since(begun)
        model.clear_selection()
        watchdog.stop()
        return elapsed, watchdog

    def leave(self) -> None:
        """Closes everything."""
        self.window.close()
        self.context.stop()


def measure(home: Path, count: int) -> dict[str, Any]:
    """The figures for a gallery of `count` pictures, which is made in `home`."""
    places = Places.under(home)
    make_specimen(places.gallery, count)
    gallery = Gallery(places.gallery, places.index, Bin(places.bin))
    begun = time.perf_counter()
    gallery.rebuild()
    rebuilt = time.perf_counter() - begun
    begun = time.perf_counter()
    gallery.refresh()
    checked = time.perf_counter() - begun
    searches, sorts = search_milliseconds(gallery), sort_milliseconds(gallery)
    gallery.close()
    sitting = GallerySession(home)
    try:
        frames, watchdog = sitting.scroll()
        asked = [sitting.ask(text) for text in ("anna", "rating:4", "an winter", "")]
        chosen, choosing = sitting.choose_all()
    finally:
        sitting.leave()
    return {
        "pictures": count,
        "gallery_open_ms": round(sitting.open_ms, 1),
        "gallery_filled_ms": round(sitting.filled_ms, 1),
        "search_ms": round(statistics.median(searches.values()), 2),
        "search_worst_ms": max(searches.values()),
        "search_worst_for": max(searches, key=lambda text: searches[text]),
        "search_shown_ms": round(statistics.median(asked), 1),
        "sort_worst_ms": max(sorts.values()),
        "scroll_frame_ms": round(statistics.median(frames), 2),
        "scroll_frame_p95_ms": round(frames[int(0.95 * (len(frames) - 1))], 2),
        "scroll_longest_block_ms": round(watchdog.worst_ms, 1),
        f"scroll_blocks_over_{STANDSTILL_MS:.0f}_ms": watchdog.count,
        "scroll_longest_own_block_ms": round(watchdog.worst_own_ms, 1),
        f"scroll_own_blocks_over_{STANDSTILL_MS:.0f}_ms": len(watchdog.own_blocks),
        "select_all_ms": round(chosen, 1),
        "select_all_longest_own_block_ms": round(choosing.worst_own_ms, 1),
        "load_average": load_average(),
        "index_rebuild_s": round(rebuilt, 2),
        "index_check_s": round(checked, 2),
        "rss_mb": memory_mb(),
    }


def _since(begun: float) -> float:
    return 1000 * (time.perf_counter() - begun)


def main(argv: Sequence[str] | None = None) -> int:
    """Makes the library, measures, prints; 1 when that fails."""
    parser = argparse.ArgumentParser(prog="python -m studio.tools.gallery_bench", description=__doc__)
    parser.add_argument("--pictures", type=int, default=PICTURES, help="how many pictures to make up")
    options = parser.parse_args(argv)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = application()
    with tempfile.TemporaryDirectory(prefix="persona-bench-") as home:
        try:
            figures = measure(Path(home), options.pictures)
        except (PersonaError, OSError) as error:
            sys.stderr.write(f"{error}\n")
            return 1
        except TimeoutError:
            sys.stderr.write("The gallery did not come to rest.\n")
            return 1
    app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
