"""What the stand-in clouds refuse because they have it already, or because something else still needs it."""

from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
import pytest
from planning import planned_file

import clouds
from clouds.ask import Cloud, Existing
from clouds.effects import is_revision, place
from clouds.record import Once, Refuses, Use
from rehearsal.cloud import Kept, StandinCloud
from rehearsal.errors import RehearsalError
from rehearsal.plan import PlannedResource
from rehearsal.server import same_name
from rehearsal.standins import once, replacing
from stacks import files

REFUSES = {token: one.refuses for token, one in clouds.types().items() if isinstance(one.refuses, Refuses)}
ONCE: Mapping[str, tuple[Once, ...]] = {token: one.once for token, one in REFUSES.items() if one.once}
SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "aws:cloudfront/distribution:Distribution": {"aliases": ["chat.example.com"]},
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": {
        "resourceArn": "arn:one",
        "logType": "ACCESS_LOGS",
    },
    "aws:ec2/flowLog:FlowLog": {"vpcId": "vpc-1", "logDestination": "arn:log"},
    "aws:ec2/internetGateway:InternetGateway": {"vpcId": "vpc-1"},
    "aws:ec2/natGateway:NatGateway": {"allocationId": "eipalloc-1", "subnetId": "subnet-1"},
    "aws:ec2/routeTableAssociation:RouteTableAssociation": {"subnetId": "subnet-1", "routeTableId": "rtb-1"},
    "aws:ec2/securityGroup:SecurityGroup": {"vpcId": "vpc-1", "name": "app"},
    "aws:ec2/vpcEndpoint:VpcEndpoint": {
        "vpcId": "vpc-1",
        "serviceName": "com.amazonaws.eu-central-1.logs",
        "privateDnsEnabled": True,
    },
    "aws:ecs/service:Service": {"cluster": "arn:cluster", "name": "chat"},
    "aws:lb/listener:Listener": {"loadBalancerArn": "arn:alb", "port": 443},
    "aws:lb/listenerRule:ListenerRule": {"listenerArn": "arn:listener", "priority": 7},
    "aws:lightsail/disk_attachment:Disk_attachment": {"diskName": "data", "instanceName": "host"},
    "aws:lightsail/staticIpAttachment:StaticIpAttachment": {"staticIpName": "ip", "instanceName": "host"},
    "aws:route53/record:Record": {"zoneId": "z", "name": "chat", "type": "CNAME"},
    "aws:s3/bucket:Bucket": {"bucket": "media"},
    "aws:sesv2/configurationSet:ConfigurationSet": {"configurationSetName": "chat"},
    "aws:sesv2/emailIdentity:EmailIdentity": {"emailIdentity": "example.com"},
    "aws:wafv2/webAcl:WebAcl": {"scope": "REGIONAL", "name": "chat"},
    "aws:wafv2/webAclAssociation:WebAclAssociation": {"resourceArn": "arn:alb", "webAclArn": "arn:acl"},
    "cloudflare:index/dnsRecord:DnsRecord": {"zoneId": "z", "name": "chat", "type": "CNAME"},
    "digitalocean:index/dnsRecord:DnsRecord": {"domain": "z", "name": "chat", "type": "CNAME"},
    "digitalocean:index/sshKey:SshKey": {"publicKey": "ssh-ed25519 AAAA"},
    "digitalocean:index/volume:Volume": {"region": "sgp1", "name": "data"},
    "mongodbatlas:index/advancedCluster:AdvancedCluster": {"projectId": "p", "name": "chat"},
    "mongodbatlas:index/databaseUser:DatabaseUser": {
        "projectId": "p",
        "authDatabaseName": "admin",
        "username": "chat",
    },
    "mongodbatlas:index/privateLinkEndpoint:PrivateLinkEndpoint": {
        "projectId": "p",
        "providerName": "AWS",
        "region": "eu-central-1",
    },
    "mongodbatlas:index/project:Project": {"orgId": "o", "name": "chat"},
}
"""Inputs by which a row can be tried; a name where there are none here."""

SERVICES = {"cloudwatch": "logs", "lb": "elbv2"}
"""SDK's name of a service, where Pulumi's is another."""
SAID_OTHERWISE = {"given back by", "puts it in the other's place", "RFC "}


def thing(
    kind: str, inputs: Mapping[str, Any], name: str = "one", stack: str = "first", own_id: str = ""
) -> Kept:
    urn = f"urn:pulumi:{stack}::rocketchat::{kind}::{name}"
    return Kept(
        urn, kind, name, own_id or f"{stack}-{name}", inputs, {}, frozenset(), Cloud("eu-central-1"), 0
    )


def cloud(*things: Kept) -> StandinCloud:
    made = StandinCloud()
    for one in things:
        made.create(one)
    return made


@pytest.mark.parametrize("kind", sorted(ONCE))
def test_what_a_cloud_has_once_is_refused_to_a_second_stack(kind: str) -> None:
    sample = SAMPLES.get(kind, {"name": "chat"})
    made = cloud(thing(kind, sample))
    with pytest.raises(RehearsalError, match="one of the stack first has it"):
        made.create(thing(kind, sample, stack="second"))
    made.delete(thing(kind, sample).urn, "first-one")
    made.create(thing(kind, sample, stack="second"))


@pytest.mark.parametrize("kind", sorted(ONCE))
def test_others_of_the_type_are_made_beside_it(kind: str) -> None:
    sample = SAMPLES.get(kind, {"name": "chat"})
    other = {key: value if isinstance(value, bool | list) else f"{value}2" for key, value in sample.items()}
    if "aliases" in other:
        other["aliases"] = ["other.example.com"]
    cloud(thing(kind, sample), thing(kind, other, stack="second"))


def test_names_are_of_a_region_an_account_or_the_world() -> None:
    role, log, bucket = (
        ("aws:iam/role:Role", {"name": "chat"}),
        ("aws:cloudwatch/logGroup:LogGroup", {"name": "chat"}),
        ("aws:s3/bucket:Bucket", {"bucket": "chat"}),
    )
    for kind, inputs in (role, bucket):
        with pytest.raises(RehearsalError, match="has it"):
            cloud(thing(kind, inputs), thing(kind, {**inputs, "region": "us-east-1"}, stack="second"))
    kind, inputs = log
    cloud(thing(kind, inputs), thing(kind, {**inputs, "region": "us-east-1"}, stack="second"))


def test_an_address_serves_one_gateway_also_while_that_is_replaced() -> None:
    kind = "aws:ec2/natGateway:NatGateway"
    made = cloud(thing(kind, {"allocationId": "eipalloc-1", "subnetId": "subnet-1"}))
    with pytest.raises(RehearsalError, match="AlreadyAssociated"):
        made.create(thing(kind, {"allocationId": "eipalloc-1", "subnetId": "subnet-2"}, own_id="nat-2"))


def test_an_update_may_keep_what_it_has_and_not_take_what_another_has() -> None:
    kind, key = "aws:lb/listenerRule:ListenerRule", "listenerArn"
    made = cloud(
        thing(kind, {key: "arn", "priority": 1}), thing(kind, {key: "arn", "priority": 2}, name="two")
    )
    made.update(thing(kind, {key: "arn", "priority": 3}))
    made.update(thing(kind, {key: "arn", "priority": 1}, name="two"))
    with pytest.raises(RehearsalError, match="PriorityInUse"):
        made.update(thing(kind, {key: "arn", "priority": 1}))


def test_what_a_cloud_would_silently_overwrite_is_refused_to_another_stack() -> None:
    policy = thing("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "media", "policy": "{}"}, own_id="media")
    other = thing("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "media"}, stack="second", own_id="media")
    cloud(policy, policy)
    with pytest.raises(RehearsalError, match="first has it"):
        cloud(policy, other)


@pytest.mark.parametrize(
    ("first", "second", "refused"),
    [
        ("CNAME", "A", True),
        ("A", "CNAME", True),
        ("CNAME", "CNAME", True),
        ("A", "A", False),
        ("A", "TXT", False),
    ],
)
def test_an_alias_stands_alone(first: str, second: str, refused: bool) -> None:
    kind = "cloudflare:index/dnsRecord:DnsRecord"
    records = [
        thing(kind, {"zoneId": "z", "name": "chat.example.com", "type": of, "content": at}, name=at)
        for of, at in ((first, "one"), (second, "two"))
    ]
    if refused:
        with pytest.raises(RehearsalError, match="beside a CNAME"):
            cloud(*records)
    else:
        cloud(*records)


def test_at_route_53_nothing_stands_beside_an_alias_and_a_name_has_one_text_for_dmarc() -> None:
    def record(of: str, text: str, stack: str = "first") -> Kept:
        inputs = {"zoneId": "z", "name": "chat.example.com", "type": of, "records": [text]}
        return thing("aws:route53/record:Record", inputs, name=text, stack=stack, own_id=f"z_{of}")

    cloud(record("A", "192.0.2.1"), record("TXT", "free"))
    with pytest.raises(RehearsalError, match="beside a CNAME"):
        cloud(record("CNAME", "other.example.com"), record("TXT", "free"))
    elsewhere = {"zoneId": "y", "name": "chat.example.com", "type": "TXT", "content": '"v=DMARC1; p=none"'}
    with pytest.raises(RehearsalError, match="RFC 7489"):
        cloud(record("TXT", "v=DMARC1; p=none"), thing("cloudflare:index/dnsRecord:DnsRecord", elsewhere))
    relative = {"domain": "example.com", "name": "chat", "type": "TXT", "value": "v=DMARC1; p=none"}
    with pytest.raises(RehearsalError, match="RFC 7489"):
        cloud(record("TXT", "v=DMARC1; p=none"), thing("digitalocean:index/dnsRecord:DnsRecord", relative))


def test_subnets_of_one_network_do_not_overlap() -> None:
    kind = "aws:ec2/subnet:Subnet"
    made = cloud(thing(kind, {"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/20"}))
    made.create(thing(kind, {"vpcId": "vpc-2", "cidrBlock": "10.0.0.0/20"}, name="two"))
    with pytest.raises(RehearsalError, match=r"InvalidSubnet\.Conflict"):
        made.create(thing(kind, {"vpcId": "vpc-1", "cidrBlock": "10.0.8.0/24"}, name="three"))


VPC = "digitalocean:index/vpc:Vpc"


@pytest.mark.parametrize(
    ("kind", "key", "taken", "free"),
    [
        (VPC, "ipRange", "10.30.8.0/24", "10.31.0.0/20"),
        ("digitalocean:index/kubernetesCluster:KubernetesCluster", "clusterSubnet", "10.30.0.0/18", "10.31.0.0/16"),
        ("digitalocean:index/kubernetesCluster:KubernetesCluster", "serviceSubnet", "10.16.0.0/12", "10.32.0.0/12"),
    ],
)  # fmt: skip
def test_networks_of_one_account_at_digitalocean_do_not_overlap(
    kind: str, key: str, taken: str, free: str
) -> None:
    made = cloud(thing(kind, {"name": "one", key: "10.30.0.0/20"}))
    made.create(thing(kind, {"name": "two", key: free}, name="two"))
    said = (
        "422 This range/size overlaps with another VPC"
        if kind == VPC
        else "422 .*which the account has already"
    )
    with pytest.raises(RehearsalError, match=said):
        made.create(thing(kind, {"name": "three", key: taken}, name="three"))


def uses() -> Iterator[tuple[str, Use]]:
    for kind, refuses in sorted(REFUSES.items()):
        for use in refuses.used_by:
            yield kind, use


@pytest.mark.parametrize(("kind", "use"), list(uses()), ids=lambda one: getattr(one, "path", str(one)))
def test_what_is_in_use_is_not_deleted(kind: str, use: Use) -> None:
    named = {"name": "name", "scope": "REGIONAL"}
    value: Any = named[use.by] if use.by else "used"
    for key in reversed(use.path.split(".")):
        value = {key: value}
    used = thing(kind, named, own_id="used")
    user = thing(use.type, {"cluster": "other", **named, **value}, name="user")
    made = cloud()
    made.take(used)
    made.take(user)
    with pytest.raises(RehearsalError, match=use.error):
        made.delete(used.urn, used.id)
    made.delete(user.urn, user.id)
    made.delete(used.urn, used.id)
    assert not made.things()


def test_an_internet_gateway_stays_while_something_goes_through_it() -> None:
    gateway = thing("aws:ec2/internetGateway:InternetGateway", {"vpcId": "vpc-1"}, name="internet")
    subnet = thing("aws:ec2/subnet:Subnet", {"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/20"}, own_id="subnet-1")
    nat = thing("aws:ec2/natGateway:NatGateway", {"allocationId": "a", "subnetId": "subnet-1"}, name="nat")
    made = cloud(gateway, subnet, nat)
    with pytest.raises(RehearsalError, match="DependencyViolation"):
        made.delete(gateway.urn, gateway.id)
    moved = thing("aws:ec2/internetGateway:InternetGateway", {"vpcId": "vpc-2"}, name="internet")
    with pytest.raises(RehearsalError, match="DependencyViolation"):
        made.update(moved)
    made.delete(nat.urn, nat.id)
    made.update(moved)


def test_every_type_and_every_error_of_aws_exists() -> None:
    users = {use.type for _, use in uses()}
    assert users <= set(clouds.types())
    loader = botocore.session.get_session().get_component("data_loader")
    rows = [(kind, row.error) for kind, found in ONCE.items() for row in found]
    rows += [(kind, use.error) for kind, use in uses()]
    checked = 0
    for kind, error in rows:
        service = kind.partition(":")[2].partition("/")[0]
        if not kind.startswith("aws:") or service == "ec2" or any(said in error for said in SAID_OTHERWISE):
            continue
        shapes = loader.load_service_model(SERVICES.get(service, service), "service-2")["shapes"]
        assert shapes[error]["exception"], (kind, error)
        checked += 1
    assert checked > 30


def test_a_type_with_no_own_identity_claims_nothing_by_itself() -> None:
    task = thing("aws:ecs/taskDefinition:TaskDefinition", {"family": "chat"})
    assert clouds.types()[task.type].identity(task.existing) is None
    assert not task.claims


def _changed(value: Any) -> Iterator[Any]:
    """Other values in the place of this one, each with one difference."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from ({**value, key: other} for other in _changed(inner))
    elif isinstance(value, list):
        yield [*value, *value[:1]]
        for at, inner in enumerate(value):
            yield from ([*value[:at], other, *value[at + 1 :]] for other in _changed(inner))
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str):
        yield f"{value}x"


NEVER_ALONE = {
    ("aws:ec2/vpcEndpoint:VpcEndpoint", "vpcId"): "another network has other route tables",
    ("aws:route53/record:Record", "zoneId"): "another zone has other names",
    ("cloudflare:index/dnsRecord:DnsRecord", "zoneId"): "another zone has other names",
    ("digitalocean:index/dnsRecord:DnsRecord", "domain"): "another zone has other names",
}
FIXED = {
    ("aws:ec2/vpcEndpoint:VpcEndpoint", "vpcEndpointType"): "the endpoint of S3 is a gateway",
}
"""Properties that nothing changes, or not without others, and why."""


def _there_twice(one: PlannedResource, key: str, news: Mapping[str, Any]) -> bool:
    """Whether the cloud would have to have both at once what it has only once."""
    autoname = clouds.types()[one.type].answers.autoname
    old, new = (
        {
            claim.key
            for claim in once.claims(
                Existing(
                    one.type,
                    made,
                    inputs if autoname is None else {autoname.property: made, **inputs},
                    {**one.outputs, "id": made},
                    "eu-central-1",
                )
            )
            if not claim.shared
        }
        for made, inputs in (("old", one.inputs), ("new", news))
    )
    where = place(one.type)
    return bool(old & new) or (bool(where) and key not in where)


@pytest.mark.slow
@pytest.mark.parametrize("stack", files.names())
def test_what_is_replaced_does_not_meet_itself(stack: str) -> None:
    """For each property that cannot be changed: the new one is made after the old one has gone, or has another name."""
    found, tried = set(), 0
    for one in planned_file(stack).resources:
        # The old one's going takes nothing away: a wait, and versions of one thing.
        kept = one.type == "aws:acm/certificateValidation:CertificateValidation" or is_revision(one.type)
        if kept or one.type not in clouds.types() or one.options.get("deleteBeforeReplace"):
            continue
        for key, value in one.inputs.items():
            if (one.type, key) in NEVER_ALONE | FIXED or key in one.options.get("ignoreChanges", ()):
                continue
            for other in _changed(value):
                news = {**one.inputs, key: other}
                if not replacing(one.type, one.inputs, news):
                    continue
                tried += 1
                if _there_twice(one, key, news) and not same_name(one.type, one.inputs, news):
                    found.add(f"{one.name} ({one.type}): {key}")
    assert tried
    assert not found, "\n".join(sorted(found))
