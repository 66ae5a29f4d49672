"""What real providers do that a plan does not show: in the real engine, against stand-ins that do the same."""

import automation_world as world  # before the SDKs

# isort: split

import base64
import datetime as dt
import json
import re
import time
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_digitalocean as digitalocean
import pulumi_kubernetes as kubernetes
import pytest
import trustme
import yaml
from engine_marks import needs_engine
from planning import Values, one, planned, planned_file, values_of

import automation
import clouds
from automation import AutomationError, CancelledError, ProviderError
from clouds.ask import Ask, Cloud
from clouds.digitalocean import clusters
from clouds.record import Replaced
from components.cluster_object import ClusterObject
from components.database.atlas import AtlasCluster, AtlasClusterArgs
from components.edge.address import PublicName
from components.edge.host_name import HostName
from components.runtime import doks as doks_runtime
from components.runtime import doks_options
from components.runtime.doks import DoksCluster, DoksClusterArgs
from components.values import DnsZone
from rehearsal import canaries, standins
from rehearsal import stack as rehearsed
from rehearsal.backend import rehearsal_backend
from rehearsal.errors import RehearsalError
from rehearsal.faults import Fault, Faults
from rehearsal.plan import Plan, PlannedResource, plan_program
from rehearsal.standins.tokens import WEEK
from stacks import deploy, files, providers
from stacks.files import as_config
from stacks.kinds.runtime.kubernetes.kubeconfig import context_problem, kubeconfig_problem
from stacks.language import parse
from stacks.problems import InvalidStack


def doks(**changes: Any) -> DoksClusterArgs:
    args: DoksClusterArgs = {
        "cluster_name": "k8s-test",
        "region": "sgp1",
        "version": "1.36.1-do.0",
        "node_size": "s-2vcpu-4gb",
        "min_nodes": 2,
        "max_nodes": 4,
        "vpc_cidr": "10.30.0.0/20",
        "pod_cidr": "10.40.0.0/16",
        "service_cidr": "10.41.0.0/19",
        "nat": True,
    }
    return {**args, **changes}  # type: ignore[typeddict-item]


VALUES = {key: value for key, value in world.VALUES.items() if key != "rocketchat:mail"}
"""Values of a small stack that needs no secret."""


def opened(backend: automation.Backend) -> automation.ChatStack:
    return automation.open_stack("providers", values=VALUES, backend=backend, policies=False)


def steps(result: automation.Result) -> dict[str, str]:
    return {step.name: step.operation for step in result.steps}


@needs_engine
def test_a_second_up_leaves_the_nat_gateway_alone_and_another_network_replaces_it() -> None:
    args = doks()

    def program() -> None:
        DoksCluster("k", args)

    with rehearsal_backend(program=program) as backend, opened(backend) as stack:
        stack.up(preview=False)
        again = stack.up(preview=False)
        assert again.changed == 0, steps(again)
        args["vpc_cidr"] = "10.60.0.0/20"
        stack.up(preview=False)
        assert stack.up(preview=False).changed == 0
        there = {thing.name: thing for thing in backend.cloud.things()}
        assert there["k-nat"].inputs["vpcs"][0]["vpcUuid"] == there["k-vpc"].id


SETS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "data" / "computed-in-sets.yaml").read_text(encoding="utf-8")
)


def test_the_stand_ins_fill_in_what_the_clouds_fill_in_inside_sets() -> None:
    listed = {
        (one["type"], one["set"]): set(one["members"])
        for one in SETS
        if one["settled"] in {"ignored", "given"}
    }
    known = {
        (token, path): set(members)
        for token, record in clouds.types().items()
        if isinstance(record.replaced, Replaced)
        for path, members in record.replaced.filled.items()
    }
    assert known == listed


@pytest.mark.slow
@pytest.mark.parametrize("stack", files.names())
def test_no_stack_leaves_out_of_a_set_what_the_cloud_fills_in(stack: str) -> None:
    for resource in planned_file(stack).resources:
        for filled in SETS:
            if resource.type != filled["type"] or filled["settled"] == "empty":
                continue
            given = resource.inputs.get(filled["set"])
            if filled["settled"] == "unused":
                assert not given, resource.name
            elif filled["settled"] == "whole":
                assert all(one.keys() >= set(filled["members"]) for one in given or ()), resource.name
            elif filled["set"] not in resource.options.get("ignoreChanges", ()):
                assert not standins.filled_in(resource.type, resource.outputs, resource.inputs, ()), (
                    resource.name
                )


BY_PROVIDERS: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "data" / "by-providers.yaml").read_text(encoding="utf-8")
)


@cache
def _some_of(token: str, first: str) -> dict[str, Any]:
    """The inputs of a planned resource of a type, of one that has such an input if any has."""
    every: list[dict[str, Any]] = [
        dict(made.inputs) for stack in files.names() for made in planned_file(stack).of_type(token)
    ]
    return max(every, key=lambda inputs: first in inputs)


def _with(inputs: Any, steps: list[str], value: Any) -> Any:
    if not steps:
        return value
    if isinstance(inputs, list):
        at = int(steps[0])
        return [*inputs[:at], _with(inputs[at], steps[1:], value), *inputs[at + 1 :]]
    return {**inputs, steps[0]: _with(inputs.get(steps[0]), steps[1:], value)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("token", "path", "value"), BY_PROVIDERS["refused"], ids=lambda one: str(one).rpartition(":")[2] or "-"
)
def test_the_stand_ins_refuse_the_values_that_the_providers_refuse(token: str, path: str, value: Any) -> None:
    first = path.partition(".")[0]
    inputs = _some_of(token, first)
    standins.checked(token, "thing", "", inputs, Cloud())
    with pytest.raises(standins.UnknownToCloudError, match=first):
        standins.checked(token, "thing", "", _with(inputs, path.split("."), value), Cloud())


@pytest.mark.parametrize("token", sorted(BY_PROVIDERS["replaced"]))
def test_the_stand_ins_make_anew_what_the_providers_make_anew(token: str) -> None:
    rule = clouds.types()[token].replaced
    by = rule.by if isinstance(rule, Replaced) else frozenset()
    assert by == set(BY_PROVIDERS["replaced"][token].split())


@needs_engine
def test_what_looks_after_a_cluster_follows_it_to_another() -> None:
    args: AtlasClusterArgs = {
        "cluster_name": "one",
        "region": "ap-southeast-1",
        "tier": "M10",
        "mongodb_version": "8.0",
        "organization_id": "4" * 24,
        "maintenance": {"day": "sunday", "hour": 3},
        "termination_protection": False,
    }

    def program() -> None:
        AtlasCluster("c", args)

    with rehearsal_backend(program=program) as backend, opened(backend) as stack:
        stack.up(preview=False)
        args["cluster_name"] = "other"
        stack.up(preview=False)
        there = {thing.name: thing for thing in backend.cloud.things()}
        assert there["c-schedule"].inputs["clusterName"] == "other"
        args["organization_id"] = "5" * 24
        stack.up(preview=False)
        there = {thing.name: thing for thing in backend.cloud.things()}
        assert there["c-maintenance"].id == there["c-project"].id == there["c-cluster"].inputs["projectId"]


@needs_engine
def test_a_name_that_is_led_to_another_kind_of_target_is_so_at_cloudflare() -> None:
    zone: DnsZone = {"kind": "cloudflare", "name": "lovia.life", "id": "0" * 32}
    moved: list[bool] = []

    def program() -> None:
        if moved:
            PublicName(
                "n",
                {"host": "chat.lovia.life", "zone": zone, "target": "edge.example.com", "target_proxies": 1},
            )
        else:
            HostName("n", {"host": "chat.lovia.life", "zone": zone, "address": "203.0.113.9"})

    with rehearsal_backend(program=program) as backend, opened(backend) as stack:
        stack.up(preview=False)
        moved.append(True)
        stack.up(preview=False)
        [record] = backend.cloud.things()
        assert (record.inputs["type"], record.inputs["content"]) == ("CNAME", "edge.example.com")


SETTINGS: dict[str, str | tuple[str, ...]] = {
    "aws:s3/bucket:Bucket": "aws:s3/bucket",
    "digitalocean:index/spacesBucket:SpacesBucket": "digitalocean:index/spacesBucket",
    "mongodbatlas:index/advancedCluster:AdvancedCluster": (
        "mongodbatlas:index/alertConfiguration:",
        "mongodbatlas:index/auditing:",
        "mongodbatlas:index/cloudBackupSchedule:",
        "mongodbatlas:index/maintenanceWindow:",
    ),
    "kubernetes:apps/v1:StatefulSet": "kubernetes:",
}
"""Types of what holds data to how the types begin of what looks after it."""
OF_NO_CLOUD = {"random", "pulumi"}
WHO_IS_LET_IN = "aws:s3/bucketPolicy:BucketPolicy"
"""Names others, which the bucket does not need."""
MADE_AGAIN = ("aws:s3/bucketObjectv2:BucketObjectv2",)
"""Content, which the next deployment writes again."""


def _belongs(one: PlannedResource, held: PlannedResource) -> bool:
    needs = {urn for urns in one.property_dependencies.values() for urn in urns}
    inside = one.parent == held.parent
    if held.type.startswith("kubernetes:"):
        return inside
    return held.urn in needs or (inside and one.type.startswith("mongodbatlas:"))


def _in_the_cluster(stack: str) -> tuple[Values, set[str]]:
    values = values_of(stack)
    values["rocketchat:chat"]["profile"] = "production"
    values["aws:region"] = "eu-central-1"
    values["rocketchat:database"] = {"kind": "in-cluster", "members": 3}
    if stack == "local":
        values["rocketchat:runtime"]["ingress"] = {
            "kind": "class",
            "name": "traefik",
            "issuer": "letsencrypt",
        }
    return values, set(files.read(stack).secure)


IN_THE_CLUSTER = "in the cluster of "
CASES = [*files.names(), *(f"{IN_THE_CLUSTER}{stack}" for stack in ("local", "lovia-doks"))]


@cache
def _plan(case: str) -> Plan:
    stack = case.removeprefix(IN_THE_CLUSTER)
    return planned_file(stack) if stack == case else planned(*_in_the_cluster(stack))


def _stays(plan: Plan) -> dict[str, PlannedResource]:
    known = {one.urn: one for one in plan.resources}

    def anchored(one: PlannedResource) -> str | None:
        # The engine hands it on to children that have none of their own.
        own = one.options.get("deletedWith")
        return own or (anchored(known[one.parent]) if one.parent in known else None)

    def stays(one: PlannedResource) -> bool:
        anchor = anchored(one)
        return stays(known[anchor]) if anchor else bool(one.options.get("retainOnDelete") or not one.custom)

    return {urn: one for urn, one in known.items() if one.custom and stays(one)}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_what_is_kept_is_still_looked_after(case: str) -> None:
    plan = _plan(case)
    kept = [one for one in plan.resources if one.options.get("retainOnDelete") and one.type in SETTINGS]
    for held in kept:
        settings = [
            one
            for one in plan.resources
            if one not in kept
            and one.type.startswith(SETTINGS[held.type])
            and one.type not in MADE_AGAIN
            and _belongs(one, held)
        ]
        assert settings, held.name
        for setting in settings:
            assert setting.options.get("deletedWith") in {held.urn, held.parent}, (
                f"{setting.type} {setting.name}"
            )


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_what_is_kept_keeps_what_it_needs(case: str) -> None:
    plan = _plan(case)
    staying = _stays(plan)
    known = {one.urn: one for one in plan.resources}
    for kept in staying.values():
        if kept.type == WHO_IS_LET_IN:
            continue
        needed = {urn for urns in kept.property_dependencies.values() for urn in urns} - staying.keys()
        gone = [urn for urn in needed if known[urn].type.partition(":")[0] not in OF_NO_CLOUD]
        assert not gone, (kept.name, gone)


def test_a_set_is_kept_with_all_of_its_namespace_and_a_cluster_takes_it_along() -> None:
    staying = {one.name for one in _stays(_plan("in the cluster of local")).values()}
    assert {
        "namespace-namespace",
        "namespace-deny",
        "namespace-dns",
        "database-set",
        "database-secret",
        "database-setup",
        "database-service",
        "database-members",
        "database-backup",
        "database-backup-secret",
        "dumps-user-key-1",
        "dumps-user-policy",
    } <= staying
    gone = {one.name for one in _stays(_plan("in the cluster of lovia-doks")).values()}
    assert {name for name in gone if not name.startswith(("dumps-bucket", "media"))} == set()


@needs_engine
@pytest.mark.parametrize("stack", ["local", "lovia-doks"])
def test_what_is_told_as_kept_of_a_database_in_the_cluster_is_what_is_there(stack: str) -> None:
    values, secure = _in_the_cluster(stack)
    secrets = canaries.values(secure, values)
    with (
        rehearsal_backend() as backend,
        automation.open_stack(
            stack, values=values, secrets=secrets, backend=backend, policies=False
        ) as opened,
    ):
        opened.up(preview=False)
        gone = opened.destroy(confirm=stack, unprotect=True)
        told = {urn.rpartition("::")[2] for urn in gone.kept}
        assert ("database-set" in told) == ("database-secret" in told) == (stack == "local")
        if stack == "local":
            assert told == {thing.name for thing in backend.cloud.things()}


@needs_engine
@pytest.mark.parametrize("retain", [True, False])
def test_a_kept_atlas_cluster_keeps_its_schedule_window_and_alerts_and_another_one_takes_them_along(
    retain: bool,
) -> None:
    def program() -> None:
        AtlasCluster(
            "cluster",
            {
                "organization_id": "5f0c1d2e3b4a59687f6e5d4c",
                "cluster_name": "chat",
                "region": "eu-west-1",
                "tier": "M10",
                "mongodb_version": "8.0",
                "maintenance": {"day": "sunday", "hour": 3},
                "termination_protection": False,
                "retain": retain,
            },
        )

    with rehearsal_backend(program=program) as backend, opened(backend) as stack:
        stack.up(preview=False)
        before = {thing.name for thing in backend.cloud.things()}
        assert {"cluster-schedule", "cluster-maintenance", "cluster-disk"} <= before
        gone = stack.destroy(confirm="providers")
        assert {thing.name for thing in backend.cloud.things()} == (before if retain else set())
        assert {urn.rpartition("::")[2] for urn in gone.kept} == (before if retain else set())


def cluster() -> None:
    made = DoksCluster("k", doks())
    ClusterObject(
        "inside",
        api_version="gateway.networking.k8s.io/v1",
        kind="HTTPRoute",
        metadata={"name": "inside", "namespace": "chat"},
        spec={"hostnames": ["chat.example.com"]},
        opts=pulumi.ResourceOptions(provider=made.provider),
    )


@needs_engine
def test_a_clusters_credentials_may_end_and_neither_refresh_nor_drift_nor_up_minds() -> None:
    with rehearsal_backend(program=cluster) as backend, opened(backend) as stack:
        backend.cloud.tokens.seconds = 1
        stack.up(preview=False)
        time.sleep(1.5)
        with pytest.raises(AutomationError, match="asked for the client to provide credentials"):
            stack.run(["refresh", "--yes", "--skip-preview", "--run-program=false"])
        backend.cloud.tokens.seconds = WEEK
        assert {name for name in steps(stack.drift()) if "inside" in name} == set()
        stack.refresh()
        stack.up(preview=False)
        assert stack.up(preview=False).changed == 0


@needs_engine
def test_new_credentials_at_each_call_are_no_change_while_those_of_the_state_hold() -> None:
    with rehearsal_backend(program=cluster) as backend, opened(backend) as stack:
        stack.up(preview=False)
        again = stack.up(preview=False)
        assert again.changed == 0, steps(again)
        assert stack.refresh().changed == 0
        assert stack.drift().changed == 0


def _machines(folder: Path) -> dict[str, str | None]:
    """What $KUBECONFIG is on several machines; kubectl takes a list of files."""
    there = folder / "config"
    there.write_text("apiVersion: v1\nclusters: []\ncontexts: []\nusers: []\n", encoding="utf-8")
    missing = folder / "missing"
    return {"none": None, "file": str(there), "missing": str(missing), "list": f"{there}:{missing}"}


def _on(machine: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if machine is None:
        monkeypatch.delenv("KUBECONFIG", raising=False)
    else:
        monkeypatch.setenv("KUBECONFIG", machine)


def test_the_state_is_the_same_whatever_kubeconfig_a_machine_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for machine in _machines(tmp_path).values():
        _on(machine, monkeypatch)
        provider = one(rehearsed.plan("local"), "pulumi:providers:kubernetes")
        assert provider.inputs["kubeconfig"] == ""


@pytest.mark.parametrize(
    ("package", "variables"),
    [
        (
            "kubernetes",
            {"PULUMI_K8S_DELETE_UNREACHABLE": "true", "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY": "false"},
        ),
        ("digitalocean", {"DIGITALOCEAN_API_URL": "http://a.test", "SPACES_ENDPOINT_URL": "http://b.test"}),
    ],
)
def test_the_state_is_the_same_whatever_a_machine_tells_a_provider(
    package: str, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for stack in ("local", "lovia-doks") if package == "kubernetes" else ("family-host",):
        made = one(rehearsed.plan(stack), f"pulumi:providers:{package}").inputs
        assert not made.keys() & {"deleteUnreachable", "enableServerSideApply", "spacesEndpoint"}
        assert made.get("apiEndpoint") in (None, "https://api.digitalocean.com")


@needs_engine
def test_a_stack_goes_from_machine_to_machine_without_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines = _machines(tmp_path)
    with (
        rehearsal_backend() as backend,
        automation.open_stack("local", backend=backend, policies=False) as stack,
    ):
        _on(machines["list"], monkeypatch)
        stack.up(preview=False)
        for machine in machines.values():
            _on(machine, monkeypatch)
            assert stack.preview().changed == 0
        _on(machines["missing"], monkeypatch)
        assert stack.refresh().changed == 0


USER: dict[str, Any] = {"name": "u", "user": {"token": "t"}}
KUBECONFIG: dict[str, Any] = {
    "clusters": [{"name": "c", "cluster": {"server": "https://cluster.example.com"}}],
    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
    "users": [USER],
}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("~/.kube/config", "not by its path"),
        ("/etc/kube/a:/etc/kube/b", "not by its path"),
        ("a: [", "not valid YAML"),
        ("- a", "no YAML object"),
        (yaml.safe_dump({**KUBECONFIG, "users": []}), "has no users"),
        (yaml.safe_dump({**KUBECONFIG, "clusters": ["c"]}), "has no clusters"),
        (
            yaml.safe_dump({**KUBECONFIG, "users": [{"name": "u", "user": {"client-key": "/etc/kube/key"}}]}),
            "files of the machine",
        ),
    ],
)
def test_a_secret_kubeconfig_that_no_machine_can_use_is_refused_without_quoting_it(
    given: str, told: str
) -> None:
    problem = kubeconfig_problem(given)
    assert problem is not None
    assert told in problem
    assert "/etc/kube" not in problem
    with pytest.raises(RehearsalError, match="kubectl config view --raw --flatten --minify"):
        plan_program(
            deploy.run,
            stack="local",
            config=as_config(values_of("local")) | {"rocketchat:kubeconfig": given},
            secret_keys=["rocketchat:kubeconfig"],
        )


def _credentials(days: float, key: str) -> str:
    until = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    if key == "token":
        parts: tuple[dict[str, Any], ...] = ({"alg": "RS256"}, {"exp": int(until.timestamp())}, {})
        return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    made = trustme.CA().issue_cert("u", not_before=until - dt.timedelta(days=9), not_after=until)
    return base64.b64encode(made.cert_chain_pems[0].bytes()).decode()


@pytest.mark.parametrize("key", ["token", "client-certificate-data", "certificate-authority-data"])
def test_a_kubeconfig_whose_credentials_have_ended_is_refused_and_no_other(key: str) -> None:
    part, what = ("clusters", "cluster") if "authority" in key else ("users", "user")
    for days, current, asked, ended in (
        (-1, "x", None, True),
        (-1, "y", None, False),
        (-1, "y", "x", True),
        (-1, "x", "y", False),
        (1, "x", None, False),
    ):
        [old] = KUBECONFIG[part]
        used = {**old, what: {**old[what], key: _credentials(days, key)}}
        given = {
            **KUBECONFIG,
            part: [used, {"name": "other", what: {"server": "https://other.example.com", "token": "t"}}],
            "contexts": [
                *KUBECONFIG["contexts"],
                {"name": "y", "context": {"cluster": "c", "user": "u"} | {what: "other"}},
            ],
            "current-context": current,
        }
        text = yaml.safe_dump(given)
        assert kubeconfig_problem(text) is None
        problem = context_problem(text, asked)
        assert f"{key} ended on" in str(problem) if ended else problem is None


@pytest.mark.parametrize(
    ("asked", "told"),
    [("elsewhere", r"name that is used, `runtime\.context` .elsewhere"), (None, "no current-context")],
)
def test_a_context_that_the_kubeconfig_has_not_is_told(asked: str | None, told: str) -> None:
    values = values_of("local")
    del values["rocketchat:runtime"]["context"]
    values["rocketchat:runtime"] |= {} if asked is None else {"context": asked}
    with pytest.raises(RehearsalError, match=told):
        plan_program(
            deploy.run,
            stack="local",
            config=as_config(values) | {"rocketchat:kubeconfig": yaml.safe_dump(KUBECONFIG)},
            secret_keys=["rocketchat:kubeconfig"],
        )


@pytest.mark.parametrize(
    ("part", "given", "told"),
    [
        ("user", {}, "no user of the kubeconfig with credentials"),
        ("user", {"token": ""}, "no user of the kubeconfig with credentials"),
        ("user", {"client-certificate-data": "bm9uZQ=="}, "no user of the kubeconfig with credentials"),
        ("user", {"auth-provider": {"name": "gcp"}}, "took out in 1.26"),
        ("user", {"auth-provider": {"name": "oidc"}}, None),
        ("user", {"exec": {"command": "doctl"}}, None),
        ("user", {"username": "me", "password": "x"}, None),
        ("user", {"client-certificate-data": "bm9uZQ==", "client-key-data": "bm9uZQ=="}, None),
        ("cluster", {}, "no cluster of the kubeconfig"),
        ("context", {"cluster": "c", "user": "gone"}, "no user of the kubeconfig"),
        ("context", {"cluster": "gone", "user": "u"}, "no cluster of the kubeconfig"),
    ],
)
def test_a_context_that_leads_nowhere_is_told(part: str, given: dict[str, Any], told: str | None) -> None:
    [old] = KUBECONFIG[f"{part}s"]
    text = yaml.safe_dump({**KUBECONFIG, f"{part}s": [{**old, part: given}]})
    problem = context_problem(text, "x")
    assert problem is None if told is None else told in str(problem)


def test_a_kubeconfig_with_credentials_of_its_own_is_taken() -> None:
    assert kubeconfig_problem(yaml.safe_dump(KUBECONFIG)) is None


@needs_engine
def test_credentials_that_were_dropped_from_the_state_are_asked_for_anew() -> None:
    with rehearsal_backend(program=cluster) as backend, opened(backend) as stack:
        stack.up(preview=False)
        issued = len(backend.cloud.tokens.texts())
        state = stack.export_state()
        record = next(found for found in state.records if found["urn"].endswith("::k-cluster"))
        record["outputs"].pop("kubeConfigs")
        stack.import_state(state)
        stack.up(preview=False)
        assert len(backend.cloud.tokens.texts()) == issued + 1


@needs_engine
def test_a_clusters_minor_version_is_looked_up_once_and_its_end_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    args = doks(version="1.36", auto_upgrade=False, nat=False)

    def program() -> None:
        DoksCluster("k", args)

    with rehearsal_backend(program=program) as backend, opened(backend) as stack:
        stack.up(preview=False)
        made = {thing.name: thing for thing in backend.cloud.things()}
        newest = next(slug for slug in clusters.VERSIONS if slug.startswith("1.36."))
        assert made["k-cluster"].inputs["version"] == newest != clusters.VERSIONS[0]
        monkeypatch.setattr(clusters, "VERSIONS", ("1.37.0-do.0", "1.36.9-do.0"))
        assert stack.up(preview=False).changed == 0
        monkeypatch.setattr(clusters, "VERSIONS", ("1.37.0-do.0",))
        ended = stack.up(preview=False)
        assert ended.changed == 0
        assert any("no new clusters of Kubernetes 1.36" in said for said in ended.warnings)
        assert backend.cloud.things()[0].id == made["k-cluster"].id


@needs_engine
def test_records_leave_the_account_that_they_are_in_when_the_zone_is_in_another_one() -> None:
    account = "456789012345"

    def program() -> None:
        values = values_of("services-fargate")
        role = {"arn": f"arn:aws:iam::{account}:role/dns"}
        values["rocketchat:dns"]["aws"] = {"assumeRole": role}
        spec = parse(values, set(files.read("services-fargate").secure), source="a test")
        opts = pulumi.ResourceOptions(provider=providers.of_zone(spec))
        found = aws.route53.get_zone_output(
            name="example.com", opts=pulumi.InvokeOptions(provider=opts.provider)
        )
        aws.route53.Record(
            "r",
            zone_id=found.zone_id,
            name="example.com",
            type="A",
            ttl=60,
            records=["203.0.113.7"],
            opts=opts,
        )

    with rehearsal_backend(program=program) as backend, opened(backend) as stack:
        for account in ("456789012345", "567890123456"):
            stack.up(preview=False)
            assert [account in thing.inputs["zoneId"] for thing in backend.cloud.things()] == [True]


@needs_engine
@pytest.mark.parametrize("checked", [True, False])
def test_a_cluster_becomes_only_what_digitalocean_makes_of_it(
    checked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not checked:
        monkeypatch.setattr(doks_runtime, "_check_step", lambda _: None)
    first = {"nat": False, "auto_upgrade": False, "high_availability": True}
    args = doks()

    def program() -> None:
        DoksCluster("k", args)

    one_up = "exact version of 1.36 first .`version` in rocketchat:runtime"
    changes: list[tuple[dict[str, Any], str, str]] = [
        ({"version": "1.35.4-do.1"}, "", ""),
        ({"version": "1.37.0-do.0"}, one_up, "invalid version slug '1.37.0-do.0'"),
        ({"version": "1.36.1-do.0"}, "", ""),
        ({"version": "1.36.1-do.0", "high_availability": False}, "`highAvailability: true`", "switched off"),
    ]
    with rehearsal_backend(program=program) as backend, opened(backend) as stack:
        for change, beforehand, by_the_cloud in changes:
            args = doks(**first | change)
            if not beforehand:
                stack.up(preview=False)
                continue
            with pytest.raises(AutomationError, match=beforehand if checked else by_the_cloud):
                stack.up(preview=False)
            if checked:
                with pytest.raises(automation.ConfigurationError, match=beforehand):
                    stack.preview()


@needs_engine
@pytest.mark.parametrize("minor_first", [True, False])
def test_no_lower_version_replaces_a_cluster_and_what_the_refusal_names_is_taken(minor_first: bool) -> None:
    first = {"nat": False, "auto_upgrade": minor_first}
    args = doks(**first, version="1.36" if minor_first else "1.36.2-do.0")

    def program() -> None:
        DoksCluster("k", args)

    with rehearsal_backend(program=program) as backend, opened(backend) as stack:
        stack.up(preview=False)
        made = {thing.name: thing.id for thing in backend.cloud.things()}
        running = "1.36.3-do.1" if minor_first else "1.36.2-do.0"
        for lower in ("1.36.1-do.0", "1.35.4-do.1"):
            args = doks(nat=False, auto_upgrade=False, version=lower)
            said = f'{running}, and {lower} is wanted.*`version: "{running}"`'
            with pytest.raises(automation.ConfigurationError, match=said):
                stack.preview()
            with pytest.raises(AutomationError, match=said):
                stack.up(preview=False)
        # Left as they are: the cloud takes the patches by itself.
        args = doks(nat=False, auto_upgrade=True, version="1.35.4-do.1")
        stack.up(preview=False)
        args = doks(nat=False, auto_upgrade=False, version="1.36.3-do.1")
        stack.up(preview=False)
        # The cloud has gone on by itself, and a refresh has seen it.
        cluster = next(thing for thing in backend.cloud.things() if thing.name == "k-cluster")
        assert isinstance(cluster.outputs, dict)
        cluster.outputs["version"] = "1.37.0-do.0"
        stack.refresh()
        args = doks(nat=False, auto_upgrade=False, version="1.36.2-do.0")
        with pytest.raises(automation.ConfigurationError, match=r"runs Kubernetes 1\.37\.0-do\.0"):
            stack.preview()
        assert {thing.name: thing.id for thing in backend.cloud.things()} == made


@pytest.mark.parametrize("version", ["1.33.1-do.0", "1.33"])
def test_a_cluster_of_a_version_that_was_withdrawn_is_not_made(version: str) -> None:
    inputs = {"name": "k", "version": version, "region": "sgp1"}
    ask = Ask("digitalocean:index/kubernetesCluster:KubernetesCluster", "k", "urn", inputs, Cloud())
    with pytest.raises(RehearsalError, match=f"422 validation error: invalid version slug '{version}'"):
        standins.lacking(ask)


@pytest.mark.parametrize(
    ("key", "taken"), [("clusterSubnet", "10.240.0.0/12"), ("serviceSubnet", "10.245.128.0/19")]
)
def test_a_cluster_on_addresses_of_digitaloceans_own_is_not_made(key: str, taken: str) -> None:
    inputs = {"name": "k", "version": clusters.VERSIONS[0], "region": "sgp1", key: taken}
    ask = Ask("digitalocean:index/kubernetesCluster:KubernetesCluster", "k", "urn", inputs, Cloud())
    with pytest.raises(RehearsalError, match=rf"{key} {taken} overlaps 10\.24.*reserved"):
        standins.lacking(ask)


@pytest.mark.parametrize("name", ["default", "kube-system"])
def test_a_cluster_refuses_to_make_the_namespaces_that_it_begins_with(name: str) -> None:
    ask = Ask("kubernetes:core/v1:Namespace", "own", "urn", {"metadata": {"name": name}}, Cloud())
    with pytest.raises(RehearsalError, match=f'namespaces "{name}" already exists'):
        standins.lacking(ask)


@pytest.mark.parametrize(
    "size",
    [
        "s-3vcpu-1gb",
        "g-2vcpu-4gb",
        "x-2vcpu-4gb",
        "s-2vcpu-4gb-arm",
        "s-2vcpu-8gb-intel",
        "g-48vcpu-192gb",
        "c-3",
    ],
)
def test_nodes_that_digitalocean_has_not_are_refused_with_what_there_is(size: str) -> None:
    values = values_of("lovia-doks")
    values["rocketchat:runtime"]["nodeSize"] = size
    with pytest.raises(InvalidStack, match="DigitalOcean has no nodes of size") as caught:
        parse(values, set(files.read("lovia-doks").secure), source="a test")
    assert any(there in str(caught.value) for there in ("s-2vcpu-4gb", "g-2vcpu-8gb", "c-4"))


@pytest.mark.parametrize("size", ["c-4", "c2-4vcpu-8gb-intel", "so1_5-2vcpu-16gb", "s-2vcpu-8gb-160gb-intel"])
def test_nodes_of_every_family_can_be_had(size: str) -> None:
    values = values_of("lovia-doks")
    values["rocketchat:runtime"]["nodeSize"] = size
    parse(values, set(files.read("lovia-doks").secure), source="a test")


def test_the_sizes_of_nodes_are_those_that_the_provider_knows() -> None:
    known = {one.value for one in digitalocean.DropletSlug}
    sizes = {
        size
        for family in ["s", "c", "c2", "g", "gd", "m", "m3", "m6", "so", "so1_5"]
        for size in doks_options.node_sizes(family)
    }
    assert sizes <= known
    missing = {one for one in known - sizes if "-" in one and not one.startswith("gpu-")}
    # Of less than 2 GB, or of the years before 2018: no family has them any more.
    assert all(re.fullmatch(r"s-\d+vcpu-\d+[gm]b(-(\d+gb-)?(amd|intel|10gb))?", one) for one in missing)
    assert {doks_options.shape(one)[1] for one in sizes if one.startswith("c-")} == {
        4,
        8,
        16,
        32,
        64,
        96,
        120,
    }


def test_an_exact_version_is_told_to_last_some_months_only() -> None:
    values = values_of("lovia-doks")
    values["rocketchat:runtime"]["version"] = "1.36.1-do.0"
    spec = parse(values, set(files.read("lovia-doks").secure), source="a test")
    warnings = [warning for check in spec.checks for warning in check.warnings]
    assert any('`version: "1.36"`' in warning for warning in warnings)


def gateway() -> None:
    ClusterObject(
        "way",
        api_version="gateway.networking.k8s.io/v1",
        kind="Gateway",
        metadata={"name": "way", "namespace": "chat"},
        spec={"gatewayClassName": "cilium", "listeners": [{"name": "http", "protocol": "HTTP", "port": 80}]},
        opts=pulumi.ResourceOptions(),
    )


@needs_engine
@pytest.mark.parametrize("plain", [True, False])
def test_killed_while_a_gateway_is_awaited_there_is_a_way_out(plain: bool) -> None:
    with rehearsal_backend(program=gateway, checkpoints=True) as backend, opened(backend) as stack:
        backend.cloud.faults = Faults(Fault.KILL, kill=stack.kill)
        with pytest.raises(CancelledError):
            stack.up(preview=False)
        backend.cloud.faults = None
        assert len(stack.pending()) == 1
        for lock in stack.locks():
            lock.path.unlink()
        if plain:
            stack.run(
                ["refresh", "--yes", "--skip-preview", "--run-program=false", "--clear-pending-creates"]
            )
            with pytest.raises(ProviderError, match="exists already"):
                stack.up(preview=False)
            [way] = backend.cloud.things()
            backend.cloud.delete(way.urn, way.id)
            stack.up(preview=False)
        else:
            assert stack.recover().done
        assert stack.up(preview=False).changed == 0
        assert [thing.name for thing in backend.cloud.things()] == ["way"]


@needs_engine
def test_an_object_that_is_in_the_cluster_already_is_not_taken_over_in_silence() -> None:
    with rehearsal_backend(program=gateway) as backend, opened(backend) as stack:
        stack.up(preview=False)
        state = stack.export_state()
        records = state.deployment["resources"]
        records[:] = [record for record in records if not record["urn"].endswith("::way")]
        stack.import_state(state)
        with pytest.raises(ProviderError, match="exists already"):
            stack.up(preview=False)


@needs_engine
def test_a_helm_release_that_stays_pending_is_refused_until_it_is_forgotten() -> None:
    asked = {"replicas": 1}

    def program() -> None:
        kubernetes.helm.v3.Release(
            "chat",
            name="chat",
            namespace="chat",
            chart="rocketchat",
            values={"replicaCount": asked["replicas"]},
        )

    with rehearsal_backend(program=program) as backend, opened(backend) as stack:
        stack.up(preview=False)
        [release] = backend.cloud.things()
        backend.cloud.tamper("chat", {"status": {**release.outputs["status"], "status": "pending-upgrade"}})
        asked["replicas"] = 2
        with pytest.raises(ProviderError, match="another operation") as refused:
            stack.up(preview=False)
        assert "status in (pending-install,pending-upgrade,pending-rollback)" in refused.value.remedy
        backend.cloud.tamper("chat", {"status": release.outputs["status"]})
        assert stack.up(preview=False).changes["update"] == 1


def test_in_production_no_microservice_is_alone_and_a_trial_says_which_are() -> None:
    values = values_of("services-helm")
    made = one(planned(values, files.read("services-helm").secure), "kubernetes:helm.sh/v3:Release")
    parts = made.inputs["values"]["microservices"]
    assert all(
        parts[name]["replicas"] >= 2 for name in ("account", "authorization", "presence", "ddpStreamer")
    )
    values["rocketchat:chat"]["profile"] = "trial"
    spec = parse(values, set(files.read("services-helm").secure), source="a test")
    assert any("users are kept out" in note for check in spec.checks for note in check.notes)


def test_a_droplets_project_says_its_environment() -> None:
    project = one(rehearsed.plan("family-host"), "digitalocean:index/project:Project")
    assert project.inputs["environment"] == "Production"
    with pytest.raises(standins.UnknownToCloudError, match="environment '' must be one of"):
        standins.checked(project.type, "p", project.urn, {"name": "p"}, Cloud())
