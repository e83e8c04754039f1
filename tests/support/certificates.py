"""TLS certificates for loopback servers, made once per run: a good one, and each kind that must not be trusted."""

from __future__ import annotations

import ssl
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Literal

import trustme

HOST = "localhost"

Certificate = Literal["good", "expired", "not yet valid", "self-signed", "unknown authority", "wrong host"]

LONG_AGO, YESTERDAY = datetime(2020, 1, 1, tzinfo=timezone.utc), datetime(2020, 1, 2, tzinfo=timezone.utc)
FAR_OFF, LATER = datetime(2098, 1, 1, tzinfo=timezone.utc), datetime(2099, 1, 1, tzinfo=timezone.utc)


@cache
def authority() -> trustme.CA:
    """The authority that a test trusts."""
    return trustme.CA()


@cache
def server_context(certificate: Certificate) -> ssl.SSLContext:
    """The TLS context of a server with such a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if certificate == "self-signed":
        _use_as_its_own(trustme.CA(), context)
    else:
        _leaf(certificate).configure_cert(context)
    return context


def _leaf(certificate: Certificate) -> trustme.LeafCert:
    if certificate == "expired":
        return authority().issue_cert(HOST, not_before=LONG_AGO, not_after=YESTERDAY)
    if certificate == "not yet valid":
        return authority().issue_cert(HOST, not_before=FAR_OFF, not_after=LATER)
    if certificate == "unknown authority":
        return trustme.CA().issue_cert(HOST)
    return authority().issue_cert("somewhere.else" if certificate == "wrong host" else HOST)


def _use_as_its_own(issuer: trustme.CA, context: ssl.SSLContext) -> None:
    with NamedTemporaryFile(suffix=".pem") as file:
        file.write(issuer.private_key_pem.bytes() + issuer.cert_pem.bytes())
        file.flush()
        context.load_cert_chain(file.name)


def write_bundle(folder: Path) -> str:
    """Write what REQUESTS_CA_BUNDLE must name for the authority to be trusted; return its path."""
    path = folder / "authority.pem"
    path.write_bytes(authority().cert_pem.bytes())
    return str(path)
