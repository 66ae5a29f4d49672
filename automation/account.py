"""Which AWS account the credentials of this moment are those of."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws
from pulumi.automation import create_stack
from pulumi.automation.errors import CommandError

from automation import error_mapping
from automation.backend import Backend
from automation.engine import Engine
from automation.inline import Guarded

if TYPE_CHECKING:
    from stacks.language import ChatSpec

_PROJECT = "rocketchat-account"


def account_now(backend: Backend, engine: Engine, spec: "ChatSpec") -> str:
    """Ask AWS whose credentials these are, in a preview of a program that makes nothing.

    Raises ProviderError where AWS does not answer.
    """
    found: list[str] = []

    def program() -> None:
        asked = {
            key: value for key, value in spec.parts.aws.provider().items() if key != "allowed_account_ids"
        }
        provider = aws.Provider("aws", region=spec.region, **asked)
        told = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(provider=provider))
        told.account_id.apply(found.append)

    guarded = Guarded(program)
    with tempfile.TemporaryDirectory(prefix="rocketchat-account-") as folder:
        own = backend.aside(Path(folder), _PROJECT)
        try:
            stack = create_stack("account", project_name=_PROJECT, program=guarded, opts=own.options(engine))
            stack.preview(color="never")
        except CommandError as error:
            raise error_mapping.of_account(error, guarded.failures) from None
        finally:
            guarded.close()
    return found[0]
