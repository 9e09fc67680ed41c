"""The folder of a run: made once, held by one process at a time, and gone on with only as it began."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from engine.files import make_folder, write_atomic
from engine.formats.job import Job, flat
from engine.formats.job_settings import JobError
from engine.formats.run_folder import JOB, LOCK, PICTURES, BegunWith
from trainer.data.prepared import set_digest

FREE = {
    "accumulation",
    "about",
    "checkpoint_kimg",
    "consent",
    "data",
    "device",
    "judging",
    "minutes",
    "name",
    "patience",
    "report_seconds",
    "rollbacks",
    "sample_kimg",
    "snapshot_kimg",
    "snapshot_mb",
    "threads",
}
"""Settings of a job that may change while it runs: they do not say what is learned."""
LENGTHS = {"style_kimg", "warm_kimg", "adversarial_kimg"}


def check_run(run: Path) -> None:
    """Makes the folder of a new run. Raises JobError where it holds one already or cannot be made."""
    if (run / JOB).exists():
        message = f"{run} already holds a run; continue it with --resume or choose another folder"
        raise JobError(message, "run-exists")
    make_folder(run)


def keep_job(job: Job, run: Path) -> None:
    """Writes the job into its run folder. Raises TargetError."""
    write_atomic(run / JOB, (json.dumps(job.to_json(), indent=1) + "\n").encode(), overwrite=True)


@contextmanager
def held(run: Path) -> Iterator[None]:
    """Holds a run folder; the system lets go of it when the process ends, however it ends.

    Raises JobError while another process holds it, OSError where the folder is not there.
    """
    with (run / LOCK).open("a+b") as file:
        if not _take(file):
            message = f"{run} is being trained by {_holder(run)}; wait for it, or stop it first"
            raise JobError(message, "run-held")
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
        yield


def check_same_job(job: Job, begun: dict[str, Any]) -> str:
    """Compares a job with the one that a checkpoint was made under.

    Returns what has changed and may, as a sentence, or nothing. Raises JobError for what may not change.
    """
    now, then = flat(job.to_json()), flat(begun)
    if not all(isinstance(then.get(name, 0.0), int | float) for name in LENGTHS):
        raise JobError("the checkpoint does not say how long the run was to be", "run-damaged")
    for name in sorted(set(now) & set(then) - FREE - LENGTHS):
        if json.dumps(now[name], sort_keys=True) != json.dumps(then[name], sort_keys=True):
            raise JobError(
                f"{JOB} now says {name} = {_short(now[name])}, but this run began with {_short(then[name])}; "
                "put it back, or start a new run",
                "job-changed",
                setting=name,
            )
    longer = [
        f"{name} was {then[name]:g}, is {now[name]:g}"
        for name in LENGTHS & set(then)
        if abs(now[name] - then[name]) > 1e-9
    ]
    if not longer:
        return ""
    return f"the run has another length than it began with ({', '.join(sorted(longer))}), so its rates differ"


def check_same_pictures(run: Path, sources: dict[str, str], unread: Collection[str]) -> str:
    """Compares the pictures, given as digests by file, with those the run began with; the first time, notes
    them. Returns the digest of the set that the run began with.

    Those in `unread` are left out and told elsewhere. Raises JobError where a picture is new, gone from the
    list or another one: then it is another set, for which nobody gave consent.
    """
    begun = _begun_with(run)
    if begun is None:
        begun = BegunWith(set_digest(sources.values()), sources)
        write_atomic(run / PICTURES, begun.to_json().encode())
    for file, digest in begun.pictures.items():
        if file in unread:
            continue
        if file not in sources:
            message = f"{file} is gone: the set changed since this run began; put it back, or start anew"
            raise JobError(message, "set-changed", file=file)
        if sources[file] != digest:
            message = f"{file} is not the picture that this run began with; put it back, or start anew"
            raise JobError(message, "set-changed", file=file)
    if more := sorted(set(sources) - set(begun.pictures)):
        message = f"{more[0]} is new: the set changed since this run began; start a new run with it"
        raise JobError(message, "set-changed", file=more[0])
    return begun.digest


def digest_begun_with(run: Path) -> str:
    """The digest of the set that a run began with; empty where that was not noted. Raises JobError."""
    begun = _begun_with(run)
    return "" if begun is None else begun.digest


def _begun_with(run: Path) -> BegunWith | None:
    try:
        return BegunWith.load(run)
    except (OSError, ValueError) as error:
        raise JobError(f"{run / PICTURES} cannot be read: {error}", "run-damaged") from error


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 60 else text[:57] + "..."


def _holder(run: Path) -> str:
    try:
        return f"process {int((run / LOCK).read_bytes())}"
    except (OSError, ValueError):
        return "another process"


def _take(file: IO[bytes]) -> bool:
    """Locks the file. By hand, since filelock makes a run folder that has vanished anew."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(2**30)  # a byte that nobody reads or writes: the lock keeps others from it
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
