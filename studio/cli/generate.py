"""Make pictures.

Picture number i has seed SEED + i - 1 and is called STYLE-SEED.png (persona-SEED.png without a style); the
same command gives the same pictures, pixel for pixel. A file that already holds the same recipe is written
again; a name taken by anything else is left alone, and the picture is called "NAME (2).png".
"""

from __future__ import annotations

import argparse
import time
from argparse import Namespace
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import Cancelled, RecipeError
from engine.formats.names import safe_name
from engine.images import Picture, resize
from engine.recipe import Recipe, SeedUse, without_personas
from engine.renderer import Renderer
from engine.style_maker import StyleMaker
from studio.cli.arguments import FORMATS, MAX_COUNT, MAX_SEED, UsageError, add_model, number, whole
from studio.cli.conditions import check_agreed, owed_lines
from studio.cli.marking import add_marks, open_marking
from studio.cli.opened import Blend, open_blend, open_recipe, open_renderer, with_strength
from studio.cli.output import Output, count
from studio.cli.stop import Stop
from studio.cli.targets import SHEET, PictureFolder

MAX_SHEET = 500
"""Most pictures on a contact sheet."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `persona generate`."""
    parser.add_argument(
        "--out", metavar="DIR", required=True, help="folder for the pictures; made if missing"
    )
    parser.add_argument(
        "--count", type=whole(1, MAX_COUNT), default=1, metavar="N", help="how many (default: 1)"
    )
    parser.add_argument(
        "--seed", type=whole(0, MAX_SEED), metavar="S", help="seed of the first picture (default: 1)"
    )
    parser.add_argument(
        "--style",
        action="append",
        default=[],
        metavar="STYLE",
        help="style file or name; several are mixed, STYLE:2 counts twice",
    )
    parser.add_argument(
        "--strength",
        type=number(0, 1),
        metavar="X",
        help="0 without the style's look ... 1 all of it (default: the style's own)",
    )
    parser.add_argument(
        "--likeness",
        type=number(0, 1),
        metavar="X",
        help="0 anybody ... 1 the style's person, where it has one (default: the style's own)",
    )
    parser.add_argument(
        "--truncation",
        type=number(0, 1.2),
        metavar="PSI",
        help="0 the style's average picture ... 1 full variety (default: 0.7)",
    )
    parser.add_argument(
        "--recipe",
        metavar="FILE",
        help="start from a saved picture or recipe file: once as it is, or with the seeds of --seed",
    )
    parser.add_argument("--format", choices=FORMATS, default="png", help="file format (default: png)")
    parser.add_argument("--contact-sheet", action="store_true", help="also one picture with all of them")
    add_marks(parser)
    add_model(parser)


def run(args: Namespace, out: Output) -> int:
    """Carries out `persona generate`."""
    check(args)
    started = time.perf_counter()
    renderer, maker = open_renderer(args, out)
    blend = open_blend(args.style, maker, out)
    start = start_of(args, blend, renderer.bundle.id)
    check_agreed(start, renderer.bundle, blend)
    jobs = plan(args, start)
    folder = PictureFolder(Path(args.out), open_marking(args, out), args.format)
    made = render_into(folder, jobs, args.count, renderer, maker, out, keep=args.contact_sheet)
    sheet = save_sheet(folder, made, out) if args.contact_sheet else None
    seconds = time.perf_counter() - started
    lines = [f"{count(args.count, 'picture')} in {folder.folder} ({renderer.provider.name}, {seconds:.1f} s)"]
    lines += [f"contact sheet: {sheet}"] if sheet else []
    return out.finish([*lines, *owed_lines(renderer.bundle, out)])


@dataclass(frozen=True)
class GenerateOrder:
    """One picture to make and its file's name without suffix."""

    recipe: Recipe
    stem: str


def check(args: Namespace) -> None:
    """UsageError for options that do not go together."""
    if (args.seed or 1) + args.count - 1 > MAX_SEED:
        raise UsageError(
            f"--seed {args.seed} with --count {args.count} goes beyond the largest seed, {MAX_SEED}."
        )
    if args.recipe and args.seed is None and args.count > 1:
        raise UsageError("--recipe with --count needs --seed: one recipe as it is gives only one picture.")
    if args.contact_sheet and args.count > MAX_SHEET:
        raise UsageError(f"--contact-sheet holds at most {MAX_SHEET} pictures.")


def start_of(args: Namespace, blend: Blend, model: str) -> Recipe:
    """What all the pictures have in common. RecipeError."""
    base = open_recipe(args.recipe) if args.recipe else Recipe.from_seed(model, 1)
    if base.model != model:
        raise RecipeError(f"The recipe in {args.recipe} is for another model; name it with --model.")
    base = with_strength(base, blend, args.strength, args.likeness)
    return base if args.truncation is None else replace(base, truncation=args.truncation)


def plan(args: Namespace, base: Recipe) -> Iterator[GenerateOrder]:
    """The pictures that the options ask for."""
    name = safe_name("+".join(use.name for use in base.styles) or "persona")
    if args.recipe and args.seed is None:
        yield GenerateOrder(base, stem_of(name, base.seed))
        return
    first = 1 if args.seed is None else args.seed
    for seed in range(first, first + args.count):
        yield GenerateOrder(
            replace(base, seeds=(SeedUse(seed),), content=None, offset=""), stem_of(name, seed)
        )


def stem_of(name: str, seed: int | None) -> str:
    """ "mila-0017": sorted by name, pictures of one style stand in the order of their seeds."""
    return name if seed is None else f"{name}-{seed:04d}"


def render_into(
    folder: PictureFolder,
    jobs: Iterable[GenerateOrder],
    total: int,
    renderer: Renderer,
    maker: StyleMaker,
    out: Output,
    *,
    keep: bool,
) -> list[tuple[str, Picture]]:
    """Renders and saves all jobs; each saved picture is in the result at once. Cancelled, TargetError.

    Returns names and pictures when they are to be kept, for a contact sheet.
    """
    files = out.data.setdefault("files", [])
    kept = []
    with Stop() as stop:
        for job in jobs:
            if stop():
                raise Cancelled
            image = renderer.render(job.recipe)
            files.append(save_one(folder, job, image, maker))
            out.progress(len(files), total, "pictures")
            if keep:
                kept.append((job.stem, image))
    return kept


def save_one(
    folder: PictureFolder,
    job: GenerateOrder,
    image: Picture,
    maker: StyleMaker,
    photo: Path | None = None,
) -> dict[str, object]:
    """Saves a picture, scored against its style if it has one, and describes it for JSON. TargetError.

    photo: the file that went into it.
    """
    recipe = job.recipe
    scores = maker.scores(recipe.styles, image)
    path = folder.save(job.stem, image, recipe, *scores, photo=photo)
    told = without_personas(recipe).to_dict()
    found: dict[str, object] = {"path": str(path), "seed": recipe.seed, "recipe": told}
    named = zip(("score", "likeness"), scores, strict=True)
    return found | {name: value for name, value in named if value is not None}


def save_sheet(folder: PictureFolder, made: list[tuple[str, Picture]], out: Output) -> Path:
    """Saves the contact sheet of what was made; small pictures fill their places on it."""
    from engine.sheet import CELL, contact_sheet  # loads more, and is seldom wanted

    tiles = [image if max(image.shape) >= CELL else resize(image, CELL) for _, image in made]
    sheet = contact_sheet(tiles, [name for name, _ in made])
    path = folder.save_sheet(SHEET, sheet)
    out.data["contact_sheet"] = str(path)
    return path
