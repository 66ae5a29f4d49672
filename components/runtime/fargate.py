"""The chat as containers on AWS Fargate, behind a listener that already exists."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import iam
from components.base import Component
from components.names import AUTONAME_SUFFIX, bounded
from components.registry import hidden, server_of
from components.runtime import container, fargate_images, fargate_secret
from components.runtime.fargate_args import (
    FargateRuntimeArgs,
    FargateServiceArgs,
    Options,
    check_services,
    fitting_definition,
    main_service,
    max_count,
)
from components.runtime.shells import Account, Shells, shells

TARGET_GROUP_NAME_LIMIT = 32
DRAIN_SECONDS = 60
"""From leaving the balancer to SIGTERM. With the stop time it stays inside Spot's two minutes; clients
reconnect by themselves, slow uploads get this long."""
VALUES_PER_RULE = 5
"""Of conditions (elasticloadbalancing quotas); the host is one of them."""
MEMORY_TARGET_PERCENT = 75
FULL_VCPU = 1024


@dataclass(frozen=True)
class _Shared:
    """What the services have in common."""

    cluster: aws.ecs.Cluster
    log_group: aws.cloudwatch.LogGroup
    execution_role: aws.iam.Role
    task_role: aws.iam.Role
    secret_references: Mapping[str, pulumi.Output[str]]
    login: pulumi.Output[str] | None
    """ARN of the secret with the credentials of the registry `server`."""
    server: str
    namespace: aws.servicediscovery.HttpNamespace | None
    ready: Sequence[pulumi.Resource]
    """What must stand before the first task starts."""


class FargateRuntime(Component):
    """ECS services on Fargate: one per process of the chat.

    `pulumi up` waits until every service is steady and fails when ECS rolled a deployment back; so a green
    deployment is one that serves, and the previous task definition stays registered until then.

    Produces: the cluster with its capacity providers, a log group, the secret with its version, the
    execution role and the task role (empty until something is granted to it), rules of the security group,
    for each service a task definition and a service, for those behind the balancer a target group and
    listener rules, for those that scale a target and two policies, a Service Connect namespace where a
    service has a peer alias, and with `exec` a key and a log group for the shell sessions.
    """

    cluster_name: pulumi.Output[str]
    """Name of the ECS cluster: `ClusterName` in CloudWatch's metrics."""
    cluster_arn: pulumi.Output[str]
    """ARN of the ECS cluster."""
    service_names: pulumi.Output[Mapping[str, str]]
    """Service to the name of its ECS service (`ServiceName` in CloudWatch's metrics)."""
    target_group_arn_suffixes: pulumi.Output[Mapping[str, str]]
    """Service behind the balancer to `targetgroup/<name>/<id>` (`TargetGroup` in CloudWatch's metrics)."""
    log_group_name: pulumi.Output[str]
    """Name of the log group of the chat's containers."""
    log_group_arn: pulumi.Output[str]
    """ARN of that log group."""
    task_role_name: pulumi.Output[str]
    """Role of the chat itself, for policies that grant it something."""
    task_role_arn: pulumi.Output[str]
    """ARN of the role of the containers."""
    execution_role_arn: pulumi.Output[str]
    """Role of ECS's agent, which reads the secret and writes the logs."""
    exec_command: pulumi.Output[str | None]
    """Command line that opens a shell in a task of the main service; None unless `exec` is on."""

    def __init__(
        self, name: str, args: FargateRuntimeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        options = Options.of(args)
        check_services(args)
        secrets = {key: pulumi.Output.secret(value) for key, value in args["secrets"].items()}
        # A secret given in clear must not reach the state as an input of the component.
        safe: FargateRuntimeArgs = {**args, "secrets": secrets}
        if "registry" in args:
            safe["registry"] = hidden(args["registry"])
        if "required_header" in args:
            header = args["required_header"]
            safe["required_header"] = {**header, "value": pulumi.Output.secret(header["value"])}
        super().__init__("FargateRuntime", name, safe, opts)
        self._prefix = name
        self._options = options

        caller = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=self))
        account = Account(
            partition=caller.arn.apply(lambda arn: arn.split(":")[1]),
            region=args["region"],
            id=caller.account_id,
        )
        log_group = aws.cloudwatch.LogGroup(
            f"{name}-logs", retention_in_days=options.log_retention_days, opts=self.child()
        )
        sessions = shells(self, name, account, options.log_retention_days) if options.shells else None
        cluster = self._cluster(sessions)
        capacity = aws.ecs.ClusterCapacityProviders(
            f"{name}-capacity",
            cluster_name=cluster.name,
            capacity_providers=["FARGATE", "FARGATE_SPOT"],
            opts=self.child(),
        )
        secret, references = (
            fargate_secret.kept(
                name,
                "Variables of the chat's containers, as one JSON object",
                secrets,
                options.secret_recovery_days,
                self.child,
            )
            if secrets
            else (None, {})
        )
        login = (
            fargate_images.login(name, safe["registry"], options.secret_recovery_days, self.child)
            if "registry" in safe
            else None
        )
        self._registry_secret = login
        trust = iam.trust(
            "ecs-tasks.amazonaws.com", account_id=account.id, source_arn=account.arn("ecs", "*")
        )
        execution_role, execution_policy = self._execution_role(
            trust,
            log_group,
            [one for one in (None if secret is None else secret.arn, login) if one is not None],
            fargate_images.pulls([service["image"] for service in args["services"]], account.partition),
        )
        task_role = aws.iam.Role(
            f"{name}-task",
            description="The chat's containers",
            assume_role_policy=trust,
            opts=self.child(),
        )
        ready: list[pulumi.Resource] = [capacity, execution_policy, *self._openings(args)]
        if sessions is not None:
            ready.append(
                aws.iam.RolePolicy(
                    f"{name}-shells",
                    role=task_role.name,
                    policy=sessions.task_policy,
                    opts=self.child(),
                )
            )
        if "permissions" in args:
            ready.append(
                aws.iam.RolePolicy(
                    f"{name}-permissions", role=task_role.name, policy=args["permissions"], opts=self.child()
                )
            )
        shared = _Shared(
            cluster=cluster,
            log_group=log_group,
            execution_role=execution_role,
            task_role=task_role,
            secret_references=references,
            login=login,
            server=args["registry"]["server"] if "registry" in args else "",
            namespace=self._namespace(args["services"]),
            ready=ready,
        )
        target_groups = {
            service["name"]: self._target_group(service, args["vpc_id"])
            for service in args["services"]
            if "port" in service
        }
        rules = self._rules(safe, target_groups)
        tasks = {service["name"]: self._task(service, args["region"], shared) for service in args["services"]}
        ecs_services: dict[str, aws.ecs.Service] = {}
        # Peers first: a task sees the Service Connect names that stood when it started.
        for service in sorted(args["services"], key=lambda service: "peer_alias" not in service):
            ecs_services[service["name"]] = self._service(
                service, args, shared, tasks[service["name"]], target_groups, rules, ecs_services
            )

        self.cluster_name = cluster.name
        self.cluster_arn = cluster.arn
        self.service_names = pulumi.Output.all(
            **{
                key: pulumi.Output.all(service.name, service.task_definition, tasks[key].arn).apply(
                    _kept(key)
                )
                for key, service in ecs_services.items()
            }
        )
        self.target_group_arn_suffixes = pulumi.Output.all(
            **{key: group.arn_suffix for key, group in target_groups.items()}
        )
        self.log_group_name = log_group.name
        self.log_group_arn = log_group.arn
        self.task_role_name = task_role.name
        self.task_role_arn = task_role.arn
        self.execution_role_arn = execution_role.arn
        self.exec_command = self._exec_command(args, cluster, ecs_services)
        self.register()

    @property
    def registry_secret(self) -> pulumi.Output[str] | None:
        """ARN of the secret by which images are pulled; None without credentials."""
        return self._registry_secret

    def _cluster(self, sessions: Shells | None) -> aws.ecs.Cluster:
        return aws.ecs.Cluster(
            f"{self._prefix}-cluster",
            settings=[
                aws.ecs.ClusterSettingArgs(name="containerInsights", value=self._options.container_insights)
            ],
            configuration=None if sessions is None else sessions.cluster_configuration,
            opts=self.child(),
        )

    def _execution_role(
        self,
        trust: pulumi.Output[str],
        log_group: aws.cloudwatch.LogGroup,
        secret_arns: Sequence[pulumi.Output[str]],
        pulls: Iterable[iam.Statement],
    ) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        role = aws.iam.Role(
            f"{self._prefix}-execution",
            description="ECS's agent: starts the chat's containers",
            assume_role_policy=trust,
            opts=self.child(),
        )
        statements = [
            iam.Statement(
                "WriteLogs",
                ("logs:CreateLogStream", "logs:PutLogEvents"),
                (pulumi.Output.concat(log_group.arn, ":*"),),
            )
        ]
        if secret_arns:
            statements.append(
                iam.Statement("ReadSecret", ("secretsmanager:GetSecretValue",), tuple(secret_arns))
            )
        statements += pulls
        policy = aws.iam.RolePolicy(
            f"{self._prefix}-execution",
            role=role.name,
            policy=iam.document(*statements),
            opts=self.child(),
        )
        return role, policy

    def _openings(self, args: FargateRuntimeArgs) -> list[pulumi.Resource]:
        http = sorted({int(service["port"]) for service in args["services"] if "port" in service})
        peers = sorted({int(service["peer_port"]) for service in args["services"] if "peer_port" in service})
        return [
            *(
                self._opening(
                    f"http-{port}", args, port, args["balancer_security_group_id"], "from the balancer"
                )
                for port in http
            ),
            *(
                self._opening(
                    f"peers-{port}", args, port, args["app_security_group_id"], "between services of the chat"
                )
                for port in peers
            ),
        ]

    def _opening(
        self, role: str, args: FargateRuntimeArgs, port: int, source: pulumi.Input[str], why: str
    ) -> aws.vpc.SecurityGroupIngressRule:
        return aws.vpc.SecurityGroupIngressRule(
            f"{self._prefix}-{role}",
            security_group_id=args["app_security_group_id"],
            referenced_security_group_id=source,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=f"Port {port} {why}",
            opts=self.child(),
        )

    def _namespace(self, services: Sequence[FargateServiceArgs]) -> aws.servicediscovery.HttpNamespace | None:
        if not any("peer_alias" in service for service in services):
            return None
        return aws.servicediscovery.HttpNamespace(
            f"{self._prefix}-peers",
            description="Names by which the chat's services find one another",
            opts=self.child(),
        )

    def _target_group(self, service: FargateServiceArgs, vpc_id: pulumi.Input[str]) -> aws.lb.TargetGroup:
        return aws.lb.TargetGroup(
            bounded(f"{self._prefix}-{service['name']}", TARGET_GROUP_NAME_LIMIT - AUTONAME_SUFFIX),
            vpc_id=vpc_id,
            target_type="ip",
            port=int(service["port"]),
            protocol="HTTP",
            # WebSockets are upgraded from HTTP/1.1.
            protocol_version="HTTP1",
            deregistration_delay=DRAIN_SECONDS,
            # Every 15 s, up after 2 and down after 5: as the original deployment had it.
            health_check=aws.lb.TargetGroupHealthCheckArgs(
                enabled=True,
                protocol="HTTP",
                port="traffic-port",
                path=service["health_path"],
                matcher="200",
                interval=15,
                timeout=5,
                healthy_threshold=2,
                unhealthy_threshold=5,
            ),
            # SockJS's fallback to plain HTTP needs the same task again.
            stickiness=aws.lb.TargetGroupStickinessArgs(
                type="lb_cookie",
                enabled=service.get("sticky", max_count(service) > 1),
                cookie_duration=86400,
            ),
            opts=self.child(),
        )

    def _rules(
        self, args: FargateRuntimeArgs, target_groups: Mapping[str, aws.lb.TargetGroup]
    ) -> dict[str, list[pulumi.Resource]]:
        """Make the listener's rules, those with paths before (so with a lower number than) the rest."""
        header = args.get("required_header")
        always = [
            aws.lb.ListenerRuleConditionArgs(
                host_header=aws.lb.ListenerRuleConditionHostHeaderArgs(values=[args["host"]])
            )
        ]
        if header is not None:
            always.append(
                aws.lb.ListenerRuleConditionArgs(
                    http_header=aws.lb.ListenerRuleConditionHttpHeaderArgs(
                        http_header_name=header["name"], values=[header["value"]]
                    )
                )
            )
        room = VALUES_PER_RULE - len(always)
        planned = [
            *(
                (service["name"], f"-paths-{start // room}", paths[start : start + room])
                for service in args["services"]
                for paths in [service.get("path_patterns", ())]
                for start in range(0, len(paths), room)
            ),
            (main_service(args["services"]), "", ()),
        ]
        first = args.get("rule_priority", priority_of(args["host"]) if len(planned) > 1 else None)
        rules: dict[str, list[pulumi.Resource]] = {name: [] for name in target_groups}
        for index, (service_name, suffix, paths) in enumerate(planned):
            conditions = list(always)
            if paths:
                conditions.append(
                    aws.lb.ListenerRuleConditionArgs(
                        path_pattern=aws.lb.ListenerRuleConditionPathPatternArgs(values=list(paths))
                    )
                )
            rules[service_name].append(
                aws.lb.ListenerRule(
                    f"{self._prefix}-{service_name}{suffix}",
                    listener_arn=args["listener_arn"],
                    priority=None if first is None else int(first) + index,
                    conditions=conditions,
                    actions=[
                        aws.lb.ListenerRuleActionArgs(
                            type="forward", target_group_arn=target_groups[service_name].arn
                        )
                    ],
                    opts=self.child(),
                )
            )
        return rules

    def _service(
        self,
        service: FargateServiceArgs,
        args: FargateRuntimeArgs,
        shared: _Shared,
        task: aws.ecs.TaskDefinition,
        target_groups: Mapping[str, aws.lb.TargetGroup],
        rules: Mapping[str, Sequence[pulumi.Resource]],
        made: Mapping[str, aws.ecs.Service],
    ) -> aws.ecs.Service:
        name = service["name"]
        group = target_groups.get(name)
        alone = service.get("one_at_a_time", False)
        autoscaled = max_count(service) > service["desired_count"]
        peers = [
            made[other["name"]]
            for other in args["services"]
            if "peer_alias" in other and other["name"] in made
        ]
        ecs_service = aws.ecs.Service(
            f"{self._prefix}-{name}",
            cluster=shared.cluster.arn,
            task_definition=task.arn,
            desired_count=int(service["desired_count"]),
            capacity_provider_strategies=self._strategies(),
            # Without it a change of the strategy (spot on or off) would replace the service.
            force_new_deployment=True,
            deployment_minimum_healthy_percent=0 if alone else 100,
            deployment_maximum_percent=100 if alone else 200,
            deployment_circuit_breaker=aws.ecs.ServiceDeploymentCircuitBreakerArgs(
                enable=True, rollback=True
            ),
            # Moving a task means starting the new one first, which needs more than 100 percent.
            availability_zone_rebalancing="DISABLED" if alone else "ENABLED",
            network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
                subnets=args["subnet_ids"],
                security_groups=[args["app_security_group_id"]],
                assign_public_ip=args["assign_public_ip"],
            ),
            load_balancers=(
                None
                if group is None
                else [
                    aws.ecs.ServiceLoadBalancerArgs(
                        target_group_arn=group.arn,
                        container_name=name,
                        container_port=int(service["port"]),
                    )
                ]
            ),
            health_check_grace_period_seconds=None if group is None else self._options.health_grace_seconds,
            service_connect_configuration=self._service_connect(service, args["region"], shared),
            enable_execute_command=self._options.shells,
            propagate_tags="SERVICE",
            enable_ecs_managed_tags=True,
            # Otherwise a boot loop would look like a deployment that went well.
            wait_for_steady_state=True,
            opts=self.child(
                depends_on=[*shared.ready, *rules.get(name, ()), *peers],
                # The autoscaler's number is not reverted by the next deployment.
                ignore_changes=["desiredCount"] if autoscaled else None,
                custom_timeouts=pulumi.CustomTimeouts(create="40m", update="40m", delete="20m"),
            ),
        )
        if autoscaled:
            self._autoscale(service, shared.cluster, ecs_service)
        return ecs_service

    def _task(self, service: FargateServiceArgs, region: str, shared: _Shared) -> aws.ecs.TaskDefinition:
        definition = container.definition(
            service,
            secrets={key: shared.secret_references[key] for key in service.get("secret_names", ())},
            log_group=shared.log_group.name,
            region=region,
            shells=self._options.shells,
            credentials=shared.login if server_of(service["image"]) == shared.server else None,
        )
        return aws.ecs.TaskDefinition(
            f"{self._prefix}-{service['name']}",
            # The cluster's name is unique in the account; a family that two stacks share would mix revisions.
            family=pulumi.Output.concat(shared.cluster.name, "-", service["name"]),
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(int(service["cpu"])),
            memory=str(int(service["memory"])),
            runtime_platform=aws.ecs.TaskDefinitionRuntimePlatformArgs(
                operating_system_family="LINUX", cpu_architecture=self._options.architecture.upper()
            ),
            execution_role_arn=shared.execution_role.arn,
            task_role_arn=shared.task_role.arn,
            container_definitions=pulumi.Output.json_dumps([definition]).apply(
                lambda text: fitting_definition(service["name"], text)
            ),
            opts=self.child(),
        )

    def _strategies(self) -> list[aws.ecs.ServiceCapacityProviderStrategyArgs]:
        if not self._options.spot:
            return [aws.ecs.ServiceCapacityProviderStrategyArgs(capacity_provider="FARGATE", weight=1)]
        strategies = [aws.ecs.ServiceCapacityProviderStrategyArgs(capacity_provider="FARGATE_SPOT", weight=1)]
        if self._options.on_demand_base:
            strategies.insert(
                0,
                aws.ecs.ServiceCapacityProviderStrategyArgs(
                    capacity_provider="FARGATE", base=self._options.on_demand_base, weight=0
                ),
            )
        return strategies

    def _service_connect(
        self, service: FargateServiceArgs, region: str, shared: _Shared
    ) -> aws.ecs.ServiceServiceConnectConfigurationArgs | None:
        if shared.namespace is None:
            return None
        offered = None
        if "peer_alias" in service:
            offered = [
                aws.ecs.ServiceServiceConnectConfigurationServiceArgs(
                    port_name=container.PEER_PORT_NAME,
                    discovery_name=service["peer_alias"],
                    client_alias=[
                        aws.ecs.ServiceServiceConnectConfigurationServiceClientAliasArgs(
                            dns_name=service["peer_alias"], port=int(service["peer_port"])
                        )
                    ],
                )
            ]
        return aws.ecs.ServiceServiceConnectConfigurationArgs(
            enabled=True,
            namespace=shared.namespace.arn,
            services=offered,
            log_configuration=aws.ecs.ServiceServiceConnectConfigurationLogConfigurationArgs(
                log_driver="awslogs",
                options=container.log_options(shared.log_group.name, region, f"{service['name']}-proxy"),
            ),
        )

    def _autoscale(
        self, service: FargateServiceArgs, cluster: aws.ecs.Cluster, ecs_service: aws.ecs.Service
    ) -> None:
        name = f"{self._prefix}-{service['name']}"
        target = aws.appautoscaling.Target(
            f"{name}-scaling",
            service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount",
            resource_id=pulumi.Output.concat("service/", cluster.name, "/", ecs_service.name),
            min_capacity=int(service["desired_count"]),
            max_capacity=max_count(service),
            opts=self.child(),
        )
        whole_task = self._options.cpu_target_percent * FULL_VCPU / max(int(service["cpu"]), FULL_VCPU)
        for role, metric, percent in (
            ("cpu", "ECSServiceAverageCPUUtilization", whole_task),
            ("memory", "ECSServiceAverageMemoryUtilization", MEMORY_TARGET_PERCENT),
        ):
            aws.appautoscaling.Policy(
                f"{name}-{role}",
                policy_type="TargetTrackingScaling",
                service_namespace=target.service_namespace,
                scalable_dimension=target.scalable_dimension,
                resource_id=target.resource_id,
                target_tracking_scaling_policy_configuration=aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs(
                    predefined_metric_specification=aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs(
                        predefined_metric_type=metric
                    ),
                    target_value=percent,
                    # Out at once; in slowly, because every task that goes makes its clients reconnect.
                    scale_out_cooldown=60,
                    scale_in_cooldown=600,
                ),
                opts=self.child(),
            )

    def _exec_command(
        self,
        args: FargateRuntimeArgs,
        cluster: aws.ecs.Cluster,
        ecs_services: Mapping[str, aws.ecs.Service],
    ) -> pulumi.Output[str | None]:
        if not self._options.shells:
            return pulumi.Output.from_input(None)
        main = main_service(args["services"])
        region = args["region"]

        def line(names: Sequence[str]) -> str:
            where = f"--region {region} --cluster {names[0]}"
            task = f"aws ecs list-tasks {where} --service-name {names[1]} --query 'taskArns[0]' --output text"
            return (
                f'aws ecs execute-command {where} --task "$({task})" --container {main} '
                "--interactive --command /bin/sh"
            )

        return pulumi.Output.all(cluster.name, ecs_services[main].name).apply(line)


def priority_of(host: str) -> int:
    """Return the first priority of a host's rules on a listener, when the file gives none.

    Rules with paths must stand before the rule of the whole host, whichever of them was made first, so AWS's
    own choice (after all others) does not do. From 1000 to 48990, the same for the same host; two hosts that
    fall together are refused by AWS, and `rule_priority` mends it.
    """
    return 1000 + int(hashlib.sha256(host.encode()).hexdigest(), 16) % 4800 * 10


def _kept(service: str) -> Callable[[Sequence[str]], str]:
    """Return a check of (name, running task definition, wanted one) that returns the name.

    A deployment that the circuit breaker rolled back is steady, too, and the provider takes it for a success.
    """

    def check(values: Sequence[str]) -> str:
        name, running, wanted = values
        if running != wanted:
            raise pulumi.RunError(
                f"service {service}: ECS rolled the deployment back, {running} runs instead of {wanted}; "
                f"see the events and stopped tasks of the ECS service {name}"
            )
        return name

    return check
