"""What rules map to, held against the lists of the standards themselves (`data/controls.tsv`)."""

from collections import defaultdict
from pathlib import Path

import pytest

from policy.rule import PART, STANDARDS, standard
from policy.rules import RULES

LISTED: dict[str, dict[str, str]] = {}
for line in (Path(__file__).parent / "data" / "controls.tsv").read_text(encoding="utf-8").splitlines():
    if line.startswith("## "):
        titles: dict[str, str] = LISTED.setdefault(line[3:].partition(" | ")[0], {})
    elif not line.startswith("#"):
        control, _, title = line.partition("\t")
        titles[control] = title
PROSE = {
    "AWS Well-Architected",
    "AWS documentation",
    "MongoDB Atlas guidance",
    "DigitalOcean guidance",
    "Pulumi guidance",
    "Let's Encrypt",
    "Rocket.Chat source and documentation",
    "Original deployments",
    "Good practice",
}
"""What numbers nothing, so that there is no list of it."""


def test_each_standard_has_its_list_or_is_prose() -> None:
    assert LISTED.keys() | PROSE == {name for _, name in STANDARDS} | {standard("")}
    assert not LISTED.keys() & PROSE
    assert all(titles and all(titles.values()) for titles in LISTED.values())


@pytest.mark.parametrize("name", LISTED)
def test_what_rules_map_to_is_in_the_standards_own_list(name: str) -> None:
    mapped = {control.removeprefix(PART) for rule in RULES for control in rule.maps}
    of_it = {control for control in mapped if standard(control) == name}
    assert of_it - LISTED[name].keys() == set()
    assert of_it


@pytest.mark.parametrize(
    "name", sorted(LISTED.keys() - {"Kubernetes Pod Security", "NSA Kubernetes hardening"})
)
def test_one_rule_at_most_asks_for_the_same_as_a_control(name: str) -> None:
    """Two that did would ask for the same as each other; so each of them asks for a part. The rest are levels."""
    same = defaultdict(list)
    for rule in RULES:
        for control in rule.maps:
            if standard(control) == name and not control.startswith(PART):
                same[control].append(rule.id)
    assert {control: rules for control, rules in same.items() if len(rules) > 1} == {}


def test_no_rule_says_of_a_control_that_it_asks_for_the_same_and_for_a_part() -> None:
    for rule in RULES:
        assert len({control.removeprefix(PART) for control in rule.maps}) == len(rule.maps), rule.id
