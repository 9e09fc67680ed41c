"""What the trainer says when it cannot go on, in one clear sentence each, with what to do about it.

Reasons come as codes (`engine.formats.reason`). A code that nobody here knows, from a newer trainer, and a
reason without one, from an old run, are shown in the trainer's own words.
"""

from __future__ import annotations

from engine.formats.preparation import PreparationFailed
from engine.formats.protocol import Failed
from engine.formats.reason import Reason
from studio.library.text import Text, as_it_came
from studio.state.preparation import TrainingTrouble
from studio.workers.training_process import TrainingEnd

Sentences = tuple[Text, Text]
"""What happened, and what to do about it."""

_NO_PERMISSION = (
    Text("said.training.no_permission"),
    Text("said.training.no_permission.advice"),
)
_NO_SPACE = (
    Text("said.training.no_space"),
    Text("said.training.no_space.advice"),
)
_CONSENT = (
    Text("said.training.consent"),
    Text("said.training.consent.advice"),
)
_NO_SET = (
    Text("said.training.set_gone"),
    Text("said.training.set_gone.advice"),
)
_LOST = (
    Text("said.training.lost"),
    Text("said.training.lost.advice"),
)


def _words(name: str) -> Sentences:
    return Text(f"said.training.{name}"), Text(f"said.training.{name}.advice")


BY_CODE: dict[str, Sentences] = {
    "no-pictures": (
        Text("said.training.no_pictures"),
        Text("said.training.no_pictures.advice"),
    ),
    "no-folder": (
        Text("said.training.no_folder"),
        Text("said.training.no_folder.advice"),
    ),
    "unreadable": (
        Text("said.training.unreadable"),
        Text("said.training.unreadable.advice"),
    ),
    "no-space": _NO_SPACE,
    "no-permission": _NO_PERMISSION,
    "read-only": _NO_PERMISSION,
    "no-module": (
        Text("said.training.no_torch"),
        Text("said.training.no_torch.advice"),
    ),
    "no-memory": (
        Text("said.training.no_memory"),
        Text("said.training.no_memory.advice"),
    ),
    "set-changed": (
        Text("said.training.changed"),
        Text("said.training.changed.advice"),
    ),
    "run-held": (
        Text("said.training.elsewhere"),
        Text("said.training.elsewhere.advice"),
    ),
    "weights-given-up": (
        Text("said.training.thinned"),
        Text("said.training.thinned.advice"),
    ),
    "no-set": _NO_SET,
    "set-unreadable": _NO_SET,
    "helper-not-had": (
        Text("said.training.helpers.index"),
        Text("said.training.helpers.index.advice"),
    ),
    "too-few": (
        Text("said.training.too_few"),
        Text("said.training.too_few.advice"),
    ),
    **dict.fromkeys(
        (
            "set",
            "set-damaged",
            "set-format",
            "none-readable",
            "decisions",
            "report-damaged",
            "report-format",
        ),
        _words("set_damaged"),
    ),
    **dict.fromkeys(
        ("run-damaged", "no-run", "checkpoint", "no-checkpoint", "job-changed", "job-format"),
        _words("run_damaged"),
    ),
    **dict.fromkeys(
        ("weights", "model", "export", "other-sizes", "snapshot-damaged", "no-snapshot"), _words("weights")
    ),
    **dict.fromkeys(("no-helper", "helper-damaged", "no-npm"), _words("helper")),
    **dict.fromkeys(("no-cuda", "device", "no-bf16"), _words("device")),
    "no-parent": _words("no_parent"),
    "unfit-job": _words("unfit"),
    "unforeseen": _words("unforeseen"),
    **dict.fromkeys((f"lost-{code}" for code in ("nan", "exploding", "alike", "saturated")), _LOST),
    **dict.fromkeys(
        (
            "consent-missing",
            "consent-invalid",
            "consent-unreadable",
            "consent-other-set",
            "consent-expired",
            "consent-future",
            "consent-not-adult",
            "consent-not-for-training",
        ),
        _CONSENT,
    ),
}


def trouble_of(end: TrainingEnd, reason: Reason | None = None) -> TrainingTrouble:
    """Why a child ended. reason: what it told, where that is not the last thing it told."""
    if reason is None and isinstance(end.last_event, Failed | PreparationFailed):
        reason = end.last_event.reason
    if reason is not None and reason.message:
        return trouble_in(reason)
    if end.problem:
        return TrainingTrouble(
            Text("said.training.no_start"), Text("said.training.no_start.advice"), end.problem
        )
    said = last_line(end.log)
    if end.crashed:
        return TrainingTrouble(
            Text("said.training.killed"),
            Text("said.training.killed.advice"),
            said,
        )
    return TrainingTrouble(Text("said.training.other"), Text("said.training.other.advice"), said)


def trouble_in(reason: Reason) -> TrainingTrouble:
    """Why a run failed or waits for help, as its own events tell it."""
    if reason.code in BY_CODE:
        return TrainingTrouble(*BY_CODE[reason.code], detail=reason.message)
    return TrainingTrouble(as_it_came(_as_sentence(reason.message)))


def _as_sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:].rstrip('.')}."


def last_line(log: str) -> str:
    """The last line that says something, without the trainer's name."""
    line = next((line for line in reversed(log.splitlines()) if line.strip()), "")
    return line.removeprefix("trainer: ")
