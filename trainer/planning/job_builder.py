"""From what is asked for to a job: pictures prepared, consent given, settings checked, before any step."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.bundle import Bundle
from engine.formats.job import Job, from_preset, own_name, place_of
from engine.formats.job_settings import JobError
from engine.formats.network import NetworkConfig
from engine.formats.run_folder import JOB
from trainer.data import consent
from trainer.data.crops import Cut
from trainer.data.home import data_home
from trainer.data.listeners import Plain
from trainer.data.prepare import PreparationSettings, prepare
from trainer.data.prepared import PreparedSet
from trainer.process.control import Control
from trainer.run.kinds import kind_of, kind_of_model
from trainer.storage.run_folder import FREE, LENGTHS, keep_job

LATER = FREE - {"accumulation", "consent", "data"}
"""Settings that may be given anew when a run goes on."""


@dataclass(frozen=True)
class TrainRequest:
    """A training that somebody asks for."""

    folder: Path
    """A prepared set, or a folder of pictures."""
    out: Path
    """Folder of the run."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of the job, by their own names, as far as they are stated."""
    start_from: Path | None = None
    """Model to fine-tune."""
    resume: bool = False
    """Go on with the run in `out`."""
    preset: str = ""
    """Nothing: tune with `start_from`, otherwise base."""
    name: str = ""
    """Of the model; nothing: that of the folder."""
    resolution: int = 0
    """Side of the pictures; 0: that of the preset, or of the model."""
    align: bool = True
    """Whether a folder of pictures is one of faces."""
    subfolder_labels: bool = False
    """Whether its subfolders name the styles."""
    consent: Path | None = None
    """Consent record of the set."""
    only_preflight: bool = False
    """Nothing is trained: what it would need is told."""


def new_job(request: TrainRequest, control: Control) -> Job:
    """The job that is asked for. Raises JobError, PersonaError, WeightsError, Cancelled."""
    data = prepared(request, control)
    start = request.start_from
    preset = request.preset or ("tune" if start else "base")
    name = request.name or request.folder.resolve().name or "model"
    bundle = Bundle.load(start) if start else None
    given = kind_of_model(bundle).settings_for(data) if bundle and is_tuned(request) else {}
    given |= request.settings
    job = from_preset(preset, str(data.folder.resolve()), **(given | {"name": name}))
    if bundle is not None:
        network = kind_of_model(bundle).network(bundle, request.resolution)
        job = job.changed(start_from=str(Path(start or "").resolve()), network=network)
        kind_of(job).check(job)
    elif request.resolution:
        job = job.changed(network=resized(job.network, request.resolution))
    if (start or request.consent) and not request.only_preflight:
        record = consent.obtain(data, file=request.consent, home=data_home(), ask=consent.terminal())
        job = job.changed(consent=record.to_json())
    return job


def is_tuned(request: TrainRequest) -> bool:
    """Whether the number of pictures decides how a model is fine-tuned; `--set` changes single settings."""
    return bool(request.start_from) and request.preset in ("", "tune")


def old_job(request: TrainRequest) -> Job:
    """The job of a run that goes on. Raises JobError where it is wanted otherwise than it began."""
    job = Job.load(request.out / JOB)
    given = request.settings
    for name, value in given.items():
        if name not in LATER and not (name in LENGTHS and job.schedule.minutes > 0):
            group, inner = place_of(name)
            begun = getattr(job, group)
            _require_same(name, value, getattr(begun, inner) if inner else begun)
    if request.resolution:
        _require_same("resolution", request.resolution, job.network.resolution)
    if request.start_from and job.schedule.start_from:
        _require_same("the model to start from", str(request.start_from.resolve()), job.schedule.start_from)
    if PreparedSet.is_set(request.folder):
        _require_same("the set", str(request.folder.resolve()), str(Path(job.data.folder).resolve()))
    changed = job.changed(**{name: value for name, value in given.items() if name in LATER})
    if changed != job and not request.only_preflight:
        keep_job(changed, request.out)
    return changed


def prepared(request: TrainRequest, control: Control) -> PreparedSet:
    """The set itself when the folder is one, otherwise one prepared from it inside the run."""
    if PreparedSet.is_set(request.folder):
        return PreparedSet.open(request.folder)
    plain = Plain(sys.stderr)
    settings = PreparationSettings(cut=Cut(align=request.align), subfolder_labels=request.subfolder_labels)
    return prepare(
        request.folder,
        request.out / "data",
        settings,
        tell=lambda event: plain(event),
        cancelled=control.stop.is_set,
    )


def about(card: Path | None) -> dict[str, Any]:
    """What a file says for the model's card, as a change of a job. Raises JobError."""
    if card is None:
        return {}
    try:
        said = json.loads(card.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise JobError(f"{card} is not a readable JSON file: {error}") from error
    if not isinstance(said, dict):
        raise JobError(f"{card} must hold a JSON object")
    return {"about": said}


def setting(text: str) -> tuple[str, Any]:
    """A setting's own name and its value out of NAME=VALUE or GROUP.NAME=VALUE. Raises JobError."""
    name, equals, value = text.partition("=")
    if not equals:
        raise JobError(f"--set needs NAME=VALUE, not {text!r:.60}")
    name = own_name(name.strip())
    if value.strip().lower() in ("true", "false"):
        return name, value.strip().lower() == "true"
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return name, value


def resized(network: NetworkConfig, resolution: int) -> NetworkConfig:
    """The sizes of networks for another resolution. Raises JobError."""
    try:
        preview = max(8, min(network.preview_resolution, resolution // 2))
        return replace(network, resolution=resolution, preview_resolution=preview)
    except ValueError as error:
        raise JobError(str(error)) from error


def _require_same(name: str, wanted: Any, begun: Any) -> None:
    if wanted != begun:
        raise JobError(
            f"{name} cannot be {wanted!r}: this run began with {begun!r}, and a run goes on as it began; "
            "start a new one for another"
        )
