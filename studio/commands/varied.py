"""People in the style under the probe who differ as much as possible: of many, a few are chosen."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from engine.errors import Cancelled
from engine.recipe import Recipe
from studio.library.sets import look_of, most_varied, strangers
from studio.library.tasks import IsCancelled, OnProgress
from studio.workers.render import BULK

if TYPE_CHECKING:
    from studio.commands.context import AppContext

PER_CHOSEN = 4
"""How many are looked at for each that is chosen."""


def candidates_for(context: AppContext, count: int, candidates: int = 0) -> list[Recipe]:
    """Strangers who share all else with the picture under the probe; none while there is no picture."""
    recipe = context.explorer.recipe
    if recipe is None:
        return []
    return strangers(recipe, candidates or PER_CHOSEN * count, secrets.randbelow(1 << 31))


def choose_varied(
    context: AppContext, some: list[Recipe], count: int, progress: OnProgress, cancelled: IsCancelled
) -> list[Recipe]:
    """The `count` of `some` whose previews differ most. Waits for the generator. Cancelled."""
    looks = []
    pictures = context.generator.render_many(some, preview=True, priority=BULK)
    for image, _ in pictures:
        if cancelled():
            pictures.close()
            raise Cancelled
        looks.append(look_of(image))
        progress(len(looks), len(some))
    return [some[n] for n in most_varied(looks, count)]
