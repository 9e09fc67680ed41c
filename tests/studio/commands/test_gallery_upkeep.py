"""The gallery's index follows the files."""

from __future__ import annotations

from studio.commands.context import AppContext
from tests.studio.commands.conftest import OpenContext, troubles
from tests.studio.workers.checks import Until
from tests.studio.workers.fakes import recipe


def test_an_index_deleted_by_hand_is_made_anew(open_context: OpenContext, until: Until) -> None:
    first = open_context()
    first.on_pictures.keep()
    until(lambda: first.gallery.count == 1)
    assert first.stop(20.0)
    first.places.index.unlink()
    again = open_context()
    until(lambda: again.gallery.count == 1)
    assert troubles(again) == []


def test_an_index_deleted_while_working_is_made_anew(context: AppContext, until: Until) -> None:
    context.on_pictures.keep()
    until(lambda: context.gallery.count == 1)
    context.places.index.unlink()
    context.on_pictures.keep_recipe(recipe(7))
    until(lambda: context.gallery.count == 2)
    assert context.places.index.exists()
