"""The Fargate runtime: roles, secrets, rules, scaling, and what it refuses."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc
from recording import ACCOUNT, REGION, Answer, Made, Recording, record

import clouds
from clouds.ask import Ask, Cloud
from components.runtime.container import definition
from components.runtime.fargate import FargateRuntime, priority_of
from components.runtime.fargate_args import MEMORY_FOR_CPU, Options, check_size, main_service
from components.values import BalancerPlace
from rehearsal.standins import requests
from rocketchat.services import STARTS_SECONDS

CANARY = "canary-5f2b9"
LISTENER = (
    f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:listener/app/chat/50dc6c495c0c9188/f2f7dc8efc522ab2"
)
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:chat-secrets-0123abc-AbCdEf"
VERSION = "3f1b0000-aaaa-bbbb-cccc-000000000001"

OUTPUTS: dict[str, Answer] = {
    "Secret": lambda args: {"arn": SECRET},
    "SecretVersion": lambda args: {"versionId": VERSION},
    "LogGroup": lambda args: {"arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{args.name}"},
    "TaskDefinition": lambda args: {
        "arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{args.name}:7",
        "revision": 7,
    },
    "TargetGroup": lambda args: {
        "arn": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/{args.name}/73e2d6bc24d8a067",
        "arnSuffix": f"targetgroup/{args.name}/73e2d6bc24d8a067",
    },
}
LOOKUPS = {
    "aws:index/getCallerIdentity:getCallerIdentity": {
        "accountId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:user/planner",
        "id": ACCOUNT,
        "userId": "AIDA",
    }
}


def monolith(**changes: Any) -> dict[str, Any]:
    return {
        "name": "rocketchat",
        "image": "docker.io/rocketchat/rocket.chat:8.9.0",
        "cpu": 1024,
        "memory": 2048,
        "uid": 65533,
        "desired_count": 1,
        "port": 3000,
        "health_path": "/livez",
        "environment": {"ROOT_URL": "https://chat.lovia.life", "PORT": "3000"},
        "secret_names": ["MONGO_URL", "ADMIN_PASS"],
        **changes,
    }


def ddp_streamer(**changes: Any) -> dict[str, Any]:
    return {
        "name": "ddp-streamer",
        "image": "docker.io/rocketchat/ddp-streamer-service:8.9.0",
        "cpu": 512,
        "memory": 1024,
        "uid": 65533,
        "desired_count": 2,
        "max_count": 6,
        "port": 3000,
        "health_path": "/health",
        "path_patterns": ["/sockjs", "/sockjs/*", "/websocket", "/websocket/*"],
        "secret_names": ["MONGO_URL"],
        **changes,
    }


def nats(**changes: Any) -> dict[str, Any]:
    return {
        "name": "nats",
        "image": "docker.io/library/nats:2.11.4-alpine",
        "cpu": 256,
        "memory": 512,
        "uid": 1000,
        "desired_count": 1,
        "peer_port": 4222,
        "peer_alias": "nats",
        "health_command": ["wget", "-q", "--spider", "http://127.0.0.1:8222/healthz"],
        "command": ["nats-server", "-m", "8222"],
        "read_only_root": True,
        **changes,
    }


def account(**changes: Any) -> dict[str, Any]:
    return {
        "name": "account",
        "image": "docker.io/rocketchat/account-service:8.9.0",
        "cpu": 256,
        "memory": 512,
        "uid": 65533,
        "desired_count": 1,
        "one_at_a_time": True,
        "secret_names": ["MONGO_URL"],
        **changes,
    }


def several() -> list[dict[str, Any]]:
    return [monolith(), ddp_streamer(), account(), nats()]


def runtime_args(**changes: Any) -> Any:
    return {
        "region": REGION,
        "host": "chat.lovia.life",
        "services": [monolith()],
        "secrets": {"MONGO_URL": f"mongodb+srv://u:{CANARY}@h/db", "ADMIN_PASS": CANARY},
        "vpc_id": "vpc-1",
        "subnet_ids": ["subnet-1", "subnet-2"],
        "app_security_group_id": "sg-app",
        "assign_public_ip": False,
        "listener_arn": LISTENER,
        "balancer_security_group_id": "sg-balancer",
        **changes,
    }


def deployed(*, outputs: Mapping[str, Answer] = OUTPUTS, **changes: Any) -> Recording:
    def program() -> Any:
        # An output belongs to the loop that it was made in.
        given = {key: value() if callable(value) else value for key, value in changes.items()}
        made = FargateRuntime("chat", runtime_args(**given))
        return {
            "cluster_name": made.cluster_name,
            "service_names": made.service_names,
            "target_group_arn_suffixes": made.target_group_arn_suffixes,
            "log_group_name": made.log_group_name,
            "task_role_name": made.task_role_name,
            "task_role_arn": made.task_role_arn,
            "execution_role_arn": made.execution_role_arn,
            "exec_command": made.exec_command,
        }

    return record(program, outputs=outputs, lookups=LOOKUPS)


def the_container(run: Recording, service: str = "rocketchat") -> dict[str, Any]:
    made = run.one("TaskDefinition", f"chat-{service}").json("containerDefinitions")
    assert len(made) == 1
    return dict(made[0])


def in_clear(value: Any) -> Iterator[str]:
    """Every text in `value` that Pulumi would not hold as a secret."""
    if rpc.is_rpc_secret(value):
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from in_clear(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from in_clear(inner)
    else:
        yield str(value)


# Secrets


@pytest.mark.parametrize("secret", ["x" * 65_536, "ä" * 11_000], ids=["long", "escaped"])
def test_more_secrets_than_a_secret_holds_are_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(pulumi.RunError, match=r"all secrets .* 6\d,\d+ bytes; AWS takes 65,536") as caught:
        deployed(secrets={"MONGO_URL": "m", "ADMIN_PASS": "a", "MORE": secret})
    assert secret[:100] not in str(caught.value)


def test_a_longer_task_definition_than_aws_takes_is_refused_by_the_name_of_its_service() -> None:
    long = monolith(environment={"OVERWRITE_SETTING_Layout_Home_Body": "x" * 65_536})
    with pytest.raises(
        pulumi.RunError, match=r"task definition of rocketchat has 6\d,\d+ bytes; AWS takes 65,536"
    ):
        deployed(services=[long])
    # Escapes are not sent.
    deployed(services=[monolith(environment={"OVERWRITE_SETTING_Layout_Home_Body": "ä" * 20_000})])


def test_no_secret_stands_in_clear_in_any_input() -> None:
    run = deployed(services=several())
    assert len(run.made) > 20
    for made in run.made:
        assert not any(CANARY in text for text in in_clear(made.inputs)), f"{made.type} {made.name}"


def test_the_secret_is_one_json_object_that_pulumi_holds_secret() -> None:
    text = deployed().one("SecretVersion").inputs["secretString"]
    assert rpc.is_rpc_secret(text)
    assert json.loads(rpc.unwrap_rpc_secret(text)) == {
        "ADMIN_PASS": CANARY,
        "MONGO_URL": f"mongodb+srv://u:{CANARY}@h/db",
    }


def test_containers_refer_to_keys_of_one_version_of_the_secret() -> None:
    assert the_container(deployed())["secrets"] == [
        {"name": "ADMIN_PASS", "valueFrom": f"{SECRET}:ADMIN_PASS::{VERSION}"},
        {"name": "MONGO_URL", "valueFrom": f"{SECRET}:MONGO_URL::{VERSION}"},
    ]


def test_a_service_gets_only_the_secrets_that_it_names() -> None:
    run = deployed(services=several())
    assert [secret["name"] for secret in the_container(run, "ddp-streamer")["secrets"]] == ["MONGO_URL"]
    assert the_container(run, "nats")["secrets"] == []


def test_a_changed_secret_makes_another_task_definition() -> None:
    other = {**OUTPUTS, "SecretVersion": lambda args: {"versionId": "another"}}
    assert the_container(deployed())["secrets"] != the_container(deployed(outputs=other))["secrets"]


def test_a_secret_among_the_plain_variables_is_refused_by_name() -> None:
    with pytest.raises(Exception, match="variable MAIL_PASSWORD holds a secret") as refused:
        deployed(services=lambda: [monolith(environment={"MAIL_PASSWORD": pulumi.Output.secret(CANARY)})])
    assert CANARY not in str(refused.value)


def test_an_output_that_is_no_secret_is_a_plain_variable() -> None:
    run = deployed(services=lambda: [monolith(environment={"BUCKET": pulumi.Output.from_input("media")})])
    assert the_container(run)["environment"] == [{"name": "BUCKET", "value": "media"}]


def test_without_secrets_there_is_no_secret_and_no_right_to_read_one() -> None:
    run = deployed(secrets={}, services=[monolith(secret_names=[])])
    assert run.all("Secret") == []
    actions = [s["Action"] for s in run.one("RolePolicy", "chat-execution").json("policy")["Statement"]]
    assert actions == [["logs:CreateLogStream", "logs:PutLogEvents"]]


# Roles


def test_the_roles_are_two_and_each_task_has_both() -> None:
    run = deployed(services=several())
    for task in run.all("TaskDefinition"):
        assert task.inputs["executionRoleArn"].endswith("/chat-execution")
        assert task.inputs["taskRoleArn"].endswith("/chat-task")


def test_the_execution_role_reads_one_secret_and_writes_one_log_group() -> None:
    statements = deployed().one("RolePolicy", "chat-execution").json("policy")["Statement"]
    assert {tuple(s["Action"]): s["Resource"] for s in statements} == {
        ("logs:CreateLogStream", "logs:PutLogEvents"): [
            f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:chat-logs:*"
        ],
        ("secretsmanager:GetSecretValue",): [SECRET],
    }


def test_the_task_role_is_empty_until_something_is_granted() -> None:
    policies = deployed().all("RolePolicy")
    assert [policy.inputs["role"] for policy in policies] == ["chat-execution-0123abc"]


def test_only_this_accounts_tasks_may_take_the_roles() -> None:
    roles = deployed().all("Role")
    assert len(roles) == 2
    for role in roles:
        [statement] = role.json("assumeRolePolicy")["Statement"]
        assert statement["Principal"] == {"Service": ["ecs-tasks.amazonaws.com"]}
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:*"},
        }


def test_arns_written_by_hand_follow_the_accounts_partition() -> None:
    china = {"accountId": ACCOUNT, "arn": f"arn:aws-cn:iam::{ACCOUNT}:user/planner"}
    run = record(
        lambda: FargateRuntime("chat", runtime_args()).cluster_name,
        outputs=OUTPUTS,
        lookups={"aws:index/getCallerIdentity:getCallerIdentity": china},
    )
    [statement] = run.one("Role", "chat-task").json("assumeRolePolicy")["Statement"]
    assert statement["Condition"]["ArnLike"]["aws:SourceArn"].startswith("arn:aws-cn:ecs:")


# Doors


def test_port_3000_opens_to_the_balancer_only() -> None:
    [rule] = deployed().all("SecurityGroupIngressRule")
    assert rule.inputs["referencedSecurityGroupId"] == "sg-balancer"
    assert rule.inputs["securityGroupId"] == "sg-app"
    assert (rule.inputs["fromPort"], rule.inputs["toPort"], rule.inputs["ipProtocol"]) == (3000, 3000, "tcp")
    assert not {"cidrIpv4", "cidrIpv6", "prefixListId"} & rule.inputs.keys()
    assert rule.inputs["description"]


def test_peers_reach_one_another_and_nobody_else_does() -> None:
    rules = deployed(services=several()).all("SecurityGroupIngressRule")
    assert [(r.inputs["fromPort"], r.inputs["referencedSecurityGroupId"]) for r in rules] == [
        (3000, "sg-balancer"),
        (4222, "sg-app"),
    ]


def test_a_peer_port_without_alias_opens_between_the_tasks_and_makes_no_namespace() -> None:
    run = deployed(services=[monolith(peer_port=3001)])
    assert (
        run.one("SecurityGroupIngressRule", "chat-peers-3001").inputs["referencedSecurityGroupId"] == "sg-app"
    )
    assert run.all("HttpNamespace") == []
    assert "serviceConnectConfiguration" not in run.one("Service").inputs


# The listener


def conditions(rule: Made) -> tuple[list[str], list[str]]:
    hosts = [v for c in rule.inputs["conditions"] for v in c.get("hostHeader", {}).get("values", [])]
    paths = [v for c in rule.inputs["conditions"] for v in c.get("pathPattern", {}).get("values", [])]
    return hosts, paths


def test_one_service_is_reached_by_the_host_alone_and_aws_chooses_the_priority() -> None:
    rule = deployed().one("ListenerRule")
    assert conditions(rule) == (["chat.lovia.life"], [])
    assert rule.inputs["listenerArn"] == LISTENER
    assert "priority" not in rule.inputs
    assert rule.inputs["actions"][0]["targetGroupArn"].split("/")[1] == "chat-rocketchat"


@pytest.mark.parametrize("given_priority", [None, 7])
def test_paths_stand_before_the_rest_of_the_host(given_priority: int | None) -> None:
    changes: dict[str, Any] = {} if given_priority is None else {"rule_priority": given_priority}
    run = deployed(services=several(), **changes)
    paths = run.one("ListenerRule", "chat-ddp-streamer-paths-0")
    rest = run.one("ListenerRule", "chat-rocketchat")
    assert conditions(paths) == (
        ["chat.lovia.life"],
        ["/sockjs", "/sockjs/*", "/websocket", "/websocket/*"],
    )
    assert conditions(rest) == (["chat.lovia.life"], [])
    assert paths.inputs["priority"] == (given_priority or priority_of("chat.lovia.life"))
    assert rest.inputs["priority"] == paths.inputs["priority"] + 1
    assert paths.inputs["actions"][0]["targetGroupArn"].split("/")[1] == "chat-ddp-streamer"


def test_a_rule_never_has_more_than_five_values() -> None:
    patterns = [f"/p{number}/*" for number in range(9)]
    rules = deployed(services=[monolith(), ddp_streamer(path_patterns=patterns)]).all("ListenerRule")
    assert [len(conditions(rule)[0]) + len(conditions(rule)[1]) for rule in rules] == [5, 5, 2, 1]
    assert [path for rule in rules for path in conditions(rule)[1]] == patterns
    assert len({rule.inputs["priority"] for rule in rules}) == 4


def test_every_rule_asks_for_the_header_that_only_ones_own_cdn_sends() -> None:
    patterns = [f"/p{number}/*" for number in range(7)]
    rules = deployed(
        services=[monolith(), ddp_streamer(path_patterns=patterns)],
        required_header={"name": "X-Origin-Secret", "value": "canary"},
    ).all("ListenerRule")
    # Secret as a whole, because the value of the header is.
    asked = [
        {key: value for one in rule.inputs["conditions"]["value"] for key, value in one.items()}
        for rule in rules
    ]
    assert [len(one.get("pathPattern", {"values": []})["values"]) for one in asked] == [3, 3, 1, 0]
    assert [one["httpHeader"] for one in asked] == [
        {"httpHeaderName": "X-Origin-Secret", "values": ["canary"]}
    ] * 4


@given(st.text(min_size=1))
def test_a_derived_priority_leaves_room_on_both_sides(host: str) -> None:
    assert 1000 <= priority_of(host) <= 48990


def test_services_without_a_port_stand_in_no_target_group() -> None:
    run = deployed(services=several())
    assert [group.name for group in run.all("TargetGroup")] == ["chat-ddp-streamer", "chat-rocketchat"]
    for name in ("nats", "account"):
        inputs = run.one("Service", f"chat-{name}").inputs
        assert "loadBalancers" not in inputs
        assert "healthCheckGracePeriodSeconds" not in inputs


def test_target_groups_check_by_http_and_drain_within_spots_notice() -> None:
    inputs = deployed().one("TargetGroup").inputs
    assert inputs["healthCheck"]["path"] == "/livez"
    assert inputs["healthCheck"]["matcher"] == "200"
    assert (inputs["targetType"], inputs["protocol"], inputs["protocolVersion"]) == ("ip", "HTTP", "HTTP1")
    assert inputs["deregistrationDelay"] <= 60


def test_a_long_name_of_a_target_group_stays_within_awss_limit() -> None:
    long = "omnichannel-transcript-of-everything"
    run = deployed(services=[monolith(), ddp_streamer(name=long)])
    names = [group.name for group in run.all("TargetGroup")]
    assert max(map(len, names)) <= 32 - 8
    assert len(set(names)) == 2


@pytest.mark.parametrize(
    ("counts", "sticky", "expected"),
    [
        ({"desired_count": 1}, None, False),
        ({"desired_count": 2}, None, True),
        ({"desired_count": 1, "max_count": 3}, None, True),
        ({"desired_count": 1}, True, True),
        ({"desired_count": 2}, False, False),
    ],
)
def test_clients_stick_where_several_tasks_can_run(
    counts: dict[str, int], sticky: bool | None, expected: bool
) -> None:
    chosen = {} if sticky is None else {"sticky": sticky}
    stickiness = deployed(services=[monolith(**counts, **chosen)]).one("TargetGroup").inputs["stickiness"]
    assert stickiness["enabled"] is expected
    assert stickiness["type"] == "lb_cookie"


# Services and capacity


def strategies(**changes: Any) -> list[tuple[str, float, float]]:
    return [
        (s["capacityProvider"], s.get("base", 0), s["weight"])
        for s in deployed(**changes).one("Service").inputs["capacityProviderStrategies"]
    ]


def test_spot_keeps_a_base_on_demand() -> None:
    assert strategies(spot=True) == [("FARGATE", 1, 0), ("FARGATE_SPOT", 0, 1)]
    assert strategies(spot=True, on_demand_base=2) == [("FARGATE", 2, 0), ("FARGATE_SPOT", 0, 1)]


def test_spot_alone_has_no_base_when_asked_for() -> None:
    assert strategies(spot=True, on_demand_base=0) == [("FARGATE_SPOT", 0, 1)]


@pytest.mark.parametrize("changes", [{}, {"spot": False}, {"spot": False, "on_demand_base": 3}])
def test_without_spot_all_is_on_demand(changes: dict[str, Any]) -> None:
    assert strategies(**changes) == [("FARGATE", 0, 1)]


def test_a_change_of_capacity_does_not_replace_the_service() -> None:
    assert deployed().one("Service").inputs["forceNewDeployment"] is True


def test_a_bad_deployment_is_rolled_back_by_ecs() -> None:
    for service in deployed(services=several()).all("Service"):
        assert service.inputs["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
        assert service.inputs["waitForSteadyState"] is True
        assert service.inputs["propagateTags"] == "SERVICE"
        assert service.inputs["enableEcsManagedTags"] is True


def test_a_rolled_back_deployment_does_not_pass_for_a_success() -> None:
    def rolled_back(args: Any) -> dict[str, Any]:
        args.inputs["taskDefinition"] = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/chat-rocketchat:6"
        return {}

    with pytest.raises(Exception, match="service rocketchat: ECS rolled the deployment back"):
        deployed(outputs={**OUTPUTS, "Service": rolled_back})


def test_deployments_keep_every_task_but_for_services_that_run_one_at_a_time() -> None:
    run = deployed(services=several())

    def rollout(name: str) -> tuple[Any, ...]:
        inputs = run.one("Service", f"chat-{name}").inputs
        return (
            inputs["deploymentMinimumHealthyPercent"],
            inputs["deploymentMaximumPercent"],
            inputs["availabilityZoneRebalancing"],
        )

    assert rollout("rocketchat") == (100, 200, "ENABLED")
    assert rollout("account") == (0, 100, "DISABLED")


@pytest.mark.parametrize(("changes", "seconds"), [({}, STARTS_SECONDS), ({"health_grace_seconds": 900}, 900)])
def test_checks_wait_for_migrations(changes: dict[str, Any], seconds: int) -> None:
    assert deployed(**changes).one("Service").inputs["healthCheckGracePeriodSeconds"] == seconds


@pytest.mark.parametrize("public", [True, False])
def test_a_public_address_is_given_only_when_the_network_says_so(public: bool) -> None:
    inputs = deployed(assign_public_ip=public).one("Service").inputs["networkConfiguration"]
    assert inputs["assignPublicIp"] is public
    assert inputs["securityGroups"] == ["sg-app"]
    assert inputs["subnets"] == ["subnet-1", "subnet-2"]


def test_a_service_starts_after_what_it_needs() -> None:
    run = deployed(services=several())
    needed = {
        urn.split("::")[-1] + " " + urn.split("$")[-1].split("::")[0]
        for urn in run.one("Service", "chat-ddp-streamer").depends_on
    }
    for one in (
        "chat-capacity aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
        "chat-execution aws:iam/rolePolicy:RolePolicy",
        "chat-ddp-streamer-paths-0 aws:lb/listenerRule:ListenerRule",
        "chat-http-3000 aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "chat-nats aws:ecs/service:Service",
    ):
        assert one in needed


# Scaling


@pytest.mark.parametrize("changes", [{}, {"max_count": 1}])
def test_a_service_that_cannot_grow_has_no_autoscaling(changes: dict[str, Any]) -> None:
    run = deployed(services=[monolith(**changes)])
    assert run.all("Target") == []
    assert run.all("Policy") == []
    assert run.one("Service").ignore_changes == ()


def test_a_service_that_can_grow_is_bounded_and_not_reverted() -> None:
    run = deployed(services=[monolith(desired_count=2, max_count=6)])
    target = run.one("Target")
    assert (target.inputs["minCapacity"], target.inputs["maxCapacity"]) == (2, 6)
    assert target.inputs["resourceId"] == "service/chat-cluster-0123abc/chat-rocketchat-0123abc"
    assert run.one("Service").ignore_changes == ("desiredCount",)
    metrics = [
        policy.inputs["targetTrackingScalingPolicyConfiguration"]["predefinedMetricSpecification"][
            "predefinedMetricType"
        ]
        for policy in run.all("Policy")
    ]
    assert metrics == ["ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization"]


@pytest.mark.parametrize(("cpu", "percent"), [(512, 60), (1024, 60), (2048, 30), (4096, 15)])
def test_the_cpu_target_counts_one_event_loop(cpu: int, percent: float) -> None:
    run = deployed(services=[monolith(cpu=cpu, memory=MEMORY_FOR_CPU[cpu][0], max_count=2)])
    policy = run.one("Policy", "chat-rocketchat-cpu").inputs["targetTrackingScalingPolicyConfiguration"]
    assert policy["targetValue"] == percent


# Shells


@pytest.mark.parametrize("changes", [{}, {"exec": False}])
def test_shells_are_off_unless_asked_for(changes: dict[str, Any]) -> None:
    run = deployed(**changes)
    assert run.one("Service").inputs["enableExecuteCommand"] is False
    assert "configuration" not in run.one("Cluster").inputs
    assert run.all("Key") == []
    assert run.value["exec_command"] is None
    assert the_container(run)["linuxParameters"]["capabilities"] == {"drop": ["ALL"]}


def test_shells_are_encrypted_and_logged_when_on() -> None:
    run = deployed(exec=True)
    assert run.one("Service").inputs["enableExecuteCommand"] is True
    session = run.one("Cluster").inputs["configuration"]["executeCommandConfiguration"]
    assert session["logging"] == "OVERRIDE"
    assert session["kmsKeyId"].endswith("/chat-shells")
    assert session["logConfiguration"] == {
        "cloudWatchEncryptionEnabled": True,
        "cloudWatchLogGroupName": "chat-shells-0123abc",
    }
    key = run.one("Key")
    assert key.inputs["enableKeyRotation"] is True
    assert run.one("LogGroup", "chat-shells").inputs["kmsKeyId"] == session["kmsKeyId"]
    principals = [statement["Principal"] for statement in key.json("policy")["Statement"]]
    assert principals == [
        {"AWS": [f"arn:aws:iam::{ACCOUNT}:root"]},
        {"Service": [f"logs.{REGION}.amazonaws.com"]},
    ]
    granted = run.one("RolePolicy", "chat-shells")
    assert granted.inputs["role"] == "chat-task-0123abc"
    statements = granted.json("policy")["Statement"]
    everywhere = {action for s in statements if s["Resource"] == ["*"] for action in s["Action"]}
    assert {action.partition(":")[0] for action in everywhere} == {"ssmmessages"}


def test_the_shell_command_names_cluster_service_and_container() -> None:
    line = deployed(services=several(), exec=True).value["exec_command"]
    assert line.startswith(
        f"aws ecs execute-command --region {REGION} --cluster chat-cluster-0123abc --task "
    )
    assert "--service-name chat-rocketchat-0123abc" in line
    assert "--container rocketchat --interactive --command /bin/sh" in line


# Containers


def test_the_container_is_what_ecs_shall_run() -> None:
    made = the_container(deployed())
    assert made["name"] == "rocketchat"
    assert made["image"] == "docker.io/rocketchat/rocket.chat:8.9.0"
    assert made["essential"] is True
    assert made["user"] == "65533"
    assert made["readonlyRootFilesystem"] is False
    assert made["stopTimeout"] == 60
    assert made["linuxParameters"]["initProcessEnabled"] is True
    assert made["portMappings"] == [
        {"name": "http", "containerPort": 3000, "hostPort": 3000, "protocol": "tcp"}
    ]
    assert made["environment"] == [
        {"name": "PORT", "value": "3000"},
        {"name": "ROOT_URL", "value": "https://chat.lovia.life"},
    ]
    assert made["logConfiguration"]["options"]["awslogs-group"] == "chat-logs-0123abc"
    assert made["logConfiguration"]["options"]["awslogs-region"] == REGION
    assert made["logConfiguration"]["options"]["mode"] == "non-blocking"
    assert not {"command", "healthCheck"} & made.keys()


def test_a_service_may_have_its_own_command_and_check() -> None:
    made = the_container(deployed(services=several()), "nats")
    assert made["command"] == ["nats-server", "-m", "8222"]
    assert made["healthCheck"]["command"][:2] == ["CMD", "wget"]
    assert made["readonlyRootFilesystem"] is True
    assert made["portMappings"][0]["name"] == "peers"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, "ARM64"), ({"architecture": "arm64"}, "ARM64"), ({"architecture": "x86_64"}, "X86_64")],
)
def test_arm_is_the_default(changes: dict[str, Any], expected: str) -> None:
    inputs = deployed(**changes).one("TaskDefinition").inputs
    assert inputs["runtimePlatform"] == {"cpuArchitecture": expected, "operatingSystemFamily": "LINUX"}


def test_service_connect_lets_every_service_find_nats() -> None:
    run = deployed(services=several())
    namespace = run.one("HttpNamespace")
    for service in run.all("Service"):
        connect = service.inputs["serviceConnectConfiguration"]
        assert connect["enabled"] is True
        assert connect["namespace"].endswith(f"/{namespace.name}")
        assert ("services" in connect) is (service.name == "chat-nats")
    [offered] = run.one("Service", "chat-nats").inputs["serviceConnectConfiguration"]["services"]
    assert offered["portName"] == "peers"
    assert offered["clientAlias"] == [{"dnsName": "nats", "port": 4222}]


@pytest.mark.parametrize(
    ("changes", "value"),
    [
        ({}, "enhanced"),
        ({"container_insights": "enabled"}, "enabled"),
        ({"container_insights": "disabled"}, "disabled"),
    ],
)
def test_container_insights_are_enhanced_unless_told_otherwise(changes: dict[str, Any], value: str) -> None:
    assert deployed(**changes).one("Cluster").inputs["settings"] == [
        {"name": "containerInsights", "value": value}
    ]


@pytest.mark.parametrize(("changes", "days"), [({}, 365), ({"log_retention_days": 30}, 30)])
def test_logs_are_kept_for_the_days_asked_for(changes: dict[str, Any], days: int) -> None:
    assert deployed(**changes).one("LogGroup").inputs["retentionInDays"] == days


@pytest.mark.parametrize(
    ("changes", "days"), [({}, 30), ({"secret_recovery_days": 7}, 7), ({"secret_recovery_days": 0}, 0)]
)
def test_a_deleted_secret_can_be_restored_for_the_days_asked_for(changes: dict[str, Any], days: int) -> None:
    assert deployed(**changes).one("Secret").inputs["recoveryWindowInDays"] == days


# Outputs


def test_outputs_have_what_alarms_and_grants_need() -> None:
    value = deployed(services=several()).value
    assert value["cluster_name"] == "chat-cluster-0123abc"
    assert value["service_names"]["ddp-streamer"] == "chat-ddp-streamer-0123abc"
    assert set(value["service_names"]) == {"rocketchat", "ddp-streamer", "account", "nats"}
    assert value["target_group_arn_suffixes"] == {
        "rocketchat": "targetgroup/chat-rocketchat/73e2d6bc24d8a067",
        "ddp-streamer": "targetgroup/chat-ddp-streamer/73e2d6bc24d8a067",
    }
    assert value["log_group_name"] == "chat-logs-0123abc"
    assert value["task_role_name"] == "chat-task-0123abc"
    assert value["task_role_arn"] != value["execution_role_arn"]


def test_the_endpoint_is_the_balancer() -> None:
    def program() -> Any:
        text = pulumi.Output.from_input
        balancer = BalancerPlace(
            listener_arn=text(LISTENER),
            security_group_id=text("sg-balancer"),
            dns_name=text("chat-1.elb.amazonaws.com"),
            zone_id=text("Z1LMS91P8CMLE5"),
            arn=text("arn"),
            arn_suffix=text("app/chat/1"),
        )
        endpoint = balancer.endpoint
        return {"host": endpoint.host, "zone": endpoint.zone_id, "proxies": endpoint.trusted_proxies}

    run = record(program, outputs=OUTPUTS, lookups=LOOKUPS)
    assert run.value == {"host": "chat-1.elb.amazonaws.com", "zone": "Z1LMS91P8CMLE5", "proxies": 1}


# Refusals


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architecture": "arm"}, "architecture is 'arm'; it must be one of arm64, x86_64"),
        ({"container_insights": "on"}, "container_insights is 'on'"),
        ({"on_demand_base": -1}, "on_demand_base is -1"),
        ({"log_retention_days": 31}, "log_retention_days is 31; CloudWatch takes one of 1, 3, 5"),
        ({"secret_recovery_days": 3}, "secret_recovery_days"),
        ({"health_grace_seconds": 60}, "health_grace_seconds is 60; it must be from 300"),
        ({"cpu_target_percent": 100}, "cpu_target_percent is 100"),
        ({"rule_priority": 0}, "rule_priority is 0"),
        ({"secrets": {"A B": "x"}}, "'A B' is not the name of a variable"),
        ({"services": []}, "exactly one service"),
        ({"services": [monolith(), monolith(name="second")]}, "rocketchat, second have none"),
        ({"services": [monolith(), monolith()]}, "two services have the name rocketchat"),
        ({"services": [ddp_streamer()]}, "there is no such service"),
        (
            {"services": [monolith(), ddp_streamer(), ddp_streamer(name="other")]},
            "two services take the path /sockjs",
        ),
        ({"services": [monolith(), nats(), nats(name="other")]}, "two services have the peer alias nats"),
        (
            {"services": [monolith(), nats(uid=1337)]},
            "service nats: uid 1337 is that of Service Connect's proxy",
        ),
    ],
)
def test_a_runtime_that_aws_would_refuse_is_refused_first(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FargateRuntime("chat", runtime_args(**changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "Rocket Chat"}, "a name is up to 40"),
        ({"cpu": 1000}, "service rocketchat: cpu is 1000; Fargate takes one of 256, 512, 1024"),
        ({"memory": 1024}, "memory is 1024 MiB; with cpu 1024 Fargate takes one of 2048, 3072"),
        ({"image": "rocketchat/rocket.chat"}, "needs an exact tag"),
        ({"image": "rocketchat/rocket.chat:latest"}, "needs an exact tag"),
        ({"image": "rocketchat/rocket.chat:develop"}, "needs an exact tag"),
        ({"image": "rocketchat/rocket.chat:8"}, "needs an exact tag"),
        ({"image": "registry:5000/rocket.chat"}, "needs an exact tag"),
        ({"uid": 0}, "containers do not run as root"),
        ({"desired_count": -1}, "desired_count is -1"),
        ({"desired_count": 3, "max_count": 2}, "max_count is 2, below desired_count 3"),
        ({"one_at_a_time": True, "max_count": 2}, "one_at_a_time allows one task, but 2 could run"),
        ({"one_at_a_time": True, "desired_count": 2}, "one_at_a_time allows one task, but 2 could run"),
        ({"stop_seconds": 121}, "stop_seconds is 121"),
        ({"port": 70000}, "port is 70000"),
        ({"peer_port": 0}, "peer_port is 0"),
        ({"peer_port": 3000}, "port and peer_port are both 3000"),
        ({"peer_alias": "nats"}, "peer_alias needs peer_port"),
        ({"peer_alias": "nats.local", "peer_port": 4222}, "is not a host name of one label"),
        ({"path_patterns": ["sockjs"]}, "path 'sockjs' must start with /"),
        ({"health_path": "livez"}, "path 'livez' must start with /"),
        ({"secret_names": ["MONGO"]}, "secret MONGO is not among the runtime's secrets"),
        ({"environment": {"MONGO_URL": "x"}}, "MONGO_URL is both a plain variable and a secret"),
        ({"environment": {"A=B": "x"}}, "'A=B' is not the name of a variable"),
        ({"files": {"/own/a.pem": "x"}}, "a service that writes files first needs its command"),
    ],
)
def test_a_service_that_aws_would_refuse_is_refused_first(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FargateRuntime("chat", runtime_args(services=[monolith(**changes)]))


@pytest.mark.parametrize("key", ["health_path", "path_patterns", "sticky"])
def test_what_belongs_to_a_port_is_refused_without_one(key: str) -> None:
    service = {**account(), key: ddp_streamer(sticky=True)[key]}
    with pytest.raises(ValueError, match=f"service account: {key} needs a port"):
        FargateRuntime("chat", runtime_args(services=[monolith(), service]))


def test_a_port_without_a_health_path_is_refused() -> None:
    service = monolith()
    del service["health_path"]
    with pytest.raises(ValueError, match="needs health_path"):
        FargateRuntime("chat", runtime_args(services=[service]))


def test_a_refused_runtime_makes_nothing() -> None:
    def program() -> Any:
        with pytest.raises(ValueError, match="architecture"):
            FargateRuntime("chat", runtime_args(architecture="riscv"))
        return None

    assert record(program, lookups=LOOKUPS).made == []


def test_a_digest_is_as_good_as_a_tag() -> None:
    image = "rocketchat/rocket.chat@sha256:" + "0" * 64
    assert the_container(deployed(services=[monolith(image=image)]))["image"] == image


@given(st.sampled_from(sorted(MEMORY_FOR_CPU)), st.integers(0, 130_000))
def test_a_size_is_taken_exactly_when_fargate_has_it(cpu: int, memory: int) -> None:
    if memory in MEMORY_FOR_CPU[cpu]:
        check_size("any", cpu, memory)
    else:
        with pytest.raises(ValueError, match="Fargate takes one of"):
            check_size("any", cpu, memory)


def test_the_main_service_is_the_one_without_paths() -> None:
    assert main_service(several()) == "rocketchat"  # type: ignore[arg-type]


def test_options_have_their_defaults_in_one_place() -> None:
    assert Options.of(runtime_args()) == Options(
        architecture="arm64",
        spot=False,
        on_demand_base=1,
        log_retention_days=365,
        secret_recovery_days=30,
        health_grace_seconds=STARTS_SECONDS,
        cpu_target_percent=60,
        container_insights="enhanced",
        shells=False,
    )


def test_a_definition_of_any_service_names_it() -> None:
    made = definition(
        nats(),  # type: ignore[arg-type]
        secrets={},
        log_group="logs",
        region=REGION,
        shells=False,
    )
    assert made["name"] == "nats"


# AWS's own request models


def refusals(made: Made, **changes: Any) -> list[str]:
    """What AWS's models of the requests find wrong with a resource."""
    rule = clouds.types()[made.type].answers.autoname
    named = {} if rule is None else {rule.property: f"{made.name}-0123abc"}
    ask = Ask(made.type, made.name, "urn", {**named, **made.inputs, **changes}, Cloud(REGION))
    return requests.refusals(ask)


SHAPES: list[dict[str, Any]] = [
    {"rule_priority": 10},
    {"rule_priority": 10, "exec": True, "spot": True, "assign_public_ip": True, "architecture": "x86_64"},
    {"services": several(), "spot": True},
]


@pytest.mark.parametrize("changes", SHAPES)
def test_awss_own_models_take_the_requests(changes: dict[str, Any]) -> None:
    run = deployed(**changes)
    kinds = ("TaskDefinition", "Service", "TargetGroup", "ListenerRule", "Policy")
    sent = [made for kind in kinds for made in run.all(kind)]
    assert {made.name: refusals(made) for made in sent if refusals(made)} == {}
    assert len(sent) >= 4


def test_the_check_against_awss_models_can_fail() -> None:
    [task] = deployed().all("TaskDefinition")
    assert refusals(task, networkMode="vpc")
    containers = json.loads(task.inputs["containerDefinitions"])
    containers[0]["portMappings"][0]["hostPort"] = "3000x"
    assert refusals(task, containerDefinitions=json.dumps(containers))
