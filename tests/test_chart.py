"""The values of the official chart: every key exists, every trap is avoided, no secret is among them."""

from pathlib import Path
from typing import Any

import pulumi
import pytest
from recording import record

from components.runtime import chart
from components.runtime.chart import ChartServiceArgs
from rocketchat.services import STARTS_SECONDS

KEYS = frozenset((Path(__file__).parent / "data" / "chart-7.0.2-keys.txt").read_text("utf-8").split())
"""Paths of the chart's values: those of values.yaml (and, under `nats`, of its dependency's), and those that
its templates read."""
FREE = ("podAnnotations", "annotations", "resources", "ecurityContext", "extraEnv", "tls")
"""Values under these are Kubernetes's own words, or the user's."""


def service(name: str, replicas: int = 1) -> ChartServiceArgs:
    image = "nats:2.12.8-alpine" if name == "nats" else f"rocketchat/{name}:8.9.0"
    return {"name": name, "image": image, "replicas": replicas, "cpu": 1024, "memory": 2048}


MONOLITH = [service("rocketchat")]
SEVERAL = [service("rocketchat", 2), service("nats", 2)]
APART = ["account", "authorization", "ddp-streamer", "presence"]
MICROSERVICES = [service("rocketchat"), *(service(name, 3) for name in APART), service("nats")]


def written(services: list[ChartServiceArgs], topology: str = "monolith", **more: Any) -> dict[str, Any]:
    """The values as Helm would get them."""

    def program() -> pulumi.Output[Any]:
        arguments: dict[str, Any] = {
            "host": "chat.example.com",
            "topology": topology,
            "services": services,
            "uid": 65533,
            "liveness_path": "/livez",
            "readiness_path": "/readyz",
            "environment": {"ROOT_URL": "https://chat.example.com", "PORT": "3000"},
            "mongodb_secret": "the-mongodb",
            "environment_secret": "the-environment",
            **more,
        }
        return pulumi.Output.from_input(chart.values(**arguments))

    value: dict[str, Any] = record(program).value
    return value


def paths(values: dict[str, Any], before: str = "") -> set[str]:
    found = set()
    for key, value in values.items():
        path = f"{before}{key}"
        found.add(path)
        if isinstance(value, dict) and not path.endswith(FREE):
            found |= paths(value, f"{path}.")
    return found


INGRESS = {"ingressClassName": "traefik", "path": "/", "pathType": "Prefix", "annotations": {}, "tls": []}


@pytest.mark.parametrize(
    "values",
    [
        written(MONOLITH),
        written(SEVERAL, environment={"OVERWRITE_SETTING_Prometheus_Enabled": "true"}),
        written(MICROSERVICES, "microservices", ingress=INGRESS),
        written([*MICROSERVICES, service("stream-hub")], "microservices", host=None),
    ],
    ids=["one", "several", "microservices", "stream-hub"],
)
def test_every_key_that_is_written_is_one_of_the_charts(values: dict[str, Any]) -> None:
    assert paths(values) <= KEYS


def test_the_list_of_keys_agrees_with_the_charts_own_values_file() -> None:
    file = Path(__file__).parents[2] / "shared" / "charts" / "rocketchat-7.0.2.values.yaml"
    if not file.exists():
        pytest.skip("the chart's values file is not here")
    import yaml

    assert paths(yaml.safe_load(file.read_text("utf-8")).get("microservices"), "microservices.") <= KEYS


def test_the_charts_own_mongodb_never_runs_and_the_uri_comes_by_reference() -> None:
    values = written(MONOLITH)
    assert values["mongodb"] == {"enabled": False, "metrics": {"enabled": False}}
    assert values["existingMongodbSecret"] == "the-mongodb"
    assert values["extraSecret"] == "the-environment"
    assert "externalMongodbUrl" not in values


def test_mail_and_licence_never_go_through_the_charts_own_values() -> None:
    values = written(MICROSERVICES, "microservices")
    assert values["smtp"] == {"enabled": False}
    assert "license" not in values
    assert "registrationToken" not in values


def test_microservices_are_switched_off_when_nobody_asked_for_them() -> None:
    values = written(MONOLITH)
    assert values["microservices"] == {"enabled": False}
    assert values["nats"] == {"enabled": False}


def test_several_servers_meet_at_nats_which_is_asked_for_by_name() -> None:
    values = written(SEVERAL)
    assert values["replicaCount"] == 2
    assert values["nats"]["enabled"] is True
    assert values["nats"]["cluster"] == {"enabled": True, "replicas": 2}
    assert values["podAntiAffinity"] == "soft"


def test_with_microservices_nats_is_left_unsaid_and_each_service_has_its_number() -> None:
    values = written(MICROSERVICES, "microservices")
    assert "enabled" not in values["nats"]
    for key in ("account", "authorization", "ddpStreamer", "presence"):
        assert values["microservices"][key]["replicas"] == 3
        assert values["microservices"][key]["resources"]["limits"] == {"cpu": "1000m", "memory": "2048Mi"}


def test_the_stream_hub_is_on_only_where_the_release_has_one() -> None:
    assert written(MICROSERVICES, "microservices")["microservices"]["streamHub"] == {"enabled": False}
    with_hub = written([*MICROSERVICES, service("stream-hub")], "microservices")["microservices"]["streamHub"]
    assert with_hub["enabled"] is True
    assert "replicas" not in with_hub


def test_the_probes_wait_for_migrations() -> None:
    probe = written(MONOLITH)["livenessProbe"]
    assert probe["path"] == "/livez"
    assert probe["initialDelaySeconds"] + probe["periodSeconds"] * probe["failureThreshold"] == STARTS_SECONDS


def test_a_variable_that_the_chart_writes_does_not_stand_twice() -> None:
    given = {"ROOT_URL": "x", "TRANSPORTER": "nats://nats:4222", "DEPLOY_PLATFORM": "pulumi", "PORT": "3000"}
    names = {variable["name"] for variable in written(MONOLITH, environment=given)["extraEnv"]}
    assert names == {"PORT"}
    local = {variable["name"] for variable in written(MONOLITH, environment=given, host=None)["extraEnv"]}
    assert local == {"PORT", "ROOT_URL"}
    assert "host" not in written(MONOLITH, host=None)


def test_metrics_have_ports_that_do_not_clash() -> None:
    values = written(MONOLITH, environment={"OVERWRITE_SETTING_Prometheus_Enabled": "true"})
    assert values["prometheusScraping"] == {"enabled": True, "port": 9100, "msPort": 9458}
    assert not written(MONOLITH)["prometheusScraping"]["enabled"]


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("plain", "plain"),
        ("{{ x }}", "{{`{{`}} x }}"),
        ("{{{x}}}", "{{`{{`}}{x}}}"),
        ("$(HOME) and $5", "$$(HOME) and $$5"),
        ("{ x }", "{ x }"),
    ],
)
def test_helms_and_kubernetess_own_signs_are_escaped(value: str, sent: str) -> None:
    assert chart.escaped(value) == sent
    [variable] = written(MONOLITH, environment={"X": value})["extraEnv"]
    assert variable == {"name": "X", "value": sent}


def test_the_pods_template_changes_with_the_name_of_a_secret() -> None:
    first = written(MONOLITH)["podAnnotations"]
    assert first != written(MONOLITH, environment_secret="another")["podAnnotations"]
    assert first != written(MONOLITH, mongodb_secret="another")["podAnnotations"]


@pytest.mark.parametrize(
    ("topology", "services", "told"),
    [
        ("cluster", MONOLITH, "topology is 'cluster'"),
        ("microservices", MONOLITH, "needs the microservices"),
        ("monolith", MICROSERVICES, "need topology microservices"),
        ("monolith", [service("rocketchat", 2)], "nats is missing"),
        ("monolith", [service("nats")], "rocketchat, is not among"),
        ("monolith", [*MONOLITH, *MONOLITH], "two services"),
        ("monolith", [*MONOLITH, service("queue")], "service's name is 'queue'"),
    ],
)
def test_services_that_the_chart_cannot_run_are_refused(
    topology: str, services: list[ChartServiceArgs], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        chart.check(topology, services)
