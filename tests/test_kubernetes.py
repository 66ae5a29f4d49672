"""The chat on Kubernetes: what is made, what is closed, what is refused, and that the API would take it."""

import json
import re
from itertools import chain
from typing import Any

import kubernetes_validate
import pytest
from planning import Values, one, planned, values_of
from recording import record

from clouds.digitalocean.clusters import VERSIONS
from components.database.in_cluster import ClusterMongodb, ClusterMongodbArgs
from components.edge.cluster_gateway import (
    CertManager,
    CertManagerArgs,
    ChatRoutes,
    ChatRoutesArgs,
    ClusterGateway,
    tls_secret,
)
from components.runtime.doks import DoksCluster, DoksClusterArgs
from components.runtime.doks_options import MINORS
from components.runtime.kubernetes import ChatNamespace, ChatRelease, ChatReleaseArgs
from rehearsal import summary
from rehearsal.plan import Plan, PlannedResource, find_leaks
from stacks import files
from stacks.kinds.runtime.doks import DoksRuntime
from stacks.language import parse
from stacks.problems import InvalidStack

KUBERNETES = "1.36"
RELEASE = "kubernetes:helm.sh/v3:Release"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
SECRET = "kubernetes:core/v1:Secret"
GATEWAY = "kubernetes:gateway.networking.k8s.io/v1:Gateway"
ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"
CLUSTER = "digitalocean:index/kubernetesCluster:KubernetesCluster"
STACKS = ("lovia-doks", "services-helm", "local")


def plan_of(stack: str, **runtime: Any) -> Plan:
    values = values_of(stack)
    values["rocketchat:runtime"] |= runtime
    return planned(values, set(files.read(stack).secure))


@pytest.fixture(scope="module")
def doks() -> Plan:
    return plan_of("lovia-doks")


@pytest.fixture(scope="module")
def helm() -> Plan:
    return plan_of("services-helm")


@pytest.fixture(scope="module")
def local() -> Plan:
    return plan_of("local")


def objects(plan: Plan) -> list[PlannedResource]:
    return [made for made in plan.resources if made.type.startswith("kubernetes:") and made.type != RELEASE]


def helm_values(plan: Plan) -> dict[str, Any]:
    values = one(plan, RELEASE, "chat-release").inputs["values"]
    assert isinstance(values, dict)
    return values


def policies(plan: Plan, namespace: str = "rocketchat") -> dict[str, dict[str, Any]]:
    return {
        made.outputs["metadata"]["name"]: dict(made.inputs["spec"])
        for made in plan.of_type(POLICY)
        if made.outputs["metadata"]["namespace"] == namespace
    }


@pytest.mark.slow
@pytest.mark.parametrize("stack", STACKS)
def test_the_api_would_take_every_object(stack: str) -> None:
    checked = 0
    for made in objects(plan_of(stack)):
        manifest = {**made.inputs, "metadata": dict(made.outputs["metadata"])}
        manifest["metadata"].pop("creationTimestamp")
        try:
            kubernetes_validate.validate(json.loads(json.dumps(manifest)), KUBERNETES, strict=True)
        except kubernetes_validate.SchemaNotFoundError:
            assert "." in manifest["apiVersion"]
            assert not manifest["apiVersion"].endswith(".k8s.io/v1") or "gateway" in manifest["apiVersion"]
        else:
            checked += 1
    assert checked >= 6


def test_a_wrong_object_would_be_noticed(local: Plan) -> None:
    made = one(local, "kubernetes:apps/v1:StatefulSet")
    spoilt = {**made.inputs, "spec": {**made.inputs["spec"], "replicsa": 1}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(json.loads(json.dumps(spoilt)), KUBERNETES, strict=True)


@pytest.mark.slow
@pytest.mark.parametrize("stack", STACKS)
def test_no_secret_is_among_the_values_of_the_chart_or_in_clear(stack: str) -> None:
    plan = plan_of(stack)
    release = one(plan, RELEASE, "chat-release")
    assert not [path for path in release.secret_paths if path.startswith("inputs.")]
    assert find_leaks(plan) == []


def test_secrets_are_immutable_and_the_chart_names_them(helm: Plan) -> None:
    made = {secret.name: secret for secret in helm.of_type(SECRET)}
    assert made.keys() == {"chat-mongodb", "chat-environment"}
    assert all(secret.inputs["immutable"] for secret in made.values())
    assert not any("name" in secret.inputs["metadata"] for secret in made.values())
    values = helm_values(helm)
    names = {name: secret.outputs["metadata"]["name"] for name, secret in made.items()}
    assert values["existingMongodbSecret"] == names["chat-mongodb"]
    assert values["extraSecret"] == names["chat-environment"]
    assert values["podAnnotations"]["rocketchat/secrets"] == ",".join(
        (names["chat-mongodb"], names["chat-environment"])
    )
    assert set(made["chat-mongodb"].inputs["stringData"]) == {"mongo-uri"}
    assert "ROCKETCHAT_LICENSE" in made["chat-environment"].inputs["stringData"]
    assert "MONGO_URL" not in made["chat-environment"].inputs["stringData"]


def release_args() -> ChatReleaseArgs:
    return {
        "namespace": "rocketchat",
        "release_name": "chat",
        "topology": "monolith",
        "services": [
            {"name": "rocketchat", "image": "a/b:8.9.0", "replicas": 1, "cpu": 1024, "memory": 2048}
        ],
        "uid": 65533,
        "liveness_path": "/livez",
        "readiness_path": "/readyz",
        "environment": {},
        "secrets": {"MONGO_URL": "mongodb+srv://h/d"},
        "egress_ports": [443],
    }


def test_a_variable_that_is_secret_is_refused_among_the_plain_ones() -> None:
    import pulumi

    args = release_args()

    def program() -> None:
        # An output belongs to the loop that it is made in.
        args["environment"] = {"SMTP_PASSWORD": pulumi.Output.secret("hunter2")}
        ChatRelease("chat", args)

    with pytest.raises(Exception, match="SMTP_PASSWORD holds a secret") as caught:
        record(program)
    assert "hunter2" not in str(caught.value)


def test_files_of_two_folders_are_refused_because_one_config_map_holds_them() -> None:
    args = release_args()
    args["files"] = {"/etc/one/a.pem": "a", "/etc/two/a.pem": "b"}
    with pytest.raises(ValueError, match="files stand in one folder, and here in /etc/one, /etc/two"):
        ChatRelease("chat", args)


def test_the_namespace_is_restricted_and_denies_by_default(local: Plan) -> None:
    labels = one(local, "kubernetes:core/v1:Namespace").inputs["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    deny = policies(local)["deny-all"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def ports(rules: list[dict[str, Any]]) -> set[int]:
    return {port["port"] for rule in rules for port in rule["ports"]}


def test_the_chat_still_works_behind_the_policies(helm: Plan, doks: Plan, local: Plan) -> None:
    assert 53 in ports(policies(local)["allow-dns"]["egress"])
    traffic = policies(helm)["chat-traffic"]
    assert ports(traffic["ingress"]) == {3000}
    assert {443, 587, 4222, 27015} <= ports(traffic["egress"])
    broker = policies(helm)["chat-broker"]
    assert ports(broker["ingress"]) == {4222, 6222}
    assert 2587 in ports(policies(doks)["lovia-chat-traffic"]["egress"]), "587 is blocked at DigitalOcean"
    assert ports(policies(local)["mongodb-clients"]["egress"]) == {27017}


def test_no_pod_may_ask_the_clouds_metadata_service(helm: Plan) -> None:
    for rule in policies(helm)["chat-traffic"]["egress"]:
        for peer in rule["to"]:
            assert "ipBlock" not in peer or peer["ipBlock"]["except"] == ["169.254.169.254/32"]


def test_one_value_leads_from_microservices_to_the_monolith_and_back(helm: Plan) -> None:
    apart = helm_values(helm)
    together = helm_values(plan_of("services-helm", topology="monolith"))
    assert apart["microservices"]["enabled"] is True
    assert together["microservices"] == {"enabled": False}
    assert together["nats"]["enabled"] is True
    assert apart["microservices"]["ddpStreamer"]["replicas"] == 2, "one for each 500 users"
    assert {key for key in apart if apart[key] != together[key]} <= {"microservices", "nats", "extraEnv"}


def test_each_microservice_takes_the_number_that_is_asked_for() -> None:
    values = helm_values(plan_of("services-helm", services={"presence": 3, "ddpStreamer": 4}))
    assert values["microservices"]["presence"]["replicas"] == 3
    assert values["microservices"]["ddpStreamer"]["replicas"] == 4
    assert values["microservices"]["account"]["replicas"] == 2, "in production one may be away"


def test_old_releases_have_their_stream_hub_and_their_probes() -> None:
    values = values_of("services-helm")
    values["rocketchat:chat"]["release"] = "6.4.8"
    values["rocketchat:database"]["version"] = "6.0"
    plan = planned(values, set(files.read("services-helm").secure))
    chart = helm_values(plan)
    assert chart["microservices"]["streamHub"]["enabled"] is True
    assert chart["livenessProbe"]["path"] == "/health"
    assert set(one(plan, SECRET, "chat-mongodb").inputs["stringData"]) == {"mongo-uri"}


def test_the_address_of_an_ingress_is_where_the_name_leads() -> None:
    ingress = {"kind": "class", "name": "nginx", "tlsSecret": "chat-tls", "address": "203.0.113.8"}
    plan = plan_of("services-helm", ingress=ingress)
    assert one(plan, "pulumi:pulumi:Stack").outputs["address"] == "203.0.113.8"


def test_pods_carry_the_files_annotations_beside_the_charts_own() -> None:
    mesh = {"sidecar.istio.io/inject": "false"}
    before = helm_values(plan_of("services-helm"))
    own = helm_values(plan_of("services-helm", podAnnotations={**mesh, "rocketchat/secrets": "stale"}))
    assert own["podAnnotations"] == {**mesh, **before["podAnnotations"]}
    # Microservices take those of `global`, which the server does not, as it has its own; the broker takes neither.
    assert own["global"]["annotations"].items() >= mesh.items()
    assert own["nats"]["podAnnotations"].items() >= mesh.items()
    assert "global" not in before
    assert "podAnnotations" not in before["nats"]
    together = helm_values(plan_of("services-helm", topology="monolith", podAnnotations=mesh))
    assert "global" not in together
    with pytest.raises(InvalidStack, match="globalDefault"):
        plan_of("services-helm", priorityClassName="high")


@pytest.mark.parametrize(
    ("annotations", "told"),
    [
        ({"a..example.com/x": "1"}, "a name of Kubernetes"),
        ({"a.-b.example.com/x": "1"}, "a name of Kubernetes"),
        ({f"{'a.' * 130}com/x": "1"}, "a name of Kubernetes"),
        ({"x": "\u00e4" * 131_000}, "bytes; an object of Kubernetes takes 262144"),
        ({f"x{at}": "1" * 4096 for at in range(64)}, "bytes; an object of Kubernetes takes 262144"),
    ],
    ids=["two dots", "a hyphen first", "a long prefix", "two bytes a letter", "all together"],
)
def test_annotations_that_a_cluster_would_not_take_are_refused(
    annotations: dict[str, str], told: str
) -> None:
    with pytest.raises(InvalidStack, match=told) as pods:
        plan_of("services-helm", podAnnotations=annotations)
    ingress = {"kind": "class", "name": "traefik", "issuer": "letsencrypt", "annotations": annotations}
    with pytest.raises(InvalidStack, match=told) as way_in:
        plan_of("services-helm", ingress=ingress)
    assert pods.value.problems[0].path.startswith("rocketchat:runtime.podAnnotations")
    assert way_in.value.problems[0].path.startswith("rocketchat:runtime.ingress.annotations")


def test_nginx_gets_what_chat_needs_and_a_warning() -> None:
    ingress = {"kind": "class", "name": "nginx", "tlsSecret": "chat-tls"}
    annotations = helm_values(plan_of("services-helm", ingress=ingress))["ingress"]["annotations"]
    size = int(annotations["nginx.ingress.kubernetes.io/proxy-body-size"].removesuffix("m"))
    assert size * 1024 * 1024 > 104857600
    assert annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"] == "3600"
    assert annotations["nginx.ingress.kubernetes.io/affinity"] == "cookie"
    values = values_of("services-helm")
    values["rocketchat:runtime"]["ingress"] = ingress
    spec = parse(values, set(files.read("services-helm").secure), source="a test")
    assert any("retired" in warning for check in spec.checks for warning in check.warnings)


def test_a_gateway_on_any_cluster_routes_sockets_to_the_streamer() -> None:
    plan = plan_of("services-helm", ingress={"kind": "gateway", "gatewayClass": "eg"})
    assert one(plan, GATEWAY).inputs["spec"]["gatewayClassName"] == "eg"
    rules = one(plan, ROUTE, "routes-chat").inputs["spec"]["rules"]
    where = {match["path"]["value"]: rule["backendRefs"][0] for rule in rules for match in rule["matches"]}
    assert where["/websocket"] == where["/sockjs"] == {"name": "chat-ddp-streamer", "port": 3000}
    assert where["/"] == {"name": "chat-rocketchat", "port": 80}


def test_a_gateway_that_is_there_is_left_alone() -> None:
    there = {"kind": "gateway-existing", "name": "public", "namespace": "gateways", "listener": "chat"}
    plan = plan_of("services-helm", ingress={**there, "address": "203.0.113.10"})
    [route] = plan.of_type(ROUTE)
    parent = {"name": "public", "namespace": "gateways", "sectionName": "chat"}
    assert route.inputs["spec"]["parentRefs"] == [parent]
    assert route.inputs["spec"]["hostnames"] == ["chat.example.com"]
    assert not plan.of_type(GATEWAY)
    assert not plan.of_type("kubernetes:cert-manager.io/v1:Certificate")
    assert plan.outputs["address"] == "203.0.113.10"
    assert {"name": "HTTP_FORWARDED_COUNT", "value": "1"} in helm_values(plan)["extraEnv"]
    assert list(summary.public(plan)) == ["port 443 of routes"]


def test_the_keys_of_a_certificate_at_a_gateway_are_given_together() -> None:
    args: ChatRoutesArgs = {
        "namespace": "chat",
        "gateway_name": "public",
        "host": "chat.example.com",
        "service_name": "chat",
        "issuer": "letsencrypt",
    }
    with pytest.raises(ValueError, match="given together"):
        ChatRoutes("routes", args)


def test_a_local_chat_has_no_way_in_and_knows_its_address(local: Plan) -> None:
    values = helm_values(local)
    assert values["ingress"] == {"enabled": False}
    assert "host" not in values
    assert {"name": "ROOT_URL", "value": "http://localhost:3000"} in values["extraEnv"]
    assert {"name": "HTTP_FORWARDED_COUNT", "value": "0"} in values["extraEnv"]
    assert str(local.outputs["portForward"]).endswith("port-forward service/chat-rocketchat 3000:80")


def test_mongodb_in_the_cluster_is_a_replica_set_with_passwords_that_stay_secret(local: Plan) -> None:
    made = one(local, "kubernetes:apps/v1:StatefulSet")
    [container] = made.inputs["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "mongo:8.0.32"
    assert {"--replSet", "--auth", "--keyFile"} <= set(container["args"])
    assert container["securityContext"]["runAsNonRoot"] is True
    secret_names = {"ROOT_PASSWORD", "CHAT_PASSWORD"}
    assert all("valueFrom" in variable for variable in container["env"] if variable["name"] in secret_names)
    uri = one(local, SECRET, "chat-mongodb").inputs["stringData"]["mongo-uri"]
    assert re.fullmatch(
        r"mongodb://rocketchat:\w{40}@mongodb-0\.mongodb\.rocketchat\.svc:27017/rocketchat\?replicaSet=rs0&.*",
        uri,
    )


def test_disks_stay_in_production_and_go_with_a_trial() -> None:
    kept = {}
    for profile in ("trial", "production"):
        values = values_of("local")
        values["rocketchat:chat"]["profile"] = profile
        values["aws:region"] = "eu-central-1"
        values["rocketchat:runtime"]["ingress"] = {"kind": "class", "name": "traefik", "issuer": "le"}
        made = one(planned(values), "kubernetes:apps/v1:StatefulSet")
        kept[profile] = (
            made.inputs["spec"]["persistentVolumeClaimRetentionPolicy"]["whenDeleted"],
            made.protect,
        )
    assert kept == {"trial": ("Delete", False), "production": ("Retain", True)}


METRICS = {
    *(
        f"rocketchat_{name}"
        for name in [
            "info",
            "version",
            "migration",
            "instance_count",
            "apps_failed",
            "messages_total",
            "message_sent",
            "notification_sent",
            "push_queue",
            "ddp_connected_users",
            "ddp_sessions_count",
            "ddp_sessions_auth",
            "ddp_rate_limit_exceeded",
            "users_online",
            "users_away",
            "users_offline",
        ]
    ),
    # Summaries.
    *(f"rocketchat_{name}_{end}" for name in ("rest_api", "meteor_methods") for end in ("count", "sum")),
}
"""Those that the product has had since 5.0 (RocketChat, apps/meteor/app/metrics/server/lib/metrics.ts)."""


def test_grafana_finds_a_dashboard_whose_every_metric_the_product_has() -> None:
    values = values_of("local")
    assert not [made for made in objects(planned(values)) if "grafana" in made.name]
    values["rocketchat:monitoring"] = {"prometheus": True}
    [made] = [made for made in objects(planned(values)) if "grafana" in made.name]
    assert made.inputs["metadata"]["labels"]["grafana_dashboard"] == "1"
    [text] = made.inputs["data"].values()
    drawn = [target["expr"] for panel in json.loads(text)["panels"] for target in panel["targets"]]
    named = set(re.findall(r"rocketchat_\w+", text))
    assert named <= METRICS, "no server sends it"
    assert len(drawn) > 10
    assert all("rocketchat_" in one and '{instance=~"$instance"}' in one for one in drawn)


def test_three_members_outlive_a_node() -> None:
    values = values_of("local")
    values["rocketchat:database"]["members"] = 3
    plan = planned(values)
    assert one(plan, "kubernetes:policy/v1:PodDisruptionBudget").inputs["spec"]["maxUnavailable"] == 1
    uri = one(plan, SECRET, "chat-mongodb").inputs["stringData"]["mongo-uri"]
    assert uri.count(":27017") == 3


def test_the_cluster_at_digitalocean_is_pinned_upgraded_and_scaled(doks: Plan) -> None:
    cluster = one(doks, CLUSTER)
    assert re.fullmatch(r"\d+\.\d+\.\d+-do\.\d+", cluster.inputs["version"])
    assert cluster.inputs["autoUpgrade"]
    assert cluster.inputs["surgeUpgrade"]
    assert cluster.inputs["maintenancePolicy"] == {"day": "sunday", "startTime": "18:00"}
    assert cluster.inputs["nodePool"]["autoScale"]
    assert cluster.options["ignoreChanges"] == ["version"], "a lower version replaces the cluster"
    assert cluster.inputs["vpcUuid"] == one(doks, "digitalocean:index/vpc:Vpc").id


def test_what_is_in_the_cluster_goes_down_with_it(doks: Plan) -> None:
    cluster = one(doks, CLUSTER)
    parents = {made.urn: made for made in doks.resources}
    for made in objects(doks):
        up: PlannedResource | None = made
        while up is not None and up.options.get("deletedWith") != cluster.urn:
            up = parents.get(up.parent)
        assert up is not None, made.name


def test_the_clusters_credentials_are_secret_and_asked_for_anew(doks: Plan) -> None:
    provider = one(doks, "pulumi:providers:kubernetes")
    assert "inputs.kubeconfig" in provider.secret_paths
    assert provider.inputs["clusterIdentifier"] == one(doks, CLUSTER).id


def test_everything_leaves_by_the_nat_gateway_whose_address_atlas_knows(doks: Plan) -> None:
    gateway = one(doks, "digitalocean:index/vpcNatGateway:VpcNatGateway")
    [egress] = gateway.outputs["egresses"]
    [public] = egress["publicGateways"]
    listed = doks.of_type("mongodbatlas:index/projectIpAccessList:ProjectIpAccessList")
    assert f"{public['ipv4']}/32" in {entry.outputs["cidrBlock"] for entry in listed}
    route = one(doks, "kubernetes:networking.doks.digitalocean.com/v1alpha1:Route")
    assert route.inputs["spec"] == {
        "destinations": ["0.0.0.0/0"],
        "gateways": [gateway.outputs["vpcs"][0]["gatewayIp"]],
    }


@pytest.mark.parametrize("kind", ["Certificate", "ClusterIssuer"])
def test_a_deployment_waits_until_cert_manager_is_done(doks: Plan, kind: str) -> None:
    made = one(doks, f"kubernetes:cert-manager.io/v1:{kind}")
    assert made.inputs["metadata"]["annotations"] == {"pulumi.com/waitFor": "condition=Ready"}


def test_nothing_that_a_certificate_needs_waits_for_it(doks: Plan) -> None:
    certificate = one(doks, "kubernetes:cert-manager.io/v1:Certificate").urn
    for found in doks.resources:
        needed = {*found.options.get("dependsOn", ()), *chain(*found.property_dependencies.values())}
        assert certificate not in needed, found.name


def test_cloudfront_asks_the_origin_by_a_name_with_a_certificate_of_its_own(doks: Plan) -> None:
    distribution = one(doks, "aws:cloudfront/distribution:Distribution", "cdn-distribution")
    assert distribution.inputs["origins"][0]["domainName"] == "origin-chat-doks.lovia.life"
    certificate = one(doks, "kubernetes:cert-manager.io/v1:Certificate")
    assert certificate.inputs["spec"]["dnsNames"] == ["origin-chat-doks.lovia.life"]
    record_ = one(doks, "cloudflare:index/dnsRecord:DnsRecord", "origin-record")
    assert (record_.inputs["type"], record_.inputs["name"]) == ("A", "origin-chat-doks.lovia.life")
    [forwarded] = [v for v in helm_values(doks)["extraEnv"] if v["name"] == "HTTP_FORWARDED_COUNT"]
    assert forwarded["value"] == "2"


@pytest.mark.slow
def test_without_a_cdn_the_chats_own_name_leads_to_the_gateway() -> None:
    values = values_of("lovia-doks")
    del values["rocketchat:edge"]
    plan = planned(values, set(files.read("lovia-doks").secure))
    assert one(plan, "kubernetes:cert-manager.io/v1:Certificate").inputs["spec"]["dnsNames"] == [
        "chat-doks.lovia.life"
    ]
    assert one(plan, "cloudflare:index/dnsRecord:DnsRecord", "name-record").inputs["type"] == "A"


def test_charts_are_pinned_and_a_failed_release_of_the_chat_goes_back(doks: Plan) -> None:
    releases = {made.name: made.inputs for made in doks.of_type(RELEASE)}
    assert releases["chat-release"]["version"] == "7.0.2"
    assert releases["chat-release"]["atomic"]
    assert releases["chat-release"]["timeout"] >= 600
    assert re.fullmatch(r"v\d+\.\d+\.\d+", releases["certificates-release"]["version"])
    assert releases["certificates-release"]["values"]["crds"]["enabled"]


CLUSTER_ARGS: DoksClusterArgs = {
    "cluster_name": "k8s",
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


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"version": "latest"}, "neither a minor one"),
        ({"version": "1.36.1"}, "neither a minor one"),
        ({"node_size": "s-3vcpu-1gb"}, "no nodes of size"),
        ({"region": "sgp9"}, "region"),
        ({"min_nodes": 5}, "is no range"),
        ({"maintenance_day": "someday"}, "maintenance_day"),
        ({"maintenance_time": "18:30"}, "full hour"),
    ],
)
def test_a_cluster_that_cannot_be_is_refused_before_anything_is_made(
    wrong: dict[str, Any], told: str
) -> None:
    args: Any = {**CLUSTER_ARGS, **wrong}
    with pytest.raises(ValueError, match=told):
        DoksCluster("cluster", args)


def change(stack: str, path: str, value: Any) -> Values:
    """The values with another one at a path, or without that key where it is None."""
    values = values_of(stack)
    key, _, rest = path.partition(".")
    inside, last = (values.setdefault(key, {}), rest) if rest else (values, key)
    inside[last] = value
    if value is None:
        del inside[last]
    return values


@pytest.mark.parametrize(
    ("stack", "path", "value", "named", "told"),
    [
        ("local", "rocketchat:runtime.context", None, "rocketchat:runtime.context", "whatever cluster"),
        ("local", "rocketchat:dns", {"kind": "cloudflare", "zone": "localhost.dev"}, "rocketchat:dns", "nothing leads"),
        ("local", "rocketchat:runtime.services", {"presence": 2}, "rocketchat:runtime.services", "topology is monolith"),
        ("local", "rocketchat:runtime.topology", "microservices", "rocketchat:runtime.topology", "licence"),
        ("local", "rocketchat:edge", {"kind": "cloudfront"}, "rocketchat:edge.kind", "cannot stand before"),
        ("local", "rocketchat:database.version", "6.0", "rocketchat:database.version", "6.0"),
        ("lovia-fargate", "rocketchat:database", {"kind": "in-cluster"}, "rocketchat:database.kind", "no Kubernetes"),
        ("lovia-doks", "aws:region", None, "aws:region", "region"),
        ("lovia-doks", "rocketchat:runtime.nat", False, "rocketchat:runtime.nat", "set `nat: true`"),
        ("lovia-doks", "rocketchat:runtime.memory", 4096, "rocketchat:runtime.nodeSize", "leaves 2560 MiB"),
        ("lovia-doks", "rocketchat:runtime.podNetwork", "10.30.0.0/16", "rocketchat:runtime.network", "overlaps"),
        ("lovia-doks", "rocketchat:runtime.podNetwork", "10.244.0.0/16", "rocketchat:runtime.podNetwork", "10.244.0.0/16, which DigitalOcean has for itself"),
        ("lovia-doks", "rocketchat:runtime.network", "10.228.0.0/14", "rocketchat:runtime.network", "10.229.0.0/16, which DigitalOcean"),
        ("lovia-doks", "rocketchat:runtime.network", "10.32.0.0/15", "rocketchat:runtime.network", "no network of /15"),
        ("lovia-doks", "rocketchat:runtime.serviceNetwork", "10.41.0.0/28", "rocketchat:runtime.serviceNetwork", "too few addresses"),
        ("lovia-doks", "rocketchat:runtime.podNetwork", "10.40.0.0/24", "rocketchat:runtime.podNetwork", "the pods of 2 nodes, and maxNodes is 4"),
        ("lovia-doks", "rocketchat:runtime.podNetwork", "10.40.0.0/26", "rocketchat:runtime.podNetwork", "the pods of 0 nodes"),
        ("lovia-doks", "rocketchat:runtime.namespace", "kube-node-lease", "rocketchat:runtime.namespace", "the cluster's own"),
        ("lovia-doks", "rocketchat:runtime.namespace", "default", "rocketchat:runtime.namespace", "already"),
        ("services-helm", "rocketchat:runtime.namespace", "kube-system", "rocketchat:runtime.namespace", "the cluster's own"),
        ("lovia-doks", "rocketchat:runtime.minNodes", 9, "rocketchat:runtime.maxNodes", "contradicts"),
        ("lovia-doks", "rocketchat:dns.proxied", True, "rocketchat:dns.proxied", "no proxy"),
        ("lovia-doks", "rocketchat:mail", {"kind": "smtp", "host": "smtp.example.com", "from": "a@lovia.life"}, "rocketchat:mail.port", "587"),
        ("services-helm", "rocketchat:runtime.ingress", {"kind": "class", "name": "traefik"}, "rocketchat:runtime.ingress", "certificate"),
        ("services-helm", "rocketchat:mail", {"kind": "ses", "domain": "example.com", "from": "a@example.com", "region": "us-east-1"}, "aws:region", "rocketchat:mail.kind is a service of AWS"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_with_the_reason(
    stack: str, path: str, value: Any, named: str, told: str
) -> None:
    with pytest.raises(InvalidStack) as caught:
        parse(change(stack, path, value), set(files.read(stack).secure), source="a test")
    assert any(problem.path == named and told in str(problem) for problem in caught.value.problems), str(
        caught.value
    )


def test_the_namespace_that_every_cluster_has_is_used_and_not_made() -> None:
    values = change("services-helm", "rocketchat:runtime.namespace", "default")
    values["rocketchat:runtime"]["existingNamespace"] = True
    assert not planned(values, files.read("services-helm").secure).of_type("kubernetes:core/v1:Namespace")


def test_a_kubeconfig_of_the_stacks_own_is_a_secret() -> None:
    values = values_of("local")
    del values["rocketchat:runtime"]["context"]
    plan = planned(values, {"rocketchat:kubeconfig"})
    provider = one(plan, "pulumi:providers:kubernetes")
    assert "inputs.kubeconfig" in provider.secret_paths
    assert find_leaks(plan) == []


def test_every_key_of_the_cluster_and_of_its_database_counts() -> None:
    plan = plan_of(
        "lovia-doks",
        maintenanceDay="monday",
        maintenanceTime="03:00",
        serviceNetwork="10.50.0.0/19",
        autoUpgrade=False,
        maxNodes=6,
        network="10.60.0.0/20",
        version="1.36.3-do.1",
    )
    cluster = one(plan, CLUSTER)
    assert cluster.inputs["maintenancePolicy"] == {"day": "monday", "startTime": "03:00"}
    assert cluster.inputs["serviceSubnet"] == "10.50.0.0/19"
    assert cluster.inputs["nodePool"]["maxNodes"] == 6
    assert cluster.inputs["version"] == "1.36.3-do.1"
    assert "ignoreChanges" not in cluster.options, "so that the next minor version can be had"
    assert one(plan, "digitalocean:index/vpc:Vpc").inputs["ipRange"] == "10.60.0.0/20"
    values = values_of("local")
    values["rocketchat:database"] |= {"storageClass": "fast", "diskGb": 33, "memory": 2048}
    [claim] = one(planned(values), "kubernetes:apps/v1:StatefulSet").inputs["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["storageClassName"] == "fast"
    assert claim["spec"]["resources"]["requests"]["storage"] == "33Gi"


def test_in_production_the_cluster_has_several_control_planes(doks: Plan) -> None:
    assert one(doks, CLUSTER).inputs["ha"] is True


MONGODB: ClusterMongodbArgs = {
    "namespace": "rocketchat",
    "namespace_name": "rocketchat",
    "client": "chat",
    "version": "8.0",
    "members": 1,
    "disk_gb": 10,
    "database": "rocketchat",
    "roles": [{"role": "readWrite", "database": "rocketchat"}],
    "memory": 1024,
}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"version": "4.4"}, "MongoDB 4.4 is not known"),
        ({"members": 2}, "choose 1 or 3"),
        ({"disk_gb": 0}, "holds nothing"),
        ({"database": "admin"}, "MongoDB's own"),
    ],
)
def test_a_database_that_cannot_be_is_refused(wrong: dict[str, Any], told: str) -> None:
    args: Any = {**MONGODB, **wrong}
    with pytest.raises(ValueError, match=told):
        ClusterMongodb("database", args)


def test_cert_manager_is_checked_through_one_way_only() -> None:
    both: CertManagerArgs = {
        "email": "a@example.com",
        "directory": "production",
        "gateway": "chat",
        "ingress_class": "traefik",
    }
    with pytest.raises(ValueError, match="either a gateway or an ingress_class"):
        CertManager("certificates", both)
    with pytest.raises(ValueError, match="must be one of production, staging"):
        CertManager("certificates", {**both, "directory": "prod"})


def test_cert_manager_works_through_an_ingress_controller_too() -> None:
    args: CertManagerArgs = {"email": "a@example.com", "directory": "staging", "ingress_class": "traefik"}
    made = record(lambda: CertManager("certificates", args))
    acme = made.one("ClusterIssuer").inputs["spec"]["acme"]
    assert "staging" in acme["server"]
    assert acme["solvers"] == [{"http01": {"ingress": {"ingressClassName": "traefik"}}}]
    values = made.one("Release").inputs["values"]
    assert values["config"]["enableGatewayAPI"] is False


def test_cert_managers_namespace_is_closed_but_for_what_it_lives_of(doks: Plan) -> None:
    found = policies(doks, "cert-manager")
    assert found["deny-all"]["policyTypes"] == ["Ingress", "Egress"]
    assert ports(found["traffic"]["ingress"]) == {10250}
    assert ports(found["traffic"]["egress"]) == {53, 80, 443, 6443}


def test_a_gateway_redirects_http_and_gives_its_balancers_address() -> None:
    def program() -> Any:
        gateway = ClusterGateway(
            "gateway", {"namespace": "rocketchat", "gateway_name": "chat", "gateway_class": "cilium"}
        )
        ChatRoutes(
            "routes",
            {
                "namespace": ChatNamespace("namespace", {"namespace": "rocketchat"}).name,
                "gateway_name": gateway.name,
                "tls_secret": tls_secret("chat"),
                "host": "chat.example.com",
                "certificate_host": "chat.example.com",
                "issuer": "letsencrypt",
                "service_name": "chat-rocketchat",
            },
        )
        return gateway.address

    made = record(
        program, outputs={"Gateway": lambda _: {"status": {"addresses": [{"value": "203.0.113.9"}]}}}
    )
    assert made.value == "203.0.113.9"
    assert "waitFor" in str(made.one("Gateway").inputs["metadata"])
    redirect = made.one("HTTPRoute", "routes-redirect").inputs["spec"]
    assert redirect["parentRefs"][0]["sectionName"] == "http"
    assert redirect["rules"][0]["filters"][0]["requestRedirect"] == {"scheme": "https", "statusCode": 301}
    secret = made.one("Gateway").inputs["spec"]["listeners"][1]["tls"]["certificateRefs"][0]["name"]
    assert secret == made.one("Certificate").inputs["spec"]["secretName"] == "chat-tls"


@pytest.mark.parametrize(
    ("runtime", "database", "path"),
    [
        ({}, {"memory": 8192}, "database.memory"),
        ({"maxNodes": 2}, {"members": 3, "memory": 2048}, "runtime.maxNodes"),
        ({"version": "1.32"}, {}, "runtime.version"),
        ({"version": "1.34"}, {}, "runtime.version"),
        ({"version": "1.39"}, {}, "runtime.version"),
        ({"version": "2.0"}, {}, "runtime.version"),
        ({"version": "1.036"}, {}, "runtime.version"),
    ],
)
def test_a_cluster_whose_nodes_or_version_would_not_run_it_is_refused(
    runtime: dict[str, Any], database: dict[str, Any], path: str
) -> None:
    values = values_of("lovia-doks")
    values["rocketchat:runtime"] |= runtime
    values["rocketchat:database"] = {"kind": "in-cluster", **database}
    with pytest.raises(InvalidStack) as caught:
        parse(values, {"rocketchat:oidcClientSecret"}, source="a test")
    assert [problem.path for problem in caught.value.problems] == [f"rocketchat:{path}"]


def test_the_stand_in_has_the_versions_that_a_stack_file_may_name() -> None:
    assert {tuple(map(int, version.split(".")[:2])) for version in VERSIONS} == set(MINORS)
    spec = parse(values_of("lovia-doks"), {"rocketchat:oidcClientSecret"}, source="a test")
    assert isinstance(spec.parts.runtime, DoksRuntime)
    assert spec.parts.runtime.minor in MINORS


def test_a_server_with_less_than_is_advised_is_warned_of() -> None:
    values = values_of("services-helm")
    values["rocketchat:runtime"] |= {"cpu": 512, "memory": 1536}
    spec = parse(
        values, {f"rocketchat:{name}" for name in ("license", "mongodbUri", "smtpPassword")}, source="a test"
    )
    warned = " ".join(warning for check in spec.checks for warning in check.warnings)
    assert "1536 MiB" in warned
    assert "512 CPU units" in warned
