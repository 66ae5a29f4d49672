"""ECS."""

from clouds.ask import Ask
from clouds.aws import charges
from clouds.aws.calls import create, either, sent
from clouds.aws.common import tagged
from clouds.record import (
    AWAY,
    NO_DATA,
    NOTHING_MORE,
    ROLLS,
    UNNOTICED,
    Another,
    Answers,
    Autoname,
    Felt,
    Named,
    Nothing,
    Once,
    Overwritten,
    Refused,
    Refuses,
    Resource,
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
    if "FARGATE" in (ask["requiresCompatibilities"] or []):
        return [
            f"{key} is required for FARGATE"
            for key in ("cpu", "memory")
            if not ask["cpu" if key == "cpu" else "memory"]
        ]
    return []


CLUSTER = Resource(
    "aws:ecs/cluster:Cluster",
    "ECS cluster",
    answers=Answers(
        id="arn:aws:ecs:{region}:{account}:cluster/{name}",
        outputs={
            "arn": "{id}",
        },
        autoname=Autoname(),
    ),
    requests=sent(create("ecs.CreateCluster", {"name": "clusterName"})),
    refuses=Refuses(
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
    refuses=NOTHING_MORE,
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
            "cluster": "arn:aws:ecs:{region}:{account}:cluster/default",
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
        # "Creation of service was not idempotent."
        once=(
            Once("a service of that name in the cluster", "InvalidParameterException", by("cluster", "name")),
        )
    ),
    again=Refused(),
    replaced=replaced_by("cluster name region schedulingStrategy"),
    import_id="{cluster:last}/{name}",
    found=Named(),
    data=NO_DATA,
    felt=Felt(gone=AWAY, updated=ROLLS),
    costs=charges.containers,
)


TASK_DEFINITION = Resource(
    "aws:ecs/taskDefinition:TaskDefinition",
    "what a container is: image, size, environment",
    answers=Answers(
        id="{family}",
        outputs={
            "arn": lambda ask: f"{_task_arn(ask)}:{_revision(ask)}",
            "arnWithoutRevision": "arn:aws:ecs:{region}:{account}:task-definition/{family}",
            "revision": _revision,
        },
        defaults={
            "networkMode": "bridge",
        },
    ),
    requests=sent(create("ecs.RegisterTaskDefinition"), local="skipDestroy trackLatest"),
    refuses=Refuses(inputs=_container_documents),
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
