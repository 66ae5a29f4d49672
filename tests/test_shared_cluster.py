"""Several stacks on one Atlas cluster: each adds its own user and way in, and nothing else of the cluster."""

from typing import Any

import pytest
from planning import Values, kinds, one, planned

from rehearsal.errors import RehearsalError
from rehearsal.plan import find_leaks
from stacks.language import parse
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
