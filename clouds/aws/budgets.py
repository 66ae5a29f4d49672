"""Budgets."""

from collections.abc import Mapping
from typing import Any

from clouds.aws.calls import create, sent
from clouds.record import (
    NO_DATA,
    UNNOTICED,
    Answers,
    Autoname,
    Named,
    Nothing,
    Refused,
    Refuses,
    Resource,
    Scope,
    one_name,
    replaced_by,
)


def _subscribers(value: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {"SubscriptionType": kind, "Address": address}
        for kind, key in (("SNS", "subscriberSnsTopicArns"), ("EMAIL", "subscriberEmailAddresses"))
        for address in value.get(key) or ()
    ]


def _notifications(value: Any) -> list[dict[str, Any]]:
    told = ("subscriberSnsTopicArns", "subscriberEmailAddresses")
    return [
        {
            "Notification": {key: part for key, part in one.items() if key not in told},
            "Subscribers": _subscribers(one),
        }
        for one in value
    ]


BUDGET = Resource(
    "aws:budgets/budget:Budget",
    "warns of costs",
    answers=Answers(
        id=lambda ask: f"{ask['accountId'] or ask.cloud.account}:{ask['name']}",
        outputs={
            "arn": "arn:{partition}:budgets::{account}:budget/{name}",
        },
        defaults={
            "accountId": "{account}",
            "timePeriodEnd": "2087-06-15_00:00",
            "timePeriodStart": "2026-01-01_00:00",
        },
        autoname=Autoname(limit=100),
    ),
    requests=sent(
        create(
            "budgets.CreateBudget",
            {
                "name": "Budget.BudgetName",
                "limitAmount": "Budget.BudgetLimit.Amount",
                "limitUnit": "Budget.BudgetLimit.Unit",
                "notifications": ("NotificationsWithSubscribers", _notifications),
                "tags": "ResourceTags",
            },
            {"AccountId": "{account}"},
            at="Budget",
        )
    ),
    refuses=Refuses(once=(one_name("budget", "DuplicateRecordException", Scope.ACCOUNT),)),
    again=Refused(),
    replaced=replaced_by("accountId name namePrefix"),
    import_id="{accountId|account}:{name}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: so are budgets without actions"),
)
