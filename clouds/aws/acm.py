"""Certificates."""

from clouds.ask import Ask, names
from clouds.aws.calls import create, sent
from clouds.aws.common import UPPER, tagged
from clouds.record import (
    NO_DATA,
    NOT_IMPORTED,
    NOTHING_MORE,
    UNNOTICED,
    Answers,
    Gone,
    Nothing,
    Overwritten,
    Refused,
    Refuses,
    Resource,
    Use,
    replaced_by,
)


def _domains(ask: Ask) -> list[str]:
    """An imported certificate names none."""
    wanted = [ask["domainName"], *(ask["subjectAlternativeNames"] or [])]
    return list(dict.fromkeys(domain for domain in wanted if domain))


def _validation_options(ask: Ask) -> list[dict[str, str]]:
    seen = []
    for domain in _domains(ask):
        bare = domain.removeprefix("*.")
        seen.append(
            {
                "domainName": domain,
                "resourceRecordName": f"_{ask.hex(32, bare)}.{bare}.",
                "resourceRecordType": "CNAME",
                "resourceRecordValue": f"_{ask.hex(32, bare + '/value')}.{ask.letters(10, UPPER).lower()}"
                ".acm-validations.aws.",
            }
        )
    return seen


CERTIFICATE = Resource(
    "aws:acm/certificate:Certificate",
    "TLS certificate",
    answers=Answers(
        id=lambda ask: ask.arn("acm", f"certificate/{ask.uuid()}"),
        outputs={
            "arn": "{id}",
            "domainValidationOptions": _validation_options,
            "pendingRenewal": False,
            "renewalEligibility": "INELIGIBLE",
            "renewalSummaries": [],
            "status": "PENDING_VALIDATION",
            "subjectAlternativeNames": lambda ask: sorted(_domains(ask)),
            "type": "AMAZON_ISSUED",
            "validationEmails": [],
        },
        defaults={
            "keyAlgorithm": "RSA_2048",
        },
        absent=names("notAfter notBefore"),
    ),
    requests=sent(
        create("acm.RequestCertificate", {"validationOptions": "DomainValidationOptions"}),
        local="earlyRenewalDuration",
    ),
    refuses=Refuses(
        used_by=(
            Use("aws:lb/listener:Listener", "certificateArn", "ResourceInUseException"),
            Use(
                "aws:cloudfront/distribution:Distribution",
                "viewerCertificate.acmCertificateArn",
                "ResourceInUseException",
            ),
        )
    ),
    again=Refused(),
    replaced=replaced_by("domainName keyAlgorithm region subjectAlternativeNames validationMethod"),
    import_id="{id}",
    found=tagged("acm", r"certificate/.+"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: public certificates cost nothing"),
)


CERTIFICATE_VALIDATION = Resource(
    "aws:acm/certificateValidation:CertificateValidation",
    "waits until the certificate is issued",
    answers=Answers(id="2026-01-01 00:00:00 +0000 UTC"),
    requests=sent(create("acm.DescribeCertificate"), local="validationRecordFqdns"),
    refuses=NOTHING_MORE,
    again=Overwritten(("certificateArn",)),
    replaced=replaced_by("certificateArn region validationRecordFqdns"),
    import_id=NOT_IMPORTED,
    found=Gone("it only waits"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: public certificates cost nothing"),
)
