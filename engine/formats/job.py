"""A training job: everything that determines a run, as one frozen value kept in the run's `job.json`.

Settings lie in groups, and each also has a name of its own, by which people set it: `--set batch=8` says
the same as `--set optimisation.batch=8`. Format 1 of the file had these names only; it is still read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from engine.formats import jsonio
from engine.formats.fields import filled
from engine.formats.job_settings import (
    AugmentationSettings,
    DataSettings,
    JobError,
    LossSettings,
    OptimisationSettings,
    SavingSettings,
    ScheduleSettings,
)
from engine.formats.network import NetworkConfig

FORMAT = 2
LIMIT = 16 << 20
"""Bytes of the largest job that is read."""

Flat = dict[str, Any]
"""Settings by their own names; `data` is the folder of the set, `network` a `NetworkConfig`."""


@dataclass(frozen=True)
class Job:
    """One run."""

    data: DataSettings
    name: str = "model"
    network: NetworkConfig = field(default_factory=NetworkConfig)
    optimisation: OptimisationSettings = field(default_factory=OptimisationSettings)
    losses: LossSettings = field(default_factory=LossSettings)
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    saving: SavingSettings = field(default_factory=SavingSettings)

    @staticmethod
    def of(data: str, **settings: Any) -> Job:
        """A job on the set in a folder, with settings by name. Raises JobError."""
        return Job(DataSettings(data)).changed(**settings)

    def changed(self, **settings: Any) -> Job:
        """The job with other settings, by their own names or as "group.name". Raises JobError."""
        groups: dict[str, dict[str, Any]] = {}
        changes: dict[str, Any] = {}
        for name, value in settings.items():
            group, inner = place_of(name)
            if not inner:
                changes[group] = value
            else:
                groups.setdefault(group, {})[inner] = value
        for group, values in groups.items():
            old = changes.get(group, getattr(self, group))
            changes[group] = _filled(type(old), _shallow(old) | values)
        return _checked(replace(self, **changes))

    def flat(self) -> Flat:
        """All settings by their own names."""
        found: Flat = {}
        for name, (group, inner) in PLACES.items():
            value = getattr(self, group)
            found[name] = getattr(value, inner) if inner else value
        return found

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"format": FORMAT} | asdict(self) | {"network": self.network.to_json()}

    @staticmethod
    def from_json(card: object) -> Job:
        """Raises JobError for another format, unknown or unfit settings."""
        if not isinstance(card, Mapping):
            raise JobError("it is not a job", "run-damaged")
        if card.get("format") not in (1, FORMAT):
            raise JobError(
                f"job format {card.get('format')!r:.60} is not known to this version", "job-format"
            )
        rest = {name: value for name, value in card.items() if name != "format"}
        return _filled(Job, _grouped(rest) if card["format"] == 1 else rest)

    @staticmethod
    def load(path: Path) -> Job:
        """The job in a file. Raises JobError naming the file."""
        try:
            card = jsonio.read_object(path, LIMIT)
        except (OSError, ValueError) as error:
            raise JobError(f"{path.name} cannot be read: {error}", "run-damaged") from error
        if card is None:
            raise JobError(f"{path} is not there", "no-run")
        try:
            return Job.from_json(card)
        except JobError as error:
            raise JobError(f"{path.name} cannot be read: {error}", error.code, **error.values) from error


GROUPS: dict[str, type[Any]] = {
    "data": DataSettings,
    "optimisation": OptimisationSettings,
    "losses": LossSettings,
    "augmentation": AugmentationSettings,
    "schedule": ScheduleSettings,
    "saving": SavingSettings,
}
PLACES: dict[str, tuple[str, str]] = {
    "data": ("data", "folder"),
    "name": ("name", ""),
    "network": ("network", ""),
    **{
        one.name: (group, one.name)
        for group, kind in GROUPS.items()
        for one in fields(kind)
        if one.name != "folder"
    },
}
"""Where each setting lies: its group, and its name there (nothing: it is no group's)."""


def place_of(name: str) -> tuple[str, str]:
    """Group and name of a setting, given by its own name or as "group.name". Raises JobError."""
    if name in PLACES:
        return PLACES[name]
    group, _, inner = name.partition(".")
    kind = NetworkConfig if group == "network" else GROUPS.get(group)
    if kind is None or inner not in {one.name for one in fields(kind)}:
        raise JobError(f"there is no setting {name!r:.60}")
    return group, inner


def own_name(name: str) -> str:
    """A setting's own name, also where it is given as "group.name"; of the network's sizes that stays. Raises
    JobError."""
    place = place_of(name)
    return next((own for own, known in PLACES.items() if known == place), name)


def flat(card: Mapping[str, Any]) -> Flat:
    """A job's settings by their own names, out of a file of any format, unchecked; `network` stays a dict."""
    if card.get("format") != FORMAT:
        return {name: value for name, value in card.items() if name != "format"}
    found: Flat = {}
    for name, (group, inner) in PLACES.items():
        value = card.get(group)
        if not inner and group in card:
            found[name] = value
        elif isinstance(value, Mapping) and inner in value:
            found[name] = value[inner]
    return found


def _grouped(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by their own names, in groups."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if name not in PLACES:
            raise JobError(f"unknown setting {name!r:.60}")
        group, inner = PLACES[name]
        if inner:
            found.setdefault(group, {})[inner] = value
        else:
            found[group] = value
    return found


def _checked(job: Job) -> Job:
    """The job, every value of which is of its type."""
    return _filled(Job, asdict(job))


def _filled(kind: type[Any], values: Mapping[str, Any]) -> Any:
    try:
        return filled(kind, values, strict=True)
    except ValueError as error:
        raise JobError(str(error)) from error


def _shallow(settings: Any) -> dict[str, Any]:
    return {one.name: getattr(settings, one.name) for one in fields(settings)}


PRESETS: dict[str, Flat] = {
    "base": {
        "network": NetworkConfig(256, 128),
        "style_kimg": 24.0,
        "warm_kimg": 70.0,
        "warm_rate": 1e-2,
        "noise": 0.1,
        "adversarial_kimg": 30.0,
        "rate_ramp_kimg": 0.8,
        "swaps": 0.25,
        "gamma": 40.0,
        "feature_gamma": 5.0,
        "content_weight": 2.0,
        "style_weight": 1.5,
        "diversity_floor": 0.55,
    },
    "tune": {
        "style_kimg": 0.0,
        "warm_kimg": 2.0,
        "adversarial_kimg": 18.0,
        "augment": 0.2,
        "checkpoint_kimg": 1.0,
    },
    "quick": {
        "network": NetworkConfig(64, 32, 32, 32, 64, 1024, 64),
        "start_resolution": 32,
        "style_kimg": 4.0,
        "warm_kimg": 2.0,
        "adversarial_kimg": 2.0,
    },
}


def from_preset(preset: str, data: str, **changes: Any) -> Job:
    """A job from a preset and what differs. Raises JobError."""
    if preset not in PRESETS:
        raise JobError(f"the preset must be one of {', '.join(PRESETS)}, not {preset!r:.60}")
    return Job.of(data, **(PRESETS[preset] | changes))
