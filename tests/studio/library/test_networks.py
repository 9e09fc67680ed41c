"""Networks from elsewhere: a real child of the trainer makes models of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import TargetExistsError
from studio.library.networks import NetworkError, import_network, is_network
from tests.studio.cli.conftest import Persona, home, persona
from tests.trainer.foreign import pickled

__all__ = ["home", "persona"]
EVIL = b"\x80\x02cos\nsystem\nX\x01\0\0\0a\x85R."


def test_what_is_called_like_one() -> None:
    assert is_network(Path("a/FFHQ.PKL")) and is_network(Path("a.pt"))
    assert not is_network(Path("a.persona")) and not is_network(Path("pkl"))


def test_it_becomes_one_of_the_models(persona: Persona, home: Path, tmp_path: Path) -> None:
    file = pickled.write(tmp_path / "network.pkl", pickled.network())
    answer = persona("model", "import", file, "--licence", "CC BY-NC 4.0", "--name", "Their faces", "--json")
    assert answer.code == 0 and Path(answer.json["model"]["path"]) == home / "models" / "Their faces"
    assert "does not permit commercial use" in answer.stderr
    assert "CC BY-NC 4.0" in persona("model", "list").stdout
    told: list[tuple[int, int]] = []
    with pytest.raises(TargetExistsError):
        import_network(file, home / "models", "Their faces", "MIT", lambda *part: told.append(part))
    assert told[-1][0] == told[-1][1]


def test_the_licence_is_asked_for(persona: Persona, home: Path, tmp_path: Path) -> None:
    file = pickled.write(tmp_path / "network.pkl", pickled.network())
    for words in ((), ("--licence", " ")):
        answer = persona("model", "import", file, *words)
        assert answer.code == 2 and answer.stderr.startswith("Say under which licence")
    assert not (home / "models").exists()


def test_a_file_that_is_none(persona: Persona, home: Path, tmp_path: Path) -> None:
    (tmp_path / "evil.pkl").write_bytes(EVIL)
    answer = persona("model", "import", tmp_path / "evil.pkl", "--licence", "MIT")
    assert answer.code == 5
    assert answer.stderr == (
        f"Cannot use the network {tmp_path / 'evil.pkl'}: it wants os.system, which no network needs.\n"
    )
    assert not list((home / "models").iterdir())


def test_a_child_that_breaks_down_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(NetworkError, match="broke down"):
        import_network(tmp_path / "a.pkl", tmp_path, "a", "MIT", lambda done, total: None)
