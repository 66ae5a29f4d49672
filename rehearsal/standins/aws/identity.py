"""IAM, KMS, Secrets Manager, and who is calling."""

import base64
import hashlib
import hmac
import json
import string
from typing import Any

from rehearsal.standins.aws.common import BASE36, UPPER
from rehearsal.standins.table import ACCOUNT, CREATED, Ask, Autoname, Lookup, Standin, always, given, names

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


def _policy_document(ask: Ask) -> list[str]:
    text = ask["policy"] or ask["assumeRolePolicy"]
    if not isinstance(text, str):
        return []
    try:
        json.loads(text)
    except ValueError as error:
        return [f"the policy is not JSON: {error}"]
    return []


def _secret_arn(ask: Ask) -> str:
    return ask.arn(
        "secretsmanager", f"secret:{ask['name']}-{ask.letters(6, string.ascii_letters + string.digits)}"
    )


TYPES: dict[str, Standin] = {
    "aws:iam/role:Role": Standin(
        what="what a part of AWS may do",
        id=lambda ask: str(ask["name"]),
        computed={
            "arn": lambda ask: ask.arn("iam", f"role{_path(ask)}{ask['name']}", region=""),
            "createDate": always(CREATED),
            "inlinePolicies": given("inlinePolicies", lambda _ask: []),
            "managedPolicyArns": given("managedPolicyArns", lambda _ask: []),
            "maxSessionDuration": given("maxSessionDuration", 3600),
            "path": given("path", "/"),
            "uniqueId": lambda ask: "AROA" + ask.letters(17, UPPER),
        },
        autoname=Autoname(limit=64),
        replaces=names("name namePrefix path"),
        refuses=_policy_document,
    ),
    "aws:iam/rolePolicy:RolePolicy": Standin(
        what="permissions of a role",
        id=lambda ask: f"{ask['role']}:{ask['name']}",
        autoname=Autoname(limit=128),
        replaces=names("name namePrefix role"),
        refuses=_policy_document,
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Standin(
        what="a managed policy given to a role",
        id=lambda ask: f"{ask['role']}/{ask['policyArn']}",
        replaces=names("policyArn role"),
    ),
    "aws:iam/user:User": Standin(
        what="identity outside AWS",
        id=lambda ask: str(ask["name"]),
        computed={
            "arn": lambda ask: ask.arn("iam", f"user{_path(ask)}{ask['name']}", region=""),
            "path": given("path", "/"),
            "uniqueId": lambda ask: "AIDA" + ask.letters(17, UPPER),
        },
        autoname=Autoname(limit=64),
    ),
    "aws:iam/userPolicy:UserPolicy": Standin(
        what="permissions of a user",
        id=lambda ask: f"{ask['user']}:{ask['name']}",
        autoname=Autoname(limit=128),
        replaces=names("name namePrefix user"),
        refuses=_policy_document,
    ),
    "aws:iam/accessKey:AccessKey": Standin(
        what="key pair of a user",
        id=lambda ask: "AKIA" + ask.letters(16, UPPER),
        computed={
            "createDate": always(CREATED),
            "secret": _secret_access_key,
            "sesSmtpPasswordV4": lambda ask: smtp_password(_secret_access_key(ask), ask.cloud.region),
            "status": given("status", "Active"),
        },
        absent=names("encryptedSecret encryptedSesSmtpPasswordV4 keyFingerprint"),
        replaces=names("pgpKey user"),
    ),
    "aws:kms/key:Key": Standin(
        what="encryption key",
        id=lambda ask: ask.uuid(),
        computed={
            "arn": lambda ask: ask.arn("kms", f"key/{ask.id}"),
            "customerMasterKeySpec": given("customerMasterKeySpec", "SYMMETRIC_DEFAULT"),
            "description": given("description", ""),
            "isEnabled": given("isEnabled", otherwise=True),
            "keyId": lambda ask: ask.id,
            "keyUsage": given("keyUsage", "ENCRYPT_DECRYPT"),
        },
        replaces=names("customKeyStoreId customerMasterKeySpec keyUsage multiRegion region"),
        refuses=_policy_document,
    ),
    "aws:kms/alias:Alias": Standin(
        what="name of a key",
        id=lambda ask: str(ask["name"]),
        computed={
            "arn": lambda ask: ask.arn("kms", str(ask["name"])),
            "targetKeyArn": lambda ask: (
                ask["targetKeyId"]
                if str(ask["targetKeyId"]).startswith("arn:")
                else ask.arn("kms", f"key/{ask['targetKeyId']}")
            ),
        },
        autoname=Autoname(limit=256, prefix="alias/"),
        replaces=names("name namePrefix region"),
    ),
    "aws:secretsmanager/secret:Secret": Standin(
        what="place of a secret",
        id=_secret_arn,
        computed={
            "arn": lambda ask: ask.id,
            "policy": given("policy", ""),
            "recoveryWindowInDays": given("recoveryWindowInDays", 30),
        },
        autoname=Autoname(limit=512),
        replaces=names("name namePrefix region"),
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": Standin(
        what="value of a secret",
        id=lambda ask: f"{ask['secretId']}|{ask.uuid()}",
        computed={
            "arn": lambda ask: ask["secretId"],
            "hasSecretStringWo": lambda ask: ask["secretStringWo"] is not None,
            "secretArn": lambda ask: ask["secretId"],
            "versionId": lambda ask: ask.uuid(),
            "versionStages": given("versionStages", lambda _ask: ["AWSCURRENT"]),
        },
        replaces=names("region secretBinary secretId secretString"),
    ),
}


def _statement_value(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _document(ask: Ask) -> dict[str, Any]:
    statements = []
    for one in ask["statements"] or []:
        statement: dict[str, Any] = {"Effect": one.get("effect") or "Allow"}
        for key, name in (("sid", "Sid"), ("actions", "Action"), ("resources", "Resource")):
            if one.get(key):
                statement[name] = _statement_value(one[key])
        for person in one.get("principals") or []:
            principal = statement.setdefault("Principal", {})
            principal[person["type"]] = _statement_value(person["identifiers"])
        for condition in one.get("conditions") or []:
            tests = statement.setdefault("Condition", {}).setdefault(condition["test"], {})
            tests[condition["variable"]] = _statement_value(condition["values"])
        statements.append(statement)
    return {"Version": ask["version"] or "2012-10-17", "Statement": statements}


LOOKUPS: dict[str, Lookup] = {
    "aws:index/getCallerIdentity:getCallerIdentity": Lookup(
        {
            "accountId": always(ACCOUNT),
            "arn": always(f"arn:aws:iam::{ACCOUNT}:user/rehearsal"),
            "id": always(ACCOUNT),
            "userId": always("AIDAREHEARSALREHEARSA"),
        }
    ),
    "aws:index/getPartition:getPartition": Lookup(
        {
            "dnsSuffix": always("amazonaws.com"),
            "id": always("aws"),
            "partition": always("aws"),
            "reverseDnsPrefix": always("com.amazonaws"),
        }
    ),
    "aws:index/getRegion:getRegion": Lookup(
        {
            "description": lambda ask: f"Region {ask.region}",
            "endpoint": lambda ask: f"ec2.{ask.region}.amazonaws.com",
            "id": lambda ask: ask.region,
            "name": lambda ask: ask.region,
            "region": lambda ask: ask.region,
        }
    ),
    "aws:iam/getPolicyDocument:getPolicyDocument": Lookup(
        {
            "id": lambda ask: str(ask.number(2**32)),
            "json": lambda ask: json.dumps(_document(ask), indent=2),
            "minifiedJson": lambda ask: json.dumps(_document(ask), separators=(",", ":")),
            "version": given("version", "2012-10-17"),
        }
    ),
    "aws:ssm/getParameter:getParameter": Lookup(
        {
            "arn": lambda ask: ask.arn("ssm", f"parameter/{str(ask['name']).lstrip('/')}"),
            "id": lambda ask: ask["name"],
            "insecureValue": lambda ask: f"stand-in for {ask['name']}",
            "type": always("String"),
            "value": lambda ask: f"stand-in-{ask.letters(12, BASE36)}",
            "version": always(1),
        }
    ),
}
