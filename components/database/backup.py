"""The snapshots of an Atlas cluster: what is kept, and for how long."""

from itertools import pairwise
from typing import NotRequired, TypedDict

import pulumi
import pulumi_mongodbatlas as mongodbatlas

HOURLY_EVERY = (1, 2, 4, 6, 8, 12)

SUNDAY = 7
LAST_DAY_OF_MONTH = 40
"""The provider's number for the last day of each month."""


class AtlasBackupArgs(TypedDict):
    """When snapshots are taken and how long they are kept. Rarer ones are kept at least as long."""

    every_hours: NotRequired[int]
    """Hours between the frequent snapshots: 1, 2, 4, 6, 8 or 12. Default 6."""
    hourly_days: NotRequired[int]
    """Days that the frequent snapshots are kept. Default 7, between `restore_window_days` and
    `daily_days`."""
    daily_days: NotRequired[int]
    """Days that the daily snapshots are kept. Default 14."""
    weekly_days: NotRequired[int]
    """Days that the weekly snapshots (of Sunday) are kept, at least 7. Default 56."""
    monthly_days: NotRequired[int]
    """Days that the monthly snapshots (of the last day) are kept, at least 31. Default 365."""
    restore_window_days: NotRequired[int]
    """Days back to any second of which the cluster can be restored; at most `hourly_days`. Default 7."""
    reference_hour: NotRequired[int]
    """Hour of the day, UTC, 0 to 23, from which snapshots are counted. Default 18 (2 a.m. in Singapore)."""


def complete(given: AtlasBackupArgs) -> dict[str, int]:
    """Return the schedule with its defaults, checked against Atlas's rules; raise ValueError by name."""
    window, daily = given.get("restore_window_days", 7), given.get("daily_days", 14)
    schedule = {
        "every_hours": given.get("every_hours", 6),
        "hourly_days": given.get("hourly_days", max(window, min(7, daily))),
        "daily_days": daily,
        "weekly_days": given.get("weekly_days", 56),
        "monthly_days": given.get("monthly_days", 365),
        "restore_window_days": window,
        "reference_hour": given.get("reference_hour", 18),
    }
    if schedule["every_hours"] not in HOURLY_EVERY:
        raise ValueError(
            f"the backup's every_hours is {schedule['every_hours']}; "
            f"it must be one of {', '.join(map(str, HOURLY_EVERY))}"
        )
    kinds = (("hourly_days", 1), ("daily_days", 1), ("weekly_days", 7), ("monthly_days", 31))
    for kind, least in kinds:
        if schedule[kind] < least:
            raise ValueError(f"the backup's {kind} is {schedule[kind]}; it must be at least {least}")
    for (frequent, _), (rare, _) in pairwise(kinds):
        if schedule[rare] < schedule[frequent]:
            raise ValueError(
                f"the backup's {rare} ({schedule[rare]}) is shorter than {frequent} ({schedule[frequent]}); "
                "Atlas wants rarer snapshots kept at least as long"
            )
    if not 1 <= schedule["restore_window_days"] <= schedule["hourly_days"]:
        raise ValueError(
            f"the backup's restore_window_days is {schedule['restore_window_days']}; "
            f"it must be 1 to hourly_days ({schedule['hourly_days']})"
        )
    if not 0 <= schedule["reference_hour"] <= 23:
        raise ValueError(f"the backup's reference_hour is {schedule['reference_hour']}; it must be 0 to 23")
    return schedule


def schedule_snapshots(
    name: str,
    schedule: dict[str, int],
    *,
    project_id: pulumi.Input[str],
    cluster_name: pulumi.Input[str],
    point_in_time: bool,
    opts: pulumi.ResourceOptions,
) -> "mongodbatlas.CloudBackupSchedule":
    """Make the schedule of a cluster from the answer of `complete`."""
    return mongodbatlas.CloudBackupSchedule(
        name,
        project_id=project_id,
        cluster_name=cluster_name,
        reference_hour_of_day=schedule["reference_hour"],
        reference_minute_of_hour=0,
        restore_window_days=schedule["restore_window_days"] if point_in_time else None,
        policy_item_hourly=mongodbatlas.CloudBackupSchedulePolicyItemHourlyArgs(
            frequency_interval=schedule["every_hours"],
            retention_unit="days",
            retention_value=schedule["hourly_days"],
        ),
        policy_item_daily=mongodbatlas.CloudBackupSchedulePolicyItemDailyArgs(
            frequency_interval=1, retention_unit="days", retention_value=schedule["daily_days"]
        ),
        policy_item_weeklies=[
            mongodbatlas.CloudBackupSchedulePolicyItemWeeklyArgs(
                frequency_interval=SUNDAY, retention_unit="days", retention_value=schedule["weekly_days"]
            )
        ],
        policy_item_monthlies=[
            mongodbatlas.CloudBackupSchedulePolicyItemMonthlyArgs(
                frequency_interval=LAST_DAY_OF_MONTH,
                retention_unit="days",
                retention_value=schedule["monthly_days"],
            )
        ],
        opts=opts,
    )
