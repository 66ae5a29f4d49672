"""A preview of two resources by the real engine with the pack; prints what the pack said, as JSON.

A program of its own: an engine that refuses leaves the Automation API's event loop with work undone.
"""

import automation_world as world  # before the SDKs

# isort: split

import json

import pulumi_aws as aws

import automation
from automation import PolicyError
from rehearsal.backend import rehearsal_backend


def program() -> None:
    """A subnet that gives public addresses, and logs that are kept for a week."""
    aws.ec2.Subnet("open", vpc_id="vpc-1", cidr_block="10.0.0.0/24", map_public_ip_on_launch=True)
    aws.cloudwatch.LogGroup("short", retention_in_days=7)


def main() -> None:
    """Preview, and print the findings, the mended resources and whether the engine refused."""
    with (
        rehearsal_backend(program=program) as backend,
        automation.open_stack("policy", values=world.VALUES, secrets=world.SECRETS, backend=backend) as stack,
    ):
        try:
            found, refused = stack.preview().findings, False
        except PolicyError as error:
            found, refused = error.findings, True
    print(
        json.dumps(
            {
                "refused": refused,
                "found": sorted([one.policy, "mandatory" if one.mandatory else "advisory"] for one in found),
            }
        )
    )


if __name__ == "__main__":
    main()
