"""A stack on one page: a file that shows everything and fetches nothing."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from automation.values import NOT_CHANGES, REPLACING, Result, short_type
from rehearsal import by_users, cost, cost_show, golden, show, summary
from rehearsal.by_users import Curve
from rehearsal.errors import RehearsalError
from rehearsal.plan import Plan, PlannedResource
from rehearsal.report import Rehearsed
from reports import MISSING, diagram, plots, secrets
from rocketchat import __version__
from stacks.guide import next_steps
from stacks.project import COMMAND

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_TEMPLATES: Final = Path(__file__).parent / "templates"
_SIGNS: Final[Mapping[str, str]] = MappingProxyType({"create": "+", "delete": "-", "update": "~"})
_LONGEST: Final = 2000
"""Characters of one input that are shown."""


def write(
    rehearsed: Rehearsed,
    *,
    most: int,
    deployed: Result | None = None,
    on_step: Callable[[str], None] = lambda _: None,
) -> str:
    """Return the page of a stack as HTML; `deployed` is a preview of what is deployed, to show what would change.

    Raises RehearsalError where the packages for it are missing.
    """
    environment = _environment()
    loaded, plan, spec = rehearsed.loaded, rehearsed.plan, rehearsed.loaded.spec
    on_step("the picture")
    picture = diagram.picture(spec, plan)
    drawn = diagram.svg(picture)
    curve = by_users.curve(loaded, most=most, on_planned=lambda users: on_step(f"the cost for {users} users"))
    on_step("the page")
    estimate = cost.of_stack(loaded, plan)
    rows = [row for row in summary.rows(spec, plan) if row[0] != "address"]
    script = (_TEMPLATES / "page.js").read_text(encoding="utf-8")
    text = environment.get_template("page.html").render(
        version=__version__,
        stack=loaded.name,
        spec=spec,
        url=plan.outputs.get("url", f"https://{spec.parts.chat.host}"),
        ok=rehearsed.ok,
        failed=[one for one in rehearsed.checks if not one.ok],
        warnings=[warning for one in rehearsed.checks for warning in one.warnings],
        checks=rehearsed.checks,
        rows=rows,
        estimate=estimate,
        per_user=cost.Range(
            estimate.total.low / spec.parts.chat.users, estimate.total.high / spec.parts.chat.users
        ),
        dearest=max((usd.high for usd in estimate.components.values()), default=1) or 1,
        picture=picture,
        drawn=drawn,
        plots=plots.both([curve]),
        compared=_compared(curve),
        curve=curve,
        hosted=by_users.hosted(),
        public=_public(plan),
        secrets=secrets.of_stack(loaded, plan),
        policies=rehearsed.policies,
        tree=_tree(plan, plan.root),
        counted=sum(one.custom for one in plan.resources),
        golden=golden.path_of(loaded.name).exists() and loaded.elsewhere is None,
        changes=golden.compare(plan) if golden.path_of(loaded.name).exists() else [],
        deployed=deployed,
        steps_of_deployed=[] if deployed is None else _steps_of(deployed),
        command=f"{COMMAND} report {loaded.name} --deployed",
        outputs=_outputs(plan),
        steps=_steps(next_steps(spec, loaded.name, plan.outputs, loaded.unset)),
        style=(_TEMPLATES / "page.css").read_text(encoding="utf-8"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    return str(text)


def _environment() -> "Environment":
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError:
        raise RehearsalError(MISSING) from None
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["short"] = short_type
    made.filters["words"] = _words
    return made


def _words(text: str) -> "Markup":
    """Return a text as HTML, with what stands in backquotes as code."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - it is escaped


def _compared(curve: Curve) -> list[tuple[by_users.Hosted, str]]:
    return [(chat, cost_show.said_from(curve, *curve.cheaper_from(chat))) for chat in by_users.hosted()]


def _public(plan: Plan) -> list[tuple[str, str, str]]:
    found = {
        (
            one.what if not one.what[:1].isdigit() else f"port {one.what}",
            one.component,
            short_type(one.resource.type),
        )
        for one in summary.openings(plan)
    }
    return sorted(found, key=lambda one: (one[1], one[0]))


def _tree(plan: Plan, parent: PlannedResource) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "type": short_type(one.type) if one.custom else one.type.rpartition(":")[2],
            "custom": one.custom,
            "purpose": show.purpose(one),
            "marks": _marks(one),
            "inputs": _inputs(one) if one.custom else [],
            "children": _tree(plan, one),
        }
        for one in plan.children(parent.urn)
    ]


def _marks(one: PlannedResource) -> list[str]:
    return [
        *(["holds secrets"] if one.secret_paths else []),
        *(["protected"] if one.protect else []),
        *(["kept on destroy"] if one.options.get("retainOnDelete") else []),
    ]


def _inputs(one: PlannedResource) -> list[tuple[str, str]]:
    told: Mapping[str, Any] = one.to_json()["inputs"]
    return [(key, _text(value)) for key, value in sorted(told.items())]


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"


def _steps_of(deployed: Result) -> list[str]:
    """Return in a line each what a deployment would do to a resource: by name and property, never a value."""
    return [
        f"{_sign(step.operation)} {step.name} ({short_type(step.type)})"
        + (f": {', '.join(step.changed)}" if step.changed else "")
        for step in deployed.steps
        if step.operation not in NOT_CHANGES
    ]


def _sign(operation: str) -> str:
    return "±" if operation in REPLACING else _SIGNS.get(operation, operation)


def _outputs(plan: Plan) -> list[tuple[str, str]]:
    return [(key, _text(value)) for key, value in plan.outputs.items()]


def _steps(steps: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return each step as what to do and its commands."""
    return [(first, rest) for first, *rest in (one.splitlines() for one in steps)]
