"""Who is shown: agreement of references, and look and persona side by side from pictures to recipes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine import latent, verification
from engine.bundle import Bundle
from engine.errors import BundleError, RecipeError, StyleError
from engine.images import read_record, save_picture
from engine.latent import interpolate, unit
from engine.mixing import mix
from engine.persona import agree, group
from engine.recipe import Recipe, StyleUse, persona_digest, with_personas, without_personas
from engine.renderer import Renderer
from engine.style import Style
from engine.style_maker import StyleMaker, StyleResult
from tests import tiny

ANNA, BERT, CARL = np.eye(4)[0], np.eye(4)[1], np.eye(4)[2]
P = 6


def said(result: StyleResult) -> list[str]:
    return [note.message for note in result.notes]


def near(person: np.ndarray, seed: int) -> np.ndarray:
    return unit(person + 0.1 * np.random.default_rng(seed).standard_normal(4))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return Bundle.load(tiny.write_tiny_bundle(tmp_path_factory.mktemp("model"), persona=P))


def picture(colour: tuple[int, int, int], seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(-4, 5, (tiny.R, tiny.R, 3))
    return np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)


class TestAgreement:
    def test_pictures_of_one_person_agree(self) -> None:
        found = agree([near(ANNA, i) for i in range(7)], [1.0] * 7, 0.5)
        assert found.people == 1 and all(found.belongs)
        assert np.dot(found.persona, ANNA) > 0.95 and np.linalg.norm(found.persona) == pytest.approx(1)

    def test_two_people_half_and_half_are_nobody(self) -> None:
        found = agree([near(ANNA, 0), near(BERT, 1), near(ANNA, 2), near(BERT, 3)], [1.0] * 4, 0.5)
        assert (found.people, found.persona) == (2, ()) and not any(found.belongs)

    def test_somebody_else_among_many_is_told_apart(self) -> None:
        found = agree([near(ANNA, 0), near(BERT, 1), near(ANNA, 2), near(ANNA, 3)], [1.0] * 4, 0.5)
        assert found.people == 2 and found.belongs == (True, False, True, True)
        assert np.dot(found.persona, BERT) < 0.3

    def test_the_weight_counts_and_not_the_number(self) -> None:
        found = agree([near(ANNA, 0), near(BERT, 1), near(BERT, 2)], [10.0, 1.0, 1.0], 0.5)
        assert found.belongs == (True, False, False)

    def test_one_picture_is_one_person(self) -> None:
        assert agree([ANNA], [1.0], 0.5).persona == pytest.approx(ANNA)

    def test_groups_are_numbered_in_order_of_appearance(self) -> None:
        rows = np.stack([near(p, i) for i, p in enumerate((CARL, ANNA, CARL, BERT, ANNA))])
        assert group(rows, 0.5) == [0, 1, 0, 2, 1]


class TestStyle:
    def test_a_style_of_one_person_has_both_parts(self, bundle: Bundle, tmp_path: Path) -> None:
        paths = [save_picture(tmp_path / f"{i}.png", picture((200, 120, 90), i)) for i in range(3)]
        maker = _Faces(bundle)
        style = maker.from_pictures("Anna", paths).style
        assert (len(style.vector), len(style.persona), style.people) == (tiny.S, P, 1)
        assert np.linalg.norm(style.persona) == pytest.approx(1)
        assert maker.likeness(style, picture((200, 120, 90))) == pytest.approx(1, abs=0.02)
        assert Style.from_json(style.to_json()) == style

    def test_several_people_are_a_look_alone_and_the_program_says_so(
        self, bundle: Bundle, tmp_path: Path
    ) -> None:
        colours = [(250, 10, 10), (10, 250, 10), (10, 10, 250)]
        paths = [save_picture(tmp_path / f"{i}.png", picture(c)) for i, c in enumerate(colours)]
        result = _Faces(bundle).from_pictures("All", paths)
        assert result.style.persona == () and result.style.people == 3
        assert "The pictures show 3 people: the style is of their look alone." in said(result)

    def test_without_faces_it_is_a_look_alone(self, bundle: Bundle, tmp_path: Path) -> None:
        path = save_picture(tmp_path / "a.jpg", picture((200, 120, 90)))
        result = StyleMaker(bundle).from_pictures("Wall", [path], whole=True)
        assert result.style.persona == () and result.style.people == 0
        assert "The pictures show no face: the style is of their look alone." in said(result)

    def test_without_leave_nobody_is_read(self, bundle: Bundle, tmp_path: Path) -> None:
        path = save_picture(tmp_path / "a.png", picture((200, 120, 90)))
        result = _Faces(bundle).from_pictures("Anna", [path], persona=False)
        assert result.style.persona == () and not result.notes
        assert "persona" not in result.style.to_json()

    def test_look_only_forgets_for_good(self, bundle: Bundle, tmp_path: Path) -> None:
        path = save_picture(tmp_path / "a.png", picture((200, 120, 90)))
        maker = _Faces(bundle)
        style = maker.from_pictures("Anna", [path]).style
        kept = style.look_only()
        assert kept.vector == style.vector and "persona" not in json.loads(kept.to_json())
        assert maker.re_encode(kept).style.persona == ()
        assert maker.re_encode(style).style.persona != ()
        assert maker.likeness(kept, picture((200, 120, 90))) is None

    def test_styles_from_before_are_looks(self) -> None:
        old = Style("old", (1.0, 0.0), "m")
        assert "likeness" not in old.to_json() and Style.from_json(old.to_json()).persona == ()

    def test_a_persona_that_is_none_is_refused(self) -> None:
        with pytest.raises(StyleError, match="no proper persona"):
            Style("x", (1.0,), "m", persona=(0.0, 0.0))
        with pytest.raises(StyleError, match="no proper persona"):
            Style.from_json(
                json.dumps({"format": 1, "name": "x", "vector": [1], "model": "m", "persona": "x"})
            )

    def test_a_mix_says_who_is_shown_when_all_its_styles_do(self) -> None:
        a = Style("a", (1.0, 0.0), "m", persona=(1.0, 0.0), people=1, consent={"subject": "self"})
        b = Style("b", (0.0, 1.0), "m", consent={"subject": "licensed"})
        assert mix([a, b]).may_show_person and mix([a, mix([a, b])]).may_show_person
        assert not mix([a, Style("c", (0.0, 1.0), "m")]).may_show_person
        assert mix([Style("c", (0.0, 1.0), "m")]).consent is None
        look = mix([a, b]).look_only()
        assert not look.may_show_person and "subject" not in look.to_json()

    def test_mixing_mixes_both_parts(self) -> None:
        a = Style("a", (1.0, 0.0), "m", persona=(1.0, 0.0, 0.0), people=1)
        b = Style("b", (0.0, 1.0), "m", persona=(0.0, 1.0, 0.0), people=1)
        alone = Style("c", (0.0, 1.0), "m")
        np.testing.assert_allclose(mix([a, b]).persona, np.array([1, 1, 0]) / np.sqrt(2))
        assert mix([a, alone]).persona == (1.0, 0.0, 0.0) and mix([alone, alone]).persona == ()
        with pytest.raises(StyleError):
            mix([a, replace(b, persona=(1.0, 0.0))])


class TestRecipe:
    def use(self, seed: int = 0) -> StyleUse:
        rng = np.random.default_rng(seed)
        look, persona = unit(rng.standard_normal(tiny.S)), unit(rng.standard_normal(P))
        return StyleUse("Anna", tuple(look.tolist()), persona=tuple(persona.tolist()))

    def test_both_strengths_work_alone(self, bundle: Bundle) -> None:
        recipe = Recipe.from_seed(bundle.id, 1, styles=(self.use(),), style_strength=0.5, likeness=0.25)
        s = latent.style(recipe, tiny.S, P)
        assert np.linalg.norm(s[: tiny.S]) == pytest.approx(0.5)
        assert np.linalg.norm(s[tiny.S :]) == pytest.approx(0.25)
        renderer = Renderer(bundle)
        pictures = [renderer.render(replace(recipe, likeness=x)).tobytes() for x in (0.0, 0.5, 1.0)]
        assert len(set(pictures)) == 3
        looks = [renderer.render(replace(recipe, style_strength=x)).tobytes() for x in (0.0, 1.0)]
        assert len({*pictures, *looks}) == 5

    def test_old_recipes_keep_their_digest(self) -> None:
        old = Recipe.from_seed("m", 1, styles=(StyleUse("a", (1.0, 0.0)),))
        assert "likeness" not in old.to_json() and "persona" not in old.to_json()

    def test_pictures_carry_no_persona_unless_asked(self, bundle: Bundle, tmp_path: Path) -> None:
        recipe = Recipe.from_seed(bundle.id, 1, styles=(self.use(),))
        for suffix in ("png", "jpg", "webp", "tif"):
            path = save_picture(tmp_path / f"a.{suffix}", picture((1, 2, 3)), recipe=recipe, likeness=0.75)
            record = read_record(path)
            assert record and record.recipe and record.likeness == 0.75
            assert record.recipe.misses_persona and record.recipe.styles[0].persona == ()
            assert record.recipe.digest == recipe.digest and record.recipe != recipe
            known = {persona_digest(self.use().persona): self.use().persona}
            assert with_personas(record.recipe, known.get) == recipe
            assert with_personas(record.recipe, {}.get) == record.recipe

    def test_digests_tell_personas_apart(self) -> None:
        one, other = (Recipe.from_seed("m", 1, styles=(self.use(i),)) for i in (0, 1))
        same_look = replace(other, styles=(replace(other.styles[0], vector=one.styles[0].vector),))
        assert one.digest != same_look.digest
        assert without_personas(one).styles[0].persona_digest == one.styles[0].persona_digest

    def test_between_two_people_both_fade(self) -> None:
        a, b = (Recipe.from_seed("m", i, styles=(self.use(i),), likeness=x) for i, x in ((0, 1.0), (1, 0.5)))
        middle = interpolate(a, b, 0.5)
        assert middle.likeness == pytest.approx(0.75) and len(middle.styles) == 2
        assert all(use.persona for use in middle.styles)

    def test_without_persons_nothing_fades(self) -> None:
        look = StyleUse("a", (1.0, 0.0))
        a, b = Recipe.from_seed("m", 1, styles=(look,)), Recipe.from_seed("m", 2)
        assert interpolate(a, b, 0.5).likeness == 1.0
        person = replace(look, persona=(1.0, 0.0))
        assert interpolate(replace(a, styles=(person,)), b, 0.25).likeness == pytest.approx(0.75)

    def test_a_persona_of_another_model_is_refused(self, bundle: Bundle) -> None:
        wrong = Recipe.from_seed(bundle.id, 1, styles=(replace(self.use(), persona=(1.0, 0.0)),))
        with pytest.raises(RecipeError, match="2 numbers"):
            Renderer(bundle).render(wrong)
        with pytest.raises(RecipeError, match="proper digest"):
            StyleUse("a", (1.0,), persona_digest="x")


class _Faces(StyleMaker):
    """Takes every picture for a face, as it is."""

    def aligned(self, path, *, whole: bool = False):  # type: ignore[no-untyped-def]
        from engine.faces import Aligned
        from engine.images import load_picture

        return Aligned(load_picture(path), 1)


def test_a_bundle_with_personas_verifies(bundle: Bundle) -> None:
    assert bundle.card.persona is not None
    assert (bundle.card.look_size, bundle.card.persona_size) == (tiny.S, P)
    assert verification.problems(bundle) == []


@pytest.mark.parametrize(
    "persona", [{"size": 0}, {"size": 99}, [], {"size": 2, "same": "x", "score": {"low": 0, "high": 1}}]
)
def test_a_malformed_card_is_refused(tmp_path: Path, persona: object) -> None:
    folder = tiny.write_tiny_bundle(tmp_path / "m", persona=P)
    card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    tiny.write_card(folder, card | {"persona": persona})
    with pytest.raises(BundleError):
        Bundle.load(folder)
