"""DigitalOcean: volumes."""

import re
from collections.abc import Mapping
from math import inf
from typing import Any

from clouds.ask import Ask, names
from clouds.digitalocean import charges
from clouds.digitalocean.common import (
    TAG,
    given,
    properties_of,
    property_of,
)
from clouds.limits import between
from clouds.record import (
    NO_DATA,
    NO_MODELS,
    NOT_IMPORTED,
    PUT_AGAIN,
    UNNOTICED,
    Answers,
    Autoname,
    Data,
    Drawn,
    Listed,
    Lookup,
    Nothing,
    Once,
    Overwritten,
    Refused,
    Refuses,
    Resource,
    Role,
    Scope,
    Use,
    by,
    replaced_by,
)


def _volume(ask: Ask) -> list[str]:
    name = str(ask["name"])
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,63}", name):
        return [f"name {name!r} must begin with a letter and have lower-case letters, digits and hyphens"]
    return []


def _volume_stays(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Of the provider, before any call (resource_digitalocean_volume.go, CustomizeDiff)."""
    old, new = before.get("size"), after.get("size")
    return ["volumes `size` can only be expanded and not shrunk"] if old and new and new < old else []


VOLUME = Resource(
    "digitalocean:index/volume:Volume",
    "data volume",
    answers=Answers(
        id=lambda ask: ask.uuid(),
        outputs={
            "dropletIds": [],
            "filesystemLabel": "",
            "volumeUrn": "do:volume:{id}",
        },
        defaults={
            "filesystemType": "",
        },
        autoname=Autoname(limit=64, lower=True),
    ),
    requests=NO_MODELS,
    refuses=Refuses(
        inputs=_volume,
        values={"description": given, "size": between(1, inf), "tags.*": TAG},
        stays=_volume_stays,
        once=(Once("a volume of that name in the region", "409", by("region", "name"), Scope.ACCOUNT),),
        used_by=(Use("digitalocean:index/volumeAttachment:VolumeAttachment", "volumeId", "409"),),
    ),
    again=Refused(),
    replaced=replaced_by("description initialFilesystemLabel initialFilesystemType name region snapshotId"),
    import_id="{id}",
    found=Listed("digitalocean:index/getVolume:getVolume", {"name": "{name}", "region": "{region}"}),
    data=Data("the host's data volume"),
    felt=UNNOTICED,
    costs=charges.disk,
    drawn=(Drawn(Role.DISK, "Data disk", ("DigitalOcean {region}", "one host"), "{size} GB"),),
)


VOLUME_ATTACHMENT = Resource(
    "digitalocean:index/volumeAttachment:VolumeAttachment",
    "data volume of the host",
    answers=Answers(id="{dropletId}-{volumeId}"),
    requests=NO_MODELS,
    refuses=Refuses(values={"dropletId": given, "volumeId": given}),
    again=Overwritten(("volumeId",)),
    replaced=replaced_by("dropletId volumeId", one_at=names("volumeId")),
    import_id=NOT_IMPORTED,
    found=PUT_AGAIN,
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: DigitalOcean charges nothing for it"),
)


GET_VOLUME = Lookup(
    "digitalocean:index/getVolume:getVolume",
    outputs={
        **properties_of("volume:", "dropletIds filesystemLabel filesystemType id size tags"),
        "urn": lambda ask: f"do:volume:{property_of('volume:', 'id')(ask)}",
    },
)
