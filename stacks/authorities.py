"""Certificates of a company's own authorities: read, and checked before a server is told to trust them."""

import re
import shlex
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator

from stacks import beside

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_BEGIN = "-----BEGIN "
_FILE = re.compile(r"[^\x00-\x1f\\:]+\.(pem|crt|cer)")


def is_pair(key: str, certificate: str) -> bool:
    """Whether a private key (PEM) belongs to a certificate (PEM or base64); true where one of them is not read here."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem = (
        certificate
        if _BEGIN in certificate
        else f"{_BEGIN}CERTIFICATE-----\n{certificate.strip()}\n-----END CERTIFICATE-----\n"
    )
    try:
        public = x509.load_pem_x509_certificate(pem.encode()).public_key()
        return load_pem_private_key(key.encode(), None).public_key() == public
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return True


@dataclass(frozen=True)
class Authority:
    """One certificate."""

    name: str
    """Its subject's common name, or what else it is called by."""
    ends: datetime
    pem: str

    @property
    def day(self) -> str:
        """Its last day."""
        return f"{self.ends:%Y-%m-%d}"


def read(given: str) -> tuple[Authority, ...]:
    """Return the certificates of a PEM text, or of a file in the folder of the stack files.

    Raises ValueError, which shows nothing of what was given, where something else is among them.
    """
    pem = given if _BEGIN in given else _file(given)
    found = tuple(_certificates(pem))
    if not found:
        raise ValueError(
            "there is no certificate in it: PEM has lines with BEGIN CERTIFICATE and END CERTIFICATE"
        )
    return found


def _file(name: str) -> str:
    if _FILE.fullmatch(name) is None:
        raise ValueError(
            "this is neither a certificate (PEM) nor the name of a file that ends in .pem, .crt or .cer, in the folder "
            "of the stack files"
        )
    content = beside.read(name, "certificate")
    # Only what stands between the marks is taken: remarks around it may be in any alphabet.
    text = content.decode("utf-8-sig", errors="replace")
    if _BEGIN not in text:
        raise ValueError(
            f"there is no certificate in the file {name}: PEM has lines with BEGIN CERTIFICATE and END CERTIFICATE, as "
            f"ASCII or UTF-8. If it is DER: openssl x509 -inform der -in {shlex.quote(name)} -out authority.pem"
        )
    return text


def _certificates(text: str) -> Iterator[Authority]:
    # What is not whole is looked for too: half of a private key is a leak as well.
    for label in re.findall(rf"{_BEGIN}([A-Z0-9 ]+)-----", text):
        if "PRIVATE KEY" in label:
            raise ValueError(
                "a private key is in it, which nobody but its owner may have; give the certificate alone, and replace "
                "the key, because it stood here in clear"
            )
        if label != "CERTIFICATE":
            raise ValueError(f"a {label.lower()} is in it, and certificates are wanted")
    whole = list(_BLOCK.finditer(text))
    if len(whole) != text.count(f"{_BEGIN}CERTIFICATE-----"):
        raise ValueError("a certificate in it is cut off: its END CERTIFICATE is missing")
    for number, block in enumerate(whole, 1):
        yield _authority(
            block[0], "the certificate" if len(whole) == 1 else f"certificate {number} of {len(whole)}"
        )


def _authority(pem: str, what: str) -> Authority:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=pem)
    # The latter where a character is not ASCII.
    except (ssl.SSLError, TypeError):
        raise ValueError(f"{what} cannot be read: a part of it is missing or changed") from None
    # Any, because it says one thing for two forms.
    found: list[dict[str, Any]] = context.get_ca_certs()
    if not found:
        raise ValueError(
            f"{what} is no authority's but a server's; give that of the authority which signed it"
        )
    subject = dict(pair for (pair,) in found[0].get("subject", ()))
    name = subject.get("commonName") or subject.get("organizationName") or "an authority without a name"
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(found[0]["notAfter"]), UTC)
    # Ends of lines differ by where a file was saved, and would make one certificate two.
    made = Authority(name, ends, "".join(f"{line.rstrip()}\n" for line in pem.splitlines()))
    if ends <= datetime.now(UTC):
        raise ValueError(f"{what} ({name}) has ended on {made.day}; give the one that took its place")
    return made


def _checked(given: str) -> str:
    read(given)
    return given


Authorities = Annotated[str, AfterValidator(_checked)]
"""Certificates in a stack file: PEM, or the name of a file."""
