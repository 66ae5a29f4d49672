"""The IAM user that sends through Amazon SES by SMTP."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components import iam
from components.mail.password import smtp_password


def smtp_user(
    name: str,
    *,
    region: str,
    sender: str,
    arns: Sequence[pulumi.Input[str]],
    version: int,
    opts: pulumi.ResourceOptions,
) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
    """Make a user who may send and do nothing else; return SMTP user and password (secret), valid in one region.

    `sender` is the only From address, or `*@domain`; `arns` are those of the identity and the configuration set;
    another `version` makes a new password before the old one goes.
    """
    user = aws.iam.User(f"{name}-smtp", opts=opts)
    compared = "StringLike" if sender.startswith("*") else "StringEquals"
    statement = iam.Statement(
        "Send", ["ses:SendRawEmail"], arns, conditions={compared: {"ses:FromAddress": sender}}
    )
    policy = aws.iam.UserPolicy(
        f"{name}-smtp-policy", user=user.name, policy=iam.document(statement), opts=opts
    )
    # The version is in the name, so that the new key is there before the old one goes. Who has it uses it at once.
    after = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[policy]))
    key = aws.iam.AccessKey(f"{name}-smtp-key-{version}", user=user.name, opts=after)
    # The provider derives a password for its own region only; mail may leave from another.
    password = key.secret.apply(lambda secret: smtp_password(secret, region))
    return pulumi.Output.secret(key.id), pulumi.Output.secret(password)
