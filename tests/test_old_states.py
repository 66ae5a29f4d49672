"""A state that an earlier version left is taken over without making anything anew."""

import automation_world  # noqa: F401 - before the SDKs

# isort: split

import gzip
import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
from engine_marks import needs_engine

from automation import Result, State, Step
from components.credentials import Credentials
from proving import old_states
from rehearsal import canaries
from stacks import deploy, files

BUCKET, SUBNET = "aws:s3/bucket:Bucket", "aws:ec2/subnet:Subnet"
SMALLEST = "local"


def test_of_every_stack_a_state_is_kept() -> None:
    kept = {path.name.removesuffix(".json.gz") for path in old_states.FOLDER.iterdir()}
    assert kept == set(files.names()), "python -m proving.old_states write"


@needs_engine
@pytest.mark.parametrize("stack", files.names())
def test_what_an_earlier_version_left_is_taken_over_without_making_anything_anew(stack: str) -> None:
    assert old_states.upgrade(old_states.read(stack)) == []


@needs_engine
@pytest.mark.parametrize("alias", [False, True])
def test_a_renamed_component_is_found_and_an_alias_on_it_covers_its_children(
    alias: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def renamed(name: str, args: Any, opts: pulumi.ResourceOptions) -> Credentials:
        before = pulumi.ResourceOptions(aliases=[pulumi.Alias(name=name)] if alias else None)
        return Credentials("passwords", args, pulumi.ResourceOptions.merge(opts, before))

    monkeypatch.setattr(deploy, "Credentials", renamed)
    found = old_states.upgrade(old_states.read(SMALLEST))
    assert bool(found) is not alias
    assert alias or "give them an alias" in found[0]


@pytest.mark.parametrize("stack", files.names())
def test_a_kept_state_holds_no_secret_in_clear(stack: str) -> None:
    text = gzip.decompress(old_states.path_of(stack).read_bytes()).decode()
    for key, secret in canaries.values(files.read(stack).secure).items():
        assert secret not in text, key
    assert '"plaintext"' not in text
    generated = [
        record["outputs"]
        for record in old_states.read(stack).state.records
        if record["type"] == "random:index/randomPassword:RandomPassword"
    ]
    assert generated
    assert all("ciphertext" in outputs[key] for outputs in generated for key in ("result", "bcryptHash"))


def step(operation: str, token: str = SUBNET, name: str = "one", *changed: str) -> Step:
    return Step(operation, f"urn:pulumi:s::rocketchat::{token}::{name}", token, changed)


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([step("update"), step("create", BUCKET)], []),
        ([step("replace", SUBNET, "one", "vpcId")], ["one (aws:ec2/subnet:Subnet) is made anew: vpcId"]),
        ([step("delete")], []),
        ([step("delete", BUCKET, "media")], ["media (aws:s3/bucket:Bucket) holds data and is deleted"]),
        ([step("delete", BUCKET, "host-documents")], []),
        ([step("replace", "aws:ecs/taskDefinition:TaskDefinition")], []),
    ],
)
def test_what_is_made_anew_or_lost_is_found(steps: list[Step], told: list[str]) -> None:
    result = Result("s", "preview", {}, tuple(steps))
    assert old_states.judge(result, set(), {}) == told


def test_a_password_and_an_enrolment_that_are_made_anew_are_found_too() -> None:
    tokens = ("random:index/randomPassword:RandomPassword", "aws:ssm/activation:Activation")
    steps = tuple(step("replace", token) for token in tokens)
    assert len(old_states.judge(Result("s", "preview", {}, steps), set(), {})) == len(tokens)


DISK, KEY = "aws:lightsail/disk:Disk", "aws:lightsail/keyPair:KeyPair"


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([step("replace", SUBNET, "one", "cidr"), step("delete", KEY, "key")], []),
        (
            [
                step("replace", SUBNET, "one", "cidr"),
                step("replace", SUBNET, "two"),
                step("delete", KEY, "key"),
            ],
            [f"two ({SUBNET}) is made anew: its parent is"],
        ),
        (
            [step("replace", SUBNET), step("delete", KEY, "key"), step("delete", KEY, "other")],
            [f"other ({KEY}) is deleted"],
        ),
        (
            [step("replace", SUBNET), step("delete", KEY, "key"), step("replace", DISK, "data", "sizeInGb")],
            [f"data ({DISK}) is made anew: sizeInGb"],
        ),
        ([step("replace", SUBNET)], [f"key ({KEY}) is deleted no more: take it out of WANTED"]),
    ],
)
def test_only_what_is_wanted_may_be_made_anew_or_deleted_and_it_must_be(
    steps: list[Step], told: list[str]
) -> None:
    wanted = {f"one ({SUBNET}) is made anew": "because", f"key ({KEY}) is deleted": "because"}
    assert old_states.judge(Result("s", "preview", {}, tuple(steps)), set(), wanted) == told


def test_no_data_address_bucket_or_password_is_wanted_anew() -> None:
    kept = (
        "lightsail/disk:Disk",
        "volume:Volume",
        "staticIp:StaticIp",
        "reservedIp:ReservedIp",
        "aws:s3/",
        "random:",
    )
    for stack, wanted in old_states.WANTED.items():
        assert stack in files.names()
        assert not [what for what in wanted if any(part in what for part in kept)]


def test_a_state_that_differs_by_its_ciphertexts_and_times_only_is_not_written_again(tmp_path: Path) -> None:
    text = json.dumps(old_states.read(SMALLEST).state.deployment)
    state = State(3, json.loads(text))
    assert old_states.write(SMALLEST, "1", state, tmp_path)
    other = json.loads(text.replace('"ciphertext": "v1:', '"ciphertext": "v1:A'))
    other["manifest"]["time"] = "2027-02-02T00:00:00Z"
    assert json.dumps(other) != text
    assert not old_states.write(SMALLEST, "2", State(3, other), tmp_path)
    assert old_states.read(SMALLEST, tmp_path).commit == "1"
    changed = State(3, json.loads(text.replace("rocketchat", "rocketchap")))
    assert old_states.write(SMALLEST, "2", changed, tmp_path)
