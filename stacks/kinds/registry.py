"""Which kinds there are of each part. A kind is one file beside this one, and one line here."""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Union, cast, get_args

from pydantic import Field

from stacks.kinds.kind import Kind

if TYPE_CHECKING:
    from stacks.kinds.runtime import RuntimeKind

KINDS = {
    "runtime": {
        "fargate": "stacks.kinds.runtime.fargate:FargateRuntime",
        "kubernetes": "stacks.kinds.runtime.kubernetes:KubernetesRuntime",
        "doks": "stacks.kinds.runtime.doks:DoksRuntime",
        "lightsail": "stacks.kinds.runtime.lightsail:LightsailRuntime",
        "droplet": "stacks.kinds.runtime.droplet:DropletRuntime",
    },
    "database": {
        "atlas": "stacks.kinds.database.atlas:AtlasDatabase",
        "atlas-existing": "stacks.kinds.database.atlas_existing:ExistingAtlasDatabase",
        "uri": "stacks.kinds.database.uri:UriDatabase",
        "in-cluster": "stacks.kinds.database.in_cluster:InClusterDatabase",
        "on-host": "stacks.kinds.database.on_host:OnHostDatabase",
    },
    "media": {
        "s3": "stacks.kinds.media.s3:S3Media",
        "s3-existing": "stacks.kinds.media.s3_existing:ExistingS3Media",
        "s3-compatible": "stacks.kinds.media.s3_compatible:S3CompatibleMedia",
        "spaces": "stacks.kinds.media.spaces:SpacesMedia",
        "gridfs": "stacks.kinds.media.gridfs:GridFsMedia",
        "host": "stacks.kinds.media.host:HostMedia",
    },
    "dns": {
        "cloudflare": "stacks.kinds.dns.cloudflare:CloudflareDns",
        "route53": "stacks.kinds.dns.route53:Route53Dns",
        "digitalocean": "stacks.kinds.dns.digitalocean:DigitalOceanDns",
        "manual": "stacks.kinds.dns.manual:ManualDns",
    },
    "edge": {
        "direct": "stacks.kinds.edge.direct:DirectEdge",
        "cloudfront": "stacks.kinds.edge.cloudfront:CloudFrontEdge",
    },
    "mail": {
        "ses": "stacks.kinds.mail.ses:SesMail",
        "ses-existing": "stacks.kinds.mail.ses_existing:ExistingSesMail",
        "smtp": "stacks.kinds.mail.smtp:SmtpMail",
    },
    "login": {
        "oidc": "stacks.kinds.login.oidc:OidcLogin",
        "saml": "stacks.kinds.login.saml:SamlLogin",
        "ldap": "stacks.kinds.login.ldap:LdapLogin",
        "google": "stacks.kinds.login.built_in:GoogleLogin",
        "github": "stacks.kinds.login.built_in:GitHubLogin",
        "gitlab": "stacks.kinds.login.built_in:GitLabLogin",
        "apple": "stacks.kinds.login.built_in:AppleLogin",
    },
    "push": {
        "gateway": "stacks.kinds.push.gateway:GatewayPush",
        "own": "stacks.kinds.push.own:OwnPush",
        "none": "stacks.kinds.push.none:NoPush",
    },
}
"""Module and model by part and `kind`."""


@cache
def models(part: str) -> dict[str, type[Kind]]:
    """Return the models of a part by their kind. Raises ValueError where a model is listed under another kind."""
    found = {}
    for kind, place in KINDS[part].items():
        module, _, name = place.partition(":")
        model: type[Kind] = getattr(import_module(module), name)
        own = get_args(model.model_fields["kind"].annotation)
        if own != (kind,):
            raise ValueError(f"{place} is listed as {kind}, and its own kind is {', '.join(own)}")
        found[kind] = model
    return found


def runtime(kind: str) -> "type[RuntimeKind]":
    """Return the model of a runtime."""
    return cast("type[RuntimeKind]", models("runtime")[kind])


def union(part: str) -> Any:
    """Return the type of a part: one of its models, told apart by `kind`."""
    return Annotated[Union[tuple(models(part).values())], Field(discriminator="kind")]  # noqa: UP007 - made here
