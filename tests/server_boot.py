"""What the server makes of its variables when it starts: a reader that behaves as its own code does.

From RocketChat/Rocket.Chat `server/settings/SettingsRegistry.ts`, `functions/convertValue.ts`, `overrideSetting.ts`,
`overwriteSetting.ts`; `server/lib/oauth/initCustomOAuthServices.ts`; `server/startup/initialData.ts`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from rocketchat import settings
from rocketchat.releases import Release

PREFIX = "OVERWRITE_SETTING_"
CUSTOM_OAUTH = "Accounts_OAuth_Custom_"
_LAST_TEXT_TIMESPAN = (8, 6)
NO_SETTINGS = {
    "ADMIN_EMAIL",
    "ADMIN_EMAIL_VERIFIED",
    "ADMIN_NAME",
    "ADMIN_PASS",
    "ADMIN_USERNAME",
    "AWS_REQUEST_CHECKSUM_CALCULATION",
    "AWS_RESPONSE_CHECKSUM_VALIDATION",
    "DEPLOY_PLATFORM",
    "EVENT_LOOP_LAG_MS",
    "HTTP_FORWARDED_COUNT",
    "MONGO_OPLOG_URL",
    "MONGO_URL",
    # Of Node itself.
    "NODE_OPTIONS",
    "PORT",
    "REG_TOKEN",
    "ROCKETCHAT_LICENSE",
    "ROOT_URL",
    "SETTINGS_BLOCKED",
    "TRANSPORTER",
}
"""Variables that the server reads as such."""


@dataclass
class Boot:
    """What came of the variables."""

    overwritten: dict[str, Any] = field(default_factory=dict)
    """Settings that get this value at every start."""
    first_start: dict[str, Any] = field(default_factory=dict)
    """Settings whose default this is; what is stored later wins."""
    ignored: list[str] = field(default_factory=list)
    """Variables that nothing reads."""
    wrong: list[str] = field(default_factory=list)
    """Variables whose value is not one of their setting's type or choices in this release."""
    blocked: set[str] = field(default_factory=set)
    services: set[str] = field(default_factory=set)
    """Custom OAuth services that are made."""
    administrator: tuple[str, str | None] | None = None
    """User name and verified address of who is made administrator, while nobody is."""


def convert(value: str, kind: str, line: tuple[int, ...]) -> Any:
    """Return what the server stores; raise ValueError where it refuses."""
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    if kind == "int" or (kind == "timespan" and line > _LAST_TEXT_TIMESPAN):
        if re.fullmatch(r"\s*[+-]?\d+\s*", value) is None:
            raise ValueError(value)
        return int(value)
    if kind == "multiSelect":
        return json.loads(value)
    return value


def fits(value: Any, setting: settings.Setting) -> bool:
    """Return whether a stored value is one that the server's own code can work with."""
    match setting.type:
        case "boolean":
            return isinstance(value, bool)
        case "int" | "timespan":
            return isinstance(value, int) and not isinstance(value, bool)
        case "multiSelect":
            return isinstance(value, list) and set(value) <= set(setting.choices)
        case "asset" | "action" | "multiLookup" | "roomPick":
            return False
        case _:
            return isinstance(value, str) and (not setting.choices or value in setting.choices)


@cache
def registered(setting_id: str, line: str) -> tuple[settings.Setting, ...]:
    """Return the forms that a setting may have in this line; none when it is not certain to be there."""
    setting = settings.find(setting_id)
    return setting.at(line) if setting is not None and setting.present(line) else ()


def boot(variables: Mapping[str, str], release: Release) -> Boot:
    """Return what a server of this release makes of the variables."""
    made = Boot()
    line = tuple(int(number) for number in release.line.split("."))
    for name, value in variables.items():
        if name.startswith(CUSTOM_OAUTH) and "_" not in name.removeprefix(CUSTOM_OAUTH) and value == "true":
            made.services.add(name.removeprefix(CUSTOM_OAUTH))
    titles = {name.lower().capitalize() for name in made.services}
    for name, value in variables.items():
        if name == "SETTINGS_BLOCKED":
            made.blocked = set(value.split(","))
        if name in NO_SETTINGS or name in release.microservice_variables:
            continue
        if name.startswith(CUSTOM_OAUTH):
            service, _, fact = name.removeprefix(CUSTOM_OAUTH).partition("_")
            if service not in made.services:
                made.ignored.append(name)
            elif fact:
                made.first_start[f"Accounts_OAuth_Custom-{service.lower().capitalize()}-{fact}"] = value
            continue
        setting_id = name.removeprefix(PREFIX)
        forms = registered(setting_id, release.line)
        custom = re.match(r"Accounts_OAuth_Custom-([^-]+)", setting_id)
        if not forms or (custom and custom.group(1) not in titles):
            made.ignored.append(name)
            continue
        try:
            stored = convert(value, forms[-1].type, line)
        except ValueError:
            made.wrong.append(name)
            continue
        if not all(fits(stored, form) for form in forms):
            made.wrong.append(name)
        (made.overwritten if name.startswith(PREFIX) else made.first_start)[setting_id] = stored
    if variables.get("ADMIN_PASS"):
        verified = variables.get("ADMIN_EMAIL_VERIFIED") == "true"
        address = variables.get("ADMIN_EMAIL") if verified else None
        made.administrator = (variables.get("ADMIN_USERNAME", "admin"), address)
    return made
