"""What the components hand to one another: small frozen values, never whole resources."""

from dataclasses import dataclass, field
from typing import NotRequired, TypedDict

import pulumi


class DnsZone(TypedDict):
    """A DNS zone in which records can be made."""

    kind: str
    """Who serves the zone: `cloudflare`, `route53` or `digitalocean`; `manual` where records are made by hand."""
    name: str
    """Name of the zone, such as `lovia.life`."""
    id: NotRequired[pulumi.Input[str]]
    """The provider's id of the zone; looked up by the caller."""


@dataclass(frozen=True)
class Egress:
    """Where the chat's connections to the database come from.

    `addresses` are fixed public IPv4 addresses without a prefix length; empty where none are fixed.
    """

    addresses: tuple[pulumi.Output[str], ...] = ()


@dataclass(frozen=True)
class NetworkPlace:
    """A network that the runtime can be put into."""

    vpc_id: pulumi.Output[str]
    public_subnet_ids: pulumi.Output[list[str]]
    task_subnet_ids: pulumi.Output[list[str]]
    """Subnets of the containers: private ones, or the public ones where there is no NAT."""
    app_security_group_id: pulumi.Output[str]
    """Security group of the containers; the runtime adds what may come in."""
    assign_public_ip: bool
    """Whether containers need a public address to reach the internet (no NAT)."""
    endpoints_security_group_id: pulumi.Output[str] | None = None
    """Security group of the interface endpoints, which lets the chat's containers in; None where there are none."""
    egress: Egress = field(default_factory=Egress)


@dataclass(frozen=True)
class BalancerPlace:
    """An HTTPS listener that host rules can be added to."""

    listener_arn: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    dns_name: pulumi.Output[str]
    zone_id: pulumi.Output[str]
    """Route 53's hosted-zone id of the balancer itself, for alias records."""
    arn: pulumi.Output[str]
    arn_suffix: pulumi.Output[str]
    """`app/<name>/<id>`, the dimension of CloudWatch metrics."""

    @property
    def endpoint(self) -> "Endpoint":
        """Where a name or a CDN must point: the balancer, which is the one proxy before the app."""
        return Endpoint(host=self.dns_name, zone_id=self.zone_id)


@dataclass(frozen=True)
class DatabaseAccess:
    """How the chat reaches MongoDB."""

    uri: pulumi.Output[str] = field(repr=False)
    """Connection URI (secret)."""
    backup_uri: pulumi.Output[str] | None = field(default=None, repr=False)
    """Connection URI of a user who may read only, for dumps (secret); None where there is none."""


@dataclass(frozen=True)
class MediaAccess:
    """How the chat reaches its bucket.

    Either the runtime has a role, and the media component grants it access, or `access_key_id` and
    `secret_access_key` are given (both secret).
    """

    bucket: pulumi.Output[str]
    region: pulumi.Output[str]
    endpoint: pulumi.Output[str] | None = None
    """URL of an S3-compatible service; None for AWS."""
    access_key_id: pulumi.Output[str] | None = field(default=None, repr=False)
    secret_access_key: pulumi.Output[str] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class MailAccess:
    """An SMTP submission service. User and password are secret outputs."""

    host: pulumi.Input[str]
    port: int
    domain: str
    """The domain that the From address must be in."""
    username: pulumi.Output[str] | None = field(default=None, repr=False)
    password: pulumi.Output[str] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class OriginHeader:
    """What requests carry that came through a CDN of one's own, so that its origin can tell them from others."""

    name: str
    value: pulumi.Output[str] = field(repr=False)
    """Known once the CDN sends it (secret)."""


@dataclass(frozen=True)
class Endpoint:
    """Where a name or a CDN must point."""

    host: pulumi.Output[str]
    """Host name (for a CNAME or a CDN's origin)."""
    zone_id: pulumi.Output[str] | None = None
    """Route 53's hosted-zone id of the target, for alias records."""
    trusted_proxies: int = 1
    """Proxies that stand before the app (`HTTP_FORWARDED_COUNT`)."""
    header: OriginHeader | None = None
    """What requests through it carry; None where there is no such thing."""
