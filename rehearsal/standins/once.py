"""What a cloud has only once, and what it does not give up while something else needs it.

A name that is taken, an address that serves another gateway, a firewall that a load balancer still has: the plan
shows none of these, the cloud refuses them in the middle of a deployment. Each row has the error that the cloud
answers with; AWS's are of its API models (tests look for them there), but for EC2, whose are on the page "Error
codes for the Amazon EC2 API".
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

import clouds
from clouds.ask import Existing
from clouds.record import Overwritten, Refuses, Scope, Use


@dataclass(frozen=True)
class Claim:
    """One value that a thing holds; `key` is the same for whoever would hold it too."""

    key: tuple[object, ...]
    what: str
    error: str
    shared: bool = False
    """May be held by several that all share it: addresses of one name, but no alias beside them."""


_DNS = frozenset({"cloudflare:index/dnsRecord:DnsRecord", "aws:route53/record:Record"})
_ADDRESSES = frozenset({"A", "AAAA"})


def claims(one: Existing) -> Iterator[Claim]:
    """Give all that a thing holds alone."""
    record = clouds.find(one.type)
    own = record.identity(one) if record is not None else one.id
    if own is not None:
        yield Claim((one.type, "itself", _region(one), own), one.id, "exists already")
    for once in record.refuses.once if record is not None and isinstance(record.refuses, Refuses) else ():
        where = _region(one) if once.scope is Scope.REGION else once.scope.value
        for value in once.values(one):
            yield Claim((once.group or one.type, once.what, where, value), once.what, once.error)
    yield from _dns(one)
    yield from _texts(one)


def same(one: Existing, other: Existing) -> bool:
    """Whether the cloud takes two things of a type for the same one."""
    record = clouds.find(one.type)
    return record is not None and record.identity(one) == record.identity(other)


def overwrites(kind: str) -> bool:
    """Whether making one again overwrites what is there (a PUT) and is not refused."""
    record = clouds.find(kind)
    return record is not None and isinstance(record.again, Overwritten)


def import_id(one: Existing) -> str:
    """Return what an import of a thing takes."""
    record = clouds.find(one.type)
    return one.id if record is None else record.imported_by(one)


def _dns(one: Existing) -> Iterator[Claim]:
    """A CNAME stands alone: at Cloudflare without addresses, at Route 53 without any other record."""
    if one.type not in _DNS:
        return
    kind, cloudflare = one.inputs.get("type"), one.type.startswith("cloudflare:")
    if kind != "CNAME" and cloudflare and kind not in _ADDRESSES:
        return
    name = str(one.inputs.get("name")).rstrip(".").lower()
    error = "81053, 81054" if cloudflare else "InvalidChangeBatch"
    key = (one.type, "alias", one.inputs.get("zoneId"), name)
    yield Claim(key, f"a record of {name} beside a CNAME", error, shared=kind != "CNAME")


_ALONE = {"v=DMARC1": "RFC 7489, 6.6.3: two are none", "v=spf1": "RFC 7208, 4.5: two are an error"}


def _texts(one: Existing) -> Iterator[Claim]:
    """Texts of which a name has one, though a zone takes more: the cloud says nothing, and mail suffers."""
    if one.type not in _DNS or one.inputs.get("type") != "TXT":
        return
    name = str(one.inputs.get("name")).rstrip(".").lower()
    texts = one.inputs.get("records") or [one.inputs.get("content")]
    for begins, why in _ALONE.items():
        if any(str(text).strip('"').startswith(begins) for text in texts):
            yield Claim((begins, name), f"a text of {name} that begins with {begins}", why)


def _region(one: Existing) -> str:
    return str(one.inputs.get("region") or one.region)


_NETWORK = "DependencyViolation"
_GATEWAY = "aws:ec2/internetGateway:InternetGateway"
_OF_NETWORK = {
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/subnet:Subnet",
    "aws:lb/loadBalancer:LoadBalancer",
}


def _uses(kind: str) -> tuple[Use, ...]:
    record = clouds.find(kind)
    return record.refuses.used_by if record is not None and isinstance(record.refuses, Refuses) else ()


def users(kind: str) -> set[str]:
    """Return the types of which something may keep one of this type in its place."""
    return {use.type for use in _uses(kind)} | (_OF_NETWORK if kind == _GATEWAY else set())


def in_use(one: Existing, others: Iterable[Existing]) -> Iterator[tuple[Existing, str]]:
    """Give what keeps a thing from being deleted, with the cloud's error."""
    uses = _uses(one.type)
    known = {one.id, one.outputs.get("arn")} - {None}
    if one.type.startswith("aws:iam/") or one.type.startswith("aws:ecs/cluster:"):
        known.add(one.inputs.get("name"))
    for other in others:
        for use in uses:
            if other.type == use.type and known & set(_at(other.inputs, use.path.split("."))):
                yield other, use.error
    if one.type == _GATEWAY:
        for other in _through(one, others):
            yield other, _NETWORK


def moved(before: Existing, after: Existing, others: Iterable[Existing]) -> Iterator[tuple[Existing, str]]:
    """Give what keeps an internet gateway from being taken off its network (DetachInternetGateway)."""
    if before.type == _GATEWAY and before.inputs.get("vpcId") != after.inputs.get("vpcId"):
        for other in _through(before, others):
            yield other, _NETWORK


def _through(gateway: Existing, others: Iterable[Existing]) -> Iterator[Existing]:
    """Give what has public addresses in the gateway's network: NAT gateways and public balancers."""
    everything = list(others)
    subnets = {
        other.id
        for other in everything
        if other.type == "aws:ec2/subnet:Subnet" and other.inputs.get("vpcId") == gateway.inputs.get("vpcId")
    }
    for other in everything:
        if other.type == "aws:ec2/natGateway:NatGateway":
            within = {other.inputs.get("subnetId")}
        elif other.type == "aws:lb/loadBalancer:LoadBalancer" and not other.inputs.get("internal"):
            within = set(other.inputs.get("subnets") or ())
        else:
            continue
        if subnets & within:
            yield other


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _at(one, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping):
        yield from _at(value.get(path[0]), path[1:])


def overlap(one: Existing, others: Iterable[Existing]) -> Existing | None:
    """Return the subnet of the same network whose addresses a new one would share (InvalidSubnet.Conflict)."""
    if one.type != "aws:ec2/subnet:Subnet" or not isinstance(one.inputs.get("cidrBlock"), str):
        return None
    block = IPv4Network(one.inputs["cidrBlock"])
    for other in others:
        if (
            other.type == one.type
            and other.inputs.get("vpcId") == one.inputs.get("vpcId")
            and isinstance(other.inputs.get("cidrBlock"), str)
            and block.overlaps(IPv4Network(other.inputs["cidrBlock"]))
        ):
            return other
    return None
