"""What people do by hand to deploy a stack for real, in order."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from rocketchat.environment import oidc_callback
from stacks import features
from stacks.language import NAMESPACE, ChatSpec
from stacks.secrets import PROVIDER_KEYS, command, find
from stacks.spec import (
    AtlasDatabase,
    CloudflareDns,
    ExistingAtlasDatabase,
    GatewayPush,
    OidcLogin,
    SamlLogin,
    SesMail,
    SpacesMedia,
)

INSTALL = "Install the Pulumi CLI: https://www.pulumi.com/docs/install"
COMMAND = "rocketchat"
"""The console script, as people type it."""


def next_steps(
    spec: ChatSpec, stack: str, outputs: Mapping[str, object], unset: AbstractSet[str] = frozenset()
) -> list[str]:
    """Return the commands and errands that lead from a rehearsal to the real chat.

    The first line of a step says what is done; each further line is a command. `unset` are the full keys of secrets
    that the file lacks. `outputs` are those of the plan; addresses that must be registered elsewhere are taken from
    them.
    """
    return [
        f"{INSTALL}. Log in to where the state is kept; `--local` keeps it on this machine:\npulumi login",
        f"Give credentials in the environment: {_credentials(spec)}",
        f"Make the stack:\npulumi stack init {stack}",
        *(
            f"{'To be set: ' if f'{NAMESPACE}:{name}' in unset else 'Set the secret: '}{key.description}\n"
            f"{command(f'{NAMESPACE}:{name}')} --stack {stack}"
            for name in sorted(spec.secrets)
            if (key := find(name)) is not None
        ),
        *_errands(spec, outputs),
        f"See what would change, and deploy:\n{COMMAND} preview {stack}\n{COMMAND} up {stack}",
        *_first_day(spec, stack, outputs),
    ]


def _first_day(spec: ChatSpec, stack: str, outputs: Mapping[str, object]) -> list[str]:
    """Return how an administrator gets in, and what only an administrator can do."""
    parts, url = spec.parts, outputs.get("url")
    chat = parts.chat
    if features.form_hidden(parts.accounts, chat, parts.login):
        if chat.administrator is not None and features.makes_administrator(parts):
            made = [
                f"Sign in at {url} by single sign-on as {chat.administrator.email}: that account is the administrator's"
            ]
        else:
            made = [f"Sign in at {url} by single sign-on, as somebody who is administrator there already"]
    elif "adminPassword" in outputs:
        password = f"pulumi stack output adminPassword --show-secrets --stack {stack}"
        made = [f"Sign in at {url} as {outputs.get('adminUsername')}, with this password:\n{password}"]
    else:
        made = [f"Sign in at {url} as an administrator of the chat whose data the database holds"]
    if isinstance(parts.push, GatewayPush) and "registrationToken" not in spec.secrets:
        made.append(
            "Register the workspace, which push waits for: as administrator under Workspace, Subscription; or with a "
            "token of https://cloud.rocket.chat:\n"
            f"{command(f'{NAMESPACE}:registrationToken')} --stack {stack}\n{COMMAND} up {stack}"
        )
    if spec.release.wizard_returns:
        made.append(
            "The first start of each version up to 8.6 shows administrators the setup wizard again: finish it, or "
            "start the server once more"
        )
    return made


def _credentials(spec: ChatSpec) -> str:
    needed: dict[str, str] = {}
    """What to give, by the provider's package."""
    spaces = isinstance(spec.parts.media, SpacesMedia)
    if spec.region is not None:
        needed["aws"] = "AWS (AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)"
    if isinstance(spec.parts.database, AtlasDatabase | ExistingAtlasDatabase):
        needed["mongodbatlas"] = "Atlas (MONGODB_ATLAS_PUBLIC_KEY, MONGODB_ATLAS_PRIVATE_KEY)"
    if isinstance(spec.parts.dns, CloudflareDns):
        needed["cloudflare"] = "Cloudflare (CLOUDFLARE_API_TOKEN)"
    if spaces or spec.parts.runtime.traits.digitalocean:
        needed["digitalocean"] = "DigitalOcean (DIGITALOCEAN_TOKEN)" + (
            ", with a key for Spaces (SPACES_ACCESS_KEY_ID, SPACES_SECRET_ACCESS_KEY)" if spaces else ""
        )
    kept = [
        key
        for key, secret in PROVIDER_KEYS.items()
        if secret and key.partition(":")[0] in needed and (spaces or "spaces" not in key)
    ]
    if not needed:
        return "none are needed"
    also = f". Secret keys in the stack file work too: {', '.join(kept)}" if kept else ""
    return "; ".join(needed.values()) + also


def _errands(spec: ChatSpec, outputs: Mapping[str, object]) -> list[str]:
    made = []
    for login in spec.parts.login:
        if isinstance(login, OidcLogin):
            address = oidc_callback(features.root_url(spec.parts), login.service)
            made.append(f"Register this redirect address at {login.url}: {address}")
        elif isinstance(login, SamlLogin):
            made.append(
                f"Register at the SAML provider: entity id {outputs.get('samlMetadata')}, "
                f"answers go to {outputs.get('samlConsumer')}"
            )
    if isinstance(spec.parts.mail, SesMail):
        made.append(
            f"Ask AWS for SES production access in {spec.parts.mail.region or spec.region}, "
            "or mail reaches verified addresses only"
        )
    if spec.parts.monitoring.alarm_emails and features.alarm_senders(spec.parts).keys() - {"Atlas"}:
        made.append("After the first deployment, confirm the messages that AWS sends to the alarm addresses")
    return made
