"""KMS."""

from clouds.aws import charges
from clouds.aws.calls import create, sent
from clouds.aws.common import policy_document, tagged
from clouds.record import (
    NO_DATA,
    UNNOTICED,
    Answers,
    Call,
    Refused,
    Refuses,
    Resource,
    replaced_by,
)

KEY = Resource(
    "aws:kms/key:Key",
    "encryption key",
    answers=Answers(
        id=lambda ask: ask.uuid(),
        outputs={
            "arn": "arn:{partition}:kms:{region}:{account}:key/{id}",
            "keyId": "{id}",
        },
        defaults={
            "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "description": "",
            "isEnabled": True,
            "keyUsage": "ENCRYPT_DECRYPT",
        },
    ),
    requests=sent(
        create(
            "kms.CreateKey",
            {"customerMasterKeySpec": "KeySpec"},
        ),
        Call(
            "kms.EnableKeyRotation",
            {
                "enableKeyRotation": ("KeyId", lambda _value: None),
                "rotationPeriodInDays": "RotationPeriodInDays",
            },
            {"KeyId": "{id}"},
        ),
        Call("kms.ScheduleKeyDeletion", {"deletionWindowInDays": "PendingWindowInDays"}, {"KeyId": "{id}"}),
        local="isEnabled",
    ),
    refuses=Refuses(inputs=policy_document),
    again=Refused(),
    replaced=replaced_by("customKeyStoreId customerMasterKeySpec keyUsage multiRegion region"),
    import_id="{id}",
    found=tagged("kms", r"key/(?P<id>.+)"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.KEY,
)
