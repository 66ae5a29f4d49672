"""An SMTP server that somebody else runs."""

import re

import pulumi

from components.values import MailAccess

FURTHER = 2525
"""Where most providers take mail besides 587, by STARTTLS (SendGrid, Mailgun and Postmark, "SMTP ports")."""
FURTHER_SES = (2587, 2465)
"""Where Amazon SES alone takes mail besides 587 and 465."""
ENCRYPTIONS = {25: "starttls", 587: "starttls", 2587: "starttls", 465: "tls", 2465: "tls"}
"""How connections are encrypted at the usual ports: from the first byte, or after STARTTLS (RFC 8314, 3; Amazon SES,
"Connecting to an Amazon SES SMTP endpoint", whose further ports begin with 2)."""


def is_ses(host: str) -> bool:
    """Return whether a host is an SMTP endpoint of Amazon SES."""
    return re.fullmatch(r"email-smtp(-fips)?\.[a-z0-9.-]+\.amazonaws\.com(\.cn)?", host.lower()) is not None


def smtp(
    host: pulumi.Input[str],
    port: int,
    domain: str,
    username: pulumi.Input[str] | None = None,
    password: pulumi.Input[str] | None = None,
) -> MailAccess:
    """Return access to an SMTP server; user and password become secret outputs.

    `domain` is the one that From must be in. Raises ValueError for a port that is none, or for a user without
    a password.
    """
    if not 1 <= port <= 65535:
        raise ValueError(f"the SMTP port is {port}; it must be 1 to 65535, usually 465 or 587")
    if (username is None) != (password is None):
        missing = "password" if password is None else "username"
        raise ValueError(f"SMTP: the {missing} is missing; give both username and password, or neither")
    return MailAccess(
        host=host,
        port=port,
        domain=domain,
        username=None if username is None else pulumi.Output.secret(username),
        password=None if password is None else pulumi.Output.secret(password),
    )
