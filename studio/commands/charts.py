"""Finds the chart of the model in use, or has it made, and lets everybody stand on it."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.bundle import Bundle
from engine.chart import Chart
from engine.errors import Cancelled
from studio.library.maps import MapCache
from studio.signals import delayed

if TYPE_CHECKING:
    from studio.commands.context import AppContext

PATIENCE_MS = 1200
"""So long after the first picture a chart is begun: until then the start has the processor to itself."""

log = logging.getLogger(__name__)


class Charts(QObject):
    """Follows the model. Until its chart is there, one walks on the plain endless map."""

    charted = Signal(object)
    """Chart: it is in use from now on."""

    def __init__(self, context: AppContext, cache: MapCache) -> None:
        super().__init__(context)
        self._context, self._cache = context, cache
        self._bundle: Bundle | None = None
        self._missing = False
        """A chart is to be made once the first picture is there."""
        self._stopped = threading.Event()
        self._patience = delayed(self, PATIENCE_MS, self._make)
        context.model.bundle_changed.connect(self.follow)
        context.explorer.image_changed.connect(self._begin)

    def follow(self, bundle: Bundle | None) -> None:
        """Another model is in use."""
        self._patience.stop()
        self._bundle, self._missing = bundle, False
        if bundle is None:
            return
        self._context.reader.run(
            lambda: self._cache.stored_chart(bundle.id),
            lambda chart: self._take(chart) if chart is not None else self._wait(),
            lambda _: self._wait(),
        )

    def stop(self) -> None:
        """Ends what is under way."""
        self._patience.stop()
        self._stopped.set()

    def _wait(self) -> None:
        self._missing = True
        self._begin()

    def _begin(self, *_: object) -> None:
        if self._missing and self._context.explorer.image is not None:
            self._missing = False
            self._patience.start()

    def _make(self) -> None:
        bundle = self._bundle
        if bundle is not None:
            self._context.reader.run(
                lambda: self._cache.make_chart(bundle, self._stopped.is_set), self._take, self._fail
            )

    def _take(self, chart: Chart) -> None:
        if self._bundle is not None and chart.model == self._bundle.id:
            self._context.explorer.take_chart(chart)
            self._move_history(chart)
            self.charted.emit(chart)

    def _move_history(self, chart: Chart) -> None:
        """Where each of many pictures lies on the chart takes longer than the window may wait."""
        history = self._context.history
        places = [node.place for node in history.nodes]
        self._context.reader.run(
            lambda: {place: place.on_chart(chart) for place in places}, history.move_places
        )

    def _fail(self, error: Exception) -> None:
        """The endless map stays: nothing that somebody has to be told."""
        if not isinstance(error, Cancelled):
            log.info("The chart could not be made: %s", error)
