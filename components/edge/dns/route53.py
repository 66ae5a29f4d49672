"""Records at Amazon Route 53, which keeps no comments."""

import pulumi
import pulumi_aws as aws

from components.edge.dns import Record, no_alias_at_top, no_proxy, strings
from components.values import DnsZone

SERVICE = "Route 53"

RECORD = "aws:route53/record:Record"
"""The type of what is made here."""


def make(name: str, zone: DnsZone, said: Record, opts: pulumi.ResourceOptions) -> aws.route53.Record:
    """Make one record."""
    no_proxy(zone, SERVICE, said)
    no_alias_at_top(zone, SERVICE, said)
    value = said.value
    if said.type == "TXT":
        # The provider adds the outer quotes.
        value = pulumi.Output.from_input(value).apply(lambda text: '""'.join(strings(text)))
    elif said.type == "MX":
        value = pulumi.Output.concat(str(said.priority or 0), " ", value)
    return aws.route53.Record(
        name, zone_id=zone["id"], type=said.type, name=said.host, records=[value], ttl=said.ttl, opts=opts
    )


def made_by(provider: pulumi.ProviderResource) -> pulumi.ResourceTransformation:
    """Return what has this provider make the records of a component, whose zone is in another account."""

    def transform(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if args.type_ != RECORD:
            return None
        opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(provider=provider))
        return pulumi.ResourceTransformationResult(args.props, opts)

    return transform


def alias(
    name: str, zone: DnsZone, said: Record, target_zone_id: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> None:
    """Make an alias record for IPv4, and one for IPv6."""
    no_proxy(zone, SERVICE, said)
    for type_, logical in (("A", name), ("AAAA", f"{name}-ipv6")):
        aws.route53.Record(
            logical,
            zone_id=zone["id"],
            type=type_,
            name=said.host,
            aliases=[
                # Health of a target is the balancer's own business; there is no second target to go to.
                aws.route53.RecordAliasArgs(
                    name=said.value, zone_id=target_zone_id, evaluate_target_health=False
                )
            ],
            opts=opts,
        )
