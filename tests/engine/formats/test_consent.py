"""Consent records: what is one, and what one allows."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from engine.formats.consent import Consent, ConsentError

DIGEST = "ab" * 32
TODAY = date(2026, 3, 31)
RECORD = Consent(
    subject="consenting-person",
    basis="signed release of 2 March 2026",
    given_by="Ada Example",
    given_on="2026-03-02",
    uses=("train", "generate"),
    adult=True,
    files=20,
    digest=DIGEST,
    expires="2026-12-31",
)


def test_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "ü record.json"
    path.write_bytes(RECORD.to_bytes())
    assert Consent.load(path) == RECORD
    RECORD.check(DIGEST, TODAY)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"subject": "somebody"}, "the subject must be one of"),
        ({"basis": " "}, "basis is empty"),
        ({"given_by": ""}, "given_by is empty"),
        ({"given_by": "x" * 3000}, "longer than"),
        ({"given_on": "2.3.2026"}, "given_on must be a date"),
        ({"given_on": "20260302"}, "given_on must be a date"),
        ({"expires": "never"}, "expires must be a date"),
        ({"expires": "2026-01-01"}, "expires before it was given"),
        ({"uses": ()}, "permits no use"),
        ({"uses": ("train", "fly")}, "the uses must be among"),
        ({"adult": "yes"}, "adult must be true or false"),
        ({"files": 0}, "number of files"),
        ({"files": True}, "number of files"),
        ({"digest": "abc"}, "digest"),
    ],
)
def test_refuses_a_record_with(change: dict[str, object], reason: str) -> None:
    with pytest.raises(ConsentError, match=reason):
        replace(RECORD, **change).validate()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "digest", "code"),
    [
        ({}, "cd" * 32, "consent-other-set"),
        ({"expires": "2026-03-30"}, DIGEST, "consent-expired"),
        ({"adult": False}, DIGEST, "consent-not-adult"),
        ({"uses": ("generate",)}, DIGEST, "consent-not-for-training"),
        ({"given_on": "2026-04-01"}, DIGEST, "consent-future"),
    ],
)
def test_a_valid_record_may_still_not_do(change: dict[str, object], digest: str, code: str) -> None:
    with pytest.raises(ConsentError) as caught:
        replace(RECORD, **change).check(digest, TODAY)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert str(caught.value).endswith(".")


def test_holds_through_its_last_day() -> None:
    replace(RECORD, expires="2026-03-31").check(DIGEST, TODAY)
    replace(RECORD, expires=None).check(DIGEST, TODAY)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "not a consent record"),
        ('{"format": 2}', "not a consent record"),
        ('{"format": 1}', "missing"),
        (json.dumps(RECORD.to_json() | {"extra": 1}), "no record has"),
        (json.dumps(RECORD.to_json() | {"uses": "train"}), "list of names"),
        (json.dumps(RECORD.to_json() | {"subject": "self|licensed"}), "subject"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(text, "utf-8")
    with pytest.raises(ConsentError, match=reason) as caught:
        Consent.load(path)
    assert "record.json" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConsentError, match=r"nowhere\.json"):
        Consent.load(tmp_path / "nowhere.json")
