"""Consent to train on a set of pictures: a record, asked for before anything is learned from them.

A record belongs to one set, by the set's digest: when the pictures change, the question is asked again. It
travels into checkpoints and the model's card, and `forget` finds by the same digest what was made from a set.
Records given once are kept in the user's data folder, so that going on with a training asks nothing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import IO, Any

from engine.files import make_folder, write_atomic
from engine.formats.consent import FOLDER, LONGEST, USES, Consent, ConsentError, is_date
from trainer.data.home import data_home
from trainer.data.prepared import PreparedSet

SUBJECT_WORDS = {
    "self": "myself",
    "consenting-person": "people who agreed to it",
    "licensed": "pictures used under a licence",
    "synthetic": "invented people or things, made by a program or by hand",
    "public-domain": "pictures in the public domain",
}
USE_WORDS = {
    "train": "train a model on the pictures",
    "generate": "make new pictures with the model",
    "publish": "publish such pictures",
    "commercial": "use such pictures commercially",
    "share": "give the model to others",
}
DEFAULT_USES = ("train", "generate")


def obtain(
    prepared: PreparedSet,
    *,
    file: Path | None = None,
    home: Path | None = None,
    ask: Callable[[Questions], Consent] | None = None,
    today: date | None = None,
) -> Consent:
    """The consent to train on a set: from a file, remembered, or asked for; and remembered from then on.

    file: a record named on the command line; it has to fit. ask: how to ask, usually what `terminal` gives.
    ConsentError when there is no record and nobody to ask.
    """
    home = data_home() if home is None else home
    digest = prepared.digest
    if file is not None:
        record = Consent.load(file)
        record.check(digest, today)
        remember(record, home)
        return record
    doubt: ConsentError | None = None
    try:
        record = Consent.load(remembered(digest, home))
        record.check(digest, today)
        return record
    except ConsentError as error:
        doubt = error if remembered(digest, home).is_file() else None
    if ask is None:
        raise ConsentError(
            _how_to_consent(prepared, doubt), "consent-missing" if doubt is None else doubt.code
        )
    record = ask(Questions(digest, prepared.source_count, _earlier(prepared, home), doubt))
    record.check(digest, today)
    remember(record, home)
    return record


def remember(record: Consent, home: Path | None = None) -> Path:
    """Keep a record in the user's data folder."""
    path = remembered(record.digest, data_home() if home is None else home)
    make_folder(path.parent)
    write_atomic(path, record.to_bytes())
    return path


def remembered(digest: str, home: Path) -> Path:
    """Where the record for a set is kept, if there is one."""
    return home / FOLDER / f"{digest}.json"


@dataclass(frozen=True)
class Questions:
    """What is to be asked about: a set, and what was answered for an earlier state of it."""

    digest: str
    files: int
    earlier: Consent | None = None
    """A record for the same folder with other pictures: its answers are proposed again."""
    doubt: ConsentError | None = None
    """Why the record that there is does not do."""


def ask_terminal(
    questions: Questions, read: IO[str] | None = None, write: IO[str] | None = None, today: date | None = None
) -> Consent:
    """Ask on the terminal, in plain words. ConsentError when the answer is no, or there is no answer."""
    return _Interview(questions, read or sys.stdin, write or sys.stderr, today or date.today()).hold()


def terminal() -> Callable[[Questions], Consent] | None:
    """`ask_terminal` where somebody sits at a terminal, otherwise None."""
    return ask_terminal if sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty() else None


class _Interview:
    def __init__(self, questions: Questions, read: IO[str], write: IO[str], today: date) -> None:
        self.questions, self.today = questions, today.isoformat()
        self._read, self._write = read, write
        self._old = questions.earlier

    def hold(self) -> Consent:
        """Ask everything, show the answers, and have them confirmed."""
        self._introduce()
        adult = self._yes("Is everyone shown an adult (or is nobody shown)?")
        if not adult:
            raise ConsentError("Nothing is trained on pictures of minors.", "consent-not-adult")
        subject = self._choice(
            "Who or what do the pictures show?", SUBJECT_WORDS, self._proposed("subject", "")
        )
        basis = "my own pictures" if subject == "self" else ""
        record = Consent(
            subject=subject,
            basis=self._text(
                "What does the permission rest on (release, licence, ...)?", self._proposed("basis", basis)
            ),
            given_by=self._text("Who gave it?", self._proposed("given_by", "")),
            given_on=self._date("On which day?", self.today) or self.today,
            uses=self._uses(),
            adult=adult,
            files=self.questions.files,
            digest=self.questions.digest,
            expires=self._date("Until which day does it hold (empty: without end)?", "") or None,
        )
        self._say(f"\n{describe(record)}")
        if not self._yes("Is this right?"):
            raise ConsentError("No consent was recorded.", "consent-refused")
        return record

    def _introduce(self) -> None:
        files = self.questions.files
        self._say(f"Before a model learns from these {files} pictures, their permission is recorded.")
        if self.questions.doubt is not None:
            self._say(str(self.questions.doubt))
        elif self._old is not None:
            self._say(
                "The pictures have changed since permission was last recorded; please confirm it again."
            )

    def _proposed(self, name: str, otherwise: str) -> str:
        return str(getattr(self._old, name)) if self._old is not None else otherwise

    def _uses(self) -> tuple[str, ...]:
        proposed = self._old.uses if self._old is not None else DEFAULT_USES
        self._say("What may be done?")
        for use, words in USE_WORDS.items():
            self._say(f"  {use}: {words}")

        def accept(text: str) -> tuple[str, ...] | None:
            uses = tuple(dict.fromkeys(re.split(r"[,;\s]+", text.strip().lower())))
            return uses if all(use in USES for use in uses) else None

        return self._until("Uses", ", ".join(proposed), accept, f"Please name some of {', '.join(USES)}.")

    def _choice(self, question: str, options: Mapping[str, str], proposed: str) -> str:
        self._say(question)
        names = list(options)
        for number, name in enumerate(names, start=1):
            self._say(f"  {number}  {options[name]}")

        def accept(text: str) -> str | None:
            if text.isdecimal() and 1 <= int(text) <= len(names):
                return names[int(text) - 1]
            return text if text in options else None

        default = str(names.index(proposed) + 1) if proposed in options else ""
        return self._until("Number", default, accept, f"Please answer with a number from 1 to {len(names)}.")

    def _text(self, question: str, proposed: str) -> str:
        return self._until(question, proposed, lambda text: text or None, "Please answer in a few words.")

    def _date(self, question: str, proposed: str) -> str:
        def accept(text: str) -> str | None:
            return text if not text or is_date(text) else None

        return self._until(question, proposed, accept, "Please write the day like 2026-03-31.")

    def _yes(self, question: str) -> bool:
        answers = {"yes": True, "y": True, "no": False, "n": False}
        return self._until(
            f"{question} (yes/no)", "", lambda text: answers.get(text.lower()), "Please answer yes or no."
        )

    def _until(self, question: str, proposed: str, accept: Callable[[str], Any], otherwise: str) -> Any:
        """Ask until the answer is acceptable; an empty answer means the proposed one."""
        hint = f" [{proposed}]" if proposed else ""
        while True:
            self._write.write(f"{question}{hint} ")
            self._write.flush()
            line = self._read.readline()
            if not line:
                raise ConsentError(
                    "No consent was recorded: the questions were not answered.", "consent-refused"
                )
            answer = accept(line.strip()[:LONGEST] or proposed)
            if answer is not None:
                return answer
            self._say(otherwise)

    def _say(self, text: str) -> None:
        self._write.write(text + "\n")


def describe(record: Consent) -> str:
    """The record as a sentence for people."""
    until = f"until {record.expires}" if record.expires else "without end"
    return (
        f"{record.files} pictures of {SUBJECT_WORDS[record.subject]}; permission by {record.given_by} on "
        f"{record.given_on} ({record.basis}), {until}, to: {', '.join(record.uses)}. "
        "Everyone shown is an adult, or nobody is shown."
    )


def _earlier(prepared: PreparedSet, home: Path) -> Consent | None:
    """The latest record for an earlier state of the same prepared folder."""
    for digest in reversed(prepared.card.get("earlier_digests", [])):
        try:
            return replace(Consent.load(remembered(str(digest), home)), expires=None)
        except ConsentError:
            continue
    return None


def _how_to_consent(prepared: PreparedSet, doubt: ConsentError | None) -> str:
    why = f"{doubt} " if doubt is not None else ""
    return (
        f"{why}Training on {prepared.folder} needs a consent record: run the command in a terminal and "
        f"answer its questions, or name a record with --consent FILE (set {prepared.digest})."
    )
