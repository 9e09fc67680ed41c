"""What the card of a run's model says of how it was made."""

from __future__ import annotations

from pathlib import Path

from engine.formats.job import Job
from trainer.data.prepared import PreparedSet
from trainer.run.state import TrainState
from trainer.storage import history
from trainer.storage.export import Described
from trainer.storage.snapshots import SavedSnapshot


def described(
    job: Job, run: Path, data: PreparedSet, digest: str, state: TrainState, kept: SavedSnapshot | None = None
) -> Described:
    """What the card of the model of this `run` (its folder) says; `digest` is that of the set.

    kept: the snapshot that is shipped; None: the state as it is.
    """
    shipped: TrainState | SavedSnapshot = state if kept is None else kept
    counts = {name: sum(p.label == name for p in data.pictures) for name in data.classes}
    return Described(
        name=job.name,
        data={"title": data.title, "pictures": len(data.pictures), "classes": counts, "digest": digest},
        consent=job.data.consent,
        licence=str(job.saving.about.get("licence", "")),
        attribution=tuple(job.saving.about.get("attribution", ())),
        notes=str(job.saving.about.get("notes", "")),
        training={
            "kimg": round(shipped.kimg, 3),
            "step": shipped.step,
            "settings": history.settings(job),
            "log": history.log(run, shipped.step),
            "before": history.before(job.schedule.start_from),
        },
        metrics={"snapshot": kept.values} if kept is not None and kept.values else {},
    )
