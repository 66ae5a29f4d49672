"""What stacks cost: sums made by hand and by others, what has no price, and what assumptions change."""

import dataclasses
import datetime as dt
import json
import re
import shlex
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sharing import shared

import clouds
from clouds import costs
from clouds.costs import Charge
from clouds.record import Nothing
from command import cli
from components.runtime.host import sizes
from proving import independent_estimates, pages, recordings
from rehearsal import cost, stack
from rehearsal.cost import Estimate, Misgiven, Range
from rehearsal.plan import Plan, PlannedResource
from rocketchat import usage
from rocketchat.usage import ASSUMPTIONS
from stacks import language
from stacks.problems import InvalidStack

PAGE = Path(__file__).parent.parent / "docs" / "cost.md"
REALLY_PLAN = stack.plan


made = independent_estimates.resource


def priced(
    *resources: PlannedResource, region: str = "us-east-1", assumed: Mapping[str, float] | None = None
) -> Estimate:
    return independent_estimates.estimate(resources, assumed or {}, region)


@cache
def planned(name: str) -> tuple[stack.RehearsedStack, Plan]:
    loaded = stack.load(name)
    return loaded, shared(f"plan of {name}", lambda: REALLY_PLAN(loaded))


@pytest.fixture(autouse=True)
def _planned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "plan", lambda loaded: planned(loaded.name.partition(" ")[0])[1])


def usd(found: Estimate) -> float:
    assert not found.unpriced
    assert found.total.low == found.total.high
    return round(found.total.low, 2)


# ------------------------------------------------------------------------------------------------ sums


def test_prices_are_what_others_reckon_for_three_resources_of_each_provider() -> None:
    found = independent_estimates.all_of_them()
    assert [(one.what, one.usd, one.ours) for one in found if not one.agrees] == []
    types: dict[str, set[str]] = {}
    for one in found:
        assert one.source.startswith("https://")
        assert one.on <= dt.datetime.now(tz=dt.UTC).date()
        types.setdefault(one.provider, set()).add(one.what)
    assert len(types) == len({key.partition(".")[0] for key in costs.listed()})
    assert all(len(whats) >= 3 for whats in types.values())


def test_the_table_of_what_others_reckon_is_of_these_prices() -> None:
    assert pages.read(independent_estimates.PAGE).strip() == independent_estimates.table()


def test_spot_costs_a_third_and_what_is_the_base_costs_all() -> None:
    task = made("aws:ecs/taskDefinition:TaskDefinition", {"family": "chat", "cpu": "1024", "memory": "2048"})
    service = {
        "taskDefinition": "arn:aws:ecs:us-east-1:1:task-definition/chat:1",
        "desiredCount": 3,
        "capacityProviderStrategies": [
            {"capacityProvider": "FARGATE", "base": 1, "weight": 0},
            {"capacityProvider": "FARGATE_SPOT", "weight": 1},
        ],
    }
    # 1 and twice 0.3 of 730 hours at 0.04048 and twice 0.004445 dollars.
    found = usd(priced(task, made("aws:ecs/service:Service", service)))
    assert found == pytest.approx(1.6 * 730 * (0.04048 + 2 * 0.004445), abs=0.01)


@pytest.mark.parametrize(
    ("token", "inputs", "expected"),
    [
        # 24 dollars and a fifth of it (docs.digitalocean.com, backups).
        ("digitalocean:index/droplet:Droplet", {"size": "s-2vcpu-4gb", "backups": True}, 28.80),
        ("digitalocean:index/volume:Volume", {"size": 29}, 2.90),
        # Three nodes of 24 dollars, and 40.
        (
            "digitalocean:index/kubernetesCluster:KubernetesCluster",
            {"ha": True, "nodePool": {"size": "s-2vcpu-4gb", "nodeCount": 3}},
            112.00,
        ),
        ("digitalocean:index/spacesBucket:SpacesBucket", {}, 5.00),
        # Two sizes of 40 dollars; 5 GB are in that.
        ("digitalocean:index/vpcNatGateway:VpcNatGateway", {"size": 2}, 80.00),
        # M20 at 0.20 dollars an hour, with its own disk; 25 GB of backups at 1 dollar, 5 of them free.
        (
            "mongodbatlas:index/advancedCluster:AdvancedCluster",
            {
                "pitEnabled": True,
                "replicationSpecs": [
                    {
                        "regionConfigs": [
                            {
                                "electableSpecs": {"instanceSize": "M20", "diskSizeGb": 20, "nodeCount": 3},
                                "providerName": "AWS",
                                "regionName": "US_EAST_1",
                            }
                        ]
                    }
                ],
            },
            146 + 20,
        ),
        # 730 hours at 0.054 dollars.
        (
            "mongodbatlas:index/privateLinkEndpoint:PrivateLinkEndpoint",
            {"providerName": "AWS", "region": "EU_CENTRAL_1"},
            39.42,
        ),
        ("cloudflare:index/dnsRecord:DnsRecord", {}, 0),
        ("aws:lightsail/instance:Instance", {"bundleId": "medium_3_0"}, 24.00),
        ("aws:lightsail/disk:Disk", {"sizeInGb": 8}, 0.80),
        # 10 GB on the host, 1.2 times: 12 GB at 0.05 dollars.
        ("aws:lightsail/instance:Instance", {"bundleId": "small_3_0", "addOn": {"status": "Enabled"}}, 12.60),
    ],
)
def test_a_month_of_other_providers_is_what_their_pages_say(
    token: str, inputs: Mapping[str, Any], expected: float
) -> None:
    assumed = {
        # 100 users, 10 messages, 20 days, 12 months of 100 KB: 24 GB, and 25 GB of copies of them.
        "messages": 10.0,
        "days": 20.0,
        "message-kb": 100.0,
        "copies": 25 / 24 if token.startswith("mongodbatlas") else 1.2,
        "database-traffic": 0.0,
        "host-gb": 10.0,
    }
    assert usd(priced(made(token, inputs), assumed=assumed)) == expected


def test_continuous_backups_cost_what_the_vendor_reckons_for_115_gb() -> None:
    """Source: "Cluster Configuration Costs" of the documentation of Atlas: 95 GB at 1.00 and 15 at 0.75 dollars."""
    region = {"electableSpecs": {"instanceSize": "M30"}, "providerName": "AWS", "regionName": "US_EAST_1"}
    inputs = {"pitEnabled": True, "replicationSpecs": [{"regionConfigs": [region]}]}
    # 115 GB: 1000 users with 10 messages on 20 days of 12 months, of 47.92 KB, once.
    assumed = {"users": 1000.0, "messages": 10.0, "days": 20.0, "message-kb": 115 / 2.4, "copies": 1.0}
    cluster = made("mongodbatlas:index/advancedCluster:AdvancedCluster", inputs)
    lines = priced(cluster, assumed=assumed).items[0].lines
    assert sum(line.usd.low for line in lines if line.what == "backups") == pytest.approx(106.25)


@pytest.mark.slow
def test_containers_that_scale_cost_from_the_fewest_to_the_most() -> None:
    found = cost.of_stack(*planned("services-fargate"))
    amounts = {(item.name, line.what): line.amount for item in found.items for line in item.lines}
    # Three to six streamers with one processor each; one NATS with a quarter of one.
    assert amounts["chat-ddp-streamer", "vCPU"] == Range(3 * 730, 6 * 730)
    assert amounts["chat-nats", "vCPU"] == Range(730 / 4, 730 / 4)


def test_a_cluster_that_scales_costs_from_its_tier_to_the_largest() -> None:
    region = {
        "electableSpecs": {"instanceSize": "M20", "diskSizeGb": 20, "nodeCount": 3},
        "autoScaling": {"computeEnabled": True, "computeMaxInstanceSize": "M30"},
        "providerName": "AWS",
        "regionName": "US_EAST_1",
    }
    cluster = made(
        "mongodbatlas:index/advancedCluster:AdvancedCluster",
        {"replicationSpecs": [{"regionConfigs": [region]}]},
    )
    found = next(line for line in priced(cluster).items[0].lines if line.what == "cluster")
    assert found.usd == Range(730 * 0.20, 730 * 0.54)


# ------------------------------------------------------------------------------------------------ by what it is for


@pytest.fixture
def invented(tmp_path: Path) -> Callable[[str], Estimate]:
    """Plans the stack of a text, and prices it."""

    def priced_from(config: str) -> Estimate:
        path = tmp_path / "Pulumi.invented.yaml"
        path.write_text(f"config:{config}", encoding="utf-8")
        loaded = stack.load(str(path))
        return cost.of_stack(loaded, REALLY_PLAN(loaded))

    return priced_from


def amounts(found: Estimate) -> dict[tuple[str, str], Range]:
    """How much of each charge, by the resource's name and the price's key."""
    return {(item.name, line.key): line.amount for item in found.items for line in item.lines}


WITH_CDN = """
  aws:region: us-east-1
  rocketchat:chat: {host: chat.c.example, users: 400}
  rocketchat:runtime: {kind: fargate, network: {kind: new, endpoints: [secretsmanager, logs]}}
  rocketchat:database: {kind: atlas, organization: 5f0c1d2e3b4a59687f6e5d4c, cluster: c-chat, privateLink: false}
  rocketchat:media: {kind: s3, bucket: media-c-example}
  rocketchat:edge: {kind: cloudfront}
  rocketchat:dns: {kind: cloudflare, zone: c.example}
  rocketchat:mail: {kind: ses, domain: c.example, from: chat@c.example}
  rocketchat:backup: {dumps: true, bucket: kept-c-example, keepDays: 90}
  rocketchat:monitoring: {alarmEmails: [ops@c.example]}
"""


def test_dumps_are_kept_as_the_stack_file_says_and_never_priced_as_uploads(
    invented: Callable[[str], Estimate],
) -> None:
    found = invented(WITH_CDN)
    assert found.assumed["backups"].low == found.assumed["backups"].high == 90
    of = amounts(found)
    # 400 users with 12 messages of 1 KB on 22 days, for 12 months, ninety times.
    assert of["dumps-bucket", "aws.s3-gb"].low == pytest.approx(400 * 12 * 22 * 12 * 90 / 1e6)
    assert ("dumps-bucket", "aws.out-gb") not in of
    # What dumps and restores them runs on Fargate, too, and the metrics that it reports are charged once each.
    assert of["backups-backup", "aws.fargate-vcpu-hour"].low > 0
    reported = {key: one for key, one in of.items() if key[1] == "aws.metric"}
    assert sum(one.low for one in reported.values()) == pytest.approx(3)


def test_what_goes_to_a_cdn_is_charged_there_and_logs_by_their_endpoint(
    invented: Callable[[str], Estimate],
) -> None:
    of = amounts(invented(WITH_CDN))
    assert of["cdn-distribution", "aws.cloudfront-gb"].high > 0
    assert ("balancer-alb", "aws.out-gb") not in of
    assert of["network-logs", "aws.endpoint-gb"].high > 0
    assert ("network-secretsmanager", "aws.endpoint-gb") not in of
    # The database is reached through NAT, as there is no private link: 1 to 5 times what users move.
    moved = of["cdn-distribution", "aws.cloudfront-gb"]
    assert of["network-nat-1", "aws.nat-gb"].high == pytest.approx(50 + 5 * moved.high)


def test_containers_with_public_addresses_pay_for_them() -> None:
    task = made("aws:ecs/taskDefinition:TaskDefinition", {"family": "chat", "cpu": "1024", "memory": "2048"})
    service = {"taskDefinition": "arn:aws:ecs:us-east-1:1:task-definition/chat:1", "desiredCount": 2}
    costs_more = service | {"networkConfiguration": {"assignPublicIp": True}}
    token = "aws:ecs/service:Service"
    more = usd(priced(task, made(token, costs_more))) - usd(priced(task, made(token, service)))
    assert more == pytest.approx(2 * 730 * 0.005, abs=0.01)


# ------------------------------------------------------------------------------------------------ the list


def test_every_price_is_dated_and_has_a_source() -> None:
    for key, regions in costs.listed().items():
        for region, price in regions.items():
            assert price.source.startswith("https://"), key
            assert "{" not in price.source
            assert dt.date(2018, 1, 1) <= price.on <= dt.datetime.now(tz=dt.UTC).date(), key
            assert 0 < price.low <= price.high, (key, region)
            assert price.unit


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "eu-central-1", "ap-southeast-1"])
def test_every_hour_and_gb_of_aws_has_a_price_in_the_regions_of_the_stacks(region: str) -> None:
    # Container Insights with enhanced observability: no list of it was found for these two.
    known = {"aws.insights-metric"} if region in {"eu-west-1", "eu-central-1"} else set()
    missing = {key for key in costs.listed() if key.startswith("aws.") and costs.find(key, region) is None}
    assert missing == known


def test_hosts_are_chosen_by_the_prices_of_the_list() -> None:
    for name, size in sizes.LIGHTSAIL.items():
        price = costs.find(f"aws.lightsail.{name.rpartition('_')[0]}", "ap-southeast-1")
        assert price is not None
        assert price.low == size.usd
    for name, size in sizes.DROPLET.items():
        price = costs.find(f"digitalocean.droplet.{name}", "sgp1")
        assert price is not None
        assert price.low == size.usd
    for key in ("aws.lightsail-disk-gb", "digitalocean.volume-gb"):
        price = costs.find(key, "sgp1")
        assert price is not None
        assert price.low == sizes.VOLUME_USD_PER_GB


def test_what_costs_nothing_says_why() -> None:
    nothing = {
        token: one.costs.because for token, one in clouds.types().items() if isinstance(one.costs, Nothing)
    }
    assert nothing["aws:iam/role:Role"] == "free: IAM costs nothing"
    assert all(
        said.startswith("free: ") or said.endswith("charged") or "charged with" in said
        for said in nothing.values()
    )
    assert all(callable(one.costs) for token, one in clouds.types().items() if token not in nothing)


# ------------------------------------------------------------------------------------------------ what has no price


def test_a_region_without_a_price_is_told_and_the_rest_is_priced() -> None:
    found = priced(
        made("aws:ec2/natGateway:NatGateway", {}), made("aws:kms/key:Key", {}), region="af-south-1"
    )
    assert found.lacking == ["aws.nat-hour", "aws.nat-gb"]
    for key, said in zip(found.lacking, found.unpriced, strict=True):
        assert all(word in said for word in ("one", "aws.ec2.NatGateway", "af-south-1", key))
    assert found.total == Range(1, 1)
    assert re.search(r"about 1 USD .*2 charges", found.said)


def test_a_resource_of_which_nothing_is_known_has_no_price() -> None:
    [said] = priced(made("aws:rds/instance:Instance", {})).unpriced
    assert said.startswith("one: ")
    assert "aws:rds/instance:Instance" in said


@pytest.mark.slow
def test_a_tier_without_a_price_is_told_with_what_it_may_grow_to_and_taken_as_given(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["cost", "lovia-fargate", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)["stacks"][0]
    assert not told["complete"]
    assert told["lacking"] == ["mongodbatlas.M20", "mongodbatlas.M30"]
    [said] = told["unpriced"]
    assert said.startswith("cluster-cluster ")
    assert "AWS/AP_SOUTHEAST_1" in said
    # M20 is listed for Virginia only, M30 for São Paulo, too.
    assert told["elsewhere"] == {"low": pytest.approx(730 * 0.2), "high": pytest.approx(730 * 0.98)}
    given = ["--price", "mongodbatlas.M20=0.25", "--price", "mongodbatlas.M30=0.60"]
    assert cli.main(["cost", "lovia-fargate", "--json", *given]) == 0
    more = json.loads(capsys.readouterr().out)["stacks"][0]
    assert more["complete"]
    assert more["elsewhere"] == {"low": 0, "high": 0}
    assert more["total"]["low"] - told["total"]["low"] == pytest.approx(730 * 0.25)
    assert more["total"]["high"] - told["total"]["high"] == pytest.approx(730 * 0.60)


def test_what_a_stack_uses_and_does_not_make_is_named(invented: Callable[[str], Estimate]) -> None:
    found = invented(
        """
  aws:region: us-east-1
  rocketchat:chat: {host: chat.there.example, users: 60}
  rocketchat:runtime:
    kind: fargate
    network: {kind: existing, vpc: vpc-0a1b2c3d, taskSubnets: [subnet-0a1b2c3d, subnet-0a1b2c3e]}
    balancer:
      kind: existing
      listener: arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/there/50dc6c495c0c9188/f2f7dc8efc522ab2
  rocketchat:database: {kind: uri, version: "8.0"}
  rocketchat:media: {kind: s3, bucket: media-there-example}
  rocketchat:dns: {kind: route53, zone: there.example}
  rocketchat:mail: {kind: smtp, host: smtp.there.example, port: 587, username: u, from: chat@there.example}
  rocketchat:license: {secure: AAA}
"""
    )
    named = ("network", "balancer", "MongoDB", "zone of Route 53", "SMTP provider", "licence")
    assert [word for word in named if not any(word in said for said in found.outside)] == []
    assert len(found.outside) == len(named)


def test_what_is_missing_is_named_by_its_key_with_what_it_is_elsewhere_and_how_to_give_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["cost", "lovia-fargate"]) == 1
    told = capsys.readouterr().out
    given = "--price mongodbatlas.M20=USD --price mongodbatlas.M30=USD"
    assert given in told
    assert re.search(r"mongodbatlas\.M20 is 0\.2 per .*US_EAST_1 .*https://", told)
    # What it says to give is all that is missing.
    assert cli.main(["cost", "lovia-fargate", *given.replace("USD", "0.3").split()]) == 0


@pytest.mark.parametrize(
    ("token", "key", "beside"),
    [
        ("aws:ec2/natGateway:NatGateway", "aws.nat-gb", "aws:ec2/vpcEndpoint:VpcEndpoint"),
        (
            "digitalocean:index/vpcNatGateway:VpcNatGateway",
            "digitalocean.nat-out-gb",
            "kubernetes:apps/v1:StatefulSet",
        ),
    ],
)
def test_a_database_elsewhere_is_reached_through_nat_and_one_inside_is_not(
    token: str, key: str, beside: str
) -> None:
    gateway = made(token, {})
    inside = made(
        beside, {"vpcEndpointType": "Interface", "serviceName": "com.amazonaws.vpce.x.vpce-svc-0"}, "two"
    )

    def moved(*resources: PlannedResource) -> float:
        found = priced(*resources, assumed={"database-traffic": 1000.0})
        return sum(line.amount.low for line in found.items[0].lines if line.key == key)

    assert moved(gateway) > 1000
    assert moved(gateway, inside) < 100


# ------------------------------------------------------------------------------------------------ assumptions


def charges(name: str, *assume: str) -> dict[tuple[str, str], Range]:
    found = cost.of_stack(*planned(name), assume=assume)
    return {(item.name, line.what): line.amount for item in found.items for line in item.lines}


@pytest.mark.parametrize(
    ("assume", "changed"),
    [
        ("emails=30", {("mail-identity", "e-mails")}),
        ("out-gb=90", {("network-nat-1", "traffic")}),
        ("public-gb=20", {("media-cdn-distribution", "traffic")}),
        ("metrics=10", {("chat-cluster", "metrics")}),
        ("copies=4", {("cluster-cluster", "backups")}),
        (
            "downloads=20",
            {("media-bucket", "traffic"), ("media-bucket", "reads")},
        ),
        (
            "requests=900",
            {
                ("balancer-waf-acl", "requests"),
                ("balancer-balancer-logs", "stored"),
                ("balancer-waf-logs", "written"),
                ("balancer-waf-logs", "kept"),
            },
        ),
    ],
)
def test_an_assumption_changes_what_rests_on_it_and_nothing_else(
    assume: str, changed: set[tuple[str, str]]
) -> None:
    before, after = charges("lovia-fargate"), charges("lovia-fargate", assume)
    assert {key for key in after if after[key] != before.get(key)} == changed


@pytest.mark.slow
def test_every_assumption_is_asked_for_by_some_stack() -> None:
    asked: set[str] = set()
    for name in ("lovia-fargate", "soluvas-lightsail", "family-host"):
        asked |= cost.of_stack(*planned(name)).assumed.keys()
    # Route 53 is in no stack of these three.
    assert asked | {"dns-queries"} == {"users", *ASSUMPTIONS}
    record = made("aws:route53/record:Record", {"type": "A", "records": ["192.0.2.1"]})
    assert "dns-queries" in priced(record).assumed


@pytest.mark.parametrize("given", ["mails=3", "emails=many", "emails=9-3", "emails", "emails=-3"])
def test_an_assumption_that_cannot_be_is_refused_with_what_can(given: str) -> None:
    with pytest.raises(Misgiven) as refused:
        cost.assumptions([given], 10)
    said = str(refused.value)
    assert said.startswith(f"{given}: ")
    # Of a key that is none the others are named, of a number that is none one that fits.
    assert all(key in said for key in ASSUMPTIONS) if given == "mails=3" else "emails=2-20" in said


@pytest.mark.parametrize("given", ["mongodbatlas.M20", "=0.2", "mongodbatlas.M20=cheap"])
def test_a_price_that_is_none_is_refused(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cost", "local", "--price", given]) == 2
    assert "give a price as KEY=USD, such as mongodbatlas.M20=0.20" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------ the command


@pytest.mark.recorded
def test_a_plan_says_in_its_first_ten_lines_what_it_costs(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["plan", "family-host"]) == 0
    printed = capsys.readouterr().out
    assert not recordings.differs("plan family-host", printed), "run `make docs`"
    first = printed.splitlines()[:10]
    assert "  cost       about 32 to 34 USD a month, and what is paid elsewhere" in first


def test_stacks_stand_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cost", "family-host", "soluvas-lightsail", "--compare"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["USD", "a", "month", "family-host", "soluvas-lightsail"]
    assert any(line.startswith("total") for line in lines)
    assert "not in it: the Atlas cluster, which is there already" in lines


def test_parts_are_the_whole() -> None:
    found = cost.of_stack(*planned("lovia-fargate"))
    told = found.to_json()
    for end in ("low", "high"):
        parts = sum(one[end] for one in told["components"].values())
        assert parts == pytest.approx(told["total"][end], abs=1e-4)
        each = sum(one["usd"][end] for one in told["resources"] if "usd" in one)
        assert each == pytest.approx(told["total"][end], abs=1e-4)


COMMANDS = [
    line.strip().removeprefix("rocketchat ")
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith(("rocketchat cost ", "rocketchat sizes"))
]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_page_run(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(shlex.split(command)) == 0, capsys.readouterr().err
    told = capsys.readouterr().out
    assert "USD a month" in told or "--json" in command or command.startswith("sizes")


def test_the_page_names_every_assumption() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for key, one in ASSUMPTIONS.items():
        numbers = f"{one.low:g}" if one.low == one.high else f"{one.low:g} to {one.high:g}"
        assert f"| `{key}` | {numbers} | {one.unit} | {one.because} |" in text


def test_a_charge_is_asked_for_with_the_least_and_the_most() -> None:
    """A record that told another number of charges for them would be a mistake of its own."""
    for name in ("lovia-fargate", "family-host"):
        for item in cost.of_stack(*planned(name)).items:
            assert all(line.amount.low <= line.amount.high for line in item.lines), item.name
    assert Charge("a", "b", 1).region == ""


# ------------------------------------------------------------------------------------------------ the stack file


def priced_with(**part: Any) -> Estimate:
    loaded, plan = planned("family-host")
    values = {**loaded.values, "rocketchat:cost": part}
    spec = language.parse(values, loaded.secret_keys | loaded.unset, source="a test")
    return cost.of_stack(dataclasses.replace(loaded, spec=spec), plan, assume=["days=20"])


def test_a_stack_file_changes_what_is_assumed_and_what_has_a_price() -> None:
    found = priced_with(
        assume={"backups": 9, "copies": "1-2", "days": 30}, prices={"digitalocean.droplet.s-2vcpu-4gb": 100}
    )
    assert (found.assumed["backups"].low, found.assumed["backups"].high) == (9, 9)
    assert found.assumed["backups"].because == "cost.assume of the stack file"
    # What is given on the command line comes before it.
    assert found.assumed["days"].low == 20
    assert found.total.low > 100


def test_a_price_that_nothing_has_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert priced_with(prices={"mongodbatlas.M21": 1}).unused == ["mongodbatlas.M21"]
    assert cli.main(["cost", "family-host", "--price", "mongodbatlas.M21=1"]) == 0
    assert "not used: nothing in family-host has the price mongodbatlas.M21" in capsys.readouterr().out


def test_a_budget_is_told_of_where_the_cost_is_more_or_may_be() -> None:
    key = dataclasses.replace(priced(made("aws:kms/key:Key", {})), budget=0.5)
    assert key.said.endswith("; over its budget of 0.5")
    assert dataclasses.replace(key, budget=1).said.endswith("a month")
    found = cost.of_stack(*planned("family-host"))
    assert dataclasses.replace(found, budget=33).said.endswith("; may exceed its budget of 33")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("family-host --diff HEAD --hosted", ("--diff", "--hosted")),
        ("family-host --diff HEAD --compare", ("--diff", "--compare")),
        ("family-host --hosted --profile trial", ("--hosted", "--profile")),
        ("family-host --plots plots --all", ("--plots", "--all")),
        ("family-host --most 50", ("--most", "--hosted")),
        ("family-host --compare", ("--compare", "--profile")),
        ("family-host family-host --compare", ("--compare", "--profile")),
        ("family-host --price a.b=1 --price a.b=2", ("a.b",)),
        ("family-host --assume days=20 --assume days=30", ("days",)),
        ("family-host --assume hours=1000", ("hours", "744")),
        ("family-host --assume days=20-40", ("days", "31")),
    ],
)
def test_what_cannot_go_together_or_cannot_be_is_refused_and_named(
    given: str, named: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["cost", *given.split()]) == 2
    said = capsys.readouterr().err
    assert [word for word in named if word not in said] == []


def test_more_days_than_a_month_has_are_refused_in_a_stack_file_with_their_place() -> None:
    with pytest.raises(InvalidStack) as refused:
        priced_with(assume={"days": "20-40"})
    [problem] = refused.value.problems
    assert problem.path == "rocketchat:cost.assume"
    assert "31" in str(refused.value)


def test_an_assumption_that_nothing_rests_on_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert priced_with(assume={"emails": 3}).unasked == ["emails"]
    assert cli.main(["cost", "family-host", "--assume", "metrics=3"]) == 0
    told = capsys.readouterr().out
    assert re.search(r"^not used: .*metrics", told, re.MULTILINE)


def test_profiles_stand_side_by_side(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = planned("family-host")[1]
    monkeypatch.setattr(stack, "plan", lambda loaded: dataclasses.replace(found, stack=loaded.name))
    arguments = ["cost", "family-host", "--compare", "--profile", "trial", "--profile", "production"]
    assert cli.main(arguments) == 0
    assert "family-host trial  family-host production" in capsys.readouterr().out


def test_a_difference_is_told_by_its_least_and_its_most() -> None:
    assert Range(10, 20).until(Range(17, 33)) == "+7.00 to +13"
    assert Range(10, 20).until(Range(5, 15)) == "-5.00"


@pytest.mark.parametrize(("value", "ends"), [(3, (3, 3)), ("20-40", (20, 40)), (0.5, (0.5, 0.5))])
def test_a_number_or_two_with_a_hyphen_are_a_range(value: str | float, ends: tuple[float, float]) -> None:
    assert usage.parsed(value) == ends
