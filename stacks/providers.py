"""The stack's explicit providers: one of each kind, with the region, the credentials and the default tags."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws
import pulumi_cloudflare as cloudflare
import pulumi_digitalocean as digitalocean
import pulumi_mongodbatlas as mongodbatlas

from stacks.language import ChatSpec
from stacks.load import Secrets
from stacks.spec import AtlasDatabase, CloudflareDns, ExistingAtlasDatabase, SpacesMedia


def tags(spec: ChatSpec) -> dict[str, str]:
    """Return the tags of everything that takes tags."""
    return {
        "Project": "rocketchat",
        "Environment": spec.parts.chat.profile.value,
        "Owner": spec.parts.chat.host,
        "ManagedBy": "pulumi",
    }


def make(spec: ChatSpec, secrets: Secrets) -> dict[str, pulumi.ProviderResource]:
    """Return the providers that the stack uses, by package name.

    Credentials that the stack file does not hold are found by each provider in its own environment variables.
    """
    given: Mapping[str, pulumi.Output[str]] = secrets.providers
    made: dict[str, pulumi.ProviderResource] = {}
    if spec.region is not None:
        made["aws"] = aws.Provider(
            "aws", region=spec.region, default_tags=aws.ProviderDefaultTagsArgs(tags=tags(spec))
        )
    if isinstance(spec.parts.database, AtlasDatabase | ExistingAtlasDatabase):
        made["mongodbatlas"] = mongodbatlas.Provider(
            "mongodbatlas",
            public_key=given.get("mongodbatlas:publicKey"),
            private_key=given.get("mongodbatlas:privateKey"),
        )
    if isinstance(spec.parts.media, SpacesMedia) or spec.parts.runtime.traits.digitalocean:
        made["digitalocean"] = digitalocean.Provider(
            "digitalocean",
            token=given.get("digitalocean:token"),
            spaces_access_id=given.get("digitalocean:spacesAccessId"),
            spaces_secret_key=given.get("digitalocean:spacesSecretKey"),
        )
    if isinstance(spec.parts.dns, CloudflareDns):
        made["cloudflare"] = cloudflare.Provider("cloudflare", api_token=given.get("cloudflare:apiToken"))
    return made
