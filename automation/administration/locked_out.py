"""An administrator who cannot get in: what another one does by the API, and what is left where there is none."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from automation.administration.session import administrator, post
from automation.backend import Backend
from automation.verify.client import Refused, User
from automation.web import Failed
from stacks import features
from stacks.language import ChatSpec


def reset(url: str, user: User, name: str, password: str) -> str:
    """Give an account another password, and take its second factor away; return what was done. Raises Failed."""
    return asyncio.run(_reset(url, user, name, password))


async def _reset(url: str, user: User, name: str, password: str) -> str:
    async with administrator(url, user) as chat:
        chat.hide(password)
        try:
            found = (await chat.get("/api/v1/users.info", username=name)).get("user")
        except Refused as error:
            raise Failed(
                f"the chat knows no user {name}: {error.code}", "give the login name, not the address"
            ) from None
        own = found.get("_id") if isinstance(found, dict) else None
        data = {"password": password, "active": True}
        await post(chat, "/api/v1/users.update", {"userId": own, "data": data})
        await post(chat, "/api/v1/users.resetTOTP", {"userId": own})
        return f"{chat.shown(name)} has the new password, and no second factor"


def ways(spec: ChatSpec, stack: str, backend: Backend, outputs: Mapping[str, Any]) -> Iterator[str]:
    """Yield what lets an administrator in again where no other one is left, the mildest first."""
    up = backend.command("up", stack)
    parts = spec.parts
    if features.form_hidden(parts.accounts, parts.chat, parts.login):
        yield (
            "The form for name and password is hidden, and single sign-on does not work: write "
            f"`rocketchat:accounts: {{loginForm: true}}`, then {up}"
        )
    if parts.mail is not None:
        yield "The password is lost: the link below the form sends a mail, where the account has an address"
    yield (
        "The second factor is lost: write `rocketchat:settings: {Accounts_TwoFactorAuthentication_Enabled: false}`, "
        f"then {up}; log in, set up the second factor again, and take the setting out again"
    )
    role = 'db.users.updateMany({roles: "admin"}, {$pull: {roles: "admin"}})'
    yield (
        "All is lost: take the role from everybody in the database. The chat then makes a new administrator at its "
        f"next start, with the output adminPassword: {outputs.get('adminUsername')}, or admin where that is taken.\n"
        f"  {parts.database.shell(parts, outputs)}\n"
        f"  {role}\n"
        f"  {parts.runtime.restart(spec.region, outputs)}\n"
        f"  {backend.command('outputs', stack)} --show-secrets"
    )
