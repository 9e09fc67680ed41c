"""Who signs: a key with a certificate chain, made here on first use, or the person's own.

What is made here: a root that signs one certificate and is then forgotten, and that certificate with its key,
both in one file that only its owner may read. Whoever checks a signature by it sees that the picture was not
changed since, and that nobody vouches for who signed. For that, one uses a certificate of an authority.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import PathText, SigningError, TargetError, TargetExistsError
from engine.files import make_folder, write_atomic
from engine.formats.regular import read_regular

if TYPE_CHECKING:
    from cryptography import x509

FILE = "signing.pem"
NAME = "Persona Studio"
MADE_HERE = "Persona Studio, certificate made on this machine"
YEARS = 10
LIMIT = 1 << 20
CLAIM_SIGNING = "1.3.6.1.4.1.62558.2.1"
"""Extended key usage of C2PA."""
PURPOSES = (CLAIM_SIGNING, "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36")
"""What certificates for C2PA may be for: claim signing, e-mail protection, document signing."""
CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


@dataclass(frozen=True)
class Credentials:
    """A key and the certificates that go with it."""

    algorithm: str
    """As C2PA calls it: es256, es384, es512, ps256 or ed25519."""
    chain: bytes
    """PEM, the signer's certificate first."""
    key: bytes = field(repr=False)
    """PEM, not encrypted."""
    name: str
    """Who signs, as the certificate says."""
    expires: datetime
    made_here: bool = False


def missing_reason() -> str:
    """Why nothing can be signed on this machine; empty when it can."""
    try:
        import c2pa
        import cryptography
    except (ImportError, OSError) as error:
        return f"the package c2pa-python cannot be used here ({error})"
    del c2pa, cryptography
    return ""


def own_credentials(folder: PathText, now: datetime | None = None) -> Credentials:
    """Those in the folder, made on first use, and anew when they have expired. TargetError, SigningError."""
    path, now = Path(folder) / FILE, now or datetime.now(UTC)
    if not path.exists():
        _put(path, _made(now), overwrite=False)
    _keep_private(path)
    found = _own(path)
    if found.expires <= now:
        _put(path, _made(now), overwrite=True)
        found = _own(path)
    return found


def load_credentials(
    certificate: PathText, key: PathText, now: datetime | None = None, *, made_here: bool = False
) -> Credentials:
    """The person's own, as PEM files; SigningError naming the file and what is wrong with it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    certificate, key, now = Path(certificate), Path(key), now or datetime.now(UTC)
    try:
        chain = x509.load_pem_x509_certificates(_bytes(certificate))
    except ValueError:
        raise SigningError(certificate, "it holds no certificate in PEM form", "no-certificate") from None
    secret = _private_key(key)
    leaf = chain[0]
    if leaf.public_key() != secret.public_key():
        raise SigningError(key, f"it is not the key of the certificate {certificate.name}", "wrong-key")
    _check(certificate, leaf, now, made_here)
    plain = secret.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain)
    return Credentials(_algorithm(key, secret), pem, plain, _name(leaf), leaf.not_valid_after_utc, made_here)


def _bytes(path: Path) -> bytes:
    try:
        return read_regular(path, LIMIT)
    except OSError as error:
        raise SigningError(path, error.strerror or str(error), "unreadable") from None


def _private_key(path: Path) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(_bytes(path), None)
    except TypeError:
        raise SigningError(path, "the key is protected by a password", "key-encrypted") from None
    except (ValueError, UnsupportedAlgorithm):
        raise SigningError(path, "it holds no private key in PEM form", "no-key") from None


def _algorithm(path: Path, secret: Any) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(secret, ec.EllipticCurvePrivateKey) and secret.curve.name in CURVES:
        return CURVES[secret.curve.name]
    if isinstance(secret, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(secret, rsa.RSAPrivateKey) and secret.key_size >= 2048:
        return "ps256"
    raise SigningError(path, "C2PA knows no such kind of key (P-256, P-384, P-521, RSA, Ed25519)", "key-kind")


def _check(path: Path, leaf: x509.Certificate, now: datetime, made_here: bool) -> None:
    """SigningError for certificates that readers would not accept. One made here is made anew instead."""
    if made_here:
        return
    if leaf.not_valid_after_utc <= now:
        day = leaf.not_valid_after_utc.date().isoformat()
        raise SigningError(path, f"it expired on {day}", "certificate-expired", day=day)
    if leaf.not_valid_before_utc > now:
        day = leaf.not_valid_before_utc.date().isoformat()
        raise SigningError(path, f"it is valid from {day} on only", "certificate-early", day=day)
    if leaf.issuer == leaf.subject:
        raise SigningError(path, "it is signed by itself, which C2PA does not allow", "self-signed")
    if not set(_purposes(leaf)) & set(PURPOSES):
        raise SigningError(path, "it is not meant for signing documents or C2PA claims", "wrong-purpose")


def _purposes(leaf: x509.Certificate) -> Iterator[str]:
    from cryptography import x509

    with suppress(x509.ExtensionNotFound):
        usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        yield from (one.dotted_string for one in usage)


def _name(leaf: x509.Certificate) -> str:
    from cryptography.x509.oid import NameOID

    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        if found := leaf.subject.get_attributes_for_oid(kind):
            return str(found[0].value)
    return ""


# ---- what is made here


def _own(path: Path) -> Credentials:
    return load_credentials(path, path, made_here=True)


def _put(path: Path, data: bytes, *, overwrite: bool) -> None:
    make_folder(path.parent)
    with suppress(TargetExistsError):  # another program was quicker: its key is used
        write_atomic(path, data, overwrite=overwrite, private=True)


def _keep_private(path: Path) -> None:
    """Nobody else may read it, however the file came here."""
    if os.name == "posix" and path.stat().st_mode & 0o077:
        try:
            path.chmod(0o600)
        except OSError as error:
            raise TargetError(path, "others may read the key, and that cannot be changed") from error


def _made(now: datetime) -> bytes:
    """A new key with its certificate and the root's, as one PEM file."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _certificate(f"{NAME} root", root_key, f"{NAME} root", root_key, now, authority=True)
    leaf = _certificate(NAME, key, f"{NAME} root", root_key, now, authority=False)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return secret + b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (leaf, root))


def _certificate(
    name: str, key: Any, issuer: str, issuer_key: Any, now: datetime, *, authority: bool
) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID

    subject_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    made = (
        x509.CertificateBuilder()
        .subject_name(_subject(name))
        .issuer_name(_subject(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(authority, 0 if authority else None), critical=True)
        .add_extension(_usage(authority), critical=True)
        .add_extension(subject_id, critical=False)
        .add_extension(issuer_id, critical=False)
    )
    if not authority:
        made = made.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
    return made.sign(issuer_key, hashes.SHA256())


def _subject(name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    parts = {NameOID.ORGANIZATION_NAME: MADE_HERE, NameOID.COMMON_NAME: name}
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts.items()])


def _usage(authority: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
