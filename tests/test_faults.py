"""What is left when a cloud fails, loses an answer, or the engine is killed; and that it can always be gone on with.

`make faults` does the same with whole stacks, at every call.
"""

import automation_world as world  # before the SDKs

# isort: split

import datetime as dt
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_random as random
import pytest
from engine_marks import needs_engine

import automation
import clouds
from automation import (
    CancelledError,
    ConflictError,
    ProviderError,
    guard,
    open_stack,
    recovery,
)
from automation.cloud_search import Found
from automation.state import State
from clouds.ask import Cloud
from proving import killable
from proving.fault_sweep import jobs
from proving.faults import Phase, Subject, Undisturbed, _written_down, disturb, undisturbed
from rehearsal import canaries
from rehearsal.backend import rehearsal_backend
from rehearsal.cloud import Kept
from rehearsal.faults import Fault, Faults
from rehearsal.stack import checked
from stacks import files
from stacks.project import PRODUCT

SETTINGS = "rocketchat:settings"
pytestmark = pytest.mark.filterwarnings("ignore:Error in event stream:UserWarning")


def program() -> None:
    """What recovers in different ways: by name, by tags (rules of two types under one pattern), as a revision, as a key
    to be thrown away, not at all."""
    provider = aws.Provider(
        "aws", region="eu-west-1", default_tags=aws.ProviderDefaultTagsArgs(tags={"Owner": "faulty"})
    )
    options = pulumi.ResourceOptions(provider=provider)
    level = (pulumi.Config("rocketchat").get_object("settings") or {}).get("Log_Level", "0")
    vpc = aws.ec2.Vpc("net", cidr_block="10.0.0.0/16", tags={"Level": level}, opts=options)
    aws.ec2.Subnet("net", vpc_id=vpc.id, cidr_block="10.0.1.0/24", opts=options)
    group = aws.ec2.SecurityGroup("chat", vpc_id=vpc.id, opts=options)
    for name, direction in (
        ("in", aws.vpc.SecurityGroupIngressRule),
        ("out", aws.vpc.SecurityGroupEgressRule),
    ):
        direction(name, security_group_id=group.id, cidr_ipv4="10.0.0.0/16", ip_protocol="-1", opts=options)
    held = pulumi.ResourceOptions(provider=provider, protect=True, retain_on_delete=True)
    bucket = aws.s3.Bucket("data", bucket="data.example.com", opts=held)
    aws.s3.BucketVersioning(
        "data",
        bucket=bucket.bucket,
        versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
        opts=options,
    )
    aws.s3.BucketOwnershipControls(
        "data",
        bucket=bucket.bucket,
        rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
        opts=options,
    )
    user = aws.iam.User("mail", opts=options)
    key = aws.iam.AccessKey("mail", user=user.name, opts=options)
    password = random.RandomPassword("password", length=24)
    secret = aws.secretsmanager.Secret("chat", opts=options)
    text = pulumi.Output.json_dumps({"password": password.result, "key": key.secret, "level": level})
    aws.secretsmanager.SecretVersion("chat", secret_id=secret.id, secret_string=text, opts=options)
    aws.ecs.TaskDefinition(
        "chat",
        family="chat",
        container_definitions=json.dumps(
            [
                {
                    "name": "chat",
                    "image": "chat",
                    "memory": 512,
                    "environment": [{"name": "LEVEL", "value": level}],
                }
            ]
        ),
        opts=options,
    )
    pulumi.export("smtp", pulumi.Config("rocketchat").require_secret("smtpPassword"))


SUBJECT = Subject(
    "faulty",
    {**world.VALUES, SETTINGS: {"Log_Level": "0"}},
    {**world.VALUES, SETTINGS: {"Log_Level": "1"}},
    world.SECRETS,
    program,
)


@pytest.fixture(scope="module")
def well() -> Undisturbed:
    return undisturbed(SUBJECT)


@needs_engine
@pytest.mark.parametrize(
    ("phase", "fault"),
    [
        (Phase.UP, Fault.FAIL),
        (Phase.UP, Fault.LOST),
        (Phase.CHANGE, Fault.HALF),
        (Phase.CHANGE, Fault.LOST),
    ],
)
def test_after_a_fault_at_every_call_the_stack_ends_as_if_nothing_had_happened(
    phase: Phase, fault: Fault, well: Undisturbed
) -> None:
    swept = disturb(SUBJECT, well, phase, fault)
    assert swept.problems == []
    assert swept.leaks == []
    assert swept.well
    # A version of a secret that the lost one has overwritten needs no deletion.
    needless = 1 if (phase, fault) == (Phase.CHANGE, Fault.LOST) else 0
    assert swept.struck >= len(well.calls[phase]) - needless
    assert swept.by_person == 0
    if (phase, fault) == (Phase.UP, Fault.LOST):
        assert swept.adopted == 11
        assert swept.doomed == 1


@needs_engine
@pytest.mark.parametrize(
    ("phase", "types", "adopted", "doomed"),
    [
        (Phase.UP, ("ec2/vpc:Vpc", "iam/accessKey:AccessKey"), 1, 1),
        (Phase.DESTROY, ("ec2/subnet:Subnet",), 0, 0),
    ],
)
def test_after_the_engine_was_killed_the_stack_ends_as_if_nothing_had_happened(
    phase: Phase, types: tuple[str, ...], adopted: int, doomed: int, well: Undisturbed
) -> None:
    alone = frozenset(call for call in well.calls[phase] if any(kind in call[1] for kind in types))
    swept = disturb(SUBJECT, well, phase, Fault.KILL, alone=alone)
    assert swept.problems == []
    assert swept.leaks == []
    assert swept.well
    assert swept.struck == len(types)
    assert swept.adopted >= adopted
    assert swept.doomed == doomed


@needs_engine
def test_after_the_engine_was_killed_in_a_rotation_nothing_stands_twice_in_the_state() -> None:
    """The old password waits for its deletion then, behind the user that has it."""
    file = files.read(str(Path(__file__).parent.parent / "examples/stacks/Pulumi.existing.yaml"))
    secrets = canaries.values(file.secure | checked(file)[1], file.values)
    with (
        rehearsal_backend(checkpoints=True) as backend,
        open_stack("faulty", values=file.values, secrets=secrets, backend=backend, policies=False) as stack,
    ):
        stack.up(preview=False)
        user = next(
            one["urn"] for one in stack.export_state().records if one["urn"].endswith("::database-user")
        )
        killed = Faults(Fault.KILL, among=frozenset([("update", user)]), kill=stack.kill)
        backend.cloud.faults = killed
        with pytest.raises(CancelledError):
            stack.rotate("database-user-password")
        backend.cloud.faults = None
        assert killed.struck
        assert any(one.get("delete") for one in stack.export_state().records)
        assert stack.recover().undecided == ()
        stack.up(preview=False)
        assert stack.preview().changed == 0


@needs_engine
def test_what_works_for_a_program_that_is_killed_ends_with_it() -> None:
    with (
        rehearsal_backend(program=world.program, checkpoints=True) as backend,
        open_stack(
            "faulty", values=world.VALUES, secrets=world.SECRETS, backend=backend, policies=False
        ) as stack,
    ):
        faults = backend.cloud.faults = Faults(Fault.DIE)
        with pytest.raises(CancelledError):
            killable.operate(stack, world.program, "up", world.SECRETS, faults)
        backend.cloud.faults = None
        assert faults.struck
        assert [lock.stale for lock in stack.locks()] == [True]
        assert working_on(backend) == []
        recovered = stack.recover()
        assert recovered.done
        assert len(recovered.unlocked) == 1
        stack.up(preview=False)
        assert [thing.name for thing in backend.cloud.things() if thing.name != "password"] == ["net", "data"]


STARTS_AN_ENGINE = """
import sys
from pathlib import Path
from automation.engine import Engine
from automation.pulumi_cli import Cli
Engine(Cli(Path(sys.argv[1]), "3.259.0"), inline=True).run([], sys.argv[2], {})
"""


def test_an_engine_that_waits_for_a_cloud_ends_with_its_program_and_so_does_what_it_started(
    tmp_path: Path,
) -> None:
    engine, told = tmp_path / "pulumi", tmp_path / "pid"
    # Job control: what it starts has a process group of its own, as the engine's plugins do.
    engine.write_text(
        f"#!/bin/bash\nset -m\nsleep 99 &\necho $$ > {told}.new; mv {told}.new {told}\nsleep 99\n"
    )
    engine.chmod(0o755)
    program = [sys.executable, "-c", STARTS_AN_ENGINE, str(engine), str(tmp_path)]
    with subprocess.Popen(program, cwd=PRODUCT) as process:  # noqa: S603
        wait_for(told.is_file)
        leader = int(told.read_text())
        wait_for(lambda: len(guard.members(leader)) == 3)
        process.kill()
    wait_for(lambda: not guard.members(leader))


def wait_for(met: Callable[[], bool], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < until
        time.sleep(0.05)


def working_on(backend: automation.Backend) -> list[str]:
    """Return the command lines of all processes that were started for a backend, engines and plugins."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name != str(os.getpid()) and f"={backend.url}" in (process / "environ").read_text():
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@needs_engine
def test_a_step_that_nobody_decided_stops_everything_until_a_person_does() -> None:
    with (
        rehearsal_backend(program=world.program, checkpoints=True) as backend,
        open_stack(
            "faulty", values=world.VALUES, secrets=world.SECRETS, backend=backend, policies=False
        ) as stack,
    ):
        # Of several that are under way, the first that fails would stop what is not begun yet.
        vpc = ("create", "urn:pulumi:faulty::rocketchat::aws:ec2/vpc:Vpc::net")
        backend.cloud.faults = Faults(Fault.LOST, among=frozenset({vpc}), quotes=True)
        with pytest.raises(ProviderError) as failed:
            stack.up(preview=False)
        backend.cloud.faults = None
        assert world.SECRET not in str(failed.value)
        assert "recover" in failed.value.remedy
        assert [one.urn for one in stack.pending()] == [vpc[1]]
        # The engine's own preview, as a plain `pulumi up` makes one.
        with pytest.raises(ConflictError, match="was interrupted") as refused:
            stack.preview()
        assert "recover" in refused.value.remedy
        with pytest.raises(ConflictError, match="was interrupted"):
            stack.up()
        with pytest.raises(ConflictError, match="was interrupted"):
            stack.destroy(confirm="faulty", unprotect=True)
        with pytest.raises(ConflictError, match="nothing is pending of urn:x"):
            stack.recover(adopt={"urn:x": "vpc-1"})
        with pytest.raises(ConflictError, match="does not exist"):
            stack.recover(adopt={vpc[1]: "vpc-0"})
        assert stack.recover().done
        stack.up(preview=False)

        # A note that was torn when the engine was killed: gocloud.dev writes it beside the state.
        note = next((backend.work.parent / "state").rglob("faulty.json.attrs"))
        note.write_text("", encoding="utf-8")
        with pytest.raises(automation.ConfigurationError, match="failed to load checkpoint") as unread:
            stack.up()
        assert "recover" in unread.value.remedy
        assert stack.recover().done
        assert stack.preview().changed == 0


def test_what_a_killed_program_was_told_is_in_the_state_or_somebody_must_look_after_it() -> None:
    def thing(urn: str, own_id: str, arn: str | None, generation: int) -> Kept:
        outputs = {} if arn is None else {"arn": arn}
        return Kept(urn, "x", urn, own_id, {}, outputs, frozenset(), Cloud(), generation)

    things = [
        thing("known", "a", None, 0),
        thing("revised", "chat", "chat:1", 0),
        thing("revised", "chat", "chat:2", 1),
        thing("unknown", "b", None, 0),
    ]
    records: list[dict[str, Any]] = [
        {"urn": "known", "id": "a"},
        {"urn": "revised", "id": "chat", "outputs": {"arn": "chat:1"}},
        {"urn": "undeleted", "id": "c"},
    ]
    urns = ["known", "revised", "unknown", "undeleted", "deleted"]
    assert _written_down(urns, State(3, {"resources": records}), things) == {"known", "deleted"}
    records[1]["outputs"] = {"arn": "chat:2"}
    assert "revised" in _written_down(urns, State(3, {"resources": records}), things)


def test_a_sweep_takes_the_same_sample_for_the_same_seed() -> None:
    calls = tuple(("create", f"urn:{at}") for at in range(20))
    well = Undisturbed({Phase.UP: calls, Phase.CHANGE: (), Phase.DESTROY: calls[:1]}, {})
    made = jobs("chat", well, together=True, every=False, sample=3, seed=1)
    assert made == jobs("chat", well, together=True, every=False, sample=3, seed=1)
    assert made != jobs("chat", well, together=True, every=False, sample=3, seed=2)
    assert {job.calls for job in made if job.phase is Phase.UP} == {3, 20}
    assert {job.calls for job in made if job.phase is Phase.DESTROY} == {1}
    every = jobs("chat", well, together=False, every=True, sample=3, seed=1)
    assert {job.calls for job in every if job.phase is Phase.UP} == {20}


@pytest.mark.parametrize(
    ("seconds", "lookup", "reliable"),
    [(0, True, False), (299, True, False), (301, True, True), (0, False, True)],
)
def test_an_empty_list_of_a_real_cloud_is_relied_upon_after_five_minutes(
    seconds: int, lookup: bool, reliable: bool
) -> None:
    ahead = dt.timezone(dt.timedelta(hours=2))
    written = (dt.datetime.now(ahead) - dt.timedelta(seconds=seconds)).isoformat(timespec="microseconds")
    # Go writes nanoseconds.
    state = State(3, {"manifest": {"time": written.replace("+02:00", "123+02:00")}})
    kind = "aws:ec2/vpc:Vpc" if lookup else "aws:s3/bucket:Bucket"
    way = clouds.types()[kind].found
    assert not callable(way)
    real: Any = SimpleNamespace(backend=automation.Backend())
    assert recovery._complete(real, state, Found(way)) is reliable
    assert recovery._complete(real, State(3, {}), Found(way)) is not lookup
