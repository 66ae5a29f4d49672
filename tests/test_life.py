"""A whole life in the real engine: every stack is deployed, and the reference stack is changed, moved and destroyed."""

import automation_world  # noqa: F401 - before the SDKs

# isort: split

import json
from collections.abc import Mapping
from typing import Any

import pytest

import automation
from automation import ChatStack, SecretValue, State, open_stack
from rehearsal import canaries
from rehearsal.testing import needs_engine
from stacks import files

REFERENCE = "lovia-fargate"
HOLDS_DATA = ("aws:s3/bucket:Bucket", "mongodbatlas:index/advancedCluster:AdvancedCluster")
COMPONENT = "rocketchat:index:"
"""Components are updated with what is in them: the state has their arguments."""
ROTATED = ("credentials-administrator", "database-user-password")


def changed_values(part: str, **keys: Any) -> dict[str, Any]:
    values: Mapping[str, Any] = files.read(REFERENCE).values
    return {**values, part: {**values.get(part, {}), **keys}}


def secrets() -> dict[str, str]:
    return canaries.values(files.read(REFERENCE).secure)


def leaks(text: str, stack: ChatStack) -> list[str]:
    # The SMTP user's name is the id of its access key, which no state can hide, and which alone opens nothing.
    ids = {one.id for one in stack.export_state().resources}
    return sorted(secret for secret in stack.secrets() - ids if len(secret) >= 12 and secret in text)


@needs_engine
def test_the_reference_stack_lives_a_whole_life() -> None:
    told: list[object] = []
    with automation.rehearsal() as backend:
        assert backend.cloud is not None
        with open_stack(REFERENCE, backend=backend, on_event=told.append) as stack:
            up = stack.up()
            assert up.changes.keys() == {"create"}
            assert not [finding for finding in up.findings if finding.mandatory]
            assert stack.up(preview=False, policies=False).changed == 0
            backend.cloud.tamper("chat-logs", {"retentionInDays": 1})
            assert [step.name for step in stack.drift().steps] == ["chat-logs"]
            mended = stack.up(preview=False, policies=False, refresh=True)
            assert {step.name for step in mended.steps} == {"chat-logs"}
            assert stack.drift().changed == 0
            state = stack.export_state()
            everything = state.to_json() + repr(up) + json.dumps(up.to_json()) + repr(told)
            assert stack.secrets() >= set(secrets().values())
            assert leaks(everything, stack) == []
            assert backend.folder is not None
            for path in backend.folder.rglob("*.json"):
                assert leaks(path.read_text(encoding="utf-8"), stack) == [], path.name
        edited = changed_values("rocketchat:settings", Log_Level="0")
        with open_stack(
            REFERENCE, values=edited, secrets=secrets(), backend=backend, policies=False
        ) as stack:
            changed = stack.up(preview=False)
            assert {step.type for step in changed.steps if not step.type.startswith(COMPONENT)} == {
                "aws:ecs/taskDefinition:TaskDefinition",
                "aws:ecs/service:Service",
            }
            state = stack.export_state()
        with (
            automation.rehearsal(cloud=backend.cloud) as other,
            open_stack(REFERENCE, values=edited, secrets=secrets(), backend=other, policies=False) as moved,
        ):
            moved.import_state(State.from_json(state.to_json()))
            assert moved.preview().changed == 0
            assert isinstance(moved.outputs()["adminPassword"], SecretValue)
            gone = moved.destroy(confirm=REFERENCE, unprotect=True)
            assert gone.changes.keys() == {"delete"}
            assert moved.export_state().resources == ()
            assert {thing.urn for thing in backend.cloud.things()} == set(gone.kept)


@needs_engine
@pytest.mark.parametrize("name", [name for name in files.names() if name != REFERENCE])
def test_every_stack_is_deployed_stays_as_it_is_and_is_destroyed(name: str) -> None:
    with open_stack(name, rehearse=True, policies=False) as stack:
        assert stack.up(preview=False).changed > 0
        assert stack.preview().changed == 0
        assert stack.drift().changed == 0
        stack.destroy(confirm=name, unprotect=True)
        assert stack.export_state().resources == ()


@needs_engine
@pytest.mark.parametrize("password", ROTATED)
def test_a_rotated_password_changes_only_what_uses_it(password: str) -> None:
    with open_stack(REFERENCE, rehearse=True, policies=False) as stack:
        stack.up(preview=False)
        before = {one.urn: one.id for one in stack.export_state().resources}
        (urn,) = (urn for urn in before if urn.endswith(f"::{password}"))
        rotated = stack.up(preview=False, anew=[urn])
        assert rotated.replaced
        after = {one.urn: (one.type, one.id) for one in stack.export_state().resources}
        assert all(before[urn] == own_id for urn, (kind, own_id) in after.items() if kind in HOLDS_DATA)
        allowed = ("RandomPassword", "SecretVersion", "TaskDefinition", "Service", "DatabaseUser")
        others = {
            step.type
            for step in rotated.steps
            if not step.type.endswith(allowed) and not step.type.startswith(COMPONENT)
        }
        assert others == set()
