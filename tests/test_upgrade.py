"""`rocketchat upgrade` and `rollback`: the way, the stack file, and an upgrade that is interrupted."""

import automation_world  # noqa: F401 - before the SDKs

# isort: split

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest
import yaml
from engine_marks import needs_engine
from hypothesis import given, settings
from hypothesis import strategies as st

from automation import restore
from automation.backend import Backend
from automation.errors import AutomationError, ConfigurationError, ConflictError, ProviderError
from automation.stack import ChatStack, open_stack
from automation.upgrade import back, record
from automation.upgrade import run as climbing
from automation.upgrade.edit import NotEdited, edited
from automation.upgrade.way import way
from command import cli
from command import releases as commands
from proving import recordings
from rehearsal.backend import rehearsal_backend
from rehearsal.faults import Fault, Faults
from rocketchat import releases
from stacks import files
from stacks.language import ChatSpec, parse
from stacks.problems import InvalidStack
from stacks.project import COMMAND

HEAD = "# A comment of ours.\nconfig:\n  aws:region: eu-west-1\n"
CHAT = (
    "  rocketchat:chat:\n    host: chat.example.com  # its name\n    release: {release}\n    profile: trial\n"
)
REST = """\
  rocketchat:runtime: {{kind: fargate{more}}}  # keep me
  rocketchat:database: {{kind: atlas, organization: 5f0c1d2e3b4a59687f6e5d4c, cluster: example{database}}}
  rocketchat:dns: {{kind: cloudflare, zone: example.com}}
"""
STEP = releases.resolve("7.13")
"""The step between 7.10 and 8.9: the newest patch that is known."""
LICENCE = "  rocketchat:license:\n    secure: v1:AAAA:BBBB\n"


def text(release: str = "7.10.0", more: str = "", database: str = "", licence: str = "") -> str:
    return HEAD + CHAT.format(release=release) + REST.format(more=more, database=database) + licence


def spec(written: str) -> ChatSpec:
    values = {key: one for key, one in yaml.safe_load(written)["config"].items() if "secure" not in one}
    return parse(values, {"rocketchat:license"} if "license" in written else set(), source="a test")


# ------------------------------------------------------------------------------------------------ the file


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("chat.release", "8.9.0", "    release: 8.9.0"),
        ("chat.upgradeFrom", "7.10.0", "    upgradeFrom: 7.10.0"),
        ("chat.profile", None, None),
        (
            "runtime.instances",
            1,
            "  rocketchat:runtime: {instances: 1, kind: fargate, spot: true}  # keep me",
        ),
        ("runtime.spot", None, "  rocketchat:runtime: {kind: fargate}  # keep me"),
        ("runtime.kind", None, "  rocketchat:runtime: {spot: true}  # keep me"),
    ],
)
def test_one_key_changes_and_every_other_line_stays(
    path: str, value: str | int | None, line: str | None
) -> None:
    before = text(more=", spot: true")
    after = edited(before, {path: value})
    gone, new = (
        set(before.splitlines()) - set(after.splitlines()),
        set(after.splitlines()) - set(before.splitlines()),
    )
    assert new == ({line} if line else set())
    assert len(gone) <= 1
    assert "# A comment of ours." in after
    part, _, key = path.partition(".")
    found = yaml.safe_load(after)["config"][f"rocketchat:{part}"]
    assert found.get(key) == value


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(["release", "users", "siteName", "language"]), st.sampled_from(["8.5", "a: b", "#"])
    ),
    st.sampled_from(["8.9.0", "8.0", 'a "b" #c', 3, None]),
    st.booleans(),
    st.booleans(),
)
def test_what_is_edited_is_what_was_meant(
    keys: dict[str, str], value: str | int | None, flow: bool, behind: bool
) -> None:
    chat = {"host": "chat.example.com", **keys}
    config = {"rocketchat:chat": chat, **({"rocketchat:dns": {"kind": "none"}} if behind else {})}
    before = yaml.safe_dump({"config": config}, default_flow_style=None if flow else False, sort_keys=False)
    after = yaml.safe_load(edited(before, {"chat.release": value}))
    wanted = {**chat, "release": value}
    if value is None:
        del wanted["release"]
    assert after == {"config": {**config, "rocketchat:chat": wanted}}


@pytest.mark.parametrize(
    "written",
    [
        "config: {}\n",
        "config:\n  rocketchat:chat: &a {release: &b 8.9.0}\n",
        "config:\n  rocketchat:chat:\n    release: |\n      8.9.0\n",
        "config:\n  rocketchat:chat: text\n",
        "- a list\n",
    ],
)
def test_a_form_in_which_no_key_stands_alone_is_refused(written: str) -> None:
    with pytest.raises(NotEdited):
        edited(written, {"chat.release": "9.0.0"})


# ------------------------------------------------------------------------------------------------ the way


def titles(written: str, target: str, deployed: str = "7.10.0", through: tuple[str, ...] = ()) -> list[str]:
    return [step.title for step in way(spec(written), deployed, target, through)]


def test_the_way_goes_through_each_major_and_mongodb_with_one_server() -> None:
    written = text(more=", instances: 3, maxInstances: 6", licence=LICENCE)
    steps = way(spec(written), "7.10.0", "9.0.0", ("7.13.4",))
    assert [step.title for step in steps] == [
        "Rocket.Chat 7.13.4",
        "MongoDB 8.0",
        "Rocket.Chat 8.9.0",
        "Rocket.Chat 9.0.0",
        "Scale out again",
    ]
    assert all(step.changes["runtime.instances"] == 1 for step in steps[:-1])
    assert all("runtime.maxInstances" in step.changes for step in steps[:-1])
    # 7.13 recommends a newer MongoDB than runs: it is held until the server that needs it.
    assert [step.changes.get("database.version") for step in steps] == ["7.0", "8.0", "8.0", "8.0", None]
    assert steps[-1].changes == {"chat.release": "9.0.0", "chat.upgradeFrom": None}
    assert any("/ufs/" in note for note in steps[3].notes)
    assert "from here on custom-oauth needs a licence" in steps[3].notes


def test_a_version_of_mongodb_that_the_file_names_ends_in_the_file() -> None:
    steps = way(spec(text(database=', version: "7.0"')), "7.10.0", "8.9.0")
    assert steps[-1].changes["database.version"] == "8.0"


def test_within_a_line_it_is_one_step() -> None:
    assert titles(text("8.5.1"), "8.5.5", "8.5.1") == ["Rocket.Chat 8.5.5", "Finish"]
    assert titles(text("8.9.0"), "8.9.0", "8.9.0") == []


def test_no_step_leads_back_or_to_what_is_not_known() -> None:
    with pytest.raises(releases.UpgradeRefused, match="rollback"):
        titles(text("8.9.0"), "8.5.1", "8.9.0")
    with pytest.raises(releases.UnknownRelease):
        titles(text("8.9.0"), "9.9.9", "8.9.0")


def test_a_database_of_somebody_else_is_upgraded_by_hand() -> None:
    written = text().replace(
        "{kind: atlas, organization: 5f0c1d2e3b4a59687f6e5d4c, cluster: example}",
        "{kind: atlas-existing, project: 5f0c1d2e3b4a59687f6e5d4c, cluster: example, name: chat, empty: true, "
        'user: chat, version: "7.0"}',
    )
    steps = way(spec(written), "7.10.0", "8.9.0")
    assert [step.title for step in steps if step.by_hand] == ["MongoDB 8.0"]


# ------------------------------------------------------------------------------------------------ taking it


class Deployed:
    """A stack whose state is the release of its file."""

    def __init__(self, file: Path, release: str) -> None:
        self.file, self.release, self.went = file, release, []  # type: ignore[var-annotated]
        self.breaks_at = ""
        self.breaks_after: int | None = None
        """How many deployments are done before one is interrupted."""
        self.given: set[str] = set()
        self.outputs: dict[str, str] = {"atlasCluster": "example", "atlasProjectId": "p1"}

    @contextlib.contextmanager
    def __call__(self) -> Iterator[Any]:
        found = files.read(str(self.file))
        one = parse(found.values, found.secure | self.given, source=found.shown)

        def up(refresh: bool = False) -> None:
            if one.release.version == self.breaks_at or len(self.went) == self.breaks_after:
                raise AutomationError("interrupted")
            releases.check_upgrade(self.release, one.release.version)
            self.release = one.release.version
            self.went.append((one.release.version, one.parts.database.version, one.parts.runtime.instances))

        outputs = {"release": self.release, **self.outputs}
        yield SimpleNamespace(
            name=found.name,
            spec=one,
            up=up,
            export_state=lambda: SimpleNamespace(outputs=outputs),
            backend=Backend(),
        )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Pulumi.climb.yaml"
    path.write_text(text(more=", instances: 2", licence=LICENCE), encoding="utf-8")
    return path


def test_an_upgrade_that_is_interrupted_goes_on_where_it_stopped(file: Path, tmp_path: Path) -> None:
    stack, before = Deployed(file, "7.10.0"), file.read_text(encoding="utf-8")
    checked: list[str] = []

    def take(wanted: str | None) -> climbing.Upgrade:
        found = climbing.plan(str(file), stack, wanted, (), folder=tmp_path)
        check = lambda one: checked.append(one.spec.release.version)  # noqa: E731
        climbing.go(found, stack, backup="snapshot 1", check=check, folder=tmp_path)
        return found

    stack.breaks_at = "8.9.0"
    with pytest.raises(AutomationError, match="interrupted"):
        take("9.0.0")
    assert stack.release == STEP
    assert 'version: "8.0"' in file.read_text(encoding="utf-8")
    stack.breaks_at = ""
    found = take(None)
    assert (found.resumed, found.record.old, found.record.backup) == (True, "7.10.0", "snapshot 1")
    assert stack.went == [
        (STEP, "7.0", 1),
        (STEP, "8.0", 1),
        ("8.9.0", "8.0", 1),
        ("9.0.0", "8.0", 1),
        ("9.0.0", None, 2),
    ]
    assert checked == [release for release, _, _ in stack.went]
    # Nothing but the release has changed.
    assert file.read_text(encoding="utf-8") == before.replace("release: 7.10.0", "release: 9.0.0")
    with pytest.raises(ConflictError, match=r"MongoDB went up to 8\.0"):
        back.plan(str(file), stack, folder=tmp_path)
    assert climbing.plan(str(file), stack, None, (), folder=tmp_path).steps == ()


@pytest.mark.parametrize("done", range(5))
def test_interrupted_at_any_step_the_same_steps_are_taken_and_none_is_left_out(
    done: int, file: Path, tmp_path: Path
) -> None:
    stack = Deployed(file, "7.10.0")
    stack.breaks_after = done
    found = climbing.plan(str(file), stack, "9.0.0", (), folder=tmp_path)
    assert len(found.steps) == 5
    with pytest.raises(AutomationError, match="interrupted"):
        climbing.go(found, stack, backup="b", check=lambda _: None, folder=tmp_path)
    stack.breaks_after = None
    again = climbing.plan(str(file), stack, None, (), folder=tmp_path)
    assert (again.resumed, again.next) == (True, done)
    climbing.go(again, stack, backup="", check=lambda _: None, folder=tmp_path)
    assert stack.went == [
        (STEP, "7.0", 1),
        (STEP, "8.0", 1),
        ("8.9.0", "8.0", 1),
        ("9.0.0", "8.0", 1),
        ("9.0.0", None, 2),
    ]


def test_a_file_that_was_changed_meanwhile_is_not_written_over(file: Path, tmp_path: Path) -> None:
    stack = Deployed(file, "7.10.0")
    stack.breaks_at = STEP
    found = climbing.plan(str(file), stack, "8.9.0", (), folder=tmp_path)
    with pytest.raises(AutomationError, match="interrupted"):
        climbing.go(found, stack, backup="b", check=lambda _: None, folder=tmp_path)
    file.write_text(file.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    with pytest.raises(ConflictError, match="was changed since"):
        climbing.plan(str(file), stack, None, (), folder=tmp_path)


def test_a_rehearsal_leaves_the_stack_file_and_no_record(file: Path, tmp_path: Path) -> None:
    stack, before = Deployed(file, "7.10.0"), file.read_text(encoding="utf-8")
    stack.breaks_at = "8.9.0"
    found = climbing.plan(str(file), stack, "8.9.0", (), folder=tmp_path)
    with pytest.raises(AutomationError, match="interrupted"), climbing.put_back(found.file, before, tmp_path):
        climbing.go(found, stack, backup="none", check=lambda _: None, folder=tmp_path)
    assert stack.release == STEP
    assert file.read_text(encoding="utf-8") == before
    assert record.read("climb", tmp_path) is None


def test_a_step_that_the_rules_refuse_is_told_before_the_first(file: Path, tmp_path: Path) -> None:
    login = "  rocketchat:login: {kind: oidc, preset: keycloak, url: 'https://k.example.com/realms/r', clientId: c}\n"
    secret = "  rocketchat:oidcClientSecret:\n    secure: v1:AAAA:BBBB\n"
    file.write_text(text(licence=login + secret), encoding="utf-8")
    stack = Deployed(file, "7.10.0")
    with pytest.raises(InvalidStack, match="licence"):
        climbing.plan(str(file), stack, "9.0.0", (), folder=tmp_path)
    assert not stack.went


def test_a_secret_that_the_opened_stack_has_from_elsewhere_is_not_asked_for(
    file: Path, tmp_path: Path
) -> None:
    file.write_text(text(more=", instances: 2"), encoding="utf-8")
    stack = Deployed(file, "7.10.0")
    stack.given = {"rocketchat:license"}
    assert climbing.plan(str(file), stack, "9.0.0", (), folder=tmp_path).steps


def test_without_a_deployment_there_is_nothing_to_upgrade(file: Path, tmp_path: Path) -> None:
    stack = Deployed(file, None)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="is not deployed"):
        climbing.plan(str(file), stack, "9.0.0", (), folder=tmp_path)


def test_the_way_back_is_release_and_data_together(file: Path, tmp_path: Path) -> None:
    file.write_text(text("8.5.1"), encoding="utf-8")
    stack = Deployed(file, "8.5.1")
    with pytest.raises(ConflictError, match="no upgrade of climb was made from this machine"):
        back.plan(str(file), stack, folder=tmp_path)
    found = climbing.plan(str(file), stack, "8.9.0", (), folder=tmp_path)
    climbing.go(found, stack, backup="snapshot 7", check=lambda _: None, folder=tmp_path)
    way_back = back.plan(str(file), stack, folder=tmp_path)
    assert (way_back.old, way_back.backup) == ("8.5.1", "snapshot 7")
    stop, restore, apply, look = way_back.steps
    assert stop.startswith("aws ecs update-service --desired-count 0")
    assert restore.startswith("atlas backups restores start automated --clusterName example --projectId p1")
    assert restore.endswith("# of snapshot 7")
    assert (apply, look) == (f"{COMMAND} rollback climb --apply --restored", f"{COMMAND} verify climb")
    with pytest.raises(ConflictError, match="does not start on them"):
        back.go(way_back, stack, restored=False, check=lambda _: None, folder=tmp_path)
    stack.release = "8.5.1"  # what the engine's own check is told by chat.upgradeFrom
    back.go(way_back, stack, restored=True, check=lambda _: None, folder=tmp_path)
    written = yaml.safe_load(file.read_text(encoding="utf-8"))["config"]["rocketchat:chat"]
    assert (written["release"], written["upgradeFrom"]) == ("8.5.1", "8.5.1")
    with pytest.raises(ConflictError, match="nothing to go back from"):
        back.plan(str(file), stack, folder=tmp_path)


@pytest.mark.recorded
def test_a_stack_with_dumps_takes_its_data_back_with_the_chat_stopped_and_then_the_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "Pulumi.climb.yaml"
    source = files.path_of("family-host").read_text(encoding="utf-8")
    path.write_text(source.replace("release: 8.9.0", "release: 8.5.1"), encoding="utf-8")
    stack = Deployed(path, "8.5.1")
    stack.outputs = {"backupBucket": "family-backups"}
    found = climbing.plan(str(path), stack, "8.9.0", (), folder=tmp_path)
    assert found.saving == "a dump is made, when the steps are taken"
    assert found.dump is not None
    # In the place of the host.
    (tmp_path / "ask").write_text(
        '[[ "$DO $WHAT $BUCKET" == "backup backup family-backups" ]] && exit "$STATUS"'
    )
    asked = replace(found.dump, script=tmp_path / "ask")
    monkeypatch.setattr(restore, "PROGRAMS", {"ask": ("bash",)})
    failing = replace(found, dump=replace(asked, variables={**asked.variables, "STATUS": "1"}))
    with pytest.raises(AutomationError, match="nothing was changed"):
        climbing.saved(failing)
    saved = climbing.saved(replace(found, dump=replace(asked, variables={**asked.variables, "STATUS": "0"})))
    climbing.go(found, stack, backup=saved, check=lambda _: None, folder=tmp_path)
    way_back = back.plan(str(path), stack, folder=tmp_path)
    moment = saved.rpartition(" ")[2]
    assert restore.when(None, moment) == moment
    assert way_back.steps == (
        f"{COMMAND} restore climb --what database --at {moment} --leave-stopped   # of {saved}",
        f"{COMMAND} rollback climb --apply --restored",
        f"{COMMAND} verify climb",
    )
    monkeypatch.setattr(record, "FOLDER", tmp_path)
    monkeypatch.setattr(commands, "opened", lambda *_: stack())
    assert cli.main(["rollback", str(path)]) == 0
    printed = capsys.readouterr().out
    assert not recordings.differs("rollback family-host", printed, {"climb": "family-host"}), (
        "run `make docs`"
    )
    stack.release = "8.5.1"  # what the engine's own check is told by chat.upgradeFrom
    with pytest.raises(ConflictError, match="does not start on them"):
        back.go(way_back, stack, restored=False, check=lambda _: None, folder=tmp_path)
    back.go(way_back, stack, restored=True, check=lambda _: None, folder=tmp_path)
    assert stack.went[-1][0] == "8.5.1"
    path.write_text(source, encoding="utf-8")
    asked = restore.of_stack(
        parse(files.read(str(path)).values, files.read(str(path)).secure, source="a test"),
        stack.outputs,
        what="database",
        when=moment,
        even_if_smaller=False,
        leave_stopped=True,
    )
    assert asked.variables["MORE"] == "--leave-stopped"


def test_a_chat_that_autoscales_comes_back_with_one_server_first_because_a_stopped_one_is_scaled_by_nobody(
    tmp_path: Path,
) -> None:
    path = tmp_path / "Pulumi.climb.yaml"
    path.write_text(text("8.5.1", more=", instances: 2, maxInstances: 4", licence=LICENCE), encoding="utf-8")
    stack = Deployed(path, "8.5.1")
    found = climbing.plan(str(path), stack, "8.9.0", (), folder=tmp_path)
    climbing.go(found, stack, backup="snapshot 7", check=lambda _: None, folder=tmp_path)
    stack.went.clear()
    way_back = back.plan(str(path), stack, folder=tmp_path)
    stack.release = "8.5.1"  # what the engine's own check is told by chat.upgradeFrom
    back.go(way_back, stack, restored=True, check=lambda _: None, folder=tmp_path)
    assert stack.went == [("8.5.1", None, 1), ("8.5.1", None, 2)]


def test_a_record_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / "climb.json").write_text('{"stack": "climb", "through": 1}', encoding="utf-8")
    assert record.read("climb", tmp_path) is None


def program() -> None:
    """Say which release is deployed; what a stack makes is tried elsewhere."""
    chat = json.loads(pulumi.Config("rocketchat").require("chat"))
    pulumi.export("release", chat["release"])
    pulumi.export("url", "https://chat.example.com")


@needs_engine
def test_the_engine_takes_two_steps_and_goes_on_with_one_that_was_interrupted(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.climb.yaml"
    path.write_text(
        text("8.5.1", database=', version: "8.0"').replace("  rocketchat:dns", LICENCE + "  rocketchat:dns")
    )
    with rehearsal_backend(program=program) as backend:

        def opening() -> "contextlib.AbstractContextManager[ChatStack]":
            return open_stack(str(path), backend=backend, policies=False)

        with opening() as first:
            first.up(preview=False)
        seen: list[str] = []

        def check(one: ChatStack) -> None:
            seen.append(str(one.outputs()["release"]))
            if seen == ["8.9.0"]:
                raise AutomationError("the machine went away")

        found = climbing.plan(str(path), opening, "9.0.0", (), folder=tmp_path)
        with pytest.raises(AutomationError, match="went away"):
            climbing.go(found, opening, backup="snapshot 1", check=check, folder=tmp_path)
        found = climbing.plan(str(path), opening, None, (), folder=tmp_path)
        assert (found.deployed, found.resumed) == ("8.9.0", True)
        climbing.go(found, opening, backup="", check=check, folder=tmp_path)
        with opening() as last:
            assert last.outputs()["release"] == "9.0.0"
    assert seen == ["8.9.0", "8.9.0", "9.0.0", "9.0.0"][: len(seen)]
    assert "release: 9.0.0" in path.read_text(encoding="utf-8")


@needs_engine
def test_a_release_that_does_not_come_up_in_a_cluster_goes_back_and_its_data_can_follow(
    tmp_path: Path,
) -> None:
    path = tmp_path / "Pulumi.local.yaml"
    text = files.path_of("local").read_text(encoding="utf-8").replace("release: 8.9.0", "release: 8.5.1")
    path.write_text(text, encoding="utf-8")
    with rehearsal_backend() as backend:

        def opening() -> "contextlib.AbstractContextManager[ChatStack]":
            return open_stack(str(path), backend=backend, policies=False)

        def runs() -> list[str]:
            charts = [one for one in backend.cloud.things() if one.type.endswith("v3:Release")]
            return [one.inputs["values"]["image"]["tag"] for one in charts]

        with opening() as one:
            [release] = [step.urn for step in one.preview().steps if step.type.endswith("v3:Release")]
            backend.cloud.faults = Faults(Fault.HALF, among=frozenset({("create", release)}))
            with pytest.raises(ProviderError, match="nothing of it is left, and `up` tries it again"):
                one.up(preview=False)
            assert (one.pending(), runs()) == ((), [])
            one.up(preview=False)
        backend.cloud.faults = Faults(Fault.HALF, among=frozenset({("update", release)}))
        found = climbing.plan(str(path), opening, "8.9.0", (), folder=tmp_path)
        with pytest.raises(ProviderError, match="the release of before serves again"):
            climbing.go(found, opening, backup="the dump", check=lambda _: None, folder=tmp_path)
        assert runs() == ["8.5.1"]
        backend.cloud.faults = None
        with opening() as one:
            assert one.preview().changes["update"] == 1
        # The newer server may have migrated the data before it failed.
        way_back = back.plan(str(path), opening, folder=tmp_path)
        back.go(way_back, opening, restored=True, check=lambda _: None, folder=tmp_path)
        assert runs() == ["8.5.1"]
        with pytest.raises(ConflictError, match="nothing to go back from"):
            back.plan(str(path), opening, folder=tmp_path)
