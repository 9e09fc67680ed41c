"""Exports under way, written down before they begin, so that a broken-off one can go on after a restart.

One file for each, gone when the export is finished. What is done already is not in it: whole files only have
their final names, so the target folder knows.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from engine.errors import RecipeError
from engine.recipe import Recipe
from studio.library import jsonfile
from studio.library.settings import ExportOptions, export_options

FORMAT = 1


@dataclass(frozen=True)
class ExportOrder:
    """Everything an export needs to begin, or to go on."""

    id: str
    folder: Path
    options: ExportOptions
    conflict: str
    """What is done about files of the same name, see `engine.export`."""
    pictures: tuple[str, ...] = ()
    """Ids of kept pictures; or else:"""
    recipes: tuple[Recipe, ...] = ()
    names: tuple[str, ...] = ()
    """The names that were decided; empty before that."""

    @classmethod
    def new(cls, folder: Path, options: ExportOptions, conflict: str, **what: Any) -> ExportOrder:
        """An order that was not written down yet. what: pictures or recipes."""
        return cls(secrets.token_hex(8), folder, options, conflict, **what)

    @property
    def count(self) -> int:
        """How many pictures it is about."""
        return len(self.pictures) or len(self.recipes)

    def going_on(self) -> ExportOrder:
        """The same order, for what is left of it."""
        if not self.names or self.conflict == "overwrite":
            return self  # what is there may be what was to be replaced
        return replace(self, conflict="continue")


class ExportJournal:
    """The folder of orders that are not finished."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, order: ExportOrder) -> None:
        """Remembers it. TargetError."""
        value = {
            "format": FORMAT,
            "folder": str(order.folder),
            "options": asdict(order.options),
            "conflict": order.conflict,
            "pictures": list(order.pictures),
            "recipes": [recipe.to_dict() for recipe in order.recipes],
            "names": list(order.names),
        }
        jsonfile.write_object(self._path(order), value)

    def forget(self, order: ExportOrder) -> None:
        """It is finished, or nobody wants it any more."""
        with suppress(OSError):
            self._path(order).unlink(missing_ok=True)

    def unfinished(self) -> list[ExportOrder]:
        """What was begun and not finished; files that cannot be read are set aside."""
        return list(self._read_all())

    def _path(self, order: ExportOrder) -> Path:
        return self.folder / f"{order.id}.json"

    def _read_all(self) -> Iterator[ExportOrder]:
        for path in sorted(self.folder.glob("*.json")) if self.folder.is_dir() else ():
            try:
                yield _order_of(path.stem, jsonfile.read_object(path) or {})
            except (ValueError, KeyError, TypeError, RecipeError):
                jsonfile.set_aside(path)
            except OSError:
                continue


def _order_of(which: str, value: dict[str, Any]) -> ExportOrder:
    if value["format"] != FORMAT:
        raise ValueError("it is of another format")
    return ExportOrder(
        id=which,
        folder=Path(str(value["folder"])),
        options=export_options(value["options"]),
        conflict=str(value["conflict"]),
        pictures=tuple(map(str, value["pictures"])),
        recipes=tuple(Recipe.from_dict(one) for one in value["recipes"]),
        names=tuple(map(str, value["names"])),
    )
