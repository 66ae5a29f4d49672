"""CloudFront before a private bucket."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.base import Component, one_of
from components.edge import dns
from components.edge.certificate import CLOUDFRONT_REGION, Certificate
from components.values import DnsZone

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
"""AWS's managed cache policy: no cookies, headers or query strings in the key; compressed answers.

Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
"""

PRICE_CLASSES = ("PriceClass_100", "PriceClass_200", "PriceClass_All")

TWO_YEARS = 63_072_000
"""Seconds."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
)
"""A page or a drawing that somebody stored may be looked at and does nothing."""


class MediaCdnArgs(TypedDict):
    """A public name for a part of the bucket."""

    host: str
    """Full name at which the CDN answers, such as `media-chat.lovia.life`."""
    zone: DnsZone
    """DNS zone in which that name and the certificate's records are made."""
    bucket_domain: pulumi.Input[str]
    """Regional domain name of the bucket."""
    origin: pulumi.Input[str]
    """Origin of the chat, such as `https://chat.lovia.life`: the only site that may read across origins."""
    price_class: NotRequired[str]
    """`PriceClass_100` (North America, Europe), `PriceClass_200` (and Asia; default) or `PriceClass_All`."""


class MediaCdn(Component):
    """A CloudFront distribution that alone may read the bucket, over TLS only.

    Produces: origin access control, response headers policy, certificate, distribution, and its CNAME.
    """

    offered = False

    distribution_arn: pulumi.Output[str]
    """ARN of the distribution; the bucket's policy lets it in."""
    domain_name: pulumi.Output[str]
    """CloudFront's own name of the distribution."""

    def __init__(self, name: str, args: MediaCdnArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        price_class = one_of(
            "the CDN's price class", args.get("price_class", "PriceClass_200"), PRICE_CLASSES
        )
        super().__init__("MediaCdn", name, args, opts)
        access = aws.cloudfront.OriginAccessControl(
            f"{name}-oac",
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            description=f"{args['host']} reads its bucket",
            opts=self.child(),
        )
        headers = self._headers(name, args["origin"])
        certificate = Certificate(
            f"{name}-cert",
            {"domain": args["host"], "regions": [CLOUDFRONT_REGION], "zone": args["zone"]},
            self.child(),
        )
        distribution = aws.cloudfront.Distribution(
            f"{name}-distribution",
            enabled=True,
            comment=f"Media of {args['host']}",
            aliases=[args["host"]],
            http_version="http2and3",
            is_ipv6_enabled=True,
            price_class=price_class,
            origins=[
                aws.cloudfront.DistributionOriginArgs(
                    origin_id="bucket",
                    domain_name=args["bucket_domain"],
                    origin_access_control_id=access.id,
                )
            ],
            default_cache_behavior=aws.cloudfront.DistributionDefaultCacheBehaviorArgs(
                target_origin_id="bucket",
                viewer_protocol_policy="redirect-to-https",
                allowed_methods=["GET", "HEAD"],
                cached_methods=["GET", "HEAD"],
                cache_policy_id=CACHING_OPTIMIZED,
                response_headers_policy_id=headers.id,
                compress=True,
            ),
            restrictions=aws.cloudfront.DistributionRestrictionsArgs(
                geo_restriction=aws.cloudfront.DistributionRestrictionsGeoRestrictionArgs(
                    restriction_type="none"
                )
            ),
            viewer_certificate=aws.cloudfront.DistributionViewerCertificateArgs(
                acm_certificate_arn=certificate.arn,
                ssl_support_method="sni-only",
                minimum_protocol_version="TLSv1.2_2021",
            ),
            opts=self.child(),
        )
        self.distribution_arn = distribution.arn
        self.domain_name = distribution.domain_name
        dns.pointer(
            f"{name}-cname",
            args["zone"],
            host=args["host"],
            target=self.domain_name,
            target_zone_id=distribution.hosted_zone_id,
            comment="CDN of the chat's media",
            opts=self.child(),
        )
        self.register()

    def _headers(self, name: str, origin: pulumi.Input[str]) -> "aws.cloudfront.ResponseHeadersPolicy":
        return aws.cloudfront.ResponseHeadersPolicy(
            f"{name}-headers",
            comment="Stored files cannot act as pages of this site",
            security_headers_config=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigArgs(
                content_type_options=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigContentTypeOptionsArgs(
                    override=True
                ),
                strict_transport_security=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurityArgs(
                    access_control_max_age_sec=TWO_YEARS, include_subdomains=True, override=True
                ),
                content_security_policy=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicyArgs(
                    content_security_policy=CONTENT_SECURITY_POLICY, override=True
                ),
                frame_options=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigFrameOptionsArgs(
                    frame_option="DENY", override=True
                ),
                referrer_policy=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigReferrerPolicyArgs(
                    referrer_policy="no-referrer", override=True
                ),
            ),
            cors_config=aws.cloudfront.ResponseHeadersPolicyCorsConfigArgs(
                access_control_allow_credentials=False,
                access_control_allow_headers=aws.cloudfront.ResponseHeadersPolicyCorsConfigAccessControlAllowHeadersArgs(
                    items=["Range"]
                ),
                access_control_allow_methods=aws.cloudfront.ResponseHeadersPolicyCorsConfigAccessControlAllowMethodsArgs(
                    items=["GET", "HEAD"]
                ),
                access_control_allow_origins=aws.cloudfront.ResponseHeadersPolicyCorsConfigAccessControlAllowOriginsArgs(
                    items=[origin]
                ),
                origin_override=True,
            ),
            opts=self.child(),
        )
