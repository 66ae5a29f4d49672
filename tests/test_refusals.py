"""What components and the product refuse is refused by the check: once, at the key, with what mends it."""

from typing import Any

import pytest
from combining import refusals, values_for
from planning import Values, planned, values_of

from components.edge.certificate import LONGEST_NAME
from components.mail import smtp
from rocketchat import environment, safety
from stacks import features, files
from stacks.language import parse
from stacks.problems import Problem

OIDC = {"kind": "oidc", "url": "https://login.example.com", "clientId": "x", "preset": "fusionauth"}
KEYCLOAK = {**OIDC, "preset": "keycloak", "realm": "staff"}
SAML = {"kind": "saml", "entryPoint": "https://login.example.com/sso", "certificate": "MAMCAQM="}
CLIENT = "rocketchat:oidcClientSecret"
LONG = f"{'a' * 40}.{'b' * 20}.example.com"


def values(**parts: Any) -> Values:
    made = values_for({"runtime": "fargate", "database": "uri", "media": "gridfs", "dns": "cloudflare"})
    for name, value in parts.items():
        made[f"rocketchat:{name}"] = {**made[f"rocketchat:{name}"], **value} if name == "chat" else value
    return made


def told(secrets: tuple[str, ...] = (), **parts: Any) -> tuple[Problem, ...]:
    return refusals(values(**parts), {"rocketchat:mongodbUri", CLIENT, *secrets})


def mail(**keys: Any) -> dict[str, Any]:
    return {"kind": "smtp", "host": "smtp.example.com", "from": "chat@example.com", **keys}


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ({"login": {**OIDC, "realm": "staff"}}, "login.realm"),
        ({"login": {**KEYCLOAK, "url": "https://login.example.com/realms/a"}}, "login.realm"),
        ({"login": {**OIDC, "preset": "keycloak"}}, "login.realm"),
        ({"login": [OIDC, KEYCLOAK]}, "Accounts_OAuth_Custom-Keycloak-secret"),
        ({"login": {**SAML, "ownCertificate": "MAMCAQI="}}, "samlPrivateKey"),
        ({"settings": {"Accounts_OAuth_Github": True}}, "Accounts_OAuth_Github_secret"),
        (
            {"settings": {"LDAP_Authentication": {"value": True, "lock": True}}},
            "LDAP_Authentication_Password",
        ),
        ({"login": [KEYCLOAK, {**KEYCLOAK, "name": "keycloak"}]}, "login[1].name"),
        ({"login": [SAML, {**SAML, "name": "other"}]}, "login[1]"),
        ({"login": {**OIDC, "mergeRoles": True}}, "login"),
        ({"login": {**SAML, "certificate": "no certificate!"}}, "login.certificate"),
        ({"login": {**SAML, "certificate": "-----BEGIN PRIVATE KEY-----\nAAAA"}}, "login.certificate"),
        ({"login": {**SAML, "certificate": "MIIDdzCCAl+gAwIBAgIE"}}, "login.certificate"),
        ({"login": {**SAML, "ownCertificate": "abc"}}, "login.ownCertificate"),
        (
            {"chat": {"administrator": {"email": "a@example.com", "username": "Admin"}}},
            "chat.administrator.username",
        ),
        (
            {"chat": {"administrator": {"email": "a@example.com", "username": "rocket.cat"}}},
            "chat.administrator.username",
        ),
        ({"mail": mail(domain="example.org")}, "mail.from"),
        ({"mail": mail(port=465)}, "mail.encryption"),
        ({"mail": mail(encryption="tls")}, "mail.encryption"),
        ({"mail": mail(host="203.0.113.7")}, "mail.host"),
        ({"chat": {"host": LONG}}, "chat.host"),
        (
            {
                "push": {"kind": "own"},
                "chat": {"release": "6.7.0"},
                "database": {"kind": "uri", "version": "6.0"},
            },
            "push.kind",
        ),
        ({"settings": {"Show_Setup_Wizard": "pending"}}, "settings.Show_Setup_Wizard"),
        ({"chat": {"retention": {"filesOnly": True}}}, "chat.retention"),
        ({"settings": {"VoIP_TeamCollab_Enabled": True}}, "settings.VoIP_TeamCollab_Enabled"),
    ],
)
def test_a_mistake_is_told_once_and_at_its_key(parts: dict[str, Any], path: str) -> None:
    found = told(("rocketchat:fcmServiceAccount",), **parts)
    assert [problem.path for problem in found] == [f"rocketchat:{path}"], found


@pytest.mark.parametrize(
    "value",
    [
        {"secret": "x"},
        {"value": "x", "locked": True},
        {"value": "x", "lock": "true"},
        {"value": {"a": "b"}},
        {},
        [1, 2],
        ["a", ["b"]],
        {"value": [True]},
    ],
)
def test_a_setting_of_no_form_is_one_mistake(value: object) -> None:
    found = told(settings={"Log_Level": value})
    assert [problem.path for problem in found] == ["rocketchat:settings.Log_Level"]
    assert "must be true or false" not in found[0].message or "lock" in found[0].message


def test_what_a_component_refuses_and_no_rule_foresees_is_told_of_its_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ValueError("it cannot be")

    monkeypatch.setattr(environment, "mail", refuse)
    assert [str(problem) for problem in told(mail=mail())] == ["rocketchat:mail: it cannot be"]
    # With a mistake that says more of the same part it is not told again.
    assert [problem.path for problem in told(mail=mail(port=465))] == ["rocketchat:mail.encryption"]


def test_logins_of_two_presets_have_names_of_their_own() -> None:
    further = "rocketchat:Accounts_OAuth_Custom-Keycloak-secret"
    assert not told((further,), login=[OIDC, KEYCLOAK])


def test_a_second_login_has_a_secret_of_its_own() -> None:
    further = "rocketchat:Accounts_OAuth_Custom-Keycloak-secret"
    [problem] = told(login=[OIDC, KEYCLOAK])
    assert problem.unset
    assert problem.remedy == f"pulumi config set --secret {further}"
    secure = {"rocketchat:mongodbUri", CLIENT, further}
    spec = parse(values(login=[OIDC, KEYCLOAK]), secure, source="a test")
    carried = features.imagined(spec.parts, spec.release, {key.partition(":")[2] for key in secure})[
        "login"
    ].secret
    prefix = "OVERWRITE_SETTING_Accounts_OAuth_Custom"
    assert carried[f"{prefix}-Fusionauth-secret"].reveal() == CLIENT.partition(":")[2]
    assert carried[f"{prefix}-Keycloak-secret"].reveal() == further.partition(":")[2]
    plan = planned(values(login=[OIDC, KEYCLOAK]), secure)
    assert plan.outputs["oidcRedirectUri"] != plan.outputs["oidcRedirectUriKeycloak"]


def test_a_private_key_of_saml_without_its_certificate_is_refused() -> None:
    key = "rocketchat:samlPrivateKey"
    assert [problem.path for problem in told((key,), login=SAML)] == ["rocketchat:login.ownCertificate"]
    assert not told((key,), login={**SAML, "ownCertificate": "MAMCAQI="})


def test_a_secret_that_nothing_reads_is_told_of() -> None:
    unread = {
        "rocketchat:Accounts_OAuth_Custom-Keycloak-secret",
        "digitalocean:token",
        "mongodbatlas:publicKey",
    }
    secure = {"rocketchat:mongodbUri", "cloudflare:apiToken", CLIENT, *unread}
    spec = parse(values(login=OIDC), secure, source="a test")
    warnings = {warning for check in spec.checks for warning in check.warnings if "nothing in" in warning}
    assert warnings == {f"nothing in this stack reads the secret {key}" for key in unread}


def test_secrets_of_apple_that_are_missing_are_asked_for_and_stood_in_for() -> None:
    given = ("rocketchat:fcmServiceAccount", "rocketchat:apnKey")
    found = told(given, push={"kind": "own"})
    assert {problem.path for problem in found} == {"rocketchat:apnCertificate", "rocketchat:apnPassphrase"}
    assert all(problem.unset for problem in found)
    assert not told((*given, *(problem.path for problem in found)), push={"kind": "own"})


@pytest.mark.parametrize(("port", "encryption"), smtp.ENCRYPTIONS.items())
def test_a_usual_port_of_mail_is_encrypted_as_usual(port: int, encryption: str) -> None:
    assert not told(mail=mail(port=port, encryption=encryption))
    assert told(mail=mail(port=port, encryption="tls" if encryption == "starttls" else "starttls"))


def test_a_name_as_long_as_a_certificate_takes_is_right() -> None:
    host = f"{'a' * 40}.{'b' * (LONGEST_NAME - 53)}.example.com"
    assert len(host) == LONGEST_NAME
    assert not told(chat={"host": host})


@pytest.mark.parametrize("name", sorted(safety.BLOCKED_NAMES))
def test_a_blocked_name_is_refused_by_rule_and_component(name: str) -> None:
    assert told(chat={"administrator": {"email": "a@example.com", "username": name}})
    with pytest.raises(ValueError, match="refuses the user name"):
        environment.administrator(name, "A", None, environment.Secret("x"))


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ({"Accounts_OAuth_Github": True}, False),
        ({"Accounts_OAuth_Custom-Acme": True}, False),
        ({"SAML_Custom_Default": True}, False),
        ({"Accounts_OAuth_Github": {"value": True, "lock": True}}, False),
        ({"Accounts_OAuth_Github": False}, None),
        ({"Accounts_OAuth_Use_Modern_Flow": True}, None),
        ({"Accounts_OAuth_Gitlab_merge_users": True}, None),
        (
            {
                "Accounts_OAuth_Github": True,
                "Accounts_twoFactorAuthentication_email_available_for_OAuth_users": True,
            },
            True,
        ),
    ],
)
def test_a_login_among_the_settings_asks_for_no_code_by_mail_unless_that_is_said(
    settings: dict[str, Any], codes: bool | None
) -> None:
    secure = {"rocketchat:mongodbUri", "rocketchat:Accounts_OAuth_Github_secret"}
    spec = parse(values(settings=settings), secure, source="a test")
    merged = environment.merge(features.imagined(spec.parts, spec.release, ()).values())
    switch = "OVERWRITE_SETTING_Accounts_twoFactorAuthentication_email_available_for_OAuth_users"
    assert merged.plain.get(switch) == (None if codes is None else str(codes).lower())


@pytest.mark.parametrize("profile", ["trial", "production"])
def test_a_dmarc_record_that_refuses_nothing_is_refused_by_its_key(profile: str) -> None:
    values = values_of("lovia-fargate")
    values["rocketchat:chat"]["profile"] = profile
    values["rocketchat:mail"]["dmarcPolicy"] = "none"
    found = refusals(values, set(files.read("lovia-fargate").secure))
    assert [problem.path for problem in found] == ["rocketchat:mail.dmarcPolicy"]
