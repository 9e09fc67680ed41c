"""Thumbnails: from memory at once, from the cache on disk soon, from the picture itself if need be."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from engine.images import Picture
from studio.library.tasks import Ticket
from studio.library.thumbnails import SIZES, ThumbnailCache
from studio.workers.pool import ThreadPool

MEMORY = 192 << 20
"""Bytes of thumbnails that are kept in memory."""

Key = tuple[Path, int]
Arrived = Callable[[Path], object]


class Thumbnails(QObject):
    """Small pictures of files. What was asked for last comes first, since that is what is on screen."""

    ready = Signal(object, int)
    """Path, size."""
    damaged = Signal(object, object)
    """Path, Exception: a picture that cannot be read; told once."""

    def __init__(
        self,
        cache: Path,
        convert: Callable[[Picture], QImage],
        threads: int = 2,
        parent: QObject | None = None,
        memory: int = MEMORY,
    ) -> None:
        super().__init__(parent)
        self._cache = ThumbnailCache(cache)
        self._convert = convert
        self._pool = ThreadPool("thumbnails", threads, self)
        self._memory = memory
        self._used = 0
        self._images: OrderedDict[Key, QImage | None] = OrderedDict()
        self._asked: dict[Key, tuple[Ticket, list[Arrived]]] = {}
        self._order = count()

    def get(self, path: Path, size: int, arrived: Arrived | None = None) -> QImage | None:
        """The thumbnail when it is at hand; otherwise it is fetched, `arrived(path)` and `ready` follow.

        size: the side at which it will be shown, pixels. A damaged picture gives a null QImage.
        """
        key = (path, next((one for one in SIZES if one >= size), SIZES[-1]))
        if key in self._images:
            self._images.move_to_end(key)
            return self._images[key] or QImage()
        self._ask(key, size, arrived)
        return None

    def keep_only(self, paths: Iterable[Path]) -> None:
        """Cancels what is waiting for any other path (it was scrolled out of sight)."""
        wanted = set(paths)
        for key in [key for key in self._asked if key[0] not in wanted]:
            self._asked.pop(key)[0].cancel()

    def forget(self, path: Path) -> None:
        """The file changed or is gone."""
        for key in [key for key in self._images if key[0] == path]:
            self._drop(key)

    @property
    def pending(self) -> int:
        """How many are being fetched."""
        return len(self._asked)

    def prune(self) -> None:
        """Keeps the cache on disk within bounds; waits for the disk."""
        self._cache.prune()

    def stop(self, timeout: float = 1.0) -> bool:
        """Ends the threads. True when they ended in time."""
        self._asked.clear()
        return self._pool.stop(timeout)

    def _ask(self, key: Key, size: int, arrived: Arrived | None) -> None:
        asked = self._asked.pop(key, None)
        listeners = asked[1] if asked else []
        if asked:
            asked[0].cancel()  # asked for again: it goes to the front
        if arrived is not None and arrived not in listeners:
            listeners.append(arrived)
        path, side = key
        ticket = self._pool.run(
            lambda: self._convert(self._cache.thumbnail(path, side)),
            lambda image: self._take(key, size, image),
            lambda error: self._miss(key, error),
            priority=-next(self._order),
        )
        self._asked[key] = (ticket, listeners)

    def _take(self, key: Key, size: int, image: QImage | None) -> None:
        self._images[key] = image
        self._used += _bytes(image)
        while self._used > self._memory and len(self._images) > 1:
            self._drop(next(iter(self._images)))
        _, listeners = self._asked.pop(key, (None, []))
        for arrived in listeners:
            arrived(key[0])
        self.ready.emit(key[0], size)

    def _miss(self, key: Key, error: Exception) -> None:
        self._take(key, key[1], None)
        self.damaged.emit(key[0], error)

    def _drop(self, key: Key) -> None:
        self._used -= _bytes(self._images.pop(key))


def _bytes(image: QImage | None) -> int:
    return image.sizeInBytes() if image is not None else 0
