"""From what others hold to what the rules judge: a rehearsal's plan, the engine's arguments, an exported state."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol

from policy.model import SECRET, UNKNOWN, Subject
from stacks.engine import SECRET_SIGNATURE, SIGNATURE, UNKNOWNS

if TYPE_CHECKING:
    from pulumi_policy import PolicyResource, ResourceValidationArgs

_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")


class Planned(Protocol):
    """What this module reads of a planned resource."""

    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def urn(self) -> str: ...
    @property
    def custom(self) -> bool: ...
    @property
    def parent(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def inputs(self) -> Mapping[str, Any]: ...
    @property
    def outputs(self) -> Mapping[str, Any]: ...
    @property
    def secret_paths(self) -> tuple[str, ...]: ...
    @property
    def property_dependencies(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def protect(self) -> bool: ...
    @property
    def options(self) -> Mapping[str, Any]: ...


def from_plan(resources: Iterable[Planned]) -> list[Subject]:
    """Return what the rules judge, of a plan's resources."""
    planned = list(resources)
    providers = {resource.urn: resource.inputs for resource in planned if is_provider(resource.type)}
    return [
        Subject(
            type=resource.type,
            name=resource.name,
            urn=resource.urn,
            properties=resource.inputs,
            outputs=resource.outputs,
            id=resource.id or None,
            parent=resource.parent or None,
            protect=resource.protect,
            dependencies=resource.property_dependencies,
            secrets=_marked(resource.secret_paths),
            is_component=not resource.custom,
            provider=_settings(providers.get(_provider_urn(resource.options.get("provider")), {})),
        )
        for resource in planned
    ]


def from_plan_json(resources: Sequence[Mapping[str, Any]]) -> list[Subject]:
    """Return what the rules judge, of a plan that was written to a file."""
    providers = {item["urn"]: item.get("inputs") or {} for item in resources if is_provider(item["type"])}
    return [
        Subject(
            type=item["type"],
            name=item["name"],
            urn=item["urn"],
            properties=item.get("inputs") or {},
            outputs=item.get("outputs") or {},
            id=item.get("id") or None,
            parent=item.get("parent") or None,
            protect=bool(item.get("protect")),
            dependencies=item.get("propertyDependencies") or {},
            secrets=_marked(item.get("secretPaths") or ()),
            is_component=item.get("custom") is False,
            provider=_settings(providers.get(_provider_urn((item.get("options") or {}).get("provider")), {})),
        )
        for item in resources
    ]


def from_preview(preview: Mapping[str, Any]) -> list[Subject]:
    """Return what the rules judge, of `pulumi preview --json`: the resources as they would be."""
    steps = preview["steps"]
    return _of_resources(
        [step["newState"] for step in steps if step.get("newState") and "delete" not in step["op"]]
    )


def failed(preview: Mapping[str, Any]) -> str:
    """Return how a preview failed: its first error, in a line; empty for one that did not.

    The file has no status. The engine's own errors are told by their severity; what the host of YAML programs says
    comes as the program's standard error, which a program may also write to without failing.
    """
    for one in preview.get("diagnostics") or ():
        message = _COLOUR.sub("", one["message"]).strip()
        if one["severity"] == "error" or (one["severity"] == "info#err" and message.startswith("Error: ")):
            return message.partition("\n")[0].removeprefix("error: ").removeprefix("Error: ")
    return ""


def from_state(state: Mapping[str, Any]) -> list[Subject]:
    """Return what the rules judge, of `pulumi stack export`. What the cloud answered counts before what was asked.

    Raises KeyError for what is no state. That of an empty stack has no resources.
    """
    return _of_resources(state["deployment"].get("resources") or ())


def _of_resources(resources: Sequence[Mapping[str, Any]]) -> list[Subject]:
    providers = {item["urn"]: item.get("inputs") or {} for item in resources if is_provider(item["type"])}
    subjects = []
    for item in resources:
        inputs, outputs = item.get("inputs") or {}, item.get("outputs") or {}
        secret = {path for source in (inputs, outputs) for path in _secret_paths(source)}
        subjects.append(
            Subject(
                type=item["type"],
                name=item["urn"].rsplit("::", 1)[-1],
                urn=item["urn"],
                properties={key: _revealed(value) for key, value in {**inputs, **outputs}.items()},
                outputs={key: _revealed(value) for key, value in outputs.items()},
                id=item.get("id"),
                parent=item.get("parent"),
                protect=bool(item.get("protect")),
                dependencies=item.get("propertyDependencies") or {},
                secrets=frozenset(secret),
                declared=frozenset(inputs),
                source=str(item.get("sourcePosition") or ""),
                is_component=item.get("custom") is False,
                provider=_settings(providers.get(_provider_urn(item.get("provider")), {})),
            )
        )
    return subjects


def from_resource_args(args: "ResourceValidationArgs") -> Subject:
    """Return what the rules judge, of the engine's question about one resource."""
    return Subject(
        type=args.resource_type,
        name=args.name,
        urn=args.urn,
        properties=plain(args.props),
        parent=args.opts.parent,
        protect=bool(args.opts.protect),
        provider=_settings(plain(args.provider.props)) if args.provider is not None else {},
    )


def from_stack_resources(
    resources: Iterable["PolicyResource"], inputs: Mapping[str, Mapping[str, Any]] | None = None
) -> list[Subject]:
    """Return what the rules judge, of the engine's question about the whole stack.

    The engine gives what the clouds answered, in which a preview knows little. `inputs` are what it asked about
    single resources before, by URN, as plain values.
    """
    asked = inputs or {}
    subjects = []
    for resource in resources:
        answered = plain(resource.props)
        properties = asked.get(resource.urn, answered)
        subjects.append(
            Subject(
                type=resource.resource_type,
                name=resource.name,
                urn=resource.urn,
                properties=properties,
                outputs=answered,
                id=answered.get("id"),
                parent=resource.parent.urn if resource.parent is not None else resource.opts.parent,
                protect=bool(resource.opts.protect),
                dependencies={
                    key: [other.urn for other in others]
                    for key, others in resource.property_dependencies.items()
                },
                provider=_settings(plain(resource.provider.props)) if resource.provider is not None else {},
            )
        )
    return subjects


def plain(value: Any) -> Any:
    """Return a value without the engine's proxies, each unknown one as UNKNOWN by itself."""
    if isinstance(value, Mapping):
        raw = _target(value)
        return {key: plain(raw[key]) for key in raw}
    if isinstance(value, str):
        return UNKNOWN if value in UNKNOWNS else value
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [plain(item) for item in _target(value)]
    return value


def _target(value: Any) -> Any:
    """Return what a proxy wraps: reading it through the proxy would raise at the first unknown value."""
    return value["__target"] if type(value).__module__.startswith("pulumi_policy") else value


def is_provider(token: str) -> bool:
    """Tell whether a resource is a provider."""
    return token.startswith("pulumi:providers:")


def _provider_urn(reference: Any) -> str:
    """Return the URN in a reference to a provider, which is `urn::id` (and the URN holds `::` too)."""
    if not isinstance(reference, str):
        return ""
    parts = reference.split("::")
    return "::".join(parts[:4])


@lru_cache(maxsize=256)
def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _settings(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a provider's inputs: nested ones travel as JSON."""
    return {
        key: _parsed(value) if isinstance(value, str) and value.startswith(("{", "[")) else value
        for key, value in inputs.items()
    }


def _marked(paths: Iterable[str]) -> frozenset[str]:
    """Return what is secret by its path in a resource: of `inputs.origins[0].name` the latter."""
    return frozenset(path.partition(".")[2] for path in paths)


def _secret_paths(value: Any, path: str = "") -> Iterator[str]:
    if value == SECRET or (isinstance(value, Mapping) and value.get(SIGNATURE) == SECRET_SIGNATURE):
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _secret_paths(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _secret_paths(item, f"{path}[{index}]")


def _revealed(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET_SIGNATURE:
            text = value.get("plaintext")
            return _revealed(_parsed(text)) if isinstance(text, str) else SECRET
        return {key: _revealed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_revealed(item) for item in value]
    return UNKNOWN if isinstance(value, str) and value in UNKNOWNS else value
