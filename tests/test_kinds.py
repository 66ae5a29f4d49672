"""A kind of a part is one file and one line in the registry, and no other part knows which kind it is."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stacks.kinds import registry

ROOT = Path(__file__).parent.parent

ADDED = """
import json, sys
sys.path[:0] = ["tests", "tests/data"]
from stacks.kinds import registry
registry.KINDS["mail"]["toy"] = "toy_mail:ToyMail"

from automation import new
from combining import refusals, secure_for, values_for
from planning import planned
from stacks import guide, keys, said, schema
from stacks.language import parse

values = values_for({"runtime": "fargate", "database": "uri", "media": "s3", "dns": "cloudflare"})
values["rocketchat:mail"] = {"kind": "toy", "from": "chat@example.com", "box": "letters"}
secure = secure_for(values)
many = {**values, "rocketchat:chat": {**values["rocketchat:chat"], "users": 101}}
plan = planned(values, secure)
[task] = plan.of_type("aws:ecs/taskDefinition:TaskDefinition")
[container] = json.loads(task.inputs["containerDefinitions"])
answers = new.fill({"chat.host": "chat.example.com", "mail.kind": "toy"})
spec = parse(values, secure, source="a test")
print(json.dumps({
    "secrets": sorted(secure),
    "missing": [str(problem) for problem in refusals(values, secure - {"rocketchat:toyToken"})],
    "wrong": [problem.path for problem in refusals({**values, "rocketchat:mail": {"kind": "toy", "box": ""}}, secure)],
    "refused": [problem.message for problem in refusals(many, secure)],
    "checks": [note for check in spec.checks if check.title == "Toy Post has room" for note in check.notes],
    "schema": schema.schema(),
    "keys": [key.name for key in keys.keys() if "toy" in key.name],
    "said": said.key_of("SMTP_Pool"),
    "asked": {question.key: [question.text, question.where, question.default] for question in answers.asked},
    "steps": guide.next_steps(spec, "any", plan.outputs),
    "outputs": plan.outputs,
    "variables": {one["name"]: one["value"] for one in container["environment"]},
    "hidden": [one["name"] for one in container["secrets"]],
    "open": [one.inputs.get("fromPort") for one in plan.resources if one.type.endswith("SecurityGroupEgressRule")],
}))
"""


@pytest.fixture(scope="module")
def added() -> dict[str, Any]:
    """What a program sees that adds the kind of `data/toy_mail.py` by one line."""
    ran = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-c", ADDED], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.slow
def test_a_kind_in_one_file_is_planned(added: dict[str, Any]) -> None:
    assert added["outputs"]["toyBox"] == "letters"
    assert added["variables"]["OVERWRITE_SETTING_SMTP_Host"] == "smtp.toypost.example"
    assert {"OVERWRITE_SETTING_SMTP_Username", "OVERWRITE_SETTING_SMTP_Password"} <= set(added["hidden"])
    assert 2626 in added["open"]


def test_a_kind_in_one_file_brings_its_rules(added: dict[str, Any]) -> None:
    assert added["refused"] == ["Toy Post serves 100 users"]
    assert added["checks"] == ["letters"]
    assert added["wrong"] == ["rocketchat:mail.box", "rocketchat:mail.from"]


def test_a_kind_in_one_file_brings_its_secrets_and_credentials(added: dict[str, Any]) -> None:
    assert added["secrets"] == ["rocketchat:mongodbUri", "rocketchat:toyToken"]
    [missing] = added["missing"]
    assert "Token of Toy Post" in missing
    assert "pulumi config set --secret rocketchat:toyToken" in missing
    [credentials] = [step for step in added["steps"] if "CLOUDFLARE_API_TOKEN" in step]
    assert "toypost (TOYPOST_KEY)" in credentials
    assert "toypost:key" in credentials
    assert "Open the box letters at Toy Post" in added["steps"]


def test_a_kind_in_one_file_brings_its_questions(added: dict[str, Any]) -> None:
    assert added["asked"]["mail.box"] == ["Box that mail is put in", "toypost.example, Boxes.", "main"]
    assert "mail.from" in added["asked"]


def test_a_kind_in_one_file_is_in_the_schema(added: dict[str, Any]) -> None:
    assert added["schema"]["$defs"]["ToyMail"]["properties"]["kind"]["const"] == "toy"
    keys = added["schema"]["properties"]["config"]["properties"]
    assert {"rocketchat:toyToken", "toypost:key"} <= keys.keys()
    assert "mail(toy).box" in added["keys"]
    assert added["said"] == "mail.box"


def places() -> dict[str, str]:
    """Module of every kind, and the folder of its part."""
    return {
        place.partition(":")[0]: f"stacks.kinds.{part}"
        for part, kinds in registry.KINDS.items()
        for place in kinds.values()
    }


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


DEFAULTS = {"stacks.kinds.edge.direct", "stacks.kinds.media.gridfs", "stacks.kinds.push.none"}
"""Kinds that a part has when the file does not say another."""


def test_nothing_beside_its_own_part_knows_a_kind() -> None:
    for path in sorted((ROOT / "stacks").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for imported in imports(path):
            folder = places().get(imported)
            if folder is not None and not module.startswith(f"{folder}."):
                assert module == "stacks.spec", f"{module} imports {imported}"
                assert imported in DEFAULTS


def test_a_kind_under_another_name_than_its_own_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.KINDS, "odd", {"smtp2": registry.KINDS["mail"]["smtp"]})
    with pytest.raises(ValueError, match="is listed as smtp2, and its own kind is smtp"):
        registry.models("odd")
