from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.data.scenes import scene, write_scenes
from trainer.cli import dataset
from trainer.data import PreparedSet
from trainer.data.derived import registered

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PERSONA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def run(*words: object) -> int:
    parser = argparse.ArgumentParser()
    dataset.add_parser(parser.add_subparsers())
    args = parser.parse_args(["dataset", *map(str, words)])
    code: int = args.run(args)
    return code


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_scenes(tmp_path / "my pictures", 10, size=64)
    return tmp_path / "my pictures"


def test_prepares_whole_pictures_and_tells_as_json_lines(
    folder: Path, tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.png").write_text("x")
    out = tmp_path / "set"
    assert run("prepare", folder, "--out", out, "--no-align", "--size", 64, "--json") == dataset.PARTLY
    told = lines(capsys.readouterr().out)
    assert [event["event"] for event in told if event["event"] != "progress"] == [
        "found",
        "problem",
        "stage",
        "stage",
        "stage",
        "done",
    ]
    assert told[-1]["pictures"] == 10
    assert Path(told[-1]["page"]).is_file()
    made = PreparedSet.open(out)
    assert told[-1]["digest"] == made.digest
    assert [(card["digest"], card["kind"]) for card in registered(home)] == [(made.digest, "prepared set")]


def test_tells_people_on_standard_error(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.png").write_text("x")
    assert run("prepare", folder, "--out", tmp_path / "set", "--no-align", "--size", 64) == dataset.PARTLY
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "broken.png: it is not a PNG, JPEG, WebP, TIFF, BMP, GIF, AVIF or HEIC picture.\n" in captured.err
    assert "10 pictures ready" in captured.err


def test_decisions_on_the_command_line_are_kept(folder: Path, tmp_path: Path) -> None:
    scene(30, 20, 20).save(folder / "small.png")
    prepare = ("prepare", folder, "--out", tmp_path / "set", "--no-align", "--size", 64)
    assert run(*prepare, "--put-back", "small.png", "--leave-out", "scene 1.png") == 0
    assert run(*prepare) == 0
    sources = {picture.source for picture in PreparedSet.open(tmp_path / "set").pictures}
    assert "small.png" in sources
    assert "scene 1.png" not in sources
    assert run(*prepare, "--undecide", "small.png") == 0
    assert "small.png" not in {picture.source for picture in PreparedSet.open(tmp_path / "set").pictures}


def test_errors_are_one_sentence_and_an_exit_code(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run("prepare", tmp_path / "nowhere", "--out", tmp_path / "set", "--json")
    captured = capsys.readouterr()
    assert code == 11
    assert "there is no such folder" in captured.err
    assert lines(captured.out)[-1]["event"] == "failed"
    assert run("prepare", folder, "--out", tmp_path / "set", "--size", 5) == 11
    assert run("report", tmp_path / "nowhere") == 11


def test_reports(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "set"
    run("prepare", folder, "--out", out, "--no-align", "--size", 64)
    capsys.readouterr()
    assert run("report", out) == 0
    text = capsys.readouterr().out
    assert "10 pictures, 9 to train on, 1 held back" in text
    assert PreparedSet.open(out).digest in text
    assert run("report", out, "--json") == 0
    card = json.loads(capsys.readouterr().out)
    assert len(card["kept"]) == 10
    assert card["variety"]["effective"] > 8


def test_reports_on_a_folder_with_a_list(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "index.csv").write_text("file,class,split\nscene 0.png,a,train\nscene 1.png,b,val\n")
    assert run("report", folder) == 0
    assert "a: 1 + 0" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
@pytest.mark.parametrize("signal_name", ["SIGINT", "SIGTERM"])
def test_an_interruption_ends_it_cleanly(folder: Path, tmp_path: Path, signal_name: str) -> None:
    import signal

    write_scenes(folder, 60, first=100, size=400)
    script = "import sys; from tests.trainer.cli.test_dataset import run; sys.exit(run(*sys.argv[1:]))"
    words = ["prepare", str(folder), "--out", str(tmp_path / "set"), "--no-align", "--json", "--threads", "1"]
    child = subprocess.Popen(
        [sys.executable, "-c", script, *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    assert child.stdout is not None
    child.stdout.readline()
    child.send_signal(getattr(signal, signal_name))
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert lines(out)[-1]["reason"]["code"] == "stopped"
    assert "Traceback" not in err
    assert not (tmp_path / "set" / "set.json").exists()


def test_starts_without_torch() -> None:
    code = "import sys, trainer.cli.dataset, trainer.data.consent; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
