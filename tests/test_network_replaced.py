"""Another block of addresses for a network that is deployed: the engine's order against clouds that refuse."""

import automation_world  # noqa: F401 - before the SDKs

# isort: split

import pulumi
import pulumi_aws as aws
import pytest
from engine_marks import needs_engine

from automation import open_stack
from components.network.vpc import Network
from proving.benchmarks import small
from rehearsal.backend import rehearsal_backend

CIDRS = ["10.20.0.0/16", "10.30.0.0/16"]


@needs_engine
@pytest.mark.parametrize("nat", ["one", "none"])
def test_another_cidr_is_deployed_to_its_end_and_keeps_the_address_that_the_database_knows(nat: str) -> None:
    given = {"cidr": CIDRS[0]}

    def program() -> None:
        provider = aws.Provider("aws", region="ap-southeast-1")
        network = Network(
            "network",
            {
                "cidr": given["cidr"],
                "zone_count": 2,
                "nat": nat,
                "region": "ap-southeast-1",
                "egress": [{"first_port": 443, "reason": "HTTPS"}],
                "flow_log_retention_days": 30,
            },
            pulumi.ResourceOptions(providers=[provider]),
        )
        group = aws.ec2.SecurityGroup(
            "balancer", vpc_id=network.vpc_id, opts=pulumi.ResourceOptions(provider=provider)
        )
        aws.lb.LoadBalancer(
            "balancer",
            load_balancer_type="application",
            subnets=network.public_subnet_ids,
            security_groups=[group.id],
            opts=pulumi.ResourceOptions(provider=provider, replace_on_changes=["securityGroups"]),
        )
        pulumi.export("addresses", network.egress_addresses)

    with (
        rehearsal_backend(program=program) as backend,
        open_stack("replaced", values=small.VALUES, backend=backend, policies=False) as stack,
    ):
        before = stack.up(preview=False).outputs["addresses"]
        given["cidr"] = CIDRS[1]
        after = stack.up(preview=False).outputs["addresses"]
        assert after == before
        blocks = [
            thing.inputs["cidrBlock"] for thing in backend.cloud.things() if thing.type == "aws:ec2/vpc:Vpc"
        ]
        assert blocks == [CIDRS[1]]
        stack.destroy(confirm="replaced")
        assert not backend.cloud.things()
