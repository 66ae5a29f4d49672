"""A web application firewall that lets a chat be a chat."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.base import Component, one_of
from components.edge.certificate import CLOUDFRONT_REGION

SCOPES = ("REGIONAL", "CLOUDFRONT")

COMMON_RULES_COUNTED = (
    # Messages are request bodies: people paste HTML, paths and addresses; uploads are larger than 8 KB.
    "SizeRestrictions_BODY",
    "CrossSiteScripting_BODY",
    "GenericLFI_BODY",
    "GenericRFI_BODY",
    "EC2MetaDataSSRF_BODY",
    # A file called server.log or app.config is fetched under its own name.
    "RestrictedExtensions_URIPATH",
    "RestrictedExtensions_QUERYARGUMENTS",
    # Codes and states of login providers make query strings of more than 2048 bytes.
    "SizeRestrictions_QUERYSTRING",
    # Bots and webhooks open connections without a user agent.
    "NoUserAgent_HEADER",
)
"""Rules of AWSManagedRulesCommonRuleSet that would break the chat; they count and do not block.

Names: WAF developer guide, "Baseline rule groups".
"""

LOGGED_NAME_PREFIX = "aws-waf-logs-"
"""WAF logs only to groups whose name begins so."""

SECRET_HEADERS = ("authorization", "cookie", "x-auth-token", "x-user-id")
"""Headers that hold what a session is made of; they are left out of the logs, and so is the query string."""


class FirewallArgs(TypedDict):
    scope: str
    """`REGIONAL` for a load balancer, `CLOUDFRONT` for a distribution (then it is made in us-east-1)."""
    rate_limit: NotRequired[int]
    """Requests that one address may make in five minutes, 10 or more; no limit when left out.

    An office behind one address counts as one. Only where the firewall sees the visitors' own addresses: at
    CloudFront, or at a balancer that nothing stands before.
    """
    log_retention_days: int
    """Days that the log of blocked and counted requests is kept; a value that CloudWatch Logs takes."""


class Firewall(Component):
    """A web ACL: rate limit, known bad inputs, and the common rules minus those that break a chat.

    Produces: the web ACL; its log group, whose name must begin with `aws-waf-logs-` and so is not left to
    Pulumi; its logging configuration without credentials. AWS itself adds the permission to write to the log
    group.
    """

    arn: pulumi.Output[str]
    """ARN of the web ACL."""

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        scope = one_of("the firewall's scope", args["scope"], SCOPES)
        region = CLOUDFRONT_REGION if scope == "CLOUDFRONT" else None
        super().__init__("Firewall", name, args, opts)
        rules = [
            _managed("known-bad-inputs", 1, "AWSManagedRulesKnownBadInputsRuleSet"),
            _managed("common", 2, "AWSManagedRulesCommonRuleSet", COMMON_RULES_COUNTED),
        ]
        if "rate_limit" in args:
            rules.insert(0, _rate(args["rate_limit"]))
        acl = aws.wafv2.WebAcl(
            f"{name}-acl",
            region=region,
            scope=scope,
            description="What reaches the chat",
            default_action=aws.wafv2.WebAclDefaultActionArgs(allow=aws.wafv2.WebAclDefaultActionAllowArgs()),
            rules=rules,
            visibility_config=aws.wafv2.WebAclVisibilityConfigArgs(
                cloudwatch_metrics_enabled=True, metric_name="chat", sampled_requests_enabled=False
            ),
            opts=self.child(),
        )
        group = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            region=region,
            name_prefix=f"{LOGGED_NAME_PREFIX}{name}-",
            retention_in_days=args["log_retention_days"],
            opts=self.child(),
        )
        aws.wafv2.WebAclLoggingConfiguration(
            f"{name}-logging",
            region=region,
            resource_arn=acl.arn,
            log_destination_configs=[group.arn],
            logging_filter=aws.wafv2.WebAclLoggingConfigurationLoggingFilterArgs(
                default_behavior="DROP",
                filters=[
                    aws.wafv2.WebAclLoggingConfigurationLoggingFilterFilterArgs(
                        behavior="KEEP",
                        requirement="MEETS_ANY",
                        conditions=[
                            aws.wafv2.WebAclLoggingConfigurationLoggingFilterFilterConditionArgs(
                                action_condition=(
                                    aws.wafv2.WebAclLoggingConfigurationLoggingFilterFilterConditionActionConditionArgs(
                                        action=action
                                    )
                                )
                            )
                            for action in ("BLOCK", "COUNT")
                        ],
                    )
                ],
            ),
            redacted_fields=[
                aws.wafv2.WebAclLoggingConfigurationRedactedFieldArgs(
                    query_string=aws.wafv2.WebAclLoggingConfigurationRedactedFieldQueryStringArgs()  # type: ignore[no-untyped-call]
                ),
                *(
                    aws.wafv2.WebAclLoggingConfigurationRedactedFieldArgs(
                        single_header=aws.wafv2.WebAclLoggingConfigurationRedactedFieldSingleHeaderArgs(
                            name=header
                        )
                    )
                    for header in SECRET_HEADERS
                ),
            ],
            # Another log is another configuration, and taking out the old one would take out the new: it is the list's.
            opts=self.child(delete_before_replace=True),
        )
        self.arn = acl.arn
        self.register()


def _visibility(metric: str) -> "aws.wafv2.WebAclRuleVisibilityConfigArgs":
    # Sampled requests would show the headers that the log leaves out.
    return aws.wafv2.WebAclRuleVisibilityConfigArgs(
        cloudwatch_metrics_enabled=True, metric_name=metric, sampled_requests_enabled=False
    )


def _rate(limit: int) -> "aws.wafv2.WebAclRuleArgs":
    return aws.wafv2.WebAclRuleArgs(
        name="rate",
        priority=0,
        action=aws.wafv2.WebAclRuleActionArgs(block=aws.wafv2.WebAclRuleActionBlockArgs()),
        statement=aws.wafv2.WebAclRuleStatementArgs(
            rate_based_statement=aws.wafv2.WebAclRuleStatementRateBasedStatementArgs(
                aggregate_key_type="IP", limit=limit, evaluation_window_sec=300
            )
        ),
        visibility_config=_visibility("rate"),
    )


def _managed(
    name: str, priority: int, group: str, counted: tuple[str, ...] = ()
) -> "aws.wafv2.WebAclRuleArgs":
    return aws.wafv2.WebAclRuleArgs(
        name=name,
        priority=priority,
        override_action=aws.wafv2.WebAclRuleOverrideActionArgs(
            none=aws.wafv2.WebAclRuleOverrideActionNoneArgs()  # type: ignore[no-untyped-call]
        ),
        statement=aws.wafv2.WebAclRuleStatementArgs(
            managed_rule_group_statement=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementArgs(
                vendor_name="AWS",
                name=group,
                rule_action_overrides=[
                    aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideArgs(
                        name=rule,
                        action_to_use=(
                            aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseArgs(
                                count=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseCountArgs()
                            )
                        ),
                    )
                    for rule in counted
                ]
                or None,
            )
        ),
        visibility_config=_visibility(name),
    )
