"""Small dangerous changes of planned stacks, each with the rules that must catch it, and harmless ones that none may.

Run as a program it writes down, for docs/policies.md, what the pack catches: `python -m proving.policy_mutations`.
"""

import copy
import functools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from policy import adapters
from policy import tokens as t
from policy.config import Config, load
from policy.docs import CAUGHT
from policy.judge import judge
from policy.model import Stack, Subject, canonical
from policy.rules import BY_ID
from policy.sources import profile_of
from rehearsal.stack import plan

STACKS: Final = ("lovia-fargate-cdn", "soluvas-lightsail", "family-host")
"""Stacks that together have every kind of resource that is changed here."""
OWN: Final = "123456789012"
OTHER: Final = "999999999999"
Document = dict[str, Any]
Edit = Callable[[Document], None]


@dataclass(frozen=True)
class Mutation:
    """A change of one resource of a stack, or one more resource; `rules` must catch it, or none of them may."""

    group: str
    what: str
    stack: str
    subjects: tuple[Subject, ...]
    rules: tuple[str, ...]
    harmless: bool = False


@functools.cache
def _plain(stack: str) -> tuple[Subject, ...]:
    """Return what a stack would make."""
    return tuple(adapters.from_plan(plan(stack).resources))


def caught(mutation: Mutation) -> bool:
    """Tell whether one of the rules stops the deployment for it, and not for what was there before."""
    rules = [BY_ID[rule] for rule in mutation.rules]
    before = _plain(mutation.stack)
    subjects: Iterable[Subject] = mutation.subjects
    if not any(rule.joins for rule in rules):
        known = set(map(id, before))
        subjects = [one for one in subjects if id(one) not in known]
    return bool(
        _blocking(mutation.stack, subjects, mutation.rules) - _accepted(mutation.stack, mutation.rules)
    )


def _blocking(
    stack: str, subjects: Iterable[Subject], rules: tuple[str, ...]
) -> set[tuple[str, str, str, str]]:
    report = judge(Stack(subjects), _config(stack), rules=[BY_ID[rule] for rule in rules])
    return {(one.rule.id, one.subject.urn, one.path, one.message) for one in report.blocking}


@functools.cache
def _accepted(stack: str, rules: tuple[str, ...]) -> set[tuple[str, str, str, str]]:
    return _blocking(stack, _plain(stack), rules)


@functools.cache
def _config(stack: str) -> Config:
    return load(stack, profile=profile_of(stack)).model_copy(update={"environment": "production"})


# --------------------------------------------------------------------------------------------------- documents


def allow(actions: Any, resources: Any, **more: Any) -> Document:
    """Return a statement that allows something."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def _when(operator: str, key: str, value: Any) -> Document:
    return {operator: {key: value}}


_PASS: Final = ["iam:PassRole", f"arn:aws:iam::{OWN}:role/a", "iam:PassedToService"]
IDENTITY: Final[tuple[tuple[str, str, Document], ...]] = (
    ("everything", "iam-no-admin", allow("*", "*")),
    ("everything, as lists", "iam-no-admin", allow(["*"], ["*"])),
    ("everything, written *:*", "iam-no-admin", allow("*:*", "*")),
    ("everything on arn:*", "iam-no-admin", allow("*", "arn:*")),
    ("everything on a named ARN", "iam-no-service-star", allow("*", "arn:aws:s3:::a")),
    ("all of a service", "iam-no-service-star", allow("s3:*", "arn:aws:s3:::a/*")),
    ("all of a service in capitals", "iam-no-service-star", allow("S3:*", "arn:aws:s3:::a/*")),
    ("a pattern", "iam-no-action-pattern", allow("s3:Put*", "arn:aws:s3:::a/*")),
    ("a pattern at the front", "iam-no-action-pattern", allow("s3:*Object", "arn:aws:s3:::a/*")),
    ("a pattern of one letter", "iam-no-action-pattern", allow("s3:?utObject", "arn:aws:s3:::a/*")),
    ("NotAction", "iam-no-admin", {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
    (
        "NotResource",
        "iam-no-admin",
        {"Effect": "Allow", "Action": "s3:PutObject", "NotResource": "arn:aws:s3:::a"},
    ),
    *(
        (f"{action} on {where}", "iam-passrole-scoped", allow(action, where, **more))
        for action in ("iam:PassRole", "iam:passrole", "IAM:PASSROLE", "iam:Pass*", "iam:*")
        for where, more in (
            ("*", {}),
            (
                f"arn:aws:iam::{OWN}:role/*",
                {"Condition": _when("StringEquals", _PASS[2], "ecs.amazonaws.com")},
            ),
            (_PASS[1], {}),
            (_PASS[1], {"Condition": _when("StringNotEquals", _PASS[2], "ec2.amazonaws.com")}),
            (_PASS[1], {"Condition": _when("StringEqualsIfExists", _PASS[2], "ecs.amazonaws.com")}),
            (_PASS[1], {"Condition": _when("StringLike", _PASS[2], "*")}),
        )
    ),
    *(
        (f"{action} on {where}", "iam-secrets-scoped", allow(action, where))
        for action, where in (
            ("secretsmanager:GetSecretValue", "*"),
            ("secretsmanager:getsecretvalue", "*"),
            ("secretsmanager:Get*", "*"),
            ("secretsmanager:*", "*"),
            ("secretsmanager:BatchGetSecretValue", "*"),
            ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:eu-west-1:{OWN}:secret:*"),
            ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:*"),
            ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*"),
            ("ssm:GetParameter", "*"),
            ("ssm:GetParameters", f"arn:aws:ssm:eu-west-1:{OWN}:parameter/*"),
            ("ssm:GetParametersByPath", "*"),
            ("s3:GetObject", "*"),
            ("s3:GetObject", "arn:aws:s3:::*"),
            ("s3:GetObject", "arn:aws:s3:::*/*"),
            ("s3:Get*", "arn:aws:s3:::*/*"),
        )
    ),
    *(
        (f"{action} on {where}", "iam-kms-decrypt-scoped", allow(action, where))
        for action in ("kms:Decrypt", "KMS:decrypt", "kms:Dec*", "kms:*")
        for where in ("*", f"arn:aws:kms:eu-west-1:{OWN}:key/*", "arn:aws:kms:*:*:key/*")
    ),
    *(
        (f"{action} anywhere", "iam-resource-scoped", allow(action, where, **more))
        for action in (
            "ec2:TerminateInstances",
            "iam:CreateUser",
            "iam:attachrolepolicy",
            "sts:AssumeRole",
            "lambda:UpdateFunctionCode",
        )
        for where, more in (
            ("*", {}),
            ("arn:aws:*", {}),
            ("*", {"Condition": _when("Bool", "aws:SecureTransport", "true")}),
            ("*", {"Condition": _when("DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z")}),
            ("*", {"Condition": _when("StringNotEquals", "aws:ResourceTag/a", "b")}),
            ("*", {"Condition": _when("StringLike", "aws:ResourceTag/a", "*")}),
        )
    ),
)
"""What is said, the rule that must refuse it, and the statement that is added to what a role or a user may do."""
HARMLESS_IDENTITY: Final[tuple[tuple[str, Document], ...]] = (
    (
        "reading a named secret",
        allow("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:eu-west-1:{OWN}:secret:a-*"),
    ),
    ("one action as text", allow("logs:PutLogEvents", f"arn:aws:logs:eu-west-1:{OWN}:log-group:a:*")),
    (
        "metrics bound by their namespace",
        allow("cloudwatch:PutMetricData", "*", Condition=_when("StringEquals", "cloudwatch:namespace", "a")),
    ),
    (
        "a named role to a named service",
        allow(
            "iam:PassRole",
            _PASS[1],
            Condition=_when("StringEquals", "iam:passedtoservice", "ecs.amazonaws.com"),
        ),
    ),
    ("decrypting with a named key", allow("kms:Decrypt", f"arn:aws:kms:eu-west-1:{OWN}:key/1")),
    ("listing what cannot be named", allow("logs:DescribeLogGroups", "*")),
    ("everything denied", {"Effect": "Deny", "Action": "*", "Resource": "*"}),
)
_GUARDS: Final[tuple[tuple[str, Document], ...]] = (
    ("without a condition", {}),
    ("for any account", _when("StringLike", "aws:SourceAccount", "*")),
    ("for any ARN", _when("ArnLike", "aws:SourceArn", "*")),
    ("for any ARN of a service", _when("ArnLike", "aws:SourceArn", "arn:aws:s3:::*")),
    ("for all but one account", _when("StringNotEquals", "aws:SourceAccount", OWN)),
    ("where no account is told", _when("StringEqualsIfExists", "aws:SourceAccount", OWN)),
    ("for all values of none", _when("ForAllValues:StringEquals", "aws:SourceAccount", OWN)),
    ("where the key is missing", _when("Null", "aws:SourceAccount", "true")),
    ("with TLS", _when("Bool", "aws:SecureTransport", "true")),
)
"""Conditions that guard nothing."""
_EVERYBODY: Final[tuple[tuple[str, Document], ...]] = (
    ("everybody", {"Principal": "*"}),
    ("every AWS account", {"Principal": {"AWS": "*"}}),
    ("every AWS account in a list", {"Principal": {"AWS": [f"arn:aws:iam::{OWN}:root", "*"]}}),
    ("all but one", {"NotPrincipal": {"AWS": f"arn:aws:iam::{OTHER}:root"}}),
)
_STRANGERS: Final = (
    f"arn:aws:iam::{OTHER}:root",
    OTHER,
    f"arn:aws:iam::{OTHER}:user/a",
    f"arn:aws:iam::{OTHER}:role/a",
)


def _open(action: str, star: str) -> Iterator[tuple[str, tuple[str, ...], Document]]:
    """Give statements of a resource's policy that let in too many."""
    for who, principal in _EVERYBODY:
        for how, guard in _GUARDS:
            statement = {"Effect": "Allow", "Action": action, "Resource": "*", **principal}
            yield f"{who} {how}", (star,), statement | ({"Condition": guard} if guard else {})
    for stranger in _STRANGERS:
        statement = {"Effect": "Allow", "Action": action, "Resource": "*", "Principal": {"AWS": stranger}}
        yield f"another account: {stranger.replace(OTHER, 'N')}", ("access-own-accounts",), statement


_TRUST: Final = {"Effect": "Allow", "Action": "sts:AssumeRole"}
_WEB: Final = {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity"}
_HUB: Final = "token.actions.githubusercontent.com"


def _trusts() -> Iterator[tuple[str, str, Document]]:
    for who, principal in _EVERYBODY:
        yield f"role for {who}", "iam-trust-scoped", {**_TRUST, **principal}
    for how, guard in _GUARDS:
        service = {**_TRUST, "Principal": {"Service": "ecs-tasks.amazonaws.com"}}
        yield f"service {how}", "iam-trust-deputy", service | ({"Condition": guard} if guard else {})
    for account in (f"arn:aws:iam::{OWN}:root", OWN, f"arn:aws:iam::{OTHER}:root"):
        yield "a whole account", "iam-trust-account", {**_TRUST, "Principal": {"AWS": account}}
        loose = {
            **_TRUST,
            "Principal": {"AWS": account},
            "Condition": _when("StringLike", "sts:ExternalId", "*"),
        }
        yield "a whole account with any external id", "iam-trust-account", loose
    for stranger in _STRANGERS:
        yield "another account's", "access-own-accounts", {**_TRUST, "Principal": {"AWS": stranger}}
    provider = {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/{_HUB}"}
    audience = _when("StringEquals", f"{_HUB}:aud", "sts.amazonaws.com")
    for subject in (
        "*",
        "repo:*",
        "repo:acme/*",
        "repo:*/chat:*",
        "system:serviceaccount:*:*",
        "system:serviceaccount:a:*",
    ):
        told = {**audience, **_when("StringLike", f"{_HUB}:sub", subject)}
        yield (
            f"web identity {subject}",
            "iam-trust-scoped",
            {**_WEB, "Principal": provider, "Condition": told},
        )
    negated = {**audience, **_when("StringNotLike", f"{_HUB}:sub", "repo:a/b:*")}
    for told in ({}, audience, negated):
        yield (
            "web identity without a subject",
            "iam-trust-scoped",
            {**_WEB, "Principal": provider, "Condition": told},
        )


# ---------------------------------------------------------------------------------------------------- changes


def _documents(all_of: tuple[Subject, ...], kinds: Iterable[str], key: str) -> Iterator[tuple[int, Document]]:
    for position, subject in enumerate(all_of):
        content = subject.properties.get(key)
        if canonical(subject.type) in kinds and isinstance(content, str) and content.startswith("{"):
            yield position, json.loads(content)


def _with(all_of: tuple[Subject, ...], position: int, **properties: Any) -> tuple[Subject, ...]:
    changed = replace(all_of[position], properties={**all_of[position].properties, **properties})
    return (*all_of[:position], changed, *all_of[position + 1 :])


def _and(all_of: tuple[Subject, ...], kind: str, **properties: Any) -> tuple[Subject, ...]:
    return (*all_of, Subject(kind, "added", f"urn:pulumi:s::p::{kind}::added", properties))


def _document(*statements: Document) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _appended(
    all_of: tuple[Subject, ...], kinds: Iterable[str], key: str, statement: Document
) -> Iterator[tuple[Subject, ...]]:
    for position, document in _documents(all_of, kinds, key):
        document["Statement"].append(statement)
        yield _with(all_of, position, **{key: json.dumps(document)})
        break


def iam(stack: str, plain: tuple[Subject, ...]) -> Iterator[Mutation]:
    """Give what roles and users may do too much."""
    for what, rule, statement in IDENTITY:
        for kind in (t.IAM_ROLE_POLICY, t.IAM_USER_POLICY):
            for subjects in _appended(plain, (kind,), "policy", statement):
                yield Mutation("IAM", what, stack, subjects, (rule,))
        if BY_ID[rule].product:
            continue
        yield Mutation(
            "IAM",
            f"{what}, as objects",
            stack,
            _and(plain, t.IAM_POLICY, policy={"Statement": statement}),
            (rule,),
        )
    for name in (
        "AdministratorAccess",
        "IAMFullAccess",
        "PowerUserAccess",
        "AmazonS3FullAccess",
        "job-function/SystemAdministrator",
        "AdministratorAccess-Amplify",
    ):
        arn = f"arn:aws:iam::aws:policy/{name}"
        for kind, key, value in (
            (t.IAM_ROLE_ATTACHMENT, "policyArn", arn),
            (t.IAM_USER_ATTACHMENT, "policyArn", arn),
            (t.IAM_ROLE, "managedPolicyArns", [arn]),
        ):
            yield Mutation(
                "IAM",
                f"{name} attached",
                stack,
                _and(plain, kind, **{key: value}),
                ("iam-no-admin-attached",),
            )
    inline = [{"name": "a", "policy": _document(allow("*", "*"))}]
    yield Mutation(
        "IAM", "everything, inline", stack, _and(plain, t.IAM_ROLE, inlinePolicies=inline), ("iam-no-admin",)
    )
    yield Mutation(
        "IAM", "a console login", stack, _and(plain, t.IAM_LOGIN, user="a"), ("iam-user-no-console",)
    )
    for position, document in _documents(plain, (t.IAM_USER_POLICY,), "policy"):
        first = document["Statement"][0]
        if "ses:" not in str(first["Action"]):
            continue
        for what, change in (
            ("any sender", {"Condition": {}}),
            ("any sender by pattern", {"Condition": _when("StringLike", "ses:FromAddress", "*")}),
            ("any sender of any domain", {"Condition": _when("StringLike", "ses:FromAddress", "*@*")}),
            ("all senders but one", {"Condition": _when("StringNotLike", "ses:FromAddress", "*@a.example")}),
            ("any identity", {"Resource": "*"}),
            ("more than sending", {"Action": ["ses:SendRawEmail", "ses:DeleteIdentity"]}),
        ):
            text = _document({**first, **change})
            yield Mutation(
                "IAM",
                f"SMTP user: {what}",
                stack,
                _with(plain, position, policy=text),
                ("ses-smtp-user-scoped",),
            )
    rules = tuple(rule for rule in BY_ID if rule.startswith("iam-") and BY_ID[rule].needs.name == "ONE")
    for what, statement in HARMLESS_IDENTITY:
        for subjects in _appended(plain, (t.IAM_ROLE_POLICY,), "policy", statement):
            yield Mutation("IAM", what, stack, subjects, rules, harmless=True)


def access(stack: str, plain: tuple[Subject, ...]) -> Iterator[Mutation]:
    """Give trust and resource policies that let in too many."""
    group = "trust and resource policies"
    for what, rule, statement in _trusts():
        for subjects in _appended(plain, (t.IAM_ROLE,), "assumeRolePolicy", statement):
            yield Mutation(group, what, stack, subjects, (rule,))
    for kind, star, action in (
        (t.TOPIC_POLICY, "sns-private", "sns:Publish"),
        (t.KMS_KEY, "kms-policy-no-star", "kms:Decrypt"),
        (t.BUCKET_POLICY, "s3-policy-no-star", "s3:GetObject"),
        (t.TOPIC, "sns-private", "sns:Subscribe"),
        (t.KMS_KEY_POLICY, "kms-policy-no-star", "kms:Decrypt"),
        (t.BUCKET, "s3-policy-no-star", "s3:PutObject"),
        (t.QUEUE, "access-no-star", "sqs:SendMessage"),
        (t.QUEUE_POLICY, "access-no-star", "sqs:SendMessage"),
        (t.SECRET, "access-no-star", "secretsmanager:GetSecretValue"),
        (t.SECRET_POLICY, "access-no-star", "secretsmanager:GetSecretValue"),
        (t.IDENTITY_POLICY, "ses-identity-policy-private", "ses:SendEmail"),
    ):
        for what, rules, statement in _open(action, star):
            added = _and(plain, kind, policy=_document(statement))
            made = next(_appended(plain, (kind,), "policy", statement), added)
            yield Mutation(group, f"{kind.rpartition(':')[2]}: {what}", stack, made, rules)
    harmless = {"Effect": "Allow", "Action": "sns:Publish", "Resource": "*", "Principal": "*"}
    for what, guard in (
        ("one account", _when("StringEquals", "AWS:SourceAccount", OWN)),
        ("one organization", _when("StringEquals", "aws:PrincipalOrgID", "o-abc123")),
        ("one ARN", _when("ArnEquals", "aws:SourceArn", f"arn:aws:s3:::{stack}")),
        ("one of some accounts", _when("ForAnyValue:StringEquals", "aws:SourceAccount", [OWN])),
    ):
        for subjects in _appended(plain, (t.TOPIC_POLICY,), "policy", {**harmless, "Condition": guard}):
            yield Mutation(
                group,
                f"everybody of {what}",
                stack,
                subjects,
                ("sns-private", "access-own-accounts"),
                harmless=True,
            )


def s3(stack: str, plain: tuple[Subject, ...]) -> Iterator[Mutation]:
    """Give buckets that are open, or lose what is in them."""
    whole = Stack(plain)
    for position, subject in enumerate(plain):
        kind = canonical(subject.type)
        for what, change, rule in _SIDES.get(kind, ()):
            properties = copy.deepcopy(dict(subject.properties))
            change(properties)
            changed = replace(subject, properties=properties)
            yield Mutation(
                "S3",
                f"{kind.rpartition(':')[2]}: {what}",
                stack,
                (*plain[:position], changed, *plain[position + 1 :]),
                (rule,),
            )
        if kind in _MISSING:
            rest = (*plain[:position], *plain[position + 1 :])
            yield Mutation("S3", f"no {kind.rpartition(':')[2]}", stack, rest, (_MISSING[kind],))
        if kind == t.BUCKET_POLICY:
            yield from _tls(stack, plain, position)
    for bucket in whole.of(t.BUCKET):
        name = bucket.outputs.get("bucket") or bucket.properties.get("bucket")
        for kind, properties, rule in (
            (t.BUCKET_VERSIONING, {"versioningConfiguration": {"status": "Suspended"}}, "s3-versioning"),
            (t.BUCKET_OWNERSHIP, {"rule": {"objectOwnership": "ObjectWriter"}}, "s3-acl-disabled"),
            (t.BUCKET_PUBLIC_ACCESS, {"blockPublicAcls": False}, "s3-bpa-values"),
            (t.BUCKET_ACL, {"acl": "public-read"}, "s3-no-public-acl"),
            (t.BUCKET_OBJECT, {"acl": "public-read"}, "s3-no-public-acl"),
            (
                t.BUCKET_POLICY,
                {
                    "policy": _document(
                        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
                    )
                },
                "s3-policy-no-star",
            ),
        ):
            if kind == t.BUCKET_VERSIONING and rule == "s3-versioning" and "log" in bucket.name:
                continue
            yield Mutation(
                "S3",
                f"a second {kind.rpartition(':')[2]}",
                stack,
                _and(plain, kind, bucket=name, **properties),
                (rule,),
            )


def _sets(**values: Any) -> Edit:
    return lambda properties: properties.update(values)


def _rules(**values: Any) -> Edit:
    def change(properties: Document) -> None:
        for rule in properties["rules"]:
            rule.update(values)

    return change


def _cors(**values: Any) -> Edit:
    return lambda properties: properties.update(corsRules=[{**properties["corsRules"][0], **values}])


_ALL_USERS: Final = "http://acs.amazonaws.com/groups/global/AllUsers"
_SIDES: Final[Mapping[str, tuple[tuple[str, Edit, str], ...]]] = {
    t.BUCKET_PUBLIC_ACCESS: tuple(
        (f"{flag} {told}", _sets(**{flag: value}), "s3-bpa-values")
        for flag in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        for told, value in (("off", False), ("left out", None), ("off as text", "false"))
    ),
    t.BUCKET_OWNERSHIP: tuple(
        (value, _sets(rule={"objectOwnership": value}), "s3-acl-disabled")
        for value in ("ObjectWriter", "BucketOwnerPreferred")
    ),
    t.BUCKET_ENCRYPTION: (
        ("none", _rules(applyServerSideEncryptionByDefault={"sseAlgorithm": "none"}), "s3-encryption"),
        (
            "KMS for each object",
            _rules(applyServerSideEncryptionByDefault={"sseAlgorithm": "aws:kms"}, bucketKeyEnabled=False),
            "s3-bucket-key",
        ),
    ),
    t.BUCKET_LIFECYCLE: (
        ("disabled", _rules(status="Disabled"), "s3-lifecycle"),
        ("parts of uploads kept", _rules(abortIncompleteMultipartUpload=None), "s3-lifecycle"),
    ),
    t.BUCKET_CORS: (
        ("every origin", _cors(allowedOrigins=["*"]), "s3-cors-origin"),
        ("every origin with TLS", _cors(allowedOrigins=["https://*"]), "s3-cors-origin"),
        ("an origin without TLS", _cors(allowedOrigins=["http://chat.example.org"]), "s3-cors-origin"),
        ("pages delete", _cors(allowedMethods=["GET", "DELETE"]), "s3-cors-methods"),
    ),
    t.BUCKET: (
        *(
            (f"acl {acl}", _sets(acl=acl), "s3-no-public-acl")
            for acl in ("public-read", "public-read-write", "authenticated-read")
        ),
        (
            "a grant to everybody",
            _sets(grants=[{"uri": _ALL_USERS, "permissions": ["READ"]}]),
            "s3-no-public-acl",
        ),
        (
            "CORS of its own",
            _sets(corsRules=[{"allowedOrigins": ["*"], "allowedMethods": ["GET"]}]),
            "s3-cors-origin",
        ),
        ("a web site", _sets(website={"indexDocument": "index.html"}), "s3-no-website"),
    ),
}
_MISSING: Final = {
    t.BUCKET_PUBLIC_ACCESS: "s3-bpa",
    t.BUCKET_OWNERSHIP: "s3-acl-disabled",
    t.BUCKET_POLICY: "s3-tls-only",
    t.BUCKET_ENCRYPTION: "s3-encryption",
    t.BUCKET_LIFECYCLE: "s3-lifecycle",
}


def _tls(stack: str, plain: tuple[Subject, ...], position: int) -> Iterator[Mutation]:
    document = json.loads(plain[position].properties["policy"])
    for what, harmless, change in (
        ("for another bucket", False, {"Resource": ["arn:aws:s3:::other", "arn:aws:s3:::other/*"]}),
        ("for objects only", False, "objects"),
        ("for the bucket only", False, "bucket"),
        (
            "with a further condition",
            False,
            {
                "Condition": {
                    "Bool": {"aws:SecureTransport": "false"},
                    "StringEquals": {"aws:PrincipalAccount": OTHER},
                }
            },
        ),
        ("turned round", False, {"Condition": _when("Bool", "aws:SecureTransport", "true")}),
        ("allowed", False, {"Effect": "Allow"}),
        ("for reading only", False, {"Action": "s3:GetObject"}),
        ("for one role", False, {"Principal": {"AWS": f"arn:aws:iam::{OWN}:role/a"}}),
        (
            "by another operator",
            False,
            {"Condition": _when("StringNotEquals", "aws:SecureTransport", "false")},
        ),
        ("by another key", False, {"Condition": _when("Bool", "aws:ViaAWSService", "false")}),
        ("for all resources", True, {"Resource": "*"}),
        ("with everybody as AWS", True, {"Principal": {"AWS": "*"}}),
        ("with keys in lower case", True, {"Condition": _when("bool", "aws:securetransport", ["false"])}),
    ):
        statements = []
        for statement in copy.deepcopy(document["Statement"]):
            if "SecureTransport" in str(statement.get("Condition")):
                if isinstance(change, str):
                    statement["Resource"] = [
                        one for one in statement["Resource"] if one.endswith("/*") is (change == "objects")
                    ]
                else:
                    statement.update(change)
            statements.append(statement)
        text = json.dumps({**document, "Statement": statements})
        yield Mutation(
            "S3", f"TLS {what}", stack, _with(plain, position, policy=text), ("s3-tls-only",), harmless
        )


GROUPS: Final = (iam, access, s3)


def mutations(stacks: Iterable[str] = STACKS) -> Iterator[Mutation]:
    """Give all changes of all groups."""
    for stack in stacks:
        plain = _plain(stack)
        for group in GROUPS:
            yield from group(stack, plain)


def outcome(all_of: Iterable[Mutation]) -> dict[str, dict[str, Any]]:
    """Return for each group how many changes were caught, which were missed, and which were refused wrongly."""
    counts: dict[str, Counter[str]] = {}
    missed: dict[str, set[str]] = {}
    wrong: dict[str, set[str]] = {}
    for one in all_of:
        found = caught(one)
        count = counts.setdefault(one.group, Counter())
        count["harmless" if one.harmless else "dangerous"] += 1
        if one.harmless and found:
            wrong.setdefault(one.group, set()).add(one.what)
        elif not one.harmless:
            count["caught"] += found
            if not found:
                missed.setdefault(one.group, set()).add(one.what)
    return {
        group: {**count, "missed": sorted(missed.get(group, ())), "wrong": sorted(wrong.get(group, ()))}
        for group, count in sorted(counts.items())
    }


if __name__ == "__main__":
    CAUGHT.write_text(json.dumps(outcome(mutations()), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
