"""A consent record: who allowed what with which pictures. It belongs to one set, by the set's digest.

It lies in the person's data folder, in `FOLDER`, and travels into jobs, checkpoints and models' cards.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from engine.formats import jsonio
from engine.formats.reason import PersonaError
from engine.formats.regular import read_regular

FORMAT = 1
LIMIT = 1 << 20
"""Bytes of the largest record that is read."""
LONGEST = 2000
"""Characters of one answer."""
FOLDER = "consents"
SUBJECTS = ("self", "consenting-person", "licensed", "synthetic", "public-domain")
USES = ("train", "generate", "publish", "commercial", "share")


class ConsentError(PersonaError):
    """A record that is missing, invalid, or not one for this set; the sentence says why.

    `code`: "consent-" with "missing", "invalid", "unreadable", "other-set", "expired", "future", "not-adult",
    "not-for-training" or "refused".
    """

    exit_code = 12
    code = "consent-invalid"


@dataclass(frozen=True)
class Consent:
    """One record, perhaps not filled in yet: `check` says whether it allows training."""

    subject: str = ""
    """One of SUBJECTS."""
    basis: str = ""
    """What the permission rests on: a signed release, a licence and its number, "my own pictures"."""
    given_by: str = ""
    """Who gave it."""
    given_on: str = ""
    """ISO date."""
    uses: tuple[str, ...] = ("train", "generate")
    """Of USES; "train" is needed to train."""
    adult: bool = False
    """Everyone shown is an adult, or nobody is shown."""
    files: int = 0
    """How many source files it was given for."""
    digest: str = ""
    """Of the set: sha256 over its source files' digests, in hex."""
    expires: str | None = None
    """ISO date, the last day on which it holds; None: without end."""
    note: str = ""

    def problem(self, today: date | None = None) -> str:
        """The first thing that keeps it from allowing training, as a key; empty when it does.

        "subject", "basis", "given_by", "given_on", "future", "expires", "expired", "train", "adult", "files",
        "digest" or "note".
        """
        now = (today or date.today()).isoformat()
        unfit = {key for key, _ in self._unfit()}
        checks = (
            ("subject", "subject" not in unfit),
            ("basis", "basis" not in unfit),
            ("given_by", "given_by" not in unfit),
            ("given_on", "given_on" not in unfit),
            ("future", self.given_on <= now),
            ("expires", "expires" not in unfit),
            ("expired", self.expires is None or self.expires >= now),
            ("train", "uses" not in unfit and "train" in self.uses),
            ("adult", self.adult is True),
        )
        rest = ((key, key not in unfit) for key in ("files", "digest", "note"))
        return next((key for key, holds in (*checks, *rest) if not holds), "")

    def validate(self) -> None:
        """ConsentError where this is no whole record, whatever it allows."""
        for _, reason in self._unfit():
            raise _invalid(reason)

    def check(self, digest: str, today: date | None = None) -> None:
        """ConsentError when this record does not allow training on the set with this digest today."""
        self.validate()
        now = (today or date.today()).isoformat()
        if self.digest != digest:
            raise ConsentError(
                f"The consent was given for other pictures (set {self.digest[:12]}, and these are "
                f"{digest[:12]}): the folder has changed, so it has to be given again.",
                "consent-other-set",
            )
        if not self.adult:
            raise ConsentError(
                "It is not confirmed that everyone shown is an adult; without that nothing is trained.",
                "consent-not-adult",
            )
        if "train" not in self.uses:
            raise ConsentError("The consent does not permit training a model.", "consent-not-for-training")
        if self.given_on > now:
            message = f"The consent is dated in the future ({self.given_on})."
            raise ConsentError(message, "consent-future", day=self.given_on)
        if self.expires is not None and self.expires < now:
            message = f"The consent expired on {self.expires}."
            raise ConsentError(message, "consent-expired", day=self.expires)

    def to_json(self) -> dict[str, Any]:
        """As plain values, for the record's file, jobs, checkpoints and model cards."""
        return {"format": FORMAT, **asdict(self), "uses": list(self.uses)}

    def to_bytes(self) -> bytes:
        """The record's file."""
        return (json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n").encode()

    @classmethod
    def from_json(cls, card: object) -> Consent:
        """A whole record from plain values; ConsentError when they are not one."""
        if not isinstance(card, Mapping) or card.get("format") != FORMAT:
            raise ConsentError(f"It is not a consent record (format {FORMAT}).")
        known = {one.name for one in fields(cls)}
        given = {key: value for key, value in card.items() if key != "format"}
        if strange := sorted(set(given) - known):
            raise _invalid(f"it has a field that no record has ({', '.join(map(str, strange[:3]))})")
        if missing := [name for name in known - {"expires", "note"} if name not in given]:
            raise _invalid(f"{', '.join(sorted(missing))} missing")
        uses = given["uses"]
        if not isinstance(uses, list) or not all(isinstance(use, str) for use in uses):
            raise _invalid("uses must be a list of names")
        record = cls(**{**given, "uses": tuple(dict.fromkeys(uses))})
        record.validate()
        return record

    @classmethod
    def load(cls, path: Path) -> Consent:
        """A record from its file; ConsentError naming the file."""
        try:
            return cls.from_json(jsonio.parse(read_regular(path, LIMIT + 1), LIMIT))
        except OSError as error:
            raise _unreadable(path, error.strerror or str(error)) from error
        except ValueError as error:
            raise _unreadable(path, str(error)) from error
        except ConsentError as error:
            raise ConsentError(f"{path}: {error}", error.code, **error.values) from None

    def _unfit(self) -> list[tuple[str, str]]:
        """Fields that no whole record has, and why, in the order in which they are asked for."""
        checks: tuple[tuple[str, bool, str], ...] = (
            ("subject", self.subject in SUBJECTS, f"the subject must be one of {', '.join(SUBJECTS)}"),
            *self._answers(),
            ("note", _is_text(self.note), "the note is too long or no text"),
            (
                "given_on",
                is_date(self.given_on),
                f"given_on must be a date like 2026-03-31, not {self.given_on!r:.60}",
            ),
            *self._expiry(),
            *self._permitted(),
            ("adult", isinstance(self.adult, bool), "adult must be true or false"),
            (
                "files",
                type(self.files) is int and self.files > 0,
                "the number of files must be a whole number above 0",
            ),
            ("digest", _is_digest(self.digest), "the digest is not one"),
        )
        return [(key, reason) for key, holds, reason in checks if not holds]

    def _answers(self) -> list[tuple[str, bool, str]]:
        answers = {"basis": self.basis, "given_by": self.given_by}
        return [
            *((k, isinstance(v, str) and bool(v.strip()), f"{k} is empty") for k, v in answers.items()),
            *((k, _is_text(v), f"{k} is longer than {LONGEST} characters") for k, v in answers.items()),
        ]

    def _expiry(self) -> list[tuple[str, bool, str]]:
        if self.expires is None:
            return []
        if not is_date(self.expires):
            return [("expires", False, "expires must be a date like 2026-03-31 or null")]
        later = not is_date(self.given_on) or self.expires >= self.given_on
        return [("expires", later, "it expires before it was given")]

    def _permitted(self) -> list[tuple[str, bool, str]]:
        some = isinstance(self.uses, tuple) and bool(self.uses)
        return [
            ("uses", some, "it permits no use"),
            ("uses", some and set(self.uses) <= set(USES), f"the uses must be among {', '.join(USES)}"),
        ]


def is_date(text: object) -> bool:
    """Whether this is a day as records have it, like 2026-03-31."""
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch("[0-9a-f]{64}", value))


def _invalid(reason: str) -> ConsentError:
    return ConsentError(f"The consent record is not valid: {reason}.")


def _unreadable(path: Path, reason: str) -> ConsentError:
    return ConsentError(f"The consent record {path} cannot be read: {reason}.", "consent-unreadable")
