"""The first screen of a plan: what is deployed, where, for whom, what it costs, what is public, and the verdict."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import clouds
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
        record = clouds.find(resource.type)
        for what in record.opens(resource.inputs) if record is not None and record.opens is not None else ():
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
