"""`train` from end to end: prepare the pictures, ask for consent, measure, train, export; told in events."""

from __future__ import annotations

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
from engine.formats.run_folder import CHECKPOINTS
from trainer.cli.failures import reason_for, tell_failure
from trainer.data.prepared import PreparedSet
from trainer.planning import job_builder, preflight
from trainer.planning.job_builder import TrainRequest
from trainer.process.awake import kept_awake
from trainer.process.control import Control, Stopped, end_soon, listen, signals_obeyed
from trainer.process.device import Device
from trainer.process.world import World, WorldError
from trainer.run import speed
from trainer.run.event_writer import EventWriter
from trainer.run.kinds import kind_of
from trainer.run.loop import Run
from trainer.storage import checkpoint, run_folder


def train(request: TrainRequest, stdin_is_life: bool = False) -> int:
    """Runs or resumes a job; 0 when it ended in order, 1 when it failed, 2 when it could not begin.

    stdin_is_life: whether it leaves when standard input closes, though nothing came through it.
    """
    control, world = Control(), World()
    try:
        with signals_obeyed(control), ExitStack() as stack:
            wants_cpu = request.settings.get("device") == "cpu" or not torch.cuda.is_available()
            world = World.join("cpu" if wants_cpu else "cuda")
            stack.callback(world.leave)
            if world.leads:
                closed = end_soon if request.only_preflight else lambda: None
                listen(control, stdin_is_life, say=_say, closed=closed)
            return _train(request, control, world, stack)
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


def _train(request: TrainRequest, control: Control, world: World, stack: ExitStack) -> int:
    """Makes the job, tells what it needs, and does it."""
    told = world.led(lambda: json.dumps(_job(request, control, stack).to_json()))
    job = Job.from_json(json.loads(told))
    if job.optimisation.threads:
        torch.set_num_threads(job.optimisation.threads)
    device = Device.choose(job.optimisation.device, world)
    job, changed = speed.fit_precision(job, device.torch, request.settings, request.resume)
    if changed and world.leads:
        _say(changed)
    job, found = _plan(job, device, request, control, world)
    if request.only_preflight:
        EventWriter(None, world.leads).write(found)
        return 0
    if world.leads and found.fits and _stands(request) is None:
        run_folder.keep_job(job, request.out)
    writer = EventWriter(request.out, world.leads)
    if world.leads and not request.resume and job_builder.is_tuned(request):
        _say(kind_of(job).sentence(len(PreparedSet.open(job.data.folder).of("train")), job))
    writer.write(found)
    if not found.fits:
        raise JobError(found.sentence, "no-memory" if found.lacks == "memory" else "no-space")
    if world.leads and stack.enter_context(kept_awake()):
        _say("the computer is asked to stay awake until this ends")
    last = writer.write_all(_events(Run(job, request.out, device, control, world)))
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


def _job(request: TrainRequest, control: Control, stack: ExitStack) -> Job:
    """The job of the run folder when resuming, otherwise a new one; the folder is held."""
    if request.resume:
        job = job_builder.old_job(request)
        stack.enter_context(run_folder.held(request.out))
        return job
    if not request.only_preflight:
        run_folder.check_run(request.out)
        stack.enter_context(run_folder.held(request.out))
    return job_builder.new_job(request, control)


def _plan(
    job: Job, device: Device, request: TrainRequest, control: Control, world: World
) -> tuple[Job, protocol.Preflight]:
    pictures = len(PreparedSet.open(job.data.folder).pictures)
    found = world.led(lambda: json.dumps(_stands(request)))
    place = preflight.RunPlace(request.out, pictures, json.loads(found))
    return preflight.plan(job, device, place, world, control, request.settings)


def _stands(request: TrainRequest) -> float | None:
    """The kimg of a run that goes on; None where it has no checkpoint."""
    return checkpoint.newest_kimg(request.out / CHECKPOINTS) if request.resume else None


def _say(text: str) -> None:
    sys.stderr.write(f"trainer: {text}\n")
