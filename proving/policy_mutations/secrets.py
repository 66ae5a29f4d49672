"""Credentials in clear: in every kind of thing that can carry one."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from policy import tokens as t
from policy.model import Subject
from proving.policy_mutations.change import More, Mutation, Row, from_table

_URI: Final = "postgres://app:hunter2@db.example.org/app"
_KEY: Final = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----\n"
_FORMS: Final = {
    "a password in a URI": _URI,
    "a password without a user in a URI": "redis://:hunter2@cache.example.org:6379",
    "a key of AWS": "AKIAQYLPMN5HEXAMPLE7",
    "a token of GitHub": "ghp_" + "a1B2" * 9,
    "a token of GitLab": "glpat-" + "a1B2c3D4e5" * 2,
    "a token of Slack": "xoxb-123456789012-123456789012-abcdefABCDEF123456789012",
    "a hook of Slack": "https://hooks.slack.com/services/T0123ABCD/B0123ABCD/abcdefABCDEF0123456789ab",
    "a key of Stripe": "sk_live_" + "a1B2c3D4" * 3,
    "a key of SendGrid": "SG." + "a" * 22 + "." + "b" * 43,
    "a private key": _KEY,
    "a signed token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlc2lnbmF0dXJl",
}
"""What a credential looks like, under a name that says nothing."""
_NAMES: Final = (
    *(
        "ADMIN_PASS",
        "DB_PASSWORD",
        "DB_PWD",
        "dbPassword",
        "MYSQL_ROOT_PASSWD",
        "API_KEY",
        "apiKey",
        "AUTH_TOKEN",
    ),
    *(
        "CLIENT_SECRET",
        "SECRET_KEY_BASE",
        "AWS_SECRET_ACCESS_KEY",
        "ENCRYPTION_KEY",
        "JWT_SECRET",
        "SMTP_PASSPHRASE",
    ),
)
"""Names of variables, with a value that says nothing."""
_WORD: Final = "hunter2"
_COMMANDS: Final[dict[str, list[str]]] = {
    "--password": ["run", "--password", _WORD],
    "--password=": ["run", f"--password={_WORD}"],
    "--db-password": ["run", "--db-password", _WORD],
    "-p of mongodump": ["sh", "-c", f"mongodump -u root -p {_WORD} --archive"],
    "-p of mysql": ["sh", "-c", f"mysqldump -uroot -p{_WORD} db"],
    "--requirepass": ["redis-server", "--requirepass", _WORD],
    "-a of redis-cli": ["sh", "-c", f"redis-cli -a {_WORD} ping"],
    "-u of curl": ["sh", "-c", f"curl -fsS -u admin:{_WORD} http://127.0.0.1:3000/health"],
    "a header": ["sh", "-c", "curl -H 'Authorization: Bearer 0123456789abcdef' http://127.0.0.1/"],
    "a variable before the command": ["sh", "-c", f"PGPASSWORD={_WORD} psql -h db"],
    "a URI": ["sh", "-c", f"psql {_URI}"],
    "--token": ["run", "--token", "s.0123456789"],
}
_TEXTS: Final = {
    "an assignment": f"[db]\nuser = app\npassword = {_WORD}\n",
    "YAML": f"db:\n  user: app\n  password: {_WORD}\n",
    "an export": f"#!/bin/sh\nexport API_KEY={_WORD}\nrun\n",
    "JSON": json.dumps({"db": {"password": _WORD}}, indent=2),
    "a command": f"#!/bin/sh\nmongodump --username root --password {_WORD}\n",
    "a private key": _KEY,
    "a URI": f"# the database\nurl = {_URI}\n",
}
_HARMLESS: Final = {
    "a path": ("DB_PASSWORD_FILE", "/run/secrets/db"),
    "a reference": ("DB_PASSWORD", "$(DB_PASSWORD)"),
    "an ARN": ("API_KEY", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a"),
    "a switch": ("USE_TOKEN", "true"),
    "an address": ("HOOK", "https://hooks.example.org/services"),
    "a name of a secret": ("EXISTING_SECRET_NAME", "chat-secrets"),
    "a variable of a program": (
        "setup.js",
        "const {DB_PASSWORD: pwd} = process.env;\nconst root = {pwd: process.env.ROOT};\n",
    ),
    "a URI with a reference": ("DB", "postgres://app:${DB_PASSWORD}@db.example.org/app"),
}

_POD: Final = "spec.template.spec.containers.0"
_COMPOSE: Final = "content.compose.services.rocketchat"


def _appending(text: str) -> Callable[[str], str]:
    return lambda old: old + "\n" + text


def _task() -> Iterator[Row | More]:
    first = "containerDefinitions.0"
    for what, value in _FORMS.items():
        yield Row(
            what,
            t.TASK_DEFINITION,
            f"{first}.environment.+",
            {"name": "X", "value": value},
            "ecs-no-plaintext-secret",
        )
    for name in _NAMES:
        yield Row(
            name,
            t.TASK_DEFINITION,
            f"{first}.environment.+",
            {"name": name, "value": _WORD},
            "ecs-no-plaintext-secret",
        )
        yield Row(
            f"{name} in a label",
            t.TASK_DEFINITION,
            f"{first}.dockerLabels",
            {name: _WORD},
            "ecs-no-secret-in-label",
        )
    for what, command in _COMMANDS.items():
        for path in ("command", "entryPoint"):
            yield Row(
                f"{what} in {path}", t.TASK_DEFINITION, f"{first}.{path}", command, "ecs-no-secret-in-command"
            )
        check = {"command": ["CMD", *command]}
        yield Row(
            f"{what} in a health check",
            t.TASK_DEFINITION,
            f"{first}.healthCheck",
            check,
            "ecs-no-secret-in-command",
        )
    yield Row(
        "a token of Splunk",
        t.TASK_DEFINITION,
        f"{first}.logConfiguration.options.splunk-token",
        _WORD,
        "ecs-no-secret-in-label",
    )
    for what, (name, value) in _HARMLESS.items():
        variable = {"name": name, "value": value}
        yield Row(
            what,
            t.TASK_DEFINITION,
            f"{first}.environment.+",
            variable,
            "ecs-no-plaintext-secret",
            harmless=True,
        )


def _pod() -> Iterator[Row | More]:
    rule = "k8s-no-plaintext-secret"
    for what, value in _FORMS.items():
        yield Row(what, t.STATEFUL_SET, f"{_POD}.env.+", {"name": "X", "value": value}, rule)
    for name in _NAMES:
        yield Row(name, t.STATEFUL_SET, f"{_POD}.env.+", {"name": name, "value": _WORD}, rule)
    for what, command in _COMMANDS.items():
        yield Row(f"{what} in args", t.STATEFUL_SET, f"{_POD}.args", command, rule)
        yield Row(
            f"{what} in a probe", t.STATEFUL_SET, f"{_POD}.livenessProbe.exec", {"command": command}, rule
        )
        yield Row(
            f"{what} at the start",
            t.STATEFUL_SET,
            f"{_POD}.lifecycle.postStart.exec",
            {"command": command},
            rule,
        )
    header = {"httpHeaders": [{"name": "Authorization", "value": "Basic YWRtaW46aHVudGVyMg=="}]}
    yield Row("a header of a probe", t.STATEFUL_SET, f"{_POD}.readinessProbe.httpGet", header, rule)
    yield Row("an annotation", t.STATEFUL_SET, "metadata.annotations", {"example.org/api-key": _WORD}, rule)
    for what, text in _TEXTS.items():
        yield Row(f"{what} of several lines", t.CONFIG_MAP, "data|app.conf", text, "k8s-configmap-clean")
        coded = base64.b64encode(text.encode()).decode()
        yield Row(f"{what} in base64", t.CONFIG_MAP, "binaryData", {"app.conf": coded}, "k8s-configmap-clean")
    for name in _NAMES:
        yield Row(name, t.CONFIG_MAP, f"data|{name}", _WORD, "k8s-configmap-clean")
    for what, (name, value) in _HARMLESS.items():
        yield Row(what, t.STATEFUL_SET, f"{_POD}.env.+", {"name": name, "value": value}, rule, harmless=True)
        yield Row(what, t.CONFIG_MAP, f"data|{name}", value, "k8s-configmap-clean", harmless=True)


def _chart() -> Iterator[Row | More]:
    rule = "helm-values-clean"
    for name in _NAMES:
        yield Row(name, t.RELEASE, f"values|extra|{name}", _WORD, rule)
        yield Row(f"{name} in a list", t.RELEASE, "values|more", [{"name": name, "value": _WORD}], rule)
        block = f"- name: {name}\n  value: {_WORD}\n"
        yield Row(f"{name} in a block", t.RELEASE, "values|extraEnv", block, rule)
    for what, value in _FORMS.items():
        yield Row(what, t.RELEASE, "values|extra", {"note": value}, rule)
        yield Row(f"{what} in a list", t.RELEASE, "values|extra", ["a", value], rule)
    for what, command in _COMMANDS.items():
        yield Row(f"{what} in a list", t.RELEASE, "values|args", command, rule)
    for what, text in _TEXTS.items():
        yield Row(f"{what} in a block", t.RELEASE, "values|extraConfig", text, rule)
    for what, (name, value) in _HARMLESS.items():
        yield Row(what, t.RELEASE, "values|more", [{"name": name, "value": value}], rule, harmless=True)


def _of_document(what: str, path: str, value: Any, rule: str, *, harmless: bool = False) -> Row:
    return Row(what, t.BUCKET_OBJECT, path, value, rule, "chat-document", harmless)


def _host() -> Iterator[Row | More]:
    rule = "s3-object-clean"
    for name in _NAMES:
        yield _of_document(name, f"{_COMPOSE}.environment.{name}", _WORD, rule)
        yield _of_document(
            f"{name} of the proxy",
            f"content.compose.services.proxy.environment.{name}",
            _WORD,
            rule,
        )
    for what, value in _FORMS.items():
        yield _of_document(what, f"{_COMPOSE}.environment.X", value, rule)
    for what, command in _COMMANDS.items():
        for part in ("command", "entrypoint"):
            yield _of_document(f"{what} in {part}", f"{_COMPOSE}.{part}", command, rule)
        yield _of_document(
            f"{what} in a health check",
            f"{_COMPOSE}.healthcheck.test",
            ["CMD", *command],
            rule,
        )
    for what, text in _TEXTS.items():
        yield _of_document(f"{what} in a file", "content|files|/srv/chat/extra|text", text, rule)
        for kind in (t.DO_DROPLET, t.LIGHTSAIL_INSTANCE):
            yield Row(f"{what} in user data", kind, "userData", _appending(text), "lightsail-userdata-clean")
    for what, command in _COMMANDS.items():
        line = " ".join(f"'{word}'" if " " in word else word for word in command)
        for kind in (t.DO_DROPLET, t.LIGHTSAIL_INSTANCE):
            yield Row(f"{what} in user data", kind, "userData", _appending(line), "lightsail-userdata-clean")
        coded = base64.b64encode(f"#!/bin/sh\n{line}\n".encode()).decode()
        yield More(
            f"{what} in user data", t.EC2_INSTANCE, {"userDataBase64": coded}, "lightsail-userdata-clean"
        )
    for what, (name, value) in _HARMLESS.items():
        yield _of_document(what, f"{_COMPOSE}.environment.{name}", value, rule, harmless=True)


def _beside() -> Iterator[Row | More]:
    rule = "secret-in-clear"
    function = "aws:lambda/function:Function"
    app = "digitalocean:index/app:App"
    for name in _NAMES:
        yield More(name, function, {"environment": {"variables": {name: _WORD}}}, rule)
        yield More(name, app, {"spec": {"services": [{"envs": [{"key": name, "value": _WORD}]}]}}, rule)
        yield More(
            name,
            "aws:codebuild/project:Project",
            {"environment": {"environmentVariables": [{"name": name, "value": _WORD}]}},
            rule,
        )
        yield More(
            name, t.PARAMETER, {"name": f"/app/{name}", "type": "String", "value": _WORD}, "ssm-secure-string"
        )
        kept = {"spec": {"envs": [{"key": name, "value": _WORD, "type": "SECRET"}]}}
        yield More(f"{name}, kept by the platform", app, kept, rule, harmless=True)
    for what, value in _FORMS.items():
        yield More(what, function, {"environment": {"variables": {"X": value}}}, rule)
        yield More(
            what,
            "aws:glue/connection:Connection",
            {"connectionProperties": {"JDBC_CONNECTION_URL": value}},
            rule,
        )
        yield More(
            what, "aws:cloudwatch/eventTarget:EventTarget", {"input": json.dumps({"url": value})}, rule
        )
        yield More(what, "aws:ssm/document:Document", {"content": value}, rule)
        yield More(what, t.PARAMETER, {"name": "a", "type": "String", "value": value}, "ssm-secure-string")
        yield Row(f"{what} in a description", t.SECURITY_GROUP, "description", value, rule)
        yield Row(f"{what} in a tag", t.BUCKET, "tags|note", value, rule)
        yield Row(f"{what} in a record", t.DNS_RECORD, "content", value, rule)
    for what, value in (
        ("a token", "token"),
        ("a key", "secretKey"),
        ("a password", "password"),
        ("an API key", "apiKey"),
    ):
        for provider in ("aws", "cloudflare", "digitalocean", "mongodbatlas"):
            yield Row(
                f"{what} in clear", f"pulumi:providers:{provider}", value, "Abcd1234efgh", "provider-secret"
            )
    yield Row(
        "a kubeconfig",
        "pulumi:providers:kubernetes",
        "kubeconfig",
        "apiVersion: v1\nusers: []\n",
        "provider-secret",
    )


_OWN: Final = (
    ("aws:rds/instance:Instance", "password"),
    ("aws:rds/cluster:Cluster", "masterPassword"),
    ("aws:docdb/cluster:Cluster", "masterPassword"),
    ("aws:redshift/cluster:Cluster", "masterPassword"),
    ("aws:lightsail/database:Database", "masterPassword"),
    ("aws:elasticache/replicationGroup:ReplicationGroup", "authToken"),
    ("aws:elasticache/user:User", "passwords.0"),
    ("aws:memorydb/user:User", "authenticationMode.passwords.0"),
    ("aws:mq/broker:Broker", "users.0.password"),
    ("aws:dms/endpoint:Endpoint", "password"),
    ("aws:dms/endpoint:Endpoint", "kafkaSettings.saslPassword"),
    ("aws:opensearch/domain:Domain", "advancedSecurityOptions.masterUserOptions.masterUserPassword"),
    ("command:remote:Command", "connection.password"),
    ("command:remote:CopyFile", "connection.proxy.password"),
    ("command:remote:Command", "connection.privateKeyPassphrase"),
    ("azure-native:sql:Server", "administratorLoginPassword"),
    ("gcp:sql/user:User", "password"),
)
"""Where resources of others are given their own credential."""
_RUN: Final = (
    f"curl -fsS -u admin:{_WORD} https://x.example.org/",
    f"curl --user=admin:{_WORD} https://x.example.org/",
    f"mysql -h db -u root -p{_WORD} < schema.sql",
    f"PGPASSWORD={_WORD} psql -h db",
    f"login --token {_WORD}",
    "curl -H 'Authorization: Bearer 0123456789abcdef' https://x.example.org/",
)


def _given() -> Iterator[Row | More]:
    for kind, path in _OWN:
        for what, value in (("guessed soon", "Hunter2024!"), ("guessed soon, in words", "change-me-please")):
            yield More(f"{path} {what}", kind, _at(path, value), "own-credential")
        yield More(f"{path} kept", kind, _at(path, "[secret]"), "own-credential", harmless=True)
    for command in _RUN:
        for key in ("create", "update", "delete"):
            yield More(f"{key}: {command}", "command:local:Command", {key: command}, "secret-in-clear")
    for command in ("curl -u admin:$PASSWORD https://x.example.org/", "kubectl get secret token"):
        yield More(command, "command:local:Command", {"create": command}, "secret-in-clear", harmless=True)


def _at(path: str, value: str) -> dict[str, Any]:
    made: Any = value
    for step in reversed(path.split(".")):
        made = [made] if step == "0" else {step: made}
    return dict(made)


def credentials(stack: str, plain: tuple[Subject, ...]) -> Iterator[Mutation]:
    """Give credentials in clear, secrets of the stack in the wrong place, and outputs that tell them."""
    group = "credentials in clear"
    for table in (_task(), _pod(), _chart(), _host(), _beside(), _given()):
        yield from from_table(group, stack, plain, table)
    secret = next(
        (
            str(one.outputs["result"])
            for one in plain
            if one.type.endswith("RandomPassword") and one.outputs.get("result")
        ),
        None,
    )
    if secret is None:
        return
    places: tuple[tuple[str, str, Any], ...] = (
        (t.TASK_DEFINITION, "containerDefinitions.0.environment.+", {"name": "X", "value": secret}),
        (t.STATEFUL_SET, f"{_POD}.args.+", secret),
        (t.CONFIG_MAP, "data|x", f"a: {secret}"),
        (t.RELEASE, "values|x", {"y": [f"a {secret}"]}),
        (t.DO_DROPLET, "userData", _appending(secret)),
        (t.BUCKET_OBJECT, "content", _appending(secret)),
        (t.SECURITY_GROUP, "description", f"for {secret}"),
        (t.DNS_RECORD, "content", secret),
        (t.ALARM, "alarmDescription", secret),
    )
    yield from from_table(
        group,
        stack,
        plain,
        [Row("a secret of the stack", kind, path, value, "secret-of-stack") for kind, path, value in places],
    )
    yield from from_table(
        group,
        stack,
        plain,
        [
            More(
                "a secret of the stack",
                "aws:lambda/function:Function",
                {"description": secret},
                "secret-of-stack",
            )
        ],
    )
    yield from _told(group, stack, plain, secret)


def _told(group: str, stack: str, plain: tuple[Subject, ...], secret: str) -> Iterator[Mutation]:
    for position, root in enumerate(plain):
        if root.type != "pulumi:pulumi:Stack":
            continue
        for what, name, value, harmless in (
            ("a secret of the stack", "note", secret, False),
            ("a password", "dbPassword", _WORD, False),
            ("a URI", "database", _URI, False),
            ("a kubeconfig's token", "config", {"users": [{"token": _WORD}]}, False),
            ("an address", "site", "https://example.org", True),
        ):
            told = replace(root, outputs={**root.outputs, name: value})
            subjects = (*plain[:position], told, *plain[position + 1 :])
            yield Mutation(group, f"output: {what}", stack, subjects, ("output-secret",), harmless)
