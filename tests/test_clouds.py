"""The records of `clouds/`: that none lacks anything, that each is a provider's and is used, and what imports take."""

import dataclasses
import gzip
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

import clouds
from clouds.ask import Ask, Cloud, Existing
from clouds.kubernetes import custom
from clouds.record import (
    NOT_IMPORTED,
    TAGGED_BY,
    Answers,
    Listed,
    Lookup,
    Named,
    Nothing,
    Refuses,
    Replaced,
    Resource,
    Tagged,
)
from clouds.template import UnsaidError, fields, fill, filled, identifier
from rehearsal import golden
from rehearsal.standins import schema, sdk
from stacks import files

ROOT = Path(__file__).parent.parent
IMPORTS: dict[str, dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "data" / "imports.yaml").read_text(encoding="utf-8")
)
OWN = sorted(token for token in clouds.types() if isinstance(clouds.types()[token].import_id, str))
SOME = clouds.types()["aws:ecs/service:Service"]
REQUIRED = [one.name for one in dataclasses.fields(Resource) if one.default is dataclasses.MISSING]


# ------------------------------------------------------------------------------------------------ all is said


def test_a_record_says_everything() -> None:
    # What is not drawn is a part of something that is, and few open a port: most types say nothing of these.
    assert {one.name for one in dataclasses.fields(Resource)} - {"drawn", "opens"} == set(REQUIRED)


@pytest.mark.parametrize("member", REQUIRED)
def test_a_record_that_lacks_a_member_does_not_construct(member: str) -> None:
    said = {one.name: getattr(SOME, one.name) for one in dataclasses.fields(Resource)}
    said.pop(member)
    with pytest.raises(TypeError, match=f"'{member}'"):
        _make(said)


def _make(said: dict[str, Any]) -> Resource:
    token, purpose = ({key: said.pop(key)} if key in said else {} for key in ("token", "purpose"))
    return Resource(**token, **purpose, **said)


def test_what_has_nothing_says_why() -> None:
    with pytest.raises(TypeError):
        Nothing()  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="say Nothing, and why"):
        Refuses()
    for record in clouds.types().values():
        said = [getattr(record, one.name) for one in dataclasses.fields(Resource)]
        assert all(one.because for one in said if isinstance(one, Nothing)), record.token
        assert record.purpose


# ------------------------------------------------------------------------------------------------ what is known


@cache
def planned() -> frozenset[str]:
    """The types of the golden plans, and of the kept states, which have some that are made no more."""
    found = {golden.type_of(tail) for stack in files.names() for tail in golden.read(stack)}
    for path in (ROOT / "tests" / "data" / "states").glob("*.json.gz"):
        kept = json.loads(gzip.decompress(path.read_bytes()))
        found |= {one["type"] for one in kept["deployment"]["resources"] if one["custom"]}
    return frozenset(token for token in found if not token.startswith(("pulumi:", "rocketchat:")))


def test_every_type_of_the_plans_and_of_the_kept_states_has_a_record() -> None:
    assert len(planned()) > 80
    assert planned() - clouds.types().keys() == set()


@cache
def sources() -> str:
    folders = ("automation", "components", "rehearsal", "stacks")
    return "\n".join(
        path.read_text(encoding="utf-8") for folder in folders for path in (ROOT / folder).rglob("*.py")
    )


def test_every_record_of_a_type_is_used() -> None:
    for token in clouds.types().keys() - planned():
        package, module, name = token.split(":")
        service = module.partition("/")[0]
        of = package if service == "index" else service if package == "aws" else r"v\d+"
        assert re.search(rf"\b{of}\.{name}\(", sources()), token


def test_every_record_of_a_lookup_is_used() -> None:
    asked = {one.found.lookup for one in clouds.types().values() if isinstance(one.found, Listed)} | {
        TAGGED_BY
    }
    for token in clouds.lookups().keys() - asked:
        name = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", token.rpartition(":")[2]).lower()
        assert re.search(rf"\b{name}(_output)?\(", sources()) or token in sources(), token


def test_every_token_is_one_of_the_sdks() -> None:
    for token in clouds.types().keys() - custom.SPECS.keys():
        name = token.rpartition(":")[2]
        assert f"'{token}'" in sdk._file(token).read_text(encoding="utf-8"), token
        assert name in sdk._classes(sdk._file(token))


def test_every_record_is_where_it_is_looked_for() -> None:
    every: list[Resource | Lookup] = [*clouds.types().values(), *clouds.lookups().values()]
    for record in every:
        find = clouds.find if isinstance(record, Resource) else clouds.find_lookup
        assert find(record.token) is record
    assert clouds.find("aws:no/such:Such") is None
    assert clouds.find("gcp:storage/bucket:Bucket") is None


def test_what_a_record_names_exists() -> None:
    for record in clouds.types().values():
        shape = schema.resource(record.token)
        assert shape is not None
        known = {*shape.inputs, *shape.outputs, "id", "account", "partition", "region"}
        said = fields(record.import_id) if isinstance(record.import_id, str) else frozenset()
        if isinstance(record.found, Listed):
            assert record.found.lookup in clouds.lookups()
        if isinstance(record.replaced, Replaced):
            said |= record.replaced.one_at
        assert {path.partition(".")[0] for path in said} <= known, record.token


def test_a_service_is_read_without_the_others() -> None:
    code = "import clouds, sys; clouds.find('aws:s3/bucket:Bucket'); print(*sorted(sys.modules))"
    read = _python(code)
    assert "clouds.aws.s3" in read
    assert not {"clouds.aws.ec2", "clouds.kubernetes.core", "components", "pulumi"} & set(read)


def test_the_api_reads_no_records_at_its_start() -> None:
    assert not [one for one in _python("import automation, sys; print(*sys.modules)") if "clouds.aws." in one]


def _python(code: str) -> list[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()


# --------------------------------------------------------------------------------------------- what imports take


def section(token: str) -> str:
    """What the installed SDK says of imports of a type."""
    text = sdk._file(token).read_text(encoding="utf-8")
    at = text.find("## Import")
    return "" if at < 0 else text[at : text.find(":param", at)]


def test_an_import_of_every_type_is_held_against_its_providers_page() -> None:
    objects = {token for token in OWN if token.startswith("kubernetes:") and ":helm.sh" not in token}
    assert IMPORTS.keys() == set(OWN) - objects
    assert {clouds.types()[token].import_id for token in objects} == {
        "[{metadata.namespace}/]{metadata.name}"
    }


@pytest.mark.parametrize("token", sorted(IMPORTS))
def test_an_import_takes_what_the_providers_page_says(token: str) -> None:
    record, row = clouds.types()[token], IMPORTS[token]
    assert row["page"].endswith("#import")
    if "says" in row:
        assert row["says"] in section(token)
        return
    assert isinstance(record.import_id, str)
    for example, values in row["examples"].items():
        assert example in sdk._file(token).read_text(encoding="utf-8")
        outputs = {key: value for key, value in values.items() if key != "id"}
        one = Existing(token, str(values.get("id", "")), {}, outputs, "")
        assert record.imported_by(one) == example
        assert set(values) <= fields(record.import_id)


def test_what_its_provider_does_not_import_has_no_example_there() -> None:
    for token, record in clouds.types().items():
        if record.import_id is NOT_IMPORTED:
            assert "$ pulumi import" not in section(token), token


@pytest.mark.parametrize("token", [one for one in OWN if clouds.types()[one].import_id == "{id}"])
def test_an_id_has_the_form_of_the_providers_example(token: str) -> None:
    """Of its prefix, and of its parts."""
    record = clouds.types()[token]
    ask = Ask(
        token,
        "thing",
        "urn",
        {"name": "thing", "loadBalancerArn": BALANCER, "listenerArn": LISTENER},
        Cloud(),
    )
    made = record.answers.own_id(ask)
    for example in IMPORTS[token]["examples"]:
        assert _form(made) == _form(example), made
        if isinstance(record.found, Tagged) and "(?P<id>" in record.found.arn:
            pattern = re.search(r"\(\?P<id>(.+)\)$", record.found.arn)
            assert pattern is not None
            assert re.fullmatch(pattern[1], example)


BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/thing/8e4497da625e2d8a"
LISTENER = BALANCER.replace(":loadbalancer/", ":listener/") + "/9ab28ade35828f96"


def _form(own_id: str) -> str:
    if own_id.isdigit():
        return "a number"
    parts = re.split(r"([:/])", own_id)
    if len(parts) > 1:
        return re.sub(r"[\w.-]+", "x", own_id)
    if re.fullmatch(r"[0-9A-Za-z]{8}(-[0-9A-Za-z]+){4}", own_id):
        return "a UUID"
    prefix = re.match(r"[a-z]+[-_]|AKIA|E", own_id)
    return prefix[0] if prefix else "letters and digits"


# ------------------------------------------------------------------------------------------------ texts with fields


def test_fields_are_filled_in() -> None:
    values = {"name": "chat", "cluster": "arn:aws:ecs:eu-west-1:1:cluster/one", "port": 443.0}

    def said(path: str) -> Any:
        if path not in values:
            raise UnsaidError(path)
        return values[path]

    assert fill("{port}", said) == 443.0
    assert fill("{name}:{port}", said) == "chat:443"
    assert fill("a.b", said, re.escape) == "a.b"
    assert fill("{other|name}", said) == "chat"
    assert fill("[0-9]{3}/{name}", said) == "[0-9]{3}/chat"
    assert filled({"a": ["{name}", 7]}, said) == {"a": ["chat", 7]}
    assert identifier("{cluster:last}/{name}", said) == "one/chat"
    assert identifier("[{namespace}/]{name}[@{port}]", said) == "chat@443"
    with pytest.raises(UnsaidError, match="namespace"):
        identifier("{namespace}/{name}", said)


def test_a_value_with_braces_is_no_template() -> None:
    assert identifier("{name}[/{name}]", {"name": "{other}"}.__getitem__) == "{other}/{other}"


def test_an_output_that_is_not_given_has_its_default() -> None:
    answers = Answers(
        id="{name}", outputs={"arn": "arn:{account}:{name}"}, defaults={"kind": "plain", "size": 7}
    )
    ask = Ask("a:b/c:D", "thing", "urn", {"name": "one", "size": 0}, Cloud())
    made = {key: answers.output(key, ask) for key in sorted(answers.computed)}
    assert made == {"arn": "arn:123456789012:one", "kind": "plain", "size": 0}
    assert answers.own_id(ask) == "one"


def test_what_is_found_by_its_inputs_needs_nothing_else() -> None:
    for token, record in clouds.types().items():
        if isinstance(record.found, Named):
            shape = schema.resource(token)
            assert shape is not None
            assert isinstance(record.import_id, str), token
            said = {path.partition(".")[0] for path in fields(record.import_id)}
            assert said <= {*shape.inputs, "account", "partition", "region"}, token


# ------------------------------------------------------------------------------------------------ who reads it


def imported(folder: str) -> set[str]:
    """The packages of this project that the modules of a folder import."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / folder).rglob("*.py"))
    return set(re.findall(r"^\s*(?:from|import) (\w+)", text, re.MULTILINE))


def test_components_and_stacks_do_not_read_the_records() -> None:
    assert not [folder for folder in ("components", "rocketchat", "stacks") if "clouds" in imported(folder)]
    # What a node may be is DigitalOcean's as well as the component's.
    assert imported("clouds") & {"automation", "components", "policy", "rehearsal", "stacks"} == {
        "components"
    }
