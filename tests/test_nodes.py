"""Pods run on the nodes that the stack file names: the chat's, the broker's, the database's and those of its jobs."""

from typing import Any

import pytest
from planning import one, planned, values_of

from rehearsal.plan import Plan
from stacks import files
from stacks.guide import next_steps
from stacks.language import parse
from stacks.problems import InvalidStack

SELECTOR = {"example.com/pool": "chat"}
NODES = {
    "selector": SELECTOR,
    "tolerations": [{"key": "dedicated", "value": "chat", "effect": "NoSchedule"}, {"key": "spot"}],
    "apart": "zones",
}
TOLERATED = [
    {"key": "dedicated", "operator": "Equal", "value": "chat", "effect": "NoSchedule"},
    {"key": "spot", "operator": "Exists"},
]
ZONE = "topology.kubernetes.io/zone"


def values_with(stack: str, **runtime: Any) -> dict[str, Any]:
    values = values_of(stack)
    values["rocketchat:runtime"] |= runtime
    return values


def chart_of(plan: Plan) -> dict[str, Any]:
    found: dict[str, Any] = one(plan, "kubernetes:helm.sh/v3:Release", "chat-release").inputs["values"]
    return found


def test_the_chart_puts_all_of_its_pods_there() -> None:
    values = chart_of(planned(values_with("services-helm", nodes=NODES), files.read("services-helm").secure))
    assert values["global"] == {"nodeSelector": SELECTOR, "tolerations": TOLERATED}
    assert (values["nats"]["nodeSelector"], values["nats"]["tolerations"]) == (SELECTOR, TOLERATED)
    assert values["podAntiAffinityTopologyKey"] == ZONE
    [spread] = values["nats"]["topologySpreadConstraints"]
    assert (spread["topologyKey"], spread["whenUnsatisfiable"]) == (ZONE, "ScheduleAnyway")


def test_the_database_and_its_dumps_are_there_too() -> None:
    values = values_with("local", nodes=NODES)
    values |= {"rocketchat:backup": {"dumps": True}, "aws:region": "eu-central-1"}
    plan = planned(values)
    pods = [one(plan, "kubernetes:apps/v1:StatefulSet").inputs["spec"]["template"]["spec"]]
    jobs = plan.of_type("kubernetes:batch/v1:CronJob")
    pods += [job.inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"] for job in jobs]
    assert len(pods) > 1
    assert [(pod["nodeSelector"], pod["tolerations"]) for pod in pods] == [(SELECTOR, TOLERATED)] * len(pods)
    [apart] = pods[0]["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert apart["podAffinityTerm"]["topologyKey"] == ZONE


def test_without_it_nothing_is_said_of_nodes() -> None:
    values = chart_of(planned(values_of("services-helm"), files.read("services-helm").secure))
    assert {"global", "podAntiAffinityTopologyKey"}.isdisjoint(values)
    assert {"nodeSelector", "tolerations", "topologySpreadConstraints"}.isdisjoint(values["nats"])


@pytest.mark.parametrize(
    ("nodes", "path"),
    [
        ({"selector": {"a b": "c"}}, "selector.a b"),
        ({"selector": {"pool": "c d"}}, "selector.pool"),
        ({"selector": {"pool": 3}}, "selector.pool"),
        ({"tolerations": [{"value": "chat"}]}, "tolerations[0].key"),
        ({"tolerations": [{"key": "a", "effect": "Never"}]}, "tolerations[0].effect"),
        ({"apart": "regions"}, "apart"),
    ],
)
def test_what_kubernetes_would_not_take_is_refused(nodes: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidStack) as caught:
        parse(values_with("services-helm", nodes=nodes), files.read("services-helm").secure, source="a test")
    assert [problem.path for problem in caught.value.problems] == [f"rocketchat:runtime.nodes.{path}"]


def test_in_openshift_the_next_steps_let_the_pods_run() -> None:
    def steps(**runtime: Any) -> str:
        secure = files.read("services-helm").secure
        return "\n".join(
            next_steps(parse(values_with("services-helm", **runtime), secure, source="a test"), "x", {})
        )

    said = "oc adm policy add-scc-to-group nonroot-v2 system:serviceaccounts:"
    assert said in steps(clusterDns={"namespace": "openshift-dns", "port": 5353})
    assert said not in steps()
