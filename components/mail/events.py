"""An encrypted topic that Amazon SES reports undelivered mail to."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import iam
from components.base import Component

KEY_ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GenerateDataKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListAliases",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
"""What the account's administrators need, or nobody could change the key again."""


class MailEventsArgs(TypedDict):
    """Who reports, where, and who is told."""

    region: str
    """AWS region of the mail."""
    configuration_set_arn: pulumi.Input[str]
    """ARN of the SES configuration set: the only one that may publish."""
    emails: NotRequired[Sequence[pulumi.Input[str]]]
    """Addresses told of each event; each has to confirm once."""


class MailEvents(Component):
    """A topic for bounces and complaints, encrypted with a key of its own.

    The key is needed because SES cannot publish into a topic encrypted with AWS's own SNS key.

    Produces: the key, the topic with its policy, and a subscription per address.
    """

    offered = False

    topic_arn: pulumi.Output[str]
    """ARN of the topic; ready for SES when it is known."""

    def __init__(self, name: str, args: MailEventsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("MailEvents", name, args, opts)
        region = args["region"]
        source = pulumi.Output.from_input(args["configuration_set_arn"])
        from_ses = {
            "StringEquals": {"aws:SourceAccount": source.apply(lambda arn: arn.split(":")[4])},
            "ArnEquals": {"aws:SourceArn": source},
        }
        ses = {"Service": ["ses.amazonaws.com"]}
        root = source.apply(lambda arn: "arn:{1}:iam::{4}:root".format(*arn.split(":")))
        key = aws.kms.Key(
            f"{name}-key",
            region=region,
            description="Topic of undelivered mail",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            # In a key's policy the resource "*" is this key.
            policy=iam.document(
                iam.Statement("Administration", KEY_ADMINISTRATION, ["*"], principals={"AWS": [root]}),
                iam.Statement(
                    "MailEvents",
                    ["kms:Decrypt", "kms:GenerateDataKey"],
                    ["*"],
                    principals=ses,
                    conditions=from_ses,
                ),
            ),
            opts=self.child(),
        )
        topic = aws.sns.Topic(
            f"{name}-topic",
            region=region,
            display_name="Undelivered mail",
            kms_master_key_id=key.arn,
            opts=self.child(),
        )
        policy = aws.sns.TopicPolicy(
            f"{name}-topic-policy",
            region=region,
            arn=topic.arn,
            policy=iam.document(
                iam.Statement("MailEvents", ["sns:Publish"], [topic.arn], principals=ses, conditions=from_ses)
            ),
            opts=self.child(),
        )
        for index, email in enumerate(args.get("emails", ()), start=1):
            aws.sns.TopicSubscription(
                f"{name}-email-{index}",
                region=region,
                topic=topic.arn,
                protocol="email",
                endpoint=email,
                opts=self.child(),
            )
        # The policy's own output, so that SES is not told of a topic that still refuses it.
        self.topic_arn = policy.arn
        self.register()
