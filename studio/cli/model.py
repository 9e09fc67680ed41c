"""Look at models, check them, bring them in and hand them on.

MODEL is a model's folder, or the name of a model (see `persona model list`).
"""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.bundle import Bundle, bundled_models
from engine.errors import BundleError
from engine.exchange import export_bundle, import_bundle, verify_bundle
from engine.files import make_folder
from engine.formats.names import safe_name
from engine.permission import is_non_commercial
from studio.cli.arguments import Parser, add_common, add_overwrite
from studio.cli.exits import Exit
from studio.cli.lookup import find_model, find_style, models, starters
from studio.cli.output import Output, count, pairs, table
from studio.library.fitting import FittedStyles
from studio.library.maps import MapCache
from studio.library.networks import import_network, is_network
from studio.library.places import Places, models_folder
from studio.state.place import Place

ASKED = '--licence "CC BY-NC 4.0", for instance.'
MAP_QUALITY = 75
"""Of the JPEGs of a map that is made in one go."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands of `persona model`."""
    kinds = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    _add(kinds, "list", "List the models that came with the program and your own.", list_models)
    shown = _add(kinds, "show", "Show what a model's card says.", show)
    shown.add_argument("model", metavar="MODEL", nargs="?", help="the default model when left out")
    verified = _add(kinds, "verify", "Check every byte of a model, and that it makes a picture.", verify)
    verified.add_argument("model", metavar="BUNDLE", nargs="?", help="the default model when left out")
    imported = _add(
        kinds,
        "import",
        "Check a .persona file or model folder, or rebuild a network from elsewhere (StyleGAN2-ADA, PyTorch) "
        "without running its code, and add it to your models.",
        import_model,
    )
    imported.add_argument(
        "file", metavar="FILE", help="a .persona file, a model folder, or a network: .pkl, .pt"
    )
    imported.add_argument("--name", help="of a network: what to call the model; default: the file's name")
    imported.add_argument("--licence", metavar="TEXT", help="of a network: under which licence it is")
    mapped = _add(
        kinds,
        "map",
        "Lay out a model's people, and render the small pictures of the map, so that it is there at once.",
        map_model,
    )
    mapped.add_argument("model", metavar="MODEL", nargs="?", help="the default model when left out")
    mapped.add_argument("--style", metavar="STYLE", help="the style to show them in; none when left out")
    mapped.add_argument("--out", metavar="FOLDER", help="default: where the studio looks for maps")
    started = _add(
        kinds,
        "starters",
        "Make the starter styles for a model, so that they are there at once.",
        fit_starters,
    )
    started.add_argument("model", metavar="MODEL", nargs="?", help="the default model when left out")
    started.add_argument("--out", metavar="FOLDER", help="default: where the studio looks for them")
    exported = _add(kinds, "export", "Pack a model into one .persona file.", export_model)
    exported.add_argument("model", metavar="MODEL")
    exported.add_argument("--out", metavar="FILE.persona", help="default: its name, in this folder")
    add_overwrite(exported, "a file")


def run(args: Namespace, out: Output) -> int:
    """Carries out `persona model ...`."""
    carry_out: Callable[[Namespace, Output], int] = args.carry_out
    return carry_out(args, out)


def _add(
    kinds: Any, name: str, summary: str, carry_out: Callable[[Namespace, Output], int]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = kinds.add_parser(name, help=summary, description=summary)
    parser.set_defaults(carry_out=carry_out)
    add_common(parser)
    return parser


def list_models(args: Namespace, out: Output) -> int:
    """Carries out `persona model list`."""
    default = next(iter(bundled_models()), None)
    rows, entries = [], []
    found, damaged = models()
    for damage in damaged:
        out.problem(BundleError(damage.path, damage.reason))
    for entry in found:
        try:
            bundle = Bundle.load(entry.path)
        except BundleError as error:
            out.problem(error)
            continue
        origin, mark = "bundled" if entry.bundled else "yours", "default" if entry.path == default else ""
        rows.append((entry.path.name, f"{entry.resolution} px", origin, mark, entry.licence))
        entries.append(summary(bundle) | {"origin": origin, "default": bool(mark)})
    out.data["models"] = entries
    nothing = [f"No models yet: persona model import FILE ({models_folder()})"]
    return out.finish(table(rows, ("model", "size", "whose", "", "licence")) or nothing)


def show(args: Namespace, out: Output) -> int:
    """Carries out `persona model show`."""
    bundle = Bundle.load(find_model(args.model))
    card = bundle.card
    out.data["model"] = summary(bundle) | {"card": card.raw}
    lines = pairs(
        [
            ("name", card.name),
            ("id", bundle.id[:12]),
            ("folder", bundle.path),
            ("picture", f"{card.resolution} x {card.resolution}, preview {card.preview_resolution}"),
            ("sizes", f"z {card.z_size}, style {card.style_size}, w {card.num_ws} x {card.w_size}"),
            ("directions", ", ".join(direction.name for direction in card.directions)),
            ("trained on", _data(card.raw.get("data"))),
            ("licence", card.licence),
            ("created", card.raw.get("created")),
            ("notes", card.raw.get("notes")),
        ]
        + [("credit", line) for line in card.attribution]
        + [(name, value) for name, value in _flat(card.raw.get("metrics"))]
        + _judged(card.raw.get("metrics"))
    )
    return out.finish(lines)


def verify(args: Namespace, out: Output) -> int:
    """Carries out `persona model verify`."""
    out.data |= {"bundle": args.model, "ok": False}
    path = find_model(args.model)
    problems = verify_bundle(path, lambda part: out.progress(round(100 * part), 100, "percent"))
    out.data |= {"bundle": str(path), "ok": not problems}
    for problem in problems:
        out.problem(problem)
    if problems:
        return out.fail(f"{path} is not a sound model: {count(len(problems), 'problem')}.", Exit.MODEL)
    return out.finish([f"{path} is sound."])


def import_model(args: Namespace, out: Output) -> int:
    """Carries out `persona model import`."""
    file = Path(args.file)
    network = is_network(file) and not file.is_dir()
    licence = (args.licence or "").strip()
    if network and not licence:
        return out.fail(
            f"Say under which licence the network is: persona model import {file.name} {ASKED}", Exit.USAGE
        )
    make_folder(models_folder())
    if network:
        name = args.name or file.stem
        bundle = import_network(
            file, models_folder(), name, licence, lambda done, total: out.progress(done, total, "pictures")
        )
        if is_non_commercial(licence):
            out.note(
                "Its licence does not permit commercial use: persona export --use commercial will refuse it."
            )
    else:
        bundle = import_bundle(file, models_folder())
    out.data["model"] = summary(bundle)
    return out.finish(
        [f"{bundle.name} is now among your models: persona generate --model {_quoted(bundle.path.name)} ..."]
    )


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name


def export_model(args: Namespace, out: Output) -> int:
    """Carries out `persona model export`."""
    bundle = Bundle.load(find_model(args.model))
    target = Path(args.out) if args.out else Path(f"{safe_name(bundle.name)}.persona")
    make_folder(target.parent)
    path = export_bundle(bundle, target, overwrite=args.overwrite)
    out.data |= {"model": summary(bundle), "path": str(path)}
    return out.finish([f"{bundle.name} packed into {path}"])


def map_model(args: Namespace, out: Output) -> int:
    """Carries out `persona model map`."""
    from engine.renderer import Renderer  # takes onnxruntime along

    bundle = Bundle.load(find_model(args.model))
    cache = MapCache(Path(args.out) if args.out else Places.find().cache / "maps")
    chart = cache.stored_chart(bundle.id) or cache.make_chart(bundle)
    place = Place(model=bundle.id, chart=chart)
    if args.style:
        style = find_style(args.style)
        place = replace(place, styles=(style.use(),), style_strength=style.strength)
    cells = [(cell % chart.columns, cell // chart.columns) for cell in range(chart.columns * chart.rows)]
    have = cache.tiles(bundle.id, place.look_digest)
    missing = [number for number in range(len(cells)) if number not in have]
    recipes = [recipe for n in missing if (recipe := place.recipe_at(*cells[n])) is not None]
    pictures = Renderer(bundle).render_batch(
        recipes, preview=True, progress=lambda done: out.progress(done, len(missing), "pictures")
    )
    cache.add(bundle.id, place.look_digest, dict(zip(missing, pictures, strict=True)), MAP_QUALITY)
    out.data |= {"folder": str(cache.folder), "people": len(cells), "rendered": len(missing)}
    return out.finish([f"{len(cells)} people on the map of {bundle.name}, in {cache.folder}"])


def fit_starters(args: Namespace, out: Output) -> int:
    """Carries out `persona model starters`."""
    from engine.style_maker import StyleMaker  # takes onnxruntime along

    maker = StyleMaker(Bundle.load(find_model(args.model)))
    made = FittedStyles(Path(args.out) if args.out else Places.find().fitted)
    known = starters()
    for done, starter in enumerate(known, 1):
        made.make(starter.draft(), maker)
        out.progress(done, len(known), "styles")
    out.data |= {"folder": str(made.folder), "styles": len(known)}
    return out.finish([f"{len(known)} styles made for {maker.bundle.name}, in {made.folder}"])


def summary(bundle: Bundle) -> dict[str, Any]:
    """A model for JSON."""
    return {
        "name": bundle.name,
        "id": bundle.id,
        "path": str(bundle.path),
        "resolution": bundle.card.resolution,
        "licence": bundle.card.licence,
        "attribution": list(bundle.card.attribution),
    }


def _data(data: Any) -> str:
    if not isinstance(data, dict):
        return ""
    pictures = data.get("pictures")
    return f"{data.get('title', '')}" + (f", {pictures} pictures" if pictures else "")


def _flat(metrics: Any) -> list[tuple[str, object]]:
    if not isinstance(metrics, dict):
        return []
    return [(str(name), value) for name, value in metrics.items() if isinstance(value, int | float | str)]


def _judged(metrics: Any) -> list[tuple[str, object]]:
    """The figures that `persona evaluate --into-card` left, each beside that of real pictures."""
    try:
        found = metrics["evaluation"]
        data = found["data"]
        on = (
            f"{found['samples']} samples against {data['held_out']} held-out and {data['train']} training "
            f"pictures of {data['title']}, {found['created']}"
        )
        figures = [
            (f"{one['of']}: {one['name']}", _beside(one["value"], one["real"], one["control"]))
            for one in found["figures"]
        ]
        return [("judged", on), *figures]
    except (KeyError, TypeError, ValueError):
        return []  # a card without figures, or with others


def _beside(value: float, real: float | None, control: float | None) -> str:
    beside = [f"real pictures {real:.3g}"] if real is not None else []
    beside += [f"control {control:.3g}"] if control is not None else []
    return f"{value:.3g}" + (f" ({', '.join(beside)})" if beside else "")
