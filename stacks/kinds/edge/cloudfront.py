"""CloudFront before the app."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from stacks.judging import Finding, rule
from stacks.kinds.dns import DnsKind
from stacks.kinds.edge import EdgeKind
from stacks.kinds.runtime import RuntimeKind
from stacks.problems import Problem

if TYPE_CHECKING:
    from components.edge.certificate import Certificate
    from components.values import Endpoint
    from stacks.kinds.context import Context

REGION = "us-east-1"
"""The only region whose certificates CloudFront takes."""
SECRET = "origin"  # noqa: S105 - its name


class CloudFrontEdge(EdgeKind):
    """CloudFront before the app: nothing cached, all headers and methods passed.

    The balancer answers what comes through this distribution alone, by a secret header that is generated.
    """

    needs_region: ClassVar = True
    is_cdn: ClassVar = True
    headers: ClassVar = ("Strict-Transport-Security", "X-Content-Type-Options")
    certificate_regions: ClassVar = (REGION,)
    generates: ClassVar = (SECRET,)

    kind: Literal["cloudfront"]
    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"] = "PriceClass_200"
    """Which of CloudFront's locations serve the chat."""

    def aws_services(self) -> Mapping[str, str]:
        """CloudFront itself."""
        return {"kind": "cloudfront"}

    def make(
        self,
        context: "Context",
        origin: "Endpoint",
        certificate: "Certificate | None",
        *,
        log_days: int,
        waf: bool,
    ) -> "Endpoint":
        """Make the distribution."""
        from components.edge.app_cdn import AppCdn

        if certificate is None:
            raise ValueError("CloudFront needs a certificate")
        return AppCdn(
            "cdn",
            {
                "host": context.spec.parts.chat.host,
                "certificate_arn": certificate.arn_in(REGION),
                "origin_host": origin.host,
                "origin_proxies": origin.trusted_proxies,
                "origin_secret": context.generated(SECRET),
                "price_class": self.price_class,
                "log_retention_days": log_days,
                "waf": waf,
            },
            context.opts,
        ).endpoint


@rule("CloudFront can stand before the app")
def _before(edge: CloudFrontEdge, runtime: RuntimeKind, dns: DnsKind | None) -> Iterator[Finding]:
    if not runtime.takes_cdn:
        yield Problem(
            "rocketchat:edge.kind",
            f"CloudFront cannot stand before runtime {runtime.kind}",
            remedy="leave `edge` out",
        )
    if dns is not None and dns.proxied:
        yield Problem(
            "rocketchat:dns.proxied",
            "CloudFront before the app (edge.kind) and Cloudflare's proxy contradict each other: one is enough",
            remedy="set `proxied: false`, or edge to `{kind: direct}`",
        )
