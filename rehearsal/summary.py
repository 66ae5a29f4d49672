"""The first screen of a plan: what is deployed, where, for whom, what it costs, what is public, and the verdict."""

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clouds.kubernetes import network
from rehearsal.plan import Plan, PlannedResource
from stacks.language import ChatSpec
from stacks.spec import Parts
from stacks.words import count, plural

SHOWN_PARTS = ("database", "media", "mail", "dns", "edge", "login", "push")
"""Parts of a stack file whose kind says where something is."""
DEFAULT_KINDS = frozenset({"direct", "none"})
"""Kinds that mean: there is no such thing."""


def rows(spec: ChatSpec, plan: Plan) -> list[tuple[str, str]]:
    """Return what matters of a plan, each line with its title."""
    parts, chat = spec.parts, spec.parts.chat
    made = [resource for resource in plan.resources if resource.custom]
    components = len(plan.resources) - len(made) - 1
    secret = sum(bool(resource.secret_paths) for resource in made)
    region = getattr(parts.runtime, "region", None) or (spec.region if parts.runtime.needs_region else None)
    return [
        ("address", str(plan.outputs.get("url", f"https://{chat.host}"))),
        ("product", f"Rocket.Chat {spec.release.version}, for {chat.users} users, profile {chat.profile}"),
        ("runs on", f"{parts.runtime.kind} in {region}" if region else parts.runtime.kind),
        ("with", ", ".join(_kinds(parts))),
        ("public", ", ".join(public(plan)) or "nothing"),
        (
            "resources",
            f"{count(len(made), 'resource')} in {count(components, 'component')}; {secret} with secrets",
        ),
    ]


def _kinds(parts: Parts) -> Iterator[str]:
    for name in SHOWN_PARTS:
        part = getattr(parts, name)
        for one in part if isinstance(part, list) else [part]:
            if one is not None and one.kind not in DEFAULT_KINDS:
                yield f"{name} {one.kind}"


# ----------------------------------------------------------------------------------------- what is public


@dataclass(frozen=True)
class Opening:
    """Something that the whole internet can reach."""

    resource: PlannedResource
    component: str
    what: str
    """A port, a range of ports, or words."""


def openings(plan: Plan) -> Iterator[Opening]:
    """Give what the whole internet can reach, resource by resource."""
    for resource in plan.resources:
        read = _OPEN.get(resource.type)
        for what in read(resource.inputs) if read is not None else ():
            yield Opening(resource, _component(plan, resource), what)


def public(plan: Plan) -> list[str]:
    """Return what the whole internet can reach, such as `port 443 (balancer)`, without repetition."""
    found: dict[str, dict[str, None]] = {}
    for one in openings(plan):
        found.setdefault(one.component, {})[one.what] = None
    return [f"{_listed(list(what))} of {component}" for component, what in sorted(found.items())]


_PORT = re.compile(r"[0-9]+(-[0-9]+)?")


def _listed(what: Sequence[str]) -> str:
    ports = [one for one in what if _PORT.fullmatch(one)]
    told = [f"{plural('port', len(ports))} {' and '.join(ports)}"] if ports else []
    return ", ".join([*told, *(one for one in what if one not in ports)])


def _component(plan: Plan, resource: PlannedResource) -> str:
    by_urn = {one.urn: one for one in plan.resources}
    parent = by_urn.get(resource.parent)
    return parent.name if parent is not None and parent is not plan.root else resource.name


def _world(ranges: Any) -> bool:
    """Whether these ranges are the whole internet."""
    given = ranges if isinstance(ranges, list) else [ranges]
    return any(isinstance(one, str) and "/" in one and _prefix(one) == 0 for one in given)


def _prefix(text: str) -> int | None:
    try:
        return ipaddress.ip_network(text, strict=False).prefixlen
    except ValueError:
        return None


def _ports(first: Any, last: Any) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _rule(inputs: Mapping[str, Any]) -> Iterator[str]:
    if _world(inputs.get("cidrIpv4")) or _world(inputs.get("cidrIpv6")):
        yield _ports(inputs.get("fromPort"), inputs.get("toPort"))


def _lightsail(inputs: Mapping[str, Any]) -> Iterator[str]:
    for one in inputs.get("portInfos") or ():
        if _world(one.get("cidrs")) or _world(one.get("ipv6Cidrs")) or not one.get("cidrs"):
            yield _ports(one.get("fromPort"), one.get("toPort"))


def _droplet(inputs: Mapping[str, Any]) -> Iterator[str]:
    for one in inputs.get("inboundRules") or ():
        if _world(one.get("sourceAddresses")):
            yield str(one.get("portRange"))


def _gateway(inputs: Mapping[str, Any]) -> Iterator[str]:
    for one in (inputs.get("spec") or {}).get("listeners") or ():
        yield str(one.get("port"))


def _route(inputs: Mapping[str, Any]) -> Iterator[str]:
    if network.is_at_an_existing_gateway(inputs):
        yield "443"


def _service(inputs: Mapping[str, Any]) -> Iterator[str]:
    spec = inputs.get("spec") or {}
    if spec.get("type") == "LoadBalancer":
        for one in spec.get("ports") or ():
            yield str(one.get("port"))


def _chart(inputs: Mapping[str, Any]) -> Iterator[str]:
    ingress = (inputs.get("values") or {}).get("ingress")
    if isinstance(ingress, Mapping) and ingress.get("enabled"):
        yield "80"
        yield "443"


def _cdn(inputs: Mapping[str, Any]) -> Iterator[str]:
    yield f"the CDN {', '.join(inputs.get('aliases') or ())}".rstrip()


_OPEN: Mapping[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "aws:cloudfront/distribution:Distribution": _cdn,
    "aws:lightsail/instancePublicPorts:InstancePublicPorts": _lightsail,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _rule,
    "digitalocean:index/firewall:Firewall": _droplet,
    "kubernetes:core/v1:Service": _service,
    "kubernetes:gateway.networking.k8s.io/v1:Gateway": _gateway,
    "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute": _route,
    "kubernetes:helm.sh/v3:Release": _chart,
    "kubernetes:networking.k8s.io/v1:Ingress": lambda _: iter(("80", "443")),
}
"""What opens something, by the resource's type."""
