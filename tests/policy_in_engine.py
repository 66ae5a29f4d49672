"""A preview of two resources by the real engine with the pack; prints what the pack said, as JSON.

A program of its own: an engine that refuses leaves the Automation API's event loop with work undone.
"""

import json
from pathlib import Path
from typing import Any

import pulumi_aws as aws
from pulumi.automation.errors import CommandError

from rehearsal.engine import rehearsing

PACK = Path(__file__).parent.parent / "policy"


def program() -> None:
    """A subnet that gives public addresses, and logs that are kept for a week."""
    aws.ec2.Subnet("open", vpc_id="vpc-1", cidr_block="10.0.0.0/24", map_public_ip_on_launch=True)
    aws.cloudwatch.LogGroup("short", retention_in_days=7)


def main() -> None:
    """Preview, and print the findings, the mended resources and whether the engine refused."""
    events: list[Any] = []
    refused = False
    with rehearsing(program, stack="policy", config={"aws:region": "ap-southeast-1"}) as rehearsal:
        try:
            rehearsal.stack.preview(on_event=events.append, color="never", policy_packs=[str(PACK)])
        except CommandError:
            refused = True
    found = [event.policy_event for event in events if event.policy_event is not None]
    print(
        json.dumps(
            {
                "refused": refused,
                "found": sorted([one.policy_name, str(one.enforcement_level)] for one in found),
            }
        )
    )


if __name__ == "__main__":
    main()
