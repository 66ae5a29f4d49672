"""Lightsail."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from clouds.ask import CREATED, Ask, names
from clouds.aws import charges
from clouds.aws.calls import create, listed, sent
from clouds.limits import between, cidr, formed
from clouds.made_up import bad_public_key, public_address
from clouds.openings import ports, world
from clouds.record import (
    AWAY,
    NO_DATA,
    NOT_IMPORTED,
    PUT_AGAIN,
    UNNOTICED,
    Answers,
    Autoname,
    Call,
    Data,
    Drawn,
    Felt,
    Named,
    Nothing,
    Once,
    Overwritten,
    Person,
    Refused,
    Refuses,
    Resource,
    Role,
    by,
    one_name,
    replaced_by,
)

MOST_USER_DATA = 16384


_PROTOCOLS = names("tcp all udp icmp icmpv6")


def lightsail_arn(kind: str) -> Callable[[Ask], str]:
    """An ARN with a UUID, as Lightsail makes them."""
    return lambda ask: ask.arn("lightsail", f"{kind}/{ask.uuid('arn')}")


def _support_code(ask: Ask) -> str:
    return f"{ask.number(10**12, 'support'):012d}/{ask.name}"


def _not_rsa(ask: Ask) -> list[str]:
    """Lightsail imports "a base64-encoded public key of the ssh-rsa type" only (API_ImportKeyPair)."""
    key = ask["publicKey"]
    return bad_public_key(ask) or (
        [] if key is None or str(key).startswith("ssh-rsa ") else ["publicKey is not of the type ssh-rsa"]
    )


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


INSTANCE = Resource(
    "aws:lightsail/instance:Instance",
    "host",
    answers=Answers(
        id="{name}",
        outputs={
            "arn": lightsail_arn("Instance"),
            "cpuCount": 2,
            "createdAt": CREATED,
            "ipv6Addresses": lambda ask: [f"2001:db8:{ask.hex(4, 'v6a')}::{ask.hex(4, 'v6b')}"],
            "isStaticIp": False,
            "privateIpAddress": lambda ask: (
                f"172.26.{ask.number(16, 'third')}.{4 + ask.number(250, 'fourth')}"
            ),
            "publicIpAddress": public_address,
            "ramSize": 4.0,
            "username": "ubuntu",
        },
        defaults={
            "ipAddressType": "dualstack",
            "keyPairName": "LightsailDefaultKeyPair",
        },
        autoname=Autoname(),
    ),
    requests=sent(
        create(
            "lightsail.CreateInstances",
            {
                "name": ("instanceNames", listed),
                "addOn": "addOns",
                "addOn.type": "addOnType",
                "addOn.snapshotTime": "autoSnapshotAddOnRequest.snapshotTimeOfDay",
            },
        ),
        local="addOn.status",
    ),
    refuses=Refuses(inputs=_instance, once=(one_name("instance", "InvalidInputException"),)),
    again=Refused(),
    replaced=replaced_by("availabilityZone blueprintId bundleId keyPairName name region userData"),
    import_id="{name}",
    found=Named(),
    data=NO_DATA,
    felt=Felt(gone=AWAY),
    costs=charges.instance,
    drawn=(Drawn(Role.CHAT, "Rocket.Chat", ("AWS {region}", "one host"), "Lightsail {bundleId}, with TLS"),),
)


def _open_to_world(inputs: Mapping[str, Any]) -> Iterator[str]:
    for one in inputs.get("portInfos") or ():
        if world(one.get("cidrs")) or world(one.get("ipv6Cidrs")) or not one.get("cidrs"):
            yield ports(one.get("fromPort"), one.get("toPort"))


INSTANCE_PUBLIC_PORTS = Resource(
    "aws:lightsail/instancePublicPorts:InstancePublicPorts",
    "open ports of the host",
    answers=Answers(
        id=lambda ask: f"{ask['instanceName']}-{ask.number(2**32)}",
        outputs={
            "portInfos": _open_ports,
        },
    ),
    requests=sent(create("lightsail.PutInstancePublicPorts")),
    refuses=Refuses(
        # Lightsail API, PortInfo.
        values={
            "portInfos.*.cidrs.*": cidr,
            "portInfos.*.ipv6Cidrs.*": cidr,
        },
        inputs=_ports,
    ),
    again=Overwritten(),
    replaced=replaced_by(
        "instanceName portInfos region",
        # Of the set's members these are filled in (instance_public_ports.go).
        filled={"portInfos": names("cidrs ipv6Cidrs")},
        one_at=names("instanceName"),
    ),
    import_id=NOT_IMPORTED,
    found=PUT_AGAIN,
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the host is charged"),
    opens=_open_to_world,
)


STATIC_IP = Resource(
    "aws:lightsail/staticIp:StaticIp",
    "fixed public address",
    answers=Answers(
        id="{name}",
        outputs={
            "arn": lightsail_arn("StaticIp"),
            "ipAddress": public_address,
            "supportCode": _support_code,
        },
        autoname=Autoname(),
    ),
    requests=sent(create("lightsail.AllocateStaticIp", {"name": "staticIpName"})),
    refuses=Refuses(once=(one_name("static address", "InvalidInputException"),)),
    again=Refused(),
    replaced=replaced_by("name region"),
    import_id="{name}",
    found=Named(),
    data=NO_DATA,
    felt=Felt(gone=AWAY),
    costs=Nothing("free: an attached address costs nothing"),
)


STATIC_IP_ATTACHMENT = Resource(
    "aws:lightsail/staticIpAttachment:StaticIpAttachment",
    "address of the host",
    answers=Answers(
        id="{staticIpName}",
        outputs={
            "ipAddress": public_address,
        },
    ),
    requests=sent(create("lightsail.AttachStaticIp")),
    refuses=Refuses(
        once=(Once("a host that has the address", "OperationFailureException", by("staticIpName")),)
    ),
    again=Refused(),
    replaced=replaced_by("instanceName region staticIpName", one_at=names("staticIpName")),
    import_id="{staticIpName}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the host is charged"),
)


DISK = Resource(
    "aws:lightsail/disk:Disk",
    "data disk",
    answers=Answers(
        id="{name}",
        outputs={
            "arn": lightsail_arn("Disk"),
            "createdAt": CREATED,
            "supportCode": _support_code,
        },
        autoname=Autoname(),
    ),
    requests=sent(create("lightsail.CreateDisk", {"name": "diskName"})),
    refuses=Refuses(
        # Lightsail API, CreateDisk.
        values={"sizeInGb": between(8, 16_384)},
        # A host has one fixed address, a disk one host, each by its name ("Some names are already in use").
        once=(one_name("disk", "InvalidInputException"),),
    ),
    again=Refused(),
    replaced=replaced_by("availabilityZone name region sizeInGb"),
    import_id="{name}",
    found=Named(),
    data=Data("the host's data disk"),
    felt=UNNOTICED,
    costs=charges.disk,
    drawn=(Drawn(Role.DISK, "Data disk", ("AWS {region}", "one host"), "{sizeInGb} GB"),),
)


DISK_ATTACHMENT = Resource(
    "aws:lightsail/disk_attachment:Disk_attachment",
    "data disk of the host",
    answers=Answers(id="{diskName},{instanceName}"),
    requests=sent(create("lightsail.AttachDisk")),
    refuses=Refuses(
        # Lightsail API, AttachDisk.
        values={"diskPath": formed(r"/dev/(xvd[f-p]|sd[f-p])", "such as /dev/xvdf")},
        once=(Once("a host that has the disk", "OperationFailureException", by("diskName")),),
    ),
    again=Refused(),
    replaced=replaced_by("diskName diskPath instanceName region", one_at=names("diskName")),
    import_id="{diskName},{instanceName}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the host is charged"),
)


KEY_PAIR = Resource(
    "aws:lightsail/keyPair:KeyPair",
    "SSH key of the host",
    answers=Answers(
        id="{name}",
        outputs={
            "arn": lightsail_arn("KeyPair"),
            "fingerprint": lambda ask: ":".join(
                base64.b16encode(bytes.fromhex(ask.hex(40))).decode().lower()[at : at + 2]
                for at in range(0, 40, 2)
            ),
        },
        absent=names("encryptedFingerprint encryptedPrivateKey privateKey"),
        autoname=Autoname(),
    ),
    requests=sent(
        create("lightsail.ImportKeyPair", {"name": "keyPairName", "publicKey": "publicKeyBase64"}),
        Call("lightsail.TagResource", fixed={"resourceName": "{name}"}),
        local="pgpKey",
    ),
    refuses=Refuses(inputs=_not_rsa, once=(one_name("key pair", "InvalidInputException"),)),
    again=Refused(),
    replaced=replaced_by("name namePrefix pgpKey publicKey region"),
    import_id=NOT_IMPORTED,
    found=Person("its provider imports none: see `aws lightsail get-key-pairs`"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the host is charged"),
)
