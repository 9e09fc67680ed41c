"""What earlier preflights measured, so that nobody waits for the same measurement twice.

Kept in two places: in the run's folder, for when the run goes on, and in the user's data folder, for the run
that follows a preflight without one. A measurement holds for the settings that speed and memory depend on,
the device, and the number of processes.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.errors import TargetError
from engine.files import make_folder, write_atomic
from engine.formats import jsonio
from engine.formats.job import Job, flat
from engine.formats.job_settings import JobError
from engine.formats.run_folder import PREFLIGHT
from trainer.data.home import data_home
from trainer.planning.profiler import Profile
from trainer.process.device import Device
from trainer.process.world import World
from trainer.run.schedule import lengths

SHAPING = (
    "network",
    "batch",
    "style_batch",
    "accumulation",
    "precision",
    "channels_last",
    "compiled",
    "trains",
    "frozen_blocks",
    "perceptual",
    "feature_weight",
    "pixel_interval",
    "penalty_interval",
    "threads",
)
"""Settings that speed and memory depend on."""
CHOSEN = ("accumulation", "precision", "channels_last", "compiled")
"""Settings that a preflight may change."""
METHOD = 2
"""How it was measured; what was measured otherwise does not count. 1 took cold steps for the pace."""
KEPT, DAYS = 16, 30
"""Measurements in the data folder, and how long each holds: a machine changes."""

CacheRecord = dict[str, Any]


def recall(
    job: Job, device: Device, run: Path, world: World, fixed: Collection[str] = (), fresh: bool = True
) -> tuple[Job, Profile] | None:
    """The job as it was fitted under the same circumstances, and what was measured then; in all processes or
    none.

    fixed: settings that were not to be changed. fresh: whether the run is new; an old one knows itself.
    """

    def read() -> str:
        key = _key(job, device, world)
        card = _read(run / PREFLIGHT)
        if card.get("key") == key:
            return json.dumps({"chosen": {}, "measured": card["measured"]})
        found = _read(_store()).get(_digest(key, fixed)) if fresh else None
        if isinstance(found, dict) and time.time() - found.get("time", 0) < DAYS * 86_400:
            return json.dumps({"chosen": found["chosen"], "measured": found["measured"]})
        return ""

    told = world.led(read)
    if not told:
        return None
    found = json.loads(told)
    try:
        return job.changed(**found["chosen"]), Profile(**found["measured"])
    except (TypeError, ValueError, JobError):  # of another version
        return None


def remember(
    asked: Job,
    fitted: Job,
    found: Profile,
    device: Device,
    run: Path,
    world: World,
    fixed: Collection[str] = (),
) -> None:
    """Keeps what was measured for `fitted`, which `asked` became. What cannot be kept is measured again."""
    if not world.leads:
        return
    if run.is_dir():
        card = {"key": _key(fitted, device, world), "measured": asdict(found)}
        with suppress(TargetError):
            write_atomic(run / PREFLIGHT, json.dumps(card, indent=1).encode())
    entry = {
        "time": round(time.time()),
        "chosen": {name: value for name, value in fitted.flat().items() if name in CHOSEN},
        "measured": asdict(found),
    }
    known = {k: v for k, v in _read(_store()).items() if isinstance(v, dict)}
    known |= {_digest(_key(asked, device, world), fixed): entry}
    newest = sorted(known.items(), key=lambda item: item[1].get("time", 0))[-KEPT:]
    with suppress(TargetError):
        make_folder(_store().parent)
        write_atomic(_store(), json.dumps(dict(newest), indent=1).encode())


def _store() -> Path:
    return data_home() / PREFLIGHT


def _read(path: Path) -> CacheRecord:
    with suppress(OSError, ValueError):
        return jsonio.read_object(path) or {}
    return {}


def _key(job: Job, device: Device, world: World) -> CacheRecord:
    settings = flat(job.to_json())
    key = {name: settings[name] for name in SHAPING}
    key |= {
        "phases": [length > 0 for length in lengths(job).values()],
        "device": device.label,
        "processes": world.size,
        "method": METHOD,
    }
    return dict(json.loads(json.dumps(key)))


def _digest(key: CacheRecord, fixed: Collection[str]) -> str:
    whole = key | {"fixed": sorted(set(fixed) & set(CHOSEN))}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
