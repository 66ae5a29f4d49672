"""What the pack catches of small dangerous changes of this project's own plans, and that it lets harmless ones pass."""

import json

import pytest

from policy.docs import CAUGHT
from proving.policy_mutations import GROUPS, mutations, outcome


@pytest.mark.slow
def test_dangerous_changes_are_caught_by_the_rule_that_is_meant_and_harmless_ones_pass() -> None:
    told = outcome(mutations())
    assert len(told) == len(GROUPS)
    assert sum(group["dangerous"] for group in told.values()) >= 600
    assert {name: group["wrong"] for name, group in told.items() if group["wrong"]} == {}
    assert {name: group["missed"] for name, group in told.items() if group["missed"]} == {}
    assert told == json.loads(CAUGHT.read_text("utf-8")), "run `python -m proving.policy_mutations`"
