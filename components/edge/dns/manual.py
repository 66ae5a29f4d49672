"""Records that somebody makes by hand, in a zone that this program does not write."""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import NotRequired, TypedDict

import pulumi

from components.base import Component
from components.edge.dns import Record, no_proxy
from components.values import DnsZone

SERVICE = "another place"


class ManualRecordArgs(TypedDict):
    name: pulumi.Input[str]
    """The full name: `chat.lovia.life`."""
    type: pulumi.Input[str]
    """Such as `CNAME`."""
    value: pulumi.Input[str]
    """The target, or the bare text of a TXT record."""
    purpose: pulumi.Input[str]
    """What it is for."""
    priority: NotRequired[pulumi.Input[int]]
    """Of an MX record."""


_WANTED: ContextVar[list[ManualRecordArgs] | None] = ContextVar("wanted", default=None)


def collect() -> list[ManualRecordArgs]:
    """Return a list in which each record stands that is asked for from now on in this deployment."""
    wanted: list[ManualRecordArgs] = []
    _WANTED.set(wanted)
    return wanted


def make(name: str, zone: DnsZone, said: Record, opts: pulumi.ResourceOptions) -> pulumi.Resource:
    """Tell which record is to be made, as soon as that is known: a deployment may wait for it."""
    no_proxy(zone, SERVICE, said)
    # A CNAME stands alone (RFC 1034, 3.6.2): at the top services have ALIAS, ANAME or "flattening" instead.
    kind = "ALIAS" if said.type == "CNAME" and said.host == zone["name"] else said.type
    args: ManualRecordArgs = {"name": said.host, "type": kind, "value": said.value, "purpose": said.comment}
    if said.priority is not None:
        args["priority"] = said.priority
    wanted = _WANTED.get()
    if wanted is not None:
        wanted.append(args)
    return ManualRecord(name, args, opts)


class ManualRecord(Component):
    """A DNS record that is wanted: nothing is made of it, and the state and the policy pack know of it."""

    offered = False

    def __init__(self, name: str, args: ManualRecordArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ManualRecord", name, args, opts)
        pulumi.Output.all(**args).apply(lambda known: pulumi.log.info(_told(known), self))
        self.register_outputs(dict(args))


def _told(known: Mapping[str, object]) -> str:
    words = (known["name"], known["type"], known.get("priority"), known["value"])
    said = " ".join(str(one) for one in words if one is not None)
    return f"DNS record, made by hand: {said} ({known['purpose']})"
