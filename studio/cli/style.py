"""Make styles from pictures, look at them, mix them, and score pictures against them.

STYLE is a style file, or the name of a style in the library (see `persona style list`).
"""

from __future__ import annotations

import argparse
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.errors import Cancelled, PictureError, StyleError
from engine.files import make_folder
from engine.formats.names import safe_name
from engine.formats.style import Reference
from engine.mixing import mix
from engine.persona import SUBJECTS
from engine.recipe import MAX_NAME
from engine.style import Style
from engine.style_maker import StyleMaker, StyleResult
from studio.cli.arguments import Parser, UsageError, add_common, add_model, add_overwrite, number
from studio.cli.lookup import FoundStyle, find_pictures, find_style, styles
from studio.cli.opened import fit_style, open_model, open_weighted
from studio.cli.output import Output, count, pairs, table
from studio.cli.stop import Stop
from studio.library.fitting import FittedStyles
from studio.library.looks import LookFile
from studio.library.personas import forget_in_files, forget_person
from studio.library.places import Places, styles_folder
from studio.library.starters import NO_MODEL
from studio.library.styles import SUFFIX, StyleShelf
from studio.library.trash import Bin

NOBODY = "none"
QUESTION = (
    "Who is shown? The likeness of a face is a personal matter, so it is read only when you say:\n"
    "  1 myself   2 somebody who agreed   3 somebody in licensed pictures   4 somebody invented\n"
    "  anything else: the look alone\n> "
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands of `persona style`."""
    kinds = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    _add_create(kinds)
    _add_list(kinds)
    _add_show(kinds)
    _add_mix(kinds)
    _add_score(kinds)
    _add_forget(kinds)


def run(args: Namespace, out: Output) -> int:
    """Carries out `persona style ...`."""
    carry_out: Callable[[Namespace, Output], int] = args.carry_out
    return carry_out(args, out)


def _add(
    kinds: Any, name: str, summary: str, carry_out: Callable[[Namespace, Output], int]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = kinds.add_parser(name, help=summary, description=summary)
    parser.set_defaults(carry_out=carry_out)
    add_common(parser)
    return parser


def _add_create(kinds: Any) -> None:
    parser = _add(kinds, "create", "Make a style from 1 to 50 pictures of one persona or look.", create)
    parser.add_argument("name", metavar="NAME", help="what to call it")
    parser.add_argument("pictures", nargs="+", metavar="PICTURES", help="picture files, or folders of them")
    _add_out(parser)
    parser.add_argument(
        "--whole", action="store_true", help="use pictures without a face too: their middle square"
    )
    parser.add_argument(
        "--strength",
        type=number(0, 1),
        default=1.0,
        metavar="X",
        help="how strongly it acts by itself (default: 1)",
    )
    parser.add_argument("--tag", action="append", default=[], help="a word to find it by; may be repeated")
    parser.add_argument(
        "--person",
        choices=(*SUBJECTS, NOBODY),
        help="who is shown, so that the likeness may be read, too: yourself, somebody who agreed, someone in "
        "licensed pictures, somebody invented; none: the look alone (asked for at a terminal)",
    )
    add_model(parser)


def _add_list(kinds: Any) -> None:
    _add(kinds, "list", "List the styles in the library and those that came with the program.", list_styles)


def _add_show(kinds: Any) -> None:
    parser = _add(kinds, "show", "Show what a style was made from.", show)
    parser.add_argument("style", metavar="STYLE")


def _add_mix(kinds: Any) -> None:
    parser = _add(kinds, "mix", "Make a style between several: NAME STYLE STYLE:2 ...", mix_styles)
    parser.add_argument("name", metavar="NAME", help="what to call the mix")
    parser.add_argument("styles", nargs="+", metavar="STYLE", help="style file or name; STYLE:2 counts twice")
    _add_out(parser)
    add_model(parser)


def _add_score(kinds: Any) -> None:
    parser = _add(
        kinds,
        "score",
        "Say how well pictures match a style, 0 ... 1: light and colour, and the person if it has one.",
        score,
    )
    parser.add_argument("style", metavar="STYLE")
    parser.add_argument("pictures", nargs="+", metavar="PICTURES", help="picture files, or folders of them")
    parser.add_argument(
        "--whole", action="store_true", help="use pictures without a face too: their middle square"
    )
    add_model(parser)


def _add_forget(kinds: Any) -> None:
    parser = _add(
        kinds,
        "forget",
        "Forget who a style shows: in the style, its copies, the bin and all caches, for good.",
        forget,
    )
    parser.add_argument("style", metavar="STYLE")


def _add_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="FILE.json", help="where to write it (default: into the library)")
    add_overwrite(parser, "a style")


def create(args: Namespace, out: Output) -> int:
    """Carries out `persona style create`."""
    _check_name(args.name)
    pictures = find_pictures(args.pictures, out)
    if not pictures:
        return out.finish([], done=False)
    maker = StyleMaker(*open_model(args, out))
    subject = _subject(args, maker, out)
    try:
        result = _from_pictures(maker, pictures, args, out, subject)
    except StyleError as error:
        if error.code not in ("no-pictures", "nothing-given"):
            raise
        return _say_why_none(maker, pictures, args, out)
    for problem in result.problems:
        out.problem(problem)
    notes = [note.message for note in result.notes]
    for note in notes:
        out.note(note)
    out.data["notes"] = notes
    path = save(result.style, out, _path(args), overwrite=args.overwrite)
    used = len(result.style.references)
    return out.finish([f"{result.style.name}: {_made_of(result.style, used)}, in {path}"])


def _made_of(style: Style, used: int) -> str:
    if style.persona:
        return f"one person in {count(used, 'picture')}"
    return f"a style from {count(used, 'picture')}"


def _subject(args: Namespace, maker: StyleMaker, out: Output) -> str:
    """Who is shown, as the option says or somebody at the terminal; "" for the look alone."""
    if maker.bundle.card.persona is None or args.person == NOBODY:
        return ""
    if args.person:
        return str(args.person)
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):
        out.note("The style is of the look alone: say who is shown with --person to have the likeness, too.")
        return ""
    sys.stderr.write(QUESTION)
    sys.stderr.flush()
    answer = sys.stdin.readline().strip()
    return SUBJECTS[int(answer) - 1] if answer in ("1", "2", "3", "4") else ""


def _from_pictures(
    maker: StyleMaker, pictures: list[Path], args: Namespace, out: Output, subject: str
) -> StyleResult:
    with Stop() as stop:
        return maker.from_pictures(
            args.name,
            pictures,
            whole=args.whole,
            strength=args.strength,
            tags=args.tag,
            consent={"subject": subject} if subject else None,
            persona=bool(subject),
            progress=lambda done, total: out.progress(done, total, "pictures"),
            cancelled=stop,
        )


def _say_why_none(maker: StyleMaker, pictures: list[Path], args: Namespace, out: Output) -> int:
    """Names every picture with its own reason; the engine's one sentence has room for three."""
    for picture in pictures:
        try:
            maker.aligned(picture, whole=args.whole)
        except PictureError as error:
            out.problem(error)
    return out.finish([], done=False)


def list_styles(args: Namespace, out: Output) -> int:
    """Carries out `persona style list`."""
    found, damaged = styles()
    for damage in damaged:
        out.problem(StyleError(damage.reason))
    rows = [
        (one.id, one.style.name, count(len(one.style.references), "picture"), _origin(one)) for one in found
    ]
    out.data["styles"] = [
        summary(one.style, one.path) | {"id": one.id, "origin": _origin(one)} for one in found
    ]
    nothing = [f"No styles yet: persona style create NAME PICTURES... ({styles_folder()})"]
    return out.finish(table(rows, ("style", "name", "made from", "whose")) or nothing)


def show(args: Namespace, out: Output) -> int:
    """Carries out `persona style show`."""
    style = find_style(args.style)
    out.data["style"] = summary(style, None) | {"references": [_reference(item) for item in style.references]}
    lines = pairs(
        [
            ("name", style.name),
            ("created", style.created),
            ("shows", _people(style)),
            ("look", f"{style.strength:.2f}"),
            ("likeness", f"{style.likeness:.2f}" if style.persona else ""),
            ("tags", ", ".join(style.tags)),
            ("model", style.model[:12]),
            ("consent", "recorded" if style.consent else ""),
        ]
    )
    rows = [(item.name, item.weight, item.fit, _apart(item)) for item in style.references]
    return out.finish(lines + [""] * bool(rows) + table(rows, ("picture", "weight", "fit", "")))


def _people(style: Style) -> str:
    pictures = count(len(style.references), "picture")
    if style.persona:
        return f"one person in {pictures}"
    return f"{count(style.people, 'person', 'people')}: look only" if style.people else ""


def _apart(reference: Reference) -> str:
    if reference.other_person:
        return "shows somebody else"
    return "does not look like the rest" if reference.outlier else ""


def mix_styles(args: Namespace, out: Output) -> int:
    """Carries out `persona style mix`."""
    _check_name(args.name)
    found = [open_weighted(text) for text in args.styles]
    models = {style.model for style, _ in found}
    if len(models) > 1 or NO_MODEL in models:
        maker = StyleMaker(*open_model(args, out))
        found = [(fit_style(style, maker, out), weight) for style, weight in found]
    mixed = mix([style for style, _ in found], [weight for _, weight in found], args.name)
    path = save(mixed, out, _path(args), overwrite=args.overwrite)
    return out.finish([f"{mixed.name}: a mix of {count(len(found), 'style')}, in {path}"])


def score(args: Namespace, out: Output) -> int:
    """Carries out `persona style score`."""
    style = find_style(args.style)
    pictures = find_pictures(args.pictures, out)
    scores = out.data.setdefault("scores", [])
    if not pictures:
        return out.finish([], done=False)
    maker = StyleMaker(*open_model(args, out))
    style = fit_style(style, maker, out)
    with Stop() as stop:
        for done, picture in enumerate(pictures, 1):
            if stop():
                raise Cancelled
            try:
                aligned = maker.aligned(picture, whole=args.whole)
                found = {"path": str(picture), "score": maker.score(style, aligned.image)}
                likeness = None if aligned.whole else maker.likeness(style, aligned.image)
                scores.append(found if likeness is None else found | {"likeness": likeness})
            except PictureError as error:
                out.problem(error)
            out.progress(done, len(pictures), "pictures")
    rows = [(item["path"], item["score"], item.get("likeness", "")) for item in scores]
    columns = ("picture", "look", "likeness") if style.persona else ("picture", "look")
    return out.finish(table([row[: len(columns)] for row in rows], columns), done=bool(scores))


def forget(args: Namespace, out: Output) -> int:
    """Carries out `persona style forget`."""
    style, places = find_style(args.style), Places.find()
    shelf = StyleShelf(places.styles, Bin(places.bin))
    forgotten = forget_person(style, shelf, FittedStyles(places.fitted))
    forget_in_files(places, forgotten.digests)
    LookFile(places.cache / "looks.sqlite3").forget_persons()
    changed = [*forgotten.styles]
    if (path := Path(args.style)).is_file():
        style.look_only().save(path, overwrite=True)
        changed.append(str(path))
    elif (entry := shelf.find(args.style)) is not None and entry.style != entry.style.look_only():
        shelf.save(entry.id, entry.style.look_only())  # it says who is shown, and its model knows nobody
        changed = list(dict.fromkeys([*changed, entry.id]))
    out.data["forgotten"] = {"styles": changed, "personas": len(forgotten.digests)}
    if not changed and not forgotten.digests:
        return out.finish([f"{style.name} shows no certain person; there is nothing to forget"])
    return out.finish([f"{style.name}: only the look is left", *(f"  {one}" for one in changed)])


def save(style: Style, out: Output, path: Path, *, overwrite: bool = False) -> Path:
    """Writes a new style to `path`. The same style once more leaves the file as it is. TargetError."""
    make_folder(path.parent)
    there = _style_at(path)
    if there is None or replace(there, created=style.created) != style:
        style.save(path, overwrite=overwrite)
    else:
        style = there
    out.data["style"] = summary(style, path) | {"references": [_reference(item) for item in style.references]}
    return path


def _path(args: Namespace) -> Path:
    return Path(args.out) if args.out else styles_folder() / f"{safe_name(args.name)}{SUFFIX}"


def _style_at(path: Path) -> Style | None:
    try:
        return Style.load(path) if path.is_file() else None
    except (StyleError, OSError):
        return None


def _origin(found: FoundStyle) -> str:
    return "bundled" if found.bundled else "yours"


def _reference(reference: Reference) -> dict[str, Any]:
    return {
        "name": reference.name,
        "digest": reference.digest,
        "weight": reference.weight,
        "fit": reference.fit,
        "outlier": reference.outlier,
        "whole": reference.whole,
        "other_person": reference.other_person,
    }


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise UsageError(f"A style's name must be 1 to {MAX_NAME} printable characters.")


def summary(style: Style, path: Path | None) -> dict[str, Any]:
    """A style for JSON, without its references' pictures."""
    return {
        "name": style.name,
        "path": None if path is None else str(path),
        "model": style.model,
        "strength": style.strength,
        "persona": bool(style.persona),
        "likeness": style.likeness,
        "people": style.people,
        "created": style.created,
        "tags": list(style.tags),
        "pictures": len(style.references),
    }
