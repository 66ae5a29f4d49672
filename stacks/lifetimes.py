"""Until when a credential is good, where its own value tells it. Nothing that is returned holds any part of a value."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit


class Ended(str):
    """What is wrong with a credential that was right until it ended: who runs with it must be able to deploy."""

    __slots__ = ()


LEAST = timedelta(days=1)
"""What is kept in a deployment must be good for longer: its containers start at any time."""

_FORMS = (
    (r"ghs_\w{36,}", "GitHub's token of an app's installation is good for an hour"),
    (r"glcbt-[\w-]{16,}", "the token of a job in GitLab ends with the job"),
    (r"ya29\.[\w.-]+", "Google's access tokens are good for an hour"),
    (r"k8s-aws-v1\.[\w-]+=*", "the tokens of `aws eks get-token` are good for a quarter of an hour"),
    (
        r"ASIA[A-Z0-9]{16}",
        "a key of AWS that begins with ASIA is one of a session, good for hours, and needs the session's token",
    ),
)
"""What such values look like. Sources: github.blog, "Behind GitHub's new authentication token formats";
docs.gitlab.com, "Token overview"; cloud.google.com, "Token types"; docs.aws.amazon.com/IAM, "Unique identifiers"."""

_EKS_LIFETIME = timedelta(minutes=15)
"""Of kubernetes-sigs/aws-iam-authenticator, `presignedURLExpiration`."""


def short_lived(value: str) -> str | None:
    """Return why a credential is good for no more than a day; None where that is not known."""
    value = value.strip()
    said = next((said for form, said in _FORMS if re.fullmatch(form, value)), None)
    until = _until(value)
    if said is None and until is not None and until - datetime.now(UTC) < LEAST:
        said = f"it {_tense(until)} {_moment(until)} by itself"
    if said is None:
        return None
    told = f"{said}; what is deployed reads this for as long as it runs"
    return Ended(told) if until is not None and until < datetime.now(UTC) else told


def over(value: str) -> str | None:
    """Return when a credential has ended; None where it has not, or that is not known."""
    until = _until(value.strip())
    return None if until is None or until > datetime.now(UTC) else f"ended {_moment(until)}"


def certificate_over(given: bytes, *, authorities: bool = False) -> str | None:
    """Return when the first certificate of a PEM text has ended; None where it has not, or is not read here.

    With `authorities`, when the last of them has: any of them is enough.
    """
    from cryptography import x509

    try:
        found = [one.not_valid_after_utc for one in x509.load_pem_x509_certificates(given)]
    except ValueError:
        return None
    until = max(found) if authorities else found[0]
    return None if until > datetime.now(UTC) else f"ended {_moment(until)}"


def _tense(until: datetime) -> str:
    return "ends" if until > datetime.now(UTC) else "ended"


def _moment(until: datetime) -> str:
    return f"on {until:%Y-%m-%d at %H:%M} UTC"


def _until(value: str) -> datetime | None:
    """Return the end of a JSON Web Token, of a password of ECR or of a token for EKS."""
    parts = value.split(".")
    if len(parts) == 3 and "alg" in _object(parts[0]):
        return _time(_object(parts[1]).get("exp"))
    if value.startswith("k8s-aws-v1."):
        try:
            asked = parse_qs(urlsplit(_decoded(value.removeprefix("k8s-aws-v1."))).query)
            made = datetime.strptime(asked["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except (KeyError, ValueError):
            return None
        return made + _EKS_LIFETIME
    found = _object(value)
    return _time(found.get("expiration")) if "payload" in found else None


def _time(seconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int | float) else None
    except (OverflowError, ValueError, OSError):
        return None


def _object(text: str) -> Mapping[str, object]:
    try:
        found = json.loads(_decoded(text))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _decoded(text: str) -> str:
    """Return what base64 of either alphabet holds, with or without its padding; nothing where it is none."""
    try:
        padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
        return base64.b64decode(
            padded, altchars=b"-_" if set("-_") & set(padded) else None, validate=True
        ).decode()
    except (binascii.Error, ValueError):
        return ""
