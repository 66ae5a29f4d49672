"""What real providers do that a plan does not show: in the real engine, against stand-ins that do the same."""

import components  # noqa: F401 - before the SDKs, which it makes import one file at a time

# isort: split

from pathlib import Path
from typing import Any

import pytest
import yaml

import automation
from components.database.atlas import AtlasCluster
from components.runtime.doks import DoksCluster, DoksClusterArgs
from rehearsal import stack as rehearsed
from rehearsal import standins
from rehearsal.plan import PlannedResource
from rehearsal.testing import needs_engine
from stacks import files


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


VALUES = {
    "aws:region": "eu-west-1",
    "rocketchat:chat": {"host": "chat.example.com", "profile": "trial"},
    "rocketchat:runtime": {"kind": "fargate"},
    "rocketchat:database": {
        "kind": "atlas",
        "organization": "5f0c1d2e3b4a59687f6e5d4c",
        "cluster": "example",
    },
    "rocketchat:dns": {"kind": "cloudflare", "zone": "example.com"},
}


def opened(backend: automation.Backend) -> automation.ChatStack:
    return automation.open_stack("providers", values=VALUES, backend=backend, policies=False)


def steps(result: automation.Result) -> dict[str, str]:
    return {step.name: step.operation for step in result.steps}


@needs_engine
def test_a_second_up_leaves_the_nat_gateway_alone_and_another_network_replaces_it() -> None:
    args = doks()
    with (
        automation.rehearsal(program=lambda: DoksCluster("k", args) and None) as backend,
        opened(backend) as stack,
    ):
        stack.up(preview=False)
        again = stack.up(preview=False)
        assert again.changed == 0, steps(again)
        args["vpc_cidr"] = "10.60.0.0/20"
        moved = stack.up(preview=False)
        print(steps(moved))
        assert stack.up(preview=False).changed == 0
        assert backend.cloud is not None
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
        for token, standin in standins.types().items()
        for path, members in standin.filled.items()
    }
    assert known == listed


@pytest.mark.parametrize("stack", files.names())
def test_no_stack_leaves_out_of_a_set_what_the_cloud_fills_in(stack: str) -> None:
    for resource in rehearsed.plan(stack).resources:
        for one in SETS:
            if resource.type != one["type"] or one["settled"] == "empty":
                continue
            given = resource.inputs.get(one["set"])
            if one["settled"] == "unused":
                assert not given, resource.name
            elif one["set"] not in resource.options.get("ignoreChanges", ()):
                assert not standins.filled_in(resource.type, resource.outputs, resource.inputs, ()), (
                    resource.name
                )


SETTINGS = {
    "aws:s3/bucket:Bucket": "aws:s3/bucket",
    "digitalocean:index/spacesBucket:SpacesBucket": "digitalocean:index/spacesBucket",
    "mongodbatlas:index/advancedCluster:AdvancedCluster": (
        "mongodbatlas:index/alertConfiguration:",
        "mongodbatlas:index/auditing:",
        "mongodbatlas:index/cloudBackupSchedule:",
        "mongodbatlas:index/maintenanceWindow:",
    ),
}
"""Types of what holds data to how the types begin of what looks after it."""
MADE_AGAIN = ("aws:s3/bucketObjectv2:BucketObjectv2",)
"""Content, which the next deployment writes again."""


def _belongs(one: PlannedResource, held: PlannedResource) -> bool:
    needs = {urn for urns in one.property_dependencies.values() for urn in urns}
    return held.urn in needs or (one.parent == held.parent and one.type.startswith("mongodbatlas:"))


@pytest.mark.parametrize("stack", files.names())
def test_what_is_kept_is_still_looked_after(stack: str) -> None:
    plan = rehearsed.plan(stack)
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
        for one in settings:
            assert one.options.get("deletedWith") == held.urn, f"{one.type} {one.name}"


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

    with automation.rehearsal(program=program) as backend, opened(backend) as stack:
        assert backend.cloud is not None
        stack.up(preview=False)
        before = {thing.name for thing in backend.cloud.things()}
        assert {"cluster-schedule", "cluster-maintenance", "cluster-disk"} <= before
        gone = stack.destroy(confirm="providers")
        assert {thing.name for thing in backend.cloud.things()} == (before if retain else set())
        assert {urn.rpartition("::")[2] for urn in gone.kept} == (before if retain else set())
