"""How often the CLI is started, and what is read of what it says."""

import automation_world as world  # before the SDKs

# isort: split

import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest
from engine_marks import needs_engine

import automation
from automation import ConfigurationError, SecretValue, open_stack, pulumi_cli, workspace
from automation.engine import Engine
from automation.events import Recorder, ignore
from automation.state import in_clear
from rehearsal.backend import rehearsal_backend
from stacks.engine import SECRET_SIGNATURE, SIGNATURE


def secret(value: object) -> dict[str, str]:
    return {SIGNATURE: SECRET_SIGNATURE, "plaintext": json.dumps(value)}


@pytest.mark.parametrize(
    ("exported", "value", "is_secret"),
    [
        ("plain", "plain", False),
        ({"deep": ["plain", 1]}, {"deep": ["plain", 1]}, False),
        (secret("hidden"), "hidden", True),
        (secret(7), 7, True),
        (secret({"deep": secret([None])}), {"deep": [None]}, True),
        ({"deep": ["plain", secret(7)]}, {"deep": ["plain", 7]}, True),
    ],
)
def test_an_output_with_a_secret_anywhere_in_it_is_secret(
    exported: object, value: object, is_secret: bool
) -> None:
    assert in_clear(exported) == (value, is_secret)


def test_the_cli_is_asked_for_its_version_once_and_anew_when_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put(version: str, at: int) -> None:
        path = tmp_path / "pulumi"
        path.write_text(f"#!/bin/sh\necho asked >> {tmp_path}/asked\necho v{version}\n", encoding="utf-8")
        path.chmod(0o755)
        os.utime(path, (at, at))

    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    put("3.300.0", 1)
    found = [pulumi_cli.find_engine(), pulumi_cli.find_engine()]
    put("3.301.0", 2)
    found.append(pulumi_cli.find_engine())
    assert [one and one.version for one in found] == ["3.300.0", "3.300.0", "3.301.0"]
    assert (tmp_path / "asked").read_text(encoding="utf-8").split() == ["asked", "asked"]


def test_a_word_of_the_cli_on_where_it_finds_our_launcher_is_no_warning() -> None:
    recorder = Recorder("small", "preview", ignore, "recover small")

    def told(message: str) -> Any:
        said = SimpleNamespace(message=message, ephemeral=False, severity="warning", urn="")
        others = dict.fromkeys(
            (
                "summary_event",
                "policy_event",
                "resource_pre_event",
                "res_outputs_event",
                "res_op_failed_event",
            )
        )
        return SimpleNamespace(diagnostic_event=said, **others)

    recorder(told("using pulumi-analyzer-policy-python from $PATH at /somewhere"))
    recorder(told("using this is not wise"))
    assert [one.message for one in recorder.said] == ["using this is not wise"]


@needs_engine
def test_an_operation_starts_the_cli_no_more_often_than_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    run = Engine.run

    def counted(self: Engine, args: list[str], *rest: Any, **options: Any) -> Any:
        started.append(" ".join(one for one in args if not one.startswith("-"))[:12])
        return run(self, args, *rest, **options)

    monkeypatch.setattr(Engine, "run", counted)

    def starts(operation: Callable[[], object]) -> int:
        started.clear()
        operation()
        return len(started)

    def program() -> None:
        pulumi.export("number", pulumi.Output.secret(7))
        pulumi.export("nested", {"plain": "seen", "hidden": pulumi.Output.secret("not seen")})
        pulumi.export("plain", "seen")

    with rehearsal_backend(program=program) as backend:

        def opened() -> automation.ChatStack:
            return open_stack(
                "small", values=world.VALUES, secrets=world.SECRETS, backend=backend, policies=False
            )

        # Make, set the secrets; then select, and set them.
        assert starts(opened) == 2
        assert starts(opened) == 2
        with opened() as stack:
            assert starts(stack.preview) == 1
            # What is pending; the update; its outputs.
            assert starts(lambda: stack.up(preview=False)) == 3
            assert starts(stack.drift) == 1
            assert starts(stack.refresh) == 1
            assert starts(stack.outputs) == 1
            assert stack.outputs() == {
                "number": SecretValue(7),
                "nested": SecretValue({"plain": "seen", "hidden": "not seen"}),
                "plain": "seen",
            }


@needs_engine
@pytest.mark.parametrize("seen", [True, False], ids=["backend of files", "any other"])
def test_what_only_looks_at_a_stack_does_not_create_it(seen: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not seen:
        monkeypatch.setattr(workspace, "_absent", lambda *_: False)
    with rehearsal_backend(program=lambda: None) as backend:
        with pytest.raises(ConfigurationError, match=r"(?s)small is not deployed.* up small --rehearse"):
            open_stack("small", values=world.VALUES, secrets=world.SECRETS, backend=backend, create=False)
        assert not list(backend.work.rglob("small.json"))
        assert "encryptionsalt" not in backend.settings("small").read_text(encoding="utf-8")
