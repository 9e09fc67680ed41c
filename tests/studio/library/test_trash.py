from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import TargetError
from studio.library import trash as module
from studio.library.jsonfile import read_object as original
from studio.library.trash import Bin


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    folder = tmp_path / "gallery"
    (folder / "a").mkdir(parents=True)
    for name in ("a/1.png", "a/1.png.json", "a/2.png", "a/3.png", "a/3.png.json"):
        (folder / name).write_text(name)
    return folder


def items(origin: Path) -> list[list[Path]]:
    return [[origin / "a/1.png.json", origin / "a/1.png"], [origin / "a/2.png"]]


def everything(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()
    }


def test_what_is_deleted_comes_back(trash: Bin, origin: Path) -> None:
    before = everything(origin)
    slot = trash.put("pictures", origin, items(origin), ["one", "two"])
    assert set(everything(origin)) == {"a/3.png", "a/3.png.json"}
    assert trash.slots() == [slot]
    assert trash.slots("styles") == []
    assert Bin(trash.folder).slots()[0].names == ("one", "two"), "it survives a restart"
    trash.restore(slot)
    assert everything(origin) == before
    assert trash.slots() == []
    assert list(trash.folder.iterdir()) == []


def test_single_items_come_back(trash: Bin, origin: Path) -> None:
    slot = trash.put("pictures", origin, items(origin), ["one", "two"])
    assert trash.restore(slot, [1]) == [origin / "a/2.png"]
    (left,) = trash.slots()
    assert left.items == slot.items[:1]
    assert left.names == ("one",)
    trash.restore(left)
    assert trash.slots() == []


def test_nothing_new_is_overwritten(trash: Bin, origin: Path) -> None:
    slot = trash.put("pictures", origin, items(origin))
    (origin / "a/1.png").write_text("new")
    paths = trash.restore(slot)
    assert (origin / "a/1.png").read_text() == "new"
    assert {path.name for path in paths} == {"1 (2).png", "1 (2).png.json", "2.png"}


def test_a_failure_leaves_everything_where_it_was(
    trash: Bin, origin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(origin)
    real = module._move

    def move(source: Path, target: Path) -> None:
        if source.name == "2.png" and origin in source.parents:
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(module, "_move", move)
    with pytest.raises(TargetError, match="no space"):
        trash.put("pictures", origin, items(origin))
    assert everything(origin) == before
    assert trash.slots() == []


@pytest.mark.parametrize("broken", [0, 1])
def test_a_crash_half_way_is_made_good(trash: Bin, origin: Path, broken: int) -> None:
    before = everything(origin)
    slot = trash.put("pictures", origin, items(origin))
    back = slot.items[0][broken]
    (trash.folder / slot.id / "files" / back).replace(origin / back)
    assert trash.recover() == 1
    assert {k: v for k, v in everything(origin).items() if k != "a/2.png"} == {
        k: v for k, v in before.items() if k != "a/2.png"
    }
    trash.restore(trash.slots()[0])
    assert everything(origin) == before
    assert trash.recover() == 0


def test_a_crash_before_the_first_move(trash: Bin, origin: Path) -> None:
    before = everything(origin)
    slot = trash.put("pictures", origin, items(origin))
    for name in (name for item in slot.items for name in item):
        (trash.folder / slot.id / "files" / name).replace(origin / name)
    trash.recover()
    assert everything(origin) == before
    assert list(trash.folder.iterdir()) == []


def test_emptying_goes_by_age(trash: Bin, origin: Path) -> None:
    trash.put("pictures", origin, items(origin))
    assert trash.empty(older_than_days=30) == 0
    assert len(trash.slots()) == 1
    assert trash.empty() == 1
    assert trash.slots() == []


def test_purging_one(trash: Bin, origin: Path) -> None:
    slot = trash.put("pictures", origin, items(origin))
    trash.purge(slot)
    assert trash.slots() == []
    assert not (trash.folder / slot.id).exists()


@pytest.mark.parametrize("record", ["{", "{}", '{"format": 1, "items": [["../../x"]]}'])
def test_foreign_things_in_the_bin_are_left_alone(trash: Bin, record: str) -> None:
    (trash.folder / "strange").mkdir(parents=True)
    (trash.folder / "strange" / "record.json").write_text(record)
    assert trash.slots() == []
    assert trash.recover() == 0
    assert trash.empty() == 0
    assert (trash.folder / "strange" / "record.json").exists()


def test_across_disks_files_are_copied_whole(
    trash: Bin, origin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(origin)
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if not self.name.startswith(".persona-tmp"):
            raise OSError(18, "Invalid cross-device link")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    slot = trash.put("pictures", origin, items(origin))
    assert set(everything(origin)) == {"a/3.png", "a/3.png.json"}
    trash.restore(slot)
    assert everything(origin) == before


def test_a_record_is_read_once_and_again_when_it_was_changed(
    trash: Bin, origin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot = trash.put("pictures", origin, items(origin), ["one", "two"])
    read: list[Path] = []
    monkeypatch.setattr(module.jsonfile, "read_object", lambda path: read.append(path) or original(path))
    assert trash.slots() == trash.slots() == [slot]
    assert len(read) == 1
    record = trash.folder / slot.id / module.RECORD
    record.write_text(record.read_text().replace('"two"', '"another"'))
    assert trash.slots()[0].names == ("one", "another")
    assert len(read) == 2
