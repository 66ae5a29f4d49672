"""What stacks cost, for people: a table of one, several side by side, and what changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from clouds import costs
from rehearsal.by_users import Curve, hosted
from rehearsal.cost import Estimate, Range
from rehearsal.sizes import Row

_SHOWN = (10, 25, 100, 250, 500, 1000, 2000, 5000)
"""Numbers of users of which the largest have a column."""
_COLUMNS = 5


def show(one: Estimate, to: Console, *, everything: bool) -> None:
    """Print a table by component, or of every charge, with what was assumed and what has no price."""
    to.print(f"[bold]{escape(one.stack)}[/]: {one.said}")
    table = _table("component", "USD a month")
    if everything:
        table = _table("resource", "charge", "a month", "of", "USD each", "USD a month", words=(0, 1, 3))
        for item in sorted(one.items, key=lambda item: (item.component, item.name)):
            for line in item.lines:
                unit, each = (line.price.unit, line.price.each) if line.price else ("", "")
                usd = str(line.usd) if line.price else Text("no price", "yellow")
                table.add_row(item.name, line.what, str(line.amount), unit, each, usd)
    else:
        for name, month in one.components.items():
            table.add_row(name, str(month))
    table.add_row(Text("total", "bold"), *[""] * (len(table.columns) - 2), Text(str(one.total), "bold"))
    to.print(table)
    _missing(one, to)
    if one.assumed:
        to.print("Assumed (--assume KEY=NUMBER or KEY=LOW-HIGH changes it):")
        rows = Table.grid(padding=(0, 2))
        for key, assumption in one.assumed.items():
            numbers = _ends(assumption.low, assumption.high)
            because = Text(assumption.because, "dim") if everything else Text()
            rows.add_row(f"  {key}", numbers, assumption.unit, because)
        to.print(rows)


def _ends(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _table(*titles: str, words: Sequence[int] = (0,)) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for at, title in enumerate(titles):
        table.add_column(title, justify="left" if at in words else "right")
    return table


def _missing(one: Estimate, to: Console) -> None:
    for said in one.unpriced:
        to.print(Text(f"no price: {said}", "yellow"), soft_wrap=True)
    for key in one.lacking:
        for region, price in costs.elsewhere(key).items():
            to.print(
                f"  {key} is {price.each} per {price.unit} in {region} ({price.on}, {price.source})",
                style="dim",
                soft_wrap=True,
            )
    if one.elsewhere.high:
        to.print(
            f"  At prices of other regions that is {one.elsewhere} USD a month: an estimate, not in the total."
        )
    if one.lacking:
        given = " ".join(f"--price {key}=USD" for key in one.lacking)
        to.print("Look it up at the provider, and give it, or write it into the stack file (cost.prices):")
        to.print(f"  {given}", style="cyan", soft_wrap=True)
    for said in one.outside:
        to.print(f"not in it: {said}")
    for key in one.unused:
        to.print(Text(f"not used: nothing in {one.stack} has the price {key}", "yellow"))
    for key in one.unasked:
        to.print(Text(f"not used: nothing in {one.stack} rests on the assumption {key}", "yellow"))


def compare(found: Sequence[Estimate], to: Console) -> None:
    """Print several stacks side by side, by component."""
    table = _table("USD a month", *(one.stack for one in found))
    for name in dict.fromkeys(name for one in found for name in one.components):
        table.add_row(name, *(str(one.components[name]) if name in one.components else "" for one in found))
    table.add_row(Text("total", "bold"), *(Text(str(one.total), "bold") for one in found))
    table.add_row("charges without a price", *(str(len(one.unpriced)) for one in found))
    to.print(table)
    for one in found:
        if one.unpriced or one.outside or one.unused or one.unasked:
            to.print(f"[bold]{escape(one.stack)}[/]")
            _missing(one, to)


def by_users(curves: Sequence[Curve], to: Console) -> None:
    """Print what stacks and hosted chats cost by the number of users, and from where on a stack is cheaper."""
    most = max(one.most for one in curves)
    users = [one for one in _SHOWN if one <= most][-_COLUMNS:]
    table = _table("USD a month for", *(f"{one:,} users" for one in users))
    for one in curves:
        cells = [one.month(each).whole if each <= one.most else "" for each in users]
        table.add_row(Text(one.stack, "bold"), *cells)
    for chat in hosted():
        table.add_row(chat.name, *(chat.month(each).whole for each in users))
    to.print(table)
    for one in curves:
        to.print(f"\n[bold]{escape(one.stack)}[/] is cheaper than")
        rows = Table.grid(padding=(0, 2))
        for chat in hosted():
            rows.add_row(f"  {chat.name}", said_from(one, *one.cheaper_from(chat)))
        to.print(rows)
        for said in one.points[one.most].outside:
            to.print(f"  not in it: {said}")
        if not one.complete:
            to.print(
                f"  some charges have no price: `rocketchat cost {one.stack}` names them", style="yellow"
            )
        if one.ends:
            to.print(f"  More users were not planned. {one.ends}", soft_wrap=True)
    to.print("\nNot in it: your own time; on the other side, that hosted chats differ in what they include.")


def said_from(one: Curve, may: int | None, surely: int | None) -> str:
    """Say from how many users on a stack is cheaper: `from 6 users on`, `from 6 to 9 users on`, or that it is not."""
    if may is None:
        return f"at no number of users up to {one.most:,}"
    if not one.complete:
        return f"from {may:,} users on at the earliest"
    if surely is None:
        return f"from {may:,} users on at best"
    return f"from {may:,} users on" if may == surely else f"from {may:,} to {surely:,} users on"


def since(
    base: str,
    stacks: Sequence[str],
    before: Mapping[str, Mapping[str, Any]],
    now: Mapping[str, Mapping[str, Any]],
    to: Console,
) -> None:
    """Print by component what stacks cost at a commit and now, where it differs. Both are what `cost --json` tells."""
    for name in stacks:
        sides = [told.get(name) for told in (before, now)]
        if sides[0] is None or sides[1] is None:
            to.print(
                f"[bold]{escape(name)}[/]: {'not there' if sides[1] is None else f'not priced at {base}'}"
            )
            continue
        old, new = ({key: Range(**usd) for key, usd in one["components"].items()} for one in sides if one)
        changed = [key for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key)]
        to.print(f"[bold]{escape(name)}[/]" + ("" if changed else f": costs what it did at {base}"))
        table = _table("USD a month", base, "now", "more")
        for key in changed:
            table.add_row(key, *_moved(old.get(key, Range()), new.get(key, Range())))
        totals = [Range(**one["total"]) for one in sides if one]
        table.add_row(Text("total", "bold"), *_moved(totals[0], totals[1]))
        if changed:
            to.print(table)
        for said in sides[1]["unpriced"]:
            to.print(Text(f"no price: {said}", "yellow"), soft_wrap=True)


def _moved(old: Range, new: Range) -> tuple[str, str, str]:
    return str(old), str(new), old.until(new)


def sizes(rows: Sequence[Row], to: Console) -> None:
    """Print what numbers of users need, and what it costs by itself."""
    table = _table(
        "users", "servers", "Fargate", "Lightsail", "droplet", "Atlas", "disk", "uploads", words=(1, 3, 4, 5)
    )
    for one in rows:
        atlas = f"{one.size.atlas_tier}–{one.size.atlas_max_tier}"  # noqa: RUF001
        table.add_row(
            f"{one.users:,}",
            one.servers,
            f"{one.fargate_usd:,.0f}",
            f"{one.lightsail} {one.lightsail_usd}" if one.lightsail_usd else "",
            f"{one.droplet} {one.droplet_usd}" if one.droplet_usd else "",
            atlas if one.atlas_usd is None else f"{atlas} {one.atlas_usd:,.0f}",
            f"{one.size.disk_gb} GB",
            f"{one.size.media_gb} GB",
        )
    to.print(table)
    to.print(
        "US dollars a month of the servers, of a host without a database on it, or of the tier to begin with: each "
        "alone, in us-east-1.\nDisk: of each node of the database. Uploads: of a year. More than one server needs a "
        "licence. `rocketchat cost STACK` prices all of a stack.",
        soft_wrap=True,
    )
