"""What the pack catches of small dangerous changes of this project's own plans, and that it lets harmless ones pass."""

import json

import pytest

from policy.docs import CAUGHT
from proving.policy_mutations import GROUPS, SAMPLE, mutations, outcome


@pytest.mark.slow
def test_dangerous_changes_are_caught_by_the_rule_that_is_meant_and_harmless_ones_pass() -> None:
    told = outcome(mutations(SAMPLE))
    written = json.loads(CAUGHT.read_text("utf-8"))
    assert written.keys() == told.keys(), "run `python -m proving.policy_mutations`"
    assert len(told) >= len(GROUPS)
    for name, group in told.items():
        assert group["wrong"] == [], name
        assert set(group["missed"]) <= set(written[name]["missed"]), name


def test_what_is_written_down_of_all_stacks_is_enough() -> None:
    written = json.loads(CAUGHT.read_text("utf-8")).values()
    dangerous, caught = (sum(group[key] for group in written) for key in ("dangerous", "caught"))
    assert dangerous >= 600
    assert caught >= 0.99 * dangerous
    assert [group["wrong"] for group in written if group["wrong"]] == []
