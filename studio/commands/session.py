"""Remembers between two starts: the window, where one stood, history, pins, the gallery's question."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from engine.errors import RecipeError
from studio.library.index import Query, Sort
from studio.library.session import SessionFile
from studio.signals import delayed, follow
from studio.state.explorer import Pin
from studio.state.place import Place

if TYPE_CHECKING:
    from studio.commands.context import AppContext

FORMAT = 1
FIRST_PLACE = (1.0, 0.0)
"""Where one stands at the very first start: at somebody of the shipped model who looks well."""
AUTOSAVE_MS = 3000
"""How soon after a change the session is saved: more than this is never lost."""


class Session(QObject):
    """Saves itself a moment after anything changed."""

    def __init__(self, context: AppContext, file: SessionFile) -> None:
        super().__init__(context)
        self._context = context
        self._file = file
        self._saved = _read(file)
        self._window: dict[str, Any] = _dict(self._saved.get("window"))
        self._resumed = False
        if not self._saved:
            x, y = FIRST_PLACE
            context.explorer.restore(replace(context.explorer.place, x=x, y=y))
        self._timer = delayed(self, AUTOSAVE_MS, self.save)
        follow(
            self.touch,
            context.explorer.place_changed,
            context.explorer.zoom_changed,
            context.explorer.pins_changed,
            context.history.current_changed,
            context.gallery.query_changed,
            context.gallery.selection_changed,
        )
        self._resume_gallery()

    @property
    def window(self) -> dict[str, Any]:
        """What the window wants remembered."""
        return self._window

    @window.setter
    def window(self, value: dict[str, Any]) -> None:
        if value != self._window:
            self._window = dict(value)
            self.touch()

    def touch(self, *_: object) -> None:
        """Something changed."""
        if not self._timer.isActive():
            self._timer.start()

    def resume(self, model_id: str) -> None:
        """The first model is there: back to where one stood, if that was with this model."""
        if self._resumed:
            return
        self._resumed = True
        saved = _dict(self._saved.get("explorer"))
        explorer = self._context.explorer
        with suppress(RecipeError):
            place = Place.from_dict(_dict(saved.get("place")))
            if place.model == model_id:
                self._context.history.load(_dict(self._saved.get("history")))
                explorer.restore(place)
            elif not place.model:
                explorer.restore(replace(place, model=model_id))
        zoom = saved.get("zoom")
        if isinstance(zoom, int | float) and zoom > 0:
            explorer.zoom = float(zoom)
        explorer.set_pins(_pins(saved.get("pins"), model_id))

    def save(self) -> None:
        """Writes it, in the background."""
        session = self.collect()
        self._context.writer.run(lambda: self._file.save(session), None, lambda error: None)

    def stop(self) -> None:
        """Saves for the last time."""
        self._timer.stop()
        self.save()

    def collect(self) -> dict[str, Any]:
        """All that is remembered, as plain values."""
        context = self._context
        if not self._resumed:  # no model came; what was remembered before is still the best we have
            return {**self._saved, "format": FORMAT, "window": self._window}
        return {
            **self._saved,
            "format": FORMAT,
            "window": self._window,
            "explorer": {
                "place": context.explorer.place.to_dict(),
                "zoom": context.explorer.zoom,
                "pins": [
                    {"id": pin.id, "name": pin.name, "place": pin.place.to_dict()}
                    for pin in context.explorer.pins
                ],
            },
            "history": context.history.to_dict(),
            "gallery": {
                "query": asdict(context.gallery.query),
                "selection": context.gallery.some_selected(1000),
            },
        }

    def _resume_gallery(self) -> None:
        saved = _dict(self._saved.get("gallery"))
        with suppress(TypeError, ValueError):
            query = Query(**_dict(saved.get("query")))
            self._context.gallery.query = replace(query, sort=Sort(query.sort), text=str(query.text))
        selection = saved.get("selection")
        if isinstance(selection, list):
            self._context.gallery.select(one for one in selection if isinstance(one, str))


def _read(file: SessionFile) -> dict[str, Any]:
    saved = file.load()
    return saved if saved.get("format") == FORMAT else {}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _pins(value: Any, model_id: str) -> list[Pin]:
    pins = []
    for item in value if isinstance(value, list) else ():
        with suppress(RecipeError, KeyError, TypeError, ValueError):
            pin = Pin(int(item["id"]), Place.from_dict(item["place"]), str(item["name"]))
            if pin.place.model == model_id:
                pins.append(pin)
    return pins
