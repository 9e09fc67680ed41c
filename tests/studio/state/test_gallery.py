from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from studio.library.index import PictureRow, Query, Sort
from studio.library.pictures import Board, Gallery
from studio.library.tasks import Inline
from studio.library.trash import Bin
from studio.state.gallery import STRETCH, GalleryModel
from studio.state.gallery_rows import PictureRole
from tests.studio.later import Later
from tests.studio.library.made import picture, recipe


class Thumbs:
    """Thumbnails that arrive when told to."""

    def __init__(self) -> None:
        self.asked: dict[Path, Any] = {}
        self.forgotten: list[Path] = []
        self.here: set[Path] = set()

    def get(self, path: Path, size: int, arrived: Any = None) -> QImage | None:
        self.asked[path] = arrived
        return QImage(size, size, QImage.Format.Format_RGB32) if path in self.here else None

    def forget(self, path: Path) -> None:
        self.forgotten.append(path)


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    gallery = Gallery(tmp_path / "gallery", tmp_path / "index.sqlite3", Bin(tmp_path / "bin"))
    gallery.index.reset()
    yield gallery
    gallery.close()


@pytest.fixture
def model(gallery: Gallery, qtbot: QtBot) -> GalleryModel:
    return GalleryModel(gallery, Inline())


def fill(gallery: Gallery, count: int) -> list[PictureRow]:
    rows = [
        PictureRow(
            f"a/{n}.png", 1_000_000 + n, f"picture {n}", rating=n % 6, tags=("even",) if n % 2 == 0 else ()
        )
        for n in range(count)
    ]
    return gallery.index.put(rows)


def names(model: GalleryModel) -> list[str | None]:
    return [model.index(row).data() for row in range(model.rowCount())]


def test_newest_first(gallery: Gallery, model: GalleryModel, qtmodeltester: ModelTester) -> None:
    fill(gallery, 5)
    assert model.count == 0, "nothing is read before it is asked for"
    model.refresh()
    qtmodeltester.check(model)
    assert names(model) == [f"picture {n}" for n in (4, 3, 2, 1, 0)]
    index = model.index(0)
    assert index.data(PictureRole.ID) == "a/4.png"
    assert index.data(PictureRole.RATING) == 4
    assert index.data(PictureRole.PATH) == gallery.folder / "a" / "4.png"
    assert model.overview.total == 5


def test_queries(gallery: Gallery, model: GalleryModel) -> None:
    fill(gallery, 20)
    model.refresh()
    counts: list[int] = []
    model.count_changed.connect(counts.append)
    model.query = Query(tag="even", rating=4)
    assert names(model) == ["picture 16", "picture 10", "picture 4"]
    model.query = Query(text="picture", sort=Sort.NAME, descending=False)
    assert names(model)[:3] == ["picture 0", "picture 1", "picture 2"]
    model.query = Query(text="nothing")
    assert counts == [3, 20, 0]


def test_only_what_is_looked_at_is_read(gallery: Gallery, qtbot: QtBot) -> None:
    fill(gallery, 1000)
    later = Later()
    model = GalleryModel(gallery, later)
    model.refresh()
    later.catch_up()
    assert model.count == 1000
    assert model.row_at(0) is not None
    assert model.row_at(500) is None
    assert model.row_at(501) is None
    assert len(later.waiting) == 1, "one stretch, asked for once"
    with qtbot.waitSignal(model.dataChanged):
        later.catch_up()
    row = model.row_at(500)
    assert row is not None
    assert row.name == "picture 499"
    assert len(model._rows) == 2 * STRETCH
    assert model.row_at(-1) is None
    assert model.row_at(1000) is None


def test_a_newer_question_replaces_the_one_that_waits(gallery: Gallery, qtbot: QtBot) -> None:
    fill(gallery, 10)
    later = Later()
    model = GalleryModel(gallery, later)
    model.refresh()
    later.catch_up()
    for text in ("p", "pi", "picture 3"):
        model.query = Query(text=text)
    assert later.catch_up() == 1
    assert names(model) == ["picture 3"]


def test_a_new_picture_comes_in_without_starting_over(gallery: Gallery, model: GalleryModel) -> None:
    fill(gallery, 10)
    model.refresh()
    happened: list[str] = []
    model.modelReset.connect(lambda: happened.append("reset"))
    model.rowsInserted.connect(lambda _, first, last: happened.append(f"in {first}-{last}"))
    model.rowsRemoved.connect(lambda _, first, last: happened.append(f"out {first}-{last}"))
    gallery.index.put([PictureRow("b.png", 2_000_000, "new")])
    model.refresh(())
    gallery.index.remove(["a/3.png", "a/7.png"])
    model.refresh(["a/3.png", "a/7.png"])
    assert happened == ["in 0-0", "out 7-7", "out 3-3"]
    assert names(model) == ["new"] + [f"picture {n}" for n in (9, 8, 6, 5, 4, 2, 1, 0)]
    model.query = Query(sort=Sort.NAME)
    assert happened[3:] == ["reset"]


def test_what_changed_is_read_again(gallery: Gallery, qtbot: QtBot) -> None:
    thumbs = Thumbs()
    model = GalleryModel(gallery, Inline(), thumbs)
    row = gallery.keep(picture(), recipe(1))
    model.refresh()
    assert model.index(0).data(PictureRole.RATING) == 0
    gallery.change([row.id], rating=5)
    model.refresh([row.id])
    assert model.index(0).data(PictureRole.RATING) == 5
    assert thumbs.forgotten


def test_thumbnails_arrive_when_they_do(gallery: Gallery, qtbot: QtBot) -> None:
    fill(gallery, 3)
    thumbs = Thumbs()
    model = GalleryModel(gallery, Inline(), thumbs)
    model.refresh()
    index = model.index(1)
    assert index.data(Qt.ItemDataRole.DecorationRole) is None
    path = gallery.path("a/1.png")
    changed: list[int] = []
    model.dataChanged.connect(lambda first, last, roles: changed.append(first.row()))
    thumbs.here.add(path)
    thumbs.asked[path](path)
    assert changed == [1]
    assert isinstance(index.data(Qt.ItemDataRole.DecorationRole), QImage)


def test_selection_is_by_picture_not_by_row(gallery: Gallery, model: GalleryModel) -> None:
    fill(gallery, 10)
    model.refresh()
    changes: list[int] = []
    model.selection_changed.connect(lambda: changes.append(len(model.selection)))
    model.select_range(5, 3)
    assert model.selection == ("a/6.png", "a/5.png", "a/4.png")
    model.toggle("a/5.png")
    model.toggle("a/0.png")
    assert model.selection == ("a/6.png", "a/4.png", "a/0.png")
    model.query = Query(sort=Sort.CREATED, descending=False)
    assert model.selection == ("a/0.png", "a/4.png", "a/6.png")
    assert model.index(4).data(PictureRole.SELECTED)
    model.select(["a/1.png"])
    model.select(["a/1.png"])
    model.clear_selection()
    assert changes == [3, 2, 3, 1, 0]


def test_selecting_everything_reaches_what_was_never_read(gallery: Gallery, model: GalleryModel) -> None:
    fill(gallery, 350)
    model.refresh()
    model.select_all()
    assert len(model.selection) == 350
    assert model.selection[0] == "a/349.png"
    assert model.selection[-1] == "a/0.png"


def test_a_large_selection_keeps_the_order_of_the_list(gallery: Gallery, model: GalleryModel) -> None:
    fill(gallery, 350)
    model.refresh()
    model.select_all()
    model.toggle("a/200.png")
    assert len(model.selection) == 349
    model.query = Query(text="picture", descending=False)
    ids = [f"a/{n}.png" for n in range(350) if n != 200]
    assert list(model.selection) == ids
    model.select(["gone.png", *ids[:50]])
    assert list(model.selection) == [*ids[:50], "gone.png"], "what is not shown comes last"
    model.query = Query(text="nothing like this")
    assert model.count == 0 and model.selected_count == 50, "what is gone is not selected any more"
    assert model.hidden_selected_count == 50


def test_a_broken_index_is_told(gallery: Gallery, model: GalleryModel, qtbot: QtBot) -> None:
    fill(gallery, 3)
    model.refresh()
    gallery.close()
    gallery.index.path.write_text("broken")
    with qtbot.waitSignal(model.failed):
        model.query = Query(text="p")
    assert model.count == 3, "what was there stays on screen"


def test_boards_that_were_read_first_and_arrive_last_are_not_shown(gallery: Gallery, qtbot: QtBot) -> None:
    class Slow:
        """Reads at once, and hands over when told to."""

        def __init__(self) -> None:
            self.arriving: list[Any] = []

        def run(self, work: Any, done: Any = None, failed: Any = None, *, priority: int = 0) -> Any:
            found = work()
            self.arriving.append(lambda: done(found))

    slow = Slow()
    model = GalleryModel(gallery, slow)  # type: ignore[arg-type]
    slow.arriving.clear()
    for name in ("Summer", "Winter"):
        gallery.set_boards([Board("a", name)])
        model.overview.refresh()
    for arrive in reversed(slow.arriving):
        arrive()
    assert [board.name for board in model.overview.boards] == ["Winter"]
