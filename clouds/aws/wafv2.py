"""WAF."""

from collections.abc import Iterator, Mapping
from typing import Any

from clouds.ask import Ask, names
from clouds.aws import charges
from clouds.aws.calls import create, sent
from clouds.aws.common import tagged
from clouds.limits import all_of, among, between, one_of, twice
from clouds.record import (
    NO_DATA,
    NOTHING_MORE,
    UNNOTICED,
    Answers,
    Autoname,
    Named,
    Nothing,
    Once,
    Overwritten,
    Refused,
    Refuses,
    Resource,
    Tagged,
    Use,
    by,
    replaced_by,
)


def _found(inputs: Mapping[str, Any]) -> Tagged:
    """Its ARN is `…:regional/webacl/NAME/ID`."""
    where = "global" if inputs.get("scope") == "CLOUDFRONT" else "regional"
    return tagged("wafv2", where + "/webacl/{name}/(?P<id>[^/]+)")


def _acl_arn(ask: Ask) -> str:
    scope = "global" if ask["scope"] == "CLOUDFRONT" else "regional"
    return ask.arn("wafv2", f"{scope}/webacl/{ask['name']}/{ask.id}")


def _acl_refusals(ask: Ask) -> list[str]:
    scope = ask["scope"]
    if scope not in {None, "CLOUDFRONT", "REGIONAL"}:
        return [f"scope {scope!r} must be CLOUDFRONT or REGIONAL"]
    if scope == "CLOUDFRONT" and ask.region != "us-east-1":
        return [f"a web ACL of scope CLOUDFRONT must be in us-east-1, not {ask.region}"]
    return []


def _capacity(ask: Ask) -> int:
    return sum(
        700 if "managedRuleGroupStatement" in (rule.get("statement") or {}) else 2
        for rule in ask["rules"] or []
    )


def _rules(ask: Ask) -> Iterator[str]:
    """WAF API, Rule and WebACL."""
    yield from one_of(ask["defaultAction"] or {}, "allow", "block")
    rules = all_of(ask["rules"])
    yield from twice("rules[*].name", (rule.get("name") for rule in rules))
    yield from twice("rules[*].priority", (rule.get("priority") for rule in rules))
    for index, rule in enumerate(rules):
        statement = rule.get("statement") or {}
        group = "managedRuleGroupStatement" in statement or "ruleGroupReferenceStatement" in statement
        wanted, other = ("overrideAction", "action") if group else ("action", "overrideAction")
        if not rule.get(wanted) or rule.get(other):
            yield f"rules[{index}] needs {wanted} and no {other}, as it is {'a group' if group else 'no group'}"
        if len([one for one in statement.values() if one is not None]) != 1:
            yield f"rules[{index}].statement must be exactly one"


WEB_ACL = Resource(
    "aws:wafv2/webAcl:WebAcl",
    "web application firewall",
    answers=Answers(
        id=lambda ask: ask.uuid(),
        outputs={
            "applicationIntegrationUrl": "",
            "arn": _acl_arn,
            "capacity": _capacity,
            "lockToken": lambda ask: ask.uuid("lock"),
        },
        autoname=Autoname(limit=128),
    ),
    requests=sent(create("wafv2.CreateWebACL")),
    refuses=Refuses(
        # WAF API, RateBasedStatement.
        values={
            "rules.*.statement.rateBasedStatement.evaluationWindowSec": among(60, 120, 300, 600),
            "rules.*.statement.rateBasedStatement.limit": between(10, 2_000_000_000),
        },
        inputs=_acl_refusals,
        once=(Once("a web ACL of that name", "WAFDuplicateItemException", by("scope", "name")),),
        used_by=(
            Use("aws:cloudfront/distribution:Distribution", "webAclId", "WAFAssociatedItemException"),
            Use("aws:wafv2/webAclAssociation:WebAclAssociation", "webAclArn", "WAFAssociatedItemException"),
        ),
        together=_rules,
    ),
    again=Refused(),
    replaced=replaced_by("name namePrefix region scope"),
    import_id="{id}/{name}/{scope}",
    found=_found,
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.firewall,
)


WEB_ACL_ASSOCIATION = Resource(
    "aws:wafv2/webAclAssociation:WebAclAssociation",
    "puts the firewall before the load balancer",
    answers=Answers(id="{webAclArn},{resourceArn}"),
    requests=sent(create("wafv2.AssociateWebACL")),
    refuses=Refuses(
        once=(
            Once(
                "a web ACL before the resource",
                "AssociateWebACL puts it in the other's place",
                by("resourceArn"),
            ),
        )
    ),
    again=Overwritten(),
    replaced=replaced_by("region resourceArn webAclArn", one_at=names("resourceArn")),
    import_id="{webAclArn},{resourceArn}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the web ACL is charged"),
)


WEB_ACL_LOGGING_CONFIGURATION = Resource(
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    "log of the firewall",
    answers=Answers(id="{resourceArn}"),
    requests=sent(create("wafv2.PutLoggingConfiguration", at="LoggingConfiguration")),
    refuses=NOTHING_MORE,
    again=Overwritten(),
    replaced=replaced_by("logDestinationConfigs region resourceArn", one_at=names("resourceArn")),
    import_id="{resourceArn}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("the log group that it fills is charged"),
)
