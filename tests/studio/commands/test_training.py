"""Training with a scripted child that speaks the protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from engine.formats.prepared_set import INDEX
from engine.formats.run_state import RunState
from studio.commands.context import AppContext
from studio.commands.training import TrainingCommands
from studio.library.training_queue import QueueFile
from studio.state.notices import Kind
from studio.state.training import Training
from tests.studio.commands import children
from tests.studio.workers.checks import Until


@pytest.fixture
def training(context: AppContext) -> Training:
    return Training(context)


@pytest.fixture
def on(context: AppContext, training: Training) -> Iterator[TrainingCommands]:
    commands = TrainingCommands(context, training, context.on_models, make_process=children.make)
    yield commands
    assert commands.leave()


def status(training: Training) -> str:
    return training.current.status if training.current else "none"


def name(training: Training) -> str:
    return training.current.name if training.current else ""


def device(training: Training) -> str:
    return training.current.device if training.current else ""


def test_one_at_a_time_the_others_wait(
    context: AppContext, training: Training, on: TrainingCommands, until: Until, tmp_path: Path
) -> None:
    first, second = (on.start(tmp_path, "Anna") for _ in range(2))
    third = on.start(tmp_path, "Bella")
    assert len({first.run, second.run, third.run}) == 3
    assert training.waiting == (second, third)
    on.withdraw(second)
    until(lambda: device(training) == "CPU")
    on.pause()
    until(lambda: status(training) == "paused")
    on.stop()
    until(lambda: name(training) == "Bella" and device(training) == "CPU")
    assert "was stopped" in str(context.notices.notices[0].what)
    on.stop()
    until(lambda: training.current is None and len(training.runs) == 2)
    assert {run.status for run in training.runs} == {"stopped"}


def test_those_that_wait_change_places(
    context: AppContext, training: Training, on: TrainingCommands, tmp_path: Path
) -> None:
    training.set_held(True)
    first, second, third = (on.start(tmp_path, name) for name in ("Anna", "Bella", "Cleo"))
    on.move(third, 0)
    assert training.waiting == (third, first, second)
    on.move(third, 9)
    assert training.waiting == (first, second, third)
    on.move(second, -4)
    assert training.waiting == (second, first, third)
    on.withdraw(second)
    on.move(second, 0)
    assert list(training.waiting) == [first, third]


def test_going_on_with_a_run(training: Training, on: TrainingCommands, until: Until, tmp_path: Path) -> None:
    on.start(tmp_path / "data", "Anna")
    until(lambda: device(training) == "CPU")
    on.stop()
    until(lambda: len(training.runs) == 1 and training.current is None)
    on.resume(training.runs[0])
    until(lambda: device(training) == "CPU")
    until(lambda: training.current is not None and training.current.data == tmp_path / "data")
    on.stop()
    until(lambda: training.current is None)
    events = [
        json.loads(line) for line in (training.runs[0].folder / "events.jsonl").read_text().splitlines()
    ]
    assert [event["resumed"] for event in events if event["event"] == "started"] == [False, True]


def test_a_finished_run_offers_its_model(
    context: AppContext, training: Training, on: TrainingCommands, until: Until, tmp_path: Path
) -> None:
    on.start(tmp_path, "Anna")
    until(lambda: device(training) == "CPU")
    on.preview()
    until(lambda: training.current is None)
    notice = context.notices.notices[0]
    assert notice.kind is Kind.SUCCESS
    assert str(notice.acts[0].label) == "Use this model"


def test_a_refusal_is_told_in_the_trainers_words(
    context: AppContext, training: Training, on: TrainingCommands, until: Until, tmp_path: Path
) -> None:
    on.start(tmp_path, "Anna", ["fail"])
    until(lambda: context.notices.rowCount() == 1)
    notice = context.notices.notices[0]
    assert notice.kind is Kind.ERROR
    assert str(notice.meaning) == "There are too few pictures to train on."
    assert "too few pictures" in str(notice.details[0])


def test_a_run_without_a_job_cannot_go_on(
    context: AppContext, on: TrainingCommands, until: Until, tmp_path: Path
) -> None:
    on.resume(RunState(tmp_path / "gone", "Anna"))
    until(lambda: context.notices.rowCount() == 1)
    assert context.notices.notices[0].kind is Kind.ERROR


def test_leaving_ends_the_child_in_order(
    training: Training, on: TrainingCommands, until: Until, tmp_path: Path
) -> None:
    request = on.start(tmp_path, "Anna")
    until(lambda: device(training) == "CPU")
    assert on.leave()
    assert '"code": "stopped"' in (request.run / "events.jsonl").read_text()


def test_what_the_studio_left_is_offered_again(
    context: AppContext, training: Training, on: TrainingCommands, until: Until, tmp_path: Path
) -> None:
    first = on.start(tmp_path, "Anna")
    on.start(tmp_path, "Bella")
    until(lambda: device(training) == "CPU")
    assert on.leave()
    until(lambda: len(QueueFile(context.places.queue).load()) == 2)
    later = Training(context)
    again = TrainingCommands(context, later, context.on_models, make_process=children.make)
    again.recover()
    until(lambda: later.held)
    assert [request.name for request in later.waiting] == ["Anna", "Bella"]
    assert later.waiting[0].resume, "it got as far as a run folder"
    assert not later.waiting[1].resume
    assert later.current is None, "nothing begins by itself"
    assert "broken off" in str(context.notices.notices[0].what)
    context.notices.notices[0].acts[0].do()
    until(lambda: device(later) == "CPU" and later.current.folder == first.run)  # type: ignore[union-attr]
    again.withdraw(later.waiting[0])
    again.stop()
    until(lambda: later.current is None)
    until(lambda: not context.places.queue.exists())
    assert again.leave()


def test_a_killed_child_is_told_and_goes_on(
    context: AppContext, training: Training, on: TrainingCommands, until: Until, tmp_path: Path
) -> None:
    on.start(tmp_path, "Anna")
    until(lambda: device(training) == "CPU")
    process = on._process
    assert process is not None
    process._process.kill()  # as the system would
    until(lambda: training.current is None and len(training.runs) == 1)
    assert str(context.notices.notices[0].meaning) == "The trainer was ended from outside."
    assert training.runs[0].can_go_on
    on.resume(training.runs[0])
    until(lambda: device(training) == "CPU")


def test_a_snapshot_becomes_a_model(
    context: AppContext, training: Training, on: TrainingCommands, until: Until, tmp_path: Path
) -> None:
    on.start(tmp_path, "Anna")
    until(lambda: device(training) == "CPU")
    on.checkpoint()
    until(lambda: training.current is not None and training.current.best is not None)
    assert training.current is not None
    (snapshot,) = training.current.snapshots
    assert snapshot.folder == training.current.folder / "snapshots/7"
    on.use_snapshot(training.current, snapshot, "Anna 50 %")
    assert [str(job.title) for job in context.jobs.running] == ["Making a model of “Anna 50 %”"]
    # The child made a card without graphs: the library refuses it, in words.
    until(lambda: context.notices.rowCount() == 1)
    assert "could not be imported" in str(context.notices.notices[0].what)
    until(lambda: not list(context.places.cache.glob("snapshot-*")))


def test_fetching_the_helper_files(context: AppContext, on: TrainingCommands, until: Until) -> None:
    on.helpers.fetch()
    assert [str(job.title) for job in context.jobs.running] == ["Fetching the helper files"]
    until(lambda: context.notices.rowCount() == 1)
    assert str(context.notices.notices[0].what) == "The helper files are installed."


def test_a_run_goes_to_the_bin_and_comes_back(
    context: AppContext, training: Training, on: TrainingCommands, until: Until, tmp_path: Path
) -> None:
    on.start(tmp_path, "Anna")
    until(lambda: device(training) == "CPU")
    assert training.current is not None
    on.delete(training.current)
    assert not context.undo_stack.can_undo, "not while it is under way"
    on.stop()
    until(lambda: training.current is None and len(training.runs) == 1)
    run = training.runs[0]
    assert run.bytes > 100
    on.delete(run)
    until(lambda: training.runs == ())
    assert not run.folder.exists()
    context.undo_stack.undo()
    until(lambda: [one.folder for one in training.runs] == [run.folder])


def test_a_model_in_the_library_is_not_imported_twice(
    context: AppContext, on: TrainingCommands, until: Until, tiny_bundle: Path
) -> None:
    on.use_model(tiny_bundle)
    until(lambda: any(not entry.bundled for entry in context.model.entries))
    imported = next(entry.path for entry in context.model.entries if not entry.bundled)
    context.settings.model = ""
    on.use_model(tiny_bundle)
    until(lambda: context.settings.model == str(imported))


def test_with_its_model_comes_the_style_of_who_was_learned(
    context: AppContext, on: TrainingCommands, until: Until, tiny_bundle: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    made: list[tuple[list[Path], dict[str, object]]] = []
    monkeypatch.setattr(context.on_styles, "make", lambda files, **how: made.append((files, how)))
    names = [f"{n}.png" for n in range(3)]
    for name in names:
        Image.new("RGB", (64, 64), "teal").save(tmp_path / name)
    listed = [{"file": name} for name in [*names, "../beside.png", "gone.png"]]
    (tmp_path / INDEX).write_text(json.dumps({"pictures": listed}))
    anna = RunState(tmp_path, name="Anna", bundle=tiny_bundle, data=tmp_path, consent={"subject": "self"})
    on.use_run(replace(anna, name="Fields", consent={"subject": "public-domain"}))
    on.use_run(replace(anna, name=context.styles.entries[0].name))
    on.use_run(anna)
    until(lambda: made)
    files = [tmp_path / name for name in names]
    assert made == [(files, {"name": "Anna", "whole": True, "subject": "self"})]


def test_a_run_that_waits_is_not_queued_twice(
    training: Training, on: TrainingCommands, until: Until, tmp_path: Path
) -> None:
    on.start(tmp_path, "Anna")
    second = on.start(tmp_path, "Bella")
    on.resume(RunState(second.run, "Bella"))
    assert training.waiting == (second,)
    assert training.run(second.run) is None
    assert training.current == training.run(training.current.folder)  # type: ignore[union-attr]
    assert replace(second, resume=True).going_on().resume


def test_missing_helper_files_are_found_out_and_fetched(
    context: AppContext, on: TrainingCommands, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_HELPERS", "1")
    helpers = on.helpers
    helpers.look()
    assert helpers.status == "looking" and not context.jobs.running
    until(lambda: helpers.status == "missing")
    helpers.fetch()
    assert helpers.status == "fetching"
    until(lambda: helpers.status == "failed")
    assert str(context.notices.notices[0].what) == "The helper files could not be fetched."
    helpers.look()
    until(lambda: helpers.status == "failed")
    monkeypatch.delenv("NO_HELPERS")
    helpers.fetch()
    until(lambda: helpers.status == "here")
