"""The ways to pip on a Python that comes without ensurepip."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pip_bootstrap
import pytest
from environment import Layout, SetupError


class Machine:
    """Answers commands: those that contain one of the given words fail."""

    def __init__(self, *failing: str) -> None:
        self.failing = failing
        self.commands: list[str] = []

    def __call__(self, command: Sequence[str], failure: str, cwd: Path | None = None) -> str:
        line = " ".join(map(str, command))
        self.commands.append(line)
        if any(word in line for word in self.failing):
            raise SetupError(failure)
        return ""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


@pytest.fixture(autouse=True)
def debian(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Debian's Python, where this user may not install packages."""
    monkeypatch.setattr(pip_bootstrap, "DEBIAN_WHEELS", tmp_path / "no-wheels")
    monkeypatch.setattr(pip_bootstrap, "base_python", lambda: "/usr/bin/python3")
    monkeypatch.setattr(pip_bootstrap, "apt_prefix", lambda: None)
    monkeypatch.setattr(pip_bootstrap, "_pips_on_this_machine", lambda: [["/usr/bin/python3", "-m", "pip"]])
    monkeypatch.setattr(pip_bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")


def quiet(text: str) -> None:
    """Says nothing."""


def test_a_whole_python_makes_it_in_one_step(layout: Layout) -> None:
    machine = Machine()
    pip_bootstrap.make_environment(layout, machine, quiet)
    assert machine.commands == [f"/usr/bin/python3 -m venv {layout.venv}"]


def test_a_failure_that_has_nothing_to_do_with_ensurepip_is_passed_on(layout: Layout) -> None:
    machine = Machine("-m venv")
    with pytest.raises(SetupError, match="could not be made"):
        pip_bootstrap.make_environment(layout, machine, quiet)
    assert not any("--without-pip" in command for command in machine.commands)


def test_root_on_debian_gets_the_missing_package(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pip_bootstrap, "apt_prefix", lambda: ["env", "DEBIAN_FRONTEND=noninteractive"])

    class Debian(Machine):
        def __call__(self, command: Sequence[str], failure: str, cwd: Path | None = None) -> str:
            if "apt-get install" in " ".join(command):
                self.failing = ()
            return super().__call__(command, failure, cwd)

    machine = Debian("-m venv", "ensurepip")
    pip_bootstrap.make_environment(layout, machine, quiet)
    assert pip_bootstrap.venv_package() in machine.commands[-2]
    assert machine.commands[-1] == f"/usr/bin/python3 -m venv {layout.venv}"


def test_a_pip_on_the_machine_installs_itself(layout: Layout) -> None:
    machine = Machine(f"venv {layout.venv}", "ensurepip")
    pip_bootstrap.make_environment(layout, machine, quiet)
    assert machine.commands[-1].startswith(f"/usr/bin/python3 -m pip --python {layout.python} install")


def test_debians_pip_wheel_is_the_last_way(layout: Layout) -> None:
    class Archive(Machine):
        def __call__(self, command: Sequence[str], failure: str, cwd: Path | None = None) -> str:
            answer = super().__call__(command, failure, cwd)
            if "download" in command and cwd is not None:
                (cwd / "python3-pip-whl_23_all.deb").touch()
            if command[0] == "dpkg-deb":
                wheels = Path(command[-1]) / "usr/share/python-wheels"
                wheels.mkdir(parents=True)
                (wheels / "pip-23-py3-none-any.whl").touch()
            return answer

    machine = Archive(f"venv {layout.venv}", "ensurepip", "--python")
    pip_bootstrap.make_environment(layout, machine, quiet)
    assert (
        "pip-23-py3-none-any.whl/pip install" in machine.commands[-1]
        or "python-wheels" in machine.commands[-1]
    )


def test_when_nothing_helps_one_sentence_says_what_to_install(layout: Layout) -> None:
    machine = Machine(f"venv {layout.venv}", "ensurepip", "--python", "python-wheels", "apt-get")
    with pytest.raises(SetupError, match=r"sudo apt-get install python3\.\d+-venv"):
        pip_bootstrap.make_environment(layout, machine, quiet)


def test_apt_gets_fresh_lists_only_if_the_present_ones_do_not_do() -> None:
    machine = Machine()
    pip_bootstrap.apt_install([], ["libegl1"], machine)
    assert len(machine.commands) == 1
    empty = Machine("install")
    with pytest.raises(SetupError, match="libegl1"):
        pip_bootstrap.apt_install([], ["libegl1"], empty)
    assert [command.split()[1] for command in empty.commands] == ["install", "update", "install"]
