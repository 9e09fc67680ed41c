from __future__ import annotations

from pathlib import Path

from studio.library.session import SessionFile


def test_it_comes_back(tmp_path: Path) -> None:
    file = SessionFile(tmp_path / "session.json")
    assert file.load() == {}
    file.save({"window": {"width": 800}, "名": [1, 2]})
    assert file.load() == {"window": {"width": 800}, "名": [1, 2]}


def test_a_damaged_one_is_set_aside(tmp_path: Path) -> None:
    file = SessionFile(tmp_path / "session.json")
    file.path.write_text("{half")
    assert file.load() == {}
    assert (tmp_path / "session.json.damaged").exists()
