"""Buckets. On AWS v7 a bucket is the sum of its side resources, which are joined here."""

import re

from policy import tokens as t
from policy.access import SOURCES, Statement, allowing, matches, statements
from policy.credentials import decoded, in_document
from policy.model import SECRET, UNKNOWN, Stack, Subject
from policy.product import owns
from policy.rule import Needs, Probe, View, absent, is_in, not_true, present, true
from policy.rules._make import (
    ADVISORY,
    CRITICAL,
    HIGH,
    LOW,
    MANDATORY,
    MEDIUM,
    PRODUCTION,
    REMEDIATE,
    Area,
)

_rule = Area("storage")

_DOCS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read", "website")
_LOG = re.compile(r"(^|[-_.])logs?([-_.]|$)", re.IGNORECASE)
_BACKUP = re.compile(r"(^|[-_.])(backups?|dumps?)([-_.]|$)", re.IGNORECASE)


def is_log_bucket(subject: Subject) -> bool:
    """Tell whether a bucket holds logs, by its name: versions of logs are of no use."""
    return bool(_LOG.search(subject.name) or _LOG.search(str(subject.properties.get("bucket") or "")))


def is_backup_bucket(subject: Subject) -> bool:
    """Tell whether a bucket holds backups, by its name."""
    return bool(_BACKUP.search(subject.name) or _BACKUP.search(str(subject.properties.get("bucket") or "")))


def is_written_again(subject: Subject, stack: Stack) -> bool:
    """Tell whether the program writes what is in a bucket, so that nothing is lost with it: files of users come from
    pages, which the bucket must let in, and backups are told by their name.
    """
    return (
        bool(stack.referring(subject, t.BUCKET_OBJECT, "bucket"))
        and not stack.referring(subject, t.BUCKET_CORS, "bucket")
        and not is_backup_bucket(subject)
    )


def _public_access(p: Probe) -> None:
    p.partners(t.BUCKET_PUBLIC_ACCESS, "bucket", "public access is not blocked")


def _four_blocks(p: Probe) -> None:
    for key in BLOCKS:
        p.expect(key, true, "this way to make the bucket public is open")


def _mend_blocks(properties: dict[str, object]) -> bool:
    changed = False
    for key in BLOCKS:
        if not true(properties.get(key)):
            properties[key] = True
            changed = True
    return changed


def _named_grantee(uri: object) -> bool:
    return not str(uri).endswith(("AllUsers", "AuthenticatedUsers"))


def _public_acl(p: Probe) -> None:
    p.expect("acl", lambda acl: acl not in PUBLIC_ACLS, "everybody may read it")
    for grant in p.each("grants"):
        grant.expect("uri", _named_grantee, "everybody may read it")
    for grant in p.each("accessControlPolicy.grants"):
        grant.expect("grantee.uri", _named_grantee, "everybody may read it")


def _files_kept(p: Probe) -> None:
    for bucket in p.stack.meant(p.subject, "bucket", t.BUCKET):
        if is_backup_bucket(bucket) or is_log_bucket(bucket) or is_written_again(bucket, p.stack):
            continue
        for rule in p.each("rules"):
            ends = any(present(rule.get(f"expiration.{key}")) for key in ("days", "date"))
            if ends and rule.get("status") == "Enabled":
                rule.fail(
                    "files of users are gone after a while, and their messages show holes", "expiration"
                )


def _ownership(p: Probe) -> None:
    for controls in p.partners(t.BUCKET_OWNERSHIP, "bucket", "access lists of single objects still count"):
        p.other(controls).expect(
            "rule.objectOwnership", is_in("BucketOwnerEnforced"), "access lists of single objects still count"
        )


def _policies(p: Probe, message: str) -> list[View]:
    held: list[View] = [p] if p.subject.sets("policy") and p.get("policy") is not None else []
    if not held or p.stack.referring(p.subject, t.BUCKET_POLICY, "bucket"):
        held += [p.other(one) for one in p.partners(t.BUCKET_POLICY, "bucket", message)]
    return [document for one in held if (document := one.document("policy")) is not None]


def _tls_only(p: Probe) -> None:
    told = (p.get("bucket"), p.subject.id, p.subject.outputs.get("bucket"))
    names = {str(one) for one in told if isinstance(one, str) and one not in {"", SECRET}}
    for document in _policies(p, "takes requests without TLS"):
        found = list(statements(document))
        if any(_denies_clear(statement, names) for statement in found):
            continue
        if all(statement.sure for statement in found) and names:
            document.fail("no statement denies requests without TLS to the bucket and all that is in it")
        elif not names:
            p.unsure("bucket")


def _denies_clear(statement: Statement, names: set[str]) -> bool:
    """Tell whether a statement denies everybody everything on a bucket and its objects where TLS is not used."""
    (only,) = statement.conditions if len(statement.conditions) == 1 else (None,)
    return (
        statement.view.get("Effect") == "Deny"
        and not statement.inverted
        and any(principal == "*" for principal in statement.principals)
        and any(action in {"s3:*", "*"} for action in statement.actions)
        and only is not None
        and only.operator in {"bool", "boolifexists"}
        and only.key == "aws:securetransport"
        and [value.lower() for value in only.values] == ["false"]
        and any(_covers(statement, f"arn:aws:s3:::{name}") for name in names)
    )


def _covers(statement: Statement, arn: str) -> bool:
    given = [re.sub(r"^arn:aws[a-z-]*:", "arn:aws:", one) for one in statement.resources]
    return all(any(matches(one, wanted) for one in given) for wanted in (arn, f"{arn}/any/object"))


def _no_star(p: Probe) -> None:
    for statement in allowing(p):
        if statement.anybody and not statement.bound(SOURCES):
            statement.view.fail("allows something to everybody", "Principal")


def _no_not_principal(p: Probe) -> None:
    for statement in allowing(p):
        for key in statement.inverted:
            statement.view.fail("allows everything that is not named", key)


def _encryption(p: Probe) -> None:
    for side in p.partners(t.BUCKET_ENCRYPTION, "bucket", "its encryption is not declared"):
        for rule in p.other(side).each("rules"):
            algorithm = rule.need("applyServerSideEncryptionByDefault.sseAlgorithm")
            if algorithm not in {"AES256", "aws:kms", "aws:kms:dsse"}:
                rule.fail("not encrypted", "applyServerSideEncryptionByDefault.sseAlgorithm")
            elif algorithm == "aws:kms":
                rule.expect(
                    "bucketKeyEnabled", true, "each object asks the key service, and is billed for it"
                )


def _encryption_mended(p: Probe) -> None:
    for rule in p.each("rules"):
        default = rule.need("applyServerSideEncryptionByDefault.sseAlgorithm")
        if default == "aws:kms":
            rule.expect("bucketKeyEnabled", true, "each object asks the key service, and is billed for it")


def _mend_encryption(properties: dict[str, object]) -> bool:
    changed = False
    rules = properties.get("rules")
    for rule in rules if isinstance(rules, list) else ():
        default = rule.get("applyServerSideEncryptionByDefault") if isinstance(rule, dict) else None
        kms = isinstance(default, dict) and default.get("sseAlgorithm") == "aws:kms"
        if kms and not true(rule.get("bucketKeyEnabled")):
            rule["bucketKeyEnabled"] = True
            changed = True
    return changed


def _versioning(p: Probe) -> None:
    if is_log_bucket(p.subject):
        return
    for side in p.partners(t.BUCKET_VERSIONING, "bucket", "what is overwritten or deleted is gone"):
        p.other(side).expect(
            "versioningConfiguration.status", is_in("Enabled"), "what is overwritten or deleted is gone"
        )


def _lifecycle(p: Probe) -> None:
    for side in p.partners(
        t.BUCKET_LIFECYCLE, "bucket", "parts of broken uploads and old versions stay for ever"
    ):
        other = p.other(side)
        rules = [rule for rule in other.each("rules") if rule.get("status") == "Enabled"]
        if side.properties.get("rules") is UNKNOWN:
            return
        if not any(present(rule.get("abortIncompleteMultipartUpload.daysAfterInitiation")) for rule in rules):
            other.fail("parts of broken uploads stay for ever", "rules")
        if is_log_bucket(p.subject):
            if not any(present(rule.get("expiration")) for rule in rules):
                other.fail("logs stay for ever", "rules")
        elif not any(present(rule.get("noncurrentVersionExpiration.noncurrentDays")) for rule in rules):
            other.fail("old versions stay for ever", "rules")


def _logging(p: Probe) -> None:
    if is_log_bucket(p.subject):
        return
    for side in p.partners(t.BUCKET_LOGGING, "bucket", "nobody can tell later who read what"):
        p.other(side).expect("targetBucket", present, "the log goes nowhere")
        if p.subject in p.stack.meant(side, "targetBucket", t.BUCKET):
            p.other(side).fail("logs into itself, for ever", "targetBucket")


def _cors(p: Probe) -> None:
    owned = owns(p.subject, p.stack)
    for rule in p.each("corsRules"):
        writes = not {str(one.value) for one in rule.each("allowedMethods")} <= {"GET", "HEAD"}
        for origin in rule.each("allowedOrigins"):
            if "*" in str(origin.value):
                if owned or writes:
                    origin.fail("pages of everybody may use the files of a user who is logged in")
            elif owned and not str(origin.value).startswith("https://"):
                origin.fail("a page without TLS may read the files")


def _cors_methods(p: Probe) -> None:
    for rule in p.each("corsRules"):
        for method in rule.each("allowedMethods"):
            if method.value == "DELETE":
                method.fail("a page has no reason to delete files")


def _force_destroy(p: Probe) -> None:
    if is_written_again(p.subject, p.stack) or not true(p.sure("forceDestroy")):
        return
    message = "goes with all that is in it when the stack is destroyed"
    if p.subject.type == t.BUCKET and not is_backup_bucket(p.subject):
        p.missing(message, "forceDestroy")
    else:
        p.fail(message, "forceDestroy")


def _object_lock(p: Probe) -> None:
    if is_backup_bucket(p.subject) and not true(p.need("objectLockEnabled")):
        p.partners(t.BUCKET_LOCK, "bucket", "whoever holds the key can delete the backups")


def _object_lock_rule(p: Probe) -> None:
    if is_backup_bucket(p.subject) and true(p.need("objectLockEnabled")):
        p.partners(t.BUCKET_LOCK, "bucket", "may lock objects, and locks none")


def _replication(p: Probe) -> None:
    if is_backup_bucket(p.subject):
        p.partners(t.BUCKET_REPLICATION, "bucket", "the backups are in one region only")


def _website(p: Probe) -> None:
    if p.subject.type == t.R2_DOMAIN:
        p.expect("enabled", not_true, "whoever knows a name reads it from the internet")
    elif p.subject.type == t.BUCKET_WEBSITE:
        # One that sends on whatever it is asked shows no object.
        p.expect("redirectAllRequestsTo.hostName", present, "makes a bucket a public web site, without TLS")
    else:
        p.expect("website", absent, "is a public web site")


def _object_encryption(p: Probe) -> None:
    p.expect("serverSideEncryption", lambda kind: kind is None or kind != "NONE", "not encrypted")
    for key in ("content", "contentBase64"):
        value = p.get(key)
        if key in (p.subject.secrets or ()) or (isinstance(value, str) and in_document(decoded(value))):
            p.fail("a secret stands in an object that everybody with access to the bucket can read", key)


def _spaces(p: Probe) -> None:
    p.expect("acl", lambda acl: acl in (None, "private"), "everybody may list and read it")
    p.expect("versioning.enabled", true, "what is overwritten or deleted is gone")


BUCKETS = (t.BUCKET,)
S3_BPA = _rule(
    "s3-bpa",
    "Each bucket blocks public access",
    MANDATORY,
    CRITICAL,
    BUCKETS,
    _public_access,
    maps="S3.8, part of CIS3.1.4, CKV2_AWS_6",
    needs=Needs.STACK,
    why="the block of a bucket is made after it",
    fix="Add a BucketPublicAccessBlock.",
)
S3_BPA_VALUES = _rule(
    "s3-bpa-values",
    "All four ways to make a bucket public are blocked",
    REMEDIATE,
    CRITICAL,
    (t.BUCKET_PUBLIC_ACCESS, t.ACCOUNT_PUBLIC_ACCESS),
    _four_blocks,
    maps="part of S3.8, part of S3.1, part of CIS3.1.4, CKV_AWS_53, CKV_AWS_54, CKV_AWS_55, CKV_AWS_56",
    fix="Set all four to true.",
    remedy=_mend_blocks,
)
S3_NO_PUBLIC_ACL = _rule(
    "s3-no-public-acl",
    "No access list makes a bucket or an object public",
    MANDATORY,
    CRITICAL,
    (t.BUCKET, t.BUCKET_ACL, t.BUCKET_OBJECT, t.SPACES_OBJECT),
    _public_acl,
    maps="S3.2, S3.3, CKV_AWS_20, CKV_AWS_57, compliance-policies aws-s3-bucket-disallow-public-read",
    fix="Leave acl away.",
)
S3_ACL_DISABLED = _rule(
    "s3-acl-disabled",
    "Access lists of objects do not count",
    MANDATORY,
    MEDIUM,
    BUCKETS,
    _ownership,
    maps="S3.12, CKV2_AWS_65",
    needs=Needs.EARLIER,
    sides=(t.BUCKET_OWNERSHIP,),
    why="the ownership of a bucket is declared after it",
    fix="Add BucketOwnershipControls with BucketOwnerEnforced.",
)
S3_TLS_ONLY = _rule(
    "s3-tls-only",
    "Buckets are reached by TLS only",
    MANDATORY,
    MEDIUM,
    BUCKETS,
    _tls_only,
    maps="S3.5, CIS3.1.1",
    needs=Needs.EARLIER,
    sides=(t.BUCKET_POLICY,),
    why="the policy of a bucket is made after it",
    fix="Add a BucketPolicy that denies s3:* to everybody when aws:SecureTransport is false.",
)
S3_POLICY_NO_STAR = _rule(
    "s3-policy-no-star",
    "No bucket policy allows something to everybody",
    MANDATORY,
    CRITICAL,
    (t.BUCKET, t.BUCKET_POLICY),
    _no_star,
    maps="part of S3.6, part of CIS2.21, CKV_AWS_70",
    fix="Name the principal, or bind the statement to a source ARN.",
)
S3_POLICY_NO_NOT = _rule(
    "s3-policy-no-not",
    "No bucket policy allows all that it does not name",
    MANDATORY,
    HIGH,
    (t.BUCKET, t.BUCKET_POLICY),
    _no_not_principal,
    maps="practice least-privilege",
    fix="Name principals and actions.",
    link="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html",
)
S3_ENCRYPTION = _rule(
    "s3-encryption",
    "The encryption of each bucket is declared",
    MANDATORY,
    MEDIUM,
    BUCKETS,
    _encryption,
    maps="CKV_AWS_19",
    needs=Needs.EARLIER,
    sides=(t.BUCKET_ENCRYPTION,),
    why="the encryption of a bucket is declared after it",
    fix="Add a BucketServerSideEncryptionConfiguration; with KMS enable the bucket key.",
    link="https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html",
)
S3_BUCKET_KEY = _rule(
    "s3-bucket-key",
    "Encryption with KMS uses a bucket key",
    REMEDIATE,
    LOW,
    (t.BUCKET_ENCRYPTION,),
    _encryption_mended,
    maps="part of S3.17, Well-Architected COST08",
    fix="Set bucket_key_enabled.",
    remedy=_mend_encryption,
)
S3_VERSIONING = _rule(
    "s3-versioning",
    "Buckets keep what is overwritten",
    MANDATORY,
    MEDIUM,
    BUCKETS,
    _versioning,
    maps="S3.14, CKV_AWS_21",
    needs=Needs.EARLIER,
    sides=(t.BUCKET_VERSIONING,),
    why="the versioning of a bucket is declared after it",
    fix="Add a BucketVersioning with status Enabled.",
)
S3_LIFECYCLE = _rule(
    "s3-lifecycle",
    "Left-overs in buckets are cleared away",
    MANDATORY,
    LOW,
    BUCKETS,
    _lifecycle,
    maps="S3.10, S3.13, CKV2_AWS_61, CKV_AWS_300",
    needs=Needs.EARLIER,
    sides=(t.BUCKET_LIFECYCLE,),
    why="the lifecycle of a bucket is declared after it",
    fix="Add a lifecycle: abort incomplete uploads, expire old versions (logs: expire).",
)
S3_ACCESS_LOGGING = _rule(
    "s3-access-logging",
    "Reading a bucket leaves a trace",
    ADVISORY,
    LOW,
    BUCKETS,
    _logging,
    maps="part of S3.9, part of CKV_AWS_18, part of AWSGuard s3-bucket-logging-enabled",
    needs=Needs.STACK,
    fix="Add a BucketLogging into another bucket.",
)
S3_CORS_ORIGIN = _rule(
    "s3-cors-origin",
    "Only the chat's own pages may read files across origins",
    MANDATORY,
    HIGH,
    (t.BUCKET, t.BUCKET_CORS),
    _cors,
    maps="RC",
    fix="Allow ROOT_URL as the only origin.",
    link=_DOCS + "cors.html",
    needs=Needs.EARLIER,
    why="without this project's components, whose bucket it is is known at the end",
)
S3_CORS_METHODS = _rule(
    "s3-cors-methods",
    "Pages may not delete files across origins",
    MANDATORY,
    LOW,
    (t.BUCKET, t.BUCKET_CORS),
    _cors_methods,
    maps="RC",
    fix="Allow GET and HEAD, and PUT and POST where needed.",
    link=_DOCS + "cors.html",
    product=True,
)
S3_NO_FORCE_DESTROY = _rule(
    "s3-no-force-destroy",
    "A bucket with files in it is not destroyed",
    PRODUCTION,
    HIGH,
    (t.BUCKET, t.SPACES_BUCKET),
    _force_destroy,
    maps="Well-Architected REL09",
    needs=Needs.EARLIER,
    why="what the program writes into a bucket comes after it",
    fix="Leave force_destroy off.",
    link=_DOCS + "delete-bucket.html",
)
S3_BACKUP_OBJECT_LOCK = _rule(
    "s3-backup-object-lock",
    "Backups cannot be deleted by who writes them",
    ADVISORY,
    MEDIUM,
    BUCKETS,
    _object_lock,
    maps="part of S3.15, part of CKV_AWS_143",
    needs=Needs.STACK,
    why="a bucket's lock may be made after it",
    fix="Add a BucketObjectLockConfiguration, or set object_lock_enabled on the backup bucket.",
)
S3_OBJECT_LOCK_RULE = _rule(
    "s3-object-lock-rule",
    "A bucket that can lock objects does so",
    ADVISORY,
    LOW,
    BUCKETS,
    _object_lock_rule,
    maps="part of S3.15, CKV_AWS_143",
    needs=Needs.STACK,
    fix="Add a BucketObjectLockConfiguration.",
)
S3_REPLICATION = _rule(
    "s3-replication",
    "Backups are in two regions",
    ADVISORY,
    LOW,
    BUCKETS,
    _replication,
    maps="part of S3.7, part of CKV_AWS_144",
    needs=Needs.STACK,
    fix="Replicate the backup bucket. Media in one region is a choice of a design in one region.",
)
S3_NO_WEBSITE = _rule(
    "s3-no-website",
    "No bucket is read from the internet by itself",
    MANDATORY,
    HIGH,
    (t.BUCKET, t.BUCKET_WEBSITE, t.R2_DOMAIN),
    _website,
    maps="practice least-privilege",
    fix="Put CloudFront with origin access control before it.",
    link="https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html",
)
S3_OBJECT_CLEAN = _rule(
    "s3-object-clean",
    "No secret is stored as an object",
    MANDATORY,
    HIGH,
    (t.BUCKET_OBJECT,),
    _object_encryption,
    maps="practice secrets",
    fix="Keep it in Secrets Manager.",
    link="https://docs.aws.amazon.com/secretsmanager/latest/userguide/best-practices.html",
)
DO_SPACES_PRIVATE = _rule(
    "do-spaces-private",
    "A Space is private and keeps versions",
    MANDATORY,
    HIGH,
    (t.SPACES_BUCKET,),
    _spaces,
    maps="CKV_DIO_1, CKV_DIO_3, tfsec digitalocean-spaces-acl-no-public-read",
    fix="Set acl private, versioning on.",
    link="https://docs.digitalocean.com/products/spaces/how-to/set-file-permissions/",
)
DO_SPACES_CORS = _rule(
    "do-spaces-cors",
    "Only the chat's own pages may read files of a Space",
    MANDATORY,
    HIGH,
    (t.SPACES_CORS,),
    _cors,
    maps="RC",
    fix="Allow ROOT_URL as the only origin.",
    link="https://docs.digitalocean.com/products/spaces/how-to/configure-cors/",
    needs=Needs.EARLIER,
    why="without this project's components, whose bucket it is is known at the end",
)
S3_FILES_KEPT = _rule(
    "s3-files-kept",
    "Files of users stay until they are deleted in the chat",
    MANDATORY,
    HIGH,
    (t.BUCKET_LIFECYCLE,),
    _files_kept,
    maps="RC",
    needs=Needs.EARLIER,
    fix="Let noncurrent versions expire only; the chat's own retention deletes messages with their files.",
    link="https://docs.rocket.chat/docs/retention-policies",
    product=True,
)
