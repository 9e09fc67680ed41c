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

WRITE_MS = 3000
"""What was rendered is written this long after; at most this much is rendered again after a crash."""

Key = tuple[str, str]
"""model, look."""


class MapTiles(QObject):
    """The store behind the map. Nothing here waits."""

    came = Signal(str, object)
    """look, dict of cell -> QImage: what the disk had of it."""

    def __init__(
        self,
        cache: MapCache,
        reader: Runner,
        writer: Runner,
        convert: Callable[[Picture], QImage],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._cache, self._reader, self._writer, self._convert = cache, reader, writer, convert
        self._read: set[Key] = set()
        self._fresh: dict[Key, dict[int, Picture]] = {}
        self._timer = QTimer(self, singleShot=True, interval=WRITE_MS)
        self._timer.timeout.connect(self.flush)

    def want(self, model: str, look: str) -> None:
        """A look is seen: `came` follows, once for each look until `forget`."""
        key = (model, look)
        if key in self._read:
            return
        self._read.add(key)
        self._reader.run(lambda: self._load(key), lambda found: self.came.emit(look, found), lambda _: None)

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

    def _load(self, key: Key) -> dict[int, QImage]:
        return {cell: self._convert(picture) for cell, picture in self._cache.tiles(*key).items()}
