"""From the command line to a job: pictures prepared, consent given, settings checked, before any step."""

from __future__ import annotations

import argparse
import ast
import json
import sys
from dataclasses import replace
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
from trainer.model.growing import resized_config
from trainer.planning import tiers
from trainer.run.control import Control
from trainer.storage.bundles import network_config
from trainer.storage.run_folder import FREE, LENGTHS, keep_job

GIVEN = ("minutes", "device", "batch", "seed", "loss", "precision", "threads")
"""Options that are settings of the job by the same name."""
LATER = FREE - {"accumulation", "consent", "data"}
"""Settings that may be given anew when a run goes on."""


def new_job(args: argparse.Namespace, control: Control) -> Job:
    """The job that the arguments describe. Raises JobError, PersonaError, WeightsError, Cancelled."""
    data = prepared(args, control)
    start = args.start_from
    preset = args.preset or ("tune" if start else "base")
    name = args.name or args.folder.resolve().name or "model"
    given = (tiers.settings_for(len(data.of("train"))) if is_tuned(args) else {}) | stated(args)
    job = from_preset(preset, str(data.folder.resolve()), **(given | {"name": name}))
    if start:
        bundle = Bundle.load(start)
        network = network_config(bundle)
        if args.resolution:
            network = resized_config(network, args.resolution)
        job = job.changed(start_from=str(Path(start).resolve()), network=network)
    elif args.resolution:
        job = job.changed(network=resized(job.network, args.resolution))
    if (start or args.consent) and not args.preflight:
        record = consent.obtain(data, file=args.consent, home=data_home(), ask=consent.terminal())
        job = job.changed(consent=record.to_json())
    return job


def is_tuned(args: argparse.Namespace) -> bool:
    """Whether the number of pictures decides how a model is fine-tuned; `--set` changes single settings."""
    return bool(args.start_from) and args.preset in (None, "tune")


def old_job(args: argparse.Namespace) -> Job:
    """The job of a run that goes on. Raises JobError where the arguments want it otherwise than it began."""
    job = Job.load(args.out / JOB)
    given = stated(args)
    for name, value in given.items():
        if name not in LATER and not (name in LENGTHS and job.schedule.minutes > 0):
            group, inner = place_of(name)
            begun = getattr(job, group)
            _require_same(name, value, getattr(begun, inner) if inner else begun)
    if args.resolution:
        _require_same("resolution", args.resolution, job.network.resolution)
    if args.start_from and job.schedule.start_from:
        _require_same("the model to start from", str(args.start_from.resolve()), job.schedule.start_from)
    if PreparedSet.is_set(args.folder):
        _require_same("the set", str(args.folder.resolve()), str(Path(job.data.folder).resolve()))
    changed = job.changed(**{name: value for name, value in given.items() if name in LATER})
    if changed != job and not args.preflight:
        keep_job(changed, args.out)
    return changed


def prepared(args: argparse.Namespace, control: Control) -> PreparedSet:
    """The set itself when the folder is one, otherwise one prepared from it inside the run."""
    if PreparedSet.is_set(args.folder):
        return PreparedSet.open(args.folder)
    plain = Plain(sys.stderr)
    settings = PreparationSettings(
        cut=Cut(align=not args.no_align), subfolder_labels=args.labels == "subfolders"
    )
    return prepare(
        args.folder,
        args.out / "data",
        settings,
        tell=lambda event: plain(event),
        cancelled=control.stop.is_set,
    )


def about(args: argparse.Namespace) -> dict[str, Any]:
    """What `--card` says, as a change of a job. Raises JobError."""
    if args.card is None:
        return {}
    try:
        said = json.loads(args.card.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise JobError(f"{args.card} is not a readable JSON file: {error}") from error
    if not isinstance(said, dict):
        raise JobError(f"{args.card} must hold a JSON object")
    return {"about": said}


def stated(args: argparse.Namespace) -> dict[str, Any]:
    """Settings of a job that the arguments state. Raises JobError."""
    changes = dict(setting(text) for text in args.set) | about(args)
    return changes | {name: value for name in GIVEN if (value := getattr(args, name)) is not None}


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
