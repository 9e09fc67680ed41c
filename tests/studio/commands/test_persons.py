"""Who a style shows: asked once, read after the answer, kept, and forgotten for good."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.images import read_recipe
from engine.recipe import persona_digest
from engine.style import Style
from studio.commands.context import AppContext
from studio.library.personas import without_persons
from studio.library.places import Places
from studio.library.settings import ExportOptions
from studio.library.styles import StyleEntry
from studio.library.tasks import End
from tests.studio.library.made import picture, portraits
from tests.studio.workers.checks import Until

Open = Callable[[Path], AppContext]


@pytest.fixture
def open_studio(tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """open_studio(model): the studio on the library in tmp_path; one at a time."""
    monkeypatch.setattr("studio.commands.context.PATIENCE_MS", 1)
    monkeypatch.setattr("studio.commands.fitting.CALM_MS", 1)
    opened: list[AppContext] = []

    def open_one(model: Path) -> AppContext:
        while opened:
            assert opened.pop().stop()
        context = AppContext(Places.under(tmp_path / "home"), starters=tmp_path / "none")
        opened.append(context)
        context.settings.model = str(model)
        context.settings.device = "cpu"
        read: list[int] = []
        context.gallery_upkeep.ready.connect(lambda: read.append(1))
        context.start()
        until(lambda: read and context.explorer.is_full and context.explorer.is_current)
        return context

    yield open_one
    for context in opened:
        assert context.stop()


@pytest.fixture
def studio(open_studio: Open, persona_bundle: Path) -> AppContext:
    """With a model that knows of persons."""
    return open_studio(persona_bundle)


def asked(context: AppContext) -> list[StyleEntry]:
    heard: list[StyleEntry] = []
    context.on_styles.persons.asked.connect(heard.append)
    return heard


def settled(context: AppContext, until: Until) -> None:
    until(lambda: not (context.writer.pending or context.reader.pending or context.jobs.running))


def active(context: AppContext) -> Style:
    entry = context.styles.active
    assert entry is not None
    return entry.style


def made_of(context: AppContext, until: Until, folder: Path, seeds: list[int], subject: str = "self") -> str:
    """A style of these people, about whom an answer was given; its id."""
    heard = asked(context)
    context.on_styles.make(portraits(folder, seeds), name=folder.name)
    until(lambda: heard)
    one = heard[0].id
    context.on_styles.persons.answer(one, subject)
    until(lambda: not subject or consent_of(context, one) == {"subject": subject})
    settled(context, until)
    return one


def consent_of(context: AppContext, id: str) -> object:
    entry = context.styles.entry(id)
    return entry.style.consent if entry is not None else None


def told(context: AppContext) -> list[str]:
    return [str(notice.what) for notice in context.notices.notices]


class TestAnswer:
    def test_nothing_is_read_before_the_answer_and_the_look_is_there_at_once(
        self, studio: AppContext, until: Until, tmp_path: Path
    ) -> None:
        heard = asked(studio)
        studio.on_styles.make(portraits(tmp_path / "Anna", [0, 0, 0]), name="Anna")
        until(lambda: heard)
        assert active(studio).name == "Anna" and studio.explorer.styles, "in use before anybody answers"
        style = studio.library.styles.entry(heard[0].id).style
        assert (style.persona, style.people, style.consent) == ((), 0, None)
        studio.on_styles.persons.answer(heard[0].id, "self")
        until(lambda: studio.explorer.shows_person)
        style = studio.library.styles.entry(heard[0].id).style
        assert style.people == 1 and style.consent == {"subject": "self"}
        assert studio.explorer.styles == (style.use(),)
        studio.undo_stack.undo()
        until(lambda: not studio.explorer.shows_person)
        assert studio.library.styles.entry(heard[0].id).style.consent is None

    def test_no_answer_is_the_look_alone(self, studio: AppContext, until: Until, tmp_path: Path) -> None:
        one = made_of(studio, until, tmp_path / "Anna", [0, 0], "")
        style = studio.library.styles.entry(one).style
        assert (style.persona, style.consent) == ((), None)
        entry = studio.styles.entry(one)
        assert entry is not None and studio.on_styles.persons.is_open(entry), "it can be said later"

    def test_several_people_are_told_and_stay_a_look(
        self, studio: AppContext, until: Until, tmp_path: Path
    ) -> None:
        one = made_of(studio, until, tmp_path / "All", [0, 5, 9], "synthetic")
        style = studio.library.styles.entry(one).style
        assert style.persona == () and style.people > 1 and style.consent == {"subject": "synthetic"}
        details = [str(line) for notice in studio.notices.notices for line in notice.details]
        assert any(f"{style.people} people" in line for line in details)

    def test_pictures_that_changed_meanwhile_are_read_anew(
        self, studio: AppContext, until: Until, tmp_path: Path
    ) -> None:
        one = made_of(studio, until, tmp_path / "Two", [0, 5], "")
        shelf, persons = studio.library.styles, studio.on_styles.persons
        style = shelf.entry(one).style
        read = studio.on_styles.fitting.maker()().re_encode(style, persona=True)
        assert read.style.persona == (), "half and half"
        shelf.save(one, replace(style, references=style.references[:1]))
        persons._take(one, "self", read)
        until(lambda: consent_of(studio, one) == {"subject": "self"})
        style = shelf.entry(one).style
        assert len(style.references) == 1 and style.persona and style.people == 1

    def test_it_is_kept_by_what_is_made_of_the_style(
        self, studio: AppContext, until: Until, tmp_path: Path
    ) -> None:
        heard = asked(studio)
        one = made_of(studio, until, tmp_path / "Anna", [0, 0])
        other = made_of(studio, until, tmp_path / "Bert", [5, 5], "licensed")
        questions = len(heard)
        studio.on_styles.references.add(one, portraits(tmp_path / "more", [0, 7])[1:])
        until(lambda: len(studio.library.styles.entry(one).style.references) == 3)
        style = studio.library.styles.entry(one).style
        assert style.consent == {"subject": "self"} and style.people > 1
        studio.on_styles.mix({one: 0.5, other: 0.5}, name="Both")
        until(lambda: active(studio).name == "Both")
        assert active(studio).may_show_person and len(heard) == questions

    def test_where_it_is_known_it_is_not_asked(
        self, studio: AppContext, until: Until, tmp_path: Path
    ) -> None:
        heard = asked(studio)
        studio.on_styles.make(portraits(tmp_path / "Anna", [0, 0]), name="Anna", subject="synthetic")
        until(lambda: studio.explorer.shows_person)
        settled(studio, until)
        assert heard == [] and active(studio).consent == {"subject": "synthetic"}

    def test_where_nobody_can_be_shown_nobody_is_asked(
        self, open_studio: Open, tiny_bundle: Path, until: Until, tmp_path: Path
    ) -> None:
        context = open_studio(tiny_bundle)
        heard = asked(context)
        context.on_styles.make(portraits(tmp_path / "Anna", [0, 0]), name="Anna")
        until(lambda: context.styles.active is not None)
        settled(context, until)
        assert heard == []

    def test_pictures_without_a_face_are_not_asked_about(
        self, studio: AppContext, until: Until, tmp_path: Path
    ) -> None:
        from engine.images import save_picture

        heard = asked(studio)
        path = save_picture(tmp_path / "meadow.png", picture(3, 48))
        studio.on_styles.make([path], whole=True)
        until(lambda: studio.styles.active is not None)
        settled(studio, until)
        assert heard == []


class TestForgetting:
    def test_only_the_look_is_kept_for_good(self, studio: AppContext, until: Until, tmp_path: Path) -> None:
        one = made_of(studio, until, tmp_path / "Anna", [0, 0])
        until(lambda: studio.explorer.shows_person)
        studio.on_styles.set_strength(one, 0.5)
        studio.on_styles.duplicate(one, name="Copy")
        until(lambda: len(studio.styles.entries) == 2)
        copy = next(entry.id for entry in studio.styles.entries if entry.id != one)
        studio.on_styles.delete([copy])
        studio.explorer.add_pin()
        settled(studio, until)
        secret = json.dumps(active(studio).persona[0])
        studio.on_styles.persons.keep_look(one)
        until(lambda: not studio.explorer.shows_person)
        settled(studio, until)
        while studio.undo_stack.can_undo:
            studio.undo_stack.undo()
            settled(studio, until)
            for entry in studio.library.styles.entries()[0]:
                assert (entry.style.persona, entry.style.consent) == ((), None), entry.name
        assert not any(use.persona for node in studio.history.nodes for use in node.place.styles)
        assert not any(use.persona for pin in studio.explorer.pins for use in pin.place.styles)
        studio.session.save()
        settled(studio, until)
        home = tmp_path / "home"
        holding = [p for p in home.rglob("*") if p.is_file() and secret.encode() in p.read_bytes()]
        assert holding == []

    def test_what_was_fitted_for_another_model_goes_too(
        self, open_studio: Open, persona_bundle: Path, until: Until, tmp_path: Path
    ) -> None:
        from tests.tiny import write_tiny_bundle

        studio = open_studio(write_tiny_bundle(tmp_path / "other", seed=3, persona=5))
        one = made_of(studio, until, tmp_path / "Anna", [0, 0])
        studio = open_studio(persona_bundle)
        until(lambda: studio.styles.entries and not studio.styles.unfit)
        entry = studio.styles.entry(one)
        assert entry is not None and len(entry.style.persona) == 6
        fitted = list(studio.places.fitted.glob("*.json"))
        assert len(fitted) == 1
        studio.on_styles.persons.keep_look(one)
        until(lambda: not fitted[0].exists())
        settled(studio, until)
        until(lambda: (entry := studio.styles.entry(one)) is not None and entry.style.persona == ())

    def test_recipes_in_plain_values_lose_the_persona_alone(self) -> None:
        use = {"name": "Anna", "persona": [0.5, 0.5], "persona_digest": "a"}
        value = {"history": [{"recipe": {"styles": [use, use | {"persona_digest": "b"}]}}], "zoom": 2.0}
        kept = without_persons(value, {"a"})
        assert kept["history"][0]["recipe"]["styles"] == [
            {"name": "Anna", "persona_digest": "a"},
            use | {"persona_digest": "b"},
        ]
        assert without_persons(value, {"c"}) == value


class TestOpening:
    def test_a_kept_picture_gets_its_person_back_from_the_style(
        self, studio: AppContext, until: Until, tmp_path: Path
    ) -> None:
        made_of(studio, until, tmp_path / "Anna", [0, 0])
        until(lambda: studio.explorer.shows_person)
        before = studio.explorer.recipe
        studio.on_pictures.keep()
        until(lambda: studio.gallery.count == 1 and studio.gallery.row_at(0))
        row = studio.gallery.row_at(0)
        assert row is not None and before is not None
        kept = studio.library.gallery.recipe(row.id)
        assert kept is not None and kept.misses_persona
        studio.explorer.set_styles(())
        studio.on_explorer.open_picture(row.id)
        until(lambda: studio.explorer.shows_person)
        assert studio.explorer.recipe == before
        assert "The person in this picture is not on this machine." not in told(studio)

    def test_without_the_style_it_says_that_somebody_else_is_shown(
        self, studio: AppContext, until: Until, tmp_path: Path
    ) -> None:
        made_of(studio, until, tmp_path / "Anna", [0, 0])
        until(lambda: studio.explorer.shows_person)
        recipe = studio.explorer.recipe
        assert recipe is not None
        other = replace(recipe.styles[0], persona=(), persona_digest=persona_digest((1.0, 0.0)))
        studio.on_explorer.open_recipe(replace(recipe, styles=(other,)))
        assert "The person in this picture is not on this machine." in told(studio)
        assert not studio.explorer.shows_person

    @pytest.mark.parametrize("how", ["all", "with-personas"])
    def test_an_export_holds_the_persona_only_by_choice(
        self, studio: AppContext, until: Until, tmp_path: Path, how: str
    ) -> None:
        made_of(studio, until, tmp_path / "Anna", [0, 0])
        until(lambda: studio.explorer.shows_person)
        studio.on_pictures.keep()
        until(lambda: studio.gallery.count == 1 and studio.gallery.row_at(0))
        row = studio.gallery.row_at(0)
        assert row is not None
        options = ExportOptions(contact_sheet=False).with_recipes(how)
        assert options.recipes == how and options.with_recipes("all").recipes == "all"
        job = studio.on_exports.export((row.id,), tmp_path / "out", options)
        until(lambda: not job.running)
        assert job.outcome is not None and job.outcome.end is End.DONE
        recipe = read_recipe(next((tmp_path / "out").glob("*.png")))
        assert recipe is not None and recipe.misses_persona == (how == "all")

    def test_a_style_file_goes_out_with_its_person_or_without(
        self, studio: AppContext, until: Until, tmp_path: Path
    ) -> None:
        one = made_of(studio, until, tmp_path / "Anna", [0, 0])
        studio.on_styles.export_file(one, tmp_path / "with.json")
        studio.on_styles.export_file(one, tmp_path / "look.json", look_only=True)
        until((tmp_path / "look.json").exists)
        assert Style.load(tmp_path / "with.json").persona
        look = Style.load(tmp_path / "look.json")
        assert (look.persona, look.people, look.consent) == ((), 0, None)
