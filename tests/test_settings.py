"""The catalogue of the product's settings, and the checks of a free-form list."""

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocketchat import assets, settings
from rocketchat.releases import RECOMMENDED, Release, find
from rocketchat.settings import SettingProblem
from stacks.secrets import SECRETS

NINE = find("9.0.0")


def only(
    setting_id: str, value: object, release: Release = RECOMMENDED, *, licensed: bool = False
) -> SettingProblem:
    problems = settings.check({setting_id: value}, release, licensed=licensed)
    assert len(problems) == 1, problems
    assert problems[0].id == setting_id
    return problems[0]


def fine(setting_id: str, value: object, release: Release = RECOMMENDED, *, licensed: bool = False) -> bool:
    return settings.check({setting_id: value}, release, licensed=licensed) == []


def test_the_catalogue_holds_every_setting_that_was_ever_read() -> None:
    assert len(settings.catalogue()) == 1181
    assert list(settings.readings()) == ["6.6", "7.0", "8.3", "8.6", "8.9", "9.0"]


def test_every_setting_has_a_known_type_and_a_name_that_a_container_takes() -> None:
    types = {
        "boolean",
        "string",
        "int",
        "select",
        "code",
        "password",
        "asset",
        "relativeUrl",
        "action",
        "color",
        "range",
        "multiSelect",
        "timespan",
        "lookup",
        "roomPick",
        "multiLookup",
        "date",
        "timezone",
        "language",
    }
    for key, setting in settings.catalogue().items():
        assert setting.id == key
        assert setting.type in types
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", key.replace("<name>", "X")), key


def test_defaults_are_of_their_setting_s_own_type() -> None:
    for setting in settings.catalogue().values():
        if setting.default is None:
            continue
        if setting.type == "boolean":
            assert isinstance(setting.default, bool), setting
        elif setting.type in ("int", "timespan"):
            assert isinstance(setting.default, int), setting
        elif setting.type == "select" and setting.choices:
            assert setting.default in (*setting.choices, ""), setting


READ = {"6.6": "6.6", "7.0": "7.0", "8.3": "8.3", "8.6.1": "8.6"}


def test_the_catalogue_agrees_with_what_the_product_registers() -> None:
    source = Path(__file__).parents[2] / "shared" / "facts" / "settings-read.json"
    if not source.exists():
        pytest.skip("what was read is not here")
    read = json.loads(source.read_text(encoding="utf-8"))["settings"]
    names = {key.replace("Custom-Namexx", "Custom-<name>"): fact for key, fact in read.items()}
    for release, line in READ.items():
        for key, setting in settings.catalogue().items():
            if "<name>" in key and key not in names:
                continue
            fact = names.get(key)
            if fact is None or release not in fact["in"]:
                assert setting.present(line) is not True or line in setting.unsaid, (key, release)
                continue
            assert setting.present(line) is True, (key, release)
            (form,) = setting.at(line)
            own = fact.get("by", {}).get(release, fact)
            if not fact.get("unread") and own.get("type"):
                assert form.type == own["type"], (key, release)
                assert list(form.choices) == own.get("choices", []), (key, release)


@pytest.mark.parametrize(
    ("setting_id", "value", "release", "kind"),
    [
        # Not there yet.
        ("AI_Intelligent_Search_Enabled", True, "7.0.0", "release"),
        ("Push_google_api_credentials", "x", "6.7.0", "release"),
        ("Accounts_OAuth_Use_Modern_Flow", True, "8.6.1", "release"),
        ("Accounts_twoFactorAuthentication_email_available_for_OAuth_users", False, "6.6.0", "release"),
        # Gone.
        ("Log_View_Limit", 1, "8.3.0", "release"),
        ("FileUpload_S3_SignatureVersion", "v4", "8.3.0", "release"),
        ("VoIP_TeamCollab_Enabled", True, "8.3.0", "release"),
        ("Accounts_OAuth_Twitter", True, "9.0.0", "release"),
        # There.
        ("VoIP_TeamCollab_Enabled", True, "7.0.0", None),
        ("Accounts_OAuth_Use_Modern_Flow", True, "8.7.0", None),
        ("Log_View_Limit", 1, "6.4.0", None),
        ("AutoTranslate_ServiceProvider", "libre-translate", "8.6.1", None),
        ("AutoTranslate_ServiceProvider", "libre-translate", "8.9.0", None),
        ("LDAP_Sync_User_Active_State", "enable", "7.0.0", None),
        ("SAML_Custom_Default_signature_validation_type", "None", "8.6.1", None),
        # Another type or choice then.
        ("AutoTranslate_ServiceProvider", "libre-translate", "8.3.0", "choice"),
        ("LDAP_Sync_User_Active_State", "enable", "6.6.0", "choice"),
        ("SMS_Service", "mobex", "8.3.0", "choice"),
        ("SMS_Service", "mobex", "7.0.0", None),
        # Changed between two releases that were read.
        ("Log_View_Limit", 1, "7.5.0", "doubt"),
        ("AutoTranslate_ServiceProvider", "libre-translate", "8.4.0", "doubt"),
        ("SMS_Service", "mobex", "8.0.0", "doubt"),
        ("AI_Intelligent_Search_Enabled", True, "8.7.0", "doubt"),
        # Never read.
        ("Search.Provider", "defaultProvider", "7.0.0", "doubt"),
        ("SAML_Custom_Other_debug", True, "8.9.0", "doubt"),
        # By the form that its type wants.
        ("Livechat_title_color", "#12345", "8.9.0", "type"),
        ("Livechat_title_color", "#1d74f5", "8.9.0", None),
        ("Language", "klingon", "8.9.0", "type"),
        ("Language", "pt-BR", "8.9.0", None),
        ("Default_Custom_Timezone", "Europe/Berlin", "8.9.0", None),
        ("Accounts_CustomFields", "{bad", "8.9.0", "type"),
        ("LDAP_CustomFieldMap", "[" * 100_000, "8.9.0", "type"),
        ("Accounts_CustomFields", '{"team": {"type": "text"}}', "8.9.0", None),
        # Kept by the server itself.
        ("uniqueID", "x", "8.9.0", "doubt"),
        ("Cloud_Workspace_Name", "x", "8.9.0", "doubt"),
        # Text before it was a number.
        ("RetentionPolicy_TTL_Channels", 1000, "8.6.1", "doubt"),
        ("RetentionPolicy_TTL_Channels", 1000, "8.9.0", None),
    ],
)
def test_a_setting_is_judged_as_it_is_in_the_release(
    setting_id: str, value: object, release: str, kind: str | None
) -> None:
    found = [
        problem.kind
        for problem in settings.check({setting_id: value}, find(release), licensed=True)
        if problem.kind != "secret"
    ]
    assert found == ([] if kind is None else [kind])


def test_a_setting_that_was_never_read_is_not_called_seen() -> None:
    said = only("Apps_Framework_enabled", True).message
    assert "does not have this setting; seen in no release" in said


def test_a_doubt_says_what_was_read_and_a_value_that_neither_form_takes_is_no_doubt() -> None:
    doubt = only("Log_View_Limit", 1, find("7.5.0"))
    assert "6.6, 7.0" in doubt.message
    assert "8.3" in doubt.message
    assert only("SMS_Service", "pigeon", find("8.0.0")).kind == "choice"


def test_a_reading_of_a_new_release_is_added_by_the_tool(tmp_path: Path) -> None:
    tool = runpy.run_path(str(Path(__file__).parents[1] / "tools" / "settings" / "catalogue.py"))
    rows: dict[str, dict[str, object]] = {
        "A": {"type": "int", "in": ["8.9"], "since": "8.0"},
        "Gone": {"type": "string", "in": ["8.9"]},
        "Licensed": {"type": "string", "modules": ["x"], "in": ["8.9"]},
    }
    exported = [
        {"_id": "A", "type": "select", "values": [{"key": "a", "i18nLabel": "A"}], "packageValue": "a"},
        {"_id": "New_api_key", "type": "string", "packageValue": ""},
        {"_id": "Accounts_OAuth_Custom-Sso-url", "type": "string", "packageValue": ""},
    ]
    tool["add"](rows, "9.1", tool["reading"](exported), {"Licensed"})
    assert rows["A"] == {
        "type": "select",
        "choices": ["a"],
        "default": "a",
        "since": "8.0",
        "in": ["8.9", "9.1"],
        "was": {"8.9": {"type": "int"}},
    }
    assert rows["Gone"]["in"] == ["8.9"]
    assert "unsaid" not in rows["Gone"]
    assert rows["Licensed"]["unsaid"] == ["9.1"]
    assert rows["New_api_key"]["sensitive"] is True
    assert "Accounts_OAuth_Custom-<name>-url" in rows


def test_the_data_file_is_as_the_tool_writes_it() -> None:
    tool = runpy.run_path(str(Path(__file__).parents[1] / "tools" / "settings" / "catalogue.py"))
    text = tool["DATA"].read_text(encoding="utf-8")
    data = json.loads(text)
    assert tool["text_of"](data["readings"], data["settings"]) == text


@pytest.mark.parametrize(
    "setting_id",
    [
        "SMTP_Password",
        "FileUpload_S3_AWSSecretAccessKey",
        "FileUpload_json_web_token_secret_for_files",
        "Accounts_OAuth_Custom-Fusionauth-secret",
        "Accounts_OAuth_Apple_secretKey",
        "Accounts_OAuth_Nextcloud_secret",
        "Accounts_RegistrationForm_SecretURL",
        "AutoTranslate_DeepLAPIKey",
        "Enterprise_License",
        "Livechat_External_Queue_Token",
        "SAML_Custom_Default_private_key",
        "Push_google_api_credentials",
        "Bugsnag_api_key",
        "LDAP_Authentication_Password",
        "SlackBridge_SigningSecret",
    ],
)
def test_keys_passwords_tokens_and_licences_are_sensitive(setting_id: str) -> None:
    setting = settings.find(setting_id)
    assert setting is not None
    assert setting.sensitive


@pytest.mark.parametrize(
    "setting_id",
    [
        "Iframe_Restrict_Access",
        "SMTP_Username",
        "SMTP_Host",
        "Accounts_PasswordReset",
        "SAML_Custom_Default_cert",
        "Accounts_OAuth_Custom-Fusionauth-id",
        "Accounts_OAuth_Custom-Fusionauth-token_path",
        "FileUpload_Enable_json_web_token_for_files",
        "GoogleTagManager_id",
        "Accounts_PasswordPlaceholder",
    ],
)
def test_switches_names_and_public_certificates_are_not_sensitive(setting_id: str) -> None:
    setting = settings.find(setting_id)
    assert setting is not None
    assert not setting.sensitive


def test_every_password_and_nothing_but_text_is_sensitive() -> None:
    for setting in settings.catalogue().values():
        if setting.type == "password":
            assert setting.sensitive, setting.id
        if setting.sensitive:
            assert setting.type in ("password", "string", "code"), setting.id


def test_a_custom_oauth_id_is_found_through_its_family_and_keeps_its_name() -> None:
    setting = settings.find("Accounts_OAuth_Custom-Fusionauth-merge_roles")
    assert setting is not None
    assert setting.id == "Accounts_OAuth_Custom-Fusionauth-merge_roles"
    assert setting.modules == ("oauth-enterprise",)
    assert settings.find("Accounts_OAuth_Custom-<name>") is None
    assert settings.find("Accounts_OAuth_Custom-Fusionauth-nonsense") is None


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Accounts_AllowUserNameChange", "Accounts_AllowUsernameChange"),
        ("log_level", "Log_Level"),
        ("Log_Levle", "Log_Level"),
        (
            "Block_Multiple_Failed_Logins_Attempts_Until_Block_By_User",
            "Block_Multiple_Failed_Logins_Attempts_Until_Block_by_User",
        ),
        ("Accounts_OAuth_Custom-FusionAuth-scope", "Accounts_OAuth_Custom-Fusionauth-scope"),
    ],
)
def test_an_unknown_id_is_answered_with_the_nearest_right_one(wrong: str, right: str) -> None:
    problem = only(wrong, True)
    assert problem.kind == "unknown"
    assert problem.nearest == right


def test_an_id_that_is_like_nothing_gets_no_suggestion() -> None:
    assert only("zzzzqqqq", True).nearest is None


@pytest.mark.parametrize("value", ["true", "false", 1, 0, None, "yes", [], {}])
def test_a_boolean_takes_true_and_false_only(value: object) -> None:
    assert fine("Enable_CSP", True)
    assert fine("Enable_CSP", False)
    assert only("Enable_CSP", value).kind == "type"


def test_a_boolean_in_quotes_is_told_to_lose_them() -> None:
    assert only("Enable_CSP", "False").remedy == "write false, without quotes"


@pytest.mark.parametrize("value", ["10", 1.5, True, None, [1], 10**400, float("inf"), float("nan")])
def test_a_number_takes_whole_numbers_only(value: object) -> None:
    assert fine("FileUpload_MaxFileSize", 1048576)
    assert fine("FileUpload_MaxFileSize", -1)
    assert only("FileUpload_MaxFileSize", value).kind == "type"


def test_a_timespan_says_that_it_is_in_milliseconds() -> None:
    assert only("RetentionPolicy_TTL_Channels", "30d").allowed == "a whole number of milliseconds"


def test_a_select_takes_its_choices_and_says_which() -> None:
    assert fine("Accounts_RegistrationForm", "Secret URL")
    problem = only("Accounts_RegistrationForm", "disabled")
    assert problem.kind == "choice"
    assert problem.nearest == "Disabled"
    assert problem.allowed == '"Public", "Disabled", "Secret URL"'


def test_a_number_for_a_select_of_digits_is_told_to_stand_in_quotes() -> None:
    assert fine("Log_Level", "1")
    assert only("Log_Level", 1).remedy == 'write "1", in quotes'
    assert only("Log_Level", 7).remedy is None
    assert only("SMTP_Port", 587).remedy == 'write "587", in quotes'


def test_a_select_whose_choices_the_server_fills_in_takes_any_text() -> None:
    assert fine("Search.Provider", "defaultProvider")


def test_a_multi_select_takes_a_list_of_its_choices() -> None:
    assert fine("Hide_System_Messages", ["uj", "ul"])
    assert fine("Hide_System_Messages", [])
    assert only("Hide_System_Messages", "uj").kind == "type"
    problem = only("Hide_System_Messages", ["uj", "room-archivd"])
    assert (problem.kind, problem.nearest) == ("choice", "room-archived")
    assert only("Hide_System_Messages", [{"a": 1}]).kind == "choice"


@pytest.mark.parametrize("text", ["true", "False", "TRUE"])
def test_text_that_the_server_would_turn_into_a_boolean_is_refused(text: str) -> None:
    assert "boolean" in only("Layout_Home_Title", text).message


def test_json_for_a_code_setting_is_to_be_one_text() -> None:
    assert fine("Accounts_CustomFields", '{"a": 1}')
    assert only("Accounts_CustomFields", {"a": 1}).remedy == "write it as JSON in one text"


def test_pictures_are_sent_to_the_upload_of_assets() -> None:
    problem = only("Assets_safari_pinned", "https://example.com/a.svg")
    assert problem.kind == "environment"
    assert problem.remedy is not None
    assert "rocketchat:appearance.assets.safari_pinned" in problem.remedy
    assert "safari_pinned" in problem.remedy


@pytest.mark.parametrize("gone", ["theme-font-body-font-family", "theme-color-primary"])
def test_theme_fonts_and_colours_are_sent_to_the_css(gone: str) -> None:
    problem = only(gone, "x")
    assert problem.kind == "environment"
    assert problem.nearest == "theme-custom-css"
    assert problem.remedy is not None
    assert "data:" in problem.remedy


def test_buttons_and_types_that_no_variable_holds_are_refused() -> None:
    unsettable = [setting for setting in settings.catalogue().values() if not setting.by_environment]
    assert {setting.type for setting in unsettable} == {"asset", "action", "roomPick", "multiLookup"}
    for setting in unsettable:
        if "<" not in setting.id:
            assert only(setting.id, "x", NINE, licensed=True).kind == "environment"


def test_a_setting_of_a_later_release_is_refused_before_it() -> None:
    assert only("MCP_Enabled", True, licensed=True).kind == "release"
    assert fine("MCP_Enabled", True, NINE, licensed=True)


def test_a_setting_that_has_gone_is_refused_after_its_last_line() -> None:
    assert fine("OTR_Enable", True, find("7.0.0"))
    assert "7.13" in only("OTR_Enable", True).message
    assert fine("Accounts_AllowAnonymousWrite", False)
    assert "8.9" in only("Accounts_AllowAnonymousWrite", False, NINE).message


def test_a_licensed_setting_is_refused_without_a_licence_by_the_name_of_its_module() -> None:
    problem = only("ABAC_Enabled", True)
    assert problem.kind == "licence"
    assert "abac" in problem.message
    assert fine("ABAC_Enabled", True, licensed=True)


def test_custom_oauth_needs_a_licence_from_9_on_and_not_before() -> None:
    key = "Accounts_OAuth_Custom-Fusionauth-scope"
    assert fine(key, "openid")
    assert only(key, "openid", NINE).kind == "licence"
    assert fine(key, "openid", NINE, licensed=True)


@pytest.mark.parametrize(
    ("setting_id", "way"),
    [
        ("SMTP_Password", "pulumi config set --secret rocketchat:smtpPassword"),
        ("Accounts_OAuth_Custom-Fusionauth-secret", "pulumi config set --secret rocketchat:oidcClientSecret"),
        ("Accounts_RegistrationForm_SecretURL", "`accounts`"),
        ("FileUpload_S3_AWSSecretAccessKey", "`media`"),
        ("AutoTranslate_DeepLAPIKey", "--secret rocketchat:AutoTranslate_DeepLAPIKey"),
    ],
)
def test_a_sensitive_setting_in_clear_is_refused_with_the_right_way_and_never_shown(
    setting_id: str, way: str
) -> None:
    for value in ("canary-hunter2", {"value": "canary-hunter2", "lock": True}, ["canary-hunter2"]):
        problem = only(setting_id, value)
        assert problem.kind == "secret"
        assert problem.remedy is not None
        assert way in problem.remedy
        assert "canary" not in repr(problem)


def test_every_setting_with_a_secret_of_the_stack_is_a_sensitive_one_of_the_catalogue() -> None:
    known = [setting for setting in settings.catalogue().values() if settings.secret_key(setting.id)]
    assert len({settings.secret_key(setting.id) for setting in known}) == 9
    assert all(setting.sensitive for setting in known)
    assert {settings.secret_key(setting.id) for setting in known} <= SECRETS.keys()


def test_a_value_may_stand_in_an_object_with_its_lock() -> None:
    assert fine("Log_Level", {"value": "1", "lock": True})
    assert only("Log_Level", {"value": 1, "lock": True}).kind == "type"
    assert only("Log_Level", {"value": "1", "lock": "yes"}).allowed == "true or false"
    assert only("Log_Level", {"value": "1", "locked": True}).kind == "type"
    assert settings.unlock({"value": "1", "lock": True}) == ("1", True)
    assert settings.unlock({"value": "1"}) == ("1", False)
    assert settings.unlock("1") == ("1", False)


def test_all_mistakes_are_told_at_once_in_their_order() -> None:
    problems = settings.check(
        {"Nonsense_Id_Of_Mine": 1, "Log_Level": 9, "Enable_CSP": True, "SMTP_Password": "x"},
        RECOMMENDED,
        licensed=False,
    )
    assert [problem.id for problem in problems] == ["Nonsense_Id_Of_Mine", "Log_Level", "SMTP_Password"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (10, "10"),
        (-1, "-1"),
        ("a b", "a b"),
        (["uj", "ul"], '["uj", "ul"]'),
        ([], "[]"),
    ],
)
def test_values_are_written_as_the_server_reads_them(value: object, text: str) -> None:
    assert settings.variable_value(value) == text


def test_every_default_survives_the_check_or_is_a_trap_that_is_named() -> None:
    for setting in settings.catalogue().values():
        usable = setting.by_environment and not setting.sensitive and "<" not in setting.id
        if not usable or setting.default is None or (setting.choices and setting.default == ""):
            continue
        if not setting.seen:
            continue
        release = find(f"{setting.seen[-1]}.0")
        problems = settings.check({setting.id: setting.default}, release, licensed=True)
        assert [problem for problem in problems if problem.kind != "doubt"] == [], setting


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.just("value"), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.sampled_from(sorted(settings.catalogue())), plain_values, st.booleans())
def test_no_value_makes_the_check_fail_and_what_passes_can_be_written(
    key: str, value: Any, licensed: bool
) -> None:
    problems = settings.check({key: value}, NINE, licensed=licensed)
    if not problems:
        assert isinstance(settings.variable_value(settings.unlock(value)[0]), str)


@given(st.text(max_size=60), plain_values)
def test_no_id_makes_the_check_fail(key: str, value: Any) -> None:
    settings.check({key: value}, RECOMMENDED, licensed=False)


# ------------------------------------------------------------------------------------------------ pictures


@pytest.mark.parametrize(
    ("asset", "name", "data", "words"),
    [
        ("safari_pinned", "tab.png", b"", "which is a file .svg"),
        ("logo", "logo", b"<svg/>", "which is a file .png or .svg or .jpg or .jpeg"),
        ("logo", "logo.svg", b"", "is empty"),
        ("logo", "logo.svg", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(17), "it is image/png"),
        ("logo", "logo.svg", b"<html>404</html>", "it is no picture"),
        ("logo", "logo.svg", b"<svg><script>x</script></svg>", "has a script"),
        ("logo", "logo.svg", b"<svg onload='x()'/>", "has a script"),
        (
            "logo",
            "logo.svg",
            b'<x:svg xmlns:x="http://www.w3.org/2000/svg"><x:script/></x:svg>',
            "has a script",
        ),
        ("logo", "logo.svg", b'<svg><a href="java&#115;cript:x()"/></svg>', "has a script"),
        ("logo", "logo.svg", b'<svg><animate values="#;javascript:x()"/></svg>', "has a script"),
        (
            "logo",
            "logo.svg",
            b'<svg><h:iframe xmlns:h="http://www.w3.org/1999/xhtml" src="/"/></svg>',
            "has a script, or HTML",
        ),
        ("logo", "logo.svg", b'<!DOCTYPE svg [<!ENTITY x "<script/>">]><svg>&x;</svg>', "declares entities"),
        ("logo", "logo.svg", b'<?xml-stylesheet href="/x"?><svg/>', "loads something else"),
        ("logo", "logo.svg", b'<?xml version="1.0" encoding="utf-7"?><svg/>', "save it as UTF-8"),
        ("logo", "logo.svg", b"<svg><g></svg>", "mismatched tag"),
        ("logo", "logo.svg", b"<svg/>", 'must begin with <svg xmlns="'),
        ("logo", "logo.svg", b"<svg/>" + bytes(1_000_000), "make it smaller"),
        (
            "tile_310_wide",
            "wide.png",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\x36\0\0\1\x36" + bytes(9),
            "310 by 310 pixels, and tile_310_wide has 310 by 150",
        ),
    ],
)
def test_a_picture_that_the_product_would_refuse_or_worse_is_refused_before(
    asset: str, name: str, data: bytes, words: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        assets.picture(asset, name, data)


def test_what_only_looks_like_a_script_is_taken_in_a_picture() -> None:
    data = (
        b'\xef\xbb\xbf<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
        b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:i="http://www.inkscape.org/namespaces/inkscape" i:only-ids="1">'
        b'<image href="data:image/png;base64,AAAA"/><text>on a = 1, javascript: <![CDATA[<script>]]></text></svg>'
    )
    assert assets.picture("logo", "logo.svg", data).type == assets.SVG


def test_the_pictures_are_those_of_the_product() -> None:
    known = {key.removeprefix("Assets_") for key, one in settings.catalogue().items() if one.type == "asset"}
    # The logo of the widget of Omnichannel needs a licence for that.
    assert known - {"livechat_widget_logo", "<name>"} == set(assets.ASSETS)
