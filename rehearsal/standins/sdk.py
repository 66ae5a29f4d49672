"""Reads what a resource type takes and gives out of the source of the installed SDKs, without importing them.

Only used to write `schema/*.json` (`python -m rehearsal schema`) and by the test that these are fresh:
importing one SDK costs seconds, and its source says the same.
"""

import ast
import importlib.util
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from clouds.kubernetes import custom
from rehearsal.standins.sdk_names import file_stem

BASIC = {"str": "s", "int": "i", "float": "n", "bool": "b", "Any": "*", "Archive": "*", "Asset": "*"}
_CLASS = re.compile(r"^class (\w+)", re.MULTILINE)


class UnknownTokenError(LookupError):
    """The installed SDK has no such resource type or function."""


def describe(types: Iterable[str], functions: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the schema of each token, grouped by file stem (`aws.ec2`), as `schema.py` reads it."""
    files: dict[str, dict[str, Any]] = {}
    for token in sorted(types):
        part = files.setdefault(file_stem(token), {"types": {}, "functions": {}, "objects": {}})
        part["types"][token] = _resource(token, part["objects"])
    for token in sorted(functions):
        part = files.setdefault(file_stem(token), {"types": {}, "functions": {}, "objects": {}})
        part["functions"][token] = _function(token, part["objects"])
    for part in files.values():
        part["objects"] = dict(sorted(part["objects"].items()))
    return files


def _resource(token: str, objects: dict[str, Any]) -> dict[str, Any]:
    if token in custom.SPECS:
        return custom.describe(token, objects)
    path = _file(token)
    classes = _classes(path)
    name = "Provider" if token.startswith("pulumi:providers:") else token.rsplit(":", 1)[1]
    # A few resources are called as another's Args class would be; their own is then `InitArgs`.
    args = ast.parse(classes.get(f"{name}Args") or classes[f"{name}InitArgs"]).body[0]
    body = classes[name]
    tree = ast.parse(body).body[0]
    assert isinstance(args, ast.ClassDef)  # noqa: S101
    assert isinstance(tree, ast.ClassDef)  # noqa: S101
    described = _object(args, path, objects)
    outputs = [camel for camel, _, _ in _properties(tree)]
    described["outputs"] = sorted(set(outputs) - {"id", "urn"})
    found = re.search(r"additional_secret_outputs=\[([^\]]*)\]", body)
    secret = set(re.findall(r'"(\w+)"', found[1])) if found else set()
    snake = {python: camel for camel, python, _ in _properties(args)}
    secret |= {
        snake[python]
        for python in re.findall(r"else pulumi\.Output\.secret\((\w+)\)", body)
        if python in snake
    }
    if secret:
        described["secret"] = sorted(secret)
    return described


def _function(token: str, objects: dict[str, Any]) -> dict[str, Any]:
    path = _file(token)
    text = path.read_text(encoding="utf-8")
    name = token.rsplit(":", 1)[1]
    result = name[0].upper() + name[1:] + "Result"
    tree = ast.parse(_classes(path)[result]).body[0]
    assert isinstance(tree, ast.ClassDef)  # noqa: S101
    names = dict(re.findall(r"__args__\['(\w+)'\] = (\w+)", text))
    python_name = _snake(name)
    function = next(
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name == python_name
    )
    kinds = {arg.arg: arg.annotation for arg in function.args.args}
    inputs = {camel: _kind(kinds[python], path, objects) for camel, python in sorted(names.items())}
    return {"inputs": inputs, "outputs": sorted(camel for camel, _, _ in _properties(tree))}


def _object(tree: ast.ClassDef, path: Path, objects: dict[str, Any]) -> dict[str, Any]:
    init = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "__init__")
    optional = {
        arg.arg for arg, default in zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True) if default
    }
    properties = list(_properties(tree))
    return {
        "inputs": {
            camel: _kind(kind, path, objects) for camel, _, kind in sorted(properties, key=lambda p: p[0])
        },
        "required": sorted(camel for camel, python, _ in properties if python not in optional),
    }


def _properties(tree: ast.ClassDef) -> Iterator[tuple[str, str, ast.expr | None]]:
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Attribute) and decorator.attr == "getter":
                yield node.name, node.name, node.returns
            elif isinstance(decorator, ast.Call) and getattr(decorator.func, "attr", "") == "getter":
                camel = decorator.keywords[0].value
                assert isinstance(camel, ast.Constant)  # noqa: S101
                yield str(camel.value), node.name, node.returns


def _kind(node: ast.expr | None, path: Path, objects: dict[str, Any]) -> str:
    match node:
        case ast.Subscript(value=ast.Name(id="Optional") | ast.Attribute(attr="Input" | "Output")):
            return _kind(node.slice, path, objects)
        case ast.Subscript(value=ast.Name(id="Sequence")):
            return "[" + _kind(node.slice, path, objects)
        case ast.Subscript(value=ast.Name(id="Mapping"), slice=ast.Tuple(elts=[_, value])):
            return "{" + _kind(value, path, objects)
        case ast.Subscript(value=ast.Name(id="Union"), slice=ast.Tuple(elts=choices)):
            kinds = {_kind(choice, path, objects) for choice in choices}
            kinds = {kind for kind in kinds if not kind.startswith("?")} or {"s"}
            return kinds.pop() if len(kinds) == 1 else "*"
        case ast.Constant(value=str(name)):
            return _reference(name, path, objects)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return BASIC.get(name, "*")
        case _:
            return "*"


def _reference(name: str, path: Path, objects: dict[str, Any]) -> str:
    """A named type: an object of `_inputs.py` (`@name`), an enum (`s`), or a union's other form (`?`)."""
    where = path.parent / "_inputs.py"
    module, _, name = name.rpartition(".")
    if module == "outputs" or name.endswith("ArgsDict"):
        return "?"
    if module and module not in {"_inputs", "_enums"}:
        root = _package_root(path)
        where = (
            root
            / ("" if module == "_root_inputs" else re.sub(r"[_.]", "/", module.strip("_")))
            / "_inputs.py"
        )
    source = _classes(where).get(name) if where.exists() else None
    if source is None:
        return "s"
    key = name.removesuffix("Args")
    if key not in objects:
        objects[key] = {}
        tree = ast.parse(source).body[0]
        assert isinstance(tree, ast.ClassDef)  # noqa: S101
        objects[key] |= _object(tree, where, objects)
    return "@" + key


@cache
def _classes(path: Path) -> dict[str, str]:
    text = path.read_text(encoding="utf-8")
    starts = [(found.start(), found[1]) for found in _CLASS.finditer(text)]
    ends = [start for start, _ in starts[1:]] + [len(text)]
    return {
        name: re.sub(r"(\n@[\w.]+(\([^)]*\))?)+\s*$", "\n", text[start:end])
        for (start, name), end in zip(starts, ends, strict=True)
    }


def _package_root(path: Path) -> Path:
    while not path.name.startswith("pulumi_"):
        path = path.parent
    return path


@cache
def _file(token: str) -> Path:
    package, module, name = token.split(":")
    if package == "pulumi":
        package, module, name = name, "index/provider", "Provider"
    spec = importlib.util.find_spec(f"pulumi_{package}")
    if spec is None or spec.origin is None:
        raise UnknownTokenError(f"{token}: the package pulumi-{package} is not installed")
    folder = Path(spec.origin).parent
    parts = [part for part in module.split("/")[:-1] if part != "index"]
    guess = folder.joinpath(*parts, f"{_snake(name)}.py")
    if package == "kubernetes" and module != "index/provider":
        group, _, version = module.partition("/")
        guess = folder / group.removesuffix(".k8s.io").removesuffix(".sh") / version / f"{name}.py"
    if guess.exists():
        return guess
    for path in sorted(folder.rglob("*.py")):
        if f"'{token}'" in path.read_text(encoding="utf-8"):
            return path
    raise UnknownTokenError(f"{token}: not in the installed pulumi-{package}")


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
