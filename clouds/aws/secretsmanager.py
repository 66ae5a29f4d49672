"""Secrets Manager."""

import string

from clouds.ask import Ask
from clouds.aws import charges
from clouds.aws.calls import create, sent
from clouds.aws.common import tagged
from clouds.limits import between
from clouds.record import (
    NO_DATA,
    NOTHING_MORE,
    UNNOTICED,
    Answers,
    Autoname,
    Call,
    Drawn,
    Gone,
    Nothing,
    Overwritten,
    Refused,
    Refuses,
    Resource,
    Role,
    one_name,
    replaced_by,
)


def _secret_arn(ask: Ask) -> str:
    return ask.arn(
        "secretsmanager", f"secret:{ask['name']}-{ask.letters(6, string.ascii_letters + string.digits)}"
    )


SECRET = Resource(
    "aws:secretsmanager/secret:Secret",
    "place of a secret",
    answers=Answers(
        id=_secret_arn,
        outputs={
            "arn": "{id}",
        },
        defaults={
            "policy": "",
            "recoveryWindowInDays": 30,
        },
        autoname=Autoname(limit=512),
    ),
    requests=sent(
        create("secretsmanager.CreateSecret", {"replicas": "AddReplicaRegions"}),
        Call(
            "secretsmanager.DeleteSecret",
            # Zero days are another member of the request.
            {"recoveryWindowInDays": ("", lambda days: {"RecoveryWindowInDays": days} if days else {})},
            {"SecretId": "{id}"},
        ),
        Call("secretsmanager.PutResourcePolicy", {"policy": "ResourcePolicy"}, {"SecretId": "{id}"}),
    ),
    refuses=Refuses(
        # Secrets Manager API, DeleteSecret.
        values={"recoveryWindowInDays": between(7, 30, 0)},
        once=(one_name("secret", "ResourceExistsException"),),
    ),
    again=Refused(),
    replaced=replaced_by("name namePrefix region"),
    import_id="{id}",
    found=tagged("secretsmanager", r"secret:.+"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.SECRET,
    drawn=(Drawn(Role.SECRETS, "Secrets Manager", ("AWS {region}",)),),
)


SECRET_VERSION = Resource(
    "aws:secretsmanager/secretVersion:SecretVersion",
    "value of a secret",
    answers=Answers(
        id=lambda ask: f"{ask['secretId']}|{ask.uuid()}",
        outputs={
            "arn": "{secretId}",
            "hasSecretStringWo": lambda ask: ask["secretStringWo"] is not None,
            "secretArn": "{secretId}",
            "versionId": lambda ask: ask.uuid(),
        },
        defaults={
            "versionStages": ["AWSCURRENT"],
        },
    ),
    requests=sent(create("secretsmanager.PutSecretValue")),
    refuses=NOTHING_MORE,
    again=Overwritten(("secretId",)),
    replaced=replaced_by("region secretBinary secretId secretString", is_update=True),
    import_id="{secretId}|{versionId}",
    found=Gone("the next version takes its place, and AWS removes versions without a label"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("the secret is charged"),
)
