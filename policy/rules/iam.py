"""IAM, keys and secrets."""

import re
from collections.abc import Iterator

from policy import tokens as t
from policy.documents import CREDENTIAL_NAME, condition_keys, holds_credential, principals, statements, texts
from policy.rule import Needs, Probe, View, as_number, is_in, present, true
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

_rule = Area("iam")

_DOCS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
POLICIES = (t.IAM_POLICY, t.IAM_ROLE_POLICY, t.IAM_USER_POLICY, t.IAM_GROUP_POLICY)
IDENTITY_POLICIES = (*POLICIES, t.IAM_ROLE)
ATTACHMENTS = (t.IAM_ROLE_ATTACHMENT, t.IAM_USER_ATTACHMENT, t.IAM_USER_ATTACHMENTS)
ADMINISTRATORS = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess", "SystemAdministrator")
UNSCOPED = (
    "ecr:GetAuthorizationToken",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "logs:DescribeLogGroups",
    "sts:GetCallerIdentity",
)
"""Actions for which AWS has no resource, and no condition that would bound them, as `cloudwatch:namespace` does."""
_READING = re.compile(r":(Get|List|Describe|Head|BatchGet|BatchCheck|Query|Scan|Lookup|Search)")
MEDIA_ACTIONS = frozenset(
    (
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads",
        "s3:GetBucketLocation",
        # A host's backups are versions. To delete one is not allowed.
        "s3:GetObjectVersion",
        "s3:ListBucketVersions",
    )
)
MANY_SERVICES = (
    "ecs-tasks.amazonaws.com",
    "scheduler.amazonaws.com",
    "backup.amazonaws.com",
    "events.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
)
"""Services that act for anybody who names the role, so the trust must say for whom."""
KEY_DAYS = 14


def documents(p: Probe) -> Iterator[View]:
    """Give the policies that stand in a resource: its own, or a role's inline ones."""
    if p.subject.type == t.IAM_ROLE:
        for inline in p.each("inlinePolicies"):
            found = inline.document("policy")
            if found is not None:
                yield found
    else:
        found = p.document("policy")
        if found is not None:
            yield found


def allowing(p: Probe) -> Iterator[View]:
    """Give the statements that allow something."""
    for document in documents(p):
        for statement in statements(document):
            if statement.get("Effect") == "Allow":
                yield statement


def _admin(p: Probe) -> None:
    for statement in allowing(p):
        if "*" in texts(statement.get("Action")) and "*" in texts(statement.get("Resource")):
            statement.fail("allows everything on everything", "Action")
        for key in ("NotAction", "NotResource"):
            if present(statement.get(key)):
                statement.fail("allows all that it does not name", key)


def _admin_attached(p: Probe) -> None:
    p.expect(
        "policyArn",
        lambda arn: not str(arn).endswith(ADMINISTRATORS),
        "attaches the rights of an administrator",
    )


def _service_star(p: Probe) -> None:
    for statement in allowing(p):
        for action in texts(statement.get("Action")):
            if action.endswith(":*") and action != "*":
                statement.fail("allows all actions of a service", "Action")


def _partial_star(p: Probe) -> None:
    for statement in allowing(p):
        for action in texts(statement.get("Action")):
            if "*" in action and not action.endswith(":*") and action != "*":
                statement.fail("allows actions by pattern: what AWS adds tomorrow is allowed too", "Action")


def _resource(p: Probe) -> None:
    for statement in allowing(p):
        if "*" not in texts(statement.get("Resource")):
            continue
        writing = [
            action
            for action in texts(statement.get("Action"))
            if action not in UNSCOPED and not _READING.search(action)
        ]
        if writing and not statement.get("Condition"):
            statement.fail("writes to any resource", "Resource")


def _read_resource(p: Probe) -> None:
    for statement in allowing(p):
        secretive = [
            action
            for action in texts(statement.get("Action"))
            if action.startswith(("secretsmanager:Get", "ssm:GetParameter", "s3:GetObject"))
        ]
        if secretive and "*" in texts(statement.get("Resource")):
            statement.fail("reads any secret or file of the account", "Resource")


def _media(p: Probe) -> None:
    for statement in allowing(p):
        actions = [action for action in texts(statement.get("Action")) if action.startswith("s3:")]
        if not actions:
            continue
        if not set(actions) <= MEDIA_ACTIONS and not any("*" in action for action in actions):
            statement.fail("allows more on the bucket than reading, writing and deleting files", "Action")
        for resource in texts(statement.get("Resource")):
            if resource in {"*", "arn:aws:s3:::*"}:
                statement.fail("reaches every bucket of the account", "Resource")


def _decrypt(p: Probe) -> None:
    for statement in allowing(p):
        if "kms:Decrypt" in texts(statement.get("Action")) and any(
            resource == "*" or resource.endswith(":key/*") for resource in texts(statement.get("Resource"))
        ):
            statement.fail("decrypts with any key", "Resource")


def _trust(p: Probe) -> None:
    for statement in statements(p.document("assumeRolePolicy")):
        who, keys = principals(statement), condition_keys(statement)
        if "*" in who:
            statement.fail("anybody may take this role", "Principal")
        if "sts:AssumeRoleWithWebIdentity" in texts(statement.get("Action")) and not (
            any(key.endswith(":sub") for key in keys) and any(key.endswith(":aud") for key in keys)
        ):
            statement.fail("any identity of the provider may take this role", "Condition")


def _deputy(p: Probe) -> None:
    for statement in statements(p.document("assumeRolePolicy")):
        named = [service for service in principals(statement) if service in MANY_SERVICES]
        if named and not {"aws:sourceaccount", "aws:sourcearn"} & set(condition_keys(statement)):
            statement.fail("the service may take this role for somebody else's account", "Condition")


def _cross_account(p: Probe) -> None:
    for statement in statements(p.document("assumeRolePolicy")):
        foreign = [who for who in principals(statement) if who.endswith(":root")]
        if foreign and not statement.get("Condition"):
            statement.fail("a whole account may take this role, without a condition", "Condition")


def _pass_role(p: Probe) -> None:
    for statement in allowing(p):
        if "iam:PassRole" not in texts(statement.get("Action")):
            continue
        if any("*" in resource for resource in texts(statement.get("Resource"))):
            statement.fail("may hand any role to a service", "Resource")
        if "iam:passedtoservice" not in condition_keys(statement):
            statement.fail("may hand the role to any service", "Condition")


def _users(p: Probe) -> None:
    off_aws = p.stack.has(t.LIGHTSAIL_INSTANCE, t.DO_CLUSTER, t.DO_DROPLET, t.RELEASE, t.CHART, t.DEPLOYMENT)
    if off_aws:
        return
    for policy in p.stack.referring(p.subject, t.IAM_USER_POLICY, "user"):
        document = p.other(policy).document("policy")
        for statement in statements(document):
            if any(not action.startswith("ses:") for action in texts(statement.get("Action"))):
                p.fail(f"{policy.name} gives a user with a lasting key what a role could have")


def _console(p: Probe) -> None:
    p.fail("a user of a program can log in to the console")


def _keys(p: Probe) -> None:
    if len(p.stack.referring(p.subject, t.IAM_ACCESS_KEY, "user")) > 2:
        p.fail("has more than two keys")


def _boundary(p: Probe) -> None:
    p.expect("permissionsBoundary", present, "nothing bounds what it may be given")


def _exclusive(p: Probe) -> None:
    for own, peer in (("inlinePolicies", t.IAM_ROLE_POLICY), ("managedPolicyArns", t.IAM_ROLE_ATTACHMENT)):
        if p.subject.sets(own) and present(p.get(own)) and p.stack.referring(p.subject, peer, "role"):
            p.fail("is given policies in two ways: each update undoes the other", own)


def _rotation(p: Probe) -> None:
    if str(p.get("keyUsage") or "ENCRYPT_DECRYPT") == "ENCRYPT_DECRYPT":
        p.expect("enableKeyRotation", true, "its material is never changed")


def _mend_rotation(properties: dict[str, object]) -> bool:
    if str(properties.get("keyUsage") or "ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT" or true(
        properties.get("enableKeyRotation")
    ):
        return False
    properties["enableKeyRotation"] = True
    return True


def _key_window(p: Probe) -> None:
    p.expect(
        "deletionWindowInDays", lambda days: as_number(days, 30) >= KEY_DAYS, "is gone in less than two weeks"
    )


def _key_policy(p: Probe) -> None:
    for statement in statements(p.document("policy")):
        if (
            statement.get("Effect") == "Allow"
            and "*" in principals(statement)
            and not statement.get("Condition")
        ):
            statement.fail("everybody may use the key", "Principal")


def _recovery(p: Probe) -> None:
    p.expect("recoveryWindowInDays", lambda days: as_number(days, 30) >= 7, "is gone at once when deleted")


def _secret_described(p: Probe) -> None:
    p.expect(
        "description",
        lambda text: present(text) and text != "Managed by Pulumi",
        "nobody will know what it is for",
    )


def _secret_key(p: Probe) -> None:
    p.expect("kmsKeyId", present, "encrypted with the account's shared key")


def _secret_rotated(p: Probe) -> None:
    p.partners(t.SECRET_ROTATION, "secretId", "is changed by hand only")


def _parameter(p: Probe) -> None:
    if CREDENTIAL_NAME.search(str(p.need("name") or p.subject.name).replace("-", "_").replace("/", "_")) or (
        holds_credential("", p.get("value"))
    ):
        p.expect("type", is_in("SecureString"), "a credential is kept in clear")


def _key_active(p: Probe) -> None:
    p.expect("status", lambda status: status in (None, "Active"), "a key that is switched off but kept")


IAM_NO_ADMIN = _rule(
    "iam-no-admin",
    "No policy allows everything",
    MANDATORY,
    CRITICAL,
    IDENTITY_POLICIES,
    _admin,
    maps="IAM.1, CIS2.14, CKV_AWS_62, CKV2_AWS_40",
    fix="Name actions and resources.",
)
IAM_NO_ADMIN_ATTACHED = _rule(
    "iam-no-admin-attached",
    "Nobody is attached to an administrator's policy",
    MANDATORY,
    CRITICAL,
    ATTACHMENTS,
    _admin_attached,
    maps="IAM.1, CIS2.14, CKV_AWS_274, CKV2_AWS_56",
    fix="Attach a policy that names what is needed.",
)
IAM_NO_SERVICE_STAR = _rule(
    "iam-no-service-star",
    "No policy allows all actions of a service",
    MANDATORY,
    HIGH,
    IDENTITY_POLICIES,
    _service_star,
    maps="IAM.21, CKV_AWS_63",
    fix="List the actions one by one.",
)
IAM_NO_ACTION_PATTERN = _rule(
    "iam-no-action-pattern",
    "No policy allows actions by pattern",
    MANDATORY,
    MEDIUM,
    IDENTITY_POLICIES,
    _partial_star,
    maps="IAM.21, practice least-privilege",
    fix="List the actions one by one.",
)
IAM_RESOURCE_SCOPED = _rule(
    "iam-resource-scoped",
    "Writing is allowed on named resources only",
    MANDATORY,
    HIGH,
    IDENTITY_POLICIES,
    _resource,
    maps="CKV_AWS_288, CKV_AWS_289, CKV_AWS_290, CKV_AWS_355",
    fix="Name the ARNs, or bind by a condition.",
    link=_DOCS + "best-practices.html#grant-least-privilege",
)
IAM_SECRETS_SCOPED = _rule(
    "iam-secrets-scoped",
    "Secrets and files are read by name only",
    MANDATORY,
    HIGH,
    IDENTITY_POLICIES,
    _read_resource,
    maps="CKV_AWS_288, CKV_AWS_108",
    fix="Name the ARNs of the secrets and the bucket.",
    link=_DOCS + "best-practices.html#grant-least-privilege",
)
IAM_S3_MEDIA_MINIMAL = _rule(
    "iam-s3-media-minimal",
    "The chat may list its bucket, and read, write and delete its files; nothing else",
    MANDATORY,
    MEDIUM,
    POLICIES,
    _media,
    maps="original, RC",
    fix="Allow GetObject, PutObject, DeleteObject, AbortMultipartUpload; ListBucket.",
    link="https://docs.rocket.chat/docs/amazon-s3",
)
IAM_KMS_DECRYPT_SCOPED = _rule(
    "iam-kms-decrypt-scoped",
    "Decrypting is allowed with named keys only",
    MANDATORY,
    HIGH,
    IDENTITY_POLICIES,
    _decrypt,
    maps="KMS.1, KMS.2",
    fix="Name the key's ARN.",
)
IAM_TRUST_SCOPED = _rule(
    "iam-trust-scoped",
    "Roles say who may take them",
    MANDATORY,
    CRITICAL,
    (t.IAM_ROLE,),
    _trust,
    maps="CKV_AWS_60, CKV_AWS_61",
    fix="Name a service; for web identities both sub and aud.",
    link=_DOCS + "id_roles_create_for-service.html",
)
IAM_TRUST_DEPUTY = _rule(
    "iam-trust-deputy",
    "A service takes a role for one's own account only",
    MANDATORY,
    MEDIUM,
    (t.IAM_ROLE,),
    _deputy,
    maps="CKV_AWS_60, practice confused-deputy",
    fix="Bind the trust by aws:SourceAccount or aws:SourceArn.",
    link=_DOCS + "confused-deputy.html",
)
IAM_TRUST_ACCOUNT = _rule(
    "iam-trust-account",
    "No whole account may take a role without a condition",
    MANDATORY,
    HIGH,
    (t.IAM_ROLE,),
    _cross_account,
    maps="CKV_AWS_61",
    fix="Name the role, or ask for an external id.",
    link=_DOCS + "id_roles_common-scenarios_third-party.html",
)
IAM_PASSROLE_SCOPED = _rule(
    "iam-passrole-scoped",
    "Only named roles are handed on, to a named service",
    MANDATORY,
    HIGH,
    IDENTITY_POLICIES,
    _pass_role,
    maps="CKV_AWS_286",
    fix="List role ARNs, with iam:PassedToService.",
    link=_DOCS + "id_roles_use_passrole.html",
)
IAM_ROLE_OVER_USER = _rule(
    "iam-role-over-user",
    "Users with lasting keys only where a role cannot be",
    MANDATORY,
    MEDIUM,
    (t.IAM_USER,),
    _users,
    maps="IAM.3, CIS2.16, CIS2.19, CKV_AWS_273",
    needs=Needs.STACK,
    why="whether there is a host that can have no role is known at the end",
    fix="Use the task role; SES's SMTP and hosts outside of AWS are the only reasons for a user.",
)
IAM_USER_NO_CONSOLE = _rule(
    "iam-user-no-console",
    "Users of programs cannot log in",
    MANDATORY,
    HIGH,
    (t.IAM_LOGIN,),
    _console,
    maps="IAM.5, CKV2_AWS_22",
    fix="Take the UserLoginProfile out.",
)
IAM_TWO_KEYS = _rule(
    "iam-two-keys",
    "A user has two keys at most",
    ADVISORY,
    LOW,
    (t.IAM_USER,),
    _keys,
    maps="IAM.3, CIS2.12, AWSGuard access-keys-rotated",
    needs=Needs.STACK,
    fix="Delete the old key after a rotation.",
)
IAM_BOUNDARY = _rule(
    "iam-boundary",
    "Roles and users have a permissions boundary",
    ADVISORY,
    LOW,
    (t.IAM_ROLE, t.IAM_USER),
    _boundary,
    maps="Well-Architected SEC03",
    fix="Set permissions_boundary where the organisation has one.",
    link=_DOCS + "access_policies_boundaries.html",
)
IAM_ROLE_EXCLUSIVE = _rule(
    "iam-role-exclusive",
    "A role is given its policies in one way",
    MANDATORY,
    MEDIUM,
    (t.IAM_ROLE,),
    _exclusive,
    maps="AWSGuard iam-role-no-policy-management-conflicts",
    needs=Needs.EARLIER,
    sides=(t.IAM_ROLE_POLICY, t.IAM_ROLE_ATTACHMENT),
    fix="Use RolePolicy and RolePolicyAttachment only.",
    link=_DOCS + "access_policies_managed-vs-inline.html",
)
KMS_ROTATION = _rule(
    "kms-rotation",
    "Keys are rotated",
    REMEDIATE,
    MEDIUM,
    (t.KMS_KEY,),
    _rotation,
    maps="KMS.4, CIS4.6, CKV_AWS_7, AWSGuard kms-key-rotation",
    fix="Set enable_key_rotation.",
    remedy=_mend_rotation,
)
KMS_DELETION_WINDOW = _rule(
    "kms-deletion-window",
    "A deleted key can be brought back for two weeks",
    MANDATORY,
    MEDIUM,
    (t.KMS_KEY,),
    _key_window,
    maps="KMS.3",
    fix="Set deletion_window_in_days to 14 or more.",
)
KMS_POLICY = _rule(
    "kms-policy-no-star",
    "Not everybody may use a key",
    MANDATORY,
    CRITICAL,
    (t.KMS_KEY,),
    _key_policy,
    maps="KMS.5, CKV_AWS_33, CKV2_AWS_64",
    fix="Name the principals.",
)
SECRET_RECOVERY = _rule(
    "secret-recovery",
    "A deleted secret can be brought back",
    PRODUCTION,
    MEDIUM,
    (t.SECRET,),
    _recovery,
    maps="SecretsManager.3, practice recovery",
    fix="Leave recovery_window_in_days at 7 or more.",
)
SECRET_DESCRIBED = _rule(
    "secret-described",
    "Secrets say what they are for",
    ADVISORY,
    LOW,
    (t.SECRET,),
    _secret_described,
    maps="SecretsManager.3",
    fix="Give a description.",
)
SECRET_OWN_KEY = _rule(
    "secret-own-key",
    "Secrets are encrypted with a key of one's own",
    ADVISORY,
    LOW,
    (t.SECRET,),
    _secret_key,
    maps="CKV_AWS_149",
    fix="Set kms_key_id.",
    link="https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html",
)
SECRET_ROTATION = _rule(
    "secret-rotation",
    "Secrets are changed by themselves",
    ADVISORY,
    LOW,
    (t.SECRET,),
    _secret_rotated,
    maps="SecretsManager.1, SecretsManager.4, CKV2_AWS_57",
    needs=Needs.STACK,
    fix="Atlas and SMTP need a function for it: document how it is done by hand.",
)
SSM_SECURE_STRING = _rule(
    "ssm-secure-string",
    "Credentials in Parameter Store are encrypted",
    MANDATORY,
    HIGH,
    (t.PARAMETER,),
    _parameter,
    maps="CKV2_AWS_34, CKV_AWS_337",
    fix="Set type SecureString.",
    link="https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html",
)
IAM_KEY_ACTIVE = _rule(
    "iam-key-active",
    "Keys that are switched off are deleted",
    ADVISORY,
    LOW,
    (t.IAM_ACCESS_KEY,),
    _key_active,
    maps="IAM.22, CIS2.11",
    fix="Delete the key.",
)
