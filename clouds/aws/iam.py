"""IAM."""

import base64
import hashlib
import hmac
import string

from clouds.ask import CREATED, Ask, names
from clouds.aws.calls import create, sent
from clouds.aws.common import UPPER, policy_document
from clouds.record import (
    IN_PLACE,
    NO_DATA,
    NOTHING_MORE,
    UNNOTICED,
    Answers,
    Autoname,
    Call,
    Listed,
    Lookup,
    Named,
    Nothing,
    Overwritten,
    Refused,
    Refuses,
    Resource,
    Scope,
    Use,
    one_name,
    replaced_by,
)

_SECRET_KEY = string.ascii_letters + string.digits + "+/"


def smtp_password(secret: str, region: str) -> str:
    """Return the SES SMTP password of a secret access key, for one region only.

    The algorithm is AWS's version 4 (SES guide, "SMTP credentials").
    """
    key = ("AWS4" + secret).encode()
    for part in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return base64.b64encode(b"\x04" + key).decode()


def _secret_access_key(ask: Ask) -> str:
    return ask.letters(40, _SECRET_KEY, "secret")


def _path(ask: Ask) -> str:
    return str(ask["path"] or "/")


ROLE = Resource(
    "aws:iam/role:Role",
    "what a part of AWS may do",
    answers=Answers(
        id="{name}",
        outputs={
            "arn": lambda ask: ask.arn("iam", f"role{_path(ask)}{ask['name']}", region=""),
            "createDate": CREATED,
            "uniqueId": lambda ask: "AROA" + ask.letters(17, UPPER),
        },
        defaults={
            "inlinePolicies": [],
            "managedPolicyArns": [],
            "maxSessionDuration": 3600,
            "path": "/",
        },
        autoname=Autoname(limit=64),
    ),
    requests=sent(
        create("iam.CreateRole", {"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"}),
        Call(
            "iam.AttachRolePolicy",
            {"managedPolicyArns": ("PolicyArn", lambda arns: arns[0] if arns else None)},
            {"RoleName": "{name}"},
        ),
        local="forceDetachPolicies",
    ),
    refuses=Refuses(
        inputs=policy_document,
        once=(one_name("role", "EntityAlreadyExistsException", Scope.ACCOUNT),),
        used_by=(Use("aws:iam/rolePolicy:RolePolicy", "role", "DeleteConflictException"),),
    ),
    again=Refused(),
    replaced=replaced_by("name namePrefix path"),
    import_id="{name}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: IAM costs nothing"),
)


ROLE_POLICY = Resource(
    "aws:iam/rolePolicy:RolePolicy",
    "permissions of a role",
    answers=Answers(id="{role}:{name}", autoname=Autoname(limit=128)),
    requests=sent(
        create("iam.PutRolePolicy", {"role": "RoleName", "name": "PolicyName", "policy": "PolicyDocument"})
    ),
    refuses=Refuses(inputs=policy_document),
    again=Overwritten(),
    replaced=replaced_by("name namePrefix role"),
    import_id="{role}:{name}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: IAM costs nothing"),
)


USER = Resource(
    "aws:iam/user:User",
    "identity outside AWS",
    answers=Answers(
        id="{name}",
        outputs={
            "arn": lambda ask: ask.arn("iam", f"user{_path(ask)}{ask['name']}", region=""),
            "uniqueId": lambda ask: "AIDA" + ask.letters(17, UPPER),
        },
        defaults={
            "path": "/",
        },
        autoname=Autoname(limit=64),
    ),
    requests=sent(create("iam.CreateUser", {"name": "UserName"}), local="forceDestroy"),
    refuses=Refuses(
        once=(one_name("user", "EntityAlreadyExistsException", Scope.ACCOUNT),),
        used_by=(
            Use("aws:iam/accessKey:AccessKey", "user", "DeleteConflictException"),
            Use("aws:iam/userPolicy:UserPolicy", "user", "DeleteConflictException"),
        ),
    ),
    again=Refused(),
    replaced=IN_PLACE,
    import_id="{name}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: IAM costs nothing"),
)


USER_POLICY = Resource(
    "aws:iam/userPolicy:UserPolicy",
    "permissions of a user",
    answers=Answers(id="{user}:{name}", autoname=Autoname(limit=128)),
    requests=sent(
        create("iam.PutUserPolicy", {"user": "UserName", "name": "PolicyName", "policy": "PolicyDocument"})
    ),
    refuses=Refuses(inputs=policy_document),
    again=Overwritten(),
    replaced=replaced_by("name namePrefix user"),
    import_id="{user}:{name}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: IAM costs nothing"),
)


ACCESS_KEY = Resource(
    "aws:iam/accessKey:AccessKey",
    "key pair of a user",
    answers=Answers(
        id=lambda ask: "AKIA" + ask.letters(16, UPPER),
        outputs={
            "createDate": CREATED,
            "secret": _secret_access_key,
            "sesSmtpPasswordV4": lambda ask: smtp_password(_secret_access_key(ask), ask.cloud.region),
        },
        defaults={
            "status": "Active",
        },
        absent=names("encryptedSecret encryptedSesSmtpPasswordV4 keyFingerprint"),
    ),
    requests=sent(create("iam.CreateAccessKey", {"user": "UserName"}), local="pgpKey"),
    refuses=NOTHING_MORE,
    again=Refused(),
    replaced=replaced_by("pgpKey user"),
    import_id="{id}",
    found=Listed(
        "aws:iam/getAccessKeys:getAccessKeys",
        {"user": "{user}"},
        "accessKeys",
        id="accessKeyId",
        unusable="its secret was in the answer that was lost",
    ),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: IAM costs nothing"),
)


GET_ACCESS_KEYS = Lookup(
    "aws:iam/getAccessKeys:getAccessKeys",
    outputs={
        "accessKeys": lambda ask: [
            {
                "accessKeyId": one.id,
                "createDate": one.outputs["createDate"],
                "status": one.outputs["status"],
            }
            for one in ask.world("aws:iam/accessKey:AccessKey")
            if one.inputs["user"] == ask["user"]
        ],
        "id": "keys",
    },
)
