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

    def forget(self) -> None:
        """Begin with another stack."""
        self.earlier.clear()
        self.told.clear()
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


def decode_once(made: list[Policy], asked: Asked) -> None:
    """Make the SDK ask only those of these policies that have something to say, and decode a stack once for all."""
    of_resource: Any = _PolicyAnalyzerServicer.Analyze
    of_stack: Any = _PolicyAnalyzerServicer.AnalyzeStack
    reader = StackValidationPolicy(name="reader", description="Reads the stack.", validate=asked.read)

    def analyze(self: Any, request: Any, context: Any) -> Any:
        asked.again(request.urn)
        if not hasattr(self, _POLICIES):
            return of_resource(self, request, context)
        policies = [one for one in made if isinstance(one, ResourceValidationPolicy)]
        # Whichever is asked takes note of the inputs, so there must be one.
        about = _about(policies, {canonical(request.type)}) or policies[:1]
        return of_resource(_with(self, about), request, context)

    def analyze_stack(self: Any, request: Any, context: Any) -> Any:
        if not hasattr(self, _POLICIES):
            return of_stack(self, request, context)
        policies = [one for one in made if isinstance(one, StackValidationPolicy)]
        of_stack(_with(self, [reader]), request, context)
        about = _about(policies, {canonical(resource.type) for resource in request.resources})
        return of_stack(_with(self, about), proto.AnalyzeStackRequest(), context)

    _PolicyAnalyzerServicer.Analyze = analyze  # type: ignore[method-assign]
    _PolicyAnalyzerServicer.AnalyzeStack = analyze_stack  # type: ignore[method-assign]


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
