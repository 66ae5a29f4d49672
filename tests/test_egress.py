"""What leaves the network: what the parts of a stack use, and nothing else, in every runtime that has a firewall."""

import json
from typing import Any

import pytest
from combining import secure_for
from planning import planned, values_of

from components.database.uri import ports
from rehearsal.plan import Plan
from stacks import files
from stacks.egress import ways_out, web_port
from stacks.language import parse
from stacks.problems import InvalidStack

BASE = "lovia-fargate"
ATLAS = (27015, 27017)
PUBLIC = {
    "kind": "atlas",
    "organization": "5f0c1d2e3b4a59687f6e5d4c",
    "cluster": "chat",
    "privateLink": False,
}
SMTP = {"kind": "smtp", "host": "smtp.example.com", "port": 2525, "from": "chat@example.com"}
OIDC = {"kind": "oidc", "preset": "fusionauth", "url": "https://login.example.com:8443", "clientId": "x"}
SAML = {"kind": "saml", "entryPoint": "https://login.example.com:8443/saml", "certificate": "MAMCAQI="}

CASES: list[tuple[dict[str, Any], list[tuple[int, int]]]] = [
    ({}, [(443, 443), (587, 587)]),
    ({"rocketchat:mail": None}, [(443, 443)]),
    ({"rocketchat:mail": SMTP}, [(443, 443), (2525, 2525)]),
    ({"rocketchat:mail": {**SMTP, "port": 443}}, [(443, 443)]),
    ({"rocketchat:mail": {**SMTP, "port": 465, "encryption": "tls"}}, [(443, 443), (465, 465)]),
    ({"rocketchat:login": OIDC}, [(443, 443), (587, 587), (8443, 8443)]),
    ({"rocketchat:login": SAML}, [(443, 443), (587, 587)]),
    ({"rocketchat:database": PUBLIC}, [(443, 443), (587, 587), ATLAS]),
    (
        {"rocketchat:settings": {"LDAP_Enable": True, "LDAP_Host": "ldap.example.com"}},
        [(389, 389), (443, 443), (587, 587)],
    ),
    (
        {"rocketchat:settings": {"LDAP_Host": "ldap.example.com", "LDAP_Port": {"value": 636, "lock": True}}},
        [(443, 443), (587, 587), (636, 636)],
    ),
    (
        {"rocketchat:settings": {"API_Gitlab_URL": "https://git.example.com:8929"}},
        [(443, 443), (587, 587), (8929, 8929)],
    ),
    (
        {"rocketchat:settings": {"API_Gitlab_URL": "http://git.example.com"}},
        [(80, 80), (443, 443), (587, 587)],
    ),
    (
        {"rocketchat:runtime": {"kind": "fargate", "egressPorts": [9443]}},
        [(443, 443), (587, 587), (9443, 9443)],
    ),
]


def spec_of(changes: dict[str, Any], stack: str = BASE) -> Any:
    values = {key: value for key, value in (values_of(stack) | changes).items() if value is not None}
    secure = set(files.read(stack).secure) | secure_for(values)
    return parse(values, secure, source="a test"), values, secure


def opened(plan: Plan) -> list[tuple[int, int]]:
    """What the containers' security group lets out to the world."""
    rules = plan.of_type("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    return sorted(
        (rule.inputs["fromPort"], rule.inputs["toPort"])
        for rule in rules
        if rule.inputs.get("cidrIpv4") == "0.0.0.0/0"
    )


@pytest.mark.parametrize(("changes", "expected"), CASES, ids=lambda one: json.dumps(one)[:60])
def test_ports_follow_from_the_parts(changes: dict[str, Any], expected: list[tuple[int, int]]) -> None:
    spec, _, _ = spec_of(changes)
    ways = ways_out(spec.parts, spec.defaults)
    assert [(way.first, way.last) for way in ways] == expected
    assert all(way.reason for way in ways)


def test_the_uris_port_is_open_and_no_other_of_mongodb() -> None:
    spec, _, _ = spec_of({"rocketchat:database": {"kind": "uri", "version": "8.0"}})
    ways = ways_out(spec.parts, spec.defaults, ports("mongodb://u:p@h1:27018,h2/rc?replicaSet=r"))
    assert [(way.first, way.last) for way in ways] == [(443, 443), (587, 587), (27017, 27018)]


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("mongodb://h/rc", (27017,)),
        ("mongodb://u:p%40@h1:28000,h2:28001/rc", (28000, 28001)),
        ("mongodb+srv://u:p@h.mongodb.net/rc", (27015, 27016, 27017)),
        ("mongodb://[2001:db8::1]:27018/rc", (27018,)),
        ("mongodb://[2001:db8::1]/rc", (27017,)),
    ],
)
def test_a_uri_tells_its_ports(uri: str, expected: tuple[int, ...]) -> None:
    assert ports(uri) == expected


@pytest.mark.slow
@pytest.mark.parametrize("number", [2, 5, 7])
def test_the_security_group_opens_just_that(number: int) -> None:
    changes, expected = CASES[number]
    _, values, secure = spec_of(changes)
    assert opened(planned(values, secure)) == expected


def test_many_reasons_for_one_port_make_a_description_that_ec2_takes() -> None:
    names = (
        *(
            "API_Gitlab_URL",
            "API_GitHub_Enterprise_URL",
            "API_Wordpress_URL",
            "API_Drupal_URL",
            "CAS_base_url",
        ),
        *(
            "Accounts_OAuth_Nextcloud_URL",
            "Accounts_OAuth_Dolphin_URL",
            "Accounts_Iframe_api_url",
            "CDN_PREFIX",
        ),
        *("FileUpload_Webdav_Server_URL", "Livechat_webhookUrl", "Omnichannel_External_Frame_URL"),
    )
    _, values, secure = spec_of({"rocketchat:settings": dict.fromkeys(names, "https://git.example.com:8929")})
    rules = planned(values, secure).of_type("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    [told] = [rule.inputs["description"] for rule in rules if rule.inputs["fromPort"] == 8929]
    # EC2 API, IpRange.
    assert len(told) == 255
    assert told.startswith("API_Gitlab_URL; ")


@pytest.mark.slow
def test_the_ports_of_the_secret_uri_are_open_in_the_security_group() -> None:
    _, values, secure = spec_of({"rocketchat:database": {"kind": "uri", "version": "8.0"}})
    assert opened(planned(values, secure)) == [(443, 443), (587, 587), ATLAS]


def test_the_network_policy_of_a_cluster_opens_just_that_too() -> None:
    _, values, secure = spec_of({"rocketchat:login": OIDC}, "lovia-doks")
    plan = planned(values, secure)
    (policy,) = [
        one
        for one in plan.of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy")
        if one.name == "chat-traffic"
    ]
    outside = [rule for rule in policy.inputs["spec"]["egress"] if "ipBlock" in rule["to"][0]]
    assert [port["port"] for rule in outside for port in rule["ports"]] == [
        443,
        2587,
        8443,
        *range(27015, 27018),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("topology", ["monolith", "microservices"])
def test_services_reach_their_broker_where_there_is_one(topology: str) -> None:
    values, secure = values_of("services-fargate"), files.read("services-fargate").secure
    values["rocketchat:runtime"] = {**values["rocketchat:runtime"], "topology": topology, "instances": 1}
    plan = planned(values, secure)
    rules = plan.of_type("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    peers = [rule for rule in rules if rule.inputs["fromPort"] == 4222]
    assert bool(peers) == (topology == "microservices")


def out_of_the_droplet(changes: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Protocol and ports that the firewall of a droplet lets out."""
    _, values, needed = spec_of(changes, "family-host")
    [firewall] = planned(values, needed).of_type("digitalocean:index/firewall:Firewall")
    rules = firewall.inputs["outboundRules"]
    assert all(rule["destinationAddresses"] == ["0.0.0.0/0", "::/0"] for rule in rules)
    return [(rule["protocol"], rule.get("portRange")) for rule in rules]


OF_THE_HOST = [("tcp", "53"), ("udp", "53"), ("tcp", "80"), ("udp", "123"), ("tcp", "443"), ("icmp", None)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [("tcp", "2525")]),
        ({"rocketchat:mail": None}, []),
        ({"rocketchat:login": OIDC}, [("tcp", "2525"), ("tcp", "8443")]),
        ({"rocketchat:settings": {"API_Gitlab_URL": "http://git.example.com"}}, [("tcp", "2525")]),
        (
            {"rocketchat:database": PUBLIC, "rocketchat:backup": None},
            [("tcp", "2525"), ("tcp", "27015-27017")],
        ),
    ],
    ids=lambda one: json.dumps(one)[:60],
)
def test_the_firewall_of_a_droplet_opens_what_the_parts_and_the_host_use(
    changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert out_of_the_droplet(changes) == OF_THE_HOST + expected


def test_egress_ports_of_a_droplet_are_open() -> None:
    runtime = values_of("family-host")["rocketchat:runtime"] | {"egressPorts": [8443]}
    assert ("tcp", "8443") in out_of_the_droplet({"rocketchat:runtime": runtime})


def test_a_droplet_has_as_many_ways_out_as_its_firewall_takes_and_no_more() -> None:
    def runtime(count: int) -> dict[str, Any]:
        keys = {"egressPorts": list(range(9001, 9001 + 2 * count, 2)), "sshFrom": ["203.0.113.0/24"]}
        return {"rocketchat:runtime": values_of("family-host")["rocketchat:runtime"] | keys}

    assert len(out_of_the_droplet(runtime(40))) == 50 - 3
    with pytest.raises(InvalidStack, match=r"egressPorts.*43 ranges of ports.*room for 42"):
        out_of_the_droplet(runtime(41))


def test_lightsail_says_that_it_holds_nothing_back_and_takes_no_ports() -> None:
    spec, values, secure = spec_of({}, "soluvas-lightsail")
    assert [note for check in spec.checks for note in check.notes if "lets everything out" in note]
    values["rocketchat:runtime"] = values["rocketchat:runtime"] | {"egressPorts": [8443]}
    with pytest.raises(InvalidStack, match=r"egressPorts: this is a key of kind .*fargate"):
        parse(values, secure, source="a test")


def test_the_port_of_a_secret_address_is_open() -> None:
    assert web_port("https://hooks.example.com:8443/services/T0/B0") == 8443
    assert web_port("HTTPS://user:word@hooks.example.com:8443/x?y=:9") == 8443
    assert web_port("https://[2001:db8::1]:8443") == 8443
    assert (web_port("https://hooks.example.com"), web_port("http://hooks.example.com/")) == (443, 80)
    assert web_port("https://hooks.example.com:70000") is None
    assert web_port("https://a.example.com:8443,https://b.example.com") is None
    assert web_port("correct horse: https://x:8443 battery") is None
    spec, _, _ = spec_of({})
    ways = ways_out(spec.parts, spec.defaults, web_ports=[8443])
    assert (8443, "Addresses among the secrets") in [(way.first, way.reason) for way in ways]
