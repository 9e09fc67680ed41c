"""Everything one can do in the window, one by one: for how long does it stand still each time?

Part of `persona bench --studio`: dragging is smooth when each frame is, but opening a page or changing the
theme is one piece of work unless somebody took it apart.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from studio.tools.watchdog import Watchdog

if TYPE_CHECKING:
    from studio.views.window import Window

PAUSE_S = 0.4
"""From one to the next."""


def time_operations(
    window: Window, rounds: int, live: Callable[[float], object], block_ms: float, pause: float = PAUSE_S
) -> dict[str, Any]:
    """The figures: by the clock, how long the event loop could not be reached; the median of all rounds.

    rounds: at least one. live(seconds): lets the window live. pause: seconds after each operation.
    """
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, operate in _operations(window):
            watchdog = Watchdog(block_ms)
            watchdog.start()
            operate()
            live(pause)
            watchdog.stop()
            found.setdefault(name, []).append(watchdog.worst_ms)
    typical = {name: round(statistics.median(times), 1) for name, times in found.items()}
    return {
        "operations_ms": typical,
        "longest_operation_ms": max(typical.values()),
        f"operations_over_{block_ms:.0f}_ms": sum(ms > block_ms for ms in typical.values()),
    }


def _operations(window: Window) -> list[tuple[str, Callable[[], object]]]:
    context, acts = window.context, window.acts
    return [
        ("open palette", lambda: window.palette_.open()),
        ("close palette", lambda: window.palette_.close_up()),
        ("open keys", lambda: window.shortcuts.open()),
        ("close keys", lambda: window.shortcuts.close_up()),
        ("open variations", window.deeds.show_variations),
        ("close variations", lambda: window.variations.close_up()),
        ("use a style", lambda: window.deeds.step_style(1)),
        ("open style", window.deeds.edit_style),
        ("close style", lambda: window.style_editor.close_up()),
        ("jump", context.on_explorer.shuffle),
        ("keep", context.on_pictures.keep),
        ("undo", context.undo_stack.undo),
        ("open map", acts["map"].trigger),
        ("leave map", acts["map"].trigger),
        ("large picture", acts["large"].trigger),
        ("picture as before", acts["large"].trigger),
        ("show gallery", lambda: window.show_page("gallery")),
        ("show training", lambda: window.show_page("training")),
        ("show settings", lambda: window.show_settings("appearance")),
        ("show explorer", lambda: window.show_page("explore")),
        ("other theme", window.deeds.toggle_theme),
        ("theme as before", window.deeds.toggle_theme),
        ("other language", window.deeds.toggle_language),
        ("language as before", window.deeds.toggle_language),
    ]
