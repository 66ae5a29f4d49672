"""A rehearsal for people: the plan with its checks, then a whole life in the engine where there is one."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from automation.pulumi_cli import find_engine
from policy import config_file as policy_config
from policy import images as policy_images
from policy import report as policy_report
from policy.adapters import from_plan
from policy.judge import Report, judge
from rehearsal import cost, lifecycle, show, stack, summary
from rehearsal.errors import RehearsalError
from rehearsal.plan import Plan, find_leaks
from rehearsal.stack import RehearsedStack
from stacks import files
from stacks.engine import name_of
from stacks.guide import next_steps
from stacks.project import COMMAND
from stacks.words import count


@dataclass(frozen=True)
class Rehearsed:
    """A plan, and what was checked in it."""

    loaded: RehearsedStack
    plan: Plan
    checks: Sequence[show.Check]
    policies: Report

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return all(check.ok for check in self.checks)

    @property
    def judged(self) -> str:
        """What the policy pack says, in a line."""
        found = self.policies
        return policy_report.counted(
            len(found.blocking), len(found.advisory), found.places, len(found.waived)
        )

    def show(self, to: Console, *, everything: bool = False) -> None:
        """Print the first screen and each component in a line; else every resource, check and output, too."""
        rows = summary.rows(self.loaded.spec, self.plan)
        rows.insert(4, ("cost", cost.of_stack(self.loaded, self.plan).said))
        rows.append(("policies", self.judged))
        show.show_first(self.loaded.name, rows, self.checks, self.plan, to)
        if everything:
            show.show_everything(self.plan, to, checks=self.checks)
        else:
            show.show_components(self.plan, to)
            to.print("\n[bold]More[/]")
            given = self.loaded.elsewhere
            called = self.loaded.name if given is None else shlex.quote(str(given))
            for command in (f"plan {called} --all", f"policy {called} --all"):
                to.print(f"  {COMMAND} {command}", style="cyan", soft_wrap=True)

    def show_next(self, to: Console) -> None:
        """Print what to do to deploy it for real; where that is refused, what to mend first, and nothing else."""
        loaded = self.loaded
        if not self.ok:
            given = loaded.name if loaded.elsewhere is None else shlex.quote(str(loaded.elsewhere))
            steps = [f"{one.rule.id}, {one.subject.name}: {one.rule.fix}" for one in self.policies.blocking]
            steps.append(f"Plan it again:\n{COMMAND} plan {given}")
            show.show_next(list(dict.fromkeys(steps)), to, title="before it can be deployed")
            return
        steps = next_steps(loaded.spec, loaded.name, self.plan.outputs, loaded.unset)
        if loaded.elsewhere is not None:
            there = files.shown(files.path_of(loaded.name))
            copied = shlex.join(["cp", str(loaded.elsewhere), there])
            steps.insert(0, f"Put the file among the stack files of the project:\n{copied}")
        show.show_next(steps, to)

    def to_json(self) -> dict[str, Any]:
        """Return the plan for other tools; secrets are `[secret]`."""
        return {
            "stack": self.loaded.name,
            "ok": self.ok,
            "unset": sorted(self.loaded.unset),
            "checks": [
                {"title": one.title, "ok": one.ok, "evidence": one.evidence, "warnings": list(one.warnings)}
                for one in self.checks
            ],
            "cost": cost.of_stack(self.loaded, self.plan).to_json(),
            "policies": policy_report.as_json([self.policies])["stacks"][0],
            "resources": self.plan.to_json(),
            "outputs": self.plan.outputs,
        }


def plan(name: str) -> Rehearsed:
    """Plan a stack in this process, and judge it. Raises InvalidStack and RehearsalError."""
    loaded = stack.load(name)
    planned = stack.plan(loaded)
    leaks = find_leaks(planned)
    try:
        judged_as = policy_config.load(
            loaded.name, policy_config.config_file(), profile=loaded.spec.parts.chat.profile.value
        )
    except policy_config.ConfigError as error:
        raise RehearsalError(str(error)) from None
    report = judge(from_plan(planned.resources), judged_as, stack=loaded.name)
    named = ", ".join(loaded.environments)
    how = f"from the environment {named}, or to be set" if named else "to be set"
    unset = tuple(f"{how}: {key}" for key in sorted(loaded.unset))
    checks = [
        *((show.Check("Missing secrets are stood in for", True, "", unset),) if unset else ()),
        *(
            show.Check(check.title, True, "; ".join(check.notes), check.warnings)
            for check in loaded.spec.checks
        ),
        show.Check(
            "No secret stands in clear",
            not leaks,
            "; ".join(leaks)
            or f"{count(len(planned.secrets), 'secret value')} looked for in {len(planned.resources)} resources",
        ),
        show.Check(
            "The policy pack passes",
            report.clean,
            "; ".join(f"{one.rule.id}: {one.subject.name}" for one in report.blocking)
            or f"{report.rules} rules had something to judge",
            tuple(policy_images.refused(loaded.spec, judged_as, lambda: report)),
        ),
    ]
    return Rehearsed(loaded, planned, checks, report)


def live(rehearsed: Rehearsed, to: Console, *, by_hand: bool) -> lifecycle.Life | None:
    """Let the stack live, and print each stage as it ends; None where there is no engine."""
    cli = find_engine()
    if cli is None:
        to.print(f"\nPlanned only, without the Pulumi engine. `{COMMAND} engine` provides one.")
        return None
    to.print(f"\n[bold]The full lifecycle in the Pulumi engine {cli.version}[/], against stand-in clouds")

    def on_stage(stage: lifecycle.Stage) -> None:
        row = Table.grid(padding=(0, 2))
        row.add_column(width=37, no_wrap=True)
        row.add_column(width=44)
        row.add_row(f"  {stage.title}", stage.said, Text(f"{stage.seconds:.1f} s", "dim"))
        to.print(row)

    lived = lifecycle.live(rehearsed.loaded, by_hand=by_hand, on_stage=on_stage)
    _list(
        lived.unprotected,
        "protected resources had to be released before destroy (pulumi state unprotect), as they would for real",
        to,
    )
    _list(lived.kept, "things are kept in the clouds on purpose", to)
    found = "; ".join(lived.leaks)
    show.show_checks(
        [
            show.Check(
                "No secret was written in clear",
                not found,
                found or f"{lived.searched} files, event streams and printed texts were searched",
            )
        ],
        to,
    )
    return lived


def _list(urns: Sequence[str], what: str, to: Console) -> None:
    if urns:
        to.print(f"  {len(urns)} {what}:")
        for urn in urns:
            to.print(Text(f"    {name_of(urn)}"))
