"""ECS Exec: shells in running tasks, encrypted with an own key and logged."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import iam
from components.base import Component

KEY_ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateKeyDescription",
)
"""What the account may delegate to its own users by IAM; without it nobody could change the key any more."""

LOG_ENCRYPTION = (
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:GenerateDataKey",
    "kms:DescribeKey",
)
"""What CloudWatch Logs does with a key (docs.aws.amazon.com, "Encrypt log data in CloudWatch Logs")."""


@dataclass(frozen=True)
class Account:
    """Where ARNs that are written by hand lie."""

    partition: pulumi.Input[str]
    region: str
    id: pulumi.Input[str]

    def arn(self, service: str, resource: str) -> pulumi.Output[str]:
        """Return `arn:<partition>:<service>:<region>:<account>:<resource>`."""
        return pulumi.Output.concat(
            "arn:", self.partition, ":", service, ":", self.region, ":", self.id, ":", resource
        )


@dataclass(frozen=True)
class Shells:
    """What a cluster and a task role need for ECS Exec."""

    key_arn: pulumi.Output[str]
    log_group_name: pulumi.Output[str]
    log_group_arn: pulumi.Output[str]
    account: Account

    @property
    def cluster_configuration(self) -> aws.ecs.ClusterConfigurationArgs:
        """The cluster's part: sessions use the key and are written to the log group."""
        return aws.ecs.ClusterConfigurationArgs(
            execute_command_configuration=aws.ecs.ClusterConfigurationExecuteCommandConfigurationArgs(
                kms_key_id=self.key_arn,
                logging="OVERRIDE",
                log_configuration=aws.ecs.ClusterConfigurationExecuteCommandConfigurationLogConfigurationArgs(
                    cloud_watch_encryption_enabled=True,
                    cloud_watch_log_group_name=self.log_group_name,
                ),
            )
        )

    @property
    def task_policy(self) -> pulumi.Output[str]:
        """The task role's part (docs.aws.amazon.com, "ECS Exec": IAM permissions)."""
        return iam.document(
            # The session channels have no ARNs.
            iam.Statement(
                "SessionChannels",
                (
                    "ssmmessages:CreateControlChannel",
                    "ssmmessages:CreateDataChannel",
                    "ssmmessages:OpenControlChannel",
                    "ssmmessages:OpenDataChannel",
                ),
                ("*",),
            ),
            iam.Statement("SessionKey", ("kms:Decrypt",), (self.key_arn,)),
            iam.Statement(
                "FindSessionLog", ("logs:DescribeLogGroups",), (self.account.arn("logs", "log-group:*"),)
            ),
            iam.Statement(
                "WriteSessionLog",
                ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
                (pulumi.Output.concat(self.log_group_arn, ":*"),),
            ),
        )


def shells(owner: Component, name: str, account: Account, retention_days: int) -> Shells:
    """Make the key and the log group of the sessions, as children of `owner`."""
    key = aws.kms.Key(
        f"{name}-shells",
        description="Shell sessions in the chat's containers, and their log",
        enable_key_rotation=True,
        deletion_window_in_days=30,
        policy=_key_policy(account),
        opts=owner.child(),
    )
    log_group = aws.cloudwatch.LogGroup(
        f"{name}-shells", retention_in_days=retention_days, kms_key_id=key.arn, opts=owner.child()
    )
    return Shells(key.arn, log_group.name, log_group.arn, account)


def _key_policy(account: Account) -> pulumi.Output[str]:
    # In a key's own policy the resource `*` is the key itself.
    return iam.document(
        iam.Statement(
            "AccountDelegatesByIam",
            KEY_ADMINISTRATION,
            ("*",),
            principals={
                "AWS": [pulumi.Output.concat("arn:", account.partition, ":iam::", account.id, ":root")]
            },
        ),
        iam.Statement(
            "LogGroupsOfThisAccount",
            LOG_ENCRYPTION,
            ("*",),
            principals={"Service": [f"logs.{account.region}.amazonaws.com"]},
            conditions={
                "ArnLike": {"kms:EncryptionContext:aws:logs:arn": account.arn("logs", "log-group:*")}
            },
        ),
    )
