"""The edge: names, certificates, the balancer, the firewall, CloudFront."""

from typing import Any

import pulumi
import pytest
from planning import planned_file
from recording import ACCOUNT, REGION, Recording, record

from components.edge.address import PublicName, PublicNameArgs
from components.edge.app_cdn import LOG_FIELDS, ORIGIN_HEADER, AppCdn, AppCdnArgs
from components.edge.balancer import LoadBalancer, LoadBalancerArgs, existing_balancer
from components.edge.certificate import Certificate, CertificateArgs
from components.edge.dns import Record as DnsRecord
from components.edge.dns import record as dns_record
from components.edge.firewall import Firewall, FirewallArgs
from components.values import BalancerPlace, DnsZone
from policy import tokens
from policy.adapters import from_plan
from policy.config import Config
from policy.judge import judge
from policy.model import Subject
from rehearsal.plan import find_leaks

ZONE = DnsZone(kind="cloudflare", name="lovia.life", id="zone-1")
HOST = "chat.lovia.life"


def options(args: Any) -> dict[str, Any]:
    domains = [args.inputs["domainName"], *args.inputs.get("subjectAlternativeNames", [])]
    return {
        "domainValidationOptions": [
            {
                "domainName": domain,
                "resourceRecordName": f"_proof.{domain.removeprefix('*.')}.",
                "resourceRecordType": "CNAME",
                "resourceRecordValue": f"_{domain.removeprefix('*.')}.acm-validations.aws.",
            }
            # AWS gives them in any order.
            for domain in reversed(domains)
        ]
    }


OUTPUTS = {
    "Certificate": options,
    "SecurityGroup": lambda args: {"ownerId": ACCOUNT},
    "LoadBalancer": lambda args: {
        "dnsName": f"{args.name}.elb.amazonaws.com",
        "zoneId": "Z1",
        "arnSuffix": f"app/{args.name}/1",
    },
    "Distribution": lambda args: {"domainName": "d1.cloudfront.net", "hostedZoneId": "Z2FDTNDATAQYW2"},
    "Bucket": lambda args: {"bucket": f"{args.name}-0123abc"},
}

PREFIX_LIST = "aws:ec2/getManagedPrefixList:getManagedPrefixList"


# Certificates


def certificate(**changes: Any) -> Recording:
    args: dict[str, Any] = {"domain": HOST, "regions": [REGION], "zone": ZONE, **changes}

    def program() -> Any:
        made = Certificate("cert", CertificateArgs(**args))  # type: ignore[typeddict-item]
        return {"arn": made.arn, "arns": made.arns, "each": {r: made.arn_in(r) for r in args["regions"]}}

    return record(program, outputs=OUTPUTS)


def test_a_certificate_is_validated_by_dns_and_usable_only_when_valid() -> None:
    made = certificate()
    inputs = next(one.inputs for one in made.made if one.type == "aws:acm/certificate:Certificate")
    assert inputs["validationMethod"] == "DNS"
    assert inputs["keyAlgorithm"] == "RSA_2048"
    assert inputs["region"] == REGION
    assert inputs["options"] == {"certificateTransparencyLoggingPreference": "ENABLED"}
    validation = made.one("CertificateValidation")
    assert made.value["arn"] == validation.inputs["certificateArn"]
    assert validation.inputs["validationRecordFqdns"] == [f"_proof.{HOST}"]
    assert any("DnsRecord" in urn for urn in validation.depends_on), "valid before its record is there"


def test_the_proof_is_a_cname_that_is_never_proxied_and_has_no_final_dot() -> None:
    proof = certificate().one("DnsRecord").inputs
    assert proof["type"] == "CNAME"
    assert proof["name"] == f"_proof.{HOST}"
    assert proof["content"] == f"_{HOST}.acm-validations.aws"
    assert proof["proxied"] is False
    assert proof["zoneId"] == "zone-1"
    assert HOST in proof["comment"]


def test_two_regions_share_one_proof() -> None:
    made = certificate(regions=[REGION, "us-east-1"])
    assert len(made.all("DnsRecord")) == 1
    assert {one.inputs["region"] for one in made.all("CertificateValidation")} == {REGION, "us-east-1"}
    assert made.value["arn"] == made.value["arns"][REGION] == made.value["each"][REGION]
    assert made.value["arns"]["us-east-1"] == made.value["each"]["us-east-1"]
    assert made.value["arns"]["us-east-1"] != made.value["arn"]


def test_each_name_is_proved_by_its_own_record_and_a_wildcard_by_that_of_its_parent() -> None:
    made = certificate(domain="lovia.life", alternative_names=["*.lovia.life", HOST, "lovia.life"])
    assert {(one.inputs["name"], one.inputs["content"]) for one in made.all("DnsRecord")} == {
        ("_proof.lovia.life", "_lovia.life.acm-validations.aws"),
        (f"_proof.{HOST}", f"_{HOST}.acm-validations.aws"),
    }
    request = next(one for one in made.made if one.type == "aws:acm/certificate:Certificate").inputs
    assert request["subjectAlternativeNames"] == ["*.lovia.life", HOST]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"key_algorithm": "RSA_1024"}, "key_algorithm is 'RSA_1024'"),
        ({"regions": []}, f"certificate for {HOST} is for no region"),
        ({"zone": {**ZONE, "kind": "bind"}}, "kind of the DNS zone lovia.life is 'bind'"),
    ],
)
def test_a_certificate_that_cannot_be_is_refused_by_name(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        certificate(**change)


def test_a_certificate_says_in_which_regions_it_is() -> None:
    def program() -> None:
        made = Certificate("cert", {"domain": HOST, "regions": [REGION], "zone": ZONE})
        made.arn_in("us-east-1")

    with pytest.raises(ValueError, match=f"not in us-east-1; it is in {REGION}"):
        record(program, outputs=OUTPUTS)


# The load balancer


def balancer(**changes: Any) -> Recording:
    args: dict[str, Any] = {
        "vpc_id": "vpc-1",
        "subnet_ids": ["subnet-1", "subnet-2"],
        "certificate_arn": "arn:certificate",
        "app_security_group_id": "sg-app",
        "app_ports": [3000],
        "deletion_protection": True,
        "log_retention_days": 90,
        **changes,
    }

    def program() -> Any:
        return vars(LoadBalancer("edge", LoadBalancerArgs(**args)).place)  # type: ignore[typeddict-item]

    return record(program, outputs=OUTPUTS, lookups={PREFIX_LIST: {"id": "pl-cloudfront"}})


def doors(made: Recording) -> list[tuple[Any, ...]]:
    return [
        (
            rule.inputs["fromPort"],
            rule.inputs["toPort"],
            rule.inputs.get("cidrIpv4"),
            rule.inputs.get("prefixListId"),
        )
        for rule in made.all("SecurityGroupIngressRule")
    ]


def test_the_world_reaches_80_and_443_and_the_balancer_reaches_only_the_containers() -> None:
    made = balancer()
    assert doors(made) == [(80, 80, "0.0.0.0/0", None), (443, 443, "0.0.0.0/0", None)]
    out = made.one("SecurityGroupEgressRule").inputs
    assert (out["fromPort"], out["toPort"], out["referencedSecurityGroupId"]) == (3000, 3000, "sg-app")
    for rule in (*made.all("SecurityGroupIngressRule"), *made.all("SecurityGroupEgressRule")):
        assert rule.inputs["description"]
        assert rule.inputs["ipProtocol"] == "tcp"
    group = made.one("SecurityGroup").inputs
    assert group["description"]
    assert "ingress" not in group
    assert "egress" not in group


@pytest.mark.parametrize(("front", "internal"), [("cloudfront", False), ("cloudfront-vpc", True)])
def test_behind_cloudfront_only_its_addresses_get_in_on_one_port(front: str, internal: bool) -> None:
    made = balancer(front=front)
    assert doors(made) == [(443, 443, None, "pl-cloudfront")], "two such rules exceed the group's quota"
    assert made.one("LoadBalancer", "edge-alb").inputs["internal"] is internal
    assert [listener.inputs["port"] for listener in made.all("Listener")] == [443]
    ((_, asked),) = made.invokes
    assert asked["name"] == "com.amazonaws.global.cloudfront.origin-facing"


def alb(made: Recording) -> dict[str, Any]:
    return made.one("LoadBalancer", "edge-alb").inputs


def test_the_balancer_is_hardened() -> None:
    made = alb(balancer())
    assert made["internal"] is False
    assert made["dropInvalidHeaderFields"] is True
    assert made["desyncMitigationMode"] == "defensive"
    assert made["idleTimeout"] == 300
    assert made["securityGroups"] == ["edge-balancer-id"]
    assert made["subnets"] == ["subnet-1", "subnet-2"]
    assert made["accessLogs"] == {"bucket": "edge-balancer-logs-0123abc", "enabled": True}


@pytest.mark.parametrize("protected", [True, False])
def test_the_balancer_and_its_logs_are_kept_or_not_as_said(protected: bool) -> None:
    made = balancer(deletion_protection=protected)
    assert alb(made)["enableDeletionProtection"] is protected
    assert made.one("Bucket").inputs["forceDestroy"] is not protected


def test_https_answers_404_with_tls_1_2_and_1_3_and_http_is_redirected() -> None:
    made = balancer()
    https = made.one("Listener", "edge-https").inputs
    assert (https["port"], https["protocol"]) == (443, "HTTPS")
    assert https["sslPolicy"].startswith("ELBSecurityPolicy-TLS13-1-2-")
    assert https["certificateArn"] == "arn:certificate"
    (action,) = https["defaultActions"]
    assert (action["type"], action["fixedResponse"]["statusCode"]) == ("fixed-response", "404")
    assert https["routingHttpResponseServerEnabled"] is False
    assert https["routingHttpResponseStrictTransportSecurityHeaderValue"] == "max-age=31536000"
    http = made.one("Listener", "edge-http").inputs
    (action,) = http["defaultActions"]
    assert (http["port"], http["protocol"], action["type"]) == (80, "HTTP", "redirect")
    assert action["redirect"] == {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}


def test_access_logs_go_to_a_private_bucket_that_only_balancers_of_this_account_write_to() -> None:
    made = balancer(log_retention_days=365)
    block = made.one("BucketPublicAccessBlock").inputs
    assert all(
        block[key] is True
        for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    )
    assert made.one("BucketOwnershipControls").inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    (encryption,) = made.one("BucketServerSideEncryptionConfiguration").inputs["rules"]
    assert encryption["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    (rule,) = made.one("BucketLifecycleConfiguration").inputs["rules"]
    assert rule["expiration"] == {"days": 365}
    assert rule["noncurrentVersionExpiration"] == {"noncurrentDays": 1}
    assert rule["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 1}
    policy = made.one("BucketPolicy")
    write, tls = policy.json("policy")["Statement"]
    arn = tls["Resource"][0]
    assert write["Effect"] == "Allow"
    assert write["Action"] == ["s3:PutObject"]
    assert write["Resource"] == [f"{arn}/AWSLogs/{ACCOUNT}/*"]
    assert write["Principal"] == {"Service": ["logdelivery.elasticloadbalancing.amazonaws.com"]}
    assert (tls["Effect"], tls["Action"], tls["Principal"]) == ("Deny", ["s3:*"], "*")
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert tls["Resource"] == [arn, f"{arn}/*"]
    (found,) = [one for one in made.made if one.name == "edge-alb"]
    assert any("BucketPolicy" in urn for urn in found.depends_on), (
        "AWS tries to write when logs are turned on"
    )


def test_a_long_name_leaves_room_for_pulumis_suffix_in_thirty_two_characters() -> None:
    def program() -> None:
        LoadBalancer(
            "a-very-long-name-of-a-deployment-in-production",
            {
                "vpc_id": "vpc-1",
                "subnet_ids": ["subnet-1", "subnet-2"],
                "certificate_arn": "arn",
                "app_security_group_id": "sg",
                "app_ports": [3000],
                "deletion_protection": False,
                "log_retention_days": 30,
            },
        )

    made = record(program, outputs=OUTPUTS)
    (found,) = [one for one in made.made if one.type == "aws:lb/loadBalancer:LoadBalancer"]
    assert len(found.name) + 8 <= 32
    assert len(made.one("Bucket").name) + 8 <= 63


def test_a_place_leads_to_the_https_listener() -> None:
    made = balancer()
    assert made.value == {
        "listener_arn": f"arn:aws:lb:{REGION}:{ACCOUNT}:Listener/edge-https",
        "security_group_id": "edge-balancer-id",
        "dns_name": "edge-alb.elb.amazonaws.com",
        "zone_id": "Z1",
        "arn": f"arn:aws:lb:{REGION}:{ACCOUNT}:LoadBalancer/edge-alb",
        "arn_suffix": "app/edge-alb/1",
    }


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"front": "fastly"}, "the balancer's front is 'fastly'"),
        ({"idle_timeout_seconds": 4001}, "idle_timeout_seconds is 4001"),
        ({"idle_timeout_seconds": 0}, "idle_timeout_seconds is 0"),
        ({"app_ports": []}, "app_ports is empty"),
    ],
)
def test_a_balancer_that_cannot_be_is_refused_by_name(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        balancer(**change)


@pytest.mark.parametrize(("given", "expected"), [({}, 0), ({"waf": False}, 0), ({"waf": True}, 1)])
def test_the_firewall_is_there_only_when_asked_for(given: dict[str, bool], expected: int) -> None:
    made = balancer(**given)
    assert len(made.all("WebAcl")) == len(made.all("WebAclAssociation")) == expected


def test_the_firewall_stands_before_the_balancer() -> None:
    made = balancer(waf=True)
    link = made.one("WebAclAssociation").inputs
    assert link["resourceArn"] == made.value["arn"]
    assert ":WebAcl/" in link["webAclArn"]
    assert made.one("WebAcl").inputs["scope"] == "REGIONAL"


@pytest.mark.parametrize(
    ("front", "limited"), [("internet", True), ("cloudfront", False), ("cloudfront-vpc", False)]
)
def test_addresses_are_limited_only_where_they_are_the_visitors_own(front: str, limited: bool) -> None:
    rules = balancer(waf=True, front=front).one("WebAcl").inputs["rules"]
    assert any("rateBasedStatement" in rule["statement"] for rule in rules) is limited


LISTENER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:listener/app/old/1/2"


def existing(
    protocol: str = "HTTPS", groups: tuple[str, ...] = ("sg-b", "sg-a"), vpc: str = "vpc-1"
) -> Recording:
    listener = {"arn": LISTENER, "loadBalancerArn": "arn:old", "protocol": protocol, "port": 443}
    found = {
        "arn": "arn:old",
        "arnSuffix": "app/old/1",
        "dnsName": "old.elb.amazonaws.com",
        "zoneId": "Z9",
        "securityGroups": list(groups),
        "name": "old",
        "vpcId": vpc,
    }

    def program() -> Any:
        place: BalancerPlace = existing_balancer(LISTENER, "vpc-1")
        return vars(place)

    return record(
        program,
        lookups={
            "aws:lb/getListener:getListener": listener,
            "aws:lb/getLoadBalancer:getLoadBalancer": found,
        },
    )


def test_an_existing_listener_leads_to_its_balancer_and_makes_nothing() -> None:
    made = existing()
    assert not made.made
    assert [asked.get("arn") for _, asked in made.invokes] == [LISTENER, "arn:old"]
    assert made.value == {
        "listener_arn": LISTENER,
        "security_group_id": "sg-a",
        "dns_name": "old.elb.amazonaws.com",
        "zone_id": "Z9",
        "arn": "arn:old",
        "arn_suffix": "app/old/1",
    }


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"protocol": "HTTP"}, "speaks HTTP; give the balancer's HTTPS listener"),
        ({"groups": ()}, "old has no security group"),
        ({"vpc": "vpc-2"}, "old is in vpc-2, and the containers in vpc-1"),
    ],
)
def test_an_existing_balancer_that_does_not_fit_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(pulumi.RunError, match=says):
        existing(**given)


# The firewall


def firewall(**changes: Any) -> Recording:
    args: dict[str, Any] = {"scope": "REGIONAL", "log_retention_days": 90, **changes}
    return record(lambda: Firewall("waf", FirewallArgs(**args)).arn, outputs=OUTPUTS)  # type: ignore[typeddict-item]


def groups_of(made: Recording) -> dict[str, dict[str, Any]]:
    statements = [
        rule["statement"].get("managedRuleGroupStatement") for rule in made.one("WebAcl").inputs["rules"]
    ]
    return {statement["name"]: statement for statement in statements if statement}


def test_rules_that_read_messages_and_file_names_count_and_do_not_block() -> None:
    common = groups_of(firewall())["AWSManagedRulesCommonRuleSet"]
    counted = {rule["name"] for rule in common["ruleActionOverrides"]}
    assert counted == {
        "SizeRestrictions_BODY",
        "CrossSiteScripting_BODY",
        "GenericLFI_BODY",
        "GenericRFI_BODY",
        "EC2MetaDataSSRF_BODY",
        "RestrictedExtensions_URIPATH",
        "RestrictedExtensions_QUERYARGUMENTS",
        "SizeRestrictions_QUERYSTRING",
        "NoUserAgent_HEADER",
    }
    assert all(set(rule["actionToUse"]) == {"count"} for rule in common["ruleActionOverrides"])


def test_known_bad_inputs_are_all_blocked() -> None:
    made = firewall()
    assert "ruleActionOverrides" not in groups_of(made)["AWSManagedRulesKnownBadInputsRuleSet"]
    managed = [rule for rule in made.one("WebAcl").inputs["rules"] if "overrideAction" in rule]
    assert len(managed) == 2
    assert all(set(rule["overrideAction"]) == {"none"} for rule in managed)


def test_priorities_differ_and_the_rate_comes_first() -> None:
    rules = firewall(rate_limit=500).one("WebAcl").inputs["rules"]
    assert [rule["priority"] for rule in rules] == [0, 1, 2]
    rate = rules[0]
    assert rate["statement"]["rateBasedStatement"] == {
        "aggregateKeyType": "IP",
        "limit": 500,
        "evaluationWindowSec": 300,
    }
    assert set(rate["action"]) == {"block"}
    assert len(firewall().one("WebAcl").inputs["rules"]) == 2


def test_the_firewalls_log_holds_what_was_blocked_and_no_credential() -> None:
    made = firewall()
    group = made.one("LogGroup").inputs
    assert group["namePrefix"].startswith("aws-waf-logs-"), "AWS takes no other name"
    assert "name" not in group
    assert group["retentionInDays"] == 90
    logging = made.one("WebAclLoggingConfiguration").inputs
    hidden = {field["singleHeader"]["name"] for field in logging["redactedFields"] if "singleHeader" in field}
    assert hidden == {"authorization", "cookie", "x-auth-token", "x-user-id"}
    assert any("queryString" in field for field in logging["redactedFields"])
    assert logging["loggingFilter"]["defaultBehavior"] == "DROP"
    (kept,) = logging["loggingFilter"]["filters"]
    assert {one["actionCondition"]["action"] for one in kept["conditions"]} == {"BLOCK", "COUNT"}
    acl = made.one("WebAcl").inputs
    for config in (acl, *acl["rules"]):
        assert config["visibilityConfig"]["sampledRequestsEnabled"] is False
        assert config["visibilityConfig"]["cloudwatchMetricsEnabled"] is True


@pytest.mark.parametrize(("scope", "region"), [("REGIONAL", None), ("CLOUDFRONT", "us-east-1")])
def test_cloudfronts_firewall_is_in_us_east_1_with_all_that_belongs_to_it(
    scope: str, region: str | None
) -> None:
    made = firewall(scope=scope)
    for kind in ("WebAcl", "LogGroup", "WebAclLoggingConfiguration"):
        assert made.one(kind).inputs.get("region") == region


def test_an_unknown_scope_is_refused() -> None:
    with pytest.raises(ValueError, match="the firewall's scope is 'GLOBAL'"):
        firewall(scope="GLOBAL")


# CloudFront


def cdn(**changes: Any) -> Recording:
    args: dict[str, Any] = {
        "host": HOST,
        "certificate_arn": "arn:certificate",
        "origin_host": "edge.elb.amazonaws.com",
        "origin_proxies": 1,
        **changes,
    }
    return record(lambda: vars(AppCdn("cdn", AppCdnArgs(**args)).endpoint), outputs=OUTPUTS)  # type: ignore[typeddict-item]


def test_the_cdn_caches_nothing_and_passes_every_header_and_method() -> None:
    behavior = cdn().one("Distribution").inputs["defaultCacheBehavior"]
    assert behavior["cachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert behavior["originRequestPolicyId"] == "216adef6-5c7f-47e4-b989-5492eafa07d3"
    assert set(behavior["allowedMethods"]) == {"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"}
    assert behavior["viewerProtocolPolicy"] == "redirect-to-https"
    assert behavior["responseHeadersPolicyId"] == "cdn-headers-id"


def test_the_cdn_speaks_modern_tls_to_both_sides() -> None:
    made = cdn().one("Distribution").inputs
    assert made["aliases"] == [HOST]
    assert made["viewerCertificate"] == {
        "acmCertificateArn": "arn:certificate",
        "sslSupportMethod": "sni-only",
        "minimumProtocolVersion": "TLSv1.2_2021",
    }
    assert (made["httpVersion"], made["isIpv6Enabled"], made["priceClass"]) == (
        "http2and3",
        True,
        "PriceClass_200",
    )
    (origin,) = made["origins"]
    assert origin["domainName"] == "edge.elb.amazonaws.com"
    assert origin["originId"] == made["defaultCacheBehavior"]["targetOriginId"]
    config = origin["customOriginConfig"]
    assert config["originProtocolPolicy"] == "https-only"
    assert config["originSslProtocols"] == ["TLSv1.2"]
    assert config["originReadTimeout"] == 60


def test_an_internal_balancer_is_reached_through_a_vpc_origin() -> None:
    made = cdn(origin_arn="arn:balancer")
    endpoint = made.one("VpcOrigin").inputs["vpcOriginEndpointConfig"]
    assert endpoint["arn"] == "arn:balancer"
    assert endpoint["originProtocolPolicy"] == "https-only"
    assert endpoint["originSslProtocols"] == {"items": ["TLSv1.2"], "quantity": 1}
    assert endpoint["name"] == "chat-lovia-life"
    (origin,) = made.one("Distribution").inputs["origins"]
    assert origin["vpcOriginConfig"]["vpcOriginId"] == "cdn-origin-id"
    assert "customOriginConfig" not in origin
    assert not cdn().all("VpcOrigin")


@pytest.mark.parametrize("behind", [0, 1, 2])
def test_the_cdn_is_one_more_trusted_proxy(behind: int) -> None:
    assert cdn(origin_proxies=behind).value == {
        "host": "d1.cloudfront.net",
        "zone_id": "Z2FDTNDATAQYW2",
        "trusted_proxies": behind + 1,
        "header": None,
    }


@pytest.mark.parametrize("more", [{}, {"origin_arn": "arn:balancer"}])
def test_the_cdn_tells_its_origin_who_it_is(more: dict[str, str]) -> None:
    (origin,) = cdn(origin_secret="canary", **more).one("Distribution").inputs["origins"]["value"]
    assert origin["customHeaders"] == [{"name": ORIGIN_HEADER, "value": "canary"}]
    (plain,) = cdn(**more).one("Distribution").inputs["origins"]
    assert "customHeaders" not in plain


def refused_secrets(subjects: list[Subject]) -> set[str]:
    found = judge(subjects, Config()).findings
    return {one.rule.id for one in found if one.rule.id in ("secret-of-stack", "secret-in-clear")}


@pytest.mark.parametrize(
    ("marked", "refused"),
    [
        (None, set()),
        (frozenset({"origins[0].customHeaders[0].value"}), set()),
        (frozenset({"origins"}), set()),
        (frozenset(), {"secret-of-stack"}),
        (frozenset({"origins[0].customHeaders[0].val"}), {"secret-of-stack"}),
    ],
)
def test_a_secret_header_may_stand_in_a_distribution_that_keeps_it_secret(
    marked: frozenset[str] | None, refused: set[str]
) -> None:
    value = "Ab3dEf6hIj9lMn2pQr5t"
    origins = [{"originId": "chat", "customHeaders": [{"name": "X-Own", "value": value}]}]
    subjects = [
        Subject("random:index/randomPassword:RandomPassword", "made", "urn:1", {}, {"result": value}),
        Subject(tokens.DISTRIBUTION, "cdn", "urn:2", {"origins": origins}, secrets=marked),
    ]
    assert refused_secrets(subjects) == refused


def test_a_balancer_behind_cloudfront_answers_that_distribution_alone() -> None:
    plan = planned_file("lovia-fargate-cdn")
    [origin] = [
        one
        for made in plan.of_type("aws:cloudfront/distribution:Distribution")
        for one in made.inputs["origins"]
        if "customOriginConfig" in one
    ]
    [sent] = origin["customHeaders"]
    for rule in plan.of_type("aws:lb/listenerRule:ListenerRule"):
        [asked] = [one["httpHeader"] for one in rule.inputs["conditions"] if "httpHeader" in one]
        assert (asked["httpHeaderName"], asked["values"]) == (sent["name"], [sent["value"]])
    assert find_leaks(plan) == []
    assert refused_secrets(from_plan(plan.resources)) == set()
    assert "X-Origin-Secret" not in planned_file("lovia-fargate").text()


def test_headers_of_the_chat_are_left_alone_but_for_nosniff() -> None:
    policy = cdn().one("ResponseHeadersPolicy").inputs["securityHeadersConfig"]
    assert policy["strictTransportSecurity"] == {"accessControlMaxAgeSec": 31536000, "override": False}
    assert policy["contentTypeOptions"] == {"override": True}
    assert set(policy) == {"strictTransportSecurity", "contentTypeOptions"}


def test_access_logs_of_the_cdn_hold_no_credential() -> None:
    assert not cdn().all("LogDelivery")
    made = cdn(log_retention_days=30)
    for kind in ("LogGroup", "LogDeliverySource", "LogDeliveryDestination", "LogDelivery"):
        assert made.one(kind).inputs["region"] == "us-east-1"
    assert made.one("LogGroup").inputs["retentionInDays"] == 30
    assert made.one("LogDeliverySource").inputs["logType"] == "ACCESS_LOGS"
    fields = made.one("LogDelivery").inputs["recordFields"]
    assert fields == list(LOG_FIELDS)
    assert not {"cs(Cookie)", "cs-uri-query", "cs(Referer)"} & set(fields)


@pytest.mark.parametrize(
    ("given", "expected"), [({}, None), ({"waf": False}, None), ({"waf": True}, "us-east-1")]
)
def test_the_firewall_of_the_cdn_is_there_only_when_asked_for(
    given: dict[str, bool], expected: str | None
) -> None:
    made = cdn(log_retention_days=30, **given)
    acls = made.all("WebAcl")
    assert [acl.inputs["region"] for acl in acls] == ([expected] if expected else [])
    assert ("webAclId" in made.one("Distribution").inputs) is bool(expected)
    if acls:
        assert any("rateBasedStatement" in rule["statement"] for rule in acls[0].inputs["rules"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"price_class": "PriceClass_300"}, "the CDN's price_class is 'PriceClass_300'"),
        ({"waf": True}, "waf needs log_retention_days"),
    ],
)
def test_a_cdn_that_cannot_be_is_refused_by_name(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        cdn(**change)


# The public name and DNS


def public_name(**changes: Any) -> Recording:
    args: dict[str, Any] = {
        "host": HOST,
        "zone": ZONE,
        "target": "edge.elb.amazonaws.com",
        "target_proxies": 1,
        **changes,
    }

    def program() -> Any:
        made = PublicName("name", PublicNameArgs(**args))  # type: ignore[typeddict-item]
        return {"url": made.url, "host": made.endpoint.host, "proxies": made.endpoint.trusted_proxies}

    return record(program)


@pytest.mark.parametrize(
    ("given", "proxied", "ttl", "proxies"),
    [({}, False, 300, 1), ({"proxied": False}, False, 300, 1), ({"proxied": True}, True, 1, 2)],
)
def test_the_name_leads_to_the_target_and_a_proxy_counts(
    given: dict[str, bool], proxied: bool, ttl: int, proxies: int
) -> None:
    made = public_name(**given)
    entry = made.one("DnsRecord").inputs
    assert (entry["type"], entry["name"], entry["content"]) == ("CNAME", HOST, "edge.elb.amazonaws.com")
    assert (entry["proxied"], entry["ttl"]) == (proxied, ttl)
    assert made.value == {"url": f"https://{HOST}", "host": HOST, "proxies": proxies}


@pytest.mark.parametrize("host", ["chat.example.org", "chatlovia.life"])
def test_a_host_outside_the_zone_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match=f"the host {host} is not in the DNS zone lovia.life"):
        public_name(host=host)


def test_the_top_of_the_zone_is_in_the_zone() -> None:
    assert public_name(host="lovia.life").value["url"] == "https://lovia.life"


class _Holder(pulumi.ComponentResource):
    def __init__(self, type_: str, value: str, priority: int | None) -> None:
        super().__init__("rocketchat:index:Holder", "holder", {})
        dns_record(
            "mx",
            ZONE,
            DnsRecord(
                type=type_,
                host="lovia.life",
                value=value,
                priority=priority,
                comment="why",
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


@pytest.mark.parametrize(
    ("type_", "value", "content", "priority"),
    [("TXT", "v=spf1 -all", '"v=spf1 -all"', None), ("MX", "mail.lovia.life", "mail.lovia.life", 10)],
)
def test_text_is_quoted_and_mail_has_its_priority(
    type_: str, value: str, content: str, priority: int | None
) -> None:
    entry = record(lambda: _Holder(type_, value, priority) and None).one("DnsRecord").inputs
    assert entry["content"] == content
    assert entry.get("priority") == priority
    assert entry["comment"] == "why"
