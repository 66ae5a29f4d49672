"""Spaces."""

import re

from clouds.ask import CREATED, Ask
from clouds.digitalocean import charges
from clouds.record import (
    IN_PLACE,
    NO_DATA,
    NO_MODELS,
    NOT_IMPORTED,
    NOTHING_KNOWN,
    UNNOTICED,
    Answers,
    Autoname,
    Data,
    Drawn,
    Named,
    Nothing,
    Person,
    Refused,
    Refuses,
    Resource,
    Role,
    Scope,
    one_name,
    replaced_by,
)

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


SPACES_BUCKET = Resource(
    "digitalocean:index/spacesBucket:SpacesBucket",
    "bucket",
    answers=Answers(
        id="{name}",
        outputs={
            "bucketDomainName": lambda ask: f"{ask['name']}.{_region(ask)}.digitaloceanspaces.com",
            "bucketUrn": "do:space:{name}",
            "endpoint": lambda ask: f"{_region(ask)}.digitaloceanspaces.com",
            "region": _region,
        },
        defaults={
            "acl": "private",
        },
        autoname=Autoname(limit=63, lower=True),
    ),
    requests=NO_MODELS,
    refuses=Refuses(inputs=_bucket_refusals, once=(one_name("bucket", "BucketAlreadyExists", Scope.WORLD),)),
    again=Refused(),
    # A changed name is no change to the provider at all: the old bucket stays, under the new name in the state.
    replaced=replaced_by("region"),
    import_id="{region},{name}",
    found=Named(),
    data=Data("uploads"),
    felt=UNNOTICED,
    costs=charges.bucket,
    drawn=(Drawn(Role.UPLOADS, "Uploads", ("DigitalOcean {region}",), "Spaces, private"),),
)


SPACES_BUCKET_CORS_CONFIGURATION = Resource(
    "digitalocean:index/spacesBucketCorsConfiguration:SpacesBucketCorsConfiguration",
    "which web pages may read the bucket",
    answers=Answers(id="{bucket}"),
    requests=NO_MODELS,
    refuses=NOTHING_KNOWN,
    again=Refused(),
    # Another bucket gets the rules in place (resource_spaces_bucket_cors_configuration.go).
    replaced=replaced_by("region"),
    import_id="{region},{bucket}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: DigitalOcean charges nothing for it"),
)


SPACES_KEY = Resource(
    "digitalocean:index/spacesKey:SpacesKey",
    "access key of the bucket",
    answers=Answers(
        id=lambda ask: f"DO00{ask.letters(16, UPPER)}",
        outputs={
            "accessKey": "{id}",
            "createdAt": CREATED,
            "secretKey": lambda ask: ask.letters(43, BASE64, "secret"),
        },
        autoname=Autoname(limit=90),
    ),
    requests=NO_MODELS,
    refuses=Refuses(inputs=_key_refusals),
    again=Refused(),
    replaced=IN_PLACE,
    import_id=NOT_IMPORTED,
    found=Person("its secret was in the answer that was lost: see `doctl spaces keys list`"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: DigitalOcean charges nothing for it"),
)
