"""Microservices on ECS, and the way there and back by one value."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from planning import Values, one, planned, values_of

from rehearsal.plan import Plan, PlannedResource, find_leaks
from stacks.language import parse
from stacks.problems import InvalidStack

SECURE = {"rocketchat:license"}
SERVICE = "aws:ecs/service:Service"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
RULE = "aws:lb/listenerRule:ListenerRule"
SERVICES = {"rocketchat", "ddp-streamer", "account", "authorization", "presence", "nats"}


def changed(topology: str = "microservices", *, release: str = "8.9.0", **chat: Any) -> Values:
    values = values_of("services-fargate")
    values["rocketchat:runtime"]["topology"] = topology
    values["rocketchat:chat"] |= {"release": release, **chat}
    return values


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(changed(), SECURE)


@pytest.fixture(scope="module")
def monolith() -> Plan:
    return planned(changed("monolith"), SECURE)


def running(plan: Plan) -> dict[str, PlannedResource]:
    return {service.name.removeprefix("chat-"): service for service in plan.of_type(SERVICE)}


def container(plan: Plan, service: str) -> dict[str, Any]:
    [definition] = json.loads(one(plan, TASK, f"chat-{service}").inputs["containerDefinitions"])
    assert isinstance(definition, dict)
    return definition


def plain(plan: Plan, service: str) -> dict[str, str]:
    return {
        variable["name"]: variable["value"] for variable in container(plan, service).get("environment", [])
    }


def secret(plan: Plan, service: str) -> set[str]:
    return {variable["name"] for variable in container(plan, service).get("secrets", [])}


@pytest.mark.slow
def test_each_process_is_a_service_of_one_cluster(plan: Plan) -> None:
    assert running(plan).keys() == SERVICES
    assert len({service.inputs["cluster"] for service in running(plan).values()}) == 1


@pytest.mark.parametrize("service", ["account", "authorization", "presence", "ddp-streamer"])
def test_a_microservice_gets_the_way_to_database_and_broker_and_no_more(plan: Plan, service: str) -> None:
    expected = {"TRANSPORTER": "nats://nats:4222", "PORT": "3000"}
    if service == "ddp-streamer":
        expected["HTTP_FORWARDED_COUNT"] = "1"
    assert plain(plan, service) == expected
    assert secret(plan, service) == {"MONGO_URL"}


def test_the_broker_gets_nothing(plan: Plan) -> None:
    assert not plain(plan, "nats")
    assert not secret(plan, "nats")


def test_the_main_server_is_told_that_its_services_run_apart(plan: Plan) -> None:
    assert plain(plan, "rocketchat")["TRANSPORTER"] == "nats://nats:4222"
    assert {"MONGO_URL", "ROCKETCHAT_LICENSE", "ADMIN_PASS"} <= secret(plan, "rocketchat")
    assert not find_leaks(plan)


@pytest.mark.slow
def test_metrics_are_asked_of_every_microservice() -> None:
    values = changed()
    values["rocketchat:monitoring"]["prometheus"] = True
    assert plain(planned(values, SECURE), "account")["MS_METRICS_PORT"] == "9458"


def test_web_sockets_go_to_the_ddp_streamers_before_the_rest_goes_to_the_server(plan: Plan) -> None:
    paths, rest = one(plan, RULE, "chat-ddp-streamer-paths-0"), one(plan, RULE, "chat-rocketchat")
    [patterns] = [c["pathPattern"]["values"] for c in paths.inputs["conditions"] if "pathPattern" in c]
    assert patterns == ["/sockjs", "/sockjs/*", "/websocket", "/websocket/*"]
    assert paths.inputs["priority"] < rest.inputs["priority"]
    assert (
        one(plan, "aws:lb/targetGroup:TargetGroup", "chat-ddp-streamer").inputs["healthCheck"]["path"]
        == "/health"
    )


def test_ddp_streamers_are_scaled_by_users_and_by_themselves(plan: Plan) -> None:
    assert running(plan)["ddp-streamer"].inputs["desiredCount"] == 3  # 1200 users, 500 each
    target = one(plan, "aws:appautoscaling/target:Target", "chat-ddp-streamer-scaling")
    assert (target.inputs["minCapacity"], target.inputs["maxCapacity"]) == (3, 6)


def test_every_service_has_alarms(plan: Plan) -> None:
    alarms = {alarm.name for alarm in plan.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")}
    assert {
        f"alarms-{service}-{what}" for service in SERVICES for what in ("cpu", "memory", "tasks")
    } <= alarms
    assert {"alarms-ddp-streamer-down", "alarms-rocketchat-down"} <= alarms


@pytest.mark.slow
def test_on_spot_every_service_has_the_time_to_stop_that_aws_asks_for() -> None:
    values = changed()
    values["rocketchat:runtime"]["spot"] = True
    plan = planned(values, SECURE)
    assert all(container(plan, service)["stopTimeout"] > 30 for service in SERVICES)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("release", "hub"), [("6.4.8", True), ("7.6.1", True), ("7.7.1", False), ("8.9.0", False)]
)
def test_the_stream_hub_is_there_exactly_once_and_only_before_it_went(release: str, hub: bool) -> None:
    values = changed(release=release)
    if release.startswith("6"):
        values["rocketchat:database"]["version"] = "6.0"
    plan = planned(values, SECURE)
    assert ("stream-hub" in running(plan)) == hub
    if hub:
        service = running(plan)["stream-hub"]
        assert service.inputs["desiredCount"] == 1
        assert service.inputs["deploymentMaximumPercent"] == 100
        assert secret(plan, "stream-hub") == {"MONGO_URL"}
        assert plain(plan, "rocketchat")["DISABLE_WATCH_DB"] == "true"
        assert plain(plan, "rocketchat")["INTERNAL_SERVICES_ONLY"] == "true"


def test_microservices_without_a_licence_are_refused() -> None:
    with pytest.raises(InvalidStack) as caught:
        parse(changed(), set(), source="a test")
    [problem] = [p for p in caught.value.problems if p.path == "rocketchat:runtime.topology"]
    assert "needs a licence for microservices" in problem.message
    assert "topology: monolith" in (problem.remedy or "")


def test_the_plan_says_that_the_vendor_supports_them_on_kubernetes_only() -> None:
    def warnings(values: Values) -> list[str]:
        return [text for check in parse(values, SECURE, source="a test").checks for text in check.warnings]

    assert any("Kubernetes only" in text for text in warnings(changed()))
    assert not any("Kubernetes only" in text for text in warnings(changed("monolith")))


def differing(before: Plan, after: Plan) -> tuple[set[str], set[str], set[str]]:
    """Names of the custom resources that are added, removed and changed."""
    old, new = ({r.urn: r for r in plan.resources if r.custom} for plan in (before, after))

    def names(urns: Any, of: Mapping[str, PlannedResource]) -> set[str]:
        return {f"{of[urn].type.rpartition(':')[2]} {of[urn].name}" for urn in urns}

    both = {urn for urn in old.keys() & new.keys() if old[urn].inputs != new[urn].inputs}
    return names(new.keys() - old.keys(), new), names(old.keys() - new.keys(), old), names(both, new)


def test_one_value_leads_to_microservices_and_changes_only_what_it_must(plan: Plan, monolith: Plan) -> None:
    added, removed, altered = differing(monolith, plan)
    apart = SERVICES - {"rocketchat", "nats"}
    assert not removed
    assert all(any(service in name for service in apart) for name in added), added
    # The service follows its task definition; its rule makes room for those with paths.
    assert altered == {"TaskDefinition chat-rocketchat", "ListenerRule chat-rocketchat"}


def test_the_same_value_leads_back(plan: Plan, monolith: Plan) -> None:
    forth, back = differing(monolith, plan), differing(plan, monolith)
    assert (back[0], back[1], back[2]) == (forth[1], forth[0], forth[2])
    assert running(monolith).keys() == {"rocketchat", "nats"}
    assert plain(monolith, "rocketchat")["TRANSPORTER"] == "monolith+nats://nats:4222"


@pytest.mark.slow
def test_a_single_server_becomes_microservices_by_the_same_value() -> None:
    small = [planned(changed(topology, users=100), SECURE) for topology in ("monolith", "microservices")]
    added, removed, altered = differing(*small)
    assert not removed
    assert "Service chat-nats" in added
    stateful = ("AdvancedCluster", "Bucket", "DatabaseUser", "Vpc", "LoadBalancer", "Secret ")
    assert not any(name.startswith(stateful) for name in altered | added)


def test_the_stack_file_differs_by_nothing_else() -> None:
    assert values_of("services-fargate")["rocketchat:runtime"] == {
        "kind": "fargate",
        "topology": "microservices",
    }


@pytest.mark.parametrize("service", ["account", "authorization", "presence"])
def test_what_no_balancer_watches_is_asked_for_its_health(plan: Plan, service: str) -> None:
    check = container(plan, service)["healthCheck"]["command"]
    assert check[0] == "CMD"
    assert check[-1] == "http://127.0.0.1:3000/health"
