"""`train` from end to end: prepare the pictures, ask for consent, measure, train, export; told in events."""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import torch

from engine.errors import Cancelled, PersonaError
from engine.formats import protocol
from engine.formats.job import Job
from engine.formats.job_settings import JobError
from engine.formats.reason import Reason, reason_of
from engine.formats.run_folder import CHECKPOINTS, JOB
from trainer.cli.failures import reason_for, tell_failure
from trainer.data.prepared import PreparedSet
from trainer.device import Device
from trainer.planning import job_builder, preflight, tiers
from trainer.run.control import Control, Stopped, listen, signals_obeyed
from trainer.run.event_writer import EventWriter
from trainer.run.loop import Run
from trainer.run.world import World, WorldError
from trainer.storage import checkpoint, run_folder
from trainer.storage.bundles import load_networks


def train(args: argparse.Namespace) -> int:
    """Runs or resumes a job; 0 when it ended in order, 1 when it failed, 2 when it could not begin."""
    control, world = Control(), World()
    try:
        with signals_obeyed(control), ExitStack() as stack:
            world = World.join("cuda" if args.device != "cpu" and torch.cuda.is_available() else "cpu")
            stack.callback(world.leave)
            if world.leads:
                listen(control, args.stdin_is_life, say=_say)
            return _train(args, control, world, stack)
    except (Stopped, Cancelled):
        EventWriter(None, world.leads).write(protocol.Done(Reason("stopped", "stopped"), 0.0, None))
        return 0
    except WorldError as error:
        return 2 if str(error) else 0  # the leading process says why, if it was not told to stop
    except PersonaError as error:
        tell_failure(reason_of(error))
        return 2
    except OSError as error:
        tell_failure(reason_for(error))
        return 1


def bundle(args: argparse.Namespace) -> int:
    """Exports a bundle from the newest checkpoint of a run, or from one of its snapshots; 0, or 2 when there
    is none or it does not fit."""
    try:
        job = Job.load(args.run_folder / JOB).changed(**job_builder.about(args))
        job = job.changed(name=args.name or job.name)
        other = load_networks(args.blend) if args.blend else None
        if other is not None and other.config != job.network:
            raise JobError(f"{args.blend} has networks of other sizes and cannot be mixed in", "other-sizes")
        run = Run(job, args.run_folder, Device.choose("cpu"), Control())
        run.export(args.out, other, args.share, args.snapshot, args.spread)
    except PersonaError as error:
        tell_failure(reason_of(error))
        return 2
    return 0


def _train(args: argparse.Namespace, control: Control, world: World, stack: ExitStack) -> int:
    """Makes the job, tells what it needs, and does it."""
    told = world.led(lambda: json.dumps(_job(args, control, stack).to_json()))
    job = Job.from_json(json.loads(told))
    if job.optimisation.threads:
        torch.set_num_threads(job.optimisation.threads)
    device = Device.choose(job.optimisation.device, world)
    job, found = _plan(job, device, args, control, world)
    if args.preflight:
        EventWriter(None, world.leads).write(found)
        return 0
    if world.leads and not args.resume and found.fits:
        run_folder.keep_job(job, args.out)
    writer = EventWriter(args.out, world.leads)
    if world.leads and not args.resume and job_builder.is_tuned(args):
        _say(tiers.sentence(len(PreparedSet.open(job.data.folder).of("train")), job))
    writer.write(found)
    if not found.fits:
        raise JobError(found.sentence, "no-memory" if found.lacks == "memory" else "no-space")
    last = writer.write_all(_events(Run(job, args.out, device, control, world)))
    return 1 if isinstance(last, protocol.Failed) else 0


def _events(run: Run) -> Iterator[protocol.Event]:
    """The events of a run; an error that nobody foresaw is told, too, before it ends the program."""
    begun = False
    try:
        for event in run.events():
            begun = begun or isinstance(event, protocol.Started)
            yield event
    except PersonaError:
        raise
    except Exception as error:
        if not begun:
            raise
        traceback.print_exc()
        reason = reason_for(error)
        yield protocol.Failed(replace(reason, message=f"{reason.message}; the last checkpoint is kept"))


def _job(args: argparse.Namespace, control: Control, stack: ExitStack) -> Job:
    """The job of the run folder when resuming, otherwise one made from the arguments; the folder is held."""
    if args.resume:
        job = job_builder.old_job(args)
        stack.enter_context(run_folder.held(args.out))
        return job
    if not args.preflight:
        run_folder.check_run(args.out)
        stack.enter_context(run_folder.held(args.out))
    return job_builder.new_job(args, control)


def _plan(
    job: Job, device: Device, args: argparse.Namespace, control: Control, world: World
) -> tuple[Job, protocol.Preflight]:
    pictures = len(PreparedSet.open(job.data.folder).pictures)
    kimg = world.led(lambda: str(checkpoint.newest_kimg(args.out / CHECKPOINTS) if args.resume else 0.0))
    place = preflight.RunPlace(args.out, pictures, float(kimg))
    return preflight.plan(job, device, place, world, control, job_builder.stated(args))


def _say(text: str) -> None:
    sys.stderr.write(f"trainer: {text}\n")
