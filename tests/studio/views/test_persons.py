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
from engine.style import Reference, Style
from engine.style_maker import StyleMaker
from studio.commands.context import AppContext
from studio.library.index import Query, Sort
from studio.library.places import Places
from studio.library.settings import ExportOptions
from studio.views.gallery.inspector import facts
from studio.views.gallery.toolbar import GalleryToolbar
from studio.views.kit.button import Button
from studio.views.kit.question import Question
from studio.views.look import Look, make_look
from studio.views.styles.people import shown_in
from studio.views.styles.reference import fit_words
from studio.views.window import Window
from tests.studio.library.made import portraits
from tests.studio.patience import WAIT_MS
from tests.studio.views.watch import raw_words

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


class TestMaking:
    def test_a_new_style_is_asked_about_in_a_dialog(
        self, qtbot: QtBot, window: Window, tmp_path: Path
    ) -> None:
        context, who = window.context, window.persons.who
        context.on_styles.make(portraits(tmp_path / "Anna", [0, 0, 0]), name="Anna")
        wait(qtbot, who.isVisible)
        assert who.title.text() == "Who is shown in “Anna”?" and not who.read.isEnabled()
        assert context.explorer.styles and not context.explorer.shows_person
        who.subject.button("consenting-person").click()
        who.read.click()
        wait(qtbot, lambda: context.explorer.shows_person)
        assert not who.isVisible()
        assert context.styles.entries[0].style.consent == {"subject": "consenting-person"}
        wait(qtbot, lambda: window.explorer.styles.cards[context.styles.entries[0].id].meta.text())
        card = window.explorer.styles.cards[context.styles.entries[0].id]
        wait(qtbot, lambda: card.meta.text() == "One person in 3 pictures")
        assert raw_words(window) == []

    def test_one_after_the_other_and_escape_is_the_look(
        self, qtbot: QtBot, window: Window, tmp_path: Path
    ) -> None:
        context, who = window.context, window.persons.who
        for name, seed in (("Anna", 0), ("Bert", 5)):
            context.on_styles.make(portraits(tmp_path / name, [seed, seed]), name=name)
        titles = set()
        for _ in range(2):
            wait(qtbot, who.isVisible)
            titles.add(who.title.text())
            qtbot.keyClick(who, Qt.Key.Key_Escape)
            wait(qtbot, lambda: who.title.text() not in titles or not who.isVisible())
        assert titles == {"Who is shown in “Anna”?", "Who is shown in “Bert”?"}
        assert not any(entry.style.persona or entry.style.consent for entry in context.styles.entries)


class TestStyles:
    def test_the_card_says_who_is_shown(self, qtbot: QtBot, look: Look) -> None:
        reference = Reference("a.png", "0" * 64, 1.0, 1.0, "")
        style = Style("x", (1.0, 0.0), "m", references=(reference,) * 3)
        assert shown_in(look, style) == ""
        assert shown_in(look, replace(style, consent={"subject": "self"})) == "No face: look only"
        whole = replace(reference, whole=True)
        assert shown_in(look, replace(style, references=(whole,))) == "No face: look only"
        assert shown_in(look, replace(style, people=7)) == "7 people: look only"
        anna = replace(style, people=1, persona=(1.0, 0.0))
        assert shown_in(look, anna) == "One person in 3 pictures"
        other = replace(reference, other_person=True)
        two = replace(anna, people=2, references=(reference, reference, other))
        assert shown_in(look, two) == "One person in 2 pictures"
        assert shown_in(look, replace(anna, people=2)) == "A mix of 2 people"
        assert fit_words(look, other) == "shows somebody else"

    def test_the_editor_shows_the_person_and_lets_it_go(
        self, qtbot: QtBot, window: Window, persona_bundle: Path, tmp_path: Path
    ) -> None:
        context, editor = window.context, window.style_editor
        one = use(qtbot, window, anna(persona_bundle, tmp_path, likeness=0.5))
        editor.show_style(one)
        assert editor.shown.text() == "One person in 3 pictures" and editor.likeness.value() == 0.5
        assert not editor.say_who.isVisible()
        assert {recipe.likeness for recipe in editor.people._recipes} == {0.5}
        assert all(recipe.styles[0].persona for recipe in editor.people._recipes)
        editor.likeness.set_value(0.75)
        editor.likeness.settled.emit(0.75)
        wait(qtbot, lambda: context.library.styles.entry(one).style.likeness == 0.75)
        editor.keep_look.click()
        question = window.question
        assert question.isVisible() and "Neither undo nor the bin" in question.text.text()
        press(question, "Cancel")
        assert context.explorer.shows_person
        window.persons.ask_to_keep_look(one)
        press(question, "Delete the likeness")
        wait(qtbot, lambda: not context.explorer.shows_person)
        assert context.library.styles.entry(one).style.persona == ()
        editor.show_style(one)
        wait(qtbot, lambda: editor.say_who.isVisible())
        assert not (editor.keep_look.isVisible() or editor.likeness.isVisible())
        editor.say_who.click()
        wait(qtbot, window.persons.who.isVisible)
        assert raw_words(window) == []

    def test_exporting_a_person_asks_first(
        self, qtbot: QtBot, window: Window, persona_bundle: Path, tmp_path: Path
    ) -> None:
        one = use(qtbot, window, anna(persona_bundle, tmp_path))
        for words, name in (("With the likeness", "with.json"), ("The look only", "look.json")):
            window.persons.ask_to_export(one, str(tmp_path / name))
            press(window.question, words)
            wait(qtbot, (tmp_path / name).exists)
            assert bool(Style.load(tmp_path / name).persona) == (name == "with.json")

    def test_pictures_are_exported_with_the_persona_only_when_it_is_ticked(
        self, qtbot: QtBot, window: Window
    ) -> None:
        window.exporting.ask("varied")
        form = window.exporting.sheet.form
        assert form.persona.isVisible() and form.options().recipes == "all"
        form.persona.setChecked(True)
        assert form.options().recipes == "with-personas" and "biometric" in form.privacy.text()
        form.recipe.set_value("none")
        form.show_choices()
        assert form.options().recipes == "none" and not form.persona.isVisible()
        form.fill([("varied", 4)], replace(ExportOptions(), personas=True), "")
        assert form.options().recipes == "all", "asked for anew each time"


def press(question: Question, words: str) -> None:
    """Presses the newest button with these words: older ones may not be gone yet."""
    [button for button in question.findChildren(Button) if button.text() == words][-1].click()
