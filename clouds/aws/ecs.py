"""ECS."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clouds.ask import Ask
from clouds.aws import charges
from clouds.aws.calls import create, either, sent
from clouds.aws.common import tagged
from clouds.limits import MAX_INTEGER, all_of, among, between, formed, twice
from clouds.record import (
    AWAY,
    NO_DATA,
    ROLLS,
    UNNOTICED,
    Another,
    Answers,
    Autoname,
    Drawn,
    Felt,
    Named,
    Nothing,
    Once,
    Overwritten,
    Refused,
    Refuses,
    Resource,
    Role,
    Use,
    by,
    one_name,
    replaced_by,
)


def _cluster_name(ask: Ask) -> str:
    return str(ask["cluster"] or "default").rpartition("/")[2]


def _service_arn(ask: Ask) -> str:
    return ask.arn("ecs", f"service/{_cluster_name(ask)}/{ask['name']}")


def _revision(ask: Ask) -> int:
    return ask.generation + 1


def _task_arn(ask: Ask) -> str:
    return ask.arn("ecs", f"task-definition/{ask['family']}")


DEFINITION_BYTES = 65_536
"""Of a task definition (Amazon ECS service quotas, "Task definition size")."""


def _container_documents(ask: Ask) -> list[str]:
    text = ask["containerDefinitions"]
    size = len(text.encode()) if isinstance(text, str) else 0
    if size > DEFINITION_BYTES:
        return [f"the task definition has {size} bytes; at most {DEFINITION_BYTES} are allowed"]
    return []


TASK_MEMORY: Mapping[str, Sequence[int]] = {
    "256": (512, 1024, 2048),
    "512": range(1024, 4096 + 1, 1024),
    "1024": range(2048, 8192 + 1, 1024),
    "2048": range(4096, 16384 + 1, 1024),
    "4096": range(8192, 30720 + 1, 1024),
    "8192": range(16384, 61440 + 1, 4096),
    "16384": range(32768, 122880 + 1, 8192),
}
"""MiB that go with CPU units on Fargate (ECS guide, "Task size")."""
LOG_DRIVERS = ("awslogs", "splunk", "awsfirelens")
"""Of Fargate (ECS API, LogConfiguration)."""
AWSLOGS = frozenset(
    {
        *("awslogs-create-group", "awslogs-datetime-format", "awslogs-group", "awslogs-multiline-pattern"),
        *("awslogs-region", "awslogs-stream-prefix", "max-buffer-size", "mode"),
    }
)
"""Options of the driver `awslogs` (the same page)."""
PORT_NAME = r"[a-z0-9][a-z0-9_-]{0,63}"
"""ECS API, PortMapping, `name`."""


def _task(ask: Ask) -> Iterator[str]:
    """ECS API, RegisterTaskDefinition and ContainerDefinition; the guide's "Task definition parameters for Fargate"."""
    containers = [dict(one) for one in json.loads(ask["containerDefinitions"])]
    on_fargate = "FARGATE" in all_of(ask["requiresCompatibilities"])
    if on_fargate:
        yield from (f"{key} is required for FARGATE" for key in ("cpu", "memory") if not ask[key])
        if str(ask["cpu"]) in TASK_MEMORY and int(ask["memory"] or 0) not in TASK_MEMORY[str(ask["cpu"])]:
            yield f"Fargate has no task of {ask['cpu']} CPU units with {ask['memory']} MiB"
        if ask["networkMode"] != "awsvpc":
            yield "networkMode must be awsvpc for FARGATE"
        private = any(one.get("secrets") or one.get("repositoryCredentials") for one in containers)
        logs = any((one.get("logConfiguration") or {}).get("logDriver") == "awslogs" for one in containers)
        if (private or logs) and not ask["executionRoleArn"]:
            yield "executionRoleArn is required for secrets, private registries and awslogs"
    yield from twice("containerDefinitions[*].name", (one.get("name") for one in containers))
    if not any(one.get("essential", True) for one in containers):
        yield "one container at least must be essential"
    ports = [port for one in containers for port in one.get("portMappings") or ()]
    yield from twice("portMappings[*].name", (port.get("name") for port in ports))
    by_name = {str(one.get("name")): one for one in containers}
    for index, one in enumerate(containers):
        path = f"containerDefinitions[{index}]"
        yield from (f"{path}.{said}" for said in _container(one, by_name, on_fargate))
        if ask["memory"] and int(one.get("memory") or 0) > int(ask["memory"]):
            yield f"{path}.memory is more than the task has"


def _container(
    one: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]], on_fargate: bool
) -> Iterator[str]:
    names = [*(one.get("environment") or ()), *(one.get("secrets") or ())]
    yield from twice("environment and secrets", (pair.get("name") for pair in names))
    for port in one.get("portMappings") or ():
        if on_fargate and port.get("hostPort") not in (None, port.get("containerPort")):
            yield "portMappings: hostPort must be containerPort in the mode awsvpc"
        if not re.fullmatch(PORT_NAME, str(port.get("name") or "a")):
            yield "portMappings: a name has small letters, digits, hyphens and underscores, at most 64"
    for needed in one.get("dependsOn") or ():
        other = others.get(str(needed.get("containerName")))
        if other is None:
            yield "dependsOn names a container that there is not"
        elif needed.get("condition") == "HEALTHY" and not other.get("healthCheck"):
            yield "dependsOn waits for the health of a container that has no healthCheck"
    if on_fargate and int(one.get("stopTimeout") or 0) > 120:
        yield "stopTimeout must be at most 120 seconds on Fargate"
    for key, low, high in (
        ("interval", 5, 300),
        ("timeout", 2, 120),
        ("retries", 1, 10),
        ("startPeriod", 0, 300),
    ):
        value = (one.get("healthCheck") or {}).get(key)
        if value is not None and not low <= int(value) <= high:
            yield f"healthCheck.{key} must be from {low} to {high}"
    yield from _log(one.get("logConfiguration") or {}, on_fargate)


def _log(log: Mapping[str, Any], on_fargate: bool) -> Iterator[str]:
    driver, options = log.get("logDriver"), log.get("options") or {}
    if on_fargate and driver not in (None, *LOG_DRIVERS):
        yield f"logConfiguration.logDriver must be one of {', '.join(LOG_DRIVERS)} on Fargate"
    if driver != "awslogs":
        return
    needed = {"awslogs-group", "awslogs-region"} | ({"awslogs-stream-prefix"} if on_fargate else set())
    yield from (f"logConfiguration.options lacks {key}" for key in sorted(needed - options.keys()))
    yield from (f"logConfiguration.options: awslogs has no {key}" for key in sorted(options.keys() - AWSLOGS))
    if options.get("mode") not in (None, "blocking", "non-blocking"):
        yield "logConfiguration.options.mode must be blocking or non-blocking"
    if "max-buffer-size" in options:
        if options.get("mode") == "blocking":
            yield "logConfiguration.options: max-buffer-size goes with the mode non-blocking"
        if not re.fullmatch(r"\d+[bkmg]?", str(options["max-buffer-size"])):
            yield "logConfiguration.options.max-buffer-size must be a size such as 25m"


def _undefined(ask: Ask) -> list[str]:
    """Say which names of a service its task definition has not (ECS API, LoadBalancer and ServiceConnectService)."""
    defined = (
        one.inputs["containerDefinitions"]
        for one in ask.world("aws:ecs/taskDefinition:TaskDefinition")
        if one.outputs.get("arn") == ask["taskDefinition"]
    )
    text = next(defined, None)
    if text is None:
        return []
    ports = {
        str(one.get("name")): {
            port.get("containerPort"): port.get("name") for port in one.get("portMappings") or ()
        }
        for one in json.loads(text)
    }
    found = []
    for balancer in all_of(ask["loadBalancers"]):
        name, port = balancer.get("containerName"), balancer.get("containerPort")
        if name not in ports:
            found.append(f"the container {name} does not exist in the task definition")
        elif port not in ports[name]:
            found.append(f"the container {name} did not have a container port {port} defined")
    names = {name for each in ports.values() for name in each.values()}
    found += [
        f"portName {one.get('portName')} is no port of the task definition"
        for one in all_of((ask["serviceConnectConfiguration"] or {}).get("services"))
        if one.get("portName") not in names
    ]
    return [f"InvalidParameterException: {said}" for said in found]


def _strategy_replaces(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Of the provider (internal/service/ecs/service.go, capacityProviderStrategyCustomizeDiff)."""
    key = "capacityProviderStrategies"
    old, new = before.get(key) or [], after.get(key) or []
    in_place = after.get("forceNewDeployment") is True and bool(old) == bool(new)
    return [] if old == new or in_place else [key]


def _service(ask: Ask) -> Iterator[str]:
    """ECS API, CreateService, CapacityProviderStrategyItem and ServiceConnectService."""
    strategies = all_of(ask["capacityProviderStrategies"])
    if ask["launchType"] and strategies:
        yield "launchType and capacityProviderStrategies do not go together"
    if sum(int(one.get("base") or 0) > 0 for one in strategies) > 1:
        yield "only one of capacityProviderStrategies may have a base"
    if strategies and not any(int(one.get("weight") or 0) > 0 for one in strategies):
        yield "one of capacityProviderStrategies must have a weight above 0"
    fargate = ask["launchType"] == "FARGATE" or any(
        str(one.get("capacityProvider")).startswith("FARGATE") for one in strategies
    )
    if fargate and not (ask["networkConfiguration"] or {}).get("subnets"):
        yield "networkConfiguration.subnets is required for Fargate"
    least, most = ask["deploymentMinimumHealthyPercent"], ask["deploymentMaximumPercent"]
    if least is not None and most is not None and float(least) > float(most):
        yield "deploymentMinimumHealthyPercent is more than deploymentMaximumPercent"
    connect = ask["serviceConnectConfiguration"] or {}
    services = all_of(connect.get("services"))
    if services and not connect.get("enabled"):
        yield "serviceConnectConfiguration has services and is not enabled"
    found = [one.get("discoveryName") or one.get("portName") for one in services]
    yield from twice("serviceConnectConfiguration.services[*].discoveryName", found)
    for index, one in enumerate(services):
        path = f"serviceConnectConfiguration.services[{index}]"
        if not re.fullmatch(PORT_NAME, str(one.get("portName"))):
            yield f"{path}.portName is no name of a port mapping"
        if not re.fullmatch(r"(?!-)[a-z0-9-]{1,63}", str(one.get("discoveryName") or "a")):
            yield f"{path}.discoveryName must have small letters, digits and hyphens, and not begin with one"
        aliases = all_of(one.get("clientAlias"))
        if len(aliases) > 1:
            yield f"{path} may have one clientAlias"
        for alias in aliases:
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,126}", str(alias.get("dnsName") or "a")):
                yield f"{path}.clientAlias.dnsName is no name of a host"


CLUSTER = Resource(
    "aws:ecs/cluster:Cluster",
    "ECS cluster",
    answers=Answers(
        id="arn:{partition}:ecs:{region}:{account}:cluster/{name}",
        outputs={
            "arn": "{id}",
        },
        autoname=Autoname(),
    ),
    requests=sent(create("ecs.CreateCluster", {"name": "clusterName"})),
    refuses=Refuses(
        # ECS API, ClusterSetting.
        values={"settings.*.value": among("enabled", "disabled", "enhanced")},
        # CreateCluster gives back the cluster that has the name: two stacks would have one.
        once=(one_name("cluster", "given back by CreateCluster as it is"),),
        used_by=(
            Use("aws:ecs/service:Service", "cluster", "ClusterContainsServicesException"),
            Use("aws:ecs/service:Service", "cluster", "ClusterContainsServicesException", by="name"),
        ),
    ),
    again=Refused(),
    replaced=replaced_by("name region"),
    import_id="{name}",
    found=Named(),
    data=NO_DATA,
    felt=Felt(gone=AWAY),
    costs=charges.insights,
)


CLUSTER_CAPACITY_PROVIDERS = Resource(
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
    "Fargate, on demand and Spot",
    answers=Answers(id="{clusterName}"),
    requests=sent(
        create(
            "ecs.PutClusterCapacityProviders",
            {"clusterName": "cluster"},
            # Sent though they are empty.
            {"capacityProviders": [], "defaultCapacityProviderStrategy": []},
        )
    ),
    refuses=Refuses(
        # ECS API, PutClusterCapacityProviders.
        values={
            "capacityProviders.*": formed(
                r"FARGATE(_SPOT)?|(?!aws|ecs|fargate)[A-Za-z0-9_-]{1,255}", "a capacity provider"
            ),
        },
    ),
    again=Overwritten(),
    replaced=replaced_by("clusterName region"),
    import_id="{clusterName}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the containers are charged"),
)


SERVICE = Resource(
    "aws:ecs/service:Service",
    "keeps the containers running",
    answers=Answers(
        id=_service_arn,
        outputs={
            "arn": _service_arn,
        },
        defaults={
            "availabilityZoneRebalancing": "ENABLED",
            "cluster": "arn:{partition}:ecs:{region}:{account}:cluster/default",
            "platformVersion": lambda ask: "LATEST" if ask["networkConfiguration"] else "",
        },
        autoname=Autoname(),
    ),
    requests=sent(
        create(
            "ecs.CreateService",
            {
                "name": "serviceName",
                "deploymentCircuitBreaker": "deploymentConfiguration.deploymentCircuitBreaker",
                "deploymentMaximumPercent": "deploymentConfiguration.maximumPercent",
                "deploymentMinimumHealthyPercent": "deploymentConfiguration.minimumHealthyPercent",
                "networkConfiguration": "networkConfiguration.awsvpcConfiguration",
                "networkConfiguration.assignPublicIp": ("assignPublicIp", either("ENABLED", "DISABLED")),
                "serviceConnectConfiguration.services.clientAlias": "clientAliases",
            },
        ),
        local="forceNewDeployment waitForSteadyState",
    ),
    refuses=Refuses(
        # ECS API, DeploymentConfiguration, LoadBalancer and CreateService.
        values={
            "deploymentMaximumPercent": between(100, 200),
            "deploymentMinimumHealthyPercent": between(0, 100),
            "desiredCount": between(0, 5000),
            "healthCheckGracePeriodSeconds": between(0, MAX_INTEGER),
            "loadBalancers.*.containerPort": between(1, 65535),
        },
        # "Creation of service was not idempotent."
        once=(
            Once("a service of that name in the cluster", "InvalidParameterException", by("cluster", "name")),
        ),
        together=_service,
        lacks=_undefined,
    ),
    again=Refused(),
    replaced=replaced_by("cluster launchType name region schedulingStrategy", when=_strategy_replaces),
    import_id="{cluster:last}/{name}",
    found=Named(),
    data=NO_DATA,
    felt=Felt(gone=AWAY, updated=ROLLS, but_not=("bot-service",)),
    costs=charges.containers,
    drawn=(Drawn(Role.CHAT, "Rocket.Chat", ("AWS {region}", "private network"), "containers on Fargate"),),
)


TASK_DEFINITION = Resource(
    "aws:ecs/taskDefinition:TaskDefinition",
    "what a container is: image, size, environment",
    answers=Answers(
        id="{family}",
        outputs={
            "arn": lambda ask: f"{_task_arn(ask)}:{_revision(ask)}",
            "arnWithoutRevision": "arn:{partition}:ecs:{region}:{account}:task-definition/{family}",
            "revision": _revision,
        },
        defaults={
            "networkMode": "bridge",
        },
    ),
    requests=sent(create("ecs.RegisterTaskDefinition"), local="skipDestroy trackLatest"),
    refuses=Refuses(
        # ECS API, RegisterTaskDefinition; which memory goes with which cpu says the guide, "Task CPU and memory".
        values={
            "cpu": among("256", "512", "1024", "2048", "4096", "8192", "16384"),
            "family": formed(r"[A-Za-z0-9_-]{1,255}", "at most 255 letters, digits, hyphens and underscores"),
            "memory": formed(r"[1-9]\d*", "a number of MiB"),
        },
        inputs=_container_documents,
        together=_task,
    ),
    again=Another(),
    replaced=replaced_by(
        "containerDefinitions cpu enableFaultInjection ephemeralStorage executionRoleArn family ipcMode "
        "memory networkMode pidMode placementConstraints proxyConfiguration region "
        "requiresCompatibilities runtimePlatform taskRoleArn volumes",
        is_update=True,
    ),
    import_id="{arn}",
    found=tagged("ecs", r"task-definition/{family}:\d+"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("the service that runs it is charged"),
)
