from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from engine.formats.consent import Consent, ConsentError
from tests.trainer.data.scenes import FakeFinder, scene, write_scenes
from trainer.data import PreparedSet
from trainer.data.consent import (
    Questions,
    ask_terminal,
    describe,
    obtain,
    remember,
    remembered,
)
from trainer.data.crops import Cut
from trainer.data.prepare import PreparationSettings, prepare

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


def ask(answers: str, questions: Questions | None = None) -> tuple[Consent, str]:
    said = io.StringIO()
    record = ask_terminal(questions or Questions(DIGEST, 20), io.StringIO(answers), said, TODAY)
    return record, said.getvalue()


def test_asks_and_records_the_answers() -> None:
    record, said = ask("yes\n2\nrelease no. 7\nAda Example\n2026-03-02\ntrain, publish\n2027-01-01\nyes\n")
    assert record == Consent(
        "consenting-person",
        "release no. 7",
        "Ada Example",
        "2026-03-02",
        ("train", "publish"),
        True,
        20,
        DIGEST,
        "2027-01-01",
    )
    assert describe(record) in said


def test_empty_answers_take_what_is_proposed() -> None:
    record, _ = ask("y\n1\n\nMe\n\n\n\ny\n")
    assert (record.subject, record.basis) == ("self", "my own pictures")
    assert (record.given_on, record.expires) == ("2026-03-31", None)
    assert record.uses == ("train", "generate")


def test_asks_again_after_an_unusable_answer() -> None:
    record, said = ask("maybe\nyes\n9\nlicensed\n\nCC0\nMe\ntomorrow\n\nfly\ntrain\n31.12.\n\nyes\n")
    assert record.subject == "licensed"
    assert "Please answer yes or no." in said
    assert "Please write the day like" in said


@pytest.mark.parametrize("answers", ["", "yes\n", "yes\n1\n\nMe\n\n\n\nno\n"])
def test_no_answer_is_no_consent(answers: str) -> None:
    with pytest.raises(ConsentError) as caught:
        ask(answers)
    assert caught.value.code == "consent-refused"


def test_nothing_is_asked_further_when_not_everyone_is_an_adult() -> None:
    with pytest.raises(ConsentError) as caught:
        ask("no\n")
    assert caught.value.code == "consent-not-adult"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    write_scenes(tmp_path / "pictures", 4, size=64)
    return tmp_path / "pictures"


def prepared(pictures: Path) -> PreparedSet:
    return prepare(pictures, pictures.parent / "set", PreparationSettings(Cut(32)), new_finder=FakeFinder)


def test_a_record_on_the_command_line_has_to_fit(pictures: Path, tmp_path: Path) -> None:
    found, file = prepared(pictures), tmp_path / "record.json"
    file.write_bytes(RECORD.to_bytes())
    with pytest.raises(ConsentError, match="other pictures"):
        obtain(found, file=file, home=tmp_path / "home", today=TODAY)
    record = replace(RECORD, digest=found.digest, files=found.source_count)
    file.write_bytes(record.to_bytes())
    assert obtain(found, file=file, home=tmp_path / "home", today=TODAY) == record
    assert Consent.load(remembered(found.digest, tmp_path / "home")) == record


def test_a_given_consent_is_remembered(pictures: Path, tmp_path: Path) -> None:
    found, home = prepared(pictures), tmp_path / "home"
    asked: list[Questions] = []

    def give(questions: Questions) -> Consent:
        asked.append(questions)
        return replace(RECORD, digest=questions.digest, files=questions.files)

    first = obtain(found, home=home, ask=give, today=TODAY)
    assert obtain(found, home=home, ask=give, today=TODAY) == first
    assert len(asked) == 1


def test_a_changed_folder_asks_again_and_proposes_the_old_answers(pictures: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    asked: list[Questions] = []

    def give(questions: Questions) -> Consent:
        asked.append(questions)
        return replace(RECORD, digest=questions.digest, files=questions.files)

    obtain(prepared(pictures), home=home, ask=give, today=TODAY)
    scene(50, 64, 64).save(pictures / "new.png")
    obtain(prepared(pictures), home=home, ask=give, today=TODAY)
    assert [questions.files for questions in asked] == [4, 5]
    assert asked[1].earlier is not None
    record, said = ask("yes\n\n\n\n\n\n\nyes\n", asked[1])
    assert "have changed" in said
    assert (record.basis, record.given_by, record.expires) == (RECORD.basis, RECORD.given_by, None)


def test_an_expired_consent_says_so(pictures: Path, tmp_path: Path) -> None:
    found, home = prepared(pictures), tmp_path / "home"
    remember(replace(RECORD, digest=found.digest), home)
    with pytest.raises(ConsentError, match="expired on 2026-12-31") as caught:
        obtain(found, home=home, today=date(2027, 1, 1))
    assert "--consent FILE" in str(caught.value)


def test_nobody_to_ask(pictures: Path, tmp_path: Path) -> None:
    found = prepared(pictures)
    with pytest.raises(ConsentError, match="needs a consent record") as caught:
        obtain(found, home=tmp_path / "home")
    assert found.digest in str(caught.value)
    assert caught.value.exit_code == 12
