"""The stack's settings and the running chat's: which differ, and setting those that the API may."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from automation.administration.session import administrator, pages, post
from automation.verify.client import Refused, User
from automation.web import NotChecked, in_one_line
from rocketchat import releases, settings, variables
from rocketchat.releases import Release
from rocketchat.settings import ENVIRONMENT_PREFIX
from stacks import features
from stacks.language import ChatSpec

HIDDEN: Final = "(not shown)"


@dataclass(frozen=True)
class Difference:
    """One setting that is not as the stack file has it."""

    id: str
    wanted: Any
    found: Any
    locked: bool
    """Whether the stack locks it, so that only a restart sets it."""
    missing: bool = False
    """Whether the chat does not have it."""

    def to_json(self) -> dict[str, Any]:
        """Return it for other programs."""
        more = {"missing": True} if self.missing else {"found": shown(self.id, self.found)}
        return {"id": self.id, "wanted": shown(self.id, self.wanted), "locked": self.locked} | more

    def __str__(self) -> str:
        """One line."""
        found = "the chat does not have it" if self.missing else f"{_text(self.id, self.found)} in the chat"
        return f"{self.id}: {_text(self.id, self.wanted)} in the stack, {found}"


@dataclass(frozen=True)
class Compared:
    """All that was compared."""

    differences: tuple[Difference, ...]
    same: int
    not_compared: tuple[str, ...]
    """Ids of those that are secret, or that clouds make."""
    unmanaged: Mapping[str, Any]
    """Settings that differ from the product's default, and that the stack does not say."""

    def to_json(self) -> dict[str, Any]:
        """Return it for other programs."""
        return {
            "differences": [one.to_json() for one in self.differences],
            "same": self.same,
            "notCompared": list(self.not_compared),
            "unmanaged": {key: shown(key, value) for key, value in self.unmanaged.items()},
        }


def shown(setting_id: str, value: Any) -> Any:
    """Return a value as it may be shown: not one that is sensitive, and nothing long."""
    known = settings.find(setting_id)
    if known is None or known.sensitive or known.type == "password":
        return HIDDEN
    return in_one_line(value) if isinstance(value, str) else value


def _text(setting_id: str, value: Any) -> str:
    told = shown(setting_id, value)
    return told if told == HIDDEN else json.dumps(told, ensure_ascii=False)


def wanted(spec: ChatSpec) -> tuple[dict[str, Any], list[str], frozenset[str]]:
    """Return the settings that the stack's variables set, the ids of those that cannot be compared, and the locked.

    Two imagined clouds tell what clouds make: it differs between them.
    """
    one, other = (
        variables.merge(features.imagined(spec.parts, spec.release, spec.secrets, clouds=cloud).values())
        for cloud in ("", "other-")
    )
    found: dict[str, Any] = {}
    left = [name for name in one.secret if name.startswith(ENVIRONMENT_PREFIX)]
    for name, text in one.plain.items():
        if not name.startswith(ENVIRONMENT_PREFIX):
            continue
        if other.plain.get(name) != text:
            left.append(name)
        else:
            setting_id = name.removeprefix(ENVIRONMENT_PREFIX)
            found[setting_id] = as_read(setting_id, text, spec.release)
    return found, sorted(name.removeprefix(ENVIRONMENT_PREFIX) for name in left), one.locked


def as_read(setting_id: str, text: str, release: Release) -> Any:
    """Return what the server makes of a variable (`convertValue.ts`; see `rocketchat.settings`)."""
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    known = settings.find(setting_id)
    kind = "string" if known is None else known.type
    if kind == "int" or (kind == "timespan" and releases.parse(release.version) >= (8, 7, 0)):
        try:
            return int(text)
        except ValueError:
            return text
    if kind == "multiSelect":
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def compare(url: str, user: User, spec: ChatSpec) -> Compared:
    """Compare the stack's settings with the chat's; change nothing. Raises Failed and NotChecked."""
    return asyncio.run(_compare(url, user, spec))


async def _compare(url: str, user: User, spec: ChatSpec) -> Compared:
    async with administrator(url, user) as chat:
        told = await pages(chat, "/api/v1/settings", "settings", includeDefaults="true")
    return compared(spec, told)


def compared(spec: ChatSpec, told: list[dict[str, Any]]) -> Compared:
    """Compare the stack's settings with what the chat told of its own."""
    has = {str(one.get("_id")): one for one in told}
    if not has:
        raise NotChecked("the user sees no settings: it needs the permission view-privileged-setting")
    asked, left, locked = wanted(spec)
    differences = [
        Difference(key, value, has.get(key, {}).get("value"), key in locked, key not in has)
        for key, value in asked.items()
        if key not in has or has[key].get("value") != value
    ]
    unmanaged = {
        key: one.get("value")
        for key, one in sorted(has.items())
        if key not in asked
        and key not in left
        and "packageValue" in one
        and one.get("value") != one["packageValue"]
        and (known := settings.find(key)) is not None
        and known.by_environment
    }
    return Compared(tuple(differences), len(asked) - len(differences), tuple(left), unmanaged)


@dataclass(frozen=True)
class Applied:
    """What came of setting one."""

    id: str
    done: bool
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it for other programs."""
        return {"id": self.id, "done": self.done} | ({"why": self.why} if self.why else {})


def apply(url: str, user: User, spec: ChatSpec) -> list[Applied]:
    """Set what differs, as far as the API may; what is right already is left alone. Raises Failed and NotChecked."""
    return asyncio.run(_apply(url, user, spec))


async def _apply(url: str, user: User, spec: ChatSpec) -> list[Applied]:
    async with administrator(url, user) as chat:
        told = await pages(chat, "/api/v1/settings", "settings", includeDefaults="true")
        done = []
        for one in compared(spec, told).differences:
            why = ""
            if one.missing:
                why = "the chat does not have it"
            elif one.locked:
                why = "it is locked, so that only the next start of the chat sets it"
            else:
                try:
                    await post(chat, f"/api/v1/settings/{one.id}", {"value": one.wanted})
                except NotChecked:
                    why = "the user may not (permission edit-privileged-setting)"
                except Refused as error:
                    why = f"the chat refuses it: {error.code or error.status}"
            done.append(Applied(one.id, not why, why))
        return done
