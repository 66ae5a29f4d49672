"""A small program and small values for the tests of `automation`; a stack of it is up in a second."""

import components  # noqa: F401 - before the SDKs, which it makes import one file at a time

# isort: split

import pulumi
import pulumi_aws as aws
import pulumi_random as random

SECRET = "canary-5f1e0b7c9a24"
SECRETS = {"rocketchat:smtpPassword": SECRET}
VALUES = {
    "aws:region": "eu-west-1",
    "rocketchat:chat": {"host": "chat.example.com", "profile": "trial"},
    "rocketchat:runtime": {"kind": "fargate"},
    "rocketchat:database": {
        "kind": "atlas",
        "organization": "5f0c1d2e3b4a59687f6e5d4c",
        "cluster": "example",
    },
    "rocketchat:dns": {"kind": "cloudflare", "zone": "example.com"},
    "rocketchat:mail": {
        "kind": "smtp",
        "host": "smtp.example.com",
        "username": "chat",
        "from": "chat@example.com",
    },
}
COUNT = 5
"""Resources of `program`: the stack, its provider and what is below."""


def program() -> None:
    """A network, a bucket that is protected and retained, and a generated password."""
    provider = aws.Provider("aws", region="eu-west-1")
    options = pulumi.ResourceOptions(provider=provider)
    vpc = aws.ec2.Vpc("net", cidr_block="10.0.0.0/16", tags={"Name": "net"}, opts=options)
    aws.s3.Bucket(
        "data",
        # A name is taken once in the world, and stacks of this program stand side by side.
        bucket=f"data-{pulumi.get_stack()}.example.com",
        opts=pulumi.ResourceOptions(provider=provider, protect=True, retain_on_delete=True),
    )
    password = random.RandomPassword("password", length=24)
    pulumi.export("vpc", vpc.id)
    pulumi.export("password", password.result)
    pulumi.export("smtp", pulumi.Config("rocketchat").require_secret("smtpPassword"))
