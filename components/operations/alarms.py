"""Who is told when the chat is unwell."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.base import Component
from components.iam import Statement, document

KEY_ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateKeyDescription",
)
"""What the account's own identities may do with the key, as far as their IAM policies let them."""

PUBLISHERS = ("cloudwatch.amazonaws.com", "ses.amazonaws.com", "budgets.amazonaws.com")
"""Services that publish to the topic and say for which account they do so."""

EVENTS = "events.amazonaws.com"
"""EventBridge publishes to encrypted topics without the keys that a condition could ask for.

See SNS developer guide, "Key management", compatibility with event sources.
"""

PERIOD_SECONDS = 300

ANSWER_SECONDS = 2.0
"""Nineteen answers of twenty are faster, or people feel it."""

BUSY_PERCENT = 85.0

DISK_PERCENT = 80.0
"""Time is left to make the data volume of a host larger; MongoDB stops on a full one."""

MEMORY_PERCENT = 92.0
"""The limits of a host's containers leave the system about a tenth."""

BACKUP_HOURS = 30.0
"""A host's backup is made every night within a quarter of an hour, and may take four hours."""

DUMP_HOURS = 30
"""A dump is made every night, and may take four hours."""

DRILL_HOURS = 168
"""Drills are on Sunday and Wednesday; an alarm looks back seven days at most (CloudWatch user guide, "Alarm
evaluation")."""

UNHEARD = "missing"
"""Silence is told of where there was none before: an alarm begins without data, and is told of when it comes to be so
(CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data"). So a new stack, whose first dump is yet
to come, raises none."""

SES_BOUNCE_RATE = 0.05
"""AWS reviews accounts from 5 % of bounces on (SES developer guide, "Reputation metrics messages")."""

SES_COMPLAINT_RATE = 0.001
"""AWS reviews accounts from 0.1 % of complaints on (same page)."""

CERTIFICATE_DAYS = 30.0
"""ACM renews its own certificates 60 days before their end (ACM user guide, "Managed certificate renewal")."""

BUDGET_SHARES = (("ACTUAL", 80.0), ("ACTUAL", 100.0), ("FORECASTED", 100.0))
"""Percents of the monthly budget at which the topic is told."""


class AlarmsArgs(TypedDict):
    emails: Sequence[str]
    """Addresses that are told; each must confirm a message from AWS first. May be empty."""
    balancer_arn_suffix: NotRequired[pulumi.Input[str]]
    """`app/<name>/<id>` of the load balancer."""
    target_groups: NotRequired[Mapping[str, pulumi.Input[str]]]
    """`targetgroup/<name>/<id>` of the target groups, by a short role; needs `balancer_arn_suffix`."""
    cluster_name: NotRequired[pulumi.Input[str]]
    """Name of the ECS cluster."""
    services: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Names of the ECS services, by a short role; needs `cluster_name`."""
    container_insights: NotRequired[bool]
    """Whether the cluster has Container Insights, whose metrics tell how many tasks run; default no."""
    host_namespace: NotRequired[str]
    """Namespace that a host reports to (`HostConfigArgs.metrics_namespace`)."""
    host_backups: NotRequired[bool]
    """Whether that host makes backups; default no."""
    dumps_namespace: NotRequired[str]
    """Namespace that jobs report their dumps and drills to (`ClusterBackupArgs.metrics_namespace`)."""
    job_families: NotRequired[pulumi.Input[Sequence[str]]]
    """Families of ECS task definitions that are started by a schedule; a task that fails is told of."""
    dead_letters: NotRequired[pulumi.Input[str]]
    """Name of the queue of such starts that failed."""
    nat_gateway_ids: NotRequired[Sequence[pulumi.Input[str]]]
    """NAT gateways to watch."""
    certificate_arns: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Certificates of ACM in this region, by a short role."""
    region: NotRequired[str]
    """AWS region of what is watched; that of the provider when left out."""
    ses: NotRequired[bool]
    """Watch the account's sending reputation at SES in this region; default no."""
    host: NotRequired[str]
    """Public name of the chat, which Route 53 asks for from outside; the region must be us-east-1 then."""
    dashboard: NotRequired[str]
    """Name of a dashboard with a graph for each alarm, its limit in it; none when left out."""
    monthly_budget_usd: NotRequired[float]
    """Budget of the whole AWS account in US dollars a month; none when left out."""


def _check(args: AlarmsArgs) -> None:
    if args.get("target_groups") and "balancer_arn_suffix" not in args:
        raise ValueError("the alarms' target_groups need balancer_arn_suffix")
    if args.get("services") and "cluster_name" not in args:
        raise ValueError("the alarms' services need cluster_name")
    if "monthly_budget_usd" in args and args["monthly_budget_usd"] <= 0:
        raise ValueError(
            f"the alarms' monthly_budget_usd is {args['monthly_budget_usd']}; it must be more than 0"
        )


class Alarms(Component):
    """A topic that people subscribe to by e-mail, and alarms on what was given.

    Produces: the topic with its key and policy; an e-mail subscription per address; metric alarms on the
    balancer (5xx of its own), on each target group (5xx, slow answers, unhealthy targets, none healthy), on
    each service (processor, memory, with Container Insights missing tasks), on each NAT gateway, on each certificate
    that is not renewed, on a host (whether it serves, and what was deployed, disk, memory, age of its backup), on
    dumps and drills of jobs (failed, missing, smaller, not started), on bounces and complaints, on the chat's address
    (with the health check of Route 53 that asks for it); a rule that tells of failed deployments; a dashboard with a
    graph for each alarm; a budget.
    """

    topic_arn: pulumi.Output[str]
    """ARN of the topic that alarms are published to."""

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(args)
        super().__init__("Alarms", name, args, opts)
        self._prefix = name
        self._region = args.get("region")
        self._graphs: list[tuple[str, pulumi.Output[str]]] = []
        self._topic, topic_policy = self._make_topic()
        for number, address in enumerate(args["emails"], 1):
            aws.sns.TopicSubscription(
                f"{name}-email-{number}",
                region=self._region,
                topic=self._topic.arn,
                protocol="email",
                endpoint=address,
                opts=self.child(),
            )
        self._watch_ways(args)
        self._watch_backups(args)
        if args.get("ses", False):
            self._watch_mail()
        if "host" in args:
            self._watch_from_outside(args["host"])
        if "monthly_budget_usd" in args:
            self._budget(args["monthly_budget_usd"], topic_policy)
        if "dashboard" in args:
            self._draw(args["dashboard"])
        self.topic_arn = self._topic.arn
        self.register()

    def _watch_ways(self, args: AlarmsArgs) -> None:
        """Watch what users come in by, what runs there, and what it goes out by."""
        if "balancer_arn_suffix" in args:
            self._watch_balancer(args["balancer_arn_suffix"], args.get("target_groups", {}))
        if "cluster_name" in args:
            services, insights = args.get("services", {}), bool(args.get("container_insights", False))
            for role, service in services.items():
                self._watch_service(role, args["cluster_name"], service, insights)
            if services:
                self._watch_deployments(args["cluster_name"])
        for number, gateway in enumerate(args.get("nat_gateway_ids", ()), 1):
            self._alarm(
                f"nat-{number}-ports",
                "The NAT gateway has no free port left for some destination: connections fail",
                _Metric("AWS/NATGateway", "ErrorPortAllocation", "Sum", {"NatGatewayId": gateway}),
                above=0,
            )
        for role, certificate in args.get("certificate_arns", {}).items():
            self._alarm(
                f"{role}-certificate",
                "The certificate ends within a month, and was not renewed: is the record of its proof in the zone?",
                _Metric(
                    "AWS/CertificateManager",
                    "DaysToExpiry",
                    "Minimum",
                    {"CertificateArn": certificate},
                    seconds=86_400,
                ),
                below=CERTIFICATE_DAYS,
            )

    def _watch_backups(self, args: AlarmsArgs) -> None:
        """Watch a host, and the jobs that dump, restore and try."""
        if "host_namespace" in args:
            self._watch_host(args["host_namespace"], bool(args.get("host_backups", False)))
        if "dumps_namespace" in args:
            self._watch_dumps(args["dumps_namespace"])
        if "job_families" in args:
            self._watch_jobs(args["job_families"])
        if "dead_letters" in args:
            self._alarm(
                "jobs-unstarted",
                "A job of the chat's backups could not be started: see the messages in the queue",
                _Metric(
                    "AWS/SQS",
                    "ApproximateNumberOfMessagesVisible",
                    "Maximum",
                    {"QueueName": args["dead_letters"]},
                ),
                above=0,
            )

    def _make_topic(self) -> tuple["aws.sns.Topic", "aws.sns.TopicPolicy"]:
        here = pulumi.InvokeOptions(parent=self)
        account = aws.get_caller_identity_output(opts=here).account_id
        partition = aws.get_partition_output(opts=here).partition
        ours = {"StringEquals": {"aws:SourceAccount": account}}
        use = ("kms:Decrypt", "kms:GenerateDataKey")
        key = aws.kms.Key(
            f"{self._prefix}-key",
            region=self._region,
            description="Encrypts the alarms of the chat",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            # In a key's policy `*` is this key and no other (KMS developer guide, "Key policies").
            policy=document(
                Statement(
                    "Administration",
                    KEY_ADMINISTRATION,
                    ["*"],
                    principals={"AWS": [pulumi.Output.concat("arn:", partition, ":iam::", account, ":root")]},
                ),
                Statement("Publish", use, ["*"], principals={"Service": PUBLISHERS}, conditions=ours),
                Statement("PublishEvents", use, ["*"], principals={"Service": [EVENTS]}),
            ),
            opts=self.child(),
        )
        topic = aws.sns.Topic(
            f"{self._prefix}-topic",
            region=self._region,
            display_name="Rocket.Chat",
            kms_master_key_id=key.arn,
            opts=self.child(),
        )
        policy = aws.sns.TopicPolicy(
            f"{self._prefix}-topic",
            region=self._region,
            arn=topic.arn,
            policy=document(
                Statement(
                    "Publish",
                    ["sns:Publish"],
                    [topic.arn],
                    principals={"Service": PUBLISHERS},
                    conditions=ours,
                ),
                # EventBridge takes no condition in a topic's policy either.
                Statement("PublishEvents", ["sns:Publish"], [topic.arn], principals={"Service": [EVENTS]}),
                Statement(
                    "TlsOnly",
                    ["sns:Publish"],
                    [topic.arn],
                    effect="Deny",
                    principals="*",
                    conditions={"Bool": {"aws:SecureTransport": "false"}},
                ),
            ),
            opts=self.child(),
        )
        return topic, policy

    def _watch_balancer(
        self, balancer: pulumi.Input[str], target_groups: Mapping[str, pulumi.Input[str]]
    ) -> None:
        where = {"LoadBalancer": balancer}
        self._alarm(
            "balancer-5xx",
            "The load balancer answers with errors of its own: no task answers, or too late",
            _Metric("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "Sum", where),
            above=10,
        )
        for role, group in target_groups.items():
            one = {**where, "TargetGroup": group}
            self._alarm(
                f"{role}-5xx",
                f"The tasks of {role} answer with errors",
                _Metric("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum", one),
                above=10,
            )
            self._alarm(
                f"{role}-slow",
                f"The tasks of {role} answer slowly",
                _Metric("AWS/ApplicationELB", "TargetResponseTime", "p95", one),
                above=ANSWER_SECONDS,
                periods=3,
            )
            self._alarm(
                f"{role}-unhealthy",
                f"A task of {role} fails its health check",
                _Metric("AWS/ApplicationELB", "UnHealthyHostCount", "Minimum", one),
                above=0,
                periods=2,
            )
            self._alarm(
                f"{role}-down",
                f"No task of {role} is healthy: nobody can chat",
                _Metric("AWS/ApplicationELB", "HealthyHostCount", "Maximum", one, seconds=60),
                below=1,
                periods=3,
                missing="breaching",
            )

    def _watch_service(
        self, role: str, cluster: pulumi.Input[str], service: pulumi.Input[str], insights: bool
    ) -> None:
        where = {"ClusterName": cluster, "ServiceName": service}
        for what, metric in (("cpu", "CPUUtilization"), ("memory", "MemoryUtilization")):
            self._alarm(
                f"{role}-{what}",
                f"The tasks of {role} have little {what} left",
                _Metric("AWS/ECS", metric, "Average", where),
                above=BUSY_PERCENT,
                periods=3,
            )
        if insights:
            self._alarm_on_missing_tasks(role, where)

    def _alarm_on_missing_tasks(self, role: str, where: Mapping[str, pulumi.Input[str]]) -> None:
        def count(id_: str, metric: str) -> "aws.cloudwatch.MetricAlarmMetricQueryArgs":
            return aws.cloudwatch.MetricAlarmMetricQueryArgs(
                id=id_,
                metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
                    namespace="ECS/ContainerInsights",
                    metric_name=metric,
                    dimensions=where,
                    period=60,
                    stat="Average",
                ),
                return_data=False,
            )

        made = aws.cloudwatch.MetricAlarm(
            f"{self._prefix}-{role}-tasks",
            region=self._region,
            alarm_description=f"Fewer tasks of {role} run than are wanted",
            metric_queries=[
                count("desired", "DesiredTaskCount"),
                count("running", "RunningTaskCount"),
                aws.cloudwatch.MetricAlarmMetricQueryArgs(
                    id="missing", expression="desired - running", label="Missing tasks", return_data=True
                ),
            ],
            comparison_operator="GreaterThanThreshold",
            threshold=0.0,
            # A deployment replaces tasks for a while; a quarter of an hour is none.
            evaluation_periods=15,
            datapoints_to_alarm=15,
            treat_missing_data="breaching",
            alarm_actions=[self._topic.arn],
            ok_actions=[self._topic.arn],
            opts=self.child(),
        )
        self._graphs.append((f"{role}-tasks", made.arn))

    def _watch_from_outside(self, host: str) -> None:
        check = aws.route53.HealthCheck(
            f"{self._prefix}-outside",
            type="HTTPS",
            fqdn=host,
            port=443,
            # Answered by every release, without a login.
            resource_path="/api/info",
            request_interval=30,
            failure_threshold=3,
            tags={"Name": host},
            opts=self.child(),
        )
        self._alarm(
            "outside",
            "The chat does not answer from outside: most of Route 53's checkers cannot reach it, or get an error",
            _Metric("AWS/Route53", "HealthCheckStatus", "Minimum", {"HealthCheckId": check.id}, seconds=60),
            below=1,
            periods=3,
            missing="breaching",
        )

    def _watch_host(self, namespace: str, backups: bool) -> None:
        self._alarm(
            "host-down",
            "The host does not serve the chat, or says nothing: it is off, or cannot reach AWS",
            _Metric(namespace, "Serving", "Maximum"),
            below=1,
            periods=3,
            missing="breaching",
        )
        self._alarm(
            "host-went-back",
            "What was deployed last does not come up on the host, and the release of before serves again",
            _Metric(namespace, "WentBack", "Maximum"),
            above=0,
        )
        self._alarm(
            "host-disk",
            "The data volume of the host is nearly full: make it larger (runtime.diskGb)",
            _Metric(namespace, "DataDiskUsedPercent", "Maximum"),
            above=DISK_PERCENT,
        )
        self._alarm(
            "host-memory",
            "The host has little memory left: take a larger one (runtime.size)",
            _Metric(namespace, "MemoryUsedPercent", "Average"),
            above=MEMORY_PERCENT,
            periods=3,
        )
        if backups:
            self._alarm(
                "host-backup",
                "The host has made no good backup since the night before the last",
                _Metric(namespace, "HoursSinceBackup", "Maximum"),
                above=BACKUP_HOURS,
            )

    def _watch_dumps(self, namespace: str) -> None:
        for what, metric, hours in (
            ("dump", "Backups", DUMP_HOURS),
            ("drill", "RestoreTests", DRILL_HOURS),
        ):
            self._alarm(
                f"{what}-failed",
                f"A {what} of the database failed: see the log of its job",
                _Metric(namespace, metric, "Minimum", seconds=3600),
                below=1,
            )
            self._alarm(
                f"{what}-missing",
                f"There was no good {what} of the database for {hours} hours",
                _Metric(namespace, metric, "Maximum", seconds=3600),
                below=1,
                periods=hours,
                missing=UNHEARD,
            )
        self._alarm(
            "dump-smaller",
            "The newest dump has less than half the bytes of the one before: look into the chat before those are gone",
            _Metric(namespace, "SmallerBackups", "Maximum", seconds=3600),
            above=0,
        )

    def _watch_jobs(self, families: pulumi.Input[Sequence[str]]) -> None:
        def pattern(found: Sequence[str]) -> str:
            failed = {"exitCode": [{"anything-but": 0}], "name": ["job"]}
            return json.dumps(
                {
                    "source": ["aws.ecs"],
                    "detail-type": ["ECS Task State Change"],
                    "detail": {
                        "group": [f"family:{family}" for family in found],
                        "lastStatus": ["STOPPED"],
                        # One that never ran has no status.
                        "$or": [{"containers": failed}, {"stopCode": ["TaskFailedToStart"]}],
                    },
                }
            )

        self._event(
            "jobs",
            "A job of the chat's backups failed",
            pulumi.Output.from_input(families).apply(pattern),
        )

    def _watch_deployments(self, cluster: pulumi.Input[str]) -> None:
        self._event(
            "deployments",
            "A deployment failed and was rolled back",
            pulumi.Output.from_input(cluster).apply(
                lambda found: json.dumps(
                    {
                        "source": ["aws.ecs"],
                        "detail-type": ["ECS Deployment State Change"],
                        "resources": [{"wildcard": f"arn:*:ecs:*:*:service/{found}/*"}],
                        "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
                    }
                )
            ),
        )

    def _event(self, what: str, description: str, pattern: pulumi.Output[str]) -> None:
        """Tell the topic of each event that has the pattern."""
        rule = aws.cloudwatch.EventRule(
            f"{self._prefix}-{what}",
            region=self._region,
            description=description,
            event_pattern=pattern,
            opts=self.child(),
        )
        aws.cloudwatch.EventTarget(
            f"{self._prefix}-{what}",
            region=self._region,
            rule=rule.name,
            arn=self._topic.arn,
            opts=self.child(),
        )

    def _watch_mail(self) -> None:
        for what, metric, limit in (
            ("bounces", "Reputation.BounceRate", SES_BOUNCE_RATE),
            ("complaints", "Reputation.ComplaintRate", SES_COMPLAINT_RATE),
        ):
            self._alarm(
                f"ses-{what}",
                f"Too many {what} of mail: AWS may stop the account's sending",
                _Metric("AWS/SES", metric, "Average", seconds=3600),
                at_least=limit,
            )

    def _alarm(
        self,
        role: str,
        why: str,
        metric: "_Metric",
        *,
        above: float | None = None,
        at_least: float | None = None,
        below: float | None = None,
        periods: int = 1,
        missing: str = "notBreaching",
    ) -> None:
        comparison, threshold = next(
            (operator, limit)
            for operator, limit in (
                ("GreaterThanThreshold", above),
                ("GreaterThanOrEqualToThreshold", at_least),
                ("LessThanThreshold", below),
            )
            if limit is not None
        )
        percentile = metric.statistic.startswith("p")
        statistic: dict[str, Any] = {"extended_statistic" if percentile else "statistic": metric.statistic}
        made = aws.cloudwatch.MetricAlarm(
            f"{self._prefix}-{role}",
            region=self._region,
            alarm_description=why,
            namespace=metric.namespace,
            metric_name=metric.name,
            dimensions=metric.dimensions or None,
            period=metric.seconds,
            evaluation_periods=periods,
            datapoints_to_alarm=periods,
            comparison_operator=comparison,
            threshold=float(threshold or 0),
            treat_missing_data=missing,
            alarm_actions=[self._topic.arn],
            ok_actions=[self._topic.arn],
            insufficient_data_actions=[self._topic.arn] if missing == UNHEARD else None,
            opts=self.child(),
            **statistic,
        )
        self._graphs.append((role, made.arn))

    def _draw(self, name: str) -> None:
        """Make a dashboard of what the alarms look at, so that no graph is of a metric that nothing sends."""
        titles = [title for title, _ in self._graphs]
        body = pulumi.Output.all(*(arn for _, arn in self._graphs)).apply(
            lambda arns: json.dumps({"widgets": [*map(_graph, range(len(arns)), titles, arns)]})
        )
        aws.cloudwatch.Dashboard(
            f"{self._prefix}-dashboard",
            region=self._region,
            dashboard_name=name,
            dashboard_body=body,
            opts=self.child(),
        )

    def _budget(self, dollars: float, topic_policy: "aws.sns.TopicPolicy") -> None:
        aws.budgets.Budget(
            f"{self._prefix}-budget",
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=f"{float(dollars):.2f}",
            limit_unit="USD",
            notifications=[
                aws.budgets.BudgetNotificationArgs(
                    notification_type=kind,
                    comparison_operator="GREATER_THAN",
                    threshold=share,
                    threshold_type="PERCENTAGE",
                    subscriber_sns_topic_arns=[self._topic.arn],
                )
                for kind, share in BUDGET_SHARES
            ],
            opts=self.child(depends_on=[topic_policy]),
        )


def _graph(number: int, title: str, alarm: str) -> dict[str, Any]:
    """Return a widget (CloudWatch API, "Dashboard Body Structure and Syntax"): three in a row of 24 columns."""
    return {
        "type": "metric",
        "x": number % 3 * 8,
        "y": number // 3 * 6,
        "width": 8,
        "height": 6,
        "properties": {"title": title, "region": alarm.split(":")[3], "annotations": {"alarms": [alarm]}},
    }


@dataclass(frozen=True)
class _Metric:
    namespace: str
    name: str
    statistic: str
    """`Sum`, `Average`, `Minimum`, `Maximum`, or a percentile such as `p95`."""
    dimensions: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    seconds: int = PERIOD_SECONDS
