"""Judging a deployment: every rule on every resource that it is about, and what came of it."""

import contextlib
import datetime as dt
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from policy.config import Config, Waiver
from policy.model import Stack, Subject, canonical
from policy.product import COMPONENT, owns
from policy.rule import Probe, Rule, Severity, Stop
from policy.rules import KNOWN, RULES

_ORDER: Final = tuple(reversed(Severity))


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says about one path of one resource."""

    rule: Rule
    subject: Subject = field(repr=False)
    path: str
    message: str
    blocking: bool
    """Whether it stops the deployment."""
    waiver: Waiver | None = None

    @property
    def order(self) -> tuple[bool, int, str, str, str]:
        """Sort key: what blocks first, then by severity."""
        return (
            not self.blocking,
            _ORDER.index(self.rule.severity),
            self.rule.id,
            self.subject.urn,
            self.path,
        )


@dataclass(frozen=True, slots=True)
class Report:
    """The judgment of one stack."""

    stack: str
    environment: str
    findings: tuple[Finding, ...]
    """Violations that no waiver covers; blocking ones first."""
    unknown: tuple[Finding, ...]
    """What could not be judged, because a value is not known before the deployment."""
    waived: tuple[Finding, ...]
    expired: tuple[Waiver, ...]
    unused: tuple[Waiver, ...]
    resources: int
    """Without components and the stack itself, as `plan` counts them."""
    judged: tuple[Rule, ...] = field(repr=False)
    """Rules that had something to judge."""
    seconds: float
    unjudged: Mapping[str, int] = field(default_factory=dict, repr=False)
    """Types that no rule is about, and how many resources there are of each."""

    @property
    def rules(self) -> int:
        """How many rules had something to judge."""
        return len(self.judged)

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that stop the deployment."""
        return tuple(finding for finding in self.findings if finding.blocking)

    @property
    def advisory(self) -> tuple[Finding, ...]:
        """The findings that do not."""
        return tuple(finding for finding in self.findings if not finding.blocking)

    @property
    def places(self) -> int:
        """How many values are not known yet: several rules may ask about one."""
        return len({(finding.subject.urn, finding.path) for finding in self.unknown})

    @property
    def clean(self) -> bool:
        """Whether nothing stops the deployment: no blocking finding, no waiver past its day."""
        return not self.blocking and not self.expired


def look(
    rule: Rule, subject: Subject, stack: Stack, config: Config
) -> Iterator[tuple[bool, str, str, Subject]]:
    """Give what a rule sees at a resource, each once: whether unknown, path, message, and whose it is.

    A rule that does not join resources sees this one alone: the engine asks it so, and there is one verdict. A rule
    about the product says nothing of other resources.
    """
    if rule.asked_with and not getattr(config, rule.asked_with):
        return
    seen_in = stack if rule.joins else stack.alone(subject)
    if rule.product and not (rule.widened and config.gives(rule.widened)) and not owns(subject, seen_in):
        return
    probe = Probe(subject, seen_in, config)
    with contextlib.suppress(Stop):
        rule.judge(probe)
    seen = set()
    for note in probe.run.notes:
        key = (note.unknown, note.path, note.message, note.subject.urn)
        if key not in seen:
            seen.add(key)
            yield note.unknown, note.path, note.message, note.subject


def _unjudged(stack: Stack) -> dict[str, int]:
    """Return the types of resources that no rule is about, with their number; components stand for others."""
    counts = Counter(
        canonical(one.type)
        for one in stack.subjects
        if not one.is_component and not one.type.startswith(("pulumi:", COMPONENT))
    )
    return {kind: number for kind, number in sorted(counts.items()) if kind not in KNOWN}


def judge(
    subjects: Iterable[Subject] | Stack,
    config: Config,
    *,
    stack: str = "",
    today: dt.date | None = None,
    rules: Sequence[Rule] = RULES,
) -> Report:
    """Judge all resources of a stack."""
    start = time.perf_counter()
    whole = subjects if isinstance(subjects, Stack) else Stack(subjects, stack)
    today = today or dt.datetime.now(tz=dt.UTC).date()
    expired = tuple(waiver for waiver in config.waivers if waiver.expires < today)
    valid = {(waiver.rule, waiver.resource): waiver for waiver in config.waivers if waiver.expires >= today}
    used: set[tuple[str, str]] = set()
    findings: list[Finding] = []
    unknown: list[Finding] = []
    waived: list[Finding] = []
    seen: set[tuple[str, bool, str, str, str]] = set()
    judged: set[str] = set()
    for rule in rules:
        if rule.asked_with and not getattr(config, rule.asked_with):
            continue
        blocks = rule.level.blocks(production=config.production)
        for subject in whole.of(*rule.types):
            judged.add(rule.id)
            for is_unknown, path, message, about in look(rule, subject, whole, config):
                key = (rule.id, is_unknown, about.urn, path, message)
                if key in seen:
                    continue
                seen.add(key)
                if is_unknown:
                    unknown.append(Finding(rule, about, path, message, False))
                    continue
                name = next((n for n in ((rule.id, about.urn), (rule.id, about.name)) if n in valid), None)
                if name is None:
                    findings.append(Finding(rule, about, path, message, blocks))
                else:
                    used.add(name)
                    waived.append(Finding(rule, about, path, message, blocks, valid[name]))
    return Report(
        stack=whole.name or stack,
        environment=config.environment,
        findings=tuple(sorted(findings, key=lambda finding: finding.order)),
        unknown=tuple(sorted(unknown, key=lambda finding: finding.order)),
        waived=tuple(sorted(waived, key=lambda finding: finding.order)),
        expired=expired,
        unused=tuple(waiver for name, waiver in valid.items() if name not in used),
        resources=sum(not one.is_component for one in whole.subjects),
        judged=tuple(rule for rule in rules if rule.id in judged),
        seconds=time.perf_counter() - start,
        unjudged=_unjudged(whole),
    )
