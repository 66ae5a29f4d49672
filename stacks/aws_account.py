"""Which account of AWS a stack is in, and how it is reached."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from components import regions
from stacks.fields import Form, Part
from stacks.judging import Finding, Note, rule
from stacks.problems import Problem

AccountId = Annotated[str, Form(r"[0-9]{12}", "the number of an account of AWS: twelve digits, in quotes")]
RoleArn = Annotated[
    str, Form(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+", "the ARN of a role")
]


class AssumedRole(Part):
    """A role that the deployment takes on, with the credentials that it begins with."""

    arn: RoleArn
    """ARN of the role."""
    external_id: str | None = Field(default=None, min_length=2, max_length=1224)
    """What the role's policy asks for, where it is another company's."""
    session_name: (
        Annotated[
            str,
            Form(r"[A-Za-z0-9+=,.@_-]{2,64}", "the name of a session: letters, digits and +=,.@_-, 2 to 64"),
        ]
        | None
    ) = None
    """Name under which CloudTrail shows what is done."""


class AwsAccount(Part):
    """Which account of AWS is meant. What is left out comes from the environment (AWS_PROFILE, …)."""

    profile: str | None = Field(default=None, min_length=1, max_length=100)
    """Profile of this machine's AWS configuration."""
    assume_role: AssumedRole | None = None
    """A role that is taken on; none when left out."""
    allowed_accounts: list[AccountId] = []
    """The only accounts that the stack may be deployed to; any when left out."""

    def provider(self) -> Mapping[str, Any]:
        """Return the arguments of the provider, in its own words."""
        role = self.assume_role
        found: dict[str, Any] = {}
        if self.profile is not None:
            found["profile"] = self.profile
        if role is not None:
            import pulumi_aws as aws

            found["assume_roles"] = [
                aws.ProviderAssumeRoleArgs(
                    role_arn=role.arn, external_id=role.external_id, session_name=role.session_name
                )
            ]
        if self.allowed_accounts:
            found["allowed_account_ids"] = list(self.allowed_accounts)
        return found


@rule("The account of AWS is the one that is meant")
def _account(aws: AwsAccount, region: str | None) -> Iterator[Finding]:
    if region is None and aws.model_fields_set:
        yield Problem(
            "aws:region",
            "`rocketchat:aws` says which account is meant, and the provider needs a region",
            remedy="add `aws:region: ap-southeast-1` or another; or leave `aws` out",
        )
    role = aws.assume_role
    if role is not None and aws.allowed_accounts and role.arn.split(":")[4] not in aws.allowed_accounts:
        yield Problem(
            "rocketchat:aws.allowedAccounts",
            f"the role is in the account {role.arn.split(':')[4]}, which is not among these",
            remedy="add it, or name another role",
        )
    if role is not None and region is not None and role.arn.split(":")[1] != regions.partition(region):
        yield Problem(
            "rocketchat:aws.assumeRole.arn",
            f"the role is in the partition {role.arn.split(':')[1]}, and {region} in {regions.partition(region)}",
            remedy="name a role of an account there, or another region",
        )
    if aws.allowed_accounts:
        yield Note(f"{', '.join(aws.allowed_accounts)} and no other")
