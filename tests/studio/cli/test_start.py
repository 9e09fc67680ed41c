from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from engine.errors import PersonaError
from studio.cli import bench, start
from studio.cli.exits import MEANINGS, Exit
from tests.studio.cli.conftest import Persona


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the window was asked to open, instead of a window."""
    opened: list[list[str]] = []
    for name in ("studio.app", "studio.tools.screenshots"):
        module = ModuleType(name)
        module.run = lambda words: opened.append(words) or 0  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setenv("DISPLAY", ":0")
    return opened


def test_no_words_open_the_window(persona: Persona, window: list[list[str]]) -> None:
    assert persona().code == 0
    assert window == [[]]


def test_studio_passes_everything_on(persona: Persona, window: list[list[str]]) -> None:
    persona("studio", "--screenshots", "shots", "--anything")
    assert window == [["--screenshots", "shots", "--anything"]]


def test_files_open_in_the_window(persona: Persona, window: list[list[str]], tmp_path: Path) -> None:
    file = tmp_path / "ein Bild.png"
    file.write_bytes(b"")
    persona(file)
    assert window == [[str(file)]]


def test_a_window_that_cannot_open_says_so(persona: Persona, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "studio.app", None)
    monkeypatch.setenv("DISPLAY", ":0")
    answer = persona()
    assert answer.code == 1
    assert "window cannot open" in answer.stderr


def test_without_a_display_there_is_a_sentence(
    persona: Persona, window: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    answer = persona()
    assert answer.code == 1
    assert "no display" in answer.stderr
    assert window == []
    persona("studio", "--screenshots", "shots")
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    persona()
    assert window == [["--screenshots", "shots"], []]


@pytest.mark.parametrize(
    ("word", "hint"),
    [("generat", "persona generate?"), ("xyz", "--help"), ("no/such.png", "nor a file"), ("--x", "--x")],
)
def test_unknown_words(persona: Persona, window: list[list[str]], word: str, hint: str) -> None:
    answer = persona(word)
    assert answer.code == Exit.USAGE
    assert hint in answer.stderr
    assert window == []


def test_help_names_every_command_and_exit_code(persona: Persona) -> None:
    page = persona("--help").stdout
    assert all(command.name in page for command in start.COMMANDS)
    assert all(meaning in page for meaning in MEANINGS.values())


@pytest.mark.parametrize("command", [command for command in start.COMMANDS if command.module])
def test_every_command_has_help(persona: Persona, command: start.Command) -> None:
    answer = persona(command.name, "--help")
    assert answer.code == 0
    assert "exit codes:" in answer.stdout


def test_version(persona: Persona) -> None:
    assert persona("--version").stdout.startswith("persona 0.")


@pytest.mark.parametrize("words", [["generate"], ["style"], ["style", "sing"], ["generate", "--count"]])
def test_usage_errors_are_json_too(persona: Persona, words: list[str]) -> None:
    answer = persona(*words, "--json")
    assert answer.code == Exit.USAGE
    assert set(answer.json) == {"error", "problems"}
    assert persona(*words).stdout == ""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError("bang\nbang"), "RuntimeError: bang bang"),
        (MemoryError(), "not enough memory"),
        (PermissionError(13, "Permission denied", "x.txt"), "x.txt: Permission denied"),
        (KeyboardInterrupt(), "Stopped"),
        (PersonaError("As said."), "As said."),
    ],
)
def test_whatever_happens_is_one_sentence(
    persona: Persona, monkeypatch: pytest.MonkeyPatch, tiny_bundle: Path, error: BaseException, words: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(bench, "measure", fail)
    answer = persona("bench", "--model", tiny_bundle, "--json", "--quiet")
    assert answer.code == (Exit.STOPPED if isinstance(error, KeyboardInterrupt) else Exit.FAILED)
    assert words in answer.json["error"]
    assert answer.stderr == answer.json["error"] + "\n"


def test_debug_shows_where(
    monkeypatch: pytest.MonkeyPatch, tiny_bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "measure", lambda *_, **__: 1 / 0)
    assert start.main(["bench", "--model", str(tiny_bundle), "--debug", "--json"]) == 1
    said = capsys.readouterr()
    assert "Traceback" in said.err
    assert "ZeroDivisionError" in json.loads(said.out)["error"]


def test_bench_of_the_window(persona: Persona, monkeypatch: pytest.MonkeyPatch, tiny_bundle: Path) -> None:
    monkeypatch.setattr(bench, "measure_studio", lambda path: {"move_to_preview_ms": 12.0})
    assert persona("bench", "--studio", "--model", tiny_bundle, "--json").json["move_to_preview_ms"] == 12.0


def test_bench_passes_the_figures_on(
    persona: Persona, monkeypatch: pytest.MonkeyPatch, tiny_bundle: Path
) -> None:
    figures = {"provider": "CPU", "threads": 2, "full_ms": 12.345678, "torch_same_network_ms": None}
    monkeypatch.setattr(bench, "measure", lambda path, device, progress: dict(figures))
    assert persona("bench", "--model", tiny_bundle, "--json").json == figures | {"problems": []}
    assert "12.35" in persona("bench", "--model", tiny_bundle).stdout
