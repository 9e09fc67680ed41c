from __future__ import annotations

import argparse
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from engine.formats.job import Job
from tests.trainer.data.scenes import FakeFinder, scene, write_scenes
from trainer.cli.forget import add_parser
from trainer.data import PreparedSet
from trainer.data.crops import Cut
from trainer.data.derived import find_derived, register
from trainer.data.home import data_home
from trainer.data.prepare import PreparationSettings, prepare

OTHER = "cd" * 32


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PERSONA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def made(tmp_path: Path) -> PreparedSet:
    write_scenes(tmp_path / "pictures", 4, size=64)
    return prepare(
        tmp_path / "pictures", tmp_path / "work" / "set", PreparationSettings(Cut(32)), new_finder=FakeFinder
    )


def write(path: Path, card: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(card), "utf-8")
    return path


def job(data: str, **more: object) -> dict[str, object]:
    return {"format": 1, "data": data, "network": {}, **more}


def run(*words: object) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    args = parser.parse_args(["forget", *map(str, words)])
    code: int = args.run(args)
    return code


@pytest.fixture
def everything(made: PreparedSet, tmp_path: Path, home: Path) -> dict[str, Path]:
    """One of each kind, and others that belong to another set."""
    digest, work = made.digest, tmp_path / "work"
    for one, run_name in ((digest, "run"), (OTHER, "other run")):
        write(work / run_name / "job.json", job("somewhere", consent={"digest": one}))
        write(work / run_name / "model" / "model.json", {"consent": {"digest": one}})
        write(home / "styles" / f"{run_name}.json", {"consent": {"digest": one}})
        write(home / "consents" / f"{one}.json", {"digest": one})
    write(work / "by path" / "job.json", job(str(made.folder)))
    write(work / "by grouped job" / "job.json", Job.of(str(made.folder)).to_json())
    write(work / "by checkpoint" / "job.json", job("gone"))
    write(work / "by checkpoint" / "checkpoints" / "state.json", {"extra": {"consent": {"digest": digest}}})
    write(home / "models" / "mine" / "model.json", {"consent": {"digest": digest}})
    (home / "models" / "mine" / "mapping.onnx").write_bytes(b"x" * 1000)
    write(work / "loose" / "a.json", {"digest": digest})
    (work / "loose" / "a.safetensors").write_bytes(b"weights")
    header = json.dumps({"__metadata__": {"set": digest}}).encode()
    (work / "loose" / "b.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    with zipfile.ZipFile(work / "mine.persona", "w") as bundle:
        bundle.writestr("model.json", json.dumps({"consent": {"digest": digest}}))
    (work / "fake.persona").write_bytes(b"no zip")
    return {"work": work, "home": home}


EXPECTED = {
    "work/set": "prepared set",
    "work/run": "training run",
    "work/by path": "training run",
    "work/by grouped job": "training run",
    "work/by checkpoint": "training run",
    "work/loose/a.json": "checkpoint",
    "work/loose/a.safetensors": "checkpoint",
    "work/loose/b.safetensors": "checkpoint",
    "work/mine.persona": "model",
    "home/models/mine": "model",
    "home/styles/run.json": "file",
}


def test_finds_everything_made_from_a_set(
    made: PreparedSet, everything: dict[str, Path], tmp_path: Path
) -> None:
    found = find_derived(made.digest, [everything["work"]], everything["home"])
    kinds = {one.path.relative_to(tmp_path).as_posix(): one.kind for one in found}
    assert kinds == EXPECTED | {f"home/consents/{made.digest}.json": "consent record"}
    (model,) = [one for one in found if one.path.name == "mine"]
    assert model.files == 2
    assert model.bytes > 1000


def test_only_lists_without_delete(
    made: PreparedSet, everything: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(made.digest, everything["work"]) == 0
    assert "training run" in capsys.readouterr().out
    assert len(PreparedSet.open(made.folder).pictures) == 4


def test_deletes_all_of_it_and_nothing_else(
    made: PreparedSet, everything: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_scenes(made.folder, 1, first=90)  # the user's own file in the prepared folder
    assert run(made.digest, everything["work"], "--delete", "--yes", "--json") == 0
    card: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert len(card["deleted"]) == len(card["found"]) == len(EXPECTED) + 1
    assert find_derived(made.digest, [everything["work"]], everything["home"]) == []
    assert [path.name for path in made.folder.iterdir()] == ["scene 90.png"]
    assert len(list((tmp_path / "pictures").iterdir())) == 4
    assert (tmp_path / "work" / "other run" / "job.json").is_file()
    assert (tmp_path / "home" / "styles" / "other run.json").is_file()


def test_finds_noted_things_wherever_they_lie(made: PreparedSet, home: Path) -> None:
    assert find_derived(made.digest, [], home) == []
    register(made.digest, "prepared set", made.folder, home)
    assert [one.path for one in find_derived(made.digest, [], home)] == [made.folder]


def test_the_beginning_of_a_known_digest_will_do(made: PreparedSet, home: Path) -> None:
    assert run(made.digest[:8]) == 11
    register(made.digest, "prepared set", made.folder, home)
    assert run(made.digest[:8], "--delete", "--yes") == 0
    assert not made.folder.exists()
    assert run("xyz") == 11
    assert run("abc") == 11


def test_a_set_that_has_changed_since_is_found_by_its_old_digest(
    made: PreparedSet, tmp_path: Path, home: Path
) -> None:
    scene(60, 64, 64).save(tmp_path / "pictures" / "new.png")
    again = prepare(tmp_path / "pictures", made.folder, PreparationSettings(Cut(32)), new_finder=FakeFinder)
    assert again.digest != made.digest
    assert [one.path for one in find_derived(made.digest, [tmp_path], home)] == [made.folder]


def test_asks_on_the_terminal(
    made: PreparedSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", io.StringIO(made.digest[:8]))
    assert run(made.digest, tmp_path, "--delete") == 1
    monkeypatch.setattr("sys.stdin", Terminal("no\n"))
    assert run(made.digest, tmp_path, "--delete") == 1
    assert made.folder.exists()
    monkeypatch.setattr("sys.stdin", Terminal(made.digest[:8] + "\n"))
    assert run(made.digest, tmp_path, "--delete") == 0
    assert not made.folder.exists()


@pytest.mark.parametrize("danger", ["repository", "home inside"])
def test_refuses_to_delete_more_than_was_made(
    made: PreparedSet, tmp_path: Path, home: Path, danger: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tmp_path if danger == "home inside" else tmp_path / "project"
    write(project / "job.json", job("x", consent=made.digest))
    if danger == "repository":
        (project / ".git").mkdir()
    assert run(made.digest, project, "--delete", "--yes") == 1
    assert (project / "job.json").exists()
    assert "0 of 1 deleted" in capsys.readouterr().out


def test_another_programs_job_file_does_not_make_a_run(made: PreparedSet, tmp_path: Path, home: Path) -> None:
    write(made.folder.parent / "job.json", {"name": "build"})
    assert [one.path for one in find_derived(made.digest, [tmp_path], home)] == [made.folder]


def test_a_missing_root_is_named(
    made: PreparedSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(made.digest, tmp_path / "nowhere") == 11
    assert "no such folder" in capsys.readouterr().err


def test_the_data_folder_is_the_studios(monkeypatch: pytest.MonkeyPatch) -> None:
    from studio.library.places import Places

    for home in ("", "/x"):
        monkeypatch.setenv("PERSONA_HOME", home)
        assert data_home() == Places.find().data
