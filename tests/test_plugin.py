"""The components as a plugin: their schema, what is made of other languages' inputs, and the example in YAML."""

import components  # noqa: F401 - before the SDKs, which it makes import one file at a time

# isort: split

import ast
import contextlib
import difflib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict

import grpc  # type: ignore[import-untyped]
import pulumi
import pytest
from engine_marks import needs_engine
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from plugin_world import World, without, world
from pulumi.errors import InputPropertiesError
from pulumi.provider.experimental.util import camel_case
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc
from sharing import shared

from automation import pulumi_cli
from automation.pulumi_cli import YAML, find_engine, pinned_version
from components import schema
from components.base import Component
from components.provider import Provider, every, is_secret
from rehearsal.plan import plan_program
from rocketchat import __version__
from stacks.project import PRODUCT

OFFERED = [kind for kind in every() if kind.offered]
SOUNDS_SECRET = re.compile(
    r"password|secret|uri$|keyfile|kubeconfig|accessKey|webhook|healthcheckUrl", re.IGNORECASE
)
NOT_SECRET = {
    *("passwordVersion", "pullSecret", "registrySecret", "secretNames", "secretRecoveryDays", "tlsSecret"),
}
TOLD = shared("schema of the components", schema.schema)
OBJECTS = {**TOLD["resources"], **TOLD["types"]}


def short(token: str) -> str:
    return token.rpartition(":")[2]


def properties() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{short(token)}.{key}", one)
        for token, made in OBJECTS.items()
        for side in ("inputProperties", "properties")
        for key, one in made.get(side, {}).items()
    ]


# --------------------------------------------------------------------------------------------------- the schema


def test_the_kept_schema_is_that_of_the_components() -> None:
    kept, now = schema.SCHEMA.read_text(encoding="utf-8"), schema.golden()
    difference = difflib.unified_diff(
        kept.splitlines(), now.splitlines(), "components/schema.json", "now", lineterm="", n=2
    )
    assert kept == now, "run `make docs`\n" + "\n".join(difference)


def test_the_page_on_components_is_that_of_the_schema() -> None:
    kept = schema.PAGE.read_text(encoding="utf-8")
    difference = difflib.unified_diff(kept.splitlines(), schema.page(kept).splitlines(), lineterm="", n=0)
    assert kept == schema.page(kept), "run `make docs`\n" + "\n".join(difference)


def test_a_page_without_marks_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match=r"components\.md has no <!-- from the schema"):
        schema.page("# A page")


def test_nothing_in_the_schema_lacks_a_description() -> None:
    assert [token for token, made in OBJECTS.items() if len(made["description"]) < 10] == []
    assert [name for name, one in properties() if len(one["description"]) < 10] == []


def test_every_component_of_a_module_is_found() -> None:
    bases = {
        node.name: {ast.unparse(base) for base in node.bases}
        for path in (PRODUCT / "components").rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    }
    # What two components share is a class between them and the base, and none by itself.
    between = {name for name, own in bases.items() if "Component" in own} & set().union(*bases.values())
    written = {name for name, own in bases.items() if own & {"Component", *between}} - between
    assert {kind.__name__ for kind in every()} == written
    assert {kind.__name__ for kind in OFFERED} == {short(token) for token in TOLD["resources"]}


def test_those_left_out_could_be_analysed_too() -> None:
    assert {"Credentials", "Seal"} <= {kind.__name__ for kind in every() if not kind.offered}
    assert len(json.loads(Provider(every()).schema or "")["resources"]) == len(every())


def test_no_two_tokens_differ_by_their_case_only() -> None:
    tokens = [*TOLD["resources"], *TOLD["types"]]
    assert len({token.lower() for token in tokens}) == len(tokens)
    assert all(re.fullmatch(r"rocketchat:index:[A-Z][A-Za-z]+", token) for token in tokens)


@pytest.mark.parametrize("kind", OFFERED, ids=lambda kind: kind.__name__)
def test_what_python_requires_is_required_of_others_too(kind: type[Component]) -> None:
    args = kind.__init__.__annotations__["args"]
    made = TOLD["resources"][f"rocketchat:index:{kind.__name__}"]
    assert made["requiredInputs"] == sorted(camel_case(key) for key in args.__required_keys__)
    assert made["inputProperties"].keys() == {camel_case(key) for key in args.__annotations__}


def test_what_sounds_secret_is_marked_secret_and_nothing_else() -> None:
    for name, one in properties():
        key = name.rpartition(".")[2]
        sounds = SOUNDS_SECRET.search(key) is not None and key not in NOT_SECRET
        known = name in {"RequiredHeaderArgs.value", "SesMail.username", "SesSender.username"}
        assert one.get("secret", False) == (sounds or known), name


def test_no_secret_has_to_be_plain_text_or_is_a_nested_object() -> None:
    for name, one in properties():
        if one.get("secret"):
            assert "$ref" not in one, name
            assert not one.get("plain") or "plain" not in one["additionalProperties"], name


def test_the_version_of_the_package_is_that_of_the_project() -> None:
    assert TOLD["version"] == __version__


@needs_engine
def test_the_engine_finds_no_fault_with_the_schema(tmp_path: Path) -> None:
    engine = find_engine()
    assert engine is not None
    done = subprocess.run(  # noqa: S603
        [engine.path, "schema", "check", schema.SCHEMA],
        env={
            **os.environ,
            "HOME": str(tmp_path),
            "PULUMI_HOME": str(tmp_path),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


# --------------------------------------------------------------------------------------- inputs from elsewhere

PROVIDER = Provider()
MEDIA = {"bucketName": "media.example.com", "corsOrigin": "https://chat.example.com"}
DATABASE: dict[str, Any] = {
    "projectId": "5f0c1d2e3b4a59687f6e5d4c",
    "clusterName": "chat",
    "database": "chat",
    "roles": [{"role": "readWrite", "database": "chat"}],
    "addresses": ["203.0.113.7"],
    "srvAddress": "mongodb+srv://chat.example.mongodb.net",
}


def mapped(kind: str, inputs: dict[str, Any]) -> dict[str, Any]:
    return PROVIDER.map_inputs(inputs, PROVIDER._component_defs[kind])


def test_whole_numbers_arrive_as_floats_and_become_whole_again() -> None:
    args = mapped("MediaStore", {**MEDIA, "noncurrentDays": 14.0, "keyVersion": 2})
    assert args == {
        "bucket_name": "media.example.com",
        "cors_origin": "https://chat.example.com",
        "noncurrent_days": 14,
        "key_version": 2,
    }
    assert {type(args[key]) for key in ("noncurrent_days", "key_version")} == {int}


def test_numbers_in_lists_and_nested_objects_become_whole_too() -> None:
    args = mapped(
        "LoadBalancer",
        {
            "vpcId": "vpc-1",
            "subnetIds": ["subnet-1"],
            "certificateArn": "arn",
            "appSecurityGroupId": "sg-1",
            "appPorts": [3000.0],
            "deletionProtection": False,
            "logRetentionDays": 30.0,
        },
    )
    assert (repr(args["app_ports"]), repr(args["log_retention_days"])) == ("[3000]", "30")
    cluster = {"clusterName": "chat", "region": "eu-central-1", "tier": "M10", "mongodbVersion": "8.0"}
    args = mapped("AtlasCluster", {**cluster, "schedule": {"dailyDays": 7.0}})
    assert repr(args["schedule"]) == "{'daily_days': 7}"


def test_a_fraction_stays_where_fractions_are_meant() -> None:
    assert mapped("Alarms", {"emails": [], "monthlyBudgetUsd": 12.5})["monthly_budget_usd"] == 12.5


def test_null_is_the_same_as_left_out() -> None:
    assert mapped("MediaStore", {**MEDIA, "cdn": None}) == mapped("MediaStore", MEDIA)


@pytest.mark.parametrize(
    ("kind", "inputs", "told"),
    [
        ("MediaStore", {"bucketName": "media.example.com"}, "corsOrigin is required"),
        ("MediaStore", {**MEDIA, "corsOrigin": None}, "corsOrigin is required"),
        ("MediaStore", {**MEDIA, "bucketname": "x"}, "bucketname is unknown; did you mean bucketName?"),
        ("MediaStore", {**MEDIA, "colour": "x"}, "colour is unknown"),
        ("MediaStore", {**MEDIA, "noncurrentDays": 2.5}, "must be a whole number, not the number 2.5"),
        (
            "MediaStore",
            {**MEDIA, "noncurrentDays": float("inf")},
            "must be a whole number, not the number inf",
        ),
        ("MediaStore", {**MEDIA, "noncurrentDays": "14"}, "must be a whole number, not a string"),
        ("MediaStore", {**MEDIA, "noncurrentDays": True}, "must be a whole number, not true or false"),
        ("MediaStore", {**MEDIA, "user": "yes"}, "user must be true or false, not a string"),
        ("MediaStore", {**MEDIA, "user": 1.0}, "user must be true or false, not the number 1"),
        (
            "MediaStore",
            {**MEDIA, "bucketName": 7.0},
            "bucketName must be a string, not the number 7; put it in quotes",
        ),
        ("MediaStore", {**MEDIA, "cdn": "x"}, "cdn must be an object, not a string"),
        (
            "MediaStore",
            {**MEDIA, "cdn": {"host": "h", "zone": {"kind": "route53"}}},
            "cdn.zone.name is required",
        ),
        ("AtlasDatabase", {**DATABASE, "roles": [{"role": "read"}]}, "roles[0].database is required"),
        ("AtlasDatabase", {**DATABASE, "roles": {"role": "read"}}, "roles must be a list, not an object"),
        ("AtlasDatabase", {**DATABASE, "addresses": [7.0]}, "addresses[0] must be a string"),
        (
            "AtlasCluster",
            {"mongodbVersion": 8.0},
            "mongodbVersion must be a string, not the number 8; put it in",
        ),
    ],
)
def test_an_input_that_cannot_work_is_refused_by_its_name(
    kind: str, inputs: dict[str, Any], told: str
) -> None:
    with pytest.raises(InputPropertiesError) as refused:
        mapped(kind, inputs)
    assert told in "\n".join(one["reason"] for one in refused.value.errors or [])


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InputPropertiesError) as refused:
        mapped("MediaStore", {"user": "yes", "colour": "x"})
    told = [one["property_path"] for one in refused.value.errors or []]
    assert sorted(told) == ["bucketName", "colour", "corsOrigin", "user"]


def construct(kind: str, inputs: dict[str, Any]) -> None:
    """Make a component as the engine asks for it, and export all that it gives back."""
    made = PROVIDER.construct("thing", f"rocketchat:index:{kind}", inputs)
    for key, value in made.state.items():
        pulumi.export(key, value)


def outputs(kind: str, inputs: dict[str, Any]) -> dict[str, Any]:
    plan = plan_program(
        lambda: construct(kind, inputs), stack="plugin", config={"aws:region": "eu-central-1"}, secret_keys=()
    )
    return dict(plan.outputs)


DNS = {"kind": "cloudflare", "name": "example.com", "id": "0123456789abcdef0123456789abcdef"}
WITH_SECRETS: dict[str, dict[str, Any]] = {
    "AtlasDatabase": {**DATABASE, "passwordVersion": 2.0, "backupUser": True},
    "ExistingMediaStore": {"bucketName": "media", "user": True},
    "MediaStore": {**MEDIA, "user": True, "noncurrentDays": 14.0},
    "OnHostDatabase": {"database": "chat"},
    "SesMail": {"domain": "example.com", "region": "eu-central-1", "zone": DNS, "port": 587.0},
    "SesSender": {
        "domain": "example.com",
        "region": "eu-central-1",
        "identityArn": "arn:aws:ses:eu-central-1:123456789012:identity/example.com",
    },
    "SpacesStore": {"bucketName": "media", "corsOrigin": "https://chat.example.com", "region": "fra1"},
    "DumpBucket": {"keepDays": 30.0},
    "ClusterMongodb": {
        "namespace": "chat",
        "namespaceName": "chat",
        "client": "chat",
        "version": "8.0",
        "members": 3.0,
        "diskGb": 10.0,
        "database": "chat",
        "memory": 1024.0,
        "roles": [{"role": "readWrite", "database": "chat"}],
    },
    "DoksCluster": {
        "clusterName": "chat",
        "region": "fra1",
        "version": "1.36.1-do.0",
        "nodeSize": "s-2vcpu-4gb",
        "minNodes": 2.0,
        "maxNodes": 3.0,
        "nat": False,
        "vpcCidr": "10.1.0.0/20",
        "podCidr": "10.2.0.0/16",
        "serviceCidr": "10.3.0.0/19",
    },
}


def test_every_component_with_secrets_is_tried() -> None:
    marked = {
        short(token)
        for token, made in TOLD["resources"].items()
        if any(one.get("secret") for one in made["properties"].values())
    }
    assert WITH_SECRETS.keys() == marked


@pytest.mark.parametrize("kind", sorted(WITH_SECRETS))
def test_outputs_are_secret_exactly_where_the_schema_says_so(kind: str) -> None:
    given = outputs(kind, WITH_SECRETS[kind])
    told = TOLD["resources"][f"rocketchat:index:{kind}"]["properties"]
    assert given.keys() == told.keys()
    assert {key for key, value in given.items() if value == "[secret]"} == {
        key for key, one in told.items() if one.get("secret")
    }


def test_secret_inputs_are_secret_before_a_component_sees_them() -> None:
    seen: dict[str, Any] = {}

    def program() -> None:
        backup = {"hour": 1.0, "keepDays": 7.0, "webhookUrl": "https://hooks.example.com/canary"}
        inputs = {
            "region": "eu-central-1",
            "host": "chat.example.com",
            "email": "ops@example.com",
            "bucket": "b",
            "roleName": "r",
            "image": "chat:8.0.1",
            "uid": 65533.0,
            "stopSeconds": 30.0,
            "activationId": "a",
            "hostCreatedAt": "2026-01-01T00:00:00Z",
            "memoryMib": 2048.0,
            "healthCommand": ["true"],
            "healthPath": "/livez",
            "environment": {"A": "open"},
            "secrets": {"B": "canary"},
            "backup": backup,
        }
        args = mapped("HostConfig", inputs)
        seen["open"] = args["environment"]["A"]
        for key, value in (("B", args["secrets"]["B"]), ("webhook", args["backup"]["webhook_url"])):
            pulumi.export(key, value)

    plan = plan_program(program, stack="plugin", config={}, secret_keys=())
    assert seen["open"] == "open"
    assert plan.outputs == {"B": "[secret]", "webhook": "[secret]"}


class CarelessArgs(TypedDict):
    """Arguments of a component that keeps no secret by itself."""

    token: pulumi.Input[str]
    """A token (secret)."""
    tokens: Mapping[str, pulumi.Input[str]]
    """More of them (secret)."""
    place: pulumi.Input[str]
    """Where it is used."""


class Careless(Component):
    """Gives back what it got."""

    token: pulumi.Output[str]
    """The token (secret)."""
    place: pulumi.Output[str]
    """Where it is used."""

    def __init__(self, name: str, args: CarelessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Careless", name, args, opts)
        self.token = pulumi.Output.unsecret(pulumi.Output.from_input(args["token"]))
        self.place = pulumi.Output.from_input(args["place"])
        self.register_outputs({"place": self.place})


def test_a_component_that_keeps_no_secret_by_itself_is_helped() -> None:
    def program() -> None:
        inputs = {"token": "canary-1", "tokens": {"A": "canary-2"}, "place": "open"}
        made = Provider([Careless]).construct("thing", "rocketchat:index:Careless", inputs)
        for key, value in made.state.items():
            pulumi.export(key, value)

    plan = plan_program(program, stack="plugin", config={}, secret_keys=())
    assert plan.outputs == {"token": "[secret]", "place": "open"}
    thing = next(one for one in plan.resources if one.name == "thing")
    assert sorted(thing.secret_paths) == ["inputs.token", "inputs.tokens.A"]


def test_a_property_is_secret_where_its_text_says_so() -> None:
    told = PROVIDER._component_defs["AtlasDatabase"].outputs
    assert [key for key, one in told.items() if is_secret(one)] == ["uri", "backupUri"]


def test_what_only_a_later_value_can_be_is_refused_where_it_must_be_known() -> None:
    def program() -> None:
        for value in (pulumi.Output.from_input("media"), pulumi.Output.secret("media")):
            with pytest.raises(InputPropertiesError) as refused:
                mapped("MediaStore", {**MEDIA, "bucketName": value})
            told = refused.value.errors or []
            assert [one["property_path"] for one in told] == ["bucketName"]
            assert "must be known when the program runs" in told[0]["reason"]
        assert isinstance(mapped("MediaStore", {**MEDIA, "corsOrigin": value})["cors_origin"], pulumi.Output)

    plan_program(program, stack="plugin", config={}, secret_keys=())


def test_what_a_component_refuses_is_told_without_a_traceback() -> None:
    with pytest.raises(
        InputPropertiesError, match="the bucket name 'Media' must be 3 to 63 lower-case"
    ) as refused:
        PROVIDER.construct("thing", "rocketchat:index:MediaStore", {**MEDIA, "bucketName": "Media"})
    assert refused.value.errors == []


# -------------------------------------------------------------------------------------------------- the process


@contextlib.contextmanager
def plugin(folder: Path) -> Iterator[Any]:
    """Start the folder as the engine does; give a client of it."""
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-u", str(PRODUCT / "components"), "127.0.0.1:1"],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            channel = grpc.insecure_channel(
                f"127.0.0.1:{int(process.stdout.readline())}", [("grpc.max_receive_message_length", -1)]
            )
            with channel:
                yield provider_pb2_grpc.ResourceProviderStub(channel)
        finally:
            process.kill()


@pytest.mark.slow
def test_the_folder_starts_from_anywhere_and_gives_the_kept_schema(tmp_path: Path) -> None:
    with plugin(tmp_path) as client:
        told = client.GetSchema(provider_pb2.GetSchemaRequest(version=0), timeout=30).schema
        assert json.loads(told) == json.loads(schema.SCHEMA.read_text(encoding="utf-8"))
        assert client.GetPluginInfo(empty_pb2.Empty(), timeout=30).version == __version__
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_folders_own_modules_hide_no_others_and_the_sdks_load_file_by_file(tmp_path: Path) -> None:
    program = (
        "import importlib.util, json, runpy, sys\n"
        "sys.argv[1:] = ['address']\n"
        f"sys.path.insert(0, {str(PRODUCT / 'components')!r})\n"
        f"runpy.run_path({str(PRODUCT / 'components' / '__main__.py')!r}, run_name='plugin')\n"
        "import pulumi_cloudflare\n"
        "files = [name for name in sys.modules if name.startswith('pulumi_cloudflare.')]\n"
        "print(json.dumps([importlib.util.find_spec('mail') is None, len(files)]))\n"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    hidden, files = json.loads(done.stdout)
    assert hidden
    assert files < 10


# ------------------------------------------------------------------------------------------- the example in YAML

needs_yaml = pytest.mark.skipif(bool(without()), reason=without() or "-")


def test_the_host_of_yaml_programs_is_pinned() -> None:
    assert pinned_version(YAML).count(".") == 2
    assert f"tool {YAML.command}" in (YAML.folder / "go.mod").read_text(encoding="utf-8")
    assert (YAML.folder / "go.sum").stat().st_size > 0


def test_the_host_of_yaml_programs_comes_with_our_own_cli_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    monkeypatch.setattr(pulumi_cli, "HOME", tmp_path)

    def build(tool: pulumi_cli.Tool, _say: pulumi_cli.Say) -> bool:
        built.append(tool.binary)
        return False

    monkeypatch.setattr(pulumi_cli, "_build", build)
    monkeypatch.setattr("shutil.which", lambda _name: None)
    said: list[str] = []
    for folder in (tmp_path / "other", tmp_path / "bin"):
        monkeypatch.setattr(
            pulumi_cli, "find_engine", lambda folder=folder: pulumi_cli.Cli(folder / "pulumi", "3.259.0")
        )
        assert pulumi_cli.provide_engine(said.append) is not None
    assert built == ["pulumi-language-yaml"]
    assert said[-1] == "It cannot run programs in YAML."
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pulumi-language-yaml").touch()
    pulumi_cli.provide_engine(said.append)
    assert built == ["pulumi-language-yaml"]


@pytest.fixture(scope="module")
def lived() -> Iterator[World]:
    with world() as made:
        made.run("up", "--yes")
        yield made


@pytest.mark.slow
@needs_yaml
def test_the_example_makes_a_database_and_a_bucket_by_its_own_provider(lived: World) -> None:
    state, things = lived.state(), lived.things()
    assert state["media"]["type"] == "rocketchat:index:MediaStore"
    assert state["database"]["type"] == "rocketchat:index:AtlasDatabase"
    assert things["database-access-1"]["cidrBlock"] == "203.0.113.7/32"
    assert things["media-bucket"]["bucket"] == "media-chat.example.com"
    made = [one for one in state.values() if one["type"].startswith("aws:")]
    assert made
    assert {one["provider"].split("::")[-2] for one in made} == {"aws"}
    assert state["media-bucket"]["protect"]
    assert state["media-bucket"]["parent"] == state["media"]["urn"]


@pytest.mark.slow
@needs_yaml
def test_the_example_gives_its_secrets_to_those_who_ask_for_them_only(lived: World) -> None:
    assert json.loads(lived.run("stack", "output", "--json")) == {
        "accessKeyId": "[secret]",
        "bucket": "media-chat.example.com",
        "databaseUri": "[secret]",
        "secretAccessKey": "[secret]",
    }
    shown = json.loads(lived.run("stack", "output", "--json", "--show-secrets"))
    assert shown["databaseUri"].startswith("mongodb+srv://chat:")
    state = lived.run("stack", "export")
    password = shown["databaseUri"].partition("chat:")[2].partition("@")[0]
    assert password not in state
    assert shown["secretAccessKey"] not in state


@pytest.mark.slow
@needs_yaml
def test_a_second_up_changes_nothing_and_a_changed_input_only_what_it_must(lived: World) -> None:
    assert lived.changes("up") == []
    lived.run("config", "set", "noncurrentDays", "14")
    assert lived.changes("up") == [("update", "media"), ("update", "media-bucket-lifecycle")]
    rules = lived.things()["media-bucket-lifecycle"]["rules"]
    assert rules[0]["noncurrentVersionExpiration"] == {"noncurrentDays": 14}


@pytest.mark.slow
@needs_yaml
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "media-${host}",
            "Media_${host}",
            "the bucket name 'Media_chat.example.com' must be 3 to 63 lower-case",
        ),
        (
            "bucketName: media-${host}",
            "bucketName: ${database.username}",
            "bucketName must be known when the program runs",
        ),
        ("- 203.0.113.7", "- ${media.region}", "the access-list address 'eu-central-1' is not a single IPv4"),
    ],
)
def test_a_mistake_ends_in_a_sentence_and_changes_no_data(
    lived: World, old: str, new: str, told: str
) -> None:
    text = (lived.folder / "Pulumi.yaml").read_text(encoding="utf-8")
    assert old in text
    before = lived.things()["media-bucket"]
    lived.write(text.replace(old, new))
    try:
        said = lived.run("up", "--yes", "--skip-preview", fails=True)
    finally:
        lived.write(text)
    assert told in said
    assert "Traceback" not in said
    assert 'File "' not in said
    assert lived.things()["media-bucket"] == before


@pytest.mark.slow
@needs_yaml
def test_the_example_goes_but_not_its_protected_bucket(lived: World) -> None:
    said = lived.run("destroy", "--yes", fails=True)
    assert "media-bucket" in said
    assert "because it is protected" in said
    assert "database-user" in lived.things()
    lived.run("state", "unprotect", "--all", "--yes")
    records = json.loads(lived.run("stack", "export"))["deployment"]["resources"]
    # The engine deletes nothing that goes down with something else: here the bucket's own settings.
    settings = {one["urn"].rpartition("::")[2] for one in records if one.get("deletedWith")}
    gone = lived.changes("destroy")
    assert {what for what, _ in gone} == {"delete"}
    assert settings
    assert set(lived.things()) == settings
