"""Amazon SES by region: where it takes mail over SMTP, and where its DKIM keys are. Usable without Pulumi."""

SMTP_REGIONS = frozenset(
    """
    ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1
    eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2
    """.split()  # noqa: SIM905 - reads better than 17 quoted lines
)
"""AWS regions with an SMTP endpoint of SES; others have SES's API only, which Rocket.Chat does not speak.

Source: https://docs.aws.amazon.com/general/latest/gr/ses.html. A region that AWS added since is missing here
until somebody has looked it up there.
"""

_OWN_DKIM_DOMAIN = frozenset({"ap-northeast-3"})
"""Regions among these whose DKIM keys are not under `dkim.amazonses.com` (same page, "DKIM domains")."""


def smtp_host(region: str) -> str:
    """Return the SMTP host of SES in an AWS region; raise ValueError where there is none."""
    if region not in SMTP_REGIONS:
        raise ValueError(
            f"Amazon SES takes no mail over SMTP in {region!r}; for mail choose one of "
            f"{', '.join(sorted(SMTP_REGIONS))} (it need not be the chat's region)"
        )
    return f"email-smtp.{region}.amazonaws.com"


def dkim_domain(region: str) -> str:
    """Return the domain that holds SES's DKIM keys of a region."""
    return f"dkim.{region}.amazonses.com" if region in _OWN_DKIM_DOMAIN else "dkim.amazonses.com"
