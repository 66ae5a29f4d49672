"""What a stack costs by the number of users, and from how many on it is cheaper than a hosted chat."""

import datetime as dt
from collections.abc import Mapping

import pytest
from planning import values_of

from clouds.costs import Price
from rehearsal import by_users, cost, cost_show, stack
from rehearsal.by_users import Curve, Hosted
from rehearsal.cost import Estimate, Item, Line, Range
from reports import plots
from stacks.problems import InvalidStack

CHAT = Hosted("Chat", 5, 10, dt.date(2026, 1, 1), "https://example.com")


def curve(usd: Mapping[int, tuple[float, float]], *, unpriced: bool = False) -> Curve:
    def estimate(low: float, high: float) -> Estimate:
        known = Line("month", "toy", "x", Range(low, high), Price(1, 1, "", dt.date(2026, 1, 1), ""))
        return Estimate("toy", [Item("one", "toy", "one", (known,), unpriced=("x",) if unpriced else ())], {})

    return Curve("toy", {users: estimate(*ends) for users, ends in usd.items()})


def test_between_two_plans_a_cost_is_in_proportion_and_outside_of_them_it_is_theirs() -> None:
    made = curve({10: (20, 30), 20: (40, 90)})
    assert [made.month(users) for users in (1, 10, 15, 20, 99)] == [
        Range(20, 30),
        Range(20, 30),
        Range(30, 60),
        Range(40, 90),
        Range(40, 90),
    ]


def test_break_even_is_where_the_least_of_one_and_the_most_of_the_other_meet() -> None:
    made = curve({1: (40, 60), 100: (40, 60)})
    # 40 dollars are less than 10 for each of five users, and 60 less than 5 for each of thirteen.
    assert made.cheaper_from(CHAT) == (5, 13)
    assert cost_show.said_from(made, 5, 13) == "from 5 to 13 users on"
    assert cost_show.said_from(made, 5, None) == "from 5 users on at best"
    assert cost_show.said_from(made, None, None) == "at no number of users up to 100"


def test_a_stack_with_charges_without_a_price_is_never_said_to_be_cheaper() -> None:
    made = curve({1: (40, 60), 100: (40, 60)}, unpriced=True)
    assert cost_show.said_from(made, *made.cheaper_from(CHAT)) == "from 5 users on at the earliest"


def test_hosted_chats_are_several_each_with_a_dated_source() -> None:
    found = by_users.hosted()
    assert len({one.name.partition(" ")[0] for one in found}) >= 4
    for one in found:
        assert one.source.startswith("https://")
        assert dt.date(2026, 1, 1) <= one.on <= dt.datetime.now(tz=dt.UTC).date()
        assert 0 < one.low <= one.high < 50


def test_more_users_are_planned_until_the_stack_file_would_have_to_say_something_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stack, "plan", lambda loaded: None)
    monkeypatch.setattr(cost, "of_stack", lambda loaded, plan, **_: Estimate(loaded.name, [], {}))
    found = by_users.curve(stack.load("lovia-fargate"), most=1000)
    assert found.most == 499
    assert found.ends.startswith("500 users: ")
    assert "licence" in found.ends


def test_a_stack_is_taken_with_other_users_or_another_profile() -> None:
    loaded = stack.load("family-host")
    other = stack.otherwise(loaded, "family-host trial", users=3, profile="trial")
    assert (other.name, other.spec.parts.chat.users) == ("family-host trial", 3)
    assert other.spec.parts.chat.profile == "trial"
    assert loaded.values["rocketchat:chat"] == values_of("family-host")["rocketchat:chat"]
    with pytest.raises(InvalidStack):
        stack.otherwise(loaded, users=10**6)


def test_both_plots_name_the_stack_and_every_hosted_chat_and_are_the_same_each_time() -> None:
    pytest.importorskip("matplotlib", reason="the extra `report` is not installed")
    made = curve({1: (40, 60), 100: (50, 80)})
    drawn = plots.both([made])
    assert set(drawn) == {"cost-per-month", "cost-per-user"}
    for text in drawn.values():
        assert ">toy<" in text
        assert all(f">{one.name}<" in text for one in by_users.hosted())
        assert 'role="img"' in text
        assert "prefers-color-scheme:dark" in text
    assert plots.both([made]) == drawn
