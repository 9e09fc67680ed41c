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
from studio.library.inspecting import Known, consent_text, known_of
from studio.library.models import ModelShelf
from studio.library.places import models_folder

NAMES = {
    "iptc": "IPTC source type",
    "aigc": "AIGC record",
    "c2pa": "C2PA manifest",
    "watermark": "watermark",
}


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
    marks = ", ".join(NAMES[name] for name in found.marks)
    recipe = found.recipe
    values = [
        ("generated", f"yes: {marks or 'a recipe'}" if found.is_generated else "no mark says so"),
        ("source type", found.source),
        ("AIGC", _aigc(found)),
        ("signature", _signature(found)),
        ("signed by", _signer(found)),
        ("ingredients", ", ".join(found.manifest.ingredients) if found.manifest else ""),
        (
            "watermark",
            f"found (score {found.watermark.score:.1f})" if found.watermark.found else "none found",
        ),
        ("model", f"{known.model} ({recipe.model})" if known.model and recipe else recipe and recipe.model),
        ("styles", ", ".join(use.name for use in recipe.styles) if recipe else ""),
        ("seed", recipe.seed if recipe else None),
        ("recipe", found.recipe_problem),
        *((f"consent, {name}", consent_text(one) or "none recorded") for name, one in known.consents),
        *((f"consent, {name}", "the style is not in the library") for name in known.missing),
    ]
    yield from (f"  {line}" for line in pairs(values))


def _aigc(found: Inspection) -> str:
    if found.aigc is None:
        return ""
    parts = (found.aigc.meaning or f"label {found.aigc.label}", found.aigc.producer, found.aigc.produce_id)
    return ", ".join(part for part in parts if part)


def _signature(found: Inspection) -> str:
    if found.manifest is None:
        return f"not looked for: {found.unreadable_manifest}" if found.unreadable_manifest else "none"
    if not found.manifest.holds:
        return f"broken ({', '.join(found.manifest.problems)})"
    trust = "" if found.manifest.state == "trusted" else "; nobody here vouches for the signer"
    return f"holds: the file is as it was signed{trust}"


def _watermark(found: Inspection) -> str:
    return f"found (score {found.watermark.score:.1f})" if found.watermark.found else "none found"


def _signer(found: Inspection) -> str:
    if found.manifest is None:
        return ""
    issuer = f" ({found.manifest.issuer})" if found.manifest.issuer else ""
    return f"{found.manifest.signer}{issuer}"


def _known_values(known: Known) -> dict[str, object]:
    consents = [{"style": name, "consent": one or None} for name, one in known.consents]
    return {"model_name": known.model or None, "consents": consents}
