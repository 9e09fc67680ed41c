"""Make a demonstration set: a style from bundled sample pictures, 16 portraits in it, a contact sheet."""

from __future__ import annotations

import argparse
from argparse import Namespace
from importlib.resources import files
from pathlib import Path

from engine.images import picture_files
from engine.recipe import Recipe
from engine.style_maker import StyleMaker
from studio.cli.arguments import add_model
from studio.cli.generate import GenerateOrder, render_into, save_sheet, stem_of
from studio.cli.marking import add_marks, open_marking
from studio.cli.opened import Blend, open_renderer, with_strength
from studio.cli.output import Output, count
from studio.cli.stop import Stop
from studio.cli.style import save
from studio.cli.targets import PictureFolder

PORTRAITS = 16
NAME = "demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `persona demo`."""
    parser.add_argument(
        "--out", metavar="DIR", default="persona-demo", help="folder for it all (default: persona-demo, here)"
    )
    add_marks(parser)
    add_model(parser)


def run(args: Namespace, out: Output) -> int:
    """Carries out `persona demo`."""
    renderer, maker = open_renderer(args, out)
    folder = PictureFolder(Path(args.out), open_marking(args, out))
    blend = make_style(maker, folder, out)
    jobs = [
        GenerateOrder(
            with_strength(Recipe.from_seed(renderer.bundle.id, seed), blend, None),
            stem_of(blend.name or NAME, seed),
        )
        for seed in range(1, PORTRAITS + 1)
    ]
    made = render_into(folder, jobs, len(jobs), renderer, maker, out, keep=True)
    sheet = save_sheet(folder, made, out)
    where = f"{count(len(jobs), 'portrait')} in {folder.folder.absolute()}"
    return out.finish([where, f"contact sheet: {sheet.absolute()}"])


def make_style(maker: StyleMaker, folder: PictureFolder, out: Output) -> Blend:
    """A style from sample pictures, saved beside the portraits; none without samples."""
    pictures = sample_pictures()
    if not pictures:
        out.note("No sample pictures came with the program; the portraits are made without a style.")
        return Blend()
    name = pictures[0].parent.name
    with Stop() as stop:
        result = maker.from_pictures(name, pictures, cancelled=stop)
    for problem in result.problems:
        out.problem(problem)
    path = save(result.style, out, folder.folder / f"{name}-style.json", overwrite=True)
    out.note(f"A style from {count(len(result.style.references), 'picture')}: {path.absolute()}")
    return Blend((result.style,), (1.0,))


def sample_pictures() -> list[Path]:
    """The first of the sets that came with the program: the pictures of one set have one look."""
    folder = Path(str(files("resources"))) / "samples"
    sets = sorted(path for path in folder.glob("*") if path.is_dir())
    return picture_files(sets[0]) if sets else []
