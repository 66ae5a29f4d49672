"""Independent scanners over the plans of all stacks: a finding is the pack's too, or `data/scanners.toml` says why not.

Where a scanner cannot be had its test is skipped and says so. kube-score is built by `make scanners` only.
"""

import json
import subprocess
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import real_programs

from policy.config_file import load
from policy.judge import judge
from policy.rules import BY_ID, RULES
from policy.sources import profile_of
from proving import scanners
from proving.policy_mutations.change import planned
from stacks import files

Found = tuple[str, str, str]
"""A stack, what a scanner says, and the URN of what it says it of."""
IAM_SCAN = Path(scanners.__file__).with_name("iam_scan.py")
CONTROL = {
    "stack": "",
    "name": "",
    "kind": "identity",
    "text": '{"Version": "2012-10-17", "Statement": '
    '[{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}]}',
}
ANSWERS: dict[str, dict[str, list[dict[str, Any]]]] = tomllib.loads(
    (Path(__file__).parent / "data" / "scanners.toml").read_text(encoding="utf-8")
)


def _run(command: list[object], text: str = "") -> Any:
    done = subprocess.run(  # noqa: S603 - one of the scanners
        [str(part) for part in command], input=text, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.stdout, done.stderr[-2000:]
    return json.loads(done.stdout)


def by_checkov(folder: Path) -> set[Found]:
    program = real_programs.checkov()
    places: dict[tuple[str, str], str] = {}
    for stack in files.names():
        plan, addresses = scanners.terraform(planned(stack))
        (folder / f"{stack}.json").write_text(json.dumps(plan), encoding="utf-8")
        places |= {(stack, address): urn for address, urn in addresses.items()}
        manifests = scanners.manifests(planned(stack))
        (folder / f"{stack}.yaml").write_text(scanners.as_yaml(manifests.values()), encoding="utf-8")
        places |= {(stack, scanners.checkov_name(one)): urn for urn, one in manifests.items()}
    told = _run(
        [
            *(program, "--directory", folder, "--framework", "terraform_plan", "kubernetes"),
            *("--quiet", "--compact", "--skip-download", "--output", "json"),
        ]
    )
    assert {one["check_type"] for one in told} == {"terraform_plan", "kubernetes"}
    assert all(one["summary"]["parsing_errors"] == 0 and one["summary"]["passed"] > 50 for one in told)
    failed = [one for kind in told for one in kind["results"]["failed_checks"]]
    stacks = [Path(one["file_path"]).stem for one in failed]
    return {
        (stack, one["check_id"], places[stack, one["resource"]])
        for stack, one in zip(stacks, failed, strict=True)
    }


def by_iam_scanners(_: Path) -> set[Found]:
    python = real_programs.iam_scanners()
    documents = [
        {**one, "stack": stack} for stack in files.names() for one in scanners.iam_documents(planned(stack))
    ]
    assert {one["kind"] for one in documents} == {"identity", "resource"}
    told = {
        (stack, finding, urn)
        for stack, finding, urn in _run([python, "-W", "ignore", IAM_SCAN], json.dumps([*documents, CONTROL]))
    }
    of_control = {finding for stack, finding, _ in told if not stack}
    assert of_control >= {"RESOURCE_STAR", "allows_privilege_escalation"}, "the scanners are blind"
    return {one for one in told if one[0]}


def by_kube_score(folder: Path) -> set[Found]:
    program = real_programs.kube_score()
    found: set[Found] = set()
    for stack in files.names():
        manifests = scanners.manifests(planned(stack))
        if not manifests:
            continue
        file = folder / f"{stack}.yaml"
        file.write_text(scanners.as_yaml(manifests.values()), encoding="utf-8")
        urns = {scanners.kube_score_name(one): urn for urn, one in manifests.items()}
        for told in _run([program, "score", "--output-format", "json", file]):
            found |= {
                (stack, one["check"]["id"], urns[told["object_name"]])
                for one in told["checks"]
                if not one["skipped"] and one["grade"] < 10
            }
    return found


@cache
def reported(stack: str) -> frozenset[tuple[str, str]]:
    """The rules that report something of a resource, whether it stops the deployment or not."""
    report = judge(planned(stack), load(stack, profile=profile_of(stack)), stack=stack)
    return frozenset((one.rule.id, one.subject.urn) for one in (*report.findings, *report.waived))


@pytest.mark.programs
@pytest.mark.parametrize(
    ("scanner", "scan"),
    [
        ("checkov", by_checkov),
        ("parliament and cloudsplaining", by_iam_scanners),
        ("kube-score", by_kube_score),
    ],
)
def test_what_a_scanner_finds_is_the_packs_too_or_not_right_here(
    scanner: str, scan: Callable[[Path], set[Found]], tmp_path: Path
) -> None:
    asked: set[tuple[str, int]] = set()
    unanswered = []
    for stack, finding, urn in sorted(scan(tmp_path)):
        name = urn.rpartition("::")[2]
        for number, answer in enumerate(ANSWERS[scanner].get(finding, ())):
            if name in answer.get("of", [name]) and (
                "rule" not in answer or (answer["rule"], urn) in reported(stack)
            ):
                asked.add((finding, number))
                break
        else:
            unanswered.append(f"{stack} {finding} {name}")
    assert unanswered == []
    given = {
        (finding, number) for finding, answers in ANSWERS[scanner].items() for number in range(len(answers))
    }
    assert given - asked == set()


def test_each_answer_names_a_rule_or_says_why_the_finding_is_not_right() -> None:
    for answers in ANSWERS.values():
        for answer in (one for several in answers.values() for one in several):
            if "rule" in answer:
                assert answer["rule"] in BY_ID
            else:
                assert answer["not"] in {"translation", "blind", "unwanted"}
                assert answer["why"].endswith(".")


def test_a_rule_maps_to_a_check_as_the_same_only_if_it_reports_what_the_check_does() -> None:
    same = {control for rule in RULES for control in rule.maps}
    for check, answers in ANSWERS["checkov"].items():
        assert check not in same or all(one.get("not") != "unwanted" for one in answers), check
