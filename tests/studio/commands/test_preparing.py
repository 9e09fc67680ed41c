"""From a folder to a queued training, with a scripted child."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.formats.consent import Consent
from studio.commands import preparing
from studio.commands.context import AppContext
from studio.commands.plan import Plan, free_model_name
from studio.commands.preparing import PreparationCommands
from studio.commands.training import TrainingCommands
from studio.state.notices import Notice
from studio.state.preparation import Preparation, Setup, Stage
from studio.state.training import Training
from studio.views.look import make_look
from studio.views.training import phrases
from tests.studio.commands import children
from tests.studio.workers.checks import Until


@pytest.fixture
def preparation(context: AppContext) -> Preparation:
    return Preparation(context)


@pytest.fixture
def training(context: AppContext) -> Training:
    return Training(context)


@pytest.fixture
def on(
    context: AppContext, preparation: Preparation, training: Training, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PreparationCommands]:
    monkeypatch.setattr(preparing, "REST_MS", 1)
    runs = TrainingCommands(context, training, context.on_models, make_process=children.make)
    commands = PreparationCommands(
        context,
        preparation,
        training,
        runs,
        make_process=children.make,
        options=("--seed", "1"),
    )
    yield commands
    assert commands.stop()
    assert runs.leave()


def folder(at: Path, *names: str) -> Path:
    at.mkdir(parents=True)
    for name in names:
        (at / name).write_text("x")
    return at


def ready(preparation: Preparation) -> bool:
    setup = preparation.setup
    return setup.stage is Stage.READY and not setup.busy


def kept(preparation: Preparation) -> list[str]:
    report = preparation.setup.report
    return [item.id for item in report.kept] if report else []


def permit(on: PreparationCommands, until: Until, preparation: Preparation) -> Consent:
    proposals: list[tuple[Consent, bool]] = []
    on.propose_consent(lambda *found: proposals.append(found))
    until(lambda: proposals)
    given = replace(proposals[0][0], subject="self", basis="mine", given_by="Ada", adult=True)
    on.give_consent(given)
    until(lambda: preparation.setup.consent == given)
    return given


def test_from_a_folder_to_a_training(
    context: AppContext,
    preparation: Preparation,
    training: Training,
    on: PreparationCommands,
    until: Until,
    tmp_path: Path,
) -> None:
    stages: list[Setup] = []
    preparation.changed.connect(stages.append)
    on.open(folder(tmp_path / "Anna", "a", "b", "c"))
    until(lambda: ready(preparation))
    assert any(setup.total == 3 and setup.done == 2 for setup in stages), "progress is told"
    assert kept(preparation) == ["b", "c"]
    assert preparation.setup.usable == 2

    plan = Plan("Anna", tmp_path / "model", 15)
    on.train(plan)
    assert training.waiting == () and training.current is None, "not without permission"
    given = permit(on, until, preparation)
    on.measure(plan)
    assert preparation.setup.measured.status == "measuring"
    until(lambda: preparation.setup.measured.status == "known")
    found = preparation.setup.measured.found
    assert found is not None and found.seconds == 540

    queued: list[object] = []
    on.queued.connect(queued.append)
    on.train(plan)
    assert preparation.setup == Setup()
    until(lambda: training.current is not None and training.current.device == "CPU")
    assert training.current is not None
    assert training.current.name == "Anna"
    (request,) = queued
    assert request.command()[1:] == [  # type: ignore[attr-defined]
        str(context.places.sets / training.current.data.name),  # type: ignore[union-attr]
        "--out",
        str(training.current.folder),
        "--stdin-is-life",
        "--name",
        "Anna",
        "--consent",
        str(context.places.consents / f"{given.digest}.json"),
        "--from",
        str(tmp_path / "model"),
        "--minutes",
        "15",
        "--seed",
        "1",
    ]

    on.open(tmp_path / "Anna")  # while the other trains
    until(lambda: ready(preparation))
    assert preparation.setup.consent == given, "the same pictures are not asked about twice"
    on.measure(plan)
    assert preparation.setup.measured.status == "later"


def test_putting_back_and_leaving_out(
    preparation: Preparation, on: PreparationCommands, until: Until, tmp_path: Path
) -> None:
    on.open(folder(tmp_path / "Anna", "a", "b", "c"))
    until(lambda: ready(preparation))
    permit(on, until, preparation)
    on.decide({"a": True, "c": False, "unknown": True})
    assert preparation.setup.busy
    assert preparation.setup.usable == 2, "the decisions count at once"
    until(lambda: ready(preparation))
    assert kept(preparation) == ["a", "b"]
    assert preparation.setup.consent is None, "other pictures: permission is asked for again"
    proposals: list[tuple[Consent, bool]] = []
    on.propose_consent(lambda *found: proposals.append(found))
    until(lambda: proposals)
    proposed, changed = proposals[0]
    assert changed and proposed.basis == "mine" and not proposed.adult
    on.decide({"a": False})
    on.decide({"a": True})
    assert not preparation.setup.busy, "decided twice is not decided"


def test_other_settings_read_again(
    preparation: Preparation, on: PreparationCommands, until: Until, tmp_path: Path
) -> None:
    on.open(folder(tmp_path / "Anna", "a", "b"))
    until(lambda: ready(preparation))
    on.set_whole(True)
    assert preparation.setup.stage is Stage.READING
    until(lambda: ready(preparation))
    assert preparation.setup.whole
    assert kept(preparation) == ["a", "b"]


def test_it_can_be_stopped_and_another_folder_chosen(
    preparation: Preparation, on: PreparationCommands, until: Until, tmp_path: Path
) -> None:
    on.open(folder(tmp_path / "slow", "a"))
    until(lambda: preparation.setup.total == 1)
    on.cancel()
    assert preparation.setup == Setup()
    on.open(folder(tmp_path / "Bella", "a", "b"))
    until(lambda: ready(preparation))
    assert preparation.setup.source == tmp_path / "Bella"
    on.close()
    assert preparation.setup.stage is Stage.NONE
    prepared = next((tmp_path / "home" / "sets").glob("Bella-*"))
    on.open(prepared)
    until(lambda: ready(preparation))
    assert preparation.setup.folder == prepared, "a prepared set is opened as it is"


def test_why_a_folder_cannot_be_used(
    preparation: Preparation, on: PreparationCommands, until: Until, tmp_path: Path
) -> None:
    on.open(folder(tmp_path / "empty"))
    until(lambda: preparation.setup.stage is Stage.FAILED)
    trouble = preparation.setup.trouble
    assert trouble is not None
    assert str(trouble.what) == "There are no pictures in this folder."


def test_why_it_does_not_fit(
    context: AppContext, preparation: Preparation, training: Training, until: Until, tmp_path: Path
) -> None:
    runs = TrainingCommands(context, training, context.on_models, make_process=children.make)
    on = PreparationCommands(
        context, preparation, training, runs, make_process=children.make, options=("broken",)
    )
    on.open(folder(tmp_path / "Anna", "a", "b"))
    until(lambda: ready(preparation))
    permit(on, until, preparation)
    assert Plan("Anna", None).arguments(tmp_path, 64)[-2:] == ["--resolution", "64"], "from scratch"
    on.measure(Plan("Anna", None))
    until(lambda: preparation.setup.measured.status == "failed")
    trouble = preparation.setup.measured.trouble
    assert trouble is not None
    assert str(trouble.what) == "There is not enough memory for this training."
    assert on.stop() and runs.leave()


def test_names_that_are_free() -> None:
    assert free_model_name("Anna", ["Bella"]) == "Anna"
    assert free_model_name("Anna", ["anna", "Anna 2"]) == "Anna 3"


def test_what_is_tried_out_tells_its_name_and_when_it_began(
    preparation: Preparation, on: PreparationCommands, until: Until, tmp_path: Path
) -> None:
    on.open(folder(tmp_path / "Anna", "a", "b", "c"))
    until(lambda: ready(preparation))
    permit(on, until, preparation)
    before = time.time()
    on.measure(Plan("Anna", tmp_path / "portraits"))
    tried = preparation.setup.measured
    assert (tried.what, tried.start) == ("Anna", "portraits") and before <= tried.begun <= time.time()
    words = make_look("en").words
    assert phrases.trying(words, tried, tried.begun + 12.4) == (
        "Trying a few steps of “Anna”, from “portraits”, to see what it takes: 12 seconds so far…"
    )
    until(lambda: preparation.setup.measured.status == "known")
    assert preparation.setup.measured.what == "Anna"


def test_a_training_that_was_being_set_up_is_offered_again(
    context: AppContext, preparation: Preparation, on: PreparationCommands, until: Until, tmp_path: Path
) -> None:
    file, source = context.places.setting_up, folder(tmp_path / "Anna", "a", "b")

    def offered() -> list[Notice]:
        return [one for one in context.notices.notices if one.what.key == "said.training.setting_up"]

    on.open(source)
    until(lambda: ready(preparation) and file.exists())
    again = PreparationCommands(context, Preparation(), context.training, context.on_training)
    again.recover()
    until(offered)
    assert "Anna" in str(offered()[0].what) and offered()[0].asks
    opened: list[int] = []
    again.opened.connect(lambda: opened.append(1))
    monkeyed = offered()[0].acts[0]
    again.close()
    assert file.exists(), "what was never opened here has nothing to forget"
    on.close()
    until(lambda: not file.exists())
    assert monkeyed.label.key == "said.training.set_up"
    on.recover()
    context.reader.wait_idle(5)
    assert len(offered()) == 1
    assert again.stop()
