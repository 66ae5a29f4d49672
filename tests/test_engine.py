"""The same programs in the real engine. Skipped where there is no Pulumi CLI."""

import automation_world as world  # before the SDKs
import toy

# isort: split

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pytest
from engine_marks import needs_engine

import automation
from automation import ConfigurationError, ConflictError, ProviderError, pulumi_cli
from automation.values import shown
from rehearsal.backend import WORK, rehearsal_backend
from rehearsal.plan import plan_program
from stacks.files import as_config
from stacks.project import PRODUCT


def opened(backend: automation.Backend) -> automation.ChatStack:
    return automation.open_stack(
        "toy", values=world.VALUES, secrets=toy.SECRETS, backend=backend, policies=False
    )


@needs_engine
def test_plan_and_engine_agree_on_what_there_is_and_on_what_is_given_back() -> None:
    config = as_config(world.VALUES) | toy.SECRETS
    plan = plan_program(toy.program, stack="toy", config=config, secret_keys=list(toy.SECRETS))
    with rehearsal_backend(program=toy.program) as backend, opened(backend) as stack:
        up = stack.up(preview=False)
        assert up.changes == {"create": toy.COUNT}
        state = {str(one["urn"]): one for one in stack.export_state().records}
    planned = {resource.urn: resource for resource in plan.resources}
    default = {urn for urn in state if "::pulumi:providers:" in urn and "::default_" in urn}
    assert state.keys() - default == planned.keys()
    assert shown(up.outputs) == plan.outputs
    for urn, resource in planned.items():
        if resource.type.startswith("aws:"):
            assert state[urn]["id"] == resource.id
            assert state[urn]["outputs"]["arn" if "arn" in resource.outputs else "id"]


@needs_engine
def test_what_is_protected_must_be_released_and_what_is_retained_stays() -> None:
    with rehearsal_backend(program=toy.program) as backend, opened(backend) as stack:
        stack.up(preview=False)
        with pytest.raises(ConflictError, match="toy-user"):
            stack.destroy(confirm="toy")
        gone = stack.destroy(confirm="toy", unprotect=True)
        assert gone.changes == {"delete": toy.COUNT}
        assert [urn.rpartition("::")[2] for urn in gone.kept] == ["toy-user"]
        assert [thing.name for thing in backend.cloud.things()] == ["toy-user"]


@needs_engine
def test_a_change_touches_only_what_it_must_and_says_replace_where_it_is_one() -> None:
    asked = {"block": "10.0.0.0/16", "tag": "a"}

    def program() -> None:
        aws.ec2.Vpc("net", cidr_block=asked["block"], tags={"Tag": asked["tag"]})
        aws.s3.Bucket("media")

    with rehearsal_backend(program=program) as backend, opened(backend) as stack:
        stack.up(preview=False)
        first = backend.cloud.things()
        assert stack.preview().changed == 0
        asked["tag"] = "b"
        tagged = stack.up(preview=False)
        assert (tagged.changed, tagged.changes["update"]) == (1, 1)
        assert {thing.id for thing in backend.cloud.things()} == {thing.id for thing in first}
        asked["block"] = "10.1.0.0/16"
        moved = stack.up(preview=False)
        assert moved.changes["replace"] == 1
        assert len(backend.cloud.things()) == len(first)
        assert {thing.id for thing in backend.cloud.things()} != {thing.id for thing in first}
        assert stack.refresh().changed == 0


@needs_engine
def test_what_the_stand_ins_refuse_is_told_without_a_traceback() -> None:
    def program() -> None:
        aws.ec2.Vpc("net", cidr_block="10.0.0.0/99")

    with rehearsal_backend(program=program) as backend, opened(backend) as stack:
        with pytest.raises(ProviderError, match="is not a network") as refused:
            stack.up(preview=False)
        assert "Traceback" not in str(refused.value)


@needs_engine
def test_what_the_program_raises_is_told_without_secrets(capfd: pytest.CaptureFixture[str]) -> None:
    def program() -> None:
        raise ValueError(f"bad {pulumi.Config('rocketchat').require('smtpPassword')}")

    with (
        rehearsal_backend(program=program) as backend,
        opened(backend) as stack,
        pytest.raises(ConfigurationError, match=r"ValueError: bad \[secret\]"),
    ):
        stack.up(preview=False)
    printed = capfd.readouterr()
    assert toy.SECRET not in printed.out + printed.err
    assert "Traceback" not in printed.out + printed.err


@needs_engine
def test_nothing_of_a_rehearsal_is_left_on_the_disk() -> None:
    with rehearsal_backend(program=toy.program) as backend, opened(backend):
        own = backend.work.parent
        assert own.parent == WORK
        assert backend.folder is not None
        assert backend.home is not None
        assert {backend.folder.parent, backend.home.parent.parent} == {own}
    assert not own.exists()


def test_the_pinned_module_stands_as_the_build_wants_it() -> None:
    assert pulumi_cli.pinned_version().count(".") == 2
    module = (pulumi_cli.MODULE / "go.mod").read_text(encoding="utf-8")
    assert f"tool {pulumi_cli.COMMAND}" in module
    assert "replace github.com/atotto/clipboard" in module
    assert (pulumi_cli.MODULE / "go.sum").stat().st_size > 0


def test_a_build_of_the_cli_says_how_far_it_is_and_why_it_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = tmp_path / "go"
    go.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = list ]; then echo one; echo two; echo "go: downloading two v1"; exit 0; fi\n'
        "echo one >&2; sleep 0.5\n"
        "[ -e broken ] || { touch broken; exit 0; }\n"
        "echo 'two: no such file at https://proxy.example/two' >&2; exit 1\n",
        encoding="utf-8",
    )
    go.chmod(0o755)
    tool = dataclasses.replace(pulumi_cli.YAML, folder=tmp_path)
    (tmp_path / "go.mod").write_text(f"require {tool.module} v1.2.3\n", encoding="utf-8")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(pulumi_cli, "HOME", tmp_path / "home")
    monkeypatch.setattr(pulumi_cli, "PROGRESS_SECONDS", 0.2)
    said: list[str] = []
    assert pulumi_cli._build(tool, said.append)
    assert any("1 of at most 2" in line for line in said), said
    assert not pulumi_cli._build(tool, said.append)
    assert "two: no such file" in said[-1]
    assert "proxy.example" not in said[-1]


def test_a_cli_without_a_version_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "bin" / "pulumi"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\necho\n", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setattr(pulumi_cli, "HOME", tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    assert pulumi_cli.find_engine() is None
    script.write_text("#!/bin/sh\necho v3.200.1\n", encoding="utf-8")
    assert pulumi_cli.find_engine() == pulumi_cli.Cli(script, "3.200.1")


@pytest.mark.slow
def test_a_run_without_engine_ends_by_saying_how_many_tests_were_skipped(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(
        "import pytest\nfrom engine_marks import WITHOUT_ENGINE\n"
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
            "engine_marks",
            "--rootdir",
            str(tmp_path),
            str(tmp_path),
        ],
        cwd=PRODUCT,
        env={**os.environ, "PYTHONPATH": str(PRODUCT / "tests")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.splitlines()[-1].startswith("1 tests of the real engine skipped")
