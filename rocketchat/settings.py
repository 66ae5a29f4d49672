"""The catalogue of Rocket.Chat's settings, and the checks of a free-form list of them.

`data/settings.json` holds one setting a line, as `tools/settings/catalogue.py` writes it. Sources, by reading:

- 6.6, 7.0, 8.3: what the product registers, found by running the files that register settings
  (RocketChat/Rocket.Chat, `apps/meteor/server/settings`, `apps/meteor/ee` and siblings);
- 8.6: the same at 8.6.1, without `ee`, so that it says nothing of a licensed setting that it lacks;
- 8.9: collected from those files as they were late in 8.x. What an earlier reading says of a setting's type and
  choices is kept, as this one was made by eye;
- 9.0: only what was seen to be new there. What is gone is from the release notes of 9.0.0.

Between two readings that differ nobody knows the release of the change, unless the release notes name it (`since`,
`until`): OTR, WebRTC and the first VoIP went with 8.0 (#37959, #37689), Mobex and Voxtelesys too (#37949); FCM v1
came with 6.8. There a setting is *in doubt*, which `check` says. 6.6 stands for 6.4 and 6.5 as well. Sensitivity
was judged here, because the product's own flag misses keys and marks harmless switches. Ids with `<name>` stand for
families, such as one per custom OAuth service.

How the server reads them (`SettingsRegistry.ts`, `overrideGenerator.ts`, `convertValue.ts` in the same
repository): the variable `OVERWRITE_SETTING_<id>` is applied at every start; `true` and `false` in any case
become booleans whatever the type; `int` is parsed as a whole number, `timespan` too after 8.6 and is text before;
`multiSelect` is parsed as JSON; everything else is taken as it is.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from rocketchat.locales import unknown_language, unknown_zone
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
CLIENT_SECRET: Final = f"{_CUSTOM_OAUTH}[A-Z][a-z0-9]*-secret"
"""Pattern of the settings with the client secret of a custom OAuth service."""
_LAST_LINE_OF_TEXT_TIMESPANS = "8.6"
"""Later code parses them; the release of the change was not found."""
_TELLING: Final = 8
"""So many letters tell a setting by a part of its id."""
_ALIKE: Final = 0.75
"""Ids are long, and share many words: what is less alike is another one."""
_VARIABLES: Final = frozenset(
    {
        *(
            "ADMIN_EMAIL",
            "ADMIN_EMAIL_VERIFIED",
            "ADMIN_NAME",
            "ADMIN_PASS",
            "ADMIN_USERNAME",
            "INITIAL_USER",
        ),
        *("BIND_IP", "DEPLOY_METHOD", "DEPLOY_PLATFORM", "INSTANCE_IP", "NODE_OPTIONS", "PORT", "ROOT_URL"),
        *("EVENT_LOOP_LAG_MS", "HEAP_USAGE_PERCENT", "HTTP_FORWARDED_COUNT", "TCP_PORT", "TRANSPORTER"),
        *("LICENSE_DEBUG", "MAIL_URL", "MONGO_OPLOG_URL", "MONGO_OPTIONS", "MONGO_URL", "REG_TOKEN"),
        *("ROCKETCHAT_LICENSE", "SETTINGS_BLOCKED", "SETTINGS_HIDDEN", "SETTINGS_REQUIRED_ON_WIZARD"),
    }
)
"""Variables that the server reads and that people take for settings (RocketChat/Rocket.Chat, `process.env`)."""
GUESSES: Final = 8
"""Unknown ids for which the nearest one is looked for: each takes a tenth of a second."""
_JSON: Final = frozenset({"Accounts_CustomFields", "Custom_Translations"})
"""Settings whose text is JSON, though their default is empty."""
_KEPT: Final = frozenset({"uniqueID"})
"""Settings that the server keeps itself, beside the read-only ones."""
_GIVEN: Final = frozenset({"Show_Setup_Wizard"})
"""Read-only ones that are meant to be set by their variable (RocketChat/helm-charts does it)."""
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
    """First line that has it, such as `9.0`, where the vendor says so."""
    until: str | None = None
    """Last line that has it, where the vendor says so."""
    hidden: bool = False
    readonly: bool = False
    seen: tuple[str, ...] = ()
    """Readings that have it."""
    unsaid: tuple[str, ...] = ()
    """Readings that cannot tell whether the release has it."""
    was: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Type, choices and modules in the readings in which they were not as above."""

    @property
    def by_environment(self) -> bool:
        """Whether a variable of the container can set it."""
        return self.type not in _NOT_BY_ENVIRONMENT

    @property
    def is_json(self) -> bool:
        """Whether its text is a JSON object, as its default is."""
        text = self.default.strip() if isinstance(self.default, str) else ""
        return self.id in _JSON or (text.startswith("{") and _json(text) is None)

    @property
    def variable(self) -> str:
        """Name of the variable that sets it at every start."""
        return ENVIRONMENT_PREFIX + self.id

    def present(self, line: str) -> bool | None:
        """Return whether the releases of this line have it; None when nobody knows."""
        if self.since is not None and not _at_most(self.since, line):
            return False
        if self.until is not None and not _at_most(line, self.until):
            return False
        before, after = self._beside(line)
        if before is None:
            return None
        had = before in self.seen
        if after is None or had == (after in self.seen):
            return had
        return True if (self.until if had else self.since) is not None else None

    def _beside(self, line: str) -> tuple[str | None, str | None]:
        """Return the readings on both sides of a line that can tell of this setting, or twice the line's own."""
        known = [
            reading
            for reading, kind in readings().items()
            if reading in self.seen or (kind == "whole" and reading not in self.unsaid)
        ]
        if line in known or not known:
            return (line, line) if known else (None, None)
        oldest = next(iter(readings()))
        before = [reading for reading in known if _at_most(reading, line)]
        after = [reading for reading in known if not _at_most(reading, line)]
        if not before and not _at_most(oldest, line):
            before = [oldest] if oldest in known else []
        return (before[-1] if before else None, after[0] if after else None)

    def at(self, line: str) -> tuple["Setting", ...]:
        """Return it as it is in this line: once, or in the two forms between which it changed nobody knows when."""
        beside = [reading for reading in self._beside(line) if reading in self.seen] or self.seen[-1:]
        forms = [replace(self, was={}, **_former(self.was.get(reading))) for reading in beside]
        return tuple(form for index, form in enumerate(forms) if form not in forms[:index]) or (self,)


def _former(facts: Mapping[str, object] | None) -> dict[str, Any]:
    """Return the fields that are otherwise in a former release; nothing for one that is as the newest."""
    return {} if facts is None else {"choices": (), "modules": (), **facts}


@dataclass(frozen=True)
class SettingProblem:
    """One mistake in a list of settings, or one doubt."""

    id: str
    kind: str
    """unknown, type, choice, environment, release, licence, secret, or doubt: nobody knows whether it is one."""
    message: str
    allowed: str | None = None
    nearest: str | None = None
    """The right id or value that is most like what was written."""
    remedy: str | None = None


@cache
def _data() -> Mapping[str, Any]:
    from pathlib import Path  # with difflib below, the only slow imports: for checks alone

    text = (Path(__file__).parent / "data" / "settings.json").read_text(encoding="utf-8")
    read: Mapping[str, Any] = json.loads(text)
    return read


def readings() -> Mapping[str, str]:
    """Return the lines that were read, oldest first, and of each whether it was read `whole` or `partial`ly."""
    lines: Mapping[str, str] = _data()["readings"]
    return lines


@cache
def catalogue() -> Mapping[str, Setting]:
    """Return all settings by id, families under their `<name>` form. Read from the data file once, when
    first asked."""
    settings = {}
    for key, row in _data()["settings"].items():
        facts = _frozen(row)
        facts["seen"] = facts.pop("in", ())
        facts["was"] = {line: _frozen(was) for line, was in facts.get("was", {}).items()}
        settings[key] = Setting(id=key, **facts)
    return MappingProxyType(settings)


def _frozen(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) and name != "default" else value
        for name, value in facts.items()
    }


@cache
def _families() -> tuple[tuple[re.Pattern[str], Setting], ...]:
    found = []
    for key, setting in catalogue().items():
        if "<name>" in key:
            before, after = key.split("<name>")
            name = _FAMILY_NAMES.get(before, _ANY_NAME)
            found.append((re.compile(re.escape(before) + name + re.escape(after)), setting))
    return tuple(found)


@cache
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


@cache
def ids() -> Mapping[str, str]:
    """Return all ids by how they are written in lower case, without families."""
    return MappingProxyType({key.lower(): key for key in catalogue() if "<" not in key})


@cache
def nearest(setting_id: str) -> str | None:
    """Return the known id that is most like this one, or None when none is like it."""
    if setting_id.startswith(_CUSTOM_OAUTH):
        name, dash, field = setting_id.removeprefix(_CUSTOM_OAUTH).partition("-")
        mended = _CUSTOM_OAUTH + re.sub(r"[^A-Za-z0-9]", "", name).capitalize() + dash + field
        if find(mended) is not None:
            return mended
    bare = setting_id.removeprefix(ENVIRONMENT_PREFIX)
    same = ids().get(bare.lower())
    if same is not None:
        return same
    letters = _letters(bare)
    alike = [one for one in ids().values() if len(letters) >= _TELLING and letters in _letters(one)]
    return alike[0] if len(alike) == 1 else _closest(bare, ids().values(), cutoff=_ALIKE)


def _letters(setting_id: str) -> str:
    return re.sub(r"[^a-z0-9]", "", setting_id.lower())


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


def _closest(word: str, words: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    import difflib

    by_lower = {candidate.lower(): candidate for candidate in words}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[found[0]] if found else None


def _problem_of_id(setting_id: str, *, guess: bool) -> SettingProblem:
    if _GONE_THEME.fullmatch(setting_id):
        return SettingProblem(
            setting_id,
            "environment",
            "the settings of theme fonts and colours are gone; the server deletes them at start",
            nearest="theme-custom-css",
            remedy="write CSS into theme-custom-css, with fonts as data: addresses (the CSP allows no other)",
        )
    if setting_id in _VARIABLES:
        return SettingProblem(
            setting_id,
            "unknown",
            "this is a variable of the server and no setting of it; the program writes what the server needs",
            remedy="leave it out",
        )
    return SettingProblem(
        setting_id,
        "unknown",
        "Rocket.Chat has no setting of this id; ids are case-sensitive",
        nearest=nearest(setting_id) if guess else None,
    )


def _problem_of_environment(setting: Setting) -> SettingProblem:
    if setting.type == "asset":
        message = "this is a picture, which is stored in the database and not set by a variable"
        name = setting.id.removeprefix("Assets_")
        remedy = f"name its file in rocketchat:appearance.assets.{name}"
    elif setting.type == "action":
        message = "this is a button of the administration pages, not a value"
        remedy = "leave it out"
    else:
        message = f"its type is {setting.type}, which the server cannot read from a variable"
        remedy = "set it in the administration pages"
    return SettingProblem(setting.id, "environment", message, remedy=remedy)


def absence(setting: Setting, release: Release) -> SettingProblem | None:
    """Return that a release has no such setting, or that nobody knows; None where it has."""
    return next(iter(_problems_of_use(setting, release, licensed=True)), None)


def _problems_of_use(setting: Setting, release: Release, *, licensed: bool) -> Iterable[SettingProblem]:
    present = setting.present(release.line)
    if present is None:
        yield SettingProblem(setting.id, "doubt", _doubt(setting, release))
    elif not present:
        came = next(iter(setting.seen), None) if setting.since is None else setting.since
        early = came is not None and not _at_most(came, release.line)
        when = " yet" if early else " any more" if setting.seen or setting.until else ""
        yield SettingProblem(
            setting.id,
            "release",
            f"Rocket.Chat {release.version} does not have this setting{when}; {_known_in(setting)}",
            remedy="leave it out, or deploy a newer release" if early else "leave it out",
        )
        return
    if licensed:
        return
    forms = setting.at(release.line)
    if setting.modules and any(form.modules for form in forms):
        sure = all(form.modules for form in forms)
        yield SettingProblem(
            setting.id,
            "licence" if sure else "doubt",
            f"this setting {'has' if sure else 'may have'} no effect without a licence "
            f"(module {' or '.join(setting.modules)})",
            remedy="leave it out, or give a licence",
        )
    elif setting.id.startswith(_CUSTOM_OAUTH) and "custom-oauth" in release.licensed_features:
        yield SettingProblem(
            setting.id,
            "licence",
            f"custom OAuth needs a licence from Rocket.Chat 9.0 on; {release.version} is wanted",
            remedy="stay on the 8.9 line, sign in by SAML, or give a licence",
        )


def _known_in(setting: Setting) -> str:
    """Say which lines have it, as far as the readings and the release notes tell."""
    if setting.since is not None:
        return f"it comes with {setting.since}"
    if setting.until is not None:
        return f"its last line is {setting.until}"
    return f"seen in {', '.join(setting.seen) or 'no release that was read'}"


def _doubt(setting: Setting, release: Release) -> str:
    looked = [line for line, kind in readings().items() if kind == "whole" and line not in setting.unsaid]
    lacking = [line for line in looked if line not in setting.seen]
    return (
        f"it is not known whether Rocket.Chat {release.version} has this setting: seen in "
        f"{', '.join(setting.seen) or 'no release that was read'}"
        + (f", missing in {', '.join(lacking)}" if lacking else "")
        + "; a server that lacks it ignores it"
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


def _any(_: str) -> None:
    """Find nothing."""


def _color(text: str) -> str | None:
    if re.fullmatch(r"#(?:[0-9A-Fa-f]{3,4}){1,2}", text):
        return None
    return "this is not a colour; one looks like #1d74f5"


def _json(text: str) -> str | None:
    try:
        json.loads(text)
    except ValueError as error:
        return f"this is not JSON: {error}"
    except RecursionError:
        return "this is not JSON: it is nested too deeply"
    return None


_FORMS: Final[Mapping[str, Callable[[str], str | None]]] = MappingProxyType(
    {"color": _color, "language": unknown_language, "timezone": unknown_zone}
)
"""What is wrong with a text, by the type of its setting."""


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
    if value and (wrong := _FORMS.get(setting.type, _any)(value)):
        return SettingProblem(setting.id, "type", wrong)
    if value.strip() and setting.is_json and (wrong := _json(value)):
        return SettingProblem(setting.id, "type", wrong)
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


def _check_port(setting: Setting, value: object) -> SettingProblem | None:
    if isinstance(value, bool) or not re.fullmatch(r"-?\d+", str(value), re.ASCII):
        return None
    right = len(str(value)) <= 5 and (1 <= int(str(value)) <= 65535 or value == setting.default)
    return None if right else _wrong(setting, value, "a port from 1 to 65535")


def _problem_of_value(setting: Setting, value: object) -> SettingProblem | None:
    if setting.id.lower().endswith("_port") and (found := _check_port(setting, value)) is not None:
        return found
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


def client_secret(service: str) -> str:
    """Return the id of the setting with the client secret of a custom OAuth service."""
    return f"{_CUSTOM_OAUTH}{service.lower().capitalize()}-secret"


def service_of(setting_id: str) -> str | None:
    """Return the custom OAuth service whose client secret this setting is; None for any other."""
    matches = re.fullmatch(CLIENT_SECRET, setting_id) is not None
    return setting_id.removeprefix(_CUSTOM_OAUTH).removesuffix("-secret") if matches else None


_NEEDED: Mapping[str, str] = MappingProxyType(
    {
        **{
            f"Accounts_OAuth_{name}": f"Accounts_OAuth_{name}_secret"
            for name in (
                *("Dolphin", "Drupal", "Facebook", "Github", "GitHub_Enterprise", "Gitlab", "Google"),
                *("Linkedin", "Meteor", "Nextcloud", "Tokenpass", "Twitter", "Wordpress"),
            )
        },
        "CROWD_Enable": "CROWD_APP_PASSWORD",
        "Direct_Reply_Enable": "Direct_Reply_Password",
        "LDAP_Authentication": "LDAP_Authentication_Password",
        "MapView_Enabled": "MapView_GMapsAPIKey",
    }
)
"""Switches of the product, and the sensitive setting without which each does nothing."""


def needed(settings: Mapping[str, object]) -> dict[str, str]:
    """Return the sensitive settings that these plain ones cannot do without, each with the switch that asks for it."""
    return {secret: switch for switch, secret in _NEEDED.items() if settings.get(switch) is True}


def secret_key(setting_id: str) -> str | None:
    """Return the stack's secret (a key of `rocketchat:`) that sets this setting, where there is one."""
    if setting_id.startswith(_CUSTOM_OAUTH) and setting_id.endswith("-secret"):
        return "oidcClientSecret"
    return _SECRET_KEYS.get(setting_id)


@cache
def own_secrets() -> frozenset[str]:
    """Return the ids of the sensitive settings that are given as secrets under their own names.

    All that a variable can set, but those that a part of the stack file makes or has a secret for.
    """
    return frozenset(
        setting.id
        for setting in catalogue().values()
        if setting.sensitive
        and setting.by_environment
        and "<" not in setting.id  # the name of a custom service goes there
        and secret_key(setting.id) is None
        and setting.id not in _MADE_BY
    )


def problem_of_secret(setting: Setting) -> SettingProblem:
    """Return what is wrong with a sensitive setting in clear, and how it is given instead."""
    key, part = secret_key(setting.id), _MADE_BY.get(setting.id)
    if key is not None:
        remedy = f"take it out here, and run: pulumi config set --secret rocketchat:{key}"
    elif part is not None:
        remedy = f"take it out here; the part `{part}` makes it and keeps it secret"
    else:
        remedy = f"take it out here, and run: pulumi config set --secret rocketchat:{setting.id}"
    return SettingProblem(
        setting.id, "secret", "this setting is sensitive and stands here in clear", remedy=remedy
    )


SECRET: Final = object()
"""Stands for the value of a sensitive setting that is given as a secret."""


def check_one(
    setting_id: str, value: object, release: Release, licensed: bool, *, guess: bool = True
) -> list[SettingProblem]:
    """Return what is wrong with one setting; see `check`."""
    setting = find(setting_id)
    if setting is None:
        return [_problem_of_id(setting_id, guess=guess)]
    if not setting.by_environment:
        return [_problem_of_environment(setting)]
    problems = list(_problems_of_use(setting, release, licensed=licensed))
    if any(problem.kind == "release" for problem in problems):
        return problems
    if setting.sensitive:
        # The value is not looked at any further, so that no message can show it.
        return problems if value is SECRET else [*problems, problem_of_secret(setting)]
    if isinstance(value, Mapping) and not isinstance(value.get("lock", False), bool):
        return [*problems, SettingProblem(setting_id, "type", "lock is a switch", allowed="true or false")]
    plain, _ = unlock(value)
    if (setting.readonly and setting.id not in _GIVEN) or setting.id in _KEPT:
        problems.append(
            SettingProblem(
                setting_id,
                "doubt",
                "administrators cannot change this setting, because the server keeps it itself; a variable overwrites "
                "that at every start",
            )
        )
    if setting.type == "timespan" and _at_most(release.line, _LAST_LINE_OF_TEXT_TIMESPANS):
        problems.append(
            SettingProblem(
                setting_id,
                "doubt",
                f"Rocket.Chat {release.version} stores this variable as text, not as a number of milliseconds",
                remedy="set it in the administration pages instead",
            )
        )
    forms = setting.at(release.line)
    wrong = [problem for form in forms if (problem := _problem_of_value(form, plain)) is not None]
    if wrong and len(wrong) < len(forms):
        wrong = [
            replace(
                wrong[0],
                kind="doubt",
                message=f"{wrong[0].message}, unless Rocket.Chat {release.version} takes it already: the release "
                "of the change is not known",
            )
        ]
    return [*problems, *wrong[-1:]]


def check(settings: Mapping[str, object], release: Release, licensed: bool) -> list[SettingProblem]:
    """Return all that is wrong with these settings, in their order; empty when they can be deployed.

    A value stands by itself or as `{"value": …, "lock": true}`. Looked for: unknown ids with the nearest
    right one, wrong types and choices, ids that no variable can set, ids that the release does not have,
    settings that need a licence, and sensitive ones, which may not stand in clear; and what nobody knows of
    this release, as `doubt`, which is no mistake. No message holds the value of a sensitive setting.
    """
    problems: list[SettingProblem] = []
    for setting_id, value in settings.items():
        guess = sum(problem.kind == "unknown" for problem in problems[: 2 * GUESSES]) < GUESSES
        problems += check_one(setting_id, value, release, licensed=licensed, guess=guess)
    return problems
