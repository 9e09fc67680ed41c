"""The ritual: everything runs, one failure is enough, and the tests have the last word."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import ritual
from environment import Layout


class Tools:
    """Stands in for the programs: the named ones fail."""

    def __init__(self, *failing: str) -> None:
        self.failing = failing
        self.ran: list[list[str]] = []

    def __call__(self, command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        name = Path(command[0]).name
        self.ran.append([name, *command[1:]])
        if name == "pytest":
            print("1 passed in 0.01s", flush=True)
        return subprocess.CompletedProcess(command, int(name in self.failing))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> object:
    def run(*failing: str) -> tuple[int, Tools]:
        tools = Tools(*failing)
        monkeypatch.setattr(ritual.subprocess, "run", tools)
        return ritual.run_checks(Layout(Path("nowhere")), ["-q"]), tools

    return run


def test_all_checks_run_and_pass(run, capsys: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    code, tools = run()
    assert code == 0
    assert [command[0] for command in tools.ran] == ["ruff", "ruff", "mypy", "lint-imports", "pytest"]
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed in 0.01s"


@pytest.mark.parametrize("tool", ["ruff", "mypy", "lint-imports", "pytest"])
def test_one_failure_is_enough_and_hides_no_other_check(run, tool: str) -> None:  # type: ignore[no-untyped-def]
    code, tools = run(tool)
    assert code == 1
    assert len(tools.ran) == 5


def test_what_failed_is_said_before_the_tests(run, capsys: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    run("mypy")
    told = capsys.readouterr().out
    assert "before the tests: types FAILED" in told
    assert told.splitlines()[-1] == "1 passed in 0.01s"


def test_the_checks_see_no_screen_and_no_foreign_paths() -> None:
    environ = ritual.check_environment({"PYTHONPATH": "/x", "HOME": "/home/x"})
    assert environ["QT_QPA_PLATFORM"] == "offscreen"
    assert "PYTHONPATH" not in environ
    assert environ["HOME"] == "/home/x"
