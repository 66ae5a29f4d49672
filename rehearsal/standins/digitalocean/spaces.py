"""Spaces."""

import re

from rehearsal.standins.table import CREATED, Ask, Autoname, Lookup, Standin, always, given, names

PERMISSIONS = ("read", "readwrite", "fullaccess")
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def _region(ask: Ask) -> str:
    return str(ask["region"] or "nyc3")


def _bucket_refusals(ask: Ask) -> list[str]:
    found = []
    name, acl = ask["name"], ask["acl"]
    if name is not None and not re.fullmatch(r"(?!-)[a-z0-9-]{3,63}(?<!-)", name):
        found.append(f"{name!r} is no bucket name: 3 to 63 lower-case letters, digits and hyphens")
    if acl not in {None, "private", "public-read"}:
        found.append(f"acl {acl!r} must be private or public-read")
    found.extend(
        f"lifecycleRules[{at}] needs expiration, noncurrentVersionExpiration or an abort of unfinished uploads"
        for at, rule in enumerate(ask["lifecycleRules"] or [])
        if not {"expiration", "noncurrentVersionExpiration", "abortIncompleteMultipartUploadDays"}
        & rule.keys()
    )
    return found


def _key_refusals(ask: Ask) -> list[str]:
    return [
        f"grants[{at}].permission {grant.get('permission')!r} must be one of {', '.join(PERMISSIONS)}"
        for at, grant in enumerate(ask["grants"] or [])
        if grant.get("permission") not in PERMISSIONS
    ]


TYPES: dict[str, Standin] = {
    "digitalocean:index/spacesBucket:SpacesBucket": Standin(
        what="bucket",
        id=lambda ask: str(ask["name"]),
        computed={
            "acl": given("acl", "private"),
            "bucketDomainName": lambda ask: f"{ask['name']}.{_region(ask)}.digitaloceanspaces.com",
            "bucketUrn": lambda ask: f"do:space:{ask['name']}",
            "endpoint": lambda ask: f"{_region(ask)}.digitaloceanspaces.com",
            "region": _region,
        },
        autoname=Autoname(limit=63, lower=True),
        # A changed name is no change to the provider at all: the old bucket stays, under the new name in the state.
        replaces=names("region"),
        refuses=_bucket_refusals,
    ),
    "digitalocean:index/spacesBucketCorsConfiguration:SpacesBucketCorsConfiguration": Standin(
        what="which web pages may read the bucket",
        id=lambda ask: str(ask["bucket"]),
        replaces=names("bucket region"),
    ),
    "digitalocean:index/spacesKey:SpacesKey": Standin(
        what="access key of the bucket",
        id=lambda ask: f"DO00{ask.letters(16, UPPER)}",
        computed={
            "accessKey": lambda ask: ask.id,
            "createdAt": always(CREATED),
            "secretKey": lambda ask: ask.letters(43, BASE64, "secret"),
        },
        autoname=Autoname(limit=90),
        refuses=_key_refusals,
    ),
}

LOOKUPS: dict[str, Lookup] = {}
