"""Calls of AWS, with the credentials that its own SDKs find.

By botocore: it finds credentials as the provider does (profiles, single sign-on, roles, web identities), signs, and
turns pages. The rest of boto3 would add nothing.
"""

import datetime as dt
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from botocore.parsers import ResponseParserError

from automation.web import Failed, NotChecked, in_one_line
from stacks.aws_account import AssumedRole, AwsAccount

LOG_IN: Final = (
    "log in (`aws sso login`), or give AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
)
REFUSED: Final = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "AuthFailure",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""What AWS says of credentials that are over or wrong (IAM user guide and EC2 API, "Common errors")."""
DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"})
SKEWED: Final = frozenset({"RequestTimeTooSkewed", "RequestExpired", "InvalidSignatureException"})
PATIENCE: Final[dict[str, Any]] = {
    "connect_timeout": 5,
    "read_timeout": 10,
    "retries": {"max_attempts": 2, "mode": "standard"},
}
SLOW_DOWN: Final = ("Throttling", "TooManyRequests", "RequestLimitExceeded", "SlowDown")


class Aws:
    """One account, in one region; that of the environment's credentials where no other is meant."""

    def __init__(self, region: str, account: AwsAccount | None = None) -> None:
        self.region = region
        self.account = account or AwsAccount()
        self.skews: list[float] = []
        self._session = botocore.session.get_session()
        if self.account.profile is not None:
            self._session.set_config_variable("profile", self.account.profile)
        self._role = self.account.assume_role
        """What is to be taken on before the first call."""
        self._clients: dict[tuple[str, str], Any] = {}

    def of(self, account: AwsAccount | None) -> "Aws":
        """Return another account in the same region; this one where there is none."""
        return self if account is None else Aws(self.region, account)

    def identity(self) -> dict[str, Any]:
        """Say whose credentials these are; raise Failed where they are not those of the account that is meant."""
        told = self.call("sts", "GetCallerIdentity")
        allowed = self.account.allowed_accounts
        if allowed and told["Account"] not in allowed:
            raise Failed(
                f"the credentials are those of {told['Account']}, not of {', '.join(allowed)}", LOG_IN
            )
        return told

    def call(
        self, service: str, operation: str, *, region: str | None = None, **parameters: Any
    ) -> dict[str, Any]:
        """Return the answer of an operation (`ec2`, `DescribeVpcs`), all pages of it.

        Raises Failed for refused credentials, NotChecked where nobody knows, and ClientError for what else AWS says.
        """
        if self._role is not None:
            role, self._role = self._role, None
            self._take_on(role)
        where = f"{service}:{operation}"
        try:
            return self._called(service, xform_name(operation), region or self.region, parameters)
        except NoCredentialsError:
            raise NotChecked(f"no credentials of AWS are found; {LOG_IN}") from None
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in REFUSED:
                raise Failed(f"AWS refuses the credentials ({code})", LOG_IN) from None
            if code in DENIED:
                raise NotChecked(f"these credentials may not call {where}") from None
            if code in SKEWED:
                raise Failed(
                    f"AWS refuses the signature ({code})", "set this machine's clock right"
                ) from None
            if any(word in code for word in SLOW_DOWN):
                raise NotChecked(f"AWS asks to slow down ({where}); try again") from None
            if int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= 500:
                raise NotChecked(f"AWS fails itself ({where}: {in_one_line(code)}); try again") from None
            raise
        except ResponseParserError:
            raise NotChecked(f"something else than AWS answers {where}: is there a proxy between?") from None
        except BotoCoreError as error:
            raise NotChecked(f"{where}: {in_one_line(str(error))}") from None

    def _take_on(self, role: AssumedRole) -> None:
        more = {} if role.external_id is None else {"ExternalId": role.external_id}
        name = role.session_name or "rocketchat-doctor"
        try:
            told = self.call("sts", "AssumeRole", RoleArn=role.arn, RoleSessionName=name, **more)[
                "Credentials"
            ]
        except (Failed, NotChecked, ClientError) as error:
            self._role = role
            if isinstance(error, Failed):
                raise
            why = str(error) if isinstance(error, NotChecked) else code(error)
            raise NotChecked(f"the role {role.arn} is not taken on: {in_one_line(why)}") from None
        self._clients.clear()
        self._session.set_credentials(told["AccessKeyId"], told["SecretAccessKey"], told["SessionToken"])

    def _called(
        self, service: str, operation: str, region: str, parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        client = self._clients.get((service, region))
        if client is None:
            config = Config(**PATIENCE)
            client = self._session.create_client(service, region_name=region, config=config)
            self._clients[service, region] = client
        if client.can_paginate(operation):
            found: dict[str, Any] = client.get_paginator(operation).paginate(**parameters).build_full_result()
            return found
        answer: dict[str, Any] = getattr(client, operation)(**parameters)
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        if date:
            self.skews.append((parsedate_to_datetime(date) - dt.datetime.now(dt.UTC)).total_seconds())
        return answer


def code(error: ClientError) -> str:
    """Return what AWS calls an error."""
    return str(error.response.get("Error", {}).get("Code", ""))
