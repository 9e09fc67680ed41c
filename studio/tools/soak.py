"""A long day in the studio, scripted: does memory stay flat, and does the window ever stand still?

`persona bench --studio --soak MINUTES` runs it after the other figures, in the same window.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, Any

from studio.tools.watchdog import Watchdog

if TYPE_CHECKING:
    from studio.views.window import Window

WARM_UP = 0.6
"""Part of the time in which caches fill: growth counts from then on. The longest to fill is the history of a
thousand places: 18 minutes or so."""
MOVES = 40
STEP = 0.04
"""Map units from one movement to the next."""
PAUSE_S = 0.1
"""Between two works: nobody does the next thing while the one before is being drawn."""
LOOKS = 8
"""Kept pictures; more are deleted again."""


@dataclass
class Memory:
    """Memory over time, looked at whenever a round of work is done."""

    now_mb: Callable[[], float | None]
    seconds: list[float] = field(default_factory=list)
    mb: list[float] = field(default_factory=list)

    def note(self, second: float) -> None:
        now = self.now_mb()
        if now is not None:
            self.seconds.append(second)
            self.mb.append(now)

    def growth(self, since: float) -> tuple[float, float] | None:
        """MB from the first to the last quarter after `since` seconds; MB an hour by least squares."""
        late = [(s, m) for s, m in zip(self.seconds, self.mb, strict=True) if s >= since]
        if len(late) < 4:
            return None
        quarter = len(late) // 4
        first = sum(m for _, m in late[:quarter]) / quarter
        last = sum(m for _, m in late[-quarter:]) / quarter
        mean_s = sum(s for s, _ in late) / len(late)
        mean_m = sum(m for _, m in late) / len(late)
        spread = sum((s - mean_s) ** 2 for s, _ in late)
        slope = sum((s - mean_s) * (m - mean_m) for s, m in late) / spread if spread else 0.0
        return round(last - first, 1), round(3600 * slope, 1)


def soak(
    window: Window,
    minutes: float,
    *,
    live: Callable[[float], object],
    rest: Callable[[], object],
    memory_mb: Callable[[], float | None],
    block_ms: float,
) -> dict[str, Any]:
    """Works in the window for so long; returns the figures.

    live(seconds): lets the window live. rest: waits for the full picture. memory_mb: of the process, now.
    """
    memory, watchdog = Memory(memory_mb), Watchdog(block_ms)
    begun = time.monotonic()
    watchdog.start()
    rounds = 0
    for work in cycle(_day(window, live, rest)):
        work()
        live(PAUSE_S)
        rounds += 1
        passed = time.monotonic() - begun
        memory.note(passed)
        if passed >= 60 * minutes:
            break
    watchdog.stop()
    growth = memory.growth(60 * minutes * WARM_UP)
    return {
        "soak_minutes": round((time.monotonic() - begun) / 60, 2),
        "soak_rounds": rounds,
        "soak_rss_mb": memory.mb[-1] if memory.mb else None,
        "soak_growth_mb": growth[0] if growth else None,
        "soak_growth_mb_per_hour": growth[1] if growth else None,
        "soak_longest_block_ms": round(watchdog.worst_ms, 1),
        "soak_longest_work_ms": round(watchdog.worst_work_ms, 1),
        "soak_blocks": watchdog.count,
    }


def _day(
    window: Window, live: Callable[[float], object], rest: Callable[[], object]
) -> list[Callable[[], None]]:
    """The works of a round, as a person would take turns with them."""
    context, ways = window.context, _ways()

    def walk() -> None:
        dx, dy = next(ways)
        context.explorer.begin_move()
        for _ in range(MOVES):
            context.explorer.move_by(STEP * dx, STEP * dy)
            live(1 / 60)
        context.explorer.end_move()
        rest()

    def restyle() -> None:
        window.deeds.step_style(1)
        rest()

    def keep() -> None:
        context.on_pictures.keep()
        live(0.3)
        rows = [context.gallery.row_at(n) for n in range(LOOKS, context.gallery.count)]
        context.on_pictures.delete([row.id for row in rows if row is not None])

    def look_back() -> None:
        context.undo_stack.undo()
        live(0.2)
        context.undo_stack.redo()
        rest()

    def browse() -> None:
        window.show_page("gallery")
        live(0.3)
        window.show_page("explore")
        rest()

    def jump() -> None:
        context.on_explorer.shuffle()
        live(0.5)
        rest()

    def open_things() -> None:
        for overlay in (window.palette_, window.shortcuts):
            overlay.open()
            live(PAUSE_S)
            overlay.close_up()
            live(PAUSE_S)

    return [walk, restyle, walk, keep, look_back, browse, walk, open_things, jump]


def _ways() -> Iterator[tuple[float, float]]:
    """Round and round: right, down, left, up."""
    return cycle([(1.0, 0.3), (-0.3, 1.0), (-1.0, -0.3), (0.3, -1.0)])
