"""How ECS's agent gets at the images of containers on Fargate: a registry's credentials, and rights in ECR."""

from collections.abc import Callable, Iterator, Sequence

import pulumi
import pulumi_aws as aws

from components import iam
from components.base import after
from components.registry import RegistryArgs, ecr_repository


def login(
    prefix: str, registry: RegistryArgs, recovery_days: int, child: Callable[..., pulumi.ResourceOptions]
) -> pulumi.Output[str]:
    """Make the secret by which images are pulled (ECS guide, "Using non-AWS container images"); return its ARN, known
    once there is a password in it."""
    secret = aws.secretsmanager.Secret(
        f"{prefix}-registry",
        description=f"Credentials for the images of {registry['server']}",
        recovery_window_in_days=recovery_days,
        opts=child(),
    )
    version = aws.secretsmanager.SecretVersion(
        f"{prefix}-registry",
        secret_id=secret.id,
        secret_string=pulumi.Output.json_dumps(
            {"username": registry["username"], "password": registry["password"]}, sort_keys=True
        ),
        opts=child(),
    )
    return after(secret.arn, [version])


def pulls(images: Sequence[str], partition: pulumi.Input[str]) -> Iterator[iam.Statement]:
    """Yield what lets the agent pull the images that stand in private registries of ECR.

    The last two actions are those of a pull-through cache, which takes an image over when it is first asked for (ECR
    guide, "IAM permissions required to sync an upstream registry").
    """
    found = [one for image in images if (one := ecr_repository(image)) is not None]
    if not found:
        return
    # The action knows no resource.
    yield iam.Statement("LogInToRegistry", ("ecr:GetAuthorizationToken",), ("*",))
    yield iam.Statement(
        "PullImages",
        (
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
            "ecr:BatchImportUpstreamImage",
            "ecr:CreateRepository",
        ),
        tuple(
            pulumi.Output.concat(
                "arn:", partition, f":ecr:{one['region']}:{one['account']}:repository/{one['repository']}"
            )
            for one in found
        ),
    )
