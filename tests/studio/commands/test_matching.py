"""The gallery follows the style in use when it is sorted or searched by match."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.images import encode
from studio.commands import matching
from studio.commands.context import AppContext
from studio.library.index import Query, Sort
from studio.library.looks import LookFile
from studio.state.gallery import GalleryModel
from studio.state.gallery_rows import Comparison
from tests.studio.commands.conftest import OpenContext
from tests.studio.library.made import recipe, style
from tests.studio.workers.checks import Until
from tests.studio.workers.fakes import MODEL


class FakeMaker:
    """Says of a picture what its brightness is."""

    def __init__(self) -> None:
        self.bundle = SimpleNamespace(
            id=MODEL, card=SimpleNamespace(style_score=(0.0, 1.0), persona=SimpleNamespace(score=(0.0, 1.0)))
        )
        self.asked: list[Path] = []

    def aligned(self, path: Path, *, whole: bool) -> Any:
        from engine.images import load_picture

        self.asked.append(path)
        return SimpleNamespace(image=load_picture(path))

    def codes(self, image: Any) -> Any:
        angle = float(np.mean(image)) / 255 * np.pi / 2
        bright = np.array([np.cos(angle), np.sin(angle), 0, 0], np.float32)
        return bright, bright[1::-1]


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> FakeMaker:
    maker = FakeMaker()
    monkeypatch.setattr("studio.commands.fitting.Fitting.maker", lambda self: lambda: maker)
    monkeypatch.setattr(matching, "REST_MS", 1)
    monkeypatch.setattr(matching, "BIT", 2)
    return maker


def order(gallery: GalleryModel) -> list[str]:
    return [row.name if (row := gallery.row_at(n)) else "?" for n in range(gallery.count)]


def scores(gallery: GalleryModel) -> list[float | None]:
    return [row.score if (row := gallery.row_at(n)) else -1.0 for n in range(gallery.count)]


def filled(context: AppContext) -> None:
    for name, light in (("dark", 10), ("bright", 250), ("grey", 120), ("dim", 60), ("light", 200)):
        picture = np.full((24, 24, 3), light, np.uint8)
        context.library.gallery.keep(picture, recipe(light), score=0.9, name=name)
    context.gallery.refresh()


def test_the_gallery_is_compared_with_the_style_in_use(
    open_context: OpenContext, maker: FakeMaker, until: Until
) -> None:
    context = open_context()
    until(lambda: context.model.status == "ready" and context.styles.entries)
    filled(context)
    dark = replace(style("Dark"), vector=(1.0, 0.0, 0.0, 0.0))
    light = replace(style("Light"), vector=(0.0, 1.0, 0.0, 0.0))
    ids = [context.library.styles.add(one).id for one in (dark, light)]
    context.styles.set_entries(context.library.styles.entries()[0])
    until(lambda: context.gallery.count == 5)
    assert maker.asked == [], "nothing is compared before somebody asks"
    told: list[Comparison | None] = []
    context.gallery.comparison_changed.connect(lambda: told.append(context.gallery.comparison))
    context.styles.activate(ids[0])
    context.gallery.query = Query(sort=Sort.SCORE)
    until(lambda: order(context.gallery) == ["dark", "dim", "grey", "light", "bright"])
    assert len(maker.asked) == 5
    until(lambda: told and told[-1] and not told[-1].is_under_way)
    assert [(one.entry.id, one.done, one.total) for one in told if one] == [
        (ids[0], 0, 0),
        (ids[0], 0, 5),
        (ids[0], 2, 5),
        (ids[0], 4, 5),
        (ids[0], 5, 5),
    ]
    told.clear()
    context.styles.activate(ids[1])
    until(lambda: order(context.gallery) == ["bright", "light", "grey", "dim", "dark"])
    assert len(maker.asked) == 5, "no picture is looked at twice"
    assert [(one.entry.id, one.is_under_way) for one in told if one] == [(ids[1], True), (ids[1], False)]
    context.gallery.query = Query(score=0.9)
    until(lambda: order(context.gallery) == ["light", "bright"])
    context.styles.activate(None)
    until(lambda: context.gallery.comparison is None)
    context.gallery.query = Query()
    until(lambda: scores(context.gallery) == [0.9] * 5)


def test_by_likeness_for_a_style_of_a_person_alone(
    open_context: OpenContext, maker: FakeMaker, until: Until
) -> None:
    context = open_context()
    until(lambda: context.model.status == "ready" and context.styles.entries)
    filled(context)
    beach = replace(style("Beach"), vector=(1.0, 0.0, 0.0, 0.0))
    anna = replace(style("Anna"), vector=(1.0, 0.0, 0.0, 0.0), persona=(1.0, 0.0))
    ids = [context.library.styles.add(one).id for one in (beach, anna)]
    context.styles.set_entries(context.library.styles.entries()[0])
    until(lambda: context.gallery.count == 5)
    context.styles.activate(ids[0])
    context.gallery.query = Query(sort=Sort.LIKENESS)
    until(lambda: not context.reader.pending)
    assert maker.asked == [] and context.gallery.comparison is None
    context.gallery.query = Query(sort=Sort.SCORE)
    until(lambda: order(context.gallery) == ["dark", "dim", "grey", "light", "bright"])
    assert len(maker.asked) == 5
    context.styles.activate(ids[1])
    context.gallery.query = Query(sort=Sort.LIKENESS)
    until(lambda: order(context.gallery) == ["bright", "light", "grey", "dim", "dark"])
    assert len(maker.asked) == 10, "who is shown was not read before"
    context.matching.forget_persons()
    file = LookFile(context.places.cache / "looks.sqlite3")
    assert all(len(look.vector) and not len(look.persona) for look in file.load(MODEL).values())


def test_a_comparison_that_fails_is_not_awaited(
    open_context: OpenContext, maker: FakeMaker, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = open_context()
    until(lambda: context.model.status == "ready" and context.styles.entries)
    filled(context)
    until(lambda: context.gallery.count == 5)

    def fail(image: Any) -> Any:
        raise RuntimeError("the device is gone")

    monkeypatch.setattr(maker, "codes", fail)
    monkeypatch.setattr(matching.log, "error", lambda *args, **more: None)
    one = context.library.styles.add(style("Dark"))
    context.styles.set_entries(context.library.styles.entries()[0])
    context.styles.activate(one.id)
    context.gallery.query = Query(sort=Sort.SCORE)
    until(lambda: context.gallery.comparison is not None and not context.gallery.comparison.is_under_way)


def test_what_was_seen_is_forgotten_with_the_picture(
    open_context: OpenContext, maker: FakeMaker, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "IDLE_MS", 1)
    context = open_context()
    until(lambda: context.model.status == "ready" and context.styles.entries)
    filled(context)
    one = context.library.styles.add(replace(style("Dark"), vector=(1.0, 0.0, 0.0, 0.0)))
    context.styles.set_entries(context.library.styles.entries()[0])
    context.styles.activate(one.id)
    context.gallery.query = Query(sort=Sort.SCORE)
    until(lambda: order(context.gallery) == ["dark", "dim", "grey", "light", "bright"])
    looks = LookFile(context.places.cache / "looks.sqlite3")
    looks.add("a model of last year", looks.load(MODEL).items())
    assert len(looks.load(MODEL)) == 5

    dark, dim = (context.gallery.row_at(n) for n in (0, 1))
    assert dark is not None and dim is not None
    picture = np.full((24, 24, 3), 255, np.uint8)
    context.library.gallery.path(dark.id).write_bytes(encode(picture, "PNG"))
    context.library.gallery.refresh()
    context.gallery.refresh()
    context.matching._follow()
    until(lambda: order(context.gallery)[-1] == dark.name and len(maker.asked) == 6)
    context.library.gallery.change([dim.id], rating=3)
    turn = context.matching._turn
    context.matching._follow()
    until(lambda: context.matching._turn > turn and not context.reader.pending)
    assert len(maker.asked) == 6, "what is said about a picture changes nothing in it"

    slot = context.library.gallery.delete([dim.id])
    context.matching.tidy_soon()
    until(lambda: not looks.load("a model of last year"))
    assert len(looks.load(MODEL)) == 5, "what lies in the bin may come back"
    context.on_pictures.empty_bin([slot])
    until(lambda: len(looks.load(MODEL)) == 4)
    assert dim.id not in looks.load(MODEL)
