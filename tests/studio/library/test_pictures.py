from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.errors import Cancelled, PictureError, TargetError
from engine.images import load_picture, save_picture
from studio.library.index import PictureRow
from studio.library.pictures import Board, Gallery
from tests.studio.library.made import MODEL, picture, recipe


def all_rows(gallery: Gallery) -> list[PictureRow]:
    return gallery.index.rows(gallery.index.keys())


def from_files(gallery: Gallery) -> list[PictureRow]:
    """What an index made anew would hold."""
    other = Gallery(gallery.folder, gallery.index.path.with_name("other.sqlite3"), gallery.trash)
    other.rebuild()
    rows = all_rows(other)
    other.close()
    return rows


def test_a_kept_picture_is_all_there(gallery: Gallery) -> None:
    row = gallery.keep(picture(1), recipe(7, "Anna"), score=0.75, likeness=0.5)
    assert (row.name, row.seed, row.style, row.score, row.model) == ("Anna 7", 7, "Anna", 0.75, MODEL)
    assert row.likeness == 0.5
    assert (row.width, row.height) == (24, 24)
    assert np.array_equal(load_picture(gallery.path(row.id)), picture(1))
    assert gallery.recipe(row.id) == recipe(7, "Anna")
    assert gallery.row(row.id) == row
    assert all_rows(gallery) == from_files(gallery) == [row]
    assert gallery.index.find([row.id]) == [row]


def test_names_never_collide_and_keys_grow(gallery: Gallery) -> None:
    rows = [gallery.keep(picture(n), recipe(7)) for n in range(5)]
    assert len({row.id for row in rows}) == 5
    assert [row.key for row in rows] == sorted({row.key for row in rows})
    assert all_rows(gallery) == rows[::-1]


@pytest.mark.parametrize("name", ["../../etc/passwd", "CON", "a/b\\c:d*", "  ", "张三 🙂", "x" * 300, "."])
def test_any_name_makes_a_file_inside_the_gallery(gallery: Gallery, name: str) -> None:
    row = gallery.keep(picture(), recipe(1), name=name)
    assert gallery.folder.resolve() in gallery.path(row.id).resolve().parents
    assert gallery.row(row.id) == row
    assert from_files(gallery) == [row]


def test_what_people_say_is_written_beside(gallery: Gallery) -> None:
    row = gallery.keep(picture(), recipe(1))
    said = {
        "rating": 4,
        "label": "red",
        "tags": ("beach", "two words"),
        "note": "sehr schön",
        "boards": ("b1",),
    }
    before = gallery.change([row.id], name="Bella", **said)
    assert before == [row]
    after = gallery.row(row.id)
    assert after == replace(row, name="Bella", **said)  # type: ignore[arg-type]
    assert all_rows(gallery) == from_files(gallery) == [after]
    gallery.put_back(before)
    assert all_rows(gallery) == from_files(gallery) == [row]


def test_nonsense_is_not_taken(gallery: Gallery) -> None:
    row = gallery.keep(picture(), recipe(1), name="Anna")
    gallery.change([row.id], rating=99, label="ultraviolet", tags=(" a ", "", "a"), name="  ")
    changed = gallery.row(row.id)
    assert (changed.rating, changed.label, changed.tags, changed.name) == (5, "", ("a",), "Anna")


def test_unknown_words_beside_a_picture_are_kept(gallery: Gallery) -> None:
    row = gallery.keep(picture(), recipe(1))
    beside = gallery.path(row.id + ".json")
    beside.write_text(json.dumps(json.loads(beside.read_text()) | {"future": [1]}))
    gallery.change([row.id], rating=1)
    assert json.loads(beside.read_text())["future"] == [1]


def test_deleted_pictures_come_back_with_all_that_was_said(gallery: Gallery) -> None:
    rows = [gallery.keep(picture(n), recipe(n)) for n in range(3)]
    gallery.change([rows[0].id], rating=5, tags=("x",))
    before = all_rows(gallery)
    slot = gallery.delete([rows[0].id, rows[2].id])
    assert slot.names == (rows[0].name, rows[2].name)
    assert [row.id for row in all_rows(gallery)] == [rows[1].id]
    assert from_files(gallery) == all_rows(gallery)
    back = gallery.restore(slot)
    assert {row.id for row in back} == {rows[0].id, rows[2].id}
    assert all_rows(gallery) == from_files(gallery) == before


def test_boards_have_names_and_an_order(gallery: Gallery) -> None:
    assert gallery.boards() == []
    boards = [Board("b2", "Sommer"), gallery.new_board("Winter 冬")]
    gallery.set_boards(boards)
    assert gallery.boards() == boards
    (gallery.folder / "boards.json").write_text("{")
    assert gallery.boards() == []
    assert (gallery.folder / "boards.json.damaged").exists()


def test_pictures_put_there_by_hand_are_found(gallery: Gallery) -> None:
    (gallery.folder / "holiday").mkdir(parents=True)
    save_picture(gallery.folder / "mine.png", picture(1), recipe=recipe(9, "Anna"), score=0.5, likeness=0.25)
    save_picture(gallery.folder / "holiday" / "sea.jpg", picture(2))
    (gallery.folder / "holiday" / "notes.txt").write_text("hello")
    (gallery.folder / ".hidden.png").write_text("hello")
    found = gallery.catch_up()
    assert (found.added, found.removed, found.damaged) == (2, 0, ())
    (mine,) = gallery.index.find(["mine.png"])
    assert (mine.seed, mine.style, mine.score, mine.likeness, mine.name) == (9, "Anna", 0.5, 0.25, "mine")
    (sea,) = gallery.index.find(["holiday/sea.jpg"])
    assert (sea.seed, sea.recipe, sea.name) == (None, "", "sea")
    gallery.change(["holiday/sea.jpg"], rating=3)
    assert gallery.catch_up().added == 0, "what is known is not read again"
    (gallery.folder / "mine.png").unlink()
    assert gallery.catch_up().removed == 1


def test_a_picture_changed_by_hand_is_read_again(gallery: Gallery) -> None:
    row = gallery.keep(picture(1), recipe(1))
    save_picture(gallery.path(row.id), picture(2, side=40), recipe=recipe(2), overwrite=True)
    assert gallery.catch_up().added == 1
    (again,) = all_rows(gallery)
    assert (again.seed, again.width) == (2, 40)


def damage(gallery: Gallery) -> PictureRow:
    """Two sound pictures, and files that are not."""
    good = gallery.keep(picture(1), recipe(1))
    gallery.keep(picture(3), recipe(3))
    month = gallery.path(good.id).parent
    (month / "text.png").write_text("no picture")
    (month / "empty.png").write_bytes(b"")
    whole = gallery.path(good.id).read_bytes()
    (month / "cut.png").write_bytes(whole[: len(whole) // 2])
    (gallery.path(good.id + ".json")).write_text("{half")
    return good


def test_damaged_files_are_named_skipped_and_left_alone(gallery: Gallery) -> None:
    good = damage(gallery)
    files = sorted(path.name for path in gallery.folder.rglob("*"))
    found = gallery.rebuild()
    assert sorted(one.path.name for one in found.damaged) == sorted(
        ["text.png", "empty.png", "cut.png", gallery.path(good.id).name + ".json"]
    )
    assert all(one.reason for one in found.damaged)
    assert sorted(path.name for path in gallery.folder.rglob("*")) == files
    assert len(all_rows(gallery)) == 2
    assert gallery.row(good.id).seed == 1, "what the picture itself says is still known"
    assert gallery.catch_up().damaged == (), "they are told once"


def test_what_was_said_over_damage_sets_it_aside(gallery: Gallery) -> None:
    good = damage(gallery)
    gallery.change([good.id], rating=2)
    assert gallery.row(good.id).rating == 2
    assert gallery.path(good.id + ".json.damaged").read_text() == "{half"


def test_damaged_pictures_can_be_deleted(gallery: Gallery) -> None:
    damage(gallery)
    gallery.rebuild()
    text = next(gallery.folder.rglob("text.png"))
    slot = gallery.delete([gallery.id_of(text) or ""])
    assert not text.exists()
    gallery.trash.restore(slot)
    assert text.exists()


@pytest.mark.parametrize(
    "said", [{"rating": "five"}, {"tags": "a"}, {"picture": 3}, {"name": 10**30}, {"label": None}]
)
def test_wrong_values_beside_a_picture_are_ignored(gallery: Gallery, said: dict[str, object]) -> None:
    row = gallery.keep(picture(), recipe(1))
    beside = gallery.path(row.id + ".json")
    beside.write_text(json.dumps(json.loads(beside.read_text()) | said))
    gallery.catch_up()
    (again,) = all_rows(gallery)
    assert (again.rating, again.tags, again.seed) == (0, (), 1)


def test_the_index_may_vanish_while_working(gallery: Gallery) -> None:
    first = gallery.keep(picture(1), recipe(1))
    shutil.rmtree(gallery.index.path.parent)
    second = gallery.keep(picture(2), recipe(2))
    assert gallery.is_behind
    assert gallery.is_stale()
    gallery.refresh()
    assert not gallery.is_behind
    assert all_rows(gallery) == [second, first]


def test_making_the_index_anew_can_be_stopped_and_goes_on(gallery: Gallery) -> None:
    rows = [gallery.keep(picture(n), recipe(n)) for n in range(3)]
    with pytest.raises(Cancelled):
        gallery.rebuild(cancelled=lambda: True)
    steps: list[tuple[int, int]] = []
    gallery.refresh(lambda done, total: steps.append((done, total)))
    assert steps == [(3, 3)]
    assert all_rows(gallery) == rows[::-1]


@pytest.mark.parametrize("path", ["../x.png", "/etc/passwd", ""])
def test_ids_do_not_lead_out(gallery: Gallery, path: str) -> None:
    with pytest.raises(PictureError):
        gallery.row(path)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, gallery: Gallery) -> None:
    row = gallery.keep(picture(), recipe(1))
    month = gallery.path(row.id).parent
    shutil.rmtree(month)
    month.write_text("a file in the way")
    with pytest.raises(TargetError, match=month.name):
        gallery.keep(picture(), recipe(2))
    assert [path.name for path in gallery.folder.iterdir()] == [month.name], "nothing is left behind"


def test_a_full_disk_is_told_and_leaves_nothing(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(TargetError, match="no space"):
            gallery.keep(picture(), recipe(1))
    assert [path for path in gallery.folder.rglob("*") if path.is_file()] == []
    assert gallery.keep(picture(), recipe(1)).seed == 1
