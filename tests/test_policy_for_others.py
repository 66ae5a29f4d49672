"""The pack on what any Pulumi program makes: previews, places in its files, a configuration of its own, reports."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from policy_world import CONFIG, changed
from test_policy_pack import ROOT, waiver

from command import cli
from policy import adapters, report
from policy import tokens as t
from policy.config import Config
from policy.config_file import config_file, load
from policy.judge import judge
from policy.model import UNKNOWN, Subject
from policy.places import place
from stacks import engine

UNKNOWN_TEXT = engine.NOT_KNOWN
AT = "project:///infra/network.py#12,5"


def step(name: str, kind: str, inputs: dict[str, Any], op: str = "create", **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:dev::shop::{kind}::{name}"
    return {
        "op": op,
        "urn": urn,
        "newState": {"urn": urn, "type": kind, "custom": True, "inputs": inputs, **more},
    }


PREVIEW = {
    "steps": [
        step("root", "pulumi:pulumi:Stack", {}, custom=False),
        step("web", "shop:index:Web", {}, custom=False),
        step(
            "net",
            t.SECURITY_GROUP,
            {
                "description": UNKNOWN_TEXT,
                "ingress": [{"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]}],
            },
            sourcePosition=AT,
        ),
        step("state", "aws:sfn/activity:Activity", {"definition": "{}"}),
        step("old", t.SECURITY_GROUP, {}, op="delete"),
    ]
}


@pytest.fixture
def preview(tmp_path: Path) -> Path:
    file = tmp_path / "preview.json"
    file.write_text(json.dumps(PREVIEW))
    return file


def test_a_preview_is_judged_with_what_it_does_not_know_and_without_what_it_deletes() -> None:
    subjects = adapters.from_preview(PREVIEW)
    assert [one.name for one in subjects] == ["root", "web", "net", "state"]
    assert subjects[2].properties["description"] is UNKNOWN
    found = judge(subjects, Config())
    assert "net-sg-no-admin-ports" in {one.rule.id for one in found.blocking}
    assert "net-sg-described" in {one.rule.id for one in found.unknown}
    assert dict(found.unjudged) == {"aws:sfn/activity:Activity": 1}
    assert report.summary(found).endswith("; 1 resource of 1 type is known to no rule")


def test_a_preview_from_the_command_line_names_the_programs_line(preview: Path, tmp_path: Path) -> None:
    sarif, markdown = tmp_path / "a.sarif", tmp_path / "a.md"
    wanted = ["--preview", str(preview), "dev", "--sarif", str(sarif), "--markdown", str(markdown)]
    assert cli.main(["policy", *wanted]) == 1
    schema = json.loads((ROOT / "tests" / "data" / "sarif-2.1.0.schema.json").read_text("utf-8"))
    made = json.loads(sarif.read_text("utf-8"))
    jsonschema.validate(made, schema)
    places = [one["locations"][0]["physicalLocation"] for one in made["runs"][0]["results"]]
    assert {(one["artifactLocation"]["uri"], one["region"]["startLine"]) for one in places} == {
        ("infra/network.py", 12)
    }
    assert "| **critical** | [net-sg-no-admin-ports](" in markdown.read_text("utf-8")


@pytest.mark.parametrize("option", ["--state", "--plan"])
def test_a_preview_that_is_taken_for_something_else_says_so(
    preview: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["policy", option, str(preview)]) == 1
    assert "is a preview: give it by --preview" in " ".join(capsys.readouterr().err.split())


def test_a_file_that_is_no_preview_says_what_writes_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json").write_text('{"steps": 1}')
    assert cli.main(["policy", "--preview", str(tmp_path / "a.json")]) == 1
    assert "pulumi preview --json" in capsys.readouterr().err


def made_by(component: str) -> Subject:
    return Subject(t.BUCKET, "a", f"urn:pulumi:s::rocketchat::rocketchat:index:{component}${t.BUCKET}::a", {})


def test_a_finding_of_a_stack_file_is_placed_at_the_key_that_led_to_it() -> None:
    stack = "lovia-fargate-cdn"
    file = ROOT / "stacks" / f"Pulumi.{stack}.yaml"
    lines = file.read_text("utf-8").splitlines()
    for component, path, key in (
        ("MediaStore", "", "rocketchat:media"),
        ("AtlasCluster", "pitEnabled", "rocketchat:database"),
        ("SesMail", "", "rocketchat:mail"),
        ("FargateRuntime", "containerDefinitions[0].environment[3].value", "rocketchat:runtime"),
        ("FargateRuntime", "containerDefinitions[0].OVERWRITE_SETTING_Log_Level", "rocketchat:settings"),
    ):
        shown, line = place(stack, made_by(component), path)
        assert shown.endswith(file.name)
        assert lines[line - 1].strip().startswith(key), (component, lines[line - 1])


def test_a_finding_without_a_place_is_at_the_head_of_the_program() -> None:
    assert place("nobody's", made_by("X"), "") == ("Pulumi.yaml", 1)


def test_a_configuration_of_ones_own_comes_by_option_argument_or_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("default: {requiredTags: [CostCentre]}\n")
    assert load("dev", config_file(own)).requiredTags == ("CostCentre",)
    monkeypatch.setenv("ROCKETCHAT_POLICY_CONFIG", str(own))
    assert config_file() == own


def test_the_example_configuration_can_be_used() -> None:
    made = load("dev", ROOT / "examples" / "policy-pack" / "config.yaml")
    assert (made.environment, made.requiredTags, len(made.waivers)) == ("trial", ("Project", "Owner"), 1)


def test_markdown_tells_what_is_waived_and_not_known_and_escapes_tables() -> None:
    waived = replace(CONFIG, waivers=(waiver("alb-http-redirect", "http"),))
    found = judge(changed({"http defaultActions.0.type": "forward", "https sslPolicy": UNKNOWN}), waived)
    text = report.as_markdown([found])
    assert "Waived: alb-http-redirect for `http` until 2027-01-01: Only tried out here" in text
    assert "Not known before the deployment: alb-tls-policy." in text
