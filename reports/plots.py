"""What stacks and hosted chats cost by the number of users, as two plots: per month, and per user."""

import io
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from rehearsal.by_users import Curve, Hosted, hosted
from rehearsal.errors import RehearsalError
from reports import MISSING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK, _PAPER, _RULE = "#101828", "#fefefe", "#d0d5de"
_LINES: Final = ("#1d5fa9", "#c2410d", "#15803e", "#7e22cf", "#b4540a", "#0e7491", "#be1860", "#4d7c10")
_DARK: Final = {
    _INK: "#e6eaf2",
    _PAPER: "#101826",
    _RULE: "#344054",
    **dict(
        zip(
            _LINES,
            ("#6cb0f5", "#fb923d", "#4ade81", "#c084fd", "#fbbf25", "#22d3ef", "#f472b7", "#a3e636"),
            strict=True,
        )
    ),
}
"""What each colour is in the dark."""
_STYLES: Final = ("--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)))
"""Hosted chats differ by their dashes, too: not everybody tells colours apart."""


def both(curves: Sequence[Curve]) -> dict[str, str]:
    """Return both plots as SVG, by the names of their files. Raises RehearsalError without Matplotlib."""
    return {
        "cost-per-month": _plot(curves, "US dollars a month", lambda usd, _: usd),
        "cost-per-user": _plot(curves, "US dollars a user and month", lambda usd, users: usd / users),
    }


def _plot(curves: Sequence[Curve], title: str, of: Callable[[float, int], float]) -> str:
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
        from matplotlib.ticker import LogLocator, NullLocator
    except ImportError:
        raise RehearsalError(MISSING) from None
    colours: Any = {
        "text.color": _INK,
        "axes.labelcolor": _INK,
        "axes.edgecolor": _RULE,
        "xtick.color": _INK,
        "ytick.color": _INK,
        "grid.color": _RULE,
        "svg.fonttype": "none",
        "svg.hashsalt": title,
        "font.family": "sans-serif",
        "font.size": 11,
    }
    with mpl.rc_context(colours):
        figure = Figure(figsize=(6.4, 4.6), layout="constrained")
        figure.patch.set_alpha(0)
        axes = figure.subplots()
        axes.patch.set_alpha(0)
        most = max(one.most for one in curves)
        users = [one for one in range(1, most + 1) if one <= 100 or one % 5 == 0 or one == most]
        for at, curve in enumerate(curves):
            _stack(axes, curve, [one for one in users if one <= curve.most], _LINES[at % len(_LINES)], of)
        for at, chat in enumerate(hosted()):
            _hosted(axes, chat, users, at + len(curves), of)
        axes.set_xscale("log")
        axes.set_yscale("log")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=24))
            axis.set_minor_locator(NullLocator())
            axis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}")
        axes.set_xlim(1, most)
        axes.set_xlabel("users")
        axes.set_title(title, loc="left", fontsize=12, fontweight="bold")
        axes.grid(visible=True, which="major", linewidth=0.8)
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=10)
        made = io.StringIO()
        figure.savefig(made, format="svg", metadata={"Date": None, "Creator": None})
    return _dressed(made.getvalue(), title, curves)


def _stack(
    axes: "Axes", curve: Curve, users: Sequence[int], colour: str, of: Callable[[float, int], float]
) -> None:
    low = [of(curve.month(one).low, one) for one in users]
    high = [of(curve.month(one).high, one) for one in users]
    name = curve.stack if curve.complete else f"{curve.stack}, at least"
    axes.fill_between(users, low, high, color=colour, alpha=0.25, linewidth=0)
    axes.plot(users, high, color=colour, linewidth=2.4, label=name)
    axes.plot(users, low, color=colour, linewidth=1)


def _hosted(
    axes: "Axes", chat: Hosted, users: Sequence[int], at: int, of: Callable[[float, int], float]
) -> None:
    usd: list[Any] = [of(chat.month(one).low, one) for one in users]
    style: Any = _STYLES[at % len(_STYLES)]
    axes.plot(users, usd, color=_LINES[at % len(_LINES)], linestyle=style, linewidth=1.6, label=chat.name)


def _dressed(text: str, title: str, curves: Sequence[Curve]) -> str:
    """Return a plot without what only files need, with colours that change in the dark, and words beside it."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # Two plots on a page would have these ids twice.
    text = re.sub(r' id="[A-Za-z0-9.]+_[0-9]+"', "", text)
    text = re.sub(r'(id="|#)([mp][0-9a-f]{10})\b', rf"\1plot{len(title)}\2", text)
    rules = "".join(
        f'.plot [style*="fill: {light}"]{{fill:{dark}!important}}'
        f'.plot [style*="stroke: {light}"]{{stroke:{dark}!important}}'
        for light, dark in _DARK.items()
    )
    font = ".plot text{font-family:system-ui,sans-serif!important}"
    style = f"<style>{font}@media screen and (prefers-color-scheme:dark){{{rules}}}</style>"
    said = f"{title} by the number of users: {', '.join(one.stack for one in curves)} beside hosted chats"
    start, rest = text.split(">", 1)
    return f'{start} class="plot" role="img" aria-label="{said}"><title>{said}</title>{style}{rest}'
