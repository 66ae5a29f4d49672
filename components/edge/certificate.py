"""TLS certificates."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.base import Component, one_of
from components.edge.dns import Record, record
from components.values import DnsZone

KEY_ALGORITHMS = ("RSA_2048", "EC_prime256v1")
"""Those that both a load balancer and CloudFront take and every browser knows."""

LONGEST_NAME = 64
"""Characters of a certificate's first name (ACM API, RequestCertificate, `DomainName`: the common name of RFC 5280)."""

CLOUDFRONT_REGION = "us-east-1"
"""Where certificates and web ACLs of CloudFront must be, wherever the chat runs."""


class CertificateArgs(TypedDict):
    domain: str
    """Host name that the certificate is for: `chat.lovia.life`."""
    alternative_names: NotRequired[Sequence[str]]
    """Further host names."""
    regions: Sequence[str]
    """Regions that need it: that of the load balancer, `us-east-1` for CloudFront, or both.

    One component for all of them, because the record that proves the domain is the same in every region of an
    account (ACM user guide, "DNS validation"), and a zone takes it once.
    """
    zone: DnsZone
    """Zone in which the names are."""
    key_algorithm: NotRequired[str]
    """`RSA_2048` (default) or `EC_prime256v1`."""


class Certificate(Component):
    """A public certificate, in one region or several, that renews itself as long as its DNS records stay.

    Produces: per region the certificate and its validation; per name one DNS record.
    """

    arn: pulumi.Output[str]
    """ARN in the first region, known only once the certificate is valid."""
    arns: pulumi.Output[dict[str, str]]
    """ARNs by region."""

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        algorithm = one_of(
            "the certificate's key_algorithm", args.get("key_algorithm", KEY_ALGORITHMS[0]), KEY_ALGORITHMS
        )
        regions = list(dict.fromkeys(args["regions"]))
        if not regions:
            raise ValueError(f"the certificate for {args['domain']} is for no region; give one in regions")
        if len(args["domain"]) > LONGEST_NAME:
            raise ValueError(
                f"ACM makes no certificate for {args['domain']}, which has more than {LONGEST_NAME} characters"
            )
        others = [other for other in args.get("alternative_names", ()) if other != args["domain"]]
        super().__init__("Certificate", name, args, opts)

        certificates = {
            region: aws.acm.Certificate(
                f"{name}-{region}",
                region=region,
                domain_name=args["domain"],
                subject_alternative_names=others or None,
                validation_method="DNS",
                key_algorithm=algorithm,
                options=aws.acm.CertificateOptionsArgs(certificate_transparency_logging_preference="ENABLED"),
                opts=self.child(),
            )
            for region in regions
        }
        wanted = certificates[regions[0]].domain_validation_options
        # A wildcard is proved by the record of the name below it.
        domains = list(dict.fromkeys(host.removeprefix("*.") for host in (args["domain"], *others)))
        proofs = {domain: _proof(wanted, domain) for domain in domains}
        records = [
            record(
                f"{name}-proof-{number}",
                args["zone"],
                Record(
                    type="CNAME",
                    host=proof[0],
                    value=proof[1],
                    comment=f"Proves to AWS that {domain} is ours; renews its certificate",
                ),
                self.child(),
            )
            for number, (domain, proof) in enumerate(proofs.items(), 1)
        ]
        self._arns = {
            region: aws.acm.CertificateValidation(
                f"{name}-{region}",
                region=region,
                certificate_arn=certificate.arn,
                validation_record_fqdns=[proof[0] for proof in proofs.values()],
                opts=self.child(depends_on=records),
            ).certificate_arn
            for region, certificate in certificates.items()
        }
        self.arn = self._arns[regions[0]]
        self.arns = pulumi.Output.all(**self._arns)
        self.register()

    def arn_in(self, region: str) -> pulumi.Output[str]:
        """ARN of the valid certificate in `region`; ValueError when it was not asked for there."""
        if region not in self._arns:
            raise ValueError(
                f"the certificate is not in {region}; it is in {', '.join(self._arns)}: add it to regions"
            )
        return self._arns[region]


def _proof(
    wanted: pulumi.Output[Sequence["aws.acm.outputs.CertificateDomainValidationOption"]], domain: str
) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
    """Name and value of the record for `domain`, without the final dots that DNS services drop."""

    def pick(options: Sequence["aws.acm.outputs.CertificateDomainValidationOption"]) -> tuple[str, str]:
        for option in options:
            if (option.domain_name or "").removeprefix("*.") == domain:
                return (option.resource_record_name or "").rstrip("."), (
                    option.resource_record_value or ""
                ).rstrip(".")
        raise pulumi.RunError(f"AWS gave no validation record for {domain}")

    pair = wanted.apply(pick)
    return pair[0], pair[1]
