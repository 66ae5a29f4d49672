"""Commands that tell what stacks cost, and how large they have to be."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from automation.writing import write
from command.shared import (
    MOST_USERS,
    Environment,
    Json,
    Status,
    console,
    one_of,
    refuse,
    say,
    stacks_of_project,
    telling,
)

if TYPE_CHECKING:
    from rehearsal.stack import RehearsedStack


app = typer.Typer()


@app.command()
def cost(
    stacks: Annotated[
        list[str],
        typer.Argument(
            metavar="STACK",
            help="Names of stack files, or their paths.",
            autocompletion=stacks_of_project,
            show_default=False,
        ),
    ],
    everything: Annotated[
        bool, typer.Option("--all", "-a", help="Show every charge, and where assumptions come from.")
    ] = False,
    side_by_side: Annotated[
        bool, typer.Option("--compare", help="Show several stacks, or profiles of one, side by side.")
    ] = False,
    profile: Annotated[
        list[Environment] | None,
        typer.Option(
            "--profile",
            metavar=one_of(Environment),
            help="Price them as if chat.profile were this. Repeatable.",
        ),
    ] = None,
    hosted: Annotated[
        bool,
        typer.Option("--hosted", help="By the number of users, beside list prices of hosted chats."),
    ] = False,
    plots: Annotated[
        Path | None,
        typer.Option(
            "--plots",
            metavar="DIR",
            help="Write the plots of --hosted there, as SVG: per month, and per user.",
        ),
    ] = None,
    most: Annotated[
        int | None,
        typer.Option(
            "--most",
            metavar="USERS",
            min=1,
            help=f"The most users of --hosted and --plots; {MOST_USERS} when left out.",
            show_default=False,
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option("--diff", metavar="BASE", help="Show what has changed since a commit or branch of git."),
    ] = None,
    assume: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=NUMBER",
            help="Another assumption, or its least and most: messages=20-40. Repeatable.",
        ),
    ] = None,
    price: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=USD", help="A price of your own, such as mongodbatlas.M20=0.20. Repeatable."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what stacks cost in a month, by list prices.

    Exit status 1 where something that costs has no price.
    """
    with telling(as_json):
        from rehearsal import cost as costs
        from rehearsal import cost_show, stack

        by_users = hosted or plots is not None
        _refuse_together(
            {"--diff": base is not None, "--hosted or --plots": by_users},
            {"--compare": side_by_side, "--profile": bool(profile), "--all": everything},
        )
        if most is not None and not by_users:
            refuse("--most is of --hosted and --plots: give it with one of them")
        if side_by_side and len(dict.fromkeys(stacks)) * max(1, len(dict.fromkeys(profile or ()))) < 2:
            refuse("--compare shows several: name more stacks, or give --profile twice")
        given = {"assume": assume or (), "own": price or ()}
        try:
            if base is not None:
                _cost_since(base, stacks, assume or (), price or (), as_json=as_json)
                return
            loaded = [stack.load(name) for name in stacks]
            if by_users:
                _cost_by_users(loaded, most or MOST_USERS, plots, given, as_json=as_json)
                return
            if profile:
                loaded = [
                    stack.otherwise(one, f"{one.name} {each.value}", profile=each.value)
                    for one in loaded
                    for each in profile
                ]
            found = [costs.of_stack(one, stack.plan(one), **given) for one in loaded]
        except costs.Misgiven as error:
            refuse(str(error))
        if as_json:
            say({"stacks": [one.to_json() for one in found]}, "", as_json=True)
        elif side_by_side:
            cost_show.compare(found, console())
        else:
            for one in found:
                cost_show.show(one, console(), everything=everything)
        if any(one.unpriced for one in found):
            raise typer.Exit(Status.FAILED)


def _refuse_together(ways: Mapping[str, bool], others: Mapping[str, bool]) -> None:
    """Refuse two ways of showing costs at once, and what only the usual one knows."""
    chosen = [name for name, is_given in ways.items() if is_given]
    beside = [*chosen[1:], *(name for name, is_given in others.items() if is_given)]
    if chosen and beside:
        refuse(f"{chosen[0]} shows something else than {' and '.join(beside)}: give one of them")


def _cost_since(
    base: str, stacks: Sequence[str], assume: Sequence[str], price: Sequence[str], *, as_json: bool
) -> None:
    """Show what stacks cost at a commit and now."""
    from rehearsal import cost, cost_show
    from reports import versions

    cost.assumptions(assume, 1)
    options = [one for key in assume for one in ("--assume", key)]
    options += [one for key in cost.prices(price).items() for one in ("--price", f"{key[0]}={key[1]}")]
    with console(error=True).status(f"pricing {base} and what there is now"):
        before, now = versions.both(base, lambda folder: versions.of_costs(folder, stacks, *options))
    if as_json:
        say({"before": list(before.costs.values()), "now": list(now.costs.values())}, "", as_json=True)
    else:
        cost_show.since(base, stacks, before.costs, now.costs, console())


def _cost_by_users(
    loaded: "Sequence[RehearsedStack]",
    most: int,
    plots: Path | None,
    given: Mapping[str, Sequence[str]],
    *,
    as_json: bool,
) -> None:
    """Price stacks for more and more users; show them beside hosted chats, and draw the plots."""
    from rehearsal import by_users, cost_show

    def priced(one: "RehearsedStack") -> "by_users.Curve":
        with console(error=True).status(f"planning {one.name}") as shown:
            told = f"{one.name}: {{}} users"
            return by_users.curve(
                one, most=most, on_planned=lambda users: shown.update(told.format(users)), **given
            )

    curves = [priced(one) for one in loaded]
    if plots is not None:
        from reports import plots as drawing

        for name, text in drawing.both(curves).items():
            write(plots / f"{name}.svg", text)
    if as_json:
        say(by_users.to_json(curves), "", as_json=True)
    else:
        cost_show.by_users(curves, console())
    if not all(one.complete for one in curves):
        raise typer.Exit(Status.FAILED)


@app.command()
def sizes(
    users: Annotated[
        list[int] | None, typer.Argument(metavar="USERS", help="Numbers of users; usual ones when left out.")
    ] = None,
    profile: Annotated[
        Environment,
        typer.Option(
            "--profile",
            metavar=one_of(Environment),
            help="What the chat is for: chat.profile of a stack file.",
        ),
    ] = Environment.production,
    as_json: Json = False,
) -> None:
    """Show what numbers of users need, and cost.

    Servers, memory and database, each alone. `chat.users` of a stack file gives these sizes by itself.
    """
    with telling(as_json):
        from rehearsal import cost_show
        from rehearsal import sizes as sizing

        try:
            found = list(sizing.rows(users or sizing.USERS, profile.value))
        except ValueError as error:
            refuse(str(error))
        if as_json:
            say({"profile": profile.value, "sizes": [one.to_json() for one in found]}, "", as_json=True)
        else:
            cost_show.sizes(found, console())
