"""Certificates of a company's own authorities: read, and checked before a server is told to trust them."""

import re
import shlex
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator

from stacks import beside

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_BEGIN = "-----BEGIN "
SOON = timedelta(days=60)
"""How long before its end a certificate is warned of."""
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


@dataclass(frozen=True)
class Client:
    """A certificate by which somebody is known, with those of the authorities that it is of."""

    ends: datetime
    pem: str
    authorities: str

    @property
    def day(self) -> str:
        """Its last day."""
        return f"{self.ends:%Y-%m-%d}"


def client(given: str) -> Client:
    """Return the certificate of a client, which stands first, and those of its authorities behind it.

    Raises ValueError, which shows nothing of what was given, where they do not belong together.
    """
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    blocks = list(_blocks(given if _BEGIN in given else _file(given)))
    if len(blocks) <= 1:
        raise ValueError(
            "two certificates are wanted: that of the client, and behind it that of its authority"
        )
    try:
        found = x509.load_pem_x509_certificate(blocks[0].encode())
        first = x509.load_pem_x509_certificate(blocks[1].encode())
    except ValueError:
        raise ValueError("a certificate cannot be read: a part of it is missing or changed") from None
    for number, block in enumerate(blocks[1:], 2):
        _authority(block, f"certificate {number} of {len(blocks)}")
    try:
        found.verify_directly_issued_by(first)
    except (ValueError, TypeError, InvalidSignature):
        raise ValueError(
            "the second certificate did not sign the first: that of the client stands first, and behind it that of the "
            "authority which signed it"
        ) from None
    if _is_authority(found):
        raise ValueError("the first certificate is an authority's; the client's own has `CA:FALSE`")
    for number, block in enumerate(blocks, 1):
        one = x509.load_pem_x509_certificate(block.encode())
        if not is_taken(one.public_key()):
            raise ValueError(f"certificate {number} has a key that balancers of AWS do not take: {_TAKEN}")
        if one.not_valid_before_utc > datetime.now(UTC):
            raise ValueError(f"certificate {number} is not valid before {one.not_valid_before_utc:%Y-%m-%d}")
    ends = found.not_valid_after_utc
    if ends <= datetime.now(UTC):
        raise ValueError(
            f"the client's certificate has ended on {ends:%Y-%m-%d}; give the one that took its place"
        )
    return Client(ends, _lines(blocks[0]), "".join(_lines(block) for block in blocks[1:]))


_TAKEN = "RSA of 2048 to 8192 bits, or EC of P-256, P-384 or P-521"
"""ELB user guide, "Mutual authentication with TLS in Application Load Balancer", requirements of certificates."""


def is_taken(key: object) -> bool:
    """Return whether a balancer of AWS takes certificates with such a public key."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if isinstance(key, rsa.RSAPublicKey):
        return 2048 <= key.key_size <= 8192
    return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in {
        "secp256r1",
        "secp384r1",
        "secp521r1",
    }


def _is_authority(certificate: Any) -> bool:
    from cryptography import x509

    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def _lines(pem: str) -> str:
    """Ends of lines differ by where a file was saved, and would make one certificate two."""
    return "".join(f"{line.rstrip()}\n" for line in pem.splitlines())


def _certificates(text: str) -> Iterator[Authority]:
    whole = list(_blocks(text))
    for number, block in enumerate(whole, 1):
        yield _authority(
            block, "the certificate" if len(whole) == 1 else f"certificate {number} of {len(whole)}"
        )


def _blocks(text: str) -> Iterator[str]:
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
    for block in whole:
        yield block[0]


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
    made = Authority(name, ends, _lines(pem))
    if ends <= datetime.now(UTC):
        raise ValueError(f"{what} ({name}) has ended on {made.day}; give the one that took its place")
    return made


def _checked(given: str) -> str:
    read(given)
    return given


def _checked_client(given: str) -> str:
    client(given)
    return given


Authorities = Annotated[str, AfterValidator(_checked)]
"""Certificates in a stack file: PEM, or the name of a file."""
ClientChain = Annotated[str, AfterValidator(_checked_client)]
"""The certificate of a client and those of its authorities, likewise."""
