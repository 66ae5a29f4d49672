"""A deployment of a host ends well only when the host has said that it serves what it was told."""


# isort: split

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
import pytest
from engine_marks import needs_engine
from recording import record

import automation
from clouds.aws.s3 import report
from components.runtime import droplet
from components.runtime.host import serving
from components.runtime.host.agent import HostAgent
from components.runtime.host.serving import Report, Watch
from rehearsal.backend import rehearsal_backend

NOW = 1_790_000_000
MINE, OTHER = "a" * 64, "b" * 64
OBJECT = "aws:s3/getObject:getObject"
SILENT = {"body": json.dumps({"document": "", "state": "none", "reason": "", "at": 0})}
NODES = "aws:ssm/getInstances:getInstances"


def said(state: str, *, document: str = MINE, reason: str = "", age: int = 0) -> Report:
    return Report(document, state, reason, NOW - age)


def watch() -> Watch:
    return Watch(MINE, clock=lambda: NOW)


def test_only_a_fresh_word_of_this_document_is_taken() -> None:
    assert watch().serves(said("serving"))
    assert watch().serves(said("serving", age=3600))
    assert not watch().serves(said("serving", age=serving.FRESH_SECONDS + 1))
    assert not watch().serves(said("serving", document=OTHER))
    assert not watch().serves(said("applying"))
    assert not watch().serves(None)


def test_a_failure_counts_once_it_is_newer_than_the_first_look() -> None:
    looking = watch()
    assert not looking.serves(said("failed", reason="old", age=300))
    assert not looking.serves(said("failed", reason="old", age=300))
    with pytest.raises(pulumi.RunError, match="the registry is away"):
        looking.serves(said("failed", reason="the registry is away"))


def test_a_failure_of_an_older_document_says_nothing_of_this_one() -> None:
    looking = watch()
    assert not looking.serves(None)
    assert not looking.serves(said("failed", document=OTHER))
    assert looking.serves(said("serving"))


def test_a_host_that_never_gets_ready_says_so_before_it_knows_any_document() -> None:
    looking = watch()
    assert not looking.serves(None)
    with pytest.raises(pulumi.RunError, match="mounting the data volume"):
        looking.serves(said("failed", document="", reason="it failed at: mounting the data volume"))


# ---------------------------------------------------------------------------------------------- enrolment


def agent(
    expires: str, nodes: list[str], *, created: str = "2026-01-01T00:00:00Z", expired: bool = False
) -> Any:
    def program() -> object:
        made = HostAgent("a", {"region": "ap-southeast-1", "host": "chat.example.com", "identity": "one"})
        return pulumi.Output.all(made.cloud_config, made.enrolled(pulumi.Output.from_input(created)))

    activation = {"activationCode": "canary-code", "expired": expired, "expirationDate": expires}
    return record(
        program,
        outputs={"Activation": lambda _: activation},
        lookups={
            "aws:index/getCallerIdentity:getCallerIdentity": {
                "arn": "arn:aws:iam::123456789012:user/x",
                "accountId": "123456789012",
            },
            NODES: {"ids": nodes},
        },
    )


LATER, PAST = "2126-01-01T00:00:00Z", "2026-01-01T00:00:00Z"


def just_now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def test_a_good_enrolment_makes_user_data() -> None:
    assert "canary-code" in agent(LATER, []).value[0]
    assert "canary-code" in agent(LATER, [], created=just_now()).value[0]


def test_an_old_enrolment_that_its_host_has_used_is_of_no_concern() -> None:
    assert agent(PAST, ["mi-0123"]).value[1] == ["mi-0123"]


@pytest.mark.parametrize(("expires", "expired"), [(PAST, False), (LATER, True)])
def test_an_expired_enrolment_is_told_before_a_host_is_made_with_it(expires: str, expired: bool) -> None:
    with pytest.raises(pulumi.RunError, match=r"expired at .*24 hours.*`generation`"):
        agent(expires, [], expired=expired)


def test_a_host_that_was_made_anew_with_a_used_enrolment_is_told() -> None:
    with pytest.raises(pulumi.RunError, match=r"good for one host and was used by mi-0123.*`generation`"):
        agent(LATER, ["mi-0123"], created=just_now())


# ----------------------------------------------------------------------------------------- in the engine

VALUES: dict[str, Any] = {
    "aws:region": "ap-southeast-1",
    "rocketchat:chat": {"host": "chat.example.com", "release": "8.9.0", "users": 15, "profile": "trial"},
    "rocketchat:runtime": {
        "kind": "lightsail",
        "sshKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPKsZsFQHhNZ8g1ekq2lG3mZ8b0aV3bL6c0R5m0xq3dT ops",
    },
    "rocketchat:database": {"kind": "on-host"},
    "rocketchat:media": {"kind": "host"},
    "rocketchat:dns": {"kind": "cloudflare", "zone": "example.com"},
}
Answer = Mapping[str, Any]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[automation.ChatStack, Any]]:
    monkeypatch.setattr(serving, "POLL_SECONDS", 0.1)
    monkeypatch.setattr(serving, "WAIT_SECONDS", 2)
    with (
        rehearsal_backend() as backend,
        automation.open_stack("hosted", values=VALUES, backend=backend, policies=False) as opened,
    ):
        yield opened, backend.cloud


@needs_engine
def test_an_up_ends_well_when_the_host_serves_and_a_second_changes_nothing(stack: Any) -> None:
    opened, cloud = stack
    first = opened.up(preview=False)
    assert first.changed
    assert opened.up(preview=False).changed == 0
    [activation] = [thing for thing in cloud.things() if thing.type == "aws:ssm/activation:Activation"]
    state = json.dumps(opened.export_state().deployment)
    assert activation.outputs["activationCode"] not in state
    cloud.answers[OBJECT] = lambda _: SILENT
    assert opened.preview().changed == 0, "a preview waits for nothing"
    gone = opened.destroy(confirm="hosted")
    assert gone.changes["delete"]


@needs_engine
def test_an_up_fails_with_the_hosts_own_reason(stack: Any) -> None:
    opened, cloud = stack
    seen: list[int] = []

    def failing(answer: Answer) -> Answer:
        seen.append(len(seen))
        body = json.loads(answer["body"])
        return {"body": json.dumps({**body, "state": "failed", "reason": "no space left", "at": len(seen)})}

    cloud.answers[OBJECT] = failing
    with pytest.raises(automation.AutomationError, match="no space left"):
        opened.up(preview=False)
    del cloud.answers[OBJECT]
    assert opened.up(preview=False).changed == 0, "everything was made, and it is mended by the host alone"


@needs_engine
def test_an_up_fails_when_the_host_says_nothing(stack: Any) -> None:
    opened, cloud = stack
    cloud.answers[OBJECT] = lambda _: SILENT
    with pytest.raises(automation.AutomationError, match="never said anything"):
        opened.up(preview=False)
    cloud.answers[NODES] = lambda _: {"ids": []}
    with pytest.raises(automation.AutomationError, match="never enrolled"):
        opened.up(preview=False)


@needs_engine
def test_an_up_fails_when_the_host_serves_an_older_document(stack: Any) -> None:
    opened, cloud = stack
    cloud.answers[OBJECT] = lambda _: {"body": json.dumps(report("an older one"))}
    with pytest.raises(automation.AutomationError, match="of an older document"):
        opened.up(preview=False)


@needs_engine
@pytest.mark.parametrize("checked", [True, False])
def test_a_droplet_becomes_smaller_than_its_disk_only_as_a_new_one(
    checked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not checked:
        monkeypatch.setattr(droplet, "_fits", lambda *_: None)
    runtime = {**VALUES["rocketchat:runtime"], "kind": "droplet", "region": "sgp1"}
    grown: list[tuple[dict[str, Any], str | None]] = [
        ({"size": "s-4vcpu-8gb"}, None),
        ({"size": "s-8vcpu-16gb"}, None),
        ({"size": "s-4vcpu-8gb"}, None),
        ({"size": "s-2vcpu-4gb"}, "160 GB, and s-2vcpu-4gb has 80" if checked else "it has a smaller disk"),
        ({"size": "s-2vcpu-4gb", "generation": 2}, None),
    ]
    with rehearsal_backend() as backend:
        for more, refused in grown:
            values = {**VALUES, "rocketchat:runtime": {**runtime, **more}}
            with automation.open_stack("hosted", values=values, backend=backend, policies=False) as opened:
                if refused is None:
                    opened.up(preview=False)
                    continue
                with pytest.raises(automation.AutomationError, match=refused):
                    opened.up(preview=False)
                if checked:
                    with pytest.raises(automation.ConfigurationError, match="`generation: 2`"):
                        opened.preview()
