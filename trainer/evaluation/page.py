"""The report as one HTML page that needs nothing else: pictures and plots are in it, scripts are not."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from itertools import groupby

import numpy as np

from engine.images import Picture, encode
from trainer.evaluation import plots
from trainer.evaluation.gallery import ComparedPair, ReportPictures
from trainer.evaluation.readings import Found, ReadingRow, rows

QUALITY = 88
"""Of the pictures on the page."""


def page(report: Found, gallery: ReportPictures) -> str:
    """The page for a report and what there is to see."""
    title = f"{escape(report['model']['name'])}, judged"
    parts = [
        f"<h1>{title}</h1>",
        _lead(report),
        _notes([*report["notes"], *report["problems"]]),
        _grids(report, gallery),
        _styles(gallery),
        _copies(gallery),
        _paths(gallery),
        _plots(report["figures"], gallery),
        _classes(report["figures"]["class_shares"]),
        _table(rows(report)),
    ]
    body = "\n".join(part for part in parts if part)
    return _PAGE.format(title=title, style=_STYLE, body=body)


def _lead(report: Found) -> str:
    model, data, settings = report["model"], report["data"], report["settings"]
    side, title = model["resolution"], escape(data["title"])
    facts = [
        f"{side} x {side} pixels, model <code>{escape(model['id'][:12])}</code>, {escape(report['created'])}",
        f"<b>{settings['count']}</b> samples, seed {settings['seed']}, measured without truncation",
        f"<b>{data['held_out']}</b> held-out and <b>{data['train']}</b> training pictures of {title}",
        f"seen through {escape(report['eye'])}, which no trained network has looked through",
    ]
    return "<ul class=lead>" + "".join(f"<li>{fact}</li>" for fact in facts) + "</ul>"


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    return "<ul class=notes>" + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>"


# --- Pictures ---


def _grids(report: Found, gallery: ReportPictures) -> str:
    psi = report["settings"]["truncation"]
    return (
        f"<h2>Samples</h2><p>In the styles of training pictures, truncation {psi:g}. Drawn by chance, none "
        f"left out.</p>{_grid(gallery.grid)}<h3>Without a style</h3>{_grid(gallery.plain)}"
    )


def _styles(gallery: ReportPictures) -> str:
    if not gallery.rows:
        return ""
    parts = [
        f"<div class=style><div class=from>{_images(row.references)}</div><div class=to>"
        f"{_images(row.pictures)}</div>{f'<p>{escape(row.name)}</p>' if row.name else ''}</div>"
        for row in gallery.rows
    ]
    return (
        "<h2>In a style</h2><p>Left the pictures that a style was made from, held out from training unless "
        "the style has a name; right samples in it. Each column has the same noise, so it should be one "
        f"person in many styles.</p>{''.join(parts)}"
    )


def _copies(gallery: ReportPictures) -> str:
    def pairs(title: str, some: Sequence[ComparedPair]) -> str:
        shown = "".join(
            f"<figure><div>{_image(one.picture)}{_image(one.nearest)}</div>"
            f"<figcaption>{one.distance:.2f}</figcaption></figure>"
            for one in some
        )
        return f"<h3>{title}</h3><div class=pairs>{shown}</div>"

    return (
        "<h2>Nearest training pictures</h2><p>Each picture beside the training picture nearest to it, or to "
        "its mirror image. Below: how far apart they are, where 1 is the median of new real pictures. No "
        "figure finds every copy, so look.</p>"
        + pairs("The samples that come nearest", gallery.nearest)
        + pairs("Samples drawn by chance", gallery.any_pairs)
        + pairs("For comparison: the real pictures that come nearest", gallery.real_pairs)
    )


def _paths(gallery: ReportPictures) -> str:
    strips = "".join(
        f"<div class=path>{_images(path)}</div>{plots.pace(steps)}"
        for path, steps in zip(gallery.paths, gallery.steps, strict=True)
    )
    return (
        "<h2>From one picture to another</h2><p>In equal steps of the noise, in one style. The bars show how "
        f"much each step changes the picture; one that stands out is a jump.</p>{strips}"
    )


def _grid(pictures: Sequence[Picture]) -> str:
    return f"<div class=grid>{_images(pictures)}</div>"


def _images(pictures: Sequence[Picture]) -> str:
    return "".join(map(_image, pictures))


def _image(picture: Picture) -> str:
    data = base64.b64encode(encode(picture, "WEBP", quality=QUALITY)).decode("ascii")
    side = picture.shape[0]
    return f'<img loading="lazy" alt="" width={side} height={side} src="data:image/webp;base64,{data}">'


# --- Plots and tables ---


def _plots(figures: Found, gallery: ReportPictures) -> str:
    drawn = []
    if gallery.planes is not None:
        drawn.append(plots.scatter(*gallery.planes, "The plane in which real pictures differ most"))
    if gallery.distances is not None:
        made, real = gallery.distances
        series = [("real", "held-out pictures", real), ("made", "samples", made)]
        high = max(float(np.percentile(np.concatenate([made, real]), 99.5)), 1e-6)
        title = "Distance to the nearest training picture"
        drawn.append(plots.histograms(series, title, low=0.0, high=high, marks=True))
    agreement = figures["agreement"]
    if agreement:
        drawn.append(plots.bars(_retrieval(agreement), f"The style found among {agreement['styles']}"))
    if gallery.cosines is not None:
        own, other, real = gallery.cosines
        series = [
            ("real", "real pictures, own style", real),
            ("made", "samples, own style", own),
            ("other", "samples, other styles", other),
        ]
        low = min(-0.2, float(min(one.min() for one in gallery.cosines)))
        drawn.append(plots.histograms(series, "Cosine with a style, by the probe", low=low, high=1.0))
    return f"<h2>Plots</h2><div class=plots>{''.join(drawn)}</div>"


def _retrieval(found: Found) -> list[tuple[str, str, float]]:
    return [
        ("real", "real pictures", found["real_top1"]),
        ("made", "samples", found["top1"]),
        ("other", "shuffled control", found["shuffled_top1"]),
        ("other", "chance", found["chance"]),
    ]


def _classes(found: Found | None) -> str:
    """What a classifier takes the samples of each class for."""
    if not found:
        return ""
    names = [escape(name) for name in found["classes"]]
    head = "".join(f"<th>{name}</th>" for name in names)

    def lines(table: Sequence[Sequence[float]], whose: str) -> str:
        return "".join(
            f"<tr><td>{whose} {name}</td>{''.join(f'<td>{share:.0%}</td>' for share in line)}</tr>"
            for name, line in zip(names, table, strict=True)
        )

    def line(shares: Sequence[float], name: str) -> str:
        return f"<tr><td>{name}</td>{''.join(f'<td>{share:.0%}</td>' for share in shares)}</tr>"

    return (
        "<h2>Classes</h2><p>What a classifier, fitted to the training pictures, takes them for.</p>"
        f"<table class=classes><tr><th>asked for, or real</th>{head}</tr>"
        f"{lines(found['generated'], 'samples:')}{lines(found['held_out'], 'held-out:')}"
        f"{line(found['no_style'], 'samples without a style')}"
        f"{line(found['training'], 'training pictures, as they are')}</table>"
    )


def _table(found: Sequence[ReadingRow]) -> str:
    parts = []
    for of, group in groupby(found, key=lambda row: row.of):
        parts.append(f"<tr><th class=of colspan=5>{escape(of[:1].upper() + of[1:])}</th></tr>")
        parts += [_row(row) for row in group]
    return (
        "<h2>Figures</h2><p>Real pictures: the same figure for training pictures against held-out ones, the "
        "best that can be had. Control: what no agreement at all would give.</p><table class=figures>"
        "<tr><th></th><th>samples</th><th>real pictures</th><th>control</th><th>what it means</th></tr>"
        f"{''.join(parts)}</table>"
    )


def _row(row: ReadingRow) -> str:
    more = f" <small>{row.more}</small>" if row.more else ""
    return (
        f"<tr><td>{escape(row.name)}</td><td class=number>{row.shown(row.value)}{more}</td>"
        f"<td class=number>{row.shown(row.real)}</td><td class=number>{row.shown(row.control)}</td>"
        f"<td>{escape(row.reading)}</td></tr>"
    )


_STYLE = """
:root{color-scheme:light dark;--back:#fbfbfa;--text:#222;--soft:#777;--line:#ddd;--note:#fff3d6;
 --made:#c2571a;--real:#2b6cb0;--other:#8a8a8a}
@media(prefers-color-scheme:dark){:root{--back:#1b1b1d;--text:#ddd;--soft:#999;--line:#3a3a3d;--note:#3b3220;
 --made:#f08a4b;--real:#7db4f0;--other:#8f8f8f}}
body{margin:2rem auto;max-width:74rem;padding:0 1rem;background:var(--back);color:var(--text);
 font:15px/1.5 system-ui,sans-serif}
h1,h2,h3{font-weight:600;line-height:1.2}h2{margin-top:2.5rem}p{max-width:48rem}
small,figcaption{color:var(--soft);font-weight:400}.lead{list-style:none;padding:0}
.notes{background:var(--note);border-radius:8px;padding:.8rem 2rem}
img{display:block;width:100%;height:auto;border-radius:3px}
.grid{display:grid;grid-template-columns:repeat(8,1fr);gap:4px}
.style{display:grid;grid-template-columns:5fr 8fr;gap:0 1.5rem;margin:.5rem 0}
.style p{margin:0;grid-column:1/3}.from,.to{display:grid;gap:4px}
.from{grid-template-columns:repeat(5,1fr)}.to{grid-template-columns:repeat(8,1fr)}
.pairs{display:grid;grid-template-columns:repeat(4,1fr);gap:.8rem 1.2rem}
.pairs figure{margin:0}.pairs figure div{display:grid;grid-template-columns:1fr 1fr;gap:2px}
.path{display:grid;grid-auto-flow:column;grid-auto-columns:1fr;gap:2px}
.pace{width:100%;height:1.6rem;fill:var(--made);opacity:.7;margin-bottom:1rem}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(24rem,1fr));gap:2rem}
.plot{margin:0}.plot svg{width:100%;height:auto;font-size:12px;fill:var(--text)}
circle{opacity:.55}circle.real,rect.real,b.real{fill:var(--real);background:var(--real)}
circle.made,rect.made,b.made{fill:var(--made);background:var(--made)}
rect.other,b.other{fill:var(--other);background:var(--other)}
.area{fill-opacity:.18;stroke-width:1.5}path.real{fill:var(--real);stroke:var(--real)}
path.made{fill:var(--made);stroke:var(--made)}path.other{fill:var(--other);stroke:var(--other)}
.axis{stroke:var(--soft)}.mark{stroke-width:1.5;stroke-dasharray:4 3}
line.real{stroke:var(--real)}line.made{stroke:var(--made)}
.legend{display:flex;flex-wrap:wrap;gap:0 1.2rem;font-size:.85em}
.key{display:inline-block;width:.8em;height:.8em;margin-right:.4em;border-radius:2px}
table{border-collapse:collapse}td,th{padding:.25rem 1rem .25rem 0;vertical-align:top;text-align:left}
th{font-weight:600}.of{padding-top:1.2rem;border-bottom:1px solid var(--line)}
.number{white-space:nowrap;font-variant-numeric:tabular-nums}.figures td:first-child{white-space:nowrap}
.figures td:last-child{color:var(--soft);font-size:.9em}
@media(max-width:50rem){.plots,.style{grid-template-columns:1fr}.style p{grid-column:1}
 .grid{grid-template-columns:repeat(4,1fr)}.pairs{grid-template-columns:1fr 1fr}}
"""

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title><style>{style}</style></head><body>
{body}
</body></html>
"""
