"""A small program for the tests of the rehearsal itself."""

from components.base import Component  # before the SDKs, which it makes import one file at a time

# isort: split

import pulumi
import pulumi_aws as aws
import pulumi_mongodbatlas as mongodbatlas
import pulumi_random as random

SECRET = "canary-3b1f0c6e7a10"
SECRETS = {"rocketchat:smtpPassword": SECRET}
CONFIG = {"aws:region": "eu-west-1", **SECRETS}
SECRET_KEYS = tuple(SECRETS)
COUNT = 10
"""Number of resources: the stack, its provider, the toy and what is in it."""


class Toy(Component):
    """A network with a database user.

    Produces: a VPC, subnets, a password, a user, a secret and its value.
    """

    vpc_id: pulumi.Output[str]
    password: pulumi.Output[str]

    def __init__(self, name: str, subnets: int, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Toy", name, {"subnets": subnets}, opts)
        vpc = aws.ec2.Vpc(f"{name}-vpc", cidr_block="10.0.0.0/16", tags={"Part": "net"}, opts=self.child())
        for at in range(subnets):
            aws.ec2.Subnet(
                f"{name}-subnet-{at}", vpc_id=vpc.id, cidr_block=f"10.0.{at}.0/24", opts=self.child()
            )
        generated = random.RandomPassword(f"{name}-password", length=24, opts=self.child())
        mongodbatlas.DatabaseUser(
            f"{name}-user",
            project_id="5f0c1d2e3b4a59687f6e5d4c",
            auth_database_name="admin",
            username="chat",
            password=generated.result,
            roles=[mongodbatlas.DatabaseUserRoleArgs(role_name="readWrite", database_name="chat")],
            opts=self.child(protect=True, retain_on_delete=True, ignore_changes=["labels"]),
        )
        secret = aws.secretsmanager.Secret(f"{name}-secret", description="for tests", opts=self.child())
        aws.secretsmanager.SecretVersion(
            f"{name}-value",
            secret_id=secret.id,
            secret_string=pulumi.Output.json_dumps({"password": generated.result}),
            opts=self.child(depends_on=[vpc]),
        )
        self.vpc_id = vpc.id
        self.password = generated.result
        self.register_outputs({"vpc_id": self.vpc_id})


def program(subnets: int = 2) -> None:
    """One toy, and outputs of each kind."""
    provider = aws.Provider(
        "aws", region="ap-southeast-1", default_tags=aws.ProviderDefaultTagsArgs(tags={"Project": "toy"})
    )
    toy = Toy("toy", subnets, pulumi.ResourceOptions(providers=[provider]))
    zones = aws.get_availability_zones_output(opts=pulumi.InvokeOutputOptions(provider=provider))
    pulumi.export("vpc", toy.vpc_id)
    pulumi.export("zones", zones.names)
    pulumi.export("password", toy.password)
    pulumi.export("token", pulumi.Config("rocketchat").require_secret("smtpPassword"))
