"""What the engine asks, handed on to the policies that it concerns, and decoded once.

The SDK decodes a question again for every policy of a pack: with 320 of them and 157 resources some 96,000 times, which
took more than three seconds of each preview and of each deployment.
"""

import copy
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from pulumi.runtime import proto
from pulumi_policy import Policy, ResourceValidationPolicy, StackValidationArgs, StackValidationPolicy
from pulumi_policy.policy import _PolicyAnalyzerServicer

from policy.adapters import from_resource_args, from_stack_resources
from policy.model import Stack, Subject, canonical
from policy.rule import ANY
from policy.rules import RULES

if TYPE_CHECKING:
    from pulumi_policy import PolicyResource, ResourceValidationArgs

_TYPES: Final = {rule.id: frozenset((*rule.types, *rule.sides)) for rule in RULES}
_POLICIES: Final = "_PolicyAnalyzerServicer__policies"
"""Where the SDK's servicer keeps its policies. Were that elsewhere, all would be asked, as without this module."""


class Asked:
    """The engine's questions about one stack so far."""

    def __init__(self) -> None:
        self.earlier: dict[str, Subject] = {}
        """The resources that were asked about, by URN: of their inputs the question about the stack says nothing."""
        self.told: set[tuple[str, str, str, str]] = set()
        """Rule, URN, path and message of what was reported before all is made, so that it is not said twice."""
        self._so_far: Stack | None = None
        self._whole: Stack | None = None
        self._about: dict[str, list[ResourceValidationPolicy]] = {}

    def forget(self) -> None:
        """Begin with another stack."""
        self.earlier.clear()
        self.told.clear()
        self._about.clear()
        self._so_far = self._whole = None

    def again(self, urn: str) -> None:
        """Begin with another question about a resource."""
        self.earlier.pop(urn, None)
        self.told = {one for one in self.told if one[1] != urn}
        self._so_far = None

    def subject(self, args: "ResourceValidationArgs") -> Subject:
        """Return the resource that the question is about, and remember it."""
        found = self.earlier.get(args.urn)
        if found is None:
            found = self.earlier[args.urn] = from_resource_args(args)
            self._so_far = None
        return found

    def about(self, made: list[Policy], token: str) -> list[ResourceValidationPolicy]:
        """Return those of the pack's policies that look at resources of a type."""
        found = self._about.get(token)
        if found is None:
            policies = [one for one in made if isinstance(one, ResourceValidationPolicy)]
            found = self._about[token] = _about(policies, {token})
        return found

    def so_far(self) -> Stack:
        """Return the stack of the resources that were asked about: others may still come."""
        if self._so_far is None:
            self._so_far = Stack(tuple(self.earlier.values()), complete=False)
        return self._so_far

    def stack(self, resources: Iterable["PolicyResource"]) -> Stack:
        """Return the stack that the question is about: as `read` found it, else made of the question's resources."""
        if self._whole is not None:
            return self._whole
        inputs = {urn: subject.properties for urn, subject in self.earlier.items()}
        return Stack(from_stack_resources(resources, inputs))

    def read(self, args: StackValidationArgs, _: object) -> None:
        """Keep the stack for all policies."""
        self._whole = None
        self._whole = self.stack(args.resources)

    def read_one(self, args: "ResourceValidationArgs", _: object) -> None:
        """Keep the resource for all policies."""
        self.subject(args)


def decode_once(made: list[Policy], asked: Asked) -> None:
    """Make the SDK ask only those of these policies that have something to say, and decode each question once."""
    of_resource: Any = _PolicyAnalyzerServicer.Analyze
    of_remedy: Any = _PolicyAnalyzerServicer.Remediate
    of_stack: Any = _PolicyAnalyzerServicer.AnalyzeStack
    one_reader = ResourceValidationPolicy("reader", "Reads the resource.", asked.read_one)
    reader = StackValidationPolicy("reader", "Reads the stack.", asked.read)

    def analyze(self: Any, request: Any, context: Any) -> Any:
        asked.again(request.urn)
        if not hasattr(self, _POLICIES):
            return of_resource(self, request, context)
        of_resource(_with(self, [one_reader]), request, context)
        about = asked.about(made, canonical(request.type))
        return of_resource(_with(self, about), _without_values(request), context)

    def remediate(self: Any, request: Any, context: Any) -> Any:
        if not hasattr(self, _POLICIES):
            return of_remedy(self, request, context)
        about = [one for one in asked.about(made, canonical(request.type)) if one.has_remediation()]
        return of_remedy(_with(self, about), request if about else _without_values(request), context)

    def analyze_stack(self: Any, request: Any, context: Any) -> Any:
        if not hasattr(self, _POLICIES):
            return of_stack(self, request, context)
        policies = [one for one in made if isinstance(one, StackValidationPolicy)]
        of_stack(_with(self, [reader]), request, context)
        about = _about(policies, {canonical(resource.type) for resource in request.resources})
        return of_stack(_with(self, about), proto.AnalyzeStackRequest(), context)

    _PolicyAnalyzerServicer.Analyze = analyze  # type: ignore[method-assign]
    _PolicyAnalyzerServicer.Remediate = remediate  # type: ignore[method-assign]
    _PolicyAnalyzerServicer.AnalyzeStack = analyze_stack  # type: ignore[method-assign]


def _without_values(request: Any) -> Any:
    """Return a question about a resource without its inputs: they were read already, or nobody asks for them."""
    return proto.AnalyzeRequest(type=request.type, urn=request.urn, name=request.name)


def _about(policies: list[Any], types: set[str]) -> list[Any]:
    """Return the policies that look at any of these types; what is no rule looks at everything."""
    return [
        one
        for one in policies
        if ANY in _TYPES.get(one.name, {ANY}) or not types.isdisjoint(_TYPES[one.name])
    ]


def _with(servicer: Any, policies: list[Any]) -> Any:
    """Return the SDK's servicer with some of its policies. A copy: several questions come at once."""
    narrowed = copy.copy(servicer)
    setattr(narrowed, _POLICIES, policies)
    return narrowed
