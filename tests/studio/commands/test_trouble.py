"""The trainer's reasons, put into the studio's words by their codes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from engine.formats.consent import Consent, ConsentError
from engine.formats.preparation import PreparationFailed
from engine.formats.protocol import Failed, parse_event
from engine.formats.reason import Reason, reason_of
from studio.commands.trouble import BY_CODE, trouble_in, trouble_of
from studio.library.catalogue import load_catalogue
from studio.workers.training_process import TrainingEnd

ROOT = Path(__file__).parents[3]
OWN = ("JobError", "HelperError", "CheckpointError", "WeightsError", "ExportError", "Ended")


def end(log: str = "", **changes: object) -> TrainingEnd:
    values = {"exit_code": 2, "crashed": False, "stopped": False, "log": log, "last_event": None}
    return TrainingEnd(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("no-module", "Training needs PyTorch"),
        ("no-memory", "not enough memory"),
        ("no-space", "disk is full"),
        ("no-set", "not there any more"),
        ("set-changed", "pictures have changed"),
        ("run-held", "under way already"),
        ("too-few", "too few pictures"),
        ("weights-given-up", "only the pictures"),
        ("lost-nan", "lost its way"),
        ("no-folder", "folder is not there any more"),
    ],
)
def test_codes_are_put_into_words(code: str, said: str) -> None:
    trouble = trouble_of(end(last_event=Failed(Reason(code, "in the trainer's words"))))
    assert said in str(trouble.what)
    assert trouble.advice is not None
    assert trouble.detail == "in the trainer's words"


def test_every_code_has_words() -> None:
    catalogue = load_catalogue("en")
    for what, advice in BY_CODE.values():
        assert what.key in catalogue and advice.key in catalogue


def codes() -> set[str]:
    """What the trainer gives as the code of an error of its own."""
    calls = (
        node
        for path in (ROOT / "trainer").rglob("*.py")
        if "tools" not in path.parts and "base" not in path.parts and "evaluation" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    )
    named = {
        argument.value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in OWN
        for argument in call.args[1:]
        if isinstance(argument, ast.Constant)
    }
    return named | {"checkpoint", "export", "no-helper", "unfit-job", "weights"}


def test_the_trainers_own_codes_are_known() -> None:
    assert codes() - BY_CODE.keys() <= {"elsewhere", "run-exists"}, "of no use to who sits at the window"


@pytest.mark.parametrize("name", ["hernandez.png", "banana-01.jpg", "no space left.png"])
def test_what_is_in_a_sentence_decides_nothing(name: str) -> None:
    message = f"{name} is new: the set changed since this run began"
    assert "pictures have changed" in str(trouble_in(Reason("set-changed", message, {"file": name})).what)
    assert str(trouble_in(Reason("", f"{name} is odd")).what).endswith("is odd.")


def test_a_code_from_a_newer_trainer_is_shown_in_its_own_words() -> None:
    trouble = trouble_of(end(last_event=Failed(Reason("flux", "the flux capacitor {is} empty"))))
    assert str(trouble.what) == "The flux capacitor {is} empty."
    assert trouble.advice is None


def test_a_reason_from_before_there_were_codes_is_shown_as_it_is() -> None:
    _, event = parse_event('{"event": "failed", "message": "no longer a number"}')
    assert str(trouble_of(end(last_event=event)).what) == "No longer a number."


def test_a_consent_that_does_not_fit_is_told() -> None:
    record = Consent("self", "mine", "Ada", "2026-01-01", ("train",), True, 3, "a" * 64)
    with pytest.raises(ConsentError) as refused:
        record.check("b" * 64)
    assert "permission does not fit" in str(trouble_in(reason_of(refused.value)).what)


def test_how_a_child_ended_counts_where_it_said_nothing() -> None:
    assert "from outside" in str(trouble_of(end(crashed=True)).what)
    assert "could not be started" in str(trouble_of(end(problem="execve: no such program")).what)
    unknown = trouble_of(end("first\ntrainer: something nobody foresaw\n"))
    assert ("could not go on" in str(unknown.what), unknown.detail) == (True, "something nobody foresaw")
    failed = PreparationFailed(Reason("no-pictures", "there are no pictures in it"))
    assert "no pictures in this folder" in str(trouble_of(end(last_event=failed)).what)
