"""The plan and the rehearsal for people: plain text that reads at 100 columns, with or without a terminal."""

import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

import clouds
from automation.values import short_type
from rehearsal import standins
from rehearsal.plan import Plan, PlannedResource
from stacks.words import count

WIDTH = 100
"""Columns where there is no terminal to ask."""
_SAID = ("comment", "description", "alarmDescription")
"""Inputs in which a resource says itself what it is for."""
_LONGEST = 60
"""Characters of such a remark that are shown."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, for the list below the tree."""

    title: str
    ok: bool
    evidence: str
    warnings: Sequence[str] = ()
    """What works, and its owner should know."""


def console() -> Console:
    """Return a console on standard output, 100 columns wide where that is no terminal."""
    made = Console(highlight=False)
    return made if made.is_terminal else Console(highlight=False, width=WIDTH)


def purpose(resource: PlannedResource) -> str:
    """Return in one line what the resource is for: its own words, its component's, or those of its type."""
    secret = set(resource.secret_paths)
    for key in _SAID:
        said = resource.inputs.get(key)
        if isinstance(said, str) and said and f"inputs.{key}" not in secret:
            return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"
    if standins.is_provider(resource.type):
        region = resource.inputs.get("region")
        return f"credentials and {region}" if region else "credentials"
    record = clouds.find(resource.type)
    return record.purpose if record is not None else _component_says(resource.type.rpartition(":")[2])


def _component_says(name: str) -> str:
    for kind in _subclasses(pulumi.ComponentResource):
        if kind.__name__ == name and kind.__doc__:
            return kind.__doc__.strip().splitlines()[0].rstrip(".")
    return ""


def _subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from _subclasses(sub)


def tree(plan: Plan) -> Tree:
    """Return every resource under its component."""
    made = sum(resource.custom for resource in plan.resources)
    components = len(plan.resources) - made - 1
    counted = f"{count(made, 'resource')} in {count(components, 'component')}"
    root = Tree(Text.assemble((plan.stack, "bold"), f"  {counted}"))
    _grow(root, plan, plan.root)
    return root


def _grow(branch: Tree, plan: Plan, parent: PlannedResource) -> None:
    for child in plan.children(parent.urn):
        _grow(branch.add(_line(child, parent)), plan, child)


def _line(resource: PlannedResource, parent: PlannedResource) -> Text:
    name = resource.name.removeprefix(f"{parent.name}-")
    text = Text()
    if resource.custom:
        text.append(short_type(resource.type), "cyan")
        text.append(f" {name}")
    else:
        text.append(name, "bold")
        text.append(f" {resource.type.rpartition(':')[2]}", "cyan")
    said = purpose(resource)
    if said:
        text.append(f" · {said}", "dim" if resource.custom else "")
    paths = sorted({path.partition(".")[2] for path in resource.secret_paths})
    if paths:
        text.append(f" · {count(len(paths), 'secret')} ({', '.join(paths)})", "magenta")
    if resource.protect:
        text.append(" · protected", "yellow")
    if resource.options.get("retainOnDelete"):
        text.append(" · kept on destroy", "yellow")
    return text


def show_first(
    stack: str, rows: Sequence[tuple[str, str]], checks: Sequence[Check], plan: Plan, to: Console
) -> None:
    """Print the first screen: the verdict, what matters, what failed, and what its owner should know."""
    failed = [check for check in checks if not check.ok]
    warned = [warning for check in checks for warning in check.warnings]
    warned += [one.text for one in plan.messages if one.severity in _GRAVE]
    verdict = (
        Text(f"not valid: {count(len(failed), 'check')} failed", "bold red")
        if failed
        else Text(f"valid: {count(len(checks), 'check')} passed", "bold green")
    )
    told = Text.assemble((stack, "bold"), "  ", verdict)
    if warned:
        told.append(f", {count(len(warned), 'warning')}", "yellow")
    to.print(told)
    wide = max(len(title) for title, _ in rows)
    for title, said in rows:
        _say(f"  {title:<{wide}}  ", said, to, style="dim")
    if failed:
        to.print("\n[bold red]Failed[/]")
        for check in failed:
            _say("  -  ", f"{check.title}: {check.evidence}", to)
    if warned:
        to.print("\n[bold yellow]Warnings[/]")
        for warning in warned:
            _say("  -  ", warning, to)


_GRAVE = ("warning", "error")


_COMMAND = re.compile(r"\b(pulumi|kubectl|aws|doctl|rocketchat) [a-z-]+ ")


def _say(mark: str, said: str, to: Console, *, style: str = "") -> None:
    """Print a remark beside its mark. Words stay whole, and what names a command stays one line, to be copied."""
    room = to.width - len(mark)
    whole = _COMMAND.search(said) is not None or room < _NARROWEST
    lines = [said] if whole else textwrap.wrap(said, room, break_long_words=False, break_on_hyphens=False)
    for number, line in enumerate(lines or [""]):
        begin = mark if number == 0 else " " * len(mark)
        to.print(Text.assemble((begin, style), line), soft_wrap=True)


_NARROWEST = 20
"""Columns below which the terminal breaks the lines better."""


def show_components(plan: Plan, to: Console) -> None:
    """Print each component in one line, with the number of its resources."""
    to.print("\n[bold]Components[/]")
    found = [
        ("  " * depth + one.name, sum(child.custom for child in plan.children(one.urn)), purpose(one))
        for depth, one in _components(plan, plan.root, 1)
    ]
    wide = max((len(name) for name, _, _ in found), default=0)
    for name, own, said in found:
        line = Text.assemble((f"{name:<{wide}}", "bold"), f" {own:3}  ", (said, "dim"))
        line.truncate(to.width, overflow="ellipsis" if to.encoding.startswith("utf") else "crop")
        to.print(line, soft_wrap=True)


def _components(plan: Plan, parent: PlannedResource, depth: int) -> Iterator[tuple[int, PlannedResource]]:
    for child in plan.children(parent.urn):
        if not child.custom:
            yield depth, child
            yield from _components(plan, child, depth + 1)


def show_everything(plan: Plan, to: Console, *, checks: Sequence[Check] = ()) -> None:
    """Print every resource as a tree, the checks that passed, and the outputs."""
    to.print()
    to.print(tree(plan))
    by_type = Counter(resource.type for resource in plan.resources if resource.custom)
    to.print(f"\n{count(len(by_type), 'type')} of resources; no secret is shown.")
    for message in plan.messages:
        if message.severity not in _GRAVE:
            to.print(f"{message.severity}: {escape(message.text)}")
    show_checks([check for check in checks if check.ok], to)
    show_outputs(plan.outputs, to)


def show_checks(checks: Sequence[Check], to: Console) -> None:
    """Print what was looked at, and what came of it."""
    if not checks:
        return
    to.print("\n[bold]Checks[/]")
    table = Table.grid(padding=(0, 2))
    for check in checks:
        mark = Text("ok", "green") if check.ok else Text("FAILED", "bold red")
        seen = Text(check.evidence, "dim" if check.ok else "")
        table.add_row(Text("  ").append(mark), check.title, seen)
    to.print(table)


def show_outputs(outputs: dict[str, Any], to: Console) -> None:
    """Print the stack's outputs; secret ones are masked already."""
    if not outputs:
        return
    to.print("\n[bold]Outputs[/]")
    for key, value in sorted(outputs.items()):
        told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        to.print(Text.assemble((f"  {key}  ", "dim"), told), soft_wrap=True)


def show_next(steps: Sequence[str], to: Console, *, title: str = "to deploy it for real") -> None:
    """Print what to do next; commands stand alone in a line, which is never broken, so that they can be copied."""
    if not steps:
        return
    to.print(f"\n[bold]Next[/], {title}")
    for number, step in enumerate(steps, 1):
        said, *commands = step.splitlines()
        _say(f"{number:>4}.  ", said, to)
        for command in commands:
            to.print(Text(f"       {command}", "cyan"), soft_wrap=True)
