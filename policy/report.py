"""What people and other tools read: a table, JSON, SARIF 2.1.0, JUnit. Paths only; no value is ever shown."""

import json
from collections.abc import Sequence
from typing import Any, Final
from xml.etree import ElementTree as ET

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from policy.judge import Finding, Report
from policy.places import place
from policy.rule import Rule, Severity
from policy.rules import RULES
from stacks.words import count

_COLOURS: Final = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}
_SCORES: Final = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}
"""`security-severity` of code scanning: critical above 9, high above 7, medium above 4."""
SARIF_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def table(report: Report, console: Console, *, everything: bool = False) -> None:
    """Print the judgment of a stack. Advisory findings and unknown values are counted unless all are wanted."""
    shown = [*report.blocking, *(report.advisory if everything else ())]
    if shown:
        grid = Table(box=None, pad_edge=False, show_header=True, header_style="dim")
        for heading in ("", "rule", "resource", "what is wrong", "what to do"):
            grid.add_column(heading, overflow="fold")
        for finding in shown:
            colour = _COLOURS[finding.rule.severity]
            grid.add_row(
                f"[{colour}]{'✗' if finding.blocking else '•'} {finding.rule.severity}[/]",
                finding.rule.id,
                escape(_place(finding)),
                escape(finding.message),
                escape(finding.rule.fix),
            )
        console.print(grid)
    if everything:
        for finding in report.unknown:
            console.print(
                f"[dim]? {finding.rule.id}  {escape(_place(finding))}  not known before the deployment[/]"
            )
        for kind, number in report.unjudged.items():
            console.print(f"[dim]- {escape(kind)} ({number}): known to no rule[/]")
    for finding in report.waived:
        waiver = finding.waiver
        if waiver is None:
            continue
        console.print(
            f"[dim]waived until {waiver.expires}: {finding.rule.id}  {escape(_place(finding))}: "
            f"{escape(waiver.reason)}[/]"
        )
    for waiver in report.expired:
        console.print(
            f"[red]✗ the waiver of {waiver.rule} for {escape(waiver.resource)} ended on {waiver.expires}[/]"
        )
    for waiver in report.unused:
        console.print(
            f"[yellow]• the waiver of {waiver.rule} for {escape(waiver.resource)} waives nothing: take it out[/]"
        )
    console.print(summary(report), style="green" if report.clean else "bold red", highlight=False)


def counted(mandatory: int, advisory: int, unknown: int, waived: int = 0) -> str:
    """Return how much was found: a finding is one rule's, at one path of one resource. Unknown values are none."""
    more = [f"{count(unknown, 'value')} not known yet"] if unknown else []
    more += [f"{waived} waived"] if waived else []
    return ", ".join([f"{mandatory} mandatory and {count(advisory, 'advisory finding')}", *more])


def summary(report: Report) -> str:
    """Return the judgment in one line."""
    verdict = "passes" if report.clean else "is refused"
    return (
        f"{report.stack} ({report.environment}) {verdict}: "
        f"{counted(len(report.blocking), len(report.advisory), report.places, len(report.waived))}; "
        f"{count(report.rules, 'rule')} on {count(report.resources, 'resource')} in {report.seconds * 1000:.0f} ms"
        f"{unknown_types(report)}"
    )


def unknown_types(report: Report) -> str:
    """Return how many resources no rule is about; nothing where there are none."""
    number, kinds = sum(report.unjudged.values()), len(report.unjudged)
    if not number:
        return ""
    return (
        f"; {count(number, 'resource')} of {count(kinds, 'type')} "
        f"{'are' if number != 1 else 'is'} known to no rule"
    )


def _place(finding: Finding) -> str:
    return f"{finding.subject.name} {finding.path}".strip()


def as_json(reports: Sequence[Report]) -> dict[str, Any]:
    """Return the judgments for other programs."""
    return {
        "clean": all(report.clean for report in reports),
        "stacks": [
            {
                "stack": report.stack,
                "environment": report.environment,
                "clean": report.clean,
                "resources": report.resources,
                "rules": report.rules,
                "milliseconds": round(report.seconds * 1000, 1),
                "findings": [_finding(finding) for finding in report.findings],
                "unknown": [_finding(finding) for finding in report.unknown],
                "waived": [_finding(finding) for finding in report.waived],
                "expiredWaivers": [waiver.shown() for waiver in report.expired],
                "knownToNoRule": dict(report.unjudged),
                "unusedWaivers": [waiver.shown() for waiver in report.unused],
            }
            for report in reports
        ],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "rule": finding.rule.id,
        "severity": finding.rule.severity.value,
        "level": finding.rule.level.value,
        "blocking": finding.blocking,
        "type": finding.subject.type,
        "name": finding.subject.name,
        "urn": finding.subject.urn,
        "path": finding.path,
        "message": finding.message,
        "fix": finding.rule.fix,
        "link": finding.rule.link,
        "maps": list(finding.rule.maps),
    }
    if finding.waiver is not None:
        shown["waiver"] = finding.waiver.shown()
    return shown


def as_sarif(reports: Sequence[Report], unjudged: Sequence[str] = ()) -> dict[str, Any]:
    """Return the judgments as SARIF 2.1.0, one run; a finding's file is the stack file that it comes from.

    `unjudged` says why stacks were not judged: the run is no success then, and a finding that is missing may be there.
    """
    numbers = {rule.id: number for number, rule in enumerate(RULES)}
    results: list[dict[str, Any]] = []
    for report in reports:
        for kind, findings in (("fail", report.findings), ("open", report.unknown), ("fail", report.waived)):
            results += [_result(report, finding, kind, numbers[finding.rule.id]) for finding in findings]
    driver = {
        "name": "rocketchat-policy",
        "informationUri": "https://www.pulumi.com/docs/insights/policy/",
        "rules": [_descriptor(rule) for rule in RULES],
    }
    return {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "invocations": [
                    {
                        "executionSuccessful": not unjudged,
                        "toolExecutionNotifications": [
                            {"level": "error", "message": {"text": reason}} for reason in unjudged
                        ],
                    }
                ],
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }


def _descriptor(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": f"{rule.title}. {rule.fix}"},
        "help": {"text": f"{rule.fix} See {rule.link}", "markdown": f"{rule.fix} [More]({rule.link})"},
        "helpUri": rule.link,
        "defaultConfiguration": {"level": "error" if rule.level.blocks(production=True) else "note"},
        "properties": {
            "security-severity": _SCORES[rule.severity],
            "tags": ["security", rule.area, *rule.maps],
        },
    }


def _result(report: Report, finding: Finding, kind: str, number: int) -> dict[str, Any]:
    file, line = place(report.stack, finding.subject, finding.path)
    result: dict[str, Any] = {
        "ruleId": finding.rule.id,
        "ruleIndex": number,
        "kind": kind,
        "level": "none" if kind == "open" else ("error" if finding.blocking else "note"),
        "message": {"text": f"{_place(finding)}: {finding.message}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": file, "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": line},
                },
                "logicalLocations": [
                    {
                        "name": finding.subject.name,
                        "fullyQualifiedName": finding.subject.urn,
                        "kind": "resource",
                    }
                ],
            }
        ],
        "partialFingerprints": {
            "finding/v1": f"{report.stack}|{finding.rule.id}|{finding.subject.urn}|{finding.path}"
        },
    }
    if finding.waiver is not None:
        result["suppressions"] = [{"kind": "external", "justification": finding.waiver.reason}]
    return result


def as_junit(reports: Sequence[Report], unjudged: Sequence[str] = ()) -> str:
    """Return the judgments as JUnit: a suite for each stack, a case for each rule that had something to judge.

    A rule that could not judge all of it yet is skipped, not passed. `unjudged` says why stacks were not judged: each
    is an error.
    """
    suites = ET.Element("testsuites", name="policy")
    if unjudged:
        number = str(len(unjudged))
        suite = ET.SubElement(suites, "testsuite", name="not judged", tests=number, errors=number)
        for reason in unjudged:
            case = ET.SubElement(suite, "testcase", classname="not judged", name=reason.partition("\n")[0])
            ET.SubElement(case, "error", message="not judged").text = reason
    for report in reports:
        wrong: dict[str, list[Finding]] = {}
        for finding in report.findings:
            wrong.setdefault(finding.rule.id, []).append(finding)
        unsure: dict[str, list[Finding]] = {}
        for finding in report.unknown:
            unsure.setdefault(finding.rule.id, []).append(finding)
        blocking = {finding.rule.id for finding in report.blocking}
        suite = ET.SubElement(
            suites,
            "testsuite",
            name=report.stack,
            tests=str(len(report.judged) + len(report.expired)),
            failures=str(len(blocking) + len(report.expired)),
            skipped=str(len(unsure.keys() - blocking)),
            time=f"{report.seconds:.3f}",
        )
        for rule in report.judged:
            case = ET.SubElement(suite, "testcase", classname=f"{report.stack}.{rule.area}", name=rule.id)
            lines = [f"{_place(finding)}: {finding.message}" for finding in wrong.get(rule.id, ())]
            hidden = [f"{_place(finding)}: not known yet" for finding in unsure.get(rule.id, ())]
            if rule.id in blocking:
                failure = ET.SubElement(case, "failure", message=rule.title, type=rule.severity.value)
                failure.text = "\n".join([*lines, *hidden, rule.fix, rule.link])
                continue
            if hidden:
                ET.SubElement(case, "skipped", message="not known before the deployment").text = "\n".join(
                    hidden
                )
            if lines:
                ET.SubElement(case, "system-out").text = "\n".join([*lines, rule.fix, rule.link])
        for waiver in report.expired:
            case = ET.SubElement(
                suite,
                "testcase",
                classname=f"{report.stack}.waivers",
                name=f"{waiver.rule} {waiver.resource}",
            )
            ET.SubElement(case, "failure", message=f"the waiver ended on {waiver.expires}", type="waiver")
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def as_markdown(reports: Sequence[Report], unjudged: Sequence[str] = ()) -> str:
    """Return the judgments as Markdown, for the comment of a pull request, after why stacks were not judged."""
    lines: list[str] = []
    if unjudged:
        lines += ["### ❌ Not judged", "", *(f"```text\n{reason}\n```\n" for reason in unjudged)]
    for report in reports:
        mark = "✅" if report.clean else "❌"
        lines += [f"### {mark} {report.stack}", "", summary(report) + ".", ""]
        if report.findings:
            lines += ["| | rule | resource | what is wrong | what to do |", "|---|---|---|---|---|"]
        for finding in report.findings[:MOST_ROWS]:
            level = f"**{finding.rule.severity}**" if finding.blocking else finding.rule.severity.value
            cells = (level, f"[{finding.rule.id}]({finding.rule.link})", f"`{_place(finding)}`")
            row = (*cells, finding.message, finding.rule.fix)
            lines.append(
                "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) + " |"
            )
        if len(report.findings) > MOST_ROWS:
            lines.append(f"\n… and {len(report.findings) - MOST_ROWS} more.")
        if report.unknown:
            ids = sorted({finding.rule.id for finding in report.unknown})
            lines += ["", f"Not known before the deployment: {', '.join(ids)}."]
        for waiver in report.expired:
            lines += [
                "",
                f"❌ The waiver of {waiver.rule} for `{waiver.resource}` ended on {waiver.expires}.",
            ]
        for finding in report.waived:
            if finding.waiver is not None:
                told = f"{finding.rule.id} for `{finding.subject.name}` until {finding.waiver.expires}"
                lines += ["", f"Waived: {told}: {finding.waiver.reason}"]
        lines.append("")
    return "\n".join(lines)


MOST_ROWS: Final = 100
"""Rows of a table: GitHub takes comments of 65,536 characters."""


def text(content: dict[str, Any]) -> str:
    """Return JSON as it is written to a file."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
