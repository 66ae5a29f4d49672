"""The bot on each runtime: its own account, rights and ways, one at a time, and what is refused."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from planning import Values, one, planned, values_of

from components.runtime.cluster_bot import ClusterBot
from components.runtime.fargate_bot import FargateBot
from rehearsal.plan import Plan
from rocketchat.bot import DEFAULT_IMAGE, DEFAULT_UID, LOST_MINUTES, SEEN, connected
from stacks import files
from stacks.language import ChatSpec, parse
from stacks.problems import InvalidStack

PASSWORD, KEYS = "rocketchat:botPassword", "rocketchat:botKeys"
BOT = {"username": "jarvis", "rooms": ["general"], "keys": ["WEATHER_KEY"]}
SERVICE = "aws:ecs/service:Service"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
OFFICE = "203.0.113.0/24"
AMAZON = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
IMAGE = {"image": "ghcr.io/example/desk:2.1.0", "uid": 1001}
EXISTING: dict[str, Any] = {
    "kind": "existing",
    "vpc": "vpc-0123456789abcdef0",
    "publicSubnets": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "taskSubnets": ["subnet-0123456789abcdef2", "subnet-0123456789abcdef3"],
}


def values_with(stack: str, bot: dict[str, Any] | None = None, **changes: Any) -> Values:
    values = values_of(stack)
    values["rocketchat:bot"] = BOT if bot is None else {**BOT, **bot}
    for part, change in changes.items():
        values[f"rocketchat:{part}"] = {**values.get(f"rocketchat:{part}", {}), **change}
    return values


def secure(stack: str, *more: str) -> set[str]:
    return {*files.read(stack).secure, PASSWORD, KEYS, *more}


def plan_of(stack: str, bot: dict[str, Any] | None = None, *more: str, **changes: Any) -> Plan:
    return planned(values_with(stack, bot, **changes), secure(stack, *more))


def spec_of(stack: str, bot: dict[str, Any] | None = None, **changes: Any) -> ChatSpec:
    return parse(values_with(stack, bot, **changes), secure(stack), source="a test")


def warned(spec: ChatSpec) -> str:
    return " ".join(warning for check in spec.checks for warning in check.warnings)


@pytest.fixture(scope="module")
def fargate() -> Plan:
    return plan_of("lovia-fargate")


@pytest.fixture(scope="module")
def cluster() -> Plan:
    return plan_of("services-helm")


# ------------------------------------------------------------------------------------------------- on Fargate


def container(plan: Plan) -> dict[str, Any]:
    [found] = json.loads(one(plan, TASK, "bot-task").inputs["containerDefinitions"])
    assert isinstance(found, dict)
    return found


def test_on_fargate_never_two_bots_run_and_nothing_waits_for_one(fargate: Plan) -> None:
    made = one(fargate, SERVICE, "bot-service").inputs
    assert (made["desiredCount"], made["deploymentMinimumHealthyPercent"]) == (1, 0)
    assert (made["deploymentMaximumPercent"], made["availabilityZoneRebalancing"]) == (100, "DISABLED")
    assert made["waitForSteadyState"] is False
    assert not made.get("loadBalancers")
    # It is started when the chat's own service runs.
    chat = one(fargate, SERVICE, "chat-rocketchat").urn
    assert chat in one(fargate, SERVICE, "bot-service").property_dependencies["cluster"]


def test_on_fargate_it_reaches_the_chat_as_users_do(fargate: Plan) -> None:
    made = container(fargate)
    plain = {one_["name"]: one_["value"] for one_ in made["environment"]}
    assert plain["ROCKETCHAT_URL"] == fargate.outputs["url"] == "https://chat.lovia.life"
    assert (plain["ROCKETCHAT_USER"], plain["ROCKETCHAT_ROOM"]) == ("jarvis", "general")
    assert "ROCKETCHAT_PASSWORD" not in plain
    assert "WEATHER_KEY" not in plain
    assert made["portMappings"] == []
    # Hubot's image is made for these processors only, and the chat runs on others.
    assert one(fargate, TASK, "bot-task").inputs["runtimePlatform"]["cpuArchitecture"] == "X86_64"
    assert one(fargate, TASK, "chat-rocketchat").inputs["runtimePlatform"]["cpuArchitecture"] == "ARM64"
    assert (made["user"], made["linuxParameters"]["capabilities"]) == ("1000", {"drop": ["ALL"]})


def test_on_fargate_it_may_nothing_and_its_secret_is_its_own(fargate: Plan) -> None:
    kept = one(fargate, "aws:secretsmanager/secretVersion:SecretVersion", "bot-secrets")
    assert set(json.loads(kept.inputs["secretString"])) == {"ROCKETCHAT_PASSWORD", "WEATHER_KEY"}
    others = one(fargate, "aws:secretsmanager/secretVersion:SecretVersion", "chat-secrets")
    assert not {"ROCKETCHAT_PASSWORD", "WEATHER_KEY"} & set(json.loads(others.inputs["secretString"]))
    arn = one(fargate, "aws:secretsmanager/secret:Secret", "bot-secrets").outputs["arn"]
    # The version stands in the reference: another password makes another task.
    assert {one_["valueFrom"] for one_ in container(fargate)["secrets"]} == {
        f"{arn}:{name}::{kept.outputs['versionId']}" for name in ("ROCKETCHAT_PASSWORD", "WEATHER_KEY")
    }
    policies = {
        made.name: json.loads(made.inputs["policy"])["Statement"]
        for made in fargate.of_type("aws:iam/rolePolicy:RolePolicy")
        if made.name.startswith("bot-")
    }
    assert set(policies) == {"bot-execution"}
    [reads] = [said for said in policies["bot-execution"] if said["Sid"] == "ReadSecret"]
    assert reads["Resource"] in (arn, [arn])
    [chats] = [
        json.loads(made.inputs["policy"])["Statement"]
        for made in fargate.of_type("aws:iam/rolePolicy:RolePolicy")
        if made.name == "chat-execution"
    ]
    assert arn not in json.dumps(chats)


def test_on_fargate_it_gets_out_by_https_and_nobody_gets_in(fargate: Plan) -> None:
    group = one(fargate, "aws:ec2/securityGroup:SecurityGroup", "bot-app").id
    ways = [made for made in fargate.of_type(EGRESS) if made.inputs["securityGroupId"] == group]
    assert [(made.inputs["fromPort"], made.inputs["toPort"]) for made in ways] == [(443, 443)]
    assert not [made for made in fargate.of_type(INGRESS) if made.inputs["securityGroupId"] == group]
    assert not doors(fargate), "the balancer lets everybody in"
    network = one(fargate, SERVICE, "bot-service").inputs["networkConfiguration"]
    assert network["securityGroups"] == [group]
    watched = {made.name for made in fargate.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")}
    assert {"alarms-bot-tasks", "alarms-bot-memory"} <= watched
    assert "the bot" not in " ".join(fargate.outputs["notWatched"])


TABLE = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
LINE = "   0: 0A00000A:9C4C 0B00000A:{far} {state} 00000000:00000000 00:00000000 00000000 {uid:5d}        0 81 1 0 20\n"
"""As the kernel writes them (`net/ipv4/tcp_ipv4.c`, `get_tcp4_sock`)."""


def asked(command: str, table: str, folder: Path) -> bool:
    """Run a check of a bot with this table of connections."""
    (folder / "tcp").write_text(TABLE + table, encoding="utf-8")
    here = command.replace("/proc/net/tcp6", str(folder / "tcp6")).replace("/proc/net/tcp ", f"{folder}/tcp ")
    here = here.replace(SEEN, str(folder / "seen")).replace("kill 1;", f"touch {folder}/ended;")
    ran = subprocess.run([shutil.which("sh") or "sh", "-c", here], capture_output=True, check=False)  # noqa: S603
    return ran.returncode == 0


def test_a_connection_is_the_bot_s_that_stands_to_the_chat_by_its_own_user(tmp_path: Path) -> None:
    command = connected((443, 3000), 1000)
    for far, state, uid, found in (
        ("01BB", "01", 1000, True),
        ("0BB8", "01", 1000, True),
        ("01BB", "08", 1000, False),  # the server has closed it
        ("01BB", "02", 1000, False),  # nobody answers
        ("01BB", "01", 0, False),  # a log driver's
        ("01BB", "01", 10001, False),
        ("0050", "01", 1000, False),
    ):
        table = LINE.format(far=far, state=state, uid=uid)
        assert asked(command, table, tmp_path) is found, table


def test_on_fargate_a_bot_that_has_lost_the_chat_is_started_anew_and_a_new_one_has_time(
    fargate: Plan, tmp_path: Path
) -> None:
    check = container(fargate)["healthCheck"]
    kind, shell, flag, command = check["command"]
    assert (kind, shell, flag) == ("CMD", "sh", "-c")
    stands = LINE.format(far="01BB", state="01", uid=1000)
    # The circuit breaker would end the deployment of one whose account is yet to be made.
    assert asked(command, "", tmp_path)
    assert asked(command, stands, tmp_path)
    before = time.time() - 60 * (LOST_MINUTES + 1)
    os.utime(tmp_path / "seen", (before, before))
    assert not asked(command, "", tmp_path)
    assert asked(command, stands, tmp_path)
    assert asked(command, "", tmp_path)


def doors(plan: Plan) -> list[dict[str, Any]]:
    """What lets the bot in elsewhere."""
    return [dict(made.inputs) for made in plan.of_type(INGRESS) if made.name.startswith("bot-")]


def test_a_balancer_for_named_networks_lets_the_bot_in_by_the_address_that_it_comes_from() -> None:
    plan = plan_of("lovia-fargate", runtime={"balancer": {"allowFrom": [OFFICE]}})
    [door] = doors(plan)
    [address] = plan.outputs["egressAddresses"]
    assert (door["cidrIpv4"], door["fromPort"], door["toPort"]) == (f"{address}/32", 443, 443)
    balancer = one(plan, "aws:ec2/securityGroup:SecurityGroup", "balancer-balancer").id
    assert door["securityGroupId"] == balancer


def test_an_internal_balancer_for_named_networks_knows_the_bot_by_its_group() -> None:
    balancer = {"scheme": "internal", "allowFrom": ["10.0.0.0/8"]}
    plan = plan_of("lovia-fargate", runtime={"balancer": balancer}, edge={"kind": "direct"})
    [door] = doors(plan)
    group = one(plan, "aws:ec2/securityGroup:SecurityGroup", "bot-app").id
    assert (door["referencedSecurityGroupId"], door.get("cidrIpv4")) == (group, None)


@pytest.mark.parametrize(
    ("changes", "doors_wanted"),
    [
        ({"runtime": {"balancer": {"allowFrom": [OFFICE]}}, "dns": {"proxied": True}}, 0),
        (
            {
                "runtime": {
                    "network": {**EXISTING, "egressAddresses": ["198.51.100.7", "198.51.100.8"]},
                    "balancer": {"allowFrom": [OFFICE, "198.51.100.7/32"]},
                }
            },
            1,
        ),
    ],
    ids=["by the proxy", "named already"],
)
def test_doors_are_opened_for_the_bot_only_where_it_would_be_kept_out(
    changes: dict[str, Any], doors_wanted: int
) -> None:
    assert len(doors(plan_of("lovia-fargate", **changes))) == doors_wanted


def test_a_bot_s_image_in_ecr_is_pulled_by_its_own_role() -> None:
    mirror, network = {"registry": f"{AMAZON}/mirror"}, {"endpoints": ["secretsmanager", "ecr.dkr"]}
    plan = plan_of("lovia-fargate", IMAGE, images=mirror, runtime={"network": network})
    # They answer by the services' own names, and let in who is named.
    assert len(doors(plan)) == 1
    made = container(plan)
    assert (made["image"], made["user"]) == (f"{AMAZON}/mirror/example/desk:2.1.0", "1001")
    assert one(plan, TASK, "bot-task").inputs["runtimePlatform"]["cpuArchitecture"] == "ARM64"
    policy = one(plan, "aws:iam/rolePolicy:RolePolicy", "bot-execution").inputs["policy"]
    assert ":repository/mirror/example/desk" in policy
    assert "rocket.chat" not in policy


def test_its_image_is_pulled_with_a_password_and_its_scripts_go_by_the_proxy() -> None:
    registry = {"registry": "registry.example.com/mirror", "username": "robot"}
    proxy = {"url": "http://proxy.example.com:3128", "direct": [".corp.example"]}
    more = {"images": registry, "container": {"proxy": proxy}}
    plan = plan_of("lovia-fargate", None, "rocketchat:registryPassword", **more)
    login = one(plan, "aws:secretsmanager/secret:Secret", "chat-registry").outputs["arn"]
    assert container(plan)["repositoryCredentials"] == {"credentialsParameter": login}
    assert login in one(plan, "aws:iam/rolePolicy:RolePolicy", "bot-execution").inputs["policy"]

    # The chat is reached without.
    plain = {one_["name"]: one_["value"] for one_ in container(plan)["environment"]}
    assert plain["HTTPS_PROXY"] == "http://proxy.example.com:3128"
    assert {"chat.lovia.life", ".corp.example"} <= set(plain["NO_PROXY"].split(","))
    group = one(plan, "aws:ec2/securityGroup:SecurityGroup", "bot-app").id
    ways = [made.inputs for made in plan.of_type(EGRESS) if made.inputs["securityGroupId"] == group]
    assert sorted(way["fromPort"] for way in ways) == [443, 3128]
    balancer = {"allowFrom": [OFFICE, "198.51.100.7/32"]}
    assert "where one of 198.51.100.7/32 is" in warned(
        spec_of("lovia-fargate", runtime={"balancer": balancer})
    )
    assert "without container.proxy" in warned(spec_of("lovia-fargate", container={"proxy": proxy}))


def test_hubot_s_image_is_warned_of_where_its_old_authorities_may_not_be_the_chat_s() -> None:
    old = "the authorities of 2015"
    given = {
        "certificate": "arn:aws:acm:ap-southeast-1:123456789012:certificate/0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d"
    }
    assert old not in warned(spec_of("lovia-fargate"))
    assert old in warned(spec_of("lovia-fargate", runtime={"balancer": given}))
    assert old in warned(spec_of("lovia-fargate", dns={"proxied": True}))
    assert old not in warned(spec_of("lovia-fargate", IMAGE, runtime={"balancer": given}))


# ------------------------------------------------------------------------------------------------- in clusters


def test_in_a_cluster_it_is_one_restricted_pod_that_reaches_the_chat_inside(cluster: Plan) -> None:
    made = one(cluster, "kubernetes:apps/v1:Deployment", "bot-deployment")
    kubernetes_validate.validate(json.loads(json.dumps(made.inputs)), "1.36", strict=True)
    spec = made.inputs["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    assert made.inputs["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}
    assert (
        one(cluster, "kubernetes:helm.sh/v3:Release", "chat-release").urn
        in (made.property_dependencies["spec"])
    )
    pod = spec["template"]["spec"]
    [bot] = pod["containers"]
    assert (pod["automountServiceAccountToken"], pod["nodeSelector"]) == (
        False,
        {"kubernetes.io/arch": "amd64"},
    )
    assert (pod["securityContext"]["runAsNonRoot"], bot["securityContext"]["runAsUser"]) == (True, 1000)
    plain = {one_["name"]: one_["value"] for one_ in bot["env"] if "value" in one_}
    assert plain["ROCKETCHAT_URL"] == "http://chat-rocketchat"
    secret = one(cluster, "kubernetes:core/v1:Secret", "bot-secret")
    name = secret.outputs["metadata"]["name"]
    # Immutable, and named by Pulumi: another password is another name, and so another pod.
    assert secret.inputs["immutable"] is True
    assert [one_["valueFrom"]["secretKeyRef"] for one_ in bot["env"] if "valueFrom" in one_] == [
        {"name": name, "key": key} for key in ("ROCKETCHAT_PASSWORD", "WEATHER_KEY")
    ]
    assert "the bot (`rocketchat verify STACK --user USER`" in " ".join(cluster.outputs["notWatched"])


def test_in_a_cluster_its_labels_give_it_none_of_the_chat_s_ways(cluster: Plan) -> None:
    made = one(cluster, "kubernetes:apps/v1:Deployment", "bot-deployment").inputs["spec"]
    labels = made["template"]["metadata"]["labels"]
    policies = {
        policy.name: policy.inputs["spec"]
        for policy in cluster.of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    }
    hold = {
        name
        for name, spec in policies.items()
        if spec["podSelector"].get("matchLabels", {}).items() <= labels.items()
    }
    assert hold == {"bot-traffic", "namespace-deny", "namespace-dns"}
    inside, outside = policies["bot-traffic"]["egress"]
    assert inside["ports"] == [{"port": 3000, "protocol": "TCP"}]
    assert [way["port"] for way in outside["ports"]] == [443]
    assert "ingress" not in policies["bot-traffic"]


def test_in_a_cluster_its_image_is_pulled_with_the_registry_s_password() -> None:
    registry = {"registry": "registry.example.com/mirror", "username": "robot"}
    plan = plan_of("services-helm", IMAGE, "rocketchat:registryPassword", images=registry)
    pod = one(plan, "kubernetes:apps/v1:Deployment", "bot-deployment").inputs["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == "registry.example.com/mirror/example/desk:2.1.0"
    assert len(pod["imagePullSecrets"]) == 1
    assert "nodeSelector" not in pod


def test_a_cluster_of_its_own_counts_the_bot_among_what_its_nodes_hold() -> None:
    def needed(spec: ChatSpec) -> int:
        [note] = [
            n for check in spec.checks if check.title == "The nodes hold all that runs" for n in check.notes
        ]
        return int(note.split()[0])

    values = values_with("lovia-doks")
    with_bot = parse(values, secure("lovia-doks"), source="a test")
    del values["rocketchat:bot"]
    assert needed(with_bot) - needed(parse(values, secure("lovia-doks"), source="a test")) == 256


# ------------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("stack", "bot", "changes", "path"),
    [
        ("lovia-fargate", {"image": "ghcr.io/example/desk:2.1.0"}, {}, "bot.uid"),
        ("services-helm", {"image": "ghcr.io/example/desk:2.1.0"}, {}, "bot.uid"),
        ("services-helm", {"uid": 0}, {}, "bot.uid"),
        ("services-helm", {"image": "ghcr.io/example/desk"}, {}, "bot.image"),
        ("services-helm", {"image": ""}, {}, "bot.image"),
        ("lovia-fargate", {"replicas": 2}, {}, "bot.replicas"),
        ("lovia-fargate", {"keys": ["ROCKETCHAT_PASSWORD"]}, {}, "bot.keys[0]"),
        ("family-host", {"keys": ["A_TOKEN", "PATH"]}, {}, "bot.keys[1]"),
        ("services-helm", {"keys": ["NODE_TLS_REJECT_UNAUTHORIZED"]}, {}, "bot.keys[0]"),
        ("lovia-fargate", {"username": "Rocket.Admin"}, {}, "bot.username"),
        ("family-host", {"username": "root"}, {}, "bot.username"),
        (
            "lovia-fargate",
            {},
            {
                "runtime": {"network": EXISTING, "balancer": {"allowFrom": [OFFICE]}},
                "database": {"privateLink": True},
            },
            "runtime.network.egressAddresses",
        ),
        (
            "lovia-fargate",
            {},
            {"runtime": {"balancer": {"allowFrom": [f"203.0.113.{host}/32" for host in range(30)]}}},
            "runtime.balancer.allowFrom",
        ),
    ],
)
def test_a_bot_that_could_not_run_is_refused(
    stack: str, bot: dict[str, Any], changes: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidStack) as caught:
        spec_of(stack, bot, **changes)
    assert [problem.path for problem in caught.value.problems] == [f"rocketchat:{path}"]


@pytest.mark.parametrize("component", [ClusterBot, FargateBot])
def test_no_component_runs_a_bot_as_root(component: type[ClusterBot | FargateBot]) -> None:
    args: dict[str, Any] = {"uid": 0, "architecture": "arm64", "secrets": {}}
    with pytest.raises(ValueError, match="uid is 0"):
        component("bot", args)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("image", "user"),
    [
        (f"docker.io/{DEFAULT_IMAGE}", DEFAULT_UID),
        (f"reg.example.com:5000/mirror/{DEFAULT_IMAGE}@sha256:{'0' * 64}", DEFAULT_UID),
        (DEFAULT_IMAGE.replace("v0.1.4", "v0.1.3"), None),
        (f"reg.example.com/not{DEFAULT_IMAGE}", None),
    ],
    ids=["in full", "mirrored", "another tag", "another name"],
)
def test_hubots_image_runs_as_the_same_user_wherever_it_is_pulled_from(image: str, user: int | None) -> None:
    spec = spec_of("family-host", {"image": image})
    assert spec.parts.bot is not None
    assert spec.parts.bot.user == user


def test_another_image_on_a_host_runs_as_whom_it_likes() -> None:
    spec = spec_of("family-host", {"image": "ghcr.io/example/desk:2.1.0"})
    assert spec.parts.bot is not None
    assert spec.parts.bot.user is None


@pytest.mark.parametrize(
    ("stack", "command"),
    [
        ("family-host", "sudo docker restart chat-bot-1"),
        ("services-helm", "kubectl --namespace rocketchat rollout restart deployment chat-bot"),
        (
            "lovia-fargate",
            "aws ecs update-service --force-new-deployment --cluster c --service b --region ap-southeast-1",
        ),
    ],
)
def test_the_bot_alone_is_started_anew(stack: str, command: str) -> None:
    spec = spec_of(stack)
    outputs = {"cluster": "c", "service": "s", "botService": "b"}
    assert spec.parts.runtime.restart_bot(spec.region, outputs) == command


def test_on_a_host_a_bot_that_has_lost_the_chat_ends_and_docker_starts_it_anew(tmp_path: Path) -> None:
    made = one(plan_of("family-host"), "aws:s3/bucketObjectv2:BucketObjectv2", "chat-document")
    service = json.loads(made.inputs["content"])["compose"]["services"]["bot"]
    assert service["environment"]["ROCKETCHAT_URL"] == "http://rocketchat:3000"
    # Docker's init has the number 1, and hands the signal on.
    assert (service["init"], service["restart"]) == (True, "unless-stopped")
    kind, shell, flag, command = service["healthcheck"]["test"]
    assert (kind, shell, flag) == ("CMD", "sh", "-c")
    stands, ended = LINE.format(far="0BB8", state="01", uid=10001), tmp_path / "ended"
    assert asked(command, "", tmp_path), "its account is yet to be made"
    before = time.time() - 60 * (LOST_MINUTES + 1)
    os.utime(tmp_path / "seen", (before, before))
    assert asked(command, stands, tmp_path)
    assert not ended.exists()
    os.utime(tmp_path / "seen", (before, before))
    assert not asked(command, "", tmp_path)
    assert ended.exists()
    assert asked(command, "", tmp_path), "the next start has as long"


def test_two_bots_and_one_without_a_password_are_refused() -> None:
    values = values_with("services-helm")
    values["rocketchat:bot"] = [BOT, BOT]
    with pytest.raises(InvalidStack) as caught:
        parse(values, secure("services-helm"), source="a test")
    assert {problem.path for problem in caught.value.problems} == {"rocketchat:bot"}
    with pytest.raises(InvalidStack) as caught:
        parse(values_with("services-helm"), files.read("services-helm").secure, source="a test")
    assert {problem.path for problem in caught.value.problems} == {PASSWORD, KEYS}
