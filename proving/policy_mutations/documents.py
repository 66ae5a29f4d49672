"""Documents of IAM: what roles and users may do, who may take a role, who may use a resource."""

from collections.abc import Iterator
from typing import Any, Final

from policy import tokens as t
from policy.model import Subject
from policy.rules import BY_ID
from proving.policy_mutations.change import (
    OTHER,
    OWN,
    Document,
    Mutation,
    altered,
    appended,
    documents_of,
    extended,
    policy_text,
)


def allow(actions: Any, resources: Any, **more: Any) -> Document:
    """Return a statement that allows something."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def when(operator: str, key: str, value: Any) -> Document:
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
                {"Condition": when("StringEquals", _PASS[2], "ecs.amazonaws.com")},
            ),
            (_PASS[1], {}),
            (_PASS[1], {"Condition": when("StringNotEquals", _PASS[2], "ec2.amazonaws.com")}),
            (_PASS[1], {"Condition": when("StringEqualsIfExists", _PASS[2], "ecs.amazonaws.com")}),
            (_PASS[1], {"Condition": when("StringLike", _PASS[2], "*")}),
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
            ("*", {"Condition": when("Bool", "aws:SecureTransport", "true")}),
            ("*", {"Condition": when("DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z")}),
            ("*", {"Condition": when("StringNotEquals", "aws:ResourceTag/a", "b")}),
            ("*", {"Condition": when("StringLike", "aws:ResourceTag/a", "*")}),
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
        allow("cloudwatch:PutMetricData", "*", Condition=when("StringEquals", "cloudwatch:namespace", "a")),
    ),
    (
        "a named role to a named service",
        allow(
            "iam:PassRole",
            _PASS[1],
            Condition=when("StringEquals", "iam:passedtoservice", "ecs.amazonaws.com"),
        ),
    ),
    ("decrypting with a named key", allow("kms:Decrypt", f"arn:aws:kms:eu-west-1:{OWN}:key/1")),
    ("listing what cannot be named", allow("logs:DescribeLogGroups", "*")),
    ("everything denied", {"Effect": "Deny", "Action": "*", "Resource": "*"}),
)
_GUARDS: Final[tuple[tuple[str, Document], ...]] = (
    ("without a condition", {}),
    ("for any account", when("StringLike", "aws:SourceAccount", "*")),
    ("for any ARN", when("ArnLike", "aws:SourceArn", "*")),
    ("for any ARN of a service", when("ArnLike", "aws:SourceArn", "arn:aws:s3:::*")),
    ("for all but one account", when("StringNotEquals", "aws:SourceAccount", OWN)),
    ("where no account is told", when("StringEqualsIfExists", "aws:SourceAccount", OWN)),
    ("for all values of none", when("ForAllValues:StringEquals", "aws:SourceAccount", OWN)),
    ("where the key is missing", when("Null", "aws:SourceAccount", "true")),
    ("with TLS", when("Bool", "aws:SecureTransport", "true")),
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
            "Condition": when("StringLike", "sts:ExternalId", "*"),
        }
        yield "a whole account with any external id", "iam-trust-account", loose
    for stranger in _STRANGERS:
        yield "another account's", "access-own-accounts", {**_TRUST, "Principal": {"AWS": stranger}}
    provider = {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/{_HUB}"}
    audience = when("StringEquals", f"{_HUB}:aud", "sts.amazonaws.com")
    for subject in (
        "*",
        "repo:*",
        "repo:acme/*",
        "repo:*/chat:*",
        "system:serviceaccount:*:*",
        "system:serviceaccount:a:*",
    ):
        told = {**audience, **when("StringLike", f"{_HUB}:sub", subject)}
        yield (
            f"web identity {subject}",
            "iam-trust-scoped",
            {**_WEB, "Principal": provider, "Condition": told},
        )
    negated = {**audience, **when("StringNotLike", f"{_HUB}:sub", "repo:a/b:*")}
    for told in ({}, audience, negated):
        yield (
            "web identity without a subject",
            "iam-trust-scoped",
            {**_WEB, "Principal": provider, "Condition": told},
        )


def iam(stack: str, plain: tuple[Subject, ...]) -> Iterator[Mutation]:
    """Give what roles and users may do too much."""
    for what, rule, statement in IDENTITY:
        for kind in (t.IAM_ROLE_POLICY, t.IAM_USER_POLICY):
            for subjects in appended(plain, (kind,), "policy", statement):
                yield Mutation("IAM", what, stack, subjects, (rule,))
        if BY_ID[rule].product:
            continue
        yield Mutation(
            "IAM",
            f"{what}, as objects",
            stack,
            extended(plain, t.IAM_POLICY, policy={"Statement": statement}),
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
                extended(plain, kind, **{key: value}),
                ("iam-no-admin-attached",),
            )
    inline = [{"name": "a", "policy": policy_text(allow("*", "*"))}]
    yield Mutation(
        "IAM",
        "everything, inline",
        stack,
        extended(plain, t.IAM_ROLE, inlinePolicies=inline),
        ("iam-no-admin",),
    )
    yield Mutation(
        "IAM", "a console login", stack, extended(plain, t.IAM_LOGIN, user="a"), ("iam-user-no-console",)
    )
    for position, document in documents_of(plain, (t.IAM_USER_POLICY,), "policy"):
        first = document["Statement"][0]
        if "ses:" not in str(first["Action"]):
            continue
        for what, change in (
            ("any sender", {"Condition": {}}),
            ("any sender by pattern", {"Condition": when("StringLike", "ses:FromAddress", "*")}),
            ("any sender of any domain", {"Condition": when("StringLike", "ses:FromAddress", "*@*")}),
            ("all senders but one", {"Condition": when("StringNotLike", "ses:FromAddress", "*@a.example")}),
            ("any identity", {"Resource": "*"}),
            ("more than sending", {"Action": ["ses:SendRawEmail", "ses:DeleteIdentity"]}),
        ):
            text = policy_text({**first, **change})
            yield Mutation(
                "IAM",
                f"SMTP user: {what}",
                stack,
                altered(plain, position, policy=text),
                ("ses-smtp-user-scoped",),
            )
    rules = tuple(rule for rule in BY_ID if rule.startswith("iam-") and BY_ID[rule].needs.name == "ONE")
    for what, statement in HARMLESS_IDENTITY:
        for subjects in appended(plain, (t.IAM_ROLE_POLICY,), "policy", statement):
            yield Mutation("IAM", what, stack, subjects, rules, harmless=True)


def access(stack: str, plain: tuple[Subject, ...]) -> Iterator[Mutation]:
    """Give trust and resource policies that let in too many."""
    group = "trust and resource policies"
    if not any(one.type.startswith("aws:") for one in plain):
        return  # which account is one's own says nothing here
    for what, rule, statement in _trusts():
        for subjects in appended(plain, (t.IAM_ROLE,), "assumeRolePolicy", statement):
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
            extra = extended(plain, kind, policy=policy_text(statement))
            made = next(appended(plain, (kind,), "policy", statement), extra)
            yield Mutation(group, f"{kind.rpartition(':')[2]}: {what}", stack, made, rules)
    harmless = {"Effect": "Allow", "Action": "sns:Publish", "Resource": "*", "Principal": "*"}
    for what, guard in (
        ("one account", when("StringEquals", "AWS:SourceAccount", OWN)),
        ("one organization", when("StringEquals", "aws:PrincipalOrgID", "o-abc123")),
        ("one ARN", when("ArnEquals", "aws:SourceArn", f"arn:aws:s3:::{stack}")),
        ("one of some accounts", when("ForAnyValue:StringEquals", "aws:SourceAccount", [OWN])),
    ):
        for subjects in appended(plain, (t.TOPIC_POLICY,), "policy", {**harmless, "Condition": guard}):
            yield Mutation(
                group,
                f"everybody of {what}",
                stack,
                subjects,
                ("sns-private", "access-own-accounts"),
                harmless=True,
            )
