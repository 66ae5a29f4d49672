"""Features as variables of the container: right ids, right values, plain and secret kept apart."""

import copy
import json
import pickle
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocketchat import appearance, login, oidc_presets, releases, services
from rocketchat import environment as env
from rocketchat import settings as catalogue
from rocketchat.environment import Environment, Secret
from rocketchat.releases import RECOMMENDED, find

CANARY = "canary-5d3f"
KEY: Secret[str] = Secret(CANARY)
PREFIX = "OVERWRITE_SETTING_"
WOFF2 = b"wOF2" + bytes(range(256))


class Opaque:
    """Stands for a promise of a value: whoever looks into it fails."""

    def __refuse(self, *_: Any) -> NoReturn:
        raise AssertionError("an opaque value was looked into")

    __str__ = __repr__ = __format__ = __bool__ = __eq__ = __len__ = __iter__ = __contains__ = __refuse
    __hash__ = None  # type: ignore[assignment]


OPAQUE = Opaque()
HIDDEN = Secret(OPAQUE)


def every_feature(text: Any, key: Secret[Any]) -> Iterator[tuple[str, Environment[Any]]]:
    """Every feature with all that it can set; `text` and `key` stand for values that are not known yet."""
    yield (
        "core",
        env.core(
            RECOMMENDED, "https://chat.example.com", 2, platform="fargate", site_name="A", language="en"
        ),
    )
    yield "database", env.database(key)
    yield "instances", env.instances(find("6.4.0"), services.MICROSERVICES, text)
    yield "microservice", env.microservice(key, text, metrics=True)
    yield "licence", env.licence(key)
    yield "administrator", env.administrator("rocket.boss", "The Boss", "boss@example.com", key)
    yield (
        "wizard",
        env.setup_wizard(key),
    )
    yield (
        "mail",
        env.mail(text, 587, "Lovia <chat@lovia.life>", username=text, password=key, domain="lovia.life"),
    )
    yield (
        "mail by secret name",
        env.mail(text, 465, "chat@lovia.life", username=key, password=key, protocol="smtps"),
    )
    yield "s3 by role", env.media_s3(RECOMMENDED, text, text)
    yield (
        "s3 by key",
        env.media_s3(
            RECOMMENDED,
            text,
            text,
            endpoint=text,
            access_key_id=key,
            secret_access_key=key,
            path_style=True,
            through_server=True,
        ),
    )
    yield "gridfs", env.media_gridfs()
    yield "filesystem", env.media_filesystem()
    yield "file protection", env.file_protection(key, most_bytes=1000)
    everything = {
        field.name: True for field in fields(env.OidcOptions) if field.type in (bool | None, "bool | None")
    }
    texts = {field.name: "header" for field in fields(env.OidcOptions) if field.name not in everything}
    texts |= {"login_style": "redirect", "key_field": "email"}
    texts["groups_channel_map"] = '{"ops": "operations"}'
    options = env.OidcOptions(**everything, **texts)  # type: ignore[arg-type]
    for preset in oidc_presets.OIDC_PRESETS:
        realm = "lovia" if preset == oidc_presets.KEYCLOAK else None
        yield (
            f"oidc {preset}",
            env.oidc(
                RECOMMENDED,
                "FusionAuth",
                "https://login.lovia.life",
                text,
                key,
                preset=preset,
                realm=realm,
                options=options,
                licensed=True,
            ),
        )
    for preset in login.SAML_PRESETS:
        yield (
            f"saml {preset}",
            env.saml(
                "https://chat.example.com",
                "google",
                text,
                text,
                preset=preset,
                logout=text,
                private_key=key,
                public_certificate=text,
            ),
        )
    switches = dict.fromkeys(
        (
            "login_form",
            "profile_change",
            "username_change",
            "name_change",
            "email_change",
            "password_change",
            "avatar_change",
            "status_change",
            "delete_own",
            "two_factor",
        ),
        False,
    )
    yield (
        "accounts",
        env.accounts(registration="secret-url", secret_url=key, single_sign_on=True, lock=True, **switches),
    )
    yield "gateway", env.push_gateway()
    yield (
        "own push",
        env.push_own(
            RECOMMENDED, google_credentials=key, apple_key=key, apple_certificate=key, apple_passphrase=key
        ),
    )
    yield "no push", env.push_none()
    yield (
        "appearance",
        env.appearance(
            "body{color:red}",
            [env.Font("Baloo 2", WOFF2, use="headings")],
            home_title="Hi",
            home_body="<p>Hi</p>",
            terms_of_service="t",
            privacy_policy="p",
            legal_notice="l",
            login_terms="g",
        ),
    )
    yield "bugsnag", env.bugsnag(key)
    yield "prometheus", env.prometheus()


FEATURES = dict(every_feature("header", KEY))


def text_of(value: Any) -> str:
    assert isinstance(value, str)
    return value


def read_back(setting: catalogue.Setting, text: str) -> object:
    """Read a variable as the server does."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if setting.type in ("int", "timespan"):
        return int(text)
    return json.loads(text) if setting.type == "multiSelect" else text


def test_every_feature_function_is_tried_here() -> None:
    tried = {name.split()[0].split(",")[0] for name in FEATURES}
    functions = {
        "core",
        "database",
        "instances",
        "microservice",
        "licence",
        "administrator",
        "mail",
        "oidc",
        "saml",
    }
    functions |= {
        "accounts",
        "appearance",
        "bugsnag",
        "prometheus",
        "gridfs",
        "filesystem",
        "wizard",
        "gateway",
    }
    assert functions <= tried


@pytest.mark.parametrize("feature", FEATURES)
def test_every_setting_a_feature_sets_is_in_the_catalogue_with_a_right_value(feature: str) -> None:
    environment = FEATURES[feature]
    for name in environment.names:
        if name.startswith(PREFIX):
            setting = catalogue.find(name.removeprefix(PREFIX))
            assert setting is not None, name
            assert setting.by_environment
            is_said = environment.plain.get(name) != ""
            assert (setting.sensitive and is_said) <= (name in environment.secret), name
            if name in environment.plain and is_said:
                value = read_back(setting, text_of(environment.plain[name]))
                newest = find("9.0.0") if setting.until is None else RECOMMENDED
                assert catalogue.check({setting.id: value}, newest, licensed=True) == [], name


@pytest.mark.parametrize("feature", FEATURES)
def test_no_feature_shows_a_secret_in_its_plain_variables_or_in_its_text(feature: str) -> None:
    environment = FEATURES[feature]
    assert CANARY not in repr(environment)
    assert CANARY not in str(dict(environment.plain))
    for secret in environment.secret.values():
        assert secret.reveal() == CANARY


def test_no_feature_looks_into_a_value_that_may_be_a_promise() -> None:
    for _, environment in every_feature(OPAQUE, HIDDEN):
        repr(environment)
        environment.render()


@pytest.mark.parametrize("feature", FEATURES)
def test_every_locked_setting_is_one_that_the_feature_sets(feature: str) -> None:
    environment = FEATURES[feature]
    assert {PREFIX + setting_id for setting_id in environment.locked} <= environment.names


# --- the types


def test_a_secret_has_no_text_no_equality_no_copy() -> None:
    for shown in (repr(KEY), str(KEY), f"{KEY}", "%s" % KEY, repr([KEY]), repr({"a": KEY})):  # noqa: UP031
        assert CANARY not in shown
    assert Secret("a") != Secret("a")
    for copying in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="cannot be copied"):
            copying(KEY)
    with pytest.raises(TypeError):
        vars(KEY)
    with pytest.raises(TypeError, match="already"):
        Secret(KEY)


def test_a_secret_among_the_plain_variables_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="MONGO_URL") as refusal:
        Environment({"MONGO_URL": KEY})
    assert CANARY not in str(refusal.value)


def test_a_bare_value_among_the_secrets_is_refused_by_name_and_not_shown() -> None:
    with pytest.raises(TypeError, match="MONGO_URL") as refusal:
        Environment(secret={"MONGO_URL": CANARY})  # type: ignore[arg-type]
    assert CANARY not in str(refusal.value)


@pytest.mark.parametrize("value", [True, False, 3000, 1.5, None])
def test_a_variable_that_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="PORT must be text"):
        Environment({"PORT": value})


@pytest.mark.parametrize("name", ["", "1A", "A B", "A=B", "A\n", "Ä", "A,B"])
def test_a_name_that_no_container_takes_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not the name of a variable"):
        Environment({name: "x"})
    with pytest.raises(ValueError, match="not the name of a variable"):
        Environment(secret={name: KEY})


def test_a_locked_id_cannot_smuggle_another_in() -> None:
    with pytest.raises(ValueError, match="not the id of a setting"):
        Environment(locked=frozenset({"A,B"}))


def test_a_variable_is_plain_or_secret_and_not_both() -> None:
    with pytest.raises(ValueError, match="both in clear and as a secret: A"):
        Environment({"A": "x"}, {"A": KEY})


def test_two_parts_that_set_the_same_variable_are_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match="same variable: A"):
        Environment({"A": "x"}) | Environment({"A": "x"})
    with pytest.raises(ValueError, match="same variable: A"):
        Environment({"A": "x"}) | Environment(secret={"A": KEY})
    with pytest.raises(ValueError, match="OVERWRITE_SETTING_Site_Url"):
        env.core(RECOMMENDED, "https://a.example", 1, platform="x") | env.settings(
            {"Site_Url": "https://b.example"}
        )


def test_an_environment_cannot_be_changed_from_outside() -> None:
    given_plain = {"A": "x"}
    environment = Environment(given_plain)
    given_plain["B"] = "y"
    assert dict(environment.plain) == {"A": "x"}
    with pytest.raises(TypeError):
        environment.plain["A"] = "z"  # type: ignore[index]


def test_the_locks_of_all_parts_become_one_variable() -> None:
    one = env.overwrite({"Log_Level": "1"}, lock=True)
    two = env.overwrite({"Site_Name": "x"}, lock=True)
    three = env.overwrite({"Language": "en"})
    whole = env.merge([one, two, three]).render()
    assert whole.plain["SETTINGS_BLOCKED"] == "Log_Level,Site_Name"
    assert whole.locked == frozenset()
    assert "SETTINGS_BLOCKED" not in three.render().plain
    assert whole.render().plain == whole.plain


def test_the_variable_of_the_locks_cannot_be_set_beside_them() -> None:
    with pytest.raises(ValueError, match="SETTINGS_BLOCKED"):
        Environment({"SETTINGS_BLOCKED": "x"}, locked=frozenset({"Log_Level"}))


names = st.text("ABCDEF", min_size=1, max_size=3)


@given(
    st.dictionaries(names, st.text()), st.dictionaries(names, st.text()), st.dictionaries(names, st.text())
)
def test_merging_keeps_every_variable_where_it_was_or_refuses(
    one: dict[str, str], two: dict[str, str], hidden: dict[str, str]
) -> None:
    parts = [
        Environment(one),
        Environment(two),
        Environment[str](secret={k: Secret(v) for k, v in hidden.items()}),
    ]
    total = len(one) + len(two) + len(hidden)
    if len({*one, *two, *hidden}) < total:
        with pytest.raises(ValueError, match="same variable"):
            env.merge(parts)
        return
    whole = env.merge(parts)
    assert dict(whole.plain) == {**one, **two}
    assert {name: secret.reveal() for name, secret in whole.secret.items()} == hidden


# --- core


def test_the_server_knows_its_address_its_port_and_its_proxies() -> None:
    environment = env.core(RECOMMENDED, "https://chat.lovia.life", 2, platform="fargate")
    assert dict(environment.plain) == {
        "ROOT_URL": "https://chat.lovia.life",
        "PORT": "3000",
        "HTTP_FORWARDED_COUNT": "2",
        "DEPLOY_PLATFORM": "fargate",
        "EVENT_LOOP_LAG_MS": "500",
        "OVERWRITE_SETTING_Site_Url": "https://chat.lovia.life",
    }
    assert environment.locked == {"Site_Url"}


def test_the_event_loop_s_threshold_is_set_only_where_readyz_reads_it() -> None:
    for line in releases.lines():
        release = find(f"{line}.0")
        plain = env.core(release, "https://a.example", 1, platform="x").plain
        assert ("EVENT_LOOP_LAG_MS" in plain) == release.has_readyz


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/",
        "http://a.example",
        "a.example",
        "https://a.example:3000",
        "https://a.example/chat",
        "https://",
        "",
    ],
)
def test_an_address_with_a_slash_a_port_a_path_or_without_tls_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        env.core(RECOMMENDED, url, 1, platform="x")


def test_the_refusal_of_a_slash_shows_the_right_address() -> None:
    with pytest.raises(ValueError, match=r"https://a\.example$"):
        env.core(RECOMMENDED, "https://a.example/", 1, platform="x")


def test_a_chat_on_the_own_machine_may_have_a_port_and_no_tls() -> None:
    assert (
        env.core(RECOMMENDED, "http://localhost:3000", 0, platform="x").plain["ROOT_URL"]
        == "http://localhost:3000"
    )


def test_a_negative_number_of_proxies_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        env.core(RECOMMENDED, "https://a.example", -1, platform="x")


# --- database, services


def test_microservices_before_8_need_the_old_switches_and_later_ones_do_not() -> None:
    old = env.instances(SEVEN_TEN, services.MICROSERVICES, "nats://nats:4222").plain
    assert {
        "DISABLE_WATCH_DB",
        "DISABLE_PRESENCE_MONITOR",
        "INTERNAL_SERVICES_ONLY",
        "TRANSPORTER",
    } <= old.keys()
    assert env.instances(RECOMMENDED, services.MICROSERVICES, "x").plain.keys() == {"TRANSPORTER"}
    assert env.instances(SEVEN_TEN, services.MONOLITH, "x").plain.keys() == {"TRANSPORTER"}
    with pytest.raises(ValueError, match="topology"):
        env.instances(RECOMMENDED, "swarm", "x")


SEVEN_TEN = find("7.10.0")


def test_a_microservice_gets_the_database_as_a_secret_and_metrics_when_asked() -> None:
    bare = env.microservice(KEY, "nats://nats:4222")
    assert bare.plain == {"TRANSPORTER": "nats://nats:4222", "PORT": "3000"}
    assert bare.secret.keys() == {"MONGO_URL"}
    measured = env.microservice(KEY, "nats://nats:4222", metrics=True)
    assert measured.plain["MS_METRICS_PORT"] == "9458"


# --- administrator


def test_the_first_administrator_comes_with_a_finished_wizard() -> None:
    environment = env.administrator("rocket.admin", "Administrator", "a@example.com", KEY)
    assert environment.plain["OVERWRITE_SETTING_Show_Setup_Wizard"] == "completed"
    assert environment.plain["ADMIN_EMAIL_VERIFIED"] == "true"
    assert environment.secret.keys() == {"ADMIN_PASS"}


@pytest.mark.parametrize(
    "name", ["admin", "Administrator", "system", "user", "all", "rocket admin", "ädmin", "", "a@b"]
)
def test_a_user_name_that_the_server_refuses_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="user name"):
        env.administrator(name, "A", "a@example.com", KEY)


def test_registering_and_agreeing_go_together() -> None:
    assert env.setup_wizard().plain == {
        "OVERWRITE_SETTING_Register_Server": "true",
        "OVERWRITE_SETTING_Cloud_Service_Agree_PrivacyTerms": "true",
    }


# --- mail


def test_mail_never_ignores_tls_and_its_port_is_text() -> None:
    plain = env.mail("smtp.example.com", 587, "a@example.com", username="u", password=KEY).plain
    assert plain["OVERWRITE_SETTING_SMTP_IgnoreTLS"] == "false"
    assert plain["OVERWRITE_SETTING_SMTP_Port"] == "587"
    assert plain["OVERWRITE_SETTING_SMTP_Pool"] == "false"
    assert env.mail("h", 587, "a@example.com", pool=True).plain["OVERWRITE_SETTING_SMTP_Pool"] == "true"


@pytest.mark.parametrize(
    "address", ["chat@evil.example", "Lovia <chat@sub.lovia.life>", "Lovia <chat@lovia.life.evil>"]
)
def test_a_from_address_outside_the_mail_domain_is_refused(address: str) -> None:
    env.mail("h", 587, "Lovia <chat@lovia.life>", domain="lovia.life")
    with pytest.raises(ValueError, match=r"outside the mail domain.*lovia\.life"):
        env.mail("h", 587, address, domain="lovia.life")


@pytest.mark.parametrize(
    "address", ["", "chat", "a@", "A <a@b.c", "a@b.c>", "a@b.c\r\nBcc: x@y.z", "A <a@b.c> <d@e.f>", "a b@c.d"]
)
def test_a_from_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="not a From address"):
        env.mail("h", 587, address)


def test_a_server_that_asks_for_no_user_gets_not_the_one_of_before() -> None:
    assert env.mail("h", 25, "a@b.c").plain["OVERWRITE_SETTING_SMTP_Username"] == ""


def test_mail_needs_user_name_and_password_together() -> None:
    with pytest.raises(ValueError, match="neither"):
        env.mail("h", 587, "a@b.c", username="u")
    with pytest.raises(ValueError, match="neither"):
        env.mail("h", 587, "a@b.c", password=KEY)
    with pytest.raises(ValueError, match="smtp, smtps"):
        env.mail("h", 587, "a@b.c", protocol="imap")
    with pytest.raises(ValueError, match="no port"):
        env.mail("h", 0, "a@b.c")


# --- media


def test_a_bucket_reached_by_a_role_has_no_keys_at_all() -> None:
    environment = env.media_s3(RECOMMENDED, "media", "eu-west-1")
    assert environment.secret == {}
    # The server would go on with keys and endpoint of before, such as those of data that come from elsewhere.
    assert environment.plain["OVERWRITE_SETTING_FileUpload_S3_AWSAccessKeyId"] == ""
    assert environment.plain["OVERWRITE_SETTING_FileUpload_S3_BucketURL"] == ""
    assert "OVERWRITE_SETTING_FileUpload_S3_CDN" not in environment.names


def test_both_keys_of_a_bucket_are_secret_and_one_alone_is_refused() -> None:
    environment = env.media_s3(RECOMMENDED, "media", "eu-west-1", access_key_id=KEY, secret_access_key=KEY)
    assert len(environment.secret) == 2
    with pytest.raises(ValueError, match="both"):
        env.media_s3(RECOMMENDED, "media", "eu-west-1", access_key_id=KEY)


def test_uploads_are_for_members_only_and_their_links_signed() -> None:
    environment = env.file_protection(KEY)
    assert environment.plain["OVERWRITE_SETTING_FileUpload_ProtectFiles"] == "true"
    assert environment.plain["OVERWRITE_SETTING_FileUpload_Restrict_to_room_members"] == "true"
    assert environment.secret.keys() == {"OVERWRITE_SETTING_FileUpload_json_web_token_secret_for_files"}
    assert env.file_protection(KEY, most_bytes=5).plain["OVERWRITE_SETTING_FileUpload_MaxFileSize"] == "5"


# --- login


def fusionauth(**more: Any) -> Environment[str]:
    return env.oidc(
        RECOMMENDED, "FusionAuth", "https://login.lovia.life", "id-1", KEY, preset="fusionauth", **more
    )


def test_a_login_service_is_created_by_one_form_and_kept_by_the_other() -> None:
    environment = fusionauth()
    plain = environment.plain
    assert plain["Accounts_OAuth_Custom_FusionAuth"] == "true"
    assert plain["OVERWRITE_SETTING_Accounts_OAuth_Custom-Fusionauth"] == "true"
    for field, value in {
        "id": "id-1",
        "url": "https://login.lovia.life",
        "token_path": "/oauth2/token",
        "identity_path": "/oauth2/userinfo",
        "authorize_path": "/oauth2/authorize",
        "token_sent_via": "header",
        "login_style": "redirect",
        "username_field": "preferred_username",
        "avatar_field": "picture",
    }.items():
        assert plain[f"Accounts_OAuth_Custom_FusionAuth_{field}"] == value
        assert plain[f"OVERWRITE_SETTING_Accounts_OAuth_Custom-Fusionauth-{field}"] == value
    assert "openid" in plain["Accounts_OAuth_Custom_FusionAuth_scope"].split()
    assert environment.secret.keys() == {
        "Accounts_OAuth_Custom_FusionAuth_secret",
        "OVERWRITE_SETTING_Accounts_OAuth_Custom-Fusionauth-secret",
    }


def test_both_forms_say_the_same_but_for_what_is_off_which_creation_cannot_say() -> None:
    options = env.OidcOptions(show_button=False, merge_users=True, map_channels=False)
    environment = fusionauth(options=options)
    created = {
        name.removeprefix("Accounts_OAuth_Custom_FusionAuth_"): value
        for name, value in environment.plain.items()
        if name.startswith("Accounts_OAuth_Custom_FusionAuth_")
    }
    prefix = "OVERWRITE_SETTING_Accounts_OAuth_Custom-Fusionauth-"
    kept = {
        name.removeprefix(prefix): value
        for name, value in environment.plain.items()
        if name.startswith(prefix)
    }
    # Any text in the creating form would switch this on (`initCustomOAuthServices.ts`).
    off = {name for name, value in kept.items() if value == "false"}
    assert off >= {"show_button", "map_channels"}
    assert created == {name: value for name, value in kept.items() if name not in off}
    assert kept["merge_users"] == "true"


def test_an_option_wins_over_its_preset() -> None:
    plain = fusionauth(options=env.OidcOptions(scope="openid offline_access")).plain
    assert plain["Accounts_OAuth_Custom_FusionAuth_scope"] == "openid offline_access"


@pytest.mark.parametrize(
    ("url", "realm"),
    [
        ("https://kc.example", "lovia"),
        ("https://kc.example/realms/lovia", None),
        ("https://kc.example/realms/lovia/protocol", None),
    ],
)
def test_keycloak_s_address_ends_in_its_realm_s_protocol(url: str, realm: str | None) -> None:
    environment = env.oidc(RECOMMENDED, "Keycloak", url, "id", KEY, preset="keycloak", realm=realm)
    plain = environment.plain
    assert plain["Accounts_OAuth_Custom_Keycloak_url"] == "https://kc.example/realms/lovia/protocol"
    assert plain["Accounts_OAuth_Custom_Keycloak_token_path"] == "/openid-connect/token"


def test_a_provider_s_address_is_refused_with_a_slash_without_realm_or_with_one_too_many() -> None:
    for url in ("https://login.example/", "login.example", "ftp://login.example"):
        with pytest.raises(ValueError, match="slash"):
            env.oidc(RECOMMENDED, "X", url, "id", KEY)
    with pytest.raises(ValueError, match="realm"):
        env.oidc(RECOMMENDED, "X", "https://kc.example", "id", KEY, preset="keycloak")
    with pytest.raises(ValueError, match="realm"):
        env.oidc(RECOMMENDED, "X", "https://login.example", "id", KEY, realm="a")
    with pytest.raises(ValueError, match="generic, fusionauth, keycloak"):
        env.oidc(RECOMMENDED, "X", "https://login.example", "id", KEY, preset="oktta")


@pytest.mark.parametrize("name", ["Fusion_Auth", "", "1a", "a-b", "a b", "Ä"])
def test_a_login_service_s_name_is_letters_and_digits_only(name: str) -> None:
    with pytest.raises(ValueError, match="letters and digits"):
        env.oidc(RECOMMENDED, name, "https://login.example", "id", KEY)


def test_the_callback_to_register_is_in_lower_case() -> None:
    assert (
        env.oidc_callback("https://chat.lovia.life", "FusionAuth")
        == "https://chat.lovia.life/_oauth/fusionauth"
    )


def test_role_merging_is_refused_without_a_licence_by_name() -> None:
    options = env.OidcOptions(merge_roles=True, roles_claim="roles")
    with pytest.raises(ValueError, match="merge_roles, roles_claim"):
        fusionauth(options=options)
    plain = fusionauth(options=options, licensed=True).plain
    assert plain["OVERWRITE_SETTING_Accounts_OAuth_Custom-Fusionauth-merge_roles"] == "true"
    fusionauth(options=env.OidcOptions(merge_roles=False))


def test_custom_oauth_on_9_is_refused_without_a_licence_with_the_ways_out() -> None:
    nine = find("9.0.0")
    with pytest.raises(ValueError, match=r"8\.9.*SAML.*licence"):
        env.oidc(nine, "X", "https://login.example", "id", KEY)
    env.oidc(nine, "X", "https://login.example", "id", KEY, licensed=True)


def test_a_client_secret_in_clear_is_refused_and_not_shown() -> None:
    with pytest.raises(TypeError, match="client_secret must be a Secret") as refusal:
        env.oidc(RECOMMENDED, "X", "https://login.example", "id", CANARY)  # type: ignore[arg-type]
    assert CANARY not in str(refusal.value)


def test_google_s_preset_maps_its_attributes_and_signs_out_only_here() -> None:
    plain = env.saml(
        "https://chat.example.com",
        "google",
        "https://accounts.google.com/o/saml2/idp?idpid=C1",
        "CERT",
        preset="google",
    ).plain
    assert plain["OVERWRITE_SETTING_SAML_Custom_Default"] == "true"
    assert (
        plain["OVERWRITE_SETTING_SAML_Custom_Default_issuer"]
        == "https://chat.example.com/_saml/metadata/google"
    )
    assert plain["OVERWRITE_SETTING_SAML_Custom_Default_logout_behaviour"] == "Local"
    fields_of = json.loads(plain["OVERWRITE_SETTING_SAML_Custom_Default_user_data_fieldmap"])
    assert fields_of.keys() == {"email", "name", "username"}
    assert (
        env.saml_consumer("https://chat.example.com", "google")
        == "https://chat.example.com/_saml/validate/google"
    )


def test_a_generic_saml_provider_with_an_address_to_sign_out_is_asked_to() -> None:
    environment = env.saml(
        "c.example", "idp", "https://idp/in", "CERT", logout="https://idp/out", private_key=KEY
    )
    assert environment.plain["OVERWRITE_SETTING_SAML_Custom_Default_logout_behaviour"] == "SAML"
    assert environment.plain["OVERWRITE_SETTING_SAML_Custom_Default_signature_validation_type"] == "Either"
    assert environment.secret.keys() == {"OVERWRITE_SETTING_SAML_Custom_Default_private_key"}
    with pytest.raises(ValueError, match="letters, digits and hyphens"):
        env.saml("c.example", "a/b", "x", "y")
    with pytest.raises(ValueError, match="generic, google"):
        env.saml("c.example", "a", "x", "y", preset="okta")


@pytest.mark.parametrize("signed", login.SAML_SIGNED)
def test_what_a_saml_provider_must_sign_is_one_of_the_server_s_choices(signed: str) -> None:
    plain = env.saml("c.example", "idp", "https://idp/in", "CERT", signed=signed).plain
    written = plain["OVERWRITE_SETTING_SAML_Custom_Default_signature_validation_type"]
    setting = catalogue.find("SAML_Custom_Default_signature_validation_type")
    assert setting is not None
    assert written in setting.choices
    assert written.lower() == signed


def test_another_signature_is_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match="either, response, assertion, all"):
        env.saml("c.example", "idp", "https://idp/in", "CERT", signed="none")


def test_a_user_whose_name_changed_gets_in_by_the_address() -> None:
    plain = fusionauth().plain
    prefix = "OVERWRITE_SETTING_Accounts_OAuth_Custom-Fusionauth-"
    assert plain[f"{prefix}key_field"] == "email"
    assert plain[f"{prefix}merge_users"] == "true"
    assert plain[f"{prefix}merge_users_distinct_services"] == "false"
    options = env.OidcOptions(key_field="username", merge_users=False)
    assert fusionauth(options=options).plain[f"{prefix}key_field"] == "username"
    assert fusionauth(options=options).plain[f"{prefix}merge_users"] == "false"


# --- accounts, push


def test_an_account_switch_is_unset_true_or_false() -> None:
    name = "OVERWRITE_SETTING_Accounts_AllowUsernameChange"
    assert name not in env.accounts().names
    assert env.accounts(username_change=True).plain[name] == "true"
    assert env.accounts(username_change=False).plain[name] == "false"


def test_registration_is_closed_unless_asked_for() -> None:
    name = "OVERWRITE_SETTING_Accounts_RegistrationForm"
    assert env.accounts().plain[name] == "Disabled"
    assert env.accounts(registration="public").plain[name] == "Public"
    assert env.accounts(registration="secret-url", secret_url=KEY).plain[name] == "Secret URL"
    with pytest.raises(ValueError, match="disabled, public, secret-url"):
        env.accounts(registration="open")
    with pytest.raises(ValueError, match="secret-url"):
        env.accounts(registration="secret-url")
    with pytest.raises(ValueError, match="secret-url"):
        env.accounts(secret_url=KEY)


def test_nobody_is_locked_out_by_a_hidden_form_without_single_sign_on() -> None:
    with pytest.raises(ValueError, match="nobody can sign in"):
        env.accounts(login_form=False)
    plain = env.accounts(login_form=False, single_sign_on=True).plain
    assert plain["OVERWRITE_SETTING_Accounts_ShowFormLogin"] == "false"
    assert plain["OVERWRITE_SETTING_Accounts_Registration_AuthenticationServices_Enabled"] == "true"


def test_locked_accounts_lock_what_was_said_and_nothing_else() -> None:
    assert env.accounts(name_change=False).locked == frozenset()
    assert env.accounts(name_change=False, lock=True).locked == {
        "Accounts_RegistrationForm",
        "Accounts_AllowRealNameChange",
    }


def test_own_push_uses_no_gateway_and_the_keys_of_production() -> None:
    environment = env.push_own(RECOMMENDED, apple_key=KEY, apple_certificate=KEY, apple_passphrase=KEY)
    assert environment.plain["OVERWRITE_SETTING_Push_enable_gateway"] == "false"
    assert environment.plain["OVERWRITE_SETTING_Push_production"] == "true"
    assert "OVERWRITE_SETTING_Push_apn_key" in environment.secret
    assert env.push_gateway().plain["OVERWRITE_SETTING_Push_enable_gateway"] == "true"


def test_own_push_to_google_is_refused_before_fcm_v1() -> None:
    with pytest.raises(ValueError, match=r"6\.7\.0.*6\.8"):
        env.push_own(find("6.7.0"), google_credentials=KEY)
    env.push_own(find("6.8.0"), google_credentials=KEY)
    env.push_own(find("6.7.0"), apple_key=KEY, apple_certificate=KEY, apple_passphrase=KEY)


def test_own_push_needs_one_side_whole() -> None:
    with pytest.raises(ValueError, match="together"):
        env.push_own(RECOMMENDED, apple_key=KEY)
    with pytest.raises(ValueError, match="Google's credentials"):
        env.push_own(RECOMMENDED)


# --- appearance


def test_a_brand_font_stands_in_the_style_sheet_as_a_data_address() -> None:
    css = env.style_sheet(
        "a{b:c}", [env.Font("Baloo 2", WOFF2, 700, use="headings"), env.Font("Open Sans", WOFF2, use="text")]
    )
    assert css.count("@font-face") == 2
    assert css.count("url(data:font/woff2;base64,") == 2
    assert 'h1,h2,h3,h4,h5,h6{font-family:"Baloo 2",sans-serif !important}' in css
    assert '--rcx-font-family-sans:"Open Sans",sans-serif' in css
    assert css.endswith("a{b:c}")
    appearance.check_css(css)


@pytest.mark.parametrize(
    "css",
    [
        "@import url('https://fonts.googleapis.com/css2?family=Baloo+2');",
        "@IMPORT 'x.css';",
        "/* a */@/**/import 'x.css'; @import 'y.css'",
        "@font-face{font-family:X;src:url(https://fonts.gstatic.com/x.woff2)}",
        "@font-face { src: url( '//cdn.example/x.woff2' ) }",
        '@font-face{src:local("X"),url("HTTP://cdn.example/x.woff2")}',
    ],
)
def test_fonts_and_imports_that_the_policy_blocks_are_refused_with_the_reason(css: str) -> None:
    with pytest.raises(ValueError, match="content security policy"):
        env.appearance(css)


@pytest.mark.parametrize(
    "css",
    [
        "a{background:url(https://cdn.example/x.png)}",
        "/* @import 'x.css'; */ a{b:c}",
        "@font-face{src:url(data:font/woff2;base64,AAAA)}",
        "@font-face{src:url(/assets/x.woff2)}",
    ],
)
def test_what_the_policy_lets_through_is_not_refused(css: str) -> None:
    assert env.appearance(css).plain["OVERWRITE_SETTING_theme-custom-css"] == css


def test_a_style_sheet_too_large_for_a_task_definition_is_refused_with_the_limit() -> None:
    env.style_sheet("a" * (appearance.MOST_CSS_BYTES - 2))
    with pytest.raises(ValueError, match="64 KiB"):
        env.style_sheet("a" * (appearance.MOST_CSS_BYTES - 1))
    with pytest.raises(ValueError, match="64 KiB"):
        env.style_sheet(fonts=[env.Font("X", b"wOF2" + bytes(40 * 1024))])


@pytest.mark.parametrize(
    "make",
    [
        lambda: env.Font("X", b"wOFF"),
        lambda: env.Font('X"}', WOFF2),
        lambda: env.Font("X", WOFF2, 0),
        lambda: env.Font("X", WOFF2, style="bold"),
        lambda: env.Font("X", WOFF2, use="code"),
    ],
)
def test_a_font_that_is_none_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="font"):
        make()


def test_no_looks_set_nothing() -> None:
    assert env.appearance().names == frozenset()


# --- settings and the rest


def test_free_settings_are_written_as_the_server_reads_them_and_locked_when_asked() -> None:
    environment = env.settings(
        {
            "Log_Level": "1",
            "Message_AllowEditing_BlockEditInMinutes": {"value": 10, "lock": True},
            "Hide_System_Messages": ["uj"],
            "Enable_CSP": True,
            "AutoTranslate_DeepLAPIKey": KEY,
        }
    )
    assert {name.removeprefix(PREFIX): value for name, value in environment.plain.items()} == {
        "Log_Level": "1",
        "Message_AllowEditing_BlockEditInMinutes": "10",
        "Hide_System_Messages": '["uj"]',
        "Enable_CSP": "true",
    }
    assert environment.secret.keys() == {"OVERWRITE_SETTING_AutoTranslate_DeepLAPIKey"}
    assert environment.locked == {"Message_AllowEditing_BlockEditInMinutes"}


def test_a_sensitive_setting_in_clear_never_reaches_a_variable() -> None:
    with pytest.raises(TypeError, match="SMTP_Password") as refusal:
        env.settings({"SMTP_Password": CANARY})
    assert CANARY not in str(refusal.value)


@pytest.mark.parametrize("setting_id", ["Nonsense", "Assets_logo", "Restart"])
def test_a_setting_that_no_variable_sets_is_refused(setting_id: str) -> None:
    with pytest.raises(ValueError, match="no variable sets"):
        env.settings({setting_id: "x"})


def test_metrics_have_a_port() -> None:
    assert env.prometheus(9100).plain["OVERWRITE_SETTING_Prometheus_Port"] == "9100"
    with pytest.raises(ValueError, match="no port"):
        env.prometheus(70000)


def test_what_must_be_secret_is_refused_in_clear_everywhere_and_never_shown() -> None:
    clear: Any = CANARY
    tries: list[Callable[[], object]] = [
        lambda: env.database(clear),
        lambda: env.licence(clear),
        lambda: env.administrator("rocket.admin", "A", "a@example.com", clear),
        lambda: env.setup_wizard(registration_token=clear),
        lambda: env.mail("h", 587, "a@b.c", username="u", password=clear),
        lambda: env.media_s3(RECOMMENDED, "b", "r", access_key_id=clear, secret_access_key=clear),
        lambda: env.file_protection(clear),
        lambda: env.saml("h.example", "p", "e", "c", private_key=clear),
        lambda: env.accounts(registration="secret-url", secret_url=clear),
        lambda: env.push_own(RECOMMENDED, google_credentials=clear),
        lambda: env.push_own(RECOMMENDED, apple_key=clear, apple_certificate=clear, apple_passphrase=clear),
        lambda: env.bugsnag(clear),
    ]
    for attempt in tries:
        with pytest.raises(TypeError, match=re.escape("must be a Secret")) as refusal:
            attempt()
        assert CANARY not in str(refusal.value)


def test_a_licence_is_also_the_setting_that_replaces_the_stored_one() -> None:
    assert env.licence(KEY).secret.keys() == {"ROCKETCHAT_LICENSE", "OVERWRITE_SETTING_Enterprise_License"}


def test_an_administrator_without_an_address_has_none_that_counts_as_verified() -> None:
    assert not {"ADMIN_EMAIL", "ADMIN_EMAIL_VERIFIED"} & env.administrator("boss", "B", None, KEY).names
    plain = env.administrator("boss", "B", "b@example.com", KEY).plain
    assert (plain["ADMIN_EMAIL"], plain["ADMIN_EMAIL_VERIFIED"]) == ("b@example.com", "true")


@pytest.mark.parametrize(
    "sender",
    ["chat@lovia.life", "<chat@lovia.life>", "Lovia <chat@lovia.life>", '"Lovia, the <chat@lovia.life>'],
)
def test_the_server_gets_the_bare_address_of_the_sender(sender: str) -> None:
    plain = env.mail("smtp.example.com", 587, sender, domain="lovia.life").plain
    assert plain["OVERWRITE_SETTING_From_Email"] == "chat@lovia.life"
