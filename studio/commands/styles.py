"""What people do with styles: make, mix, rename, order, delete, bring back, import, export."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from engine.errors import NoFaceError, PersonaError, StyleError
from engine.mixing import mix
from engine.persona import SUBJECTS
from engine.recipe import StyleUse
from engine.style import Style
from engine.style_maker import StyleResult
from studio.commands.error_messages import said, shortened, tell
from studio.commands.fitting import Fitting
from studio.commands.persons import PersonCommands
from studio.commands.references import ReferenceCommands
from studio.library.naming import name_of_folder
from studio.library.styles import StyleEntry
from studio.library.tasks import IsCancelled, OnProgress
from studio.library.text import Text, reason_text
from studio.library.trash import Slot
from studio.state.jobs import BackgroundJob
from studio.state.notices import Act, Kind

if TYPE_CHECKING:
    from studio.commands.context import AppContext

MAX_PICTURES = 50
UNNAMED = "Style"
"""What a style is called until somebody says."""


class StyleCommands(QObject):
    """Acts on the style library. Each returns at once."""

    made = Signal(object)
    """StyleEntry that was just made (and put to use)."""
    name_wanted = Signal(object)
    """StyleEntry that was just made of pictures whose folder says nothing: what is it called?"""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._context = context
        self.fitting = Fitting(context)
        self.references = ReferenceCommands(context, self.fitting)
        self.persons = PersonCommands(context, self.fitting)

    # ---- using

    def use(self, id: str | None) -> None:
        """Puts a style to use on the canvas, or none."""
        context = self._context
        entry = context.styles.entry(id) if id is not None else None
        if entry is None:
            context.explorer.set_styles(())
        elif context.styles.is_usable(entry):
            style = entry.style
            context.explorer.set_styles([style.use()], style.strength, style.likeness)
        elif not self.fitting.hurry(entry.id, lambda: self.use(entry.id)):
            self._tell_other_model(entry)

    def use_again(self, id: str) -> None:
        """Another model is in use: the style comes along as soon as it is fit for it, if it can be."""
        entry = self._context.styles.entry(id)
        if entry is not None and self._context.styles.is_usable(entry):
            self.use(id)
        else:
            self.fitting.hurry(id, lambda: self.use(id))

    def entry_of(self, styles: Sequence[StyleUse]) -> StyleEntry | None:
        """The style in the library that is in use, if it is one and alone."""
        if len(styles) != 1:
            return None
        same = [entry for entry in self._context.styles.entries if entry.style.vector == styles[0].vector]
        return next((entry for entry in same if entry.name == styles[0].name), same[0] if same else None)

    # ---- making

    def make(
        self, paths: Sequence[Path], *, name: str = "", whole: bool | None = None, subject: str = ""
    ) -> BackgroundJob:
        """A style from pictures and folders of pictures, with progress and cancel; then it is in use.

        name: empty for that of the folder; where that says nothing, it is asked afterwards. whole: None as in
        the settings.
        subject: who is shown (engine.persona.SUBJECTS) where that is known; otherwise it is asked afterwards.
        """
        paths = list(paths)
        name = name.strip() or name_of_folder(paths)
        whole = self._context.settings.whole_pictures if whole is None else whole
        return self._make(name, paths, whole, consent={"subject": subject} if subject else None)

    def make_from_gallery(self, ids: Sequence[str], *, name: str = "") -> BackgroundJob:
        """A style from kept pictures."""
        paths = [self._context.library.gallery.path(one) for one in ids]
        return self._make(name.strip(), paths, True)

    def _make(
        self,
        name: str,
        paths: list[Path],
        whole: bool,
        replaced: str = "",
        consent: dict[str, Any] | None = None,
    ) -> BackgroundJob:
        """name: empty to have it asked. replaced: id of a style that the new one takes the place of. consent:
        of the new style."""
        nameless, name = not name, name or UNNAMED
        shelf, maker = self._context.library.styles, self.fitting.maker()
        old = self._context.styles.entry(replaced)
        consent = old.style.consent if old is not None else consent
        persona = (consent or {}).get("subject") in SUBJECTS  # else not before somebody said who it is

        def use_whole(instead_of: str = "") -> tuple[Act, ...]:
            if whole:
                return ()
            again = partial(self._make, "" if nameless else name, paths, True, instead_of, consent)
            return (Act(Text("said.use_pictures_whole"), again),)

        def work(progress: OnProgress, cancelled: IsCancelled) -> tuple[StyleEntry, StyleResult, list[Path]]:
            files = _spread(_picture_files(paths)) or paths
            result = maker().from_pictures(
                name,
                files,
                whole=whole,
                consent=consent,
                persona=persona,
                progress=progress,
                cancelled=cancelled,
            )
            entry = shelf.add(result.style)
            if replaced:
                shelf.delete([replaced])
            return entry, result, files

        def done(made: tuple[StyleEntry, StyleResult, list[Path]]) -> None:
            entry, result, files = made
            faceless = any(isinstance(problem, NoFaceError) for problem in result.problems)

            def ask() -> None:
                self.persons.ask(entry.id, files)
                if nameless:
                    self.name_wanted.emit(entry)

            self._push_made(entry, then=ask)
            self._tell_made(entry, result, use_whole(entry.id) if faceless else ())

        def fail(error: Exception) -> None:
            nothing = isinstance(error, StyleError) and error.code == "no-pictures"
            what = Text("said.the_style_name_could_not", name=name)
            tell(self._context.notices, what, error, acts=use_whole() if nothing else ())

        return self._context.background.start(
            Text("said.making_the_style_name", name=name),
            work,
            done,
            fail,
        )

    def mix(self, weights: Mapping[str, float], *, name: str = "") -> None:
        """A new style between several (style id -> weight); then it is in use."""
        entries = [entry for one in weights if (entry := self._context.styles.entry(one)) is not None]
        shares = [weights[entry.id] for entry in entries]
        self._add(lambda: mix([entry.style for entry in entries], shares, name.strip() or None))

    def duplicate(self, id: str, *, name: str = "") -> None:
        """A copy, right behind the original. name: empty for the original's with a number."""
        entry = self._context.styles.entry(id)
        if entry is not None:
            copy = replace(entry.style, name=name.strip() or entry.name)
            self._added(lambda: self._context.library.styles.add(copy, after=id), use=False)

    def import_file(self, path: Path) -> None:
        """Adds a style from a file."""
        self._added(lambda: self._context.library.styles.import_file(path))

    def _add(self, make: Callable[[], Style]) -> None:
        self._added(lambda: self._context.library.styles.add(make()))

    def _added(self, add: Callable[[], StyleEntry], *, use: bool = True) -> None:
        self._context.writer.run(
            add,
            lambda entry: self._push_made(entry, use=use),
            lambda error: self._tell(Text("said.the_style_could_not_be_added"), error),
        )

    def _push_made(
        self, entry: StyleEntry, *, use: bool = True, then: Callable[[], object] | None = None
    ) -> None:
        """A new style can be taken back: into the bin, and out of it again."""
        shelf = self._context.library.styles
        slots: list[Slot] = []
        first = True

        def do() -> Callable[[], object]:
            nonlocal first
            if not first:
                shelf.restore(slots.pop())
            first = False
            return lambda: slots.append(shelf.delete([entry.id]))

        def shown() -> None:
            self._context.refresh_styles()

        self._context.written(
            Text("said.new_style_name", name=entry.name),
            do,
            shown,
            Text("said.the_style_could_not_be_added"),
        )
        self._context.refresh_styles(lambda: self._present(entry, use, then))

    def _present(self, entry: StyleEntry, use: bool, then: Callable[[], object] | None) -> None:
        if use:
            self.use(entry.id)
        self.made.emit(entry)
        if then is not None:
            then()

    # ---- changing

    def rename(self, id: str, name: str) -> None:
        """Gives a style another name."""
        name = name.strip()
        if name:
            self._change(Text("said.rename_style"), id, lambda style: replace(style, name=name))

    def set_tags(self, id: str, tags: Sequence[str]) -> None:
        """Sets the tags."""
        clean = tuple(dict.fromkeys(tag.strip()[:100] for tag in tags if tag.strip()))
        self._change(Text("said.set_tags"), id, lambda style: replace(style, tags=clean))

    def set_strength(self, id: str, strength: float) -> None:
        """How strongly it is used to begin with, 0..1."""
        strength = min(1.0, max(0.0, strength))
        self._change(Text("said.set_strength"), id, lambda style: replace(style, strength=strength))

    def set_likeness(self, id: str, likeness: float) -> None:
        """How much of its person is used to begin with, 0..1."""
        likeness = min(1.0, max(0.0, likeness))
        self._change(Text("said.set_likeness"), id, lambda style: replace(style, likeness=likeness))

    def reorder(self, ids: Sequence[str]) -> None:
        """Sets the order."""
        shelf, ids = self._context.library.styles, list(ids)

        def do() -> Callable[[], object]:
            before = [entry.id for entry in shelf.entries()[0]]
            shelf.reorder([*ids, *(one for one in before if one not in ids)])
            return lambda: shelf.reorder(before)

        self._written(Text("said.reorder_styles"), do)

    def delete(self, ids: Sequence[str]) -> None:
        """Moves styles to the bin; undo brings them back."""
        shelf, ids = self._context.library.styles, tuple(ids)
        if not ids:
            return

        def do() -> Callable[[], object]:
            slot = shelf.delete(ids)
            return lambda: shelf.restore(slot)

        title = Text("said.delete_style") if len(ids) == 1 else Text("said.delete_n_styles", n=len(ids))
        self._written(title, do)

    def binned(self, then: Callable[[list[Slot]], object]) -> None:
        """Looks what can be brought back, newest first, and tells `then`."""
        trash = self._context.library.trash
        self._context.reader.run(
            lambda: trash.slots("styles"),
            then,
            lambda error: self._tell(Text("said.the_bin_could_not_be_read"), error),
        )

    def restore(self, slot: Slot, items: Sequence[int] | None = None) -> None:
        """Brings styles back from the bin; undo deletes them again."""
        shelf = self._context.library.styles

        def do() -> Callable[[], object]:
            ids = [entry.id for entry in shelf.restore(slot, items)]
            return lambda: shelf.delete(ids)

        self._written(Text("said.bring_back_styles"), do)

    def export_file(self, id: str, path: Path, *, overwrite: bool = False, look_only: bool = False) -> None:
        """Writes a style to a file of its own. look_only: without its person."""
        notices, entry = self._context.notices, self._context.styles.entry(id)
        if entry is None:
            return
        self._context.writer.run(
            lambda: (entry.style.look_only() if look_only else entry.style).save(path, overwrite=overwrite),
            lambda written: notices.add(
                Kind.SUCCESS, Text("said.the_style_was_written_to", path=str(written))
            ),
            lambda error: self._tell(Text("said.the_style_could_not_be_written"), error),
        )

    def _change(self, title: Text, id: str, change: Callable[[Style], Style]) -> None:
        shelf = self._context.library.styles

        def do() -> Callable[[], object]:
            before = shelf.entry(id).style
            shelf.save(id, change(before))
            return lambda: shelf.save(id, before)

        self._written(title, do)

    def _written(self, title: Text, do: Callable[[], Callable[[], object]]) -> None:
        failed = Text("said.the_style_could_not_be")
        self._context.written(title, do, self._context.refresh_styles, failed)

    # ---- telling

    def _tell(self, what: Text, error: Exception) -> None:
        tell(self._context.notices, what, error)

    def _tell_made(self, entry: StyleEntry, result: StyleResult, acts: tuple[Act, ...]) -> None:
        notes = (reason_text(note, "note") for note in result.notes)
        details = shortened((*map(said, result.problems), *notes))
        n = len(result.style.references)
        what = (
            Text("said.the_style_name_was_made", name=entry.name)
            if n == 1
            else Text("said.the_style_name_was_made_from", name=entry.name, n=n)
        )
        meaning = None
        if skipped := len(result.problems):
            meaning = (
                Text("said.one_picture_was_left_out")
                if skipped == 1
                else Text("said.n_pictures_were_left_out", n=skipped)
            )
        kind = Kind.WARNING if result.problems else Kind.SUCCESS
        self._context.notices.add(
            kind,
            what,
            meaning=meaning,
            details=details,
            acts=acts,
            holds=self._as_long_as_there(entry),
            until=(self._context.styles.entries_changed,),
        )

    def _as_long_as_there(self, entry: StyleEntry) -> Callable[[], bool]:
        """Whether a style that was just made is there, under its name; at first it is still on its way."""
        came = False

        def is_there() -> bool:
            nonlocal came
            known = self._context.styles.entry(entry.id)
            came = came or known is not None
            return not came or (known is not None and known.name == entry.name)

        return is_there

    def _tell_other_model(self, entry: StyleEntry) -> None:
        self._context.notices.add(
            Kind.WARNING,
            Text("said.the_style_name_was_made_with", name=entry.name),
            meaning=Text("said.its_numbers_mean_nothing_to"),
            advice=Text("said.make_it_anew_for_this"),
        )


def _picture_files(paths: Sequence[Path]) -> list[Path]:
    """The pictures among files and folders; what cannot be read is left for `from_pictures` to tell."""
    from engine.images import picture_files

    try:
        return picture_files(paths)
    except PersonaError:
        return []


def _spread(files: Sequence[Path]) -> list[Path]:
    """All, or as many as a style takes, evenly from first to last."""
    if len(files) <= MAX_PICTURES:
        return list(files)
    return [files[round(n * (len(files) - 1) / (MAX_PICTURES - 1))] for n in range(MAX_PICTURES)]
