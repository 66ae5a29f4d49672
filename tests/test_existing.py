"""What is there already is used and left alone; who may reach the chat is said."""

import json
import re
from pathlib import Path
from typing import Any

import pulumi
import pytest
from combining import refusals
from planning import one, planned, values_of
from recording import record

from clouds.cloudflare import ORIGIN_PULL_CERTIFICATE
from clouds.record import Refuses
from components.edge.balancer import LoadBalancer, LoadBalancerArgs
from components.edge.origin_pull import OriginPull, OriginPullArgs
from components.media.existing import ExistingMediaStore
from components.values import DnsZone
from rehearsal.plan import Plan, find_leaks
from stacks import features, files
from stacks.kinds.dns.cloudflare import NETWORKS
from stacks.language import parse
from stacks.problems import InvalidStack

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
CERTIFICATE = "arn:aws:acm:ap-southeast-1:123456789012:certificate/0123abcd-4567-89ef-0123-456789abcdef"
KEY = "arn:aws:kms:ap-southeast-1:123456789012:key/0123abcd-4567-89ef-0123-456789abcdef"
PORT = "aws:lb/listener:Listener"
PULLS = "cloudflare:index/authenticatedOriginPulls{0}:AuthenticatedOriginPulls{0}"
CHAIN = (Path(__file__).parent / "data" / "authorities" / "client.pem").read_text("ascii")
_END = "-----END CERTIFICATE-----\n"
SECURE = {"rocketchat:oidcClientSecret"}
MINIO = {"kind": "s3-compatible", "endpoint": "https://minio.example.com:9000", "bucket": "media"}
MINIO_KEYS = {"rocketchat:mediaAccessKeyId", "rocketchat:mediaSecretAccessKey"}


def changed(stack: str, **parts: Any) -> dict[str, Any]:
    values = values_of(stack)
    for part, keys in parts.items():
        key = f"rocketchat:{part}"
        values[key] = keys if "kind" in keys else {**values.get(key, {}), **keys}
    return values


def paths(values: dict[str, Any], secure: set[str]) -> list[str]:
    with pytest.raises(InvalidStack) as caught:
        parse(values, secure, source="a test")
    return [problem.path for problem in caught.value.problems]


# --------------------------------------------------------------------------------------------- at AWS


@pytest.fixture(scope="module")
def given() -> Plan:
    """The reference with a bucket and a certificate that are there, and a balancer inside the network."""
    return planned(
        changed(
            "lovia-fargate",
            media={"kind": "s3-existing", "bucket": "uploads-of-before", "kmsKey": KEY},
            runtime={
                "balancer": {"certificate": CERTIFICATE, "scheme": "internal", "allowFrom": ["10.0.0.0/8"]}
            },
        ),
        SECURE,
    )


def test_a_bucket_that_is_there_is_let_in_and_nothing_of_it_is_made(given: Plan) -> None:
    named = {"bucket": "uploads-of-before"}
    assert not [made.name for made in given.resources if named.items() <= dict(made.inputs).items()]
    [statements] = [
        json.loads(made.inputs["policy"])["Statement"]
        for made in given.resources
        if made.name == "chat-permissions"
    ]
    objects, bucket, key = (one["Resource"] for one in statements)
    assert objects == ["arn:aws:s3:::uploads-of-before/*"]
    assert bucket == ["arn:aws:s3:::uploads-of-before"]
    assert key == [KEY]


def test_a_buckets_key_of_several_regions_is_taken_and_one_of_another_region_refused() -> None:
    shared = KEY.rpartition("/")[0] + "/mrk-" + "0a" * 16
    media = {"kind": "s3-existing", "bucket": "uploads-of-before", "kmsKey": shared}
    parse(changed("lovia-fargate", media=media), SECURE, source="a test")
    media["kmsKey"] = shared.replace("ap-southeast-1", "eu-west-1")
    assert paths(changed("lovia-fargate", media=media), SECURE) == ["rocketchat:media.kmsKey"]
    # The component takes a bucket of any region, and looks where it is.
    bucket = {"bucket": "uploads", "bucketRegion": "ap-southeast-1", "arn": "arn:aws:s3:::uploads"}
    with pytest.raises(
        pulumi.RunError, match=r"the bucket is in ap-southeast-1, and the key .* in eu-west-1"
    ):
        record(
            lambda: ExistingMediaStore("media", {"bucket_name": "uploads", "kms_key_arn": media["kmsKey"]}),
            lookups={"aws:s3/getBucket:getBucket": bucket},
        )


LISTENER = (
    "arn:aws:elasticloadbalancing:ap-southeast-1:123456789012:listener/app/shared/50dc6c495c0c9188/f2f7dc8e"
)
NETWORK = {
    "kind": "existing",
    "vpc": "vpc-0123456789abcdef0",
    "taskSubnets": ["subnet-0123456789abcdef2"],
    "egressAddresses": ["203.0.113.9"],
}


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("runtime.balancer.certificate", CERTIFICATE),
        ("runtime.balancer.listener", LISTENER),
        ("media.kmsKey", KEY),
        ("aws.assumeRole.arn", "arn:aws:iam::123456789012:role/deployer"),
    ],
)
def test_what_is_named_at_aws_is_in_the_stacks_region_partition_and_account(path: str, right: str) -> None:
    def told(arn: str, **more: Any) -> list[str]:
        """The paths of what is refused."""
        part, key, *rest = path.split(".")
        balancer = {"kind": "existing" if rest == ["listener"] else "new", **dict.fromkeys(rest, arn)}
        by_part: dict[str, dict[str, Any]] = {
            "runtime": {"runtime": {"kind": "fargate", "balancer": balancer}},
            "media": {"media": {"kind": "s3-existing", "bucket": "uploads-of-before", key: arn}},
            "aws": {},
        }
        parts = by_part[part]
        if rest == ["listener"]:
            parts["runtime"]["network"] = NETWORK
            parts["database"] = {"privateLink": False}
        parts["aws"] = {**({"assumeRole": {"arn": arn}} if part == "aws" else {}), **more}
        return [problem.path for problem in refusals(changed("lovia-fargate", **parts), SECURE)]

    wrong = [f"rocketchat:{path}"]
    assert told(right) == []
    assert told(right, allowedAccounts=["123456789012"]) == []
    if right.split(":")[3]:
        assert told(right.replace("ap-southeast-1", "eu-west-1")) == wrong
    assert told(right.replace("arn:aws:", "arn:aws-us-gov:")) == wrong
    others = told(right.replace("123456789012", "999999999999"), allowedAccounts=["123456789012"])
    assert others == ([] if path == "media.kmsKey" else wrong)
    if path != "aws.assumeRole.arn":
        others = told(right, assumeRole={"arn": "arn:aws:iam::999999999999:role/deploy"})
        assert others == ([] if path == "media.kmsKey" else wrong)


def test_a_certificate_that_is_there_is_used_and_none_is_made(given: Plan) -> None:
    assert not [made for made in given.of_type("aws:acm/certificate:Certificate") if "media" not in made.name]
    assert one(given, "aws:lb/listener:Listener", "balancer-https").inputs["certificateArn"] == CERTIFICATE


def test_an_internal_balancer_stands_beside_the_containers_for_named_networks(given: Plan) -> None:
    balancer = one(given, "aws:lb/loadBalancer:LoadBalancer")
    assert balancer.inputs["internal"] is True
    service = one(given, "aws:ecs/service:Service")
    assert balancer.inputs["subnets"] == service.inputs["networkConfiguration"]["subnets"]
    from_outside = [made for made in given.of_type(INGRESS) if made.inputs.get("cidrIpv4")]
    assert {made.inputs["cidrIpv4"] for made in from_outside} == {"10.0.0.0/8"}


def test_without_a_zone_the_record_to_make_is_an_output() -> None:
    values = changed(
        "lovia-fargate",
        runtime={"kind": "fargate", "balancer": {"certificate": CERTIFICATE}},
        mail={"kind": "smtp", "host": "smtp.example.com", "from": "chat@lovia.life"},
        media={"kind": "s3-existing", "bucket": "uploads-of-before"},
    )
    del values["rocketchat:dns"]
    plan = planned(values, SECURE)
    [record] = plan.outputs["dnsRecords"]
    assert (record["type"], record["name"]) == ("CNAME", "chat.lovia.life")
    assert record["value"] == plan.outputs["address"]
    assert not plan.of_type("cloudflare:index/dnsRecord:DnsRecord")
    values["rocketchat:runtime"] = {"kind": "fargate"}
    assert paths(values, SECURE) == ["rocketchat:dns"]


def test_records_that_are_made_by_hand_are_those_that_a_service_would_have() -> None:
    values = values_of("lovia-fargate")
    made = planned(values, SECURE).of_type("cloudflare:index/dnsRecord:DnsRecord")
    values["rocketchat:dns"] = {"kind": "manual", "zone": "lovia.life"}
    plan = planned(values, SECURE)
    assert not plan.of_type("cloudflare:index/dnsRecord:DnsRecord")
    wanted = plan.outputs["dnsRecords"]
    # Keys of DKIM and proofs of certificates have names of their own in every plan.
    fixed = {(one["type"], one["name"]) for one in wanted if not re.search("^_|_domainkey", one["name"])}
    assert fixed == {
        (one.inputs["type"], one.inputs["name"])
        for one in made
        if not re.search("^_|_domainkey", one.inputs["name"])
    }
    assert len(wanted) == len(made)
    # The engine shows messages at once, and outputs only when all that waits for these records is done.
    told = [
        message.text for message in plan.messages if message.text.startswith("DNS record, made by hand: ")
    ]
    assert all(any(f"{one['name']} {one['type']} " in text for text in told) for one in wanted)
    proof = one(plan, "aws:acm/certificateValidation:CertificateValidation", "certificate-ap-southeast-1")
    assert set(proof.inputs["validationRecordFqdns"]) <= {one["name"] for one in wanted}


def test_at_the_top_of_a_zone_no_cname_is_asked_for_by_hand() -> None:
    values = values_of("lovia-fargate")
    values["rocketchat:dns"] = {"kind": "manual", "zone": "chat.lovia.life"}
    values["rocketchat:media"] = {"kind": "s3-existing", "bucket": "uploads-of-before"}
    del values["rocketchat:mail"]
    records = planned(values, SECURE).outputs["dnsRecords"]
    assert [one["type"] for one in records if one["name"] == "chat.lovia.life"] == ["ALIAS"]


def test_behind_cloudflares_proxy_nobody_else_reaches_the_balancer() -> None:
    plan = planned(
        changed("lovia-fargate", dns={"kind": "cloudflare", "zone": "lovia.life", "proxied": True}), SECURE
    )
    cidrs = [made.inputs["cidrIpv4"] for made in plan.of_type(INGRESS) if made.inputs.get("cidrIpv4")]
    assert sorted(cidrs) == sorted([*NETWORKS, *NETWORKS])
    assert find_leaks(plan) == []


def test_a_proxy_with_a_certificate_is_the_only_one_that_the_balancer_lets_in() -> None:
    leaf, authority = CHAIN[: CHAIN.index(_END) + len(_END)], CHAIN[CHAIN.index(_END) + len(_END) :]
    dns = {"kind": "cloudflare", "zone": "lovia.life", "proxied": True, "originPullCertificate": CHAIN}
    values = changed("lovia-fargate", dns=dns)
    plan = planned(values, SECURE | {"rocketchat:originPullKey"})
    store = one(plan, "aws:lb/trustStore:TrustStore")
    bundle = one(plan, "aws:s3/bucketObjectv2:BucketObjectv2", "balancer-balancer-clients")
    assert bundle.inputs["content"] == authority
    assert store.inputs["caCertificatesBundleS3Key"] == bundle.inputs["key"]
    # Logs end, and this does not.
    kept = one(
        plan, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "balancer-balancer-logs"
    )
    assert not bundle.inputs["key"].startswith(kept.inputs["rules"][0]["filter"]["prefix"])
    asked = one(plan, PORT, "balancer-https").inputs["mutualAuthentication"]
    assert asked == {"mode": "verify", "trustStoreArn": store.outputs["arn"]}
    shown = one(plan, PULLS.format("HostnameCertificate"))
    assert shown.inputs["certificate"] == leaf
    order = one(plan, PULLS.format(""))
    # Another name is another order: the provider would leave the old one as it is.
    assert order.options["replaceOnChanges"] == ["configs[0].hostname"]
    [ordered] = order.inputs["configs"]
    assert ordered == {"certId": shown.id, "enabled": True, "hostname": "chat.lovia.life"}
    assert find_leaks(plan) == []
    told = [
        line
        for check in parse(values, SECURE | {"rocketchat:originPullKey"}, source="a test").checks
        for line in check.warnings
    ]
    assert not [line for line in told if "share its networks" in line]
    # What is left out stays as it was, so the port is opened anew with the key and without (docs/changes.md). The provider
    # sends `mode: off` in place, but refuses any other attribute beside it since its 6.0 (hashicorp/terraform-provider-aws
    # 42326, 43251), and Pulumi's bridge writes the default of one: whether it has one still, only a deployment tells.
    without = planned(changed("lovia-fargate"), SECURE)
    assert "mutualAuthentication" not in one(without, PORT, "balancer-https").inputs


def test_a_login_may_be_at_another_port_of_a_balancer_that_is_there() -> None:
    balancer = {"kind": "existing", "listener": LISTENER}
    for runtime, fine in (({"balancer": balancer, "network": NETWORK}, True), ({}, False)):
        values = changed("lovia-fargate", runtime=runtime)
        values["rocketchat:login"] = {
            **values["rocketchat:login"],
            "url": f"https://{values['rocketchat:chat']['host']}:8443",
        }
        wrong = []
        try:
            parse(values, SECURE, source="a test")
        except InvalidStack as error:
            wrong = [one.message for one in error.problems]
        assert fine is not any("the chat's own name" in one for one in wrong), wrong


def test_cloudflare_takes_no_authority_for_its_own_certificate() -> None:
    end = CHAIN.index(_END) + len(_END)
    refused = ORIGIN_PULL_CERTIFICATE.refuses
    assert isinstance(refused, Refuses)
    assert refused.together is not None
    for given, told in ((CHAIN[:end], 0), (CHAIN[end:], 1), ("none", 1)):
        asked: Any = {"certificate": given}
        assert len(list(refused.together(asked))) == told


def test_only_cloudflare_pulls_with_a_certificate() -> None:
    zone: DnsZone = {"kind": "route53", "name": "lovia.life", "id": "Z1"}
    args: OriginPullArgs = {"host": "chat.lovia.life", "zone": zone, "certificate": CHAIN, "private_key": "x"}
    with pytest.raises(ValueError, match="the DNS zone is at route53"):
        record(lambda: OriginPull("pull", args))


def test_who_shares_the_proxys_networks_is_told_with_the_edge_that_shares_none() -> None:
    values = changed("lovia-fargate", dns={"kind": "cloudflare", "zone": "lovia.life", "proxied": True})
    told = [line for check in parse(values, SECURE, source="a test").checks for line in check.warnings]
    [shared] = [line for line in told if "share its networks" in line]
    assert "dns.proxied: false" in shared
    # The remedy is right.
    assert parse(changed("lovia-fargate", edge={"kind": "cloudfront"}), SECURE, source="a test")


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ({"runtime": {"balancer": {"certificate": CERTIFICATE.replace("ap-southeast-1", "eu-west-1")}}}, "runtime.balancer.certificate"),
        ({"runtime": {"balancer": {"certificate": "arn:aws:iam::1:server-certificate/x"}}}, "runtime.balancer.certificate"),
        ({"runtime": {"balancer": {"allowFrom": ["203.0.113.0/24"]}}, "edge": {"kind": "cloudfront"}}, "runtime.balancer.allowFrom"),
        ({"runtime": {"balancer": {"scheme": "internal"}}, "edge": {"kind": "cloudfront"}}, "runtime.balancer.scheme"),
        ({"runtime": {"balancer": {"scheme": "internal"}}, "dns": {"kind": "cloudflare", "zone": "lovia.life", "proxied": True}}, "dns.proxied"),
        ({"dns": {"kind": "cloudflare", "zone": "lovia.life", "originPullCertificate": CHAIN}}, "dns.originPullCertificate"),
        ({"dns": {"kind": "cloudflare", "zone": "lovia.life", "proxied": True, "originPullCertificate": CHAIN}, "runtime": {"balancer": {"kind": "existing", "listener": LISTENER}}}, "dns.originPullCertificate"),
        ({"runtime": {"balancer": {"allowFrom": ["203.0.113.1/24"]}}}, "runtime.balancer.allowFrom[0]"),
        ({"runtime": {"balancer": {"allowFrom": ["203.0.113.0/24"]}}, "monitoring": {"uptime": True}}, "monitoring.uptime"),
        ({"runtime": {"balancer": {"scheme": "internal"}}, "monitoring": {"uptime": True}}, "monitoring.uptime"),
        ({"media": {"kind": "s3-existing", "bucket": "Uploads"}}, "media.bucket"),
        ({"media": {"kind": "s3-existing", "bucket": "uploads", "kmsKey": "alias/x"}}, "media.kmsKey"),
        ({"media": {"kind": "s3-existing", "bucket": "uploads", "allowedTypes": ["png"]}}, "media.allowedTypes[0]"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_its_key(parts: dict[str, Any], path: str) -> None:
    assert f"rocketchat:{path}" in paths(changed("lovia-fargate", **parts), SECURE)


@pytest.mark.parametrize(
    ("name", "runtime", "told"),
    [
        ("lovia-fargate", {"balancer": {"allowFrom": ["10.0.0.0/8", "100.64.0.0/10"]}}, True),
        ("lovia-fargate", {"balancer": {"allowFrom": ["10.0.0.0/8", "203.0.113.0/24"]}}, False),
        ("lovia-fargate", {"balancer": {"allowFrom": ["10.0.0.0/8"], "scheme": "internal"}}, False),
        ("family-host", {"allowFrom": ["192.168.0.0/16"]}, True),
        ("family-host", {"allowFrom": ["203.0.113.7/32"]}, False),
    ],
)
def test_private_networks_before_a_public_address_are_told(
    name: str, runtime: dict[str, Any], told: bool
) -> None:
    values = changed(
        name, runtime={**values_of(name)["rocketchat:runtime"], **runtime}, monitoring={"uptime": False}
    )
    found = parse(values, set(files.read(name).secure), source="a test")
    warned = [line for check in found.checks for line in check.warnings if "private networks only" in line]
    assert bool(warned) == told


@pytest.mark.parametrize(
    ("name", "runtime", "remedy"),
    [
        ("services-helm", {"allowFrom": ["203.0.113.0/24"]}, "nginx.ingress.kubernetes.io/whitelist-source-range"),
        ("services-helm", {"ingress": {"kind": "class", "name": "traefik", "tlsSecret": "x", "allowFrom": []}}, "router.middlewares"),
        ("lovia-doks", {"allowFrom": ["203.0.113.0/24"]}, "routes of a Gateway know no addresses"),
        ("lovia-fargate", {"allowFrom": ["203.0.113.0/24"]}, "balancer: {allowFrom:"),
    ],
)  # fmt: skip
def test_source_networks_where_they_cannot_be_said_are_told_with_where_they_can(
    name: str, runtime: dict[str, Any], remedy: str
) -> None:
    values = changed(name, runtime={**values_of(name)["rocketchat:runtime"], **runtime})
    with pytest.raises(InvalidStack) as caught:
        parse(values, set(files.read(name).secure), source="a test")
    [problem] = [one for one in caught.value.problems if one.path.endswith(".allowFrom")]
    assert remedy in (problem.remedy or "")


@pytest.mark.parametrize("more", [{"sources": ["10.0.0.0/8"]}, {"internal": True}])
def test_cloudfronts_balancer_takes_no_other_sources(more: dict[str, Any]) -> None:
    args: LoadBalancerArgs = {
        "vpc_id": "vpc-1",
        "subnet_ids": ["subnet-1", "subnet-2"],
        "certificate_arn": CERTIFICATE,
        "app_security_group_id": "sg-1",
        "app_ports": [3000],
        "front": "cloudfront",
        "deletion_protection": False,
        "log_retention_days": 30,
        **more,  # type: ignore[typeddict-item]
    }
    with pytest.raises(ValueError, match="are of the front internet"):
        record(lambda: LoadBalancer("b", args))


# ------------------------------------------------------------------------------- in a cluster, and S3's likes


@pytest.fixture(scope="module")
def beside_others() -> Plan:
    """The chart in a namespace that is there, with its uploads on MinIO."""
    values = changed("services-helm", runtime={**values_of("services-helm")["rocketchat:runtime"], "existingNamespace": True}, media=MINIO)  # fmt: skip
    return planned(values, set(files.read("services-helm").secure) | MINIO_KEYS)


def test_a_namespace_that_is_there_is_left_alone_with_all_its_pods(beside_others: Plan) -> None:
    assert not beside_others.of_type("kubernetes:core/v1:Namespace")
    specs = [dict(made.inputs["spec"]) for made in beside_others.of_type(POLICY)]
    assert specs
    assert all(spec["podSelector"] for spec in specs)


def test_annotations_autoscaling_and_the_name_service_of_a_cluster_are_said() -> None:
    values = values_of("services-helm")
    values["rocketchat:runtime"]["ingress"]["annotations"] = {"example.com/size": "big"}
    values["rocketchat:runtime"] |= {
        "maxInstances": 4,
        "clusterDns": {"namespace": "openshift-dns", "port": 5353},
    }
    plan = planned(values, set(files.read("services-helm").secure))
    chart = one(plan, "kubernetes:helm.sh/v3:Release", "chat-release").inputs["values"]
    assert chart["ingress"]["annotations"]["example.com/size"] == "big"
    scaled = one(plan, "kubernetes:autoscaling/v2:HorizontalPodAutoscaler").inputs["spec"]
    assert (scaled["minReplicas"], scaled["maxReplicas"]) == (2, 4)
    assert scaled["scaleTargetRef"]["name"] == "chat-rocketchat"
    [names] = one(plan, POLICY, "namespace-dns").inputs["spec"]["egress"]
    assert {port["port"] for port in names["ports"]} == {5353}
    values["rocketchat:runtime"]["maxInstances"] = 1
    assert paths(values, set(files.read("services-helm").secure)) == ["rocketchat:runtime.maxInstances"]


def test_a_service_like_s3_is_told_of_with_its_key_and_let_out_to(beside_others: Plan) -> None:
    values = one(beside_others, "kubernetes:helm.sh/v3:Release", "chat-release").inputs["values"]
    told = {variable["name"]: variable["value"] for variable in values["extraEnv"]}
    setting = "OVERWRITE_SETTING_FileUpload_S3_"
    assert told[f"{setting}BucketURL"] == MINIO["endpoint"]
    assert told[f"{setting}ForcePathStyle"] == "true"
    kept = one(beside_others, "kubernetes:core/v1:Secret", "chat-environment").inputs["stringData"]
    assert f"{setting}AWSSecretAccessKey" in kept
    out = one(beside_others, POLICY, "chat-traffic").inputs["spec"]["egress"][0]["ports"]
    assert 9000 in {port["port"] for port in out}


@pytest.mark.parametrize(("said", "told"), [({}, "true"), ({"pathStyle": False}, "false")])
def test_a_service_like_s3_is_asked_by_its_own_name_or_by_one_of_each_bucket(
    said: dict[str, Any], told: str
) -> None:
    values = changed("services-helm", media={**MINIO, **said})
    spec = parse(values, set(files.read("services-helm").secure) | MINIO_KEYS, source="a test")
    made = features.imagined(spec.parts, spec.release, spec.secrets)["media"].plain
    assert made["OVERWRITE_SETTING_FileUpload_S3_ForcePathStyle"] == told


@pytest.mark.parametrize(
    ("media", "secure", "path"),
    [
        (MINIO, set(), "rocketchat:mediaAccessKeyId"),
        ({**MINIO, "endpoint": "http://minio.example.com:9000"}, MINIO_KEYS, "rocketchat:media.endpoint"),
        ({**MINIO, "endpoint": "minio.example.com"}, MINIO_KEYS, "rocketchat:media.endpoint"),
        ({**MINIO, "endpoint": "https://minio.example.com/media"}, MINIO_KEYS, "rocketchat:media.endpoint"),
        ({**MINIO, "accessKeyId": "AKIA"}, MINIO_KEYS, "rocketchat:media.accessKeyId"),
        (
            {**MINIO, "bucket": "media.example.com", "pathStyle": False},
            MINIO_KEYS,
            "rocketchat:media.pathStyle",
        ),
        ({**MINIO, "endpoint": "https://pub-0123.r2.dev"}, MINIO_KEYS, "rocketchat:media.endpoint"),
    ],
)
def test_what_a_service_like_s3_cannot_be_is_refused(
    media: dict[str, Any], secure: set[str], path: str
) -> None:
    values = changed("services-helm", media=media)
    assert path in paths(values, set(files.read("services-helm").secure) | secure)


@pytest.mark.parametrize(
    ("endpoint", "wrong", "right"),
    [
        ("https://s3.fr-par.scw.cloud", None, "fr-par"),
        ("https://s3.fr-par.scw.cloud", "nl-ams", "fr-par"),
        ("https://s3.eu-central-003.backblazeb2.com", None, "eu-central-003"),
        ("https://s3.eu-central-2.wasabisys.com:443", None, "eu-central-2"),
        ("https://0123456789abcdef.eu.r2.cloudflarestorage.com", "eu-central-1", "auto"),
    ],
)
def test_requests_are_signed_for_the_region_that_a_services_address_names(
    endpoint: str, wrong: str | None, right: str
) -> None:
    secure = set(files.read("services-helm").secure) | MINIO_KEYS
    media = {**MINIO, "endpoint": endpoint}
    values = changed("services-helm", media=media if wrong is None else {**media, "region": wrong})
    with pytest.raises(InvalidStack) as caught:
        parse(values, secure, source="a test")
    [problem] = caught.value.problems
    assert problem.path == "rocketchat:media.region"
    # The remedy is right.
    assert problem.remedy == f"write `region: {right}`"
    parse(changed("services-helm", media={**media, "region": right}), secure, source="a test")


@pytest.mark.parametrize(
    ("endpoint", "region"),
    [
        ("https://minio.example.com", "us-east-1"),
        ("https://s3.nl-1.wasabisys.com", "eu-central-1"),
        ("https://0123456789abcdef.r2.cloudflarestorage.com", "us-east-1"),
        ("https://s3.amazonaws.com", "eu-central-1"),
    ],
)
def test_an_address_that_names_no_region_is_signed_for_any(endpoint: str, region: str) -> None:
    values = changed("services-helm", media={**MINIO, "endpoint": endpoint, "region": region})
    assert parse(values, set(files.read("services-helm").secure) | MINIO_KEYS, source="a test")


def test_openshifts_name_service_is_asked_at_its_own_port() -> None:
    runtime = {
        **values_of("services-helm")["rocketchat:runtime"],
        "clusterDns": {"namespace": "openshift-dns"},
    }
    assert paths(changed("services-helm", runtime=runtime), set(files.read("services-helm").secure)) == [
        "rocketchat:runtime.clusterDns"
    ]


def test_a_wrong_address_of_a_service_is_no_reason_to_speak_of_its_region() -> None:
    media = {**MINIO, "endpoint": "https://s3.fr-par.scw.cloud/media", "region": "auto"}
    secure = set(files.read("services-helm").secure) | MINIO_KEYS
    assert paths(changed("services-helm", media=media), secure) == ["rocketchat:media.endpoint"]
