"""The alerts of an Atlas project, as data, and the resources made from it.

Names of events and metrics: Atlas Administration API, "Create One Alert Configuration".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_mongodbatlas as mongodbatlas


@dataclass(frozen=True)
class Alert:
    """One condition that people are told of."""

    role: str
    """End of the resource's name."""
    event: str
    metric: str | None = None
    """Metric of a host, where the event is `OUTSIDE_METRIC_THRESHOLD`."""
    operator: str | None = None
    threshold: int | None = None
    units: str | None = None
    of_cluster: bool = False
    """Whether it can be bound to one cluster; alerts about hosts and snapshots hold for the whole project."""
    delay_minutes: int = 0
    """Minutes that the condition must last, so that a planned restart of a node tells nobody."""


ALERTS = (
    Alert("connections", "OUTSIDE_METRIC_THRESHOLD", "CONNECTIONS_PERCENT", "GREATER_THAN", 80, "RAW"),
    Alert("disk", "OUTSIDE_METRIC_THRESHOLD", "DISK_PARTITION_SPACE_USED_DATA", "GREATER_THAN", 90, "RAW"),
    Alert(
        "replication-lag",
        "OUTSIDE_METRIC_THRESHOLD",
        "OPLOG_SLAVE_LAG_MASTER_TIME",
        "GREATER_THAN",
        60,
        "SECONDS",
        delay_minutes=5,
    ),
    Alert(
        "oplog-window",
        "REPLICATION_OPLOG_WINDOW_RUNNING_OUT",
        operator="LESS_THAN",
        threshold=6,
        units="HOURS",
        of_cluster=True,
    ),
    Alert("host-down", "HOST_DOWN", delay_minutes=15),
    Alert("no-primary", "NO_PRIMARY", of_cluster=True, delay_minutes=1),
)

BACKUP_ALERTS = (
    Alert("backup-failed", "CPS_SNAPSHOT_FALLBACK_FAILED"),
    Alert("backup-behind", "CPS_SNAPSHOT_BEHIND", operator="GREATER_THAN", threshold=12, units="HOURS"),
)

REPEAT_MINUTES = 60
"""Minutes between reminders of an alert that nobody has acknowledged."""


def make(
    name: str,
    alert: Alert,
    *,
    project_id: pulumi.Input[str],
    cluster_name: pulumi.Input[str],
    emails: Sequence[pulumi.Input[str]],
    child: Callable[[], pulumi.ResourceOptions],
) -> "mongodbatlas.AlertConfiguration":
    """Make one alert, told to the project's owners and to each address in `emails`."""
    return mongodbatlas.AlertConfiguration(
        f"{name}-{alert.role}",
        project_id=project_id,
        event_type=alert.event,
        enabled=True,
        matchers=[
            mongodbatlas.AlertConfigurationMatcherArgs(
                field_name="CLUSTER_NAME", operator="EQUALS", value=cluster_name
            )
        ]
        if alert.of_cluster
        else None,
        metric_threshold_config=mongodbatlas.AlertConfigurationMetricThresholdConfigArgs(
            metric_name=alert.metric,
            mode="AVERAGE",
            operator=alert.operator,
            threshold=alert.threshold,
            units=alert.units,
        )
        if alert.metric is not None
        else None,
        threshold_config=mongodbatlas.AlertConfigurationThresholdConfigArgs(
            operator=alert.operator, threshold=alert.threshold, units=alert.units
        )
        if alert.operator is not None and alert.metric is None
        else None,
        notifications=[
            mongodbatlas.AlertConfigurationNotificationArgs(
                type_name="GROUP",
                roles=["GROUP_OWNER"],
                email_enabled=True,
                sms_enabled=False,
                delay_min=alert.delay_minutes,
                interval_min=REPEAT_MINUTES,
            ),
            *(
                mongodbatlas.AlertConfigurationNotificationArgs(
                    type_name="EMAIL",
                    email_address=email,
                    delay_min=alert.delay_minutes,
                    interval_min=REPEAT_MINUTES,
                )
                for email in emails
            ),
        ],
        opts=child(),
    )
