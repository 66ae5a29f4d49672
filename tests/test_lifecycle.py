"""A whole life in the real engine, for every stack: and what makes such a life fail."""

import automation_world  # noqa: F401 - before the SDKs

# isort: split

import gzip
from pathlib import Path

import pytest
from combining import kinds_of
from engine_marks import needs_engine

from automation import ConflictError, Result, Step, open_stack
from automation.rotation import kind_of
from automation.state import State
from policy.product import COMPONENT
from rehearsal import lifecycle
from rehearsal import stack as stacks_rehearsed
from stacks import files

LIVED = ("family-host", "lovia-doks", "services-fargate", "services-helm", "soluvas-lightsail")
"""A stack of every runtime; the others are deployed by other tests, and lived by `make rehearse STACK=name`."""
BOT = """\
  rocketchat:bot: {username: jarvis, keys: [WEATHER_KEY]}
  rocketchat:botPassword: {secure: v1:x:y}
  rocketchat:botKeys: {secure: v1:x:y}
"""
STAGES = [
    "up",
    "up again",
    "one setting changed",
    "refresh",
    "drift",
    "moved to another backend",
    "moved to another secrets provider",
    "destroy",
]


@needs_engine
@pytest.mark.parametrize("name", LIVED)
def test_a_stack_of_every_runtime_lives_a_whole_life_and_no_secret_is_written_in_clear(
    name: str, tmp_path: Path
) -> None:
    # No committed stack has a bot.
    file = tmp_path / f"Pulumi.{name}.yaml"
    file.write_text(files.find(name).read_text("utf-8") + BOT, encoding="utf-8")
    # By hand it lives in `make rehearse`, and in tests/test_command.py.
    lived = lifecycle.live(stacks_rehearsed.load(str(file)), by_hand=False)
    assert [stage.title for stage in lived.stages] == STAGES
    assert lived.leaks == ()
    assert lived.searched > 20
    assert lived.resources > 10


def test_those_that_live_have_every_runtime() -> None:
    def kind(name: str) -> str:
        return str(files.read(name).values["rocketchat:runtime"]["kind"])

    assert {kind(name) for name in LIVED} == set(kinds_of("runtime"))


def test_a_secret_in_a_file_or_a_text_is_found_in_every_form(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "state.json").write_text('{"a": "cGFzc3dvcmQtMTIz"}', encoding="utf-8")
    # As the engine keeps its logs, and as a killed one leaves them.
    lines = "".join(f"line {number} with password-456\n" for number in range(9999)).encode()
    log = gzip.compress(b"opened") + gzip.compress(lines)
    (tmp_path / "deep" / "up.log").write_bytes(log[:-2000])
    searched, leaks = lifecycle.search(
        [tmp_path], {"events": "it is password-123"}, {"database": "password-123", "mail": "password-456"}
    )
    assert searched == 3
    assert leaks == ("events: database", "state.json: database", "up.log: mail")


def test_a_change_where_nothing_was_asked_for_ends_a_life() -> None:
    told = Result("chat", "up", {"update": 1}, (Step("update", "urn:pulumi:s::p::aws:x:Y::net", "aws:x:Y"),))
    living = lifecycle._Living(stacks_rehearsed.load("local"), lambda _: None, lambda _: None)
    with pytest.raises(lifecycle.DeviationError, match=r"chat: up again: something changed.*update net"):
        living.quiet("up again", told)


def test_what_a_destroy_leaves_without_being_asked_ends_a_life() -> None:
    gone = Result("chat", "destroy", {"delete": 1}, ())
    record = {"urn": "urn:pulumi:s::p::aws:x:Y::net", "type": "aws:x:Y", "custom": True, "id": "1"}
    state = State(3, {"resources": [record]})
    thing = type("Thing", (), {"urn": record["urn"]})()
    with pytest.raises(lifecycle.DeviationError, match="left what nobody asked to keep"):
        lifecycle._left(state, [thing], gone)
    kept = State(3, {"resources": [{**record, "retainOnDelete": True}]})
    assert lifecycle._left(kept, [thing], gone) == (record["urn"],)


@needs_engine
@pytest.mark.parametrize("name", ["lovia-fargate", "services-helm"])
def test_a_rotated_secret_changes_only_what_uses_it(name: str) -> None:
    with open_stack(name, rehearse=True, policies=False) as stack:
        stack.up(preview=False)
        state = stack.export_state()
        uses: dict[str, set[str]] = {one.urn: {one.urn} for one in state.resources}
        # The state lists what something was made from before it: one pass follows every chain.
        for record in state.records:
            for urn in record.get("dependencies") or ():
                uses[str(record["urn"])] |= uses[urn]
        generated = [one for one in stack.generated() if kind_of(one.name).offered]
        assert generated
        for one in generated:
            step = stack.preview(anew=[one.urn])
            custom = {
                found.urn
                for found in step.steps
                if not found.type.startswith((COMPONENT, "pulumi:pulumi:Stack"))
            }
            assert one.urn in step.replaced
            assert len(custom) > 1, f"nothing uses {one.name}"
            beyond = {urn for urn in custom if one.urn not in uses[urn]}
            assert not beyond, f"{one.name} changes what does not use it: {beyond}"
        rotated = stack.rotate(generated[0].name)
        assert generated[0].urn in rotated.replaced
        assert stack.preview().changed == 0
        with pytest.raises(ConflictError, match="generates no secret 'nothing'"):
            stack.rotate("nothing")
