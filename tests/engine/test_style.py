from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.bundle import Bundle
from engine.errors import Cancelled, NoFaceError, PictureError, StyleError, TargetExistsError
from engine.faces import Face, FaceFinder
from engine.formats.style import THUMBNAIL, Reference
from engine.images import Picture, resize, save_picture
from engine.mixing import mix
from engine.network import Network
from engine.providers import choose
from engine.recipe import Recipe
from engine.renderer import Renderer
from engine.style import Style, picture_of
from engine.style_maker import StyleMaker, StyleResult
from tests import tiny

SAMPLES = Path(str(resources.files("resources"))) / "samples"


def said(result: StyleResult) -> list[str]:
    return [note.message for note in result.notes]


class Anybody(FaceFinder):
    """Finds a face in the middle of every picture that is not black; two in pictures with a white corner."""

    def find(self, image: Picture) -> list[Face]:
        if not image.any():
            return []
        height, width = image.shape[:2]
        places = np.array([[0.38, 0.45], [0.62, 0.45], [0.5, 0.6], [0.4, 0.7], [0.6, 0.7]]) * [width, height]
        face = Face((0, 0, width, height), tuple(map(tuple, places.tolist())), 0.9)
        return [face] * (2 if image[0, 0].min() == 255 else 1)


@pytest.fixture(scope="module")
def bundle(tiny_bundle: Path) -> Bundle:
    return Bundle.load(tiny_bundle)


@pytest.fixture(scope="module")
def maker(bundle: Bundle) -> StyleMaker:
    return StyleMaker(bundle, choose("cpu"), finder=Anybody())


def picture(color: Sequence[int], seed: int = 0) -> Picture:
    """A soft picture about one colour."""
    coarse = np.random.default_rng(seed).integers(-15, 15, (4, 4, 3)) + np.array(color)
    return resize(np.clip(coarse, 0, 254).astype(np.uint8), 64)


def files(folder: Path, *colors: Sequence[int]) -> list[Path]:
    return [save_picture(folder / f"{n}.png", picture(color, n)) for n, color in enumerate(colors)]


WARM, COLD = (220, 120, 40), (30, 80, 220)


class TestMake:
    def test_a_style_is_the_mean_of_its_references(self, maker: StyleMaker, tmp_path: Path) -> None:
        paths = files(tmp_path, WARM, WARM, WARM)
        done: list[tuple[int, int]] = []
        result = maker.from_pictures(
            "Warm", paths, progress=lambda n, of: done.append((n, of)), tags=("a", "b")
        )
        style = result.style
        assert (style.name, style.model, style.tags) == ("Warm", maker.bundle.id, ("a", "b"))
        assert result.problems == () and result.notes == () and done == [(1, 3), (2, 3), (3, 3)]
        assert np.linalg.norm(style.vector) == pytest.approx(1)
        vectors = [maker.vector(maker.aligned(path).image) for path in paths]
        np.testing.assert_allclose(
            style.vector, np.sum(vectors, axis=0) / np.linalg.norm(np.sum(vectors, axis=0)), atol=1e-6
        )
        assert [reference.name for reference in style.references] == ["0.png", "1.png", "2.png"]
        assert all(reference.fit > 0.9 for reference in style.references)
        thumbnail = picture_of(style.references[0])
        assert thumbnail.shape == (THUMBNAIL, THUMBNAIL, 3)
        assert style.references[0].thumbnail_bytes()[:3] == b"\xff\xd8\xff"

    def test_weights(self, maker: StyleMaker, tmp_path: Path) -> None:
        paths = files(tmp_path, WARM, COLD)
        alone = maker.from_pictures("w", paths[:1]).style
        mostly = maker.from_pictures("w", paths, weights=[100, 1]).style
        assert np.dot(alone.vector, mostly.vector) > 0.999
        with pytest.raises(StyleError, match="2 pictures, but 1 weights"):
            maker.from_pictures("w", paths, weights=[1])
        with pytest.raises(StyleError, match="no weight"):
            maker.from_pictures("w", paths, weights=[0, 0])

    def test_the_odd_one_out_is_flagged(self, maker: StyleMaker, tmp_path: Path) -> None:
        result = maker.from_pictures("w", files(tmp_path, WARM, WARM, COLD, WARM, WARM))
        assert [reference.name for reference in result.style.outliers] == ["2.png"]
        assert said(result) == ["2.png does not look like the other pictures of this style."]
        pair = maker.from_pictures("p", files(tmp_path / "..", WARM, COLD)[:2])
        assert pair.style.outliers == ()

    def test_the_same_picture_counts_once(self, maker: StyleMaker, tmp_path: Path) -> None:
        first, other = files(tmp_path, WARM, COLD)
        copy = tmp_path / "copy.png"
        copy.write_bytes(first.read_bytes())
        result = maker.from_pictures("w", [first, other, copy])
        assert len(result.style.references) == 2
        assert said(result) == ["copy.png is the same picture as 0.png; it counts once."]

    def test_bad_pictures_are_named_and_the_rest_goes_on(self, maker: StyleMaker, tmp_path: Path) -> None:
        good = files(tmp_path, WARM)
        black = save_picture(tmp_path / "black.png", np.zeros((40, 40, 3), np.uint8))
        text = tmp_path / "notes.png"
        text.write_text("hello")
        empty = tmp_path / "empty folder"
        empty.mkdir()
        result = maker.from_pictures("w", [black, text, tmp_path / "none.png", empty, *good])
        assert len(result.style.references) == 1
        assert {type(problem) for problem in result.problems} == {NoFaceError, PictureError}
        told = " ".join(map(str, result.problems))
        for words in (
            "black.png: no face",
            "notes.png: it is not a PNG",
            "none.png: the file does not",
            "holds no pictures",
        ):
            assert words in told
        whole = maker.from_pictures("w", [black, *good], whole=True)
        assert [reference.whole for reference in whole.style.references] == [True, False]
        assert whole.notes[0].message == "black.png shows no face; the whole picture was used."

    def test_several_faces_are_told(self, maker: StyleMaker, tmp_path: Path) -> None:
        group = picture(WARM)
        group[:4, :4] = 255
        result = maker.from_pictures("w", [save_picture(tmp_path / "group.png", group)])
        assert said(result) == ["group.png shows 2 faces; the foremost one was used."]
        assert result.style.references[0].fit == 1.0

    def test_nothing_usable_is_one_sentence_with_the_reasons(self, maker: StyleMaker, tmp_path: Path) -> None:
        with pytest.raises(StyleError, match=r"'w': .*none\.png: the file does not exist\.$") as caught:
            maker.from_pictures("w", [tmp_path / "none.png"])
        assert "\n" not in str(caught.value)
        with pytest.raises(StyleError, match="holds no pictures"):
            maker.from_pictures("w", [tmp_path])
        with pytest.raises(StyleError, match="at least one picture"):
            maker.from_pictures("w", [])
        many = [tmp_path / f"{n}.png" for n in range(51)]
        with pytest.raises(StyleError, match="1 to 50 pictures, not 51"):
            maker.from_pictures("w", many)
        with pytest.raises(StyleError, match="name of 1 to 200"):
            maker.from_pictures(" ", files(tmp_path, WARM))

    def test_can_be_stopped(self, maker: StyleMaker, tmp_path: Path) -> None:
        with pytest.raises(Cancelled):
            maker.from_pictures("w", files(tmp_path, WARM), cancelled=lambda: True)

    def test_folders_and_real_faces(self, bundle: Bundle) -> None:
        result = StyleMaker(bundle, choose("cpu")).from_pictures("Amber", [SAMPLES / "amber"])
        assert len(result.style.references) == 6 and result.problems == ()


class TestScore:
    def test_a_style_matches_its_own_pictures(self, maker: StyleMaker, tmp_path: Path) -> None:
        warm, cold = files(tmp_path, WARM, COLD)
        style = maker.from_pictures("w", [warm]).style
        assert maker.score(style, maker.aligned(warm).image) == 1.0
        assert maker.score(style, maker.aligned(cold).image) < 0.6
        assert maker.score(style.vector, picture(WARM)) > 0.9

    def test_is_calibrated_by_the_card(self, maker: StyleMaker) -> None:
        image = picture(WARM)
        vector = maker.vector(image).astype(float)
        across = np.linalg.svd(vector[None])[2][1]
        for cosine, score in ((0.95, 1.0), (-0.5, 0.0), (0.225, 0.5), (-1.0, 0.0)):
            turned = cosine * vector + np.sqrt(1 - cosine**2) * across
            assert maker.score(turned.tolist(), image) == pytest.approx(score, abs=1e-3)

    def test_generated_pictures_are_taken_as_they_are(self, maker: StyleMaker, tmp_path: Path) -> None:
        """They may show no face that a detector would find, and they are aligned already."""
        generator = Renderer(maker.bundle, network=maker.network)
        recipe = Recipe.from_seed(maker.bundle.id, 3)
        image = generator.render(recipe)
        path = save_picture(tmp_path / "a.png", image, recipe=recipe)
        strict = StyleMaker(maker.bundle, network=maker.network)
        assert strict.score(maker.vector(image).tolist(), strict.aligned(path).image) == 1.0

    def test_needs_the_same_model(self, maker: StyleMaker, tmp_path: Path) -> None:
        style = maker.from_pictures("w", files(tmp_path, WARM)).style
        with pytest.raises(StyleError, match="another model than 'tiny'"):
            maker.score(replace(style, model="other"), picture(WARM))
        with pytest.raises(StyleError, match="another model"):
            maker.score([1.0, 2.0], picture(WARM))
        with pytest.raises(NoFaceError):
            maker.aligned(save_picture(tmp_path / "b.png", np.zeros((9, 9, 3), np.uint8)))


class TestReEncode:
    def test_for_another_model(self, maker: StyleMaker, tmp_path: Path) -> None:
        style = maker.from_pictures("w", files(tmp_path, WARM, COLD), weights=[3, 1], tags=("t",)).style
        other = StyleMaker(Bundle.load(tiny.write_tiny_bundle(tmp_path / "other", seed=9)), finder=Anybody())
        again = other.re_encode(style).style
        assert again.model == other.bundle.id != style.model
        assert (again.name, again.tags) == ("w", ("t",))
        assert [r.weight for r in again.references] == [3.0, 1.0]
        direct = other.from_pictures("w", [tmp_path / "0.png", tmp_path / "1.png"], weights=[3, 1]).style
        assert np.dot(again.vector, direct.vector) > 0.98
        exact = other.re_encode(style, [tmp_path]).style
        np.testing.assert_allclose(exact.vector, direct.vector, atol=1e-6)

    def test_without_anything_to_look_at(self, maker: StyleMaker, tmp_path: Path) -> None:
        style = maker.from_pictures("w", files(tmp_path, WARM)).style
        broken = replace(style, references=(replace(style.references[0], thumbnail="AAAA"),))
        with pytest.raises(StyleError, match=r"thumbnail of '0\.png' is damaged"):
            maker.re_encode(broken)


class TestFile:
    @pytest.fixture
    def style(self, maker: StyleMaker, tmp_path: Path) -> Style:
        consent = {"subject": "self", "by": "Nana", "until": None}
        return maker.from_pictures(
            "娜娜 <1>", files(tmp_path, WARM, COLD), consent=consent, strength=0.8
        ).style

    def test_there_and_back(self, style: Style, tmp_path: Path) -> None:
        path = style.save(tmp_path / "a style 娜.json")
        assert Style.load(path) == style
        assert Style.from_json(style.to_json()) == style
        assert hash(Style.load(path)) == hash(style)
        with pytest.raises(TargetExistsError):
            style.save(path)
        style.save(path, overwrite=True)

    @pytest.mark.parametrize(
        "change",
        [
            {"format": 2},
            {"format": None},
            {"kind": "recipe"},
            {"name": ""},
            {"name": 5},
            {"vector": []},
            {"vector": [0.0, 0.0]},
            {"vector": ["1"]},
            {"vector": "1234"},
            {"vector": [1e9]},
            {"model": ""},
            {"strength": 2},
            {"strength": "1"},
            {"tags": [5]},
            {"tags": 5},
            {"consent": 5},
            {"references": 5},
            {"references": [5]},
            {"references": [{}]},
            {"references": [{"name": "a", "digest": "x", "weight": 1, "fit": 1, "thumbnail": ""}]},
        ],
    )
    def test_refuses_malformed_files(self, style: Style, tmp_path: Path, change: dict[str, Any]) -> None:
        path = tmp_path / "bad.json"
        path.write_text(json.dumps(json.loads(style.to_json()) | change))
        with pytest.raises(StyleError) as caught:
            Style.load(path)
        text = str(caught.value)
        assert str(path) in text and text.endswith(".") and "\n" not in text

    @pytest.mark.parametrize("data", [b"", b"hello", b"[]", b"\xff", b'{"vector": [NaN]}', b"[" * 5000])
    def test_refuses_other_files(self, tmp_path: Path, data: bytes) -> None:
        path = tmp_path / "bad.json"
        path.write_bytes(data)
        with pytest.raises(StyleError, match=r"bad\.json"):
            Style.load(path)
        with pytest.raises(StyleError, match=r"none\.json: the file does not exist"):
            Style.load(tmp_path / "none.json")
        with pytest.raises(StyleError, match="Cannot use the style"):
            Style.load(tmp_path)

    def test_unknown_fields_do_not_matter(self, style: Style) -> None:
        text = json.dumps(json.loads(style.to_json()) | {"note": "from the future"})
        assert Style.from_json(text) == style


class TestMix:
    def style(self, name: str, *vector: float, **fields: Any) -> Style:
        return Style(name, vector, "m", **fields)

    def test_a_style_in_between(self) -> None:
        a = self.style("a", 1.0, 0.0, strength=1.0, tags=("x",), references=(REFERENCE,))
        b = self.style("b", 0.0, 1.0, strength=0.5, tags=("x", "y"), consent={"by": "b"})
        mixed = mix([a, b], [3, 1])
        assert mixed.name == "a + b" and mixed.strength == 0.875 and mixed.tags == ("x", "y")
        np.testing.assert_allclose(mixed.vector, np.array([3, 1]) / np.sqrt(10))
        assert mixed.references[0].weight == 0.75
        by_a, by_b = {"style": "a", "consent": None}, {"style": "b", "consent": {"by": "b"}}
        assert mixed.consent == {"mixed": [by_a, by_b]}
        assert mix([a, b], name="c").name == "c"

    def test_the_same_reference_once(self) -> None:
        a, b = (self.style(name, 1.0, references=(REFERENCE,)) for name in "ab")
        assert [reference.weight for reference in mix([a, b]).references] == [1.0]

    def test_refuses(self) -> None:
        a, b = self.style("a", 1.0), self.style("b", -1.0)
        for styles, weights, reason in (
            ([], None, "no styles"),
            ([a, b], None, "cancel"),
            ([a, b], [0, 0], "no weight"),
            ([a, b], [1], "one weight"),
            ([a, b], [1, float("nan")], "one weight"),
            ([a, replace(b, model="n")], None, "different models"),
        ):
            with pytest.raises(StyleError, match=reason):
                mix(styles, weights)


REFERENCE = Reference("a.png", "0" * 64, 1.0, 1.0, "")


def test_a_style_in_a_recipe(maker: StyleMaker, tmp_path: Path) -> None:
    style = maker.from_pictures("w", files(tmp_path, WARM)).style
    use = style.use(0.5)
    assert (use.name, use.vector, use.weight) == ("w", style.vector, 0.5)
    style.check_model(maker.bundle)


def test_opencv_is_loaded_only_for_faces() -> None:
    import subprocess
    import sys

    code = "import sys, engine.style_maker, engine.renderer, engine.export; sys.exit('cv2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0


def test_network_may_be_shared(bundle: Bundle) -> None:
    network = Network(bundle, choose("cpu"))
    assert StyleMaker(bundle, network=network).network is Renderer(bundle, network=network).network
