"""What the plan, the guide and the outputs say of login, push and administrator is true for the stack at hand."""

from itertools import product
from typing import Any

import pytest
from combining import NO_DNS, Choice, possible, refusals, sampled, secure_for, values_for
from planning import planned, values_of

from rehearsal.plan import Plan
from stacks import files, said
from stacks.guide import next_steps
from stacks.kinds.mail.smtp import SmtpMail
from stacks.language import ChatSpec, parse
from stacks.problems import InvalidStack, Problem

PREFIX = "OVERWRITE_SETTING_"
OIDC = {
    "kind": "oidc",
    "preset": "fusionauth",
    "url": "https://login.example.com",
    "clientId": "chat",
}
SAML = {"kind": "saml", "entryPoint": "https://idp.example.com/sso", "certificate": "MAMCAQE="}
BASE: Choice = {"runtime": "fargate", "database": "atlas", "media": "gridfs", "dns": "cloudflare"}
SECURE = {"rocketchat:oidcClientSecret", "rocketchat:mongodbUri"}


def values(
    choice: Choice = BASE, release: str = "8.9.0", chat: dict[str, Any] | None = None, **parts: Any
) -> Any:
    made = values_for(choice, release=release, **(chat or {}))
    for part, value in parts.items():
        made[f"rocketchat:{part}"] = value
    return made


def spec_of(made: Any, secure: set[str] | None = None) -> ChatSpec:
    return parse(made, secure_for(made) | (secure or set()), source="a test")


def warnings(spec: ChatSpec) -> str:
    return "\n".join(warning for check in spec.checks for warning in check.warnings)


def problem(made: Any, path: str, secure: set[str] | None = None) -> Problem:
    (found,) = [one for one in refusals(made, secure_for(made) | (secure or set())) if one.path == path]
    return found


def plan_of(made: Any, secure: set[str] | None = None) -> Plan:
    return planned(made, secure_for(made) | (secure or set()))


def settings_of(spec: ChatSpec) -> dict[str, str]:
    """The main server's plain settings."""
    from test_server_boot import variables_of

    return {
        name.removeprefix(PREFIX): value
        for name, value in variables_of(spec.parts, spec.release).items()
        if name.startswith(PREFIX)
    }


# --- login and administrator


@pytest.mark.parametrize("way", [OIDC, SAML], ids=["oidc", "saml"])
def test_the_form_stays_until_an_administrator_is_known_and_goes_then(way: Any) -> None:
    hidden = {"accounts": {"loginForm": False}, "login": way}
    nobody = spec_of(values(**hidden))
    assert settings_of(nobody)["Accounts_ShowFormLogin"] == "true"
    assert "chat.administrator.email" in warnings(nobody)
    # Both remedies that the warning names.
    for remedy in ({"administrator": {"email": "me@example.com"}}, {"upgradeFrom": "8.8.0"}):
        mended = spec_of(values(chat=remedy, **hidden))
        assert settings_of(mended)["Accounts_ShowFormLogin"] == "false"
        assert "stays on" not in warnings(mended)
        assert "`loginForm: true`" in warnings(mended)


def test_the_administrator_s_address_is_one_that_somebody_named_and_that_nobody_else_may_have() -> None:
    spec = spec_of(values(chat={"administrator": {"email": "me@example.com"}}, login=OIDC))
    assert "whoever signs in with the address me@example.com is the administrator" in warnings(spec)
    from test_server_boot import variables_of

    assert variables_of(spec.parts, spec.release)["ADMIN_EMAIL"] == "me@example.com"
    unnamed = spec_of(values())
    assert "ADMIN_EMAIL" not in variables_of(unnamed.parts, unnamed.release)


@pytest.mark.slow
@pytest.mark.parametrize("database", ["uri", "atlas-existing"])
def test_an_existing_database_has_the_output_only_when_it_is_said_to_begin_empty(database: str) -> None:
    choice = {**BASE, "database": database}
    made = values(choice)
    assert {"adminPassword", "adminUsername"} & plan_of(made).outputs.keys() == set()
    assert "`database.empty: true`" in warnings(spec_of(made))
    assert "`chat.upgradeFrom`" in warnings(spec_of(made))
    made["rocketchat:database"]["empty"] = True
    assert {"adminPassword", "adminUsername"} <= plan_of(made).outputs.keys()
    assert "without users" not in warnings(spec_of(made))
    upgraded = values(choice, chat={"upgradeFrom": "8.8.0"})
    assert "adminPassword" not in plan_of(upgraded).outputs
    assert "without users" not in warnings(spec_of(upgraded))


def test_single_sign_on_without_mail_is_told() -> None:
    assert "single sign-on without mail" in warnings(spec_of(values(login=OIDC)))
    mail = {"kind": "smtp", "host": "smtp.example.com", "from": "chat@example.com"}
    assert "single sign-on without mail" not in warnings(spec_of(values(login=OIDC, mail=mail)))
    assert "single sign-on" not in warnings(spec_of(values()))


def test_saml_with_two_factor_authentication_is_told_with_the_key_that_ends_it() -> None:
    assert "accounts.twoFactor: false" in warnings(spec_of(values(login=SAML)))
    assert "SAML" not in warnings(spec_of(values(login=SAML, accounts={"twoFactor": False})))
    assert "SAML" not in warnings(spec_of(values(login=OIDC)))


def test_taking_an_account_by_its_name_is_told() -> None:
    by_name = {**OIDC, "keyField": "username"}
    assert "keyField: username" in warnings(spec_of(values(login=by_name)))
    assert "keyField" not in warnings(spec_of(values(login={**by_name, "mergeUsers": False})))
    assert "keyField" not in warnings(spec_of(values(login=OIDC)))


@pytest.mark.parametrize("signed", ["either", "response", "assertion", "all"])
def test_the_signature_of_saml_is_a_key(signed: str) -> None:
    written = settings_of(spec_of(values(login={**SAML, "signed": signed})))
    assert written["SAML_Custom_Default_signature_validation_type"] == signed.capitalize()


@pytest.mark.parametrize("sender", ["chat@example.com", "Lovia <chat@example.com>"])
def test_a_sender_s_name_does_not_reach_the_server_and_that_is_told(sender: str) -> None:
    spec = spec_of(values(mail={"kind": "smtp", "host": "smtp.example.com", "from": sender}))
    assert settings_of(spec)["From_Email"] == "chat@example.com"
    assert ("the name in mail.from is left out" in warnings(spec)) == ("Lovia" in sender)


@pytest.mark.parametrize(
    ("host", "port", "warned"),
    [
        ("smtp.example.com", 2587, True),
        ("smtp.example.com", 2525, False),
        ("email-smtp.eu-central-1.amazonaws.com", 2587, False),
    ],
)
def test_the_further_port_of_ses_is_told_for_another_relay(host: str, port: int, warned: bool) -> None:
    spec = spec_of(values(mail={"kind": "smtp", "host": host, "port": port, "from": "chat@example.com"}))
    assert ("is one of Amazon SES" in warnings(spec)) is warned
    answers = {"runtime.kind": "droplet", "mail.host": host}
    default = SmtpMail.asks["port"].default
    assert callable(default)
    assert default(answers) == ("2587" if host.startswith("email-smtp") else "2525")


# --- push, releases


def test_push_waits_for_a_registration_and_the_plan_and_the_guide_say_so() -> None:
    made = values(push={"kind": "gateway"})
    waiting = spec_of(made)
    assert "push waits" in warnings(waiting)
    assert "rocketchat:registrationToken" in warnings(waiting)
    assert "Register the workspace" in "\n".join(next_steps(waiting, "chat", {}))
    registered = spec_of(made, {"rocketchat:registrationToken"})
    assert "push waits" not in warnings(registered)
    steps = "\n".join(next_steps(registered, "chat", {}))
    assert "Register the workspace" not in steps
    assert "rocketchat:registrationToken" not in steps, "it is set"
    lacking = next_steps(registered, "chat", {}, {"rocketchat:registrationToken"})
    assert "pulumi config set --secret rocketchat:registrationToken --stack chat" in "\n".join(lacking)


def test_own_push_before_fcm_v1_is_refused_with_the_release_that_has_it() -> None:
    made = values({**BASE, "database": "uri"}, "6.7.0", push={"kind": "own"})
    made["rocketchat:database"]["version"] = "6.0"
    found = problem(made, "rocketchat:push.kind")
    assert found.remedy == "deploy 6.8.0 or newer"
    made["rocketchat:chat"]["release"] = "6.8.0"
    assert not [one for one in refusals(made, secure_for(made)) if one.path == "rocketchat:push.kind"]


def test_a_line_deploys_its_newest_patch_and_an_older_patch_is_told_of_it() -> None:
    line = spec_of(values(release="8.5"))
    assert (line.release.version, line.parts.chat.release) == ("8.5.5", "8.5.5")
    assert "closes holes" not in warnings(line)
    older = spec_of(values(release="8.5.1"))
    assert older.release.version == "8.5.1"
    assert "8.5.5 closes holes" in warnings(older)
    assert '"8.5"' in warnings(older)


def test_a_line_without_a_known_patch_is_refused_with_those_that_have_one() -> None:
    found = problem(values(release="8.7"), "rocketchat:chat.release")
    assert found.allowed is not None
    assert "8.5, 8.6, 8.8, 8.9, 9.0" in found.allowed


def test_the_returning_wizard_is_told_with_what_to_do() -> None:
    old = spec_of(values(release="8.5.5"))
    assert "setup wizard" in warnings(old)
    assert "start the server once more" in "\n".join(next_steps(old, "chat", {}))
    assert "setup wizard" not in warnings(spec_of(values()))


def test_a_setting_that_nobody_knows_to_be_there_is_a_warning_and_no_note() -> None:
    spec = spec_of(values(release="8.5.5", settings={"AutoTranslate_ServiceProvider": "libre-translate"}))
    assert "settings.AutoTranslate_ServiceProvider" in warnings(spec)


# --- the largest upload


def test_one_key_sets_the_largest_upload() -> None:
    assert settings_of(spec_of(values()))["FileUpload_MaxFileSize"] == str(100 * 1024 * 1024)
    made = values(media={"kind": "gridfs", "maxFileMb": 500})
    assert settings_of(spec_of(made))["FileUpload_MaxFileSize"] == str(500 * 1024 * 1024)


def test_the_setting_is_refused_with_the_key_that_says_it() -> None:
    found = problem(
        values(settings={"FileUpload_MaxFileSize": 524288000}), "rocketchat:settings.FileUpload_MaxFileSize"
    )
    assert found.remedy is not None
    assert "rocketchat:media.maxFileMb" in found.remedy


def test_an_upload_that_cloudflare_s_proxy_cuts_is_refused_and_each_remedy_helps() -> None:
    proxied = {"kind": "cloudflare", "zone": "example.com", "proxied": True}
    made = values(dns=proxied, media={"kind": "gridfs", "maxFileMb": 100})
    found = problem(made, "rocketchat:media.maxFileMb")
    assert found.allowed == "1 to 95"
    for dns, largest in (
        (proxied, 95),
        ({**proxied, "plan": "business"}, 100),
        ({**proxied, "proxied": False}, 100),
    ):
        assert not refusals(values(dns=dns, media={"kind": "gridfs", "maxFileMb": largest}), set())
    unsaid = spec_of(values(dns=proxied))
    assert settings_of(unsaid)["FileUpload_MaxFileSize"] == str(95 * 1024 * 1024)
    assert "95 MB" in warnings(unsaid)


def test_a_controller_is_told_of_the_largest_request_or_it_is_said_that_it_is_not() -> None:
    choice = {**BASE, "runtime": "kubernetes", "dns": NO_DNS}
    made = values(choice, media={"kind": "gridfs", "maxFileMb": 500})
    made["rocketchat:runtime"]["ingress"]["name"] = "nginx"
    text = repr([resource.inputs for resource in plan_of(made).resources])
    assert "'nginx.ingress.kubernetes.io/proxy-body-size': '550m'" in text
    made["rocketchat:runtime"]["ingress"]["name"] = "haproxy"
    assert "haproxy must let requests of 550 MB pass" in warnings(spec_of(made))
    made["rocketchat:runtime"]["ingress"]["name"] = "traefik"
    assert "must let requests" not in warnings(spec_of(made))


# --- remedies and steps


@pytest.mark.parametrize("stack", files.names())
def test_a_setting_that_a_part_sets_is_refused_with_a_key_that_exists(stack: str) -> None:
    import re

    from stacks.schema import schema

    spec = parse(values_of(stack), set(files.read(stack).secure), source="a test")
    known = repr(schema())
    for setting_id in settings_of(spec):
        key = said.key_of(setting_id)
        if key is not None:
            assert re.search(rf"'{key.partition('.')[2]}'", known), (setting_id, key)


def _steps(made: Any, secure: set[str]) -> tuple[ChatSpec, Plan, str]:
    spec, plan = spec_of(made, secure), plan_of(made, secure)
    return spec, plan, "\n".join(next_steps(spec, "chat", plan.outputs))


def test_what_is_done_after_the_deployment_stands_behind_it_and_the_way_in_is_opened_first() -> None:
    chat = spec_of({**values_of("local"), "rocketchat:monitoring": {}})
    forward = "kubectl --namespace rocketchat port-forward service/chat 3000:80"
    steps = next_steps(chat, "local", {"url": "http://localhost:3000", "portForward": forward})
    [opened] = [number for number, step in enumerate(steps) if step.endswith(forward)]
    assert "rocketchat up local" in steps[opened - 1]
    assert steps[opened + 1].startswith("Sign in at http://localhost:3000")
    watched = spec_of(values(monitoring={"alarmEmails": ["ops@example.com"]}))
    steps = next_steps(watched, "chat", {})
    [confirmed] = [number for number, step in enumerate(steps) if step.startswith("Confirm the messages")]
    assert confirmed > next(number for number, step in enumerate(steps) if step.startswith("See what would"))


SAMPLE = sampled(list(possible()))[:6]
LOGINS: dict[str, dict[str, Any]] = {
    "by password": {},
    "by single sign-on": {"login": OIDC, "accounts": {"loginForm": False}},
    "by single sign-on of one who is named": {"login": SAML, "accounts": {"loginForm": False}},
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("choice", "way"),
    list(product(SAMPLE, LOGINS)),
    ids=lambda given: "-".join(given.values()) if isinstance(given, dict) else given,
)
def test_the_guide_names_a_way_in_that_works_on_the_first_day(choice: Choice, way: str) -> None:
    chat = {"administrator": {"email": "me@example.com"}} if "named" in way else {}
    made = values(choice, chat=chat, **LOGINS[way])
    spec, plan, steps = _steps(made, SECURE if "login" in LOGINS[way] else set())
    shown = settings_of(spec).get("Accounts_ShowFormLogin", "true") == "true"
    assert ("with this password:\npulumi stack output adminPassword" in steps) == (
        shown and "adminPassword" in plan.outputs
    )
    assert ("by single sign-on as me@example.com" in steps) == (not shown and "adminPassword" in plan.outputs)
    assert "None" not in steps


def test_a_missing_namespace_is_answered_with_the_whole_key() -> None:
    with pytest.raises(InvalidStack) as refusal:
        parse({"chat": {"host": "chat.example.com"}}, set(), source="a test")
    (found,) = [one for one in refusal.value.problems if one.path == "chat"]
    assert found.nearest is None
    assert found.remedy == "write `rocketchat:chat`"
