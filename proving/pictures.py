"""The pictures of the stacks in docs/, made from their plans. Run as a program, it draws anew those that are stale."""

from pathlib import Path

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


def plots_rest_on() -> str:
    """Return a digest of what the plots are reckoned with: prices, hosted chats, use and sizes."""
    paths = [PRODUCT / one for one in ("clouds/prices.toml", "rehearsal/hosted_chats.toml")]
    paths += [PRODUCT / "rocketchat" / one for one in ("usage.py", "sizing.py")]
    return diagram.digest("\n".join(path.read_text(encoding="utf-8") for path in paths))


def plotted_from(name: str) -> str:
    """Return the digest that a plot was drawn from; empty where there is none."""
    path = path_of(name)
    return diagram.drawn_from(path.read_text(encoding="utf-8")) if path.exists() else ""


def plotted_at(loaded: stack.RehearsedStack, plan: Plan) -> str:
    """Return how a plot tells what a stack costs as its file has it."""
    return f"<!-- {loaded.name}: {cost.of_stack(loaded, plan).total.whole} -->"


def _plot(costs: str) -> None:
    made = plots.both([by_users.curve(stack.load(name)) for name in PLOTTED])
    for name, text in made.items():
        head = f"<!-- from {plots_rest_on()} -->{costs}<title>"
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
    sections, costs = [], ""
    for name in files.names():
        loaded = stack.load(name)
        plan = stack.plan(loaded)
        made = diagram.picture(loaded.spec, plan)
        sections.append(section(made))
        costs += plotted_at(loaded, plan) if name in PLOTTED else ""
        if stale(name, loaded.spec, plan):
            path_of(name).write_text(diagram.svg(made), encoding="utf-8")
    for path in FOLDER.glob("*.svg"):
        if path.stem not in {*files.names(), *PLOTS, *recordings.RECORDED}:
            path.unlink()
    if any(
        plotted_from(name) != plots_rest_on() or costs not in path_of(name).read_text("utf-8")
        for name in PLOTS
    ):
        _plot(costs)
    pages.write(PAGE, "\n\n".join(sections))


if __name__ == "__main__":
    main()
