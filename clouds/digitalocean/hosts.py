"""DigitalOcean: droplets."""

import re
from collections.abc import Mapping
from typing import Any

from clouds.ask import CREATED, Ask, names
from clouds.digitalocean import charges
from clouds.digitalocean.common import (
    TAG,
    filtered,
    given,
    listed_by_filter,
)
from clouds.made_up import bad_public_key, public_address
from clouds.record import (
    AWAY,
    NO_DATA,
    NO_MODELS,
    UNNOTICED,
    Answers,
    Autoname,
    Drawn,
    Felt,
    Lookup,
    Nothing,
    Once,
    Refused,
    Refuses,
    Resource,
    Role,
    Scope,
    by,
    replaced_by,
)

MOST_USER_DATA = 65536


KEY_IDENTIFIER = re.compile(r"\d+|([0-9a-f]{2}:){15}[0-9a-f]{2}")
"""Id or fingerprint of a key of the account (API reference, Create a New Droplet, `ssh_keys`)."""
_SIZES = {"1gb": 1024, "2gb": 2048, "4gb": 4096, "8gb": 8192, "16gb": 16384}


def _number(ask: Ask) -> str:
    return str(400_000_000 + ask.number(100_000_000, "id"))


def _memory(ask: Ask) -> int:
    return _SIZES.get(str(ask["size"]).rpartition("-")[2], 2048)


def _droplet(ask: Ask) -> list[str]:
    text = ask["userData"]
    if text is not None and len(text.encode()) > MOST_USER_DATA:
        return [f"userData has {len(text.encode())} bytes; {MOST_USER_DATA} are allowed"]
    if unknown := [key for key in ask["sshKeys"] or [] if not KEY_IDENTIFIER.fullmatch(key)]:
        # What the API answers: github.com/digitalocean/doctl/issues/257.
        return [f"{', '.join(unknown)} are invalid key identifiers for Droplet creation"]
    return []


def _comes_with(size: object) -> int:
    """Return the GB of disk that new droplets of a size have."""
    # Not before it is needed: components bring the SDK along.
    from components.runtime.host.sizes import DROPLET as SIZES

    known = SIZES.get(str(size))
    return 0 if known is None else known.disk_gb


def _disk(ask: Ask) -> int:
    """Return the GB of the droplet's disk, which stays as it was made (`resizeDisk`)."""
    there = (one for one in ask.world(ask.token) if ask.own_id and one.id == ask.own_id)
    kept = next(there, None) if ask["resizeDisk"] is False else None
    return _comes_with(ask["size"]) if kept is None else int(kept.outputs["disk"])


def _smaller_disk(outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[str]:
    """What "Resize a Droplet" answers (docs.digitalocean.com, "How to Resize Droplets": disks do not shrink)."""
    size = inputs.get("size")
    if size == outputs.get("size") or outputs.get("disk", 0) <= _comes_with(size):
        return []
    return ["422 This size is not available because it has a smaller disk."]


DROPLET = Resource(
    "digitalocean:index/droplet:Droplet",
    "host",
    answers=Answers(
        id=_number,
        outputs={
            "createdAt": CREATED,
            "disk": _disk,
            "dropletUrn": "do:droplet:{id}",
            "ipv4Address": public_address,
            "ipv4AddressPrivate": lambda ask: (
                f"10.130.{ask.number(255, 'third')}.{2 + ask.number(250, 'fourth')}"
            ),
            "locked": False,
            "memory": _memory,
            "priceHourly": 0.01786,
            "priceMonthly": 12.0,
            "status": "active",
            "vcpus": 1,
        },
        defaults={
            "ipv6Address": "",
            "privateNetworking": True,
            "volumeIds": [],
        },
        autoname=Autoname(),
    ),
    requests=NO_MODELS,
    refuses=Refuses(
        inputs=_droplet,
        values={
            "image": given,
            "region": given,
            "size": given,
            "tags.*": TAG,
            "userData": given,
            "vpcUuid": given,
        },
        busy=_smaller_disk,
    ),
    again=Refused(),
    replaced=replaced_by(
        "dropletAgent gpuPartitionMode image monitoring publicNetworking region sshKeys userData vpcUuid"
    ),
    import_id="{id}",
    found=filtered("Droplets", "droplets"),
    data=NO_DATA,
    felt=Felt(gone=AWAY, updated=AWAY, changed=names("size")),
    costs=charges.host,
    drawn=(
        Drawn(Role.CHAT, "Rocket.Chat", ("DigitalOcean {region}", "one host"), "droplet {size}, with TLS"),
    ),
)


SSH_KEY = Resource(
    "digitalocean:index/sshKey:SshKey",
    "SSH key of the host",
    answers=Answers(
        id=_number,
        outputs={
            "fingerprint": lambda ask: ":".join(ask.hex(32, "key")[at : at + 2] for at in range(0, 32, 2)),
        },
        autoname=Autoname(),
    ),
    requests=NO_MODELS,
    refuses=Refuses(
        inputs=bad_public_key,
        once=(Once("that key", "SSH Key is already in use on your account", by("publicKey"), Scope.ACCOUNT),),
    ),
    again=Refused(),
    replaced=replaced_by("publicKey"),
    import_id="{id}",
    found=filtered("SshKeys", "sshKeys"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: DigitalOcean charges nothing for it"),
)


GET_DROPLETS = Lookup(
    "digitalocean:index/getDroplets:getDroplets",
    outputs={
        "droplets": listed_by_filter("droplet:", {"region": "{region}"}),
        "id": "droplets",
    },
)


GET_SSH_KEYS = Lookup(
    "digitalocean:index/getSshKeys:getSshKeys",
    outputs={
        "id": "keys",
        "sshKeys": listed_by_filter("sshKey:", {"publicKey": "{publicKey}"}),
    },
)
