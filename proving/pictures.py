"""The pictures of the stacks in docs/, made from their plans. Run as a program, it draws anew those that are stale."""

import re
from collections.abc import Sequence
from pathlib import Path

from clouds import costs
from command.shared import MOST_USERS
from proving import pages, recordings
from rehearsal import by_users, cost, stack
from rehearsal.plan import Plan
from reports import diagram, plots
from stacks import files
from stacks.language import ChatSpec
from stacks.project import PRODUCT

PAGE = PRODUCT / "docs" / "pictures.md"
PLOTTED = ("family-host", "soluvas-lightsail", "lovia-fargate")
"""Stacks whose cost by users is drawn for docs/cost.md."""
PLOTS = ("cost-per-month", "cost-per-user")
FOLDER = PRODUCT / "docs" / "pictures"


def path_of(name: str) -> Path:
    """Return the file of a stack's picture."""
    return FOLDER / f"{name}.svg"


def stale(name: str, spec: ChatSpec, plan: Plan) -> bool:
    """Whether a stack's picture is of another plan, or there is none."""
    path = path_of(name)
    return not path.exists() or diagram.drawn_from(path.read_text(encoding="utf-8")) != diagram.digest(
        diagram.d2(diagram.picture(spec, plan))
    )


def plots_rest_on(keys: Sequence[str]) -> str:
    """Return a digest of what the plots are reckoned with: prices of these keys, hosted chats, use and sizes."""
    paths = [PRODUCT / "rehearsal" / "hosted_chats.toml"]
    paths += [PRODUCT / "rocketchat" / one for one in ("usage.py", "sizing.py")]
    prices = [f"{key}: {costs.listed().get(key)}" for key in keys]
    return diagram.digest("\n".join([*prices, *(path.read_text(encoding="utf-8") for path in paths)]))


def plot_is_stale(name: str) -> bool:
    """Whether a plot was drawn with other prices than those that it names, or there is none."""
    path = path_of(name)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found = re.search(r"<!-- priced by (\S*) -->", text)
    return found is None or diagram.drawn_from(text) != plots_rest_on(found[1].split(","))


def plotted_at(loaded: stack.RehearsedStack, plan: Plan) -> str:
    """Return how a plot tells what a stack costs as its file has it."""
    return f"<!-- {loaded.name}: {cost.of_stack(loaded, plan).total.whole} -->"


def _plot(at: str) -> None:
    curves = [by_users.curve(stack.load(name), most=MOST_USERS) for name in PLOTTED]
    points = [point for curve in curves for point in curve.points.values()]
    keys = sorted(
        {key for point in points for item in point.items for line in item.lines for key in line.keys}
    )
    head = f"<!-- from {plots_rest_on(keys)} --><!-- priced by {','.join(keys)} -->{at}<title>"
    for name, text in plots.both(curves).items():
        path_of(name).write_text(text.replace("<title>", head, 1), encoding="utf-8")


def section(made: diagram.Picture) -> str:
    """Return what the page says of a stack: its picture, in words, and as Mermaid."""
    return "\n".join(
        [
            f"## {made.stack}",
            "",
            f"![The stack {made.stack}](pictures/{made.stack}.svg)",
            "",
            made.said,
            "",
            "<details><summary>As Mermaid</summary>",
            "",
            "```mermaid",
            diagram.mermaid(made),
            "```",
            "",
            "</details>",
        ]
    )


def main() -> None:
    """Draw what is stale, and write the page."""
    FOLDER.mkdir(exist_ok=True)
    sections, at = [], ""
    for name in files.names():
        loaded = stack.load(name)
        plan = stack.plan(loaded)
        made = diagram.picture(loaded.spec, plan)
        sections.append(section(made))
        at += plotted_at(loaded, plan) if name in PLOTTED else ""
        if stale(name, loaded.spec, plan):
            path_of(name).write_text(diagram.svg(made), encoding="utf-8")
    for path in FOLDER.glob("*.svg"):
        if path.stem not in {*files.names(), *PLOTS, *recordings.RECORDED}:
            path.unlink()
    if any(plot_is_stale(name) or at not in path_of(name).read_text("utf-8") for name in PLOTS):
        _plot(at)
    pages.write(PAGE, "\n\n".join(sections))


if __name__ == "__main__":
    main()
