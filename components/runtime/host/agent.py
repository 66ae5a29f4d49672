"""How a host outside of AWS's own roles reads its document: enrolment in Systems Manager, and a role."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components import iam
from components.base import Component
from components.media.bucket import private_bucket
from components.runtime.host.bootstrap import Enrolment, cloud_config, digest, launch_script
from components.runtime.host.serving import ANEW, CLOCKS_DIFFER_SECONDS, SILENCE

DOCUMENT_KEY = "host.json"
REPORT_KEY = "report.json"
"""What the host says of itself, beside its document."""
OLD_DOCUMENT_DAYS = 90


class HostAgentArgs(TypedDict):
    region: str
    """AWS region of the document."""
    host: str
    """Public name of the chat."""
    identity: str
    """Everything whose change makes a new host, as text: a new host needs a new enrolment."""


class HostAgent(Component):
    """An enrolment for one host, the role that it gets, and the bucket that it looks into.

    `components.runtime.host` says why so.

    Produces: a private bucket with all its side resources and the object that the host reports in, the role with a
    policy, and a hybrid activation of Systems Manager that is good for one registration within 24 hours.
    """

    offered = False

    bucket: pulumi.Output[str]
    """Name of the bucket that the document goes into."""
    role_name: pulumi.Output[str]
    """Role of the host, for policies that grant it something."""
    activation_id: pulumi.Output[str]
    """The enrolment, by which Systems Manager knows the host."""

    def __init__(self, name: str, args: HostAgentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("HostAgent", name, args, opts)
        region = args["region"]
        made = private_bucket(
            f"{name}-documents",
            physical_name=None,
            kms_key_arn=None,
            noncurrent_days=OLD_DOCUMENT_DAYS,
            expire_days=None,
            # The document is written again from the program at any time, the report by the host.
            force_destroy=True,
            bucket_opts=self.child(),
            child=self.child,
        )
        made.set_policy()
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
                iam.Statement(
                    "SayHowItIs", ("s3:PutObject",), (pulumi.Output.concat(made.bucket.arn, "/", REPORT_KEY),)
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
            # Who reads the code before the host has used it becomes the host.
            opts=self.child(
                depends_on=[policy],
                ignore_changes=["name", "tags", "tagsAll"],
                additional_secret_outputs=["activationCode"],
            ),
        )
        # Made here, so that it goes with the stack. What is in it is the host's to say.
        told = aws.s3.BucketObjectv2(
            f"{name}-report",
            bucket=made.bucket.bucket,
            key=REPORT_KEY,
            content_type="application/json",
            content=json.dumps(SILENCE),
            opts=self.child(ignore_changes=["content"]),
        )
        self._region = region
        self._report = told.key
        self._began = time.time()
        asked = pulumi.InvokeOptions(parent=self)
        self._nodes: pulumi.Output[Sequence[str]] = self._activation.id.apply(
            lambda activation: managed_nodes(activation, asked)
        )
        self.activation_id = self._activation.id
        self.bucket = made.bucket.bucket
        self.role_name = role.name
        self.register()

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
        usable = pulumi.Output.all(made.expired, made.expiration_date, self._nodes).apply(
            lambda known: _usable(*known)
        )
        code: pulumi.Output[str] = pulumi.Output.secret(made.activation_code)
        return pulumi.Output.all(self.bucket, made.id, code, self._report, usable).apply(
            lambda known: render(
                Enrolment(self._region, known[0], DOCUMENT_KEY, known[3], known[1], known[2])
            )
        )

    def enrolled(self, created_at: pulumi.Output[str]) -> pulumi.Output[Sequence[str]]:
        """Return the managed nodes that the enrolment had made before; `created_at` is when the host was made.

        Fails for a host that was made just now, with an enrolment that another host has used.
        """
        return pulumi.Output.all(created_at, self._nodes).apply(
            lambda known: _first_host(known[0], known[1], self._began)
        )


def managed_nodes(activation: str, opts: pulumi.InvokeOptions) -> pulumi.Output[Sequence[str]]:
    """Return the ids of the managed nodes that were enrolled with an activation."""
    found = aws.ssm.get_instances_output(
        filters=[{"name": "ActivationIds", "values": [activation]}], opts=opts
    )
    return found.apply(lambda nodes: list(nodes.ids))


def _usable(expired: bool, expires: str, nodes: Sequence[str]) -> bool:
    """Fail before a host is made with an enrolment that is too old for it. One that has enrolled needs it no more."""
    if not nodes and (expired or _unix(expires) < time.time()):
        raise pulumi.RunError(
            f"the enrolment of the host expired at {expires}, and no host has used it: it is good for 24 hours. {ANEW}"
        )
    return True


def _first_host(created_at: str, nodes: Sequence[str], began: float) -> Sequence[str]:
    if nodes and _unix(created_at) > began - CLOCKS_DIFFER_SECONDS:
        raise pulumi.RunError(
            f"the host was made anew, but its enrolment is good for one host and was used by {', '.join(nodes)}. {ANEW}"
        )
    return nodes


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def identity(*parts: str | int) -> str:
    """Return what tells one host from the next that takes its place: its user data, and these."""
    return json.dumps([digest(), *parts])


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
