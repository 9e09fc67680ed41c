"""Pictures of the map's people from the disk and back: read when a look is first seen, written a few at a
time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from engine.images import Picture
from studio.library.maps import MapCache
from studio.library.tasks import Runner
from studio.signals import delayed

CHUNK, MOVING_CHUNK, PAUSE_MS = 64, 8, 400
"""Pictures decoded at a time, how many while a hand moves, and how long the processor is left to others in
between."""
WRITE_MS = 3000
"""What was rendered is written this long after; at most this much is rendered again after a crash."""

Key = tuple[str, str]
"""model, look."""
Records = list[tuple[int, bytes]]
"""cell, JPEG."""


class MapTiles(QObject):
    """The store behind the map. Nothing here waits."""

    came = Signal(str, object)
    """look, dict of cell -> QImage: what the disk had of it."""

    def __init__(
        self,
        cache: MapCache,
        reader: Runner,
        writer: Runner,
        parent: QObject | None = None,
        *,
        is_moving: Callable[[], bool] = lambda: False,
    ) -> None:
        """is_moving: whether a hand moves, whose pictures need the processor more."""
        super().__init__(parent)
        self._cache, self._reader, self._writer = cache, reader, writer
        self._is_moving = is_moving
        self._read: set[Key] = set()
        self._fresh: dict[Key, dict[int, Picture]] = {}
        self._timer = delayed(self, WRITE_MS, self.flush)

    def want(self, model: str, look: str, near: tuple[int, int] = (0, 0), columns: int = 1) -> None:
        """A look is seen: `came` follows, once or more often for each look until `forget`.

        Pictures around `near` (column, row) on a map of so many columns come first.
        """
        key = (model, look)
        if key in self._read:
            return
        self._read.add(key)

        def by_distance(cell: int) -> float:
            row, column = divmod(cell, columns)
            return (column - near[0]) ** 2 + (row - near[1]) ** 2

        def read() -> Records:
            found = self._cache.records(*key)
            return [(cell, found[cell]) for cell in sorted(found, key=by_distance)]

        self._reader.run(read, lambda records: self._decode(key, records), lambda _: None)

    def forget(self) -> None:
        """What was read is no longer in memory: it will be wanted again."""
        self._read.clear()

    def put(self, model: str, look: str, cell: int, picture: Picture) -> None:
        """A picture was rendered."""
        self._fresh.setdefault((model, look), {})[cell] = picture
        if not self._timer.isActive():
            self._timer.start()

    def flush(self) -> None:
        """Writes what is new, in the background. What cannot be written is rendered again some day."""
        self._timer.stop()
        fresh, self._fresh = self._fresh, {}
        for (model, look), tiles in fresh.items():
            self._writer.run(partial(self._cache.add, model, look, tiles), None, lambda _: None)

    def _decode(self, key: Key, records: Records) -> None:
        """A chunk now, the rest later."""
        if key not in self._read:
            return
        several = MOVING_CHUNK if self._is_moving() else CHUNK
        now, later = records[:several], records[several:]

        def take(found: dict[int, QImage]) -> None:
            self.came.emit(key[1], found)
            if later:
                QTimer.singleShot(PAUSE_MS, self, lambda: self._decode(key, later))

        self._reader.run(lambda: self._images(now), take, lambda _: None)

    def _images(self, records: Records) -> dict[int, QImage]:
        images = ((cell, QImage.fromData(jpeg)) for cell, jpeg in records)
        return {cell: image for cell, image in images if not image.isNull()}
