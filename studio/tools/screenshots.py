"""Pictures of every view in both themes and languages: what `persona studio --screenshots DIR` writes.

The library is a throw-away one, filled with a style from the sample pictures and a few kept pictures.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop

from studio.app import application, open_window
from studio.commands.context import AppContext
from studio.i18n import LANGUAGES
from studio.library.places import Places
from studio.library.text import Text
from studio.state.notices import Act, Kind
from studio.theme import ThemeChoice
from studio.tools import training_scenes as training
from studio.views.gallery.places import ALL
from studio.views.welcome import sample_sets

if TYPE_CHECKING:
    from studio.views.window import Window

THEMES: tuple[ThemeChoice, ...] = ("dark", "light")
SIZE = (1440, 900)
PATIENCE_S = 60.0
KEPT = 9
MAP_ZOOM = 0.4


@dataclass(frozen=True)
class StagedView:
    """One view: how to get there, and how to leave."""

    name: str
    open: Callable[[Window], object]
    close: Callable[[Window], object] = lambda _: None


def run(argv: Sequence[str]) -> int:
    """Writes pictures of every view, with a throw-away library and without a screen; the exit code."""
    options = parse(argv)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application()
    with tempfile.TemporaryDirectory(prefix="persona-") as home:
        given = options.model or os.environ.get("PERSONA_MODEL", "")
        with furnished_window(Path(given) if given else None, Path(home)) as window:
            files = take_all(window, options.screenshots)
    sys.stdout.write(f"{len(files)} pictures in {options.screenshots}\n")
    return 0


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """What follows `persona studio`."""
    parser = argparse.ArgumentParser(prog="persona studio", description=__doc__)
    parser.add_argument("--screenshots", type=Path, metavar="DIR", required=True, help="where they go")
    parser.add_argument("--model", type=Path, help="model folder or .persona file to use")
    return parser.parse_args(list(argv))


@contextmanager
def furnished_window(model: Path | None, home: Path) -> Iterator[Window]:
    """A window on a library of its own in `home`, with styles and kept pictures; closed afterwards."""
    context = AppContext(Places.under(home))
    context.settings.welcome_done = True
    context.settings.language = "en"
    context.settings.theme = "dark"
    context.settings.model = str(model or "")
    window = open_window(context)
    window.resize(*SIZE)
    furnish(window)
    try:
        yield window
    finally:
        window.close()
        context.stop()


def scenes() -> list[StagedView]:
    """Every view, in the order in which they are pictured."""
    return [
        StagedView("explore", lambda w: w.show_page("explore")),
        StagedView(
            "explore-large",
            lambda w: w.explorer.canvas.set_large(True),
            lambda w: w.explorer.canvas.set_large(False),
        ),
        StagedView("explore-map", _show_map, _leave_map),
        StagedView("explore-path", _show_path, _leave_path),
        StagedView("explore-movie", _show_movie, _leave_movie),
        StagedView("explore-welcome", lambda w: w.start_welcome(), lambda w: w.explorer.welcome.hide()),
        StagedView("explore-drop", _show_drop, lambda w: w.intake.drop.overlay.hide()),
        StagedView("style-editor", _edit_style, lambda w: w.style_editor.close_up()),
        StagedView("style-mixer", _mix, lambda w: w.explorer.styles._cancel_mix()),
        StagedView("explore-notices", _show_notices, lambda w: w.notices.clear()),
        StagedView("gallery", _show_gallery),
        StagedView("gallery-export", lambda w: w.exporting.ask(), lambda w: w.exporting.sheet.close_up()),
        StagedView("gallery-export-new", _ask_new_people, lambda w: w.exporting.sheet.close_up()),
        StagedView("gallery-board", _show_board, lambda w: w.gallery.show_place(ALL)),
        StagedView("gallery-bin", lambda w: w.deeds.show_bin(), lambda w: w.gallery.show_place(ALL)),
        StagedView("gallery-view", lambda w: w.gallery.larger.view(), lambda w: w.viewer.close_up()),
        StagedView("gallery-compare", _compare, lambda w: w.viewer.close_up()),
        StagedView(
            "gallery-nothing",
            lambda w: w.gallery.toolbar.search.setText("zzzz"),
            lambda w: w.gallery.clear_query(),
        ),
        *(
            StagedView(f"training-{name}", _settled(show), training.leave)
            for name, show in training.scenes(sample_sets())
        ),
        StagedView("settings", lambda w: w.show_settings("appearance")),
        StagedView("settings-models", lambda w: w.show_settings("models")),
        StagedView("settings-diagnostics", lambda w: w.show_settings("diagnostics")),
        StagedView("settings-about", lambda w: w.show_settings("about")),
        StagedView("variations", _show_variations, lambda w: w.variations.close_up()),
        StagedView("palette", _show_palette, lambda w: w.palette_.close_up()),
        StagedView("shortcuts", lambda w: w.shortcuts.open(), lambda w: w.shortcuts.close_up()),
    ]


def take_all(window: Window, folder: Path, settle: Callable[[str], object] | None = None) -> list[Path]:
    """Writes a picture of every scene in every look; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for language in LANGUAGES:
        for theme in THEMES:
            window.context.settings.language = language
            window.context.settings.theme = theme
            for scene in scenes():
                name = f"{scene.name}-{theme}-{language}"
                with staged(window, scene):
                    if settle is not None:
                        settle(name)
                    else:
                        rest(window)
                    file = folder / f"{name}.png"
                    window.grab().save(str(file), "PNG", 70)  # quick rather than small
                    files.append(file)
    return files


@contextmanager
def staged(window: Window, scene: StagedView) -> Iterator[None]:
    """The scene, and everything as before afterwards."""
    scene.open(window)
    try:
        yield
    finally:
        scene.close(window)


def furnish(window: Window) -> None:
    """Makes a style from the sample pictures and keeps a few pictures, as a person would."""
    context = window.context
    wait(lambda: context.model.status in ("ready", "failed"))
    wait(lambda: context.explorer.is_full)
    window.intake.use_samples(sample_sets())
    wait(lambda: not context.jobs.running)
    wait(lambda: context.styles.active is not None and not context.styles.unfit)
    explorer = context.explorer
    for number in range(KEPT):
        explorer.move_to(1.4 * number + 0.3, 0.7 * (number % 3))
        wait(lambda: explorer.is_full and explorer.is_current)
        context.on_pictures.keep()
        _wait_for_count(window, number + 1)
    ids = [row.id for n in range(context.gallery.count) if (row := context.gallery.row_at(n)) is not None]
    for stars, one in enumerate(ids[:5], start=1):
        context.on_pictures.rate([one], stars)
    for name, some in (("Campaign", ids[:4]), ("Spring", ids[3:6])):
        context.on_pictures.make_board(name, some)
    context.on_pictures.delete(ids[-1:])
    _wait_for_bin(window)
    context.on_explorer.back()
    explorer.move_to(6.2, -0.9)
    rest(window)
    window.notices.clear()


def _wait_for_count(window: Window, count: int) -> None:
    wait(lambda: window.context.gallery.count >= count)


def _wait_for_bin(window: Window) -> None:
    wait(lambda: window.context.binned.count > 0 and len(window.context.gallery.overview.boards) > 1, 20)


def rest(window: Window) -> None:
    """Waits until everything in sight is there."""
    context, page = window.context, window.explorer
    wait(
        lambda: context.explorer.recipe is None or (context.explorer.is_full and context.explorer.is_current)
    )
    wait(lambda: not window.look.theme.is_changing)
    wait(lambda: not page.canvas.isVisible() or page.field.waiting == 0)
    pause(0.35)
    wait(lambda: not page.canvas.isVisible() or not page.canvas.behind)


def wait(until: Callable[[], bool], seconds: float = PATIENCE_S) -> bool:
    """Lets the window live until something is so; False when it does not come."""
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            return False
        pause(0.02)
    return True


def pause(seconds: float) -> None:
    """Lets the window live for a moment."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 10)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        time.sleep(0.002)


def _settled(show: Callable[[Window], object]) -> Callable[[Window], object]:
    """Shows a state of the training room, and waits for its pictures."""

    def settle(window: Window) -> None:
        show(window)
        wait(lambda: window.context.reader.pending == 0 and window.context.thumbnails.pending == 0, 5)

    return settle


def _show_map(window: Window) -> None:
    """The map, with some people inside the lasso."""
    explorer, canvas = window.context.explorer, window.explorer.canvas
    wait(lambda: explorer.place.chart is not None, 10)
    explorer.zoom = MAP_ZOOM
    left, top = canvas.outlook.lens.left() - 8, canvas.outlook.lens.top() - 8
    canvas.choose_inside([(8, top), (left, top), (left, canvas.height() - 140), (8, canvas.height() - 140)])


def _leave_map(window: Window) -> None:
    window.explorer.canvas.clear_chosen()
    window.context.explorer.zoom = 1.0


def _show_path(window: Window) -> None:
    context = window.context
    context.explorer.zoom = MAP_ZOOM
    x, y = context.explorer.x, context.explorer.y
    for dx, dy in ((-5, 3), (0, -5), (6, 1), (0, 0)):
        context.explorer.move_to(x + dx, y + dy)
        context.on_explorer.pin()
    window.explorer.show_path(True)


def _leave_path(window: Window) -> None:
    window.explorer.show_path(False)
    window.context.on_explorer.unpin_all()
    _leave_map(window)


def _show_movie(window: Window) -> None:
    _show_path(window)
    window.exporting.ask_movie()


def _leave_movie(window: Window) -> None:
    window.exporting.movie_sheet.close_up()
    _leave_path(window)


def _show_variations(window: Window) -> None:
    window.show_page("explore")
    window.deeds.show_variations()


def _show_palette(window: Window) -> None:
    window.show_page("explore")
    window.palette_.open()


def _show_drop(window: Window) -> None:
    window.show_page("explore")
    window.intake.drop.open()


def _mix(window: Window) -> None:
    window.show_page("explore")
    first, second = (entry.id for entry in window.context.styles.entries[:2])
    window.explorer.styles.begin_mix(first, second)


def _edit_style(window: Window) -> None:
    window.deeds.edit_style()
    wait(lambda: window.style_editor.is_whole, 5)


def _show_gallery(window: Window) -> None:
    window.show_page("gallery")
    wait(lambda: window.context.gallery.row_at(0) is not None, 5)
    window.gallery.grid.go(0)


def _ask_new_people(window: Window) -> None:
    window.show_page("gallery")
    window.exporting.ask("varied")
    window.exporting.sheet.form.format.set_value("jpeg")
    window.exporting.sheet.form.show_choices()


def _show_board(window: Window) -> None:
    window.show_page("gallery")
    boards = window.context.gallery.overview.boards
    window.gallery.show_place(boards[0].id if boards else ALL)
    wait(lambda: window.context.gallery.row_at(0) is not None, 5)
    window.gallery.grid.go(0)


def _compare(window: Window) -> None:
    model = window.context.gallery
    model.select([row.id for n in range(min(3, model.count)) if (row := model.row_at(n)) is not None])
    window.gallery.larger.compare()


def _show_notices(window: Window) -> None:
    notices = window.context.notices
    notices.add(
        Kind.WARNING,
        Text("said.refused"),
        meaning=Text("said.refused.meaning"),
        advice=Text("said.refused.advice"),
        details=("https://example.org/portrait.png",),
    )
    notices.add(Kind.INFO, Text("said.nothing_selected"), acts=(Act(Text("said.keep_both"), lambda: None),))
