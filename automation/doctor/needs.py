"""What a plan has, what of it is deployed already, and what may be had."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automation.doctor.command_line import ask
from automation.state import State, plain
from automation.web import Failed, NotChecked, in_one_line
from stacks.engine import name_of

if TYPE_CHECKING:
    from automation.doctor.amazon import Aws
    from automation.doctor.credentials import Credentials
    from stacks.language import ChatSpec


@dataclass(frozen=True)
class Made:
    """One resource, planned or deployed; what is secret in it is missing."""

    type: str
    name: str
    inputs: Mapping[str, Any] = field(repr=False)
    outputs: Mapping[str, Any] = field(repr=False)


@dataclass
class Visit:
    """What the questions of one run share."""

    stack: str
    spec: "ChatSpec"
    planned: Sequence[Made]
    unset: frozenset[str]
    """Full keys of secrets that the stack must have and has not."""
    credentials: "Credentials"
    aws: "Aws | None" = None
    deployed: Sequence[Made] = ()
    """What is in the state."""
    state_unknown: str = ""
    """Why nobody knows what is in the state."""
    account: str | None = None
    """The AWS account that it is deployed in."""
    skews: list[float] = field(default_factory=list)
    """Seconds that the clocks of servers are before this machine's."""

    def of(self, *types: str) -> list[Made]:
        """Return what is planned of some types."""
        return [one for one in self.planned if one.type in types]

    def new(self, type_: str) -> list[Made]:
        """Return what is planned of a type and not deployed yet."""
        there = {one.name for one in self.deployed if one.type == type_}
        return [one for one in self.of(type_) if one.name not in there]

    def more(self, counted: Callable[[Sequence[Made]], float]) -> float:
        """Return how much a deployment takes of a limit beside what the stack takes already."""
        return max(0, counted(self.planned) - counted(self.deployed))


def number(type_: str) -> Callable[[Sequence[Made]], float]:
    """Count resources of a type."""
    return lambda made: sum(1 for one in made if one.type == type_)


def room(visit: Visit, limit: float, used: float, needed: float, remedy: str) -> str:
    """Return how much there is and is needed; raise Failed where it is too little."""
    available = max(0, limit - used)
    said = f"{available:g} available, {needed:g} needed"
    if needed > available:
        if visit.state_unknown:
            # What is missing may be what the stack has itself.
            raise NotChecked(f"{said}, or less where the stack is deployed already ({visit.state_unknown})")
        raise Failed(f"{said} ({limit:g} allowed, {used:g} in use)", remedy)
    return said


def of_plan(resources: Iterable[Any]) -> list[Made]:
    """Return the resources of a plan."""
    return [Made(one.type, one.name, one.inputs, one.outputs) for one in resources if one.custom]


def of_state(state: State) -> list[Made]:
    """Return the resources of a state."""
    return [
        Made(
            str(one["type"]),
            name_of(str(one["urn"])),
            plain(one.get("inputs") or {}),
            plain(one.get("outputs") or {}),
        )
        for one in state.records
        if one.get("custom") and not one.get("delete")
    ]


def deployed(stack: str) -> State | None:
    """Return the state of a stack, None where there is none; raise NotChecked where nobody knows."""
    told = ask(stack, "stack", "export")
    if told.returncode != 0:
        if "no stack named" in told.stderr:
            return None
        raise NotChecked(f"the state is not read: {in_one_line(told.stderr.removeprefix('error: '))}")
    return State.from_json(told.stdout)


def images(made: Sequence[Made]) -> list[str]:
    """Return the container images that resources name, with their tags."""
    return sorted({image for one in made for image in _images(one.inputs)})


def _images(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value[:1] in "{[":
        try:
            value = json.loads(value)
        except ValueError:
            return
    if isinstance(value, Mapping):
        image = value.get("image")
        if isinstance(image, str) and ":" in image:
            yield image
        if isinstance(value.get("repository"), str) and isinstance(value.get("tag"), str):
            yield f"{value['repository']}:{value['tag']}"
    inside = (
        value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    )
    for one in inside:
        yield from _images(one)
