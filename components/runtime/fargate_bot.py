"""A chat bot on AWS Fargate: a service of its own beside the chat's, with rights and ways of its own."""

from collections.abc import Mapping, Sequence
from typing import Final, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import iam
from components.base import Component, one_of
from components.network.app_group import EgressArgs, app_security_group
from components.registry import server_of
from components.runtime import container, fargate_images, fargate_secret
from components.runtime.fargate_args import FargateServiceArgs
from rocketchat.bot import recently_connected

CPU, MEMORY = 256, 512
"""CPU units and MiB of a task: the least that Fargate has."""
CONTAINER: Final = "bot"
HTTPS: Final = 443
"""Where the chat's public address answers."""


class FargateBotArgs(TypedDict):
    """A chat bot, and where it runs."""

    region: str
    """AWS region of the cluster."""
    cluster_arn: pulumi.Input[str]
    """ARN of the ECS cluster."""
    cluster_name: pulumi.Input[str]
    """Name of the ECS cluster."""
    log_group_name: pulumi.Input[str]
    """Log group of the cluster's containers, in which the bot has streams of its own."""
    log_group_arn: pulumi.Input[str]
    """ARN of that log group."""
    vpc_id: pulumi.Input[str]
    """The network of the subnets."""
    subnet_ids: pulumi.Input[Sequence[str]]
    """Subnets of the task."""
    assign_public_ip: bool
    """Whether the task needs a public address to reach the internet."""
    egress: Sequence[EgressArgs]
    """What it connects to; nothing else is open."""
    endpoints_security_group_id: NotRequired[pulumi.Input[str]]
    """Security group of the network's interface endpoints, which is made to let the bot in."""
    balancer_security_group_id: NotRequired[pulumi.Input[str]]
    """Security group of a balancer that does not let everybody in, and is made to let the bot in."""
    addresses: NotRequired[Sequence[pulumi.Input[str]]]
    """Public IPv4 addresses from which the bot comes to that balancer; by its security group when left out, where the
    balancer has private addresses."""
    image: str
    """Image with an exact tag or a digest, with `sh`, `grep`, `find` and `touch`."""
    uid: int
    """Numeric user that it runs as; never 0."""
    environment: Mapping[str, pulumi.Input[str]]
    """Variables in clear; one that Pulumi holds secret fails the deployment."""
    secrets: Mapping[str, pulumi.Input[str]]
    """Variables of the bot that nobody else may read (secret)."""
    architecture: str
    """`arm64` or `x86_64`, as the image is made."""
    spot: NotRequired[bool]
    """Run on Fargate Spot: cheaper, stopped at two minutes' notice. Off by default."""
    secret_recovery_days: int
    """Days in which a deleted secret can be restored; 0 deletes at once."""
    registry_server: NotRequired[str]
    """Registry whose images are pulled by `registry_secret`."""
    registry_secret: NotRequired[pulumi.Input[str]]
    """ARN of the secret with the credentials of that registry (`FargateRuntime.registry_secret`)."""


class FargateBot(Component):
    """A chat bot as one task on Fargate, which nothing connects to.

    A deployment does not wait for it: before its account is made, which the running chat is needed for, no bot comes
    up. ECS starts a task anew that ends, or has had no connection to the chat for ten minutes. One that is replaced
    stops before the next one starts, so that never two answer.

    Produces: the secret with its version; the role that starts the task, and the task's own, which may nothing; a
    security group with its egress rules, and what lets it in elsewhere; a task definition and a service.
    """

    service_name: pulumi.Output[str]
    """Name of its ECS service (`ServiceName` in CloudWatch's metrics)."""

    def __init__(self, name: str, args: FargateBotArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        one_of("architecture", args["architecture"], ("arm64", "x86_64"))
        if args["uid"] < 1:
            raise ValueError(f"the bot's uid is {args['uid']}; containers do not run as root")
        secrets = {key: pulumi.Output.secret(value) for key, value in args["secrets"].items()}
        # A secret given in clear must not reach the state as an input of the component.
        super().__init__("FargateBot", name, {**args, "secrets": secrets}, opts)
        self._prefix, self._args = name, args
        secret, references = fargate_secret.kept(
            name,
            "Variables of the chat's bot, as one JSON object",
            secrets,
            int(args["secret_recovery_days"]),
            self.child,
        )
        caller = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=self))
        partition = caller.arn.apply(lambda arn: arn.split(":")[1])
        trust = iam.trust(
            "ecs-tasks.amazonaws.com",
            account_id=caller.account_id,
            source_arn=pulumi.Output.concat(
                "arn:", partition, ":ecs:", args["region"], ":", caller.account_id, ":*"
            ),
        )
        execution, reads = self._execution_role(trust, secret.arn, partition)
        own = aws.iam.Role(
            f"{name}-task",
            description="The chat's bot, which may do nothing in AWS",
            assume_role_policy=trust,
            opts=self.child(),
        )
        group, ways = app_security_group(
            self, name, args["vpc_id"], args["egress"], peers=False, what="Bot of the chat"
        )
        task = self._task(references, execution.arn, own.arn)
        service = aws.ecs.Service(
            f"{name}-service",
            cluster=args["cluster_arn"],
            task_definition=task.arn,
            desired_count=1,
            capacity_provider_strategies=[
                aws.ecs.ServiceCapacityProviderStrategyArgs(
                    capacity_provider="FARGATE_SPOT" if args.get("spot", False) else "FARGATE", weight=1
                )
            ],
            # Without it a change of the strategy (spot on or off) would replace the service.
            force_new_deployment=True,
            deployment_minimum_healthy_percent=0,
            deployment_maximum_percent=100,
            # Counts tasks that never ran, such as of an image that is not there, and none that ended later.
            deployment_circuit_breaker=aws.ecs.ServiceDeploymentCircuitBreakerArgs(
                enable=True, rollback=True
            ),
            # Moving a task means starting the new one first, which needs more than 100 percent.
            availability_zone_rebalancing="DISABLED",
            network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
                subnets=args["subnet_ids"],
                security_groups=[group.id],
                assign_public_ip=args["assign_public_ip"],
            ),
            propagate_tags="SERVICE",
            enable_ecs_managed_tags=True,
            wait_for_steady_state=False,
            opts=self.child(depends_on=[reads, *ways, *self._doors(group.id)]),
        )
        self.service_name = service.name
        self.register()

    def _execution_role(
        self, trust: pulumi.Output[str], secret_arn: pulumi.Output[str], partition: pulumi.Output[str]
    ) -> "tuple[aws.iam.Role, aws.iam.RolePolicy]":
        args = self._args
        role = aws.iam.Role(
            f"{self._prefix}-execution",
            description="ECS's agent: starts the chat's bot",
            assume_role_policy=trust,
            opts=self.child(),
        )
        policy = aws.iam.RolePolicy(
            f"{self._prefix}-execution",
            role=role.name,
            policy=iam.document(
                iam.Statement(
                    "WriteLogs",
                    ("logs:CreateLogStream", "logs:PutLogEvents"),
                    (pulumi.Output.concat(args["log_group_arn"], ":*"),),
                ),
                iam.Statement(
                    "ReadSecret",
                    ("secretsmanager:GetSecretValue",),
                    (secret_arn, *([args["registry_secret"]] if self._is_private else [])),
                ),
                *fargate_images.pulls([args["image"]], partition),
            ),
            opts=self.child(),
        )
        return role, policy

    @property
    def _is_private(self) -> bool:
        """Whether its image is pulled with credentials."""
        return "registry_secret" in self._args and (
            server_of(self._args["image"]) == self._args.get("registry_server")
        )

    def _task(
        self,
        references: Mapping[str, pulumi.Output[str]],
        execution_role: pulumi.Output[str],
        task_role: pulumi.Output[str],
    ) -> "aws.ecs.TaskDefinition":
        args = self._args
        service: FargateServiceArgs = {
            "name": CONTAINER,
            "image": args["image"],
            "cpu": CPU,
            "memory": MEMORY,
            "uid": args["uid"],
            "desired_count": 1,
            "environment": args["environment"],
            # It passes until the connection is missed for long: the circuit breaker counts what fails at first, and
            # would end the deployment of a bot whose account is yet to be made.
            "health_command": ["sh", "-c", recently_connected((HTTPS,), args["uid"])],
        }
        definition = container.definition(
            service,
            secrets=references,
            log_group=args["log_group_name"],
            region=args["region"],
            shells=False,
            credentials=args["registry_secret"] if self._is_private else None,
        )
        return aws.ecs.TaskDefinition(
            f"{self._prefix}-task",
            family=pulumi.Output.concat(args["cluster_name"], "-", CONTAINER),
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(CPU),
            memory=str(MEMORY),
            runtime_platform=aws.ecs.TaskDefinitionRuntimePlatformArgs(
                operating_system_family="LINUX", cpu_architecture=args["architecture"].upper()
            ),
            execution_role_arn=execution_role,
            task_role_arn=task_role,
            container_definitions=pulumi.Output.json_dumps([definition]),
            opts=self.child(),
        )

    def _doors(self, group: pulumi.Output[str]) -> list[pulumi.Resource]:
        """Let the bot in where not everybody is."""
        args = self._args
        made: list[pulumi.Resource] = []
        if "endpoints_security_group_id" in args:
            made.append(self._door("endpoints", args["endpoints_security_group_id"], group=group))
        if "balancer_security_group_id" in args:
            balancer = args["balancer_security_group_id"]
            if "addresses" not in args:
                made.append(self._door("balancer", balancer, group=group))
            for number, address in enumerate(args.get("addresses", ()), 1):
                made.append(
                    self._door(f"balancer-{number}", balancer, cidr_ipv4=pulumi.Output.concat(address, "/32"))
                )
        return made

    def _door(
        self,
        role: str,
        into: pulumi.Input[str],
        *,
        group: pulumi.Input[str] | None = None,
        cidr_ipv4: pulumi.Input[str] | None = None,
    ) -> "aws.vpc.SecurityGroupIngressRule":
        return aws.vpc.SecurityGroupIngressRule(
            f"{self._prefix}-{role}",
            security_group_id=into,
            description="HTTPS from the bot",
            ip_protocol="tcp",
            from_port=HTTPS,
            to_port=HTTPS,
            referenced_security_group_id=group,
            cidr_ipv4=cidr_ipv4,
            opts=self.child(),
        )
