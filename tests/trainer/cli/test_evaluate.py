"""`evaluate` on the command line: in a child process, and with everything that can be wrong."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.bundle import Bundle
from engine.exchange import export_bundle, verify_bundle
from engine.style import Style
from tests.tiny import S
from tests.trainer.data.scenes import write_scenes
from tests.trainer.evaluation.scripted_extractor import ColourExtractor, few
from tests.trainer.evaluation.test_evaluate import own_samples, write_listed
from trainer.cli.evaluate import PARTLY, add_parser
from trainer.evaluation import feature_extractor, settings
from trainer.evaluation.progress import ProgressLine
from trainer.helpers import HelperError

ROOT = Path(__file__).parents[3]
Evaluate = Callable[..., int]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PERSONA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def evaluate(monkeypatch: pytest.MonkeyPatch) -> Evaluate:
    """`evaluate WORDS` in this process, with the stand-in extractor and a probe that hardly learns."""
    monkeypatch.setattr(feature_extractor, "open_extractor", lambda provider, say: ColourExtractor())
    monkeypatch.setattr(settings, "EvaluationSettings", few)

    def run(*words: object) -> int:
        parser = argparse.ArgumentParser()
        add_parser(parser.add_subparsers())
        args = parser.parse_args(["evaluate", *map(str, words)])
        code: int = args.run(args)
        return code

    return run


@pytest.fixture(scope="module")
def listed(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pictures = own_samples(Bundle.load(tiny_bundle), 50, 2)
    return write_listed(tmp_path_factory.mktemp("sets") / "set", pictures, 20, ["one", "two"])


def test_in_a_process_of_its_own(own_tiny_bundle: Path, listed: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    done = subprocess.run(
        [
            sys.executable, "-m", "tests.trainer.evaluation.child", "evaluate", str(own_tiny_bundle),
            "--data", str(listed), "--out", str(out), "--count", "24", "--json", "--into-card",
        ],
        cwd=ROOT, capture_output=True, text=True, timeout=100, check=False,
        env=dict(os.environ) | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    written = json.loads((out / "report.json").read_text("utf-8"))
    assert said == written | {"files": {"report": str(out / "report.json"), "page": str(out / "report.html")}}
    assert written["settings"]["count"] == 24
    assert written["data"]["held_out"] == 20
    assert (out / "report.html").read_text("utf-8").startswith("<!doctype html>")
    assert verify_bundle(own_tiny_bundle) == []
    kept = Bundle.load(own_tiny_bundle).card.raw["metrics"]["evaluation"]
    assert kept["samples"] == 24
    assert {
        "of": "all samples",
        "key": "copying",
        "name": "Copying",
        "real": 1.0,
        "control": None,
    }.items() <= (next(one for one in kept["figures"] if one["key"] == "copying").items())


def test_a_persona_file_a_plain_folder_and_a_style_by_name(
    evaluate: Evaluate, tiny_bundle: Path, tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = Bundle.load(tiny_bundle)
    packed = export_bundle(bundle, tmp_path / "tiny.persona")
    Style("Mine", tuple([1.0] + [0.0] * (S - 1)), bundle.id).save(_folder(home / "styles") / "m.style.json")
    write_scenes(tmp_path / "pictures", 8, size=64)
    (tmp_path / "pictures" / "broken.png").write_bytes(b"no picture")
    words = ["--data", tmp_path / "pictures", "--no-align", "--style", "mine", "--out", tmp_path / "out"]
    assert evaluate(packed, *words, "--count", 4, "--into-card") == PARTLY
    told = capsys.readouterr()
    assert "broken.png" in told.err
    assert "Coverage" in told.out and "real pictures" in told.out
    report = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    assert list(report["figures"]["own_styles"]) == ["Mine"]
    assert report["data"]["title"] == "pictures"
    assert any("prepared for this evaluation alone" in note for note in report["notes"])
    assert str(tmp_path) not in json.dumps(report["notes"])
    assert verify_bundle(packed) == []


def test_a_model_by_name(
    evaluate: Evaluate, own_tiny_bundle: Path, listed: Path, tmp_path: Path, home: Path
) -> None:
    shutil.copytree(own_tiny_bundle, home / "models" / "my model")
    for name in ("my model", "tiny"):
        assert evaluate(name, "--data", listed, "--out", tmp_path / name, "--count", 2, "--quiet") == 0


def test_what_is_no_model_no_set_no_style_and_no_target(
    evaluate: Evaluate, tiny_bundle: Path, listed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "a.png").write_bytes(b"x")
    out, model = tmp_path / "out", tiny_bundle
    cases: list[tuple[list[Any], int, str]] = [
        (["nobody", "--data", listed, "--out", out], 5, "no model of that name"),
        ([tmp_path / "empty", "--data", listed, "--out", out], 5, "it is not a model folder"),
        ([tmp_path / "file", "--data", listed, "--out", out], 5, "neither a model folder nor a packed model"),
        ([model, "--data", tmp_path / "nowhere", "--out", out], 11, "there is no such folder"),
        ([model, "--data", tmp_path / "empty", "--out", out], 11, "there are no pictures in it"),
        ([model, "--data", tmp_path / "damaged", "--out", out, "--no-align"], 11, "a.png"),
        ([model, "--data", listed, "--out", out, "--style", "nobody"], 6, "There is no style 'nobody'"),
        ([model, "--data", listed, "--out", tmp_path / "file"], 8, "Cannot write to"),
        ([model, "--data", listed, "--out", tmp_path / "file" / "below"], 8, "Cannot write to"),
        ([model, "--data", listed, "--out", listed], 8, "it holds a set of pictures"),
        ([model, "--data", listed, "--out", out, "--count", 1], 1, "At least 2 pictures"),
    ]
    for words, code, sentence in cases:
        assert evaluate(*words, "--json") == code, words
        told = capsys.readouterr()
        last = told.err.strip().splitlines()[-1]
        assert sentence in last
        assert json.loads(told.out) == {"error": last, "problems": []}
        assert str(tmp_path) not in last.replace(str(words[0]), "") or "persona-" not in last
    assert not out.exists() or not any(out.iterdir())


def test_a_model_that_is_damaged_is_not_sealed_anew(
    evaluate: Evaluate,
    own_tiny_bundle: Path,
    listed: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    weights = own_tiny_bundle / "discriminator.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    before = (own_tiny_bundle / "model.json").read_bytes()
    out = tmp_path / "out"
    assert evaluate(own_tiny_bundle, "--data", listed, "--out", out, "--count", 2, "--into-card") == 5
    assert "discriminator.safetensors was changed or damaged" in capsys.readouterr().err
    assert (own_tiny_bundle / "model.json").read_bytes() == before
    assert (out / "report.json").is_file()


def test_a_feature_net_that_cannot_be_had(
    tiny_bundle: Path, listed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def refuse(name: str) -> Path:
        raise HelperError("fdet could not be fetched: no network")

    monkeypatch.setattr(feature_extractor, "find_helper", refuse)
    monkeypatch.setattr(feature_extractor, "fetch_helper", refuse)
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    args = parser.parse_args(
        ["evaluate", str(tiny_bundle), "--data", str(listed), "--out", str(tmp_path / "out")]
    )
    assert args.run(args) == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last == "There is no feature net to judge by: fdet could not be fetched: no network."


def test_progress_is_one_line_and_silence_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    told = ProgressLine()
    for done in range(1, 100):
        told("samples", done, 100)
    assert capsys.readouterr().err == "samples: 1 of 100\n"
    ProgressLine(quiet=True)("samples", 1, 2)
    assert capsys.readouterr().err == ""


def _folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path
