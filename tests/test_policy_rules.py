"""Every rule: what it names when something is wrong, what it lets pass, what it cannot tell, and its metadata."""

import dataclasses
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pytest
from policy_cases import ALL_SEARCH, CASES, ENROLS, EXISTENCE, MORE, OWN_KEY, Case, balancer, compose, setting
from policy_world import CONFIG, DELETE, UNKNOWN, allow, changed, doc, w, world

from policy import tokens
from policy.config import Config
from policy.judge import look
from policy.model import Stack, canonical
from policy.rows import EACH, Row, aws
from policy.rule import ANY, STANDARDS, Level, Probe, Rule, standard
from policy.rules import AREAS, BY_ID, ROWS, RULES
from policy.tokens import LISTENER_CERTIFICATE, NETWORK_ACL

SITE_PACKAGES = Path(str(pulumi.__file__)).parent.parent
FAILING = [(rule, case) for rule, case in CASES.items()] + MORE
OUTSIDE = "arn:aws:acm:ap-southeast-1:123456789012:certificate/0123abcd"
MEDIA_ONLY = {f"{one} domainName": "media.example.org" for one in ("cert", "cert-us")}
"""Certificates of the stack that are for another host than the chat's."""
IDS = [f"{rule}-{number}" for number, (rule, _) in enumerate(FAILING)]


def seen(rule: Rule, stack: Stack, config: Config = CONFIG) -> tuple[set[str], set[str]]:
    """Return the names of what fails and of what cannot be told."""
    failed: set[str] = set()
    unknown: set[str] = set()
    for subject in stack.of(*rule.types):
        for is_unknown, _, _, about in look(rule, subject, stack, config):
            (unknown if is_unknown else failed).add(about.name)
    return failed, unknown


@functools.cache
def good() -> Stack:
    return Stack(world().values())


def stack_of(patch: Mapping[str, Any]) -> Stack:
    return Stack(changed({key: UNKNOWN if value == "UNKNOWN" else value for key, value in patch.items()}))


def config_of(case: Case) -> Config:
    return replace(CONFIG, **case.config)


def test_every_rule_has_its_cases_and_every_case_its_rule() -> None:
    assert set(CASES) == set(BY_ID)
    assert {rule for rule, _ in MORE} <= set(BY_ID)
    assert len(RULES) >= 90


@pytest.mark.parametrize(("rule", "case"), FAILING, ids=IDS)
def test_a_rule_names_exactly_what_breaks_it(rule: str, case: Case) -> None:
    failed, _ = seen(BY_ID[rule], stack_of(case.patch), config_of(case))
    assert failed == case.names


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_lets_a_sound_deployment_pass(rule: Rule) -> None:
    judged = list(good().of(*rule.types))
    only_made_wrong = {"atlas-not-flex", "iam-user-no-console"}
    assert judged or rule.id in only_made_wrong
    assert seen(rule, good()) == (set(), set())


@pytest.mark.parametrize("rule", [rule for rule, case in CASES.items() if case.unknown is not EXISTENCE])
def test_a_rule_reports_what_it_cannot_know_and_does_not_let_it_pass(rule: str) -> None:
    case = CASES[rule]
    patch = {case.unknown: "UNKNOWN"} if isinstance(case.unknown, str) else case.unknown
    assert patch is not None
    failed, unknown = seen(BY_ID[rule], stack_of(patch))
    assert unknown
    assert not failed


@pytest.mark.parametrize(
    ("rule", "patch"),
    [
        ("lightsail-key", {"light keyPairName": DELETE, "light userData": f"#!/bin/sh\n{OWN_KEY}\n"}),
        (
            "lightsail-userdata-clean",
            {"light userData": ENROLS, "light @.secrets": frozenset({"userData"})},
        ),
        (
            "iam-resource-scoped",
            {
                "role-policy policy": doc(
                    {
                        **allow(["cloudwatch:PutMetricData"], ["*"]),
                        "Condition": {"StringEquals": {"cloudwatch:namespace": "RocketChat/a.example"}},
                    }
                )
            },
        ),
        ("own-credential", {"rds password": "q8fJz2Lw0vN5xTc7", "rds @.secrets": frozenset({"password"})}),
        ("own-credential", {"rds password": "q8fJz2Lw0vN5xTc7", "rds @.secrets": None}),
        ("own-credential", {"rds password": "[secret]"}),
        ("api-authorized", {"route routeKey": "OPTIONS /chats", "route authorizationType": "NONE"}),
        ("api-authorized", {"route routeKey": "sendMessage", "route authorizationType": DELETE}),
        (
            "cf-guards-on",
            {"ruleset rules.0": {"action": "skip", "expression": 'http.request.uri.path eq "/a"'}},
        ),
        (
            "opensearch-policy",
            {"search accessPolicies": ALL_SEARCH, "search vpcOptions": {"subnetIds": ["subnet-a-id"]}},
        ),
        (
            "secret-in-clear",
            {"run": w("run", "command:local:Command", {"create": "curl -u a:$PASSWORD https://x.example"})},
        ),
        *(
            ("lightsail-userdata-clean", {"light userData": f"#!/bin/sh\ncat >/x <<E\n{line}\nE\n"})
            for line in (
                "fd00:1:2:3::5",
                "0:1:2:3:4:5",
                "db:5432:chat:chat:$PASSWORD",
                '{"auth": "usernamepassword"}',
            )
        ),
        ("rc-files-tls", setting("FileUpload_S3_BucketURL", "http://minio:9000")),
        ("host-names-true", compose("mem_limit: 1g", 'extra_hosts: ["host.docker.internal:host-gateway"]')),
        ("host-names-true", compose("mem_limit: 1g", 'extra_hosts: ["ldap.corp.example:10.0.0.5"]')),
        ("rc-root-url-https", {**MEDIA_ONLY, "https certificateArn": OUTSIDE}),
        (
            "rc-root-url-https",
            {**MEDIA_ONLY, "https certificateArn": DELETE, "cdn aliases": ["media.example.org"]},
        ),
        (
            "rc-root-url-https",
            {**MEDIA_ONLY, "more": w("more", LISTENER_CERTIFICATE, {"certificateArn": OUTSIDE})},
        ),
        (
            "rc-root-url-https",
            {"cert domainName": "origin.example.org", "cdn viewerCertificate.acmCertificateArn": OUTSIDE},
        ),
        (
            "switch-guard",
            {"x": w("x", aws("lb", "LoadBalancer")[0], {"xffHeaderProcessingMode": "remove"})},
        ),
        (
            "switch-guard",
            {
                "x": w(
                    "x",
                    aws("cloudtrail", "Trail")[0],
                    {
                        "eventSelectors": [
                            {
                                "includeManagementEvents": False,
                                "readWriteType": "WriteOnly",
                                "dataResources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}],
                            }
                        ]
                    },
                )
            },
        ),
        (
            "kept-encrypted",
            {
                "x": w(
                    "x",
                    aws("kinesis", "FirehoseDeliveryStream")[0],
                    {"mskSourceConfiguration": {"topicName": "a"}},
                )
            },
        ),
        ("db-kept", {"rds replicateSourceDb": "a", "rds skipFinalSnapshot": True}),
        ("provider-secret", {"provider defaultTags": {"tags": {"wiki": "http://wiki.example.org"}}}),
        *(
            ("k8s-ports-inside", balancer(note, value))
            for note, value in (
                ("networking.gke.io/load-balancer-type", "Internal"),
                ("service.beta.kubernetes.io/do-loadbalancer-network", "INTERNAL"),
                ("service.beta.kubernetes.io/aws-load-balancer-scheme", "internal"),
                ("service.beta.kubernetes.io/azure-load-balancer-internal", "true"),
            )
        ),
        ("net-app-port-from-alb-only", {"in-app referencedSecurityGroupId": "sg-app-id"}),
        ("net-flow-logs", {"vpc-flow trafficType": "REJECT"}),
        (
            "net-vpc-endpoint-policy",
            {
                "endpoint policy": doc(
                    {"Effect": "Deny", "Action": "*", "Resource": "*", "Principal": "*"},
                    {**allow(["s3:GetObject"], ["*"]), "Principal": "*"},
                )
            },
        ),
        ("net-egress-scoped", {"out-app cidrIpv4": "10.0.0.0/8", "out-app ipProtocol": "-1"}),
        ("net-egress-scoped", {"out-app fromPort": 1024, "out-app toPort": 65535}),
        (
            "net-egress-scoped",
            {
                "droplet-wall outboundRules": [
                    {"protocol": "tcp", "portRange": "all", "destinationAddresses": ["10.0.0.0/8"]},
                    {"protocol": "icmp", "portRange": "all", "destinationAddresses": ["0.0.0.0/0"]},
                ]
            },
        ),
        ("net-alb-own-group", {"alb loadBalancerType": "network", "alb securityGroups": DELETE}),
        (
            "alb-drop-invalid-headers",
            {"alb loadBalancerType": "network", "alb dropInvalidHeaderFields": DELETE},
        ),
        ("alb-websocket-idle", {"alb loadBalancerType": "network", "alb idleTimeout": DELETE}),
        ("tg-health", {"target targetType": "lambda", "target healthCheck": DELETE}),
        ("tg-sticky", {"service desiredCount": 1, "target stickiness": DELETE}),
        ("ecs-grace-period", {"service loadBalancers": [], "service healthCheckGracePeriodSeconds": DELETE}),
        (
            "ecs-container-insights",
            {"cluster settings": [{"name": "containerInsights", "value": "enhanced"}]},
        ),
        ("ecs-no-forced-deployment", {"service forceNewDeployment": True, "service triggers": {"a": "b"}}),
        ("ecs-no-forced-deployment", {"service forceNewDeployment": True, "service launchType": "EC2"}),
        ("bak-retries", {"nightly state": DELETE, "nightly target.retryPolicy": DELETE}),
        ("bak-no-overlap", {"dump spec.suspend": DELETE, "dump spec.concurrencyPolicy": "Replace"}),
        ("log-retention-year", {"log logGroupClass": "DELIVERY", "log retentionInDays": DELETE}),
        (
            "net-acl-no-admin-ports",
            {"acl-rule ruleAction": "allow", "acl-rule fromPort": 443, "acl-rule toPort": 443},
        ),
        (
            "net-acl-no-admin-ports",
            {"acl-rule ruleAction": "allow", "acl-rule fromPort": 1024, "acl-rule toPort": 65535},
        ),
        (
            "net-acl-no-admin-ports",
            {
                "acl": w(
                    "acl",
                    NETWORK_ACL,
                    {
                        "ingress": [
                            {
                                "action": "allow",
                                "protocol": "tcp",
                                "ruleNo": 200,
                                "cidrBlock": "0.0.0.0/0",
                                "toPort": 79,
                            },
                            {"action": "deny", "protocol": "-1", "ruleNo": 100, "cidrBlock": "0.0.0.0/0"},
                        ]
                    },
                )
            },
        ),
    ],
)
def test_a_rule_lets_another_sound_way_pass(rule: str, patch: Mapping[str, Any]) -> None:
    assert seen(BY_ID[rule], stack_of(patch)) == (set(), set())


UNKNOWN_PARTS = (
    ("Effect", UNKNOWN),
    ("Action", UNKNOWN),
    ("Action", ["s3:GetObject", UNKNOWN]),
    ("Resource", UNKNOWN),
    ("Resource", ["arn:aws:s3:::media.example.org/*", UNKNOWN]),
    ("Condition", UNKNOWN),
    ("Condition", {"StringEquals": UNKNOWN}),
    ("Condition", {"StringEquals": {"aws:SourceAccount": UNKNOWN}}),
    ("Principal", UNKNOWN),
    ("Principal", {"AWS": UNKNOWN}),
    ("Principal", {"AWS": [UNKNOWN]}),
)


@pytest.mark.parametrize(("part", "value"), UNKNOWN_PARTS)
@pytest.mark.parametrize(
    ("place", "rules"),
    [
        ("role-policy policy", ("iam-no-admin", "iam-resource-scoped", "iam-secrets-scoped")),
        ("topic-policy policy", ("sns-private", "access-own-accounts")),
        ("media-policy policy", ("s3-policy-no-star", "s3-policy-no-not")),
        ("role assumeRolePolicy", ("iam-trust-scoped", "iam-trust-deputy")),
    ],
)
def test_what_is_unknown_inside_of_a_document_is_never_taken_for_clean(
    place: str, rules: tuple[str, ...], part: str, value: Any
) -> None:
    whole = {
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": ["arn:aws:s3:::media.example.org/*"],
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
    }
    stack = Stack(changed({place: {"Version": "2012-10-17", "Statement": [{**whole, part: value}]}}))
    for rule in rules:
        failed, unknown = seen(BY_ID[rule], stack)
        assert not failed, rule
        assert unknown == {place.split(" ")[0]}, rule


def test_rules_that_ask_only_for_existence_are_few() -> None:
    assert sum(case.unknown is EXISTENCE for case in CASES.values()) <= 16


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_without_its_body_fails_its_own_case(rule: str) -> None:
    def nothing(_: Probe) -> None:
        return

    case = CASES[rule]
    dead = dataclasses.replace(BY_ID[rule], judge=nothing)
    with pytest.raises(AssertionError):
        assert seen(dead, stack_of(case.patch), config_of(case))[0] == case.names


def test_an_unknown_property_leaves_the_rest_of_the_resource_judged() -> None:
    failed, unknown = seen(
        BY_ID["alb-tls-policy"], stack_of({"https sslPolicy": UNKNOWN, "https certificateArn": None})
    )
    assert failed == {"https"}
    assert unknown == {"https"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_metadata_of_a_rule_are_complete(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.id)
    assert rule.title
    assert not rule.title.endswith(".")
    assert rule.fix.endswith((".", ")", "…"))
    assert rule.link.startswith("https://")
    assert rule.maps
    assert all(control and standard(control) for control in rule.maps)
    assert rule.types
    assert rule.remedy is not None or rule.level is not Level.REMEDIATE
    assert rule.remedy is None or rule.level in {Level.REMEDIATE, Level.PRODUCTION}


def test_one_constant_holds_one_rule() -> None:
    for module in AREAS:
        for name, value in vars(module).items():
            if isinstance(value, Rule):
                assert name.isupper()
                assert value.area == module.__name__.rsplit(".", 1)[-1]
    assert len(BY_ID) == len(RULES)


def test_every_standard_is_used_by_some_rule() -> None:
    used = {standard(control) for rule in RULES for control in rule.maps}
    assert {name for _, name in STANDARDS} <= used


def test_every_public_standard_is_well_covered() -> None:
    fsbp = {control for rule in RULES for control in rule.maps if re.fullmatch(r"[A-Za-z0-9]+\.\d+", control)}
    assert len(fsbp) >= 90


def every_token() -> Iterator[tuple[str, str]]:
    for name, value in vars(tokens).items():
        if name.isupper() and isinstance(value, str):
            yield name, value


@functools.cache
def sdk_texts() -> dict[str, str]:
    """The sources of the SDKs by the tokens that they register: importing them all would take minutes."""
    return {
        match[1]: text
        for package in ("aws", "mongodbatlas", "cloudflare", "digitalocean", "kubernetes", "random")
        for path in (SITE_PACKAGES / f"pulumi_{package}").rglob("*.py")
        for text in [path.read_text("utf-8")]
        for match in re.finditer(
            r"super\(\w+, __self__\)\.__init__\(\s*['\"]([\w.-]+:[\w./-]+:\w+)['\"]", text
        )
    }


@pytest.mark.parametrize(("name", "token"), list(every_token()))
def test_a_token_is_one_that_the_sdk_registers(name: str, token: str) -> None:
    assert (token in sdk_texts()) != (token in tokens.NO_SDK_CLASS)


def test_the_rules_use_every_token_and_no_other() -> None:
    declared = {token for _, token in every_token()}
    tables = {kind for row in ROWS for kind in row.kinds}
    assert {token for rule in RULES for token in rule.types} - {ANY} <= declared | tables
    source = "".join(path.read_text("utf-8") for path in Path(tokens.__file__).parent.rglob("*.py"))
    unused = [name for name, _ in every_token() if not re.search(rf"\bt\.{name}\b", source)]
    assert unused == []


def test_the_rules_know_the_old_names_of_types() -> None:
    assert canonical("aws:s3/bucketVersioningV2:BucketVersioningV2") == tokens.BUCKET_VERSIONING
    assert canonical("aws:s3/bucketV2:BucketV2") == tokens.BUCKET
    assert canonical("aws:alb/listener:Listener") == tokens.LISTENER
    assert canonical(tokens.BUCKET_OBJECT) == tokens.BUCKET_OBJECT


PROPERTY = re.compile(r"@pulumi\.getter(?:\(name=\"(\w+)\"\))?\s+def (\w+)\(self\)")


@functools.cache
def sdk_properties(token: str) -> frozenset[str]:
    """The properties of a type, by the file that registers its token."""
    return frozenset(match[1] or match[2] for match in PROPERTY.finditer(sdk_texts()[token]))


@pytest.mark.parametrize(
    "subject",
    [s for s in world().values() if not s.type.startswith(("kubernetes:", "pulumi:"))],
    ids=lambda subject: subject.name,
)
def test_the_sound_deployment_uses_properties_that_exist(subject: Any) -> None:
    assert set(subject.properties) <= sdk_properties(subject.type)


@pytest.mark.parametrize(
    ("rule", "change"),
    [("protect-stateful", {"media @.protect": False}), ("s3-no-force-destroy", {"media forceDestroy": True})],
)
def test_a_bucket_in_which_is_only_what_the_program_writes_may_go(rule: str, change: dict[str, Any]) -> None:
    written = {**change, "media-cors": DELETE}
    assert seen(BY_ID[rule], stack_of(written)) == (set(), set())
    assert seen(BY_ID[rule], stack_of({**written, "object": DELETE, "document": DELETE})) == (
        {"media"},
        set(),
    )
    backups = {key.replace("media", "backup"): value for key, value in change.items()}
    seeded = {"object bucket": "backup.example.org", "document bucket": "backup.example.org"}
    assert seen(BY_ID[rule], stack_of({**backups, **seeded})) == ({"backup"}, set())


def test_tables_ask_for_attributes_that_exist() -> None:
    asked = {(kind, re.split(r"[.>]", path)[0]) for row in ROWS for kind in row.kinds for path in paths(row)}
    assert {one for one in asked if one[0] != ANY and one[1] not in sdk_properties(one[0])} == set()


def paths(row: Row) -> tuple[str, ...]:
    beside = () if EACH in row.path else row.unless.split()
    return tuple(path for path in (row.path, row.when, *beside) if path)


def test_what_a_rule_sees_does_not_depend_on_the_rules_before_it() -> None:
    stack = stack_of({})
    for rule in RULES:
        for subject in stack.of(*rule.types):
            list(look(rule, subject, stack.alone(subject), CONFIG))
    for rule in RULES:
        for subject in stack.of(*rule.types):
            seen = list(look(rule, subject, stack, CONFIG))
            assert seen == list(look(rule, subject, Stack(stack.subjects), CONFIG)), rule.id
