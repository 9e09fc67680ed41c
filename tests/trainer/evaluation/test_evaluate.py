"""A whole evaluation of a tiny model, against pictures that it made itself, and its report for people."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.bundle import Bundle
from engine.errors import StyleError
from engine.recipe import Recipe, StyleUse
from engine.renderer import Renderer
from engine.style import Style
from tests.tiny import S
from tests.trainer.evaluation.scripted_extractor import ColourExtractor, few
from trainer.data import PreparedSet
from trainer.evaluation.cache import Cache
from trainer.evaluation.errors import JudgingError
from trainer.evaluation.evaluate import Evaluation, evaluate
from trainer.evaluation.page import page
from trainer.evaluation.readings import rows
from trainer.evaluation.settings import EvaluationSettings

SETTINGS = EvaluationSettings(
    count=150,
    per_style=6,
    copies=100,
    contents=32,
    previews=4,
    probe_steps=60,
    paths=2,
    path_steps=8,
    shown=8,
)


def write_listed(folder: Path, pictures: NDArray[np.uint8], held_out: int, classes: list[str]) -> Path:
    """A listed set of pictures [N, R, R, 3]; of each class in turn; the last ones are held out."""
    folder.mkdir(parents=True)
    listed = ["file,class,split"]
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{number}.png", compress_level=1)
        split = "val" if number >= len(pictures) - held_out else "train"
        listed.append(f"{number}.png,{classes[number % len(classes)]},{split}")
    (folder / "index.csv").write_text("\n".join(listed) + "\n", encoding="utf-8")
    return folder


def own_samples(bundle: Bundle, count: int, classes: int) -> NDArray[np.uint8]:
    """What the model makes in the styles of its classes, one after the other; without a style for 0."""
    styles = np.random.default_rng(5).standard_normal((classes, S))
    styles /= np.linalg.norm(styles, axis=1, keepdims=True)
    uses = [(StyleUse("one", tuple(style.tolist())),) for style in styles] or [()]
    recipes = [
        Recipe.from_seed(bundle.id, 10**9 + n, styles=uses[n % len(uses)], truncation=1.0)
        for n in range(count)
    ]
    return np.stack(list(Renderer(bundle).render_batch(recipes)))


@pytest.fixture(scope="module")
def own_set(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set that the tiny model made itself."""
    pictures = own_samples(Bundle.load(tiny_bundle), 240, 2)
    return write_listed(tmp_path_factory.mktemp("sets") / "its own", pictures, 80, ["one", "two"])


@pytest.fixture(scope="module")
def style(tiny_bundle: Path) -> Style:
    return Style("Mine & <yours>", tuple(np.eye(S)[0].tolist()), Bundle.load(tiny_bundle).id)


@pytest.fixture(scope="module")
def found(tiny_bundle: Path, own_set: Path, style: Style) -> Evaluation:
    return evaluate(
        Bundle.load(tiny_bundle),
        PreparedSet.open(own_set),
        ColourExtractor(),
        styles=[style],
        settings=SETTINGS,
    )


def test_every_figure_stands_beside_that_of_real_pictures(found: Evaluation) -> None:
    figures = found.report["figures"]
    together = figures["together"]
    assert abs(together["real_kid"]["mean"]) < 0.05
    assert together["real_manifold"]["coverage"] > 0.9
    assert together["copying"]["samples"] == SETTINGS.copies
    assert set(figures["classes"]) == {"one", "two"}
    assert figures["class_shares"]["classes"] == ["one", "two"]
    assert figures["class_shares"]["held_out_right"] >= 0.5
    agreement = figures["agreement"]
    assert agreement["chance"] == pytest.approx(1 / agreement["styles"], rel=1e-3)
    assert agreement["shuffled_top1"] < 3 * agreement["chance"]
    assert agreement["shuffled_closer"] == pytest.approx(0.5, abs=0.15)
    assert figures["diversity"]["real_ratio"] == pytest.approx(1, abs=0.4)
    assert figures["preview"]["error"] < 0.2 * figures["preview"]["unrelated"]
    assert set(figures["own_styles"]) == {"Mine & <yours>"}
    assert found.report["problems"] == []


def test_the_report_is_plain_and_repeats_itself(tiny_bundle: Path, own_set: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path, PreparedSet.open(own_set).digest)
    reports = [
        evaluate(
            Bundle.load(tiny_bundle), PreparedSet.open(own_set), ColourExtractor(),
            settings=few(count=20), cache=kept,
        ).report
        for kept in (None, cache, cache)
    ]  # fmt: skip
    texts = {json.dumps(report["figures"], allow_nan=False) for report in reports}
    assert len(texts) == 1, "the third time out of the cache"
    assert list((tmp_path / "cache" / "judging").glob("*.safetensors"))


def test_a_model_is_as_good_as_real_pictures_when_they_are_its_own(tiny_bundle: Path, tmp_path: Path) -> None:
    bundle = Bundle.load(tiny_bundle)
    folder = write_listed(tmp_path / "set", own_samples(bundle, 200, 0), 60, ["all"])
    found = evaluate(bundle, PreparedSet.open(folder), ColourExtractor(), settings=few(count=320))
    plain = found.report["figures"]["no_style"]
    assert abs(plain["kid"]["mean"]) < 0.05
    assert plain["manifold"]["coverage"] > 0.9 * plain["real_manifold"]["coverage"]
    assert plain["manifold"]["density"] == pytest.approx(plain["real_manifold"]["density"], rel=0.25)


def test_the_gallery_shows_what_was_asked_for(found: Evaluation) -> None:
    gallery = found.gallery
    assert len(gallery.grid) == SETTINGS.shown
    assert [len(path) for path in gallery.paths] == [SETTINGS.path_steps + 1] * 2
    assert len(gallery.nearest) == len(gallery.any_pairs) == len(gallery.real_pairs) == 8
    assert [one.distance for one in gallery.nearest] == sorted(one.distance for one in gallery.nearest)
    assert gallery.rows[-1].name == "Mine & <yours>"
    assert all(len(row.pictures) == 8 for row in gallery.rows)


def test_every_figure_is_explained(found: Evaluation) -> None:
    shown = rows(found.report)
    assert {row.key for row in shown} >= {
        "kid", "coverage", "density", "copying", "class", "diversity", "top1", "closer", "content",
        "preview", "jump",
    }  # fmt: skip
    assert all(row.reading and "{" not in row.reading for row in shown)
    assert len({(row.of, row.key) for row in shown}) == len(shown)


def test_the_page_needs_nothing_else(found: Evaluation) -> None:
    html = page(found.report, found.gallery)
    assert not re.search(r"<script|<link|<iframe|@import|url\(|https?://", html)
    assert not re.search(r'\b(?:src|href)="(?!data:image/webp;base64,)', html)
    assert html.count("<img ") >= SETTINGS.shown + 2 * 3 * 8 + 2 * (SETTINGS.path_steps + 1)
    assert html.count("<svg") == 4 + len(found.gallery.paths)
    assert "Mine &amp; &lt;yours&gt;" in html and "<yours>" not in html
    for tag in ("table", "figure", "svg", "div", "p", "ul"):
        assert len(re.findall(rf"<{tag}\b", html)) == html.count(f"</{tag}>"), tag


def test_small_sets_say_what_could_not_be_measured(tiny_bundle: Path, tmp_path: Path) -> None:
    bundle = Bundle.load(tiny_bundle)
    data = PreparedSet.open(write_listed(tmp_path / "few", own_samples(bundle, 6, 1), 0, ["all"]))
    found = evaluate(bundle, data, ColourExtractor(), settings=few(count=4))
    notes = " ".join(found.report["notes"])
    assert "style agreement and diversity at a fixed style were not measured" in notes
    assert "copying is measured against training pictures alone" in notes
    assert {"top1", "diversity", "class"}.isdisjoint(row.key for row in rows(found.report))
    assert "not measured" in page(found.report, found.gallery)


def test_a_picture_that_cannot_be_read_is_named_and_left_out(tiny_bundle: Path, tmp_path: Path) -> None:
    bundle = Bundle.load(tiny_bundle)
    folder = write_listed(tmp_path / "set", own_samples(bundle, 6, 1), 0, ["all"])
    (folder / "3.png").write_bytes(b"no picture")
    report = evaluate(bundle, PreparedSet.open(folder), ColourExtractor(), settings=few(count=4)).report
    assert report["data"]["train"] == 5
    assert [problem for problem in report["problems"] if "3.png" in problem] == report["problems"] != []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda: EvaluationSettings(count=1), "At least 2 pictures are needed to judge a model by, not 1"),
        (lambda: EvaluationSettings(seed=-1), "seed"),
    ],
)
def test_settings_that_make_no_sense(change: Callable[[], Any], error: str) -> None:
    with pytest.raises(JudgingError, match=error):
        change()


def test_a_style_of_another_model_is_refused(tiny_bundle: Path, own_set: Path, style: Style) -> None:
    other = Style("other", style.vector, "0" * 64)
    with pytest.raises(StyleError, match="another model"):
        evaluate(Bundle.load(tiny_bundle), PreparedSet.open(own_set), ColourExtractor(), styles=[other])
