"""The components for programs in other languages: which are offered, their schema, and what is made of their inputs.

Pulumi's own host infers the schema from the arguments' types and docstrings. What it lacks is added here: a
property whose docstring says `(secret)` is marked secret and is secret at run time; numbers, which arrive as
floats, become what the component expects; and what cannot work is refused by the name of the property.
"""

import asyncio
import contextlib
import difflib
import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import grpc.aio  # type: ignore[import-untyped]
import pulumi
from pulumi.errors import InputPropertiesError, InputPropertyErrorDetails
from pulumi.output import Unknown
from pulumi.provider import ConstructResult
from pulumi.provider.experimental.analyzer import ComponentDefinition, PropertyDefinition, PropertyType
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError, ProviderServicer
from pulumi.runtime.proto import provider_pb2_grpc

import components
from components.base import Component
from rocketchat import __version__

PACKAGE = "rocketchat"


def every() -> tuple[type[Component], ...]:
    """Return the components of all modules, by name; what several of them share is none."""
    for module in pkgutil.walk_packages(components.__path__, "components."):
        importlib.import_module(module.name)
    return tuple(sorted(_leaves(Component), key=lambda kind: kind.__name__))


def _leaves(kind: type[Component]) -> Iterator[type[Component]]:
    for sub in kind.__subclasses__():
        if sub.__subclasses__():
            yield from _leaves(sub)
        elif sub.__module__.startswith("components."):
            yield sub


SECRET = re.compile(r"\(secret\b")
"""What the docstring of a property says when the property is secret."""

_PYTHON: Mapping[PropertyType, tuple[type, str]] = {
    PropertyType.STRING: (str, "a string"),
    PropertyType.BOOLEAN: (bool, "true or false"),
    PropertyType.ARRAY: (list, "a list"),
    PropertyType.OBJECT: (dict, "an object"),
}


def serve(arguments: list[str]) -> None:
    """Serve the components to the engine whose address is the first argument, until it goes away."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(arguments[0] if arguments else ""))


async def _serve(engine: str) -> None:
    # Pulumi's own `main` does the same with a servicer that shows tracebacks.
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", -1)])
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(Provider(), [], engine), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    # The first line that a plugin prints is its port.
    print(port, flush=True)
    await server.wait_for_termination()


class Servicer(ProviderServicer):
    """Tells what a component refuses only when a value is there, as it tells the rest: without a traceback."""

    async def _construct(self, request: Any, context: Any) -> Any:
        try:
            return await super()._construct(request, context)
        except ValueError as error:
            # The SDK puts where it was before what our own code says.
            told = str(error).rpartition("ValueError has risen: ")[2]
            raise InputPropertiesError(told, []) from error


class Provider(ComponentProvider):
    """Offers the components that are `offered`, or these."""

    def __init__(self, kinds: Sequence[type[Component]] | None = None) -> None:
        offered = [kind for kind in every() if kind.offered] if kinds is None else kinds
        super().__init__(list(offered), PACKAGE, None, __version__)
        self.schema = _completed(self.schema)

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: "pulumi.Inputs",
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Make a component. Raises InputPropertiesError for inputs that it refuses."""
        try:
            result = super().construct(name, resource_type, inputs, options)
        except ComponentInitError as error:
            # How components say that an argument cannot work; anything else is a mistake of ours.
            if isinstance(error.inner, ValueError):
                raise InputPropertiesError(str(error.inner), []) from error
            raise
        outputs = self._component_defs[resource_type.rpartition(":")[2]].outputs
        state = {
            key: pulumi.Output.secret(value) if is_secret(outputs[key]) else value
            for key, value in result.state.items()
        }
        return ConstructResult(result.urn, state)

    def map_inputs(self, inputs: "pulumi.Inputs", component_def: ComponentDefinition) -> dict[str, Any]:
        """Return the component's arguments. Raises InputPropertiesError that names all that is wrong with them."""
        problems: list[InputPropertyErrorDetails] = []
        arguments = self._object(inputs, component_def.inputs, component_def.inputs_mapping, "", problems)
        if problems:
            raise InputPropertiesError(f"{component_def.name} cannot be made of these inputs", problems)
        return arguments

    def _object(
        self,
        given: Mapping[str, Any],
        properties: Mapping[str, PropertyDefinition],
        names: Mapping[str, str],
        path: str,
        problems: list[InputPropertyErrorDetails],
    ) -> dict[str, Any]:
        for key in sorted(given.keys() - properties.keys()):
            close = difflib.get_close_matches(key, properties, 1)
            _refuse(problems, path, key, f"is unknown{f'; did you mean {close[0]}?' if close else ''}")
        made = {}
        for key, wanted in properties.items():
            # Left out and null are the same in most languages.
            value = given.get(key)
            if value is not None:
                made[names[key]] = self._value(value, wanted, _joined(path, key), problems)
            elif not wanted.optional:
                _refuse(problems, path, key, "is required")
        return made

    def _value(
        self, value: Any, wanted: PropertyDefinition, path: str, problems: list[InputPropertyErrorDetails]
    ) -> Any:
        if isinstance(value, pulumi.Output | Unknown):
            if wanted.plain:
                _refuse(
                    problems,
                    path,
                    "",
                    "must be known when the program runs: it can neither be an output of a resource nor secret",
                )
                return None
            output: pulumi.Output[Any] = pulumi.Output.from_input(value)
            return self._kept(output.apply(_whole) if wanted.type is PropertyType.INTEGER else output, wanted)
        return self._kept(self._known(value, wanted, path, problems), wanted)

    @staticmethod
    def _kept(value: Any, wanted: PropertyDefinition) -> Any:
        """Return the value, secret where the property is.

        The analyzer gives what is in a list or map the text of the whole, so that each value of it was here before.
        """
        if not is_secret(wanted) or value is None or isinstance(value, dict | list):
            return value
        return pulumi.Output.secret(value)

    def _known(
        self, value: Any, wanted: PropertyDefinition, path: str, problems: list[InputPropertyErrorDetails]
    ) -> Any:
        if wanted.type in (PropertyType.INTEGER, PropertyType.NUMBER):
            return _number(value, path, problems, whole=wanted.type is PropertyType.INTEGER)
        kind, told = _PYTHON[wanted.type or PropertyType.OBJECT]
        if not issubclass(type(value), kind):
            hint = "; put it in quotes" if kind is str and isinstance(value, int | float) else ""
            _refuse(problems, path, "", f"must be {told}, not {_told(value)}{hint}")
            return None
        if wanted.items is not None:
            return [self._value(one, wanted.items, f"{path}[{at}]", problems) for at, one in enumerate(value)]
        if wanted.additional_properties is not None:
            return {
                key: self._value(one, wanted.additional_properties, _joined(path, key), problems)
                for key, one in value.items()
                if one is not None
            }
        if wanted.ref is not None:
            nested = self.get_type_definition(wanted)
            if nested is None:
                return value
            return self._object(value, nested.properties, nested.properties_mapping, path, problems)
        return value


def is_secret(wanted: PropertyDefinition) -> bool:
    """Whether the property is said to be secret."""
    return SECRET.search(wanted.description or "") is not None


def _number(value: Any, path: str, problems: list[InputPropertyErrorDetails], *, whole: bool) -> Any:
    if (
        not isinstance(value, int | float)
        or isinstance(value, bool)
        or (whole and not float(value).is_integer())
    ):
        _refuse(problems, path, "", f"must be a {'whole ' if whole else ''}number, not {_told(value)}")
        return None
    return int(value) if whole else value


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return f"the number {value:g}"
    # Not the value: it may be a secret in the wrong place.
    kinds = ((str, "a string"), (list, "a list"), (dict, "an object"))
    return next((told for kind, told in kinds if isinstance(value, kind)), type(value).__name__)


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path and key else path or key


def _refuse(problems: list[InputPropertyErrorDetails], path: str, key: str, reason: str) -> None:
    full = _joined(path, key)
    problems.append({"property_path": full, "reason": f"{full} {reason}"})


# ------------------------------------------------------------------------------------------------------ schema


def _completed(schema: str | None) -> str:
    """Return the inferred schema with the secret properties marked, and texts as one reads them."""
    told = json.loads(schema or "{}")
    told["description"] = (
        "Rocket.Chat's parts: database, media, mail, network, edge and runtimes on many clouds."
    )
    told["license"] = "Apache-2.0"
    for made in (*told["resources"].values(), *told["types"].values()):
        made["description"] = _text(made.get("description"))
        for properties in ("inputProperties", "properties"):
            for one in made.get(properties, {}).values():
                _complete(one)
    return json.dumps(told)


def _complete(one: dict[str, Any]) -> None:
    one["description"] = _text(one.get("description"))
    if SECRET.search(one["description"]):
        one["secret"] = True
    # The analyzer repeats the text of a list for what is in it.
    for inner in ("items", "additionalProperties"):
        if inner in one:
            one[inner].pop("description", None)


def _text(docstring: str | None) -> str:
    return inspect.cleandoc(docstring or "")
