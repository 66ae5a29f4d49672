"""Stacks driven through the Automation API. What needs the real engine is skipped without one."""

import automation_world as world  # before the SDKs

# isort: split

import json
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from engine_marks import needs_engine
from pulumi.automation import CommandResult
from pulumi.automation.errors import CommandError
from pulumi.automation.events import EngineEvent

import automation
from automation import (
    CancelledError,
    ChatStack,
    ConfigurationError,
    ConflictError,
    Event,
    Finding,
    NoEngineError,
    PolicyError,
    ProviderError,
    SecretValue,
    error_mapping,
    open_stack,
)
from automation.engine import Engine
from automation.events import Recorder, Said
from automation.fleet import Member, fleet
from automation.locks import Waiting, held
from automation.pulumi_cli import Cli
from automation.state import State, secrets_in
from automation.values import Result, Step
from command import shared
from components.seal import Seal
from policy import NOT_KNOWN
from policy.config import Config
from policy.judge import judge
from policy.report import counted, summary
from rehearsal import referenced_stacks
from rehearsal.backend import RehearsalBackend, rehearsal_backend
from rehearsal.vault import PROVIDER, vault
from stacks import deploy
from stacks.language import parse
from stacks.load import load
from stacks.masking import mask


@pytest.fixture
def backend() -> Iterator[RehearsalBackend]:
    with rehearsal_backend(program=world.program) as made:
        yield made


def opened(backend: automation.Backend, **options: object) -> ChatStack:
    settings = {"values": world.VALUES, "secrets": world.SECRETS, "policies": False, **options}
    return open_stack("small", backend=backend, **settings)  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------------------- values


def test_a_secret_output_never_prints_its_value() -> None:
    secret = SecretValue(world.SECRET)
    shown = f"{secret} {secret!r} {[secret]} {secret:>20}" + str({"a": secret})
    assert world.SECRET not in shown
    assert secret.reveal() == world.SECRET
    assert secret == SecretValue(world.SECRET)
    with pytest.raises(TypeError):
        json.dumps(secret)
    with pytest.raises(TypeError, match="not written"):
        pickle.dumps(secret)


def test_a_secret_is_masked_in_every_form_in_which_it_may_stand() -> None:
    secret = 'p"a/ss+word'
    text = " ".join([secret, json.dumps(secret), "p%22a%2Fss%2Bword", "cCJhL3NzK3dvcmQ="])
    masked = mask(text, frozenset({secret, "ok"}))
    assert masked == '[secret] "[secret]" [secret] [secret]'


def test_secrets_are_found_in_an_export_wherever_they_are_nested() -> None:
    signature = "4dabf18193072939515e22adb298388d"
    secret = {
        signature: "1b47061264138c4ac30d75fd1eb44270",
        "plaintext": json.dumps('{"password": "abc123"}'),
    }
    assert "abc123" in set(secrets_in({"resources": [{"outputs": {"deep": [secret]}}]}))


def test_an_exported_state_is_read_back_and_anything_else_is_refused() -> None:
    state = State(3, {"resources": []})
    assert State.from_json(state.to_json()) == state
    for wrong in ("[]", "{}", "no json"):
        with pytest.raises(ValueError):  # noqa: PT011 - JSON's own error is one, too
            State.from_json(wrong)


def test_an_error_is_the_same_in_another_process() -> None:
    found = Finding(
        "public", "rocketchat", mandatory=True, message="it is public", urn="urn:pulumi:a::b::c::data"
    )
    for error in (
        ConflictError("it is locked", resource="urn:pulumi:a::b::c::chat", remedy="wait"),
        PolicyError([found], remedy="close it"),
    ):
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        assert type(again) is type(error)
        assert (str(again), again.to_json()) == (str(error), error.to_json())


# ------------------------------------------------------------------------------------- what is refused


def test_a_wrong_value_is_told_with_its_path_before_anything_is_started() -> None:
    wrong = {**world.VALUES, "rocketchat:runtime": {"kind": "fargte"}}
    with pytest.raises(ConfigurationError) as refused:
        open_stack("small", values=wrong, secrets=world.SECRETS, rehearse=True)
    assert refused.value.problems[0].path.startswith("rocketchat:runtime")
    assert refused.value.to_json()["problems"]


def test_a_checked_specification_makes_a_stack_but_not_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = parse(world.VALUES, set(world.SECRETS), source="an order")
    with pytest.raises(ConfigurationError) as refused:
        open_stack("small", values=spec, rehearse=True)
    assert "smtpPassword" in refused.value.problems[0].message + refused.value.problems[0].path
    monkeypatch.setattr("automation.stack.find_engine", lambda: None)
    with pytest.raises(NoEngineError):
        open_stack("small", values=spec, secrets=world.SECRETS, rehearse=True)


def test_a_stack_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ConfigurationError, match="lovia-fargate"):
        open_stack("lovia-fargat", rehearse=True)


def test_without_a_cli_the_error_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("automation.stack.find_engine", lambda: None)
    with pytest.raises(NoEngineError, match="rocketchat engine"):
        open_stack("lovia-fargate", rehearse=True)


def test_the_second_who_wants_a_stack_fails_or_waits_as_asked() -> None:
    with held("a-stack", "a-backend", Waiting.at_most("fail", 0), "recover"):
        with (
            pytest.raises(ConflictError, match=r"process \d+ of this machine"),
            held("a-stack", "a-backend", Waiting.at_most("fail", 60), "recover"),
        ):
            pass
        began = time.monotonic()
        with (
            pytest.raises(ConflictError),
            held("a-stack", "a-backend", Waiting.at_most("wait", 0.5), "recover"),
        ):
            pass
        assert 0.4 < time.monotonic() - began < 5
        with held("another", "a-backend", Waiting.at_most("fail", 0), "recover"):
            pass
    with held("a-stack", "a-backend", Waiting.at_most("fail", 0), "recover"):
        pass


# ------------------------------------------------------------------------------------------ operations


def chat_of(**keys: str) -> dict[str, object]:
    return {**world.VALUES, "rocketchat:chat": {"host": "chat.example.com", "profile": "trial", **keys}}


@needs_engine
def test_a_release_is_not_deployed_over_one_that_cannot_become_it_unless_the_file_knows_better(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def program() -> None:
        spec, _ = load()
        hooks = pulumi.ResourceOptions(hooks=deploy.step_of_release(spec))
        Seal("data", {"places": {}, "release": spec.release.version}, hooks)
        pulumi.export("release", spec.release.version)

    with rehearsal_backend(program=program) as backend:
        with opened(backend, values=chat_of(release="8.9.0")) as stack:
            stack.up(preview=False)
        with opened(backend, values=chat_of(release="8.5.1")) as stack:
            with pytest.raises(ConfigurationError, match=r"8\.9\.0 cannot go back to 8\.5\.1") as refused:
                stack.up()
            assert "chat.upgradeFrom" in refused.value.remedy
            # A plain CLI knows nothing of that check: the engine itself asks the program.
            with monkeypatch.context() as plain:
                plain.setattr(ChatStack, "_refuse_release", lambda *_: None)
                with pytest.raises(
                    ConfigurationError, match=r"8\.9\.0 cannot go back to 8\.5\.1.*chat\.upgradeFrom"
                ):
                    stack.preview()
                with pytest.raises(
                    ConfigurationError, match=r"^Rocket\.Chat 8\.9\.0 cannot go back to 8\.5\.1"
                ):
                    stack.up(preview=False)
            assert stack.outputs()["release"] == "8.9.0"
        with opened(backend, values=chat_of(release="8.5.1", upgradeFrom="8.5.1")) as stack:
            stack.up(preview=False)
            assert stack.outputs()["release"] == "8.5.1"
        with opened(backend, values=chat_of(release="8.9.0")) as stack:
            stack.up(preview=False)


@needs_engine
def test_no_secret_stands_on_a_command_line_and_each_arrives_as_it_was_given(
    backend: RehearsalBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    run = Engine.run

    def seen(self: Engine, args: list[str], *more: Any, **options: Any) -> CommandResult:
        lines.append(" ".join(args))
        return run(self, args, *more, **options)

    monkeypatch.setattr(Engine, "run", seen)
    given = {"rocketchat:smtpPassword": f'{world.SECRET} & "ü" \\ $HOME'}
    with opened(backend, secrets=given) as stack:
        told = json.loads(stack.run(["config", "get", "--json", "rocketchat:smtpPassword"]))
        stack.preview()
    assert (told["value"], told["secret"]) == (given["rocketchat:smtpPassword"], True)
    assert "config set" in " ".join(lines)
    assert world.SECRET not in " ".join(lines)


@needs_engine
def test_a_stack_is_opened_deployed_and_destroyed_and_tells_it_in_typed_values(
    backend: RehearsalBackend,
) -> None:
    events: list[Event] = []
    spec = parse(world.VALUES, set(world.SECRETS), source="an order")
    with opened(backend, values=spec, on_event=events.append) as stack:
        assert stack.spec == spec
        up = stack.up()
        assert up.changes == {"create": world.COUNT}
        assert {step.name for step in up.steps} >= {"net", "data", "password"}
        assert up.outputs["password"] == SecretValue(stack.outputs()["password"].reveal())
        assert up.outputs["smtp"].reveal() == world.SECRET
        assert world.SECRET not in repr(up) + json.dumps(up.to_json()) + repr(events)
        kinds = [event.kind for event in events if isinstance(event, automation.Ended)]
        assert kinds == ["preview", "up"]
        assert stack.up(preview=False).changed == 0
        with pytest.raises(ConflictError, match="'smal'"):
            stack.destroy(confirm="smal")
        with pytest.raises(ConflictError, match="protected; 1 resource with data: data") as refused:
            stack.destroy(confirm="small")
        assert "unprotect" in refused.value.remedy
        gone = stack.destroy(confirm="small", unprotect=True)
        assert gone.changes == {"delete": world.COUNT}
        assert [urn.rpartition("::")[2] for urn in gone.kept] == ["data"]
        assert [thing.name for thing in backend.cloud.things()] == ["data"]


@needs_engine
def test_a_stack_made_in_another_account_is_not_destroyed(backend: RehearsalBackend) -> None:
    with opened(backend) as stack:
        stack.up(preview=False)
        state = stack.export_state()
        stack.import_state(State.from_json(state.to_json().replace(":123456789012:", ":999999999999:")))
        # Buckets and networks have no account in their ARNs but the latter's; one is enough.
        assert stack.export_state().account == "999999999999"
        with pytest.raises(ConflictError, match=r"999999999999.*123456789012"):
            stack.destroy(confirm="small", unprotect=True)
        assert stack.export_state().resources


@needs_engine
def test_a_failed_preview_stops_an_up() -> None:
    def program() -> None:
        world.program()
        aws.ec2.Vpc("bad", cidr_block="10.0.0.0/99")

    with rehearsal_backend(program=program) as backend, opened(backend) as stack:
        with pytest.raises(ProviderError, match="is not a network") as refused:
            stack.up()
        assert refused.value.resource.endswith("::bad")
        assert "Traceback" not in str(refused.value)
        assert backend.cloud.things() == ()


@needs_engine
def test_what_the_program_raises_is_a_configuration_error_without_the_secret(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def program() -> None:
        raise ValueError(f"bad {pulumi.Config('rocketchat').require('smtpPassword')}")

    with (
        rehearsal_backend(program=program) as backend,
        opened(backend) as stack,
        pytest.raises(ConfigurationError) as refused,
    ):
        stack.preview()
    assert str(refused.value) == "ValueError: bad [secret]"
    printed = capfd.readouterr()
    assert world.SECRET not in printed.out + printed.err + repr(refused.value)


@needs_engine
def test_a_mandatory_finding_is_a_policy_error_and_nothing_is_made() -> None:
    def program() -> None:
        provider = aws.Provider("aws", region="eu-west-1")
        aws.s3.Bucket("open", acl="public-read", opts=pulumi.ResourceOptions(provider=provider))

    with rehearsal_backend(program=program) as backend, opened(backend, policies=True) as stack:
        with pytest.raises(automation.PolicyError) as refused:
            stack.up()
        assert all(finding.mandatory for finding in refused.value.findings)
        assert any(finding.urn.endswith("::open") for finding in refused.value.findings)
        assert refused.value.to_json()["findings"]
        assert backend.cloud.things() == ()


@needs_engine
def test_what_was_changed_behind_the_engines_back_is_drift(backend: RehearsalBackend) -> None:
    with opened(backend) as stack:
        stack.up(preview=False)
        assert stack.drift().changed == 0
        backend.cloud.tamper("net", {"enableDnsHostnames": True})
        found = stack.drift()
        assert [(step.operation, step.name) for step in found.steps] == [("update", "net")]
        assert "enableDnsHostnames" in found.steps[0].changed
        assert stack.drift().changed == 1
        stack.refresh()
        assert stack.drift().changed == 0


@needs_engine
def test_a_state_goes_to_another_backend_and_nothing_changes(backend: RehearsalBackend) -> None:
    with opened(backend) as stack:
        stack.up(preview=False)
        state = stack.export_state()
    assert world.SECRET not in state.to_json()
    with (
        rehearsal_backend(program=world.program, cloud=backend.cloud) as other,
        opened(other) as moved,
    ):
        moved.import_state(state)
        assert moved.preview().changed == 0
        assert moved.outputs()["smtp"].reveal() == world.SECRET


@needs_engine
def test_two_updates_at_once_one_waits_and_one_fails() -> None:
    begun = threading.Event()
    go_on = threading.Event()

    def slow() -> None:
        begun.set()
        go_on.wait(20)
        world.program()

    with rehearsal_backend(program=slow) as backend:
        first, second = opened(backend), opened(backend, on_conflict="wait", timeout=30)
        outcome: list[object] = []
        thread = threading.Thread(target=lambda: outcome.append(first.up(preview=False)))
        thread.start()
        assert begun.wait(20)
        third = opened(backend, on_conflict="fail")
        with pytest.raises(ConflictError, match="is being updated"):
            third.up(preview=False)
        # The backend's own lock, which works between machines.
        with pytest.raises(ConflictError, match=r"is being updated by .*process \d+"):
            third.refresh()
        waiter = threading.Thread(target=lambda: outcome.append(second.up(preview=False)))
        waiter.start()
        go_on.set()
        thread.join(30)
        waiter.join(30)
        changed = [one.changed for one in outcome if isinstance(one, automation.Result)]
        assert sorted(changed) == [0, world.COUNT]


def stop_from_outside(stack: ChatStack) -> None:
    """Stop its engine as a machine does that is shut down, or a pipeline that is cancelled."""
    for process in stack.engine._running:
        process.terminate()


@needs_engine
@pytest.mark.parametrize("stop", [ChatStack.cancel, stop_from_outside])
def test_an_operation_can_be_cancelled_and_gone_on_with(stop: Callable[[ChatStack], None]) -> None:
    begun = threading.Event()
    slow = [True]

    def program() -> None:
        world.program()
        if slow[0]:
            begun.set()
            time.sleep(3)
            aws.s3.Bucket("late", opts=pulumi.ResourceOptions())

    with rehearsal_backend(program=program) as backend, opened(backend) as stack:

        def cancel() -> None:
            begun.wait(20)
            time.sleep(0.3)
            stop(stack)

        thread = threading.Thread(target=cancel)
        thread.start()
        with pytest.raises(CancelledError, match="was stopped"):
            stack.up(preview=False)
        thread.join()
        slow[0] = False
        assert stack.export_state().pending == ()
        stack.up(preview=False)
        with pytest.raises(ConflictError, match="no operation"):
            stack.cancel()


@pytest.mark.parametrize(
    ("cause", "remedy"),
    [
        ("422 SSH Key is already in use on your account", "by its fingerprint"),
        ("another operation (install/upgrade/rollback) is in progress", "kubectl"),
        ("422 This range/size overlaps with another VPC network in your account", "`podNetwork`"),
        ("volumes `size` can only be expanded and not shrunk", "`diskGb` in rocketchat:runtime"),
        ("422 size is not available", "run `up` again"),
        (
            "BucketAlreadyOwnedByYou: Your previous request to create it succeeded",
            "`rocketchat adopt chat` shows",
        ),
        ("ResourceExistsException: The operation failed because the secret already exists", "adopt chat"),
        ("POST https://api.digitalocean.com/v2/volumes: 409 (name) already exists", "adopt chat"),
        ("An identical record already exists. (81058)", "adopt chat"),
        (
            "BucketAlreadyExists: The requested bucket name is not available",
            "choose another in the stack file",
        ),
        (
            "no resource plugin 'pulumi-resource-aws' found in the workspace at version v7.16.0 or on your $PATH",
            "pulumi plugin install resource aws v7.16.0;",
        ),
        (
            "no resource plugin 'pulumi-resource-b-c' found in the workspace",
            "pulumi plugin install resource b-c;",
        ),
    ],
)
def test_what_a_cloud_says_has_its_own_remedy(cause: str, remedy: str) -> None:
    urn = "urn:pulumi:chat::rocketchat::digitalocean:index/sshKey:SshKey::host-key"
    recorder = Recorder("chat", "up", lambda _: None, "rocketchat recover chat")
    recorder.said = [Said("chat", "up", "error", cause, urn)]
    failed = CommandError(CommandResult(stdout="", stderr="", code=1))
    error = error_mapping.of_operation(failed, recorder, [], frozenset(), interrupted=False, killed=False)
    assert isinstance(error, ProviderError)
    assert remedy in error.remedy


def test_a_program_that_lost_its_engine_is_no_mistake_of_the_configuration() -> None:
    lost = "Resource monitor has terminated, shutting down"
    recorder = Recorder("chat", "up", lambda _: None, "recover chat")
    recorder.said = [
        Said("chat", "up", "error", text, "") for text in (lost, f"an unhandled error occurred: {lost}")
    ]
    failed = CommandError(CommandResult(stdout="", stderr="", code=1))
    error = error_mapping.of_operation(failed, recorder, [], frozenset(), interrupted=False, killed=False)
    assert isinstance(error, CancelledError)
    assert "lost its connection to the engine" in error.cause
    assert "run it again" in error.remedy
    recorder.said.append(Said("chat", "up", "error", "no space left on device", ""))
    error = error_mapping.of_operation(failed, recorder, [], frozenset(), interrupted=False, killed=False)
    assert "no space left" in error.cause


@pytest.mark.parametrize(
    ("said", "interrupted", "kind"),
    [
        ("", True, CancelledError),
        ("", False, ConfigurationError),
        ("error: no disk", True, ConfigurationError),
    ],
)
def test_a_command_that_says_nothing_when_it_is_interrupted_was_stopped(
    said: str, interrupted: bool, kind: type[Exception]
) -> None:
    failed = CommandError(CommandResult(stdout="", stderr=said, code=1))
    told = error_mapping.of_command(failed, "chat", frozenset(), "recover chat", interrupted=interrupted)
    assert type(told) is kind
    assert ("it was stopped" in str(told)) == (kind is CancelledError)


def policy_event(policy: str, level: str = "advisory", message: str = "wrong") -> EngineEvent:
    told = {
        "policyName": policy,
        "policyPackName": "rocketchat",
        "policyPackVersion": "",
        "policyPackVersionTag": "",
        "enforcementLevel": level,
        "color": "never",
        "message": message,
        "resourceUrn": "urn:pulumi:chat::rocketchat::aws:sns/topic:Topic::alarms",
    }
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, "policyEvent": told})


def test_what_a_preview_cannot_judge_yet_is_counted_by_itself_in_the_words_of_plan_and_policy(
    capsys: pytest.CaptureFixture[str],
) -> None:
    recorder = Recorder("chat", "preview", lambda _: None, "recover chat")
    for policy in ("alb-waf", "sns-encrypted", NOT_KNOWN, NOT_KNOWN):
        recorder(policy_event(policy))
    recorder(policy_event("s3-tls-only", "mandatory"))
    recorder(policy_event(NOT_KNOWN, message="another"))
    steps = tuple(
        Step("create", f"urn:pulumi:chat::rocketchat::{token}::one", token)
        for token in ("pulumi:pulumi:Stack", "rocketchat:index:Alarms", "aws:sns/topic:Topic")
    )
    result = Result(
        "chat",
        "preview",
        {"create": 3},
        steps,
        findings=tuple(recorder.findings),
        unknown=tuple(recorder.unknown),
    )
    assert [len(result.to_json()[kind]) for kind in ("findings", "unknown")] == [3, 2]
    shared.told(result, as_json=False)
    printed = capsys.readouterr().out
    assert f"Policies: {counted(1, 2, 2)}\n" in printed
    assert "3 create (2 of them components and the stack itself)" in printed
    nothing = judge((), Config(), stack="chat")
    assert counted(0, 0, 0) in summary(nothing)
    assert counted(0, 0, 0) == "0 mandatory and 0 advisory findings"
    assert counted(1, 1, 1, 1) == "1 mandatory and 1 advisory finding, 1 value not known yet, 1 waived"


@needs_engine
def test_many_stacks_go_a_few_at_a_time_and_one_that_fails_stops_no_other(
    backend: RehearsalBackend,
) -> None:
    good = {"values": world.VALUES, "secrets": world.SECRETS}
    bad = {"values": {**world.VALUES, "rocketchat:chat": {}}, "secrets": world.SECRETS}
    members = [Member("one", good), Member("bad", bad), Member("two", good)]
    told = fleet(members, lambda stack: stack.up(preview=False), parallel=2, backend=backend, policies=False)
    assert list(told.results) == ["one", "two"]
    assert list(told.errors) == ["bad"]
    assert not told.ok
    assert told.changed == 2 * world.COUNT
    assert json.dumps(told.to_json())
    stopped = fleet(
        [members[1], members[0]],
        ChatStack.preview,
        parallel=1,
        keep_going=False,
        backend=backend,
        policies=False,
    )
    assert stopped.skipped == ("one",)


def test_a_stack_stands_once_in_a_fleet_and_some_may_run() -> None:
    with pytest.raises(ValueError, match="twice in one fleet: one"):
        fleet(["one", "two", "one"], ChatStack.preview)
    with pytest.raises(ValueError, match="at least one"):
        fleet(["one"], ChatStack.preview, parallel=0)


def test_the_engine_is_not_asked_for_its_version_twice() -> None:
    engine = Engine(Cli(Path("none"), "3.259.0"), inline=True)
    assert str(engine.version) == "3.259.0"
    assert not engine.busy


@needs_engine
def test_a_stack_moves_to_another_secrets_provider_and_nothing_changes(backend: RehearsalBackend) -> None:
    assert backend.folder is not None
    with vault() as reached, opened(backend) as stack:
        stack.up(preview=False)
        stack.change_secrets_provider("passphrase", {"PULUMI_CONFIG_PASSPHRASE": "first"})
        assert stack.export_state().deployment["secrets_providers"]["type"] == "passphrase"
        stack.change_secrets_provider(PROVIDER, reached)
        assert stack.export_state().deployment["secrets_providers"]["type"] == "cloud"
        assert stack.preview().changed == 0
        with pytest.raises(ConfigurationError, match="connection refused"):
            stack.change_secrets_provider(
                "hashivault://other", {**reached, "VAULT_ADDR": "http://127.0.0.1:1"}
            )
        for phrase in ("second", "third"):
            stack.change_secrets_provider("passphrase", {"PULUMI_CONFIG_PASSPHRASE": phrase})
            assert stack.preview().changed == 0
        assert stack.outputs()["smtp"].reveal() == world.SECRET
        files = [path for path in backend.folder.rglob("*") if path.is_file()]
        assert not [path for path in files if world.SECRET.encode() in path.read_bytes()]
    with pytest.raises(ConfigurationError, match="incorrect passphrase"):
        opened(backend)


@needs_engine
def test_a_stack_that_is_referred_to_keeps_its_state_where_it_is_deployed(
    backend: RehearsalBackend,
) -> None:
    with opened(backend) as other:
        other.up(preview=False)
        before = other.export_state().to_json()
        referring = SimpleNamespace(
            parts=SimpleNamespace(database=SimpleNamespace(stack="org/rocketchat/small"))
        )
        outputs: tuple[dict[str, object], frozenset[str]] = ({"vpc": "vpc-1"}, frozenset())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(referenced_stacks, "exported", {"small": outputs}.__getitem__)
            referenced_stacks.put_other(referring, backend.options(other.engine))  # type: ignore[arg-type]
        assert other.export_state().to_json() == before
