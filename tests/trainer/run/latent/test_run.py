"""Fine-tuning in latents from bundle to bundle, stopped and taken up again, and what it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from engine.bundle import Bundle
from engine.exchange import verify_bundle
from engine.formats import protocol
from engine.formats.job import Job
from engine.formats.job_settings import JobError
from engine.formats.reason import PersonaError
from engine.recipe import Recipe, StyleUse
from engine.renderer import Renderer
from tests.trainer.run.latent import small
from trainer.planning.job_builder import TrainRequest, new_job
from trainer.planning.profiler import profile
from trainer.process.control import Control
from trainer.process.device import Device
from trainer.run.latent.networks import LatentModel
from trainer.run.latent.state import LatentState
from trainer.run.loop import Run
from trainer.storage import checkpoint
from trainer.storage.bundles import WeightsError
from trainer.storage.latent_bundle import read_latent_bundle

pytestmark = pytest.mark.timeout(300)  # two models are exported

Told = list[protocol.Event]


def run_of(job: Job, folder: Path, control: Control | None = None) -> Run:
    folder.mkdir(parents=True, exist_ok=True)
    return Run(job, folder, Device.choose("cpu"), control or Control())


def run_through(job: Job, folder: Path, control: Control | None = None) -> Told:
    return list(run_of(job, folder, control).events())


def of(told: Told, kind: type[Any]) -> list[Any]:
    return [event for event in told if isinstance(event, kind)]


def final_state(run: Path) -> dict[str, torch.Tensor]:
    return load_file(checkpoint.existing(run / "checkpoints")[-1] / checkpoint.TENSORS)


@pytest.fixture(scope="module")
def whole(model: Path, person_set: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, Path, Told]:
    torch.set_num_threads(1)
    folder, job = tmp_path_factory.mktemp("runs") / "whole", small.small_job(person_set, model)
    patch = pytest.MonkeyPatch()
    patch.setattr("trainer.run.latent.kind.shows_faces", lambda data, pictures, check: True)
    told = run_through(job, folder)
    patch.undo()
    return job, folder, told


def test_a_model_becomes_a_model(whole: tuple[Job, Path, Told], model: Path) -> None:
    _, folder, told = whole
    end = told[-1]
    assert isinstance(end, protocol.Done) and end.reason.code == "finished" and end.bundle is not None
    assert verify_bundle(folder / end.bundle) == []
    values = {name for event in of(told, protocol.Losses) for name in event.values}
    assert {
        "reconstruction",
        "kept",
        "persona",
        "face",
        "look",
        "generator",
        "lead",
        "r1",
        "variety",
    } <= values
    assert {event.phase for event in of(told, protocol.Progress)} == {"warm", "adversarial"}
    assert of(told, protocol.Snapshot) and not of(told, protocol.Warned)
    before, after = (json.loads((m / "model.json").read_text("utf-8")) for m in (model, folder / end.bundle))
    assert after["network"] == before["network"] and after["persona"] == before["persona"]
    assert after["training"]["before"][0]["name"] == "small"
    assert max(after["metrics"]["largest_difference_from_torch"].values()) <= 1e-3


def test_the_engine_paints_with_what_was_learned(whole: tuple[Job, Path, Told]) -> None:
    bundle = Bundle.load(whole[1] / "model")
    persona = tuple(np.eye(192)[0].tolist())
    use = StyleUse("a", tuple(np.eye(64)[0].tolist()), persona=persona)
    picture = Renderer(bundle).render(Recipe.from_seed(bundle.id, 1, styles=(use,)))
    assert picture.shape == (256, 256, 3)


def test_a_bundle_can_be_had_from_its_checkpoint_and_mixed(
    whole: tuple[Job, Path, Told], model: Path, tmp_path: Path
) -> None:
    job, folder, _ = whole
    assert run_of(job, folder).export(tmp_path / "plain") == tmp_path / "plain"
    one = run_of(job, folder)
    one.export(tmp_path / "mixed", model, 1.0)
    mixed, start = one.state.average, read_latent_bundle(Bundle.load(model)).generator
    assert isinstance(mixed, LatentModel)
    assert torch.equal(mixed.g.synthesis.bias, start.synthesis.bias)
    with pytest.raises(JobError, match="spread"):
        run_of(job, folder).export(tmp_path / "spread", factor=2.0)


def test_likeness_is_told_beside_the_samples(whole: tuple[Job, Path, Told]) -> None:
    told = of(whole[2], protocol.Likeness)
    assert told and told[-1].step == of(whole[2], protocol.Samples)[-1].step
    assert set(told[-1].values) == {"identity", "real_identity"} and told[-1].by == "face"
    assert -1 <= told[-1].values["identity"] <= 1 and told[-1].values["real_identity"] > 0.9


@pytest.mark.usefixtures("with_faces")
def test_it_goes_on_to_the_last_bit(whole: tuple[Job, Path, Told], tmp_path: Path) -> None:
    job, reference, _ = whole
    control = Control()
    for event in run_of(job, tmp_path, control).events():
        if isinstance(event, protocol.Progress) and event.step >= 7:
            control.obey("stop")
    told = run_through(job, tmp_path)
    assert of(told, protocol.Started)[0].resumed
    mine, theirs = final_state(tmp_path), final_state(reference)
    assert mine.keys() == theirs.keys() and all(torch.equal(mine[k], theirs[k]) for k in mine)


@pytest.mark.usefixtures("with_faces")
def test_trouble_takes_it_back(
    model: Path, person_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, done = LatentState.descend, []

    def harmed(self: LatentState, *rest: Any) -> Any:
        values = real(self, *rest)
        if self.step == 6 and not done:
            done.append(True)
            self.networks.g.synthesis.bias.data.fill_(float("nan"))
        return values

    monkeypatch.setattr(LatentState, "descend", harmed)
    told = run_through(small.small_job(person_set, model), tmp_path)
    assert [event.reason.code for event in of(told, protocol.Warned)] == ["nan"]
    assert isinstance(told[-1], protocol.Done) and told[-1].reason.code == "finished"


def test_whole_pictures_are_learned_by_their_look(model: Path, tmp_path: Path) -> None:
    data = small.write_set(tmp_path / "products", alike=False)
    job = small.small_job(data, model, warm_kimg=0.008, adversarial_kimg=0.008)
    told = run_through(job, tmp_path / "run")
    assert [event.reason.code for event in of(told, protocol.Warned)] == ["no-faces"]
    assert isinstance(told[-1], protocol.Done) and not of(told, protocol.Likeness)


@pytest.mark.usefixtures("with_faces")
def test_several_people_give_a_look_alone(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.run.latent.material.agree", lambda *rest: Several())
    data = small.write_set(tmp_path / "people", alike=False)
    told = run_through(
        small.small_job(data, model, warm_kimg=0.008, adversarial_kimg=0.008), tmp_path / "run"
    )
    assert [event.reason.code for event in of(told, protocol.Warned)] == ["several-people"]


class Several:
    persona, belongs = (), (False,) * 10


def test_a_model_without_d_is_refused(model: Path, person_set: Path, tmp_path: Path) -> None:
    shutil.copytree(model, tmp_path / "headless")
    card = json.loads((tmp_path / "headless" / "model.json").read_text("utf-8"))
    (tmp_path / "headless" / "discriminator.safetensors").unlink()
    job = small.small_job(person_set, model).changed(start_from=str(tmp_path / "headless"))
    assert card["files"]
    with pytest.raises(PersonaError, match="discriminator"):
        run_through(job, tmp_path / "run")


def test_one_picture_is_too_few(model: Path, tmp_path: Path) -> None:
    data = small.write_set(tmp_path / "one", count=1)
    with pytest.raises(JobError, match="at least 2"):
        run_through(small.small_job(data, model), tmp_path / "run")


def test_another_model_in_its_place_is_refused(model: Path, person_set: Path, tmp_path: Path) -> None:
    job = small.small_job(person_set, model)
    parts = job.network.parts | {"model": "another"}
    from dataclasses import replace

    with pytest.raises(WeightsError, match="not the model"):
        run_through(job.changed(network=replace(job.network, parts=parts)), tmp_path / "run")


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"start_from": ""}, "--from"), ({"trains": "top"}, "top"), ({"upper_from": "x"}, "upper_from")],
)
def test_settings_that_do_not_fit(
    model: Path, person_set: Path, tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(JobError, match=said):
        run_through(small.small_job(person_set, model).changed(**changes), tmp_path / "run")


def test_the_job_follows_from_the_model_and_the_number_of_pictures(
    model: Path, person_set: Path, tmp_path: Path
) -> None:
    request = TrainRequest(person_set, tmp_path / "run", start_from=model, only_preflight=True)
    job = new_job(request, Control())
    assert (job.network.kind, job.network.resolution, job.data.mixed) == ("latent", 256, 0.5)
    assert Job.from_json(json.loads(json.dumps(job.to_json()))) == job
    with pytest.raises(JobError, match="256 px"):
        new_job(TrainRequest(person_set, tmp_path / "run", start_from=model, resolution=128), Control())


def test_steps_are_timed_before_a_run(model: Path, person_set: Path) -> None:
    found = profile(small.small_job(person_set, model), Device.choose("cpu"))
    assert set(found.seconds_per_kimg) == {"warm", "adversarial"}
    assert min(found.seconds_per_kimg.values()) > 0 and found.model_mb > 0
