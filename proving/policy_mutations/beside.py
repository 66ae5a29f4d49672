"""What users add beside the components, and settings of the chat itself."""

import base64
import json
from collections.abc import Iterator
from typing import Any, Final

from policy import tokens as t
from policy.model import Subject
from proving.policy_mutations.change import OTHER, OWN, More, Mutation, Row, from_table, policy_text, rows

_SOUND_DB: Final = {
    "storageEncrypted": True,
    "publiclyAccessible": False,
    "backupRetentionPeriod": 14,
    "deletionProtection": True,
    "skipFinalSnapshot": False,
}


def _databases() -> Iterator[Row | More]:
    for kind in (t.RDS_INSTANCE, t.RDS_CLUSTER, t.DOCUMENT_CLUSTER):
        for what, key, value, rule in rows(
            ("unencrypted", "storageEncrypted", False, "db-encrypted"),
            ("unencrypted by default", "storageEncrypted", None, "db-encrypted"),
            ("public", "publiclyAccessible", True, "db-private"),
            ("no backups", "backupRetentionPeriod", 0, "db-backups"),
            ("backups of a day", "backupRetentionPeriod", 1, "db-backups"),
            ("easily deleted", "deletionProtection", False, "db-kept"),
            ("gone without a snapshot", "skipFinalSnapshot", True, "db-kept"),
        ):
            yield More(what, kind, {**_SOUND_DB, key: value}, rule)
        for rule in ("db-encrypted", "db-private", "db-backups", "db-kept"):
            yield More(f"sound for {rule}", kind, _SOUND_DB, rule, True)
    yield More("public", t.RDS_CLUSTER_INSTANCE, {"publiclyAccessible": True}, "db-private")
    yield More("public", t.LIGHTSAIL_DATABASE, {"publiclyAccessible": True}, "db-private")
    yield More("public", t.REDSHIFT_CLUSTER, {"publiclyAccessible": True}, "db-private")
    for kind, name, value in rows(
        (t.DOCUMENT_PARAMETERS, "tls", "disabled"),
        (t.RDS_PARAMETERS, "rds.force_ssl", "0"),
        (t.RDS_CLUSTER_PARAMETERS, "require_secure_transport", "OFF"),
    ):
        yield More("no TLS", kind, {"parameters": [{"name": name, "value": value}]}, "db-tls")
    sound = {"atRestEncryptionEnabled": True, "transitEncryptionEnabled": True, "authToken": "[secret]"}
    for what, key in rows(
        ("unencrypted", "atRestEncryptionEnabled"),
        ("in clear", "transitEncryptionEnabled"),
        ("no password", "authToken"),
    ):
        yield More(what, t.CACHE, {**sound, key: None}, "cache-guarded")
    yield More("guarded", t.CACHE, sound, "cache-guarded", True)
    for what, table in rows(
        ("no point in time", {"deletionProtectionEnabled": True}),
        ("easily deleted", {"pointInTimeRecovery": {"enabled": True}}),
    ):
        yield More(what, t.TABLE, table, "dynamodb-kept")
    for key in ("encryptAtRest", "nodeToNodeEncryption"):
        yield More(f"no {key}", t.SEARCH, {key: {"enabled": False}}, "opensearch-encrypted")
    for what, more, rule in rows(
        ("the account's network", {}, "do-db-network"),
        ("no firewall", {"privateNetworkUuid": "a"}, "do-db-firewall"),
    ):
        yield More(what, t.DO_DATABASE, {"engine": "mongodb", "nodeCount": 3, **more}, rule)


def _machines() -> Iterator[Row | More]:
    sound: dict[str, Any] = {
        "metadataOptions": {"httpTokens": "required"},
        "rootBlockDevice": {"encrypted": True},
        "associatePublicIpAddress": False,
    }
    for kind in (t.EC2_INSTANCE, t.LAUNCH_CONFIGURATION):
        for what, key, value, rule in rows(
            ("metadata for all", "metadataOptions", {"httpTokens": "optional"}, "ec2-imdsv2"),
            ("metadata by default", "metadataOptions", None, "ec2-imdsv2"),
            ("a disk in clear", "rootBlockDevice", {"encrypted": False}, "ec2-disk-encrypted"),
            ("a second disk in clear", "ebsBlockDevices", [{"deviceName": "/dev/sdf"}], "ec2-disk-encrypted"),
            ("a public address", "associatePublicIpAddress", True, "ec2-no-public-ip"),
            ("logins by password", "userData", "#cloud-config\nssh_pwauth: true\n", "host-no-password-login"),
        ):
            yield More(what, kind, {**sound, key: value}, rule)
        for rule in ("ec2-imdsv2", "ec2-disk-encrypted", "ec2-no-public-ip"):
            yield More(f"sound for {rule}", kind, sound, rule, True)
    script = base64.b64encode(b"#!/bin/sh\nexport DB_PASSWORD=hunter2\n").decode()
    for what, template, rule in rows(
        ("metadata by default", {}, "ec2-imdsv2"),
        ("metadata for all", {"metadataOptions": {"httpTokens": "optional"}}, "ec2-imdsv2"),
        ("a disk in clear", {"blockDeviceMappings": [{"ebs": {"volumeSize": 8}}]}, "ec2-disk-encrypted"),
        ("a public address", {"networkInterfaces": [{"associatePublicIpAddress": True}]}, "ec2-no-public-ip"),
        ("a credential", {"userData": script}, "lightsail-userdata-clean"),
    ):
        yield More(what, t.LAUNCH_TEMPLATE, template, rule)
    for what, kind, properties, rule in rows(
        ("unencrypted", t.EBS_VOLUME, {"size": 8}, "ebs-encrypted"),
        ("off", t.EBS_DEFAULT, {"enabled": False}, "ebs-encrypted-by-default"),
        ("for all", t.AMI_PERMISSION, {"group": "all"}, "ami-private"),
        ("unencrypted", t.FILE_SYSTEM, {}, "efs-encrypted"),
        ("the whole of it", t.FILE_ACCESS_POINT, {"posixUser": {"uid": 1}}, "efs-access-point"),
        ("anybody", t.FILE_ACCESS_POINT, {"rootDirectory": {"path": "/a"}}, "efs-access-point"),
        ("unencrypted", t.QUEUE, {"sqsManagedSseEnabled": False}, "sqs-encrypted"),
        (
            "moving tags",
            t.ECR_REPOSITORY,
            {"imageScanningConfiguration": {"scanOnPush": True}},
            "ecr-guarded",
        ),
        ("nobody looks", t.ECR_REPOSITORY, {"imageTagMutability": "IMMUTABLE"}, "ecr-guarded"),
        (
            "everybody",
            t.LAMBDA_PERMISSION,
            {"action": "lambda:InvokeFunction", "principal": "*"},
            "lambda-permission",
        ),
        ("any bucket", t.LAMBDA_PERMISSION, {"principal": "s3.amazonaws.com"}, "lambda-permission"),
        ("everybody", t.LAMBDA_URL, {"authorizationType": "NONE"}, "lambda-url"),
        ("Python 3.7", t.LAMBDA, {"runtime": "python3.7"}, "lambda-runtime"),
        ("Node.js 14", t.LAMBDA, {"runtime": "nodejs14.x"}, "lambda-runtime"),
        (
            "open to the world",
            t.EKS_CLUSTER,
            {"vpcConfig": {"publicAccessCidrs": ["0.0.0.0/0"]}},
            "eks-api-private",
        ),
        ("open by default", t.EKS_CLUSTER, {"vpcConfig": {}}, "eks-api-private"),
        ("six characters", t.PASSWORD_POLICY, {"minimumPasswordLength": 6}, "iam-password-length"),
        ("in clear", t.CLASSIC_BALANCER, {"listeners": [{"lbProtocol": "http", "lbPort": 80}]}, "elb-tls"),
        (
            "in clear",
            t.DO_BALANCER,
            {"forwardingRules": [{"entryProtocol": "http", "entryPort": 80}]},
            "do-balancer-tls",
        ),
        ("for trials", t.DO_APP, {"spec": {"databases": [{"name": "db"}]}}, "do-app-database"),
        ("the account's blocks off", t.ACCOUNT_PUBLIC_ACCESS, {"blockPublicAcls": False}, "s3-bpa-values"),
        ("a site", t.BUCKET_WEBSITE, {"bucket": "a"}, "s3-no-website"),
        (
            "administrators",
            t.IAM_GROUP_ATTACHMENT,
            {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
            "iam-no-admin-attached",
        ),
    ):
        yield More(what, kind, properties, rule)
    for what, kind, properties, rule in rows(
        (
            "one bucket",
            t.LAMBDA_PERMISSION,
            {"principal": "s3.amazonaws.com", "sourceArn": "arn:aws:s3:::a"},
            "lambda-permission",
        ),
        ("Python 3.13", t.LAMBDA, {"runtime": "python3.13"}, "lambda-runtime"),
        ("an image", t.LAMBDA, {"packageType": "Image"}, "lambda-runtime"),
        ("by default", t.QUEUE, {}, "sqs-encrypted"),
        ("private", t.EKS_CLUSTER, {"vpcConfig": {"endpointPublicAccess": False}}, "eks-api-private"),
    ):
        yield More(what, kind, properties, rule, True)


_EVERYBODY: Final = policy_text({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})


def _services() -> Iterator[Row | More]:
    for what, kind, properties, rule in rows(
        ("for all", t.SNAPSHOT_PERMISSION, {"accountId": "all"}, "snapshot-private"),
        ("for all", t.RDS_SNAPSHOT, {"sharedAccounts": ["all"]}, "snapshot-private"),
        ("for all", t.RDS_SNAPSHOT_COPY, {"sharedAccounts": [OTHER, "all"]}, "snapshot-private"),
        ("for all", t.RDS_CLUSTER_SNAPSHOT, {"sharedAccounts": ["all"]}, "snapshot-private"),
        ("for all", t.SYSTEMS_DOCUMENT, {"permissions": {"account_ids": "All"}}, "snapshot-private"),
        ("for all", t.LAYER_PERMISSION, {"principal": "*"}, "lambda-permission"),
        ("public", t.BROKER, {"publiclyAccessible": True}, "db-private"),
        ("public", t.REPLICATION_INSTANCE, {"publiclyAccessible": True}, "db-private"),
        ("public", t.NEPTUNE_INSTANCE, {"publiclyAccessible": True}, "db-private"),
        ("everybody", t.KMS_GRANT, {"granteePrincipal": "*"}, "kms-grant-scoped"),
        ("an account", t.KMS_GRANT, {"granteePrincipal": f"arn:aws:iam::{OTHER}:root"}, "kms-grant-scoped"),
        (
            "a role of another account",
            t.KMS_GRANT,
            {"keyId": f"arn:aws:kms:a:{OWN}:key/a", "granteePrincipal": f"arn:aws:iam::{OTHER}:role/a"},
            "kms-grant-scoped",
        ),
        ("for all", t.API_METHOD, {"httpMethod": "POST", "authorization": "NONE"}, "api-authorized"),
        ("for all", t.API_ROUTE, {"routeKey": "GET /a", "authorizationType": "NONE"}, "api-authorized"),
        ("for all by default", t.API_ROUTE, {"routeKey": "GET /a"}, "api-authorized"),
        ("for all", t.API_ROUTE, {"routeKey": "$connect", "authorizationType": "NONE"}, "api-authorized"),
        ("off", t.TRAIL, {"enableLogging": False}, "audit-on"),
        ("not validated", t.TRAIL, {"enableLogging": True}, "trail-validated"),
        ("off", t.DETECTOR, {"enable": False}, "audit-on"),
        ("off", t.RECORDER, {"isEnabled": False}, "audit-on"),
        ("in clear", t.KAFKA, _transit(clientBroker="PLAINTEXT"), "kafka-guarded"),
        ("in clear, too", t.KAFKA, _transit(clientBroker="TLS_PLAINTEXT"), "kafka-guarded"),
        ("in clear inside", t.KAFKA, _transit(inCluster=False), "kafka-guarded"),
        ("anybody", t.KAFKA, {"clientAuthentication": {"unauthenticated": True}}, "kafka-guarded"),
        (
            "public",
            t.KAFKA,
            {
                "brokerNodeGroupInfo": {
                    "connectivityInfo": {"publicAccess": {"type": "SERVICE_PROVIDED_EIPS"}}
                }
            },
            "kafka-guarded",
        ),
        ("everybody", t.SEARCH, {"accessPolicies": _EVERYBODY}, "opensearch-policy"),
        ("everybody", t.SEARCH_POLICY, {"accessPolicies": _EVERYBODY}, "opensearch-policy"),
        ("everybody", t.ELASTICSEARCH, {"accessPolicies": _EVERYBODY}, "opensearch-policy"),
        ("everybody", t.ELASTICSEARCH_POLICY, {"accessPolicies": _EVERYBODY}, "opensearch-policy"),
        ("everybody", t.VAULT_POLICY, {"policy": _EVERYBODY}, "access-no-star"),
    ):
        yield More(what, kind, properties, rule)
    for what, kind, properties, rule in rows(
        ("for one", t.RDS_SNAPSHOT, {"sharedAccounts": [OTHER]}, "snapshot-private"),
        ("for one", t.LAYER_PERMISSION, {"principal": OTHER}, "lambda-permission"),
        (
            "for an organization",
            t.LAYER_PERMISSION,
            {"principal": "*", "organizationId": "o-a"},
            "lambda-permission",
        ),
        (
            "a role of one's own",
            t.KMS_GRANT,
            {"keyId": f"arn:aws:kms:a:{OWN}:key/a", "granteePrincipal": f"arn:aws:iam::{OWN}:role/a"},
            "kms-grant-scoped",
        ),
        ("a preflight", t.API_METHOD, {"httpMethod": "OPTIONS", "authorization": "NONE"}, "api-authorized"),
        ("on", t.TRAIL, {"enableLogFileValidation": True}, "audit-on"),
        ("by default", t.KAFKA, {}, "kafka-guarded"),
        (
            "in a network",
            t.SEARCH,
            {"accessPolicies": _EVERYBODY, "vpcOptions": {"subnetIds": ["a"]}},
            "opensearch-policy",
        ),
    ):
        yield More(what, kind, properties, rule, True)


def _transit(**given: Any) -> dict[str, Any]:
    return {"encryptionInfo": {"encryptionInTransit": given}}


def _cloudflare() -> Iterator[Row | More]:
    rule = "cf-guards-on"
    for expression in (
        "true",
        "(true)",
        '(http.host ne "")',
        'http.request.uri.path contains "/"',
        "a eq 1 or true",
    ):
        for key, value in rows(("ruleset", "current"), ("phases", ["http_ratelimit"]), ("products", ["waf"])):
            skip = {"action": "skip", "expression": expression, "actionParameters": {key: value}}
            yield More(f"{key} of {expression}", t.RULESET, {"rules": [skip]}, rule)
    off = {"action": "execute", "expression": "true", "actionParameters": {"overrides": {"enabled": False}}}
    yield More("managed rules off", t.RULESET, {"rules": [off]}, rule)
    one = {"action": "skip", "expression": 'http.request.uri.path eq "/hooks/a"'}
    yield More("one path", t.RULESET, {"rules": [one]}, rule, True)
    for key, value in rows(("disableSecurity", True), ("ssl", "off"), ("ssl", "flexible"), ("waf", "off")):
        yield More(f"{key} {value}", t.PAGE_RULE, {"actions": {key: value}}, rule)
    world = {"mode": "whitelist", "configuration": {"target": "ip_range", "value": "0.0.0.0/0"}}
    yield More("the world", t.ADDRESS_RULE, world, rule)
    zone = "com.cloudflare.api.account.zone."
    for what, resources, harmless in rows(
        ("every zone", {f"{zone}*": "*"}, False),
        ("every account", {"com.cloudflare.api.account.*": "*"}, False),
        ("every zone of an account", {"com.cloudflare.api.account.0a": {f"{zone}*": "*"}}, False),
        ("one zone", {f"{zone}0a": "*"}, True),
    ):
        for kind in (t.API_TOKEN, t.ACCOUNT_TOKEN):
            policies = {"policies": [{"effect": "allow", "resources": json.dumps(resources)}]}
            yield More(what, kind, policies, "cf-token-scoped", harmless)


_SETTINGS: Final[tuple[tuple[str, str, str], ...]] = (
    ("FileUpload_Enable_json_web_token_for_files", "false", "rc-jwt-files"),
    ("FileUpload_S3_BucketURL", "http://files.example.com", "rc-files-tls"),
    ("Accounts_RegistrationForm", "Public", "rc-registration-closed"),
    ("Show_Setup_Wizard", "pending", "rc-setup-wizard-done"),
    ("FileUpload_ProtectFiles", "false", "rc-files-protected"),
    ("FileUpload_Restrict_to_room_members", "false", "rc-files-protected"),
    ("FileUpload_S3_Acl", "public-read", "rc-files-no-acl"),
    ("FileUpload_S3_URLExpiryTimeSpan", "86400", "rc-file-links-short"),
    ("FileUpload_MediaTypeBlackList", "", "rc-no-scripted-pictures"),
    ("Accounts_AllowAnonymousRead", "true", "rc-no-anon"),
    ("Accounts_AllowAnonymousWrite", "true", "rc-no-anon"),
    ("Accounts_TwoFactorAuthentication_Enabled", "false", "rc-2fa"),
    ("Block_Multiple_Failed_Logins_Enabled", "false", "rc-lockout"),
    ("Enable_CSP", "false", "rc-browser-hardening"),
    ("Iframe_Restrict_Access", "false", "rc-browser-hardening"),
    ("Allow_Invalid_SelfSigned_Certs", "true", "rc-valid-certificates"),
    ("API_Enable_CORS", "true", "rc-cors"),
    ("API_Enable_Rate_Limiter", "false", "rc-rate-limits"),
    ("DDP_Rate_Limit_User_Enabled", "false", "rc-rate-limits"),
    ("DDP_Rate_Limit_Connection_Enabled", "false", "rc-rate-limits"),
    ("SMTP_IgnoreTLS", "true", "rc-smtp-tls"),
    ("Troubleshoot_Disable_Notifications", "true", "rc-no-troubleshooting"),
    ("LDAP_Encryption", "plain", "rc-hardened"),
    ("LDAP_Reject_Unauthorized", "false", "rc-hardened"),
    ("SAML_Custom_Default_signature_validation_type", "None", "rc-hardened"),
    ("Push_gateway", "http://push.example.com", "rc-hardened"),
    ("Accounts_Password_Policy_Enabled", "false", "rc-hardened"),
    ("Accounts_Password_Policy_MinLength", "4", "rc-hardened"),
    ("Log_Level", "2", "rc-hardened"),
    ("Accounts_TwoFactorAuthentication_Enforce_Password_Fallback", "false", "rc-hardened"),
)
_VARIABLES: Final = (
    ("ROOT_URL", "http://chat.example.org", "rc-root-url-https"),
    ("TEST_MODE", "true", "rc-no-test-mode"),
    ("ADMIN_USERNAME", "", "rc-setup-wizard-done"),
    ("ADMIN_PASS", "hunter2", "rc-secrets-stored"),
    ("HTTP_FORWARDED_COUNT", "0", "rc-forwarded-count"),
    ("NODE_TLS_REJECT_UNAUTHORIZED", "0", "rc-valid-certificates"),
    ("NODE_OPTIONS", "--inspect=0.0.0.0:9229", "rc-hardened"),
)


def _settings() -> Iterator[Row | More]:
    for name, value, rule in (*((f"OVERWRITE_SETTING_{n}", v, r) for n, v, r in _SETTINGS), *_VARIABLES):
        yield Row(
            f"{name} {value}",
            t.TASK_DEFINITION,
            "containerDefinitions.0.environment",
            _given(name, value),
            rule,
            "rocketchat",
        )
        yield Row(f"{name} {value}", t.RELEASE, "values.extraEnv", _given(name, value), rule, "chat")
        document = f"content.compose.services.rocketchat.environment.{name}"
        yield Row(f"{name} {value}", t.BUCKET_OBJECT, document, value, rule, "chat-document")


def _given(name: str, value: str) -> Any:
    def change(old: list[dict[str, str]]) -> list[dict[str, str]]:
        if "SMTP" in name and not any("SMTP_Host" in one["name"] for one in old):
            raise KeyError(name)  # this stack sends no mail
        return [*(one for one in old if one["name"] != name), {"name": name, "value": value}]

    return change


def beside(stack: str, plain: tuple[Subject, ...]) -> Iterator[Mutation]:
    """Give databases, machines and services beside the chat."""
    yield from from_table("beside the components", stack, plain, _databases())
    yield from from_table("beside the components", stack, plain, _machines())
    yield from from_table("beside the components", stack, plain, _services())
    yield from from_table("beside the components", stack, plain, _cloudflare())


def settings(stack: str, plain: tuple[Subject, ...]) -> Iterator[Mutation]:
    """Give settings that open the chat."""
    yield from from_table("Rocket.Chat's settings", stack, plain, _settings())
