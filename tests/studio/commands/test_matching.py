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
from studio.commands.desk import Desk
from studio.library.index import Query, Sort
from studio.library.looks import LookFile
from studio.state.gallery import Comparison, GalleryModel
from tests.studio.commands.conftest import OpenDesk
from tests.studio.library.made import recipe, style
from tests.studio.workers.checks import Until
from tests.studio.workers.fakes import MODEL


class FakeMaker:
    """Says of a picture what its brightness is."""

    def __init__(self) -> None:
        self.bundle = SimpleNamespace(id=MODEL, card=SimpleNamespace(style_score=(0.0, 1.0)))
        self.asked: list[Path] = []

    def aligned(self, path: Path, *, whole: bool) -> Any:
        from engine.images import load_picture

        self.asked.append(path)
        return SimpleNamespace(image=load_picture(path))

    def vector(self, image: Any) -> Any:
        angle = float(np.mean(image)) / 255 * np.pi / 2
        return np.array([np.cos(angle), np.sin(angle), 0, 0], np.float32)


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


def filled(desk: Desk) -> None:
    for name, light in (("dark", 10), ("bright", 250), ("grey", 120), ("dim", 60), ("light", 200)):
        picture = np.full((24, 24, 3), light, np.uint8)
        desk.rooms.gallery.keep(picture, recipe(light), score=0.9, name=name)
    desk.gallery.refresh()


def test_the_gallery_is_compared_with_the_style_in_use(
    open_desk: OpenDesk, maker: FakeMaker, until: Until
) -> None:
    desk = open_desk()
    until(lambda: desk.model.status == "ready" and desk.styles.entries)
    filled(desk)
    dark = replace(style("Dark"), vector=(1.0, 0.0, 0.0, 0.0))
    light = replace(style("Light"), vector=(0.0, 1.0, 0.0, 0.0))
    ids = [desk.rooms.style_shelf.add(one).id for one in (dark, light)]
    desk.styles.set_entries(desk.rooms.style_shelf.entries()[0])
    until(lambda: desk.gallery.count == 5)
    assert maker.asked == [], "nothing is compared before somebody asks"
    told: list[Comparison | None] = []
    desk.gallery.comparison_changed.connect(lambda: told.append(desk.gallery.comparison))
    desk.styles.activate(ids[0])
    desk.gallery.query = Query(sort=Sort.SCORE)
    until(lambda: order(desk.gallery) == ["dark", "dim", "grey", "light", "bright"])
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
    desk.styles.activate(ids[1])
    until(lambda: order(desk.gallery) == ["bright", "light", "grey", "dim", "dark"])
    assert len(maker.asked) == 5, "no picture is looked at twice"
    assert [(one.entry.id, one.is_under_way) for one in told if one] == [(ids[1], True), (ids[1], False)]
    desk.gallery.query = Query(score=0.9)
    until(lambda: order(desk.gallery) == ["light", "bright"])
    desk.styles.activate(None)
    until(lambda: desk.gallery.comparison is None)
    desk.gallery.query = Query()
    until(lambda: scores(desk.gallery) == [0.9] * 5)


def test_a_comparison_that_fails_is_not_awaited(
    open_desk: OpenDesk, maker: FakeMaker, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk()
    until(lambda: desk.model.status == "ready" and desk.styles.entries)
    filled(desk)
    until(lambda: desk.gallery.count == 5)

    def fail(image: Any) -> Any:
        raise RuntimeError("the device is gone")

    monkeypatch.setattr(maker, "vector", fail)
    monkeypatch.setattr(matching.log, "error", lambda *args, **more: None)
    one = desk.rooms.style_shelf.add(style("Dark"))
    desk.styles.set_entries(desk.rooms.style_shelf.entries()[0])
    desk.styles.activate(one.id)
    desk.gallery.query = Query(sort=Sort.SCORE)
    until(lambda: desk.gallery.comparison is not None and not desk.gallery.comparison.is_under_way)


def test_what_was_seen_is_forgotten_with_the_picture(
    open_desk: OpenDesk, maker: FakeMaker, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "IDLE_MS", 1)
    desk = open_desk()
    until(lambda: desk.model.status == "ready" and desk.styles.entries)
    filled(desk)
    one = desk.rooms.style_shelf.add(replace(style("Dark"), vector=(1.0, 0.0, 0.0, 0.0)))
    desk.styles.set_entries(desk.rooms.style_shelf.entries()[0])
    desk.styles.activate(one.id)
    desk.gallery.query = Query(sort=Sort.SCORE)
    until(lambda: order(desk.gallery) == ["dark", "dim", "grey", "light", "bright"])
    looks = LookFile(desk.places.cache / "looks.sqlite3")
    looks.add("a model of last year", looks.load(MODEL).items())
    assert len(looks.load(MODEL)) == 5

    dark, dim = (desk.gallery.row_at(n) for n in (0, 1))
    assert dark is not None and dim is not None
    picture = np.full((24, 24, 3), 255, np.uint8)
    desk.rooms.gallery.path(dark.id).write_bytes(encode(picture, "PNG"))
    desk.rooms.gallery.refresh()
    desk.gallery.refresh()
    desk.matching._follow()
    until(lambda: order(desk.gallery)[-1] == dark.name and len(maker.asked) == 6)
    desk.rooms.gallery.change([dim.id], rating=3)
    turn = desk.matching._turn
    desk.matching._follow()
    until(lambda: desk.matching._turn > turn and not desk.rooms.reader.pending)
    assert len(maker.asked) == 6, "what is said about a picture changes nothing in it"

    slot = desk.rooms.gallery.delete([dim.id])
    desk.matching.tidy_soon()
    until(lambda: not looks.load("a model of last year"))
    assert len(looks.load(MODEL)) == 5, "what lies in the bin may come back"
    desk.on_pictures.empty_bin([slot])
    until(lambda: len(looks.load(MODEL)) == 4)
    assert dim.id not in looks.load(MODEL)
