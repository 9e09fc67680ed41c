"""Consent records: who allowed what with which pictures. The trainer's own files, written by the studio.

A record belongs to one set, by the set's digest: when the pictures change, it is asked for again. It lies
where the trainer keeps its records, so that what was allowed in the studio holds on the command line too.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from studio.library import jsonfile

FORMAT = 1
LONGEST = 2000
"""Characters of one answer."""
SUBJECTS = ("self", "consenting-person", "licensed", "synthetic", "public-domain")
USES = ("train", "generate", "publish", "commercial", "share")


@dataclass(frozen=True)
class Consent:
    """One record. `problem` says whether it allows training."""

    subject: str = ""
    """One of SUBJECTS."""
    basis: str = ""
    """What the permission rests on: a signed release, a licence and its number, ..."""
    given_by: str = ""
    given_on: str = ""
    """ISO date."""
    uses: tuple[str, ...] = ("train", "generate")
    """Of USES."""
    adult: bool = False
    """Everyone shown is an adult, or nobody is shown."""
    files: int = 0
    digest: str = ""
    """Of the set."""
    expires: str | None = None
    """ISO date, the last day on which it holds."""
    note: str = ""

    def problem(self, today: date | None = None) -> str:
        """The first thing that keeps it from allowing training, as a key; empty when it does.

        "subject", "basis", "given_by", "given_on", "future", "train", "expires", "expired" or "adult".
        """
        now = (today or date.today()).isoformat()
        checks = (
            ("subject", self.subject in SUBJECTS),
            ("basis", 0 < len(self.basis.strip()) <= LONGEST),
            ("given_by", 0 < len(self.given_by.strip()) <= LONGEST),
            ("given_on", _is_date(self.given_on)),
            ("future", self.given_on <= now),
            ("expires", self.expires is None or (_is_date(self.expires) and self.expires >= self.given_on)),
            ("expired", self.expires is None or self.expires >= now),
            ("train", "train" in self.uses and set(self.uses) <= set(USES)),
            ("adult", self.adult is True),
        )
        return next((key for key, holds in checks if not holds), "")

    def to_json(self) -> dict[str, Any]:
        """As the trainer reads it."""
        return {"format": FORMAT, **asdict(self), "uses": list(self.uses)}

    @classmethod
    def from_json(cls, card: dict[str, Any]) -> Consent:
        """A record from plain values. ValueError."""
        known = {one.name for one in fields(cls)}
        if card.get("format") != FORMAT or not isinstance(card.get("uses"), list):
            raise ValueError("it is not a consent record")
        try:
            return cls(**{key: card[key] for key in known & card.keys()} | {"uses": tuple(card["uses"])})
        except TypeError as error:
            raise ValueError("it is not a consent record") from error


class ConsentShelf:
    """The folder of records, one a set."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str) -> Path:
        """Where the record for a set lies, if there is one."""
        if not re.fullmatch("[0-9a-f]{64}", digest):
            raise ValueError("that is not the digest of a set")
        return self.folder / f"{digest}.json"

    def find(self, digest: str) -> Consent | None:
        """The record for a set; None when there is none that can be read, or it is another set's."""
        with suppress(OSError, ValueError):
            card = jsonfile.read_object(self.path(digest))
            record = Consent.from_json(card) if card is not None else None
            return record if record is not None and record.digest == digest else None
        return None

    def proposed(self, digest: str, files: int, earlier: tuple[str, ...]) -> tuple[Consent, bool]:
        """What to propose when it has to be given anew, and whether the set has changed since.

        The latest record for this or an earlier state of the set gives its answers; adulthood and the day are
        never taken for granted.
        """
        records = (self.find(one) for one in (digest, *reversed(earlier)))
        known = next((record for record in records if record is not None), None)
        today = date.today().isoformat()
        if known is None:
            return Consent(given_on=today, files=files, digest=digest), False
        changed = known.digest != digest
        anew = replace(known, given_on=today, adult=False, files=files, digest=digest)
        if anew.expires is not None and anew.expires < today:
            anew = replace(anew, expires=None)
        return anew, changed

    def save(self, record: Consent) -> Path:
        """Writes a record that allows training. ValueError when it does not, TargetError."""
        if problem := record.problem():
            raise ValueError(f"the consent is not complete: {problem}")
        path = self.path(record.digest)
        jsonfile.write_object(path, record.to_json())
        return path


def _is_date(text: object) -> bool:
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
