"""The command line of run.py and what becomes of it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import start
from start import Wish, has_display, needs_window, parse, persona_arguments

PACKAGING = Path(start.__file__).parent


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ([], Wish("open")),
        (["--"], Wish("run")),
        (["--", "generate", "--help"], Wish("run", ("generate", "--help"))),
        (["--", "a", "--", "b"], Wish("run", ("a", "--", "b"))),
        (["test"], Wish("test")),
        (["test", "--", "-k", "run"], Wish("test", ("-k", "run"))),
        (["--verbose", "setup"], Wish("setup", verbose=True)),
        (["-h"], Wish("open", help=True)),
    ],
)
def test_command_lines_are_understood(words: list[str], wish: Wish) -> None:
    assert parse(words) == wish


@pytest.mark.parametrize(
    "words", [["generate"], ["test", "setup"], ["--fast"], ["setup", "--", "x"], ["open"]]
)
def test_other_command_lines_are_refused(words: list[str]) -> None:
    with pytest.raises(ValueError, match=r"unknown|nothing"):
        parse(words)


def test_without_a_display_the_bare_start_makes_the_demonstration(capsys: pytest.CaptureFixture[str]) -> None:
    assert persona_arguments(Wish("open"), {}, "linux") == ("demo",)
    told = capsys.readouterr()
    assert "no display" in told.err
    assert told.out == ""


def test_with_a_display_the_bare_start_opens_the_window() -> None:
    assert persona_arguments(Wish("open"), {"DISPLAY": ":0"}, "linux") == ()


def test_what_follows_the_dashes_is_passed_on_with_or_without_a_display() -> None:
    assert persona_arguments(Wish("run", ("bench", "--json")), {}, "linux") == ("bench", "--json")


def test_only_windows_need_the_libraries_of_qt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "has_display", lambda environ, platform: False)
    assert not needs_window(Wish("open"))
    assert not needs_window(Wish("run", ("generate",)))
    assert needs_window(Wish("run"))
    assert needs_window(Wish("test"))
    assert needs_window(Wish("setup"))


def test_displays_are_recognised() -> None:
    assert not has_display({"DISPLAY": ""}, "linux")
    assert has_display({"WAYLAND_DISPLAY": "wayland-0"}, "linux")
    assert has_display({"QT_QPA_PLATFORM": "vnc"}, "linux")
    assert has_display({}, "darwin")
    assert has_display({}, "win32")


def test_run_py_parses_on_old_pythons_so_that_it_can_turn_them_away() -> None:
    source = (PACKAGING / "run.py").read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 4))
    modern = (ast.AnnAssign, ast.JoinedStr, ast.NamedExpr)
    assert not [node for node in ast.walk(tree) if isinstance(node, modern)]


def test_an_old_python_is_told_what_it_needs() -> None:
    code = "import sys, runpy; sys.version_info = (3, 9, 2); runpy.run_path(sys.argv[1], run_name='__main__')"
    result = subprocess.run(
        [sys.executable, "-I", "-c", code, str(PACKAGING / "run.py")], capture_output=True, text=True
    )
    assert result.returncode == 1
    assert "needs Python 3.11 or newer" in result.stderr
    assert "Python 3.9" in result.stderr


def test_help_is_shown_without_a_set_up() -> None:
    result = subprocess.run(
        [sys.executable, str(PACKAGING / "run.py"), "--help"], capture_output=True, text=True
    )
    assert result.returncode == 0
    assert "run.py test" in result.stdout


def test_a_start_that_has_nothing_to_set_up_imports_next_to_nothing() -> None:
    """Only these rooms may be loaded before persona takes over: the rest is for the set-up."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); import start; print('\\n'.join(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-I", "-c", code, str(PACKAGING)], capture_output=True, text=True, check=True
    )
    loaded = set(result.stdout.split())
    assert {"start", "environment"} <= loaded
    assert not loaded & {
        "subprocess",
        "setup_steps",
        "libraries",
        "pip_bootstrap",
        "ritual",
        "tempfile",
        "argparse",
    }
