"""CloudFront before the chat."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.base import Component, one_of
from components.edge.balancer import HSTS_SECONDS, REQUESTS_PER_ADDRESS
from components.edge.certificate import CLOUDFRONT_REGION
from components.edge.firewall import Firewall
from components.media.cdn import PRICE_CLASSES
from components.names import AUTONAME_SUFFIX, bounded, slug
from components.values import Endpoint, OriginHeader

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
"""Managed cache policy CachingDisabled (CloudFront developer guide, "Use managed cache policies")."""

ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
"""Managed origin request policy AllViewer: every header, cookie and query string of the visitor.

Without `Authorization`, `X-Auth-Token`, `X-User-Id` and `Sec-WebSocket-*` logins and WebSockets fail. The
`Host` header passes too, so the origin shows the chat's own certificate.
"""

ORIGIN_TIMEOUT_SECONDS = 60
"""The longest that CloudFront waits for an answer without a raised quota (developer guide, "Quotas")."""

LOG_FIELDS = (
    "date",
    "time",
    "x-edge-location",
    "sc-bytes",
    "c-ip",
    "cs-method",
    "cs(Host)",
    "cs-uri-stem",
    "sc-status",
    "cs(User-Agent)",
    "x-edge-result-type",
    "x-edge-request-id",
    "cs-protocol",
    "cs-bytes",
    "time-taken",
    "ssl-protocol",
    "x-edge-detailed-result-type",
)
"""Fields of the access log. Cookies, query strings and referrers are left out: they hold credentials."""

ORIGIN_HEADER = "X-Origin-Secret"
"""Header that tells the origin that a request came through this distribution (CloudFront developer guide, "Restrict
access to Application Load Balancers"). CloudFront overwrites one of that name that a visitor sends."""

_ORIGIN = "chat"
_DELIVERY_NAME_LIMIT = 60
_VPC_ORIGIN_NAME_LIMIT = 64


class AppCdnArgs(TypedDict):
    host: str
    """Public name of the chat."""
    certificate_arn: pulumi.Input[str]
    """Certificate of that name in us-east-1."""
    origin_host: pulumi.Input[str]
    """Where the chat answers: the load balancer's own DNS name."""
    origin_proxies: int
    """Trusted proxies from the origin to the app, such as 1 for a load balancer."""
    origin_arn: NotRequired[pulumi.Input[str]]
    """ARN of an internal load balancer, reached inside its VPC through a VPC origin.

    The VPC needs an internet gateway, though no route to it; WebSockets pass since May 2026. Left out: the
    origin is reached over the internet.
    """
    origin_secret: NotRequired[pulumi.Input[str]]
    """What every request to the origin carries in the header `X-Origin-Secret` (secret), for an origin that answers
    nobody else; without it other people's distributions can use the origin."""
    price_class: NotRequired[str]
    """`PriceClass_100` (America and Europe), `PriceClass_200` (default: Asia too) or `PriceClass_All`."""
    log_retention_days: NotRequired[int]
    """Days that access logs are kept in CloudWatch Logs; no access logs when left out."""
    waf: NotRequired[bool]
    """Put a web application firewall on the distribution; default no. Its log needs `log_retention_days`."""


class AppCdn(Component):
    """A CloudFront distribution before the whole chat, that caches nothing and passes everything on.

    It brings visitors onto AWS's network near them, and HTTP/3. It does not compress: CloudFront compresses
    only what it may cache, and the chat compresses its own bundles.

    Produces: the distribution; a response headers policy (HSTS, nosniff); with `origin_arn` a VPC origin;
    with `log_retention_days` a log group and the delivery to it, with `waf` a Firewall, both in us-east-1.
    """

    distribution_id: pulumi.Output[str]
    """CloudFront's id of the distribution."""
    domain_name: pulumi.Output[str]
    """CloudFront's own name of the distribution, `d….cloudfront.net`."""
    hosted_zone_id: pulumi.Output[str]
    """Route 53's hosted-zone id of CloudFront, for alias records."""

    def __init__(self, name: str, args: AppCdnArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        price_class = one_of(
            "the CDN's price_class", args.get("price_class", "PriceClass_200"), PRICE_CLASSES
        )
        waf = args.get("waf", False)
        if waf and "log_retention_days" not in args:
            raise ValueError("the CDN's waf needs log_retention_days for its log")
        # A secret given in clear must not reach the state as an input of the component.
        safe: AppCdnArgs = args.copy()
        if "origin_secret" in args:
            safe["origin_secret"] = pulumi.Output.secret(args["origin_secret"])
        super().__init__("AppCdn", name, safe, opts)
        args = safe
        self._proxies = int(args["origin_proxies"])

        headers = aws.cloudfront.ResponseHeadersPolicy(
            f"{name}-headers",
            comment="HSTS and nosniff, where the chat does not set them itself",
            security_headers_config=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigArgs(
                strict_transport_security=(
                    aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurityArgs(
                        access_control_max_age_sec=HSTS_SECONDS, override=False
                    )
                ),
                content_type_options=(
                    aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigContentTypeOptionsArgs(
                        override=True
                    )
                ),
            ),
            opts=self.child(),
        )
        firewall = (
            Firewall(
                f"{name}-waf",
                {
                    "scope": "CLOUDFRONT",
                    "rate_limit": REQUESTS_PER_ADDRESS,
                    "log_retention_days": args["log_retention_days"],
                },
                self.child(),
            )
            if waf
            else None
        )
        distribution = aws.cloudfront.Distribution(
            f"{name}-distribution",
            enabled=True,
            comment=f"The chat at {args['host']}, nothing cached",
            aliases=[args["host"]],
            origins=[self._origin(name, args)],
            default_cache_behavior=aws.cloudfront.DistributionDefaultCacheBehaviorArgs(
                target_origin_id=_ORIGIN,
                viewer_protocol_policy="redirect-to-https",
                allowed_methods=["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
                cached_methods=["GET", "HEAD"],
                cache_policy_id=CACHING_DISABLED,
                origin_request_policy_id=ALL_VIEWER,
                response_headers_policy_id=headers.id,
            ),
            http_version="http2and3",
            is_ipv6_enabled=True,
            price_class=price_class,
            restrictions=aws.cloudfront.DistributionRestrictionsArgs(
                geo_restriction=aws.cloudfront.DistributionRestrictionsGeoRestrictionArgs(
                    restriction_type="none"
                )
            ),
            viewer_certificate=aws.cloudfront.DistributionViewerCertificateArgs(
                acm_certificate_arn=args["certificate_arn"],
                ssl_support_method="sni-only",
                minimum_protocol_version="TLSv1.2_2021",
            ),
            web_acl_id=firewall.arn if firewall else None,
            opts=self.child(),
        )
        if "log_retention_days" in args:
            self._logs(name, distribution, args["log_retention_days"])
        self._header = (
            # After the distribution, so that an origin does not ask for it before it is sent.
            OriginHeader(
                ORIGIN_HEADER,
                pulumi.Output.all(args["origin_secret"], distribution.id).apply(lambda known: str(known[0])),
            )
            if "origin_secret" in args
            else None
        )
        self.distribution_id = distribution.id
        self.domain_name = distribution.domain_name
        self.hosted_zone_id = distribution.hosted_zone_id
        self.register()

    @property
    def endpoint(self) -> Endpoint:
        """Where the chat's name must point now; one more trusted proxy than at the origin."""
        return Endpoint(
            host=self.domain_name,
            zone_id=self.hosted_zone_id,
            trusted_proxies=self._proxies + 1,
            header=self._header,
        )

    def _origin(self, name: str, args: AppCdnArgs) -> "aws.cloudfront.DistributionOriginArgs":
        headers = (
            [
                aws.cloudfront.DistributionOriginCustomHeaderArgs(
                    name=ORIGIN_HEADER, value=args["origin_secret"]
                )
            ]
            if "origin_secret" in args
            else None
        )
        if "origin_arn" not in args:
            return aws.cloudfront.DistributionOriginArgs(
                origin_id=_ORIGIN,
                domain_name=args["origin_host"],
                custom_headers=headers,
                custom_origin_config=aws.cloudfront.DistributionOriginCustomOriginConfigArgs(
                    http_port=80,
                    https_port=443,
                    origin_protocol_policy="https-only",
                    origin_ssl_protocols=["TLSv1.2"],
                    origin_read_timeout=ORIGIN_TIMEOUT_SECONDS,
                    origin_keepalive_timeout=ORIGIN_TIMEOUT_SECONDS,
                ),
            )
        inside = aws.cloudfront.VpcOrigin(
            f"{name}-origin",
            vpc_origin_endpoint_config=aws.cloudfront.VpcOriginVpcOriginEndpointConfigArgs(
                name=bounded(slug(args["host"]), _VPC_ORIGIN_NAME_LIMIT),
                arn=args["origin_arn"],
                http_port=80,
                https_port=443,
                origin_protocol_policy="https-only",
                origin_ssl_protocols=aws.cloudfront.VpcOriginVpcOriginEndpointConfigOriginSslProtocolsArgs(
                    items=["TLSv1.2"], quantity=1
                ),
            ),
            opts=self.child(),
        )
        return aws.cloudfront.DistributionOriginArgs(
            origin_id=_ORIGIN,
            domain_name=args["origin_host"],
            custom_headers=headers,
            vpc_origin_config=aws.cloudfront.DistributionOriginVpcOriginConfigArgs(
                vpc_origin_id=inside.id,
                origin_read_timeout=ORIGIN_TIMEOUT_SECONDS,
                origin_keepalive_timeout=ORIGIN_TIMEOUT_SECONDS,
            ),
        )

    def _logs(self, name: str, distribution: "aws.cloudfront.Distribution", retention_days: int) -> None:
        group = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            region=CLOUDFRONT_REGION,
            # Log services may write to groups of this name without a resource policy that grows too long.
            name_prefix=f"/aws/vendedlogs/cloudfront/{name}-",
            retention_in_days=retention_days,
            opts=self.child(),
        )
        role = bounded(f"{name}-logs", _DELIVERY_NAME_LIMIT - AUTONAME_SUFFIX)
        source = aws.cloudwatch.LogDeliverySource(
            role,
            region=CLOUDFRONT_REGION,
            log_type="ACCESS_LOGS",
            resource_arn=distribution.arn,
            opts=self.child(),
        )
        destination = aws.cloudwatch.LogDeliveryDestination(
            role,
            region=CLOUDFRONT_REGION,
            output_format="json",
            delivery_destination_configuration=(
                aws.cloudwatch.LogDeliveryDestinationDeliveryDestinationConfigurationArgs(
                    destination_resource_arn=group.arn
                )
            ),
            opts=self.child(),
        )
        aws.cloudwatch.LogDelivery(
            f"{name}-logs",
            region=CLOUDFRONT_REGION,
            delivery_source_name=source.name,
            delivery_destination_arn=destination.arn,
            record_fields=list(LOG_FIELDS),
            opts=self.child(),
        )
