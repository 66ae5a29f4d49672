"""What no variable of the environment can set. Each step looks first, so that all may be done again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from automation.administration.session import administrator, pages, post
from automation.verify.client import Chat, Refused, User
from automation.web import Failed, NotChecked
from stacks.language import ChatSpec

WEBHOOK: Final = "rocketchat notices"
"""Name of the integration; it is known again by it."""
WEBHOOK_KEY: Final = "rocketchat:backupWebhookUrl"
BOT_ROLES: Final = ("user", "bot")


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
    on_step: Callable[[Step], None] = lambda _: None,
) -> list[Step]:
    """Do all steps. Raises Failed where the chat refuses one, and NotChecked where the user may not.

    Args:
        url: the chat's address.
        user: an administrator.
        spec: the stack.
        bot_password: of the bot's account, where the stack has a bot.
        notices: channel, such as `#operations`, into which notices are written.
        on_step: called with each step when it is done.
    """

    async def run() -> list[Step]:
        done = []
        async for step in _steps(url, user, spec, bot_password, notices):
            on_step(step)
            done.append(step)
        return done

    return asyncio.run(run())


async def _steps(
    url: str, user: User, spec: ChatSpec, bot_password: str | None, notices: str | None
) -> AsyncIterator[Step]:
    parts = spec.parts
    async with administrator(url, user) as chat:
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
