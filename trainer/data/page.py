"""The report as one HTML page that needs nothing else: thumbnails and style are in it, scripts are not."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from engine.formats.prepared_set import REPORT
from trainer.data.report import REASONS

MOST_SHOWN = 1000
"""pictures on the page in each part; the JSON file has all of them"""


def page(card: Mapping[str, Any], folder: Path) -> str:
    """The page for a report. folder: the prepared folder, from which the thumbnails are read."""
    counts = card["counts"]
    title = escape(card["title"])
    shown = _Shown(folder)
    parts = [
        f"<h1>{title}</h1>",
        _lead(card),
        _cautions(card["warnings"]),
        _variety(card["variety"], card["kept"]),
        _section("Kept", counts["kept"], _kept_parts(card["kept"], shown)),
        _section("Left out", sum(counts["dropped"].values()), _dropped_parts(card["dropped"], shown)),
        _section("Unusable files", counts["problems"], _problems(card["problems"])),
    ]
    body = "\n".join(part for part in parts if part)
    return _PAGE.format(title=title, style=_STYLE, body=body)


class _Shown:
    """Thumbnails as data that fits into the page."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def image(self, name: str) -> str:
        try:
            data = base64.b64encode((self._folder / name).read_bytes()).decode("ascii")
        except OSError:
            return '<span class="gone"></span>'
        return f'<img loading="lazy" alt="" src="data:image/webp;base64,{data}">'


def _lead(card: Mapping[str, Any]) -> str:
    counts = card["counts"]
    how = "faces found and aligned" if card["aligned"] else f"whole pictures ({card['fit']})"
    facts = [
        f"<b>{counts['kept']}</b> pictures kept of {counts['files']} files",
        f"<b>{counts['train']}</b> to train on, <b>{counts['val']}</b> held back for judging",
        f"{card['size']} x {card['size']} pixels, {how}",
    ]
    classes = card["classes"]
    if len(classes) > 1:
        listed = ", ".join(f"{escape(label)} ({sum(sides.values())})" for label, sides in classes.items())
        facts.append(f"styles: {listed}")
    facts.append(f"digest <code>{escape(card['digest'])}</code>")
    return "<ul class=lead>" + "".join(f"<li>{fact}</li>" for fact in facts) + "</ul>"


def _cautions(cautions: Sequence[Mapping[str, Any]]) -> str:
    if not cautions:
        return ""
    return "<ul class=cautions>" + "".join(f"<li>{escape(one['text'])}</li>" for one in cautions) + "</ul>"


def _variety(found: Mapping[str, Any] | None, kept: Sequence[Mapping[str, Any]]) -> str:
    if found is None:
        return ""
    share = found["effective"] / found["pictures"]
    red, green, blue = found["background_colour"]
    swatch = f'<span class=swatch style="background:rgb({red},{green},{blue})"></span>'
    charts = [
        _chart("Brightness", [one["measures"]["light"] for one in kept], 0.0, 1.0, "dark", "bright"),
        _chart("Sharpness", [one["measures"]["sharpness"] for one in kept], 0.0, 2.0, "soft", "sharp"),
    ]
    yaws = [one["measures"]["yaw"] for one in kept if "yaw" in one["measures"]]
    if yaws:
        charts.append(_chart("Facing", yaws, -45.0, 45.0, "left", "right"))
    return (
        "<h2>How varied</h2><p>As varied as <b>"
        f"{found['effective']:.0f}</b> wholly different pictures ({share:.0%} of them). "
        f"The commonest background {swatch} is behind {found['background']:.0%}. "
        f"{found['enlarged']:.0%} were enlarged.</p>"
        f"<div class=charts>{''.join(charts)}</div>"
    )


def _chart(name: str, values: Sequence[float], low: float, high: float, left: str, right: str) -> str:
    """A small histogram."""
    bins = 24
    counts = [0] * bins
    for value in values:
        at = int((value - low) / (high - low) * bins)
        counts[min(bins - 1, max(0, at))] += 1
    top = max(counts) or 1
    bars = "".join(
        f'<rect x="{at * 5}" y="{40 - 40 * count / top:.1f}" width="4" height="{40 * count / top:.1f}"/>'
        for at, count in enumerate(counts)
    )
    return (
        f'<figure><figcaption>{name}</figcaption><svg viewBox="0 0 120 40" role="img">{bars}</svg>'
        f"<div class=ends><span>{left}</span><span>{right}</span></div></figure>"
    )


def _section(title: str, count: int, inside: str) -> str:
    return f"<h2>{title} <small>{count}</small></h2>{inside}" if count else ""


def _kept_parts(kept: Sequence[Mapping[str, Any]], shown: _Shown) -> str:
    def caption(one: Mapping[str, Any]) -> str:
        marks = [*(["held back"] if one["split"] == "val" else []), *(["put back"] if one["decided"] else [])]
        return "".join(f"<i>{mark}</i>" for mark in marks)

    return _groups(kept, lambda one: str(one["label"]), lambda label: label, caption, shown)


def _dropped_parts(dropped: Sequence[Mapping[str, Any]], shown: _Shown) -> str:
    order = list(REASONS)
    ranked = sorted(dropped, key=lambda one: order.index(one["code"]) if one["code"] in order else len(order))
    return _groups(
        ranked,
        lambda one: str(one["code"]),
        lambda code: REASONS.get(code, code),
        lambda one: f"<i>{escape(one['reason'])}</i>",
        shown,
    )


def _groups(
    entries: Sequence[Mapping[str, Any]],
    group_of: Callable[[Mapping[str, Any]], str],
    title_of: Callable[[str], str],
    caption_of: Callable[[Mapping[str, Any]], str],
    shown: _Shown,
) -> str:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for one in entries:
        groups.setdefault(group_of(one), []).append(one)
    parts, room = [], MOST_SHOWN
    for name, members in groups.items():
        some = members[:room]
        room -= len(some)
        head = f"<h3>{escape(title_of(name))} <small>{len(members)}</small></h3>"
        cards = "".join(
            f'<figure>{shown.image(one["thumbnail"])}<figcaption title="{escape(one["id"])}">'
            f"{escape(one['id'])}{caption_of(one)}</figcaption></figure>"
            for one in some
        )
        rest = len(members) - len(some)
        more = f"<p>and {rest} more, listed in {REPORT}</p>" if rest else ""
        parts.append(f"{head}<div class=grid>{cards}</div>{more}")
    return "".join(parts)


def _problems(problems: Sequence[Mapping[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td>{escape(one['file'])}</td><td>{escape(one['reason'])}</td></tr>" for one in problems
    )
    return f"<table>{rows}</table>"


_STYLE = """
:root{color-scheme:light dark;--back:#fbfbfa;--text:#222;--soft:#777;--line:#ddd;--note:#fff3d6}
@media(prefers-color-scheme:dark){:root{--back:#1b1b1d;--text:#ddd;--soft:#999;--line:#3a3a3d;--note:#3b3220}}
body{margin:2rem auto;max-width:74rem;padding:0 1rem;background:var(--back);color:var(--text);
 font:15px/1.5 system-ui,sans-serif}
h1,h2,h3{font-weight:600;line-height:1.2}h2{margin-top:2.5rem}small,i{color:var(--soft);font-weight:400}
code{font-size:.8em;word-break:break-all}.lead{list-style:none;padding:0}
.cautions{background:var(--note);border-radius:8px;padding:.8rem 2rem}
.swatch{display:inline-block;width:1em;height:1em;border:1px solid var(--line);vertical-align:-.15em}
.charts{display:flex;flex-wrap:wrap;gap:2rem}.charts figure{margin:0;width:15rem}
svg{width:100%;height:4.5rem;fill:currentColor;opacity:.7;border-bottom:1px solid var(--line)}
.ends{display:flex;justify-content:space-between;color:var(--soft);font-size:.8em}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(7rem,1fr));gap:.8rem}
.grid figure{margin:0}.grid img,.gone{display:block;width:100%;aspect-ratio:1;border-radius:4px}
.gone{background:var(--line)}
figcaption{font-size:.75em;overflow:hidden;text-overflow:ellipsis;overflow-wrap:anywhere}i{display:block}
td{padding:.2rem 1rem .2rem 0;vertical-align:top;overflow-wrap:anywhere}
"""

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title><style>{style}</style></head><body>
{body}
</body></html>
"""
