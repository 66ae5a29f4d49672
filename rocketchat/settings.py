"""The catalogue of Rocket.Chat's settings, and the checks of a free-form list of them.

`data/settings.json` holds one setting a line: type, choices, default, sensitive, licence modules, since,
until, hidden, readonly; a key that is absent is the empty case. It was collected from the source files that
register settings (RocketChat/Rocket.Chat, `apps/meteor/server/settings`, `apps/meteor/ee` and siblings,
late 8.x). Sensitivity was judged here, because the product's own flag misses keys and marks harmless
switches. `since` and `until` are the first and the last line that has the setting, and are absent where it
is not known to come or go: OTR, WebRTC and the first VoIP went with 8.0 (#37959, #37689), Mobex and
Voxtelesys too (#37949); of the few others that are gone from 8.9 the exact line is not known. Ids with
`<name>` stand for families, such as one per custom OAuth service.

How the server reads them (`SettingsRegistry.ts`, `overrideGenerator.ts`, `convertValue.ts` in the same
repository): the variable `OVERWRITE_SETTING_<id>` is applied at every start; `true` and `false` in any case
become booleans whatever the type; `int` and `timespan` are parsed as whole numbers; `multiSelect` is parsed
as JSON; everything else is taken as it is.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Final

from rocketchat.releases import Release

ENVIRONMENT_PREFIX: Final = "OVERWRITE_SETTING_"

_WHOLE_NUMBERS = ("int", "timespan")
_NOT_BY_ENVIRONMENT = ("asset", "action", "multiLookup", "roomPick")
_GONE_THEME = re.compile(r"theme-(?:font|color)-.+")
_FAMILY_NAMES = {"Accounts_OAuth_Custom-": r"[A-Z0-9][a-z0-9]*"}
"""Names that a family takes: the server writes a custom OAuth service's name in lower case with a
capital."""
_ANY_NAME = r"[A-Za-z0-9]+"
_CUSTOM_OAUTH = "Accounts_OAuth_Custom-"
_LARGEST_NUMBER = 2**53 - 1
"""The server's numbers are exact up to here."""


@dataclass(frozen=True)
class Setting:
    """One setting of the product."""

    id: str
    type: str
    """The product's own: boolean, string, int, select, multiSelect, code, password, asset, action,
    timespan…"""
    choices: tuple[str, ...] = ()
    """Allowed values of a select or multiSelect; empty where the server fills them in."""
    default: object = None
    """None where the server computes it, or where it is a long text."""
    sensitive: bool = False
    modules: tuple[str, ...] = ()
    """Modules of the licence that the setting needs."""
    since: str | None = None
    """First line that has it, such as `9.0`."""
    until: str | None = None
    """Last line that has it."""
    hidden: bool = False
    readonly: bool = False

    @property
    def by_environment(self) -> bool:
        """Whether a variable of the container can set it."""
        return self.type not in _NOT_BY_ENVIRONMENT

    @property
    def variable(self) -> str:
        """Name of the variable that sets it at every start."""
        return ENVIRONMENT_PREFIX + self.id


@dataclass(frozen=True)
class SettingProblem:
    """One mistake in a list of settings."""

    id: str
    kind: str
    """unknown, type, choice, environment, release, licence or secret."""
    message: str
    allowed: str | None = None
    nearest: str | None = None
    """The right id or value that is most like what was written."""
    remedy: str | None = None


@cache
def catalogue() -> Mapping[str, Setting]:
    """Return all settings by id, families under their `<name>` form. Read from the data file once, when
    first asked."""
    from pathlib import Path  # with difflib below, the only slow imports: for checks alone

    text = (Path(__file__).parent / "data" / "settings.json").read_text(encoding="utf-8")
    settings = {}
    for key, facts in json.loads(text).items():
        for plural in ("choices", "modules"):
            if plural in facts:
                facts[plural] = tuple(facts[plural])
        settings[key] = Setting(id=key, **facts)
    return MappingProxyType(settings)


@cache
def _families() -> tuple[tuple[re.Pattern[str], Setting], ...]:
    found = []
    for key, setting in catalogue().items():
        if "<name>" in key:
            before, after = key.split("<name>")
            name = _FAMILY_NAMES.get(before, _ANY_NAME)
            found.append((re.compile(re.escape(before) + name + re.escape(after)), setting))
    return tuple(found)


def find(setting_id: str) -> Setting | None:
    """Return the setting with this id, or the family that it belongs to under this id; None when there is
    none."""
    if "<" in setting_id:
        return None
    exact = catalogue().get(setting_id)
    if exact is not None:
        return exact
    for pattern, family in _families():
        if pattern.fullmatch(setting_id):
            return replace(family, id=setting_id)
    return None


def nearest(setting_id: str) -> str | None:
    """Return the known id that is most like this one, or None when none is like it."""
    if setting_id.startswith(_CUSTOM_OAUTH):
        name, dash, field = setting_id.removeprefix(_CUSTOM_OAUTH).partition("-")
        mended = _CUSTOM_OAUTH + re.sub(r"[^A-Za-z0-9]", "", name).capitalize() + dash + field
        if find(mended) is not None:
            return mended
    ids = {key.lower(): key for key in catalogue() if "<" not in key}
    same = ids.get(setting_id.lower())
    return same if same is not None else _closest(setting_id, ids.values())


def variable_value(value: object) -> str:
    """Return the text that makes the server read `value`, which `check` has found to be right for its
    setting."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return json.dumps(list(value))
    return str(value)


def unlock(value: object) -> tuple[object, bool]:
    """Return a plain value, and whether it is to be locked. Takes the value itself or `{"value": …, "lock":
    …}`."""
    if isinstance(value, Mapping) and set(value) <= {"value", "lock"} and "value" in value:
        return value["value"], value.get("lock", False) is True
    return value, False


def _at_most(line: str, limit: str) -> bool:
    return tuple(map(int, line.split("."))) <= tuple(map(int, limit.split(".")))


def _named(words: Iterable[str], *, most: int = 12) -> str:
    listed = list(words)
    text = ", ".join(f'"{word}"' for word in listed[:most])
    return f"{text} and {len(listed) - most} more" if len(listed) > most else text


def _closest(word: str, words: Iterable[str]) -> str | None:
    import difflib

    by_lower = {candidate.lower(): candidate for candidate in words}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def _problem_of_id(setting_id: str) -> SettingProblem:
    if _GONE_THEME.fullmatch(setting_id):
        return SettingProblem(
            setting_id,
            "environment",
            "the settings of theme fonts and colours are gone; the server deletes them at start",
            nearest="theme-custom-css",
            remedy="write CSS into theme-custom-css, with fonts as data: addresses (the CSP allows no other)",
        )
    close = nearest(setting_id)
    return SettingProblem(
        setting_id,
        "unknown",
        "Rocket.Chat has no setting of this id; ids are case-sensitive",
        nearest=close,
        remedy=None if close is None else f"write {close}",
    )


def _problem_of_environment(setting: Setting) -> SettingProblem:
    if setting.type == "asset":
        message = "this is a picture, which is stored in the database and not set by a variable"
        name = setting.id.removeprefix("Assets_")
        remedy = f"upload it after the first start: POST /api/v1/assets.setAsset with assetName={name}"
    elif setting.type == "action":
        message = "this is a button of the administration pages, not a value"
        remedy = "leave it out"
    else:
        message = f"its type is {setting.type}, which the server cannot read from a variable"
        remedy = "set it in the administration pages"
    return SettingProblem(setting.id, "environment", message, remedy=remedy)


def _problems_of_use(setting: Setting, release: Release, *, licensed: bool) -> Iterable[SettingProblem]:
    if setting.since is not None and not _at_most(setting.since, release.line):
        yield SettingProblem(
            setting.id,
            "release",
            f"Rocket.Chat {release.version} does not have this setting yet; it comes with {setting.since}",
            remedy="leave it out, or deploy a newer release",
        )
    if setting.until is not None and not _at_most(release.line, setting.until):
        yield SettingProblem(
            setting.id,
            "release",
            f"Rocket.Chat {release.version} has this setting no more; its last line is {setting.until}",
            remedy="leave it out",
        )
    if licensed:
        return
    if setting.modules:
        yield SettingProblem(
            setting.id,
            "licence",
            f"this setting has no effect without a licence (module {' or '.join(setting.modules)})",
            remedy="leave it out, or give a licence",
        )
    elif setting.id.startswith(_CUSTOM_OAUTH) and "custom-oauth" in release.licensed_features:
        yield SettingProblem(
            setting.id,
            "licence",
            f"custom OAuth needs a licence from Rocket.Chat 9.0 on; {release.version} is wanted",
            remedy="stay on the 8.9 line, sign in by SAML, or give a licence",
        )


def _shown(value: object) -> str:
    """Name a wrong value by its kind; its text only where it is short and plain."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value[:40]}"'
    if isinstance(value, int | float):
        return str(value) if abs(value) <= _LARGEST_NUMBER else "so large a number"
    if value is None:
        return "nothing"
    return "a list" if isinstance(value, list | tuple) else "an object"


def _wrong(
    setting: Setting,
    value: object,
    allowed: str,
    *,
    kind: str = "type",
    remedy: str | None = None,
    near: str | None = None,
) -> SettingProblem:
    message = f"its type is {setting.type}, and {_shown(value)} is not one of its values"
    return SettingProblem(setting.id, kind, message, allowed=allowed, nearest=near, remedy=remedy)


def _check_boolean(setting: Setting, value: object) -> SettingProblem | None:
    if isinstance(value, bool):
        return None
    plain = value.lower() if isinstance(value, str) else None
    remedy = f"write {plain}, without quotes" if plain in ("true", "false") else None
    return _wrong(setting, value, "true or false", remedy=remedy)


def _check_number(setting: Setting, value: object) -> SettingProblem | None:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST_NUMBER:
        return None
    remedy = None
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,16}", value, re.ASCII):
        remedy = f"write {value}, without quotes"
    unit = " of milliseconds" if setting.type == "timespan" else ""
    return _wrong(setting, value, f"a whole number{unit}", remedy=remedy)


def _check_range(setting: Setting, value: object) -> SettingProblem | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST_NUMBER:
        return None
    return _wrong(setting, value, "a number")


def _check_multi_select(setting: Setting, value: object) -> SettingProblem | None:
    allowed = f"a list of {_named(setting.choices)}"
    if not isinstance(value, list | tuple):
        return _wrong(setting, value, allowed)
    for item in value:
        if item not in setting.choices:
            near = _closest(item, setting.choices) if isinstance(item, str) else None
            return _wrong(setting, item, allowed, kind="choice", near=near)
    return None


def _check_text(setting: Setting, value: object) -> SettingProblem | None:
    choices = setting.choices
    allowed = _named(choices) if choices else "text"
    if not isinstance(value, str):
        remedy = None
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and (not choices or str(value) in choices)
        ):
            remedy = f'write "{value}", in quotes'
        elif isinstance(value, Mapping | list | tuple):
            remedy = "write it as JSON in one text"
        return _wrong(setting, value, allowed, remedy=remedy)
    if choices and value not in choices:
        return _wrong(setting, value, allowed, kind="choice", near=_closest(value, choices))
    if value.lower() in ("true", "false"):
        return SettingProblem(
            setting.id,
            "type",
            f"the server turns a variable's text {_shown(value)} into a boolean, and this setting is text",
            remedy="choose another text, or set it in the administration pages",
        )
    if "\0" in value:
        return SettingProblem(
            setting.id, "type", "a variable cannot hold the character NUL", remedy="leave it out"
        )
    return None


def _problem_of_value(setting: Setting, value: object) -> SettingProblem | None:
    if setting.type == "boolean":
        return _check_boolean(setting, value)
    if setting.type in _WHOLE_NUMBERS:
        return _check_number(setting, value)
    if setting.type == "range":
        return _check_range(setting, value)
    if setting.type == "multiSelect":
        return _check_multi_select(setting, value)
    return _check_text(setting, value)


_SECRET_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "SMTP_Password": "smtpPassword",
        "SAML_Custom_Default_private_key": "samlPrivateKey",
        "Push_google_api_credentials": "fcmServiceAccount",
        "Push_apn_key": "apnKey",
        "Push_apn_cert": "apnCertificate",
        "Push_apn_passphrase": "apnPassphrase",
        "Enterprise_License": "license",
        "Bugsnag_api_key": "bugsnagApiKey",
    }
)
_MADE_BY: Mapping[str, str] = MappingProxyType(
    {
        "FileUpload_S3_AWSAccessKeyId": "media",
        "FileUpload_S3_AWSSecretAccessKey": "media",
        "FileUpload_json_web_token_secret_for_files": "media",
        "Accounts_RegistrationForm_SecretURL": "accounts",
    }
)


def secret_key(setting_id: str) -> str | None:
    """Return the stack's secret (a key of `rocketchat:`) that sets this setting, where there is one."""
    if setting_id.startswith(_CUSTOM_OAUTH) and setting_id.endswith("-secret"):
        return "oidcClientSecret"
    return _SECRET_KEYS.get(setting_id)


def _problem_of_secret(setting: Setting) -> SettingProblem:
    key, part = secret_key(setting.id), _MADE_BY.get(setting.id)
    if key is not None:
        remedy = f"take it out of the settings and run: pulumi config set --secret rocketchat:{key}"
    elif part is not None:
        remedy = f"take it out of the settings; the part `{part}` makes it and keeps it secret"
    else:
        remedy = "take it out of the file and set it in the administration pages, where it stays"
    return SettingProblem(
        setting.id, "secret", "this setting is sensitive and stands here in clear", remedy=remedy
    )


def check_one(setting_id: str, value: object, release: Release, licensed: bool) -> list[SettingProblem]:
    """Return what is wrong with one setting; see `check`."""
    setting = find(setting_id)
    if setting is None:
        return [_problem_of_id(setting_id)]
    if not setting.by_environment:
        return [_problem_of_environment(setting)]
    problems = list(_problems_of_use(setting, release, licensed=licensed))
    if setting.sensitive:
        # The value is not looked at any further, so that no message can show it.
        return [*problems, _problem_of_secret(setting)]
    if isinstance(value, Mapping) and not isinstance(value.get("lock", False), bool):
        return [*problems, SettingProblem(setting_id, "type", "lock is a switch", allowed="true or false")]
    plain, _ = unlock(value)
    wrong = _problem_of_value(setting, plain)
    return problems if wrong is None else [*problems, wrong]


def check(settings: Mapping[str, object], release: Release, licensed: bool) -> list[SettingProblem]:
    """Return all that is wrong with these settings, in their order; empty when they can be deployed.

    A value stands by itself or as `{"value": …, "lock": true}`. Looked for: unknown ids with the nearest
    right one, wrong types and choices, ids that no variable can set, ids that the release does not have,
    settings that need a licence, and sensitive ones, which may not stand in clear. No message holds the
    value of a sensitive setting.
    """
    return [
        problem
        for setting_id, value in settings.items()
        for problem in check_one(setting_id, value, release, licensed=licensed)
    ]
