"""From a folder to a model in use, with the real trainer in real child processes; one of them is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from pytestqt.qtbot import QtBot

from engine.formats.consent import Consent
from studio.commands.context import AppContext
from studio.commands.plan import Plan
from studio.commands.preparing import PreparationCommands
from studio.library.places import Places
from studio.state.preparation import Stage

SHORT = {
    "style_kimg": "0.008",
    "warm_kimg": "0.008",
    "adversarial_kimg": "0.016",
    "checkpoint_kimg": "0.016",
    "sample_kimg": "0.016",
    "report_seconds": "0.0",
    "start_resolution": "16",
    "perceptual": "False",
    "style_batch": "4",
}
OPTIONS = ("--preset", "quick", "--batch", "4", "--device", "cpu", "--threads", "1")


@pytest.fixture
def context(tmp_path: Path, tiny_bundle: Path, qtbot: QtBot) -> Iterator[AppContext]:
    """With a model that draws 32 pixels."""
    made = AppContext(Places.under(tmp_path / "home"), starters=tmp_path / "none")
    made.settings.model = str(tiny_bundle)
    made.start()
    qtbot.waitUntil(lambda: made.model.status == "ready", timeout=30_000)
    yield made
    assert made.stop(20.0)


def drawings(folder: Path, count: int = 8) -> Path:
    """Discs on coloured grounds, each unlike the others."""
    folder.mkdir()
    for number in range(count):
        picture = Image.new("RGB", (64, 64), f"hsl({45 * number}, 70%, 50%)")
        draw = ImageDraw.Draw(picture)
        for line in range(6):
            draw.ellipse(
                (7 * line, 5 * number, 7 * line + 12, 5 * number + 20), f"hsl({60 * line}, 90%, 60%)"
            )
        picture.save(folder / f"{number}.png")
    return folder


@pytest.mark.timeout(600)
def test_a_folder_becomes_a_model_though_the_trainer_is_killed(
    context: AppContext, qtbot: QtBot, tmp_path: Path
) -> None:
    def until(condition: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(condition()), timeout=300_000)

    options = [*OPTIONS, *(word for name, value in SHORT.items() for word in ("--set", f"{name}={value}"))]
    on = PreparationCommands(
        context, context.preparation, context.training, context.on_training, options=options
    )
    preparation, training = context.preparation, context.training
    on.open(drawings(tmp_path / "Discs 圆"))
    until(lambda: preparation.setup.stage is Stage.READY)
    report = preparation.setup.report
    assert report is not None
    assert report.reasons == {"no-face": 8}, "nothing is kept, and it is said why"
    on.set_whole(True)
    until(lambda: preparation.setup.stage is Stage.READY)
    assert preparation.setup.usable >= 6

    proposals: list[Consent] = []
    on.propose_consent(lambda record, _: proposals.append(record))
    until(lambda: proposals)
    on.give_consent(
        replace(proposals[0], subject="synthetic", basis="drawn here", given_by="Ada", adult=True)
    )
    until(lambda: preparation.setup.consent is not None)
    plan = Plan("Discs 圆", None)
    on.measure(plan)
    until(lambda: preparation.setup.measured.status != "measuring")
    found = preparation.setup.measured.found
    assert found is not None and found.fits and found.seconds > 0, preparation.setup.measured.trouble

    on.train(plan)
    until(lambda: training.current is not None and training.current.checkpoints)
    process = context.on_training._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    until(lambda: training.current is None and training.runs)
    run = training.runs[0]
    assert run.can_go_on
    assert run.consent is not None and run.consent["given_by"] == "Ada"
    context.on_training.resume(run)
    until(lambda: training.current is None and training.runs[0].bundle is not None)
    run = training.runs[0]
    assert run.status == "done"
    assert any(point.values for point in run.losses)
    assert run.snapshots and all(one.file.is_file() for one in run.snapshots)

    assert run.bundle is not None
    context.on_training.use_model(run.bundle)
    until(lambda: context.model.bundle is not None and context.model.bundle.name == "Discs 圆")
    assert context.model.bundle is not None
    assert context.model.bundle.card.raw["consent"]["given_by"] == "Ada"
    assert context.model.bundle.path.parent == context.places.models
    assert on.stop()
