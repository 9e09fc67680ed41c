from __future__ import annotations

from pathlib import Path

from studio.library.trash import Bin
from studio.state.binned import binned_pictures


def test_what_was_in_the_bin_before_is_not_made_again(tmp_path: Path) -> None:
    gallery, trash = tmp_path / "gallery", Bin(tmp_path / "bin")
    gallery.mkdir()

    def put(name: str) -> None:
        (gallery / name).write_bytes(b"x")
        trash.put("pictures", gallery, [[gallery / name]], [name])

    put("1.png")
    (first,) = binned_pictures(trash)
    put("2.png")
    known = {first.slot: [first]}
    later = binned_pictures(trash, known)
    assert sorted(one.row.name for one in later) == ["1.png", "2.png"]
    assert any(one is first for one in later)
    trash.restore(first.slot)
    assert [one.row.name for one in binned_pictures(trash, known)] == ["2.png"]
