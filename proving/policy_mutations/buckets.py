"""Buckets: open ones, and such as lose what is in them."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from policy import tokens as t
from policy.model import Stack, Subject, canonical
from proving.policy_mutations.change import OTHER, OWN, Document, Mutation, altered, extended, policy_text
from proving.policy_mutations.documents import when

Edit = Callable[[Document], None]


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
                    "policy": policy_text(
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
                extended(plain, kind, bucket=name, **properties),
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
        ("turned round", False, {"Condition": when("Bool", "aws:SecureTransport", "true")}),
        ("allowed", False, {"Effect": "Allow"}),
        ("for reading only", False, {"Action": "s3:GetObject"}),
        ("for one role", False, {"Principal": {"AWS": f"arn:aws:iam::{OWN}:role/a"}}),
        (
            "by another operator",
            False,
            {"Condition": when("StringNotEquals", "aws:SecureTransport", "false")},
        ),
        ("by another key", False, {"Condition": when("Bool", "aws:ViaAWSService", "false")}),
        ("for all resources", True, {"Resource": "*"}),
        ("with everybody as AWS", True, {"Principal": {"AWS": "*"}}),
        ("with keys in lower case", True, {"Condition": when("bool", "aws:securetransport", ["false"])}),
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
            "S3", f"TLS {what}", stack, altered(plain, position, policy=text), ("s3-tls-only",), harmless
        )
