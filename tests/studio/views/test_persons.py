"""What the window shows of a style's person, where the model knows of persons, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.bundle import Bundle
from engine.style import Style, StyleMaker
from studio.commands.context import AppContext
from studio.library.index import Query, Sort
from studio.library.places import Places
from studio.views.gallery.inspector import facts
from studio.views.gallery.toolbar import GalleryToolbar
from studio.views.look import make_look
from studio.views.window import Window
from tests.studio.library.made import portraits
from tests.studio.views.watch import raw_words

WAIT_MS = 20_000
Open = Callable[..., Window]


@pytest.fixture
def open_window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """open_window(model): the studio with a model."""
    monkeypatch.setattr("studio.commands.fitting.CALM_MS", 1)
    opened: list[Window] = []

    def open_one(model: Path) -> Window:
        context = AppContext(Places.under(tmp_path / "home"), starters=tmp_path / "none")
        context.settings.model = str(model)
        context.settings.welcome_done = context.settings.reduce_motion = True
        window = Window(make_look("en"), context)
        window.resize(1200, 800)
        window.show()
        opened.append(window)
        context.start()
        wait(qtbot, lambda: context.explorer.is_full)
        return window

    yield open_one
    for window in opened:
        window.close()
        assert window.context.stop()
        shiboken6.delete(window)


@pytest.fixture
def window(open_window: Open, persona_bundle: Path) -> Window:
    """The studio with a model that knows of persons."""
    return open_window(persona_bundle)


def wait(qtbot: QtBot, until: Callable[[], object]) -> None:
    qtbot.waitUntil(lambda: bool(until()), timeout=WAIT_MS)


def anna(model: Path, folder: Path, **fields: object) -> Style:
    """A style of one person."""
    made = StyleMaker(Bundle.load(model)).from_pictures(
        "Anna", portraits(folder / "anna", [0, 0, 0]), consent={"subject": "self"}
    )
    return replace(made.style, **fields)  # type: ignore[arg-type]


def use(qtbot: QtBot, window: Window, style: Style) -> str:
    """Puts a style into the library and to use; its id."""
    context = window.context
    entry = context.library.styles.add(style)
    context.refresh_styles(lambda: context.on_styles.use(entry.id))
    wait(qtbot, lambda: context.styles.active_id == entry.id)
    return entry.id


class TestControls:
    def test_likeness_is_there_where_the_model_knows_of_persons(
        self, qtbot: QtBot, window: Window, persona_bundle: Path, tmp_path: Path
    ) -> None:
        section, explorer = window.explorer.controls.look_section, window.context.explorer
        assert section.likeness.isVisible() and not section.likeness.isEnabled()
        assert (section.strength.name.text(), section.likeness.name.text()) == ("Look", "Likeness")
        use(qtbot, window, anna(persona_bundle, tmp_path, strength=0.75, likeness=0.5))
        assert section.likeness.isEnabled() and section.likeness.value() == 0.5
        assert (explorer.style_strength, explorer.likeness) == (0.75, 0.5)
        use(qtbot, window, anna(persona_bundle, tmp_path).look_only())
        assert section.strength.isEnabled() and not section.likeness.isEnabled()
        assert raw_words(window) == []

    def test_likeness_is_moved_reset_and_taken_back(
        self, qtbot: QtBot, window: Window, persona_bundle: Path, tmp_path: Path
    ) -> None:
        section, explorer = window.explorer.controls.look_section, window.context.explorer
        use(qtbot, window, anna(persona_bundle, tmp_path))
        before = explorer.recipe
        qtbot.keyClick(section.likeness.track, Qt.Key.Key_PageDown)
        lower = explorer.likeness
        assert lower < 1.0 and explorer.recipe != before
        window.acts["reset_look"].trigger()
        assert explorer.likeness == 1.0 and explorer.recipe == before
        window.acts["undo"].trigger()
        assert explorer.likeness == section.likeness.value() == lower

    def test_without_persons_it_is_as_it_was(self, open_window: Open, tiny_bundle: Path) -> None:
        section = open_window(tiny_bundle).explorer.controls.look_section
        assert not section.likeness.isVisible() and section.strength.isVisible()


class TestScores:
    def test_each_says_which_it_is(
        self, qtbot: QtBot, window: Window, persona_bundle: Path, tmp_path: Path
    ) -> None:
        explorer = window.context.explorer
        use(qtbot, window, anna(persona_bundle, tmp_path).look_only())
        wait(qtbot, lambda: explorer.scores.look is not None)
        assert window.explorer.canvas._match() == f"Look {explorer.scores.look:.0%}"
        use(qtbot, window, anna(persona_bundle, tmp_path))
        wait(qtbot, lambda: explorer.scores.likeness is not None)
        look, likeness = explorer.scores
        assert window.explorer.canvas._match() == f"Look {look:.0%}  ·  Likeness {likeness:.0%}"

    def test_with_kept_pictures_in_the_gallery(
        self, qtbot: QtBot, window: Window, persona_bundle: Path, tmp_path: Path
    ) -> None:
        context, gallery = window.context, window.gallery
        use(qtbot, window, anna(persona_bundle, tmp_path))
        context.on_pictures.keep()
        wait(qtbot, lambda: context.gallery.count == 1 and context.gallery.row_at(0) is not None)
        row = context.gallery.row_at(0)
        assert row is not None and row.score is not None and row.likeness is not None
        names = dict(facts(window.look, row))
        assert (names["Look"], names["Likeness"]) == (f"{row.score:.0%}", f"{row.likeness:.0%}")
        window.show_page("gallery")
        gallery.larger.view_row(0)
        caption = f"{row.name}  ·  Look {row.score:.0%}  ·  Likeness {row.likeness:.0%}"
        assert window.viewer.shown[0].caption == caption
        window.viewer.close_up()
        gallery.grid._hover = 0
        gallery.grid.grab()
        assert Sort.LIKENESS.value in sorts(gallery.toolbar)
        context.gallery.query = Query(sort=Sort.LIKENESS)
        wait(qtbot, lambda: gallery.toolbar.match.text() == "Compared with Anna")
        assert raw_words(window) == []

    def test_without_persons_nothing_is_sorted_by_likeness(
        self, open_window: Open, tiny_bundle: Path
    ) -> None:
        toolbar = open_window(tiny_bundle).gallery.toolbar
        assert Sort.LIKENESS.value not in sorts(toolbar)
        toolbar.show_query(Query(sort=Sort.LIKENESS))
        assert toolbar.sort.value() == Sort.LIKENESS.value, "who asked for it sees it"


def sorts(toolbar: GalleryToolbar) -> list[str]:
    return [toolbar.sort.itemData(n) for n in range(toolbar.sort.count())]
