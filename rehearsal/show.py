"""The plan and the rehearsal for people: plain text that reads at 100 columns, with or without a terminal."""

import json
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

from rehearsal import standins
from rehearsal.plan import Plan, PlannedResource

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


def short_type(token: str) -> str:
    """`aws:ec2/vpc:Vpc` -> `aws.ec2.Vpc`; `cloudflare:index/dnsRecord:DnsRecord` -> `cloudflare.DnsRecord`."""
    package, module, name = token.split(":")
    if standins.is_provider(token):
        return f"{name} provider"
    module = module.partition("/")[0]
    return f"{package}.{name}" if module in {"index", ""} else f"{package}.{module}.{name}"


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
    standin = standins.find(resource.type)
    return standin.what if standin is not None else _component_says(resource.type.rpartition(":")[2])


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
    counted = f"{_count(made, 'resource')} in {_count(components, 'component')}"
    root = Tree(Text.assemble((plan.stack, "bold"), f"  {counted}"))
    _grow(root, plan, plan.root)
    return root


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


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
        text.append(f" · {_count(len(paths), 'secret')} ({', '.join(paths)})", "magenta")
    if resource.protect:
        text.append(" · protected", "yellow")
    if resource.options.get("retainOnDelete"):
        text.append(" · kept on destroy", "yellow")
    return text


def show_plan(plan: Plan, to: Console, *, checks: Sequence[Check] = ()) -> None:
    """Print the tree, the checks and the outputs."""
    to.print(tree(plan))
    by_type = Counter(resource.type for resource in plan.resources if resource.custom)
    secret = sum(bool(resource.secret_paths) for resource in plan.resources if resource.custom)
    to.print(f"\n{len(by_type)} types of resources; {secret} resources hold secrets, none of which is shown.")
    for message in plan.messages:
        to.print(f"[yellow]{message.severity}[/]: {escape(message.text)}")
    show_checks(checks, to)
    show_outputs(plan.outputs, to)


def show_checks(checks: Sequence[Check], to: Console) -> None:
    """Print what was looked at."""
    if not checks:
        return
    to.print("\n[bold]Checks[/]")
    table = Table.grid(padding=(0, 2))
    for check in checks:
        mark = Text("ok", "green") if check.ok else Text("FAILED", "bold red")
        if check.evidence or not check.warnings:
            table.add_row(
                Text("  ").append(mark), check.title, Text(check.evidence, "dim" if check.ok else "")
            )
        for warning in check.warnings:
            table.add_row(Text("  ").append(Text("mind", "yellow")), check.title, Text(warning))
    to.print(table)


def show_outputs(outputs: dict[str, Any], to: Console) -> None:
    """Print the stack's outputs; secret ones are masked already."""
    if not outputs:
        return
    to.print("\n[bold]Outputs[/]")
    table = Table.grid(padding=(0, 2))
    for key, value in sorted(outputs.items()):
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        table.add_row(f"  {key}", Text(shown))
    to.print(table)


def show_next(steps: Sequence[str], to: Console) -> None:
    """Print what to do next."""
    if not steps:
        return
    to.print("\n[bold]Next[/], to deploy it for real")
    table = Table.grid(padding=(0, 1))
    for number, step in enumerate(steps, 1):
        table.add_row(f"  {number}.", Text(step))
    to.print(table)
