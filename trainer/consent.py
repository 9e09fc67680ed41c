"""Consent to train on a set of pictures: a record, asked for before anything is learned from them.

A record belongs to one set, by the set's digest: when the pictures change, the question is asked again. It
travels into checkpoints and the model's card, and `forget` finds by the same digest what was made from a set.
Records given once are kept in the user's data folder, so that going on with a training asks nothing.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

from engine.errors import PersonaError
from engine.files import make_folder, write_atomic
from engine.formats.jsonio import parse
from trainer.data.forget import add_forget_parser, run_forget
from trainer.data.home import data_home
from trainer.data.prepared import PreparedSet

FORMAT = 1
LIMIT = 1 << 20
LONGEST = 2000
"""characters of one answer"""
FOLDER = "consents"

SUBJECTS = {
    "self": "myself",
    "consenting-person": "people who agreed to it",
    "licensed": "pictures used under a licence",
    "synthetic": "invented people or things, made by a program or by hand",
    "public-domain": "pictures in the public domain",
}
USES = {
    "train": "train a model on the pictures",
    "generate": "make new pictures with the model",
    "publish": "publish such pictures",
    "commercial": "use such pictures commercially",
    "share": "give the model to others",
}
DEFAULT_USES = ("train", "generate")


class ConsentError(PersonaError):
    """A record that is missing, invalid, or not one for this set; the message is one clear sentence.

    `code`: "missing", "invalid", "unreadable", "other-set", "expired", "future", "not-adult",
    "not-for-training" or "refused".
    """

    exit_code = 12

    def __init__(self, sentence: str, code: str) -> None:
        super().__init__(sentence, code)
        self.sentence = sentence
        self.code = code

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Consent:
    """Who allowed what with which pictures. ConsentError on creation when it is not a valid record."""

    subject: str
    """One of SUBJECTS."""
    basis: str
    """What the permission rests on: a signed release, a licence and its number, "my own pictures"."""
    given_by: str
    """Who gave it."""
    given_on: str
    """ISO date."""
    uses: tuple[str, ...]
    """Of USES; "train" is needed to train."""
    adult: bool
    """Everyone shown is an adult, or nobody is shown."""
    files: int
    """How many source files it was given for."""
    digest: str
    """Of the set, see `PreparedSet.digest`."""
    expires: str | None = None
    """ISO date, the last day on which it holds; None: without end."""
    note: str = ""

    def __post_init__(self) -> None:
        _need(self.subject in SUBJECTS, f"the subject must be one of {', '.join(SUBJECTS)}")
        for name in ("basis", "given_by"):
            text = getattr(self, name)
            _need(isinstance(text, str) and bool(text.strip()), f"{name} is empty")
            _need(len(text) <= LONGEST, f"{name} is longer than {LONGEST} characters")
        _need(isinstance(self.note, str) and len(self.note) <= LONGEST, "the note is too long or no text")
        _need(_is_date(self.given_on), f"given_on must be a date like 2026-03-31, not {self.given_on!r}")
        _need(
            self.expires is None or _is_date(self.expires), "expires must be a date like 2026-03-31 or null"
        )
        _need(self.expires is None or self.expires >= self.given_on, "it expires before it was given")
        _need(isinstance(self.uses, tuple) and len(self.uses) > 0, "it permits no use")
        _need(all(use in USES for use in self.uses), f"the uses must be among {', '.join(USES)}")
        _need(isinstance(self.adult, bool), "adult must be true or false")
        _need(
            type(self.files) is int and self.files > 0, "the number of files must be a whole number above 0"
        )
        digest = self.digest
        _need(isinstance(digest, str) and bool(re.fullmatch("[0-9a-f]{64}", digest)), "the digest is not one")

    def check(self, digest: str, today: date | None = None) -> None:
        """ConsentError when this record does not allow training on the set with this digest today."""
        now = (today or date.today()).isoformat()
        if self.digest != digest:
            raise ConsentError(
                f"The consent was given for other pictures (set {self.digest[:12]}, and these are "
                f"{digest[:12]}): the folder has changed, so it has to be given again.",
                "other-set",
            )
        if not self.adult:
            raise ConsentError(
                "It is not confirmed that everyone shown is an adult; without that nothing is trained.",
                "not-adult",
            )
        if "train" not in self.uses:
            raise ConsentError("The consent does not permit training a model.", "not-for-training")
        if self.given_on > now:
            raise ConsentError(f"The consent is dated in the future ({self.given_on}).", "future")
        if self.expires is not None and self.expires < now:
            raise ConsentError(f"The consent expired on {self.expires}.", "expired")

    def to_json(self) -> dict[str, Any]:
        """As plain values, for the record's file, checkpoints and model cards."""
        return {"format": FORMAT, **asdict(self), "uses": list(self.uses)}

    @classmethod
    def from_json(cls, card: object) -> Consent:
        """A record from plain values; ConsentError when they are not one."""
        if not isinstance(card, Mapping) or card.get("format") != FORMAT:
            raise ConsentError(f"It is not a consent record (format {FORMAT}).", "invalid")
        known = {one.name for one in fields(cls)}
        given = {key: value for key, value in card.items() if key != "format"}
        strange = sorted(set(given) - known)
        _need(not strange, f"it has a field that no record has ({', '.join(map(str, strange[:3]))})")
        missing = [
            one.name for one in fields(cls) if one.name not in given and one.name not in ("expires", "note")
        ]
        _need(not missing, f"{', '.join(missing)} missing")
        uses = given["uses"]
        _need(
            isinstance(uses, list) and all(isinstance(use, str) for use in uses),
            "uses must be a list of names",
        )
        return cls(**{**given, "uses": tuple(dict.fromkeys(uses))})

    @classmethod
    def load(cls, path: Path) -> Consent:
        """A record from its file; ConsentError naming the file."""
        try:
            return cls.from_json(parse(path.read_bytes(), LIMIT))
        except OSError as error:
            reason = error.strerror or str(error)
            raise ConsentError(
                f"The consent record {path} cannot be read: {reason}.", "unreadable"
            ) from error
        except ValueError as error:
            raise ConsentError(f"The consent record {path} cannot be read: {error}.", "unreadable") from error
        except ConsentError as error:
            raise ConsentError(f"{path}: {error}", error.code) from None

    def save(self, path: Path) -> None:
        """Write the record, whole or not at all. TargetError when that is impossible."""
        make_folder(path.parent)
        write_atomic(path, (json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n").encode())


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
        raise ConsentError(_how_to_consent(prepared, doubt), "missing" if doubt is None else doubt.code)
    record = ask(Questions(digest, prepared.source_count, _earlier(prepared, home), doubt))
    record.check(digest, today)
    remember(record, home)
    return record


def remember(record: Consent, home: Path | None = None) -> Path:
    """Keep a record in the user's data folder."""
    path = remembered(record.digest, data_home() if home is None else home)
    record.save(path)
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
            raise ConsentError("Nothing is trained on pictures of minors.", "not-adult")
        subject = self._choice("Who or what do the pictures show?", SUBJECTS, self._proposed("subject", ""))
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
            raise ConsentError("No consent was recorded.", "refused")
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
        for use, words in USES.items():
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
            return text if not text or _is_date(text) else None

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
                raise ConsentError("No consent was recorded: the questions were not answered.", "refused")
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
        f"{record.files} pictures of {SUBJECTS[record.subject]}; permission by {record.given_by} on "
        f"{record.given_on} ({record.basis}), {until}, to: {', '.join(record.uses)}. "
        "Everyone shown is an adult, or nobody is shown."
    )


def template(digest: str, files: int) -> dict[str, Any]:
    """A record to be filled in by hand; it is refused as long as adult is false."""
    return {
        "format": FORMAT,
        "subject": "|".join(SUBJECTS),
        "basis": "",
        "given_by": "",
        "given_on": datetime.now(UTC).date().isoformat(),
        "uses": list(DEFAULT_USES),
        "adult": False,
        "files": files,
        "digest": digest,
        "expires": None,
        "note": "",
    }


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


def _is_date(text: object) -> bool:
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _need(holds: bool, reason: str) -> None:
    if not holds:
        raise ConsentError(f"The consent record is not valid: {reason}.", "invalid")


__all__: Sequence[str] = [
    "SUBJECTS",
    "USES",
    "Consent",
    "ConsentError",
    "Questions",
    "add_forget_parser",
    "ask_terminal",
    "describe",
    "obtain",
    "remember",
    "remembered",
    "run_forget",
    "template",
    "terminal",
]
