"""`train` from end to end: prepare the pictures, ask for consent, measure, train, export; told in events."""

from __future__ import annotations

import argparse
import ast
import json
import sys
import threading
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import torch

from engine.bundle import Bundle
from engine.errors import PersonaError
from trainer import consent, protocol
from trainer.bundles import WeightsError, load_networks, network_config
from trainer.checkpoint import CheckpointError
from trainer.data.crops import Cut
from trainer.data.events import Event as DataEvent
from trainer.data.events import Plain
from trainer.data.home import data_home
from trainer.data.prepare import Settings, prepare
from trainer.data.prepared import INDEX, LIST, PreparedSet
from trainer.device import Device
from trainer.export import ExportError
from trainer.job import Job, JobError, from_preset
from trainer.loop import JOB, Control, Run, check_run, keep_job
from trainer.preflight import fit_to_minutes, measure
from trainer.world import World

REFUSED = (JobError, PersonaError, WeightsError, CheckpointError)


def train(args: argparse.Namespace) -> int:
    """Runs or resumes a job; 0 when it ended in order, 1 when it failed, 2 when it could not begin."""
    control = Control()
    world = World()
    listen(control, args.stdin_is_life)
    try:
        cuda = args.device != "cpu" and torch.cuda.is_available()
        world = World.join("cuda" if cuda else "cpu")
        job = _job(args, world)
        if job.threads:
            torch.set_num_threads(job.threads)
        run = Run(job, args.out, Device.choose(job.device, world), control, world)
        return _tell(run, args.out)
    except REFUSED as error:
        _say(str(error))
        return 2
    except ExportError as error:
        _say(f"the model could not be exported: {error}")
        return 1
    except OSError as error:
        _say(f"{error.filename or args.out}: {error.strerror or error}; the last checkpoint is kept")
        return 1
    finally:
        world.leave()


def bundle(args: argparse.Namespace) -> int:
    """Exports a bundle from the newest checkpoint of a run; 0, or 2 when there is none or it does not fit."""
    try:
        job = replace(Job.load(args.run_folder / JOB), **_about(args))
        job = replace(job, name=args.name or job.name)
        other = load_networks(args.blend) if args.blend else None
        if other is not None and other.config != job.network:
            raise JobError(f"{args.blend} has networks of other sizes and cannot be mixed in")
        Run(job, args.run_folder, Device.choose("cpu"), Control()).export(args.out, other, args.share)
    except (*REFUSED, ExportError) as error:
        _say(str(error))
        return 2
    return 0


def listen(control: Control, until_closed: bool, source: IO[str] | None = None) -> None:
    """Obeys the commands on standard input in a thread of its own.

    until_closed: a closed input means checkpoint and leave.
    """
    lines = source or sys.stdin
    if lines is None:
        return

    def obey() -> None:
        for line in lines:
            try:
                control.obey(protocol.parse_command(line))
            except protocol.ProtocolError as error:
                _say(str(error))
        if until_closed:
            control.obey("stop")

    threading.Thread(target=obey, name="commands", daemon=True).start()


def _job(args: argparse.Namespace, world: World) -> Job:
    """The job of the run folder when resuming, otherwise one made from the arguments and kept there."""
    if args.resume:
        return Job.load(args.out / JOB)
    if not world.leads:
        world.agree(False)
        return Job.load(args.out / JOB)
    try:
        check_run(args.out)
        job = _new_job(args, world)
        keep_job(job, args.out)
    finally:
        world.agree(False)
    return job


def _new_job(args: argparse.Namespace, world: World) -> Job:
    data = _prepared(args)
    start = args.start_from
    changes = dict(_setting(text) for text in args.set) | _about(args)
    for name in ("minutes", "device", "batch", "seed", "loss", "precision", "threads"):
        if (value := getattr(args, name)) is not None:
            changes[name] = value
    changes["name"] = args.name or args.folder.resolve().name or "model"
    preset = args.preset or ("tune" if start else "base")
    job = from_preset(preset, str(data.folder), **changes)
    if start:
        job = replace(job, start_from=str(start), network=network_config(Bundle.load(start)))
    elif args.resolution:
        job = replace(job, network=_resized(job, args.resolution))
    if start or args.consent:
        record = consent.obtain(data, file=args.consent, home=data_home(), ask=consent.terminal())
        job = replace(job, consent=record.to_json())
    if job.minutes:
        found = measure(job, Device.choose(job.device, world))
        job = fit_to_minutes(job, found)
        _say(f"fits: {found.sentence(job)}")
    return job


def _resized(job: Job, resolution: int) -> Any:
    try:
        preview = max(8, min(job.network.preview_resolution, resolution // 2))
        return replace(job.network, resolution=resolution, preview_resolution=preview)
    except ValueError as error:
        raise JobError(str(error)) from error


def _prepared(args: argparse.Namespace) -> PreparedSet:
    """The set itself when the folder is one, otherwise one prepared from it inside the run."""
    if (args.folder / INDEX).is_file() or (args.folder / LIST).is_file():
        return PreparedSet.open(args.folder)
    cut = Cut(align=not args.no_align)
    plain = Plain(sys.stderr)

    def tell(event: DataEvent) -> None:
        plain(event)

    settings = Settings(cut=cut, subfolder_labels=args.labels == "subfolders")
    return prepare(args.folder, args.out / "data", settings, tell=tell)


def _about(args: argparse.Namespace) -> dict[str, Any]:
    if args.card is None:
        return {}
    try:
        about = json.loads(args.card.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise JobError(f"{args.card} is not a readable JSON file: {error}") from error
    if not isinstance(about, dict):
        raise JobError(f"{args.card} must hold a JSON object")
    return {"about": about}


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise JobError(f"--set needs NAME=VALUE, not {text!r}")
    try:
        return name.strip(), ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name.strip(), value


def _tell(run: Run, folder: Path) -> int:
    """Runs it; the leading process writes every event to standard output and to the run's `events.jsonl`."""
    failed = False
    with ExitStack() as stack:
        log = None
        if run.world.leads:
            log = stack.enter_context((folder / "events.jsonl").open("a", encoding="utf-8"))
        for event in run.events():
            failed = isinstance(event, protocol.Failed)
            if log is not None:
                line = event.to_line() + "\n"
                log.write(line)
                log.flush()
                sys.stdout.write(line)
                sys.stdout.flush()
    return 1 if failed else 0


def _say(text: str) -> None:
    sys.stderr.write(f"trainer: {text}\n")
