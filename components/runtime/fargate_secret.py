"""The secret of containers on Fargate: all their secret variables as one JSON object in Secrets Manager."""

from collections.abc import Callable, Mapping

import pulumi
import pulumi_aws as aws

from components.runtime.fargate_args import fitting_secret


def kept(
    prefix: str,
    description: str,
    values: Mapping[str, pulumi.Output[str]],
    recovery_days: int,
    child: Callable[..., pulumi.ResourceOptions],
) -> tuple[aws.secretsmanager.Secret, dict[str, pulumi.Output[str]]]:
    """Make the secret; return it and, for each variable, the reference that a container takes.

    The references name the version: a changed value makes a new task definition and a roll-out, and a roll-back gets
    the values that it ran with.
    """
    secret = aws.secretsmanager.Secret(
        f"{prefix}-secrets",
        description=description,
        recovery_window_in_days=recovery_days,
        opts=child(),
    )
    version = aws.secretsmanager.SecretVersion(
        f"{prefix}-secrets",
        secret_id=secret.id,
        # Secret, because every value in it is.
        secret_string=pulumi.Output.json_dumps(dict(values), sort_keys=True).apply(fitting_secret),
        opts=child(),
    )
    return secret, {
        key: pulumi.Output.concat(secret.arn, ":", key, "::", version.version_id) for key in values
    }
