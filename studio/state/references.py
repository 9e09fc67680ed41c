"""The small pictures and the colours of styles: decoded in the background, kept as long as there is room."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage

from engine.errors import StyleError
from engine.formats.style import Reference
from studio.library.styles import StyleEntry, swatch
from studio.library.tasks import Runner
from studio.signals import delayed
from studio.state.pixels import from_image

SIDE = 160
"""Pixels; no style is shown larger, even on a screen of two pixels to the point."""
MOST = 512
"""Pictures in memory, 50 MB at most."""
SOON_MS = 20
"""What comes within so long is told of once."""
OF_STYLE = 8
"""References from which a style's colours are taken."""

T = TypeVar("T")
log = logging.getLogger(__name__)


class ReferencePictures(QObject):
    """Answers at once with what is there, and reads the rest elsewhere."""

    came = Signal()
    """Something that was asked for is there now."""

    def __init__(self, runner: Runner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._images: OrderedDict[str, QImage] = OrderedDict()
        self._colours: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._asked: set[object] = set()
        self._soon = delayed(self, SOON_MS, self.came)

    def image(self, reference: Reference) -> QImage:
        """A reference's thumbnail. Null while it is on its way, and when it cannot be read."""
        key = reference.thumbnail
        if key not in self._images:
            self._ask(key, partial(decoded, reference), partial(self._keep, key))
        else:
            self._images.move_to_end(key)
        return self._images.get(key, QImage())

    def face(self, entry: StyleEntry) -> QImage:
        """The reference that stands for a style: the one that fits best. Null when it has none."""
        references = entry.style.references
        if not references:
            return QImage()
        return self.image(max(references, key=lambda one: (one.weight > 0, one.fit)))

    def colours(self, entry: StyleEntry) -> tuple[str, ...]:
        """The colours that stand for a style, as "#rrggbb"; none while they are on their way."""
        references = tuple(one for one in entry.style.references if not one.outlier)[:OF_STYLE]
        key = tuple(one.thumbnail for one in references)
        if key and key not in self._colours:
            self._ask(key, partial(colours_of, references), partial(self._colours.__setitem__, key))
        return self._colours.get(key, ())

    def _ask(self, key: object, work: Callable[[], T], keep: Callable[[T], object]) -> None:
        if key in self._asked:
            return
        self._asked.add(key)

        def done(found: T) -> None:
            self._asked.discard(key)
            keep(found)
            if not self._soon.isActive():
                self._soon.start()

        self._runner.run(work, done)

    def _keep(self, key: str, image: QImage) -> None:
        self._images[key] = image
        while len(self._images) > MOST:
            self._images.popitem(last=False)


def decoded(reference: Reference) -> QImage:
    """The thumbnail, at most SIDE pixels wide; null when it cannot be read. Takes a while."""
    try:
        image = QImage.fromData(reference.thumbnail_bytes())
    except StyleError:
        image = QImage()
    if image.isNull():
        log.warning("The thumbnail of %s cannot be read.", reference.name)
        return image
    if image.width() > SIDE:
        image = image.scaledToWidth(SIDE, Qt.TransformationMode.SmoothTransformation)
    return image.convertToFormat(QImage.Format.Format_RGB32)


def colours_of(references: Sequence[Reference]) -> tuple[str, ...]:
    """The colours that stand for some references, as "#rrggbb". Takes a while."""
    images = [image for image in map(decoded, references) if not image.isNull()]
    if not images:
        return ()
    return swatch(from_image(images[0]) if len(images) == 1 else _side_by_side(images))


def _side_by_side(images: Sequence[QImage]) -> Any:
    side = 48
    return np.concatenate([from_image(image.scaled(side, side)) for image in images], axis=1)
