"""All that was agreed to, in one list: records of training sets, models, styles, and what rests on each."""

from __future__ import annotations

import csv
import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from engine.formats.card import ModelCard
from engine.formats.consent import Consent, ConsentError, is_date
from engine.formats.style import StyleFile

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Consent records</title>
<style>body{{font:14px/1.5 system-ui,sans-serif;margin:2rem}}table{{border-collapse:collapse}}
th,td{{border:1px solid #ccc;padding:.3rem .6rem;text-align:left;vertical-align:top}}</style>
<h1>Consent records</h1><p>{day}</p>
<table><thead><tr>{head}</tr></thead><tbody>
{rows}
</tbody></table></html>
"""


@dataclass(frozen=True)
class LedgerEntry:
    """One record, and what rests on it."""

    about: str
    """"training set", "model" or "style"."""
    name: str
    """Of the model or style; of a set, the beginning of its digest."""
    subject: str
    """Who is shown."""
    basis: str
    given_by: str
    given_on: str
    uses: str
    expires: str
    state: str
    """"holds" or "expired"; "no end" is among what holds."""
    made: str
    """Models that were trained under it, or how many kept pictures show the style."""


def ledger(
    folder: Path,
    cards: Iterable[ModelCard],
    styles: Iterable[StyleFile],
    kept: Mapping[str, int],
    today: date | None = None,
) -> list[LedgerEntry]:
    """Everything that is recorded. folder: of training sets' records; kept: pictures by name of the style.

    Files that are no records are left out.
    """
    now = (today or date.today()).isoformat()
    cards = list(cards)
    return [*_sets(folder, cards, now), *_models(cards, now), *_styles(styles, kept, now)]


def csv_text(entries: Sequence[LedgerEntry]) -> str:
    """As CSV with a heading; no cell can be taken for a formula."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_headings())
    writer.writerows([_harmless(cell) for cell in astuple(entry)] for entry in entries)
    return out.getvalue()


def html_text(entries: Sequence[LedgerEntry], today: date | None = None) -> str:
    """As one page that needs nothing else."""
    head = "".join(f"<th>{name}</th>" for name in _headings())
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in astuple(entry)) + "</tr>"
        for entry in entries
    )
    return PAGE.format(day=(today or date.today()).isoformat(), head=head, rows=rows)


def _headings() -> list[str]:
    return [one.name.replace("_", " ") for one in fields(LedgerEntry)]


def _harmless(cell: str) -> str:
    """Spreadsheets take what begins so for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _sets(folder: Path, cards: Sequence[ModelCard], now: str) -> Iterator[LedgerEntry]:
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            record = Consent.load(path).to_json()
        except ConsentError:
            continue
        under = [card.name for card in cards if _digest(card) == record["digest"]]
        yield _entry("training set", record["digest"][:12], record, "; ".join(under), now)


def _models(cards: Iterable[ModelCard], now: str) -> Iterator[LedgerEntry]:
    for card in cards:
        record = card.raw.get("consent")
        if isinstance(record, dict):
            yield _entry("model", card.name, record, "", now)


def _styles(styles: Iterable[StyleFile], kept: Mapping[str, int], now: str) -> Iterator[LedgerEntry]:
    for style in styles:
        if style.consent:
            count = kept.get(style.name, 0)
            yield _entry("style", style.name, style.consent, f"{count} kept pictures" if count else "", now)


def _digest(card: ModelCard) -> object:
    record = card.raw.get("consent")
    return record.get("digest") if isinstance(record, dict) else None


def _entry(about: str, name: str, record: Mapping[str, Any], made: str, now: str) -> LedgerEntry:
    expires, uses = record.get("expires"), record.get("uses")
    over = is_date(expires) and str(expires) < now
    said = {key: str(record.get(key) or "") for key in ("subject", "basis", "given_by", "given_on")}
    return LedgerEntry(
        about,
        name,
        **said,
        uses=", ".join(map(str, uses)) if isinstance(uses, list) else "",
        expires=str(expires or ""),
        state="expired" if over else "holds",
        made=made,
    )
