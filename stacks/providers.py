"""The stack's explicit providers: one of each kind, with the region, the credentials and the default tags."""

import importlib

import pulumi
from pydantic.alias_generators import to_snake

from components.sdk import own_settings
from stacks.kinds.kind import chosen
from stacks.language import ChatSpec
from stacks.load import Secrets


def make(spec: ChatSpec, secrets: Secrets) -> dict[str, pulumi.ProviderResource]:
    """Return the providers that the stack uses, by package name.

    Credentials that the stack file does not hold are found by each provider in its own environment variables.
    """
    given = secrets.providers
    wanted: dict[str, set[str]] = {}
    for _, kind in chosen(spec.parts):
        for full in kind.credentials:
            package, _, key = full.partition(":")
            wanted.setdefault(package, set()).add(key)
    made: dict[str, pulumi.ProviderResource] = {}
    if spec.region is not None:
        import pulumi_aws as aws

        made["aws"] = aws.Provider(
            "aws",
            region=spec.region,
            default_tags=aws.ProviderDefaultTagsArgs(tags=spec.tags),
            **spec.parts.aws.provider(),
        )
    for package, keys in sorted(wanted.items()):
        sdk = importlib.import_module(f"pulumi_{package}")
        with own_settings(sdk.__name__):
            made[package] = sdk.Provider(
                package, **{to_snake(key): given.get(f"{package}:{key}") for key in sorted(keys)}
            )
    own = spec.parts.runtime.provider(secrets.values)
    if own is not None:
        made[own.package] = own
    return made


def of_zone(spec: ChatSpec) -> pulumi.ProviderResource | None:
    """Return the provider of the account that the DNS zone is in; None where the stack's own reach it.

    Another account has another one: the records of the former are deleted with the former's credentials.
    """
    dns = spec.parts.dns
    account = None if dns is None else dns.account(spec.parts.aws)
    if account is None:
        return None
    import pulumi_aws as aws

    return aws.Provider(f"aws-dns-{account.number}", region=spec.region, **account.provider())
