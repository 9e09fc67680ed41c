"""Reading C2PA manifests back: who signed a file, what was said about it, and whether that still holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.marks.certificate import MADE_HERE, missing_reason
from engine.marks.containers import MIME, context, kind_of

VALID, TRUSTED, INVALID = "valid", "trusted", "invalid"
MOST_TEXT = 200
"""Characters of a text from a file that are shown."""


@dataclass(frozen=True)
class Manifest:
    """What the manifest of a file says, whoever made it."""

    state: str
    """"valid": unchanged since it was signed, by somebody nobody here vouches for; "trusted"; "invalid"."""
    signer: str = ""
    issuer: str = ""
    made_by: str = ""
    """The program."""
    source: str = ""
    """IPTC digital source type of its actions."""
    ingredients: tuple[str, ...] = ()
    """Titles of the files that went in."""
    problems: tuple[str, ...] = ()
    """C2PA's codes of what is wrong."""

    @property
    def holds(self) -> bool:
        """Whether the file is as it was signed."""
        return self.state != INVALID

    @property
    def self_made(self) -> bool:
        """Whether the certificate says that this program made it."""
        return self.issuer == MADE_HERE


def read_manifest(path: Path) -> Manifest | None:
    """The manifest in a file; None when it has none, or none can be read on this machine."""
    kind = kind_of(path)
    if kind is None or missing_reason():
        return None
    import c2pa

    try:
        with path.open("rb") as file:
            reader = c2pa.Reader.try_create(MIME[kind], file, context=context())
            if reader is None:
                return None
            with reader:
                return _told(json.loads(reader.json()))
    except c2pa.C2paError as error:
        return Manifest(INVALID, problems=(_short(error),))
    except (OSError, ValueError):
        return None


def _told(value: dict[str, Any]) -> Manifest:
    active = value.get("manifests", {}).get(value.get("active_manifest"), {})
    signature = active.get("signature_info") or {}
    generators = active.get("claim_generator_info") or [{}]
    results = (value.get("validation_results") or {}).get("activeManifest") or {}
    problems = [_short(one.get("code", "")) for one in results.get("failure", [])]
    return Manifest(
        str(value.get("validation_state", INVALID)).lower(),
        _short(signature.get("common_name") or signature.get("issuer") or ""),
        _short(signature.get("issuer") or ""),
        _short(generators[0].get("name") or active.get("claim_generator") or ""),
        _source(active),
        tuple(_short(one.get("title") or "") for one in active.get("ingredients", [])),
        tuple(dict.fromkeys(problems)),
    )


def _source(active: dict[str, Any]) -> str:
    for assertion in active.get("assertions", []):
        if str(assertion.get("label", "")).startswith("c2pa.actions"):
            for action in assertion.get("data", {}).get("actions", []):
                if found := action.get("digitalSourceType"):
                    return _short(found)
    return ""


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return "".join(letter for letter in text if letter.isprintable())[:MOST_TEXT]
