"""The stacks on one host, as they are planned: what reaches whom, what survives, and what is refused."""

import base64
import json
import re
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from planning import shared_plan
from recording import record

from clouds.ask import Ask, Cloud
from components.database.on_host import OnHostDatabase
from components.edge.host_name import HostName
from components.runtime.droplet import DropletHost, DropletHostArgs
from components.runtime.host import sizes
from components.runtime.host.agent import HostAgent, HostAgentArgs
from components.runtime.host.config import HostConfig
from components.runtime.host.document import UNQUOTABLE
from components.runtime.lightsail import LightsailHost, LightsailHostArgs
from components.values import DnsZone
from rehearsal import canaries, stack, standins
from rehearsal.errors import RehearsalError
from rehearsal.plan import Plan, PlannedResource, find_leaks, plan_program
from rehearsal.standins import requests
from stacks import deploy, files
from stacks.kinds.runtime.droplet import DropletRuntime
from stacks.kinds.runtime.host import LEAST_CHAT_MIB, HostRuntime
from stacks.kinds.runtime.host import sizes as hosts
from stacks.kinds.runtime.lightsail import LightsailRuntime
from stacks.language import ChatSpec, parse
from stacks.problems import InvalidStack

SECRETS = {
    "family-host": frozenset(
        {"rocketchat:smtpPassword", "rocketchat:healthcheckUrl", "rocketchat:backupWebhookUrl"}
    ),
    "soluvas-lightsail": frozenset({"rocketchat:fcmServiceAccount"}),
}
HOSTS = {
    "family-host": "digitalocean:index/droplet:Droplet",
    "soluvas-lightsail": "aws:lightsail/instance:Instance",
}
FINGERPRINT = "f8:4c:bc:91:d5:74:1a:2c:f0:9f:78:e7:fa:cc:a8:a5"
Change = Mapping[str, Any]


def values(name: str, **changes: Change) -> dict[str, Any]:
    """A stack's values, in which parts have other keys; None takes one out."""
    made = deepcopy(dict(files.read(name).values))
    for part, change in changes.items():
        merged = {**made.get(f"rocketchat:{part}", {}), **change}
        made[f"rocketchat:{part}"] = {key: value for key, value in merged.items() if value is not None}
    return made


def planned(tmp_path: Path, name: str, *more: str, **changes: Change) -> Plan:
    config = values(name, **changes)
    secure = SECRETS[name] | {f"rocketchat:{key}" for key in more}
    path = tmp_path / f"Pulumi.{name}.yaml"
    path.write_text(yaml.safe_dump({"config": {**config, **{key: {"secure": "v1:x:y"} for key in secure}}}))
    loaded = stack.load(str(path))
    given = {**loaded.config}
    if "botKeys" in more:
        given["rocketchat:botKeys"] = json.dumps({"HUBOT_WEATHER": "canary-weather-key"})

    def plan() -> Plan:
        return plan_program(deploy.run, stack=name, config=given, secret_keys=loaded.secret_keys)

    return shared_plan(plan, name, given, sorted(loaded.secret_keys))


def spec(name: str, *more: str, **changes: Change) -> ChatSpec:
    return parse(
        values(name, **changes), SECRETS[name] | {f"rocketchat:{key}" for key in more}, source="a stack"
    )


def refused(name: str, **changes: Change) -> dict[str, str]:
    with pytest.raises(InvalidStack) as caught:
        spec(name, **changes)
    return {problem.path: problem.message for problem in caught.value.problems}


def one(plan: Plan, token: str, name: str = "") -> PlannedResource:
    [found] = [resource for resource in plan.of_type(token) if resource.name.endswith(name)]
    return found


def document(plan: Plan) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        one(plan, "aws:s3/bucketObjectv2:BucketObjectv2", "-document").inputs["content"]
    )
    return found


def test_a_hosts_document_takes_ten_tags_and_more_are_refused(tmp_path: Path) -> None:
    tags = {f"k{at}": "v" for at in range(5)}
    kind = "aws:s3/bucketObjectv2:BucketObjectv2"
    made = one(planned(tmp_path, "family-host", chat={"tags": tags}), kind, "-document")
    assert len(made.outputs["tagsAll"]) == 9
    told = refused("family-host", chat={"tags": {**tags, "one": "more"}})
    assert "these are 6 tags; AWS takes 10" in told["rocketchat:chat.tags"]
    many = Cloud(default_tags={f"k{at}": "v" for at in range(11)})
    ask = Ask(kind, "document", "urn", {"bucket": "chat-documents", "key": "host.json"}, many)
    assert any("Object tags cannot be greater than 10" in wrong for wrong in requests.refusals(ask))


@pytest.mark.parametrize("name", HOSTS)
def test_no_secret_stands_in_the_user_data_or_in_the_document(tmp_path: Path, name: str) -> None:
    plan = planned(tmp_path, name)
    host = one(plan, HOSTS[name])
    content = one(plan, "aws:s3/bucketObjectv2:BucketObjectv2", "-document").inputs["content"]
    assert plan.secrets
    for where, value in plan.secrets.items():
        # The activation is there to be used once, by this host.
        assert value not in host.inputs["userData"] or "activationCode" in where, where
        assert value not in content, where
    assert [path for path in host.secret_paths if path.startswith("inputs.")] == ["inputs.userData"]
    activation = one(plan, "aws:ssm/activation:Activation")
    assert "outputs.activationCode" in activation.secret_paths
    assert find_leaks(plan, canaries.values(SECRETS[name])) == []


@pytest.mark.parametrize("name", HOSTS)
def test_another_release_setting_or_secret_changes_the_document_and_not_the_host(
    tmp_path: Path, name: str
) -> None:
    before = planned(tmp_path, name)
    after = planned(
        tmp_path,
        name,
        "license",
        chat={"release": "8.5.1"},
        settings={"Log_Level": "1"},
        runtime={"sshFrom": ["203.0.113.0/24"]},
    )
    assert one(before, HOSTS[name]).inputs == one(after, HOSTS[name]).inputs
    old, new = document(before), document(after)
    assert old["compose"]["services"]["rocketchat"]["image"].endswith(":8.9.0")
    assert new["compose"]["services"]["rocketchat"]["image"].endswith(":8.5.1")
    assert "203.0.113.0/24" in new["files"]["/srv/chat/chat.env"]["text"]


@pytest.mark.parametrize("name", HOSTS)
def test_another_generation_makes_a_new_host_with_an_enrolment_of_its_own(tmp_path: Path, name: str) -> None:
    activation = "aws:ssm/activation:Activation"
    before, after = planned(tmp_path, name), planned(tmp_path, name, runtime={"generation": 2})
    assert one(before, activation).inputs["description"] != one(after, activation).inputs["description"]
    assert one(before, activation).inputs["registrationLimit"] == 1


@pytest.mark.parametrize(
    ("name", "disk", "address"),
    [
        ("family-host", "digitalocean:index/volume:Volume", "digitalocean:index/reservedIp:ReservedIp"),
        ("soluvas-lightsail", "aws:lightsail/disk:Disk", "aws:lightsail/staticIp:StaticIp"),
    ],
)
def test_data_and_address_survive_the_host(tmp_path: Path, name: str, disk: str, address: str) -> None:
    plan = planned(tmp_path, name)
    assert one(plan, disk).protect
    assert one(plan, address).protect
    assert one(plan, disk).options["retainOnDelete"]
    assert not one(plan, HOSTS[name]).protect
    assert one(plan, HOSTS[name]).options["deleteBeforeReplace"]
    trial = planned(tmp_path, name, chat={"profile": "trial"})
    assert not one(trial, disk).protect


@pytest.mark.parametrize("name", HOSTS)
def test_the_world_reaches_the_web_and_nothing_else(tmp_path: Path, name: str) -> None:
    def opened(plan: Plan) -> dict[int, list[str]]:
        if name == "family-host":
            rules = one(plan, "digitalocean:index/firewall:Firewall").inputs["inboundRules"]
            return {int(rule["portRange"]): rule["sourceAddresses"] for rule in rules}
        ports = one(plan, "aws:lightsail/instancePublicPorts:InstancePublicPorts").inputs["portInfos"]
        return {
            port["fromPort"]: [*port["cidrs"], *port.get("ipv6Cidrs", ())]
            for port in ports
            if port["fromPort"] == port["toPort"]
        }

    world = ["0.0.0.0/0", "::/0"]
    everybody = planned(tmp_path, name)
    assert opened(everybody) == {80: world, 443: world}
    assert (
        "disable_tlsalpn_challenge" not in document(everybody)["files"]["/srv/chat/proxy/Caddyfile"]["text"]
    )
    networks = {"sshFrom": ["203.0.113.0/24"], "allowFrom": ["198.51.100.0/24", "203.0.113.7/32"]}
    office = planned(tmp_path, name, runtime=networks, monitoring={"uptime": False})
    # By 80 the certificate authority comes, and nothing of the chat; by IPv6 nobody.
    assert opened(office) == {22: networks["sshFrom"], 80: world, 443: networks["allowFrom"]}
    assert "disable_tlsalpn_challenge" in document(office)["files"]["/srv/chat/proxy/Caddyfile"]["text"]


@pytest.mark.parametrize("name", HOSTS)
def test_the_host_reads_its_own_document_and_secret_and_deletes_nothing(tmp_path: Path, name: str) -> None:
    plan = planned(tmp_path, name)
    role = one(plan, "aws:iam/role:Role")
    trust = json.loads(role.inputs["assumeRolePolicy"])["Statement"][0]
    assert trust["Principal"] == {"Service": ["ssm.amazonaws.com"]}
    assert trust["Condition"]["StringEquals"]["aws:SourceAccount"]
    statements = [
        statement
        for policy in plan.of_type("aws:iam/rolePolicy:RolePolicy")
        for statement in json.loads(policy.inputs["policy"])["Statement"]
    ]
    allowed = {action for statement in statements for action in statement["Action"]}
    assert not {
        action for action in allowed if "Delete" in action or "ssmmessages" in action or "*" in action
    }
    # What has no resource is bound by its condition.
    assert all(statement["Resource"] != ["*"] or statement["Condition"] for statement in statements)
    [read] = [statement for statement in statements if statement["Sid"] == "ReadDocument"]
    assert read["Resource"][0].endswith("/host.json")


def test_a_key_that_the_account_has_is_named_by_its_fingerprint_and_not_made(tmp_path: Path) -> None:
    made = planned(tmp_path, "family-host", runtime={"sshKey": FINGERPRINT})
    assert one(made, HOSTS["family-host"]).inputs["sshKeys"] == [FINGERPRINT]
    assert not list(made.of_type("digitalocean:index/sshKey:SshKey"))


def rsa(bits: int) -> str:
    """A public RSA key of that size, of which nobody has the other half."""
    fields = (b"ssh-rsa", b"\x01\x00\x01", b"\x00" + (1 << (bits - 1)).to_bytes(bits // 8, "big"))
    return base64.b64encode(b"".join(len(one).to_bytes(4, "big") + one for one in fields)).decode()


@pytest.mark.parametrize("name", sorted(HOSTS))
@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("ssh-dss AAAAB3NzaC1kc3MAAACBAO x", "no public key of a type"),
        ("~/.ssh/id_ed25519.pub", "no public key of a type"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPKsZsFQHhNZ8g1ekq2lG3mZ", "not whole"),
        ("ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIPKsZsFQHhNZ8g1ekq2lG3mZ8b0aV3bL6c0R5m0xq3dT", "not whole"),
        (f"ssh-rsa {rsa(1024)}", "2048 bits"),
        ("-----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaC1rZXktdjEAAAAA", "private half"),
    ],
)
def test_what_is_no_key_to_log_in_with_is_told_as_what_it_is(name: str, key: str, told: str) -> None:
    found = refused(name, runtime={"sshKey": key})
    assert told in found["rocketchat:runtime.sshKey"]
    # Neither a pattern nor what may be secret.
    assert "^" not in found["rocketchat:runtime.sshKey"]
    assert "b3BlbnNz" not in found["rocketchat:runtime.sshKey"]


def test_an_rsa_key_that_is_long_enough_is_taken() -> None:
    assert spec("soluvas-lightsail", runtime={"sshKey": f"ssh-rsa {rsa(3072)} ops@example.com"})


def test_a_droplet_takes_no_other_names_of_keys() -> None:
    inputs = {"image": "x", "region": "sgp1", "size": "s-1vcpu-2gb", "sshKeys": ["SHA256:abc"]}
    with pytest.raises(RehearsalError, match="SHA256:abc are invalid key identifiers"):
        standins.checked("digitalocean:index/droplet:Droplet", "d", "urn", inputs, Cloud("sgp1"))


def test_the_droplet_is_let_in_by_the_address_that_it_leaves_from(tmp_path: Path) -> None:
    plan = planned(tmp_path, "family-host")
    droplet = one(plan, HOSTS["family-host"])
    assert plan.outputs["egressAddresses"] == [droplet.outputs["ipv4Address"]]
    assert plan.outputs["address"] != droplet.outputs["ipv4Address"]


def test_lightsail_uses_the_shared_cluster_and_makes_none(tmp_path: Path) -> None:
    plan = planned(tmp_path, "soluvas-lightsail")
    assert not plan.of_type("mongodbatlas:index/advancedCluster:AdvancedCluster")
    entry = one(plan, "mongodbatlas:index/projectIpAccessList:ProjectIpAccessList")
    assert plan.outputs["address"] in (entry.inputs.get("ipAddress"), entry.inputs.get("cidrBlock", "")[:-3])
    assert one(plan, HOSTS["soluvas-lightsail"]).inputs["addOn"]["type"] == "AutoSnapshot"
    assert "mongodb" not in document(plan)["compose"]["services"]
    timers = [Path(path).name for path in document(plan)["files"] if path.endswith(".timer")]
    assert timers == ["chat-watch.timer"]


ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"


@pytest.mark.parametrize(("name", "backups"), [("family-host", True), ("soluvas-lightsail", False)])
def test_who_is_told_of_a_host_is_told_when_it_is_off_full_or_not_backed_up(
    tmp_path: Path, name: str, backups: bool
) -> None:
    plan = planned(tmp_path, name, monitoring={"alarmEmails": ["ops@example.com"]})
    namespace = f"RocketChat/{plan.outputs['url'].removeprefix('https://')}"
    watched = {
        alarm.inputs["metricName"]: alarm.inputs
        for alarm in plan.of_type(ALARM)
        if alarm.inputs["namespace"] == namespace
    }
    assert set(watched) == {"Serving", "WentBack", "DataDiskUsedPercent", "MemoryUsedPercent"} | (
        {"HoursSinceBackup"} if backups else set()
    )
    assert watched["Serving"]["treatMissingData"] == "breaching"
    assert {alarm["alarmActions"][0] for alarm in watched.values()} == {plan.outputs["alarmTopic"]}
    environment = document(plan)["files"]["/srv/chat/chat.env"]["text"]
    assert f"METRICS_NAMESPACE={namespace}\n" in environment
    [granted] = [
        statement
        for policy in plan.of_type("aws:iam/rolePolicy:RolePolicy")
        for statement in json.loads(policy.inputs["policy"])["Statement"]
        if "cloudwatch:PutMetricData" in statement["Action"]
    ]
    assert granted["Action"] == ["cloudwatch:PutMetricData"]
    assert granted["Condition"] == {"StringEquals": {"cloudwatch:namespace": namespace}}
    said = spec(name, monitoring={"alarmEmails": ["ops@example.com"]})
    [note] = [note for check in said.checks for note in check.notes if "ops@example.com: " in note]
    assert "CloudWatch tells of the chat, and the host's disk, memory" in note
    assert ("backups" in note) == backups


def test_a_host_of_which_nobody_is_told_reports_nothing_and_the_plan_warns(tmp_path: Path) -> None:
    plan = planned(tmp_path, "family-host")
    assert not plan.of_type(ALARM)
    assert not [path for path in document(plan)["files"] if path.endswith("chat-watch.timer")]
    assert "PutMetricData" not in "".join(
        policy.inputs["policy"] for policy in plan.of_type("aws:iam/rolePolicy:RolePolicy")
    )
    warned = " ".join(w for check in spec("family-host").checks for w in check.warnings)
    assert "nobody is told when something fails" in warned


def test_the_family_has_a_database_with_users_and_backups_off_the_site(tmp_path: Path) -> None:
    plan = planned(tmp_path, "family-host")
    found = document(plan)
    assert found["compose"]["services"]["mongodb"]["image"].startswith("mongo:8.0.")
    assert "--keyFile" in found["compose"]["services"]["mongodb"]["command"]
    assert "OnCalendar=*-*-* 19:00:00 UTC" in found["files"]["/etc/systemd/system/chat-backup.timer"]["text"]
    secret = one(plan, "aws:secretsmanager/secretVersion:SecretVersion")
    assert "inputs.secretString" in secret.secret_paths
    kept = json.loads(secret.inputs["secretString"])
    uri = kept["environments"]["rocketchat"]["MONGO_URL"]
    assert uri.startswith("mongodb://rocketchat:")
    assert kept["files"]["mongodb/chat"] in uri
    assert kept["files"]["mongodb/root"] not in uri
    assert set(found["secret"]["files"]) == set(kept["files"])
    bucket = one(plan, "aws:s3/bucket:Bucket", "backups")
    assert bucket.inputs["bucket"] == "backups-chat-family-example"
    assert bucket.protect
    rules = one(plan, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "backups-lifecycle")
    old = {
        rule["filter"]["prefix"]: rule.get("noncurrentVersionExpiration") for rule in rules.inputs["rules"]
    }
    least = {"noncurrentDays": 60, "newerNoncurrentVersions": 7}
    assert old["backups/"] == old["before-restore/"] == least
    assert old["files/"] == {"noncurrentDays": 60}
    # By age alone the bucket of a host that makes no more backups would empty itself.
    assert old[""] is None
    assert not [rule for rule in rules.inputs["rules"] if "days" in rule.get("expiration", {})]
    assert plan.outputs["restoreCommand"] == (
        "printf 'all newest' | aws s3 cp - s3://backups-chat-family-example/restore/request --region ap-southeast-1"
    )
    assert plan.outputs["restoreOutcome"].startswith(
        "aws s3 cp s3://backups-chat-family-example/restore/outcome -"
    )


def test_the_bot_has_an_account_of_its_own_and_its_keys_from_the_secret(tmp_path: Path) -> None:
    plan = planned(
        tmp_path,
        "family-host",
        "botPassword",
        "botKeys",
        bot={
            "username": "jarvis",
            "rooms": ["general", "kitchen"],
            "scripts": ["hubot-weather"],
            "allPublic": True,
            "keys": ["HUBOT_WEATHER"],
            "uid": 1001,
        },
    )
    service = document(plan)["compose"]["services"]["bot"]
    assert service["environment"]["ROCKETCHAT_USER"] == "jarvis" != plan.outputs["adminUsername"]
    assert service["environment"]["ROCKETCHAT_ROOM"] == "general,kitchen"
    assert service["environment"]["LISTEN_ON_ALL_PUBLIC"] == "true"
    assert service["environment"]["ROCKETCHAT_URL"] == "http://rocketchat:3000"
    assert service["user"] == "1001"
    assert "volumes" not in service
    kept = json.loads(one(plan, "aws:secretsmanager/secretVersion:SecretVersion").inputs["secretString"])
    assert set(kept["environments"]["bot"]) == {"ROCKETCHAT_PASSWORD", "HUBOT_WEATHER"}
    assert kept["environments"]["bot"]["HUBOT_WEATHER"] == "canary-weather-key"
    assert "bot" not in document(planned(tmp_path, "family-host"))["compose"]["services"]


@pytest.mark.parametrize("name", sorted(HOSTS))
def test_a_new_host_has_a_document_of_its_own_that_waits_for_it(tmp_path: Path, name: str) -> None:
    """The report of the host before it must not tell that it serves."""
    plan = planned(tmp_path, name)
    host = one(plan, HOSTS[name])
    assert document(plan)["host"] == host.outputs["createdAt"]
    written = one(plan, "aws:s3/bucketObjectv2:BucketObjectv2", "-document")
    assert host.urn in written.property_dependencies["content"]


def test_a_secret_among_the_plain_variables_fails_the_deployment() -> None:
    import pulumi

    def program() -> object:
        return HostConfig(
            "chat",
            {
                "region": "ap-southeast-1",
                "host": "chat.example.com",
                "email": "a@example.com",
                "bucket": "b",
                "role_name": "r",
                "activation_id": "a",
                "host_created_at": "2026-01-01T00:00:00Z",
                "memory_mib": 4096,
                "image": "i:1.0",
                "uid": 1,
                "stop_seconds": 1,
                "health_path": "/",
                "health_command": ["true"],
                "environment": {"TOKEN": pulumi.Output.secret("canary")},
                "secrets": {},
            },
        ).backup_bucket

    with pytest.raises(pulumi.RunError, match="TOKEN of the host holds a secret"):
        record(program, lookups={"aws:index/getCallerIdentity:getCallerIdentity": {}})


TIGHT = {"size": "s-1vcpu-2gb"}
ELSEWHERE = {"kind": "atlas", "organization": "5f0c1d2e3b4a59687f6e5d4c", "cluster": "c"}
REFUSED: list[tuple[str, str, dict[str, Change], str, str]] = [
    (
        "family-host",
        "database elsewhere",
        {"database": {"version": "6.0"}},
        "rocketchat:database.version",
        "6.0",
    ),
    (
        "family-host",
        "too little memory for the chat beside its database",
        {"runtime": TIGHT},
        "rocketchat:runtime.size",
        "512 MiB",
    ),
    (
        "family-host",
        "an address that the proxy would fill in",
        {"chat": {"administrator": {"email": "{$HOME}@family.example"}}},
        "rocketchat:chat.administrator.email",
        "not an e-mail address",
    ),
    (
        "soluvas-lightsail",
        "a zone that nobody has",
        {"runtime": {"zone": "d"}},
        "rocketchat:runtime.zone",
        "no zone ap-southeast-1d",
    ),
    (
        "soluvas-lightsail",
        "the bundle of another region",
        {"runtime": {"size": "small_3_1"}},
        "rocketchat:runtime.size",
        "no bundle small_3_1 in ap-southeast-1",
    ),
    (
        "family-host",
        "open to the world",
        {"runtime": {"sshFrom": ["0.0.0.0/0"]}},
        "rocketchat:runtime.sshFrom[0]",
        "half the world",
    ),
    (
        "family-host",
        "open to a network of IPv6",
        {"runtime": {"allowFrom": ["2001:db8::/32"]}},
        "rocketchat:runtime.allowFrom[0]",
        "the chat has IPv4 addresses only",
    ),
    (
        "soluvas-lightsail",
        "watched from where nobody may connect",
        {
            "runtime": {"allowFrom": ["203.0.113.0/24"]},
            "monitoring": {"uptime": True, "alarmEmails": ["ops@example.com"]},
        },
        "rocketchat:monitoring.uptime",
        "lets in only some addresses",
    ),
    ("family-host", "proxied", {"dns": {"proxied": True}}, "rocketchat:dns.proxied", "ends TLS itself"),
    ("family-host", "no key", {"runtime": {"sshKey": None}}, "rocketchat:runtime.sshKey", "missing"),
    (
        "family-host",
        "private key",
        {"runtime": {"sshKey": "-----BEGIN OPENSSH PRIVATE KEY-----"}},
        "rocketchat:runtime.sshKey",
        "private half",
    ),
    (
        "family-host",
        "a fingerprint that DigitalOcean does not know keys by",
        {"runtime": {"sshKey": "SHA256:kZ3gk8sE0pV0l1mPq0m2Hn0y5w3c9b7a6d5e4f3g2h1"}},
        "rocketchat:runtime.sshKey",
        "MD5",
    ),
    (
        "soluvas-lightsail",
        "a fingerprint where nobody has its key",
        {"runtime": {"sshKey": FINGERPRINT}},
        "rocketchat:runtime.sshKey",
        "no public key",
    ),
    (
        "family-host",
        "size of another",
        {"runtime": {"size": "medium_3_0"}},
        "rocketchat:runtime.size",
        "choices",
    ),
    (
        "family-host",
        "replicas",
        {"runtime": {"instances": 2}},
        "rocketchat:runtime.instances",
        "a key of kind doks, fargate and kubernetes",
    ),
    (
        "family-host",
        "CDN before it",
        {"edge": {"kind": "cloudfront"}},
        "rocketchat:edge.kind",
        "cannot stand before",
    ),
    (
        "soluvas-lightsail",
        "backup of nothing",
        {"backup": {"keepDays": 9}},
        "rocketchat:backup",
        "nothing is here",
    ),
    (
        "soluvas-lightsail",
        "private endpoint",
        {"database": {"privateLink": True}},
        "rocketchat:database.privateLink",
        "no network",
    ),
]


@pytest.mark.parametrize(("name", "_what", "changes", "path", "words"), REFUSED)
def test_a_host_that_cannot_be_is_refused(
    name: str, _what: str, changes: dict[str, Change], path: str, words: str
) -> None:
    found = refused(name, **changes)
    assert words in found[path]


@pytest.mark.parametrize("character", sorted(UNQUOTABLE))
def test_an_address_with_what_the_proxy_cannot_read_is_refused_wherever_it_could_reach_it(
    character: str,
) -> None:
    address = f"a{character}b@family.example"
    found = refused(
        "family-host",
        chat={"administrator": {"email": address}},
        monitoring={"alarmEmails": [address]},
    )
    assert {"rocketchat:chat.administrator.email", "rocketchat:monitoring.alarmEmails[0]"} <= set(found)


def in_region(region: str, **runtime: Any) -> ChatSpec:
    given = values("soluvas-lightsail", runtime=runtime) | {"aws:region": region}
    return parse(given, SECRETS["soluvas-lightsail"], source="a stack")


@pytest.mark.parametrize(
    ("region", "bundle"), [("ap-south-1", "_3_1"), ("ap-southeast-2", "_3_2"), ("eu-north-1", "_3_0")]
)
def test_bundles_end_as_their_region_names_them(region: str, bundle: str) -> None:
    made = in_region(region)
    runtime = made.parts.runtime
    assert isinstance(runtime, LightsailRuntime)
    assert hosts.host_size(runtime, made.parts, region).name.endswith(bundle)


def test_a_region_without_lightsail_is_refused_with_those_that_have_it() -> None:
    with pytest.raises(InvalidStack) as caught:
        in_region("us-west-1")
    [problem] = [problem for problem in caught.value.problems if problem.path == "aws:region"]
    assert "us-west-2" in str(problem.allowed)


def test_no_committed_host_has_less_memory_than_the_program_itself_advises() -> None:
    for name in HOSTS:
        warned = [warning for check in spec(name).checks for warning in check.warnings]
        assert not [warning for warning in warned if "MiB" in warning], name


@pytest.mark.parametrize(("most_mb", "limit"), [(500, "576716800B"), (None, "115343360B")])
def test_the_proxy_takes_what_the_chat_takes(tmp_path: Path, most_mb: int | None, limit: str) -> None:
    plan = planned(tmp_path, "family-host", media={"maxFileMb": most_mb})
    assert f"max_size {limit}" in document(plan)["files"]["/srv/chat/proxy/Caddyfile"]["text"]


def test_the_key_of_lightsail_is_written_by_the_document_whatever_its_kind(tmp_path: Path) -> None:
    plan = planned(tmp_path, "soluvas-lightsail")
    key = values("soluvas-lightsail")["rocketchat:runtime"]["sshKey"]
    assert key.startswith("ssh-ed25519")
    assert document(plan)["files"]["/home/ubuntu/.ssh/authorized_keys"]["text"] == f"{key}\n"
    assert not plan.of_type("aws:lightsail/keyPair:KeyPair")


def test_lightsail_itself_takes_rsa_keys_only() -> None:
    token = "aws:lightsail/keyPair:KeyPair"
    with pytest.raises(RehearsalError, match="not of the type ssh-rsa"):
        standins.checked(token, "k", "", {"publicKey": "ssh-ed25519 AAAA"}, Cloud())
    assert standins.checked(token, "k", "", {"publicKey": "ssh-rsa AAAA"}, Cloud())


def test_other_runtimes_refuse_what_only_a_host_holds() -> None:
    given = deepcopy(dict(files.read("lovia-fargate").values))
    given["rocketchat:database"] = {"kind": "on-host"}
    given["rocketchat:media"] = {"kind": "host"}
    with pytest.raises(InvalidStack) as caught:
        parse(given, {"rocketchat:oidcClientSecret"}, source="a stack")
    paths = {problem.path for problem in caught.value.problems}
    assert {"rocketchat:database.kind", "rocketchat:media.kind"} <= paths


def test_blocked_mail_ports_an_abandoned_bot_and_a_tight_host_are_warned_of() -> None:
    made = spec(
        "family-host",
        "botPassword",
        mail={"port": 587},
        bot={},
        chat={"users": 100},
        runtime={"size": "s-2vcpu-4gb"},
    )
    warned = " ".join(warning for check in made.checks for warning in check.warnings)
    tight = "s-2vcpu-4gb has 4096 MiB; 5120 MiB are advised for 100 users. The chat has 2304 MiB of it"
    for words in ("blocks port 587", "Hubot's adapter is abandoned", "configure STACK", tight, "AVX"):
        assert words in warned


@pytest.mark.parametrize(
    ("users", "database", "name"),
    [
        (15, {"kind": "on-host"}, "s-2vcpu-4gb"),
        (25, {"kind": "on-host"}, "s-2vcpu-4gb"),
        (26, {"kind": "on-host"}, "s-4vcpu-8gb"),
        (25, ELSEWHERE, "s-1vcpu-2gb"),
        (26, ELSEWHERE, "s-2vcpu-4gb"),
    ],
)
def test_up_to_25_users_the_table_s_smallest_row_and_a_database_beside_it_are_enough(
    users: int, database: dict[str, Any], name: str
) -> None:
    made = spec("family-host", chat={"users": users}, database=database)
    assert isinstance(made.parts.runtime, DropletRuntime)
    found = hosts.host_size(made.parts.runtime, made.parts, made.region)
    assert found.name == name
    # What is advised gives no cause to warn, and the limits of the containers leave the chat what it needs.
    assert "MiB are advised" not in " ".join(w for check in made.checks for w in check.warnings)
    assert found.memory_mib - hosts.beside_mib(made.parts) >= LEAST_CHAT_MIB


def test_with_its_database_and_a_bot_the_chat_of_a_family_has_2_gib_of_4() -> None:
    made = spec("family-host", "botPassword", bot={})
    assert 4096 - hosts.beside_mib(made.parts) >= 2048


def test_the_price_counts_host_disk_and_copies() -> None:
    small = {"size": "s-2vcpu-4gb", "diskGb": 10}
    for profile, price in (("production", 24 + 1 + 4.8), ("trial", 25)):
        made = spec("family-host", runtime=small, chat={"profile": profile})
        runtime = made.parts.runtime
        assert isinstance(runtime, HostRuntime)
        assert hosts.monthly_usd(runtime, made.parts, made.size, made.defaults, made.region) == price


def test_the_sizes_of_the_language_are_those_of_the_table() -> None:
    for model, table in ((LightsailRuntime, sizes.LIGHTSAIL), (DropletRuntime, sizes.DROPLET)):
        choices = get_args(get_args(model.model_fields["size"].annotation)[0])
        assert set(choices) == set(table)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("runtime", "database", "media"),
    [
        (runtime, database, media)
        for runtime in (
            {"kind": "lightsail"},
            {"kind": "droplet", "region": "sgp1", "size": None, "diskGb": None},
        )
        for database in (
            {"kind": "on-host"},
            {"kind": "atlas", "organization": "5f0c1d2e3b4a59687f6e5d4c", "cluster": "c"},
        )
        for media in ({"kind": "host"}, {"kind": "gridfs"}, {"kind": "s3", "bucket": "media-family"})
    ],
)
def test_any_host_goes_with_any_database_and_any_media(
    tmp_path: Path, runtime: dict[str, Any], database: dict[str, Any], media: dict[str, Any]
) -> None:
    changed = values("family-host", backup={"bucket": None, "keepDays": None, "hour": None})
    key = changed["rocketchat:runtime"]["sshKey"]
    changed["rocketchat:runtime"] = {
        "sshKey": key,
        **{name: value for name, value in runtime.items() if value is not None},
    }
    changed["rocketchat:database"], changed["rocketchat:media"] = database, media
    secure = SECRETS["family-host"]
    path = tmp_path / "Pulumi.x.yaml"
    path.write_text(
        yaml.safe_dump({"config": {**changed, **{name: {"secure": "v1:x:y"} for name in secure}}})
    )
    try:
        plan = stack.plan(str(path))
    except RehearsalError as error:
        pytest.fail(str(error))
    kept = database["kind"] == "on-host" or media["kind"] == "host"
    assert ("backupBucket" in plan.outputs) == kept


def test_a_data_disk_that_does_not_hold_uploads_database_and_a_restored_copy_is_refused() -> None:
    found = refused("family-host", chat={"users": 400}, runtime={"diskGb": 10})
    assert "10 GB are too few" in found["rocketchat:runtime.diskGb"]
    [needed] = re.findall(r"need (\d+) GB", found["rocketchat:runtime.diskGb"])
    # 5 MB for each user and month.
    assert int(needed) >= 400 * 5 * 12 / 1024
    made = spec("family-host", chat={"users": 400}, runtime={"diskGb": int(needed)})
    assert isinstance(made.parts.runtime, HostRuntime)
    assert hosts.disk_gb(made.parts.runtime, made.parts, made.size) == int(needed)
    # In GridFS the uploads are in the database and in its copy.
    grid = refused("family-host", chat={"users": 400}, media={"kind": "gridfs"}, runtime={"diskGb": 10})
    [twice] = re.findall(r"need (\d+) GB", grid["rocketchat:runtime.diskGb"])
    assert int(twice) > int(needed) * 1.5
    # What is left out is enough.
    for media in ("gridfs", "host"):
        spec("family-host", chat={"users": 400}, media={"kind": media}, runtime={"diskGb": None})


BAD_ARGUMENTS: list[tuple[str, Any]] = [
    ("the size of the Lightsail host is 'huge'", lambda: LightsailHost("h", {**LIGHTSAIL, "size": "huge"})),
    (
        "the size of the Lightsail host is 'small_3_0'",
        lambda: LightsailHost("h", {**LIGHTSAIL, "region": "ap-south-1"}),
    ),
    (
        "the zone in eu-central-1 is 'd'",
        lambda: LightsailHost("h", {**LIGHTSAIL, "region": "eu-central-1", "zone": "d"}),
    ),
    (
        "the region of the Lightsail host is 'us-west-1'",
        lambda: LightsailHost("h", {**LIGHTSAIL, "region": "us-west-1"}),
    ),
    ("8 GB at least, not 4", lambda: LightsailHost("h", {**LIGHTSAIL, "disk_gb": 4})),
    ("the size of the droplet is 'huge'", lambda: DropletHost("h", {**DROPLET, "size": "huge"})),
    (
        "is not in the DNS zone",
        lambda: HostName("n", {"host": "chat.other.org", "zone": ZONE, "address": "192.0.2.1"}),
    ),
    ("MongoDB's own", lambda: OnHostDatabase("d", {"database": "admin"})),
]
ZONE: DnsZone = {"kind": "cloudflare", "name": "example.com", "id": "z"}
LIGHTSAIL: LightsailHostArgs = {
    "host": "chat.example.com",
    "region": "ap-southeast-1",
    "size": "small_3_0",
    "disk_gb": 8,
}
DROPLET: DropletHostArgs = {
    "host": "chat.example.com",
    "aws_region": "ap-southeast-1",
    "region": "sgp1",
    "size": "s-1vcpu-2gb",
    "disk_gb": 10,
    "public_key": "ssh-ed25519 AAAA",
    "egress": [],
}


@pytest.mark.parametrize(("words", "make"), BAD_ARGUMENTS)
def test_wrong_arguments_are_refused_before_anything_is_made(words: str, make: Any) -> None:
    with pytest.raises(ValueError, match=words):
        record(make)


def test_the_agent_gives_the_role_to_nobody_but_systems_manager() -> None:
    def program() -> object:
        args: HostAgentArgs = {"region": "ap-southeast-1", "host": "chat.example.com", "identity": "one"}
        agent = HostAgent("a", args)
        return agent.cloud_config

    made = record(
        program,
        outputs={
            "Activation": lambda _: {
                "activationCode": "a-code-for-once",
                "expired": False,
                "expirationDate": "2126-01-01T00:00:00Z",
            }
        },
        lookups={
            "aws:ssm/getInstances:getInstances": {"ids": []},
            "aws:index/getCallerIdentity:getCallerIdentity": {
                "arn": "arn:aws:iam::123456789012:user/x",
                "accountId": "123456789012",
            },
        },
    )
    [trust] = made.one("Role").json("assumeRolePolicy")["Statement"]
    assert trust["Condition"]["ArnLike"] == {"aws:SourceArn": "arn:aws:ssm:ap-southeast-1:123456789012:*"}
    assert "a-code-for-once" in made.value
    assert made.one("Activation").inputs["registrationLimit"] == 1


def test_mail_and_cost_are_watched_where_there_is_something_to_watch(tmp_path: Path) -> None:
    plan = planned(tmp_path, "soluvas-lightsail")
    assert [alarm.name for alarm in plan.of_type(ALARM) if alarm.inputs["namespace"] == "AWS/SES"] == [
        "alarms-ses-bounces",
        "alarms-ses-complaints",
    ]
    assert plan.of_type("aws:budgets/budget:Budget")
    family = planned(tmp_path, "family-host")
    assert "alarmTopic" not in family.outputs
    assert not family.of_type(ALARM)
