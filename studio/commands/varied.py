"""People in the style under the probe who differ as much as possible: of many, a few are chosen."""

from __future__ import annotations

import secrets

from engine.errors import Cancelled
from engine.recipe import Recipe
from studio.commands.rooms import Rooms
from studio.library.sets import look_of, most_varied, strangers
from studio.library.tasks import IsCancelled, Progress
from studio.workers.generator_thread import BULK

PER_CHOSEN = 4
"""How many are looked at for each that is chosen."""


def candidates_for(rooms: Rooms, count: int, candidates: int = 0) -> list[Recipe]:
    """Strangers who share all else with the picture under the probe; none while there is no picture."""
    recipe = rooms.explorer.recipe
    if recipe is None:
        return []
    return strangers(recipe, candidates or PER_CHOSEN * count, secrets.randbelow(1 << 31))


def choose_varied(
    rooms: Rooms, some: list[Recipe], count: int, progress: Progress, cancelled: IsCancelled
) -> list[Recipe]:
    """The `count` of `some` whose previews differ most. Waits for the generator. Cancelled."""
    looks = []
    pictures = rooms.generator.render_many(some, preview=True, priority=BULK)
    for image, _ in pictures:
        if cancelled():
            pictures.close()
            raise Cancelled
        looks.append(look_of(image))
        progress(len(looks), len(some))
    return [some[n] for n in most_varied(looks, count)]
