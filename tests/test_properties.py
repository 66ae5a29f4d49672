"""What must hold for every resource of every stack."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from botocore.model import ServiceModel
from botocore.session import get_session
from botocore.validate import ParamValidator
from planning import planned_file

import clouds
from clouds.ask import Ask, Cloud
from clouds.effects import data_of, holds_data
from rehearsal.plan import Plan, PlannedResource, find_leaks
from rehearsal.standins import requests
from rehearsal.standins.requests import Request
from stacks import files

STACKS = files.names()
EVERY_STACK = pytest.mark.parametrize("stack", STACKS)
WORLD = {"0.0.0.0/0", "::/0"}
TAGS = {"Project", "Environment", "Owner", "ManagedBy"}


@cache
def planned(stack: str) -> Plan:
    return planned_file(stack)


def custom(stack: str) -> list[PlannedResource]:
    return [
        resource
        for resource in planned(stack).resources
        if resource.custom and not resource.type.startswith("pulumi:")
    ]


def statements(stack: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every statement of every policy document, with the name of its resource."""
    for resource in custom(stack):
        for key, value in resource.inputs.items():
            if isinstance(value, str) and value.startswith("{") and '"Statement"' in value:
                for statement in json.loads(value)["Statement"]:
                    yield f"{resource.type} {resource.name}.{key}", statement


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.slow
@EVERY_STACK
def test_every_resource_stands_in_a_component(stack: str) -> None:
    for resource in custom(stack):
        assert resource.parent is not None, resource.name
        assert "rocketchat:index:" in resource.parent.split("::")[2], resource.name


@EVERY_STACK
def test_every_component_stands_in_the_stack_or_in_a_component(stack: str) -> None:
    components = [resource for resource in planned(stack).resources if not resource.custom]
    for component in components:
        if component.type != "pulumi:pulumi:Stack":
            assert component.type.startswith("rocketchat:index:"), component.type
            assert component.parent is not None


@EVERY_STACK
def test_everything_that_takes_tags_is_tagged(stack: str) -> None:
    tagged = 0
    for resource in custom(stack):
        if "tagsAll" in resource.outputs:
            tagged += 1
            assert set(resource.outputs["tagsAll"]) >= TAGS, resource.name
        elif resource.type.startswith("mongodbatlas:") and resource.type.endswith(
            ("Project", "AdvancedCluster")
        ):
            assert set(resource.inputs["tags"]) >= TAGS, resource.name
        elif resource.type == "cloudflare:index/dnsRecord:DnsRecord":
            assert resource.inputs["comment"], resource.name
    if any(resource.type.startswith("aws:") for resource in custom(stack)):
        assert tagged > 0


@pytest.mark.slow
@EVERY_STACK
def test_no_secret_is_in_clear_anywhere(stack: str) -> None:
    plan = planned(stack)
    assert any(resource.secret_paths for resource in plan.resources)
    assert find_leaks(plan) == []


@EVERY_STACK
def test_the_search_for_leaks_finds_a_leak(stack: str) -> None:
    plan = planned(stack)
    shown = next(value for value in plan.outputs.values() if isinstance(value, str) and len(value) > 12)
    assert find_leaks(plan, {"something shown": shown})


def names_resources(statement: dict[str, Any]) -> bool:
    """Whether it says on what it allows something.

    `cloudwatch:PutMetricData` knows no resource and is bounded by the namespace alone (Service Authorization
    Reference, "Actions, resources, and condition keys for Amazon CloudWatch").
    """
    if "*" not in listed(statement.get("Resource", [])):
        return True
    if statement["Action"] != ["cloudwatch:PutMetricData"] or statement["Resource"] != ["*"]:
        return False
    namespace = statement.get("Condition", {}).get("StringEquals", {}).get("cloudwatch:namespace")
    return (
        isinstance(namespace, str)
        and namespace.startswith("RocketChat/")
        and statement["Condition"] == {"StringEquals": {"cloudwatch:namespace": namespace}}
    )


@EVERY_STACK
def test_iam_lists_actions_one_by_one_and_names_resources(stack: str) -> None:
    for where, statement in statements(stack):
        if statement["Effect"] != "Allow":
            continue
        assert not [action for action in listed(statement["Action"]) if "*" in action], where
        own = {"aws:kms/key:Key"}
        if where.split()[0] not in own:
            assert names_resources(statement), (where, statement["Sid"])


METRICS: dict[str, Any] = {
    "Action": ["cloudwatch:PutMetricData"],
    "Resource": ["*"],
    "Condition": {"StringEquals": {"cloudwatch:namespace": "RocketChat/chat.example.com"}},
}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({}, True),
        ({"Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::a/*"], "Condition": {}}, True),
        ({"Condition": {}}, False),
        ({"Condition": {"StringLike": {"cloudwatch:namespace": "RocketChat/*"}}}, False),
        ({"Condition": {"StringEquals": {"cloudwatch:namespace": "AWS/EC2"}}}, False),
        ({"Condition": {"StringEquals": {"cloudwatch:namespace": ["RocketChat/a", "AWS/EC2"]}}}, False),
        ({"Condition": {"StringEquals": {"aws:RequestedRegion": "ap-southeast-1"}}}, False),
        ({"Action": ["cloudwatch:PutMetricData", "cloudwatch:DeleteAlarms"]}, False),
        ({"Action": ["cloudwatch:DeleteAlarms"]}, False),
        ({"Resource": ["*", "arn:aws:s3:::a"]}, False),
    ],
)
def test_nothing_but_own_metrics_is_allowed_on_every_resource(change: dict[str, Any], named: bool) -> None:
    assert names_resources({**METRICS, **change}) == named


@EVERY_STACK
def test_nobody_is_allowed_anything_without_a_condition(stack: str) -> None:
    for where, statement in statements(stack):
        everybody = statement.get("Principal") in ("*", {"AWS": "*"})
        if statement["Effect"] == "Allow" and everybody and "vpcEndpoint" not in where:
            assert statement.get("Condition"), where


@EVERY_STACK
def test_only_the_balancer_is_open_to_the_world_on_80_and_443(stack: str) -> None:
    balancers = {
        group
        for resource in planned(stack).of_type("aws:lb/loadBalancer:LoadBalancer")
        for group in resource.inputs["securityGroups"]
    }
    for resource in custom(stack):
        if resource.type == "aws:ec2/securityGroup:SecurityGroup":
            assert not resource.inputs.get("ingress"), (
                f"{resource.name}: rules stand in resources of their own"
            )
        if resource.type != "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
            continue
        if WORLD & {resource.inputs.get("cidrIpv4"), resource.inputs.get("cidrIpv6")}:
            assert (resource.inputs["fromPort"], resource.inputs["toPort"]) in ((80, 80), (443, 443))
            assert resource.inputs["securityGroupId"] in balancers, resource.name


@EVERY_STACK
def test_the_app_port_is_reached_from_the_balancer_only(stack: str) -> None:
    balancers = {
        group
        for resource in planned(stack).of_type("aws:lb/loadBalancer:LoadBalancer")
        for group in resource.inputs["securityGroups"]
    }
    apps = {
        group
        for resource in planned(stack).of_type("aws:ecs/service:Service")
        for group in resource.inputs["networkConfiguration"]["securityGroups"]
    }
    opened = [
        rule
        for rule in planned(stack).of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if rule.inputs["securityGroupId"] in apps and rule.inputs["fromPort"] <= 3000 <= rule.inputs["toPort"]
    ]
    assert bool(opened) == bool(apps)
    for rule in opened:
        assert rule.inputs["referencedSecurityGroupId"] in balancers


@cache
def asked(stack: str) -> list[tuple[str, Request]]:
    """All requests to AWS of a stack, with the names of the resources that they are for."""
    found = []
    for resource in custom(stack):
        sent = requests.of(resource.type)
        if sent is not None:
            ask = Ask(
                resource.type, resource.name, resource.urn, {**resource.inputs, **named(resource)}, Cloud()
            )
            found += [(resource.name, request) for request in requests.made(ask, sent)]
    return found


def named(resource: PlannedResource) -> dict[str, Any]:
    rule = clouds.types()[resource.type].answers.autoname
    return {} if rule is None else {rule.property: resource.outputs[rule.property]}


@cache
def service_model(service: str) -> ServiceModel:
    """Return what a service takes; a session reads it from the package anew each time."""
    return get_session().get_service_model(service)


@pytest.mark.slow
@EVERY_STACK
def test_every_request_to_aws_has_the_form_that_its_own_client_takes(stack: str) -> None:
    validator = ParamValidator()
    for name, request in asked(stack):
        assert request.lost == (), name
        service, operation = request.operation.split(".")
        shape = service_model(service).operation_model(operation).input_shape
        report = validator.validate(request.values, shape)
        assert not report.has_errors(), (name, request.operation, report.generate_report())
    assert bool(asked(stack)) == any(resource.type.startswith("aws:") for resource in custom(stack))


@EVERY_STACK
def test_task_definitions_name_each_variable_once_and_are_small_enough(stack: str) -> None:
    for task in planned(stack).of_type("aws:ecs/taskDefinition:TaskDefinition"):
        for container in json.loads(task.inputs["containerDefinitions"]):
            variables = [variable["name"] for variable in container["environment"]]
            variables += [secret["name"] for secret in container.get("secrets", [])]
            assert len(variables) == len(set(variables))
        # AWS takes no task definition above 64 KiB.
        assert len(task.inputs["containerDefinitions"]) < 60_000


@EVERY_STACK
def test_what_holds_data_is_protected_in_production(stack: str) -> None:
    """By what the records say of types that may hold data: those that do, and no others of them."""
    profile = files.read(stack).values["rocketchat:chat"].get("profile", "production")
    types = {resource.type for resource in custom(stack)}
    for resource in custom(stack):
        if data_of(resource.type) is not None:
            wanted = profile == "production" and holds_data(resource.type, resource.name, types)
            assert resource.protect == wanted, resource.name


def test_the_reference_stack_is_made_of_these_components() -> None:
    kinds = {r.type.rpartition(":")[2] for r in planned("lovia-fargate-cdn").resources if not r.custom}
    assert kinds == {
        "Alarms",
        "AppCdn",
        "AtlasCluster",
        "AtlasDatabase",
        "AtlasPrivateLink",
        "Certificate",
        "Credentials",
        "FargateRuntime",
        "Firewall",
        "LoadBalancer",
        "MailEvents",
        "MediaCdn",
        "MediaStore",
        "Network",
        "PublicName",
        "Seal",
        "SesMail",
        "Stack",
    }
