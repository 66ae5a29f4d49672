"""The stored plan of each stack: a review sees what a change does to every deployment."""

import pytest
from planning import planned_file

from proving import pictures
from rehearsal import cost, golden
from rehearsal import stack as rehearsed
from stacks import files
from stacks.project import PRODUCT

README = (PRODUCT / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("stack", files.names())
def test_a_stack_plans_as_it_is_stored_and_drawn(stack: str) -> None:
    loaded = rehearsed.load(stack)
    plan = planned_file(stack)
    changes = golden.compare(plan)
    assert not changes, "\n".join([*map(str, changes), "if this is wanted: make golden"])
    assert not pictures.stale(stack, loaded.spec, plan), "its picture in docs/ is of another plan: make docs"
    row = next(line for line in README.splitlines() if line.startswith(f"| `{stack}` |"))
    assert row.split(" | ")[-1].split()[0] == cost.of_stack(loaded, plan).total.whole, (
        "the README has another cost"
    )
    if stack in pictures.PLOTTED:
        for name in pictures.PLOTS:
            told = pictures.path_of(name).read_text(encoding="utf-8")
            assert pictures.plotted_at(loaded, plan) in told, (
                "it costs something else than the plots say: make docs"
            )


def test_every_stored_plan_belongs_to_a_stack() -> None:
    assert {path.stem for path in golden.FOLDER.glob("*.json")} <= set(files.names())
