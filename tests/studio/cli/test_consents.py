from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from engine.formats.consent import Consent
from studio.library.ledger import LedgerEntry, csv_text, html_text
from tests.studio.cli.conftest import Persona

RECORD = Consent(
    "consenting-person", "signed release", "=Anna <b>", "2026-01-01", ("train", "publish"), True, 3, "a" * 64,
    "2026-02-01",
)  # fmt: skip


def test_records_are_listed_and_written(persona: Persona, home: Path, tmp_path: Path) -> None:
    (home / "consents").mkdir(parents=True)
    (home / "consents" / f"{RECORD.digest}.json").write_bytes(RECORD.to_bytes())
    (home / "consents" / "broken.json").write_text("{")
    files = ("--csv", tmp_path / "c.csv", "--html", tmp_path / "c.html")
    answer = persona("consents", *files, "--json").json
    mine = next(one for one in answer["records"] if one["about"] == "training set")
    assert mine["state"] == "expired" and mine["uses"] == "train, publish" and mine["name"] == "a" * 12
    assert any(one["about"] == "model" and one["state"] == "holds" for one in answer["records"])
    rows = list(csv.reader((tmp_path / "c.csv").read_text("utf-8").splitlines()))
    assert rows[0][0] == "about" and rows[1][4] == "'=Anna <b>"
    assert "=Anna &lt;b&gt;" in (tmp_path / "c.html").read_text("utf-8")
    assert persona("consents", *files).code == 8  # nothing is replaced unasked
    assert "expired" in persona("consents").stdout


def test_no_cell_is_a_formula() -> None:
    entry = LedgerEntry("style", "@x", "self", "+1", "-2", "", "", "", "holds", "")
    assert "'@x" in csv_text([entry]) and "'+1" in csv_text([entry])
    assert date.today().isoformat() in html_text([entry])
