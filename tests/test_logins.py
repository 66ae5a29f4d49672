"""Ways to sign in: what each sets, the presets against what providers publish, and what is refused."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from planning import values_of

from rocketchat.oidc_presets import GENERIC, NAMED, OIDC_PRESETS, TAKEN, TITLES
from rocketchat.settings import ENVIRONMENT_PREFIX, catalogue
from stacks import egress, features
from stacks.language import ChatSpec, parse
from stacks.problems import InvalidStack

PUBLISHED: dict[str, dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "data" / "oidc_discovery.yaml").read_text(encoding="utf-8")
)
ROOT = (Path(__file__).parent / "data" / "authorities" / "root.pem").read_text(encoding="ascii")
OIDC = {"kind": "oidc", "preset": "fusionauth", "url": "https://login.example.com", "clientId": "chat"}
SAML = {"kind": "saml", "entryPoint": "https://idp.example.com/sso", "certificate": "MAMCAQE="}
LDAP = {
    "kind": "ldap",
    "host": "ldap.example.com",
    "baseDn": "DC=example,DC=com",
    "bindDn": "chat@example.com",
}
PASSWORD = "LDAP_Authentication_Password"
METHODS = {"header": "client_secret_basic", "payload": "client_secret_post"}
ADMINISTRATOR = {"email": "ops@example.com"}


HOST: str = values_of("services-helm")["rocketchat:chat"]["host"]


def spec_with(login: dict[str, Any] | list[dict[str, Any]], *secrets: str, **parts: Any) -> ChatSpec:
    values = values_of("services-helm")
    values["rocketchat:login"] = login
    for part, keys in parts.items():
        values[f"rocketchat:{part}"] = {**values.get(f"rocketchat:{part}", {}), **keys}
    names = ("mongodbUri", "smtpPassword", "license", *secrets)
    return parse(values, {f"rocketchat:{name}" for name in names}, source="a test")


def variables(spec: ChatSpec) -> dict[str, str]:
    made: dict[str, str] = {}
    for environment in features.imagined(spec.parts, spec.release, spec.secrets).values():
        made |= environment.plain
        made |= dict.fromkeys(environment.secret, "(secret)")
    return {name.removeprefix(ENVIRONMENT_PREFIX): value for name, value in made.items()}


def refused(login: dict[str, Any] | list[dict[str, Any]], *secrets: str, **parts: Any) -> list[str]:
    with pytest.raises(InvalidStack) as caught:
        spec_with(login, *secrets, **parts)
    return [problem.path for problem in caught.value.problems]


def ports(spec: ChatSpec) -> set[int]:
    return {port for way in egress.ways_out(spec.parts, spec.defaults) for port in way.ports}


# ------------------------------------------------------------------------------------------ OpenID Connect


@pytest.mark.parametrize("preset", sorted(OIDC_PRESETS.keys() - {GENERIC}))
def test_a_preset_asks_the_addresses_that_its_provider_publishes(preset: str) -> None:
    there = PUBLISHED[preset]
    realm = {"realm": there["realm"]} if "realm" in there else {}
    spec = spec_with({**OIDC, "preset": preset, "url": there["url"], **realm}, "oidcClientSecret")
    [login] = spec.parts.login
    service = getattr(login, "service")  # noqa: B009 - of this kind alone
    found = variables(spec)

    def said(field: str) -> str:
        return found[f"Accounts_OAuth_Custom-{service}-{field}"]

    def address(field: str) -> str:
        return said(field) if urlsplit(said(field)).scheme else said("url") + said(field)

    assert address("authorize_path") == there["authorization_endpoint"]
    assert address("token_path") == there["token_endpoint"]
    assert address("identity_path") == there["userinfo_endpoint"]
    assert METHODS[said("token_sent_via")] in there["token_endpoint_auth_methods_supported"]
    assert set(said("scope").split()) <= set(there["scopes_supported"])
    for field in ("username_field", "name_field", "email_field"):
        assert (
            re.split(r"::|}}", said(field).removeprefix("{{"))[-2 if "{{" in said(field) else -1]
            in there["claims"]
        )
    assert said("avatar_field") in {*there["claims"], "", "picture"}


def test_every_preset_has_a_published_document() -> None:
    assert OIDC_PRESETS.keys() - {GENERIC} == PUBLISHED.keys()


def test_user_names_are_what_stands_before_the_at_where_a_provider_has_none() -> None:
    for preset in ("entra-id", "google", "okta"):
        template = OIDC_PRESETS[preset]["username_field"]
        found = re.fullmatch(r"\{\{/(.+)/::(email|preferred_username)\}\}", template)
        assert found is not None
        taken = re.search(found[1], "ann.lee@example.com")
        assert taken is not None
        assert taken[1] == "ann.lee"


@pytest.mark.parametrize(
    ("key", "value", "field", "seen"),
    [
        ("tokenSentVia", "payload", "token_sent_via", "payload"),
        ("identityTokenSentVia", "payload", "identity_token_sent_via", "payload"),
        ("accessTokenParam", "token", "access_token_param", "token"),
        ("loginStyle", "popup", "login_style", "popup"),
        ("showButton", False, "show_button", "false"),
        ("buttonColor", "#112233", "button_color", "#112233"),
        ("buttonTextColor", "#112233", "button_label_color", "#112233"),
        ("nameField", "display_name", "name_field", "display_name"),
        ("emailField", "upn", "email_field", "upn"),
        ("avatarField", "photo", "avatar_field", "photo"),
        ("mergeUsersDistinctServices", True, "merge_users_distinct_services", "true"),
        ("identityPath", "https://id.example.com:8443/me", "identity_path", "https://id.example.com:8443/me"),
        ("groupsToChannels", {"ops": "operations"}, "groups_channel_map", '{"ops": "operations"}'),
        ("groupsToChannels", {"ops": ["operations", "alerts"]}, "map_channels", "true"),
        ("channelsAdmin", "chief", "channels_admin", "chief"),
    ],
)
def test_every_setting_of_a_login_has_a_key(key: str, value: object, field: str, seen: str) -> None:
    with_it = {"groupsToChannels": {"ops": "operations"}} if key == "channelsAdmin" else {}
    spec = spec_with({**OIDC, **with_it, key: value}, "oidcClientSecret")
    assert variables(spec)[f"Accounts_OAuth_Custom-Fusionauth-{field}"] == seen


def test_roles_to_take_away_again_are_named() -> None:
    spec = spec_with({**OIDC, "mergeRoles": True, "rolesToSync": ["admin", "ops"]}, "oidcClientSecret")
    assert variables(spec)["Accounts_OAuth_Custom-Fusionauth-roles_to_sync"] == "admin,ops"


def test_the_port_of_an_absolute_address_is_let_out() -> None:
    spec = spec_with({**OIDC, "identityPath": "https://id.example.com:8443/me"}, "oidcClientSecret")
    assert 8443 in ports(spec)


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"preset": "entra-id"}, "rocketchat:login.url"),
        ({"preset": "google", "url": "https://google.com"}, "rocketchat:login.url"),
        ({"rolesToSync": ["admin"]}, "rocketchat:login.rolesToSync"),
        ({"rolesField": "groups"}, "rocketchat:login.rolesField"),
        ({"groupsField": "teams"}, "rocketchat:login.groupsField"),
        ({"channelsAdmin": "chief"}, "rocketchat:login.channelsAdmin"),
        ({"identityPath": "graph.microsoft.com/oidc/userinfo"}, "rocketchat:login.identityPath"),
        ({"buttonColor": "red"}, "rocketchat:login.buttonColor"),
        ({"url": "https://login.example.com:65536"}, "rocketchat:login.url"),
        ({"tokenPath": "https://login.example.com:0/token"}, "rocketchat:login.tokenPath"),
        ({"clientId": "<client id>"}, "rocketchat:login.clientId"),
        ({"clientId": "${CLIENT_ID}"}, "rocketchat:login.clientId"),
        ({"scope": "openid,profile"}, "rocketchat:login.scope"),
        ({"scope": "openid  profile"}, "rocketchat:login.scope"),
        ({"name": "GitHub"}, "rocketchat:login.name"),
        ({"name": "password"}, "rocketchat:login.name"),
        ({"url": "https://login.example.com/.well-known/openid-configuration"}, "rocketchat:login.url"),
        ({"url": "https://login.example.com/oauth2/authorize"}, "rocketchat:login.url"),
        (
            {"preset": "keycloak", "url": "https://id.example.com/realms/x/.well-known/openid-configuration"},
            "rocketchat:login.url",
        ),
        (
            {"preset": "authentik", "url": "https://id.example.com/application/o/chat"},
            "rocketchat:login.url",
        ),
        ({"tokenPath": "/.well-known/openid-configuration"}, "rocketchat:login.tokenPath"),
        ({"url": f"https://{HOST}"}, "rocketchat:login.url"),
        ({"url": f"https://{HOST.upper()}:443/auth"}, "rocketchat:login.url"),
        ({"identityPath": f"https://{HOST}/me"}, "rocketchat:login.identityPath"),
        ({"preset": "okta", "realm": "x", "url": "https://example.okta.com"}, "rocketchat:login.realm"),
    ],
)
def test_what_an_openid_provider_cannot_be_is_refused(changed: dict[str, Any], path: str) -> None:
    assert refused({**OIDC, **changed}, "oidcClientSecret") == [path]


def test_no_preset_has_a_name_that_the_server_has_itself() -> None:
    own = re.compile("Accounts_OAuth_([A-Za-z]+)")
    built_in = {
        found[1].lower()
        for name, one in catalogue().items()
        if one.type == "boolean" and (found := own.fullmatch(name))
    }
    assert built_in <= TAKEN
    assert not {TITLES.get(preset, preset).lower() for preset in NAMED} & TAKEN


def test_everybodys_tenant_of_entra_id_is_warned_of() -> None:
    login = {**OIDC, "preset": "entra-id", "url": "https://login.microsoftonline.com/common"}
    spec = spec_with(login, "oidcClientSecret")
    assert any("every tenant" in warning for check in spec.checks for warning in check.warnings)


# --------------------------------------------------------------------------------------------------- SAML


@pytest.mark.parametrize(
    ("key", "value", "field", "seen"),
    [
        ("immutableProperty", "username", "immutable_property", "Username"),
        ("generateUsername", True, "generate_username", "true"),
        ("lowerCaseUsernames", False, "username_normalize", "None"),
        ("overwriteName", False, "name_overwrite", "false"),
        ("overwriteEmail", True, "mail_overwrite", "true"),
        ("defaultRoles", ["user", "guest"], "default_user_role", "user,guest"),
        ("signatureAlgorithm", "SHA256", "signature_algorithm", "SHA256"),
        ("clockDriftMs", 5000, "allowed_clock_drift", "5000"),
        ("updateChannels", True, "channels_update", "true"),
        ("rolesField", "groups", "role_attribute_name", "groups"),
        ("identifierFormat", "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", "identifier_format", "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"),
        ("fields", {"username": "uid"}, "user_data_fieldmap", '{"username": "uid"}'),
        ("fields", {"username": {"fieldName": "mail", "regex": "(.*)@"}}, "user_data_fieldmap", '{"username": {"fieldName": "mail", "regex": "(.*)@"}}'),
    ],
)  # fmt: skip
def test_every_setting_of_saml_has_a_key(key: str, value: object, field: str, seen: str) -> None:
    assert variables(spec_with({**SAML, key: value}))[f"SAML_Custom_Default_{field}"] == seen


def test_a_field_that_is_made_of_nothing_is_refused() -> None:
    assert refused({**SAML, "fields": {"username": {"regx": "(.*)@"}}}) == [
        "rocketchat:login.fields.username"
    ]


def test_entra_ids_own_claims_are_read() -> None:
    fields = variables(spec_with({**SAML, "preset": "entra-id"}))["SAML_Custom_Default_user_data_fieldmap"]
    assert "identity/claims/emailaddress" in fields


# --------------------------------------------------------------------------------------------------- LDAP


def test_active_directory_is_asked_with_its_password_and_by_tls() -> None:
    spec = spec_with(LDAP, PASSWORD)
    found = variables(spec)
    assert found["LDAP_Server_Type"] == "ad"
    assert found["LDAP_Encryption"] == "tls"
    assert found["LDAP_Reject_Unauthorized"] == found["LDAP_Authentication"] == "true"
    assert found[PASSWORD] == "(secret)"
    assert 389 in ports(spec)


def test_the_form_of_the_chat_is_that_of_the_directory() -> None:
    assert refused(LDAP, PASSWORD, accounts={"loginForm": False}, chat={"administrator": ADMINISTRATOR}) == [
        "rocketchat:accounts.loginForm"
    ]
    ways, form = [LDAP, OIDC], {"loginForm": False}
    assert refused(ways, PASSWORD, "oidcClientSecret", accounts=form) == ["rocketchat:accounts.loginForm"]


def test_a_directory_without_a_password_is_told_which_secret_is_missing() -> None:
    assert refused(LDAP) == [f"rocketchat:{PASSWORD}"]
    assert PASSWORD not in variables(spec_with({key: LDAP[key] for key in ("kind", "host", "baseDn")}))


def test_what_decides_who_gets_in_is_said_where_it_is_left_out_too() -> None:
    bare = {key: LDAP[key] for key in ("kind", "host", "baseDn")}
    found = variables(spec_with(bare))
    # The server has what it was once given.
    assert {
        "LDAP_Group_Filter_Enable": "false",
        "LDAP_Background_Sync": "false",
        "LDAP_User_Search_Filter": "(objectclass=*)",
        "LDAP_CA_Cert": "",
        "LDAP_Authentication": "false",
    }.items() <= found.items()
    signed_on = variables(spec_with(OIDC, "oidcClientSecret"))
    taken = {key: value for key, value in signed_on.items() if key.endswith(("merge_roles", "map_channels"))}
    assert len(taken) >= 2
    assert set(taken.values()) == {"false"}


@pytest.mark.parametrize(
    ("changed", "seen"),
    [
        ({"server": "other", "usernameField": "uid"}, {"LDAP_Server_Type": "", "LDAP_Username_Field": "uid"}),
        ({"usernameField": "upn"}, {"LDAP_AD_Username_Field": "upn"}),
        ({"encryption": "tls"}, {"LDAP_Encryption": "ssl", "LDAP_Port": "636"}),
        ({"caCertificate": "MAMCAQE="}, {"LDAP_CA_Cert": "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----"}),
        ({"caCertificate": ROOT}, {"LDAP_CA_Cert": ROOT.rstrip()}),
        ({"group": {"name": "chat", "memberAttribute": "member"}}, {"LDAP_Group_Filter_Enable": "true", "LDAP_Group_Filter_Group_Member_Attribute": "member"}),
        ({"sync": {"interval": "every_6_hours", "disableMissingUsers": True}}, {"LDAP_Background_Sync": "true", "LDAP_Background_Sync_Interval": "every_6_hours", "LDAP_Background_Sync_Disable_Missing_Users": "true"}),
        ({"localPasswords": False}, {"LDAP_Login_Fallback": "false"}),
        ({"searchFields": ["sAMAccountName", "mail"], "uniqueFields": ["objectGUID", "uid"]}, {"LDAP_AD_User_Search_Field": "sAMAccountName,mail", "LDAP_Unique_Identifier_Field": "objectGUID,uid"}),
        ({"server": "other", "searchFields": ["uid", "mail"]}, {"LDAP_User_Search_Field": "uid,mail"}),
        ({"defaultDomain": "example.com", "mergeExistingUsers": True}, {"LDAP_Default_Domain": "example.com", "LDAP_Merge_Existing_Users": "true"}),
        ({"group": {"name": "chat", "objectClass": "posixGroup", "idAttribute": "gid", "memberFormat": "#{username}"}}, {"LDAP_Group_Filter_Group_Name": "chat", "LDAP_Group_Filter_ObjectClass": "posixGroup", "LDAP_Group_Filter_Group_Id_Attribute": "gid", "LDAP_Group_Filter_Group_Member_Format": "#{username}"}),
        ({"sync": {"importNewUsers": False}}, {"LDAP_Background_Sync": "true", "LDAP_Background_Sync_Interval": "every_24_hours", "LDAP_Background_Sync_Import_New_Users": "false"}),
    ],
)  # fmt: skip
def test_what_a_directory_is_asked_can_be_said(changed: dict[str, Any], seen: dict[str, str]) -> None:
    found = variables(spec_with({**LDAP, **changed}, PASSWORD))
    assert {key: found[key] for key in seen} == seen


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"encryption": "none"}, "rocketchat:login.encryption"),
        ({"port": 636}, "rocketchat:login.encryption"),
        ({"host": "ldaps://ldap.example.com"}, "rocketchat:login.host"),
        ({"baseDn": "example.com"}, "rocketchat:login.baseDn"),
        ({"userFilter": "cn=*"}, "rocketchat:login.userFilter"),
        ({"password": "x"}, "rocketchat:login.password"),
        ({"searchFields": ["TRUE"]}, "rocketchat:login.searchFields"),
        ({"group": {"name": "true"}}, "rocketchat:login.group.name"),
    ],
)
def test_what_a_directory_cannot_be_is_refused(changed: dict[str, Any], path: str) -> None:
    assert refused({**LDAP, **changed}, PASSWORD) == [path]


# ----------------------------------------------------------------------------------------------- built in


BUILT_IN = [
    ({"kind": "google", "clientId": "c"}, "Accounts_OAuth_Google_secret", {"Accounts_OAuth_Google": "true", "Accounts_OAuth_Google_id": "c"}),
    ({"kind": "github", "clientId": "c"}, "Accounts_OAuth_Github_secret", {"Accounts_OAuth_Github": "true"}),
    ({"kind": "gitlab", "clientId": "c", "url": "https://git.example.com:8443"}, "Accounts_OAuth_Gitlab_secret", {"Accounts_OAuth_Gitlab": "true", "API_Gitlab_URL": "https://git.example.com:8443"}),
    ({"kind": "apple", "clientId": "c", "teamId": "ABCDE12345", "keyId": "FGHIJ67890"}, "Accounts_OAuth_Apple_secretKey", {"Accounts_OAuth_Apple": "true", "Accounts_OAuth_Apple_iss": "ABCDE12345", "Accounts_OAuth_Apple_kid": "FGHIJ67890"}),
]  # fmt: skip


@pytest.mark.parametrize(("login", "secret", "seen"), BUILT_IN, ids=[row[0]["kind"] for row in BUILT_IN])
def test_a_built_in_service_takes_its_client_and_its_secret(
    login: dict[str, Any], secret: str, seen: dict[str, str]
) -> None:
    found = variables(spec_with(login, secret))
    assert {key: found[key] for key in seen} == seen
    assert found[secret] == "(secret)"
    assert refused(login) == [f"rocketchat:{secret}"]
    assert refused([login, login], secret) == ["rocketchat:login[1]"]


@pytest.mark.parametrize(
    ("login", "path"),
    [
        ({**BUILT_IN[2][0], "url": f"https://{HOST}"}, "rocketchat:login.url"),
        ({**SAML, "entryPoint": f"https://{HOST}/_saml/authorize/saml"}, "rocketchat:login.entryPoint"),
        ({**SAML, "logout": f"https://{HOST}/logout"}, "rocketchat:login.logout"),
        (
            {**SAML, "entryPoint": "https://idp.example.com/federationmetadata/2007-06/federationmetadata.xml"},
            "rocketchat:login.entryPoint",
        ),
        ({**SAML, "entryPoint": "https://id.example.com/realms/x/protocol/saml/descriptor"}, "rocketchat:login.entryPoint"),
    ],
)  # fmt: skip
def test_a_provider_is_neither_the_chat_nor_a_document(login: dict[str, Any], path: str) -> None:
    assert refused(login, BUILT_IN[2][1]) == [path]


def test_several_ways_stand_beside_each_other() -> None:
    ways = [{**OIDC}, {**SAML}, {**LDAP}, BUILT_IN[0][0]]
    found = variables(spec_with(ways, "oidcClientSecret", PASSWORD, BUILT_IN[0][1]))
    assert {"SAML_Custom_Default", "LDAP_Enable", "Accounts_OAuth_Google"} <= found.keys()
