"""What people do by hand to deploy a stack for real, in order."""

import hashlib
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import groupby

from stacks import features
from stacks.kinds.kind import chosen
from stacks.language import NAMESPACE, ChatSpec
from stacks.project import COMMAND, making
from stacks.secret_keys import command
from stacks.secrets import find

_CALLED = {"cloudflare": "Cloudflare", "digitalocean": "DigitalOcean", "mongodbatlas": "Atlas"}
"""What people call the providers' packages."""
INSTALL = "Install the Pulumi CLI: https://www.pulumi.com/docs/install"


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
        *_credentials(spec),
        f"Make the stack:\n{making(stack)}",
        *(
            f"Set the secret: {key.description}\n{command(full)} --stack {stack}"
            for full in sorted(unset)
            if (key := find(full.removeprefix(f"{NAMESPACE}:"))) is not None
        ),
        *(errand for _, kind in chosen(spec.parts) for errand in kind.errands(spec, outputs)),
        f"See what would change, and deploy:\n{COMMAND} preview {stack}\n{COMMAND} up {stack}",
        *_first_day(spec, stack, outputs),
    ]


def _first_day(spec: ChatSpec, stack: str, outputs: Mapping[str, object]) -> list[str]:
    """Return how an administrator gets in, and what only an administrator can do."""
    parts, url = spec.parts, outputs.get("url")
    chat = parts.chat
    before = []
    if "portForward" in outputs:
        before.append(f"Lead this machine's port to the chat, and let it run:\n{outputs['portForward']}")
    if parts.monitoring.alarm_emails and features.alarm_senders(parts, spec.region).keys() - {
        "Atlas",
        "DigitalOcean",
    }:
        before.append("Confirm the messages that AWS sends to the alarm addresses")
    if features.form_hidden(parts.accounts, chat, parts.login):
        if chat.administrator is not None and parts.database.begins_empty:
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
    made = [*before, *made]
    for _, kind in chosen(parts):
        made.extend(kind.first_day(spec, stack))
    if parts.appearance.assets or parts.accounts.roles or parts.bot is not None:
        made.append(
            f"Set up what no variable can, as that administrator:\n{COMMAND} configure {stack} --user NAME"
        )
    if chat.offline:
        made.append(
            f"The licence is bound to the workspace's address: order it with {chat.host}, or with the SHA-256 of that, "
            f"{hashlib.sha256(chat.host.encode()).hexdigest()}. No setting takes an offline registration: where the "
            "vendor sends one, give it to POST /api/v1/cloud.manualRegister, as `cloudBlob`"
        )
    if chat.conferences is not None:
        made.append(
            f"Install the app that brings video conferences by {chat.conferences.provider}, and tell it its server: "
            "under Marketplace, or from a file under Private apps"
        )
    if spec.release.wizard_returns:
        made.append(
            "The first start of each version up to 8.6 shows administrators the setup wizard again: finish it, or "
            "start the server once more"
        )
    return made


def _credentials(spec: ChatSpec) -> Iterator[str]:
    keys = dict(sorted(one for _, kind in chosen(spec.parts) for one in kind.credentials.items()))
    needed = (
        [] if spec.region is None else ["AWS (AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)"]
    )
    for package, variables in groupby(keys.items(), lambda one: one[0].partition(":")[0]):
        needed.append(f"{_CALLED.get(package, package)} ({', '.join(variable for _, variable in variables)})")
    also = f". Secret keys in the stack file work too: {', '.join(keys)}" if keys else ""
    if needed:
        yield f"Give credentials in the environment: {'; '.join(needed)}{also}"
