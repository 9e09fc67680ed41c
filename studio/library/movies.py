"""How a path is walked and written as a movie: what was chosen, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.formats.names import safe_name
from engine.movie import KINDS, RATES, SHAPES, SUFFIXES
from studio.library.sets import EASINGS

RATE_CHOICES = (12, 24, 25, 30, 60)
MAX_FRAMES = 3600
LEG_S = (0.2, 10.0)


@dataclass(frozen=True)
class Pace:
    """How a path is walked."""

    leg_s: float = 1.5
    """Seconds from one pin to the next."""
    easing: str = "smooth"
    """One of `sets.EASINGS`."""
    closed: bool = False
    """Whether it leads back to the first pin."""

    def __post_init__(self) -> None:
        if self.easing not in EASINGS:
            raise ValueError(f"there is no easing {self.easing!r}")
        object.__setattr__(self, "leg_s", min(LEG_S[1], max(LEG_S[0], float(self.leg_s))))

    def seconds(self, places: int) -> float:
        """What the whole path through so many places takes."""
        return self.leg_s * (places if self.closed else max(0, places - 1))


@dataclass(frozen=True)
class MovieOptions:
    """Choices for a movie. ValueError for those that make no sense."""

    kind: str = "mp4"
    fps: int = 25
    size: int = 0
    """Side in pixels; 0 for the model's own."""
    shape: str = ""
    """A name of `engine.movie.SHAPES` instead of a size; empty for the picture's own."""
    loop: bool = False
    """The path leads back to its beginning, so that the film can be shown again and again."""
    quality: int = 85
    """1..100, WebP."""
    embed_recipe: bool = True
    """PNG frames carry their recipes."""
    folder: str = ""
    name: str = "path"

    def __post_init__(self) -> None:
        if self.shape and self.shape not in SHAPES:
            raise ValueError(f"no such shape: {self.shape!r}")
        if self.kind not in KINDS or not RATES[0] <= self.fps <= RATES[1]:
            raise ValueError(f"no such movie: {self.kind!r} at {self.fps}")

    def frames(self, seconds: float) -> int:
        """How many frames so many seconds are."""
        return max(2, min(MAX_FRAMES, round(seconds * self.fps)))

    def target(self) -> Path:
        """The file, or for frames the folder, with a name that every system allows."""
        name = safe_name(self.name, fallback="path")
        return Path(self.folder).expanduser() / f"{name}{SUFFIXES[self.kind]}"


def free_target(path: Path) -> Path:
    """The first of "name", "name (2)" ... that is not there yet. Looks at the disk."""
    candidate, n = path, 1
    while candidate.exists():
        n += 1
        candidate = path.with_name(f"{path.stem} ({n}){path.suffix}")
    return candidate
