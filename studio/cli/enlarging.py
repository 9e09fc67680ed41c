"""How `persona export` makes pictures larger: by the network where it is there, else by a plain filter."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import BundleError
from engine.finishing import LARGEST, Finisher, load_finisher, passes
from engine.images import Picture, resize
from studio.cli.output import Output, count


class Enlarging:
    """Enlarges, and remembers what to say about it. The network is loaded when a picture first needs it."""

    def __init__(self, out: Output, stop: Callable[[], bool]) -> None:
        self.finished = 0
        """Pictures into which detail was drawn."""
        self.stretched = 0
        """Pictures that were only enlarged."""
        self._out, self._stop = out, stop
        self._finisher: Finisher | None = None
        self._reason = ""

    def enlarge(self, picture: Picture, size: tuple[int, int]) -> Picture:
        """The picture at a larger `size` (width, height). Cancelled."""
        if not (passes(max(picture.shape[:2]), max(size)) and self._loaded()):
            self.stretched += 1
            return resize(picture, size)
        assert self._finisher is not None
        made = self._finisher.enlarge(
            picture,
            size,
            progress=lambda done, total: self._out.progress(done, total, "parts of a picture finished"),
            cancelled=self._stop,
        )
        self.finished += 1
        return made

    def lines(self) -> list[str]:
        """What is said at the end."""
        if not self.stretched:
            return []
        reason = self._reason or f"less than half as large again, or more than {LARGEST} pixels"
        return [f"only enlarged, no detail drawn: {count(self.stretched, 'picture')} ({reason})"]

    def _loaded(self) -> bool:
        if self._finisher is None and not self._reason:
            try:
                self._finisher = load_finisher()
            except BundleError as error:
                self._reason = f"{error.path}: {error.reason}"
        return self._finisher is not None
