"""Time of judging by all policies, in process: each stack's plan, and one stack several times over."""

import gc
import json
import time
from collections.abc import Sequence

from policy.adapters import from_plan_json
from policy.config_file import load
from policy.judge import judge
from policy.model import Subject
from proving.pages import titled
from rehearsal.plan import Plan

GROWTH = (4, 16, 32)
"""How many copies of the last stack are judged together."""
ACCOUNT = "123456789012"


def copies(plan: Plan, count: int) -> list[Subject]:
    """Return the resources of a plan several times over, each copy with names and an account of its own."""
    text = json.dumps(plan.to_json())
    made: list[Subject] = []
    for number in range(count):
        own = text.replace(f"urn:pulumi:{plan.stack}::", f"urn:pulumi:{plan.stack}-{number}::")
        made += from_plan_json(json.loads(own.replace(ACCOUNT, str(int(ACCOUNT) + number))))
    return made


def seconds(subjects: Sequence[Subject], stack: str, runs: int) -> float:
    """Return the least processor time of several judgments."""
    found = []
    for _ in range(runs):
        gc.collect()
        started = time.thread_time()
        judge(list(subjects), load(stack), stack=stack)
        found.append(time.thread_time() - started)
    return min(found)


def report(plans: Sequence[Plan], runs: int) -> str:
    """Measure; return a table of milliseconds."""
    cases = [(f"`{plan.stack}`", copies(plan, 1), plan.stack) for plan in plans]
    cases += [
        (f"`{plans[0].stack}`, {count} times", copies(plans[0], count), plans[0].stack) for count in GROWTH
    ]
    rows = []
    for what, subjects, stack in cases:
        spent = 1000 * seconds(subjects, stack, runs)
        rows.append([what, f"{len(subjects):,}", f"{spent:.0f}", f"{spent * 150 / len(subjects):.0f}"])
    return titled(
        "Judging by all policies in process, least processor time of several runs",
        ["what", "resources", "ms", "ms for 150 resources"],
        rows,
    )
