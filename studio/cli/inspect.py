"""Read what pictures and films say about how they were made, whoever wrote them.

Marks: the IPTC digital source type, China's AIGC record, a C2PA manifest with its signer and whether the
signature holds, and the invisible watermark of this program. Beside them, for pictures of this program:
recipe, style, model, and what was agreed to about the style. A picture without any mark may still come from a
machine.
"""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Iterator

from engine.errors import Cancelled, PersonaError
from engine.marks.inspection import Inspection, inspect
from studio.cli.lookup import find_pictures, styles
from studio.cli.output import Output, pairs
from studio.cli.stop import Stop
from studio.library.inspecting import Known, facts, known_of
from studio.library.models import ModelShelf
from studio.library.places import models_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `persona inspect`."""
    parser.add_argument("pictures", nargs="+", metavar="PICTURE", help="pictures, films, or folders of them")


def run(args: Namespace, out: Output) -> int:
    """Carries out `persona inspect`."""
    files = out.data.setdefault("files", [])
    lines: list[str] = []
    here = ModelShelf(models_folder()).cards()
    shelf = [found.style for found in styles()[0]]
    paths = find_pictures(args.pictures, out)
    with Stop() as stop:
        for done, path in enumerate(paths, 1):
            if stop():
                raise Cancelled
            try:
                found = inspect(path)
            except PersonaError as error:
                out.problem(error)
                continue
            known = known_of(found.recipe, here, shelf)
            files.append(found.to_json() | _known_values(known))
            lines += [*([""] if lines else []), *lines_of(found, known)]
            out.progress(done, len(paths), "pictures")
    return out.finish(lines, done=bool(files))


def lines_of(found: Inspection, known: Known) -> Iterator[str]:
    """One file's facts for people."""
    yield f"{found.path} ({found.size[0]} x {found.size[1]})"
    yield from (f"  {line}" for line in pairs((str(name), str(said)) for name, said in facts(found, known)))


def _known_values(known: Known) -> dict[str, object]:
    consents = [{"style": name, "consent": one or None} for name, one in known.consents]
    return {"model_name": known.model or None, "consents": consents}
