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


def next_steps(
    spec: ChatSpec, stack: str, outputs: Mapping[str, object], unset: AbstractSet[str] = frozenset()
) -> list[str]:
    """Return the commands and errands that lead from a rehearsal to the real chat.

    `unset` are the full keys of secrets that the file lacks. `outputs` are those of the plan; addresses that must be
    registered elsewhere are taken from them.
    """
    return [
        f"{INSTALL}; then `pulumi login` (or `pulumi login --local` for a state on this machine)",
        f"Give credentials in the environment: {_credentials(spec)}",
        f"pulumi stack init {stack}",
        *(
            f"{command(f'{NAMESPACE}:{name}')} --stack {stack}   # "
            + ("to be set: " if f"{NAMESPACE}:{name}" in unset else "")
            + key.description
            for name in sorted(spec.secrets)
            if (key := find(name)) is not None
        ),
        *_errands(spec, outputs),
        f"pulumi preview --stack {stack}, and then: pulumi up --stack {stack}",
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
        made = [f"Sign in at {url} as {outputs.get('adminUsername')}; the password: {password}"]
    else:
        made = [f"Sign in at {url} as an administrator of the chat whose data the database holds"]
    if isinstance(parts.push, GatewayPush) and "registrationToken" not in spec.secrets:
        made.append(
            "Register the workspace, which push waits for: as administrator under Workspace, Subscription; or with a "
            f"token of https://cloud.rocket.chat: {command(f'{NAMESPACE}:registrationToken')} --stack {stack}, "
            "and pulumi up again"
        )
    if spec.release.wizard_returns:
        made.append(
            "The first start of each version up to 8.6 shows administrators the setup wizard again: finish it, or "
            "start the server once more"
        )
    return made


def _credentials(spec: ChatSpec) -> str:
    needed = []
    if spec.region is not None:
        needed.append("AWS (AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)")
    if isinstance(spec.parts.database, AtlasDatabase | ExistingAtlasDatabase):
        needed.append("Atlas (MONGODB_ATLAS_PUBLIC_KEY, MONGODB_ATLAS_PRIVATE_KEY)")
    if isinstance(spec.parts.dns, CloudflareDns):
        needed.append("Cloudflare (CLOUDFLARE_API_TOKEN)")
    if isinstance(spec.parts.media, SpacesMedia):
        needed.append(
            "DigitalOcean (DIGITALOCEAN_TOKEN), with a key for Spaces "
            "(SPACES_ACCESS_KEY_ID, SPACES_SECRET_ACCESS_KEY)"
        )
    elif spec.parts.runtime.traits.digitalocean:
        needed.append("DigitalOcean (DIGITALOCEAN_TOKEN)")
    kept = ", ".join(key for key, secret in PROVIDER_KEYS.items() if secret)
    return f"{'; '.join(needed) or 'none are needed'}. Secret keys in the stack file work too: {kept}"


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
