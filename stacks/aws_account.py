"""Which account of AWS a stack is in, and how it is reached."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from components import regions
from stacks.fields import Arn, Form, Part
from stacks.judging import Finding, Note, rule
from stacks.problems import Problem

if TYPE_CHECKING:
    from stacks.spec import Parts

AccountId = Annotated[str, Form(r"[0-9]{12}", "the number of an account of AWS: twelve digits, in quotes")]
RoleArn = Annotated[
    str,
    Form(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+", "the ARN of a role"),
    AfterValidator(Arn),
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

    @property
    def number(self) -> str | None:
        """The number of the account, where the file says which one it is."""
        if self.assume_role is not None:
            return Arn(self.assume_role.arn).account
        return self.allowed_accounts[0] if len(self.allowed_accounts) == 1 else None

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
    if aws.allowed_accounts:
        yield Note(f"{', '.join(aws.allowed_accounts)} and no other")


def _arns(value: object, path: str, account: tuple[str, AwsAccount]) -> Iterator[tuple[str, Arn, str]]:
    """Give each ARN in a part with its full path, and what says the account that it must be in and is not.

    `account` is the one that is meant, with its key; a part within may mean another.
    """
    if isinstance(value, Arn):
        key, meant = account
        lacking = ""
        if meant.allowed_accounts and value.account not in meant.allowed_accounts:
            lacking = f"not among {key}.allowedAccounts"
        elif meant.number not in (None, value.account):
            lacking = f"not that of {key}.assumeRole.arn"
        yield path, value, lacking
    elif isinstance(value, Part):
        if isinstance(value, AwsAccount):
            account = path.removeprefix("rocketchat:"), value
        for name, field in type(value).model_fields.items():
            yield from _arns(getattr(value, name, None), f"{path}.{field.alias or name}", account)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _arns(one, f"{path}[{index}]", account)


@rule("What is named at AWS is where the stack is")
def _named(region: str | None, readable: "Parts") -> Iterator[Finding]:
    account = ("aws", readable.aws)
    for name, field in type(readable).model_fields.items():
        for path, arn, lacking in _arns(
            getattr(readable, name), f"rocketchat:{field.alias or name}", account
        ):
            if region is not None and arn.region not in ("", region):
                yield Problem(
                    path,
                    f"this is in {arn.region}, and the stack in {region}",
                    remedy=f"name one in {region}, or set `aws:region: {arn.region}`",
                )
            elif region is not None and arn.aws_partition != regions.partition(region):
                yield Problem(
                    path,
                    f"this is in the partition {arn.aws_partition}, and {region} in {regions.partition(region)}",
                    remedy="name one of an account there, or another region",
                )
            # A bucket's key may be another account's (KMS developer guide, "Allowing users in other accounts").
            elif lacking and arn.service != "kms":
                yield Problem(
                    path,
                    f"this is in the account {arn.account}, which is {lacking}",
                    remedy="change that, or name another",
                )
