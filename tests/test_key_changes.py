"""The page of what each key does when it is changed: complete, nothing lost unasked, and still true."""

import automation_world  # noqa: F401 - before the SDKs

# isort: split

import json
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from engine_marks import needs_engine
from pydantic.fields import FieldInfo

import clouds
from automation import Result, Step
from clouds import effects
from clouds.ask import Existing
from clouds.record import Refuses
from command import shared
from proving import key_changes, key_changes_page, key_trials, pages, stack_reference
from proving.key_changes_page import Row
from rehearsal import golden, standins
from rehearsal.standins.once import claims
from stacks import files
from stacks.fields import descriptions
from stacks.keys import Key, keys, kind_of
from stacks.language import parse
from stacks.parts import Profile
from stacks.problems import InvalidStack
from stacks.schema import PATH as SCHEMA

MAKE = "run `make changes`"
SEALED = ("database(in-cluster).name", "local in production")
"""A change that no provider refuses, and which leaves all messages behind."""
QUICK = ("local", "services-helm", "family-host", "soluvas-lightsail")
"""Stacks that are deployed within seconds: the sample is drawn from one of their scenes."""
MOST = 5


@pytest.fixture(scope="module")
def page() -> list[Row]:
    return key_changes_page.read()


# ------------------------------------------------------------------------------------------------ complete


def test_every_key_of_the_language_is_found() -> None:
    described = json.loads(SCHEMA.read_text(encoding="utf-8"))
    models = {
        (name, key)
        for name, shape in described["$defs"].items()
        for key in shape.get("properties", ())
        if key != "kind" and name != "Locked"
    }
    found = {(key.places[-1].model.__name__, key.alias) for key in keys() if key.places}
    ways = [zip(key.places, key.places[1:], strict=False) for key in keys()]
    found |= {(outer.model.__name__, inner.alias) for way in ways for outer, inner in way}
    assert models == found
    full = set(described["properties"]["config"]["properties"])
    assert {str(key.path[0]) for key in keys()} == full


def test_every_key_and_every_secret_has_a_row(page: list[Row]) -> None:
    missing = {key.name for key in keys()} - {row.key for row in page}
    assert not missing, MAKE


def test_the_rows_are_those_of_the_trials_in_the_order_of_the_language(
    page: list[Row],
) -> None:
    assert [row.identity for row in page] == [trial.identity for trial in key_trials.trials()], MAKE


def test_a_new_key_without_a_trial_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    chat = next(key.places for key in keys() if key.name == "chat.host")
    fresh = Key("chat.motto", chat, "host", "motto", FieldInfo(annotation=str))
    monkeypatch.setattr(key_trials, "keys", lambda: (*keys(), fresh))
    with pytest.raises(key_trials.UntriedError, match=r"^chat\.motto: say in BY_HAND"):
        key_trials.trials.__wrapped__()


def test_a_row_by_hand_for_a_key_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_trials, "keys", lambda: tuple(key for key in keys() if key.name != "chat.host"))
    with pytest.raises(key_trials.UntriedError, match=r"^chat\.host: BY_HAND has a row"):
        key_trials.trials.__wrapped__()


def test_every_key_is_described_and_has_its_row_in_the_reference() -> None:
    title, rows = "", set()
    for line in stack_reference.PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            title = line[3:]
        elif line.startswith("### "):
            title = f"{line[4:].replace(': ', '(')})"
        elif cell := re.match(r"\| `([^`]+)` \|", line):
            rows.add(f"{title}.{cell[1].replace('[]', '')}")
    own = [key for key in keys() if key.places]
    assert {key.name for key in own if not key.name.endswith(".kind")} <= rows
    assert [key.name for key in own if not descriptions(key.places[-1].model).get(key.attribute)] == []


def test_every_key_refuses_by_its_own_path_what_it_cannot_be() -> None:
    tried: set[str] = set()
    with key_trials.fonts():
        for scene, rounds in rounds_of_wrong_values().items():
            for wrongs in rounds:
                values = key_trials.scene_values(scene)
                for key in wrongs:
                    inside_of(values, key)[key.alias] = [[{}]]
                with pytest.raises(InvalidStack) as caught:
                    parse(values, key_trials.scene_secrets(scene), source="a test")
                # One thing may stand where a list of them is taken.
                told = [problem.path.replace("[0]", "") for problem in caught.value.problems]
                for key in wrongs:
                    path = ".".join(one for one in key.path if isinstance(one, str))
                    assert any(one.startswith(path) for one in told), key.name
                tried |= {key.name for key in wrongs}
    left_out = {trial.key.name for trial in key_trials.trials() if trial.key.places} - tried
    # Those are changed together with the kind of their part.
    assert len(left_out) <= 10, left_out


def rounds_of_wrong_values() -> dict[str, list[list[Key]]]:
    """All keys that stand in a scene, by the scene; in a round none is inside of another."""
    found: dict[str, list[list[Key]]] = {}
    seen: set[str] = set()
    for trial in key_trials.trials():
        key = trial.key
        if not key.places or key.name in seen or inside_of(key_trials.scene_values(trial.scene), key) is None:
            continue
        seen.add(key.name)
        rounds = found.setdefault(trial.scene, [])
        for wrongs in rounds:
            if not any(inside(one.path, key.path) or inside(key.path, one.path) for one in wrongs):
                wrongs.append(key)
                break
        else:
            rounds.append([key])
    return found


def inside(path: tuple[str | int, ...], other: tuple[str | int, ...]) -> bool:
    return other[: len(path)] == path


def inside_of(values: Any, key: Key) -> Any:
    """What holds a key in these values, made where it is left out; None where another kind was chosen there."""
    for number, place in enumerate(key.places):
        kind = kind_of(place.model)
        made = {"kind": kind} if kind else {}
        name = place.alias if number else f"rocketchat:{place.alias}"
        held = values.setdefault(name, [made] if place.listed else made)
        values = held[0] if isinstance(held, list) else held
        if kind and values.setdefault("kind", kind) != kind:
            return None
    return values


# -------------------------------------------------------------------------------------------- nothing lost


def wrong(row: Row) -> bool:
    """Whether a row says that something is lost that nobody asked for, or that nothing could be seen."""
    asked = key_trials.spec_of(row.on).parts.chat.profile is Profile.TRIAL
    lost = row.data != key_changes.KEPT and not (asked and row.data.endswith(key_changes.ASKED))
    return lost or row.does.startswith(key_changes.FAILS)


def test_no_change_loses_what_holds_data_unless_the_file_says_trial(page: list[Row]) -> None:
    assert [row for row in page if wrong(row)] == []


@pytest.mark.parametrize(
    "name",
    [
        "chat-backups",
        "cluster-cluster",
        "database-set",
        "host-data",
        "media-bucket",
        "namespace-namespace",
    ],
)
def test_of_each_thing_that_holds_data_there_is_a_change_that_would_take_it(
    name: str, page: list[Row]
) -> None:
    """A page without losses says little where nothing could be lost."""
    refused = [row for row in page if row.does.startswith("refused by the engine") and name in row.does]
    lost = [row for row in page if row.data.startswith(key_changes.LOST) and name in row.data]
    assert refused
    assert lost


@pytest.mark.parametrize(
    ("token", "name", "types", "holds"),
    [
        ("aws:s3/bucket:Bucket", "media", (), True),
        ("aws:s3/bucket:Bucket", "host-documents", (), False),
        ("aws:ec2/vpc:Vpc", "network", (), False),
        ("kubernetes:core/v1:Namespace", "namespace", (), False),
        ("kubernetes:core/v1:Namespace", "namespace", ("kubernetes:apps/v1:StatefulSet",), True),
    ],
)
def test_what_holds_data_is_known(token: str, name: str, types: tuple[str, ...], holds: bool) -> None:
    assert effects.holds_data(token, name, types) is holds


def test_a_result_tells_what_is_lost_with_what_goes(capsys: pytest.CaptureFixture[str]) -> None:
    def step(operation: str, token: str, name: str) -> Step:
        return Step(operation, f"urn:pulumi:s::rocketchat::{token}::{name}", token)

    def result(*steps: Step) -> Result:
        return Result("local", "preview", {"replace": len(steps)}, steps)

    storage = result(step("replace", "kubernetes:apps/v1:StatefulSet", "database-set"))
    assert storage.lost == (
        "database-set goes, and with it the database in the cluster, with the claims to its disks",
    )
    assert storage.to_json()["lost"] == list(storage.lost)
    shared.told(storage, as_json=False)
    shown = " ".join(capsys.readouterr().out.split())
    assert "DATA: database-set goes" in shown
    assert not replace(storage, kept=(storage.steps[0].urn,)).lost
    assert not result(step("update", "kubernetes:apps/v1:StatefulSet", "database-set")).lost
    assert not result(step("replace", "aws:s3/bucket:Bucket", "alb-logs")).lost
    assert not result(step("replace", "kubernetes:core/v1:Namespace", "namespace")).lost
    assert (
        "starts without them"
        in result(step("replace", "random:index/randomId:RandomId", "data-seal")).lost[0]
    )


@pytest.mark.parametrize(
    ("operations", "changed", "undoes"),
    [
        (("create-replacement", "replace", "delete-replaced"), "portInfos", True),
        (("delete-replaced", "replace", "create-replacement"), "portInfos", False),
        (("create-replacement", "replace", "delete-replaced"), "instanceName", False),
    ],
)
def test_what_is_taken_away_with_what_it_replaces_is_seen(
    operations: tuple[str, ...], changed: str, undoes: bool
) -> None:
    token = "aws:lightsail/instancePublicPorts:InstancePublicPorts"
    steps = [Step(one, f"urn:pulumi:s::p::{token}::ports", token, (changed,)) for one in operations]
    assert any(key_changes.undoes(one, steps) for one in steps) is undoes


# ------------------------------------------------------------------------------------------------- the page


def test_a_page_that_was_written_is_read_again(tmp_path: Path) -> None:
    made = [
        Row("aws:region", "a", "x → y", "nothing", "runs on", "kept"),
        Row("chat.host", "a", "x → a|b", "nothing", "runs on", "kept"),
        Row("runtime(fargate).network(new).cidr", "a", "1 → 2", "replaces `Vpc`", "", "kept"),
        Row("bot", "a", "left out → jarvis", "nothing", "runs on", "kept"),
        Row("bot.name", "a", "left out → jarvis", "nothing", "runs on", "kept"),
        Row("license", "a", "given → another", "nothing", "runs on", "kept"),
    ]
    page = tmp_path / "page.md"
    page.write_text(f"before\n{pages.BEGIN}\nold\n{pages.END}\nafter\n", encoding="utf-8")
    key_changes_page.write(made, page)
    assert key_changes_page.read(page) == made
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "### runtime(fargate)\n" in text


# ---------------------------------------------------------------------------------------------- still true


def sample() -> dict[str, list[int]]:
    """Draw some trials, others whenever the page is another one; the seal's refusal is always among them."""
    every = key_trials.trials()
    drawn = random.Random(key_changes_page.PAGE.read_text(encoding="utf-8"))  # noqa: S311 - a sample, no secret
    sealed = next(at for at, one in enumerate(every) if (one.key.name, one.scene) == SEALED)
    scenes = sorted({one.scene for one in every if key_trials.SCENES[one.scene].stack in QUICK} - {SEALED[1]})
    chosen = {SEALED[1]: [sealed]}
    scene = drawn.choice(scenes)
    there = [at for at, one in enumerate(every) if one.scene == scene]
    chosen[scene] = sorted(drawn.sample(there, min(MOST, len(there))))
    return chosen


@needs_engine
def test_a_sample_of_rows_is_what_the_engine_says_today(page: list[Row]) -> None:
    chosen = sample()
    seen: dict[int, Row] = {}
    for scene, wanted in chosen.items():
        seen |= key_changes.try_scene(scene, wanted)
    assert seen == {at: page[at] for at in seen}, MAKE
    sealed = next(row for row in seen.values() if (row.key, row.on) == SEALED)
    assert sealed.does == "refused by the engine: data-seal protected"


def test_every_stack_has_a_scene() -> None:
    told: dict[str, Any] = {scene.stack: scene for scene in key_trials.SCENES.values()}
    assert set(told) == set(files.names())


# ----------------------------------------------------------------------------- what the stand-ins know of changes


def test_an_activation_takes_tags_only_when_it_is_made_and_a_host_does_not_follow_them() -> None:
    token = "aws:ssm/activation:Activation"
    assert standins.tagged_once(token)
    assert not standins.tagged_once("aws:iam/role:Role")
    ignored = [
        made["options"]["ignoreChanges"]
        for stack in ("family-host", "soluvas-lightsail")
        for tail, made in golden.read(stack).items()
        if golden.type_of(tail) == token
    ]
    assert ignored == [["name", "tags", "tagsAll"]] * 2


@pytest.mark.parametrize(("before", "after", "told"), [(True, False, 1), (False, True, 0), (None, False, 0)])
def test_high_availability_of_a_cluster_is_not_switched_off(
    before: bool | None, after: bool, told: int
) -> None:
    token = "digitalocean:index/kubernetesCluster:KubernetesCluster"
    refuses = clouds.types()[token].refuses
    assert isinstance(refuses, Refuses)
    assert refuses.busy is not None
    assert len(refuses.busy({"ha": before}, {"ha": after})) == told


def test_one_name_in_two_regions_is_two_things() -> None:
    def thing(region: str | None) -> Existing:
        inputs = {"configurationSetName": "chat", **({"region": region} if region else {})}
        return Existing("aws:sesv2/configurationSet:ConfigurationSet", "chat", inputs, {}, "eu-central-1")

    assert set(claims(thing(None))) == set(claims(thing("eu-central-1")))
    assert not set(claims(thing(None))) & set(claims(thing("us-east-1")))
