from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.formats import jsonio
from studio.library.jsonfile import Piece, read_object, write_object

SESSION: dict[str, Any] = {
    "window": {"page": "explore", "größe": [1440, 900]},
    "history": {"nodes": [{"id": 1, "place": {"x": 0.1, "styles": []}}, {"id": 2, "parent": None}]},
    "nothing": {},
    "none": [],
    "format": 1,
}


@pytest.mark.parametrize("compact", [True, False], ids=["compact", "for people"])
def test_what_is_written_is_read_again(tmp_path: Path, compact: bool) -> None:
    path = tmp_path / "new" / "session.json"
    write_object(path, SESSION, compact=compact)
    assert read_object(path) == SESSION


def test_compact_is_the_canonical_form(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    write_object(path, SESSION, compact=True)
    assert path.read_text(encoding="utf-8") == jsonio.canonical(SESSION) + "\n"


@pytest.mark.parametrize("compact", [True, False], ids=["compact", "for people"])
def test_what_json_cannot_say_is_not_written(tmp_path: Path, compact: bool) -> None:
    path = tmp_path / "session.json"
    with pytest.raises(ValueError, match="JSON"):
        write_object(path, {"x": float("nan")}, compact=compact)
    assert not path.exists()


def test_a_piece_is_put_into_words_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, piece = tmp_path / "session.json", Piece(id=1, place={"x": 2.5, "a": "b"})
    write_object(path, {"nodes": [piece]}, compact=True)
    first = path.read_bytes()
    words, made = jsonio.canonical, []
    monkeypatch.setattr(jsonio, "canonical", lambda value: made.append(value) or words(value))
    write_object(path, {"nodes": [piece]}, compact=True)
    assert made == ["nodes"]
    assert path.read_bytes() == first == (words({"nodes": [dict(piece)]}) + "\n").encode()
    assert read_object(path) == {"nodes": [piece]}
