"""Every stack file of `examples/` is valid, and its plan passes the policy pack and tells no secret."""

import re
from pathlib import Path

import pytest

from rehearsal import report
from rehearsal import stack as rehearsed
from rehearsal.plan import find_leaks
from stacks.kinds.kind import chosen
from stacks.spec import Parts

EXAMPLES = Path(__file__).parents[1] / "examples"
FILES = sorted(EXAMPLES.rglob("Pulumi.*.yaml"))
MAKES = {
    "air-gapped": "kubernetes:helm.sh/v3:Release",
    "cloudflare": "aws:lb/trustStore:TrustStore",
    "digitalocean": "digitalocean:index/dnsRecord:DnsRecord",
    "directory": "kubernetes:core/v1:ConfigMap",
    "environment": "aws:lightsail/instance:Instance",
    "everything": "aws:cloudfront/distribution:Distribution",
    "existing": "aws:lb/listenerRule:ListenerRule",
    "manual-dns": "rocketchat:index:ManualRecord",
    "minio": "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
    "no-zone": "aws:lb/loadBalancer:LoadBalancer",
    "offices": "aws:lightsail/instancePublicPorts:InstancePublicPorts",
    "shared-gateway": "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
    "sign-on": "kubernetes:helm.sh/v3:Release",
    "surroundings": "aws:lb/loadBalancer:LoadBalancer",
    "workspace": "kubernetes:helm.sh/v3:Release",
}
"""What each is for, by a resource that shows it; a new file is named here."""


def name_of(file: Path) -> str:
    return file.name.split(".")[1]


def test_each_example_is_planned_here() -> None:
    assert {name_of(file) for file in FILES} == MAKES.keys()


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_an_example_is_planned_and_passes(file: Path) -> None:
    found = report.plan(str(file))
    assert found.plan.of_type(MAKES[name_of(file)])
    assert find_leaks(found.plan) == []
    refused = {one.rule.id for one in found.policies.findings if one.blocking}
    # Whose registry it is, the configuration of the pack must say: `registries` in policy/config.yaml.
    assert refused == ({"helm-chat-registry"} if name_of(file) == "air-gapped" else set())


def test_one_example_has_all_parts_at_once() -> None:
    parts = rehearsed.load(str(EXAMPLES / "stacks" / "Pulumi.everything.yaml")).spec.parts
    elsewhere = {"charts"}  # of clusters
    empty = {
        name
        for name, field in Parts.model_fields.items()
        if getattr(parts, name) == field.get_default(call_default_factory=True)
    }
    assert empty == elsewhere
    assert len(list(chosen(parts))) > len({part for part, _ in chosen(parts)})


def test_no_example_names_a_real_account() -> None:
    ids = {found for file in FILES for found in re.findall(r"\b\d{12}\b", file.read_text("utf-8"))}
    assert ids <= {"123456789012", "456789012345"}
