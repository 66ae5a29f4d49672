"""The SDK of a service that does not exist: its provider is one that the stand-ins know."""

import pulumi_random


def Provider(name: str, *, key: str | None) -> pulumi_random.Provider:  # noqa: N802 - called like SDKs call it
    """Make the provider as every SDK does: with its keys in Python's spelling."""
    return pulumi_random.Provider(name)
