"""Looks for what a lost answer may have left behind: by the providers' own lookups, in a small program of its own.

What is found is read through its provider, and only what agrees with what was asked for, and is nobody else's, counts
as found. Rehearsals and real clouds are asked by the same code.
"""

import contextlib
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import pulumi
from pulumi.automation import EngineEvent
from pulumi.automation.errors import CommandError

import clouds
from automation.engine_stack import EngineStack
from automation.errors import ProviderError
from automation.inline import Guarded
from automation.state import Pending, State, plain
from automation.workspace import create_or_select_stack
from clouds.ask import at_path, partition_of
from clouds.record import TAGGED_BY, Gone, Listed, Named, Nothing, Person, Tagged, Way
from clouds.template import UnsaidError, fill, filled, identifier
from stacks.engine import name_of
from stacks.masking import mask

_PROJECT = "rocketchat-search"
_FOUND = "found"
_ABSENT = re.compile(
    r"does not exist|no longer exists|not ?found|could ?n.t find|no \S+ (was )?found|no managed policy|\b404\b",
    re.IGNORECASE,
)
"""What providers say of a thing that is not there."""
_UNREADABLE = re.compile(
    r"^(force|skip|wait|retain|recoveryWindow|deletionWindow|deleteOn|bypass|overwrite|timeouts|version$)"
)
"""Inputs that only steer the provider: no cloud gives them back."""


@dataclass(frozen=True)
class Begun:
    """A step that may have made something: what the engine knew before the call."""

    urn: str
    type: str
    inputs: Mapping[str, Any] = field(repr=False)
    """Without those that are secret."""
    provider: str
    """URN and id of its provider, as the state has them."""
    account: str
    """The AWS account; empty where there is none."""
    region: str
    """The resource's own AWS region, else its provider's."""
    home: str
    """The provider's AWS region."""
    tags: Mapping[str, str]
    """What the provider tags it with: the stack's tags, and its own."""

    @property
    def partition(self) -> str:
        """The partition of AWS that the provider's region is in."""
        return partition_of(self.home)

    def __getitem__(self, path: str) -> str:
        """Return an input, or `account`, `partition` or `region`, for a template.

        Raises UnsaidError where it is not said.
        """
        value = at_path(self.inputs, path)
        if value is None and path in {"account", "partition", "region"}:
            value = getattr(self, path)
        if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
            raise UnsaidError(path)
        return str(value)


@dataclass(frozen=True)
class Given:
    """A person says which one it is."""

    id: str


@dataclass(frozen=True)
class Unsaid(Person):
    """What it is found by is made or said later."""


@dataclass(frozen=True)
class Found:
    """What came out of the search for one step."""

    way: Way | Given
    mine: tuple[str, ...] = ()
    """Ids of things that agree with what was begun, and are nobody else's."""
    others: tuple[tuple[str, str], ...] = ()
    """Ids of things that may be it, and why they were not taken for it."""
    FOREIGN: ClassVar[str] = "another stack has it"


@dataclass(frozen=True)
class _Read:
    """A thing as its provider reads it."""

    id: str
    properties: Mapping[str, Any] = field(repr=False)

    @property
    def arn(self) -> str:
        arn = self.properties.get("arn")
        return arn if isinstance(arn, str) else ""


def search(
    stack: EngineStack,
    state: State,
    pending: Sequence[Pending],
    *,
    given: Mapping[str, str],
    account: str = "",
    made_by_others: bool = False,
) -> dict[str, Found]:
    """Look for what these steps may have left behind; by URN. Of those in `given` the id is known.

    `account` is that of AWS where the state does not show it. What others have made (`made_by_others`) is known by its
    name alone, and may look otherwise than what was begun. Raises ProviderError where a cloud does not answer: nothing
    is known then.
    """
    begun = {one.urn: _begun(one, state, account) for one in pending}
    ways = {
        urn: Given(given[urn]) if urn in given else _theirs(one) if made_by_others else way_of(one)
        for urn, one in begun.items()
    }
    sought = [one for urn, one in begun.items() if not isinstance(ways[urn], Gone | Person)]
    found = {urn: Found(ways[urn]) for urn in begun}
    if not sought:
        return found
    known, elsewhere = _known(state), _Elsewhere(stack)
    read = _Asking(stack, frozenset(own_id for _, own_id in known)).all(sought, ways)
    for one in sought:
        mine: list[str] = []
        others: list[tuple[str, str]] = []
        for thing in read[one.urn]:
            if thing.id and _is(thing, one.type, known):
                continue
            by_name = made_by_others and not isinstance(ways[one.urn], Tagged)
            # Another program of Pulumi gave it another ending.
            free = made_up(one) if made_by_others else ""
            why = "" if by_name else _objection(one, thing, free)
            if not why and _is(thing, one.type, elsewhere.known()):
                why = Found.FOREIGN
            if why:
                others.append((thing.id, why))
            else:
                mine.append(thing.id)
        found[one.urn] = Found(ways[one.urn], tuple(dict.fromkeys(mine)), tuple(dict.fromkeys(others)))
    return found


def way_of(begun: Begun) -> Way:
    """Return how what was begun is found. A thing whose name is not said must be decided on by a person."""
    if begun.type.startswith("pulumi:"):
        return Gone("it exists in the state only")
    record = clouds.find(begun.type)
    if record is None:
        return UNKNOWN
    try:
        way = record.found(begun.inputs) if callable(record.found) else record.found
        if isinstance(way, Named):
            _import_id(begun, begun.__getitem__)
        elif isinstance(way, Listed):
            filled(way.arguments, begun.__getitem__)
        elif isinstance(way, Tagged):
            fill(way.arn, begun.__getitem__)
    except UnsaidError as error:
        return Unsaid(f"its {error} was not known yet, or is secret")
    return way


def made_up(begun: Begun) -> str:
    """Return the input in which Pulumi has made up its name; empty where the program says it."""
    record = clouds.find(begun.type)
    rule = None if record is None else record.answers.autoname
    if rule is None:
        return ""
    given = begun.inputs.get(rule.property)
    own = re.escape(f"{rule.prefix}{name_of(begun.urn)}")
    named = isinstance(given, str) and re.fullmatch(rf"{own}-[0-9a-f]{{7}}", given, re.IGNORECASE) is None
    return "" if named else rule.property


def _theirs(begun: Begun) -> Way:
    """Return how what others have made is found: by tags, but not by a name that was made up just now."""
    record = clouds.find(begun.type)
    if record is not None and isinstance(record.import_id, Nothing):
        return Gone(record.import_id.because)
    way = way_of(begun)
    if isinstance(way, Listed) and way.theirs is not None:
        return replace(way, matches=way.theirs)
    return MADE_UP if made_up(begun) and isinstance(way, Named | Listed) else way


MADE_UP = Person("Pulumi makes up its name, and its cloud does not list it by tags")
UNKNOWN = Person("its type has no record in clouds/")


def _import_id(begun: Begun, said: Callable[[str], Any]) -> str:
    record = clouds.find(begun.type)
    assert record is not None and isinstance(record.import_id, str), begun.type  # noqa: PT018, S101 - found by it
    return identifier(record.import_id, said)


def placed(pending: Pending, state: State, own_id: str) -> str:
    """Return an id as an import takes it."""
    return _placed(_begun(pending, state), own_id)


def _begun(pending: Pending, state: State, account: str = "") -> Begun:
    provider = str(pending.record.get("provider") or "")
    settings = next((one.get("inputs") or {} for one in state.records if _reference(one) == provider), {})
    inputs = {key: value for key, value in plain(pending.inputs).items() if value is not None}
    home = str(settings.get("region") or "")
    own = inputs.get("tags") if isinstance(inputs.get("tags"), Mapping) else {}
    return Begun(
        urn=pending.urn,
        type=pending.type,
        inputs=inputs,
        provider=provider,
        account=state.account or account,
        region=str(inputs.get("region") or home) if pending.type.startswith("aws:") else "",
        home=home,
        tags={**_default_tags(settings), **(own or {})},
    )


def _reference(record: Mapping[str, Any]) -> str:
    return f"{record['urn']}::{record.get('id', '')}"


def _default_tags(settings: Mapping[str, Any]) -> dict[str, str]:
    """An AWS provider's tags; the state has nested settings of providers as JSON."""
    given = settings.get("defaultTags")
    read = json.loads(given) if isinstance(given, str) and given.startswith("{") else given
    tags = read.get("tags") if isinstance(read, Mapping) else None
    return {str(key): str(value) for key, value in tags.items()} if isinstance(tags, Mapping) else {}


# ------------------------------------------------------------------------------------------------ whose is it


def _known(state: State) -> frozenset[tuple[str, str]]:
    """Return type with id, and with ARN, of everything that a state has; also of what it is about to delete."""
    found = set()
    for one in state.records:
        if one.get("custom") and one.get("id"):
            arn = (one.get("outputs") or {}).get("arn")
            found.add((str(one["type"]), str(arn) if isinstance(arn, str) else str(one["id"])))
            found.add((str(one["type"]), str(one["id"])))
    return frozenset(found)


def _is(thing: _Read, kind: str, known: frozenset[tuple[str, str]]) -> bool:
    """Two revisions have one id, but not one ARN; so the ARN counts, where there is one."""
    return (kind, thing.arn or thing.id) in known


class _Elsewhere:
    """What the other stacks of the same state have; asked for once, when it is needed."""

    def __init__(self, stack: EngineStack) -> None:
        self._stack = stack
        self._known: frozenset[tuple[str, str]] | None = None

    def known(self) -> frozenset[tuple[str, str]]:
        if self._known is None:
            self._known = frozenset().union(*(_known(state) for state in self._stack.other_states()))
        return self._known


def _objection(begun: Begun, thing: _Read, free: str = "") -> str:
    """Say why a thing is not what was begun, or nothing; the input `free` may be another one."""
    tags = thing.properties.get("tagsAll")
    if begun.tags and isinstance(tags, Mapping):
        missing = [key for key, value in begun.tags.items() if tags.get(key) != value]
        if missing:
            return f"its tags are others: {', '.join(sorted(missing))}"
    wrong = sorted(
        key
        for key, wanted in begun.inputs.items()
        if key not in {"tags", "tagsAll", free} and not _UNREADABLE.match(key)
        if not _agrees(wanted, thing.properties.get(key))
    )
    return f"it differs in {', '.join(wrong)}" if wrong else ""


def _agrees(wanted: Any, there: Any) -> bool:
    """Whether a property is as asked for, as far as that can be compared: plain values, and maps and lists of them."""
    if wanted is None or there is None:
        return True
    if isinstance(wanted, Mapping):
        return not isinstance(there, Mapping) or all(
            _agrees(value, there.get(key)) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        plain_ones = all(isinstance(one, str | int | float | bool) for one in wanted)
        return not plain_ones or not isinstance(there, list) or {*map(_text, wanted)} <= {*map(_text, there)}
    return _text(wanted) == _text(there)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value)
    if text[:1] in "{[":
        # Clouds write JSON in their own way; whether it is the same is not seen in its text.
        return "JSON"
    return text.rstrip(".")


# ------------------------------------------------------------------------------------------------ asking


class _Thing(pulumi.CustomResource):
    """Any resource, read by its id."""

    def __init__(self, kind: str, name: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__(kind, name, {}, opts)


class _AbsentError(Exception):
    """Something that was to be read is not there."""


class _Asking:
    """Runs of a program that only asks: what it reads is in its own state then, which is thrown away."""

    def __init__(self, stack: EngineStack, arns: frozenset[str]) -> None:
        self._stack = stack
        clear = stack.clear_state()
        self._providers = {
            _reference(one): one for one in clear.records if str(one["type"]).startswith("pulumi:providers:")
        }
        self._secrets = stack.secrets()
        self._arns = arns
        self._absent: set[tuple[str, str]] = set()
        """What is listed, or named by inputs, and cannot be read: URN of the step, and id."""
        self._asked: dict[str, tuple[str, str]] = {}

    def all(self, sought: Sequence[Begun], ways: Mapping[str, Way | Given]) -> dict[str, list[_Read]]:
        """Ask for all at once, and again without what is not there; where that is no help, for each by itself."""
        try:
            while True:
                # What is not there is not asked for again, so this ends.
                with contextlib.suppress(_AbsentError):
                    return self._run(sought, ways)
        except ProviderError:
            if len(sought) == 1:
                raise
        found: dict[str, list[_Read]] = {}
        for one in sought:
            found |= self.all([one], ways)
        return found

    def _run(self, sought: Sequence[Begun], ways: Mapping[str, Way | Given]) -> dict[str, list[_Read]]:
        def program() -> None:
            made: dict[str, pulumi.ProviderResource] = {}
            for at, one in enumerate(sought):
                if one.provider not in made:
                    made[one.provider] = self._provider(one.provider, f"provider-{len(made)}")
                self._ask(one, ways[one.urn], made[one.provider], f"{_FOUND}-{at}")

        def said(event: EngineEvent) -> None:
            told = event.diagnostic_event
            if told is not None and told.severity == "error" and told.urn and _ABSENT.search(told.message):
                absent.append(name_of(told.urn))

        absent: list[str] = []
        self._asked.clear()
        guarded = Guarded(program)
        backend, engine = self._stack.backend, self._stack.engine
        with tempfile.TemporaryDirectory(prefix="rocketchat-search-") as folder:
            own = backend.aside(Path(folder), _PROJECT)
            try:
                stack = create_or_select_stack(
                    "search", own.options(engine), project_name=_PROJECT, program=guarded
                )
                stack.up(color="never", on_event=said)
                state = State(3, stack.export_stack().deployment or {})
            except CommandError as error:
                gone = {self._asked[name] for name in absent if name in self._asked}
                if gone:
                    self._absent |= gone
                    raise _AbsentError from None
                told = "\n".join([str(error), *(str(one) for one in guarded.failures)])
                if len(sought) == 1 and _ABSENT.search(told):
                    return {sought[0].urn: []}
                raise self._failed(sought, told) from None
            finally:
                guarded.close()
        found: dict[str, list[_Read]] = {one.urn: [] for one in sought}
        for record in state.records:
            name = name_of(str(record["urn"])).split("-")
            if name[0] == _FOUND:
                thing = _Read(str(record["id"]), plain(record.get("outputs") or {}))
                found[sought[int(name[1])].urn].append(thing)
        return found

    def _failed(self, sought: Sequence[Begun], told: str) -> ProviderError:
        lines = [
            line.strip() for line in told.splitlines() if "error:" in line and "preview failed" not in line
        ]
        cause = "\n".join(dict.fromkeys(lines)) or "it gave no reason"
        return ProviderError(
            f"what was left behind could not be looked for: {mask(cause, self._secrets)}",
            resource=sought[0].urn if len(sought) == 1 else "",
            remedy="see that its credentials are valid, and run `recover` again",
        )

    def _provider(self, reference: str, name: str) -> pulumi.ProviderResource:
        record = self._providers[reference]
        settings = dict(record.get("inputs") or {})
        settings.pop("__internal", None)
        options = pulumi.ResourceOptions(
            version=settings.pop("version", None), plugin_download_url=settings.pop("pluginDownloadURL", None)
        )
        package = str(record["type"]).rpartition(":")[2]
        hidden = {key: pulumi.Output.secret(value) for key, value in settings.items()}
        return pulumi.ProviderResource(package, name, hidden, options)

    def _ask(self, begun: Begun, way: Way | Given, provider: pulumi.ProviderResource, name: str) -> None:
        def read(ids: Sequence[str]) -> None:
            for at, own_id in enumerate(dict.fromkeys(ids)):
                if (begun.urn, own_id) in self._absent:
                    continue
                self._asked[f"{name}-{at}"] = begun.urn, own_id
                options = pulumi.ResourceOptions(id=_placed(begun, own_id), provider=provider)
                _Thing(begun.type, f"{name}-{at}", options)

        if isinstance(way, Given | Named):
            read([way.id if isinstance(way, Given) else _import_id(begun, begun.__getitem__)])
            return
        options = pulumi.InvokeOptions(provider=provider)
        if isinstance(way, Tagged):
            filters = [{"key": key, "values": [value]} for key, value in begun.tags.items()]
            arguments = {"tagFilters": filters, "region": way.region or begun.region}
            asked = pulumi.runtime.invoke_output(TAGGED_BY, arguments, options)
            asked.apply(lambda answer: read(list(_of_tags(way, begun, answer, self._arns))))
        elif isinstance(way, Listed):
            asked = pulumi.runtime.invoke_output(
                way.lookup, filled(way.arguments, begun.__getitem__), options
            )
            asked.apply(lambda answer: read(list(_of_list(way, begun, answer))))


def _placed(begun: Begun, own_id: str) -> str:
    """AWS's provider takes `ID@REGION` for what is in another region than its own."""
    elsewhere = begun.type.startswith("aws:") and begun.inputs.get("region") and begun.region != begun.home
    return f"{own_id}@{begun.region}" if elsewhere else own_id


def _of_tags(way: Tagged, begun: Begun, answer: Mapping[str, Any], known: frozenset[str]) -> Iterator[str]:
    """Give the ids of what is listed and not in the state: one pattern can stand for things of several types."""
    pattern = re.compile(fill(way.arn, begun.__getitem__, quote=re.escape))
    for one in answer["resourceTagMappingLists"]:
        arn = one["resourceArn"]
        found = pattern.fullmatch(arn)
        if found and arn not in known:
            yield _import_id(begun, _said(begun, {"id": arn, "arn": arn, **found.groupdict()}))


def _of_list(way: Listed, begun: Begun, answer: Mapping[str, Any]) -> Iterator[str]:
    for one in answer[way.results] or [] if way.results else [answer]:
        if _matches(way, begun, one):
            yield _import_id(begun, _said(begun, {**one, "id": one[way.id]}))


def _matches(way: Listed, begun: Begun, found: Mapping[str, Any]) -> bool:
    if callable(way.matches):
        return way.matches(begun.inputs, found)
    return all(found.get(key) == begun.inputs.get(key) for key in way.matches)


def _said(begun: Begun, found: Mapping[str, Any]) -> Callable[[str], Any]:
    """What a field of an import id is: an input, or else what was found; its id is always that which was found."""

    def said(path: str) -> Any:
        value = found.get("id") if path == "id" else begun.inputs.get(path, found.get(path))
        return begun[path] if value is None else value

    return said
