"""The drawn set, and the tables of what the recipe and fine-tuning are worth."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests.trainer import small
from trainer import cli
from trainer.data.errors import DataError
from trainer.data.prepared import PreparedSet
from trainer.model.networks import Networks
from trainer.run.pixels.state import PixelState
from trainer.run.readings import Values
from trainer.tools.ablation import command, practice, recipe, tune
from trainer.tools.ablation.curves import curves
from trainer.tools.ablation.cut import cut
from trainer.tools.ablation.looks import INKS, LOOKS, redraw
from trainer.tools.ablation.practice import Gauge, Log, PracticeMaterial, practise
from trainer.tools.ablation.recipe import EVERYTHING, VARIANTS, DrawnPictures
from trainer.tools.ablation.rows import AblationRow, Rows
from trainer.tools.ablation.table import line, table
from trainer.tools.ablation.tune import Tuned
from trainer.tools.synthetic import draw_set

SMALL = {"warm_kimg": 0.016, "style_kimg": 0.016, "batch": 4, "style_batch": 4, "feature_weight": 0.0}
DRAWN = DrawnPictures(16, 0.032, styles=2, each=2, changes=SMALL)


class Even:
    """A judge to whom everything looks the same."""

    def __init__(self, train: np.ndarray, val: np.ndarray) -> None:
        self.references = val

    def judge(self, samples: np.ndarray, *, references: np.ndarray | None = None) -> dict[str, float]:
        assert samples.dtype == np.uint8
        return {"kid": 0.1, "coverage": 0.5, "style_agreement": float("nan")}


@pytest.fixture
def even(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judging costs nothing."""
    for module in (recipe, tune):
        monkeypatch.setattr(module, "QuickJudge", Even)
        monkeypatch.setattr(module, "SAMPLES", 4)
    recipe._judge.cache_clear()


def new_state() -> PixelState:
    job = DRAWN.job(EVERYTHING, 0)
    torch.manual_seed(0)
    return PixelState(job, Networks.create(job.network), recipe.KNOWN, torch.device("cpu"))


# --- The drawn set ---


def test_drawn_pictures_are_the_same_everywhere_and_styles_differ() -> None:
    images, labels = draw_set(4, 3, 32, seed=5)
    again, _ = draw_set(4, 3, 32, seed=5)
    other, _ = draw_set(4, 3, 32, seed=6)
    assert images.shape == (12, 3, 32, 32)
    assert labels.tolist() == [0, 1, 2, 3] * 3
    assert np.array_equal(images, again)
    assert not np.array_equal(images, other)
    colours = np.median(images.reshape(12, 3, -1), axis=2)
    same = np.abs(colours[:4] - colours[4:8]).mean()
    assert same < np.abs(colours[:4] - colours[1:5]).mean() / 2
    later, _ = draw_set(2, 3, 32, seed=5, first=2)
    assert np.abs(np.median(later[0].reshape(3, -1), axis=1) - colours[2]).max() < 40


# --- A run ---


@pytest.mark.usefixtures("even")
def test_all_runs_start_from_one_model_each_seed_with_its_own_d(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began: dict[str, tuple[float, float, str, str]] = {}

    def note(state: PixelState, material: PracticeMaterial, until: float, folder: Path, look: Gauge) -> Log:
        g, d = (
            f"{sum(float(p.detach().abs().sum()) for p in network.parameters()):.6f}"
            for network in (state.networks.generator, state.networks.discriminator)
        )
        began[folder.name] = (state.kimg, float(state.augment.p), g, d)
        return practise(state, material, until, folder, look)

    monkeypatch.setattr(recipe, "practise", note)
    recipe.make_start(DRAWN, tmp_path)
    rows = [recipe.run(DRAWN, variant, 3, tmp_path) for variant in VARIANTS]
    recipe.run(DRAWN, EVERYTHING, 4, tmp_path)

    assert [row.ended for row in rows] == ["", "", ""]
    assert [row.values["kid"] for row in rows] == [0.1, 0.1, 0.1]
    assert [one["kimg"] for one in rows[0].curve] == [
        *(0.036, 0.04, 0.044, 0.048, 0.052, 0.056, 0.06, 0.064),
    ]
    assert len({(kimg, g) for kimg, _, g, _ in began.values()}) == 1
    assert [len({one[3] for name, one in began.items() if name[-1] in seeds}) for seeds in ("3", "34")] == [
        1,
        2,
    ]
    assert began["without-augmentation-3"][1] == 0 < began["everything-3"][1]
    assert [place.name for place in tmp_path.iterdir()] == ["start"]


def train_on(folder: Path, stop_at: int = 0) -> dict[str, torch.Tensor]:
    """The last state of a run, which breaks off at a judgement where that is asked for."""
    looked = 0

    def look(state: PixelState) -> dict[str, float]:
        nonlocal looked
        looked += 1
        if looked == stop_at:
            raise KeyboardInterrupt
        return {"kid": 1.0}

    state = new_state()
    practise(state, DRAWN.material(), state.job.schedule.total_kimg, folder, look)
    return load_file(sorted(folder.glob("step-*"))[-1] / "state.safetensors")


def test_a_run_that_was_broken_off_ends_as_if_it_had_not(tmp_path: Path) -> None:
    whole = train_on(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train_on(tmp_path / "broken", stop_at=3)
    resumed = train_on(tmp_path / "broken")
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_trouble_is_gone_back_from_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, steps = practice.advance, 0

    def advance(state: PixelState, x: torch.Tensor, labels: torch.Tensor) -> Values:
        nonlocal steps
        steps += 1
        return real(state, x, labels) | ({"generator": torch.tensor(torch.nan)} if steps in (10, 14) else {})

    monkeypatch.setattr(practice, "advance", advance)
    state = new_state()
    until = state.job.schedule.total_kimg
    log = practise(state, DRAWN.material(), until, tmp_path, lambda state: {"kid": 1.0})
    assert (log.met, log.ended, state.rollbacks) == (["nan", "nan"], "", 2)
    assert [one["kimg"] for one in log.curve] == sorted({one["kimg"] for one in log.curve})
    assert len(log.curve) == practice.LOOKS


# --- The table ---


def test_rows_are_kept_and_gone_on_with_under_the_same_settings_only(tmp_path: Path) -> None:
    rows = Rows(tmp_path, {"kimg": 1.0})
    rows.add(AblationRow(EVERYTHING, 0, {"kid": 0.1}, ("nan",), "", [{"kimg": 1.0, "kid": 0.1}], 2.0))
    again = Rows(tmp_path, {"kimg": 1.0})
    assert list(again) == list(rows)
    assert again.has(EVERYTHING, 0)
    assert not again.has(EVERYTHING, 1)
    with pytest.raises(ValueError, match="other settings"):
        Rows(tmp_path, {"kimg": 2.0})


def test_the_table_shows_spread_trouble_and_pairs() -> None:
    names = (EVERYTHING, "without augmentation")
    rows = [
        AblationRow("without augmentation", 0, {"kid": 0.3}),
        AblationRow(EVERYTHING, 0, {"kid": 0.1}, ("alike",)),
        AblationRow(EVERYTHING, 1, {"kid": 0.2}),
        AblationRow(
            "without augmentation", 1, {}, ("nan", "nan"), "the loss of the generator is no longer a number"
        ),
    ]
    lines = table(rows, names).splitlines()
    assert lines[1].split()[:6] == ["everything", "2", "of", "2", "0.1500", "+-"]
    assert "1 of 2" in lines[2]
    assert lines[4].endswith("trouble: alike 1; went back 1 times")
    assert lines[5].endswith("trouble: nan 2; went back 1 times")
    assert lines[7].endswith("KID at the end 3.00 times that of everything; worse in 1 of 1 pairs, by 0.2000")
    assert len(lines) == 8, "there are no readings along the runs"
    assert line(rows[3]).endswith("seed 1: the loss of the generator is no longer a number")


def read_along(variant: str, seed: int, *kid: float) -> AblationRow:
    return AblationRow(
        variant, seed, {"kid": kid[-1]}, curve=[{"kimg": float(k), "kid": v} for k, v in enumerate(kid)]
    )


def test_readings_along_the_runs_are_compared_and_drawn() -> None:
    """One reading at the end is chance; who is worse all along is seen in the means."""
    names = (EVERYTHING, "without the ramp")
    rows = [
        read_along(names[0], 0, 0.4, 0.2, 0.2),
        read_along(names[1], 0, 0.5, 0.4, 0.1),
        read_along(names[0], 1, 0.4, 0.3, 0.2),
        read_along(names[1], 1, 0.6, 0.4, 0.2),
    ]
    lines = table(rows, names).splitlines()
    assert "KID at the end 0.75 times" in lines[-2] and "worse in 0 of 2 pairs" in lines[-2]
    assert "KID along the run 1.29 times" in lines[-1] and "worse in 2 of 2 pairs" in lines[-1]
    drawing = ElementTree.fromstring(curves(rows, names))
    drawn = drawing.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(drawn) == 6, "each run and each mean"
    heights = [float(one.get("points", "").split()[1].split(",")[1]) for one in drawn]
    assert heights[2] > heights[5], "smaller KID lies lower"
    assert curves([AblationRow(EVERYTHING, 0, {"kid": 0.1})], names) == ""


# --- Fine-tuning ---


def described_set(folder: Path) -> PreparedSet:
    """The small set with descriptions; two of three pictures show a king."""
    index = small.write_set(folder) / "index.csv"
    head, *lines = index.read_text(encoding="utf-8").splitlines()
    lines = [f"{text},{'King' if i % 3 else 'queen'} {i // 4}" for i, text in enumerate(lines)]
    index.write_text("\n".join([f"{head},description", *lines]) + "\n", encoding="utf-8")
    return PreparedSet.open(folder)


def test_a_set_is_cut_anew_by_a_word_and_likes_stay_together(tmp_path: Path) -> None:
    data = described_set(tmp_path / "set")
    parts = cut(data, "king", 8, 4)
    train, held_out = parts.of("train"), parts.of("val")
    assert (len(train), len(held_out)) == (8, 4)
    words = [{one.about["description"] for one in side} for side in (train, held_out)]
    assert not words[0] & words[1]
    assert all("King" in word for word in words[0] | words[1])
    with pytest.raises(DataError, match="0 such pictures"):
        cut(data, "knight", 8, 4)


def test_from_scratch_and_fine_tuned_see_as_many_pictures(tmp_path: Path) -> None:
    described_set(tmp_path / "set")
    tuned = Tuned("model", str(tmp_path / "set"), kimg=4.0, train=8)
    scratch = tuned.job(tune.SCRATCH, 0, small.NETWORK)
    fine = tuned.job(tune.TUNED, 0, small.NETWORK)
    assert scratch.schedule.total_kimg == pytest.approx(fine.schedule.total_kimg) == 4.0
    assert (scratch.schedule.start_from, fine.schedule.start_from) == ("", "model")
    assert scratch.schedule.style_kimg > 0 == fine.schedule.style_kimg


# --- Looks ---


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_is_of_each_picture_by_itself(look: str) -> None:
    images, _ = draw_set(2, 2, 32)
    drawn = redraw(images, look)
    assert (drawn.shape, drawn.dtype) == (images.shape, np.uint8)
    assert np.array_equal(drawn[1:2], redraw(images[1:2], look))
    assert np.abs(drawn.astype(int) - images).mean() > 20


def test_a_print_has_five_inks_by_brightness() -> None:
    ramp = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (1, 3, 64, 1))
    drawn = redraw(ramp, "print")[0].transpose(1, 2, 0)
    assert [tuple(drawn[32, column]) for column in (4, 19, 31, 44, 58)] == list(INKS)


def test_a_look_that_nobody_drew_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["ablate", "--out", str(tmp_path), "--from", "m", "--data", str(tmp_path), "--look", "oil"]
    assert cli.main(words) == 2
    assert "print, pencil" in capsys.readouterr().err


# --- The command ---


def test_a_model_without_a_set_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["ablate", "--out", str(tmp_path), "--from", "model"]) == 2
    assert "--data" in capsys.readouterr().err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_workers_die_with_the_command(tmp_path: Path) -> None:
    script = tmp_path / "table.py"
    script.write_text(
        "import os, time\n"
        "from trainer.tools.ablation.command import Workers\n"
        "if __name__ == '__main__':\n"
        "    with Workers(jobs=1, threads=1).pool() as pool:\n"
        "        print(pool.submit(os.getpid).result(), flush=True)\n"
        "        time.sleep(60)\n",
        encoding="utf-8",
    )
    words = [sys.executable, str(script)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, (".", "packaging")))}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as command_:
        assert command_.stdout is not None
        worker = Path("/proc", command_.stdout.readline().strip(), "stat")
        assert worker.exists()
        command_.kill()
    for _ in range(200):
        if not worker.exists() or " Z " in worker.read_text():
            return
        time.sleep(0.05)
    pytest.fail("the worker trains on, for nobody")


def test_the_command_goes_on_with_its_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[str, int]] = []

    def run(drawn: DrawnPictures, variant: str, seed: int, folder: Path) -> AblationRow:
        made.append((variant, seed))
        return AblationRow(variant, seed, {"kid": 0.4})

    monkeypatch.setattr(command, "ProcessPoolExecutor", lambda jobs, *rest: ThreadPoolExecutor(jobs))
    monkeypatch.setattr(recipe, "run", run)
    monkeypatch.setattr(recipe, "make_start", lambda drawn, folder: None)
    words = ["ablate", "--out", str(tmp_path), "--seeds", "1", "--jobs", "2", "--resolution", "16"]
    assert cli.main(words) == 0
    assert sorted(made) == sorted((variant, 0) for variant in VARIANTS)
    first = capsys.readouterr().out

    kept = json.loads((tmp_path / "rows.json").read_text(encoding="utf-8"))
    kept["rows"].pop()
    (tmp_path / "rows.json").write_text(json.dumps(kept), encoding="utf-8")
    made.clear()
    assert cli.main(words) == 0
    assert len(made) == 1
    assert capsys.readouterr().out == first
    assert cli.main([*words, "--kimg", "3"]) == 2
