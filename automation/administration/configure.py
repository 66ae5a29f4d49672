"""What no variable of the environment can set. Each step looks first, so that all may be done again."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from automation.administration.session import administrator, pages, post
from automation.administration.settings import wanted
from automation.verify.client import Chat, Refused, User
from automation.web import Failed, NotChecked
from rocketchat.assets import Picture
from stacks import features
from stacks.language import ChatSpec
from stacks.parts import Role

WEBHOOK: Final = "rocketchat notices"
"""Name of the integration; it is known again by it."""
WEBHOOK_KEY: Final = "rocketchat:backupWebhookUrl"
BOT_ROLES: Final = ("user", "bot")
_LOGIN: Final = re.compile(r"Accounts_OAuth_(?:Custom-([A-Za-z0-9_]+)|([A-Za-z0-9]+))")
_OTHER_LOGINS: Final = {"SAML": "SAML_Custom_Default", "LDAP": "LDAP_Enable", "CAS": "CAS_enabled"}


@dataclass(frozen=True)
class Step:
    """One thing that is now as it should be."""

    name: str
    changed: bool
    said: str
    secret: str | None = field(default=None, repr=False)
    """What the step gives to the stack, such as the address of the webhook."""

    def to_json(self) -> dict[str, Any]:
        """Return it for other programs, without the secret."""
        return {"step": self.name, "changed": self.changed, "said": self.said}


def configure(
    url: str,
    user: User,
    spec: ChatSpec,
    *,
    bot_password: str | None,
    notices: str | None,
    retired: Collection[str] = (),
    on_step: Callable[[Step], None] = lambda _: None,
) -> list[Step]:
    """Do all steps. Raises Failed where the chat refuses one, and NotChecked where the user may not.

    Args:
        url: the chat's address.
        user: an administrator.
        spec: the stack.
        bot_password: of the bot's account, where the stack has a bot.
        notices: channel, such as `#operations`, into which notices are written.
        retired: ways to log in that the stack file has no more, and that are to be turned off in the chat, too.
        on_step: called with each step when it is done.
    """

    async def run() -> list[Step]:
        done = []
        async for step in _steps(url, user, spec, bot_password, notices, retired):
            on_step(step)
            done.append(step)
        return done

    return asyncio.run(run())


async def _steps(
    url: str,
    user: User,
    spec: ChatSpec,
    bot_password: str | None,
    notices: str | None,
    retired: Collection[str],
) -> AsyncIterator[Step]:
    parts = spec.parts
    # Read before anything is changed: a file may have gone since the stack file was checked.
    pictures = [_picture(spec, asset) for asset in parts.appearance.assets]
    async with administrator(url, user) as chat:
        told = await pages(chat, "/api/v1/settings", "settings")
        if not told:
            raise NotChecked("the user sees no settings: it needs the permission view-privileged-setting")
        settings = {str(one.get("_id")): one.get("value") for one in told}
        logins = _logins(settings)
        unknown = _not_to_retire(retired, logins, spec)
        if unknown is not None:
            raise unknown
        for picture in pictures:
            yield await _asset(chat, picture, settings)
        if parts.accounts.roles:
            async for step in _roles(chat, parts.accounts.roles):
                yield step
        async for step in _retire(chat, logins, retired, spec):
            yield step
        if parts.chat.administrator is not None:
            yield await _administrator(chat, parts.chat.administrator.email)
        if parts.bot is not None and bot_password is not None:
            chat.hide(bot_password)
            yield await _bot(chat, parts.bot.username, parts.bot.name or parts.bot.username, bot_password)
        if notices is not None:
            yield await _webhook(chat, notices)


async def _found(chat: Chat, **query: str) -> dict[str, Any] | None:
    try:
        found = (await chat.get("/api/v1/users.info", **query)).get("user")
    except Refused:
        return None
    return found if isinstance(found, dict) else None


async def _administrator(chat: Chat, email: str) -> Step:
    """Give the role to whoever came by single sign-on with the address that the stack file names."""
    # Not by the parameter `query`, which 9.0 has not any more.
    listed = await pages(chat, "/api/v1/users.list", "users")
    mine = [one for one in listed if any(each.get("address") == email for each in one.get("emails") or ())]
    if not mine:
        return Step(
            "administrator", False, f"nobody with the address {email} has come yet: do this again after"
        )
    name = str(mine[0].get("username"))
    if "admin" in (mine[0].get("roles") or ()):
        return Step("administrator", False, f"{chat.shown(name)} is administrator already")
    roles = sorted({*map(str, mine[0].get("roles") or ()), "admin"})
    await post(chat, "/api/v1/users.update", {"userId": mine[0].get("_id"), "data": {"roles": roles}})
    return Step("administrator", True, f"{chat.shown(name)} is administrator now")


async def _bot(chat: Chat, username: str, name: str, password: str) -> Step:
    """Make the bot's account, or give it its role and password."""
    known = await _found(chat, username=username)
    if known is None:
        await post(
            chat,
            "/api/v1/users.create",
            {
                "username": username,
                "name": name,
                # The account is nobody's: no mail is sent to it.
                "email": f"{username}@bot.invalid",
                "password": password,
                "roles": list(BOT_ROLES),
                "active": True,
                "verified": True,
                "joinDefaultChannels": False,
                "sendWelcomeEmail": False,
                "requirePasswordChange": False,
            },
        )
        return Step("bot", True, f"the account {username} was made, with the role bot")
    roles = set(known.get("roles") or ())
    if "admin" in roles:
        raise Failed(
            f"{username} is an administrator's account, and would get the bot's password",
            "give the bot another name: `bot.username`",
        )
    lacks = set(BOT_ROLES) - roles
    if not lacks and known.get("active", True) and await _opens(chat, username, password):
        return Step("bot", False, f"the account {username} is right already")
    data = {"roles": sorted(roles | set(BOT_ROLES)), "active": True, "password": password}
    await post(chat, "/api/v1/users.update", {"userId": known.get("_id"), "data": data})
    return Step("bot", True, f"the account {username} has the role bot and the stack's password now")


async def _opens(chat: Chat, username: str, password: str) -> bool:
    """Return whether a password is that of an account: a login is tried, and ended."""
    session, chat.session = chat.session, {}
    try:
        data = (await chat.post("/api/v1/login", {"user": username, "password": password})).get("data") or {}
        chat.hide(data.get("authToken"))
        chat.session = {"X-Auth-Token": str(data.get("authToken")), "X-User-Id": str(data.get("userId"))}
        await chat.post("/api/v1/logout")
    except (Refused, NotChecked):
        return False
    finally:
        chat.session = session
    return True


async def _webhook(chat: Chat, channel: str) -> Step:
    """Make the incoming webhook, or let it write into the channel."""
    listed = await pages(chat, "/api/v1/integrations.list", "integrations")
    mine = [one for one in listed if one.get("name") == WEBHOOK and one.get("type") == "webhook-incoming"]
    wanted = {
        "type": "webhook-incoming",
        "name": WEBHOOK,
        "enabled": True,
        "username": "rocket.cat",
        "channel": channel,
        "scriptEnabled": False,
    }
    if not mine:
        made = (
            await post(chat, "/api/v1/integrations.create", wanted | {"event": "sendMessage", "urls": []})
        ).get("integration") or {}
        return Step("webhook", True, f"notices are written into {channel}", _address(chat, made))
    found = mine[0]
    if found.get("enabled") and found.get("channel") == [channel]:
        return Step("webhook", False, f"notices are written into {channel} already", _address(chat, found))
    body = wanted | {"integrationId": found.get("_id")}
    told = await chat.put("/api/v1/integrations.update", body)
    return Step(
        "webhook",
        True,
        f"notices are written into {channel} now",
        _address(chat, told.get("integration") or found),
    )


def _address(chat: Chat, integration: dict[str, Any]) -> str:
    own, token = integration.get("_id"), integration.get("token")
    if not own or not token:
        raise Failed(
            "the chat tells no token of the webhook",
            "the user needs the permission manage-incoming-integrations",
        )
    chat.hide(str(token))
    return f"{chat.url}/hooks/{own}/{token}"


# ------------------------------------------------------------------------------------------------ pictures


def _picture(spec: ChatSpec, asset: str) -> Picture:
    try:
        return features.picture(spec.parts.appearance, asset)
    except ValueError as error:
        raise Failed(str(error), f"correct rocketchat:appearance.assets.{asset}, or the file") from None


async def _asset(chat: Chat, picture: Picture, settings: Mapping[str, Any]) -> Step:
    """Upload a picture, unless the chat serves this very one."""
    name = f"picture {picture.asset}"
    has = settings.get(f"Assets_{picture.asset}")
    url = has.get("url") if isinstance(has, dict) else None
    if isinstance(url, str) and re.fullmatch(rf"/?assets/{picture.asset}\.[a-z]+", url):
        # As the product itself names it to browsers, so that no cache before the chat answers with an older one.
        digest = hashlib.sha1(picture.data, usedforsecurity=False).hexdigest()
        try:
            served = await chat.download(f"/{url.lstrip('/')}?{digest}")
        except Failed:
            served = None
        if served is not None and served.body == picture.data:
            return Step(name, False, "the chat has this one already")
    try:
        await chat.upload(
            "/api/v1/assets.setAsset",
            f"{picture.asset}",
            picture.data,
            field="asset",
            kind=picture.type,
            more={"assetName": picture.asset},
        )
    except Refused as error:
        raise Failed(
            f"the chat refuses the picture: {error.code or error.status}",
            f"look at rocketchat:appearance.assets.{picture.asset}, and at the largest upload that the chat allows",
        ) from None
    return Step(name, True, f"{len(picture.data):,} bytes were uploaded")


# --------------------------------------------------------------------------------------------------- roles


async def _roles(chat: Chat, wanted_roles: list[Role]) -> AsyncIterator[Step]:
    """Set what roles must and may do."""
    told = (await chat.get("/api/v1/roles.list")).get("roles")
    known = {str(one.get("name") or one.get("_id")): one for one in told or () if isinstance(one, dict)}
    for one in wanted_roles:
        if one.name not in known:
            raise Failed(
                f"the chat has no role {one.name}",
                f"rocketchat:accounts.roles names it; there are {', '.join(sorted(map(chat.shown, known)))}",
            )
    permissions: dict[str, list[str]] = {}
    if any(one.grant or one.revoke for one in wanted_roles):
        listed = (await chat.get("/api/v1/permissions.listAll")).get("update")
        permissions = {
            str(one.get("_id")): [*map(str, one.get("roles") or ())]
            for one in listed or ()
            if isinstance(one, dict)
        }
    for one in wanted_roles:
        unknown = sorted({*one.grant, *one.revoke} - permissions.keys())
        if unknown:
            raise Failed(
                f"the chat has no permission {', '.join(unknown)}",
                f"take it out of `grant` and `revoke` of {one.name} in rocketchat:accounts.roles",
            )
    for one in wanted_roles:
        role = known[one.name]
        if one.second_factor is not None:
            yield await _second_factor(chat, one, role)
        if one.grant or one.revoke:
            yield await _permissions(chat, one, str(role.get("_id")), permissions)


async def _second_factor(chat: Chat, one: Role, role: Mapping[str, Any]) -> Step:
    name, said = f"second factor of {one.name}", "must" if one.second_factor else "need not"
    if bool(role.get("mandatory2fa")) == one.second_factor:
        return Step(name, False, f"whoever has the role {said} set one up")
    body = {
        "roleId": role.get("_id"),
        # What is not sent along is set to nothing: the description is emptied, and the scope becomes Users.
        "name": role.get("name") or role.get("_id"),
        "description": role.get("description") or "",
        "scope": role.get("scope") or "Users",
        "mandatory2fa": one.second_factor,
    }
    try:
        await post(chat, "/api/v1/roles.update", body)
    except (Refused, NotChecked) as error:
        raise Failed(
            f"the chat does not let the role {one.name} be changed: {error}",
            "this may need a licence (module custom-roles); set it in the chat (Workspace, Permissions), or leave "
            "`secondFactor` out of rocketchat:accounts.roles",
        ) from None
    return Step(name, True, f"whoever has the role {said} set one up now")


async def _permissions(chat: Chat, one: Role, own: str, permissions: dict[str, list[str]]) -> Step:
    """Give and take permissions; others' roles keep theirs."""
    name = f"permissions of {one.name}"
    given = [each for each in one.grant if own not in permissions[each]]
    taken = [each for each in one.revoke if own in permissions[each]]
    if not given and not taken:
        return Step(name, False, f"{len(one.grant)} granted, {len(one.revoke)} revoked already")
    for each in given:
        permissions[each] = [*permissions[each], own]
    for each in taken:
        permissions[each] = [role for role in permissions[each] if role != own]
    changed = [{"_id": each, "roles": permissions[each]} for each in (*given, *taken)]
    await post(chat, "/api/v1/permissions.update", {"permissions": changed})
    said = [f"granted {', '.join(given)}"] if given else []
    said += [f"revoked {', '.join(taken)}"] if taken else []
    return Step(name, True, "; ".join(said))


# ------------------------------------------------------------------------------------------- ways to log in


def _logins(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the ways to log in that are on in the chat, and the setting that turns each on."""
    found = {
        match[1] or match[2]: key
        for key, value in settings.items()
        if value is True and (match := _LOGIN.fullmatch(key)) is not None
    }
    return found | {name: key for name, key in _OTHER_LOGINS.items() if settings.get(key) is True}


def _in_stack(spec: ChatSpec) -> set[str]:
    return {key for key, value in wanted(spec)[0].items() if value is True}


def _not_to_retire(retired: Collection[str], logins: Mapping[str, str], spec: ChatSpec) -> Failed | None:
    """Return why one of these cannot be turned off."""
    own = _in_stack(spec)
    for one in retired:
        if one in logins and logins[one] in own:
            return Failed(
                f"the stack file has the login {one}, so the next start would turn it on again",
                "take it out of rocketchat:login first, and deploy that",
            )
    return None


async def _retire(
    chat: Chat, logins: Mapping[str, str], retired: Collection[str], spec: ChatSpec
) -> AsyncIterator[Step]:
    """Turn ways to log in off that the stack file has no more: the chat keeps what a variable has once set."""
    left = {name: key for name, key in sorted(logins.items()) if key not in _in_stack(spec)}
    for name in retired:
        if name not in left:
            yield Step(f"login {name}", False, "it is not on in the chat")
            continue
        await post(chat, f"/api/v1/settings/{left[name]}", {"value": False})
        yield Step(f"login {name}", True, "it is off now")
    for name in left:
        if name not in retired:
            said = (
                f"it is on in the chat and not in the stack; `--retire-login {chat.shown(name)}` turns it off"
            )
            yield Step(f"login {chat.shown(name)}", False, said)
