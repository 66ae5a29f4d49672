"""Backups by tasks of ECS: a dump every night, and drills that restore the newest one beside the data."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import iam
from components.backup import bucket, program
from components.backup.cluster import DRILL_HOURS, SECRETS
from components.base import Component
from components.database.uri import without_database
from components.registry import server_of
from components.runtime import fargate_images, fargate_secret
from components.runtime.container import image_of, log_options

CPU, MEMORY = "512", "1024"
"""CPU units and MiB of a task: a dump is compressed by one processor, and kept nowhere."""
DRILL_DAYS: Final = "SUN,WED"
"""An alarm of CloudWatch looks back seven days at most, and one drill may be missed."""
LATE_SECONDS: Final = 3600
"""A start that failed is tried again so long."""
DEAD_LETTER_SECONDS: Final = 1209600
"""14 days, SQS's most."""


class FargateDumpsArgs(TypedDict):
    """What is dumped, from where, and to where."""

    region: str
    """AWS region of the cluster."""
    host: str
    """Public name of the chat, by which messages tell of it."""
    cluster_arn: pulumi.Input[str]
    """ARN of the ECS cluster."""
    cluster_name: pulumi.Input[str]
    """Name of the ECS cluster."""
    subnet_ids: pulumi.Input[Sequence[str]]
    """Subnets of the chat's containers."""
    security_group_id: pulumi.Input[str]
    """Security group of the chat's containers, which the database lets in."""
    assign_public_ip: bool
    """Whether containers need a public address to reach the internet."""
    image: str
    """MongoDB's image, of the series of the server or newer."""
    job_image: NotRequired[str]
    """Image with Python, boto3, Bash and curl, with an exact tag; one of AWS when left out."""
    registry_server: NotRequired[str]
    """Registry whose images are pulled by `registry_secret`."""
    registry_secret: NotRequired[pulumi.Input[str]]
    """ARN of the secret with the credentials of that registry (`FargateRuntime.registry_secret`)."""
    database: str
    """Name of the chat's database."""
    backup_uri: pulumi.Input[str]
    """URI of a user who may read it (secret)."""
    restore_uri: pulumi.Input[str]
    """URI of a user who may write it, such as the chat (secret)."""
    bucket: pulumi.Input[str]
    """Name of the bucket (`DumpBucket.bucket`)."""
    bucket_arn: pulumi.Input[str]
    """ARN of the bucket."""
    metrics_namespace: str
    """Namespace of CloudWatch in which the tasks tell what they did."""
    hour: int
    """Hour of day, UTC, 0 to 23, of the dump."""
    log_retention_days: int
    """Days that the tasks' logs are kept."""
    secret_recovery_days: int
    """Days in which a deleted secret can be restored; 0 deletes at once."""
    healthcheck_url: NotRequired[pulumi.Input[str]]
    """Dead man's switch (secret)."""
    webhook_url: NotRequired[pulumi.Input[str]]
    """Incoming webhook of a channel (secret)."""


class FargateDumps(Component):
    """Dumps of a database by scheduled tasks, and drills with them.

    Produces: two task definitions (one for dumps, one for drills and restores), each with a role of its own; the role
    that starts them, their log group and their secret; two schedules with the role and the queue of starts that failed.
    """

    families: pulumi.Output[Sequence[str]]
    """Families of the task definitions."""
    backup_task: pulumi.Output[str]
    """Family of the task definition that makes a dump."""
    restore_task: pulumi.Output[str]
    """Family of the task definition that brings a dump back."""
    log_group: pulumi.Output[str]
    """Name of the log group of the tasks."""
    dead_letters: pulumi.Output[str]
    """Name of the queue of starts that failed."""

    def __init__(self, name: str, args: FargateDumpsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        given: dict[str, Any] = dict(args)
        uris = {key: pulumi.Output.secret(given[key]) for key in ("backup_uri", "restore_uri")}
        urls = {key: pulumi.Output.secret(given[key]) for key in SECRETS if key in given}
        super().__init__("FargateDumps", name, {**given, **uris, **urls}, opts)
        self._prefix, self._args = name, args
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=self))
        partition = aws.get_partition_output(opts=pulumi.InvokeOptions(parent=self)).partition
        self._where = pulumi.Output.concat(
            "arn:", partition, ":ecs:", args["region"], ":", account.account_id, ":"
        )
        trust = iam.trust(
            "ecs-tasks.amazonaws.com",
            account_id=account.account_id,
            source_arn=pulumi.Output.concat(self._where, "*"),
        )
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs", retention_in_days=int(args["log_retention_days"]), opts=self.child()
        )
        secret, references = self._secret({**uris, **urls})
        execution, reads = self._role(
            "execution",
            "ECS's agent: starts the tasks of backups",
            trust,
            iam.document(
                iam.Statement(
                    "WriteLogs",
                    ("logs:CreateLogStream", "logs:PutLogEvents"),
                    (pulumi.Output.concat(logs.arn, ":*"),),
                ),
                iam.Statement(
                    "ReadSecret",
                    ("secretsmanager:GetSecretValue",),
                    (secret.arn, *([args["registry_secret"]] if "registry_secret" in args else [])),
                ),
                *fargate_images.pulls(
                    [args.get("job_image", program.IMAGE), args["image"]],
                    pulumi.Output.from_input(partition),
                ),
            ),
        )
        arn, namespace = pulumi.Output.from_input(args["bucket_arn"]), args["metrics_namespace"]
        wanted = {
            "backup": ("Adds dumps", program.BACKUP, "backup_uri", bucket.adding(arn, namespace)),
            "restore": ("Tries dumps", program.DRILL, "restore_uri", bucket.reading(arn, namespace)),
        }
        tasks, roles, ready = {}, [execution.arn], [reads]
        for kind, (what, words, uri, allowed) in wanted.items():
            role, policy = self._role(kind, f"{what} of the chat's database", trust, allowed)
            definitions = self._containers(words, references, uri, logs.name)
            tasks[kind] = aws.ecs.TaskDefinition(
                f"{name}-{kind}",
                family=pulumi.Output.concat(args["cluster_name"], f"-{name}-{kind}"),
                requires_compatibilities=["FARGATE"],
                network_mode="awsvpc",
                cpu=CPU,
                memory=MEMORY,
                execution_role_arn=execution.arn,
                task_role_arn=role.arn,
                container_definitions=pulumi.Output.json_dumps(definitions),
                opts=self.child(),
            )
            roles.append(role.arn)
            ready.append(policy)
        queue = aws.sqs.Queue(
            f"{name}-unstarted",
            message_retention_seconds=DEAD_LETTER_SECONDS,
            sqs_managed_sse_enabled=True,
            opts=self.child(),
        )
        starter, may_start = self._starter(account.account_id, tasks, roles, queue.arn)
        hour = int(args["hour"])
        for kind, when, why in (
            ("backup", f"cron(0 {hour} * * ? *)", "Dump the chat's database every night"),
            (
                "restore",
                f"cron(0 {(hour + DRILL_HOURS) % 24} ? * {DRILL_DAYS} *)",
                "Restore the newest dump beside the chat's database, and compare",
            ),
        ):
            self._schedule(kind, when, why, tasks[kind], starter.arn, queue.arn, [*ready, may_start])
        self.log_group = logs.name
        self.families = pulumi.Output.all(*(task.family for task in tasks.values()))
        self.backup_task = tasks["backup"].family
        self.restore_task = tasks["restore"].family
        self.dead_letters = queue.name
        self.register()

    def _secret(
        self, values: Mapping[str, pulumi.Output[str]]
    ) -> "tuple[aws.secretsmanager.Secret, dict[str, pulumi.Output[str]]]":
        variables = {
            SECRETS.get(key, key): value if key in SECRETS else value.apply(without_database)
            for key, value in values.items()
        }
        return fargate_secret.kept(
            self._prefix,
            "What the tasks of backups need, as one JSON object",
            variables,
            int(self._args["secret_recovery_days"]),
            self.child,
        )

    def _role(
        self, kind: str, what: str, trust: pulumi.Output[str], allowed: pulumi.Output[str]
    ) -> "tuple[aws.iam.Role, aws.iam.RolePolicy]":
        role = aws.iam.Role(
            f"{self._prefix}-{kind}", description=what, assume_role_policy=trust, opts=self.child()
        )
        policy = aws.iam.RolePolicy(
            f"{self._prefix}-{kind}", role=role.name, policy=allowed, opts=self.child()
        )
        return role, policy

    def _containers(
        self,
        words: Sequence[str],
        references: Mapping[str, pulumi.Output[str]],
        uri: str,
        log_group: pulumi.Output[str],
    ) -> list[dict[str, Any]]:
        args = self._args
        plain = program.environment(
            host=args["host"],
            database=args["database"],
            region=args["region"],
            metrics_namespace=args["metrics_namespace"],
        )

        def container(name: str, image: str, command: Sequence[str], **more: Any) -> dict[str, Any]:
            if server_of(image) == args.get("registry_server"):
                more["repositoryCredentials"] = {"credentialsParameter": args["registry_secret"]}
            return {
                "name": name,
                "image": image_of(image),
                "essential": True,
                "user": str(program.UID),
                "entryPoint": [command[0]],
                "command": list(command[1:]),
                "linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}},
                "stopTimeout": 120,
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": log_options(log_group, args["region"], name),
                },
                **more,
            }

        def named(values: Mapping[str, pulumi.Input[str]], key: str) -> list[dict[str, Any]]:
            return [{"name": name, key: value} for name, value in sorted(values.items())]

        urls = {name: references[name] for name in SECRETS.values() if name in references}
        return [
            container(
                "job",
                args.get("job_image", program.IMAGE),
                program.command(*words),
                environment=named({**plain, "BACKUP_BUCKET": args["bucket"]}, "value"),
                secrets=named(urls, "valueFrom"),
            ),
            container(
                "tools",
                args["image"],
                program.tools_command(),
                environment=named({"TOOLS_PORT": plain["TOOLS_PORT"], "HOME": plain["HOME"]}, "value"),
                secrets=named({"MONGODB_URI": references[uri]}, "valueFrom"),
            ),
        ]

    def _starter(
        self,
        account_id: pulumi.Output[str],
        tasks: "Mapping[str, aws.ecs.TaskDefinition]",
        roles: Sequence[pulumi.Output[str]],
        queue_arn: pulumi.Output[str],
    ) -> "tuple[aws.iam.Role, aws.iam.RolePolicy]":
        families = [
            pulumi.Output.concat(self._where, "task-definition/", task.family, ":*")
            for task in tasks.values()
        ]
        return self._role(
            "start",
            "EventBridge Scheduler: starts the tasks of backups",
            iam.trust("scheduler.amazonaws.com", account_id=account_id),
            iam.document(
                iam.Statement(
                    "Start",
                    ("ecs:RunTask",),
                    families,
                    conditions={"ArnEquals": {"ecs:cluster": self._args["cluster_arn"]}},
                ),
                iam.Statement(
                    "PassRoles",
                    ("iam:PassRole",),
                    roles,
                    conditions={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
                ),
                iam.Statement("TellOfFailure", ("sqs:SendMessage",), (queue_arn,)),
            ),
        )

    def _schedule(
        self,
        kind: str,
        when: str,
        why: str,
        task: "aws.ecs.TaskDefinition",
        role_arn: pulumi.Output[str],
        queue_arn: pulumi.Output[str],
        ready: Sequence[pulumi.Resource],
    ) -> None:
        args = self._args
        aws.scheduler.Schedule(
            f"{self._prefix}-{kind}",
            description=why,
            schedule_expression=when,
            schedule_expression_timezone="UTC",
            flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
            target=aws.scheduler.ScheduleTargetArgs(
                arn=args["cluster_arn"],
                role_arn=role_arn,
                dead_letter_config=aws.scheduler.ScheduleTargetDeadLetterConfigArgs(arn=queue_arn),
                retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                    maximum_event_age_in_seconds=LATE_SECONDS, maximum_retry_attempts=5
                ),
                ecs_parameters=aws.scheduler.ScheduleTargetEcsParametersArgs(
                    task_definition_arn=task.arn,
                    launch_type="FARGATE",
                    task_count=1,
                    network_configuration=aws.scheduler.ScheduleTargetEcsParametersNetworkConfigurationArgs(
                        subnets=args["subnet_ids"],
                        security_groups=[args["security_group_id"]],
                        assign_public_ip=args["assign_public_ip"],
                    ),
                ),
            ),
            opts=self.child(depends_on=ready),
        )
