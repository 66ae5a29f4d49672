"""IAM, keys and secrets."""

import re
from collections.abc import Iterable, Iterator

from policy import tokens as t
from policy.access import (
    APART,
    IDENTITY,
    LOG_DELIVERY,
    SOURCES,
    account_of,
    allowing,
    is_anybody,
    matches,
    own_accounts,
    statements,
    trusting,
)
from policy.chats import chats_of
from policy.credentials import holds_credential, is_credential_name
from policy.rule import ANY, Needs, Probe, View, as_number, expecting, is_in, present, true
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
POLICIES = (
    *(t.IAM_POLICY, t.IAM_ROLE_POLICY, t.IAM_USER_POLICY, t.IAM_GROUP_POLICY),
    *(t.PERMISSION_SET_POLICY, t.IOT_POLICY),
)
IDENTITY_POLICIES = (*POLICIES, t.IAM_ROLE)
ATTACHMENTS = (
    t.IAM_ROLE_ATTACHMENT,
    t.IAM_USER_ATTACHMENT,
    t.IAM_GROUP_ATTACHMENT,
    t.IAM_USER_ATTACHMENTS,
    t.ROLE_ATTACHMENTS,
    t.USER_ATTACHMENTS,
    t.PERMISSION_SET_ATTACHMENT,
    t.IAM_ROLE,
)
ADMINISTRATORS = re.compile(
    r"^arn:[^:]*:iam::aws:policy/.*(FullAccess|PowerUser|ReadWrite|Administrator|job-function/DataScientist)"
)
"""Policies of AWS that give all of a service or more, by their names."""
READERS = re.compile(r":policy/(ReadOnlyAccess|Amazon(S3|SSM|DynamoDB)ReadOnlyAccess)$")
"""Policies of AWS that read each file, parameter or row of the account (AWS managed policy reference)."""
UNSCOPED = (
    "ecr:getauthorizationtoken",
    "ssmmessages:createcontrolchannel",
    "ssmmessages:createdatachannel",
    "ssmmessages:opencontrolchannel",
    "ssmmessages:opendatachannel",
    "xray:puttracesegments",
    "xray:puttelemetryrecords",
    "logs:describeloggroups",
    "sts:getcalleridentity",
)
"""Actions for which AWS has no resource, and no condition that would bound them, as `cloudwatch:namespace` does."""
_READING = re.compile(r":(get|list|describe|head|batchget|batchcheck|query|scan|lookup|search)")
SECRETIVE = (
    "secretsmanager:getsecretvalue",
    "secretsmanager:batchgetsecretvalue",
    "ssm:getparameter",
    "ssm:getparameters",
    "ssm:getparametersbypath",
    "s3:getobject",
    "s3:getobjectversion",
)
MEDIA_ACTIONS = frozenset(
    (
        "s3:getobject",
        "s3:putobject",
        "s3:deleteobject",
        "s3:abortmultipartupload",
        "s3:listmultipartuploadparts",
        "s3:listbucket",
        "s3:listbucketmultipartuploads",
        "s3:getbucketlocation",
        # A host's backups are versions. To delete one is not allowed.
        "s3:getobjectversion",
        "s3:listbucketversions",
    )
)
MANY_SERVICES = (
    "ecs-tasks.amazonaws.com",
    "scheduler.amazonaws.com",
    "backup.amazonaws.com",
    "events.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
    "rolesanywhere.amazonaws.com",
)
"""Services that act for anybody who names the role, so the trust must say for whom."""
KEY_DAYS = 14
LENT = ("principal", "principalArn", "allowedPrincipals", "sharedAccounts")
"""Properties by which something is lent to an account, without a document."""


def _admin(p: Probe) -> None:
    for statement in allowing(p):
        if statement.anything and statement.anywhere:
            statement.view.fail("allows everything on everything", "Action")
        for key in statement.inverted:
            statement.view.fail("allows all that it does not name", key)


def _admin_attached(p: Probe) -> None:
    for named in _attached(p):
        if ADMINISTRATORS.search(str(named.value)):
            named.fail("attaches the rights of an administrator, or all of a service")


def _readers_attached(p: Probe) -> None:
    for named in _attached(p):
        if READERS.search(str(named.value)):
            named.fail("reads all that the account keeps")


def _attached(p: Probe) -> Iterator[View]:
    for key in ("policyArn", "policyArns", "managedPolicyArns", "managedPolicyArn"):
        yield from p.each(key)


def _service_star(p: Probe) -> None:
    for statement in allowing(p):
        for action in statement.actions:
            if action.endswith(":*") or (statement.anything and not statement.anywhere):
                statement.view.fail("allows all actions of a service", "Action")


def _partial_star(p: Probe) -> None:
    for statement in allowing(p):
        for action in statement.actions:
            if ("*" in action or "?" in action) and not action.endswith(":*") and action != "*":
                statement.view.fail(
                    "allows actions by pattern: what AWS adds tomorrow is allowed too", "Action"
                )


def _resource(p: Probe) -> None:
    for statement in allowing(p):
        writing = [one for one in statement.actions if one not in UNSCOPED and not _READING.search(one)]
        if writing and statement.anywhere and not statement.bound():
            statement.view.fail("writes to any resource", "Resource")


def _read_resource(p: Probe) -> None:
    for statement in allowing(p):
        if statement.anywhere and any(statement.does(action) for action in SECRETIVE):
            statement.view.fail("reads any secret or file of the account", "Resource")


def _media(p: Probe) -> None:
    for statement in allowing(p):
        actions = [action for action in statement.actions if action.startswith("s3:")]
        if not actions:
            continue
        if not set(actions) <= MEDIA_ACTIONS and not any("*" in action for action in actions):
            statement.view.fail(
                "allows more on the bucket than reading, writing and deleting files", "Action"
            )
        if statement.anywhere:
            statement.view.fail("reaches every bucket of the account", "Resource")


def _decrypt(p: Probe) -> None:
    for statement in allowing(p):
        if statement.does("kms:decrypt") and statement.anywhere:
            statement.view.fail("decrypts with any key", "Resource")


def _trust(p: Probe) -> None:
    for statement in trusting(p):
        if statement.anybody:
            statement.view.fail("anybody may take this role", "Principal")
        if statement.does("sts:assumerolewithwebidentity") and not (
            statement.asked(":aud")
            and any(all(_names_one(value) for value in one.values) for one in statement.asked(":sub"))
        ):
            statement.view.fail("any identity of the provider may take this role", "Condition")
        if statement.does("sts:assumerolewithsaml") and not any(
            one.narrows and one.key.startswith("saml:") for one in statement.conditions
        ):
            statement.view.fail("any answer of the provider lets somebody take this role", "Condition")


def _names_one(identity: str) -> bool:
    """Tell whether a subject of an identity provider names a repository, a service account or the like.

    The forms are GitHub's `repo:OWNER/NAME:…` and Kubernetes' `system:serviceaccount:NAMESPACE:NAME`; of others the
    part behind the first colon must not begin with a wildcard.
    """
    if identity.startswith("repo:"):
        return re.match(r"repo:[^/*?]+/[^:*?]+(:|$)", identity) is not None
    if identity.startswith("system:serviceaccount:"):
        return re.fullmatch(r"system:serviceaccount:[^:*?]+:[^*?]+", identity) is not None
    return not identity.partition(":")[2].startswith(("*", "?")) and not identity.startswith(("*", "?"))


def _deputy(p: Probe) -> None:
    for statement in trusting(p):
        if set(MANY_SERVICES) & set(statement.principals) and not statement.bound(SOURCES):
            statement.view.fail("the service may take this role for somebody else's account", "Condition")


def _cross_account(p: Probe) -> None:
    for statement in trusting(p):
        whole = [
            who
            for who in statement.principals
            if account_of(who) and (who.isdigit() or who.endswith(":root"))
        ]
        if whole and not statement.bound(
            frozenset((*SOURCES, "sts:externalid", "aws:multifactorauthpresent"))
        ):
            statement.view.fail("a whole account may take this role, without a condition", "Condition")


def _is_shared(p: Probe) -> bool:
    """Tell whether documents of a resource can say who may use it: of any type of AWS, and of a Space."""
    return p.subject.type.startswith(("aws:", "digitalocean:")) and p.subject.type not in IDENTITY


def _accounts(p: Probe) -> None:
    if p.subject.type != t.IAM_ROLE and not _is_shared(p):
        return
    trust = p.subject.type == t.IAM_ROLE
    own = own_accounts(p.stack)
    for statement in trusting(p) if trust else allowing(p):
        if not statement.bound(frozenset({"aws:principalorgid", "sts:externalid"})):
            _known(p, own, statement.principals, statement.view, "Principal")
    if p.get("organizationId") is None:
        for key in LENT:
            for named in p.each(key) if isinstance(p.get(key), str | list) else ():
                _known(p, own, (str(named.value),), named, "")


def _known(p: Probe, own: frozenset[str], principals: Iterable[str], view: View, path: str) -> None:
    named = {account for account in map(account_of, principals) if account is not None}
    foreign = named - set(p.config.accounts) - own - {LOG_DELIVERY}
    if foreign and own:
        view.fail("lets in another account", path)
    elif foreign:
        view.unsure(path)


def _grant(p: Probe) -> None:
    own = own_accounts(p.stack) | {account_of(str(p.get("keyId")))} - {None}
    for key in ("granteePrincipal", "retiringPrincipal"):
        principal = p.sure(key)
        account = account_of(str(principal))
        if principal is None:
            continue
        if is_anybody(str(principal)) or str(principal) == account or str(principal).endswith(":root"):
            p.fail("everybody, or a whole account, may use the key", key)
        elif account is not None and account not in own and account not in p.config.accounts:
            if own:
                p.fail("another account may use the key", key)
            else:
                p.unsure(key)


def _no_star(p: Probe) -> None:
    for statement in allowing(p):
        if statement.anybody and not statement.bound(SOURCES):
            statement.view.fail("everybody may use it", "Principal")


def _elsewhere(p: Probe) -> None:
    if not _is_shared(p):
        return
    if p.subject.type not in APART:
        _no_star(p)
    for statement in allowing(p):
        if statement.says_nobody(SOURCES) and any(one.endswith(".com") for one in statement.principals):
            statement.view.fail("a service may use it for anybody", "Condition")


def _pass_role(p: Probe) -> None:
    for statement in allowing(p):
        if not statement.does("iam:passrole"):
            continue
        if any("*" in resource for resource in statement.resources):
            statement.view.fail("may hand any role to a service", "Resource")
        if not statement.asked("iam:passedtoservice"):
            statement.view.fail("may hand the role to any service", "Condition")


def _own_document(p: Probe) -> None:
    for statement in allowing(p):
        if not statement.does("s3:putobject"):
            continue
        for kept in p.stack.of(t.BUCKET_OBJECT):
            arn = f"arn:aws:s3:::{kept.properties.get('bucket')}/{kept.properties.get('key')}"
            written = any(matches(resource, arn) for resource in statement.resources)
            if written and any(True for _ in chats_of(kept, p.stack)):
                statement.view.fail(f"may change {kept.name}, which the program writes", "Resource")


def _users(p: Probe) -> None:
    off_aws = p.stack.has(t.LIGHTSAIL_INSTANCE, t.DO_CLUSTER, t.DO_DROPLET, t.RELEASE, t.CHART, t.DEPLOYMENT)
    if off_aws:
        return
    for policy in p.stack.referring(p.subject, t.IAM_USER_POLICY, "user"):
        document = p.other(policy).document("policy")
        for statement in statements(document):
            if any(not action.startswith("ses:") for action in statement.actions):
                p.fail(f"{policy.name} gives a user with a lasting key what a role could have")


def _console(p: Probe) -> None:
    p.fail("a user of a program can log in to the console")


def _keys(p: Probe) -> None:
    if len(p.stack.referring(p.subject, t.IAM_ACCESS_KEY, "user")) > 2:
        p.fail("has more than two keys")


def _boundary(p: Probe) -> None:
    if p.expect("permissionsBoundary", present, "nothing bounds what it may be given"):
        p.expect(
            "permissionsBoundary",
            lambda arn: not ADMINISTRATORS.search(str(arn)),
            "what bounds it allows everything",
        )


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


def _secret_rotated(p: Probe) -> None:
    p.partners(t.SECRET_ROTATION, "secretId", "is changed by hand only")


def _parameter(p: Probe) -> None:
    if is_credential_name(str(p.need("name") or p.subject.name).replace("/", "_")) or (
        holds_credential("", p.get("value"))
    ):
        p.expect("type", is_in("SecureString"), "a credential is kept in clear")


IAM_NO_ADMIN = _rule(
    "iam-no-admin",
    "No policy allows everything",
    MANDATORY,
    CRITICAL,
    IDENTITY_POLICIES,
    _admin,
    maps="IAM.1, CIS2.14, CKV_AWS_62",
    fix="Name actions and resources.",
)
IAM_NO_ADMIN_ATTACHED = _rule(
    "iam-no-admin-attached",
    "Nobody is attached to an administrator's policy",
    MANDATORY,
    CRITICAL,
    ATTACHMENTS,
    _admin_attached,
    maps="part of IAM.1, part of CIS2.14, CKV_AWS_274, CKV2_AWS_56",
    fix="Attach a policy that names what is needed.",
)
IAM_READS_ALL = _rule(
    "iam-reads-all",
    "Nobody is attached to a policy that reads all files or parameters",
    ADVISORY,
    MEDIUM,
    ATTACHMENTS,
    _readers_attached,
    maps="practice least-privilege",
    fix="Attach a policy that names the buckets and the parameters.",
    link=_DOCS + "best-practices.html#grant-least-privilege",
)
IAM_NO_SERVICE_STAR = _rule(
    "iam-no-service-star",
    "No policy allows all actions of a service",
    MANDATORY,
    HIGH,
    IDENTITY_POLICIES,
    _service_star,
    maps="IAM.21, CKV_AWS_63, CKV2_AWS_40",
    fix="List the actions one by one.",
)
IAM_NO_ACTION_PATTERN = _rule(
    "iam-no-action-pattern",
    "No policy allows actions by pattern",
    MANDATORY,
    MEDIUM,
    IDENTITY_POLICIES,
    _partial_star,
    maps="practice least-privilege",
    fix="List the actions one by one.",
    product=True,
    link=_DOCS + "best-practices.html",
)
IAM_RESOURCE_SCOPED = _rule(
    "iam-resource-scoped",
    "Writing is allowed on named resources only",
    MANDATORY,
    HIGH,
    IDENTITY_POLICIES,
    _resource,
    maps="CKV_AWS_289, CKV_AWS_290, CKV_AWS_355",
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
    maps="part of CKV_AWS_288, part of CKV_AWS_108",
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
    product=True,
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
    maps="part of CKV_AWS_60, CKV_AWS_61",
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
    maps="part of CKV_AWS_60, practice confused-deputy",
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
    maps="part of CKV_AWS_61",
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
    maps="part of CKV_AWS_286",
    fix="List role ARNs, with iam:PassedToService.",
    link=_DOCS + "id_roles_use_passrole.html",
)
IAM_OWN_DOCUMENT = _rule(
    "iam-own-document",
    "A host cannot write the document that it follows",
    MANDATORY,
    HIGH,
    POLICIES,
    _own_document,
    maps="practice least-privilege",
    needs=Needs.EARLIER,
    sides=(t.BUCKET_OBJECT,),
    fix="Name the object that it may write.",
    link=_DOCS + "best-practices.html#grant-least-privilege",
    product=True,
)
IAM_ROLE_OVER_USER = _rule(
    "iam-role-over-user",
    "Users with lasting keys only where a role cannot be",
    MANDATORY,
    MEDIUM,
    (t.IAM_USER,),
    _users,
    maps="part of CIS2.16, part of CIS2.19, part of CKV_AWS_273",
    needs=Needs.STACK,
    why="whether there is a host that can have no role is known at the end",
    fix="Use the task role; SES's SMTP and hosts outside of AWS are the only reasons for a user.",
    product=True,
    link="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
)
IAM_USER_NO_CONSOLE = _rule(
    "iam-user-no-console",
    "Users of programs cannot log in",
    MANDATORY,
    HIGH,
    (t.IAM_LOGIN,),
    _console,
    maps="part of IAM.5, CKV2_AWS_22",
    fix="Take the UserLoginProfile out.",
)
IAM_TWO_KEYS = _rule(
    "iam-two-keys",
    "A user has two keys at most",
    ADVISORY,
    LOW,
    (t.IAM_USER,),
    _keys,
    maps="practice secrets",
    needs=Needs.STACK,
    fix="Delete the old key after a rotation.",
    link="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html",
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
    maps="KMS.4, CIS4.6, CKV_AWS_7, AWSGuard cmk-backing-key-rotation-enabled",
    fix="Set enable_key_rotation.",
    remedy=_mend_rotation,
)
KMS_DELETION_WINDOW = _rule(
    "kms-deletion-window",
    "A deleted key can be brought back for two weeks",
    MANDATORY,
    MEDIUM,
    (t.KMS_KEY,),
    expecting(
        "deletionWindowInDays", lambda days: as_number(days, 30) >= KEY_DAYS, "is gone in less than two weeks"
    ),
    maps="practice recovery",
    fix="Set deletion_window_in_days to 14 or more.",
    link="https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html",
)
KMS_POLICY = _rule(
    "kms-policy-no-star",
    "Not everybody may use a key",
    MANDATORY,
    CRITICAL,
    (t.KMS_KEY, t.KMS_KEY_POLICY),
    _no_star,
    maps="KMS.5, CKV_AWS_33",
    fix="Name the principals.",
)
KMS_GRANT = _rule(
    "kms-grant-scoped",
    "A key is lent to one principal of a known account",
    MANDATORY,
    CRITICAL,
    (t.KMS_GRANT,),
    _grant,
    maps="part of KMS.5, practice least-privilege",
    needs=Needs.EARLIER,
    fix="Name one role, or list the other account under accounts in the configuration.",
)
ACCESS_NO_STAR = _rule(
    "access-no-star",
    "Not everybody, and no service for everybody, may use what has a policy of its own",
    MANDATORY,
    CRITICAL,
    (ANY,),
    _elsewhere,
    maps="CKV_AWS_168, practice least-privilege",
    fix="Name the principals, or bind the statement to a source ARN.",
    link=_DOCS + "access_policies_identity-vs-resource.html",
)
ACCESS_OWN_ACCOUNTS = _rule(
    "access-own-accounts",
    "Only accounts that are known are let in",
    MANDATORY,
    HIGH,
    (ANY,),
    _accounts,
    maps="part of S3.6, practice least-privilege",
    needs=Needs.EARLIER,
    fix="Name principals of the stack's own account, or list the other account under accounts in the configuration.",
    link=_DOCS + "access_policies-cross-account-resource-access.html",
)
SECRET_RECOVERY = _rule(
    "secret-recovery",
    "A deleted secret can be brought back",
    PRODUCTION,
    MEDIUM,
    (t.SECRET,),
    expecting("recoveryWindowInDays", lambda days: as_number(days, 30) >= 7, "is gone at once when deleted"),
    maps="practice recovery",
    fix="Leave recovery_window_in_days at 7 or more.",
    link="https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html",
)
SECRET_DESCRIBED = _rule(
    "secret-described",
    "Secrets say what they are for",
    ADVISORY,
    LOW,
    (t.SECRET,),
    expecting(
        "description",
        lambda text: present(text) and text != "Managed by Pulumi",
        "nobody will know what it is for",
    ),
    maps="practice tagging",
    fix="Give a description.",
    link="https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_update-secret.html",
)
SECRET_OWN_KEY = _rule(
    "secret-own-key",
    "Secrets are encrypted with a key of one's own",
    ADVISORY,
    LOW,
    (t.SECRET,),
    expecting("kmsKeyId", present, "encrypted with the account's shared key"),
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
    maps="CKV2_AWS_34",
    fix="Set type SecureString.",
    link="https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html",
)
IAM_KEY_ACTIVE = _rule(
    "iam-key-active",
    "Keys that are switched off are deleted",
    ADVISORY,
    LOW,
    (t.IAM_ACCESS_KEY,),
    expecting("status", lambda status: status in (None, "Active"), "a key that is switched off but kept"),
    maps="part of IAM.22, part of CIS2.11",
    fix="Delete the key.",
)
