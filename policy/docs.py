"""Writes docs/policies.md from the rules: `python -m policy.docs`."""

import json
from collections import Counter
from pathlib import Path
from typing import Final

from policy.rule import STANDARDS, Level, Needs, Rule, standard
from policy.rules import AREAS, RULES

PAGE: Final = Path(__file__).parent.parent / "docs" / "policies.md"
CAUGHT: Final = Path(__file__).parent / "caught.json"
"""What `python -m proving.policy_mutations` found out."""
_HEAD: Final = """# The rules that stacks are judged by

This page is generated from `policy/rules/` by `make docs`; a test fails when it is stale.

    rocketchat policy                            # all stacks, from their plans; no CLI, no account
    rocketchat policy lovia-fargate --all        # one stack, with advice and with what is not known yet
    rocketchat policy --state export.json NAME   # what `pulumi stack export` wrote
    pulumi preview --policy-pack policy          # in the engine, before each update
    pulumi policy analyze --file state.json --policy-pack policy

The same rules run in all of these. Exit status of `rocketchat policy`: 0 nothing stops a deployment, 1 something
does, or a stack could not be judged. `--file` (JSON), `--sarif` (2.1.0), `--junit` and `--markdown` write the findings
for others. Any Pulumi program can be judged: [for your own program](policy-for-your-program.md).

An engine without Pulumi's Python language plugin finds the pack's interpreter by `policy/launcher` on `PATH`.

## Levels

| level | meaning |
|---|---|
| mandatory | a finding stops the deployment |
| mandatory in production | the same in production; advice in a trial. A stack's own `chat.profile` says which it is |
| remediate | mandatory; and in the engine the pack mends the input by itself |
| advisory | is shown, and stops nothing |

Where a rule maps to a control, both ask for the same; **part of** says that the control asks for more.

Rules **of the product** are about what this project's components make and, in a program without them, about what runs
a Rocket.Chat server or leads to one. All others are asked about any program's resources.

A value that only the cloud can tell is **not known yet** in a preview. The rule says so for that one property and
judges the rest; such a rule has not passed. The rehearsal knows nearly all values, so it judges nearly everything.
Findings name rule, resource and path, never a value: rules see secrets in plaintext.

## Configuration and waivers

`policy/config.yaml` says for each stack what `policy/config_file.py` describes: environment, regions, registries,
ports, tags, and waivers. A waiver names one rule, one resource, a reason and its last day; after that day it is an
error, and one that waives nothing is reported.
"""


def page() -> str:
    """Return the page."""
    parts = [
        _HEAD,
        _numbers(),
        *(_area(module.__name__.rsplit(".", 1)[-1], module.__doc__ or "") for module in AREAS),
    ]
    parts += [_late(), _caught(), _coverage()]
    return "\n".join(parts)


def _numbers() -> str:
    lines = [
        f"## {len(RULES)} rules",
        "",
        "| area | " + " | ".join(Level) + " | all |",
        "|---|" + "---|" * (len(Level) + 1),
    ]
    for module in AREAS:
        area = module.__name__.rsplit(".", 1)[-1]
        counts = Counter(rule.level for rule in RULES if rule.area == area)
        cells = [str(counts[level] or "") for level in Level]
        lines.append(f"| [{area}](#{area}) | {' | '.join(cells)} | {sum(counts.values())} |")
    totals = Counter(rule.level for rule in RULES)
    lines.append(f"| all | {' | '.join(str(totals[level]) for level in Level)} | {len(RULES)} |")
    return "\n".join([*lines, ""])


def _stops(rule: Rule) -> str:
    """Return when a deployment is stopped: before the resource in question is made, or when all is made."""
    if not rule.level.blocks(production=True):
        return ""
    if rule.needs is Needs.STACK:
        return "after"
    return "before, after" if rule.why else "before"


def _late() -> str:
    late = [rule for rule in RULES if rule.why and rule.level.blocks(production=True)]
    whole = sum(rule.needs is Needs.STACK for rule in late)
    blocking = sum(rule.level.blocks(production=True) for rule in RULES)
    lines = [
        "## Before it is made, or after",
        "",
        f"Of {blocking} rules that can stop a deployment, {blocking - len(late)} are asked about each resource before",
        f"it is made, with those before it in view. {len(late) - whole} more are asked then, and again at the end",
        "about what is missing. What belongs together (ids, ARNs, references) the engine tells at the end only, and",
        f"{whole} rules need that. To stop those before anything is made, judge the plan first: `make policy`.",
        "",
        "| rule | stops | what is left for the end |",
        "|---|---|---|",
        *(f"| {rule.id} | {_stops(rule)} | {rule.why} |" for rule in late),
    ]
    return "\n".join([*lines, ""])


def _caught() -> str:
    lines = [
        "## What is caught",
        "",
        "Plans of this project's stacks are changed by one dangerous thing at a time, and by harmless ones. A change",
        "is caught when the rule that is meant for it stops the deployment: `tests/test_policy_mutations.py`. Groups",
        "that are not listed are not tried yet.",
        "",
        "| group | dangerous changes | caught | missed | harmless changes | refused wrongly |",
        "|---|---|---|---|---|---|",
    ]
    for group, told in json.loads(CAUGHT.read_text(encoding="utf-8")).items():
        missed = told["dangerous"] - told["caught"]
        named = f"{missed}: {'; '.join(told['missed'])}" if missed else "0"
        cells = (group, told["dangerous"], told["caught"], named, told.get("harmless", 0), len(told["wrong"]))
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    lines += [
        "",
        "Checkov, parliament, cloudsplaining and kube-score look at the same plans (`make scanners`,",
        "`tests/test_scanners.py`). What they find is reported by a rule of the pack at the same resource, or",
        "`tests/data/scanners.toml` says why it is not right here; a new finding fails the test.",
    ]
    return "\n".join([*lines, ""])


def _area(area: str, about: str) -> str:
    lines = [
        f"## {area}",
        "",
        about.strip(),
        "",
        "| rule | asks | of | level | stops | severity | what to do | maps to |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for rule in RULES:
        if rule.area == area:
            cells = (
                f"[{rule.id}]({rule.link})",
                rule.title,
                "product" if rule.product else "all" + f", with `{rule.asked_with}`" * bool(rule.asked_with),
                rule.level,
                _stops(rule),
                rule.severity,
                rule.fix,
                ", ".join(rule.maps),
            )
            lines.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _coverage() -> str:
    names = [name for _, name in STANDARDS]
    default = standard("")
    lines = [
        "## Coverage by standard",
        "",
        "| standard | controls | rules | controls that a rule here asks for |",
        "|---|---|---|---|",
    ]
    for name in (default, *names):
        rules = [rule for rule in RULES if any(standard(control) == name for control in rule.maps)]
        controls = sorted({c for rule in rules for c in rule.maps if standard(c) == name}, key=_natural)
        lines.append(f"| {name} | {len(controls)} | {len(rules)} | {', '.join(controls)} |")
    lines += ["", _compared()]
    return "\n".join(lines)


def _natural(control: str) -> tuple[str, ...]:
    return tuple(
        part.zfill(6) if part.isdigit() else part
        for part in control.replace(".", " ").replace("_", " ").split()
    )


def _compared() -> str:
    joining = sum(rule.joins for rule in RULES)
    return f"""## Compared with other packs

| pack | rules | for types that these stacks use |
|---|---|---|
| this one | {len(RULES)} | all; {joining} of them look at several resources together |
| Pulumi AWSGuard | 28 | 10; it reads a bucket's own logging property, which AWS v7 no longer fills |
| Pulumi compliance-policies, AWS | 97 | 36; one resource at a time; none for ECS, VPC, SES, WAF or Lightsail |
| Pulumi compliance-policies, Kubernetes | 303 | 18; 285 only refuse alpha and beta APIs |

Counted from the sources of those packs. None of them has a rule for DigitalOcean, MongoDB Atlas, Cloudflare or
Rocket.Chat.
"""


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
