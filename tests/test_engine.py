"""The same programs in the real engine. Skipped where there is no Pulumi CLI."""

import toy  # before the SDKs, which its component makes import one file at a time

# isort: split

import subprocess
import sys
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pytest

from rehearsal import cli, engine
from rehearsal.errors import RehearsalError
from rehearsal.plan import plan_program
from rehearsal.testing import needs_engine


@pytest.fixture(scope="module")
def life() -> engine.Life:
    return engine.live(toy.program, stack="toy", config=toy.CONFIG, secret_keys=toy.SECRET_KEYS)


@needs_engine
def test_a_stack_is_deployed_stays_as_it_is_and_is_destroyed(life: engine.Life) -> None:
    assert life.up.changes == {"create": toy.COUNT}
    assert life.again.changed == 0
    assert life.destroy.changes == {"delete": toy.COUNT}
    assert life.seconds > 0


@needs_engine
def test_what_is_protected_must_be_released_and_what_is_retained_stays(life: engine.Life) -> None:
    names = [urn.rpartition("::")[2] for urn in life.unprotected]
    assert names == ["toy-user"]
    assert life.kept == life.unprotected


@needs_engine
def test_outputs_are_masked_and_the_state_holds_no_secret_in_clear(life: engine.Life) -> None:
    assert life.up.outputs["password"] == life.up.outputs["token"] == "[secret]"
    assert life.state_leaks == ()


@needs_engine
def test_plan_and_engine_agree_on_what_there_is_and_on_what_is_given_back() -> None:
    plan = plan_program(toy.program, stack="toy", config=toy.CONFIG, secret_keys=toy.SECRET_KEYS)
    with engine.rehearsing(toy.program, stack="toy", config=toy.CONFIG, secret_keys=toy.SECRET_KEYS) as stage:
        up = stage.up()
        state = {str(one["urn"]): one for one in stage.state()}
    planned = {resource.urn: resource for resource in plan.resources}
    default = {urn for urn in state if "::pulumi:providers:" in urn and "::default_" in urn}
    assert state.keys() - default == planned.keys()
    assert up.outputs == plan.outputs
    for urn, resource in planned.items():
        if resource.type.startswith("aws:"):
            assert state[urn]["id"] == resource.id
            assert state[urn]["outputs"]["arn" if "arn" in resource.outputs else "id"]


@needs_engine
def test_a_change_touches_only_what_it_must_and_says_replace_where_it_is_one() -> None:
    def with_range(block: str, tag: str) -> None:
        aws.ec2.Vpc("net", cidr_block=block, tags={"Tag": tag}, opts=pulumi.ResourceOptions())
        aws.s3.Bucket("media")

    with engine.rehearsing(
        lambda: with_range("10.0.0.0/16", "a"), stack="change", config={"aws:region": "eu-west-1"}
    ) as stage:
        stage.up()
        first = stage.cloud.things()
        assert stage.preview().changed == 0
        tagged = stage.up(program=lambda: with_range("10.0.0.0/16", "b"))
        assert (tagged.changed, tagged.changes["update"]) == (1, 1)
        assert {thing.id for thing in stage.cloud.things()} == {thing.id for thing in first}
        moved = stage.up(program=lambda: with_range("10.1.0.0/16", "b"))
        assert moved.changes["replace"] == 1
        assert len(stage.cloud.things()) == len(first)
        assert {thing.id for thing in stage.cloud.things()} != {thing.id for thing in first}
        assert stage.refresh().changed == 0


@needs_engine
def test_a_preview_of_a_new_stack_makes_nothing() -> None:
    with engine.rehearsing(toy.program, stack="new", config=toy.CONFIG, secret_keys=toy.SECRET_KEYS) as stage:
        assert stage.preview().changes == {"create": toy.COUNT}
        assert stage.cloud.things() == ()


@needs_engine
def test_what_the_stand_ins_refuse_is_told_without_a_traceback() -> None:
    def program() -> None:
        aws.ec2.Vpc("net", cidr_block="10.0.0.0/99")

    with engine.rehearsing(program, stack="bad", config={"aws:region": "eu-west-1"}) as stage:
        with pytest.raises(RehearsalError, match="is not a network") as refused:
            stage.up()
        assert "Traceback" not in str(refused.value)


@needs_engine
def test_what_the_program_raises_is_told_as_in_the_plan_and_without_secrets(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def program() -> None:
        raise ValueError(f"bad {pulumi.Config('rocketchat').require('token')}")

    with (
        engine.rehearsing(program, stack="bad", config=toy.CONFIG, secret_keys=toy.SECRET_KEYS) as stage,
        pytest.raises(RehearsalError, match=r"^ValueError: bad \[secret\]$"),
    ):
        stage.up()
    printed = capfd.readouterr()
    assert toy.SECRET not in printed.out + printed.err
    assert "Traceback" not in printed.out + printed.err


@needs_engine
def test_nothing_of_a_rehearsal_is_left_on_the_disk(life: engine.Life) -> None:
    assert life.version
    assert not [path for path in engine.WORK.glob("toy-*") if path.is_dir()]


def test_without_a_cli_the_engine_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "find_engine", lambda: None)
    with pytest.raises(RehearsalError, match="make engine"):
        engine.live(toy.program, stack="toy")


def test_the_pinned_module_stands_as_the_build_wants_it() -> None:
    assert cli.pinned_version().count(".") == 2
    module = (cli.MODULE / "go.mod").read_text(encoding="utf-8")
    assert f"tool {cli.COMMAND}" in module
    assert "replace github.com/atotto/clipboard" in module
    assert (cli.MODULE / "go.sum").stat().st_size > 0


def test_a_cli_without_a_version_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "bin" / "pulumi"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\necho\n", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setattr(cli, "HOME", tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    assert cli.find_engine() is None
    script.write_text("#!/bin/sh\necho v3.200.1\n", encoding="utf-8")
    assert cli.find_engine() == cli.Cli(script, "3.200.1")


def test_a_run_without_engine_ends_by_saying_how_many_tests_were_skipped(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(
        "import pytest\nfrom rehearsal.testing import WITHOUT_ENGINE\n"
        "@pytest.mark.skipif(True, reason=WITHOUT_ENGINE)\ndef test_a(): pass\n",
        encoding="utf-8",
    )
    ran = subprocess.run(  # noqa: S603
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "rehearsal.testing",
            "--rootdir",
            str(tmp_path),
            str(tmp_path),
        ],
        cwd=cli.CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.splitlines()[-1].startswith("1 tests of the real engine skipped")
