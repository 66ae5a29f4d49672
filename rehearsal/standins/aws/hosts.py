"""Lightsail, and hosts that are enrolled in Systems Manager."""

import base64
import hashlib
import json
import re
import time
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
            "keyPairName": given("keyPairName", "LightsailDefaultKeyPair"),
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
        refuses=_not_rsa,
    ),
    "aws:ssm/activation:Activation": Standin(
        what="enrolment of one host",
        id=lambda ask: ask.uuid(),
        computed={
            "activationCode": lambda ask: ask.letters(20, BASE36, "code"),
            # A day after it was made; later than any day of a rehearsal, as plans must not depend on the day.
            "expirationDate": given("expirationDate", "2126-01-02T00:00:00Z"),
            "expired": always(False),
            "registrationCount": always(0),
            "registrationLimit": given("registrationLimit", 1),
        },
        replaces=names("description expirationDate iamRole name region registrationLimit tags"),
    ),
}

_DOCUMENT, _REPORT = "host.json", "report.json"
_HOSTS = ("aws:lightsail/instance:Instance", "digitalocean:index/droplet:Droplet")


def report(content: str, state: str = "serving", reason: str = "") -> dict[str, Any]:
    """What a host says of its document."""
    digest = hashlib.sha256(content.encode()).hexdigest()
    return {"document": digest, "state": state, "reason": reason, "at": int(time.time())}


def _objects(ask: Ask) -> dict[str, str]:
    """What is in a bucket. A host that has its document there is taken to serve it at once, and to say so."""
    found = {
        str(thing.inputs.get("key")): str(thing.inputs.get("content"))
        for thing in ask.world("aws:s3/bucketObjectv2:")
        if thing.inputs.get("bucket") == ask["bucket"]
    }
    return found | ({_REPORT: json.dumps(report(found[_DOCUMENT]))} if _DOCUMENT in found else {})


def _body(ask: Ask) -> str:
    found = _objects(ask)
    if ask["key"] not in found:
        raise LookupError(f"NoSuchKey: {ask['key']} is not in {ask['bucket']}")
    return found[str(ask["key"])]


def _nodes(ask: Ask) -> list[str]:
    """The hosts that were made with one of the activations."""
    wanted = [str(value) for rule in ask["filters"] or [] for value in rule["values"]]
    return [
        f"mi-{hashlib.sha256(thing.id.encode()).hexdigest()[:17]}"
        for kind in _HOSTS
        for thing in ask.world(kind)
        if any(value in str(thing.inputs.get("userData")) for value in wanted)
    ]


LOOKUPS: dict[str, Lookup] = {
    "aws:ssm/getInstances:getInstances": Lookup({"id": lambda ask: ask.region, "ids": _nodes}),
    "aws:s3/getObject:getObject": Lookup(
        {
            "id": lambda ask: f"{ask['bucket']}/{ask['key']}",
            "body": _body,
            "contentType": always("application/json"),
        },
        absent=names(
            "arn bodyBase64 bucketKeyEnabled cacheControl checksumCrc32 checksumCrc32c checksumCrc64nvme "
            "checksumSha1 checksumSha256 contentDisposition contentEncoding contentLanguage contentLength "
            "etag expiration expires lastModified metadata objectLockLegalHoldStatus objectLockMode "
            "objectLockRetainUntilDate serverSideEncryption sseKmsKeyId storageClass websiteRedirectLocation "
        ),
    ),
}
