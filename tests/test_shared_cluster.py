"""Several stacks on one Atlas cluster: each adds its own user and way in, and nothing else of the cluster."""

import automation_world  # noqa: F401 - before the SDKs

# isort: split

from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from engine_marks import needs_engine
from planning import Values, kinds, one, planned

from automation import ConfigurationError, open_stack
from clouds.mongodbatlas import GET_DATABASE_USERS
from rehearsal.backend import rehearsal_backend
from rehearsal.errors import RehearsalError
from rehearsal.plan import find_leaks
from stacks import files
from stacks.language import parse, parse_file
from stacks.problems import InvalidStack

ATLAS = "mongodbatlas:index/"
SERVICE = "com.amazonaws.vpce.ap-southeast-1.vpce-svc-0123456789abcdef0"
ENDPOINT = {"id": "5f0c1d2e3b4a59687f6e5d4c", "service": SERVICE}


def beside(**database: Any) -> Values:
    """A small chat on somebody else's cluster."""
    return {
        "aws:region": "ap-southeast-1",
        "rocketchat:chat": {"host": "chat.soluvas.com", "users": 20, "profile": "trial"},
        "rocketchat:runtime": {"kind": "fargate"},
        "rocketchat:database": {"kind": "atlas-existing", "name": "soluvas_chat_prod", **database},
        "rocketchat:dns": {"kind": "cloudflare", "zone": "soluvas.com"},
    }


BY_STACK = {"stack": "lovia-fargate"}
BY_NAME = {"project": "5f0c1d2e3b4a59687f6e5d4c", "cluster": "lovia-sg"}


@pytest.mark.slow
@pytest.mark.parametrize("where", [BY_STACK, BY_NAME])
def test_a_stack_beside_adds_only_its_own_user_and_its_own_addresses(where: dict[str, Any]) -> None:
    plan = planned(beside(**where), stack="soluvas")
    assert {kind for kind in kinds(plan) if kind.startswith(ATLAS)} == {
        f"{ATLAS}databaseUser:DatabaseUser",
        f"{ATLAS}projectIpAccessList:ProjectIpAccessList",
    }
    user = one(plan, f"{ATLAS}databaseUser:DatabaseUser")
    assert user.inputs["username"] == "soluvas"
    assert user.inputs["scopes"] == [{"name": "lovia-sg", "type": "CLUSTER"}]
    assert user.inputs["roles"] == [{"databaseName": "soluvas_chat_prod", "roleName": "readWrite"}]
    assert not user.protect
    assert not find_leaks(plan)


@pytest.mark.slow
def test_a_stack_by_reference_uses_the_project_that_the_other_one_made() -> None:
    from rehearsal import stack

    outputs, secret = stack.exported("lovia-fargate")
    assert {"mongodbUri", "adminPassword"} <= secret
    user = one(planned(beside(**BY_STACK)), f"{ATLAS}databaseUser:DatabaseUser")
    assert user.inputs["projectId"] == outputs["atlasProjectId"]


def test_a_stack_may_be_named_with_its_organization_and_project() -> None:
    plan = planned(beside(stack="organization/rocketchat/lovia-fargate"))
    assert one(plan, "pulumi:pulumi:StackReference").id == "organization/rocketchat/lovia-fargate"


@pytest.mark.slow
def test_two_stacks_beside_have_users_of_different_names() -> None:
    names = {
        one(planned(beside(**BY_NAME), stack=stack), f"{ATLAS}databaseUser:DatabaseUser").inputs["username"]
        for stack in ("soluvas", "another")
    }
    assert names == {"soluvas", "another"}


def test_the_users_name_can_be_given() -> None:
    plan = planned(beside(**BY_NAME, user="soluvas_app"))
    assert one(plan, f"{ATLAS}databaseUser:DatabaseUser").inputs["username"] == "soluvas_app"


def test_a_private_endpoint_beside_uses_the_endpoint_service_of_the_owner() -> None:
    from rehearsal import stack

    plan = planned(beside(**BY_STACK, privateLink=True))
    assert f"{ATLAS}privateLinkEndpoint:PrivateLinkEndpoint" not in kinds(plan)
    assert f"{ATLAS}projectIpAccessList:ProjectIpAccessList" not in kinds(plan)
    outputs, _ = stack.exported("lovia-fargate")
    accepted = one(plan, f"{ATLAS}privateLinkEndpointService:PrivateLinkEndpointService")
    assert accepted.inputs["privateLinkId"] == outputs["atlasPrivateLinkId"]
    assert "-pl-0" in one(plan, "rocketchat:index:AtlasDatabase").outputs["uri"]


@pytest.mark.slow
def test_a_private_endpoint_can_be_given_by_its_ids_or_made() -> None:
    given = planned(beside(**BY_NAME, privateLink=True, endpoint=ENDPOINT))
    assert f"{ATLAS}privateLinkEndpoint:PrivateLinkEndpoint" not in kinds(given)
    made = planned(beside(**BY_NAME, privateLink=True))
    assert f"{ATLAS}privateLinkEndpoint:PrivateLinkEndpoint" in kinds(made)


def test_an_access_list_that_has_the_addresses_already_is_left_alone() -> None:
    plan = planned(beside(**BY_NAME, accessList=False))
    assert f"{ATLAS}projectIpAccessList:ProjectIpAccessList" not in kinds(plan)


def test_the_owners_endpoint_service_in_another_region_is_refused_as_aws_does() -> None:
    values = beside(**BY_STACK, privateLink=True) | {"aws:region": "eu-west-1"}
    with pytest.raises(
        RehearsalError, match=r"InvalidServiceName: the endpoint service .* is not in eu-west-1"
    ):
        planned(values)


def test_a_cluster_whose_mongodb_the_release_does_not_run_on_is_refused() -> None:
    values = beside(**BY_NAME)
    values["rocketchat:chat"]["release"] = "7.5.0"
    with pytest.raises(RehearsalError, match=r"runs MongoDB 8\.0.*needs 5\.0, 6\.0, 7\.0"):
        planned(values)
    values["rocketchat:database"] |= {"privateLink": True}
    with pytest.raises(RehearsalError, match=r"runs MongoDB 8\.0"):
        planned(values)


def test_a_stack_that_has_no_cluster_is_refused_in_words() -> None:
    with pytest.raises(RehearsalError, match="no output atlasProjectId; it must be deployed"):
        planned(beside(**BY_STACK), others=lambda _: ({"url": "https://chat.lovia.life"}, ()))


WRONG = [
    ({}, "rocketchat:database", "either `stack`"),
    ({**BY_STACK, **BY_NAME}, "rocketchat:database", "either `stack`"),
    ({"project": BY_NAME["project"]}, "rocketchat:database", "both `project`"),
    ({**BY_NAME, "endpoint": ENDPOINT}, "rocketchat:database.endpoint", "privateLink: true"),
    (
        {**BY_STACK, "privateLink": True, "endpoint": ENDPOINT},
        "rocketchat:database.endpoint",
        "tells its own",
    ),
    (
        {
            **BY_NAME,
            "privateLink": True,
            "endpoint": {**ENDPOINT, "service": SERVICE.replace("ap-southeast-1", "eu-west-1")},
        },
        "rocketchat:database.endpoint.service",
        "is in eu-west-1, and the stack in ap-southeast-1",
    ),
    ({**BY_NAME, "user": "a b"}, "rocketchat:database.user", "user name"),
    ({"stack": "a/b"}, "rocketchat:database.stack", "organization/project/stack"),
    ({**BY_NAME, "version": "6.0"}, "rocketchat:database.version", "does not run on MongoDB 6.0"),
]


@pytest.mark.parametrize(("database", "path", "message"), WRONG)
def test_a_cluster_that_is_named_wrongly_is_refused(
    database: dict[str, Any], path: str, message: str
) -> None:
    with pytest.raises(InvalidStack) as caught:
        parse(beside(**database), set(), source="a test")
    assert any(problem.path == path and message in str(problem) for problem in caught.value.problems), str(
        caught.value
    )


def test_without_a_fixed_address_a_stack_beside_is_refused() -> None:
    values = beside(**BY_NAME)
    values["rocketchat:runtime"]["network"] = {"nat": "none"}
    with pytest.raises(InvalidStack, match="no fixed address"):
        parse(values, set(), source="a test")


def user_of(chat: str | None, **changes: Any) -> dict[str, Any]:
    """A user of the project as Atlas lists it."""
    labels = [] if chat is None else [{"key": "rocketchat-host", "value": chat}]
    roles = [{"roleName": "readWrite", "databaseName": "soluvas_chat_prod", "collectionName": ""}]
    scopes = [{"name": "lovia-sg", "type": "CLUSTER"}]
    return {"username": "other", "labels": labels, "roles": roles, "scopes": scopes, **changes}


@pytest.mark.parametrize(
    ("user", "refused"),
    [
        (user_of("chat.example.com"), True),
        (user_of("chat.example.com", scopes=[]), True),
        # MongoDB takes no two names that differ in their case only.
        (
            user_of(
                "chat.example.com", roles=[{"roleName": "readWrite", "databaseName": "Soluvas_Chat_PROD"}]
            ),
            True,
        ),
        (user_of("chat.soluvas.com"), False),
        (user_of(None), False),
        (user_of("chat.example.com", username="soluvas"), False),
        (user_of("chat.example.com", scopes=[{"name": "another", "type": "CLUSTER"}]), False),
        (user_of("chat.example.com", roles=[{"roleName": "read", "databaseName": "db"}]), False),
    ],
)
def test_a_database_that_is_another_chats_is_refused(
    user: dict[str, Any], refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(cast("dict[str, object]", GET_DATABASE_USERS.outputs), "results", [user])
    if refused:
        with pytest.raises(RehearsalError, match=r"is that of the chat chat\.example\.com \(user other\)"):
            planned(beside(**BY_NAME), stack="soluvas")
        return
    made = one(planned(beside(**BY_NAME), stack="soluvas"), f"{ATLAS}databaseUser:DatabaseUser")
    assert made.inputs["labels"] == [{"key": "rocketchat-host", "value": "chat.soluvas.com"}]


@needs_engine
def test_the_engine_deploys_no_second_chat_into_the_database_of_the_first() -> None:
    with rehearsal_backend() as backend:
        for host, stack in (("chat.soluvas.com", "first"), ("talk.soluvas.com", "second")):
            values = beside(**BY_NAME, accessList=stack == "first")
            values["rocketchat:chat"]["host"] = host
            with open_stack(stack, values=values, secrets={}, backend=backend, policies=False) as opened:
                if stack == "first":
                    opened.up(preview=False)
                    opened.up(preview=False)
                    continue
                with pytest.raises(ConfigurationError, match=r"the chat chat\.soluvas\.com \(user first\)"):
                    opened.up()


OWNER = {
    "kind": "atlas",
    "organization": "5f0c1d2e3b4a59687f6e5d4c",
    "cluster": "lovia-sg",
    "name": "shared_chat",
}


@pytest.mark.parametrize(
    ("first", "second", "refused"),
    [
        (BY_NAME, BY_NAME, True),
        (BY_STACK, {"stack": "org/rocketchat/lovia-fargate"}, True),
        (BY_NAME, {**BY_NAME, "name": "Shared_Chat"}, True),
        (OWNER, {"stack": "first"}, True),
        ({**OWNER, **BY_NAME}, BY_NAME, True),
        (BY_NAME, {**BY_NAME, "name": "another_chat"}, False),
        (BY_NAME, {**BY_NAME, "cluster": "another"}, False),
        (BY_NAME, {"stack": "unknown"}, False),
    ],
)
def test_two_stack_files_with_one_database_are_refused(
    first: dict[str, Any],
    second: dict[str, Any],
    refused: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    for stack, database in (("first", first), ("second", second)):
        values = beside()
        values["rocketchat:chat"]["host"] = f"{stack}.soluvas.com"
        values["rocketchat:database"] = {"kind": "atlas-existing", "name": "shared_chat", **database}
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": values}))
    (tmp_path / "Pulumi.broken.yaml").write_text("config: [")
    if not refused:
        parse_file(files.read("second"))
        return
    with pytest.raises(InvalidStack) as caught:
        parse_file(files.read("second"))
    (problem,) = caught.value.problems
    assert problem.path == "rocketchat:database.name"
    assert problem.line is not None
    assert "the stack first has that database" in str(problem)


def test_one_chat_in_two_stack_files_moves_between_runtimes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    for stack in ("first", "second"):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": beside(**BY_NAME)}))
    parse_file(files.read("second"))


@pytest.mark.parametrize("broken", ["first", "second"])
def test_nobody_is_told_of_two_chats_where_the_name_of_one_cannot_be_read(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    for stack in ("first", "second"):
        values = beside(**BY_NAME)
        if stack == broken:
            values["rocketchat:chat"] = {"users": 20}
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": values}))
    try:
        parse_file(files.read("second"))
    except InvalidStack as error:
        assert {problem.path for problem in error.problems} == {"rocketchat:chat.host"}
