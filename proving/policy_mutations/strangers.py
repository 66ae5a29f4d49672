"""Resources that no stack of this project has, and other programs do: what is open, in clear, or let past a guard."""

import json
from collections.abc import Iterator
from typing import Any, Final

from policy import tokens as t
from policy.model import Subject
from proving.policy_mutations.change import OTHER, OWN, More, Mutation, from_table, policy_text, rows

_DOCUMENTS: Final = {
    "aws:acmpca/policy:Policy": "policy",
    "aws:amp/resourcePolicy:ResourcePolicy": "policyDocument",
    "aws:backup/vaultPolicy:VaultPolicy": "policy",
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy": "policy",
    "aws:cloudwatch/logDestinationPolicy:LogDestinationPolicy": "accessPolicy",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": "policyDocument",
    "aws:codeartifact/domainPermissions:DomainPermissions": "policyDocument",
    "aws:codebuild/resourcePolicy:ResourcePolicy": "policy",
    "aws:dynamodb/resourcePolicy:ResourcePolicy": "policy",
    "aws:ecr/registryPolicy:RegistryPolicy": "policy",
    "aws:glacier/vault:Vault": "accessPolicy",
    "aws:glue/resourcePolicy:ResourcePolicy": "policy",
    "aws:kinesis/resourcePolicy:ResourcePolicy": "policy",
    "aws:kms/replicaKey:ReplicaKey": "policy",
    "aws:msk/clusterPolicy:ClusterPolicy": "policy",
    "aws:oam/sinkPolicy:SinkPolicy": "policy",
    "aws:redshift/resourcePolicy:ResourcePolicy": "policy",
    "aws:s3/accessPoint:AccessPoint": "policy",
    "aws:s3control/accessPointPolicy:AccessPointPolicy": "policy",
    "aws:s3tables/tableBucketPolicy:TableBucketPolicy": "resourcePolicy",
    "aws:ses/identityPolicy:IdentityPolicy": "policy",
    "aws:vpclattice/authPolicy:AuthPolicy": "policy",
    "digitalocean:index/spacesBucketPolicy:SpacesBucketPolicy": "policy",
}
"""Types that have a policy of their own, and where it stands."""
_CLEAR: Final = "hunter2hunter2"
_LISTED: Final = [{"name": "DB_PASSWORD", "value": _CLEAR}]


def _statement(principal: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": "a:Read", "Resource": "*", **more}


def _policies() -> Iterator[More]:
    of_own = {"AWS": f"arn:aws:iam::{OWN}:role/app"}
    of_organization = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abc123"}}}
    for kind, key in _DOCUMENTS.items():
        for what, statement in (
            ("everybody", _statement("*")),
            ("all accounts", _statement({"AWS": "*"})),
            ("all but one", {**_statement("*"), "Principal": None, "NotPrincipal": of_own}),
            ("everybody in a way", _statement("*", Condition={"Bool": {"aws:SecureTransport": "true"}})),
        ):
            yield More(what, kind, {key: policy_text(statement)}, "access-no-star")
            yield More(f"{what}, as objects", kind, {key: {"Statement": [statement]}}, "access-no-star")
        if kind.startswith("aws:"):
            other = policy_text(_statement({"AWS": f"arn:aws:iam::{OTHER}:root"}))
            yield More("another account", kind, {key: other}, "access-own-accounts")
        for what, statement in (
            ("one role", _statement(of_own)),
            ("a service", _statement({"Service": "es.amazonaws.com"})),
            ("the organization", _statement("*", **of_organization)),
        ):
            yield More(what, kind, {key: policy_text(statement)}, "access-no-star", True)


def _guests() -> Iterator[More]:
    for what, kind, properties, rule, harmless in rows(
        ("guests", t.IDENTITY_POOL, {"allowUnauthenticatedIdentities": True}, "api-authorized", False),
        ("no guests", t.IDENTITY_POOL, {"allowUnauthenticatedIdentities": False}, "api-authorized", True),
        ("as it comes", t.IDENTITY_POOL, {}, "api-authorized", True),
        ("everybody", t.EVENT_PERMISSION, {"principal": "*"}, "lambda-permission", False),
        (
            "an organization",
            t.EVENT_PERMISSION,
            {"principal": "*", "condition": {}},
            "lambda-permission",
            False,
        ),
        (
            "one organization",
            t.EVENT_PERMISSION,
            {"principal": "*", "condition": {"key": "aws:PrincipalOrgID", "value": "o-a"}},
            "lambda-permission",
            True,
        ),
        ("every account", t.ENDPOINT_SERVICE, {"allowedPrincipals": ["*"]}, "lambda-permission", False),
        (
            "every account that is accepted",
            t.ENDPOINT_SERVICE,
            {"allowedPrincipals": ["*"], "acceptanceRequired": True},
            "lambda-permission",
            True,
        ),
        ("every account", t.ENDPOINT_PRINCIPAL, {"principalArn": "*"}, "lambda-permission", False),
        ("no password", t.CACHE_USER, {"noPasswordRequired": True}, "cache-guarded", False),
        (
            "no password",
            t.CACHE_USER,
            {"authenticationMode": {"type": "no-password-required"}},
            "cache-guarded",
            False,
        ),
        ("no password", t.MEMORY_USER, {"accessString": "on nopass ~* +@all"}, "cache-guarded", False),
        ("a password", t.CACHE_USER, {"authenticationMode": {"type": "iam"}}, "cache-guarded", True),
        ("open to all", t.MEMORY_CLUSTER, {"aclName": "open-access"}, "cache-guarded", False),
        ("a list", t.MEMORY_CLUSTER, {"aclName": "chat"}, "cache-guarded", True),
        (
            "anonymous",
            t.SEARCH,
            {"advancedSecurityOptions": {"anonymousAuthEnabled": True}},
            "opensearch-policy",
            False,
        ),
        (
            "an administrator for ever",
            t.ROLE_ATTACHMENTS,
            {"policyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]},
            "iam-no-admin-attached",
            False,
        ),
        (
            "everything",
            t.PERMISSION_SET_POLICY,
            {"inlinePolicy": policy_text({"Effect": "Allow", "Action": "*", "Resource": "*"})},
            "iam-no-admin",
            False,
        ),
        (
            "all of a service",
            t.IOT_POLICY,
            {"policy": policy_text({"Effect": "Allow", "Action": "iot:*", "Resource": "*"})},
            "iam-no-service-star",
            False,
        ),
        ("images may be shared", t.IMAGE_BLOCK, {"state": "unblocked"}, "ami-private", False),
        ("images stay", t.IMAGE_BLOCK, {"state": "block-new-sharing"}, "ami-private", True),
        ("snapshots may be shared", t.SNAPSHOT_BLOCK, {"state": "unblocked"}, "snapshot-private", False),
        ("metadata for all", t.METADATA_DEFAULTS, {"httpTokens": "optional"}, "ec2-imdsv2", False),
        ("public", t.REDSHIFT_WORKGROUP, {"publiclyAccessible": True}, "db-private", False),
        ("public", t.R2_DOMAIN, {"enabled": True}, "s3-no-website", False),
        ("private", t.R2_DOMAIN, {"enabled": False}, "s3-no-website", True),
        ("public", t.SPACES_OBJECT, {"acl": "public-read"}, "s3-no-public-acl", False),
        ("the world", t.ATLAS_KEY_ACCESS, {"cidrBlock": "0.0.0.0/0"}, "atlas-no-world-access", False),
    ):
        yield More(what, kind, properties, rule, harmless)


def _in_clear() -> Iterator[More]:
    for kind, sound, unsound in rows(
        (t.RDS_PROXY, {"requireTls": True}, {"requireTls": False}),
        (t.RDS_PROXY, {"requireTls": True}, {}),
        (t.DAX, {"clusterEndpointEncryptionType": "TLS"}, {}),
        (t.FILE_SERVER, {"protocols": ["SFTP"]}, {"protocols": ["SFTP", "FTP"]}),
        (
            t.GLUE_CONNECTION,
            {"connectionProperties": {"JDBC_CONNECTION_URL": "jdbc:a", "JDBC_ENFORCE_SSL": "true"}},
            {"connectionProperties": {"JDBC_CONNECTION_URL": "jdbc:a"}},
        ),
        (t.MIGRATION_ENDPOINT, {"engineName": "s3"}, {"engineName": "mysql", "sslMode": "none"}),
        (t.MIGRATION_ENDPOINT, {"engineName": "mongodb", "sslMode": "require"}, {"engineName": "mongodb"}),
        (
            t.MIGRATION_ENDPOINT,
            {"engineName": "kafka", "kafkaSettings": {"securityProtocol": "sasl-ssl"}},
            {"engineName": "kafka", "kafkaSettings": {"securityProtocol": "plaintext"}},
        ),
        (
            t.MIGRATION_ENDPOINT,
            {"engineName": "redis", "redisSettings": {"sslSecurityProtocol": "ssl-encryption"}},
            {"engineName": "redis", "redisSettings": {"sslSecurityProtocol": "plaintext"}},
        ),
        (
            t.REDSHIFT_PARAMETERS,
            {"parameters": [{"name": "require_ssl", "value": "true"}]},
            {"parameters": [{"name": "require_ssl", "value": "false"}]},
        ),
        (
            t.NEPTUNE_PARAMETERS,
            {"parameters": [{"name": "neptune_enforce_ssl", "value": "1"}]},
            {"parameters": [{"name": "neptune_enforce_ssl", "value": "0"}]},
        ),
    ):
        yield More("without TLS", kind, unsound, "db-tls")
        yield More("by TLS", kind, sound, "db-tls", True)
    connected = {
        "kafkaClusterEncryptionInTransit": {"encryptionType": "TLS"},
        "kafkaClusterClientAuthentication": {"authenticationType": "IAM"},
    }
    yield More("by TLS", t.CONNECTOR, connected, "kafka-guarded", True)
    for key in connected:
        yield More(f"no {key}", t.CONNECTOR, {**connected, key: {}}, "kafka-guarded")
    for what, kind, properties, rule, harmless in rows(
        ("in clear", t.MEMORY_CLUSTER, {"aclName": "a", "tlsEnabled": False}, "cache-guarded", False),
        ("in clear", t.CACHE_CLUSTER, {"engine": "memcached"}, "cache-guarded", False),
        ("of a group", t.CACHE_CLUSTER, {"replicationGroupId": "a"}, "cache-guarded", True),
        ("unencrypted", t.STREAM, {"encryptionType": "NONE"}, "sqs-encrypted", False),
        ("encrypted", t.STREAM, {"encryptionType": "KMS"}, "sqs-encrypted", True),
        ("unencrypted", t.NEPTUNE_CLUSTER, {"storageEncrypted": False}, "db-encrypted", False),
        ("unencrypted", t.GLOBAL_CLUSTER, {}, "db-encrypted", False),
        ("unencrypted", t.REDSHIFT_CLUSTER, {"encrypted": "false"}, "db-encrypted", False),
        ("encrypted", t.REDSHIFT_CLUSTER, {"encrypted": "true"}, "db-encrypted", True),
        ("TLS 1.0", t.API_DOMAIN, {"securityPolicy": "TLS_1_0"}, "elb-tls", False),
        ("TLS 1.2", t.API_DOMAIN, {"securityPolicy": "TLS_1_2"}, "elb-tls", True),
        ("no redirection", t.LIGHTSAIL_REDIRECTION, {"enabled": False}, "elb-tls", False),
    ):
        yield More(what, kind, properties, rule, harmless)


def _credentials() -> Iterator[More]:
    rule = "secret-in-clear"
    for kind, properties in (
        (t.CONNECTOR, {"connectorConfiguration": {"database.password": _CLEAR}}),
        (t.GLUE_CONNECTION, {"connectionProperties": {"PASSWORD": _CLEAR}}),
        ("aws:glue/job:Job", {"defaultArguments": {"--db-password": _CLEAR}}),
        (
            "aws:batch/jobDefinition:JobDefinition",
            {"containerProperties": json.dumps({"environment": _LISTED})},
        ),
        ("aws:codebuild/project:Project", {"environment": {"environmentVariables": _LISTED}}),
        ("aws:amplify/app:App", {"environmentVariables": {"API_KEY": _CLEAR}}),
        (
            "aws:sfn/stateMachine:StateMachine",
            {"definition": json.dumps({"Parameters": {"Password": _CLEAR}})},
        ),
        (t.SYSTEMS_DOCUMENT, {"content": json.dumps({"inputs": {"runCommand": ["mysql -phunter2 -e x"]}})}),
        (t.SCHEDULE, {"target": {"input": json.dumps({"environment": _LISTED})}}),
        ("aws:cloudwatch/eventTarget:EventTarget", {"input": json.dumps({"password": _CLEAR})}),
        ("aws:emr/cluster:Cluster", {"configurationsJson": json.dumps([{"a.ConnectionPassword": _CLEAR}])}),
        (t.DO_APP, {"spec": {"envs": [{"key": "DB_PASSWORD", "value": _CLEAR, "type": "GENERAL"}]}}),
        (
            "cloudflare:index/workersScript:WorkersScript",
            {"bindings": [{"name": "API_TOKEN", "type": "plain_text", "text": _CLEAR}]},
        ),
        (
            "cloudflare:index/pagesProject:PagesProject",
            {"deploymentConfigs": {"production": {"envVars": {"API_TOKEN": {"value": _CLEAR}}}}},
        ),
    ):
        yield More("a credential", kind, properties, rule)
    for kind, properties in (
        (t.CONNECTOR, {"connectorConfiguration": {"database.password": "${secretManager:a:password}"}}),
        (t.GLUE_CONNECTION, {"connectionProperties": {"SECRET_ID": "db", "JDBC_CONNECTION_URL": "jdbc:a"}}),
        ("aws:glue/job:Job", {"defaultArguments": {"--secret-name": "db", "--job-language": "python"}}),
        (
            "aws:codebuild/project:Project",
            {
                "environment": {
                    "environmentVariables": [
                        {"name": "DB_PASSWORD", "value": "db:a", "type": "SECRETS_MANAGER"}
                    ]
                }
            },
        ),
        (
            "aws:batch/jobDefinition:JobDefinition",
            {
                "containerProperties": json.dumps(
                    {"secrets": [{"name": "DB_PASSWORD", "valueFrom": "arn:aws:a"}]}
                )
            },
        ),
        ("aws:sfn/stateMachine:StateMachine", {"definition": json.dumps({"Password.$": "$.password"})}),
        ("aws:cloudwatch/eventTarget:EventTarget", {"input": json.dumps({"tokens": 5, "secretName": "a"})}),
        (t.DO_APP, {"spec": {"envs": [{"key": "DB_PASSWORD", "value": "EV[1:a:b]", "type": "SECRET"}]}}),
    ):
        yield More("a reference", kind, properties, rule, True)


def _past_cloudflare() -> Iterator[More]:
    rule = "cf-guards-on"
    for expression in (
        'http.host eq "chat.example.org"',
        '(http.host in {"a.example.org" "b.example.org"})',
        'http.host contains "example.org" and ssl',
        'lower(http.host) eq "chat.example.org" && http.request.method in {"GET" "POST"}',
        'not http.user_agent contains "sqlmap"',
        '(ip.src in {192.0.2.1}) or (http.host eq "chat.example.org")',
        '(http.host eq "a.example" or http.host eq "b.example") and ip.src ne 192.0.2.1',
        "true",
    ):
        yield More(
            f"skip {expression}", t.RULESET, {"rules": [{"action": "skip", "expression": expression}]}, rule
        )
        older = {"action": {"mode": "allow"}, "filter": {"expression": expression}}
        yield More(f"allow {expression}", t.CF_FIREWALL_RULE, older, rule)
    for expression in (
        "ip.src in {192.0.2.1}",
        '(http.host eq "a.example") and (http.request.uri.path eq "/websocket")',
        '(http.host eq "a.example" or http.host eq "b.example") and http.request.uri.path eq "/websocket"',
        'starts_with(http.request.uri.path, "/avatar/")',
        'http.user_agent contains "and or (" and ip.src eq 192.0.2.1',
    ):
        yield More(
            f"skip {expression}",
            t.RULESET,
            {"rules": [{"action": "skip", "expression": expression}]},
            rule,
            True,
        )
        older = {"action": {"mode": "allow"}, "filter": {"expression": expression}}
        yield More(f"allow {expression}", t.CF_FIREWALL_RULE, older, rule, True)
    for what, kind, properties, harmless in rows(
        (
            "block all",
            t.CF_FIREWALL_RULE,
            {"action": {"mode": "block"}, "filter": {"expression": "true"}},
            True,
        ),
        ("guard off", t.ZONE_SETTING, {"settingId": "security_level", "value": "essentially_off"}, False),
        ("guard on", t.ZONE_SETTING, {"settingId": "security_level", "value": "medium"}, True),
        ("bypass", t.CF_ACCESS_POLICY, {"decision": "bypass", "includes": [{"everyone": {}}]}, False),
        ("everyone", t.CF_ACCESS_POLICY, {"decision": "allow", "includes": [{"everyone": {}}]}, False),
        ("nobody", t.CF_ACCESS_POLICY, {"decision": "deny", "includes": [{"everyone": {}}]}, True),
    ):
        yield More(what, kind, properties, rule, harmless)


def strangers(stack: str, plain: tuple[Subject, ...]) -> Iterator[Mutation]:
    """Give what other programs have beside a chat."""
    if not any(one.type.startswith("aws:") for one in plain):
        return  # which account is one's own says nothing here
    tables = (_policies(), _guests(), _in_clear(), _credentials(), _past_cloudflare())
    yield from from_table("of other programs", stack, plain, (row for table in tables for row in table))
    kept = Subject(
        t.CF_FILTER, "all", f"urn:pulumi:s::p::{t.CF_FILTER}::all", {"expression": "true"}, id="f1"
    )
    rule = Subject(
        *(t.CF_FIREWALL_RULE, "added", f"urn:pulumi:s::p::{t.CF_FIREWALL_RULE}::added"),
        {"action": "bypass", "filter": {"id": "f1"}},
        dependencies={"filter": (kept.urn,)},
    )
    yield Mutation(
        "of other programs", "FirewallRule: a filter of all", stack, (*plain, kept, rule), ("cf-guards-on",)
    )
