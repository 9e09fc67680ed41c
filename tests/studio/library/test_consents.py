"""What the studio writes down is what the trainer takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from engine.formats.consent import FOLDER, Consent, ConsentError
from studio.library.consents import ConsentShelf
from trainer.data.consent import remembered

DIGEST, OTHER = "a" * 64, "b" * 64
TODAY = date.today().isoformat()
GOOD = Consent("self", "my own pictures", "Ada", TODAY, ("train", "generate"), True, 7, DIGEST)


def test_the_trainer_takes_it(tmp_path: Path) -> None:
    shelf = ConsentShelf(tmp_path / FOLDER)
    path = shelf.save(GOOD)
    assert path == remembered(DIGEST, tmp_path)
    record = Consent.load(path)
    record.check(DIGEST)
    assert record.to_json() == GOOD.to_json()
    assert shelf.find(DIGEST) == GOOD
    assert shelf.find(OTHER) is None


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"subject": "nobody"}, "subject"),
        ({"basis": "  "}, "basis"),
        ({"given_by": "x" * 3000}, "given_by"),
        ({"given_on": "yesterday"}, "given_on"),
        ({"given_on": "2999-01-01"}, "future"),
        ({"uses": ("generate",)}, "train"),
        ({"expires": "2020-01-01", "given_on": "2021-01-01"}, "expires"),
        ({"given_on": "2020-01-01", "expires": "2020-01-02"}, "expired"),
        ({"adult": False}, "adult"),
    ],
)
def test_what_the_trainer_would_refuse_is_refused(
    changes: dict[str, object], problem: str, tmp_path: Path
) -> None:
    record = replace(GOOD, **changes)  # type: ignore[arg-type]
    assert record.problem() == problem
    with pytest.raises(ValueError, match="not complete"):
        ConsentShelf(tmp_path).save(record)
    with pytest.raises(ConsentError):
        Consent.from_json(record.to_json()).check(DIGEST)


def test_a_changed_set_is_asked_about_again_with_the_earlier_answers(tmp_path: Path) -> None:
    shelf = ConsentShelf(tmp_path)
    assert shelf.proposed(DIGEST, 7, ()) == (Consent(given_on=TODAY, files=7, digest=DIGEST), False)
    shelf.save(GOOD)
    proposed, changed = shelf.proposed(OTHER, 9, (DIGEST,))
    assert changed
    assert proposed == replace(GOOD, adult=False, files=9, digest=OTHER)
    assert proposed.problem() == "adult"
    assert shelf.proposed(DIGEST, 7, ())[1] is False


def test_strange_files_are_no_consent(tmp_path: Path) -> None:
    shelf = ConsentShelf(tmp_path)
    for text in ("{half", "[]", '{"format": 2}', '{"format": 1, "uses": []}'):
        (tmp_path / f"{DIGEST}.json").write_text(text)
        found = shelf.find(DIGEST)
        assert found is None
    with pytest.raises(ValueError, match="digest"):
        shelf.path("../../x")
