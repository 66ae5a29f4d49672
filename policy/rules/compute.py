"""Containers on ECS: who they run as, where their secrets are, how they are rolled out."""

from collections.abc import Iterator

from policy import tokens as t
from policy.credentials import holds_credential, in_command
from policy.documents import (
    containers,
    is_allowed,
    is_chat_image,
    is_pinned,
    texts,
)
from policy.model import UNKNOWN
from policy.product import owns
from policy.rule import (
    Needs,
    Probe,
    View,
    absent,
    as_number,
    at_least,
    expecting,
    is_in,
    not_true,
    present,
    true,
    unset_or,
)
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

_rule = Area("compute")

FARGATE_MEMORY = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4097, 1024)),
    1024: tuple(range(2048, 8193, 1024)),
    2048: tuple(range(4096, 16385, 1024)),
    4096: tuple(range(8192, 30721, 1024)),
    8192: tuple(range(16384, 61441, 4096)),
    16384: tuple(range(32768, 122881, 8192)),
}
"""CPU units to the memory (MiB) that Fargate takes with them (AWS, "Task CPU and memory")."""
CHAT_MEMORY = 2048
"""MiB. With 1 GB the server crashes (seen on the original deployment)."""
GRACE_SECONDS = 120
"""A first start migrates the database before it answers."""
_ECS_DOCS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/"


def _clear_secrets(p: Probe) -> None:
    if "containerDefinitions" in (p.subject.secrets or ()):
        p.fail("was made from a secret value, which stands in it in clear", "containerDefinitions")
    for container in containers(p):
        for variable in container.each("environment"):
            name, value = str(variable.sure("name")), variable.get("value")
            if value is UNKNOWN:
                variable.unsure("value")
            elif holds_credential(name, value):
                variable.fail("a credential stands in clear in the task definition", "value")


def _secret_sources(p: Probe) -> None:
    for container in containers(p):
        for secret in container.each("secrets"):
            secret.expect(
                "valueFrom",
                lambda arn: (
                    isinstance(arn, str)
                    and arn.startswith("arn:")
                    and (":secretsmanager:" in arn or ":ssm:" in arn)
                ),
                "a secret must come from Secrets Manager or Parameter Store, by ARN",
            )


def _non_root(p: Probe) -> None:
    for container in containers(p):
        container.expect(
            "user",
            lambda user: present(user) and str(user).split(":")[0] not in {"0", "root"},
            "runs as root",
        )


def _unprivileged(p: Probe) -> None:
    for container in containers(p):
        container.expect("privileged", not_true, "is privileged")


def _capabilities(p: Probe) -> None:
    for container in containers(p):
        container.expect("linuxParameters.capabilities.add", absent, "gets more rights of the kernel")


def _readonly(p: Probe) -> None:
    for container in containers(p):
        if is_chat_image(container.sure("image")):
            continue
        container.expect("readonlyRootFilesystem", true, "may write into its own image")


def _logging(p: Probe) -> None:
    for container in containers(p):
        if container.expect("logConfiguration.logDriver", present, "its output is kept nowhere") and (
            container.get("logConfiguration.logDriver") == "awslogs"
        ):
            container.expect(("logConfiguration", "options", "awslogs-group"), present, "names no log group")


def _host_modes(p: Probe) -> None:
    p.expect("networkMode", is_in("awsvpc"), "shares the network of its host")
    p.expect("pidMode", unset_or("task"), "sees the processes of its host")
    p.expect("ipcMode", unset_or("task", "none"), "shares memory with its host")


def _roles(p: Probe) -> None:
    both = [present(p.need(key)) for key in ("executionRoleArn", "taskRoleArn")]
    if owns(p.subject, p.stack):
        both = [
            p.expect("executionRoleArn", present, "no execution role"),
            p.expect("taskRoleArn", present, "no role of its own"),
        ]
    if all(both) and p.get("executionRoleArn") == p.get("taskRoleArn"):
        p.fail("the app runs with the role that reads its secrets and pulls its image", "taskRoleArn")


def _pinned(p: Probe) -> None:
    for container in containers(p):
        container.expect("image", is_pinned, "the image names no version, so each start may run another one")


def allowed_image(p: Probe, image: object) -> bool:
    """Tell whether an image comes from a registry that the configuration allows."""
    return is_allowed(str(image), p.config.registries)


def _registry(p: Probe) -> None:
    for container in containers(p):
        container.expect(
            "image", lambda image: allowed_image(p, image), "the image's registry is not allowed"
        )


def _size(p: Probe) -> None:
    if "FARGATE" not in texts(p.need("requiresCompatibilities")):
        return
    cpu, memory = as_number(p.need("cpu"), 0), as_number(p.need("memory"), 0)
    if memory not in FARGATE_MEMORY.get(int(cpu), ()):
        p.fail("Fargate has no such pair of CPU and memory", "memory")
    if memory < CHAT_MEMORY and any(is_chat_image(container.get("image")) for container in containers(p)):
        p.fail("the chat crashes with less than 2048 MiB", "memory")


def _insights(p: Probe) -> None:
    for setting in p.each("settings"):
        if setting.get("name") == "containerInsights":
            setting.expect("value", is_in("enabled", "enhanced"), "Container Insights is off")
            return
    if p.get("settings") is not UNKNOWN:
        p.fail("Container Insights is not switched on", "settings")


def _mend_insights(properties: dict[str, object]) -> bool:
    settings = properties.get("settings")
    kept = (
        [s for s in settings if not (isinstance(s, dict) and s.get("name") == "containerInsights")]
        if isinstance(settings, list)
        else []
    )
    made = [*kept, {"name": "containerInsights", "value": "enabled"}]
    on = isinstance(settings, list) and any(
        isinstance(s, dict)
        and s.get("name") == "containerInsights"
        and s.get("value") in {"enabled", "enhanced"}
        for s in settings
    )
    if on:
        return False
    properties["settings"] = made
    return True


def _breaker(p: Probe) -> None:
    if p.get("deploymentController.type") in {"CODE_DEPLOY", "EXTERNAL"}:
        return
    p.expect("deploymentCircuitBreaker.enable", true, "a broken version is started again and again")
    p.expect("deploymentCircuitBreaker.rollback", true, "a broken version is not rolled back")


def _mend_breaker(properties: dict[str, object]) -> bool:
    wanted = {"enable": True, "rollback": True}
    if properties.get("deploymentCircuitBreaker") == wanted:
        return False
    properties["deploymentCircuitBreaker"] = wanted
    return True


def _strategies(p: Probe) -> Iterator[View]:
    yield from p.each("capacityProviderStrategies")


def _spot_base(p: Probe) -> None:
    spot = on_demand = False
    for item in _strategies(p):
        provider = item.sure("capacityProvider")
        spot = spot or provider == "FARGATE_SPOT"
        on_demand = on_demand or (provider == "FARGATE" and as_number(item.get("base"), 0) >= 1)
    if spot and not on_demand:
        p.fail(
            "every task may be taken away at once; FARGATE needs a base of 1", "capacityProviderStrategies"
        )


def _spot_stop(p: Probe) -> None:
    services = [
        s for s in p.stack.of(t.SERVICE) if p.subject in p.stack.meant(s, "taskDefinition", t.TASK_DEFINITION)
    ]
    if not any("FARGATE_SPOT" in str(s.properties.get("capacityProviderStrategies")) for s in services):
        return
    for container in containers(p):
        container.expect(
            "stopTimeout",
            lambda seconds: 30 < as_number(seconds, 30) <= 120,
            "is killed 30 seconds after a Spot notice; it may have up to 120",
        )


def _grace(p: Probe) -> None:
    if present(p.need("loadBalancers")):
        p.expect(
            "healthCheckGracePeriodSeconds",
            at_least(GRACE_SECONDS),
            "is killed while it migrates the database at its first start",
        )


def _exec(p: Probe) -> None:
    if not true(p.need("enableExecuteCommand")):
        return
    for cluster in p.stack.meant(p.subject, "cluster", t.CLUSTER):
        other = p.other(cluster)
        base = "configuration.executeCommandConfiguration"
        other.expect(
            f"{base}.kmsKeyId", present, "sessions into containers are not encrypted with an own key"
        )
        other.expect(
            f"{base}.logging", is_in("OVERRIDE", "DEFAULT"), "sessions into containers are not logged"
        )
        return
    p.missing("anybody with the right to exec gets a shell, unlogged", "enableExecuteCommand")


def _scaling(p: Probe) -> None:
    p.expect("maxCapacity", lambda number: 1 <= as_number(number, 0) <= 20, "no sensible upper bound")
    if as_number(p.get("minCapacity"), 0) < 1:
        p.expect("minCapacity", at_least(1), "may scale the chat away")


def _forced(p: Probe) -> None:
    if p.get("launchType") == "EC2":
        return
    if present(p.sure("triggers")):
        return
    p.expect("forceNewDeployment", not_true, "is deployed anew by each update, even without a change")


def _command(p: Probe) -> None:
    for container in containers(p):
        for path in ("entryPoint", "command", "healthCheck.command"):
            if in_command(container.get(path)):
                container.fail("a credential stands in the command line", path)


def _labels(p: Probe) -> None:
    for container in containers(p):
        for path in ("dockerLabels", "logConfiguration.options"):
            for name, value in (container.sure(path) or {}).items():
                if holds_credential(str(name), value):
                    container.fail(
                        "a credential stands in a label or an option", (*path.split("."), str(name))
                    )


def _volumes(p: Probe) -> None:
    for volume in p.each("volumes"):
        if present(volume.get("efsVolumeConfiguration")):
            volume.expect(
                "efsVolumeConfiguration.transitEncryption", is_in("ENABLED"), "files travel in clear to EFS"
            )
        volume.expect("hostPath", absent, "reaches into its host")


ECS_NO_PLAINTEXT_SECRET = _rule(
    "ecs-no-plaintext-secret",
    "No secret stands in clear in a task definition",
    MANDATORY,
    CRITICAL,
    (t.TASK_DEFINITION,),
    _clear_secrets,
    maps="ECS.8, P:ecs_task_definitions_no_environment_secrets",
    fix="Put it into Secrets Manager and name its ARN under secrets, not under environment.",
)
ECS_SECRET_BY_ARN = _rule(
    "ecs-secret-by-arn",
    "Secrets of a container come from a store, by ARN",
    MANDATORY,
    HIGH,
    (t.TASK_DEFINITION,),
    _secret_sources,
    maps="part of ECS.8, Well-Architected SEC02",
    fix="Give valueFrom the ARN of a secret or a parameter.",
)
ECS_NO_SECRET_IN_COMMAND = _rule(
    "ecs-no-secret-in-command",
    "No credential stands in a command line",
    MANDATORY,
    HIGH,
    (t.TASK_DEFINITION,),
    _command,
    maps="practice secrets",
    fix="Pass it as a variable from Secrets Manager.",
    link="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-tasks-containers.html",
)
ECS_NO_SECRET_IN_LABEL = _rule(
    "ecs-no-secret-in-label",
    "No credential stands in a container's label",
    MANDATORY,
    MEDIUM,
    (t.TASK_DEFINITION,),
    _labels,
    maps="practice secrets",
    fix="Labels are readable by everybody who may describe tasks; take it out.",
    link="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-tasks-containers.html",
)
ECS_NON_ROOT = _rule(
    "ecs-non-root",
    "Containers do not run as root",
    MANDATORY,
    HIGH,
    (t.TASK_DEFINITION,),
    _non_root,
    maps="ECS.20, Config ecs-task-definition-linux-user-non-root",
    fix="Set user; the chat's image needs 65533 from 8.5 on.",
)
ECS_UNPRIVILEGED = _rule(
    "ecs-unprivileged",
    "Containers are not privileged",
    MANDATORY,
    HIGH,
    (t.TASK_DEFINITION,),
    _unprivileged,
    maps="ECS.4, CKV_AWS_334",
    fix="Leave privileged off.",
)
ECS_CAPABILITIES = _rule(
    "ecs-capabilities",
    "Containers get no more rights of the kernel",
    MANDATORY,
    MEDIUM,
    (t.TASK_DEFINITION,),
    _capabilities,
    maps="practice least-privilege",
    fix="Add no capabilities.",
    link="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-tasks-containers.html",
)
ECS_READONLY_ROOTFS = _rule(
    "ecs-readonly-rootfs",
    "Helpers beside the chat may not write into their image",
    ADVISORY,
    MEDIUM,
    (t.TASK_DEFINITION,),
    _readonly,
    maps="part of ECS.5, part of CKV_AWS_336",
    fix="Set readonlyRootFilesystem and mount volumes where it writes. The chat's own apps engine needs to write.",
)
ECS_LOGGING = _rule(
    "ecs-logging",
    "The output of each container is kept",
    MANDATORY,
    MEDIUM,
    (t.TASK_DEFINITION,),
    _logging,
    maps="ECS.9",
    fix="Add a logConfiguration with a declared log group.",
)
ECS_NO_HOST_MODES = _rule(
    "ecs-no-host-modes",
    "Tasks share nothing with their host",
    MANDATORY,
    HIGH,
    (t.TASK_DEFINITION,),
    _host_modes,
    maps="ECS.1, ECS.3, ECS.17, CKV_AWS_335, P:ecs_task_definitions_host_namespace_not_shared",
    fix="Use network mode awsvpc; leave pid_mode and ipc_mode unset.",
)
ECS_ROLES_SEPARATE = _rule(
    "ecs-roles-separate",
    "The app's role is not the one that starts it",
    MANDATORY,
    HIGH,
    (t.TASK_DEFINITION,),
    _roles,
    maps="CKV_AWS_249",
    needs=Needs.EARLIER,
    fix="Make two roles: execution_role_arn and task_role_arn.",
    link=_ECS_DOCS + "security-iam-roles.html",
)
ECS_IMAGE_PINNED = _rule(
    "ecs-image-pinned",
    "Images name one version",
    MANDATORY,
    MEDIUM,
    (t.TASK_DEFINITION,),
    _pinned,
    maps="practice supply-chain",
    fix="Use a digest or a release's tag, never latest.",
    link="https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",
)
ECS_IMAGE_REGISTRY = _rule(
    "ecs-image-registry",
    "Images come from allowed registries",
    MANDATORY,
    MEDIUM,
    (t.TASK_DEFINITION,),
    _registry,
    maps="practice supply-chain",
    fix="Use the vendor's image or your own registry; or add this one to `registries` in policy/config.yaml, "
    "beside the usual ones, which its list replaces.",
    link=_ECS_DOCS + "security-tasks-containers.html",
    product=True,
    widened="registries",
)
ECS_FARGATE_SIZE = _rule(
    "ecs-fargate-size",
    "CPU and memory are a pair that Fargate has, and enough for the chat",
    MANDATORY,
    MEDIUM,
    (t.TASK_DEFINITION,),
    _size,
    maps="AWS docs Fargate sizes, original",
    fix="Give the chat 1024 CPU units and 2048 MiB or more.",
    link=_ECS_DOCS + "task_definition_parameters.html#task_size",
)
ECS_VOLUMES = _rule(
    "ecs-volumes",
    "Volumes are encrypted on their way and do not reach into the host",
    MANDATORY,
    MEDIUM,
    (t.TASK_DEFINITION,),
    _volumes,
    maps="CKV_AWS_97",
    fix="Enable transit_encryption for EFS; use no host path.",
    link=_ECS_DOCS + "efs-volumes.html",
)
ECS_PLATFORM_LATEST = _rule(
    "ecs-platform-latest",
    "Fargate's platform is the latest",
    ADVISORY,
    LOW,
    (t.SERVICE,),
    expecting("platformVersion", unset_or("LATEST"), "is held back on an old platform"),
    maps="ECS.10, CKV_AWS_332",
    fix="Leave platform_version unset or LATEST.",
)
ECS_CONTAINER_INSIGHTS = _rule(
    "ecs-container-insights",
    "The cluster measures its containers",
    REMEDIATE,
    LOW,
    (t.CLUSTER,),
    _insights,
    maps="ECS.12, CKV_AWS_65",
    fix="Set the cluster setting containerInsights to enabled.",
    remedy=_mend_insights,
)
ECS_CIRCUIT_BREAKER = _rule(
    "ecs-circuit-breaker",
    "A broken version is rolled back by itself",
    REMEDIATE,
    MEDIUM,
    (t.SERVICE,),
    _breaker,
    maps="Well-Architected REL08",
    fix="Enable deployment_circuit_breaker with rollback.",
    link=_ECS_DOCS + "deployment-circuit-breaker.html",
    remedy=_mend_breaker,
)
ECS_MINIMUM_HEALTHY = _rule(
    "ecs-minimum-healthy",
    "All wanted tasks serve while a new version comes",
    ADVISORY,
    LOW,
    (t.SERVICE,),
    expecting(
        "deploymentMinimumHealthyPercent",
        lambda percent: as_number(percent, 100) >= 100,
        "fewer tasks than wanted serve while it rolls out",
    ),
    maps="Well-Architected REL08",
    fix="Leave deployment_minimum_healthy_percent at 100.",
    link=_ECS_DOCS + "service_definition_parameters.html",
)
ECS_SPOT_HAS_BASE = _rule(
    "ecs-spot-has-base",
    "Spot tasks stand on a base that stays",
    PRODUCTION,
    MEDIUM,
    (t.SERVICE,),
    _spot_base,
    maps="AWS docs Fargate Spot",
    fix="Add FARGATE with base 1 beside FARGATE_SPOT.",
    link=_ECS_DOCS + "fargate-capacity-providers.html",
    product=True,
)
ECS_SPOT_STOP_TIMEOUT = _rule(
    "ecs-spot-stop-timeout",
    "A Spot task has time to say goodbye",
    ADVISORY,
    LOW,
    (t.TASK_DEFINITION,),
    _spot_stop,
    maps="AWS docs Fargate Spot",
    needs=Needs.STACK,
    fix="Set stopTimeout between 31 and 120.",
    link=_ECS_DOCS + "fargate-capacity-providers.html",
)
ECS_GRACE_PERIOD = _rule(
    "ecs-grace-period",
    "A first start has time for migrations",
    MANDATORY,
    MEDIUM,
    (t.SERVICE,),
    _grace,
    maps="RC",
    fix="Set health_check_grace_period_seconds to 120 or more.",
    link=_ECS_DOCS + "service_definition_parameters.html",
    product=True,
)
ECS_EXEC_OFF = _rule(
    "ecs-exec-off",
    "Nobody gets a shell in a container, or it is encrypted and logged",
    PRODUCTION,
    MEDIUM,
    (t.SERVICE,),
    _exec,
    maps="part of CKV_AWS_223, part of CKV_AWS_224",
    needs=Needs.STACK,
    why="a service names its cluster by an ARN, and whose ARN it is is known at the end",
    fix="Leave enable_execute_command off, or configure a key and logs on the cluster.",
    link=_ECS_DOCS + "ecs-exec.html",
)
ECS_AUTOSCALING_BOUNDS = _rule(
    "ecs-autoscaling-bounds",
    "Autoscaling has bounds",
    ADVISORY,
    LOW,
    (t.SCALING_TARGET,),
    _scaling,
    maps="RC",
    fix="Set min_capacity to 1 or more and max_capacity to what the licence and the budget bear.",
    link=_ECS_DOCS + "service-auto-scaling.html",
    product=True,
)
ECS_TAGS_PROPAGATE = _rule(
    "ecs-tags-propagate",
    "Tasks carry the tags of their service",
    ADVISORY,
    LOW,
    (t.SERVICE,),
    expecting(
        "propagateTags",
        is_in("SERVICE", "TASK_DEFINITION"),
        "its tasks carry no tags, so nobody pays for them",
    ),
    maps="Well-Architected COST03",
    fix="Set propagate_tags to SERVICE.",
    link="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html",
)
ECS_NO_FORCED_DEPLOYMENT = _rule(
    "ecs-no-forced-deployment",
    "An update without a change restarts nothing",
    ADVISORY,
    LOW,
    (t.SERVICE,),
    _forced,
    maps="practice idempotence",
    fix="Leave force_new_deployment off.",
    link=_ECS_DOCS + "service_definition_parameters.html",
)
