"""What a branch does to every stack: resources, cost and findings, as Markdown for a pull request."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clouds import effects
from rehearsal import golden, standins
from rehearsal.cost import Range
from reports.versions import Version
from stacks.engine import name_of
from stacks.words import count

_MOST_LINES = 60
"""Lines of one stack; what does not fit is counted."""
_LONGEST = 200


@dataclass(frozen=True)
class Change:
    """What happens to one stack."""

    stack: str
    state: str
    """`added`, `removed`, `changed`, `unchanged`, or why it cannot be planned."""
    made: Sequence[str] = ()
    removed: Sequence[str] = ()
    replaced: Sequence[str] = ()
    changed: Sequence[str] = ()
    """Resources by name and type."""
    lines: Sequence[str] = ()
    """Every resource and property that differs."""
    lost: Sequence[str] = ()
    """What data go, in sentences."""
    before: Range | None = None
    now: Range | None = None
    """US dollars a month."""
    charges: Sequence[tuple[str, Range, Range]] = ()
    """Components that cost something else: name, before, now."""
    unpriced: Sequence[str] = ()
    """What has no price now and had one, or was not there."""
    found: Sequence[Mapping[str, Any]] = ()
    """Findings that were not there before."""
    mended: Sequence[Mapping[str, Any]] = ()

    @property
    def blocking(self) -> bool:
        """Whether something is found now that stops a deployment."""
        return any(one["blocking"] for one in self.found)

    @property
    def state_in_short(self) -> str:
        """The state in one line, without the list that may follow it."""
        return self.state.partition("\n")[0].rstrip(":")

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to tell."""
        return self.state == "unchanged"

    def to_json(self) -> dict[str, Any]:
        """Return the change for other programs."""
        return {
            "stack": self.stack,
            "state": self.state,
            "resources": {
                "made": list(self.made),
                "removed": list(self.removed),
                "replaced": list(self.replaced),
                "changed": list(self.changed),
            },
            "lines": list(self.lines),
            "lost": list(self.lost),
            "usd": {
                "before": None if self.before is None else self.before.to_json(),
                "now": None if self.now is None else self.now.to_json(),
            },
            "unpriced": list(self.unpriced),
            "found": list(self.found),
            "mended": list(self.mended),
        }


def compare(before: Version, now: Version) -> list[Change]:
    """Return what happens to every stack that is in either version."""
    names = sorted({*before.plans, *before.wrong, *now.plans, *now.wrong})
    return [_one(name, before, now) for name in names]


def _one(name: str, before: Version, now: Version) -> Change:
    if name in now.wrong:
        return Change(name, f"cannot be planned: {now.wrong[name]}")
    old, new = (
        golden.of_json(each.plans[name]["resources"]) if name in each.plans else {} for each in (before, now)
    )
    both = bool(old and new)
    common = sorted(old.keys() & new.keys())
    replaced = [tail for tail in common if _is_replaced(tail, old[tail], new[tail])]
    changed = [tail for tail in common if old[tail] != new[tail] and tail not in replaced]
    # Of a stack that comes or goes as a whole its resources are not listed.
    made = sorted(new.keys() - old.keys()) if both else []
    gone = sorted(old.keys() - new.keys()) if both else []
    lines = golden.difference(old, new) if both else []
    costs = before.costs.get(name), now.costs.get(name)
    charges = _charges(*costs) if both else []
    # A version that plans a stack and tells no findings knows of none: nothing can be said to be new.
    compared = name in before.findings or name not in before.plans
    found, mended = _findings(before.findings.get(name), now.findings.get(name)) if compared else ([], [])
    state = "changed" if both else "removed" if old else "added"
    if both and not (lines or found or mended or charges):
        state = "unchanged"
    types = {golden.type_of(tail) for tail in old}
    return Change(
        name,
        state,
        made=[golden.title(tail) for tail in made],
        removed=[golden.title(tail) for tail in gone],
        replaced=[golden.title(tail) for tail in replaced],
        changed=[golden.title(tail) for tail in changed],
        lines=lines,
        lost=[
            effects.loss(golden.type_of(tail), name_of(tail))
            for tail in (*gone, *replaced)
            if effects.holds_data(golden.type_of(tail), name_of(tail), types)
        ],
        before=_usd(costs[0]),
        now=_usd(costs[1]),
        charges=charges,
        unpriced=_unpriced(*costs),
        found=found,
        mended=mended,
    )


def _is_replaced(tail: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    token = golden.type_of(tail)
    if effects.is_revision(token):
        return False
    return bool(standins.replacing(token, old.get("inputs", {}), new.get("inputs", {})))


def _usd(told: Mapping[str, Any] | None) -> Range | None:
    return None if told is None else Range(told["total"]["low"], told["total"]["high"])


def _charges(
    before: Mapping[str, Any] | None, now: Mapping[str, Any] | None
) -> list[tuple[str, Range, Range]]:
    if before is None or now is None:
        return []
    sides = [{name: Range(**usd) for name, usd in told["components"].items()} for told in (before, now)]
    return [
        (name, sides[0].get(name, Range()), sides[1].get(name, Range()))
        for name in sorted(sides[0].keys() | sides[1].keys())
        if sides[0].get(name) != sides[1].get(name)
    ]


def _unpriced(before: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> list[str]:
    known = set(before["unpriced"]) if before is not None else set[str]()
    return [one for one in (now["unpriced"] if now is not None else ()) if one not in known]


def _findings(
    before: Mapping[str, Any] | None, now: Mapping[str, Any] | None
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    sides: list[dict[tuple[str, str, str], Mapping[str, Any]]] = [
        {(one["rule"], one["urn"], one["path"]): one for one in (told or {}).get("findings", ())}
        for told in (before, now)
    ]
    found = [one for key, one in sides[1].items() if key not in sides[0]]
    mended = [one for key, one in sides[0].items() if key not in sides[1]]
    return found, mended if now is not None else []


# ------------------------------------------------------------------------------------------------ Markdown


def markdown(changes: Sequence[Change], base: str) -> str:
    """Return the changes as Markdown: a table of the stacks, then each that changes, folded."""
    loud = [one for one in changes if not one.quiet]
    title = f"### What changes in {len(loud)} of {count(len(changes), 'stack')} since `{base}`"
    if not loud:
        return f"### Nothing changes in any of {count(len(changes), 'stack')} since `{base}`\n"
    lines = [title, ""]
    lines += [f"> **DATA:** {one.stack}: {said}" for one in loud for said in one.lost]
    lines += [""] if any(one.lost for one in loud) else []
    lines += ["| stack | resources | USD a month | findings |", "|---|---|---|---|"]
    lines += [_row(one) for one in loud]
    for one in loud:
        lines += ["", *_folded(one)]
    return "\n".join(lines) + "\n"


def _row(one: Change) -> str:
    counted = {"+": one.made, "−": one.removed, "±": one.replaced, "~": one.changed}  # noqa: RUF001
    resources = " ".join(f"{sign}{len(which)}" for sign, which in counted.items() if which)
    resources = resources or ("as before" if one.state == "changed" else one.state_in_short)
    return f"| {one.stack} | {_cell(resources)} | {_money(one)} | {_found(one)} |"


def _money(one: Change) -> str:
    if one.before is None or one.now is None:
        only = one.now or one.before
        return "" if only is None else f"{only.whole}"
    if one.before == one.now:
        return one.now.whole
    return f"{one.before.whole} → {one.now.whole} ({one.before.until(one.now)})"


def _found(one: Change) -> str:
    blocking = sum(bool(each["blocking"]) for each in one.found)
    told = [f"**{blocking} new that block**"] if blocking else []
    told += [f"{len(one.found) - blocking} new"] if len(one.found) > blocking else []
    told += [f"{len(one.mended)} fixed"] if one.mended else []
    return ", ".join(told) or {"changed": "as before", "added": "none"}.get(one.state, "")


def _folded(one: Change) -> Iterator[str]:
    yield f"<details><summary>{one.stack}: {_cell(one.state_in_short)}</summary>"
    yield ""
    if one.state not in {"added", "removed", "changed"}:
        yield from ("```", _fenceless(one.state), "```")
    for each in one.found:
        block = "**blocks** " if each["blocking"] else ""
        yield f"- found: {block}`{each['rule']}` at {each['name']}: {_cell(each['message'])}. {_cell(each['fix'])}"
    yield from (f"- fixed: `{each['rule']}` at {each['name']}" for each in one.mended)
    yield from (f"- no price: {_cell(said)}" for said in one.unpriced)
    for name, before, now in one.charges:
        yield f"- {name}: {before} → {now} USD a month"
    yield from (f"- replaced: {name}" for name in one.replaced)
    if one.lines:
        yield ""
        yield "```diff"
        for line in one.lines[:_MOST_LINES]:
            # A changed property is neither: it would be shown in the colour of text.
            yield _fenceless(line.replace("~ ", "! ", 1) if line.startswith("~ ") else line)[:_LONGEST]
        if len(one.lines) > _MOST_LINES:
            yield f"# and {len(one.lines) - _MOST_LINES} more"
        yield "```"
    yield ""
    yield "</details>"


def _fenceless(text: str) -> str:
    return text.replace("```", "'''")


def _cell(text: str) -> str:
    for plain, safe in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("\n", " ")):
        text = text.replace(plain, safe)
    return text
