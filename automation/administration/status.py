"""What runs: by the stack's outputs, and by the chat itself."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx

from automation.administration.session import administrator
from automation.verify.checks import bots_status
from automation.verify.client import Chat, User
from automation.verify.expected import Expected
from automation.web import Failed, NotChecked
from rocketchat import releases
from stacks.words import count


@dataclass(frozen=True)
class Status:
    """What is known; None where it is not told."""

    stack: str
    url: str
    release: str
    """Of the stack."""
    running: str | None
    """What the chat says that it is; the patch only to an administrator."""
    supported_until: str | None
    newest: str | None
    """A newer patch of the line."""
    instances: int | None = None
    licence: str | None = None
    mongodb: str | None = None
    users: int | None = None
    bot: str | None = None
    not_told: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it for other programs."""
        return {
            "stack": self.stack,
            "url": self.url,
            "release": self.release,
            "running": self.running,
            "supportedUntil": self.supported_until,
            "newestPatch": self.newest,
            "instances": self.instances,
            "licence": self.licence,
            "mongodb": self.mongodb,
            "users": self.users,
            "bot": self.bot,
            "notTold": self.not_told,
        }

    def lines(self) -> list[str]:
        """Return it for people."""
        runs = f"{self.running} in the chat" if self.running else f"no answer ({self.not_told})"
        patch = f"; {self.newest} is out" if self.newest else ""
        told = [
            f"{self.stack}  {self.url}",
            f"release  {self.release} in the stack, {runs}{patch}",
            f"support  {f'until {self.supported_until}' if self.supported_until else 'its end is not known'}",
        ]
        told += [
            f"{name}  {value}"
            for name, value in (
                ("instances", self.instances),
                ("licence", self.licence),
                ("MongoDB", self.mongodb),
                ("users", self.users),
                ("bot", self.bot),
            )
            if value is not None
        ]
        return [*told, f"not told  {self.not_told}"] if self.running and self.not_told else told


def status(expected: Expected, user: User | None) -> Status:
    """Ask the chat; without a user it tells little."""
    return asyncio.run(_status(expected, user))


async def _status(expected: Expected, user: User | None) -> Status:
    release = releases.find(expected.release)
    patch = releases.newest_patch(release)
    known: dict[str, Any] = {
        "stack": expected.stack,
        "url": expected.url,
        "release": expected.release,
        "supported_until": release.supported_until,
        "newest": patch.version if patch else None,
    }
    if expected.unasked:
        return Status(**known, running=None, not_told=expected.unasked)
    try:
        if user is None:
            async with Chat(expected.url, tls=httpx.create_ssl_context()) as chat:
                running = (await chat.get("/api/info")).get("version")
            return Status(**known, running=str(running), not_told="without --user the chat tells no more")
        async with administrator(expected.url, user) as chat:
            return Status(**known, **await _asked(chat, expected))
    except (Failed, NotChecked) as error:
        return Status(**known, running=None, not_told=str(error))


async def _asked(chat: Chat, expected: Expected) -> dict[str, Any]:
    found = await chat.get("/api/info")
    info = found.get("info") if isinstance(found.get("info"), dict) else {}
    told: dict[str, Any] = {"running": chat.shown(info.get("version") or found.get("version"))}
    lacks = []
    try:
        told["instances"] = len(_listed(await chat.get("/api/v1/instances.get"), "instances"))
    except (Failed, NotChecked) as error:
        lacks.append(str(error))
    try:
        licence = (await chat.get("/api/v1/licenses.info")).get("license")
        modules = _listed(licence, "activeModules") if licence else []
        told["licence"] = f"valid, with {count(len(modules), 'module')}" if modules else "none"
    except (Failed, NotChecked) as error:
        lacks.append(str(error))
    try:
        statistics = await chat.get("/api/v1/statistics")
        told["mongodb"] = chat.shown(statistics.get("mongoVersion"))
        told["users"] = statistics.get("totalUsers")
    except (Failed, NotChecked) as error:
        lacks.append(str(error))
    if expected.bot is not None:
        try:
            found = await bots_status(chat, expected.bot) or "without an account: `configure` makes it"
            told["bot"] = f"{expected.bot} is {found}"
        except (Failed, NotChecked) as error:
            lacks.append(str(error))
    return told | {"not_told": "; ".join(lacks)}


def _listed(answer: object, key: str) -> list[object]:
    """Return a list of an answer; raise Failed where it has none."""
    found = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise Failed(f"an answer without {key}", "is it Rocket.Chat, of the stack's release, that answers?")
    return found
