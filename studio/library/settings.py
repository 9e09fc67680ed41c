"""The person's preferences, in one JSON file that older and newer versions of the program can share.

A file of an older format is brought up step by step; what this version does not know is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from engine.marks.label import CORNERS
from engine.movie import KINDS, RATES
from studio.library import jsonfile
from studio.library.devices import DEVICES
from studio.library.marks import MarkOptions
from studio.library.movies import LEG_S, MovieOptions, Pace
from studio.library.sets import EASINGS
from studio.library.text import Text

FORMAT = 1

THEMES = ("system", "light", "dark")
LANGUAGES = ("system", "en", "zh_CN")
FORMATS = ("png", "jpeg", "webp", "tiff")
SHEETS = ("png", "pdf", "both")

Values = dict[str, Any]
Upgrade = Callable[[Values], Values]
UPGRADES: dict[int, Upgrade] = {}
"""Format number -> what brings a file of that format to the next one."""


def upgraded(values: Values, upgrades: Mapping[int, Upgrade] = UPGRADES, target: int = FORMAT) -> Values:
    """`values` in the format `target`. Those of a newer version are left as they are."""
    number = values.get("format")
    if type(number) is not int:
        raise ValueError("it does not say its format")
    for step in range(number, target):
        values = {**upgrades[step](dict(values)), "format": step + 1}
    return values


@dataclass(frozen=True)
class ExportOptions:
    """How a set of pictures is written."""

    format: str = "png"
    """One of FORMATS."""
    quality: int = 95
    """1..100, for JPEG and WebP."""
    size: int = 0
    """Side in pixels; 0 as it is."""
    template: str = "{style}-{n:03}"
    contact_sheet: bool = True
    sheet_format: str = "png"
    """Of the contact sheet: one of SHEETS."""
    sidecar: bool = False
    embed_recipe: bool = True
    """Whether the recipe travels inside the files."""
    style_names: bool = True
    """Whether it tells what the styles are called."""
    personas: bool = False
    """Whether it holds the persons of its styles, which are biometric templates; never remembered."""
    folder: str = ""
    """Last used folder."""

    @property
    def recipes(self) -> str:
        """How much of the recipe travels along, as `engine.export` calls it."""
        if not self.embed_recipe:
            return "none"
        if self.personas:
            return "with-personas"
        return "all" if self.style_names else "nameless"

    def with_recipes(self, how: str) -> ExportOptions:
        """The same, but that much of the recipe travels along."""
        personas = how == "with-personas"
        return replace(
            self, embed_recipe=how != "none", style_names=how == "all" or personas, personas=personas
        )


@dataclass(frozen=True)
class Settings:
    """Every preference. Values that make no sense are replaced by the default when read."""

    theme: str = "system"
    language: str = "system"
    device: str = "auto"
    model: str = ""
    """Folder of the model in use; empty for the one that came with the program."""
    welcome_done: bool = False
    reduce_motion: bool = False
    thumbnail_size: int = 160
    """Side of gallery thumbnails in device-independent pixels, 64..512."""
    whole_pictures: bool = False
    """Pictures without a face are used whole when a style is made."""
    keep_days: int = 30
    """Days after which the bin may forget; 0 never."""
    export: ExportOptions = field(default_factory=ExportOptions)
    movie: MovieOptions = field(default_factory=MovieOptions)
    pace: Pace = field(default_factory=Pace)
    """Of the path through the pins."""
    marks: MarkOptions = field(default_factory=MarkOptions)
    """What is put into everything that is written."""
    unknown: dict[str, Any] = field(default_factory=dict, hash=False)
    """What another version wrote; kept when saved."""


CHOICES: dict[str, tuple[str, ...]] = {
    "theme": THEMES,
    "language": LANGUAGES,
    "device": DEVICES,
    "format": FORMATS,
    "sheet_format": SHEETS,
    "kind": KINDS,
    "easing": EASINGS,
    "corner": CORNERS,
}
RANGES: dict[str, tuple[float, float]] = {
    "thumbnail_size": (64, 512),
    "keep_days": (0, 3650),
    "quality": (1, 100),
    "size": (0, 16384),
    "fps": RATES,
    "leg_s": LEG_S,
}
GROUPS = ("export", "movie", "pace", "marks")
"""Preferences that are values of their own."""


@dataclass(frozen=True)
class LoadedSettings:
    """Settings, and what is to be told about reading them."""

    settings: Settings
    note: Text | None = None


class SettingsFile:
    """The settings on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> LoadedSettings:
        """Never fails: a damaged file is set aside under another name and the defaults are used."""
        try:
            values = jsonfile.read_object(self.path)
            return LoadedSettings(Settings() if values is None else from_values(upgraded(values)))
        except OSError as error:
            reason = error.strerror or str(error)
        except (ValueError, KeyError, TypeError) as error:
            reason = str(error) if isinstance(error, ValueError) else "it is malformed"
            jsonfile.set_aside(self.path)
        note = Text(
            "said.the_settings_in_path_could",
            path=str(self.path),
            reason=reason,
        )
        return LoadedSettings(Settings(), note)

    def save(self, settings: Settings) -> None:
        """Writes them atomically. TargetError when that cannot be done."""
        jsonfile.write_object(self.path, to_values(settings))


def from_values(values: Mapping[str, Any]) -> Settings:
    """Settings of plain values; what is unknown is kept, what makes no sense is replaced by the default."""
    rest = dict(values)
    if rest.get("format") == FORMAT:
        del rest["format"]
    groups = {name: rest.pop(name) for name in GROUPS if name in rest}
    settings = _take(Settings(), rest, skip=(*GROUPS, "unknown"))
    for name, group in groups.items():
        if isinstance(group, dict):
            settings = replace(settings, **{name: _take(getattr(settings, name), group)})
            if group:
                rest[name] = group
    return replace(settings, unknown=rest)


def export_options(values: Mapping[str, Any]) -> ExportOptions:
    """Options of plain values; what makes no sense is replaced by the default."""
    options: ExportOptions = _take(ExportOptions(), dict(values))
    return options


def to_values(settings: Settings) -> dict[str, Any]:
    """Plain values of settings."""
    apart = (*GROUPS, "unknown")
    own = {f.name: getattr(settings, f.name) for f in fields(settings) if f.name not in apart}
    unknown = dict(settings.unknown)
    groups = {name: unknown.pop(name, {}) | asdict(getattr(settings, name)) for name in GROUPS}
    return {"format": FORMAT, **own, **groups, **unknown}


def _take(defaults: Any, values: dict[str, Any], skip: tuple[str, ...] = ()) -> Any:
    """`defaults` with what is acceptable in `values`, where only the unknown remains."""
    taken = {}
    for known in fields(defaults):
        if known.name in skip or known.name not in values:
            continue
        value = values.pop(known.name)
        if _is_acceptable(known.name, value, getattr(defaults, known.name)):
            taken[known.name] = value
    return replace(defaults, **taken)


def _is_acceptable(name: str, value: Any, default: Any) -> bool:
    if type(value) is not type(default):
        return False
    if name in CHOICES:
        return value in CHOICES[name]
    low, high = RANGES.get(name, (value, value))
    return low <= value <= high
