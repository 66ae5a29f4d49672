"""Lightsail, and hosts that are enrolled in Systems Manager."""

import base64
import re
from typing import Any

from rehearsal.standins.aws.common import BASE36
from rehearsal.standins.aws.network import public_address
from rehearsal.standins.table import CREATED, Ask, Autoname, Compute, Lookup, Standin, always, given, names

MOST_USER_DATA = 16384
_PROTOCOLS = names("tcp all udp icmp icmpv6")
_KEY = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+) [A-Za-z0-9+/]+={0,2}( .*)?\n?")


def lightsail_arn(kind: str) -> Compute:
    """An ARN with a UUID, as Lightsail makes them."""
    return lambda ask: ask.arn("lightsail", f"{kind}/{ask.uuid('arn')}")


def _support_code(ask: Ask) -> str:
    return f"{ask.number(10**12, 'support'):012d}/{ask.name}"


def bad_public_key(ask: Ask) -> list[str]:
    """What is no public key of SSH."""
    key = ask["publicKey"]
    return [] if key is None or _KEY.fullmatch(key) else ["publicKey is no SSH public key"]


def _instance(ask: Ask) -> list[str]:
    found = []
    text = ask["userData"]
    if text is not None and len(text.encode()) > MOST_USER_DATA:
        found.append(f"userData has {len(text.encode())} bytes; {MOST_USER_DATA} are allowed")
    if not re.fullmatch(re.escape(ask.region) + "[a-z]", str(ask["availabilityZone"])):
        found.append(f"availabilityZone {ask['availabilityZone']!r} is not in the region {ask.region}")
    add_on = ask["addOn"] or {}
    hour = add_on.get("snapshotTime")
    if hour is not None and not re.fullmatch(r"([01]\d|2[0-3]):00", hour):
        found.append(f"addOn.snapshotTime {hour!r} must be a full hour, HH:00")
    if add_on and add_on.get("type") not in {"AutoSnapshot", "StopInstanceOnIdle"}:
        found.append(f"addOn.type {add_on.get('type')!r} must be AutoSnapshot or StopInstanceOnIdle")
    if add_on and add_on.get("status") not in {"Enabled", "Disabled"}:
        found.append(f"addOn.status {add_on.get('status')!r} must be Enabled or Disabled")
    return found


def _ports(ask: Ask) -> list[str]:
    found = []
    for at, port in enumerate(ask["portInfos"] or []):
        if port["protocol"] not in _PROTOCOLS:
            found.append(
                f"portInfos[{at}].protocol {port['protocol']!r} must be one of {', '.join(sorted(_PROTOCOLS))}"
            )
        found.extend(
            f"portInfos[{at}].{end} {port[end]} is no port"
            for end in ("fromPort", "toPort")
            if not -1 <= port[end] <= 65535
        )
    return found


def _open_ports(ask: Ask) -> list[dict[str, Any]]:
    """Without any addresses a port is open to all of them."""
    world = {"cidrs": ["0.0.0.0/0"], "ipv6Cidrs": ["::/0"]}
    return [
        port if port.keys() & {"cidrs", "ipv6Cidrs", "cidrListAliases"} else {**port, **world}
        for port in ask["portInfos"]
    ]


TYPES: dict[str, Standin] = {
    "aws:lightsail/instance:Instance": Standin(
        what="host",
        id=lambda ask: str(ask["name"]),
        computed={
            "arn": lightsail_arn("Instance"),
            "cpuCount": always(2),
            "createdAt": always(CREATED),
            "ipAddressType": given("ipAddressType", "dualstack"),
            "ipv6Addresses": lambda ask: [f"2001:db8:{ask.hex(4, 'v6a')}::{ask.hex(4, 'v6b')}"],
            "isStaticIp": always(False),
            "privateIpAddress": lambda ask: (
                f"172.26.{ask.number(16, 'third')}.{4 + ask.number(250, 'fourth')}"
            ),
            "publicIpAddress": public_address,
            "ramSize": always(4.0),
            "username": always("ubuntu"),
        },
        autoname=Autoname(),
        replaces=names("availabilityZone blueprintId bundleId keyPairName name region userData"),
        refuses=_instance,
    ),
    "aws:lightsail/instancePublicPorts:InstancePublicPorts": Standin(
        what="open ports of the host",
        id=lambda ask: f"{ask['instanceName']}-{ask.number(2**32)}",
        computed={"portInfos": _open_ports},
        # Of the set's members these are filled in (instance_public_ports.go).
        filled={"portInfos": names("cidrs ipv6Cidrs")},
        replaces=names("instanceName portInfos region"),
        refuses=_ports,
    ),
    "aws:lightsail/staticIp:StaticIp": Standin(
        what="fixed public address",
        id=lambda ask: str(ask["name"]),
        computed={
            "arn": lightsail_arn("StaticIp"),
            "ipAddress": public_address,
            "supportCode": _support_code,
        },
        autoname=Autoname(),
        replaces=names("name region"),
    ),
    "aws:lightsail/staticIpAttachment:StaticIpAttachment": Standin(
        what="address of the host",
        id=lambda ask: str(ask["staticIpName"]),
        computed={"ipAddress": public_address},
        replaces=names("instanceName region staticIpName"),
    ),
    "aws:lightsail/disk:Disk": Standin(
        what="data disk",
        id=lambda ask: str(ask["name"]),
        computed={"arn": lightsail_arn("Disk"), "createdAt": always(CREATED), "supportCode": _support_code},
        autoname=Autoname(),
        replaces=names("availabilityZone name region sizeInGb"),
        refuses=lambda ask: [] if ask["sizeInGb"] >= 8 else ["sizeInGb must be at least 8"],
    ),
    "aws:lightsail/disk_attachment:Disk_attachment": Standin(
        what="data disk of the host",
        id=lambda ask: f"{ask['diskName']},{ask['instanceName']}",
        replaces=names("diskName diskPath instanceName region"),
    ),
    "aws:lightsail/keyPair:KeyPair": Standin(
        what="SSH key of the host",
        id=lambda ask: str(ask["name"]),
        computed={
            "arn": lightsail_arn("KeyPair"),
            "fingerprint": lambda ask: ":".join(
                base64.b16encode(bytes.fromhex(ask.hex(40))).decode().lower()[at : at + 2]
                for at in range(0, 40, 2)
            ),
        },
        absent=names("encryptedFingerprint encryptedPrivateKey privateKey"),
        autoname=Autoname(),
        replaces=names("name namePrefix pgpKey publicKey region"),
        refuses=bad_public_key,
    ),
    "aws:ssm/activation:Activation": Standin(
        what="enrolment of one host",
        id=lambda ask: ask.uuid(),
        computed={
            "activationCode": lambda ask: ask.letters(20, BASE36, "code"),
            "expirationDate": given("expirationDate", CREATED),
            "expired": always(False),
            "registrationCount": always(0),
            "registrationLimit": given("registrationLimit", 1),
        },
        replaces=names("description expirationDate iamRole name region registrationLimit tags"),
    ),
}

LOOKUPS: dict[str, Lookup] = {}
