"""The record of a resource type: all that is known of it, each thing said once.

A member that does not apply is `Nothing("why")`; one that is missing does not construct.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, fields
from enum import Enum
from typing import Any

from clouds.ask import Ask, Existing, names
from clouds.costs import Costs
from clouds.limits import Limit
from clouds.openings import Opens
from clouds.template import UnsaidError, filled, identifier

Value = Any
"""What an output is: a function of an `Ask`; a text, whose fields are filled in; any other constant."""
Compare = Callable[[Mapping[str, Any], Mapping[str, Any]], list[str]]
"""Looks at the inputs before and after a change, of which none is unknown."""


@dataclass(frozen=True)
class Nothing:
    """A member that this type has none of."""

    because: str


# ------------------------------------------------------------------------------------------------ what it answers


@dataclass(frozen=True)
class Autoname:
    """How the provider names what has no name: logical name, hyphen, seven hex digits."""

    property: str = "name"
    limit: int = 255
    lower: bool = False
    prefix: str = ""


@dataclass(frozen=True)
class Answers:
    """The outputs that its provider makes. They win over an input of the same name."""

    id: Value
    outputs: Mapping[str, Value] = field(default_factory=dict)
    defaults: Mapping[str, Value] = field(default_factory=dict)
    """Outputs that are the input of that name where it is given, else these."""
    absent: frozenset[str] = frozenset()
    """Outputs that are neither inputs nor ever set in our use."""
    autoname: Autoname | None = None
    renewed: frozenset[str] = frozenset()
    """Outputs that a read makes anew: credentials that are over."""
    taken_back: Callable[[Mapping[str, Any], bool], str] | None = None
    """What is said of one that does not become ready and is then taken back to what was before, by its inputs and
    whether it is new. Empty where it stays."""

    @property
    def computed(self) -> frozenset[str]:
        """The outputs that are more than the input of that name."""
        return frozenset(self.outputs) | frozenset(self.defaults)

    def own_id(self, ask: Ask) -> str:
        """Return the id of a new one."""
        return str(answer(self.id, ask))

    def output(self, key: str, ask: Ask) -> Any:
        """Return an output. Raises NotKnownYetError where it rests on what is not known yet."""
        if key in self.outputs:
            return answer(self.outputs[key], ask)
        given = ask[key]
        return answer(self.defaults[key], ask) if given is None else given


def answer(value: Value, ask: Ask) -> Any:
    """Return what a value is for one resource."""
    return value(ask) if callable(value) else filled(value, ask.said)


# ------------------------------------------------------------------------------------------------ what is sent

Turn = Callable[[Any], Any]
"""Makes the API's value of an input's."""
Target = str | tuple[str, Turn]
"""Where an input goes, as a path from the top of the request (`Matcher.HttpCode`, `Changes.0.Action`), and how it is
turned. For an input inside an object the path begins at that object's own shape."""


@dataclass(frozen=True)
class Call:
    """One operation that a provider calls for a resource."""

    operation: str
    """Service and operation: `ec2.CreateVpc`."""
    members: Mapping[str, Target] = field(default_factory=dict)
    """Where inputs go whose name is another one; by their paths (`healthCheck.path`; lists are passed through)."""
    fixed: Mapping[str, Value] = field(default_factory=dict)
    """What is sent whatever the inputs are."""
    at: str = ""
    """Where inputs go that are not named."""
    beside: bool = True
    """False for the call that makes the thing, which is sent always; others only when an input goes there."""


@dataclass(frozen=True)
class Sent:
    """What its provider sends. What is not named goes to the member of the same name."""

    calls: tuple[Call, ...]
    local: frozenset[str] = frozenset()
    """Paths of inputs that only the provider reads, such as `forceDestroy`."""


# ------------------------------------------------------------------------------------------------ what is refused


class Scope(Enum):
    """Within what there can be only one."""

    REGION = "region"
    ACCOUNT = "account"
    WORLD = "world"


@dataclass(frozen=True)
class Once:
    """Something that one thing of a cloud has and no second one may have."""

    what: str
    """With fields of the inputs: `a record of {name}`."""
    error: str
    values: Callable[[Existing], Iterable[object]]
    scope: Scope = Scope.REGION
    group: str = ""
    """Types of one group share what they may have; the type itself where it is empty."""
    shared: Callable[[Existing], bool] | None = None
    """Which things may have it together: addresses of one name, but no alias beside them."""


@dataclass(frozen=True)
class Use:
    """How things of another type keep one from being deleted."""

    type: str
    path: str
    """Where the user's inputs name what they use; lists are passed through."""
    error: str
    by: str = ""
    """The input by which it is named there; its id or ARN where it is empty."""


@dataclass(frozen=True)
class Held:
    """What keeps one in its place though it does not name it."""

    types: frozenset[str]
    """Those that must be looked at."""
    by: Callable[[Existing, Sequence[Existing]], Iterator[Existing]]
    error: str
    place: str
    """The input that says where it is: a change of it takes it away, too."""


@dataclass(frozen=True)
class Refuses:
    """What its cloud refuses, beside what the models of its requests say."""

    inputs: Callable[[Ask], list[str]] | None = None
    """What the provider refuses before any call of an API."""
    values: Mapping[str, Limit] = field(default_factory=dict)
    """What a single value must be, by its path (`rules.*.id`)."""
    together: Callable[[Ask], Iterable[str]] | None = None
    """Which values do not go together: names that nothing has, pairs that contradict. Asked when all are known."""
    lacks: Callable[[Ask], list[str]] | None = None
    """What the cloud has not, or has from its beginning, and refuses when it is to be made: versions, regions."""
    stays: Compare | None = None
    """What cannot be changed: sentences."""
    busy: Compare | None = None
    """Why the cloud does not make of what has these outputs now what has those inputs."""
    once: tuple[Once, ...] = ()
    """What it has alone."""
    used_by: tuple[Use, ...] = ()
    """What keeps it from being deleted."""
    held: Held | None = None
    beside: Callable[[Existing, Iterable[Existing]], list[str]] | None = None
    """What does not go with others of its type that are there."""

    def __post_init__(self) -> None:
        if not any(getattr(self, one.name) for one in fields(self)):
            raise ValueError("it refuses nothing: say Nothing, and why")


def by(*keys: str) -> Callable[[Existing], Iterable[object]]:
    """The values of these inputs together, where all are given."""

    def values(one: Existing) -> Iterable[object]:
        found = tuple(one.inputs.get(key) for key in keys)
        return () if any(value is None for value in found) else (tuple(str(value) for value in found),)

    return values


def one_name(what: str, error: str, scope: Scope = Scope.REGION, key: str = "name") -> Once:
    """A name that is taken."""
    return Once(f"a {what} of that name", error, by(key), scope)


# ------------------------------------------------------------------------------------------------ made again


@dataclass(frozen=True)
class Again:
    """What its cloud does when the same thing is made a second time."""

    same: tuple[str, ...] = ()
    """The inputs that make two things the same one; none where that is their import id."""


class Refused(Again):
    """It exists already."""


class Overwritten(Again):
    """What is there is set anew (a PUT)."""


class Another(Again):
    """A second one is made, or a new revision of the first."""


# ------------------------------------------------------------------------------------------------ replaced


@dataclass(frozen=True)
class Replaced:
    """Which changes make a new one."""

    by: frozenset[str]
    """Paths of inputs (`spec.serviceName`; lists are passed through)."""
    when: Compare | None = None
    """Further such paths, where it depends on both values: a version that is lowered."""
    filled: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Sets of objects to those of their members that the cloud fills in where they are left out. The provider compares
    sets as a whole: left out again, such a member makes a new resource, unless the program ignores the set."""
    is_update: bool = False
    """It is never changed, but made anew each time: its replacement is its update."""
    one_at: frozenset[str] = frozenset()
    """There can be one at a place, which these properties name: two cannot be there at once, or deleting one deletes
    the other."""


# ------------------------------------------------------------------------------------------------ found again

TAGGED_BY = "aws:resourcegroupstaggingapi/getResources:getResources"


@dataclass(frozen=True)
class Named:
    """Its inputs make its import id."""

    unusable: str = ""
    """Why it is deleted when it is found, instead of adopted."""


@dataclass(frozen=True)
class Tagged:
    """AWS gave it an id, and lists it by its tags."""

    arn: str
    """A pattern of its ARN, whose group `id` is the id; the whole ARN where there is no such group."""
    region: str = ""
    """Where it is listed; empty for its own region."""
    unusable: str = ""


@dataclass(frozen=True)
class Listed:
    """A lookup of its provider lists it, or finds it by name."""

    lookup: str
    arguments: Mapping[str, Any]
    """With fields of the inputs."""
    results: str = ""
    """Which of the answer's properties is the list; empty where the answer is the thing itself."""
    matches: tuple[str, ...] | Callable[[Mapping[str, Any], Mapping[str, Any]], bool] = ()
    """Properties that are as the inputs have them; or a function of the inputs and what was found."""
    theirs: Callable[[Mapping[str, Any], Mapping[str, Any]], bool] | None = None
    """Likewise for what somebody else has made, which may look otherwise; as `matches` where None."""
    id: str = "id"
    """Which of its properties is the field `id` of its import id."""
    unusable: str = ""


@dataclass(frozen=True)
class Gone:
    """Nothing is left behind that matters; the step is simply done again."""

    because: str
    remains: bool = False
    """Whether something useless stays in the cloud until it expires."""


@dataclass(frozen=True)
class Person:
    """It cannot be found from here."""

    because: str


Way = Named | Tagged | Listed | Gone | Person


# ------------------------------------------------------------------------------------------------ for people

AWAY = "away for minutes"
UNFOUND = "runs on; its name leads nowhere until DNS follows"
UNLISTED = "keeps its database only if something else lets it in"
ROLLS = "new containers, one after another"
RESTARTS = "restarts within five minutes"
DATABASE = "the database restarts node by node"
RUNS = "runs on"
WORST = (AWAY, UNLISTED, UNFOUND, DATABASE, RESTARTS, ROLLS, RUNS)
"""From the worst to nothing."""


@dataclass(frozen=True)
class Data:
    """Data are lost with it, or out of sight."""

    what: str
    but_not: tuple[str, ...] = ()
    """Endings of the names of those that hold none."""
    around: str = ""
    """It holds data only in a stack that has this type: it takes those along."""
    lost: str = ""
    """How people are told that it goes, where that is something else than that it goes with its data."""


@dataclass(frozen=True)
class Felt:
    """What users of the chat notice of a step."""

    gone: str = RUNS
    """When it is replaced or deleted."""
    deleted: str = ""
    """When it is deleted, where that is something else."""
    updated: str = RUNS
    changed: frozenset[str] = frozenset()
    """Only when these inputs change; empty for any."""
    named: str = ""
    """Only of those whose name ends so."""
    but_not: tuple[str, ...] = ()
    """Endings of the names of those that the chat does without."""


CLUSTER = "Kubernetes cluster"
"""The border around what runs in one."""


class Role(Enum):
    """What something does in a chat's deployment, in the order in which a picture shows it."""

    NAMES = "names"
    CDN = "cdn"
    ENTRY = "entry"
    FILES = "files"
    CHAT = "chat"
    SECRETS = "secrets"
    DATABASE = "database"
    DISK = "disk"
    UPLOADS = "uploads"
    BACKUPS = "backups"
    MAIL = "mail"
    OUT = "out"
    WATCH = "watch"
    BORDER = "border"
    """What others stand in: its title is a border of theirs."""


@dataclass(frozen=True)
class Drawn:
    """The box of a type in the picture of a stack."""

    role: Role
    title: str
    places: tuple[str, ...]
    """The borders around it, from the outermost: `AWS {region}`, `private network`."""
    note: str = ""
    """A second line, with fields of the inputs; left out where one is missing."""
    when: Callable[[str, Mapping[str, Any]], bool] | None = None
    """Which of the type are drawn, by name and inputs; all where it is None."""


@dataclass(frozen=True)
class Resource:
    """All that is known of one resource type."""

    token: str
    purpose: str
    """What it is for, in a few words; shown in the tree."""
    _: KW_ONLY
    answers: Answers
    requests: Sent | Nothing
    refuses: Refuses | Nothing
    again: Again
    replaced: Replaced | Nothing
    import_id: str | Nothing
    """What an import of it takes, by its own page ("Import"), as a template of inputs, outputs and `id`."""
    found: Way | Callable[[Mapping[str, Any]], Way]
    """How it is found again when the answer to its creation was lost; a function of its inputs where it depends."""
    data: Data | Nothing
    felt: Felt | Nothing
    costs: Costs | Nothing
    """What is charged for it. What is free says so (`Nothing("free: …")`), or which other type is charged."""
    drawn: tuple[Drawn, ...] = ()
    """How it is drawn, by what it is used for; nothing where it is a part of something that is drawn."""
    opens: Opens | None = None
    """What of it the whole internet can reach; None where that is nothing."""

    def identity(self, one: Existing) -> object:
        """Return what makes two things of a type and region the same one; None for what is never the same."""
        if isinstance(self.again, Another):
            return None
        if self.again.same:
            return tuple(str(one.inputs.get(key)) for key in self.again.same)
        return self.imported_by(one)

    def imported_by(self, one: Existing) -> str:
        """Return what an import of a thing takes; its id where its provider imports none."""
        try:
            return identifier(self.import_id, one.__getitem__) if isinstance(self.import_id, str) else one.id
        except UnsaidError:
            return one.id


@dataclass(frozen=True)
class Lookup:
    """What the real provider answers to one data lookup; what is not computed echoes the arguments."""

    token: str
    _: KW_ONLY
    outputs: Mapping[str, Value]
    defaults: Mapping[str, Value] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()

    def answers(self, ask: Ask) -> Iterator[tuple[str, Any]]:
        """Yield what it answers. Raises LookupError where there is no such thing."""
        for key, value in self.outputs.items():
            yield key, answer(value, ask)
        for key, value in self.defaults.items():
            yield key, answer(value, ask) if ask[key] is None else ask[key]


def replaced_by(paths: str, **more: Any) -> Replaced:
    """The paths of inputs, with spaces between, whose change makes a new one."""
    return Replaced(names(paths), **more)


# What many types have none of.
NOT_IMPORTED = Nothing("its provider imports none")
NO_MODELS = Nothing("no models of its API's requests are at hand")
NOTHING_MORE = Nothing("nothing that the models of its requests do not say")
NOTHING_KNOWN = Nothing("nothing is known that it refuses")
IN_PLACE = Nothing("every change is made in its place")
NO_DATA = Nothing("what is lost with it is made again")
UNNOTICED = Nothing("users notice nothing of it")
IN_STATE_ONLY = Gone("it exists in the state only")
PUT_AGAIN = Gone("it sets what is already there: done again, it is the same")
