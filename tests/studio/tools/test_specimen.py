"""A made-up gallery is a gallery like any other."""

from __future__ import annotations

from pathlib import Path

from studio.library.index import Query
from studio.library.pictures import Gallery
from studio.library.trash import Bin
from studio.tools.specimen import make_specimen, specimen_row


def test_it_lies_on_disk_like_any_other(tmp_path: Path) -> None:
    boards = make_specimen(tmp_path / "gallery", 60)
    gallery = Gallery(tmp_path / "gallery", tmp_path / "index.sqlite3", Bin(tmp_path / "bin"))
    found = gallery.rebuild()
    assert (found.added, found.damaged) == (60, ())
    assert gallery.boards() == boards
    assert gallery.row(specimen_row(7).id) == specimen_row(7)
    assert gallery.recipe(specimen_row(7).id) is not None
    assert gallery.index.count(Query(text="anna")) > 0
    assert gallery.index.count(Query(tag="beach")) > 0
    gallery.close()
