"""Alarms: who is told of what, and that nobody else can speak."""

import json
from typing import Any

import pytest
from planning import planned, values_of
from recording import ACCOUNT, Recording, record

from components.operations.alarms import Alarms, AlarmsArgs
from components.operations.outside import OutsideCheck
from rehearsal import stack as planning
from stacks import features, files
from stacks.language import parse

LOOKUPS = {
    "aws:index/getCallerIdentity:getCallerIdentity": {
        "accountId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:user/someone",
        "id": ACCOUNT,
        "userId": "AIDA",
    },
    "aws:index/getPartition:getPartition": {
        "partition": "aws",
        "id": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    },
}

FULL: dict[str, Any] = {
    "emails": ["ops@lovia.life", "hendy@lovia.life"],
    "balancer_arn_suffix": "app/chat/1",
    "target_groups": {"rocketchat": "targetgroup/rocketchat/2"},
    "cluster_name": "chat",
    "services": {"rocketchat": "chat-rocketchat"},
    "container_insights": True,
    "nat_gateway_ids": ["nat-1", "nat-2"],
    "certificate_arns": {"balancer": "arn:aws:acm:eu-west-1:123456789012:certificate/1"},
    "host_namespace": "RocketChat/chat.lovia.life",
    "host_backups": True,
    "ses": True,
    "monthly_budget_usd": 120,
}


def alarms(**given: Any) -> Recording:
    args = {"emails": [], **given}
    return record(lambda: Alarms("alarms", AlarmsArgs(**args)).topic_arn, lookups=LOOKUPS)  # type: ignore[typeddict-item]


def test_every_alarm_tells_the_topic_when_it_starts_and_ends_and_says_what_silence_means() -> None:
    made = alarms(**FULL)
    for alarm in made.all("MetricAlarm"):
        assert alarm.inputs["alarmActions"] == [made.value], alarm.name
        assert alarm.inputs["okActions"] == [made.value], alarm.name
        assert alarm.inputs["treatMissingData"] in {"notBreaching", "breaching"}, alarm.name
        assert alarm.inputs["alarmDescription"], alarm.name
        assert alarm.inputs["evaluationPeriods"] == alarm.inputs["datapointsToAlarm"], alarm.name


def test_alarms_watch_exactly_what_is_given() -> None:
    assert [alarm.name for alarm in alarms(**FULL).all("MetricAlarm")] == [
        "alarms-balancer-5xx",
        "alarms-balancer-certificate",
        "alarms-host-backup",
        "alarms-host-disk",
        "alarms-host-down",
        "alarms-host-memory",
        "alarms-host-went-back",
        "alarms-nat-1-ports",
        "alarms-nat-2-ports",
        "alarms-rocketchat-5xx",
        "alarms-rocketchat-cpu",
        "alarms-rocketchat-down",
        "alarms-rocketchat-memory",
        "alarms-rocketchat-slow",
        "alarms-rocketchat-tasks",
        "alarms-rocketchat-unhealthy",
        "alarms-ses-bounces",
        "alarms-ses-complaints",
    ]
    nothing = alarms()
    assert not nothing.all("MetricAlarm")
    assert not nothing.all("EventRule")
    assert not nothing.all("Budget")
    assert not nothing.all("TopicSubscription")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "namespace", "metric", "statistic", "comparison", "threshold", "missing"),
    [
        (
            "balancer-5xx",
            "AWS/ApplicationELB",
            "HTTPCode_ELB_5XX_Count",
            "Sum",
            "GreaterThanThreshold",
            10,
            "notBreaching",
        ),
        (
            "host-down",
            "RocketChat/chat.lovia.life",
            "Serving",
            "Maximum",
            "LessThanThreshold",
            1,
            "breaching",
        ),
        (
            "host-went-back",
            "RocketChat/chat.lovia.life",
            "WentBack",
            "Maximum",
            "GreaterThanThreshold",
            0,
            "notBreaching",
        ),
        (
            "host-disk",
            "RocketChat/chat.lovia.life",
            "DataDiskUsedPercent",
            "Maximum",
            "GreaterThanThreshold",
            80,
            "notBreaching",
        ),
        (
            "host-memory",
            "RocketChat/chat.lovia.life",
            "MemoryUsedPercent",
            "Average",
            "GreaterThanThreshold",
            92,
            "notBreaching",
        ),
        (
            "host-backup",
            "RocketChat/chat.lovia.life",
            "HoursSinceBackup",
            "Maximum",
            "GreaterThanThreshold",
            30,
            "notBreaching",
        ),
        (
            "balancer-certificate",
            "AWS/CertificateManager",
            "DaysToExpiry",
            "Minimum",
            "LessThanThreshold",
            30,
            "notBreaching",
        ),
        (
            "rocketchat-5xx",
            "AWS/ApplicationELB",
            "HTTPCode_Target_5XX_Count",
            "Sum",
            "GreaterThanThreshold",
            10,
            "notBreaching",
        ),
        (
            "rocketchat-slow",
            "AWS/ApplicationELB",
            "TargetResponseTime",
            "p95",
            "GreaterThanThreshold",
            2,
            "notBreaching",
        ),
        (
            "rocketchat-unhealthy",
            "AWS/ApplicationELB",
            "UnHealthyHostCount",
            "Minimum",
            "GreaterThanThreshold",
            0,
            "notBreaching",
        ),
        (
            "rocketchat-down",
            "AWS/ApplicationELB",
            "HealthyHostCount",
            "Maximum",
            "LessThanThreshold",
            1,
            "breaching",
        ),
        (
            "rocketchat-cpu",
            "AWS/ECS",
            "CPUUtilization",
            "Average",
            "GreaterThanThreshold",
            85,
            "notBreaching",
        ),
        (
            "rocketchat-memory",
            "AWS/ECS",
            "MemoryUtilization",
            "Average",
            "GreaterThanThreshold",
            85,
            "notBreaching",
        ),
        (
            "nat-2-ports",
            "AWS/NATGateway",
            "ErrorPortAllocation",
            "Sum",
            "GreaterThanThreshold",
            0,
            "notBreaching",
        ),
        (
            "ses-bounces",
            "AWS/SES",
            "Reputation.BounceRate",
            "Average",
            "GreaterThanOrEqualToThreshold",
            0.05,
            "notBreaching",
        ),
        (
            "ses-complaints",
            "AWS/SES",
            "Reputation.ComplaintRate",
            "Average",
            "GreaterThanOrEqualToThreshold",
            0.001,
            "notBreaching",
        ),
    ],
)
def test_each_alarm_compares_the_right_metric_with_the_right_limit(
    name: str, namespace: str, metric: str, statistic: str, comparison: str, threshold: float, missing: str
) -> None:
    alarm = alarms(**FULL).one("MetricAlarm", f"alarms-{name}").inputs
    assert alarm["namespace"] == namespace
    assert alarm["metricName"] == metric
    key = "extendedStatistic" if statistic.startswith("p") else "statistic"
    other = "statistic" if key == "extendedStatistic" else "extendedStatistic"
    assert alarm[key] == statistic
    assert other not in alarm
    assert alarm["comparisonOperator"] == comparison
    assert alarm["threshold"] == threshold
    assert alarm["treatMissingData"] == missing


def test_dimensions_name_what_is_watched() -> None:
    made = alarms(**FULL)
    group = {"LoadBalancer": "app/chat/1", "TargetGroup": "targetgroup/rocketchat/2"}
    service = {"ClusterName": "chat", "ServiceName": "chat-rocketchat"}
    assert made.one("MetricAlarm", "alarms-rocketchat-down").inputs["dimensions"] == group
    assert made.one("MetricAlarm", "alarms-rocketchat-cpu").inputs["dimensions"] == service
    assert made.one("MetricAlarm", "alarms-nat-2-ports").inputs["dimensions"] == {"NatGatewayId": "nat-2"}
    assert "dimensions" not in made.one("MetricAlarm", "alarms-ses-bounces").inputs


def test_missing_tasks_are_the_wanted_less_the_running_ones() -> None:
    alarm = alarms(**FULL).one("MetricAlarm", "alarms-rocketchat-tasks").inputs
    desired, running, missing = alarm["metricQueries"]
    assert desired["metric"]["metricName"] == "DesiredTaskCount"
    assert running["metric"]["metricName"] == "RunningTaskCount"
    assert missing["expression"] == f"{desired['id']} - {running['id']}"
    assert [query["returnData"] for query in alarm["metricQueries"]] == [False, False, True]
    assert (alarm["comparisonOperator"], alarm["threshold"]) == ("GreaterThanThreshold", 0)


@pytest.mark.parametrize(
    ("given", "expected"), [({}, 0), ({"container_insights": False}, 0), ({"container_insights": True}, 1)]
)
def test_missing_tasks_are_watched_only_where_container_insights_counts_them(
    given: dict[str, bool], expected: int
) -> None:
    made = alarms(cluster_name="chat", services={"rocketchat": "chat"}, **given)
    assert len([alarm for alarm in made.all("MetricAlarm") if alarm.name.endswith("-tasks")]) == expected


@pytest.mark.parametrize(("given", "expected"), [({}, 0), ({"ses": False}, 0), ({"ses": True}, 2)])
def test_mail_is_watched_only_when_asked_for(given: dict[str, bool], expected: int) -> None:
    assert len(alarms(**given).all("MetricAlarm")) == expected


def test_the_key_rotates_and_only_the_publishing_services_may_use_it() -> None:
    made = alarms(**FULL)
    key = made.one("Key")
    assert key.inputs["enableKeyRotation"] is True
    assert key.inputs["deletionWindowInDays"] == 30
    assert made.one("Topic").inputs["kmsMasterKeyId"].startswith("arn:aws:kms:")
    account, publish, events = key.json("policy")["Statement"]
    assert account["Principal"] == {"AWS": [f"arn:aws:iam::{ACCOUNT}:root"]}
    assert "kms:PutKeyPolicy" in account["Action"], "without it nobody could ever change the key"
    for statement in (publish, events):
        assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
        assert set(statement["Principal"]) == {"Service"}
    assert publish["Principal"]["Service"] == [
        "cloudwatch.amazonaws.com",
        "ses.amazonaws.com",
        "budgets.amazonaws.com",
    ]
    assert publish["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert events["Principal"]["Service"] == ["events.amazonaws.com"]
    assert "Condition" not in events, "EventBridge sends none: the alarm would be lost silently"


def test_the_topic_takes_messages_from_aws_services_of_this_account_only_and_over_tls() -> None:
    made = alarms(**FULL)
    publish, events, tls = made.one("TopicPolicy").json("policy")["Statement"]
    assert publish["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    for statement in (publish, events):
        assert statement["Action"] == ["sns:Publish"]
        assert statement["Resource"] == [made.value]
        assert set(statement["Principal"]) == {"Service"}
    assert tls["Effect"] == "Deny"
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_each_address_is_subscribed_by_email() -> None:
    made = alarms(**FULL).all("TopicSubscription")
    assert [one.inputs["endpoint"] for one in made] == ["ops@lovia.life", "hendy@lovia.life"]
    assert {one.inputs["protocol"] for one in made} == {"email"}


def test_a_failed_deployment_of_the_cluster_is_told() -> None:
    made = alarms(**FULL)
    pattern = made.one("EventRule").json("eventPattern")
    assert pattern["source"] == ["aws.ecs"]
    assert pattern["detail"] == {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]}
    assert pattern["resources"] == [{"wildcard": "arn:*:ecs:*:*:service/chat/*"}]
    assert made.one("EventTarget").inputs["arn"] == made.value


def test_the_budget_tells_the_topic_before_and_when_it_is_spent() -> None:
    made = alarms(**FULL)
    budget = made.one("Budget").inputs
    assert (budget["limitAmount"], budget["limitUnit"], budget["timeUnit"]) == ("120.00", "USD", "MONTHLY")
    told = [(one["notificationType"], one["threshold"]) for one in budget["notifications"]]
    assert told == [("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)]
    assert all(one["subscriberSnsTopicArns"] == [made.value] for one in budget["notifications"])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"target_groups": {"a": "b"}}, "target_groups need balancer_arn_suffix"),
        ({"services": {"a": "b"}}, "services need cluster_name"),
        ({"monthly_budget_usd": 0}, "monthly_budget_usd is 0"),
        ({"monthly_budget_usd": -1.5}, r"monthly_budget_usd is -1\.5"),
    ],
)
def test_what_cannot_be_watched_is_refused_by_name(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        alarms(**given)


@pytest.mark.parametrize(
    ("stack", "unwatched"),
    [
        ("lovia-fargate", ["the chat's address", "the costs"]),
        (
            "soluvas-lightsail",
            ["the chat's address", "the host's load", "the database", "the certificate's end"],
        ),
        (
            "family-host",
            [
                "the chat's address",
                "the containers",
                "the host's load",
                "the database",
                "the certificate's end",
                "mail",
                "the costs",
            ],
        ),
        (
            "local",
            ["the chat's address", "the containers", "the database", "the certificate's end", "the costs"],
        ),
    ],
)
def test_what_nothing_watches_is_said_of_each_stack(stack: str, unwatched: list[str]) -> None:
    spec = planning.load(stack).spec
    found = features.unwatched(spec.parts, spec.region)
    assert [one.partition(" (")[0].partition(",")[0] for one in found] == unwatched


def test_what_asks_from_outside_has_its_topic_where_its_metric_is() -> None:
    made = alarms(host="chat.lovia.life", region="us-east-1")
    [check] = made.all("HealthCheck")
    assert (check.inputs["type"], check.inputs["fqdn"]) == ("HTTPS", "chat.lovia.life")
    alarm = next(one for one in made.all("MetricAlarm") if one.name == "alarms-outside")
    # Silence is no sign of health.
    assert (alarm.inputs["threshold"], alarm.inputs["treatMissingData"]) == (1, "breaching")
    assert alarm.inputs["region"] == made.all("Topic")[0].inputs["region"] == "us-east-1"


@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-1"])
def test_the_chats_address_is_watched_in_any_region_and_no_more_said_to_be_unwatched(region: str) -> None:
    values = values_of("soluvas-lightsail") | {"aws:region": region}
    values["rocketchat:monitoring"] = {"alarmEmails": ["ops@soluvas.com"], "uptime": True}
    plan = planned(values, files.read("soluvas-lightsail").secure)
    assert len(plan.of_type("aws:route53/healthCheck:HealthCheck")) == 1
    [alarm] = [one for one in plan.of_type("aws:cloudwatch/metricAlarm:MetricAlarm") if "outside" in one.name]
    assert alarm.inputs.get("region", region) == "us-east-1"
    assert not [one for one in plan.outputs["notWatched"] if "from outside" in one]
    # Nobody confirms two messages where one topic can do.
    made = [one for one in plan.of_type("aws:sns/topic:Topic") if "alarms" in one.name]
    assert sorted(str(one.inputs.get("region", region)) for one in made) == sorted({region, "us-east-1"})


def test_without_aws_digitalocean_asks_from_outside_and_looks_at_the_certificate() -> None:
    example = files.read("examples/stacks/Pulumi.digitalocean.yaml")
    values = {**example.values, "rocketchat:monitoring": {"alarmEmails": ["ops@example.com"], "uptime": True}}
    secure = {"rocketchat:mongodbUri", "rocketchat:smtpPassword"}
    plan = planned(values, secure)
    [check] = plan.of_type("digitalocean:index/uptimeCheck:UptimeCheck")
    assert check.inputs["target"] == "https://chat.example.com/api/info"
    alerts = {
        one.inputs["type"]: one.inputs for one in plan.of_type("digitalocean:index/uptimeAlert:UptimeAlert")
    }
    assert alerts.keys() == {"down_global", "ssl_expiry"}
    assert all(one["notifications"] == [{"emails": ["ops@example.com"]}] for one in alerts.values())
    assert not [one for one in plan.outputs["notWatched"] if "from outside" in one or "certificate" in one]
    spec = parse(values, secure, source="a test")
    assert any(
        "DigitalOcean tells of the chat's address" in note for one in spec.checks for note in one.notes
    )


def test_a_check_from_outside_that_tells_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody would be told"):
        record(lambda: OutsideCheck("uptime", {"host": "chat.example.com", "emails": []}).check_id)


EMITTED = {
    # Each with the page of AWS that lists it.
    "AWS/ApplicationELB": {  # ELB user guide, "CloudWatch metrics for your Application Load Balancer"
        *("HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count", "TargetResponseTime"),
        *("UnHealthyHostCount", "HealthyHostCount"),
    },
    "AWS/ECS": {
        "CPUUtilization",
        "MemoryUtilization",
    },  # ECS developer guide, "Amazon ECS CloudWatch metrics"
    # CloudWatch user guide, "Amazon ECS Container Insights metrics"
    "ECS/ContainerInsights": {"DesiredTaskCount", "RunningTaskCount"},
    "AWS/NATGateway": {"ErrorPortAllocation"},  # VPC user guide, "NAT gateway metrics and dimensions"
    "AWS/CertificateManager": {"DaysToExpiry"},  # ACM user guide, "Supported CloudWatch metrics"
    "AWS/SES": {"Reputation.BounceRate", "Reputation.ComplaintRate"},  # SES guide, "Retrieving event data"
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible"},  # SQS guide, "Available CloudWatch metrics"
    "AWS/Route53": {"HealthCheckStatus"},  # Route 53 guide, "Monitoring health checks by using CloudWatch"
}


@pytest.mark.parametrize("stack", ["lovia-fargate", "soluvas-lightsail"])
def test_every_graph_of_the_dashboard_is_of_a_metric_that_something_sends(stack: str) -> None:
    values = values_of(stack)
    values["rocketchat:monitoring"] = {"alarmEmails": ["ops@lovia.life"], "dashboard": True}
    plan = planned(values, files.read(stack).secure)
    [made] = plan.of_type("aws:cloudwatch/dashboard:Dashboard")
    graphs = json.loads(made.inputs["dashboardBody"])["widgets"]
    alarms_ = {str(one.outputs["arn"]): one for one in plan.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")}
    shown = [graph["properties"]["annotations"]["alarms"][0] for graph in graphs]
    assert set(shown) <= set(alarms_)
    assert len(shown) == len(set(shown)) >= 4
    assert len({(graph["x"], graph["y"]) for graph in graphs}) == len(graphs)
    for arn in shown:
        one = alarms_[arn].inputs
        asked = [query["metric"] for query in one.get("metricQueries", ()) if "metric" in query] or [one]
        for metric in asked:
            # What a host and the jobs of backups send themselves: their scripts name it.
            own = metric["namespace"].startswith("RocketChat/")
            assert own or metric["metricName"] in EMITTED[metric["namespace"]], metric
