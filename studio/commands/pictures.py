"""What people do with pictures: keep, rate, sort onto boards, delete, bring back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.errors import Cancelled
from engine.images import Picture
from engine.recipe import Recipe
from engine.style import Scores
from studio.commands.error_messages import tell
from studio.commands.undo import UndoStep
from studio.commands.varied import candidates_for, choose_varied
from studio.library.index import PictureRow
from studio.library.pictures import Board, Gallery
from studio.library.tasks import IsCancelled, OnProgress
from studio.library.text import Text
from studio.library.trash import Slot
from studio.state.jobs import BackgroundJob
from studio.state.notices import Kind
from studio.workers.render import SAVE, Render

if TYPE_CHECKING:
    from studio.commands.context import AppContext


class PictureCommands(QObject):
    """Acts on the gallery. Each returns at once."""

    keeping = Signal(object)
    """Recipe that is about to be kept: told at once, for making the picture takes a while."""
    kept = Signal(object)
    """library.index.PictureRow of a picture that was just kept."""
    bin_emptied = Signal()

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._context = context
        self._on_the_way: set[str] = set()
        """Digests of the recipes that are being kept."""

    # ---- keeping

    def keep(self) -> None:
        """Keeps the picture under the probe, at full resolution."""
        recipe = self._context.explorer.recipe
        if recipe is not None:
            self.keep_recipe(recipe)

    def keep_recipe(self, recipe: Recipe) -> None:
        """Renders a recipe at full resolution and keeps it; says so where it is kept already."""
        digest = recipe.digest
        if digest in self._on_the_way:
            self._tell_kept_already(1)
            return
        self._on_the_way.add(digest)
        self.keeping.emit(recipe)
        self._context.reader.run(
            lambda: self._context.library.gallery.index.with_recipes([digest]),
            lambda known: self._keep_new(recipe, known),
            lambda _: self._keep_new(recipe, []),
            priority=-1,
        )

    def _keep_new(self, recipe: Recipe, known: Sequence[PictureRow]) -> None:
        """known: pictures that are the same."""
        if known:
            self._on_the_way.discard(recipe.digest)
            self._tell_kept_already(1, known[0].name)
            return
        self._context.generator.render(
            recipe,
            priority=SAVE,
            scores=bool(recipe.styles),
            done=lambda render, image: self._save(render, image),
            failed=lambda _, error: self._fail_to_keep(recipe, error),
        )

    def _fail_to_keep(self, recipe: Recipe, error: Exception) -> None:
        self._on_the_way.discard(recipe.digest)
        self._tell(Text("said.the_picture_could_not_be_kept"), error)

    def _tell_kept_already(self, count: int, name: str = "") -> None:
        latest = self._context.latest
        pictures = latest.count
        self._context.notices.add(
            Kind.INFO,
            Text("said.kept_already", count=count),
            meaning=Text("said.kept_already_as", name=name) if name else None,
            holds=lambda: latest.count >= pictures,
            until=(latest.count_changed,),
        )

    def keep_recipes(self, recipes: Sequence[Recipe]) -> BackgroundJob:
        """Renders and keeps many; what was kept before a cancel or an error stays.

        Those that are kept already are left out, and that is told.
        """
        context, recipes = self._context, list(recipes)
        kept: list[PictureRow] = []
        known: list[Recipe] = []

        def work(progress: OnProgress, cancelled: IsCancelled) -> list[PictureRow]:
            fresh, there = _sorted_out(context.library.gallery, recipes)
            known.extend(there)
            pictures = context.generator.render_many(fresh, scores=True)
            for recipe, (image, scores) in zip(fresh, pictures, strict=True):
                if cancelled():
                    pictures.close()
                    raise Cancelled
                kept.append(_keep(context.library.gallery, image, recipe, scores))
                progress(len(kept), len(fresh))
            return kept

        def end(_: object = None) -> None:
            if kept:
                self._push_kept(list(kept))
            if known:
                self._tell_kept_already(len(known))

        def fail(error: Exception) -> None:
            end()
            self._tell(Text("said.not_all_pictures_could_be"), error)

        return context.background.start(
            Text("said.keeping_n_pictures", n=len(recipes)), work, end, fail, cancelled=end
        )

    def keep_varied(self, count: int, *, candidates: int = 0) -> BackgroundJob:
        """Makes strangers in the style under the probe and keeps the `count` that differ most.

        candidates: how many to choose from, as previews; 0 for four times as many.
        """
        some = candidates_for(self._context, count, candidates)

        def done(chosen: list[Recipe]) -> None:
            if chosen:
                self.keep_recipes(chosen)

        return self._context.background.start(
            Text("said.choosing_the_most_varied_of", n=len(some)),
            lambda progress, cancelled: choose_varied(self._context, some, count, progress, cancelled),
            done,
            lambda error: self._tell(Text("said.the_pictures_could_not_be_made"), error),
        )

    def _save(self, render: Render, image: Picture) -> None:
        self._context.writer.run(
            lambda: _keep(self._context.library.gallery, image, render.recipe, render.scores),
            lambda row: self._take_kept(render.recipe, row),
            lambda error: self._fail_to_keep(render.recipe, error),
        )

    def _take_kept(self, recipe: Recipe, row: PictureRow) -> None:
        self._on_the_way.discard(recipe.digest)
        self._push_kept([row])

    def _push_kept(self, rows: list[PictureRow]) -> None:
        """What was kept can be taken back: into the bin, and out of it again."""
        context = self._context
        slots: list[Slot] = []
        ids = tuple(row.id for row in rows)

        def undo() -> None:
            self._in_lane(lambda: slots.append(context.library.gallery.delete(ids)))

        def redo() -> None:
            self._in_lane(lambda: context.library.gallery.restore(slots.pop()))

        title = _counted(len(rows), "said.keep_picture", "said.keep_n_pictures")
        context.undo_stack.push(UndoStep(title, undo, redo))
        context.refresh_gallery()
        for row in rows:
            self.kept.emit(row)

    # ---- saying something about pictures

    def rename(self, id: str, name: str) -> None:
        """Gives a picture another name."""
        self._edit(Text("said.rename_picture"), [id], lambda row: replace(row, name=name))

    def rate(self, ids: Sequence[str], rating: int) -> None:
        """Gives 0 to 5 stars."""
        self._edit(Text("said.rate"), ids, lambda row: replace(row, rating=rating))

    def set_label(self, ids: Sequence[str], label: str) -> None:
        """Gives a colour label (`library.sidecar.LABELS`)."""
        self._edit(Text("said.set_label"), ids, lambda row: replace(row, label=label))

    def set_note(self, ids: Sequence[str], note: str) -> None:
        """Writes a note."""
        self._edit(Text("said.write_note"), ids, lambda row: replace(row, note=note))

    def set_tags(self, ids: Sequence[str], tags: Sequence[str]) -> None:
        """Sets the tags."""
        self._edit(Text("said.set_tags"), ids, lambda row: replace(row, tags=tuple(tags)))

    def put_on_board(self, ids: Sequence[str], board: str) -> None:
        """Puts pictures on a board."""
        self._edit(Text("said.put_on_board"), ids, lambda row: replace(row, boards=(*row.boards, board)))

    def take_off_board(self, ids: Sequence[str], board: str) -> None:
        """Takes pictures off a board."""
        self._edit(
            Text("said.take_off_board"), ids, lambda row: replace(row, boards=_without(row.boards, board))
        )

    def _edit(self, title: Text, ids: Sequence[str], edit: Callable[[PictureRow], PictureRow]) -> None:
        gallery, ids = self._context.library.gallery, tuple(ids)
        if not ids:
            return

        def do() -> Callable[[], object]:
            before = gallery.edit(ids, edit)
            return lambda: gallery.put_back(before)

        self._written(title, do, Text("said.not_everything_could_be_written"), ids)

    # ---- boards

    def make_board(self, name: str, ids: Sequence[str] = ()) -> None:
        """A new board, with these pictures on it."""
        gallery, ids = self._context.library.gallery, tuple(ids)
        board = gallery.new_board(name)

        def do() -> Callable[[], object]:
            gallery.set_boards([*gallery.boards(), board])
            before = gallery.edit(ids, lambda row: replace(row, boards=(*row.boards, board.id)))

            def undo() -> None:
                gallery.put_back(before)
                gallery.set_boards([one for one in gallery.boards() if one.id != board.id])

            return undo

        self._written(Text("said.new_board"), do, Text("said.the_board_could_not_be"), ids)

    def rename_board(self, board: str, name: str) -> None:
        """Gives a board another name."""
        self._set_boards(
            Text("said.rename_board"),
            lambda boards: [Board(one.id, name) if one.id == board else one for one in boards],
        )

    def reorder_boards(self, ids: Sequence[str]) -> None:
        """Sets the order of the boards."""
        places = {one: place for place, one in enumerate(ids)}
        self._set_boards(
            Text("said.reorder_boards"),
            lambda boards: sorted(boards, key=lambda board: places.get(board.id, len(places))),
        )

    def delete_board(self, board: str) -> None:
        """Takes a board away; its pictures stay in the gallery, and come back to it with undo."""
        self._set_boards(Text("said.delete_board"), lambda boards: [one for one in boards if one.id != board])

    def _set_boards(self, title: Text, change: Callable[[list[Board]], list[Board]]) -> None:
        gallery = self._context.library.gallery

        def do() -> Callable[[], object]:
            before = gallery.boards()
            gallery.set_boards(change(before))
            return lambda: gallery.set_boards(before)

        self._written(title, do, Text("said.the_boards_could_not_be"), ())

    # ---- deleting

    def delete(self, ids: Sequence[str]) -> None:
        """Moves pictures to the bin; undo brings them back."""
        gallery, ids = self._context.library.gallery, tuple(ids)
        if not ids:
            return

        def do() -> Callable[[], object]:
            slot = gallery.delete(ids)
            return lambda: gallery.restore(slot)

        model = self._context.gallery
        model.select([one for one in model.selection if one not in ids])
        title = _counted(len(ids), "said.delete_picture", "said.delete_n_pictures")
        self._written(title, do, Text("said.the_pictures_could_not_be"), ids)

    def restore(self, slot: Slot, items: Sequence[int] | None = None) -> None:
        """Brings pictures back from the bin (all of a slot, or some); undo deletes them again."""
        self.restore_many([(slot, range(len(slot.items)) if items is None else items)])

    def restore_many(self, chosen: Sequence[tuple[Slot, Sequence[int]]]) -> None:
        """Brings back some items of several slots, as one step."""
        gallery, waiting = self._context.library.gallery, list(chosen)

        def do() -> Callable[[], object]:
            ids = [row.id for slot, items in waiting for row in gallery.restore(slot, items)]
            return lambda: delete_again(ids)

        def delete_again(ids: list[str]) -> None:
            slot = gallery.delete(ids)
            waiting[:] = [(slot, range(len(slot.items)))]

        self._written(
            Text("said.bring_back_pictures"), do, Text("said.the_pictures_could_not_be_brought"), ()
        )

    def empty_bin(self, slots: Sequence[Slot]) -> None:
        """Deletes what is in the bin for good. Nothing brings it back, so whoever calls has asked first."""
        trash = self._context.library.trash

        def purge() -> None:
            for slot in slots:
                trash.purge(slot)

        self._context.writer.run(
            purge,
            lambda _: self.bin_emptied.emit(),
            lambda error: self._tell(Text("said.the_bin_could_not_be"), error),
        )

    # ---- helpers

    def _written(
        self, title: Text, do: Callable[[], Callable[[], object]], failed: Text, ids: tuple[str, ...]
    ) -> None:
        self._context.written(title, do, lambda: self._context.refresh_gallery(ids), failed)

    def _in_lane(self, work: Callable[[], object]) -> None:
        self._context.writer.run(
            work,
            lambda _: self._context.refresh_gallery(),
            lambda error: self._tell(Text("said.the_step_could_not_be"), error),
        )

    def _tell(self, what: Text, error: Exception) -> None:
        tell(self._context.notices, what, error)


def _sorted_out(gallery: Gallery, recipes: Sequence[Recipe]) -> tuple[list[Recipe], list[Recipe]]:
    """Those that are not kept yet, each once, and those that are."""
    different = {recipe.digest: recipe for recipe in recipes}
    known = {row.recipe for row in gallery.index.with_recipes(different)}
    fresh = [recipe for digest, recipe in different.items() if digest not in known]
    return fresh, [recipe for digest, recipe in different.items() if digest in known]


def _counted(n: int, one: str, many: str) -> Text:
    return Text(one) if n == 1 else Text(many, n=n)


def _without(words: tuple[str, ...], word: str) -> tuple[str, ...]:
    return tuple(one for one in words if one != word)


def _keep(gallery: Gallery, image: Picture, recipe: Recipe, scores: Scores) -> PictureRow:
    return gallery.keep(image, recipe, score=scores.look, likeness=scores.likeness)
