"""What a rule is, and the reader through which it looks at a resource.

A rule never touches a value directly: the reader notes an unknown property as unknown, and the rest of the
resource is judged all the same. Messages carry paths, never values: a rule sees secrets in plaintext.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from policy.model import SECRET, UNKNOWN, Stack, Subject, dig

if TYPE_CHECKING:
    from policy.config import Config


ANY: Final = "*"
"""Among the types of a rule: resources of every type."""


class Level(StrEnum):
    """How binding a rule is."""

    MANDATORY = "mandatory"
    PRODUCTION = "mandatory in production"
    ADVISORY = "advisory"
    REMEDIATE = "remediate"
    """Mandatory; and in the engine the pack mends the input by itself, as it does for each blocking rule with a
    remedy."""

    def blocks(self, *, production: bool) -> bool:
        """Tell whether a finding stops the deployment."""
        return self in {Level.MANDATORY, Level.REMEDIATE} or (self is Level.PRODUCTION and production)


class Severity(StrEnum):
    """How bad it is if the rule is broken."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Needs(StrEnum):
    """What a rule must see, and so when the engine can ask it."""

    ONE = "one resource"
    """The resource by itself: it is judged before it is made."""
    EARLIER = "the resource and those before it"
    """Judged before it is made; what is `missing` then is judged again at the end."""
    STACK = "the whole stack"
    """Judged when all is made."""


class Where(str):
    """A path that is complete already."""

    __slots__ = ()


class Stop(Exception):  # noqa: N818 - it ends the judging of one resource by one rule; nothing is wrong
    """What decides about the rest is not known yet."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a rule saw at one path."""

    path: str
    message: str
    unknown: bool
    subject: Subject


Test = Callable[[Any], bool]
Remedy = Callable[[dict[str, Any]], bool]
"""Mends the properties in place; returns whether it changed anything."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `types` are the resources that it is asked about, `judge` looks at one of them."""

    id: str
    title: str
    area: str
    severity: Severity
    level: Level
    types: tuple[str, ...]
    judge: "Callable[[Probe], None]" = field(repr=False)
    maps: tuple[str, ...]
    """Controls of public standards and scanners that ask for the same, or behind `part of` for more than the rule;
    `standard` tells whose."""
    fix: str
    link: str
    needs: Needs = Needs.ONE
    sides: tuple[str, ...] = ()
    """Types whose resources complete those of `types`: when one is about to be made, the rule is asked again."""
    why: str = ""
    """Why something is left for the end, where it is."""
    remedy: Remedy | None = field(default=None, repr=False)
    product: bool = False
    """Whether only the product's resources are meant."""
    widened: str = ""
    """Key of the configuration that, where it is given, makes the rule mean all resources."""

    asked_with: str = ""
    """Key of the configuration without which the rule asks nothing, and has judged nothing."""

    @property
    def joins(self) -> bool:
        """Whether it looks at other resources of the stack too."""
        return self.needs is not Needs.ONE


class Run:
    """The notes of one rule on one resource."""

    __slots__ = ("config", "notes", "stack", "subject")

    def __init__(self, subject: Subject, stack: Stack, config: "Config") -> None:
        self.subject = subject
        self.stack = stack
        self.config = config
        self.notes: list[Note] = []


class View:
    """A part of a resource: a property, an item of a list, a parsed document. Paths count from the resource."""

    __slots__ = ("path", "run", "value")

    def __init__(self, run: Run, value: Any, path: str = "") -> None:
        self.run = run
        self.value = value
        self.path = path

    def get(self, path: str | tuple[str | int, ...]) -> Any:
        """Return the value at a path: None where there is none, UNKNOWN where it is not known."""
        return dig(self.value, path)

    def need(self, path: str | tuple[str | int, ...]) -> Any:
        """Return the value at a path; an unknown one is noted and ends this rule for this resource."""
        value = self.get(path)
        if value is UNKNOWN:
            self.unsure(path)
            raise Stop
        return value

    def sure(self, path: str | tuple[str | int, ...]) -> Any:
        """Return the value at a path, or None and a note where it is not known."""
        value = self.get(path)
        if value is UNKNOWN or value == SECRET:
            self.unsure(path)
            return None
        return value

    def at(self, path: str | tuple[str | int, ...]) -> "View":
        """Return the part at a path."""
        return View(self.run, self.get(path), self.where(path))

    def each(self, path: str = "") -> Iterator["View"]:
        """Give the items of a list (one item may stand alone, as in IAM); unknown ones are noted."""
        value = self.get(path) if path else self.value
        if value is None:
            return
        if value is UNKNOWN or value == SECRET:
            self.unsure(path)
            return
        items = value if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
        where = self.where(path)
        for position, item in enumerate(items):
            view = View(self.run, item, f"{where}[{position}]")
            if item is UNKNOWN:
                view.unsure()
            else:
                yield view

    def expect(self, path: str | tuple[str | int, ...], test: Test, message: str) -> bool:
        """Note a violation where the value at a path does not pass a test; return whether it did."""
        value = self.get(path)
        if value is UNKNOWN or (value == SECRET and test is not present):
            self.unsure(path)
            return False
        if test(value):
            return True
        self.fail(message, path)
        return False

    def document(self, path: str) -> "View | None":
        """Return the JSON document in a property; None where there is none or it cannot be read yet."""
        value = self.get(path)
        if value is None:
            return None
        if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str)):
            return View(self.run, value, self.where(path))
        if value is UNKNOWN or value == SECRET:
            self.unsure(path)
            return None
        parsed = self.run.stack.documents
        if value not in parsed:
            try:
                parsed[value] = json.loads(value)
            except (TypeError, ValueError):
                parsed[value] = None
        if parsed[value] is None:
            self.fail("this is not a JSON document", path)
            return None
        return View(self.run, parsed[value], self.where(path))

    def fail(
        self, message: str, path: str | tuple[str | int, ...] = "", subject: Subject | None = None
    ) -> None:
        """Note a violation."""
        self.run.notes.append(Note(self.where(path), message, False, subject or self.run.subject))

    def missing(
        self, message: str, path: str | tuple[str | int, ...] = "", subject: Subject | None = None
    ) -> None:
        """Note that something is not in the stack: a violation, unless it may still come."""
        if self.run.stack.complete:
            self.fail(message, path, subject)
        else:
            self.unsure(path, subject)

    def unsure(self, path: str | tuple[str | int, ...] = "", subject: Subject | None = None) -> None:
        """Note that something cannot be judged yet."""
        where = self.where(path)
        self.run.notes.append(Note(where, "not known yet", True, subject or self.run.subject))

    def where(self, path: str | tuple[str | int, ...]) -> str:
        """Return the full path of a part, as it is shown: `a.b[0].c`."""
        if not path:
            return self.path
        if isinstance(path, Where):
            return path
        shown = self.path
        for step in path.split(".") if isinstance(path, str) else path:
            if isinstance(step, int) or step.isdigit():
                shown += f"[{step}]"
            elif "." in step or "/" in step:
                shown += f'["{step}"]'
            else:
                shown += f".{step}" if shown else step
        return shown


class Probe(View):
    """A whole resource, with the stack that it stands in."""

    __slots__ = ()

    def __init__(self, subject: Subject, stack: Stack, config: "Config") -> None:
        super().__init__(Run(subject, stack, config), subject.properties)

    @property
    def subject(self) -> Subject:
        """The resource."""
        return self.run.subject

    @property
    def stack(self) -> Stack:
        """The whole deployment."""
        return self.run.stack

    @property
    def config(self) -> "Config":
        """What the operator configured."""
        return self.run.config

    def other(self, subject: Subject) -> View:
        """Return a reader of another resource. Its violations are noted under that resource."""
        run = Run(subject, self.run.stack, self.run.config)
        run.notes = self.run.notes
        return View(run, subject.properties)

    def partners(self, peer: str, prop: str, message: str) -> list[Subject]:
        """Return the resources of a type whose property means this one; note a violation where none does."""
        found = self.stack.referring(self.subject, peer, prop)
        if not found:
            loose = self.stack.loose(peer, prop)
            if loose:
                self.unsure(f"({loose[0].name}).{prop}")
            else:
                self.missing(message)
        return found


def expecting(path: str | tuple[str | int, ...], test: Test, message: str) -> Callable[[Probe], None]:
    """Return what judges a resource by one attribute."""

    def judge(p: Probe) -> None:
        p.expect(path, test, message)

    return judge


def present(value: Any) -> bool:
    """Tell whether something is set."""
    return value is not None and value != "" and value != [] and value != {}


def absent(value: Any) -> bool:
    """Tell whether nothing is set."""
    return not present(value)


def true(value: Any) -> bool:
    """Tell whether a switch is on."""
    return value is True or value == "true"


def not_true(value: Any) -> bool:
    """Tell whether a switch is off or left alone."""
    return not true(value)


def not_false(value: Any) -> bool:
    """Tell whether a switch is on or left alone."""
    return not (value is False or value == "false")


def is_in(*allowed: Any) -> Test:
    """Make a test: the value is one of these."""
    return lambda value: value in allowed


def unset_or(*allowed: Any) -> Test:
    """Make a test: nothing is set, or one of these."""
    return lambda value: value is None or value in allowed


def at_least(number: float) -> Test:
    """Make a test: the value is a number and not below this one."""
    return lambda value: as_number(value) >= number


def as_number(value: Any, default: float = float("-inf")) -> float:
    """Return a number, given as one or as text; `default` for anything else."""
    if isinstance(value, bool) or value is None:
        return default
    try:
        return float(value)
    except (TypeError, ValueError):
        return default


STANDARDS: Final[tuple[tuple[str, str], ...]] = (
    ("CKV", "Checkov"),
    ("CIS", "CIS AWS Foundations 7.0"),
    ("P:", "Prowler"),
    ("PSS-", "Kubernetes Pod Security"),
    ("NSA", "NSA Kubernetes hardening"),
    ("tfsec", "tfsec"),
    ("AWSGuard", "Pulumi AWSGuard"),
    ("compliance-policies", "Pulumi compliance-policies"),
    ("Config ", "AWS Config"),
    ("Well-Architected", "AWS Well-Architected"),
    ("AWS docs", "AWS documentation"),
    ("Atlas", "MongoDB Atlas guidance"),
    ("DO ", "DigitalOcean guidance"),
    ("Pulumi", "Pulumi guidance"),
    ("Let's Encrypt", "Let's Encrypt"),
    ("RC", "Rocket.Chat source and documentation"),
    ("original", "Original deployments"),
    ("practice", "Good practice"),
)
_HUB: Final = "AWS Security Hub"


PART: Final = "part of "
"""Before a control that asks for more than the rule, or for something wider; without it both ask for the same."""


def standard(control: str) -> str:
    """Return whose control an id is; a bare one such as `ECS.8` is Security Hub's."""
    bare = control.removeprefix(PART)
    return next((name for prefix, name in STANDARDS if bare.startswith(prefix)), _HUB)
