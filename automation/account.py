"""Which AWS account the credentials of this moment are those of."""

import dataclasses
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
        (Path(folder) / "state").mkdir()
        (Path(folder) / "Pulumi.yaml").write_text(f"name: {_PROJECT}\nruntime: python\n", encoding="utf-8")
        own = dataclasses.replace(
            backend,
            work=Path(folder),
            secrets_provider="passphrase",
            url=(Path(folder) / "state").as_uri(),
            environment={**backend.environment, "PULUMI_CONFIG_PASSPHRASE": "nothing is kept"},
        )
        try:
            stack = create_stack("account", project_name=_PROJECT, program=guarded, opts=own.options(engine))
            stack.preview(color="never")
        except CommandError as error:
            raise error_mapping.of_account(error, guarded.failures) from None
        finally:
            guarded.close()
    return found[0]
