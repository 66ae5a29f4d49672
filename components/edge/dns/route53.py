"""Records at Amazon Route 53, which keeps no comments."""

import pulumi
import pulumi_aws as aws

from components.edge.dns import no_alias_at_top, no_proxy, strings
from components.values import DnsZone

SERVICE = "Route 53"


def record(
    name: str,
    zone: DnsZone,
    *,
    type: str,  # noqa: A002 - the field's own word
    host: pulumi.Input[str],
    value: pulumi.Input[str],
    comment: str,  # noqa: ARG001 - asked of every service
    opts: pulumi.ResourceOptions,
    ttl: int,
    priority: int | None,
    proxied: bool,
) -> pulumi.Resource:
    """Make one record."""
    no_proxy(zone, SERVICE, proxied=proxied)
    no_alias_at_top(zone, SERVICE, type, host)
    if type == "TXT":
        # The provider adds the outer quotes.
        value = pulumi.Output.from_input(value).apply(lambda text: '""'.join(strings(text)))
    elif type == "MX":
        value = pulumi.Output.concat(str(priority or 0), " ", value)
    return aws.route53.Record(
        name, zone_id=zone["id"], type=type, name=host, records=[value], ttl=ttl, opts=opts
    )


def pointer(
    name: str,
    zone: DnsZone,
    *,
    host: str,
    target: pulumi.Input[str],
    target_zone_id: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
    proxied: bool,
) -> None:
    """Make an alias record for IPv4, and one for IPv6."""
    no_proxy(zone, SERVICE, proxied=proxied)
    for type_, logical in (("A", name), ("AAAA", f"{name}-ipv6")):
        aws.route53.Record(
            logical,
            zone_id=zone["id"],
            type=type_,
            name=host,
            aliases=[
                # Health of a target is the balancer's own business; there is no second target to go to.
                aws.route53.RecordAliasArgs(name=target, zone_id=target_zone_id, evaluate_target_health=False)
            ],
            opts=opts,
        )
