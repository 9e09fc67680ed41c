"""Signed provenance: a C2PA manifest that says how a file was made, bound to its bytes, as the last write.

`c2pa-python` writes and signs it, without network, time stamp or thumbnail. The manifest differs each time
(C2PA gives every claim a random number of its own); all else in a file is the same for the same picture.
Nothing is said about mining and training: that is for the owner of a picture to say.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from engine.errors import SigningError
from engine.marks.certificate import Credentials
from engine.marks.containers import MIME, context, kind_of

AGENT = {"name": "Persona Studio"}
CREATED, OPENED = "c2pa.created", "c2pa.opened"


@dataclass(frozen=True)
class Claim:
    """What is signed about a file."""

    source: str
    """IPTC digital source type."""
    parent: Path | None = None
    """The file that it is a version of, whose manifest is kept."""
    inputs: tuple[Path, ...] = ()
    """Files that went in, such as a photo that was put into a style; their manifests are kept."""


def sign(data: bytes, kind: str, claim: Claim, credentials: Credentials) -> bytes:
    """A file's bytes with a manifest. kind: one of MIME. SigningError."""
    signed = BytesIO()
    sign_stream(BytesIO(data), signed, kind, claim, credentials)
    return signed.getvalue()


def sign_stream(
    source: BinaryIO, target: BinaryIO, kind: str, claim: Claim, credentials: Credentials
) -> None:
    """`sign` for files that are open: `target` for reading and writing. SigningError."""
    import c2pa

    info = c2pa.C2paSignerInfo(credentials.algorithm.encode(), credentials.chain, credentials.key, None)
    try:
        signer = c2pa.Signer.from_info(info)
        with c2pa.Builder(json.dumps(_manifest(claim)), context=context()) as builder:
            for path, entry in _ingredients(claim):
                _add(builder, path, entry)
            builder.sign(signer, MIME[kind], source, target)
    except c2pa.C2paError as error:
        reason = " ".join(str(error).split())[:200]
        raise SigningError(credentials.name, f"signing failed ({reason})", "signing-failed") from error


def _manifest(claim: Claim) -> dict[str, Any]:
    action: dict[str, Any] = {
        "action": OPENED if claim.parent else CREATED,
        "digitalSourceType": claim.source,
        "softwareAgent": AGENT,
    }
    if names := [entry["label"] for _, entry in _ingredients(claim)]:
        action["parameters"] = {"ingredientIds": names}
    assertion = {"label": "c2pa.actions.v2", "data": {"actions": [action]}}
    return {"claim_generator_info": [AGENT], "assertions": [assertion]}


def _ingredients(claim: Claim) -> Sequence[tuple[Path, dict[str, str]]]:
    """The files that are named in the manifest, with how."""
    if claim.parent is not None:
        return [(claim.parent, {"label": "parent", "relationship": "parentOf", "title": "picture"})]
    return [
        (path, {"label": f"input-{n}", "relationship": "inputTo", "title": "photo"})
        for n, path in enumerate(claim.inputs, 1)
    ]


def _add(builder: Any, path: Path, entry: dict[str, str]) -> None:
    kind = kind_of(path)
    if kind is None:
        return
    with path.open("rb") as file:
        builder.add_ingredient(json.dumps(entry), MIME[kind], file)
