"""The whole environment of every stack and release, read back as the server itself does."""

from functools import cache
from typing import Any

import pytest
from planning import values_of
from server_boot import Boot, boot, convert

from proving.key_trials import put
from rocketchat import environment as env
from rocketchat import releases
from rocketchat.environment import Environment
from stacks import features, files
from stacks.language import parse
from stacks.problems import InvalidStack
from stacks.secrets import SECRETS
from stacks.spec import Parts

LINES = releases.lines()
_SAML = {"kind": "saml", "entryPoint": "https://idp.example.com/sso", "certificate": "MAMCAQE="}
_OIDC = {"kind": "oidc", "preset": "fusionauth", "url": "https://login.example.com", "clientId": "chat"}
VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "with every way to log in": {
        "login": [_OIDC, _SAML],
        "accounts": {"loginForm": False, "registration": "secret-url", "twoFactor": True, "lock": True},
    },
    "with own push": {"push": {"kind": "own"}},
    "with looks": {"appearance": {"css": "a{b:c}", "homeTitle": "Home"}, "monitoring": {"prometheus": True}},
    "with the gateway": {"push": {"kind": "gateway"}, "media": {"kind": "gridfs", "maxFileMb": 500}},
}


STACKS = files.names()


@cache
def parts_of(stack: str, variant: str) -> Parts:
    """The parts of a stack file with something changed; by construction, as no rule of the release is at issue."""
    values = values_of(stack)
    for part, value in VARIANTS[variant].items():
        values[f"rocketchat:{part}"] = value
    parts = {
        key.removeprefix("rocketchat:"): value
        for key, value in values.items()
        if key.startswith("rocketchat:")
    }
    return Parts.model_validate({key: value for key, value in parts.items() if key not in SECRETS})


def variables_of(parts: Parts, release: releases.Release, without: tuple[str, ...] = ()) -> dict[str, str]:
    """The variables of the main server, as text."""
    licensed = "custom-oauth" in release.licensed_features or parts.runtime.topology == "microservices"
    secrets = set(SECRETS) - {"samlPrivateKey", *without} - (set() if licensed else {"license"})
    if not release.own_google_push:
        secrets -= {"fcmServiceAccount"}
    broker = "nats" if parts.runtime.topology == "microservices" else None
    endpoint = "https://sgp1.digitaloceanspaces.com"
    found: Environment[str] = env.merge(
        features.imagined(parts, release, secrets, endpoint=endpoint, broker=broker).values()
    ).render()
    return {**found.plain, **{name: secret.reveal() for name, secret in found.secret.items()}}


@cache
def booted(stack: str, variant: str, version: str) -> Boot:
    release = releases.find(version)
    return boot(variables_of(parts_of(stack, variant), release), release)


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("line", LINES)
def test_every_variable_is_read_with_the_type_and_choices_of_the_release(line: str, variant: str) -> None:
    for stack in STACKS:
        read = booted(stack, variant, f"{line}.0")
        assert read.ignored == [], (stack, line)
        assert read.wrong == [], (stack, line)


@pytest.mark.slow
@pytest.mark.parametrize("line", LINES)
def test_what_counts_at_the_first_start_only_is_said_again_at_every_start(line: str) -> None:
    for stack in STACKS:
        for variant in VARIANTS:
            read = booted(stack, variant, f"{line}.0")
            said = {key: str(value).lower() for key, value in read.overwritten.items()}
            for key, value in read.first_start.items():
                assert said.get(key) == value.lower(), (stack, variant, key)


@pytest.mark.parametrize("line", LINES)
def test_what_is_locked_is_set(line: str) -> None:
    read = booted("lovia-fargate", "with every way to log in", f"{line}.0")
    assert "Accounts_RegistrationForm" in read.blocked
    assert read.blocked <= read.overwritten.keys()


@pytest.mark.parametrize("line", LINES)
def test_single_sign_on_asks_nobody_for_a_code_by_mail(line: str) -> None:
    said = booted("lovia-fargate", "with every way to log in", f"{line}.0").overwritten
    switch = said.get("Accounts_twoFactorAuthentication_email_available_for_OAuth_users")
    opted_in = said.get("Accounts_TwoFactorAuthentication_By_Email_Auto_Opt_In")
    assert False in (switch, opted_in)
    assert (switch is False) == (tuple(map(int, line.split("."))) >= (7, 0))


@pytest.mark.parametrize("line", LINES)
def test_a_server_without_mail_asks_nobody_for_a_code_by_mail(line: str) -> None:
    opting = "Accounts_TwoFactorAuthentication_By_Email_Auto_Opt_In"
    assert booted("local", "as it is", f"{line}.0").overwritten[opting] is False
    assert booted("local", "with every way to log in", f"{line}.0").overwritten[opting] is False
    assert opting not in booted("family-host", "as it is", f"{line}.0").overwritten


def test_a_renewed_licence_replaces_the_stored_one() -> None:
    read = booted("services-fargate", "as it is", "8.9.0")
    assert read.overwritten["Enterprise_License"] == "license"


@pytest.mark.parametrize(
    ("value", "kind", "line", "stored"),
    [
        ("TRUE", "string", (8, 9), True),
        ("10", "int", (6, 4), 10),
        ("10", "timespan", (8, 6), "10"),
        ("10", "timespan", (8, 9), 10),
        ('["a"]', "multiSelect", (8, 9), ["a"]),
        ("10", "string", (8, 9), "10"),
    ],
)
def test_the_reader_converts_as_the_server_does(
    value: str, kind: str, line: tuple[int, ...], stored: object
) -> None:
    assert convert(value, kind, line) == stored


def test_the_reader_tells_what_the_server_would_not_take() -> None:
    read = boot(
        {
            "OVERWRITE_SETTING_Nonsense": "1",
            "OVERWRITE_SETTING_FileUpload_MaxFileSize": "10 MB",
            "OVERWRITE_SETTING_Accounts_RegistrationForm": "Closed",
            "OVERWRITE_SETTING_Layout_Home_Title": "True",
            "OVERWRITE_SETTING_Accounts_OAuth_Custom-Absent-url": "https://x.example",
            "OVERWRITE_SETTING_MCP_Enabled": "true",
            "Accounts_OAuth_Custom_Absent_url": "https://x.example",
            "Log_Level": "1",
        },
        releases.find("8.9.0"),
    )
    assert read.ignored == [
        "OVERWRITE_SETTING_Nonsense",
        "OVERWRITE_SETTING_Accounts_OAuth_Custom-Absent-url",
        "OVERWRITE_SETTING_MCP_Enabled",
        "Accounts_OAuth_Custom_Absent_url",
    ]
    assert read.wrong == [
        "OVERWRITE_SETTING_FileUpload_MaxFileSize",
        "OVERWRITE_SETTING_Accounts_RegistrationForm",
        "OVERWRITE_SETTING_Layout_Home_Title",
    ]
    assert read.first_start == {"Log_Level": "1"}


def test_settings_of_a_stack_file_are_read_back_as_they_were_written() -> None:
    wanted = {
        "Hide_System_Messages": ["uj", "ul"],
        "Message_AllowEditing_BlockEditInMinutes": {"value": 10, "lock": True},
        "Enable_CSP": True,
        "Log_Level": "1",
        "RetentionPolicy_TTL_Channels": 86400000,
    }
    values = {**values_of("family-host"), "rocketchat:settings": wanted}
    spec = parse(values, set(files.read("family-host").secure), source="a test")
    read = boot(variables_of(spec.parts, spec.release), spec.release)
    for key, value in wanted.items():
        plain = value["value"] if isinstance(value, dict) else value
        assert read.overwritten[key] == plain
    assert read.blocked == {"Message_AllowEditing_BlockEditInMinutes", "Site_Url"}


def test_a_stack_whose_settings_the_release_has_not_is_refused_or_warned_of() -> None:
    values = {**values_of("family-host"), "rocketchat:settings": {"MCP_Enabled": True}}
    with pytest.raises(InvalidStack, match="MCP_Enabled"):
        parse(values, set(files.read("family-host").secure), source="a test")


_LDAP_SYNC = {
    "kind": "ldap",
    "host": "ldap.example.com",
    "baseDn": "DC=example,DC=com",
    "sync": {"disableMissingUsers": True},
}


@pytest.mark.parametrize(
    ("key", "value", "told", "lacking", "doubtful", "having"),
    [
        (
            ("chat", "federation"),
            {"domain": "example.com", "allow": ["matrix.org"]},
            "chat.federation",
            "7.0.0",
            "8.1.0",
            "8.9.0",
        ),
        (
            ("login",),
            {**_SAML, "signatureAlgorithm": "SHA256"},
            "login.signatureAlgorithm",
            "6.6.0",
            "7.5.0",
            "8.3.0",
        ),
        (("login",), _LDAP_SYNC, "login.sync.disableMissingUsers", "6.4.0", "6.9.0", "7.0.0"),
        (("chat", "retention"), {"channelsDays": 30, "directDays": 7}, "", "", "", "6.4.0"),
    ],
)
def test_a_key_whose_settings_the_release_has_not_is_refused_or_warned_of(
    key: tuple[str, ...], value: Any, told: str, lacking: str, doubtful: str, having: str
) -> None:
    secrets = {"rocketchat:license", "rocketchat:mongodbUri", "rocketchat:smtpPassword"}
    for version in filter(None, (lacking, doubtful, having)):
        values = values_of("services-helm")
        values["rocketchat:chat"]["release"] = version
        values["rocketchat:database"]["version"] = releases.find(version).mongodb[-1]
        put(values, (f"rocketchat:{key[0]}", *key[1:]), value)
        doubts: list[str] = []
        wrong: list[str] = []
        try:
            checks = parse(values, secrets, source="any").checks
        except InvalidStack as error:
            wrong = [one.path for one in error.problems]
        else:
            warned = [one for check in checks for one in check.warnings]
            doubts = [one.partition(":")[0] for one in warned if "it is not known whether" in one]
        assert wrong == ([f"rocketchat:{told}"] if version == lacking else []), version
        assert doubts == ([told] if version == doubtful else []), version
