"""The stack's explicit providers: one of each kind, with the region, the credentials and the default tags."""

import pulumi

from stacks.kinds.kind import chosen
from stacks.language import ChatSpec
from stacks.load import Secrets


def make(spec: ChatSpec, secrets: Secrets) -> dict[str, pulumi.ProviderResource]:
    """Return the providers that the stack uses, by package name.

    Credentials that the stack file does not hold are found by each provider in its own environment variables.
    """
    given = secrets.providers
    wanted = {key.partition(":")[0] for _, kind in chosen(spec.parts) for key in kind.credentials}
    made: dict[str, pulumi.ProviderResource] = {}
    if spec.region is not None:
        import pulumi_aws as aws

        made["aws"] = aws.Provider(
            "aws",
            region=spec.region,
            default_tags=aws.ProviderDefaultTagsArgs(tags=spec.tags),
            **spec.parts.aws.provider(),
        )
    if "mongodbatlas" in wanted:
        import pulumi_mongodbatlas as mongodbatlas

        made["mongodbatlas"] = mongodbatlas.Provider(
            "mongodbatlas",
            public_key=given.get("mongodbatlas:publicKey"),
            private_key=given.get("mongodbatlas:privateKey"),
        )
    if "digitalocean" in wanted:
        import pulumi_digitalocean as digitalocean

        made["digitalocean"] = digitalocean.Provider(
            "digitalocean",
            token=given.get("digitalocean:token"),
            spaces_access_id=given.get("digitalocean:spacesAccessId"),
            spaces_secret_key=given.get("digitalocean:spacesSecretKey"),
        )
    if "cloudflare" in wanted:
        import pulumi_cloudflare as cloudflare

        made["cloudflare"] = cloudflare.Provider("cloudflare", api_token=given.get("cloudflare:apiToken"))
    own = spec.parts.runtime.provider(secrets.values)
    if own is not None:
        made[own.package] = own
    return made
