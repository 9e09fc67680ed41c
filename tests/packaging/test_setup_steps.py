"""What a set-up keeps, takes away and makes anew; no test here installs anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import setup_steps
import suitable
from environment import Layout, SetupError, Stamp, current_stamp, read_stamp, unfinished, write_stamp
from setup_steps import (
    clean_environment,
    describe_failure,
    drop_broken_packages,
    remove_environment,
    why_rebuild,
)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A checkout without an environment."""
    layout = Layout(tmp_path / "checkout")
    (layout.root / "packaging").mkdir(parents=True)
    (layout.root / "pyproject.toml").write_text("[project]\n")
    layout.constraints.write_text("numpy==1\n")
    return layout


@pytest.fixture
def bare(layout: Layout) -> Layout:
    """A checkout with a real, empty environment (no pip in it)."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(layout.venv)], check=True)
    return layout


def add_package(layout: Layout, name: str, text: str = "x = 1\n") -> Path:
    """Install a package of one file by hand; returns its record."""
    if layout.windows:
        site = layout.venv / "Lib" / "site-packages"
    else:
        site = layout.venv / "lib" / "python3.11" / "site-packages"
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (site / f"{name}.py").write_text(text, newline="")
    record = info / "RECORD"
    record.write_text(f"{name}.py,sha256=x,{len(text)}\n__pycache__/{name}.pyc,,\n{info.name}/RECORD,,\n")
    return record


# ---- keep or make anew ----


def test_no_environment_is_made(layout: Layout) -> None:
    assert why_rebuild(layout, None) == "there is none"


def test_an_environment_without_pip_is_incomplete(bare: Layout) -> None:
    assert why_rebuild(bare, None) == "it is incomplete"
    finished = current_stamp(bare, dev=False)
    assert why_rebuild(bare, finished) == "the Python below it was removed or replaced"


def test_a_healthy_environment_is_kept(bare: Layout) -> None:
    site = next(bare.venv.rglob("site-packages"))
    (site / "pip").mkdir()
    (site / "pip" / "__init__.py").write_text("")
    assert why_rebuild(bare, None) is None
    assert why_rebuild(bare, unfinished(current_stamp(bare, dev=True))) is None
    elsewhere = Stamp(str(bare.root.parent), "", "", dev=False, finished=True)
    assert why_rebuild(bare, elsewhere) == "it was made for another folder"
    older = Stamp(str(bare.root), "/usr/bin/python3.11.1", "", dev=False, finished=True)
    assert why_rebuild(bare, older) is None, "another release of the same Python, which answers"


def test_a_moved_environment_without_a_stamp_is_made_anew(bare: Layout, tmp_path: Path) -> None:
    site = next(bare.venv.rglob("site-packages"))
    (site / "pip").mkdir()
    (site / "pip" / "__init__.py").write_text("")
    moved = tmp_path / "moved"
    bare.root.rename(moved)
    assert why_rebuild(Layout(moved), None) == "it was made for another folder"


def test_an_environment_whose_python_is_gone_is_made_anew(bare: Layout) -> None:
    bare.python.unlink()
    assert why_rebuild(bare, None) == "its Python is gone"


def test_an_environment_is_removed(bare: Layout) -> None:
    remove_environment(bare)
    assert not bare.venv.exists()


def test_an_interrupted_beginning_is_removed(layout: Layout) -> None:
    layout.venv.mkdir()
    write_stamp(layout, Stamp(str(layout.root), "", "", dev=False, finished=False))
    (layout.venv / "half").write_text("")
    remove_environment(layout)
    assert not layout.venv.exists()


def test_a_folder_that_is_no_environment_is_left_alone(layout: Layout) -> None:
    layout.venv.mkdir()
    (layout.venv / "thesis.txt").write_text("mine")
    with pytest.raises(SetupError, match="no virtual environment"):
        remove_environment(layout)
    assert (layout.venv / "thesis.txt").read_text() == "mine"


# ---- packages that were half installed ----


def test_whole_packages_stay(layout: Layout) -> None:
    record = add_package(layout, "whole")
    assert drop_broken_packages(layout) == []
    assert record.exists()


def test_truncated_missing_and_unrecorded_packages_are_forgotten(layout: Layout) -> None:
    truncated = add_package(layout, "truncated")
    (truncated.parent.parent / "truncated.py").write_text("x")
    missing = add_package(layout, "missing")
    (missing.parent.parent / "missing.py").unlink()
    unrecorded = add_package(layout, "unrecorded")
    unrecorded.unlink()
    whole = add_package(layout, "whole")
    (whole.parent.parent / "~orch").mkdir()
    assert drop_broken_packages(layout) == ["missing-1.0", "truncated-1.0", "unrecorded-1.0"]
    assert sorted(path.name for path in whole.parent.parent.glob("*.dist-info")) == ["whole-1.0.dist-info"]
    assert not list(whole.parent.parent.glob("~*"))


# ---- the order of the steps ----


class ScriptedSteps(setup_steps.Steps):
    """A set-up whose programs only write down that they were called."""

    def __init__(
        self, layout: Layout, *, dev: bool = False, missing: bool = False, breaks: bool = False
    ) -> None:
        super().__init__(layout, dev=dev, verbose=False, lock=None)  # type: ignore[arg-type]
        self.done: list[str] = []
        self._missing = missing
        self._breaks = breaks

    def _provide_environment(self) -> None:
        self.done.append("environment")
        self._layout.python.parent.mkdir(parents=True, exist_ok=True)
        self._layout.python.touch()

    def _install_packages(self) -> None:
        self.done.append("packages with tools" if self._dev else "packages")
        if self._breaks:
            raise SetupError("no network")
        self._layout.persona.touch()

    def _try_packages(self) -> None:
        self.done.append("tried")

    def _compile(self) -> None:
        self.done.append("compiled")

    def _provide_helpers(self) -> None:
        self.done.append("helpers")

    def _provide_libraries(self) -> bool:
        self.done.append("libraries")
        return self._missing


def test_a_first_set_up_does_everything_and_ends_ready(layout: Layout) -> None:
    steps = ScriptedSteps(layout)
    steps.run()
    assert steps.done == ["environment", "packages", "tried", "compiled", "helpers", "libraries"]
    assert setup_steps.is_ready(layout, dev=False)


def test_a_set_up_that_breaks_leaves_an_unfinished_stamp(layout: Layout) -> None:
    with pytest.raises(SetupError):
        ScriptedSteps(layout, breaks=True).run()
    stamp = read_stamp(layout)
    assert stamp is not None
    assert not stamp.finished
    ScriptedSteps(layout).run()
    assert setup_steps.is_ready(layout, dev=False)


def test_only_the_libraries_are_looked_at_again_when_only_they_are_missing(layout: Layout) -> None:
    ScriptedSteps(layout, missing=True).run()
    assert not setup_steps.is_ready(layout, dev=False)
    again = ScriptedSteps(layout)
    again.run()
    assert again.done == ["libraries"]
    assert setup_steps.is_ready(layout, dev=False)


def test_an_app_start_keeps_the_tools_of_an_earlier_check(layout: Layout) -> None:
    ScriptedSteps(layout, dev=True).run()
    layout.constraints.write_text("numpy==2\n")
    later = ScriptedSteps(layout)
    later.run()
    assert later.done == ["environment", "packages with tools", "tried", "compiled", "helpers", "libraries"]
    assert setup_steps.is_ready(layout, dev=True)


def test_helper_files_that_cannot_be_had_are_said_and_stop_nothing(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(steps: object, command: list[str], failure: str) -> str:
        assert command[1:] == ["-m", "trainer", "helpers"]
        raise SetupError(failure)

    monkeypatch.setattr(setup_steps.Steps, "_call", fail)
    setup_steps.Steps(layout, dev=False, verbose=False, lock=None)._provide_helpers()  # type: ignore[arg-type]
    assert "offers them again" in "".join(capsys.readouterr())
    setup_steps.Steps(layout, dev=True, verbose=False, lock=None)._provide_helpers()  # type: ignore[arg-type]
    assert capsys.readouterr().out == ""


def test_our_own_modules_are_compiled_and_it_does_not_matter_where_that_fails(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[list[str]] = []

    def fail(steps: object, command: list[str], failure: str) -> str:
        called.append(command)
        raise SetupError(failure)

    monkeypatch.setattr(setup_steps.Steps, "_call", fail)
    setup_steps.Steps(layout, dev=False, verbose=False, lock=None)._compile()  # type: ignore[arg-type]
    assert called == [
        [str(layout.python), "-m", "compileall", "-q", "engine", "resources", "studio", "trainer"]
    ]


# ---- saying what went wrong ----


@pytest.mark.parametrize(
    "said",
    [
        "OSError: [Errno 28] No space left on device",
        "OSError: [Errno 28] 设备上没有空间",
        "OSError: [Errno 122] Disk quota exceeded",
        "OSError: [WinError 112] Es steht nicht genug Speicherplatz zur Verfügung",
    ],
)
def test_a_full_disk_is_told_in_any_language(layout: Layout, said: str) -> None:
    assert "the disk is full" in describe_failure("It failed", ["Installing\n", f"{said}\n"], layout)


def test_what_does_not_start_after_installing_is_named(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(steps: object, command: list[str], failure: str) -> str:
        if "torch" in command[-1]:
            raise SetupError(f"{failure}. ImportError: DLL load failed while importing _C")
        return ""

    monkeypatch.setattr(setup_steps.Steps, "_call", fail)
    windows = Layout(layout.root, windows=True)
    with pytest.raises(SetupError, match="torch lacks a library of Windows: install Microsoft"):
        setup_steps.Steps(windows, dev=False, verbose=False, lock=None)._try_packages()  # type: ignore[arg-type]
    linux = Layout(layout.root, windows=False)
    with pytest.raises(SetupError, match="torch was installed, but does not start"):
        setup_steps.Steps(linux, dev=False, verbose=False, lock=None)._try_packages()  # type: ignore[arg-type]


def test_other_failures_show_their_last_lines(layout: Layout) -> None:
    told = describe_failure("It failed", [f"line {number}\n" for number in range(40)], layout)
    assert "line 39" in told
    assert "line 20" not in told
    assert "persona-setup.log" in told


def test_too_little_disk_is_said_before_anything_is_made(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suitable, "LEAST_GB", 1e9)
    with pytest.raises(SetupError, match="GB left"):
        setup_steps.check_disk(layout.root)


def test_the_machines_proxies_are_kept_and_other_places_to_install_to_are_not() -> None:
    cleaned = clean_environment({"HTTPS_PROXY": "p", "PIP_TARGET": "/x", "PYTHONPATH": "/y", "PIP_USER": "1"})
    assert cleaned["HTTPS_PROXY"] == "p"
    assert cleaned["PIP_USER"] == "0"
    assert not cleaned.keys() & {"PIP_TARGET", "PYTHONPATH"}


# ---- one at a time ----

HOLDER = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from environment import Layout
from setup_steps import exclusive
with exclusive(Layout(Path(sys.argv[2]))):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_set_up_waits_for_the_first_even_if_that_is_killed(
    layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    packaging = str(Path(setup_steps.__file__).parent)
    command = [sys.executable, "-c", HOLDER, packaging, str(layout.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline().strip() == b"held"
        with layout.lock.open("ab") as file:
            assert not setup_steps._try_lock(file)
        first.kill()
        with setup_steps.exclusive(layout):
            pass
    assert "Traceback" not in capsys.readouterr().err


def test_a_checkout_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(SetupError, match="cannot be written"),
        setup_steps.exclusive(Layout(tmp_path / "nowhere")),
    ):
        pass
