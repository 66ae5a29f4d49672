"""DigitalOcean: droplets and what belongs to them."""

import re
from collections.abc import Mapping
from typing import Any

from rehearsal.standins.aws.hosts import bad_public_key
from rehearsal.standins.aws.network import public_address
from rehearsal.standins.table import CREATED, Ask, Autoname, Lookup, Standin, always, given, names

MOST_USER_DATA = 65536
_SIZES = {"1gb": 1024, "2gb": 2048, "4gb": 4096, "8gb": 8192, "16gb": 16384}
_ICMP = "icmp"


def _number(ask: Ask) -> str:
    return str(400_000_000 + ask.number(100_000_000, "id"))


def _memory(ask: Ask) -> int:
    return _SIZES.get(str(ask["size"]).rpartition("-")[2], 2048)


def _droplet(ask: Ask) -> list[str]:
    text = ask["userData"]
    if text is not None and len(text.encode()) > MOST_USER_DATA:
        return [f"userData has {len(text.encode())} bytes; {MOST_USER_DATA} are allowed"]
    return [
        f"tag {tag!r} may have letters, digits, :, - and _"
        for tag in ask["tags"] or []
        if not re.fullmatch(r"[\w:-]{1,255}", tag)
    ]


def _volume(ask: Ask) -> list[str]:
    name = str(ask["name"])
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,63}", name):
        return [f"name {name!r} must begin with a letter and have lower-case letters, digits and hyphens"]
    return []


def _firewall(ask: Ask) -> list[str]:
    found = []
    for direction in ("inboundRules", "outboundRules"):
        for at, rule in enumerate(ask[direction] or []):
            where, ports = f"{direction}[{at}]", rule.get("portRange")
            if rule["protocol"] not in {"tcp", "udp", _ICMP}:
                found.append(f"{where}.protocol {rule['protocol']!r} must be tcp, udp or icmp")
            if rule["protocol"] != _ICMP and not ports:
                found.append(f"{where}.portRange is needed for {rule['protocol']}")
            found.extend(
                f"{where}.portRange {ports} is no range of ports"
                for port in str(ports or "1").split("-")
                if port != "all" and not (port.isdecimal() and 1 <= int(port) <= 65535)
            )
    return found


def _project(ask: Ask) -> list[str]:
    """Of the API's description (openapi, `project_base`): the environment is one of three words, not none."""
    words = ("Development", "Staging", "Production")
    return (
        []
        if ask["environment"] in words
        else [f"environment {ask['environment'] or ''!r} must be one of {', '.join(words)}"]
    )


def _volume_stays(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    old, new = before.get("size"), after.get("size")
    return [f"a volume cannot shrink from {old:g} to {new:g} GB"] if old and new and new < old else []


TYPES: dict[str, Standin] = {
    "digitalocean:index/droplet:Droplet": Standin(
        what="host",
        id=_number,
        computed={
            "createdAt": always(CREATED),
            "disk": lambda ask: _memory(ask) // 1024 * 25,
            "dropletUrn": lambda ask: f"do:droplet:{ask.id}",
            "ipv4Address": public_address,
            "ipv4AddressPrivate": lambda ask: (
                f"10.130.{ask.number(255, 'third')}.{2 + ask.number(250, 'fourth')}"
            ),
            "ipv6Address": given("ipv6Address", ""),
            "locked": always(False),
            "memory": _memory,
            "priceHourly": always(0.01786),
            "priceMonthly": always(12.0),
            "privateNetworking": given("privateNetworking", otherwise=True),
            "status": always("active"),
            "vcpus": always(1),
            "volumeIds": given("volumeIds", lambda _ask: []),
        },
        autoname=Autoname(),
        replaces=names(
            "dropletAgent gpuPartitionMode image monitoring publicNetworking region sshKeys userData vpcUuid"
        ),
        refuses=_droplet,
    ),
    "digitalocean:index/volume:Volume": Standin(
        what="data volume",
        id=lambda ask: ask.uuid(),
        computed={
            "dropletIds": lambda _ask: [],
            "filesystemLabel": always(""),
            "filesystemType": given("filesystemType", ""),
            "volumeUrn": lambda ask: f"do:volume:{ask.id}",
        },
        autoname=Autoname(limit=64, lower=True),
        replaces=names(
            "description filesystemType initialFilesystemLabel initialFilesystemType name region snapshotId"
        ),
        refuses=_volume,
        stays=_volume_stays,
    ),
    "digitalocean:index/volumeAttachment:VolumeAttachment": Standin(
        what="data volume of the host",
        id=lambda ask: f"{ask['dropletId']}-{ask['volumeId']}",
        replaces=names("dropletId volumeId"),
    ),
    "digitalocean:index/firewall:Firewall": Standin(
        what="open ports of the host",
        id=lambda ask: ask.uuid(),
        computed={
            "createdAt": always(CREATED),
            "pendingChanges": lambda _ask: [],
            "status": always("succeeded"),
        },
        autoname=Autoname(),
        refuses=_firewall,
    ),
    "digitalocean:index/reservedIp:ReservedIp": Standin(
        what="fixed public address",
        id=public_address,
        computed={
            "ipAddress": lambda ask: ask.id,
            "reservedIpUrn": lambda ask: f"do:reservedip:{ask.id}",
        },
        replaces=names("region"),
    ),
    "digitalocean:index/reservedIpAssignment:ReservedIpAssignment": Standin(
        what="address of the host",
        id=lambda ask: f"{ask['dropletId']}-{ask['ipAddress']}-{ask.hex(8)}",
        replaces=names("dropletId ipAddress"),
    ),
    "digitalocean:index/sshKey:SshKey": Standin(
        what="SSH key of the host",
        id=_number,
        computed={
            "fingerprint": lambda ask: ":".join(ask.hex(32, "key")[at : at + 2] for at in range(0, 32, 2))
        },
        autoname=Autoname(),
        replaces=names("publicKey"),
        refuses=bad_public_key,
    ),
    "digitalocean:index/vpc:Vpc": Standin(
        what="private network",
        id=lambda ask: ask.uuid(),
        computed={
            "createdAt": always(CREATED),
            "default": always(False),
            "ipRange": given("ipRange", lambda ask: f"10.{104 + ask.number(20, 'range')}.0.0/20"),
            "vpcUrn": lambda ask: f"do:vpc:{ask.id}",
        },
        autoname=Autoname(),
        replaces=names("ipRange region"),
    ),
    "digitalocean:index/project:Project": Standin(
        what="what belongs together",
        id=lambda ask: ask.uuid(),
        computed={
            "createdAt": always(CREATED),
            "isDefault": given("isDefault", otherwise=False),
            "ownerId": always(1),
            "ownerUuid": lambda ask: ask.uuid("owner"),
            "purpose": given("purpose", "Web Application"),
            "updatedAt": always(CREATED),
        },
        autoname=Autoname(limit=175),
        refuses=_project,
    ),
}

LOOKUPS: dict[str, Lookup] = {}
