"""Write pictures into a folder as a finished set: named, sized and with a contact sheet.

A template may hold {name}, {n} (as {n:03}), {seed}, {style} and {date}. Nothing that exists is replaced
unless --overwrite is given: a taken name ends the command before anything is written, or is avoided with
--rename. --continue goes on where an export broke off.
"""

from __future__ import annotations

import argparse
from argparse import Namespace
from contextlib import suppress
from pathlib import Path

from engine.attribution import owed
from engine.errors import Cancelled, PersonaError, PictureError
from engine.export import ExportItem, export_set
from engine.images import load_picture, read_recipe
from engine.permission import USES, check_use
from engine.recipe import Recipe
from studio.cli.arguments import FORMATS, whole
from studio.cli.enlarging import Enlarging
from studio.cli.lookup import find_pictures, styles
from studio.cli.marking import add_marks, open_marking
from studio.cli.output import Output, count
from studio.cli.stop import Stop
from studio.library.models import ModelShelf
from studio.library.places import models_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `persona export`."""
    parser.add_argument("pictures", nargs="+", metavar="PICTURES", help="picture files, or folders of them")
    parser.add_argument("--out", metavar="DIR", required=True, help="folder for the set; made if missing")
    parser.add_argument("--format", choices=FORMATS, default="png", help="file format (default: png)")
    parser.add_argument(
        "--quality", type=whole(1, 100), default=95, metavar="Q", help="of JPEG and WebP (default: 95)"
    )
    parser.add_argument(
        "--size",
        type=whole(16, 8192),
        metavar="PX",
        help="longest side in pixels (default: as they are); up to 4096, "
        "detail is drawn in where `python -m trainer helpers span-x4` was called",
    )
    parser.add_argument(
        "--template", default="{name}", metavar="NAME", help="how to name the files (default: {name})"
    )
    parser.add_argument(
        "--contact-sheet",
        nargs="?",
        const="png",
        choices=("png", "pdf", "both"),
        help="also all pictures on one page (default: png)",
    )
    parser.add_argument("--sidecar", action="store_true", help="also a .json beside each picture")
    telling = parser.add_mutually_exclusive_group()
    telling.add_argument("--strip-recipe", action="store_true", help="leave the recipe out of all files")
    telling.add_argument(
        "--strip-names", action="store_true", help="leave the styles' names out of the recipe"
    )
    parser.add_argument(
        "--use",
        choices=USES,
        default="",
        help="what it is for; stops where what was agreed to about style or model does not permit that",
    )
    add_marks(parser)
    conflict = parser.add_mutually_exclusive_group()
    conflict.add_argument("--overwrite", action="store_true", help="replace files of the same name")
    conflict.add_argument("--rename", action="store_true", help="find another name where one is taken")
    conflict.add_argument(
        "--continue",
        action="store_true",
        dest="go_on",
        help="go on where an export broke off: what is there already counts as finished",
    )


def run(args: Namespace, out: Output) -> int:
    """Carries out `persona export`."""
    pictures = find_pictures(args.pictures, out)
    with Stop() as stop:
        items = usable(pictures, out, stop)
        if not items:
            return out.finish([], done=False)
        marking = open_marking(args, out)
        recipes = recipes_of(items)
        cards = ModelShelf(models_folder()).cards() if recipes else {}
        check_use(args.use, recipes, cards, [found.style for found in styles()[0]])
        credit = owed(cards[which] for which in sorted({one.model for one in recipes}) if which in cards)
        enlarging = Enlarging(out, stop)
        result = export_set(
            items,
            args.out,
            format=args.format,
            quality=args.quality,
            size=args.size,
            enlarge=enlarging.enlarge,
            template=args.template,
            contact_sheet=args.contact_sheet or False,
            sidecar=args.sidecar,
            recipes="none" if args.strip_recipe else "nameless" if args.strip_names else "all",
            marking=marking,
            attribution=credit,
            conflict=_conflict(args),
            progress=lambda done, total: out.progress(done, total, "pictures"),
            cancelled=stop,
        )
    out.data |= {
        "files": [
            {"path": str(path), "source": str(item.picture)}
            for path, item in zip(result.files, items, strict=True)
        ],
        "contact_sheets": [str(path) for path in result.sheets],
        "sidecars": [str(path) for path in result.records],
        "attribution": list(credit),
        "finished": enlarging.finished,
        "only_enlarged": enlarging.stretched,
    }
    lines = [f"{count(len(result.files), 'picture')} in {args.out}"]
    lines += enlarging.lines()
    lines += [f"contact sheet: {path}" for path in result.sheets]
    return out.finish(lines + [f"attribution owed: {line}" for line in credit])


def recipes_of(items: list[ExportItem]) -> list[Recipe]:
    """Of those pictures that carry one."""
    found = []
    for item in items:
        with suppress(PersonaError):
            recipe = read_recipe(item.picture) if isinstance(item.picture, Path) else item.recipe
            if recipe is not None:
                found.append(recipe)
    return found


def _conflict(args: Namespace) -> str:
    chosen = {"overwrite": args.overwrite, "rename": args.rename, "continue": args.go_on}
    return next((what for what, is_on in chosen.items() if is_on), "ask")


def usable(pictures: list[Path], out: Output, stop: Stop) -> list[ExportItem]:
    """The pictures that can be read; the others are told to `out`. Cancelled."""
    items = []
    for done, path in enumerate(pictures, 1):
        if stop():
            raise Cancelled
        try:
            load_picture(path)
            items.append(ExportItem(path, name=path.stem))
        except PictureError as error:
            out.problem(error)
        out.progress(done, len(pictures), "pictures read")
    return items
