"""The shelf of consent records, which the trainer reads and writes, too.

A record belongs to one set, by the set's digest: when the pictures change, it is asked for again. It lies
where the trainer keeps its records, so that what was allowed in the studio holds on the command line too.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

from engine.files import make_folder, write_atomic
from engine.formats.consent import Consent, ConsentError


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
        with suppress(ConsentError, ValueError):
            record = Consent.load(self.path(digest))
            return record if record.digest == digest else None
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
        make_folder(path.parent)
        write_atomic(path, record.to_bytes())
        return path
