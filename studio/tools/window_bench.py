"""How the window feels, measured: `persona bench --studio` starts `python -m studio.tools.window_bench`.

A child process with a throw-away library and without a screen opens the studio as anyone would, drags across
the canvas, rests, and prints one JSON object. Beside `studio.app`, the only one who knows everybody.
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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEventLoop, Qt, QTimer

from engine.errors import PersonaError
from engine.recipe import Recipe
from studio.app import application, open_window, settle
from studio.commands.context import AppContext
from studio.frame_budget import STANDSTILL_MS
from studio.library.places import Places
from studio.tools.operations import PAUSE_S, time_operations
from studio.tools.soak import soak
from studio.tools.watchdog import Watchdog
from studio.workers.generator_thread import Answer

if TYPE_CHECKING:
    from studio.views.window import Window

HZ = 60
"""How often a hand's movement arrives."""
MOVES = 300
STEP = 0.03
"""Map units from one movement to the next."""
RESTS = 10
ROUNDS = 3
"""Of everything else one can do, of which the median counts."""
MAP_ZOOM = 0.2
"""At which thumbnails are whole people."""
PATIENCE_S = 60.0


class Drag:
    """A hand that drags across the canvas, and a stopwatch from each movement to its picture."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._moved: dict[Recipe, float] = {}
        self.milliseconds: list[float] = []
        """From a movement to the picture of just that place, for each that was shown."""

    def run(self, moves: int) -> None:
        """Drags; ends when the last movement is made."""
        explorer, left = self._context.explorer, iter(range(moves))

        def move() -> bool:
            if next(left, None) is None:
                return True
            moved = time.perf_counter()
            explorer.move_by(STEP, STEP / 3)
            if explorer.recipe is not None:
                self._moved[explorer.recipe] = moved
            return False

        self._context.generator.answered.connect(self._note)
        explorer.begin_move()
        tick_until(move, 1000 // HZ)
        explorer.end_move()
        self._context.generator.answered.disconnect(self._note)

    def _note(self, answer: Answer) -> None:
        """The context heard it first, so the picture is on the canvas by now."""
        moved = self._moved.pop(answer.recipe, None)
        if moved is not None and not answer.full:
            self.milliseconds.append(1000 * (time.perf_counter() - moved))


def measure(context: AppContext, started: float, moves: int = MOVES) -> dict[str, Any]:
    """The figures, in an open window. started: `time.time()` when the process was asked for.

    The error, when the model fails to load: the studio would take the default one instead. TimeoutError when
    nothing comes.
    """
    failures: list[Exception] = []

    def note(status: str) -> None:
        if status == "failed" and context.model.error is not None:
            failures.append(context.model.error)

    context.model.status_changed.connect(note)
    wait_for(lambda: context.explorer.image is not None or bool(failures))
    context.model.status_changed.disconnect(note)
    if failures:
        raise failures[0]
    first = time.time() - started
    wait_for(lambda: is_at_rest(context))
    watchdog = Watchdog(STANDSTILL_MS)
    watchdog.start()
    before = memory_mb()
    drag = Drag(context)
    drag.run(moves)
    rests = [rest_milliseconds(context) for _ in range(RESTS)]
    on_map = drag_on_map(context, moves)
    watchdog.stop()
    provider = context.model.provider
    shown = sorted(drag.milliseconds)
    return {
        "provider": provider.name if provider else None,
        "start_to_first_picture_s": round(first, 3),
        "moves": moves,
        "moves_per_s": HZ,
        "pictures_shown": len(shown),
        "move_to_preview_ms": round(statistics.median(shown), 2) if shown else None,
        "move_to_preview_p95_ms": percentile(shown),
        "map_move_to_preview_p95_ms": percentile(on_map),
        "rest_to_full_ms": round(statistics.median(rests), 2),
        "longest_block_ms": round(watchdog.worst_ms, 1),
        "longest_work_ms": round(watchdog.worst_work_ms, 1),
        f"blocks_over_{STANDSTILL_MS:.0f}_ms": watchdog.count,
        "rss_mb": memory_mb(),
        "rss_growth_mb": grown(before),
        "load_average": load_average(),
    }


def drag_on_map(context: AppContext, moves: int) -> list[float]:
    """The same drag with the map in view: sorted milliseconds from each movement to its picture."""
    zoom, context.explorer.zoom = context.explorer.zoom, MAP_ZOOM
    wait_for(lambda: is_at_rest(context))
    drag = Drag(context)
    drag.run(moves)
    context.explorer.zoom = zoom
    wait_for(lambda: is_at_rest(context))
    return sorted(drag.milliseconds)


def percentile(found: Sequence[float], part: float = 0.95) -> float | None:
    """The value that so many of the sorted values do not exceed; None of none."""
    return round(found[int(part * (len(found) - 1))], 2) if found else None


def load_average() -> float | None:
    """What the machine does besides, where it tells: above its number of cores, figures are of that too."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def operations_in(window: Window, rounds: int, pause: float) -> dict[str, Any]:
    """The figures of `studio.tools.operations` in an open window, with all built that is built ahead."""
    wait_for(lambda: not window.prebuilder.is_active)
    return time_operations(window, rounds, live, STANDSTILL_MS, pause)


def soak_in(window: Window, minutes: float) -> dict[str, Any]:
    """The figures of `studio.tools.soak` in an open window."""
    context = window.context
    return soak(
        window,
        minutes,
        live=live,
        rest=lambda: wait_for(lambda: is_at_rest(context)),
        memory_mb=memory_mb,
        block_ms=STANDSTILL_MS,
    )


def live(seconds: float) -> None:
    """Lets the window live for so long."""
    tick_until(lambda: True, round(1000 * seconds))


def rest_milliseconds(context: AppContext) -> float:
    """From the end of a short drag to the full picture."""
    Drag(context).run(3)
    ended = time.perf_counter()
    wait_for(lambda: is_at_rest(context))
    return 1000 * (time.perf_counter() - ended)


def is_at_rest(context: AppContext) -> bool:
    """Whether the full picture of the present place is shown."""
    return context.explorer.is_full and context.explorer.is_current


def wait_for(ready: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    """Lets the window live until something is so. TimeoutError when it does not come."""
    end = time.monotonic() + seconds
    tick_until(lambda: ready() or time.monotonic() > end, 1)
    if not ready():
        raise TimeoutError


def tick_until(over: Callable[[], bool], milliseconds: int) -> None:
    """Lets the window live, and asks every so often whether it is over.

    The timer has a parent: a QObject that only Python holds may be collected, and die, on any thread.
    """
    app = application()
    loop, timer = QEventLoop(app), QTimer(app)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: loop.quit() if over() else None)
    timer.start(milliseconds)
    loop.exec()
    timer.stop()
    timer.deleteLater()
    loop.deleteLater()


def memory_mb() -> float | None:
    """Memory of this process now, where the system tells."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return round(pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20), 1)


def grown(before: float | None) -> float | None:
    """How much memory came on top."""
    now = memory_mb()
    return None if before is None or now is None else round(now - before, 1)


def main(argv: Sequence[str] | None = None) -> int:
    """Opens the studio, measures, prints; 1 when the model fails or the window does not come to rest."""
    parser = argparse.ArgumentParser(prog="python -m studio.tools.window_bench", description=__doc__)
    parser.add_argument("--started", type=float, default=time.time(), help="time.time() of the start")
    parser.add_argument("--model", default="", help="model folder; the default one when left out")
    parser.add_argument("--moves", type=int, default=MOVES, help="movements of the hand")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of all else one can do in the window")
    parser.add_argument("--pause", type=float, default=PAUSE_S, help="seconds after each of these")
    parser.add_argument("--soak", type=float, default=0.0, help="minutes of use afterwards")
    options = parser.parse_args(argv)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = application()
    with tempfile.TemporaryDirectory(prefix="persona-bench-") as home:
        context = AppContext(Places.under(Path(home)))
        context.settings.model = options.model
        context.settings.welcome_done = True
        window = open_window(context)
        settle(context)
        try:
            figures = measure(context, options.started, options.moves)
            if options.rounds:
                figures |= operations_in(window, options.rounds, options.pause)
            if options.soak:
                figures |= soak_in(window, options.soak)
        except PersonaError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        except TimeoutError:
            sys.stderr.write("The studio did not come to rest.\n")
            return 1
        finally:
            window.close()
            context.stop()
    app.processEvents()
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
