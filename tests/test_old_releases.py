"""Releases from 6.4 to 9.0 from the same code: what the release's table asks for is in the plan, and no more."""

import json
from typing import Any

import pytest
from combining import kinds_of, refusals, secure_for, values_for
from planning import Values, one, planned

from components.database import catalogue
from rehearsal.plan import Plan
from rocketchat import releases
from stacks.language import parse

LINES = [f"{line}.1" for line in releases.lines()]
TURNS = ["6.4.8", "7.6.1", "7.7.1", "7.13.0", "8.9.0", "9.0.0"]
"""On both sides of what changed: the stream-hub, the probes, the MongoDB versions."""
RUNTIMES = kinds_of("runtime")
OWN_DATABASE = {
    "kubernetes": "in-cluster",
    "doks": "in-cluster",
    "lightsail": "on-host",
    "droplet": "on-host",
}
USER = "mongodbatlas:index/databaseUser:DatabaseUser"


def wanted(release: str, runtime: str, database: str = "atlas") -> Values:
    values = values_for(
        {"runtime": runtime, "database": database, "media": "gridfs", "dns": "cloudflare"}, release=release
    )
    if database == "uri":
        values["rocketchat:database"]["version"] = releases.find(release).recommended_mongodb
    return values


def plan_of(release: str, runtime: str, database: str = "atlas") -> Plan:
    values = wanted(release, runtime, database)
    return planned(values, secure_for(values))


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_one_release_of_every_line_is_accepted(runtime: str) -> None:
    for release in LINES:
        values = wanted(release, runtime)
        assert not refusals(values, secure_for(values)), release


@pytest.mark.slow
@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("release", TURNS)
def test_a_release_plans_with_the_users_and_the_mongodb_that_it_needs(release: str, runtime: str) -> None:
    facts, plan = releases.find(release), plan_of(release, runtime)
    assert one(plan, USER).name == "database-user"
    cluster = one(plan, "mongodbatlas:index/advancedCluster:AdvancedCluster")
    assert cluster.inputs["mongoDbMajorVersion"] == facts.recommended_mongodb


@pytest.mark.slow
@pytest.mark.parametrize(("runtime", "database"), OWN_DATABASE.items())
@pytest.mark.parametrize("release", ["6.4.8", "7.13.0", "8.9.0"])
def test_a_release_plans_with_a_database_of_the_runtimes_own(
    release: str, runtime: str, database: str
) -> None:
    assert plan_of(release, runtime, database).outputs["release"] == release


@pytest.mark.slow
@pytest.mark.parametrize("release", TURNS)
def test_the_container_gets_the_probes_of_its_release_and_no_oplog(release: str) -> None:
    plan = plan_of(release, "fargate")
    [container] = json.loads(
        one(plan, "aws:ecs/taskDefinition:TaskDefinition").inputs["containerDefinitions"]
    )
    secret = {variable["name"] for variable in container["secrets"]}
    assert "MONGO_URL" in secret
    assert "MONGO_OPLOG_URL" not in secret
    group = one(plan, "aws:lb/targetGroup:TargetGroup")
    assert group.inputs["healthCheck"]["path"] == "/health"
    assert container["image"].endswith(f":{release}")


def test_the_uri_of_the_oplog_that_was_asked_for_once_is_refused_with_the_command_that_takes_it_out() -> None:
    values = wanted("6.4.8", "fargate", "uri")
    [refused] = refusals(values, secure_for(values) | {"rocketchat:mongodbOplogUri"})
    assert "no release that is known here needs" in str(refused)
    assert "pulumi config rm rocketchat:mongodbOplogUri" in str(refused)


def warnings(release: str, **database: Any) -> list[str]:
    values = wanted(release, "fargate")
    values["rocketchat:database"] |= database
    return [text for check in parse(values, set(), source="a test").checks for text in check.warnings]


def test_a_mongodb_that_atlas_makes_no_new_clusters_of_is_warned_of() -> None:
    for release in TURNS:
        offered = releases.find(release).recommended_mongodb in catalogue.NEW_CLUSTER_VERSIONS
        assert any("Atlas makes new clusters" in text for text in warnings(release)) != offered, release
    assert any("Atlas makes new clusters" in text for text in warnings("7.6.1", version="6.0"))
