"""Which marks the person wants in what is written (`engine.marks`), and what follows from that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np

from engine.errors import PersonaError, SigningError
from engine.images import encode
from engine.marks.certificate import Credentials, load_credentials, missing_reason, own_credentials
from engine.marks.label import CORNERS, DrawnLabel
from engine.marks.marking import Marking
from engine.marks.signing import Claim, sign
from engine.provenance import GENERATED
from studio.library.places import Places

TRIAL = np.zeros((8, 8, 3), np.uint8)
"""A picture to try a certificate on."""


@dataclass(frozen=True)
class MarkOptions:
    """Choices for the marks."""

    on: bool = True
    """False leaves every mark out."""
    label: bool = False
    """Whether a visible label is put into exported pictures and films."""
    corner: str = CORNERS[0]
    certificate: str = ""
    """File of the person's own certificate chain, PEM; empty for the one that is made here."""
    key: str = ""
    """File of its private key, PEM."""
    producer: str = ""
    """Who is named as producer in the AIGC record; empty for this program."""


@dataclass(frozen=True)
class Marks:
    """What is put into files, and what is to be told about it."""

    marking: Marking
    problem: PersonaError | None = None
    """Why the person's own certificate, or any, is not used."""


def marks_for(options: MarkOptions, places: Places, language: str) -> Marks:
    """The marks as chosen. Never fails: where the own certificate cannot sign, the one made here does.

    language: of the visible label. Makes the key on first use, so it waits for the disk.
    """
    label = DrawnLabel(options.corner, language) if options.label else None
    log = places.data / "unmarked.jsonl"
    if not options.on:
        return Marks(Marking(on=False, log=log))
    credentials, problem = _credentials(options, places)
    return Marks(Marking(True, credentials, label, options.producer, log), problem)


def own_certificate(certificate: Path, key: Path) -> Credentials:
    """The person's own credentials, with which one trial is signed. SigningError."""
    if reason := missing_reason():
        raise SigningError(certificate, reason, "no-c2pa")
    found = load_credentials(certificate, key)
    sign(encode(TRIAL, "PNG"), "PNG", Claim(GENERATED), found)
    return found


def _credentials(options: MarkOptions, places: Places) -> tuple[Credentials | None, PersonaError | None]:
    if reason := missing_reason():
        return None, SigningError("C2PA", reason, "no-c2pa")
    problem: PersonaError | None = None
    if options.certificate or options.key:
        try:
            return _checked(options.certificate, options.key, *_stamps(options)), None
        except SigningError as error:
            problem = error
    try:
        return _made_here(places.config), problem
    except PersonaError as error:
        return None, problem or error


@lru_cache(maxsize=4)
def _checked(certificate: str, key: str, *stamps: float) -> Credentials:
    """Looked at once, and again when a file has changed; the day is among the stamps."""
    return own_certificate(Path(certificate).expanduser(), Path(key).expanduser())


def _stamps(options: MarkOptions) -> tuple[float, ...]:
    times = []
    for name in (options.certificate, options.key):
        try:
            times.append(Path(name).expanduser().stat().st_mtime)
        except OSError:
            times.append(0.0)
    return (*times, float(date.today().toordinal()))


@lru_cache(maxsize=4)
def _made_here(folder: Path) -> Credentials:
    return own_credentials(folder)
