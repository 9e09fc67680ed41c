"""Put photos into a style.

The face in each photo is found and cut out, and comes back as a square picture called PHOTO-STYLE.png, with
its pose and expression. That takes some seconds for each photo; with --quick it is only roughly alike. A file
that already holds the same recipe is written again; a name taken by anything else is left alone, and the
picture is called "NAME (2).png".
"""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from engine.bundle import Bundle
from engine.errors import Cancelled, PersonaError, PictureError
from engine.formats.names import safe_name
from engine.images import Picture
from engine.recipe import Recipe
from engine.renderer import Renderer
from engine.style_maker import StyleMaker
from studio.cli.arguments import FORMATS, add_model, number
from studio.cli.conditions import check_agreed, owed_lines
from studio.cli.generate import GenerateOrder, save_one
from studio.cli.lookup import find_pictures
from studio.cli.marking import add_marks, open_marking
from studio.cli.opened import Blend, open_blend, open_renderer, with_strength
from studio.cli.output import Output, count
from studio.cli.stop import Stop
from studio.cli.targets import PictureFolder
from studio.library.inversion import can_invert, invert


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `persona restyle`."""
    parser.add_argument("photos", nargs="+", metavar="PHOTO", help="picture files, or folders of them")
    parser.add_argument(
        "--style",
        action="append",
        required=True,
        metavar="STYLE",
        help="style file or name; several are mixed, STYLE:2 counts twice",
    )
    parser.add_argument(
        "--out", metavar="DIR", required=True, help="folder for the pictures; made if missing"
    )
    parser.add_argument(
        "--strength",
        type=number(0, 1),
        metavar="X",
        help="0 without style ... 1 all of it (default: the style's own)",
    )
    parser.add_argument(
        "--truncation",
        type=number(0, 1.2),
        default=1.0,
        metavar="PSI",
        help="1 nearest to the photo; less draws it to the style's average picture (default: 1)",
    )
    parser.add_argument(
        "--whole", action="store_true", help="use photos without a face too: their middle square"
    )
    parser.add_argument("--quick", action="store_true", help="only roughly alike, but at once")
    parser.add_argument("--format", choices=FORMATS, default="png", help="file format (default: png)")
    add_marks(parser)
    add_model(parser)


def run(args: Namespace, out: Output) -> int:
    """Carries out `persona restyle`."""
    photos = find_pictures(args.photos, out)
    files = out.data.setdefault("files", [])
    if not photos:
        return out.finish([], done=False)
    renderer, maker = open_renderer(args, out)
    blend = open_blend(args.style, maker, out)
    start = replace(Recipe.from_seed(renderer.bundle.id, 1), styles=blend.uses)
    check_agreed(start, renderer.bundle, blend)
    folder = PictureFolder(Path(args.out), open_marking(args, out), args.format)
    with Stop() as stop:
        faces = _faces(photos, maker, args, out, stop)
        recipes = [recipe_of(face, renderer, blend, args) for face in faces.values()]
        near = closer(recipes, list(faces.values()), renderer.bundle, out, stop)
        for done, (photo, recipe) in enumerate(zip(faces, recipes if args.quick else near, strict=True), 1):
            if stop():
                raise Cancelled
            job = GenerateOrder(recipe, f"{safe_name(photo.stem)}-{safe_name(blend.name)}")
            made = save_one(folder, job, renderer.render(recipe), maker, photo)
            files.append(made | {"photo": str(photo)})
            out.progress(done, len(faces), "photos")
    lines = [f"{count(len(files), 'picture')} in {folder.folder} ({renderer.provider.name})"]
    return out.finish([*lines, *owed_lines(renderer.bundle, out)], done=bool(files))


def _faces(
    photos: list[Path], maker: StyleMaker, args: Namespace, out: Output, stop: Stop
) -> dict[Path, Picture]:
    """The aligned face of each photo that has one; the others are named."""
    faces: dict[Path, Picture] = {}
    for photo in photos:
        if stop():
            raise Cancelled
        try:
            faces[photo] = maker.aligned(photo, whole=args.whole).image
        except PictureError as error:
            out.problem(error)
    return faces


def closer(
    recipes: list[Recipe], faces: list[Picture], bundle: Bundle, out: Output, stop: Stop
) -> Iterator[Recipe]:
    """The recipes with what z cannot say of their photos, as it is found; as they are, where that fails."""
    found = 0
    try:
        for offset in invert(bundle, faces, lambda *_: None, stop) if can_invert(bundle) and faces else ():
            yield replace(recipes[found], offset=offset)
            found += 1
    except Cancelled:
        raise
    except PersonaError as error:
        out.note(f"{error} The pictures are only roughly alike.")
    yield from recipes[found:]


def recipe_of(face: Picture, renderer: Renderer, blend: Blend, args: Namespace) -> Recipe:
    """The recipe that gives the face back in the style."""
    offset = "" if args.quick else renderer.offset(face)
    plain = Recipe(renderer.bundle.id, content=renderer.content(face), offset=offset)
    likeness = 0.0 if renderer.bundle.card.detail_rows else plain.likeness
    styled = with_strength(plain, blend, args.strength)
    return replace(styled, truncation=args.truncation, likeness=likeness)
