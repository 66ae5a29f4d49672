"""Tags, cost, bots, and what must not be lost."""

import re

from policy import tokens as t
from policy.cost import at_least
from policy.documents import WORKLOADS, containers, pod_containers
from policy.model import SECRET, UNKNOWN
from policy.rule import Needs, Probe, View, as_number, expecting, is_in, present
from policy.rules._make import ADVISORY, HIGH, LOW, MANDATORY, MEDIUM, PRODUCTION, Area
from policy.rules.storage import is_log_bucket, is_written_again
from rocketchat.bot import NO_BOTS

_rule = Area("operations")

_MONTHS = {"DAILY": 12 / 365, "MONTHLY": 1, "QUARTERLY": 3, "ANNUALLY": 12}
"""Months of a budget's span."""
_TAGS = "https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html"
TAGGABLE = (
    t.VPC,
    t.SUBNET,
    t.SECURITY_GROUP,
    t.NAT_GATEWAY,
    t.EIP,
    t.EC2_INSTANCE,
    t.LOAD_BALANCER,
    t.TARGET_GROUP,
    t.WEB_ACL,
    t.TASK_DEFINITION,
    t.SERVICE,
    t.CLUSTER,
    t.LIGHTSAIL_INSTANCE,
    t.BUCKET,
    t.DISTRIBUTION,
    t.CERTIFICATE,
    t.IAM_ROLE,
    t.IAM_USER,
    t.KMS_KEY,
    t.SECRET,
    t.LOG_GROUP,
    t.ALARM,
    t.TOPIC,
    t.EMAIL_IDENTITY,
    t.CONFIGURATION_SET,
)
STATEFUL = (
    t.BUCKET,
    t.KMS_KEY,
    t.ATLAS_CLUSTER,
    t.ATLAS_FLEX,
    t.SPACES_BUCKET,
    t.LIGHTSAIL_INSTANCE,
    t.LIGHTSAIL_DISK,
    t.DO_VOLUME,
)
"""What data are lost with, or cannot be read without. Logs, what the program itself writes, and keys of logs and of
messages in flight are not meant, nor is a host whose data lie on a disk of its own."""
_IN_FLIGHT = (
    (t.TOPIC, "kmsMasterKeyId"),
    (t.CLUSTER, "configuration.executeCommandConfiguration.kmsKeyId"),
)
"""What uses keys without keeping data: topics, and the sessions of ECS Exec with their log."""
_EXEMPTED = (t.BUCKET, t.KMS_KEY, t.LIGHTSAIL_INSTANCE)
"""What other resources of the stack can exempt; they are made later."""
BOT = re.compile(r"(hubot|[-_/ ]bot\b|^bot\b)", re.IGNORECASE)


def _tags(p: Probe) -> None:
    own = p.get("tags")
    computed = p.subject.outputs.get("tagsAll") or p.get("tagsAll")
    default = (p.subject.provider.get("defaultTags") or {}) if p.subject.provider else {}
    merged: dict[str, object] = {}
    for source in (default.get("tags") if isinstance(default, dict) else None, computed, own):
        if source is UNKNOWN or source == SECRET:
            p.unsure("tags")
            return
        if isinstance(source, dict):
            merged.update(source)
    missing = [name for name in p.config.requiredTags if not present(merged.get(name))]
    if missing:
        p.fail(f"lacks the tags {', '.join(missing)}", "tags")


def _protected(p: Probe) -> None:
    if p.subject.type == t.BUCKET and (is_log_bucket(p.subject) or is_written_again(p.subject, p.stack)):
        return
    if p.subject.type == t.KMS_KEY and any(
        p.stack.referring(p.subject, kind, prop) for kind, prop in _IN_FLIGHT
    ):
        return
    if p.stack.referring(p.subject, t.LIGHTSAIL_DISK_ATTACHMENT, "instanceName"):
        return
    if not p.subject.protect:
        message = "can be deleted by one change of the program"
        if p.subject.type in _EXEMPTED:
            p.missing(message)
        else:
            p.fail(message)


def _budget(p: Probe) -> None:
    budgets = [p.other(one) for one in p.stack.of(t.BUDGET)]
    heard = [one.get("notifications") for one in budgets]
    if any(present(one) and one is not UNKNOWN for one in heard):
        return
    for budget in budgets:
        budget.sure("notifications")
    if UNKNOWN not in heard:
        p.fail("nobody hears of a bill that grows")


def _region(p: Probe) -> None:
    if p.subject.type == t.ATLAS_CLUSTER:
        allowed = {name.upper().replace("-", "_") for name in p.config.regions}
        for spec in p.each("replicationSpecs"):
            for place in spec.each("regionConfigs"):
                place.expect(
                    "regionName", lambda name: name in allowed, "stands in a region that is not allowed"
                )
        return
    region = p.get("region") or p.subject.outputs.get("region") or p.subject.provider.get("region")
    if region is UNKNOWN or region is None:
        p.unsure("region")
    elif region not in {*p.config.regions, "us-east-1"}:
        p.fail("stands in a region that is not allowed", "region")


def _bots(p: Probe) -> list[View]:
    found = containers(p) if p.subject.type == t.TASK_DEFINITION else pod_containers(p, init=False)
    return [c for c in found if BOT.search(f"{c.get('image')} {c.get('name')}")]


def _variables(container: View) -> tuple[dict[str, View], set[str]]:
    """Return the variables in clear by name, and the names of those that come from a store of secrets."""
    given = [*container.each("environment"), *container.each("env")]
    plain = {str(one.get("name")): one for one in given if one.get("valueFrom") is None}
    stored = [
        *container.each("secrets"),
        *(one for one in given if present(one.get("valueFrom.secretKeyRef"))),
    ]
    return plain, {str(one.get("name")) for one in stored}


def _bot(p: Probe) -> None:
    for container in _bots(p):
        plain, stored = _variables(container)
        if not stored & {"ROCKETCHAT_PASSWORD", "ROCKETCHAT_TOKEN", "ROCKETCHAT_AUTH_TOKEN"}:
            container.fail("the bot's password or token does not come from a store of secrets", "secrets")
        user = plain.get("ROCKETCHAT_USER")
        if user is not None:
            user.expect(
                "value",
                lambda name: str(name).lower() not in NO_BOTS,
                "the bot is the administrator, or the product's own",
            )
        address = plain.get("ROCKETCHAT_URL")
        if address is not None:
            address.expect(
                "value",
                lambda url: str(url).startswith("https://") or not re.search(r"\.[a-z]{2,}(:|/|$)", str(url)),
                "the bot talks to the chat in clear",
            )


def _amount(p: Probe) -> None:
    p.expect("limitAmount", lambda amount: as_number(amount, 0) > 0, "a budget of nothing")
    p.expect("timeUnit", is_in("MONTHLY", "QUARTERLY", "ANNUALLY", "DAILY"), "no span of time")


def _within_budget(p: Probe) -> None:
    months = _MONTHS.get(p.need("timeUnit"))
    limit = as_number(p.need("limitAmount"), 0)
    if months is not None and limit > 0 and at_least(p.stack) > limit / months:
        p.fail("what the stack makes costs more by list prices, however little it is used", "limitAmount")


TAG_REQUIRED = _rule(
    "tag-required",
    "Resources say whose they are",
    MANDATORY,
    LOW,
    TAGGABLE,
    _tags,
    maps="part of ECS.13, practice tagging",
    fix="Set the provider's default tags: Project, Environment, Owner, ManagedBy.",
    link=_TAGS,
    product=True,
    widened="requiredTags",
)
PROTECT_STATEFUL = _rule(
    "protect-stateful",
    "What holds data is protected",
    PRODUCTION,
    HIGH,
    STATEFUL,
    _protected,
    maps="Pulumi protect, Well-Architected REL09",
    needs=Needs.EARLIER,
    why="what the program writes into a bucket, and a host's disk, come after it",
    fix="Set the resource option protect.",
    link="https://www.pulumi.com/docs/iac/concepts/options/protect/",
    product=True,
)
COST_BUDGET = _rule(
    "cost-budget",
    "Somebody hears of a bill that grows",
    ADVISORY,
    LOW,
    (t.CLUSTER, t.LIGHTSAIL_INSTANCE),
    _budget,
    maps="Well-Architected COST02",
    needs=Needs.STACK,
    fix="Add a Budget with notifications.",
    link="https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html",
    product=True,
)
COST_BUDGET_REAL = _rule(
    "cost-budget-real",
    "A budget has an amount and a span",
    MANDATORY,
    LOW,
    (t.BUDGET,),
    _amount,
    maps="Well-Architected COST02",
    fix="Set limit_amount and time_unit.",
    link="https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html",
)
COST_WITHIN_BUDGET = _rule(
    "cost-within-budget",
    "The stack costs no more than its budget",
    ADVISORY,
    MEDIUM,
    (t.BUDGET,),
    _within_budget,
    maps="Well-Architected COST02",
    needs=Needs.STACK,
    why="all that the stack is of is added up",
    fix="See `rocketchat cost STACK`: raise the budget, or take smaller sizes.",
    link="https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html",
)
COST_INSTANCE_SIZE = _rule(
    "cost-instance-size",
    "Hosts are no larger than a chat needs",
    ADVISORY,
    LOW,
    (t.EC2_INSTANCE,),
    expecting(
        "instanceType",
        lambda kind: not re.search(r"\.(metal|\d*[48]xlarge|\d{2}xlarge)", str(kind)),
        "a machine that no chat of this size needs",
    ),
    maps="Well-Architected COST06",
    fix="Choose a smaller instance type.",
    link="https://docs.rocket.chat/docs/system-requirements",
    product=True,
)
REGION_ALLOWED = _rule(
    "region-allowed",
    "Data stay in the allowed regions",
    MANDATORY,
    MEDIUM,
    (t.BUCKET, t.LOAD_BALANCER, t.CLUSTER, t.SECRET, t.VPC, t.ATLAS_CLUSTER),
    _region,
    maps="practice residency, Well-Architected SEC07",
    fix="Use an allowed region, or allow this one.",
    asked_with="regions",
    link="https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/data-classification.html",
)
BOT_OWN_ACCOUNT = _rule(
    "bot-own-account",
    "A bot has an account and a password of its own",
    MANDATORY,
    MEDIUM,
    (t.TASK_DEFINITION, *WORKLOADS),
    _bot,
    maps="original",
    fix="Give ROCKETCHAT_PASSWORD from Secrets Manager or a Secret; the user is not the administrator.",
    link="https://docs.rocket.chat/docs/bots",
    product=True,
)
