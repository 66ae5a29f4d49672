"""`settings diff` and `apply`, `configure`, `status` and `admin reset`, against a chat on loopback."""

import contextlib
import json
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from administered_chat import Administered, as_of
from api_description import Judge
from chat_server import PASSWORD, USER, Chat, ChatServer, answering

from automation.administration import configure, locked_out
from automation.administration import settings as product
from automation.administration.status import status
from automation.backend import Backend
from automation.verify.client import User
from automation.verify.expected import Expected
from automation.web import Failed, NotChecked
from command import cli, running
from proving import recordings
from rehearsal import stack as planning
from stacks import beside, files
from stacks.language import ChatSpec, parse
from stacks.parts import Bot

ADMIN = User(USER, password=PASSWORD)


def spec(stack: str = "lovia-fargate") -> ChatSpec:
    return planning.load(stack).spec


@dataclass
class World:
    chat: Chat
    administered: Administered
    url: str
    set: dict[str, str] = field(default_factory=dict)
    """Secrets that a command has set."""


@pytest.fixture
def world() -> Iterator[World]:
    administered = Administered(as_of(product.wanted(spec())[0]))
    chat = Chat(more=administered.routes, patch_shown=True)
    with ChatServer(chat, None) as server:
        yield World(chat, administered, server.url)
    assert not chat.tokens, "a session was left open"


# ------------------------------------------------------------------------------------------------ settings


def test_a_chat_as_the_stack_has_it_differs_in_nothing(world: World) -> None:
    found = product.compare(world.url, ADMIN, spec())
    assert not found.differences
    assert found.same == len(world.administered.settings) > 50
    assert "FileUpload_S3_Bucket" in found.not_compared
    assert "SMTP_Password" in found.not_compared
    assert not world.administered.changed


def test_what_differs_is_told_and_what_is_sensitive_is_not_shown(world: World) -> None:
    settings = world.administered.settings
    settings["Accounts_RegistrationForm"]["value"] = "Public"
    settings["Log_Level"]["value"] = "2\x1b[31m" + "x" * 500
    del settings["Site_Name"]
    settings["SMTP_Password"] = {"value": "canarysmtp", "packageValue": ""}
    settings["LDAP_Authentication_Password"] = {"value": "canaryldap", "packageValue": ""}
    settings["Message_MaxAllowedSize"] = {"value": 9000, "packageValue": 5000}
    found = product.compare(world.url, ADMIN, spec())
    assert {one.id for one in found.differences} == {"Accounts_RegistrationForm", "Log_Level", "Site_Name"}
    lines = {one.id: str(one) for one in found.differences}
    assert (
        lines["Accounts_RegistrationForm"]
        == 'Accounts_RegistrationForm: "Disabled" in the stack, "Public" in the chat'
    )
    assert lines["Site_Name"].endswith("the chat does not have it")
    assert found.to_json()["unmanaged"] == {
        "LDAP_Authentication_Password": product.HIDDEN,
        "Message_MaxAllowedSize": 9000,
    }
    text = json.dumps(found.to_json()) + str(lines)
    assert "canary" not in text
    assert "\x1b" not in text
    assert len(lines["Log_Level"]) < 300


def test_applying_sets_what_differs_once_and_what_is_locked_not(world: World) -> None:
    settings = world.administered.settings
    settings["Accounts_RegistrationForm"]["value"] = "Public"
    settings["Log_Level"]["value"] = "2"
    settings["Log_Level"]["blocked"] = True
    settings["Message_AllowEditing_BlockEditInMinutes"]["value"] = 99
    done = {one.id: one for one in product.apply(world.url, ADMIN, spec())}
    assert done["Accounts_RegistrationForm"].done
    assert done["Log_Level"].why == "the user may not (permission edit-privileged-setting)"
    # `lock: true` in the stack file.
    assert "locked" in done["Message_AllowEditing_BlockEditInMinutes"].why
    assert world.administered.changed == ["Accounts_RegistrationForm"]
    again = [one.id for one in product.apply(world.url, ADMIN, spec()) if one.done]
    assert again == []


@pytest.mark.parametrize(
    ("setting", "text", "line", "read"),
    [
        ("Log_Level", "1", "8.9.0", "1"),
        ("FileUpload_MaxFileSize", "100", "8.9.0", 100),
        ("Push_enable", "TRUE", "8.9.0", True),
        ("Nobody_Knows_This", "false", "8.9.0", False),
        ("FileUpload_MaxFileSize", "a lot", "8.9.0", "a lot"),
    ],
)
def test_a_variable_is_read_as_the_server_does(setting: str, text: str, line: str, read: object) -> None:
    assert product.as_read(setting, text, planning.load("local").spec.release) == read


def test_who_sees_no_settings_is_told_of_the_permission(world: World) -> None:
    world.administered.settings.clear()
    with pytest.raises(NotChecked, match="view-privileged-setting"):
        product.compare(world.url, ADMIN, spec())


def test_the_password_is_the_second_factor_and_without_one_the_token_is_named(world: World) -> None:
    world.administered.second_factor = True
    world.administered.settings["Accounts_RegistrationForm"]["value"] = "Public"
    assert [one.done for one in product.apply(world.url, ADMIN, spec())] == [True]
    world.administered.settings["Accounts_RegistrationForm"]["value"] = "Public"
    world.chat.tokens.add("canarytoken")
    with pytest.raises(Failed) as caught:
        product.apply(world.url, User("probe-id", token="canarytoken"), spec())
    assert "Ignore Two Factor Authentication" in caught.value.remedy
    world.chat.tokens.clear()


# ------------------------------------------------------------------------------------------------ configure


def with_bot() -> ChatSpec:
    whole = spec()
    return replace(whole, parts=whole.parts.model_copy(update={"bot": Bot(username="jarvis")}))


def run(world: World, one: ChatSpec, notices: str | None = "#operations") -> dict[str, configure.Step]:
    done = configure.configure(world.url, ADMIN, one, bot_password="canarybotpassword", notices=notices)
    return {step.name: step for step in done}


def test_all_that_is_configured_is_made_once(world: World) -> None:
    admin = [{"address": "ops@lovia.life", "verified": True}]
    world.administered.user("ops", emails=admin)
    # The chat's login knows one account only; the bot's password is tried there.
    first = run(world, with_bot())
    assert {name: step.changed for name, step in first.items()} == dict.fromkeys(
        ("administrator", "bot", "webhook"), True
    )
    assert world.administered.users["ops"]["roles"] == ["admin", "user"]
    assert world.administered.users["jarvis"]["roles"] == ["user", "bot"]
    assert first["webhook"].secret == f"{world.url}/hooks/hook/canaryhooktoken"
    assert "canary" not in json.dumps([step.to_json() for step in first.values()]) + str(first)
    world.administered.changed.clear()
    second = run(world, with_bot())
    assert not second["administrator"].changed
    assert not second["webhook"].changed
    assert second["webhook"].secret == first["webhook"].secret
    assert world.administered.changed == ["jarvis"], "another password than the stack's is set anew"


def test_a_bot_that_can_log_in_is_left_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.administered.user(USER, roles=["user", "bot"])
    one = spec()
    one = replace(one, parts=one.parts.model_copy(update={"bot": Bot(username=USER)}))
    done = configure.configure(world.url, ADMIN, one, bot_password=PASSWORD, notices=None)
    assert [(step.name, step.changed) for step in done] == [("administrator", False), ("bot", False)]


def test_an_administrators_account_does_not_become_the_bots(world: World) -> None:
    world.administered.user("jarvis", roles=["user", "admin"])
    with pytest.raises(Failed, match="would get the bot's password"):
        run(world, with_bot())
    assert not world.administered.changed


def test_another_channel_changes_the_webhook_and_keeps_its_address(world: World) -> None:
    first = run(world, spec())["webhook"]
    second = run(world, spec(), "#elsewhere")["webhook"]
    assert (second.changed, second.secret) == (True, first.secret)
    assert world.administered.integrations[0]["channel"] == ["#elsewhere"]


# ------------------------------------------------------------------------ configure: pictures, roles, logins


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + bytes(9)


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'
FILES = {"logo.svg": SVG, "tab.svg": SVG, "32.png": png(32, 32), "back.jpg": b"\xff\xd8\xff\xe0jpeg"}
PICTURES = {"logo": "logo.svg", "safari_pinned": "tab.svg", "favicon_32": "32.png", "background": "back.jpg"}


def looking(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch, **parts: Any) -> ChatSpec:
    """Return a stack with pictures and roles, and a chat with the product's roles."""
    monkeypatch.setattr(beside, "FOLDER", folder)
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    for own, name, scope in (("admin", "admin", "Users"), ("user", "user", "Users"), ("x1", "crew", "Users")):
        world.administered.roles[own] = {"_id": own, "name": name, "scope": scope, "description": "Kept"}
    world.administered.roles["owner"] = {"_id": "owner", "name": "owner", "scope": "Subscriptions"}
    for one in world.administered.roles.values():
        one |= {"protected": one["_id"] != "x1", "mandatory2fa": False, "description": "Kept"}
    world.administered.permissions |= {"create-team": ["admin"], "mention-all": ["admin", "user", "owner"]}
    given = {
        "appearance": {"assets": PICTURES},
        "accounts": {
            "roles": [
                {"name": "owner", "secondFactor": True},
                {"name": "crew", "grant": ["create-team"]},
                {"name": "user", "secondFactor": False, "grant": ["create-team"], "revoke": ["mention-all"]},
            ]
        },
    } | parts
    whole = spec()
    values = {
        **files.read("lovia-fargate").values,
        **{f"rocketchat:{key}": one for key, one in given.items()},
    }
    return replace(whole, parts=parse(values, {"rocketchat:oidcClientSecret"}, source="a test").parts)


def test_pictures_roles_and_permissions_are_set_once_and_others_left_alone(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = looking(world, tmp_path, monkeypatch)
    first = run(world, one, None)
    assert {name for name, step in first.items() if step.changed} == {
        *(f"picture {name}" for name in PICTURES),
        *("second factor of owner", "permissions of crew", "permissions of user"),
    }
    chat = world.administered
    assert chat.pictures["favicon_32"] == ("image/png", FILES["32.png"])
    assert chat.pictures["background"] == ("image/jpeg", FILES["back.jpg"])
    # The description and the scope stay; a custom role is meant by its id.
    assert chat.roles["owner"] == {
        "_id": "owner",
        "name": "owner",
        "scope": "Subscriptions",
        "description": "Kept",
        "protected": True,
        "mandatory2fa": True,
    }
    assert chat.permissions == {"create-team": ["admin", "x1", "user"], "mention-all": ["admin", "owner"]}
    chat.changed.clear()
    second = run(world, one, None)
    assert not [step for step in second.values() if step.changed]
    assert not chat.changed
    (tmp_path / "tab.svg").write_bytes(SVG + b"\n")
    third = run(world, one, None)
    assert [name for name, step in third.items() if step.changed] == ["picture safari_pinned"]


def test_what_the_chat_has_not_is_told_by_the_key_and_nothing_is_changed(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for roles, words in (
        ([{"name": "crow", "grant": ["create-team"]}], "no role crow"),
        ([{"name": "user", "grant": ["create-team", "create-tea"]}], "no permission create-tea"),
    ):
        one = looking(world, tmp_path, monkeypatch, accounts={"roles": roles}, appearance={})
        with pytest.raises(Failed, match=words) as caught:
            run(world, one, None)
        assert "rocketchat:accounts.roles" in caught.value.remedy
    world.administered.licensed = False
    one = looking(world, tmp_path, monkeypatch, appearance={})
    with pytest.raises(Failed, match="does not let the role owner be changed") as caught:
        run(world, one, None)
    assert "licence" in caught.value.remedy
    one = looking(world, tmp_path, monkeypatch)
    (tmp_path / "logo.svg").unlink()
    with pytest.raises(Failed) as caught:
        run(world, one, None)
    assert "rocketchat:appearance.assets.logo" in caught.value.remedy
    assert not world.administered.changed


def test_a_login_that_the_stack_has_no_more_is_turned_off_only_when_told(world: World) -> None:
    settings = world.administered.settings
    off = {"value": True, "packageValue": False}
    settings |= {"Accounts_OAuth_Custom-Old": dict(off), "SAML_Custom_Default": dict(off)}
    settings["Accounts_OAuth_Custom-Old-merge_users"] = dict(off)
    first = run(world, spec(), None)
    assert {name for name in first if name.startswith("login")} == {"login Old", "login SAML"}
    assert not world.administered.changed
    done = configure.configure(
        world.url, ADMIN, spec(), bot_password=None, notices=None, retired=["Old", "Older"]
    )
    told = {step.name: step.changed for step in done}
    assert (told["login Old"], told["login Older"]) == (True, False)
    assert world.administered.changed == ["Accounts_OAuth_Custom-Old"]
    assert settings["Accounts_OAuth_Custom-Old"]["value"] is False
    with pytest.raises(Failed, match="has the login Fusionauth"):
        configure.configure(world.url, ADMIN, spec(), bot_password=None, notices=None, retired=["Fusionauth"])


# ------------------------------------------------------------------------------------------------ locked out


def test_another_administrator_sets_the_password_and_takes_the_second_factor_away(world: World) -> None:
    world.administered.user("rocket.admin", roles=["admin"])
    said = locked_out.reset(world.url, ADMIN, "rocket.admin", "canarynewpassword")
    assert "canary" not in said
    assert world.administered.users["rocket.admin"]["password"] == "canarynewpassword"
    assert "totp of id-rocket.admin" in world.administered.changed
    with pytest.raises(Failed, match="knows no user nobody"):
        locked_out.reset(world.url, ADMIN, "nobody", "canarynewpassword")


class Rehearsing(Backend):
    rehearsal = True


@pytest.mark.parametrize(
    ("stack", "words"),
    [
        (
            "lovia-fargate",
            ("loginForm: true", "sends a mail", "aws ecs update-service --force-new-deployment"),
        ),
        ("family-host", ("ssh root@192.0.2.1", "docker exec", "sudo docker restart chat-rocketchat-1")),
        ("local", ("kubectl --namespace rocketchat exec", "rollout restart deployment chat-rocketchat")),
        ("soluvas-lightsail", ("mongosh", "sudo docker restart chat-rocketchat-1")),
    ],
)
def test_without_another_administrator_the_ways_in_are_those_of_the_stack(
    stack: str, words: tuple[str, ...]
) -> None:
    outputs = {"address": "192.0.2.1", "cluster": "c", "service": "s", "adminUsername": "rocket.admin"}
    text = "\n".join(locked_out.ways(spec(stack), stack, Backend(), outputs))
    rehearsed = "\n".join(locked_out.ways(spec(stack), stack, Rehearsing(), outputs))
    assert f"up {stack}" in text
    assert [line for line in rehearsed.splitlines() if f" {stack}" in line and "--rehearse" not in line] == []
    assert not [one for one in words if one not in text], text
    assert '$pull: {roles: "admin"}' in text


# ------------------------------------------------------------------------------------------------ commands


@pytest.fixture
def commands(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    @contextlib.contextmanager
    def opened(stack: str, *_: object, **__: object) -> Iterator[Any]:
        outputs = {"url": world.url, "release": "8.9.0", "adminUsername": "rocket.admin"}
        yield SimpleNamespace(
            name=stack,
            spec=spec(stack),
            outputs=lambda: outputs,
            backend=Backend(),
            secret=lambda key: world.set.get(key, "canarybotpassword"),
            set_secrets=world.set.update,
        )

    monkeypatch.setattr(running, "opened", opened)
    monkeypatch.setenv("ROCKETCHAT_PASSWORD", PASSWORD)
    return world


def test_the_commands_end_by_what_they_found(commands: World, capsys: pytest.CaptureFixture[str]) -> None:
    commands.administered.settings["Accounts_RegistrationForm"]["value"] = "Public"
    diff = ["settings", "diff", "lovia-fargate", "--user", USER]
    assert cli.main(diff) == 1
    assert (
        'Accounts_RegistrationForm: "Disabled" in the stack, "Public" in the chat' in capsys.readouterr().out
    )
    apply = ["settings", "apply", "lovia-fargate", "--user", USER]
    assert cli.main([*apply, "--json"]) == 2
    assert "--yes" in json.loads(capsys.readouterr().out)["remedy"]
    assert cli.main([*apply, "--yes"]) == 0
    assert capsys.readouterr().out == "Accounts_RegistrationForm: set\n"
    assert cli.main([*diff, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["differences"] == []


@pytest.mark.recorded
def test_status_tells_more_to_an_administrator(commands: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["status", "lovia-fargate"]) == 0
    told = capsys.readouterr().out
    assert "without --user the chat tells no more" in told
    place = {commands.url: "https://chat.lovia.life"}
    assert not recordings.differs("status lovia-fargate", told, place), "run `make docs`"
    assert cli.main(["status", "lovia-fargate", "--user", USER, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["running"], told["instances"], told["licence"], told["mongodb"], told["users"]) == (
        "8.9.0",
        2,
        "valid, with 2 modules",
        "8.0.32",
        42,
    )
    for odd in (7, {"activeModules": 7}):
        commands.chat.faults["/api/v1/licenses.info"] = answering(200, {"success": True, "license": odd})
        assert cli.main(["status", "lovia-fargate", "--user", USER, "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["licence"], told["users"], told["notTold"]) == (
            None,
            42,
            "an answer without activeModules",
        )
    commands.chat.faults["/api/info"] = answering(502, "<h1>Bad Gateway</h1>")
    assert cli.main(["status", "lovia-fargate"]) == 1
    assert "/api/info answers 502" in capsys.readouterr().out


def test_a_bot_is_told_of_until_it_is_online(
    commands: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = with_bot()
    monkeypatch.setattr(sys.modules[__name__], "spec", lambda *_: both)
    told = {}
    for when in ("before", "made", "online"):
        if when == "online":
            commands.administered.users["jarvis"]["status"] = "online"
        elif when == "made":
            assert cli.main(["configure", "family-host", "--user", USER]) == 0
            # It may have given up before its account was there.
            assert "update-service --force-new-deployment" in capsys.readouterr().err
        assert cli.main(["status", "family-host", "--user", USER, "--json"]) == 0
        told[when] = json.loads(capsys.readouterr().out)["bot"]
    assert told == {
        "before": "jarvis is without an account: `configure` makes it",
        "made": "jarvis is offline",
        "online": "jarvis is online",
    }


@pytest.mark.recorded
def test_the_webhooks_address_goes_into_the_stack_and_is_not_shown(
    commands: World, capsys: pytest.CaptureFixture[str]
) -> None:
    one = ["configure", "family-host", "--user", USER, "--notices", "#operations"]
    assert cli.main([*one[:-1], "operations"]) == 2
    assert "is no channel" in capsys.readouterr().err
    commands.administered.settings["Accounts_OAuth_Custom-Fusionauth"]["value"] = False
    assert cli.main(one) == 0
    told = capsys.readouterr()
    assert not recordings.differs(
        "configure family-host --user probe --notices '#operations'", told.out + told.err
    ), "run `make docs`"
    assert commands.set == {"rocketchat:backupWebhookUrl": f"{commands.url}/hooks/hook/canaryhooktoken"}
    assert "canaryhook" not in told.out + told.err
    assert "rocketchat up family-host" in told.err


def test_a_chat_that_goes_away_is_told_by_what_failed_first_and_not_by_the_logout(
    commands: World, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = answering(502, "<h1>Bad Gateway</h1>")
    commands.chat.faults |= {"/api/v1/settings": gone, "/api/v1/logout": gone}
    assert cli.main(["settings", "diff", "lovia-fargate", "--user", USER]) == 1
    assert "/api/v1/settings answers 502" in capsys.readouterr().err
    commands.chat.tokens.clear()


def test_a_wrong_administrator_is_told_so(commands: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["settings", "diff", "lovia-fargate", "--user", "nobody"]) == 1
    assert "refused: Unauthorized" in capsys.readouterr().err
    # One who gets in, and may not.
    commands.administered.settings.clear()
    assert cli.main(["settings", "diff", "lovia-fargate", "--user", USER]) == 1
    told = capsys.readouterr().err
    assert "view-privileged-setting" in told
    assert "give an administrator of the chat" in told


@pytest.mark.recorded
def test_a_locked_out_administrator_is_let_in_by_command(
    commands: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands.administered.user("rocket.admin", roles=["admin"])
    assert cli.main(["admin", "reset", "lovia-fargate"]) == 0
    assert capsys.readouterr().out.startswith("1. The form for name and password is hidden")
    assert cli.main(["admin", "reset", "lovia-fargate", "--user", USER]) == 2
    monkeypatch.setenv("ROCKETCHAT_NEW_PASSWORD", "canarynewpassword")
    one = ["admin", "reset", "lovia-fargate", "--user", USER]
    assert cli.main(one) == 0
    typed = "admin reset lovia-fargate --user probe --name rocket.admin"
    assert not recordings.differs(typed, capsys.readouterr().out), "run `make docs`"
    assert commands.administered.users["rocket.admin"]["password"] == "canarynewpassword"


@pytest.mark.programs
def test_every_call_of_an_administrator_is_as_the_product_describes_its_api(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = looking(world, tmp_path, monkeypatch).parts
    world.administered.user("ops", emails=[{"address": "ops@lovia.life", "verified": True}])
    world.administered.user("rocket.admin", roles=["admin"])
    settings = world.administered.settings
    # The description knows of no numbers.
    for key in [key for key, one in settings.items() if not isinstance(one["value"], bool | str)]:
        del settings[key]
    settings["Accounts_RegistrationForm"]["value"] = "Public"
    judge = Judge(tmp_path, world.url)
    judge.start()
    try:
        judged = replace_url(world, judge.url)
        done = product.apply(judge.url, ADMIN, spec())
        assert [one.id for one in done if one.done] == ["Accounts_RegistrationForm"], judge.log
        both = with_bot()
        both = replace(
            both,
            parts=both.parts.model_copy(update={"appearance": looks.appearance, "accounts": looks.accounts}),
        )
        done_ = run(judged, both)
        assert {"picture logo", "second factor of owner", "permissions of user"} <= {
            name for name, step in done_.items() if step.changed
        }
        for key in [key for key in settings if key.startswith("Assets_")]:
            del settings[key]
        # A second run lists the webhook, whose channels the description takes for objects, against its own examples.
        run(judged, with_bot(), None)
        locked_out.reset(judge.url, ADMIN, "rocket.admin", "canarynewpassword")
        expected = Expected(stack="house", url=judge.url, release="8.9.0")
        told = status(expected, ADMIN)
    finally:
        judge.kill()
    assert not told.not_told, judge.log


def replace_url(world: World, url: str) -> World:
    return World(world.chat, world.administered, url)
