"""How a host outside of AWS's own roles reads its document: enrolment in Systems Manager, and a role."""

import hashlib
import json
from collections.abc import Callable
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import iam
from components.base import Component
from components.media.bucket import private_bucket, tls_only
from components.runtime.host.bootstrap import Enrolment, cloud_config, digest, launch_script

DOCUMENT_KEY = "host.json"
OLD_DOCUMENT_DAYS = 90


class HostAgentArgs(TypedDict):
    region: str
    """AWS region of the document."""
    host: str
    """Public name of the chat."""
    identity: str
    """Everything whose change makes a new host, as text: a new host needs a new enrolment."""
    protect: NotRequired[bool]
    """Whether the bucket is protected, and deleted only when it is empty. Default false."""


class HostAgent(Component):
    """An enrolment for one host, the role that it gets, and the bucket that it looks into.

    `components.runtime.host` says why so.

    Produces: a private bucket with all its side resources, the role with a policy, and a hybrid activation of
    Systems Manager that is good for one registration within 24 hours.
    """

    bucket: pulumi.Output[str]
    """Name of the bucket that the document goes into."""
    role_name: pulumi.Output[str]
    """Role of the host, for policies that grant it something."""

    def __init__(self, name: str, args: HostAgentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("HostAgent", name, args, opts)
        region = args["region"]
        made = private_bucket(
            f"{name}-documents",
            physical_name=None,
            kms_key_arn=None,
            noncurrent_days=OLD_DOCUMENT_DAYS,
            expire_days=None,
            # A stack deletes its own document first, so that nothing else is left in the bucket.
            force_destroy=not args.get("protect", False),
            bucket_opts=self.child(protect=args.get("protect")),
            child=self.child,
        )
        aws.s3.BucketPolicy(
            f"{name}-documents-policy",
            bucket=made.bucket.id,
            policy=iam.document(*tls_only(made.bucket.arn)),
            opts=self.child(deleted_with=made.bucket, depends_on=[made.closed]),
        )
        caller = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=self))
        partition = caller.arn.apply(lambda arn: arn.split(":")[1])
        nodes = pulumi.Output.concat("arn:", partition, ":ssm:", region, ":", caller.account_id, ":")
        role = aws.iam.Role(
            f"{name}-role",
            description=f"The host of {args['host']}",
            assume_role_policy=iam.trust(
                "ssm.amazonaws.com", account_id=caller.account_id, source_arn=pulumi.Output.concat(nodes, "*")
            ),
            opts=self.child(),
        )
        # No session channels: nobody opens a shell on the host through AWS.
        policy = aws.iam.RolePolicy(
            f"{name}-role",
            role=role.name,
            policy=iam.document(
                iam.Statement(
                    "SayThatItLives",
                    ("ssm:UpdateInstanceInformation",),
                    (pulumi.Output.concat(nodes, "managed-instance/*"),),
                ),
                iam.Statement(
                    "ReadDocument",
                    ("s3:GetObject",),
                    (pulumi.Output.concat(made.bucket.arn, "/", DOCUMENT_KEY),),
                ),
            ),
            opts=self.child(),
        )
        self._activation = aws.ssm.Activation(
            f"{name}-activation",
            name=args["host"],
            # A change of it makes a new activation, together with the new host that it is for.
            description=f"Host {_short(args['identity'])}",
            iam_role=role.name,
            registration_limit=1,
            # These only name and label the host in AWS's list, and cannot be changed: a new activation would be a
            # new host.
            opts=self.child(depends_on=[policy], ignore_changes=["name", "tags", "tagsAll"]),
        )
        self._region = region
        self.bucket = made.bucket.bucket
        self.role_name = role.name
        self.register_outputs({"bucket": self.bucket, "role_name": self.role_name})

    @property
    def cloud_config(self) -> pulumi.Output[str]:
        """User data in cloud-init's own form."""
        return self._user_data(cloud_config)

    @property
    def launch_script(self) -> pulumi.Output[str]:
        """User data as a shell script."""
        return self._user_data(launch_script)

    def _user_data(self, render: Callable[[Enrolment], str]) -> pulumi.Output[str]:
        made = self._activation
        return pulumi.Output.all(self.bucket, made.id, made.activation_code).apply(
            lambda known: render(Enrolment(self._region, known[0], DOCUMENT_KEY, known[1], known[2]))
        )


def identity(*parts: str | int) -> str:
    """Return what tells one host from the next that takes its place: its user data, and these."""
    return json.dumps([digest(), *parts])


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
