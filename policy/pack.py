"""The rules as a CrossGuard pack: one policy for each rule, under the rule's id."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from grpc import StatusCode  # type: ignore[import-untyped]
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyComplianceFramework,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy import Severity as PackSeverity
from pulumi_policy.policy import _PolicyAnalyzerServicer

from policy import NOT_KNOWN
from policy.adapters import plain
from policy.asking import Asked, decode_once
from policy.config import Config
from policy.config_file import KEYS, ConfigError, config_file, load, overridden
from policy.judge import judge, look
from policy.model import UNKNOWN, Stack, Subject, canonical
from policy.rule import ANY, Needs, Remedy, Rule, standard
from policy.rules import RULES

NAME: Final = "rocketchat"
WAIVERS: Final = "waivers"
"""Name of the policy that says which waivers were used, and which have ended."""
_SHOWN: Final = 5
_SCHEMA: Final = PolicyConfigSchema(properties=KEYS)


def serve(config: Path | None = None) -> None:
    """Serve the pack to the engine that started this program. Does not return.

    `config` is the file of a pack of one's own; without it, the project's.
    """
    asked = Asked()
    path = config_file(config)
    try:
        made = policies(load("", path), asked)
    except ConfigError as error:
        sys.exit(str(error))
    _judging_each_stack_its_own_way(made, asked, path)
    decode_once(made, asked)
    PolicyPack(
        name=NAME,
        policies=made,
        enforcement_level=EnforcementLevel.MANDATORY,
        description="Security and reliability rules for Rocket.Chat deployments.",
        display_name="Rocket.Chat",
    )


def _judging_each_stack_its_own_way(made: list[Policy], asked: Asked, path: Path) -> None:
    """Build the policies anew when the engine says which stack is judged.

    It says so in one call only, before it asks for anything else, and of that call the SDK keeps nothing but the tags.
    """
    kept = _PolicyAnalyzerServicer.ConfigureStack

    def configure(self: Any, request: Any, context: Any) -> Any:
        asked.forget()
        try:
            made[:] = policies(load(request.stack, path, profile=_profile(request.config)), asked)
        except ConfigError as error:
            context.abort(StatusCode.INVALID_ARGUMENT, str(error))
        return kept(self, request, context)

    _PolicyAnalyzerServicer.ConfigureStack = configure  # type: ignore[method-assign, assignment]


def _profile(config: Mapping[str, str]) -> str | None:
    """Return what the stack file says of itself, where it does."""
    with contextlib.suppress(ValueError):
        chat = json.loads(config.get("rocketchat:chat", "{}"))
        if isinstance(chat, dict) and isinstance(chat.get("profile"), str):
            return str(chat["profile"])
    return None


def policies(config: Config, asked: Asked | None = None) -> list[Policy]:
    """Return the pack's policies, at the levels that the configuration gives them."""
    asked = Asked() if asked is None else asked
    made: list[Policy] = [policy for rule in RULES for policy in _policies(rule, config, asked)]
    made.append(
        StackValidationPolicy(
            name=NOT_KNOWN,
            description="Some values are not known before the deployment: these rules could not judge them yet.",
            enforcement_level=EnforcementLevel.ADVISORY,
            severity=PackSeverity.LOW,
            validate=_not_known(config, asked),
        )
    )
    made.append(
        StackValidationPolicy(
            name=WAIVERS,
            description="A waiver holds until its day.",
            enforcement_level=EnforcementLevel.MANDATORY,
            severity=PackSeverity.HIGH,
            validate=_waivers(config),
        )
    )
    return made


def _level(rule: Rule, config: Config) -> EnforcementLevel:
    if not rule.level.blocks(production=config.production):
        return EnforcementLevel.ADVISORY
    return EnforcementLevel.MANDATORY if rule.remedy is None else EnforcementLevel.REMEDIATE


def _policies(rule: Rule, config: Config, asked: Asked) -> Iterator[Policy]:
    """Give a rule as one policy, or as two of one name: before a resource is made, and when all is made."""
    about: dict[str, Any] = {
        "name": rule.id,
        "description": rule.title,
        "display_name": rule.title,
        "enforcement_level": _level(rule, config),
        "severity": PackSeverity(rule.severity.value),
        "framework": PolicyComplianceFramework(
            name=standard(rule.maps[0]), specification=", ".join(rule.maps)
        ),
        "tags": [rule.area, *rule.maps],
        "remediation_steps": rule.fix,
        "url": rule.link,
        "config_schema": _SCHEMA,
    }
    if rule.needs is not Needs.ONE:
        yield StackValidationPolicy(validate=_stack_validation(rule, config, asked), **about)
    if rule.remedy is not None:
        about["remediate"] = _remediation(rule, rule.remedy)
    if rule.needs is not Needs.STACK:
        yield ResourceValidationPolicy(validate=_resource_validation(rule, config, asked), **about)


def _waived(config: Config, rule: Rule, urn: str, name: str) -> bool:
    """Tell whether a waiver covers a finding. One that has ended still does: it is an error by itself."""
    return any(waiver.rule == rule.id and waiver.resource in {urn, name} for waiver in config.waivers)


def _resource_validation(
    rule: Rule, config: Config, asked: Asked
) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    types, sides = frozenset(rule.types), frozenset(rule.sides)
    every = ANY in types

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        subject, token = asked.subject(args), canonical(args.resource_type)
        if token in sides:
            judged = tuple(asked.so_far().of(*rule.types))
        elif every or token in types:
            judged = (subject,)
        else:
            return
        _report(rule, judged, asked.so_far(), overridden(config, args.get_config()), asked.told, report)

    return validate


def _report(
    rule: Rule,
    judged: Iterable[Subject],
    stack: Stack,
    config: Config,
    told: set[tuple[str, str, str, str]],
    report: ReportViolation,
) -> None:
    """Report what a rule finds and was not told before, by rule, URN, path and message."""
    for subject in judged:
        for is_unknown, path, message, about in look(rule, subject, stack, config):
            finding = (rule.id, about.urn, path, message)
            if is_unknown or finding in told or _waived(config, rule, about.urn, about.name):
                continue
            told.add(finding)
            report(f"{path}: {message}" if path else message, about.urn)


def _stack_validation(
    rule: Rule, config: Config, asked: Asked
) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        stack = asked.stack(args.resources)
        chosen = overridden(config, args.get_config())
        _report(rule, stack.of(*rule.types), stack, chosen, set(asked.told), report)

    return validate


def _not_known(config: Config, asked: Asked) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        found = judge(asked.stack(args.resources), config).unknown
        places: dict[tuple[str, str, str], list[str]] = {}
        for finding in found:
            place = (finding.subject.urn, finding.subject.name, finding.path)
            places.setdefault(place, []).append(finding.rule.id)
        for (urn, name, path), rules in places.items():
            more = f" and {len(rules) - _SHOWN} more" if len(rules) > _SHOWN else ""
            report(f"{name} {path}: not judged yet by {', '.join(rules[:_SHOWN])}{more}", urn)

    return validate


def _waivers(config: Config) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(_: StackValidationArgs, report: ReportViolation) -> None:
        for waiver in judge((), config).expired:
            report(f"the waiver of {waiver.rule} for {waiver.resource} ended on {waiver.expires}", None)

    return validate


def _remediation(rule: Rule, remedy: Remedy) -> Callable[[ResourceValidationArgs], Mapping[str, Any] | None]:
    types = frozenset(rule.types)

    def remediate(args: ResourceValidationArgs) -> Mapping[str, Any] | None:
        if canonical(args.resource_type) not in types:
            return None
        properties = plain(args.props)
        if holds_unknown(properties):
            return None
        return properties if remedy(properties) else None

    return remediate


def holds_unknown(value: Any) -> bool:
    """Tell whether a value is unknown somewhere inside: such properties cannot be handed back to the engine."""
    if value is UNKNOWN:
        return True
    if isinstance(value, Mapping):
        return any(holds_unknown(item) for item in value.values())
    return isinstance(value, list) and any(holds_unknown(item) for item in value)
